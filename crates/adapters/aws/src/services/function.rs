//! Lambda: functions and who may call them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Place, nothing, placed};
use crate::{
    ask::{Reply, unknown},
    found::{Found, Type, get, items, map, text},
};

const FUNCTION: Type = Type { name: "AWS::Lambda::Function", canonical: "aws_lambda_function" };
const URL: Type = Type { name: "AWS::Lambda::Url", canonical: "aws_lambda_function_url" };
const PERMISSION: Type = Type { name: "AWS::Lambda::Permission", canonical: "aws_lambda_permission" };
const INVOKE: Type =
    Type { name: "AWS::Lambda::EventInvokeConfig", canonical: "aws_lambda_function_event_invoke_config" };
const SIGNING: Type = Type { name: "AWS::Lambda::CodeSigningConfig", canonical: "aws_lambda_code_signing_config" };

pub(crate) async fn collect(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("lambda", "ListFunctions", nothing());
    let (listed, functions) =
        place.list(&mut found, FUNCTION, asked, "/Functions", &place.arn("lambda", "function:*")).await;
    let inputs = || functions.iter().map(|function| json!({ "FunctionName": get(function, "/FunctionName") }));
    let policies = place.each("lambda", "GetPolicy", inputs()).await;
    let bounds = place.each("lambda", "GetFunctionConcurrency", inputs()).await;
    let signing = signing(place, &functions).await;
    let urls = place.each("lambda", "ListFunctionUrlConfigs", inputs()).await;
    let invokes = place.each("lambda", "ListFunctionEventInvokeConfigs", inputs()).await;
    let mut configs = BTreeSet::new();
    for ((((((pointer, function), policy), bound), sign), url), invoke) in
        placed(&functions, "/Functions").zip(&policies).zip(&bounds).zip(&signing).zip(&urls).zip(&invokes)
    {
        let (arn, name) = (text(function, "/FunctionArn"), text(function, "/FunctionName"));
        let mut one = Found::new(FUNCTION, arn, &listed, &pointer)
            .set("function_name", json!(name))
            .set("arn", json!(arn))
            .set("runtime", get(function, "/Runtime"))
            .set("package_type", get(function, "/PackageType"))
            .set("vpc_config", json!({ "subnet_ids": get(function, "/VpcConfig/SubnetIds") }))
            .set("environment", variables(function))
            .set("kms_key_arn", place.keys.name(get(function, "/KMSKeyArn")))
            .set("tracing_config", json!({ "mode": get(function, "/TracingConfig/Mode") }))
            .set("dead_letter_config", json!({ "target_arn": get(function, "/DeadLetterConfig/TargetArn") }))
            .told("code_signing_config_arn", sign, CONFIG, sign.at(CONFIG))
            .told("reserved_concurrent_executions", bound, BOUND, bound.at(BOUND));
        if let Some(config) = sign.at(CONFIG).as_str().filter(|arn| !arn.is_empty()) {
            configs.insert(config.to_owned());
        }
        callers(name, arn, policy, url, invoke, &mut found);
        // What cannot be seen of who may call it may be anyone.
        if let Some(why) = policy.missing() {
            one = one.attribute("invoke.anyone", unknown(why)).attribute("policy.statements", unknown(why));
        }
        if let Some(why) = url.missing() {
            one = one.attribute("public_url", unknown(why));
        }
        let target = text(function, "/DeadLetterConfig/TargetArn");
        if let (Some(why), "") = (invoke.missing(), target) {
            one = one.attribute("dead_letter.connected", unknown(why));
        }
        found.push(one);
    }
    let inputs = configs.iter().map(|arn| json!({ "CodeSigningConfigArn": arn }));
    let replies = place.each("lambda", "GetCodeSigningConfig", inputs).await;
    for (arn, reply) in configs.iter().zip(&replies) {
        const ACTION: &str = "/CodeSigningConfig/CodeSigningPolicies/UntrustedArtifactOnDeployment";
        let policies = map(reply.at(ACTION), |told| json!({ "untrusted_artifact_on_deployment": told }));
        found.push(Found::new(SIGNING, arn, reply, ACTION).set("arn", json!(arn)).set("policies", policies));
    }
    found
}

/// Code signing is for archives; of an image the service refuses to tell (Lambda developer guide, "Using code signing").
async fn signing(place: &Place, functions: &[Value]) -> Vec<Reply> {
    let is_image = |function: &Value| text(function, "/PackageType") == "Image";
    let asked = functions.iter().filter(|function| !is_image(function));
    let inputs = asked.map(|function| json!({ "FunctionName": get(function, "/FunctionName") }));
    let mut replies = place.each("lambda", "GetFunctionCodeSigningConfig", inputs).await.into_iter();
    let none = || Reply::none("lambda:ListFunctions");
    let of = |function: &Value| if is_image(function) { none() } else { replies.next().unwrap_or_else(none) };
    functions.iter().map(of).collect()
}

