//! Functions: Lambda, with who may call them.

use attesta_resource::{Kind, Unknown};

use crate::{
    draft::{Draft, Joined},
    fact::{Fact, State},
    registry::{Alone, Main, Pull, Satellite},
    view::{Raw, View},
};

use super::{
    logging::is_stated,
    policy_document,
    shared::{self, authored, either, is_authored, looks_like_credential, prop, says_credential},
};

const SIGNING: &[&str] = &["aws_lambda_code_signing_config"];
const CFN_SIGNING: &[&str] = &["AWS::Lambda::CodeSigningConfig"];

pub(super) const MAINS: &[Main] = &[
    Main {
        types: &["aws_lambda_function"],
        kind: Kind::Function,
        // Pulumi calls the function's name `name`.
        names: &["function_name", "name", "arn", "id", "qualified_arn"],
        pulls: &[Pull { link: "code_signing_config_arn", types: SIGNING, names: &["arn", "id"] }],
        build: terraform,
    },
    Main {
        types: &["AWS::Lambda::Function", "AWS::Serverless::Function"],
        kind: Kind::Function,
        names: &["FunctionName"],
        pulls: &[Pull { link: "CodeSigningConfigArn", types: CFN_SIGNING, names: &[] }],
        build: cloudformation,
    },
];

const URLS: &[&str] = &["aws_lambda_function_url", "AWS::Lambda::Url"];
const PERMISSIONS: &[&str] = &["aws_lambda_permission", "AWS::Lambda::Permission"];
const INVOKE_CONFIGS: &[&str] = &["aws_lambda_function_event_invoke_config", "AWS::Lambda::EventInvokeConfig"];

pub(super) const SATELLITES: &[Satellite] = &[
    Satellite {
        types: &["aws_lambda_function_url", "aws_lambda_permission", "aws_lambda_function_event_invoke_config"],
        owners: &["aws_lambda_function"],
        links: &["function_name", "function"],
    },
    Satellite {
        types: &["AWS::Lambda::Permission", "AWS::Lambda::EventInvokeConfig"],
        owners: &["AWS::Lambda::Function", "AWS::Serverless::Function"],
        links: &["FunctionName"],
    },
    Satellite {
        types: &["AWS::Lambda::Url"],
        owners: &["AWS::Lambda::Function", "AWS::Serverless::Function"],
        links: &["TargetFunctionArn"],
    },
];

/// What lets others call a function.
pub(super) const ALONE: &[Alone] = &[
    Alone {
        types: &["aws_lambda_function_url", "aws_lambda_permission"],
        owner: "aws_lambda_function",
        links: &["function_name", "function"],
        what: "the function",
    },
    Alone {
        types: &["AWS::Lambda::Permission"],
        owner: "AWS::Lambda::Function",
        links: &["FunctionName"],
        what: "the function",
    },
    Alone {
        types: &["AWS::Lambda::Url"],
        owner: "AWS::Lambda::Function",
        links: &["TargetFunctionArn"],
        what: "the function",
    },
];

fn terraform(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    draft.put("runtime", raw.at("runtime").text());
    draft.put("package", package(raw.at("package_type").text()));
    draft.put("network.attached", is_stated(&raw.at("vpc_config").at("subnet_ids")));
    environment(draft, &raw.at("environment").at("variables"), &raw.at("kms_key_arn"));
    draft.put("tracing.enabled", traced(authored(raw.at("tracing_config").at("mode").text())));
    dead_letter(draft, joined, &raw.at("dead_letter_config").at("target_arn"));
    signing(raw, joined, draft);
    callers(raw, joined, draft, &[]);
    // Terraform writes -1 for no bound.
    let reserved = raw.at("reserved_concurrent_executions").int();
    draft.put("reserved_concurrency", authored(reserved).filter_map(|n| (n >= 0).then_some(n)));
}

