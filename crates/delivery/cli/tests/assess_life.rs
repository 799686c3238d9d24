//! The life of an assessment as a user runs it: from the first hand-in to the certificate by commands alone, with a refusal at
//! each gate; samples, events and the calendar on the way. The folder is `fixtures/life/clinic-r2`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};

use support::{Run, attesta, root};
use tempfile::TempDir;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
        if path.is_dir() { copy(&path, &to.join(name)) } else { fs::copy(&path, to.join(name)).map(|_| ()).unwrap() }
    }
}

struct Clinic {
    _dir: TempDir,
    path: PathBuf,
}

impl Clinic {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("clinic");
        copy(&root().join("fixtures/life/clinic-r2"), &path);
        Self { _dir: dir, path }
    }

    fn run(&self, verb: &str, more: &[&str]) -> Run {
        let dir = self.path.display().to_string();
        let arguments: Vec<&str> = ["assess", verb, &dir].into_iter().chain(more.iter().copied()).collect();
        attesta(&[&arguments[..], &["--quiet"]].concat())
    }

    fn advance(&self, command: &str, by: &str, at: &str, more: &[&str]) -> Run {
        self.run("advance", &[&[command, "--by", by, "--at", at], more].concat())
    }

    /// Moves on, or fails the test.
    fn go(&self, command: &str, by: &str, at: &str, more: &[&str]) -> String {
        let run = self.advance(command, by, at, more);
        assert_eq!(run.code, 0, "{command}: {}", run.err);
        self.phase()
    }

    /// HITRUST's acts, told by somebody.
    fn told(&self, command: &str, at: &str, more: &[&str]) -> String {
        self.go(command, "bob", at, &[&["--reference", "message of HITRUST"], more].concat())
    }

    /// Is refused with exit code 1, changes nothing, and says this.
    fn refused(&self, command: &str, by: &str, at: &str, more: &[&str], says: &[&str]) {
        let before = self.text("lifecycle.yaml");
        let run = self.advance(command, by, at, more);
        assert_eq!(run.code, 1, "{command}: {} {}", run.out, run.err);
        for text in says {
            assert!(run.err.contains(text), "{command}: {text}: {}", run.err);
        }
        assert!(run.err.contains("(help: ") || run.err.contains(" help: "), "{}", run.err);
        assert_eq!(self.text("lifecycle.yaml"), before, "{command}");
    }

    fn phase(&self) -> String {
        let run = self.run("advance", &["--at", "2026-11-01", "--format", "json"]);
        run.json()["phase"].as_str().unwrap_or_else(|| panic!("{}", run.err)).to_owned()
    }

    fn text(&self, inside: &str) -> String {
        fs::read_to_string(self.path.join(inside)).unwrap_or_default()
    }

    fn change(&self, inside: &str, old: &str, new: &str) {
        let text = self.text(inside);
        assert!(text.contains(old), "{inside}: {old}");
        fs::write(self.path.join(inside), text.replacen(old, new, 1)).unwrap();
    }

    fn sample(&self, more: &[&str], at: &str) -> Run {
        self.run("sample", &[more, &["--at", at]].concat())
    }

    /// A sample of the changes, drawn and with a finding on each item; `bad` of them deviate.
    fn sampled(&self, bad: usize) {
        let population = root().join("fixtures/life/changes.csv").display().to_string();
        let new = [
            "new",
            "changes",
            "--population",
            &population,
            "--source",
            "ticket system, type = change",
            "--created",
            "2026-03-02",
            "--from",
            "2025-03-10",
            "--to",
            "2026-03-01",
            "--completeness",
            "60 tickets here, 60 in the yearly report",
            "--reveals-failures",
            "tickets without approval are in it too",
            "--control",
            "every change is approved",
            "--requirement",
            "CL-2",
            "--attribute",
            "1=it was approved",
            "--attribute",
            "2=it was tested",
            "--by",
            "bob",
        ];
        let run = self.sample(&new, "2026-03-02");
        assert_eq!(run.code, 0, "{}", run.err);
        let run = self.sample(&["draw", "changes", "--seed", "chosen by Bob", "--by", "bob"], "2026-03-03");
        assert_eq!(run.code, 0, "{}", run.err);
        let items: Vec<String> = run.out.lines().map(str::to_owned).collect();
        assert_eq!(items.len(), 6, "10 per cent of 60");
        for (n, item) in items.iter().enumerate() {
            for attribute in ["1", "2"] {
                let found: &[&str] =
                    if n < bad && attribute == "2" { &["--deviation", "no record of a test"] } else { &["--holds"] };
                let record = ["record", "changes", "--item", item, "--attribute", attribute, "--by", "bob"];
                let run = self.sample(&[&record[..], found].concat(), "2026-03-10");
                assert_eq!(run.code, 0, "{}", run.err);
            }
        }
    }
}

