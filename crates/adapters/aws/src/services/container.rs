//! ECR: repositories of images.

use serde_json::{Value, json};

use super::{Place, nothing, placed};
use crate::{
    ask::unknown,
    found::{Found, Type, get, text},
};

const REPOSITORY: Type = Type { name: "AWS::ECR::Repository", canonical: "aws_ecr_repository" };
const POLICY: Type = Type { name: "AWS::ECR::Repository (policy)", canonical: "aws_ecr_repository_policy" };
const LIFECYCLE: Type = Type { name: "AWS::ECR::Repository (lifecycle)", canonical: "aws_ecr_lifecycle_policy" };

pub(crate) async fn registries(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("ecr", "DescribeRepositories", nothing());
    let everything = place.arn("ecr", "repository/*");
    let (listed, repositories) = place.list(&mut found, REPOSITORY, asked, "/repositories", &everything).await;
    let inputs =
        || repositories.iter().map(|repository| json!({ "repositoryName": get(repository, "/repositoryName") }));
    let policies = place.each("ecr", "GetRepositoryPolicy", inputs()).await;
    let rules = place.each("ecr", "GetLifecyclePolicy", inputs()).await;
    for (((pointer, repository), policy), rule) in placed(&repositories, "/repositories").zip(&policies).zip(&rules) {
        let (arn, name) = (text(repository, "/repositoryArn"), get(repository, "/repositoryName"));
        let key = place.keys.name(get(repository, "/encryptionConfiguration/kmsKey"));
        let mut one = Found::new(REPOSITORY, arn, &listed, &pointer)
            .set("name", name.clone())
            .set("arn", json!(arn))
            .set(
                "image_scanning_configuration",
                json!({ "scan_on_push": get(repository, "/imageScanningConfiguration/scanOnPush") }),
            )
            .set("image_tag_mutability", get(repository, "/imageTagMutability"))
            .set("encryption_configuration", json!({ "kms_key": key }));
        if let Some(why) = rule.missing() {
            one = one.attribute("lifecycle.enabled", unknown(why));
        }
        found.push(one);
        let told = policy.at("/policyText");
        if told != Value::Null {
            let id = format!("{arn}?policy");
            found.push(
                Found::new(POLICY, id, policy, "/policyText").set("repository", name.clone()).set("policy", told),
            );
        }
        if rule.missing().is_none() && !rule.at("/lifecyclePolicyText").is_null() {
            let id = format!("{arn}?lifecycle");
            found.push(Found::new(LIFECYCLE, id, rule, "/lifecyclePolicyText").set("repository", name));
        }
    }
    found
}
