//! What a metric shows decides what history may propose.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use attesta_assessment::{ManagedRecord, MetricRecord, Proposal, ProposalVerdict, ProposedPart};
use attesta_kernel::Share;
use attesta_scoring::MaturityLevel;

fn proposal(level: MaturityLevel) -> Proposal {
    Proposal {
        requirement: "ATT-16-02".parse().unwrap(),
        level,
        checked: "2026-04-02".parse().unwrap(),
        parts: vec![ProposedPart { met: [2].into(), operates: Share::new(1, 1), ..ProposedPart::default() }],
        measure: Some("versions".parse().unwrap()),
        says: "9 of 9 violations were gone later".to_owned(),
        verdict: ProposalVerdict::Proposed,
    }
}

fn held(measured_lacks: &[&str], managed: ManagedRecord) -> (Vec<Proposal>, Vec<String>) {
    let record = MetricRecord {
        measure: "versions".parse().unwrap(),
        on: "2026-04-02".parse().unwrap(),
        newest: ("run-1".to_owned(), String::new()),
        periods: 4,
        measured_lacks: measured_lacks.iter().map(|l| (*l).to_owned()).collect(),
        managed,
    };
    record.hold(vec![proposal(MaturityLevel::Measured), proposal(MaturityLevel::Managed)])
}

#[test]
fn what_numbers_propose_gives_way_to_what_people_showed() {
    let levels = |proposals: &[Proposal]| proposals.iter().map(|p| p.level).collect::<Vec<_>>();
    let (proposals, why) = held(&[], ManagedRecord::Lacks(vec!["no reaction is recorded".to_owned()]));
    assert_eq!(levels(&proposals), [MaturityLevel::Measured]);
    assert!(why[0].contains("no reaction is recorded"));
    let (proposals, why) = held(&[], ManagedRecord::NothingBreached);
    assert_eq!((levels(&proposals), why.len()), (vec![MaturityLevel::Measured], 1));
    let (proposals, why) = held(&["no run in the periods from 2026-03-16"], ManagedRecord::Shown(Share::new(1, 1)));
    assert_eq!((proposals.len(), why.len()), (0, 1), "what is not measured is not managed");
    let (proposals, why) = held(&[], ManagedRecord::Shown(Share::new(1, 3)));
    assert_eq!((levels(&proposals), why.len()), (vec![MaturityLevel::Measured, MaturityLevel::Managed], 0));
    assert_eq!(proposals[1].parts[0].operates, Share::new(1, 3));
    assert!(proposals[1].says.contains("1 of 3 breaches"));
}
