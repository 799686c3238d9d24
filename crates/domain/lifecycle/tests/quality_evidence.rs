//! Evidence, time and what others contribute.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use attesta_assessment::*;
use attesta_lifecycle::{Frozen, FrozenFile, Life, Papers, State, Subject};
use attesta_scoring::Shortfall;
use support::*;

#[test]
fn evidence_has_its_time_and_stands_once() {
    table(&[
        ("collected on the day of the test", |w| w.evidence("r1-policy").collected = Some(day("2026-10-01")), &[]),
        (
            "collected after the test",
            |w| w.evidence("r1-policy").collected = Some(day("2026-10-02")),
            &["QC-10 evidence r1-policy"],
        ),
        ("valid until the test", |w| w.evidence("r1-policy").valid_until = Some(day("2026-10-01")), &[]),
        (
            "expired before the test",
            |w| w.evidence("r1-policy").valid_until = Some(day("2026-09-30")),
            &["QC-10 evidence r1-policy"],
        ),
        ("365 days old", |w| w.evidence("r1-implemented").collected = Some(day("2025-10-01")), &[]),
        (
            "366 days old",
            |w| w.evidence("r1-implemented").collected = Some(day("2025-09-30")),
            &["QC-10 evidence r1-implemented"],
        ),
        (
            "an old document is judged by its approval",
            |w| {
                w.evidence("r1-policy").collected = Some(day("2020-01-01"));
            },
            &[],
        ),
        (
            "the end of its period counts",
            |w| {
                w.evidence("r1-implemented").collected = None;
                w.evidence("r1-implemented").period = Some((day("2024-01-01"), day("2026-01-01")));
            },
            &[],
        ),
        ("no date at all", |w| w.evidence("r1-implemented").collected = None, &["QC-10 evidence r1-implemented"]),
        (
            "the same bytes twice",
            |w| {
                w.evidence("r2-policy").digest = w.evidence("r1-policy").digest.clone();
            },
            &["QC-25 evidence r1-policy"],
        ),
        (
            "the same file twice",
            |w| {
                w.evidence("r2-policy").file = w.evidence("r1-policy").file.clone();
            },
            &["QC-25 evidence r1-policy"],
        ),
        (
            "withheld files are not the same file",
            |w| {
                for name in ["r1-policy", "r2-policy"] {
                    (w.evidence(name).file, w.evidence(name).digest) = (None, None);
                }
            },
            &[],
        ),
        ("a report of 365 days", |w| report(w, "2025-11-26", true), &[]),
        ("a report of 366 days", |w| report(w, "2025-11-25", true), &["QC-16 evidence r1-procedure"]),
        ("a report that is not mapped", |w| report(w, "2026-03-01", false), &["QC-16 evidence r1-procedure"]),
        ("a report from the future", |w| report(w, "2026-11-27", true), &["QC-16 evidence r1-procedure"]),
        (
            "a report that nobody uses",
            |w| {
                report(w, "2020-01-01", false);
                let unused = w.dossier.evidence[&id::<EvidenceId>("r1-procedure")].clone();
                w.evidence("r1-procedure").attestation = None;
                w.dossier.evidence.insert(
                    id("other"),
                    attesta_catalog::Placed {
                        value: Evidence { id: id("other"), file: None, digest: None, ..unused.value },
                        ..unused
                    },
                );
            },
            &[],
        ),
        ("a component that nothing names", component, &["QC-18 component clinic"]),
        (
            "a component that an answer names",
            |w| {
                component(w);
                w.on("R1", "policy").parts[0].component = Some(id("clinic"));
            },
            &[],
        ),
        (
            "a component that evidence in use names",
            |w| {
                component(w);
                w.evidence("r1-policy").components.insert(id("clinic"));
            },
            &[],
        ),
    ]);
}

fn report(world: &mut World, dated: &str, mapped: bool) {
    world.evidence("r1-procedure").attestation =
        Some(Attestation { organisation: "Auditor".into(), report: "SOC 2".into(), dated: day(dated), mapped });
}

fn component(world: &mut World) {
    let component = Component {
        title: "Clinic".into(),
        systems: Default::default(),
        facilities: Default::default(),
        rationale: None,
    };
    world.dossier.scope.components.insert(id("clinic"), at("scope.yaml", 9, component));
}

#[test]
fn things_stand_long_enough_before_their_test_on_the_first_of_october() {
    table(&[
        ("a policy of 60 days", |w| stands(w, "policy", Some("2026-08-02")), &[]),
        ("a policy of 59 days", |w| stands(w, "policy", Some("2026-08-03")), &["QC-11 level R1 policy"]),
        ("a procedure of 59 days", |w| stands(w, "procedure", Some("2026-08-03")), &["QC-11 level R1 procedure"]),
        ("a control of 90 days", |w| stands(w, "implemented", Some("2026-07-03")), &[]),
        ("a control of 89 days", |w| stands(w, "implemented", Some("2026-07-04")), &["QC-12 level R1 implemented"]),
        ("nobody says since when", |w| stands(w, "policy", None), &["QC-11 level R1 policy"]),
        ("nobody says since when it operates", |w| stands(w, "implemented", None), &["QC-12 level R1 implemented"]),
        (
            "the document's approval stands in",
            |w| {
                stands(w, "policy", None);
                w.evidence("r1-policy").effective = Some(day("2026-08-02"));
            },
            &[],
        ),
        (
            "the document's approval is too young",
            |w| {
                stands(w, "policy", None);
                w.evidence("r1-policy").effective = Some(day("2026-08-03"));
            },
            &["QC-11 level R1 policy"],
        ),
        ("in place after its test", |w| stands(w, "policy", Some("2026-10-02")), &["QC-11 level R1 policy"]),
        (
            "scored 0, it may be young",
            |w| {
                stands(w, "implemented", Some("2026-09-30"));
                w.scores("R1", [Some("100"), Some("100"), Some("0"), None, None]);
                w.short("R1", Shortfall::Gap);
            },
            &[],
        ),
        (
            "the assessor's day counts where the entity gives none",
            |w| {
                w.on("R1", "implemented").tested_on = None;
                stands(w, "implemented", Some("2026-07-13"));
            },
            &["QC-12 level R1 implemented"],
        ),
        (
            "and one day earlier is enough",
            |w| {
                w.on("R1", "implemented").tested_on = None;
                stands(w, "implemented", Some("2026-07-12"));
            },
            &[],
        ),
    ]);
}

