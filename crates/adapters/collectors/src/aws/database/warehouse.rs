//! Redshift: clusters, and namespaces of its serverless kind with their work groups.

use attesta_resource::Unknown;

use super::{
    super::shared::{always, authored, either, encryption, is_authored, is_cloudformation, prop, some, unresolved},
    backups_only, credentials, final_snapshot,
    parameters::Group,
};
use crate::{
    draft::{Draft, Joined},
    fact::{Fact, State},
    view::{Items, Raw},
};

pub(super) const LOGGING: &str = "aws_redshift_logging";

/// Redshift management guide, "Behavior changes": new clusters are encrypted, private and refuse plain connections by
/// default since 2025-01-10; older ones stay as they are.
const SINCE_2025: &str = "not set: Redshift's default changed for clusters made since 2025-01-10";

pub(super) fn cluster(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    common(raw, draft);
    draft.put("engine_version", authored(prop(raw, "cluster_version", "ClusterVersion").text()));
    let encrypted = prop(raw, "encrypted", "Encrypted");
    let enabled = authored(encrypted.bool()).or_else(|| unresolved(&encrypted, SINCE_2025));
    encryption(draft, enabled, authored(prop(raw, "kms_key_id", "KmsKeyId").text()));
    let public = prop(raw, "publicly_accessible", "PubliclyAccessible");
    draft.put("public_access", authored(public.bool()).or_else(|| unresolved(&public, SINCE_2025)));
    let link = prop(raw, "cluster_parameter_group_name", "ClusterParameterGroupName");
    let named = authored(link.text());
    let group =
        Group::find(joined, &["aws_redshift_parameter_group", "AWS::Redshift::ClusterParameterGroup"], link.clone());
    let required =
        group.turns_on("require_ssl").or_else(|| match (group.version(), named.value().map(String::as_str)) {
            (Some((2, _)), _) | (_, Some("default.redshift-2.0")) => Fact::absent(link.origin()).or_default(true),
            (Some((1, _)), _) | (_, Some("default.redshift-1.0")) => Fact::absent(link.origin()).or_default(false),
            _ => unresolved(&link, SINCE_2025),
        });
    draft.put("encryption_in_transit.required", required);

    // CreateCluster: one day by default.
    let days = prop(raw, "automated_snapshot_retention_period", "AutomatedSnapshotRetentionPeriod");
    backups_only(draft, authored(days.int()).or_default(1));
    final_snapshot(raw, draft);
    draft.put("multi_zone", authored(prop(raw, "multi_az", "MultiAZ").bool()).or_default(false));
    draft.put(
        "auto_minor_upgrade",
        authored(prop(raw, "allow_version_upgrade", "AllowVersionUpgrade").bool()).or_default(true),
    );
    draft.put(
        "enhanced_network_routing",
        authored(prop(raw, "enhanced_vpc_routing", "EnhancedVpcRouting").bool()).or_default(false),
    );
    draft.put("firewalls", authored(prop(raw, "vpc_security_group_ids", "VpcSecurityGroupIds").texts()));
    credentials(
        raw,
        draft,
        &prop(raw, "master_password", "MasterUserPassword"),
        &prop(raw, "manage_master_password", "ManageMasterPassword"),
    );
    logging(raw, joined, draft);
}

fn logging(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let (enabled, exports) = match joined.first(&[LOGGING]) {
        Some(satellite) => (satellite.derive(true), satellite.at("log_exports").texts()),
        None if is_cloudformation(raw) => {
            let block = raw.at("LoggingProperties");
            (block.is_set(), block.at("LogExports").texts())
        }
        None => {
            let block = raw.at("logging");
            (authored(block.at("enable").bool()).or_default(false), authored(block.at("log_exports").texts()))
        }
    };
    // Audit logging always holds connections ("Database audit logging").
    draft.put("logging.audit", enabled.derived());
    draft.put("logging.exports", exports.or_default(Vec::new()));
}

pub(super) fn serverless(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    common(raw, draft);
    // Always encrypted, with a key of AWS's own unless one is named ("Security considerations for Redshift Serverless").
    encryption(draft, always(raw, true), authored(prop(raw, "kms_key_id", "KmsKeyId").text()));
    // Recovery points are made every half hour and kept for a day ("Snapshots and recovery points").
    backups_only(draft, always(raw, 1));
    let exports = authored(prop(raw, "log_exports", "LogExports").texts()).or_default(Vec::new());
    let list = prop(raw, "log_exports", "LogExports");
    let audited = some(&list, |item| item.text().map(|kind| kind == "connectionlog" || kind == "useractivitylog"));
    draft.put("logging.audit", if is_authored(&list) { audited } else { list.derive(false) });
    draft.put("logging.exports", exports);
    credentials(
        raw,
        draft,
        &prop(raw, "admin_user_password", "AdminUserPassword"),
        &prop(raw, "manage_admin_password", "ManageAdminPassword"),
    );
    // How a namespace is reached stands in its work group.
    let Some(group) = joined.first(&["aws_redshiftserverless_workgroup", "AWS::RedshiftServerless::Workgroup"]) else {
        return;
    };
    draft.put(
        "public_access",
        authored(prop(group, "publicly_accessible", "PubliclyAccessible").bool()).or_default(false),
    );
    draft.put(
        "enhanced_network_routing",
        authored(prop(group, "enhanced_vpc_routing", "EnhancedVpcRouting").bool()).or_default(false),
    );
    draft.put("firewalls", authored(prop(group, "security_group_ids", "SecurityGroupIds").texts()));
    draft.put("encryption_in_transit.required", requires_ssl(group));
}

fn requires_ssl(group: &Raw) -> Fact<bool> {
    let list = either(
        &group.root(),
        if is_cloudformation(group) { "ConfigParameters" } else { "config_parameter" },
        "config_parameters",
    );
    let found = match list.items() {
        Items::Known(items) => items.into_iter().find(|item| {
            let key = either(item, "parameter_key", "ParameterKey");
            key.text().value().is_some_and(|key| key == "require_ssl")
        }),
        Items::Unknown(why) => return Fact { state: State::Unknown(why), origin: list.origin() },
    };
    match found {
        Some(item) => either(&item, "parameter_value", "ParameterValue").bool(),
        None => Fact { state: State::Unknown(Unknown::Unresolved { what: SINCE_2025.into() }), origin: list.origin() },
    }
}

fn common(raw: &Raw, draft: &mut Draft) {
    draft.put("role", raw.by_type("warehouse"));
    draft.put("engine", raw.by_type("redshift"));
}
