//! Watching: GuardDuty and Security Hub.

use serde_json::{Value, json};

use super::{Place, nothing, placed};
use crate::{
    ask::unknown,
    found::{Found, Type, get, is, map, tags},
};

const DETECTOR: Type = Type { name: "AWS::GuardDuty::Detector", canonical: "AWS::GuardDuty::Detector" };
const HUB: Type = Type { name: "AWS::SecurityHub::Hub", canonical: "AWS::SecurityHub::Hub" };

pub(crate) async fn detectors(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("guardduty", "ListDetectors", nothing());
    let (listed, ids) =
        place.list(&mut found, DETECTOR, asked, "/detectorIds", &place.arn("guardduty", "detector/*")).await;
    let replies = place.each("guardduty", "GetDetector", ids.iter().map(|id| json!({ "DetectorId": id }))).await;
    for ((pointer, id), reply) in placed(&ids, "/detectorIds").zip(&replies) {
        let arn = place.arn("guardduty", &format!("detector/{}", id.as_str().unwrap_or_default()));
        let features = map(reply.at("/features"), |list| {
            crate::found::items(list, "")
                .map(|feature| json!({ "Name": get(feature, "/name"), "Status": get(feature, "/status") }))
                .collect()
        });
        let flag = |pointer: &str| is(reply.at(pointer), "ENABLED");
        // Services that do not tell features yet tell their older form.
        let sources = match reply.missing() {
            Some(why) => unknown(why),
            None => json!({
                "S3Logs": { "Enable": flag("/dataSources/s3Logs/status") },
                "Kubernetes": { "AuditLogs": { "Enable": flag("/dataSources/kubernetes/auditLogs/status") } },
                "MalwareProtection": { "ScanEc2InstanceWithFindings": {
                    "EbsVolumes": flag("/dataSources/malwareProtection/scanEc2InstanceWithFindings/ebsVolumes/status") } },
            }),
        };
        found.push(
            Found::new(DETECTOR, arn, &listed, &pointer)
                .told("Enable", reply, "/status", flag("/status"))
                .told("Features", reply, "/features", features)
                .told("DataSources", reply, "/dataSources", sources)
                .set("tags", map(reply.at("/tags"), Value::clone)),
        );
    }
    found
}

pub(crate) async fn hub(place: &Place) -> Vec<Found> {
    let reply = place.one("securityhub", "DescribeHub", nothing()).await;
    let id = place.arn("securityhub", "hub/default");
    match reply.missing() {
        Some(why) => vec![Found::unseen(HUB, id, &reply.call, why)],
        None if reply.at("/HubArn").is_null() => Vec::new(),
        // Which standards are on is another call.
        None => {
            let why = "the collector does not ask securityhub:GetEnabledStandards yet";
            vec![
                Found::new(HUB, id, &reply, "")
                    .attribute("default_standards", unknown(why))
                    .set("tags", tags(Value::Null)),
            ]
        }
    }
}