fn cloudformation(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    draft.put("runtime", raw.at("Runtime").text());
    draft.put("package", package(raw.at("PackageType").text()));
    draft.put("network.attached", is_stated(&raw.at("VpcConfig").at("SubnetIds")));
    environment(draft, &raw.at("Environment").at("Variables"), &raw.at("KmsKeyArn"));
    // The serverless transform calls it `Tracing` and knows `Disabled` besides.
    let mode = raw.at("TracingConfig").at("Mode").text().or_else(|| raw.at("Tracing").text());
    draft.put("tracing.enabled", traced(mode));
    dead_letter(draft, joined, &either(&raw.root(), "DeadLetterConfig", "DeadLetterQueue").at("TargetArn"));
    signing(raw, joined, draft);
    callers(raw, joined, draft, &[raw.at("FunctionUrlConfig").at("AuthType")]);
    draft.put("reserved_concurrency", raw.at("ReservedConcurrentExecutions").int());
}

/// `Zip` unless it is an image (API reference, CreateFunction).
fn package(stated: Fact<String>) -> Fact<String> {
    authored(stated).map(|p| p.to_ascii_lowercase()).or_default("zip".to_owned())
}

/// "The default value is PassThrough" (API reference, TracingConfig): only what is traced already goes on being traced.
fn traced(mode: Fact<String>) -> Fact<bool> {
    mode.map(|mode| mode == "Active").or_default(false)
}

fn environment(draft: &mut Draft, variables: &View<'_>, key: &View<'_>) {
    draft.put("environment.present", is_stated(variables));
    draft.put("environment.customer_managed_key", shared::names_customer_key(authored(key.text())));
    let secrets = match variables.unknown() {
        Some(why) if is_authored(variables) => Fact { state: State::Unknown(why), ..variables.derive(false) },
        _ => plain_secrets(variables, variables.entries().into_iter().map(|(name, value)| (name.to_owned(), value))),
    };
    draft.put("environment.secrets", secrets);
}

/// Whether any plain environment value looks like a credential. Of a value that cannot be seen, the name must say.
pub(super) fn plain_secrets<'a>(place: &View<'a>, pairs: impl IntoIterator<Item = (String, View<'a>)>) -> Fact<bool> {
    pairs.into_iter().fold(place.derive(false), |found, (name, value)| {
        let text = value.text();
        let is_elsewhere = matches!(value.node(), Some(crate::node::Node::Reference(_)));
        let state = match text.state {
            State::Known(text) if !is_elsewhere => State::Known(looks_like_credential(&name, &text)),
            State::Known(_) | State::Unknown(_) if !says_credential(&name) => State::Known(false),
            State::Known(text) => State::Unknown(attesta_resource::Unknown::Unresolved { what: text.into() }),
            State::Unknown(why) => State::Unknown(why),
            State::Absent => State::Known(false),
        };
        found.or(Fact { state, ..value.derive(false) })
    })
}

/// A queue or topic for failed events, or a destination for them.
fn dead_letter(draft: &mut Draft, joined: &Joined, target: &View<'_>) {
    let connected = joined.of(INVOKE_CONFIGS).fold(is_stated(target), |found, config| {
        let destination = prop(config, "destination_config", "DestinationConfig");
        let failure = either(&destination, "on_failure", "OnFailure");
        found.or(is_stated(&either(&failure, "destination", "Destination")))
    });
    draft.put("dead_letter.connected", connected);
}

/// A signing configuration only warns unless it says to enforce (API reference, CodeSigningPolicies: "Default value:
/// Warn").
fn signing(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let link = prop(raw, "code_signing_config_arn", "CodeSigningConfigArn");
    let enforced = match joined.of(SIGNING).chain(joined.of(CFN_SIGNING)).next() {
        Some(config) => {
            let policies = either(&config.root(), "policies", "CodeSigningPolicies");
            either(&policies, "untrusted_artifact_on_deployment", "UntrustedArtifactOnDeployment")
                .text()
                .map(|policy| policy == "Enforce")
                .or_default(false)
        }
        None if is_authored(&link) => {
            is_stated(&link).and(shared::unresolved(&link, "a signing configuration that is not in this document"))
        }
        None => link.derive(false),
    };
    draft.put("code_signing.enforced", enforced);
}

