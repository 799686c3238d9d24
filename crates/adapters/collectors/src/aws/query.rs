//! Query services: Athena's work groups and databases; AppFlow's flows and connections, which carry stored data between
//! services and say as little of it.

#[cfg(test)]
mod tests;

use attesta_resource::Kind;

use super::shared::{always, authored, below, names_customer_key, prop};
use crate::{
    draft::{Draft, Joined},
    registry::{Main, Satellite},
    view::{Raw, View},
};

const fn main(
    types: &'static [&'static str],
    names: &'static [&'static str],
    build: fn(&Raw, &Joined, &mut Draft),
) -> Main {
    Main { types, kind: Kind::QueryService, names, pulls: &[], build }
}

pub(super) const MAINS: &[Main] = &[
    main(&["aws_athena_workgroup"], &["name", "id", "arn"], workgroup),
    main(&["AWS::Athena::WorkGroup"], &["Name"], workgroup),
    main(&["aws_athena_database"], &["name", "id"], database),
    main(&["aws_appflow_flow"], &["name", "id", "arn"], flow),
    main(&["AWS::AppFlow::Flow"], &["FlowName"], flow),
    main(&["aws_appflow_connector_profile"], &["name", "id", "arn"], connection),
    main(&["AWS::AppFlow::ConnectorProfile"], &["ConnectorProfileName"], connection),
];

pub(super) const SATELLITES: &[Satellite] = &[];

fn workgroup(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("part", raw.derive("workgroup"));
    let settings = prop(raw, "configuration", "WorkGroupConfiguration");
    // Enforced unless said otherwise (Athena API, WorkGroupConfiguration).
    let enforced = below(raw, &settings, "enforce_workgroup_configuration", "EnforceWorkGroupConfiguration");
    draft.put("settings_enforced", authored(enforced.bool()).or_default(true));
    let managed = below(raw, &settings, "managed_query_results_configuration", "ManagedQueryResultsConfiguration");
    let by_athena = authored(below(raw, &managed, "enabled", "Enabled").bool());
    if by_athena.value() == Some(&true) {
        // Results that Athena keeps are always encrypted (Athena user guide, "Managed query results").
        let key = below(
            raw,
            &below(raw, &managed, "encryption_configuration", "EncryptionConfiguration"),
            "kms_key",
            "KmsKey",
        );
        draft.put("results.encrypted", by_athena.derived());
        draft.put("results.customer_managed_key", names_customer_key(key.text()));
        return;
    }
    let results = below(raw, &settings, "result_configuration", "ResultConfiguration");
    let encryption = below(raw, &results, "encryption_configuration", "EncryptionConfiguration");
    let option = below(raw, &encryption, "encryption_option", "EncryptionOption");
    results_of(draft, &option, &below(raw, &encryption, "kms_key_arn", "KmsKey"));
}

fn database(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("part", raw.derive("database"));
    let block = raw.at("encryption_configuration");
    results_of(draft, &block.at("encryption_option"), &block.at("kms_key"));
}

/// Athena encrypts results only where it is told to (Athena user guide, "Encrypt query results stored in Amazon S3");
/// that the bucket may do it is said of the bucket.
fn results_of(draft: &mut Draft, option: &View<'_>, key: &View<'_>) {
    let kind = authored(option.text());
    draft.put("results.encrypted", kind.clone().map(|_| true).or_default(false).derived());
    let with_key = kind.map(|kind| kind.ends_with("_KMS")).or_default(false);
    draft.put("results.customer_managed_key", names_customer_key(key.text()).and(with_key));
}

/// AppFlow encrypts what it holds, with a key that AWS manages unless one is named (AppFlow user guide, "Data
/// protection").
fn flow(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("part", raw.derive("flow"));
    held(raw, draft, &prop(raw, "kms_arn", "KMSArn"));
}

fn connection(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("part", raw.derive("connection"));
    held(raw, draft, &prop(raw, "kms_arn", "KMSArn"));
}

fn held(raw: &Raw, draft: &mut Draft, key: &View<'_>) {
    draft.put("results.encrypted", always(raw, true));
    draft.put("results.customer_managed_key", names_customer_key(authored(key.text())));
}
