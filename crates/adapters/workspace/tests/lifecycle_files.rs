//! What commands alone write about an assessment's life: written, read again, and told when somebody edited it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use attesta_assessment::Purpose;
use attesta_content::{ContentSource, process};
use attesta_kernel::{Confidence, Date, Digest, Provenance};
use attesta_lifecycle::*;
use attesta_workspace::{
    ASSESSMENT, Change, Folder, LIFECYCLE, Over, held_files, history, history_change, items, new_sample_changes,
    notices_change, population_items, population_place, sample_change, samples,
};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn folder() -> (tempfile::TempDir, Folder) {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::create(&dir.path().join("a")).unwrap();
    let change = |inside: &str, text: &str| Change { inside: inside.into(), text: text.into(), over: Over::Nothing };
    folder
        .write(&[
            change(ASSESSMENT, "schema: attesta.assessment/1\ntarget: 2027-01-01\nid: a\n"),
            change("scope.yaml", "schema: attesta.scope/1\n"),
            change("answers/01.yaml", "schema: attesta.answers/1\n"),
            change("evidence/deep/er/policy.txt", "a policy"),
            change("people.yaml", "schema: attesta.people/1\n"),
            change("hipaa/risks.yaml", "schema: x\n"),
        ])
        .unwrap();
    (dir, folder)
}

fn walk(folder: &Folder, steps: &[(Verb, &str)]) -> History {
    let process = process(&ContentSource::Embedded).unwrap();
    let setting = Setting {
        phases: &process.phases,
        figures: &process.figures,
        terms: &process.terms,
        program: "r2",
        purpose: Purpose::Validated,
        created: day("2026-01-02"),
        prior: None,
        today: day("2026-12-31"),
    };
    let readiness = Gate::ALL.into_iter().fold(Readiness::new(), |r, gate| r.with(gate, GateState::Open));
    for (verb, at) in steps {
        let (history, read) = history(folder, Purpose::Validated, setting.track().unwrap()).unwrap();
        let command = match verb.wants() {
            Wants::Nothing => Command::new(*verb, None, None, None),
            Wants::Day => Command::new(*verb, Some(day(at)), None, None),
            Wants::Task => Command::new(*verb, None, Some("a \"question\"\nof two lines: #1".into()), None),
            Wants::Number => Command::new(*verb, None, None, Some(1)),
        };
        let telling = Telling {
            at: day(at),
            by: "ana".parse().unwrap(),
            side: verb.side(),
            note: "it's \\ \"quoted\"\tand\u{7}odd".into(),
            reference: Some("letter: 7 # not a comment".into()),
        };
        let files = held_files(folder).unwrap();
        let seen = Seen { readiness: &readiness, files: &files };
        let after = advance(&history, &setting, seen, &command.unwrap(), telling).unwrap();
        folder.write(&[history_change(&after, read)]).unwrap();
        let again = attesta_workspace::history(folder, Purpose::Validated, setting.track().unwrap()).unwrap().0;
        assert_eq!(again, after, "{verb}");
    }
    history(folder, Purpose::Validated, setting.track().unwrap()).unwrap().0
}

const WAY: [(Verb, &str); 18] = [
    (Verb::HandInPreAssessment, "2026-01-05"),
    (Verb::ApprovePreAssessment, "2026-01-06"),
    (Verb::SubmitAnswers, "2026-02-01"),
    (Verb::BeginFieldwork, "2026-02-02"),
    (Verb::CompleteValidation, "2026-03-01"),
    (Verb::SignLetter, "2026-03-02"),
    (Verb::HandInCaps, "2026-03-02"),
    (Verb::SignAgreement, "2026-03-03"),
    (Verb::ReserveQa, "2026-03-10"),
    (Verb::Submit, "2026-03-10"),
    (Verb::AcceptCheckIn, "2026-03-12"),
    (Verb::BeginQa, "2026-03-12"),
    (Verb::RaiseTask, "2026-03-20"),
    (Verb::HandOverTasks, "2026-03-20"),
    (Verb::AnswerTask, "2026-03-21"),
    (Verb::HandBackTasks, "2026-03-21"),
    (Verb::CloseTask, "2026-03-22"),
    (Verb::FinishQa, "2026-03-22"),
];

#[test]
fn a_history_is_read_as_it_was_written() {
    let (_dir, folder) = folder();
    walk(&folder, &WAY);
    let end = walk(
        &folder,
        &[(Verb::IssueDraft, "2026-04-01"), (Verb::AcceptDraft, "2026-04-10"), (Verb::Certify, "2026-04-20")],
    );
    let (certificate, _) = end.life().state.certificate().unwrap();
    assert_eq!((certificate.issued, certificate.expires), (day("2026-03-02"), day("2028-03-02")));
    assert_eq!(end.entries().len(), WAY.len() + 3);
}

