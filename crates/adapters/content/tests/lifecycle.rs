//! The figures of the process that ship, and what is wrong with bad ones.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use std::fs;

use attesta_assessment::{Purpose, Side};
use attesta_content::{ContentSource, process, unverified_figures};
use attesta_kernel::{Confidence, Date};
use attesta_lifecycle::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn the_figures_that_ship() {
    let process = process(&ContentSource::Embedded).unwrap_or_else(|e| panic!("{e:#?}"));
    let on = |name, at: &str| process.figures.on(name, day(at)).unwrap().value;
    assert_eq!(on(FigureName::DocumentsInPlace, "2021-06-06"), 90);
    assert_eq!(on(FigureName::DocumentsInPlace, "2021-06-07"), 60);
    let today = "2026-11-26";
    let table = [
        (FigureName::OperationInPlace, 90),
        (FigureName::Fieldwork, 90),
        (FigureName::PopulationLeast, 90),
        (FigureName::PopulationMost, 12),
        (FigureName::CheckIn, 5),
        (FigureName::ReservationHorizon, 12),
        (FigureName::QaBlock, 7),
        (FigureName::QaFirstFeedback, 10),
        (FigureName::DraftReview, 30),
        (FigureName::InterimAnniversary, 12),
        (FigureName::InterimWindow, 90),
        (FigureName::InterimCreate, 120),
        (FigureName::InterimPerDomain, 1),
        (FigureName::RapidSample, 60),
        (FigureName::RapidMoreThan, 60),
        (FigureName::BridgeBefore, 60),
        (FigureName::BridgeAfter, 30),
        (FigureName::BridgeSample, 19),
        (FigureName::BridgeValid, 90),
        (FigureName::EventOpen, 60),
        (FigureName::EventAction, 30),
    ];
    for (name, value) in table {
        assert_eq!(on(name, today), value, "{name}");
    }
    let unsure: Vec<FigureName> =
        unverified_figures(&process.figures, day(today)).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(unsure, [FigureName::CheckIn, FigureName::QaAnswers, FigureName::FinalReport]);
}

#[test]
fn the_sizes_that_ship() {
    let sizes = process(&ContentSource::Embedded).unwrap().sizes;
    let of = |frequency, population| sizes.of(frequency, population, day("2026-11-26")).unwrap();
    for (population, expected) in [(250, 25), (120, 12), (51, 6), (50, 5), (3, 3)] {
        assert_eq!(of(Frequency::Each, population).count, expected, "{population}");
    }
    for (frequency, expected) in [
        (Frequency::Daily, 25),
        (Frequency::Weekly, 5),
        (Frequency::Monthly, 2),
        (Frequency::Quarterly, 2),
        (Frequency::SemiAnnual, 1),
        (Frequency::Annual, 1),
        (Frequency::Automated, 300),
    ] {
        let size = of(frequency, 300);
        assert_eq!(size.count, expected, "{frequency}");
        assert_eq!(size.provenance.confidence, Confidence::Unverified, "{frequency}");
    }
}

#[test]
fn the_terms_that_ship() {
    let terms = process(&ContentSource::Embedded).unwrap().terms;
    for (program, issued, expiry) in
        [("r2", "2026-06-01", "2028-06-01"), ("i1", "2026-06-01", "2027-06-01"), ("e1", "2026-06-01", "2027-06-01")]
    {
        assert_eq!(terms.of(program).unwrap().expiry(day(issued)).unwrap().day, day(expiry), "{program}");
    }
    let by_assessor = |program| terms.of(program).unwrap().answered_by_assessor_on(day("2026-06-01")).unwrap();
    assert!(by_assessor("e1") && by_assessor("i1") && !by_assessor("r2"));
    assert!(terms.of("x9").is_err());
}

