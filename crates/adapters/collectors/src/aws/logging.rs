//! Records of what happened: audit trails, log stores, configuration recorders.

use attesta_resource::Kind;

use crate::{
    draft::{Draft, Joined},
    fact::Fact,
    registry::{Main, Satellite},
    view::{Raw, View},
};

use super::shared::{self, authored, either, is_authored, some};

pub(super) const MAINS: &[Main] = &[
    Main {
        types: &["aws_cloudtrail"],
        kind: Kind::AuditTrail,
        names: &["name", "arn", "id"],
        pulls: &[],
        build: terraform_trail,
    },
    Main {
        types: &["AWS::CloudTrail::Trail"],
        kind: Kind::AuditTrail,
        names: &["TrailName"],
        pulls: &[],
        build: cloudformation_trail,
    },
    Main {
        types: &["aws_cloudwatch_log_group"],
        kind: Kind::LogStore,
        names: &["name", "arn", "id"],
        pulls: &[],
        build: terraform_log_group,
    },
    Main {
        types: &["AWS::Logs::LogGroup"],
        kind: Kind::LogStore,
        names: &["LogGroupName"],
        pulls: &[],
        build: cloudformation_log_group,
    },
    Main {
        types: &["aws_config_configuration_recorder"],
        kind: Kind::ConfigRecorder,
        names: &["name", "id"],
        pulls: &[],
        build: terraform_recorder,
    },
    Main {
        types: &["AWS::Config::ConfigurationRecorder"],
        kind: Kind::ConfigRecorder,
        names: &["Name"],
        pulls: &[],
        build: cloudformation_recorder,
    },
];

/// A delivery channel names no recorder; as a region has one of each, authors give both one name or none.
pub(super) const SATELLITES: &[Satellite] = &[
    Satellite {
        types: &["aws_config_configuration_recorder_status", "aws_config_delivery_channel"],
        owners: &["aws_config_configuration_recorder"],
        links: &["name"],
    },
    Satellite {
        types: &["AWS::Config::DeliveryChannel"],
        owners: &["AWS::Config::ConfigurationRecorder"],
        links: &["Name"],
    },
];

/// Whether something is named here; what a plan leaves open is nothing.
pub(super) fn is_stated(view: &View<'_>) -> Fact<bool> {
    if is_authored(view) { view.is_set() } else { view.derive(false) }
}

/// The same for what its block requires: a value that is still to be made by another resource is one.
pub(super) fn is_required_and_stated(view: &View<'_>) -> Fact<bool> {
    if view.late().is_some_and(|from| !from.is_empty()) { view.derive(true) } else { is_stated(view) }
}

fn terraform_trail(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    // Defaults as documented for Terraform's `aws_cloudtrail`, which are those of the API's CreateTrail.
    draft.put("enabled", raw.at("enable_logging").bool().or_default(true));
    draft.put("multi_region", raw.at("is_multi_region_trail").bool().or_default(false));
    draft.put("organization", raw.at("is_organization_trail").bool().or_default(false));
    draft.put("global_events", raw.at("include_global_service_events").bool().or_default(true));
    draft.put("integrity_validation", raw.at("enable_log_file_validation").bool().or_default(false));
    trail_key(draft, &raw.at("kms_key_id"));
    draft.put("log_store.connected", is_stated(&raw.at("cloud_watch_logs_group_arn")));
    draft.put("target", raw.at("s3_bucket_name").text());
    data_events(
        draft,
        &either(&raw.root(), "event_selector", "event_selectors"),
        &either(&raw.root(), "advanced_event_selector", "advanced_event_selectors"),
        &TERRAFORM,
    );
}

fn cloudformation_trail(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("enabled", raw.at("IsLogging").bool());
    draft.put("multi_region", raw.at("IsMultiRegionTrail").bool().or_default(false));
    draft.put("organization", raw.at("IsOrganizationTrail").bool().or_default(false));
    draft.put("global_events", raw.at("IncludeGlobalServiceEvents").bool().or_default(true));
    draft.put("integrity_validation", raw.at("EnableLogFileValidation").bool().or_default(false));
    trail_key(draft, &raw.at("KMSKeyId"));
    draft.put("log_store.connected", is_stated(&raw.at("CloudWatchLogsLogGroupArn")));
    draft.put("target", raw.at("S3BucketName").text());
    data_events(draft, &raw.at("EventSelectors"), &raw.at("AdvancedEventSelectors"), &CLOUDFORMATION);
}

fn trail_key(draft: &mut Draft, key: &View<'_>) {
    shared::customer_key(draft, "encryption_at_rest.key", "encryption_at_rest.customer_managed_key", key);
}

/// How a dialect writes event selectors; of pairs, Pulumi writes the second.
struct Selectors {
    resources: (&'static str, &'static str),
    resource_type: &'static str,
    read_write: &'static str,
    fields: (&'static str, &'static str),
    field: &'static str,
    equals: &'static str,
}

const TERRAFORM: Selectors = Selectors {
    resources: ("data_resource", "data_resources"),
    resource_type: "type",
    read_write: "read_write_type",
    fields: ("field_selector", "field_selectors"),
    field: "field",
    equals: "equals",
};

