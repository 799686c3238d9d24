//! Watching: threat detectors, findings hubs, vulnerability scanners, access analysers.

use attesta_resource::{Attribute, Kind};

use crate::{
    draft::{Draft, Joined},
    fact::{Fact, State},
    registry::{Main, Satellite},
    view::{Items, Raw, View},
};

pub(super) const MAINS: &[Main] = &[
    Main {
        types: &["aws_guardduty_detector"],
        kind: Kind::ThreatDetector,
        names: &["id", "arn"],
        pulls: &[],
        build: terraform_detector,
    },
    Main {
        types: &["AWS::GuardDuty::Detector"],
        kind: Kind::ThreatDetector,
        names: &[],
        pulls: &[],
        build: cloudformation_detector,
    },
    Main {
        types: &["aws_securityhub_account"],
        kind: Kind::FindingsHub,
        names: &["id", "arn"],
        pulls: &[],
        build: terraform_hub,
    },
    Main {
        types: &["AWS::SecurityHub::Hub"],
        kind: Kind::FindingsHub,
        names: &[],
        pulls: &[],
        build: cloudformation_hub,
    },
    Main {
        types: &["aws_inspector2_enabler"],
        kind: Kind::VulnerabilityScanner,
        names: &["id"],
        pulls: &[],
        build: terraform_scanner,
    },
    Main {
        types: &["aws_accessanalyzer_analyzer"],
        kind: Kind::AccessAnalyzer,
        names: &["analyzer_name", "id", "arn"],
        pulls: &[],
        build: terraform_analyzer,
    },
    Main {
        types: &["AWS::AccessAnalyzer::Analyzer"],
        kind: Kind::AccessAnalyzer,
        names: &["AnalyzerName"],
        pulls: &[],
        build: cloudformation_analyzer,
    },
];

pub(super) const SATELLITES: &[Satellite] = &[Satellite {
    types: &["aws_guardduty_detector_feature"],
    owners: &["aws_guardduty_detector"],
    links: &["detector_id"],
}];

/// A protection of the detector's: where the older block of data sources has it, and its name among the features.
/// What is not stated stays absent: whether a new protection is on depends on when and how the detector was made.
struct Protection {
    attribute: &'static str,
    terraform: &'static [&'static str],
    cloudformation: &'static [&'static str],
    feature: &'static str,
}

const PROTECTIONS: &[Protection] = &[
    Protection {
        attribute: "object_store_protection",
        terraform: &["s3_logs", "enable"],
        cloudformation: &["S3Logs", "Enable"],
        feature: "S3_DATA_EVENTS",
    },
    Protection {
        attribute: "malware_protection",
        terraform: &["malware_protection", "scan_ec2_instance_with_findings", "ebs_volumes", "enable"],
        cloudformation: &["MalwareProtection", "ScanEc2InstanceWithFindings", "EbsVolumes"],
        feature: "EBS_MALWARE_PROTECTION",
    },
    Protection {
        attribute: "kubernetes_protection",
        terraform: &["kubernetes", "audit_logs", "enable"],
        cloudformation: &["Kubernetes", "AuditLogs", "Enable"],
        feature: "EKS_AUDIT_LOGS",
    },
];

fn terraform_detector(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    // Terraform: `enable` "defaults to true".
    draft.put("enabled", raw.at("enable").bool().or_default(true));
    let features: Vec<View<'_>> = joined.of(&["aws_guardduty_detector_feature"]).map(Raw::root).collect();
    for protection in PROTECTIONS {
        let older = step(raw.at("datasources"), protection.terraform);
        let on = feature(raw, &features, protection.feature, ["name", "status"]);
        draft.put(protection.attribute, on.or_else(|| older.bool()));
    }
}

fn cloudformation_detector(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("enabled", raw.at("Enable").bool());
    let list = raw.at("Features");
    for protection in PROTECTIONS {
        let older = step(raw.at("DataSources"), protection.cloudformation);
        let newer = match list.items() {
            Items::Unknown(why) => Fact { state: State::Unknown(why), origin: list.origin() },
            Items::Known(items) => feature(raw, &items, protection.feature, ["Name", "Status"]),
        };
        draft.put(protection.attribute, newer.or_else(|| older.bool()));
    }
}