fn told(folder: &Folder) -> String {
    let process = process(&ContentSource::Embedded).unwrap();
    let (track, _) = process.phases.track(Purpose::Validated, day("2026-01-02")).unwrap();
    let faults = history(folder, Purpose::Validated, track).unwrap_err();
    faults[0].to_string().rsplit("lifecycle.yaml").next().unwrap().to_owned()
}

#[test]
fn a_history_that_was_edited_names_the_entry() {
    let (_dir, folder) = folder();
    walk(&folder, &WAY);
    let path = folder.shown(LIFECYCLE);
    let text = fs::read_to_string(&path).unwrap();
    let edit = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        told(&folder)
    };
    assert!(edit("at: 2026-02-01", "at: 2026-01-31").contains(": entry 3 was changed"));
    assert!(edit("phase: preparing-draft", "phase: complete").contains("`phase` is not where the entries lead"));
    assert!(edit("command: begin-qa", "command: begin-tea").contains("`begin-tea` is nothing that can be done"));
    assert!(edit("by: ana", "by: bob").contains(": entry 1 was changed"));
    let digest = text.split("scope.yaml\": scope ").nth(1).unwrap().split('\n').next().unwrap();
    let other = Digest::of(b"other").to_string();
    assert!(edit(digest, &other).contains(": entry 1 was changed"));
    assert!(edit("files:\n", "files:\n      \"x\": nonsense\n").contains("neither `gone` nor a subject and a digest"));
}

#[test]
fn what_somebody_else_wrote_meanwhile_is_not_lost() {
    let (_dir, folder) = folder();
    let process = process(&ContentSource::Embedded).unwrap();
    let (track, _) = process.phases.track(Purpose::Validated, day("2026-01-02")).unwrap();
    let (mine, read) = history(&folder, Purpose::Validated, track).unwrap();
    walk(&folder, &WAY[..1]);
    let fault = folder.write(&[history_change(&mine, read)]).unwrap_err();
    assert!(fault.to_string().contains("changed while this command ran (help: run the command again)"), "{fault}");
    assert_eq!(history(&folder, Purpose::Validated, track).unwrap().0.entries().len(), 1);
}

#[test]
fn files_are_held_by_what_they_hold_and_a_target_may_move() {
    let (_dir, folder) = folder();
    let files = held_files(&folder).unwrap();
    let held: Vec<(&str, Subject)> = files.iter().map(|(path, f)| (path.as_ref(), f.subject)).collect();
    assert_eq!(
        held,
        [
            ("answers/01.yaml", Subject::Answers),
            (ASSESSMENT, Subject::Scope),
            ("evidence/deep/er/policy.txt", Subject::Evidence),
            ("scope.yaml", Subject::Scope),
        ],
        "people and HIPAA are not held"
    );
    let rewrite = |text: &str| fs::write(folder.shown(ASSESSMENT), text).unwrap();
    rewrite("schema: attesta.assessment/1\ntarget: 2028-01-01\nid: a\n");
    assert_eq!(held_files(&folder).unwrap(), files);
    rewrite("schema: attesta.assessment/1\ntarget: 2028-01-01\nid: b\n");
    assert_ne!(held_files(&folder).unwrap(), files);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/hostname", folder.shown("evidence/link")).unwrap();
        let faults = held_files(&folder).unwrap_err();
        assert!(faults[0].to_string().contains("evidence/link: is a link"), "{faults:?}");
    }
}

fn sample(folder: &Folder) -> Sample {
    let text = "id,title\nCHG-1,\"a, b\"\nCHG-2,c\nCHG-3,d\nCHG-4,e\nCHG-5,f\nCHG-6,g\n";
    let (digest, file) = (Digest::of(text.as_bytes()), population_place(&"changes".parse().unwrap()));
    let sample = Sample {
        id: "changes".parse().unwrap(),
        requirements: BTreeSet::from(["0605.09k1Organizational.1".parse().unwrap()]),
        control: "each change is \"approved\"".into(),
        frequency: Frequency::Each,
        population: Population {
            source: "tickets".into(),
            created: day("2026-03-01"),
            window: Window::Time { from: day("2025-11-01"), to: day("2026-02-28") },
            completeness: "counted".into(),
            reveals_failures: "rejected ones are in it".into(),
            file: file.as_str().into(),
            digest,
            size: 6,
        },
        attributes: BTreeMap::from([(1, Attribute { text: "approved".into(), elements: BTreeSet::from([1, 2]) })]),
        drawn: None,
    };
    folder.write(&new_sample_changes(&sample, text)).unwrap();
    sample
}

