//! Watching: GuardDuty and Security Hub.

use serde_json::{Value, json};

use super::{Place, nothing, placed};
use crate::{
    ask::unknown,
    found::{Found, Type, get, is, map, tags, text},
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
        None => {
            // The hub is switched on with its default standards or without; which are on now is what counts.
            let standards = place.one("securityhub", "GetEnabledStandards", nothing()).await;
            let (list, lost) = standards.list("/StandardsSubscriptions");
            let is_on = |one: &Value| matches!(text(one, "/StandardsStatus"), "READY" | "INCOMPLETE" | "PENDING");
            let told = match lost {
                _ if list.iter().any(is_on) => json!(true),
                Some(why) => unknown(&why),
                None => json!(false),
            };
            vec![Found::new(HUB, id, &reply, "").attribute("default_standards", told).set("tags", tags(Value::Null))]
        }
    }
}

const SCANNER: Type = Type { name: "AWS::InspectorV2 (account)", canonical: "aws_inspector2_enabler" };
const ANALYZER: Type = Type { name: "AWS::AccessAnalyzer::Analyzer", canonical: "aws_accessanalyzer_analyzer" };

/// Inspector: on where it scans something.
pub(crate) async fn scanner(place: &Place) -> Vec<Found> {
    let reply = place.one("inspector2", "BatchGetAccountStatus", json!({ "accountIds": [place.account] })).await;
    let id = place.arn("inspector2", "account");
    let (accounts, missing) = reply.list("/accounts");
    if let Some(why) = missing {
        return vec![Found::unseen(SCANNER, id, &reply.call, &why)];
    }
    let Some(told) = accounts.first() else {
        let why = format!("{}: the answer does not tell the state of this account", reply.call);
        return vec![Found::unseen(SCANNER, id, &reply.call, &why)];
    };
    let on = |wire: &str| text(told, &format!("/resourceState/{wire}/status")) == "ENABLED";
    let targets: Vec<&str> = [("ec2", "EC2"), ("ecr", "ECR"), ("lambda", "LAMBDA"), ("lambdaCode", "LAMBDA_CODE")]
        .into_iter()
        .filter(|(wire, _)| on(wire))
        .map(|(_, word)| word)
        .collect();
    if targets.is_empty() {
        return Vec::new();
    }
    vec![Found::new(SCANNER, id, &reply, "/accounts/0").set("resource_types", json!(targets))]
}

/// IAM Access Analyzer.
pub(crate) async fn analyzers(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("accessanalyzer", "ListAnalyzers", nothing());
    let everything = place.arn("access-analyzer", "analyzer/*");
    let (listed, analyzers) = place.list(&mut found, ANALYZER, asked, "/analyzers", &everything).await;
    for (pointer, analyzer) in placed(&analyzers, "/analyzers") {
        // One that is not active watches nothing.
        if text(analyzer, "/status") != "ACTIVE" {
            continue;
        }
        found.push(
            Found::new(ANALYZER, text(analyzer, "/arn"), &listed, &pointer)
                .set("analyzer_name", get(analyzer, "/name"))
                .set("type", get(analyzer, "/type")),
        );
    }
    found
}