#[test]
fn from_the_first_hand_in_to_the_certificate_with_a_refusal_at_each_gate() {
    let c = Clinic::new();
    assert_eq!(c.phase(), "pre-assessment");

    // Pre-assessment: scope and factors.
    c.change("factors.yaml", "  e-signatures:", "  # e-signatures:");
    c.change("factors.yaml", "  users:", "  # users:");
    c.refused(
        "hand-in-pre-assessment",
        "ann",
        "2026-01-10",
        &[],
        &["factor `users` is not answered", "the entity's side can"],
    );
    c.change("factors.yaml", "  # users:", "  users:");
    c.refused("hand-in-pre-assessment", "bob", "2026-01-10", &[], &["an act of the entity's side"]);
    c.refused(
        "hand-in-pre-assessment",
        "ann",
        "2026-01-04",
        &[],
        &["is before the assessment's creation on 2026-01-05"],
    );
    c.refused("submit-answers", "ann", "2026-01-10", &[], &["has no place in phase `pre-assessment`"]);
    c.change("factors.yaml", "  # e-signatures:", "  e-signatures:");
    assert_eq!(c.go("hand-in-pre-assessment", "ann", "2026-01-10", &[]), "pre-assessment-review");
    c.refused("return-pre-assessment", "bob", "2026-01-11", &[], &["needs a reason", "--note"]);
    assert_eq!(c.go("approve-pre-assessment", "bob", "2026-01-12", &[]), "answering");

    // What was handed in is held.
    c.change("scope.yaml", "one data centre", "two data centres");
    c.refused("submit-answers", "ann", "2026-02-20", &[], &["`scope.yaml` changed since the last event on 2026-01-12"]);
    c.change("scope.yaml", "two data centres", "one data centre");

    // Answers.
    c.change("answers/all.yaml", "  - requirement: CL-1\n", "  - requirement: CL-1\n    not_applicable: \"\"\n");
    assert_ne!(c.advance("submit-answers", "ann", "2026-02-20", &[]).code, 0, "an empty reason is none");
    c.change("answers/all.yaml", "    not_applicable: \"\"\n", "");
    let whole = c.text("answers/all.yaml");
    let first = whole.split("  - requirement: CL-2").next().unwrap();
    fs::write(c.path.join("answers/all.yaml"), first).unwrap();
    c.refused("submit-answers", "ann", "2026-02-20", &[], &["requirement `CL-2` is not answered"]);
    fs::write(c.path.join("answers/all.yaml"), &whole).unwrap();
    assert_eq!(c.go("submit-answers", "ann", "2026-02-20", &[]), "validation");

    // Validation.
    c.refused("complete-validation", "bob", "2026-04-10", &[], &["it is not told when the fieldwork began"]);
    c.refused(
        "begin-fieldwork",
        "bob",
        "2026-03-12",
        &["--day", "2026-03-09"],
        &["it says 2026-03-02, and --day says 2026-03-09"],
    );
    c.go("begin-fieldwork", "bob", "2026-03-12", &[]);
    // The sample that an answer names is not there: a check that finds it stands in the way.
    c.refused("complete-validation", "bob", "2026-04-10", &[], &["QC-09"]);
    c.sampled(0);
    c.change("validation/all.yaml", "complete: true", "complete: false");
    c.refused(
        "complete-validation",
        "bob",
        "2026-04-10",
        &[],
        &["requirement `CL-1` is not finished by the assessor", "the assessor's side can"],
    );
    c.change("validation/all.yaml", "complete: false", "complete: true");
    assert_eq!(c.go("complete-validation", "bob", "2026-04-10", &[]), "caps-and-letter");

    // Plans and letter.
    c.refused(
        "hand-in-caps",
        "ann",
        "2026-04-20",
        &[],
        &["the management representation letter is not signed", "record it with `sign-letter`"],
    );
    c.go("sign-letter", "ann", "2026-04-20", &[]);
    assert_eq!(c.go("hand-in-caps", "ann", "2026-04-20", &[]), "cap-review");

    // Submission.
    c.refused(
        "submit",
        "bob",
        "2026-05-04",
        &[],
        &["the validated report agreement is not signed", "no block of quality assurance is reserved"],
    );
    c.go("sign-agreement", "ann", "2026-04-21", &[]);
    c.refused("reserve-qa", "bob", "2026-04-22", &[], &["needs its reference"]);
    c.go("reserve-qa", "bob", "2026-04-22", &["--reference", "reservation 12"]);
    c.refused("submit", "bob", "2026-05-12", &[], &["the reserved block began on 2026-05-11"]);
    assert_eq!(c.go("submit", "bob", "2026-05-04", &[]), "check-in");

    // Frozen.
    c.change("answers/all.yaml", "strength: very-high", "strength: high");
    c.refused("accept-check-in", "bob", "2026-05-06", &["--reference", "m"], &["`answers/all.yaml` changed since the last event on 2026-05-04; it was submitted to HITRUST and is frozen (answers)"]);
    c.change("answers/all.yaml", "strength: high", "strength: very-high");
    c.refused("accept-check-in", "bob", "2026-05-06", &[], &["an act of HITRUST's and needs its reference"]);
    let late = c.sample(&["record", "changes", "--item", "CHG-0001", "--holds", "--by", "bob"], "2026-05-06");
    assert_eq!(late.code, 1);
    assert!(late.err.contains("samples cannot change in phase `check-in`"), "{}", late.err);

    // Check-in with a task.
    assert_eq!(
        c.told("revert-check-in", "2026-05-06", &["--task", "the overview names no data centre"]),
        "check-in-tasks"
    );
    c.refused("hand-back-tasks", "bob", "2026-05-07", &[], &["tasks 1 are not answered"]);
    fs::write(c.path.join("evidence/overview.txt"), "One data centre, in Ohio.\n").unwrap();
    c.go("answer-task", "bob", "2026-05-07", &["--number", "1", "--note", "the overview says it now"]);
    assert_eq!(c.go("hand-back-tasks", "bob", "2026-05-07", &[]), "check-in");
    assert_eq!(c.told("accept-check-in", "2026-05-08", &[]), "pending-qa");

    // QA.
    c.refused("begin-qa", "bob", "2026-05-10", &["--reference", "m"], &["is before the reserved block of 2026-05-11"]);
    assert_eq!(c.told("begin-qa", "2026-05-11", &[]), "qa");
    c.told("raise-task", "2026-05-20", &["--task", "show the population of CL-2"]);
    c.refused("finish-qa", "bob", "2026-05-20", &["--reference", "m"], &["tasks 1 are not closed"]);
    assert_eq!(c.told("hand-over-tasks", "2026-05-20", &[]), "qa-tasks");
    c.go("answer-task", "bob", "2026-05-22", &["--number", "1", "--note", "samples/changes.csv"]);
    assert_eq!(c.go("hand-back-tasks", "bob", "2026-05-22", &[]), "qa-response-review");
    c.told("close-task", "2026-05-28", &["--number", "1"]);
    assert_eq!(c.told("finish-qa", "2026-05-28", &[]), "preparing-draft");

    // Draft.
    assert_eq!(c.told("issue-draft", "2026-06-10", &[]), "draft-review");
    c.refused(
        "request-wording",
        "ann",
        "2026-07-11",
        &["--note", "our name is misspelt"],
        &["the draft could be read until 2026-07-10"],
    );
    assert_eq!(c.go("request-wording", "ann", "2026-06-20", &["--note", "our name is misspelt"]), "revising-draft");
    assert_eq!(c.told("issue-draft", "2026-06-25", &[]), "draft-review");
    assert_eq!(c.go("accept-draft", "ann", "2026-06-30", &[]), "final-report");

    // The decision is HITRUST's; it is recorded as told, and dated by the letter.
    c.refused("certify", "ann", "2026-07-15", &[], &["an act of HITRUST's and needs its reference"]);
    assert_eq!(c.told("certify", "2026-07-15", &[]), "complete");
    let shown = c.run("advance", &["--at", "2026-08-01"]);
    assert!(
        shown.out.contains(
            "certificate: r2 (validated), 2026-04-20 to 2028-04-20, holds; HITRUST's reference: message of HITRUST"
        ),
        "{}",
        shown.out
    );
    c.refused(
        "submit",
        "bob",
        "2026-08-01",
        &[],
        &["has no place in phase `complete`", "here one can suspend, reinstate, revoke"],
    );
    let calendar = c.run("calendar", &["--at", "2026-08-01", "--format", "json"]).json();
    let line = |key: &str| calendar["lines"].as_array().unwrap().iter().find(|l| l["key"] == key).unwrap().clone();
    assert_eq!((&line("interim")["from"], &line("interim")["until"]), (&"2027-01-20".into(), &"2027-04-20".into()));
    assert_eq!(line("recertification")["until"], "2028-04-20");
    assert_eq!(calendar["outlook"]["stands"], "reached");

    // An edit of the history is told, with exit code 4.
    c.change("lifecycle.yaml", "note: \"our name is misspelt\"", "note: \"all is well\"");
    let edited = c.run("advance", &["--at", "2026-08-01"]);
    assert_eq!(edited.code, 4, "{}", edited.err);
    assert!(edited.err.contains("was changed, or one before it was: its digest does not fit"), "{}", edited.err);
}

