//! Secrets Manager's secrets and Systems Manager's parameters. Their values are never asked for.

use serde_json::{Value, json};

use super::{Place, nothing, placed};
use crate::{
    ask::unknown,
    found::{Found, Type, get, tags, text},
};

const SECRET: Type = Type { name: "AWS::SecretsManager::Secret", canonical: "aws_secretsmanager_secret" };
const ROTATION: Type =
    Type { name: "AWS::SecretsManager::RotationSchedule", canonical: "aws_secretsmanager_secret_rotation" };
const PARAMETER: Type = Type { name: "AWS::SSM::Parameter", canonical: "aws_ssm_parameter" };

pub(crate) async fn secrets(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("secretsmanager", "ListSecrets", nothing());
    let everything = place.arn("secretsmanager", "secret:*");
    let (listed, secrets) = place.list(&mut found, SECRET, asked, "/SecretList", &everything).await;
    let inputs = secrets.iter().map(|secret| json!({ "SecretId": get(secret, "/ARN") }));
    let policies = place.each("secretsmanager", "GetResourcePolicy", inputs).await;
    for ((pointer, secret), policy) in placed(&secrets, "/SecretList").zip(&policies) {
        let arn = text(secret, "/ARN");
        let told = policy.at("/ResourcePolicy");
        let told = if told.as_str() == Some("") { Value::Null } else { told };
        found.push(
            Found::new(SECRET, arn, &listed, &pointer)
                .set("name", get(secret, "/Name"))
                .set("arn", json!(arn))
                .set("kms_key_id", place.keys.name(get(secret, "/KmsKeyId")))
                .told("policy", policy, "/ResourcePolicy", told)
                .set("tags", tags(get(secret, "/Tags")))
                .attribute("recovery_window_days", unknown("it is chosen when somebody deletes the secret")),
        );
        let rotates = get(secret, "/RotationEnabled") == json!(true);
        if rotates {
            let rules = json!({
                "automatically_after_days": get(secret, "/RotationRules/AutomaticallyAfterDays"),
                "schedule_expression": get(secret, "/RotationRules/ScheduleExpression"),
            });
            found.push(
                Found::new(ROTATION, format!("{arn}?rotation"), &listed, &format!("{pointer}/RotationRules"))
                    .set("secret_id", json!(arn))
                    .set("rotation_enabled", json!(true))
                    .set("rotation_rules", rules),
            );
        }
    }
    found
}

pub(crate) async fn parameters(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("ssm", "DescribeParameters", json!({ "MaxResults": 50 }));
    let (listed, parameters) =
        place.list(&mut found, PARAMETER, asked, "/Parameters", &place.arn("ssm", "parameter/*")).await;
    for (pointer, parameter) in placed(&parameters, "/Parameters") {
        let name = text(parameter, "/Name");
        found.push(
            Found::new(
                PARAMETER,
                place.arn("ssm", &format!("parameter/{}", name.trim_start_matches('/'))),
                &listed,
                &pointer,
            )
            .set("name", json!(name))
            .set("type", get(parameter, "/Type")),
        );
    }
    found
}
