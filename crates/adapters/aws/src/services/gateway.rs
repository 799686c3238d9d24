//! API Gateway of both generations: APIs with who must sign in, stages, custom domain names.

use serde_json::{Value, json};

use super::{Place, nothing, placed};
use crate::{
    ask::{Reply, is_unknown, unknown},
    found::{Found, Type, get, map, text},
};

const REST_API: Type = Type { name: "AWS::ApiGateway::RestApi", canonical: "AWS::ApiGateway::RestApi" };
const METHOD: Type = Type { name: "AWS::ApiGateway::Method", canonical: "AWS::ApiGateway::Method" };
const REST_STAGE: Type = Type { name: "AWS::ApiGateway::Stage", canonical: "AWS::ApiGateway::Stage" };
const DOMAIN: Type = Type { name: "AWS::ApiGateway::DomainName", canonical: "AWS::ApiGateway::DomainName" };
const HTTP_API: Type = Type { name: "AWS::ApiGatewayV2::Api", canonical: "aws_apigatewayv2_api" };
const ROUTE: Type = Type { name: "AWS::ApiGatewayV2::Route", canonical: "aws_apigatewayv2_route" };
const HTTP_STAGE: Type = Type { name: "AWS::ApiGatewayV2::Stage", canonical: "aws_apigatewayv2_stage" };

/// REST APIs, and the domain names of both generations.
pub(crate) async fn rest(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let everything = place.arn("apigateway", "/restapis/*");
    let asked = ("apigateway", "GetRestApis", json!({ "limit": "500" }));
    let (listed, apis) = place.list(&mut found, REST_API, asked, "/item", &everything).await;
    let of_api = |more: Value| {
        apis.iter().map(move |api| {
            let mut input = more.clone();
            if let Some(map) = input.as_object_mut() {
                map.insert("restApiId".to_owned(), get(api, "/id"));
            }
            input
        })
    };
    let resources =
        place.each("apigateway", "GetResources", of_api(json!({ "embed": "methods", "limit": "500" }))).await;
    let stages = place.each("apigateway", "GetStages", of_api(nothing())).await;
    for (((pointer, api), methods), staged) in placed(&apis, "/item").zip(&resources).zip(&stages) {
        let id = text(api, "/id");
        let arn = place.arn("apigateway", &format!("/restapis/{id}"));
        let mut one = Found::new(REST_API, &arn, &listed, &pointer)
            .set("Name", get(api, "/name"))
            .set("RestApiId", json!(id))
            .set("EndpointConfiguration", json!({ "Types": get(api, "/endpointConfiguration/types") }))
            .set("Policy", document(get(api, "/policy")));
        let (paths, lost) = methods.list("/item");
        if let Some(why) = lost {
            one = one.attribute("authorization_required", unknown(&why));
        }
        found.push(one);
        for (above, path) in placed(&paths, "/item") {
            for (verb, method) in path.get("resourceMethods").and_then(Value::as_object).into_iter().flatten() {
                let pointer = format!("{above}/resourceMethods/{verb}");
                let id = format!("{arn}/resources/{}/methods/{verb}", text(path, "/id"));
                // An answer that names a method and does not say who may call it says nothing of that.
                let kind = get(method, "/authorizationType");
                let kind = if kind.is_null() { unknown("the answer does not tell who may call it") } else { kind };
                found.push(
                    Found::new(METHOD, id, methods, &pointer)
                        .set("RestApiId", json!(text(api, "/id")))
                        .set("HttpMethod", json!(verb))
                        .set("AuthorizationType", kind),
                );
            }
        }
        rest_stages(staged, &arn, text(api, "/id"), &mut found);
    }
    let everything = place.arn("apigateway", "/domainnames/*");
    let asked = ("apigateway", "GetDomainNames", json!({ "limit": "500" }));
    let (listed, names) = place.list(&mut found, DOMAIN, asked, "/item", &everything).await;
    for (pointer, name) in placed(&names, "/item") {
        let id = place.arn("apigateway", &format!("/domainnames/{}", text(name, "/domainName")));
        found.push(
            Found::new(DOMAIN, id, &listed, &pointer)
                .set("DomainName", get(name, "/domainName"))
                .set("EndpointConfiguration", json!({ "Types": get(name, "/endpointConfiguration/types") }))
                .set("SecurityPolicy", get(name, "/securityPolicy")),
        );
    }
    found
}

fn rest_stages(staged: &Reply, arn: &str, api: &str, found: &mut Vec<Found>) {
    let (stages, lost) = staged.list("/item");
    if let Some(why) = lost {
        found.push(Found::unseen(REST_STAGE, format!("{arn}/stages/*"), &staged.call, &why));
    }
    for (pointer, stage) in placed(&stages, "/item") {
        let settings: Vec<Value> = stage
            .get("methodSettings")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(path, told)| {
                let (path, verb) = path.rsplit_once('/').unwrap_or((path, "*"));
                json!({
                    "ResourcePath": if path == "*" { "/*".to_owned() } else { path.replace("~1", "/") },
                    "HttpMethod": verb,
                    "LoggingLevel": get(told, "/loggingLevel"),
                    "CachingEnabled": get(told, "/cachingEnabled"),
                    "CacheDataEncrypted": get(told, "/cacheDataEncrypted"),
                })
            })
            .collect();
        let logs = map(
            get(stage, "/accessLogSettings"),
            |told| json!({ "DestinationArn": get(told, "/destinationArn"), "Format": get(told, "/format") }),
        );
        let name = text(stage, "/stageName");
        found.push(
            Found::new(REST_STAGE, format!("{arn}/stages/{name}"), staged, &pointer)
                .set("StageName", json!(name))
                .set("RestApiId", json!(api))
                .set("TracingEnabled", get(stage, "/tracingEnabled"))
                .set("CacheClusterEnabled", get(stage, "/cacheClusterEnabled"))
                .set("ClientCertificateId", get(stage, "/clientCertificateId"))
                .set("AccessLogSetting", logs)
                .set("MethodSettings", json!(settings))
                .attribute("web_firewall.attached", json!(!text(stage, "/webAclArn").is_empty())),
        );
    }
}

