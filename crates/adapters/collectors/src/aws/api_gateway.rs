//! API gateways: stages, custom domain names and the APIs themselves, of both generations (REST, and HTTP or WebSocket).

use attesta_resource::{Kind, Unknown};

use crate::{
    draft::{Draft, Joined},
    fact::{Fact, State},
    registry::{Alone, Main, Satellite},
    view::{Items, Raw, View},
};

use super::{
    logging::{is_required_and_stated, is_stated},
    shared::{self, authored, either, is_authored, is_cloudformation, prop},
    web_firewall,
};

pub(super) const MAINS: &[Main] = &[
    main(&["aws_api_gateway_stage"], &["stage_name", "arn", "id"], rest_stage),
    main(&["AWS::ApiGateway::Stage", "AWS::Serverless::Api"], &["StageName"], rest_stage),
    main(&["aws_apigatewayv2_stage"], &["name", "arn", "id"], http_stage),
    main(&["AWS::ApiGatewayV2::Stage", "AWS::Serverless::HttpApi"], &["StageName"], http_stage),
    main(&["aws_api_gateway_rest_api"], &["name", "id", "arn"], rest_api),
    main(&["AWS::ApiGateway::RestApi"], &["Name", "RestApiId"], rest_api),
    main(&["aws_apigatewayv2_api"], &["name", "id", "arn"], http_api),
    main(&["AWS::ApiGatewayV2::Api"], &["Name", "ApiId"], http_api),
    main(&["aws_api_gateway_domain_name"], &["domain_name", "arn", "id"], rest_domain),
    main(&["AWS::ApiGateway::DomainName"], &["DomainName"], rest_domain),
    main(&["aws_apigatewayv2_domain_name"], &["domain_name", "arn", "id"], http_domain),
    main(&["AWS::ApiGatewayV2::DomainName"], &["DomainName"], http_domain),
];

const fn main(
    types: &'static [&'static str],
    names: &'static [&'static str],
    build: fn(&Raw, &Joined, &mut Draft),
) -> Main {
    Main { types, kind: Kind::ApiGateway, names, pulls: &[], build }
}

const METHOD_SETTINGS: &str = "aws_api_gateway_method_settings";
const REST_POLICY: &str = "aws_api_gateway_rest_api_policy";
const METHODS: &[&str] = &["aws_api_gateway_method", "AWS::ApiGateway::Method"];
const ROUTES: &[&str] = &["aws_apigatewayv2_route", "AWS::ApiGatewayV2::Route"];

pub(super) const SATELLITES: &[Satellite] = &[
    Satellite { types: &[METHOD_SETTINGS], owners: &["aws_api_gateway_stage"], links: &["stage_name"] },
    Satellite {
        types: &["aws_api_gateway_method", REST_POLICY],
        owners: &["aws_api_gateway_rest_api"],
        links: &["rest_api_id"],
    },
    Satellite { types: &["AWS::ApiGateway::Method"], owners: &["AWS::ApiGateway::RestApi"], links: &["RestApiId"] },
    Satellite { types: &["aws_apigatewayv2_route"], owners: &["aws_apigatewayv2_api"], links: &["api_id"] },
    Satellite { types: &["AWS::ApiGatewayV2::Route"], owners: &["AWS::ApiGatewayV2::Api"], links: &["ApiId"] },
];

/// What lets others in.
pub(super) const ALONE: &[Alone] = &[
    Alone {
        types: &["aws_api_gateway_method", REST_POLICY],
        owner: "aws_api_gateway_rest_api",
        links: &["rest_api_id"],
        what: "the API",
    },
    Alone {
        types: &["AWS::ApiGateway::Method"],
        owner: "AWS::ApiGateway::RestApi",
        links: &["RestApiId"],
        what: "the API",
    },
    Alone { types: &["aws_apigatewayv2_route"], owner: "aws_apigatewayv2_api", links: &["api_id"], what: "the API" },
    Alone { types: &["AWS::ApiGatewayV2::Route"], owner: "AWS::ApiGatewayV2::Api", links: &["ApiId"], what: "the API" },
];

