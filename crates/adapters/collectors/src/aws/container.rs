//! Containers: image registries, clusters, task definitions.

mod task;

use attesta_resource::{Attribute, Kind, Unknown, Value};

use crate::{
    draft::{Draft, Joined},
    fact::{Fact, State},
    registry::{Alone, Main, Satellite},
    view::{Items, Raw, View},
};

use super::{
    logging::is_stated,
    shared::{self, authored, either, is_authored, prop, some},
};

pub(super) const MAINS: &[Main] = &[
    main(&["aws_ecr_repository"], Kind::ContainerRegistry, &["name", "arn", "id"], registry),
    main(&["AWS::ECR::Repository"], Kind::ContainerRegistry, &["RepositoryName"], registry),
    main(&["aws_ecs_cluster"], Kind::ContainerCluster, &["name", "arn", "id"], ecs_cluster),
    main(&["AWS::ECS::Cluster"], Kind::ContainerCluster, &["ClusterName"], ecs_cluster),
    main(&["aws_eks_cluster"], Kind::ContainerCluster, &["name", "arn", "id"], eks_cluster),
    main(&["AWS::EKS::Cluster"], Kind::ContainerCluster, &["Name"], eks_cluster),
    main(&["aws_ecs_task_definition"], Kind::ContainerTask, &["family", "arn", "id"], task::terraform),
    main(&["AWS::ECS::TaskDefinition"], Kind::ContainerTask, &["Family"], task::cloudformation),
];

const fn main(
    types: &'static [&'static str],
    kind: Kind,
    names: &'static [&'static str],
    build: fn(&Raw, &Joined, &mut Draft),
) -> Main {
    Main { types, kind, names, pulls: &[], build }
}

const LIFECYCLE: &str = "aws_ecr_lifecycle_policy";
const REPOSITORY_POLICY: &str = "aws_ecr_repository_policy";
const ADDONS: &[&str] = &["aws_eks_addon", "AWS::EKS::Addon"];

pub(super) const SATELLITES: &[Satellite] = &[
    Satellite { types: &[LIFECYCLE, REPOSITORY_POLICY], owners: &["aws_ecr_repository"], links: &["repository"] },
    Satellite { types: &["aws_eks_addon"], owners: &["aws_eks_cluster"], links: &["cluster_name"] },
    Satellite { types: &["AWS::EKS::Addon"], owners: &["AWS::EKS::Cluster"], links: &["ClusterName"] },
];

/// What lets others in.
pub(super) const ALONE: &[Alone] = &[Alone {
    types: &[REPOSITORY_POLICY],
    owner: "aws_ecr_repository",
    links: &["repository"],
    what: "the repository",
}];

fn registry(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    // Not scanned and mutable unless stated (API reference, CreateRepository).
    let scanning = prop(raw, "image_scanning_configuration", "ImageScanningConfiguration");
    draft.put("scan_on_push", either(&scanning, "scan_on_push", "ScanOnPush").bool().or_default(false));
    let tags = prop(raw, "image_tag_mutability", "ImageTagMutability").text();
    // `IMMUTABLE_WITH_EXCLUSION` leaves some tags mutable.
    draft.put("immutable_tags", tags.map(|t| t == "IMMUTABLE").or_default(false));
    let encryption = if shared::is_cloudformation(raw) {
        raw.at("EncryptionConfiguration")
    } else {
        either(&raw.root(), "encryption_configuration", "encryption_configurations")
    };
    let key = either(&encryption, "kms_key", "KmsKey");
    draft.put("encryption_at_rest.key", authored(key.text()));
    draft.put("encryption_at_rest.customer_managed_key", shared::names_customer_key(authored(key.text())));
    let lifecycle = match joined.first(&[LIFECYCLE]) {
        Some(policy) => policy.derive(true),
        None => is_stated(&raw.at("LifecyclePolicy").at("LifecyclePolicyText")),
    };
    draft.put("lifecycle.enabled", lifecycle);
    let beside = joined.of(&[REPOSITORY_POLICY]).map(|policy| policy.at("policy"));
    let inside = shared::is_cloudformation(raw).then(|| raw.at("RepositoryPolicyText"));
    shared::access(raw, draft, inside.into_iter().chain(beside));
}

fn ecs_cluster(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("orchestrator", raw.derive("ecs"));
    let settings = if shared::is_cloudformation(raw) {
        raw.at("ClusterSettings")
    } else {
        either(&raw.root(), "setting", "settings")
    };
    // "disabled" unless set here or for the whole account (ECS developer guide, "Container Insights").
    let insights = if is_authored(&settings) {
        some(&settings, |setting| {
            let named = either(setting, "name", "Name").text().map(|name| name == "containerInsights");
            named.and(either(setting, "value", "Value").text().map(|value| value != "disabled"))
        })
    } else {
        Fact::absent(settings.origin()).or_default(false)
    };
    draft.put("insights.enabled", insights);
}