const CONFIG: &str = "/CodeSigningConfigArn";
const BOUND: &str = "/ReservedConcurrentExecutions";

fn variables(function: &Value) -> Value {
    // A caller without the key's permission is told of an error instead of the values.
    if !get(function, "/Environment/Error").is_null() {
        let why = format!("lambda:ListFunctions: {}", text(function, "/Environment/Error/ErrorCode"));
        return json!({ "variables": unknown(&why) });
    }
    map(get(function, "/Environment/Variables"), |told| json!({ "variables": told }))
}

fn callers(name: &str, arn: &str, policy: &Reply, url: &Reply, invoke: &Reply, found: &mut Vec<Found>) {
    let (urls, _) = url.list("/FunctionUrlConfigs");
    for (at, (pointer, config)) in placed(&urls, "/FunctionUrlConfigs").enumerate() {
        found.push(
            Found::new(URL, format!("{arn}?url={at}"), url, &pointer)
                .set("function_name", json!(name))
                .set("authorization_type", get(config, "/AuthType")),
        );
    }
    let (configs, _) = invoke.list("/FunctionEventInvokeConfigs");
    for (at, (pointer, config)) in placed(&configs, "/FunctionEventInvokeConfigs").enumerate() {
        let to = get(config, "/DestinationConfig/OnFailure/Destination");
        found.push(
            Found::new(INVOKE, format!("{arn}?invoke={at}"), invoke, &pointer)
                .set("function_name", json!(name))
                .set("destination_config", json!({ "on_failure": { "destination": to } })),
        );
    }
    let told = policy.at("/Policy");
    let Some(text) = told.as_str() else { return };
    let statements: Value = match serde_json::from_str::<Value>(text) {
        Ok(document) => get(&document, "/Statement"),
        // The normaliser is left with one permission of which nothing is known.
        Err(_) => json!([unknown("lambda:GetPolicy: the policy is not JSON")]),
    };
    let list = if statements.is_array() { statements } else { json!([statements]) };
    for (at, statement) in items(&list, "").enumerate() {
        if text_of(statement, "/Effect") == Some("Deny") {
            continue;
        }
        let one = Found::new(PERMISSION, format!("{arn}?permission={at}"), policy, "/Policy")
            .set("function_name", json!(name));
        found.push(permission(one, statement));
    }
}

fn text_of<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// One permission as AddPermission would have been told it.
fn permission(one: Found, statement: &Value) -> Found {
    if statement.get("$unknown").is_some() {
        return one.set("principal", statement.clone());
    }
    let principal = get(statement, "/Principal");
    let who = match &principal {
        Value::String(_) => principal.clone(),
        other => ["/Service", "/AWS", "/Federated"]
            .iter()
            .map(|key| get(other, key))
            .find(|who| !who.is_null())
            .unwrap_or_default(),
    };
    // Several at once: the widest of them decides.
    let who = match who {
        Value::Array(list) => {
            let any = list.iter().find(|who| who.as_str() == Some("*")).or_else(|| list.first());
            any.cloned().unwrap_or_default()
        }
        other => other,
    };
    let condition = |keys: [&str; 3], name: &str| {
        let operators = keys.iter().map(|operator| get(statement, &format!("/Condition/{operator}")));
        let mut found = operators.filter_map(|operator| {
            operator.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
        });
        found.next().unwrap_or_default()
    };
    const ARN: [&str; 3] = ["ArnLike", "ArnEquals", "StringLike"];
    const TEXT: [&str; 3] = ["StringEquals", "StringLike", "StringEqualsIgnoreCase"];
    one.set("principal", who)
        .set("source_arn", first(condition(ARN, "aws:SourceArn")))
        .set("source_account", first(condition(TEXT, "aws:SourceAccount")))
        .set("principal_org_id", first(condition(TEXT, "aws:PrincipalOrgID")))
        .set("event_source_token", first(condition(TEXT, "lambda:EventSourceToken")))
}

fn first(value: Value) -> Value {
    match value {
        // Of several sources an open pattern is the one that counts.
        Value::Array(list) => {
            list.iter().find(|one| one.as_str() == Some("*")).or_else(|| list.first()).cloned().unwrap_or_default()
        }
        other => other,
    }
}
