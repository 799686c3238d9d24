//! Keys, secrets, parameters and certificates.

mod certificate;
mod secret;
#[cfg(test)]
mod tests;

use attesta_resource::Kind;

use super::shared::{access, always, authored, is_authored, is_cloudformation, prop};
use crate::{
    draft::{Draft, Joined},
    fact::Fact,
    registry::{Alone, Main, Satellite},
    view::Raw,
};

const fn main(
    kind: Kind,
    types: &'static [&'static str],
    names: &'static [&'static str],
    build: fn(&Raw, &Joined, &mut Draft),
) -> Main {
    Main { types, kind, names, pulls: &[], build }
}

const EXTERNAL: &[&str] = &["aws_kms_external_key", "aws_kms_replica_external_key"];

pub(super) const MAINS: &[Main] = &[
    main(Kind::EncryptionKey, &["aws_kms_key", "aws_kms_replica_key"], &["key_id", "id", "arn"], key),
    main(Kind::EncryptionKey, EXTERNAL, &["key_id", "id", "arn"], key),
    main(Kind::EncryptionKey, &["AWS::KMS::Key", "AWS::KMS::ReplicaKey"], &[], key),
    main(Kind::Secret, &["aws_secretsmanager_secret"], &["name", "id", "arn"], secret::terraform),
    main(Kind::Secret, &["AWS::SecretsManager::Secret"], &["Name", "Id"], secret::cloudformation),
    main(Kind::Parameter, &["aws_ssm_parameter"], &["name", "id", "arn"], secret::parameter),
    main(Kind::Parameter, &["AWS::SSM::Parameter"], &["Name"], secret::parameter),
    main(Kind::Certificate, &["aws_acm_certificate"], &["domain_name", "id", "arn"], certificate::terraform),
    main(Kind::Certificate, &["AWS::CertificateManager::Certificate"], &["DomainName"], certificate::cloudformation),
    main(
        Kind::Certificate,
        &["aws_iam_server_certificate", "AWS::IAM::ServerCertificate"],
        &["name", "ServerCertificateName", "id", "arn"],
        certificate::uploaded,
    ),
];

pub(super) const SATELLITES: &[Satellite] = &[
    Satellite {
        types: &["aws_kms_key_policy"],
        owners: &["aws_kms_key", "aws_kms_replica_key", "aws_kms_external_key", "aws_kms_replica_external_key"],
        links: &["key_id"],
    },
    Satellite { types: &[secret::ROTATION], owners: &["aws_secretsmanager_secret"], links: &["secret_id"] },
    Satellite { types: &[secret::POLICY], owners: &["aws_secretsmanager_secret"], links: &["secret_arn"] },
    Satellite {
        types: &[secret::ROTATION_SCHEDULE, secret::RESOURCE_POLICY],
        owners: &["AWS::SecretsManager::Secret"],
        links: &["SecretId"],
    },
];

/// What lets others in.
pub(super) const ALONE: &[Alone] = &[
    Alone { types: &["aws_kms_key_policy"], owner: "aws_kms_key", links: &["key_id"], what: "the key" },
    Alone { types: &[secret::POLICY], owner: "aws_secretsmanager_secret", links: &["secret_arn"], what: "the secret" },
    Alone {
        types: &[secret::RESOURCE_POLICY],
        owner: "AWS::SecretsManager::Secret",
        links: &["SecretId"],
        what: "the secret",
    },
];

fn key(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let replica = raw.type_name.contains("replica") || &*raw.type_name == "AWS::KMS::ReplicaKey";
    let external = EXTERNAL.contains(&&*raw.type_name);
    let enabled = match &*raw.type_name {
        "aws_kms_key" => raw.at("is_enabled"),
        _ => prop(raw, "enabled", "Enabled"),
    };
    // A key of which the material is still to be imported cannot be used, whatever is said of it.
    draft.put("enabled", authored(enabled.bool()).or_default(true));
    draft.put("usage", usage(raw, replica));

    let rotation = match &*raw.type_name {
        // A replica takes its rotation from the primary key (KMS developer guide, "Multi-Region keys"): it is stated
        // there, and a state repeats it here.
        "aws_kms_replica_key" => authored(raw.at("key_rotation_enabled").bool()),
        "AWS::KMS::ReplicaKey" => Fact::absent(raw.origin()),
        // Imported material is never rotated by KMS.
        _ if external => always(raw, false),
        // Off unless said otherwise (KMS API, EnableKeyRotation).
        _ => authored(prop(raw, "enable_key_rotation", "EnableKeyRotation").bool()).or_default(false),
    };
    draft.put("rotation.enabled", rotation);
    draft.put("rotation.supported", if replica || external { always(raw, false) } else { rotates(raw) });

    // 30 days unless said otherwise (KMS API, ScheduleKeyDeletion).
    let window = prop(raw, "deletion_window_in_days", "PendingWindowInDays");
    draft.put("deletion_window_days", authored(window.int()).or_default(30));
    let regions = if replica {
        always(raw, true)
    } else {
        authored(prop(raw, "multi_region", "MultiRegion").bool()).or_default(false)
    };
    draft.put("multi_region", regions);

    let separate: Vec<_> = joined.of(&["aws_kms_key_policy"]).map(|policy| policy.at("policy")).collect();
    access(raw, draft, if separate.is_empty() { vec![prop(raw, "policy", "KeyPolicy")] } else { separate });
}

/// Keys for encryption unless said otherwise (KMS API, CreateKey). A replica has its primary's.
fn usage(raw: &Raw, replica: bool) -> Fact<String> {
    let stated = authored(prop(raw, "key_usage", "KeyUsage").text());
    let named = stated.map(|usage| match usage.as_str() {
        "ENCRYPT_DECRYPT" => "encrypt".to_owned(),
        "GENERATE_VERIFY_MAC" => "mac".to_owned(),
        "SIGN_VERIFY" => "sign".to_owned(),
        other => other.to_ascii_lowercase(),
    });
    if replica { named } else { named.or_default("encrypt".to_owned()) }
}

/// KMS rotates symmetric keys for encryption whose material it made itself, outside key stores of the customer's own
/// (KMS developer guide, "Rotate AWS KMS keys").
fn rotates(raw: &Raw) -> Fact<bool> {
    let spec = if is_cloudformation(raw) { raw.at("KeySpec") } else { raw.at("customer_master_key_spec") };
    let spec = authored(spec.text()).or_else(|| authored(raw.at("key_spec").text()));
    let symmetric = spec.map(|spec| spec == "SYMMETRIC_DEFAULT").or_default(true);
    let own = authored(prop(raw, "origin", "Origin").text()).map(|origin| origin == "AWS_KMS").or_default(true);
    let store = raw.at("custom_key_store_id");
    let elsewhere = if is_authored(&store) { store.is_set() } else { store.derive(false) };
    symmetric.and(own).and(elsewhere.negate()).derived()
}