fn eks_cluster(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    draft.put("orchestrator", raw.derive("kubernetes"));
    draft.put("version", authored(prop(raw, "version", "Version").text()));
    // Public, not private, and open to all addresses unless stated (API reference, VpcConfigRequest).
    let network = prop(raw, "vpc_config", "ResourcesVpcConfig");
    let flag = |terraform, cloudformation| authored(either(&network, terraform, cloudformation).bool());
    let public = flag("endpoint_public_access", "EndpointPublicAccess").or_default(true);
    draft.put("endpoint.private", flag("endpoint_private_access", "EndpointPrivateAccess").or_default(false));
    let blocks = either(&network, "public_access_cidrs", "PublicAccessCidrs");
    let cidrs = authored(blocks.texts());
    if public.value() != Some(&false) {
        let everyone = Attribute { value: Value::Text("0.0.0.0/0".into()), origin: blocks.origin() };
        draft.put(
            "endpoint.public_cidrs",
            cidrs.filter_map(|c| (!c.is_empty()).then_some(c)).or_default(vec![everyone]),
        );
    }
    draft.put("endpoint.public", public);
    secrets_encryption(raw, draft);
    draft.put("logging.types", log_types(raw));
    let observed = joined.of(ADDONS).fold(Fact::absent(raw.origin()), |found: Fact<bool>, addon| {
        let name = prop(addon, "addon_name", "AddonName").text();
        found.or(name.map(|name| name == "amazon-cloudwatch-observability"))
    });
    // Without the add-on something else may collect them, so that nothing is said.
    if observed.value() != Some(&false) {
        draft.put("insights.enabled", observed);
    }
}

fn secrets_encryption(raw: &Raw, draft: &mut Draft) {
    let configs = prop(raw, "encryption_config", "EncryptionConfig");
    let enabled = if is_authored(&configs) {
        some(&configs, |config| {
            let resources = either(config, "resources", "Resources");
            let secrets = some(&resources, |resource| resource.text().map(|r| r == "secrets"));
            let provider = either(config, "provider", "Provider");
            // The block requires a key.
            secrets.and(
                provider.derive(is_authored(&either(&provider, "key_arn", "KeyArn")) || provider.unknown().is_some()),
            )
        })
    } else {
        configs.derive(false)
    };
    draft.put("secrets_encryption.enabled", enabled);
}

/// No control-plane log is kept unless its type is named (EKS user guide, "Send control plane logs to CloudWatch Logs").
fn log_types(raw: &Raw) -> Fact<Vec<Attribute>> {
    let list = if shared::is_cloudformation(raw) {
        raw.at("Logging").at("ClusterLogging").at("EnabledTypes")
    } else {
        raw.at("enabled_cluster_log_types")
    };
    let state = match list.items() {
        Items::Unknown(_) if !is_authored(&list) => State::Known(Vec::new()),
        Items::Unknown(why) => State::Unknown(why),
        Items::Known(items) => State::Known(
            items
                .iter()
                .filter_map(|item| {
                    let name = if shared::is_cloudformation(raw) { item.at("Type").text() } else { item.text() };
                    name.into_attribute()
                })
                .collect(),
        ),
    };
    Fact { state, origin: list.origin() }
}