#[test]
fn acts_in_the_future_and_by_nobody_are_refused() {
    let c = Clinic::new();
    c.refused("hand-in-pre-assessment", "ann", "2999-01-01", &[], &["is in the future"]);
    let nobody = c.advance("hand-in-pre-assessment", "zoe", "2026-01-10", &[]);
    assert_eq!(nobody.code, 2);
    assert!(
        nobody.err.contains("there is no person `zoe`") && nobody.err.contains("ann, bob, cat, eve"),
        "{}",
        nobody.err
    );
    assert_eq!(c.run("advance", &["fly"]).code, 2);
    assert_eq!(c.run("advance", &["submit"]).code, 2, "somebody must be named");
}

#[test]
fn samples_refuse_what_would_let_somebody_choose() {
    let c = Clinic::new();
    let told = |run: Run, code: i32, says: &str| {
        assert_eq!(run.code, code, "{} {}", run.out, run.err);
        assert!(run.err.contains(says), "{says}: {}", run.err);
    };
    let list = |c: &Clinic| c.sample(&["list", "--format", "json"], "2026-03-10").json();
    c.sampled(1);
    let at = "2026-03-10";
    assert_eq!(
        (&list(&c)[0]["stands"], &list(&c)[0]["passing"]),
        (&"finished".into(), &5.into()),
        "one of six deviates"
    );
    told(c.sample(&["draw", "changes", "--seed", "again", "--by", "bob"], at), 1, "was drawn already");
    told(c.sample(&["record", "changes", "--item", "CHG-9999", "--holds", "--by", "bob"], at), 1, "was not drawn");
    let sheet = c.sample(&["lead-sheet", "changes"], at);
    assert_eq!(sheet.code, 0);
    let item = sheet.out.split("## Items").nth(1).unwrap().split("| CHG-").nth(1).unwrap();
    let item = format!("CHG-{}", item.split(' ').next().unwrap());
    let replace = ["replace", "changes", "--item", &item, "--because", "cancelled", "--by", "bob"];
    told(c.sample(&replace, at), 1, "has findings");
    let again = ["record", "changes", "--item", &item, "--holds", "--by", "bob"];
    told(c.sample(&again, at), 1, "has a finding already");
    // The population is frozen.
    let population = c.text("samples/changes.csv");
    fs::write(c.path.join("samples/changes.csv"), population.replacen("CHG-0060", "CHG-0061", 1)).unwrap();
    told(c.sample(&again, at), 1, "changed after it was frozen");
    fs::write(c.path.join("samples/changes.csv"), population).unwrap();
    // A draw that was edited is told by every command.
    c.change("samples/changes.yaml", &format!("    - \"{item}\""), "    - \"CHG-0060\"");
    told(c.sample(&["list"], at), 3, "put the file back as it was; it is written by `attesta assess sample` alone");
}