/// The service writes a policy as text whose quotes are escaped once more (API Gateway API, RestApi `policy`).
fn document(told: Value) -> Value {
    map(told, |told| {
        let text = told.as_str().unwrap_or_default();
        let is_json = |text: &str| serde_json::from_str::<Value>(text).is_ok();
        match serde_json::from_str::<String>(&format!("\"{text}\"")) {
            Ok(inner) if !is_json(text) && is_json(&inner) => json!(inner),
            _ => told.clone(),
        }
    })
}

/// HTTP and WebSocket APIs.
pub(crate) async fn http(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let everything = place.arn("apigateway", "/apis/*");
    let asked = ("apigatewayv2", "GetApis", nothing());
    let (listed, apis) = place.list(&mut found, HTTP_API, asked, "/items", &everything).await;
    let inputs = || apis.iter().map(|api| json!({ "ApiId": get(api, "/apiId") }));
    let routes = place.each("apigatewayv2", "GetRoutes", inputs()).await;
    let stages = place.each("apigatewayv2", "GetStages", inputs()).await;
    for (((pointer, api), routed), staged) in placed(&apis, "/items").zip(&routes).zip(&stages) {
        let id = text(api, "/apiId");
        let arn = place.arn("apigateway", &format!("/apis/{id}"));
        let mut one = Found::new(HTTP_API, &arn, &listed, &pointer)
            .set("id", json!(id))
            .set("name", get(api, "/name"))
            .set("protocol_type", get(api, "/protocolType"));
        let (list, lost) = routed.list("/items");
        if let Some(why) = lost {
            one = one.attribute("authorization_required", unknown(&why));
        }
        found.push(one);
        for (pointer, route) in placed(&list, "/items") {
            found.push(
                Found::new(ROUTE, format!("{arn}/routes/{}", text(route, "/routeId")), routed, &pointer)
                    .set("api_id", json!(id))
                    .set("route_key", get(route, "/routeKey"))
                    .set("authorization_type", get(route, "/authorizationType")),
            );
        }
        let (list, lost) = staged.list("/items");
        if let Some(why) = lost {
            found.push(Found::unseen(HTTP_STAGE, format!("{arn}/stages/*"), &staged.call, &why));
        }
        for (pointer, stage) in placed(&list, "/items") {
            let logs = map(
                get(stage, "/accessLogSettings"),
                |told| json!({ "destination_arn": get(told, "/destinationArn"), "format": get(told, "/format") }),
            );
            let level = get(stage, "/defaultRouteSettings/loggingLevel");
            found.push(
                Found::new(HTTP_STAGE, format!("{arn}/stages/{}", text(stage, "/stageName")), staged, &pointer)
                    .set("name", get(stage, "/stageName"))
                    .set("access_log_settings", logs)
                    .set("default_route_settings", json!({ "logging_level": level }))
                    .set("client_certificate_id", get(stage, "/clientCertificateId")),
            );
        }
    }
    found
}

const WORKGROUP: Type = Type { name: "AWS::Athena::WorkGroup", canonical: "AWS::Athena::WorkGroup" };

/// Athena's work groups.
pub(crate) async fn workgroups(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("athena", "ListWorkGroups", nothing());
    let (listed, groups) =
        place.list(&mut found, WORKGROUP, asked, "/WorkGroups", &place.arn("athena", "workgroup/*")).await;
    let inputs = groups.iter().map(|group| json!({ "WorkGroup": get(group, "/Name") }));
    let details = place.each("athena", "GetWorkGroup", inputs).await;
    for ((pointer, group), detail) in placed(&groups, "/WorkGroups").zip(&details) {
        let name = text(group, "/Name");
        let told = detail.at("/WorkGroup/Configuration");
        let told = if is_unknown(&told) {
            told
        } else {
            let mut inner = told;
            if let Some(key) = inner.pointer_mut("/ResultConfiguration/EncryptionConfiguration/KmsKey") {
                *key = place.keys.name(key.take());
            }
            inner
        };
        found.push(
            Found::new(WORKGROUP, place.arn("athena", &format!("workgroup/{name}")), &listed, &pointer)
                .set("Name", json!(name))
                .told("WorkGroupConfiguration", detail, "/WorkGroup/Configuration", told),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_escaped_once_more_is_read() {
        let want = json!(r#"{"Version": "2012-10-17"}"#);
        assert_eq!(document(json!(r#"{\"Version\": \"2012-10-17\"}"#)), want);
        assert_eq!(document(want.clone()), want);
        assert_eq!(document(Value::Null), Value::Null);
    }
}
