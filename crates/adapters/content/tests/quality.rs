//! The quality checks that ship, and faults in a pack's own.
#![expect(clippy::unwrap_used, reason = "a test may stop at a surprise")]

use attesta_assessment::Purpose;
use attesta_catalog::Fault;
use attesta_content::{ContentSource, quality_checks};
use attesta_kernel::Confidence;
use attesta_lifecycle::quality::{Check, HandOff};

const SHIPPED: &str = include_str!("../../../../content/quality/hitrust/checks.yaml");

#[test]
fn every_check_ships_with_words_for_people() {
    let checks = quality_checks(&ContentSource::Embedded).unwrap();
    assert_eq!(checks.rules.len(), Check::ALL.len());
    for (check, rule) in &checks.rules {
        assert!(!rule.purposes.is_empty(), "{check} looks at nothing");
        assert!(rule.mend.ends_with('.') && rule.wrong.ends_with('.') && !rule.title.ends_with('.'), "{check}");
        // HITRUST does not publish its list, so none of them can be surer than a secondary source.
        assert!(rule.provenance.confidence >= Confidence::Secondary, "{check}");
    }
    // Advisory haa-2019-008: these checks do not run on interim assessments; those on plans are asked for at the interim.
    let interim: Vec<&str> =
        checks.rules.iter().filter(|(_, r)| r.purposes.contains(&Purpose::Interim)).map(|(c, _)| c.as_str()).collect();
    assert_eq!(interim, ["QC-23", "QC-31", "QC-32", "QC-33", "QC-34", "QC-35", "QC-36", "QC-39", "QC-40"]);
    assert!(HandOff::ALL.iter().all(|h| checks.rules.values().any(|r| r.hand_off == *h)));
}

fn faults(change: impl Fn(String) -> String) -> Vec<Fault> {
    let dir = tempfile::tempdir().unwrap();
    let below = dir.path().join("quality/hitrust");
    std::fs::create_dir_all(&below).unwrap();
    std::fs::write(below.join("checks.yaml"), change(SHIPPED.to_owned())).unwrap();
    quality_checks(&ContentSource::Folder(dir.path().to_owned())).err().unwrap_or_default()
}

#[test]
fn faults_name_their_line_and_mend() {
    assert_eq!(faults(|text| text), []);
    let table = [
        ("  - id: QC-02\n", "  - id: QC-99\n", "`QC-99` is not a quality check; the ids run from QC-01 to QC-40"),
        ("  - id: QC-02\n", "  - id: QC-01\n", "`QC-01` stands twice"),
        ("hand_off: submission", "hand_off: moon", "`moon` is no hand-off; use validation, actions or submission"),
        ("severity: critical", "severity: awful", "`awful` is not a severity; use low, medium, high or critical"),
        ("basis: training", "basis: rumour", "basis `rumour` is not one of this file's"),
        ("purposes: [interim]", "purposes: [party]", "`party` is not what an assessment can be for"),
        ("comments_alike: {value: 5", "comments_alike: {value: five", "not a whole number that fits here"),
        ("  submission: \"To", "  party: \"To", "`party` is no hand-off"),
        ("figures:\n", "figures:\n  more: 1\n", "unknown key `more`"),
    ];
    for (old, new, says) in table {
        assert!(SHIPPED.contains(old), "{old}");
        let faults = faults(|text| text.replacen(old, new, 1));
        assert!(faults.iter().any(|f| f.message.contains(says)), "{old}: {faults:?}");
        assert!(faults.iter().all(|f| f.place.line.is_some()), "{faults:?}");
    }
}

#[test]
fn a_check_that_is_left_out_is_told() {
    let cut = faults(|text| {
        let (before, after) = text.split_once("  - id: QC-40").unwrap();
        assert!(!after.contains("  - id:"));
        before.to_owned()
    });
    let messages: Vec<&str> = cut.iter().map(|f| f.message.as_str()).collect();
    assert_eq!(messages, ["check `QC-40` is missing"]);
}