#[test]
fn populations_that_will_not_do_are_refused() {
    let c = Clinic::new();
    let new = |more: &[&str]| {
        let population = root().join("fixtures/life/changes.csv").display().to_string();
        let base = [
            "new",
            "s",
            "--population",
            &population,
            "--source",
            "tickets",
            "--created",
            "2026-03-02",
            "--completeness",
            "counted",
            "--control",
            "approved",
            "--by",
            "bob",
        ];
        c.sample(&[&base[..], more].concat(), "2026-03-02")
    };
    let whole = ["--reveals-failures", "yes, it does", "--requirement", "CL-2", "--attribute", "1=approved"];
    let told = |run: Run, code: i32, says: &str| {
        assert_eq!(run.code, code, "{} {}", run.out, run.err);
        assert!(run.err.contains(says), "{says}: {}", run.err);
    };
    told(
        new(&["--reveals-failures", " ", "--requirement", "CL-2", "--attribute", "1=approved"]),
        1,
        "`reveals_failures` is not told",
    );
    told(new(&[&whole[..], &["--from", "2026-01-01", "--to", "2026-03-01"]].concat()), 1, "is shorter than 90 days");
    told(new(&[&whole[..], &["--from", "2025-03-01", "--to", "2026-03-01"]].concat()), 1, "more than 12 months before");
    told(
        new(&["--reveals-failures", "y", "--requirement", "XX-9", "--attribute", "1=approved"]),
        2,
        "`XX-9` is not asked here",
    );
    told(
        new(&["--reveals-failures", "y", "--requirement", "CL-2", "--attribute", "7=approved"]),
        2,
        "has no element 7",
    );
    assert_eq!(new(&["--reveals-failures", "y", "--requirement", "CL-2", "--attribute", "approved"]).code, 2);
    assert!(c.text("samples/s.csv").is_empty(), "nothing was written");
    let good = [&whole[..], &["--from", "2025-03-10", "--to", "2026-03-01"]].concat();
    assert_eq!(new(&good).code, 0);
    told(new(&good), 3, "stands there already");
    told(
        c.sample(&["draw", "s", "--seed", "x", "--size", "61", "--by", "bob"], "2026-03-03"),
        1,
        "larger than its population of 60",
    );
    told(
        c.sample(&["draw", "s", "--seed", "x", "--size", "5", "--by", "bob"], "2026-03-03"),
        1,
        "smaller than the 6 of the table",
    );
}

