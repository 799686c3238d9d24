//! The least that the collector must be allowed, from the operations that it calls.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::Model;

/// An IAM policy document that allows exactly the collector's calls.
pub fn iam_policy() -> Result<Value, String> {
    let model = Model::built_in()?;
    let mut by_service: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for action in model.operations().filter_map(|(_, operation)| operation.action.as_deref()) {
        let service = action.split(':').next().unwrap_or(action);
        by_service.entry(service).or_default().push(action);
    }
    let statements: Vec<Value> = by_service
        .into_iter()
        .map(|(service, mut actions)| {
            actions.sort_unstable();
            actions.dedup();
            // A statement's id takes letters and digits alone.
            let sid: String = service.chars().filter(char::is_ascii_alphanumeric).collect();
            json!({ "Sid": format!("Attesta{sid}"), "Effect": "Allow", "Action": actions, "Resource": "*" })
        })
        .collect();
    Ok(json!({ "Version": "2012-10-17", "Statement": statements }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_allowed_and_no_more() {
        let policy = iam_policy().unwrap();
        let actions: Vec<&str> = policy["Statement"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|statement| statement["Action"].as_array().unwrap())
            .map(|action| action.as_str().unwrap())
            .collect();
        assert!(actions.contains(&"s3:GetAccountPublicAccessBlock") && actions.contains(&"ec2:DescribeVolumes"));
        assert!(actions.iter().all(|action| !action.contains('*')));
        let verbs = ["Get", "GET", "List", "Describe", "BatchGet", "GenerateCredentialReport"];
        assert!(actions.iter().all(|a| verbs.iter().any(|verb| a.split(':').nth(1).unwrap().starts_with(verb))));
        // An IAM managed policy may hold 6,144 characters without white space (IAM user guide, "IAM and STS quotas").
        assert!(policy.to_string().len() < 6_144, "{}", policy.to_string().len());
    }
}