const CLOUDFORMATION: Selectors = Selectors {
    resources: ("DataResources", "DataResources"),
    resource_type: "Type",
    read_write: "ReadWriteType",
    fields: ("FieldSelectors", "FieldSelectors"),
    field: "Field",
    equals: "Equals",
};

const OBJECTS: &str = "AWS::S3::Object";

/// Trails record management events only, unless a selector says otherwise (CloudTrail user guide, "Logging data
/// events"). A selector of only reads or only writes is not both.
fn data_events(draft: &mut Draft, plain: &View<'_>, advanced: &View<'_>, words: &Selectors) {
    let by_plain = some(plain, |selector| {
        let both = selector.at(words.read_write).text().map(|t| t.eq_ignore_ascii_case("All")).or_default(true);
        let resources = either(selector, words.resources.0, words.resources.1);
        both.and(some(&resources, |r| r.at(words.resource_type).text().map(|t| t == OBJECTS)))
    });
    let by_advanced = some(advanced, |selector| {
        let fields = either(selector, words.fields.0, words.fields.1);
        let names = |wanted: &'static str| some(&fields, move |f| f.at(words.field).text().map(|t| t == wanted));
        let objects = some(&fields, |f| {
            let about_type = f.at(words.field).text().map(|t| t == "resources.type");
            about_type.and(some(&f.at(words.equals), |value| value.text().map(|t| t == OBJECTS)))
        });
        objects.and(names("readOnly").negate())
    });
    draft.put("data_events", by_plain.or(by_advanced).derived());
}

fn terraform_log_group(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    log_group(draft, raw.at("retention_in_days").int(), &raw.at("kms_key_id"));
}

fn cloudformation_log_group(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    log_group(draft, raw.at("RetentionInDays").int(), &raw.at("KmsKeyId"));
}

/// "By default, log data is stored in CloudWatch Logs indefinitely" (CloudWatch Logs user guide, "Working with log
/// groups"); and it is encrypted with a key of the service's unless one is named.
fn log_group(draft: &mut Draft, retention: Fact<i64>, key: &View<'_>) {
    draft.put("retention_days", retention.or_default(0));
    shared::customer_key(draft, "encryption_at_rest.key", "encryption_at_rest.customer_managed_key", key);
}

fn terraform_recorder(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let group = raw.at("recording_group");
    recording(draft, &group, group.at("all_supported").bool(), &group.at("resource_types"));
    draft.put("global_types", authored(group.at("include_global_resource_types").bool()).or_default(false));
    // A recorder stands still until it is started, which Terraform writes as a resource of its own.
    let enabled = match joined.first(&["aws_config_configuration_recorder_status"]) {
        Some(status) => status.at("is_enabled").bool(),
        None => raw.derive(false),
    };
    delivery(raw, joined.first(&["aws_config_delivery_channel"]), &enabled, draft);
    draft.put("enabled", enabled);
}

fn cloudformation_recorder(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let group = raw.at("RecordingGroup");
    recording(draft, &group, group.at("AllSupported").bool(), &group.at("ResourceTypes"));
    draft.put("global_types", group.at("IncludeGlobalResourceTypes").bool().or_default(false));
    // "CloudFormation starts the recorder as soon as the delivery channel is available" (AWS::Config::DeliveryChannel).
    let channel = joined.first(&["AWS::Config::DeliveryChannel"]);
    let enabled = match channel {
        Some(channel) => channel.derive(true),
        None => shared::unresolved(&raw.root(), "whether a delivery channel starts the recorder"),
    };
    delivery(raw, channel, &enabled, draft);
    draft.put("enabled", enabled);
}

/// All supported types are recorded unless single ones are named or excepted (API reference, RecordingGroup).
fn recording(draft: &mut Draft, group: &View<'_>, all: Fact<bool>, types: &View<'_>) {
    let terraform = either(group, "recording_strategy", "recording_strategies").at("use_only");
    let strategy = if terraform.is_absent() { group.at("RecordingStrategy").at("UseOnly") } else { terraform };
    let chosen = is_stated(types).or(authored(strategy.text()).map(|s| s != "ALL_SUPPORTED_RESOURCE_TYPES"));
    let all = authored(all).or_else(|| chosen.negate());
    draft.put("all_types", if is_authored(group) { all } else { Fact::absent(group.origin()).or_default(true) });
}