fn rest_stage(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    draft.put("part", raw.derive("stage"));
    let serverless = &*raw.type_name == "AWS::Serverless::Api";
    access_logging(draft, &prop(raw, "access_log_settings", "AccessLogSetting"));
    // A stage traces, caches and presents a certificate only when told to (API reference, CreateStage).
    draft.put("tracing.enabled", prop(raw, "xray_tracing_enabled", "TracingEnabled").bool().or_default(false));
    let cached = prop(raw, "cache_cluster_enabled", "CacheClusterEnabled").bool().or_default(false);
    draft.put("client_certificate", is_stated(&prop(raw, "client_certificate_id", "ClientCertificateId")));
    if serverless {
        // Its transform makes the stage under a name of its own, to which nothing of the template can be tied.
        let why = "what is attached to a stage that a transform makes";
        draft.put("web_firewall.attached", shared::unresolved::<bool>(&raw.root(), why));
    } else {
        draft.put("web_firewall.attached", web_firewall::attached(raw, joined));
    }

    let settings = settings(raw, joined);
    let whole = settings.iter().find(|s| s.everything);
    // "OFF" unless the stage's settings for all methods say otherwise (API reference, MethodSetting).
    let level = whole.map_or_else(|| Fact::absent(raw.origin()), |s| s.level.clone());
    draft.put("execution_logging.level", level.map(|l| l.to_ascii_lowercase()).or_default("off".to_owned()));
    // Every method that is cached must be; no settings at all leave the cache as it is: not encrypted.
    let encrypted = if settings.is_empty() {
        Fact::absent(raw.origin()).or_default(false)
    } else {
        settings.into_iter().fold(raw.derive(true), |all, s| {
            all.and(s.encrypted.or_default(false).or(s.cached.or_default(true).negate()))
        })
    };
    draft.put("cache.encrypted", encrypted);
    draft.put("cache.enabled", cached);
}

/// Settings for some methods of a stage.
struct Setting {
    /// For all methods at once (`*/*`).
    everything: bool,
    level: Fact<String>,
    cached: Fact<bool>,
    encrypted: Fact<bool>,
}

fn settings(raw: &Raw, joined: &Joined) -> Vec<Setting> {
    if is_cloudformation(raw) {
        let Items::Known(items) = raw.at("MethodSettings").items() else {
            // A list that cannot be seen may hold anything.
            let list = raw.at("MethodSettings");
            return vec![Setting {
                everything: true,
                level: list.at("LoggingLevel").text(),
                cached: list.at("CachingEnabled").bool(),
                encrypted: list.at("CacheDataEncrypted").bool(),
            }];
        };
        return items
            .iter()
            .map(|item| {
                let path = |key, all: &[&str]| item.at(key).text().value().is_none_or(|p| all.contains(&p.as_str()));
                Setting {
                    everything: path("ResourcePath", &["/*", "*", "/"]) && path("HttpMethod", &["*"]),
                    level: item.at("LoggingLevel").text(),
                    cached: item.at("CachingEnabled").bool(),
                    encrypted: item.at("CacheDataEncrypted").bool(),
                }
            })
            .collect();
    }
    joined
        .of(&[METHOD_SETTINGS])
        // Stages of several APIs often bear one name; only the name links the settings to them.
        .filter(|satellite| may_be_same(&satellite.at("rest_api_id"), &raw.at("rest_api_id")))
        .map(|satellite| {
            let block = satellite.at("settings");
            Setting {
                everything: satellite.at("method_path").text().value().is_none_or(|p| p == "*/*"),
                level: authored(block.at("logging_level").text()),
                cached: authored(block.at("caching_enabled").bool()),
                encrypted: authored(block.at("cache_data_encrypted").bool()),
            }
        })
        .collect()
}