fn step<'a>(view: View<'a>, path: &[&'static str]) -> View<'a> {
    path.iter().fold(view, |view, key| view.at(key))
}

/// Whether the feature is on; absent where it is not among them.
fn feature(raw: &Raw, features: &[View<'_>], wanted: &str, [name, status]: [&'static str; 2]) -> Fact<bool> {
    let mut found = Fact::absent(raw.origin());
    for feature in features {
        let named = feature.at(name).text();
        match named.state {
            State::Known(n) if n == wanted => return feature.at(status).text().map(|s| s == "ENABLED"),
            State::Unknown(why) => found = Fact { state: State::Unknown(why), origin: named.origin },
            _ => {}
        }
    }
    found
}

fn terraform_hub(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("enabled", raw.derive(true));
    // API reference, EnableSecurityHub: default standards are enabled unless `EnableDefaultStandards` is false.
    draft.put("default_standards", raw.at("enable_default_standards").bool().or_default(true));
}

fn cloudformation_hub(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("enabled", raw.derive(true));
    draft.put("default_standards", raw.at("EnableDefaultStandards").bool().or_default(true));
}

fn terraform_scanner(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("enabled", raw.derive(true));
    let types = raw.at("resource_types");
    let state = match types.items() {
        Items::Unknown(why) => State::Unknown(why),
        Items::Known(items) => State::Known(
            items
                .iter()
                .filter_map(|item| item.text().map(|t| t.to_ascii_lowercase()).into_attribute())
                .collect::<Vec<Attribute>>(),
        ),
    };
    draft.put("targets", Fact { state, origin: types.origin() });
}

fn terraform_analyzer(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    // Terraform: `type` "defaults to ACCOUNT".
    analyzer(draft, raw.at("type").text().or_default("ACCOUNT".to_owned()));
}

fn cloudformation_analyzer(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    analyzer(draft, raw.at("Type").text());
}

fn analyzer(draft: &mut Draft, kind: Fact<String>) {
    let scope = kind.clone().map(|k| if k.starts_with("ORGANIZATION") { "organization" } else { "account" });
    draft.put("scope", scope.derived());
    draft.put("unused_access", kind.map(|k| k.ends_with("_UNUSED_ACCESS")).derived());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{check, one};

    #[test]
    fn threat_detectors() {
        let detector = one(&[
            (
                "aws_guardduty_detector.d",
                "aws_guardduty_detector",
                json!({"datasources": [{"kubernetes": [{"audit_logs": [{"enable": false}]}], "s3_logs": [{"enable": true}]}]}),
            ),
            (
                "f",
                "aws_guardduty_detector_feature",
                json!({"detector_id": {"$late": ["aws_guardduty_detector.d"]}, "name": "EKS_AUDIT_LOGS", "status": "ENABLED"}),
            ),
        ]);
        check(
            &detector,
            &[
                ("enabled", "true"),
                ("object_store_protection", "true"),
                ("kubernetes_protection", "true"),
                ("malware_protection", "absent"),
            ],
        );
        let template = json!({
            "Enable": {"$unknown": "P"},
            "DataSources": {"MalwareProtection": {"ScanEc2InstanceWithFindings": {"EbsVolumes": true}}},
            "Features": [{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}],
        });
        check(
            &one(&[("D", "AWS::GuardDuty::Detector", template)]),
            &[
                ("enabled", "unknown"),
                ("object_store_protection", "false"),
                ("malware_protection", "true"),
                ("kubernetes_protection", "absent"),
            ],
        );
    }

    #[test]
    fn hubs_scanners_and_analyzers() {
        check(
            &one(&[("h", "aws_securityhub_account", json!({}))]),
            &[("enabled", "true"), ("default_standards", "true")],
        );
        check(
            &one(&[("H", "AWS::SecurityHub::Hub", json!({"EnableDefaultStandards": false}))]),
            &[("enabled", "true"), ("default_standards", "false")],
        );
        check(
            &one(&[("i", "aws_inspector2_enabler", json!({"resource_types": ["ECR", "EC2"], "account_ids": ["1"]}))]),
            &[("enabled", "true"), ("targets", "[\"ecr\", \"ec2\"]")],
        );
        for (type_name, properties, scope, unused) in [
            ("aws_accessanalyzer_analyzer", json!({"analyzer_name": "a"}), "\"account\"", "false"),
            ("aws_accessanalyzer_analyzer", json!({"type": "ORGANIZATION_UNUSED_ACCESS"}), "\"organization\"", "true"),
            ("AWS::AccessAnalyzer::Analyzer", json!({"Type": "ORGANIZATION"}), "\"organization\"", "false"),
            ("AWS::AccessAnalyzer::Analyzer", json!({"Type": {"$unknown": "P"}}), "unknown", "unknown"),
        ] {
            check(&one(&[("a", type_name, properties)]), &[("scope", scope), ("unused_access", unused)]);
        }
    }
}