/// A recorder that runs has a delivery channel: without one it cannot be started (API reference,
/// StartConfigurationRecorder, NoAvailableDeliveryChannelException).
fn delivery(raw: &Raw, channel: Option<&Raw>, enabled: &Fact<bool>, draft: &mut Draft) {
    let connected = match channel {
        Some(channel) => channel.derive(true),
        None if enabled.value() == Some(&true) => enabled.clone().derived(),
        None => shared::unresolved(&raw.root(), "delivery channels name no recorder"),
    };
    draft.put("delivery.connected", connected);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::testing::{check, normalise, one};

    #[test]
    fn trails() {
        let plan = json!({
            "name": "t", "s3_bucket_name": "logs", "is_multi_region_trail": true, "kms_key_id": {"$late": ["aws_kms_key.k"]},
            "cloud_watch_logs_group_arn": "arn:l",
        });
        check(
            &one(&[("t", "aws_cloudtrail", plan)]),
            &[
                ("enabled", "true"),
                ("multi_region", "true"),
                ("organization", "false"),
                ("global_events", "true"),
                ("integrity_validation", "false"),
                ("encryption_at_rest.customer_managed_key", "unknown"),
                ("encryption_at_rest.key", "unknown"),
                ("log_store.connected", "true"),
                ("data_events", "false"),
                ("target", "\"logs\""),
            ],
        );
        let template = json!({
            "IsLogging": "false", "S3BucketName": {"$ref": "Logs"}, "EnableLogFileValidation": true, "KMSKeyId": {"$ref": "Key"},
        });
        check(
            &one(&[("Trail", "AWS::CloudTrail::Trail", template)]),
            &[
                ("enabled", "false"),
                ("multi_region", "false"),
                ("integrity_validation", "true"),
                ("encryption_at_rest.customer_managed_key", "true"),
                ("log_store.connected", "false"),
                ("target", "\"Logs\""),
            ],
        );
    }

    #[test]
    fn events_of_objects() {
        let advanced = |extra: Json| {
            json!([{"field_selector": [
                {"field": "eventCategory", "equals": ["Data"]}, {"field": "resources.type", "equals": ["AWS::S3::Object"]}, extra,
            ]}])
        };
        for (properties, want) in [
            (
                json!({"event_selector": [{"data_resource": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}]}]}),
                "true",
            ),
            (
                json!({"event_selectors": [{"read_write_type": "WriteOnly", "data_resources": [{"type": "AWS::S3::Object"}]}]}),
                "false",
            ),
            (json!({"event_selector": [{"data_resource": [{"type": "AWS::Lambda::Function"}]}]}), "false"),
            (json!({"event_selector": {"$unknown": ""}}), "unknown"),
            (
                json!({"event_selector": [], "advanced_event_selector": advanced(json!({"field": "resources.ARN"}))}),
                "true",
            ),
            (json!({"advanced_event_selector": advanced(json!({"field": "readOnly", "equals": ["true"]}))}), "false"),
        ] {
            check(&one(&[("t", "aws_cloudtrail", properties)]), &[("data_events", want)]);
        }
        let template =
            json!({"EventSelectors": [{"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}]});
        check(&one(&[("T", "AWS::CloudTrail::Trail", template)]), &[("data_events", "true")]);
    }

    #[test]
    fn log_groups() {
        for (type_name, properties, days, managed) in [
            ("aws_cloudwatch_log_group", json!({"retention_in_days": 0, "kms_key_id": null}), "0", "false"),
            ("aws_cloudwatch_log_group", json!({}), "0", "false"),
            ("aws_cloudwatch_log_group", json!({"retention_in_days": 365, "kms_key_id": "arn:k"}), "365", "true"),
            (
                "aws_cloudwatch_log_group",
                json!({"retention_in_days": {"$unknown": ""}, "kms_key_id": {"$late": ["k"]}}),
                "unknown",
                "unknown",
            ),
            ("AWS::Logs::LogGroup", json!({"RetentionInDays": "30", "KmsKeyId": {"$ref": "Key"}}), "30", "true"),
            ("AWS::Logs::LogGroup", json!({}), "0", "false"),
        ] {
            check(
                &one(&[("l", type_name, properties)]),
                &[("retention_days", days), ("encryption_at_rest.customer_managed_key", managed)],
            );
        }
    }

    #[test]
    fn recorders() {
        let started = normalise(&[
            (
                "r",
                "aws_config_configuration_recorder",
                json!({"name": "main", "recording_group": [{"all_supported": true, "include_global_resource_types": true}]}),
            ),
            ("s", "aws_config_configuration_recorder_status", json!({"name": "main", "is_enabled": true})),
        ]);
        check(
            &started[0],
            &[("enabled", "true"), ("all_types", "true"), ("global_types", "true"), ("delivery.connected", "true")],
        );
        let still = one(&[("r", "aws_config_configuration_recorder", json!({"recording_group": {"$late": []}}))]);
        check(
            &still,
            &[
                ("enabled", "false"),
                ("all_types", "true"),
                ("global_types", "false"),
                ("delivery.connected", "unknown"),
            ],
        );
        let some = json!({"RecordingGroup": {"ResourceTypes": ["AWS::S3::Bucket"]}, "Name": "main"});
        let template = one(&[
            ("R", "AWS::Config::ConfigurationRecorder", some),
            ("C", "AWS::Config::DeliveryChannel", json!({"Name": "main", "S3BucketName": "b"})),
        ]);
        check(
            &template,
            &[("enabled", "true"), ("all_types", "false"), ("global_types", "false"), ("delivery.connected", "true")],
        );
        check(
            &one(&[("R", "AWS::Config::ConfigurationRecorder", json!({}))]),
            &[("enabled", "unknown"), ("all_types", "true")],
        );
    }
}