/// URLs without sign-in, and permissions that let anyone call. Both stand beside the function.
fn callers(raw: &Raw, joined: &Joined, draft: &mut Draft, inside: &[View<'_>]) {
    let beside = joined.of(URLS).map(|url| prop(url, "authorization_type", "AuthType"));
    let public = inside
        .iter()
        .cloned()
        .chain(beside)
        .fold(raw.derive(false), |public, auth| public.or(auth.text().map(|auth| auth == "NONE")));
    draft.put("public_url", public);
    let anyone =
        joined.of(PERMISSIONS).fold(raw.derive(false), |anyone, permission| anyone.or(lets_anyone(permission)));
    draft.put("invoke.anyone", anyone);
}

/// Whether a permission is for any principal, or for a service on anyone's behalf: unless it names the source, its
/// account or an organisation, every customer of that service may call through it (Lambda developer guide, "Granting
/// function access to AWS services").
fn lets_anyone(permission: &Raw) -> Fact<bool> {
    let wide =
        prop(permission, "principal", "Principal").text().map(|who| who == "*" || who.contains(".amazonaws.com"));
    let narrowed = [
        ("source_arn", "SourceArn"),
        ("source_account", "SourceAccount"),
        ("principal_org_id", "PrincipalOrgID"),
        ("event_source_token", "EventSourceToken"),
    ]
    .iter()
    .fold(permission.derive(false), |narrowed, (terraform, cloudformation)| {
        narrowed.or(narrows(&prop(permission, terraform, cloudformation)))
    });
    wide.and(narrowed.negate())
}

/// Whether a source is named. One that is still to be made is one, for no one writes a source in order to name none;
/// but a pattern that every source fits is none, and what a template leaves open may be.
fn narrows(source: &View<'_>) -> Fact<bool> {
    let state = match source.unknown() {
        _ if !is_authored(source) => State::Known(false),
        Some(Unknown::Unresolved { what }) if policy_document::is_pseudo_parameter(&what) => State::Known(true),
        Some(why @ Unknown::Unresolved { .. }) => State::Unknown(why),
        Some(_) => State::Known(true),
        None => State::Known(source.text().value().is_some_and(|text| !policy_document::is_hollow(text))),
    };
    Fact { state, ..source.derive(false) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::testing::{check, one};

    #[test]
    fn a_bare_function() {
        let bare = [
            ("package", "\"zip\""),
            ("network.attached", "false"),
            ("environment.present", "false"),
            ("environment.customer_managed_key", "false"),
            ("environment.secrets", "false"),
            ("tracing.enabled", "false"),
            ("dead_letter.connected", "false"),
            ("code_signing.enforced", "false"),
            ("public_url", "false"),
            ("invoke.anyone", "false"),
            ("reserved_concurrency", "absent"),
        ];
        let plan = json!({
            "vpc_config": [], "environment": [], "tracing_config": {"$late": []}, "reserved_concurrent_executions": -1,
        });
        check(&one(&[("f", "aws_lambda_function", plan)]), &bare);
        check(&one(&[("F", "AWS::Lambda::Function", json!({}))]), &bare);
        check(&one(&[("F", "AWS::Serverless::Function", json!({}))]), &bare);
    }

    #[test]
    fn a_full_function() {
        let link = || json!({"$late": ["aws_lambda_function.f"]});
        let function = one(&[
            (
                "aws_lambda_function.f",
                "aws_lambda_function",
                json!({
                    "function_name": "claims", "runtime": "python3.12", "package_type": "Image",
                    "vpc_config": [{"subnet_ids": [{"$unknown": ""}], "security_group_ids": []}],
                    "environment": [{"variables": {"STAGE": "prod", "DB_PASSWORD": "hunter2"}}],
                    "kms_key_arn": "arn:k", "tracing_config": [{"mode": "Active"}],
                    "code_signing_config_arn": {"$late": ["aws_lambda_code_signing_config.c"]},
                    "reserved_concurrent_executions": 5,
                }),
            ),
            (
                "aws_lambda_code_signing_config.c",
                "aws_lambda_code_signing_config",
                json!({"policies": [{"untrusted_artifact_on_deployment": "Enforce"}]}),
            ),
            ("u", "aws_lambda_function_url", json!({"function_name": "claims", "authorization_type": "NONE"})),
            (
                "c",
                "aws_lambda_function_event_invoke_config",
                json!({"function_name": link(), "destination_config": [{"on_failure": [{"destination": "arn:q"}]}]}),
            ),
            (
                "p",
                "aws_lambda_permission",
                json!({"function": link(), "principal": "sns.amazonaws.com", "source_arn": "arn:t"}),
            ),
        ]);
        check(
            &function,
            &[
                ("name", "\"claims\""),
                ("runtime", "\"python3.12\""),
                ("package", "\"image\""),
                ("network.attached", "true"),
                ("environment.present", "true"),
                ("environment.customer_managed_key", "true"),
                ("environment.secrets", "true"),
                ("tracing.enabled", "true"),
                ("dead_letter.connected", "true"),
                ("code_signing.enforced", "true"),
                ("public_url", "true"),
                ("invoke.anyone", "false"),
                ("reserved_concurrency", "5"),
            ],
        );
    }

    #[test]
    fn who_may_call() {
        for (permission, want) in [
            (json!({"principal": "*"}), "true"),
            (json!({"principal": "*", "principal_org_id": "o-1"}), "false"),
            (json!({"principal": "s3.amazonaws.com"}), "true"),
            (json!({"principal": "s3.amazonaws.com", "source_arn": {"$late": ["aws_s3_bucket.b"]}}), "false"),
            (json!({"principal": "s3.amazonaws.com", "source_account": "1", "source_arn": null}), "false"),
            (json!({"principal": "arn:aws:iam::1:root"}), "false"),
            (json!({"principal": "s3.amazonaws.com", "source_arn": ""}), "true"),
            (json!({"principal": "sns.amazonaws.com", "source_arn": "arn:aws:sns:*:*:*"}), "true"),
            (json!({"principal": "*", "source_arn": "*", "source_account": "1"}), "false"),
            (json!({"principal": "*", "source_arn": {"$unknown": "Fn::If on C"}}), "unknown"),
            (json!({"principal": "s3.amazonaws.com", "source_account": {"$unknown": "AWS::AccountId"}}), "false"),
            (json!({"principal": {"$unknown": ""}}), "unknown"),
            (json!({"principal": {"$unknown": ""}, "source_account": "1"}), "false"),
        ] {
            let mut permission = permission;
            permission["function_name"] = json!("claims");
            let function = one(&[
                ("f", "aws_lambda_function", json!({"function_name": "claims"})),
                ("p", "aws_lambda_permission", permission.clone()),
            ]);
            check(&function, &[("invoke.anyone", want)]);
        }
        let template = one(&[
            ("F", "AWS::Serverless::Function", json!({"FunctionUrlConfig": {"AuthType": "NONE"}, "Tracing": "Active"})),
            (
                "P",
                "AWS::Lambda::Permission",
                json!({"FunctionName": {"$ref": "F"}, "Principal": "events.amazonaws.com"}),
            ),
        ]);
        check(&template, &[("public_url", "true"), ("invoke.anyone", "true"), ("tracing.enabled", "true")]);
    }

    #[test]
    fn secrets_in_the_environment() {
        let reads =
            |variables: Json| one(&[("F", "AWS::Lambda::Function", json!({"Environment": {"Variables": variables}}))]);
        for (variables, want) in [
            (json!({"TABLE": {"$unknown": ""}, "QUEUE": {"$ref": "Queue"}}), "false"),
            (json!({"DB_PASSWORD": {"$unknown": ""}}), "unknown"),
            (json!({"API_TOKEN": {"$ref": "Other"}}), "unknown"),
            (json!({"DB_PASSWORD": {"$unknown": ""}, "KEY": "AKIAIOSFODNN7REALKEY"}), "true"),
            (json!({"$unknown": ""}), "unknown"),
            (json!({}), "false"),
        ] {
            check(&reads(variables), &[("environment.secrets", want)]);
        }
    }

    #[test]
    fn signing_that_cannot_be_seen_or_only_warns() {
        let elsewhere = json!({"CodeSigningConfigArn": "arn:aws:lambda:us-east-1:1:code-signing-config:csc-1"});
        check(&one(&[("F", "AWS::Lambda::Function", elsewhere)]), &[("code_signing.enforced", "unknown")]);
        let warns = one(&[
            ("F", "AWS::Lambda::Function", json!({"CodeSigningConfigArn": {"$ref": "C"}})),
            (
                "C",
                "AWS::Lambda::CodeSigningConfig",
                json!({"CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"}}),
            ),
        ]);
        check(&warns, &[("code_signing.enforced", "false")]);
    }
}