#[test]
fn a_target_is_told_to_be_out_of_reach() {
    let c = Clinic::new();
    fs::remove_file(c.path.join("answers/all.yaml")).unwrap();
    let run = c.run("calendar", &["--at", "2026-07-14", "--target", "2026-12-01"]);
    assert_eq!(run.code, 1);
    let last = run.out.lines().last().unwrap();
    assert_eq!(
        last,
        "the target of 2026-12-01 cannot be met: `Controls in operation, at the very latest` would have been due \
         2026-06-13; the earliest day is 2026-12-30"
    );
}

#[test]
fn a_calendar_goes_into_other_calendars() {
    let c = Clinic::new();
    let run = c.run("calendar", &["--at", "2026-02-01", "--format", "ics"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") && run.out.ends_with("END:VCALENDAR\r\n"));
    assert_eq!(run.out.matches("BEGIN:VEVENT").count(), run.out.matches("END:VEVENT").count());
    assert!(run.out.contains("SUMMARY:Fieldwork\r\n"));
    assert!(run.out.contains("DTSTART;VALUE=DATE:20260801\r\nDTEND;VALUE=DATE:20260802\r\nSUMMARY:Target\r\n"));
    assert!(run.out.lines().all(|l| l.trim_end_matches('\r').len() <= 75));
    let table = c.run("calendar", &["--at", "2026-02-01"]);
    assert!(table.out.ends_with("\nthe target of 2026-08-01 can be met\n"), "{}", table.out);
    assert!(table.out.contains("│") && table.out.contains("◆") && table.out.contains("▒"));
    assert!(table.out.contains("(unverified: "));
}

#[test]
fn events_have_clocks() {
    let c = Clinic::new();
    let event = |more: &[&str], at: &str| c.run("event", &[more, &["--at", at]].concat());
    let new = ["security", "login", "--what", "a strange login", "--identified", "2026-01-10", "--by", "ann"];
    let run = event(&new, "2026-01-11");
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("HITRUST is told by 2026-03-11 if it is still open"), "{}", run.out);
    assert_eq!(event(&["list"], "2026-03-10").code, 0);
    let due = event(&["list"], "2026-03-11");
    assert_eq!(due.code, 1);
    assert!(due.out.contains("HITRUST must be told today"), "{}", due.out);
    assert!(event(&["list"], "2026-03-20").out.contains("should have been told by 2026-03-11"));
    let early = event(&["security", "login", "--confirmed", "2026-01-09", "--by", "ann"], "2026-03-01");
    assert_eq!(early.code, 1);
    assert!(early.err.contains("is before the identification on 2026-01-10"), "{}", early.err);
    let told = ["security", "login", "--told", "2026-03-09", "--reference", "ticket 9", "--by", "ann"];
    assert!(event(&told, "2026-03-09").out.contains("it acts by 2026-04-08"));
    let twice = event(&told, "2026-03-10");
    assert_eq!(twice.code, 1);
    assert!(twice.err.contains("says so already"), "{}", twice.err);
    let change = ["change", "site", "--what", "a second site", "--on", "2026-03-01", "--by", "ann"];
    assert_eq!(event(&change, "2026-03-10").code, 1, "HITRUST was not asked yet");
    let early = event(&["change", "site", "--answer", "fine", "--by", "ann"], "2026-03-11");
    assert!(early.err.contains("HITRUST was not asked"), "{}", early.err);
    let asked =
        ["change", "site", "--consulted", "2026-03-10", "--reference", "mail", "--answer", "no retest", "--by", "ann"];
    let run = event(&asked, "2026-03-11");
    assert_eq!(run.code, 0, "{} {}", run.out, run.err);
    assert!(run.out.contains("HITRUST answered: no retest"));
    let new_without = event(&["security", "other", "--by", "ann"], "2026-03-11");
    assert_eq!(new_without.code, 2);
    assert!(new_without.err.contains("`other` is new, and --what is missing"), "{}", new_without.err);
}

/// An interim of the clinic, beside it: the same answers, `prior` says what it goes back to.
fn later(c: &Clinic, purpose: &str, program: &str) -> PathBuf {
    let path = c.path.with_file_name(purpose);
    copy(&c.path, &path);
    let text = fs::read_to_string(path.join("assessment.yaml")).unwrap();
    let text =
        text.replace("id: clinic-r2", "id: clinic-later").replace("purpose: validated", &format!("purpose: {purpose}"));
    let text = text.replace("target: 2026-08-01\n", "").replace("created: 2026-01-05", "created: 2026-11-01");
    let prior = format!("prior: {{assessment: clinic-r2, type: {program}, issued: 2026-04-20, csf: v11.8.0}}\n");
    fs::write(path.join("assessment.yaml"), text + &prior).unwrap();
    path
}

#[test]
fn an_interim_draws_of_each_domain_and_takes_what_has_a_plan() {
    let c = Clinic::new();
    let draw = |path: &Path, more: &[&str]| {
        let (dir, since) = (path.display().to_string(), c.path.display().to_string());
        let base = ["assess", "sample", &dir, "requirements", "--since", &since, "--at", "2026-11-20", "--quiet"];
        attesta(&[&base[..], more].concat())
    };
    let interim = later(&c, "interim", "r2");
    let seeded = |seed: &str| draw(&interim, &["--seed", seed, "--format", "json"]).json();
    let one = seeded("a");
    assert_eq!(one.as_array().unwrap().len(), 1, "one of the only domain: {one}");
    assert_eq!(one[0]["because"], "drawn");
    assert_eq!(one, seeded("a"), "it repeats from its seed");
    assert!((0..20).any(|n| seeded(&format!("s{n}"))[0]["requirement"] != one[0]["requirement"]));
    // With a required plan on what is not drawn, both are tested.
    let other = if one[0]["requirement"] == "CL-1" { "CL-2" } else { "CL-1" };
    let text = c.text("answers/all.yaml");
    let at = text.find(&format!("requirement: {other}")).unwrap();
    let (head, tail) = text.split_at(at);
    let tail = tail.replacen("implemented: {met: all", "implemented: {met: [1]", 1);
    fs::write(c.path.join("answers/all.yaml"), format!("{head}{tail}")).unwrap();
    let both = seeded("a");
    assert_eq!(both.as_array().unwrap().len(), 2, "{both}");
    assert!(both.as_array().unwrap().iter().any(|r| r["because"] == "has a required plan"));

    let bridge = draw(&later(&c, "bridge", "r2"), &["--seed", "a"]);
    assert_eq!(bridge.code, 1);
    assert!(bridge.err.contains("a bridge draws 19, and 2 requirements apply"), "{}", bridge.err);
    let whole = draw(&c.path, &["--seed", "a"]);
    assert_eq!(whole.code, 2, "{}", whole.err);
}

#[test]
fn a_certificate_is_kept_once_everything_was_tested_and_told() {
    let c = Clinic::new();
    let interim = later(&c, "interim", "r2");
    let (dir, since) = (interim.display().to_string(), c.path.display().to_string());
    let recheck = |more: &[&str]| {
        let base = ["assess", "recheck", &dir, "--since", &since, "--seed", "a", "--at", "2026-11-20", "--quiet"];
        attesta(&[&base[..], more].concat())
    };
    let told: &[&str] = &["--no-significant-change", "--no-event"];
    // Everything was tested, and nobody said a word of changes and events: not known.
    let unsaid = recheck(&["--format", "json"]);
    assert_eq!((unsaid.code, &unsaid.json()["verdict"]), (3, &"unknown".into()), "{}", unsaid.err);
    assert_eq!(unsaid.json()["reasons"].as_array().unwrap().len(), 2, "{}", unsaid.out);
    let kept = recheck(&[told, &["--format", "json"]].concat());
    assert_eq!((kept.code, &kept.json()["verdict"]), (0, &"keeps".into()), "{} {}", kept.out, kept.err);
    assert!(recheck(told).out.contains("nothing speaks against the certificate; HITRUST decides"));
    // What the assessor did not finish was not tested, whatever the entity says.
    let drawn = kept.json()["requirements"][0]["requirement"].as_str().unwrap().to_owned();
    let results = interim.join("validation/all.yaml");
    let whole = fs::read_to_string(&results).unwrap();
    fs::write(&results, whole.replace("complete: true", "complete: false")).unwrap();
    let open = recheck(told);
    assert_eq!(open.code, 3, "{}", open.out);
    assert!(open.out.contains(&format!("`{drawn}` was not tested again")), "{}", open.out);
    fs::write(&results, whole).unwrap();
    // A lower score, or an event that was confirmed, speaks against it.
    let answers = interim.join("answers/all.yaml");
    let before = fs::read_to_string(&answers).unwrap();
    fs::write(&answers, before.replace("implemented: {met: all", "implemented: {met: [1]")).unwrap();
    let fallen = recheck(told);
    assert_eq!(fallen.code, 1, "{} {}", fallen.out, fallen.err);
    assert!(fallen.out.contains(&format!("`{drawn}` scores lower on implemented")), "{}", fallen.out);
    fs::write(&answers, before).unwrap();
    let event = ["security", "login", "--what", "somebody was in", "--identified", "2026-11-02"];
    let confirmed = ["--confirmed", "2026-11-03", "--by", "ann", "--at", "2026-11-04", "--quiet"];
    let run = attesta(&[&["assess", "event", &dir], &event[..], &confirmed[..]].concat());
    assert!(run.code < 2, "{}", run.err);
    let struck = recheck(told);
    assert_eq!(struck.code, 1, "{}", struck.out);
    assert!(struck.out.contains("`login` was confirmed; HITRUST decides"), "{}", struck.out);
    let wrong = attesta(&["assess", "recheck", &since, "--since", &since, "--seed", "a", "--quiet"]);
    assert!(wrong.code == 2 && !wrong.err.is_empty(), "{}", wrong.err);
}