fn stands(world: &mut World, level: &str, since: Option<&str>) {
    world.on("R1", level).in_place_since = since.map(day);
}

#[test]
fn fieldwork_and_what_happens_after_it() {
    table(&[
        ("begun 90 days before submission", |w| w.dates.fieldwork_began = Some(day("2026-09-01")), &[]),
        (
            "begun 91 days before submission",
            |w| w.dates.fieldwork_began = Some(day("2026-08-31")),
            &["QC-13 assessment"],
        ),
        (
            "a test before the day on which it is said to begin",
            |w| w.validated("R1").tested_on = day("2026-08-31"),
            &["QC-13 assessment", "QC-24 requirement R1"],
        ),
        (
            "not submitted: counted to the day of the check",
            |w| {
                w.dates.submission = None;
                w.dates.fieldwork_began = Some(day("2026-08-28"));
            },
            &[],
        ),
        (
            "and 91 days to the day of the check",
            |w| {
                w.dates.submission = None;
                w.dates.fieldwork_began = Some(day("2026-08-27"));
            },
            &["QC-13 assessment"],
        ),
        (
            "tested again after the assessor finished",
            |w| {
                w.on("R1", "policy").tested_on = Some(day("2026-10-11"));
            },
            &["QC-24 requirement R1"],
        ),
        (
            "scored otherwise than when the assessor finished",
            |w| {
                w.completed
                    .as_mut()
                    .unwrap()
                    .insert(id("R2"), levels_of([Some("75"), Some("100"), Some("100"), None, None]));
            },
            &["QC-24 requirement R2"],
        ),
        (
            "not finished, it may change",
            |w| {
                w.completed
                    .as_mut()
                    .unwrap()
                    .insert(id("R2"), levels_of([Some("75"), Some("100"), Some("100"), None, None]));
                w.validated("R2").complete = false;
            },
            &["QC-40 requirement R2"],
        ),
        (
            "nobody looked",
            |w| {
                w.dossier.validation.remove(&id::<RequirementKey>("R2"));
            },
            &["QC-40 requirement R2"],
        ),
        (
            "nobody agreed that it does not apply",
            |w| {
                mobile_out(w);
                w.validated("R2").not_applicable = None;
            },
            &["QC-40 requirement R2"],
        ),
    ]);
}

/// Handed on in a state with these files; `now` changes them.
fn handed(world: &mut World, state: State, now: fn(&mut Frozen)) {
    let file = |subject, text: &str| FrozenFile { subject, digest: attesta_kernel::Digest::of(text.as_bytes()) };
    let files: Frozen = [
        ("actions.yaml".into(), file(Subject::Caps, "a")),
        ("answers/all.yaml".into(), file(Subject::Answers, "b")),
        ("validation/all.yaml".into(), file(Subject::AssessorResults, "c")),
    ]
    .into();
    let mut changed = files.clone();
    now(&mut changed);
    let life = Life { purpose: Purpose::Validated, state, papers: Papers::default(), files, last: None };
    world.handed = Some((life, changed));
}

fn touch(files: &mut Frozen, path: &str) {
    files.get_mut(path).unwrap().digest = attesta_kernel::Digest::of(b"other");
}

#[test]
fn what_was_handed_on_is_not_touched() {
    table(&[
        ("nothing changed", |w| handed(w, State::CapReview, |_| {}), &[]),
        (
            "answers changed after the assessor finished",
            |w| handed(w, State::CapsAndLetter { returned: None }, |f| touch(f, "answers/all.yaml")),
            &["QC-24 document answers/all.yaml"],
        ),
        (
            "results changed after the assessor finished",
            |w| handed(w, State::CapsAndLetter { returned: None }, |f| touch(f, "validation/all.yaml")),
            &["QC-24 document validation/all.yaml"],
        ),
        (
            "results are taken away",
            |w| {
                handed(w, State::CapReview, |f| {
                    let _ = f.remove("validation/all.yaml");
                })
            },
            &["QC-24 document validation/all.yaml"],
        ),
        (
            "plans may change then",
            |w| handed(w, State::CapsAndLetter { returned: None }, |f| touch(f, "actions.yaml")),
            &[],
        ),
        (
            "answers may change while they are given",
            |w| handed(w, State::Answering { returned: None }, |f| touch(f, "answers/all.yaml")),
            &[],
        ),
        (
            "results may change while the assessor tests",
            |w| handed(w, State::Validation { reopened: None }, |f| touch(f, "validation/all.yaml")),
            &[],
        ),
        (
            "answers may not",
            |w| handed(w, State::Validation { reopened: None }, |f| touch(f, "answers/all.yaml")),
            &["QC-24 document answers/all.yaml"],
        ),
    ]);
}
