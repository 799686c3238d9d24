//! Records of what happened: CloudTrail, CloudWatch Logs, Config.

use serde_json::{Map, Value, json};

use super::{Place, nothing, placed};
use crate::{
    ask::{Call, Reply, unknown},
    found::{Found, Type, get, items, map, text},
};

const TRAIL: Type = Type { name: "AWS::CloudTrail::Trail", canonical: "aws_cloudtrail" };
const LOG_GROUP: Type = Type { name: "AWS::Logs::LogGroup", canonical: "aws_cloudwatch_log_group" };
const RECORDER: Type =
    Type { name: "AWS::Config::ConfigurationRecorder", canonical: "aws_config_configuration_recorder" };
const RUNNING: Type =
    Type { name: "AWS::Config::ConfigurationRecorder (status)", canonical: "aws_config_configuration_recorder_status" };
const CHANNEL: Type = Type { name: "AWS::Config::DeliveryChannel", canonical: "aws_config_delivery_channel" };

/// Trails whose home is this region. Those that live in a region that is not asked (an organisation's, say) are told by
/// the first region, where their shadow stands.
pub(crate) async fn trails(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("cloudtrail", "DescribeTrails", json!({ "includeShadowTrails": true }));
    let (listed, trails) =
        place.list(&mut found, TRAIL, asked, "/trailList", &place.arn("cloudtrail", "trail/*")).await;
    let is_first = place.regions.first() == Some(&place.region);
    let home = |trail: &&Value| {
        let home = text(trail, "/HomeRegion");
        home.is_empty() || home == place.region || (is_first && !place.regions.iter().any(|asked| asked == home))
    };
    let trails: Vec<Value> = trails.iter().filter(home).cloned().collect();
    let arn = |trail: &Value| get(trail, "/TrailARN");
    let calls = |operation: &'static str, key: &str| -> Vec<Call> {
        trails.iter().map(|trail| place.call("cloudtrail", operation, json!({ key: arn(trail) }))).collect()
    };
    let states = place.ask.many(calls("GetTrailStatus", "Name")).await;
    let selectors = place.ask.many(calls("GetEventSelectors", "TrailName")).await;
    for (((pointer, trail), state), selector) in placed(&trails, "/trailList").zip(&states).zip(&selectors) {
        let logs = if text(trail, "/CloudWatchLogsLogGroupArn").is_empty() {
            Value::Null
        } else {
            get(trail, "/CloudWatchLogsLogGroupArn")
        };
        found.push(
            Found::new(TRAIL, text(trail, "/TrailARN"), &listed, &pointer)
                .set("name", get(trail, "/Name"))
                .set("arn", arn(trail))
                .told("enable_logging", state, "/IsLogging", state.at("/IsLogging"))
                .set("is_multi_region_trail", get(trail, "/IsMultiRegionTrail"))
                .set("is_organization_trail", get(trail, "/IsOrganizationTrail"))
                .set("include_global_service_events", get(trail, "/IncludeGlobalServiceEvents"))
                .set("enable_log_file_validation", get(trail, "/LogFileValidationEnabled"))
                .set("kms_key_id", place.keys.name(get(trail, "/KmsKeyId")))
                .set("cloud_watch_logs_group_arn", logs)
                .set("s3_bucket_name", get(trail, "/S3BucketName"))
                .told("event_selector", selector, "/EventSelectors", plain(selector))
                .told("advanced_event_selector", selector, "/AdvancedEventSelectors", advanced(selector)),
        );
    }
    found
}

fn plain(reply: &Reply) -> Value {
    map(reply.at("/EventSelectors"), |list| {
        items(list, "")
            .map(|selector| {
                let resources: Value = items(selector, "/DataResources")
                    .map(|data| json!({ "type": get(data, "/Type"), "values": get(data, "/Values") }))
                    .collect();
                json!({ "read_write_type": get(selector, "/ReadWriteType"), "data_resource": resources })
            })
            .collect()
    })
}

