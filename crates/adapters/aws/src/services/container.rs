//! Containers: ECR's repositories of images, ECS and EKS.

use serde_json::{Value, json};

use super::{Place, nothing, placed};
use crate::{
    ask::unknown,
    found::{Found, Type, get, items, map, text},
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

const CLUSTER: Type = Type { name: "AWS::ECS::Cluster", canonical: "aws_ecs_cluster" };
const TASK: Type = Type { name: "AWS::ECS::TaskDefinition", canonical: "AWS::ECS::TaskDefinition" };
const KUBERNETES: Type = Type { name: "AWS::EKS::Cluster", canonical: "aws_eks_cluster" };

/// ECS: clusters, and of each family of task definitions the latest.
pub(crate) async fn services(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("ecs", "ListClusters", nothing());
    let (_, arns) = place.list(&mut found, CLUSTER, asked, "/clusterArns", &place.arn("ecs", "cluster/*")).await;
    // The service describes a hundred at once.
    let inputs = arns.chunks(100).map(|some| json!({ "clusters": some, "include": ["SETTINGS"] }));
    for (reply, some) in place.each("ecs", "DescribeClusters", inputs).await.iter().zip(arns.chunks(100)) {
        let (clusters, missing) = reply.list("/clusters");
        for arn in some.iter().filter_map(Value::as_str) {
            let told = clusters.iter().position(|cluster| text(cluster, "/clusterArn") == arn);
            let cluster = told.and_then(|at| Some((at, clusters.get(at)?)));
            found.push(match cluster {
                Some((at, cluster)) => {
                    let settings = get(cluster, "/settings");
                    let settings = if settings.is_null() { json!([]) } else { settings };
                    Found::new(CLUSTER, arn, reply, &format!("/clusters/{at}"))
                        .set("name", get(cluster, "/clusterName"))
                        .set("arn", json!(arn))
                        .set("setting", settings)
                }
                None => {
                    let why = missing.as_deref().unwrap_or("the cluster is listed and not described");
                    Found::unseen(CLUSTER, arn, &reply.call, why)
                }
            });
        }
    }
    let asked = ("ecs", "ListTaskDefinitionFamilies", json!({ "status": "ACTIVE" }));
    let everything = place.arn("ecs", "task-definition/*");
    let (_, families) = place.list(&mut found, TASK, asked, "/families", &everything).await;
    let inputs = families.iter().map(|family| json!({ "taskDefinition": family }));
    for (family, reply) in families.iter().zip(place.each("ecs", "DescribeTaskDefinition", inputs).await) {
        let of = |key: &str| reply.at(&format!("/taskDefinition/{key}"));
        if let Some(why) = reply.missing() {
            let id = place.arn("ecs", &format!("task-definition/{}:*", family.as_str().unwrap_or_default()));
            found.push(Found::unseen(TASK, id, &reply.call, why));
            continue;
        }
        let definition = of("taskDefinitionArn");
        let volumes: Value = items(&reply.at("/taskDefinition"), "/volumes")
            .map(|volume| {
                let mount = map(get(volume, "/efsVolumeConfiguration"), |mount| {
                    json!({ "TransitEncryption": get(mount, "/transitEncryption"), "FilesystemId": get(mount, "/fileSystemId") })
                });
                json!({ "EFSVolumeConfiguration": mount })
            })
            .collect();
        found.push(
            Found::new(TASK, definition.as_str().unwrap_or_default(), &reply, "/taskDefinition")
                .set("Family", family.clone())
                .set("NetworkMode", of("networkMode"))
                .set("TaskRoleArn", of("taskRoleArn"))
                .set("ContainerDefinitions", of("containerDefinitions"))
                .set("Volumes", volumes),
        );
    }
    found
}

/// EKS.
pub(crate) async fn kubernetes(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("eks", "ListClusters", nothing());
    let (listed, names) = place.list(&mut found, KUBERNETES, asked, "/clusters", &place.arn("eks", "cluster/*")).await;
    let replies = place.each("eks", "DescribeCluster", names.iter().map(|name| json!({ "name": name }))).await;
    let addons = place.each("eks", "ListAddons", names.iter().map(|name| json!({ "clusterName": name }))).await;
    for (((pointer, name), reply), addons) in placed(&names, "/clusters").zip(&replies).zip(&addons) {
        // Without the add-on something else may collect them, so that nothing is said.
        let (list, lost) = addons.list("/addons");
        let insights = match lost {
            _ if list.iter().any(|addon| addon.as_str() == Some("amazon-cloudwatch-observability")) => json!(true),
            Some(why) => unknown(&why),
            None => Value::Null,
        };
        let arn = place.arn("eks", &format!("cluster/{}", name.as_str().unwrap_or_default()));
        let network = map(reply.at("/cluster/resourcesVpcConfig"), |told| {
            json!({
                "endpoint_public_access": get(told, "/endpointPublicAccess"),
                "endpoint_private_access": get(told, "/endpointPrivateAccess"),
                "public_access_cidrs": get(told, "/publicAccessCidrs"),
            })
        });
        let encryption = map(reply.at("/cluster/encryptionConfig"), |list| {
            items(list, "")
                .map(|one| {
                    let key = get(one, "/provider/keyArn");
                    json!({ "resources": get(one, "/resources"), "provider": { "key_arn": key } })
                })
                .collect()
        });
        let logs = map(reply.at("/cluster/logging/clusterLogging"), |list| {
            let on = items(list, "").filter(|one| get(one, "/enabled") == json!(true));
            on.flat_map(|one| items(one, "/types")).cloned().collect()
        });
        found.push(
            Found::new(KUBERNETES, &arn, &listed, &pointer)
                .set("name", name.clone())
                .set("arn", json!(arn))
                .told("version", reply, "/cluster/version", reply.at("/cluster/version"))
                .told("vpc_config", reply, "/cluster/resourcesVpcConfig", network)
                .told("encryption_config", reply, "/cluster/encryptionConfig", encryption)
                .told("enabled_cluster_log_types", reply, "/cluster/logging/clusterLogging", logs)
                .set("tags", map(reply.at("/cluster/tags"), Value::clone))
                .attribute("insights.enabled", insights),
        );
    }
    found
}