#[test]
fn a_sample_is_read_as_it_was_written_and_a_draw_that_was_edited_is_told() {
    let (_dir, folder) = folder();
    let mut written = sample(&folder);
    let read = || samples(&folder).map(|s| s[&"changes".parse().unwrap()].value.clone());
    assert_eq!(read().unwrap().sample, written);
    let (items, now) = population_items(&folder, "samples/changes.csv").unwrap();
    assert_eq!((items.count(), now), (6, written.population.digest));
    let by = || "tess".parse().unwrap();
    let provenance = Provenance { source: "a test".into(), confidence: Confidence::Unverified };
    let ask = DrawAsk { seed: "s".parse().unwrap(), count: None, on: day("2026-03-02"), by: by() };
    written = written.draw(&items, now, Size { count: 3, rule: "three".into(), provenance }, ask).unwrap();
    let first = written.drawn.as_ref().unwrap().items[0].clone();
    let ask = ReplaceAsk { item: first, because: "cancelled".into(), on: day("2026-03-02"), by: by() };
    written = written.replace(&items, now, ask).unwrap();
    let item = written.drawn.as_ref().unwrap().items[1].clone();
    let outcome = ItemOutcome::Deviation { what: "nobody: approved".into() };
    let finding = Finding { outcome, evidence: vec!["e-1".parse().unwrap()], on: day("2026-03-03"), by: by() };
    written = written.record(now, &item, 1, finding).unwrap();
    folder.write(&[sample_change(&written, Some(read().unwrap().read))]).unwrap();
    assert_eq!(read().unwrap().sample, written);
    // An item that was put in by hand.
    let path = folder.shown("samples/changes.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let held: &str = &written.drawn.as_ref().unwrap().items[2];
    let other =
        items.iter().find(|i| !text.contains(&format!("- \"{i}\"")) && !text.contains(&format!("item: \"{i}\"")));
    let edited = text.replace(&format!("- \"{held}\""), &format!("- \"{}\"", other.unwrap()));
    fs::write(&path, edited).unwrap();
    assert!(read().unwrap_err()[0].to_string().contains("are not those that its seed draws"));
    fs::write(&path, text.replacen("item: \"CHG", "item: \"NEW", 1)).unwrap();
    assert!(read().is_err());
}

#[test]
fn populations_that_will_not_do_name_the_line() {
    let told = |text: &str| {
        let file = attesta_content::File { path: "p.csv".into(), inside: "p.csv".into(), text: text.to_owned().into() };
        items(&file).map(|i| i.count()).map_err(|f| f.to_string())
    };
    assert_eq!(told("id\na\nb\n"), Ok(2));
    assert_eq!(told("\u{feff}id;x\na\n"), Ok(1));
    assert_eq!(told("id\na\na\n").unwrap_err().split(" (help").next(), Some("p.csv:1: item `a` stands twice"));
    assert!(told("id\n").unwrap_err().contains("has no items"));
    assert!(told("id\n\"a\nb\"\n").unwrap_err().contains("p.csv:2: the id is longer than"));
}

#[test]
fn events_are_read_as_they_were_written() {
    let (_dir, folder) = folder();
    let by = || "ana".parse().unwrap();
    let event = |id: &str, ended, told: Option<(Date, String)>| SecurityEvent {
        id: id.parse().unwrap(),
        what: "a \"strange\" login".into(),
        identified: day("2026-03-01"),
        ended,
        told,
        by: by(),
    };
    let notices = Notices {
        events: vec![
            event("a", None, None),
            event("b", Some(Ended::Confirmed(day("2026-03-02"))), Some((day("2026-03-03"), "ticket: 7".into()))),
            event("c", Some(Ended::Dismissed(day("2026-03-02"))), None),
        ],
        changes: vec![SignificantChange {
            id: "d".parse().unwrap(),
            what: "a new site".into(),
            on: day("2026-03-01"),
            consulted: Some(Consulted { on: day("2026-03-02"), reference: "mail".into(), answer: Some("fine".into()) }),
            by: by(),
        }],
    };
    folder.write(&[notices_change(&notices, None)]).unwrap();
    let today = day("2026-06-01");
    let (read, digest) = attesta_workspace::notices(&folder, today).unwrap();
    assert_eq!(read, notices);
    assert!(folder.write(&[notices_change(&read, None)]).is_err(), "it was read as another");
    folder.write(&[notices_change(&read, digest)]).unwrap();
    let early = attesta_workspace::notices(&folder, day("2026-03-01")).unwrap_err();
    assert!(early[0].to_string().contains("is in the future"), "{early:?}");
    let path = folder.shown("events.yaml");
    let text = fs::read_to_string(&path).unwrap().replace("id: b", "id: a");
    fs::write(path, text).unwrap();
    let twice = attesta_workspace::notices(&folder, today).unwrap_err();
    assert!(twice[0].to_string().contains("event `a` stands twice"), "{twice:?}");
}
