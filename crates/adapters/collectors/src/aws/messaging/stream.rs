//! Streams: Kinesis, Firehose and Kafka.

use super::shared::{access, always, authored, encryption, is_cloudformation, prop};
use crate::{
    draft::{Draft, Joined},
    fact::Fact,
    view::Raw,
};

pub(super) fn kinesis(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let (kind, key) = if is_cloudformation(raw) {
        let block = raw.at("StreamEncryption");
        (block.at("EncryptionType"), block.at("KeyId"))
    } else {
        (raw.at("encryption_type"), raw.at("kms_key_id"))
    };
    // Not encrypted unless started (Kinesis developer guide, "How do I get started with server-side encryption").
    let enabled = authored(kind.text()).map(|kind| kind.eq_ignore_ascii_case("KMS")).or_default(false);
    encryption(draft, enabled, authored(key.text()));
    let hours = prop(raw, "retention_period", "RetentionPeriodHours");
    draft.put("retention_hours", authored(hours.int()).or_default(24));
    access(raw, draft, joined.of(&["aws_kinesis_resource_policy"]).map(|policy| policy.at("policy")));
}

pub(super) fn firehose(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    let source = prop(raw, "kinesis_source_configuration", "KinesisStreamSourceConfiguration");
    if source.is_set().value() == Some(&true) {
        // Records are kept by the stream that it reads from, and encrypted as that is; Firehose then takes no setting
        // (Firehose developer guide, "Data protection").
        return;
    }
    let (enabled, kind, key) = if is_cloudformation(raw) {
        let block = raw.at("DeliveryStreamEncryptionConfigurationInput");
        (block.is_set(), block.at("KeyType"), block.at("KeyARN"))
    } else {
        let block = raw.at("server_side_encryption");
        (authored(block.at("enabled").bool()).or_default(false), block.at("key_type"), block.at("key_arn"))
    };
    let key = match kind.text().value().map(String::as_str) {
        Some("AWS_OWNED_CMK") => Fact::absent(key.origin()),
        _ => key.text(),
    };
    encryption(draft, enabled, key);
}

/// Kafka clusters are always encrypted at rest (MSK developer guide, "Amazon MSK encryption").
pub(super) fn kafka(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    let key = if is_cloudformation(raw) {
        raw.at("EncryptionInfo").at("EncryptionAtRest").at("DataVolumeKMSKeyId")
    } else {
        raw.at("encryption_info").at("encryption_at_rest_kms_key_arn")
    };
    encryption(draft, always(raw, true), authored(key.text()));
}