fn advanced(reply: &Reply) -> Value {
    map(reply.at("/AdvancedEventSelectors"), |list| {
        items(list, "")
            .map(|selector| {
                let fields: Value = items(selector, "/FieldSelectors").map(field).collect();
                json!({ "field_selector": fields })
            })
            .collect()
    })
}

/// A field and every way in which it is compared.
fn field(told: &Value) -> Value {
    let mut one = Map::from_iter([("field".to_owned(), get(told, "/Field"))]);
    for (word, wire) in [
        ("equals", "/Equals"),
        ("not_equals", "/NotEquals"),
        ("starts_with", "/StartsWith"),
        ("not_starts_with", "/NotStartsWith"),
        ("ends_with", "/EndsWith"),
        ("not_ends_with", "/NotEndsWith"),
    ] {
        let values = get(told, wire);
        if values.as_array().is_some_and(|values| !values.is_empty()) {
            one.insert(word.to_owned(), values);
        }
    }
    Value::Object(one)
}

pub(crate) async fn log_groups(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("logs", "DescribeLogGroups", nothing());
    let (listed, groups) =
        place.list(&mut found, LOG_GROUP, asked, "/logGroups", &place.arn("logs", "log-group:*")).await;
    for (pointer, group) in placed(&groups, "/logGroups") {
        let name = text(group, "/logGroupName");
        found.push(
            Found::new(LOG_GROUP, place.arn("logs", &format!("log-group:{name}")), &listed, &pointer)
                .set("name", json!(name))
                .set("retention_in_days", get(group, "/retentionInDays"))
                .set("kms_key_id", place.keys.name(get(group, "/kmsKeyId"))),
        );
    }
    found
}

/// A region has one recorder of the account's own and one channel.
pub(crate) async fn recorders(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("config", "DescribeConfigurationRecorders", nothing());
    let everything = place.arn("config", "config-recorder/*");
    let (listed, recorders) = place.list(&mut found, RECORDER, asked, "/ConfigurationRecorders", &everything).await;
    if recorders.is_empty() {
        return found;
    }
    let states = place.one("config", "DescribeConfigurationRecorderStatus", nothing()).await;
    let channels = place.one("config", "DescribeDeliveryChannels", nothing()).await;
    let (running, _) = states.list("/ConfigurationRecordersStatus");
    let (open, _) = channels.list("/DeliveryChannels");
    for (pointer, recorder) in placed(&recorders, "/ConfigurationRecorders") {
        let name = text(recorder, "/name");
        let group = get(recorder, "/recordingGroup");
        let group = map(group, |group| {
            json!({
                "all_supported": get(group, "/allSupported"),
                "include_global_resource_types": get(group, "/includeGlobalResourceTypes"),
                "resource_types": get(group, "/resourceTypes"),
                "recording_strategy": { "use_only": get(group, "/recordingStrategy/useOnly") },
            })
        });
        let mut one = Found::new(RECORDER, place.arn("config", &format!("config-recorder/{name}")), &listed, &pointer)
            .set("name", json!(name))
            .set("recording_group", group);
        if let Some(why) = channels.missing() {
            one = one.attribute("delivery.connected", unknown(why));
        }
        found.push(one);
        let state = running.iter().find(|state| text(state, "/name") == name);
        let on = match (states.missing(), state) {
            (Some(why), _) => unknown(why),
            (None, Some(state)) => get(state, "/recording"),
            (None, None) => unknown("the recorder's state is not told"),
        };
        found.push(
            Found::new(RUNNING, place.arn("config", &format!("config-recorder/{name}?status")), &states, "")
                .set("name", json!(name))
                .set("is_enabled", on),
        );
        for (pointer, channel) in placed(&open, "/DeliveryChannels") {
            let id = place.arn("config", &format!("delivery-channel/{}", text(channel, "/name")));
            // A region's channel is its recorder's, whatever the two are called.
            found.push(Found::new(CHANNEL, id, &channels, &pointer).set("name", json!(name)));
        }
    }
    found
}
