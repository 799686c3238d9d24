//! What others contribute, and the case that is not known.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use attesta_assessment::*;
use attesta_lifecycle::quality::*;
use attesta_scoring::MaturityLevel;
use support::*;

#[test]
fn what_others_contribute() {
    table(&[
        ("as much as the matrix allows, on the last day", |w| inherits(w, "70"), &[]),
        ("more than the matrix allows", |w| inherits(w, "70.01"), &["QC-14 requirement R1"]),
        (
            "what the matrix does not speak of",
            |w| {
                inherits(w, "10");
                request(w, "R2", "10");
            },
            &["QC-14 requirement R2"],
        ),
        (
            "without a matrix",
            |w| {
                inherits(w, "10");
                w.dossier.inheritance.matrices.clear();
            },
            &["QC-14 requirement R1"],
        ),
        (
            "one's own assessment needs no matrix",
            |w| {
                inherits(w, "100");
                w.dossier.inheritance.matrices.clear();
                let source = w.dossier.inheritance.sources.get_mut(&id::<SourceId>("cloud")).unwrap();
                source.value.relation = Relation::Internal;
            },
            &[],
        ),
        (
            "two requests of more than all together",
            |w| {
                inherits(w, "60");
                request(w, "R1", "50");
            },
            &["QC-14 requirement R1"],
        ),
        (
            "a request that was taken back",
            |w| {
                inherits(w, "90");
                w.dossier.inheritance.requests[0].value.state =
                    RequestState::Withdrawn { by: id("ann"), on: day("2026-09-02"), because: "too much".into() };
            },
            &[],
        ),
        (
            "a certificate that ended yesterday",
            |w| {
                inherits(w, "70");
                source(w, SourceState::Certified, Some("2025-01-01"), Some("2026-11-25"));
            },
            &["QC-15 source cloud"],
        ),
        (
            "validated only, its report 365 days old",
            |w| {
                inherits(w, "70");
                source(w, SourceState::ValidatedOnly, Some("2025-11-26"), None);
            },
            &[],
        ),
        (
            "validated only, its report 366 days old",
            |w| {
                inherits(w, "70");
                source(w, SourceState::ValidatedOnly, Some("2025-11-25"), None);
            },
            &["QC-15 source cloud"],
        ),
        (
            "a readiness source",
            |w| {
                inherits(w, "70");
                source(w, SourceState::Readiness, None, None);
            },
            &["QC-15 source cloud"],
        ),
        (
            "a source that nobody described",
            |w| {
                inherits(w, "70");
                w.dossier.inheritance.sources.clear();
            },
            &["QC-15 source cloud"],
        ),
        ("carved out where it is refused", |w| provider(w, Some(Coverage::CarvedOut)), &["QC-17 provider cloud"]),
        (
            "carved out where it is allowed",
            |w| {
                provider(w, Some(Coverage::CarvedOut));
                w.carve_outs = Some(CarveOuts::Allowed);
            },
            &[],
        ),
        ("covered by testing", |w| provider(w, Some(Coverage::Tested)), &[]),
        ("covered by nothing", |w| provider(w, None), &["QC-38 provider cloud"]),
    ]);
}

fn source(world: &mut World, state: SourceState, report: Option<&str>, expires: Option<&str>) {
    let source = Source {
        id: id("cloud"),
        assessment: id("cloud-r2"),
        title: "Cloud".into(),
        provider: Some(id("cloud")),
        relation: Relation::External,
        program: "r2".into(),
        state,
        report: report.map(day),
        expires: expires.map(day),
        inherits_from: Default::default(),
        results: [(id("R1"), full())].into(),
    };
    world.dossier.inheritance.sources.insert(id("cloud"), at("inheritance/sources/cloud.yaml", 1, source));
    let row = MatrixRow { elements: Default::default(), most: Some(score("70")), notes: String::new() };
    let matrix = Matrix {
        id: id("cloud"),
        title: "Cloud".into(),
        notice: "test".into(),
        provider: Some(id("cloud")),
        provenance: provenance(attesta_kernel::Confidence::Inferred),
        rows: [(id("R1"), row)].into(),
    };
    world.dossier.inheritance.matrices.insert(id("cloud"), at("matrices/cloud.yaml", 1, matrix));
}

fn request(world: &mut World, key: &str, weight: &str) {
    let state = RequestState::Applied { by: id("ann"), on: day("2026-09-01") };
    let request = Request { requirement: id(key), source: id("cloud"), stands_for: None, weight: score(weight), state };
    world.dossier.inheritance.requests.push(at("inheritance/requests.yaml", 5, request));
}

fn inherits(world: &mut World, weight: &str) {
    source(world, SourceState::Certified, Some("2026-01-01"), Some("2026-11-26"));
    request(world, "R1", weight);
}

fn provider(world: &mut World, coverage: Option<Coverage>) {
    let provider = Provider { title: "Cloud".into(), services: Vec::new(), coverage, ephi: true };
    world.dossier.scope.providers.insert(id("cloud"), at("scope.yaml", 20, provider));
}

#[test]
fn what_is_not_known_is_told_and_never_passes() {
    let blind: [Story; 6] = [
        ("no scores", |w| w.shortfalls = None, &["QC-22", "QC-23", "QC-32"]),
        ("no samples", |w| w.samples = None, &["QC-09"]),
        (
            "no rules of inheritance, and something inherited",
            |w| {
                inherits(w, "70");
                w.inheritance = None;
            },
            &["QC-15"],
        ),
        (
            "no word on carve-outs, and one carved out",
            |w| {
                provider(w, Some(Coverage::CarvedOut));
                w.carve_outs = None;
            },
            &["QC-17"],
        ),
        ("no windows", |w| w.windows = Windows::default(), &["QC-11", "QC-12", "QC-13"]),
        (
            "no table for a level",
            |w| {
                w.ratings.remove(&MaturityLevel::Policy);
            },
            &["QC-19"],
        ),
    ];
    for (story, tell, expected) in blind {
        let mut world = clean();
        tell(&mut world);
        let review = world.review();
        let mut ids: Vec<&str> = review.unlooked.iter().map(|u| u.check.as_str()).collect();
        ids.sort_unstable();
        assert_eq!(ids, expected, "{story}");
        assert_eq!(review.issues, [], "{story}");
        assert_eq!(review.looked, Check::ALL.len() - ids.len());
        assert_eq!(review.passage(HandOff::Submission), Passage::Unknown(ids.len()), "{story}");
    }
}