/// Whether two links may lead to one resource: neither two different names nor two different addresses.
fn may_be_same(one: &View<'_>, other: &View<'_>) -> bool {
    if let (Some(a), Some(b)) = (one.late(), other.late()) {
        return a.is_empty() || b.is_empty() || a.iter().any(|address| b.contains(address));
    }
    match (one.text().value(), other.text().value()) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

fn http_stage(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("part", raw.derive("stage"));
    access_logging(draft, &prop(raw, "access_log_settings", "AccessLogSettings"));
    // Only WebSocket APIs have execution logs, client certificates and no one has X-Ray or a cache here.
    let routes = prop(raw, "default_route_settings", "DefaultRouteSettings");
    let level = authored(either(&routes, "logging_level", "LoggingLevel").text());
    draft.put("execution_logging.level", level.map(|l| l.to_ascii_lowercase()).or_default("off".to_owned()));
    draft.put("client_certificate", is_stated(&prop(raw, "client_certificate_id", "ClientCertificateId")));
}

/// A destination and a format; the block exists for their sake.
fn access_logging(draft: &mut Draft, block: &View<'_>) {
    let destination = either(block, "destination_arn", "DestinationArn");
    let format = either(block, "format", "Format");
    draft.put("access_logging.enabled", is_required_and_stated(&destination).and(is_stated(&format)));
}

fn rest_api(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    draft.put("part", raw.by_type("api"));
    let endpoint = prop(raw, "endpoint_configuration", "EndpointConfiguration");
    // "By default, the endpoint type is EDGE" (AWS::ApiGateway::RestApi EndpointConfiguration).
    draft.put("endpoint_type", endpoint_type(&either(&endpoint, "types", "Types")).or_default("edge".to_owned()));
    let beside = joined.of(&[REST_POLICY]).map(|p| p.at("policy"));
    let own = prop(raw, "policy", "Policy");
    shared::access(raw, draft, std::iter::once(own).chain(beside));
    let methods = joined.of(METHODS).map(|method| {
        let kind = prop(method, "authorization", "AuthorizationType").text();
        // A browser asks beforehand (OPTIONS) without credentials, so that these methods cannot demand any.
        let preflight = prop(method, "http_method", "HttpMethod").text().map(|m| m == "OPTIONS").or_default(false);
        kind.map(|k| k != "NONE").or_default(false).or(preflight)
    });
    authorization(raw, draft, methods.collect(), &["body", "Body", "BodyS3Location"]);
}

fn http_api(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    draft.put("part", raw.by_type("api"));
    // HTTP and WebSocket APIs are regional (API Gateway developer guide, "Choose between REST APIs and HTTP APIs").
    draft.put("endpoint_type", shared::always(raw, "regional"));
    let protocol = prop(raw, "protocol_type", "ProtocolType");
    let socket = protocol.text().value().is_some_and(|p| p == "WEBSOCKET");
    let connects = |route: &Raw| prop(route, "route_key", "RouteKey").text().value().is_none_or(|k| k == "$connect");
    let routes = joined
        .of(ROUTES)
        // A WebSocket demands authorization when it is opened, for all that follows.
        .filter(|route| !socket || connects(route))
        .map(|route| {
            // Routes are open unless they say otherwise (API reference, Route: `authorizationType` NONE).
            let demanded =
                prop(route, "authorization_type", "AuthorizationType").text().map(|k| k != "NONE").or_default(false);
            match protocol.unknown() {
                Some(_) if !connects(route) => demanded.or(shared::unresolved(&protocol, "whether it is a WebSocket")),
                _ => demanded,
            }
        });
    authorization(raw, draft, routes.collect(), &["body", "Body", "BodyS3Location"]);
}

/// Whether every method or route demands authorization. Those that an OpenAPI document defines cannot be seen; where
/// none is declared, nothing is said.
fn authorization(raw: &Raw, draft: &mut Draft, each: Vec<Fact<bool>>, documents: &[&'static str]) {
    let hidden = documents.iter().map(|key| raw.at(key)).find(is_authored);
    let declared = each.into_iter().reduce(Fact::and);
    let required = match (declared, hidden) {
        (Some(declared), Some(document)) => declared.and(shared::unresolved(&document, OPEN_API)),
        (Some(declared), None) => declared,
        (None, Some(document)) => shared::unresolved(&document, OPEN_API),
        (None, None) => raw.absent(),
    };
    draft.put("authorization_required", required.derived());
}

const OPEN_API: &str = "methods that an OpenAPI document defines";

fn rest_domain(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    let endpoint = prop(raw, "endpoint_configuration", "EndpointConfiguration");
    let kind = endpoint_type(&either(&endpoint, "types", "Types"));
    domain(raw, draft, kind, &prop(raw, "security_policy", "SecurityPolicy"));
}

fn http_domain(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    let block = prop(raw, "domain_name_configuration", "DomainNameConfigurations");
    let kind = either(&block, "endpoint_type", "EndpointType").text().map(|k| k.to_ascii_lowercase());
    domain(raw, draft, kind, &either(&block, "security_policy", "SecurityPolicy"));
}

/// The policy of a name that states none depends on its endpoint and on when it was made: absent.
fn domain(raw: &Raw, draft: &mut Draft, endpoint: Fact<String>, policy: &View<'_>) {
    draft.put("part", raw.derive("domain"));
    draft.put("endpoint_type", endpoint);
    let policy = authored(policy.text());
    let state = match policy.state {
        State::Known(name) => match tls_version(&name) {
            Some(version) => State::Known(version),
            None => State::Unknown(Unknown::Unresolved { what: format!("security policy {name}").into() }),
        },
        State::Absent => State::Absent,
        State::Unknown(why) => State::Unknown(why),
    };
    draft.put("tls_minimum", Fact { state, origin: policy.origin }.derived());
}

/// `TLS_1_2` and, of the newer kind, `SecurityPolicy_TLS13_1_2_2021_06` (API Gateway developer guide, "Choose a security
/// policy for your custom domain").
fn tls_version(policy: &str) -> Option<&'static str> {
    let rest = policy.strip_prefix("SecurityPolicy_").unwrap_or(policy);
    let rest = ["TLS13_", "TLS_"].iter().find_map(|family| rest.strip_prefix(family))?;
    ["1.0", "1.1", "1.2", "1.3"].into_iter().find(|version| rest.starts_with(&version.replace('.', "_")))
}

fn endpoint_type(types: &View<'_>) -> Fact<String> {
    if !is_authored(types) {
        return Fact::absent(types.origin());
    }
    // An API has one type, written as a list.
    let first = if types.node().is_some_and(|n| n.as_text().is_some()) { types.clone() } else { types.item(0) };
    first.text().map(|k| k.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::METHOD_SETTINGS;
    use crate::testing::{check, normalise, one};

    #[test]
    fn rest_stages_in_terraform() {
        let api = || json!({"$late": ["aws_api_gateway_rest_api.a"]});
        let stage = one(&[
            (
                "aws_api_gateway_stage.s",
                "aws_api_gateway_stage",
                json!({
                    "stage_name": "prod", "rest_api_id": api(), "xray_tracing_enabled": true, "cache_cluster_enabled": true,
                    "access_log_settings": [{"destination_arn": {"$late": ["aws_cloudwatch_log_group.l"]}, "format": "$context"}],
                }),
            ),
            (
                "m",
                METHOD_SETTINGS,
                json!({
                    "stage_name": "prod", "rest_api_id": api(), "method_path": "*/*",
                    "settings": [{"logging_level": "INFO", "caching_enabled": true, "cache_data_encrypted": true}],
                }),
            ),
            (
                "other",
                METHOD_SETTINGS,
                json!({
                    "stage_name": "prod", "rest_api_id": {"$late": ["aws_api_gateway_rest_api.b"]}, "method_path": "*/*",
                    "settings": [{"logging_level": "OFF", "caching_enabled": true, "cache_data_encrypted": false}],
                }),
            ),
            (
                "w",
                "aws_wafv2_web_acl_association",
                json!({"resource_arn": {"$late": ["aws_api_gateway_stage.s"]}, "web_acl_arn": "arn:w"}),
            ),
        ]);
        check(
            &stage,
            &[
                ("part", "\"stage\""),
                ("access_logging.enabled", "true"),
                ("execution_logging.level", "\"info\""),
                ("tracing.enabled", "true"),
                ("cache.enabled", "true"),
                ("cache.encrypted", "true"),
                ("web_firewall.attached", "true"),
                ("client_certificate", "false"),
            ],
        );
        check(
            &one(&[("s", "aws_api_gateway_stage", json!({"stage_name": "prod"}))]),
            &[
                ("access_logging.enabled", "false"),
                ("execution_logging.level", "\"off\""),
                ("tracing.enabled", "false"),
                ("cache.enabled", "false"),
                ("cache.encrypted", "false"),
                ("web_firewall.attached", "false"),
            ],
        );
    }

    #[test]
    fn stages_in_templates() {
        let settings = |encrypted: Json| {
            json!({
                "StageName": "prod",
                "AccessLogSetting": {"DestinationArn": {"$ref": "Logs"}, "Format": "x"},
                "MethodSettings": [
                    {"ResourcePath": "/*", "HttpMethod": "*", "LoggingLevel": "ERROR", "CachingEnabled": true, "CacheDataEncrypted": true},
                    {"ResourcePath": "/~1a", "HttpMethod": "GET", "CachingEnabled": true, "CacheDataEncrypted": encrypted},
                ],
            })
        };
        for (encrypted, want) in [(json!(true), "true"), (json!(false), "false"), (json!({"$unknown": ""}), "unknown")]
        {
            let stage = one(&[("S", "AWS::ApiGateway::Stage", settings(encrypted))]);
            check(
                &stage,
                &[
                    ("access_logging.enabled", "true"),
                    ("execution_logging.level", "\"error\""),
                    ("cache.encrypted", want),
                ],
            );
        }
        check(
            &one(&[("S", "AWS::ApiGateway::Stage", json!({"MethodSettings": {"$unknown": ""}}))]),
            &[("execution_logging.level", "unknown"), ("cache.encrypted", "unknown")],
        );
        check(
            &one(&[("A", "AWS::Serverless::Api", json!({"StageName": "prod", "TracingEnabled": true}))]),
            &[("tracing.enabled", "true"), ("web_firewall.attached", "unknown")],
        );
        let socket = json!({
            "AccessLogSettings": {"DestinationArn": "arn:l"}, "DefaultRouteSettings": {"LoggingLevel": "INFO"},
        });
        check(
            &one(&[("S", "AWS::ApiGatewayV2::Stage", socket)]),
            &[
                ("access_logging.enabled", "false"),
                ("execution_logging.level", "\"info\""),
                ("tracing.enabled", "absent"),
            ],
        );
    }

    #[test]
    fn authorization_of_every_method() {
        let method = |authorization: Json, verb: &str| {
            json!({
                "rest_api_id": {"$late": ["aws_api_gateway_rest_api.a"]}, "authorization": authorization, "http_method": verb,
            })
        };
        for (methods, body, want) in [
            (vec![method(json!("AWS_IAM"), "GET"), method(json!("NONE"), "OPTIONS")], json!(null), "true"),
            (vec![method(json!("AWS_IAM"), "GET"), method(json!("NONE"), "POST")], json!("{}"), "false"),
            (vec![method(json!({"$unknown": ""}), "GET")], json!(null), "unknown"),
            (vec![], json!("{}"), "unknown"),
            (vec![], json!(null), "absent"),
        ] {
            let api =
                json!({"name": "a", "body": body, "policy": {"$late": []}, "endpoint_configuration": {"$late": []}});
            let mut entries = vec![("aws_api_gateway_rest_api.a", "aws_api_gateway_rest_api", api)];
            entries.extend(methods.into_iter().map(|m| ("m", "aws_api_gateway_method", m)));
            let api = one(&entries);
            check(
                &api,
                &[
                    ("part", "\"api\""),
                    ("endpoint_type", "\"edge\""),
                    ("authorization_required", want),
                    ("policy.statements", "absent"),
                ],
            );
        }
        let template = one(&[
            (
                "Api",
                "AWS::ApiGateway::RestApi",
                json!({"EndpointConfiguration": {"Types": ["PRIVATE"]}, "Policy": {"Statement": [{"Effect": "Allow"}]}}),
            ),
            (
                "M",
                "AWS::ApiGateway::Method",
                json!({"RestApiId": {"$ref": "Api"}, "AuthorizationType": "COGNITO_USER_POOLS"}),
            ),
        ]);
        check(&template, &[("endpoint_type", "\"private\""), ("authorization_required", "true")]);
        let socket = normalise(&[
            ("Api", "AWS::ApiGatewayV2::Api", json!({"ProtocolType": "WEBSOCKET"})),
            (
                "C",
                "AWS::ApiGatewayV2::Route",
                json!({"ApiId": {"$ref": "Api"}, "RouteKey": "$connect", "AuthorizationType": "CUSTOM"}),
            ),
            ("D", "AWS::ApiGatewayV2::Route", json!({"ApiId": {"$ref": "Api"}, "RouteKey": "$default"})),
        ]);
        check(&socket[0], &[("endpoint_type", "\"regional\""), ("authorization_required", "true")]);
        let http = one(&[
            ("aws_apigatewayv2_api.a", "aws_apigatewayv2_api", json!({"protocol_type": "HTTP"})),
            (
                "r",
                "aws_apigatewayv2_route",
                json!({"api_id": {"$late": ["aws_apigatewayv2_api.a"]}, "route_key": "GET /"}),
            ),
        ]);
        check(&http, &[("authorization_required", "false")]);
    }

    #[test]
    fn domain_names() {
        for (type_name, properties, minimum, endpoint) in [
            (
                "aws_api_gateway_domain_name",
                json!({"domain_name": "a", "security_policy": "TLS_1_2", "endpoint_configuration": [{"types": ["REGIONAL"]}]}),
                "\"1.2\"",
                "\"regional\"",
            ),
            ("aws_api_gateway_domain_name", json!({"security_policy": {"$late": []}}), "absent", "absent"),
            ("AWS::ApiGateway::DomainName", json!({"SecurityPolicy": "TLS_1_0"}), "\"1.0\"", "absent"),
            (
                "AWS::ApiGateway::DomainName",
                json!({"SecurityPolicy": "SecurityPolicy_TLS13_1_3_2025_09"}),
                "\"1.3\"",
                "absent",
            ),
            ("AWS::ApiGateway::DomainName", json!({"SecurityPolicy": "New"}), "unknown", "absent"),
            (
                "aws_apigatewayv2_domain_name",
                json!({"domain_name_configuration": [{"security_policy": "TLS_1_2", "endpoint_type": "REGIONAL"}]}),
                "\"1.2\"",
                "\"regional\"",
            ),
            (
                "AWS::ApiGatewayV2::DomainName",
                json!({"DomainNameConfigurations": [{"SecurityPolicy": {"$unknown": "P"}, "EndpointType": "REGIONAL"}]}),
                "unknown",
                "\"regional\"",
            ),
        ] {
            let domain = one(&[("d", type_name, properties)]);
            check(&domain, &[("part", "\"domain\""), ("tls_minimum", minimum), ("endpoint_type", endpoint)]);
        }
    }
}