/// A tree parsed from JSON text that stands at `view`, as the resource that it stands in.
fn parsed(view: &View<'_>, text: &str) -> Result<Raw, Unknown> {
    let what = || Unknown::Unresolved { what: "text that is not JSON".into() };
    let node = serde_json::from_str(text).map_err(|_| what())?;
    Ok(Raw { address: "".into(), type_name: "".into(), source: view.origin().source, node })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::testing::{check, one};

    #[test]
    fn registries() {
        let bare = [
            ("scan_on_push", "false"),
            ("immutable_tags", "false"),
            ("encryption_at_rest.customer_managed_key", "false"),
            ("encryption_at_rest.key", "absent"),
            ("lifecycle.enabled", "false"),
            ("policy.statements", "absent"),
        ];
        check(&one(&[("r", "aws_ecr_repository", json!({"name": "app"}))]), &bare);
        check(&one(&[("R", "AWS::ECR::Repository", json!({}))]), &bare);
        let full = one(&[
            (
                "aws_ecr_repository.r",
                "aws_ecr_repository",
                json!({
                    "name": "app", "image_tag_mutability": "IMMUTABLE", "image_scanning_configuration": [{"scan_on_push": true}],
                    "encryption_configuration": [{"encryption_type": "KMS", "kms_key": {"$late": ["aws_kms_key.k"]}}],
                }),
            ),
            ("l", "aws_ecr_lifecycle_policy", json!({"repository": "app", "policy": "{}"})),
        ]);
        check(
            &full,
            &[
                ("scan_on_push", "true"),
                ("immutable_tags", "true"),
                ("encryption_at_rest.customer_managed_key", "unknown"),
                ("lifecycle.enabled", "true"),
            ],
        );
        let template = json!({
            "ImageTagMutability": "IMMUTABLE_WITH_EXCLUSION", "ImageScanningConfiguration": {"ScanOnPush": {"$unknown": "P"}},
            "EncryptionConfiguration": {"EncryptionType": "KMS", "KmsKey": {"$ref": "Key"}},
            "LifecyclePolicy": {"LifecyclePolicyText": "{}"},
        });
        check(
            &one(&[("R", "AWS::ECR::Repository", template)]),
            &[
                ("scan_on_push", "unknown"),
                ("immutable_tags", "false"),
                ("encryption_at_rest.customer_managed_key", "true"),
                ("lifecycle.enabled", "true"),
            ],
        );
    }

    #[test]
    fn clusters_of_tasks() {
        let setting = |value: Json| json!({"setting": [{"name": "containerInsights", "value": value}]});
        for (type_name, properties, want) in [
            ("aws_ecs_cluster", json!({"setting": {"$late": []}}), "false"),
            ("aws_ecs_cluster", setting(json!("enabled")), "true"),
            ("aws_ecs_cluster", setting(json!("enhanced")), "true"),
            ("aws_ecs_cluster", setting(json!("disabled")), "false"),
            (
                "AWS::ECS::Cluster",
                json!({"ClusterSettings": [{"Name": "containerInsights", "Value": {"$unknown": "P"}}]}),
                "unknown",
            ),
        ] {
            check(&one(&[("c", type_name, properties)]), &[("orchestrator", "\"ecs\""), ("insights.enabled", want)]);
        }
    }

    #[test]
    fn kubernetes_clusters() {
        let bare = [
            ("orchestrator", "\"kubernetes\""),
            ("endpoint.public", "true"),
            ("endpoint.private", "false"),
            ("endpoint.public_cidrs", "[\"0.0.0.0/0\"]"),
            ("secrets_encryption.enabled", "false"),
            ("logging.types", "[]"),
            ("insights.enabled", "absent"),
        ];
        let plan = json!({"name": "k", "vpc_config": [{"subnet_ids": ["a"], "public_access_cidrs": {"$late": []}}], "version": {"$late": []}});
        check(&one(&[("k", "aws_eks_cluster", plan)]), &bare);
        check(&one(&[("K", "AWS::EKS::Cluster", json!({"ResourcesVpcConfig": {"SubnetIds": ["a"]}}))]), &bare);
        let full = one(&[
            (
                "aws_eks_cluster.k",
                "aws_eks_cluster",
                json!({
                    "version": "1.33", "enabled_cluster_log_types": ["api", "audit"],
                    "vpc_config": [{"endpoint_public_access": false, "endpoint_private_access": true}],
                    "encryption_config": [{"resources": ["secrets"], "provider": [{"key_arn": {"$late": ["aws_kms_key.k"]}}]}],
                }),
            ),
            (
                "a",
                "aws_eks_addon",
                json!({"cluster_name": {"$late": ["aws_eks_cluster.k"]}, "addon_name": "amazon-cloudwatch-observability"}),
            ),
        ]);
        check(
            &full,
            &[
                ("version", "\"1.33\""),
                ("endpoint.public", "false"),
                ("endpoint.private", "true"),
                ("endpoint.public_cidrs", "absent"),
                ("secrets_encryption.enabled", "true"),
                ("logging.types", "[\"api\", \"audit\"]"),
                ("insights.enabled", "true"),
            ],
        );
        let template = json!({
            "ResourcesVpcConfig": {"PublicAccessCidrs": ["10.0.0.0/8"]},
            "Logging": {"ClusterLogging": {"EnabledTypes": [{"Type": "audit"}]}},
            "EncryptionConfig": {"$unknown": "P"},
        });
        check(
            &one(&[("K", "AWS::EKS::Cluster", template)]),
            &[
                ("endpoint.public_cidrs", "[\"10.0.0.0/8\"]"),
                ("logging.types", "[\"audit\"]"),
                ("secrets_encryption.enabled", "unknown"),
            ],
        );
    }
}