/// The map of moves in the domain's golden file is that of the tracks that ship.
#[test]
fn the_tracks_that_ship_are_those_of_the_golden_table() {
    let phases = process(&ContentSource::Embedded).unwrap().phases;
    let golden = fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../domain/lifecycle/tests/golden/moves.md"),
    )
    .unwrap();
    for purpose in Purpose::ALL {
        let (track, provenance) = phases.track(purpose, day("2026-11-26")).unwrap();
        assert!(!provenance.source.is_empty());
        let section = golden.split(&format!("\n## {purpose}\n")).nth(1).unwrap();
        let section = section.split("\n## ").next().unwrap();
        let lines: Vec<&str> = section.lines().filter(|l| l.starts_with("- ")).collect();
        let mut expected: Vec<Phase> = track.phases().collect();
        expected.push(Phase::Withdrawn);
        assert_eq!(lines.len(), expected.len(), "{purpose}");
        for (line, phase) in lines.iter().zip(expected) {
            let (head, cells) = line.split_once(": ").unwrap();
            assert_eq!(head, format!("- `{phase}`"), "{purpose}");
            let verbs: Vec<&str> =
                cells.split("; ").filter(|c| *c != "nothing").map(|c| c.split(' ').next().unwrap()).collect();
            let routed: Vec<&str> = verbs_of(phase, track).into_iter().map(Verb::as_str).collect();
            assert_eq!(verbs, routed, "{purpose} {phase}");
        }
    }
    for phase in Phase::ALL {
        assert!(!phases.note(phase).unwrap().title.is_empty());
    }
    assert_eq!(phases.owner(Phase::Validation), Side::Assessor);
    assert_eq!(phases.owner(Phase::Qa), Side::Hitrust);
}

/// What is wrong after one text of one file was exchanged.
fn told(file: &str, from: &str, to: &str) -> Vec<String> {
    let pack = tempfile::tempdir().unwrap();
    for inside in [
        "lifecycle/hitrust/phases.yaml",
        "lifecycle/hitrust/figures.yaml",
        "lifecycle/hitrust/terms.yaml",
        "sampling/hitrust/sizes.yaml",
        "programs/hitrust/r2.yaml",
    ] {
        let text = ContentSource::Embedded.file(inside).unwrap().text.to_string();
        let text = if inside == file {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        } else {
            text
        };
        let path = pack.path().join(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    match process(&ContentSource::Folder(pack.path().to_owned())) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(|f| f.to_string().split(file).last().unwrap().to_owned()).collect(),
    }
}

#[test]
fn faults_name_the_place_and_the_mend() {
    let (phases, figures) = ("lifecycle/hitrust/phases.yaml", "lifecycle/hitrust/figures.yaml");
    let (terms, sizes) = ("lifecycle/hitrust/terms.yaml", "sampling/hitrust/sizes.yaml");
    assert_eq!(told(phases, "HITRUST is a", "HITRUST is a"), [""; 0]);
    let table = [
        (
            phases,
            "owner: assessor",
            "owner: nobody",
            ":17: `nobody` is no side; use entity, assessor, provider or hitrust",
        ),
        (phases, "  validation: {", "  validating: {", ":19: `validating` is no phase of an assessment"),
        (
            phases,
            "basis: review}",
            "basis: rumour}",
            ":17: basis `rumour` is not one of this file's (help: use decided,",
        ),
        (phases, "papers: []", "papers: [cheque]", "`cheque` is no paper; use letter, agreement or reservation"),
        (
            phases,
            "answering, check-in, check-in-tasks, final-report",
            "answering, check-in-tasks, final-report",
            "`check-in` is missing; every assessment runs through it",
        ),
        (figures, "  qa-block:\n", "  qa-blob:\n", "`qa-blob` is no figure of the process"),
        (figures, "unit: months", "unit: days", "`population-most` does not count that (help: write `unit: months`)"),
        (figures, "{value: 12, csf", "{value: 0, csf", "`population-most`: it is 0 or out of all measure"),
        (figures, "until: 2021-06-07", "until: 2021-06-08", "it overlaps the figure that begins"),
        (
            figures,
            "  event-action:\n    unit: days\n    rows: [{value: 30, csf: \"v9 to v11.8\", basis: event}]\n",
            "",
            ":1: figures are missing: event-action",
        ),
        (terms, "csf_from: v11.0.0", "csf_from: eleven", "is not a version of the CSF"),
        (terms, "sets: [compliance]", "sets: []", "it names no set"),
        (
            sizes,
            "10 per cent",
            "101 per cent",
            "`101 per cent` does not say how many to take (help: write a number, `10 per cent`, or `all`)",
        ),
        (sizes, "{from: 1, take: 5}", "{from: 2, take: 5}", "steps begin at a population of 1 and climb"),
        (sizes, "  annual: [{take: 1, csf: \"v9 to v11.8\", basis: recalled}]\n", "", ":1: no size for annual"),
    ];
    for (file, from, to, expected) in table {
        let told = told(file, from, to);
        assert!(told.iter().any(|t| t.contains(expected)), "{from} → {to}: {told:?}");
    }
}
