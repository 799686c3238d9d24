//! The company's infrastructure: the shipped example, as it is now and as it was before.
//!
//! The newest plan is the example's own file, byte for byte. The older ones are the same plan with a few settings as they
//! were then: the engine judges each as it judges any plan.

use attesta_server::demo::Snapshot;
use serde_json::{Value, json};

const PLAN: &str = include_str!("../../../../examples/telehealth/plan.json");
const TEMPLATE: &str = include_str!("../../../../examples/telehealth/cloudformation/template.yaml");

/// A setting as it was: the resource's address, the setting, its value then.
type Was = (&'static str, &'static str, Value);

/// What was sent, oldest first.
pub(crate) fn sent() -> Vec<Snapshot> {
    let records = r#"module.database["ehr"].aws_db_instance.this"#;
    let first = [
        ("aws_kms_key.phi", "enable_key_rotation", json!(false)),
        (records, "deletion_protection", json!(false)),
        ("aws_ebs_volume.export", "encrypted", json!(true)),
        ("aws_cloudwatch_log_group.export", "retention_in_days", json!(400)),
    ];
    let second: Vec<Was> = first.iter().skip(2).cloned().collect();
    let plan = |days_ago, bytes| Snapshot { source: "production", document: "plan.json", days_ago, bytes };
    vec![
        plan(20, earlier(&first)),
        Snapshot { source: "intake", document: "template.yaml", days_ago: 12, bytes: TEMPLATE.as_bytes().to_vec() },
        plan(9, earlier(&second)),
        plan(0, PLAN.as_bytes().to_vec()),
    ]
}

/// The plan with some settings as they were.
fn earlier(settings: &[Was]) -> Vec<u8> {
    let mut plan: Value = serde_json::from_str(PLAN).unwrap_or_default();
    let changes = plan.get_mut("resource_changes").and_then(Value::as_array_mut);
    for change in changes.into_iter().flatten() {
        let address = change.get("address").and_then(Value::as_str).unwrap_or_default().to_owned();
        for (_, setting, value) in settings.iter().filter(|(of, ..)| *of == address) {
            if let Some(slot) = change.pointer_mut("/change/after").and_then(|after| after.get_mut(*setting)) {
                *slot = value.clone();
            }
        }
    }
    serde_json::to_vec_pretty(&plan).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_of_the_plan_is_another_and_the_newest_is_the_shipped_one() {
        let sent = sent();
        let plans: Vec<&Snapshot> = sent.iter().filter(|s| s.document == "plan.json").collect();
        let values: Vec<Value> = plans.iter().map(|s| serde_json::from_slice(&s.bytes).unwrap()).collect();
        let differing = |a: &Value, b: &Value| {
            let (a, b) = (a["resource_changes"].as_array().unwrap(), b["resource_changes"].as_array().unwrap());
            a.iter().zip(b).filter(|(a, b)| a != b).count()
        };
        assert_eq!(differing(&values[0], &values[1]), 2, "two settings were mended in between");
        assert_eq!(differing(&values[1], &values[2]), 2, "two became worse");
        assert_eq!(plans[2].bytes, PLAN.as_bytes());
        assert!(sent.windows(2).all(|pair| pair[0].days_ago >= pair[1].days_ago), "in the order of time");
    }
}
