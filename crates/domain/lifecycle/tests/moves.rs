//! Every state and every verb: where it leads, or that it is refused. The tables are golden files.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod drive;

use std::fmt::Write as _;

use attesta_assessment::{PriorCertificate, Purpose, Side};
use attesta_kernel::Digest;
use attesta_lifecycle::*;
use drive::*;
use proptest::prelude::*;

/// The day of every step; inside the interim's and the bridge's windows for the priors below.
const DAY: &str = "2027-05-01";

fn prior_for(purpose: Purpose) -> Option<PriorCertificate> {
    match purpose {
        Purpose::Interim => Some(prior("r2", "2026-06-01")),
        Purpose::Bridge => Some(prior("r2", "2025-06-01")),
        Purpose::Rapid => Some(prior("i1", "2026-06-01")),
        Purpose::Readiness | Purpose::Validated => None,
    }
}

fn at(world: &World, purpose: Purpose, phase: Phase) -> History {
    let prior = prior_for(purpose);
    let setting = world.setting(purpose, prior.as_ref());
    let steps: Vec<(Verb, &str)> = way_to(purpose, phase).into_iter().map(|v| (v, DAY)).collect();
    let history = drive(&setting, History::begin(purpose, setting.track().unwrap()), &steps);
    assert_eq!(history.life().state.phase(), phase, "{purpose} {phase}");
    history
}

#[test]
fn every_state_and_every_verb_moves_or_refuses() {
    let world = World::new();
    let mut text = String::from(
        "# Every phase and every verb\n\nWhere a verb leads when every gate is open and every paper is there. `stays` records \
         something; `refused` has its place here and needs something first; what is not listed has no place there.\n",
    );
    for purpose in Purpose::ALL {
        let _ = writeln!(text, "\n## {purpose}\n");
        let prior = prior_for(purpose);
        let setting = world.setting(purpose, prior.as_ref());
        let mut phases = phases_of(purpose);
        phases.push(Phase::Withdrawn);
        for phase in phases {
            let history = at(&world, purpose, phase);
            let mut cells = Vec::new();
            let mut nowhere = 0;
            for verb in Verb::ALL {
                let mut telling = telling(*verb, DAY);
                if *verb == Verb::Submit && phase == Phase::Answering {
                    telling.side = Side::Entity;
                }
                let seen = Seen { readiness: &open(), files: &files() };
                match advance(&history, &setting, seen, &command(*verb, DAY), telling) {
                    Ok(after) => {
                        let to = after.life().state.phase();
                        let to = if to == phase { "stays".to_owned() } else { format!("→ {to}") };
                        cells.push(format!("{verb} {to}"));
                        assert_eq!(after.entries().len(), history.entries().len() + 1);
                    }
                    Err(refusals) => {
                        assert!(!refusals.is_empty());
                        assert!(refusals.iter().all(|r| !r.help().is_empty() && !r.to_string().is_empty()));
                        if matches!(refusals[..], [Refusal::NotHere { .. }]) {
                            nowhere += 1;
                        } else {
                            cells.push(format!("{verb} refused"));
                        }
                    }
                }
            }
            assert_eq!(cells.len() + nowhere, Verb::ALL.len());
            let cells = if cells.is_empty() { "nothing".to_owned() } else { cells.join("; ") };
            let _ = writeln!(text, "- `{phase}`: {cells}");
        }
    }
    golden("moves.md", &text);
}

#[test]
fn what_may_change_when_is_one_table() {
    let mut text = String::from(
        "# What may change in which phase\n\n`E` entity, `A` assessor, `P` provider, `H` HITRUST may; in small letters only \
         where a task of HITRUST's asks for it; `.` nobody. The assessor answers too where the program lets it (e1, i1): \
         second table.\n",
    );
    for by_assessor in [false, true] {
        let _ = writeln!(
            text,
            "\n| Phase{} |",
            if by_assessor { " (assessor answers too)" } else { "" }.to_owned()
                + " | "
                + &Subject::ALL.map(Subject::as_str).join(" | ")
        );
        let _ = writeln!(text, "|---{}|", "|---".repeat(Subject::ALL.len()));
        for phase in Phase::ALL {
            let cells = Subject::ALL.map(|what| {
                let letters: String = Side::ALL
                    .into_iter()
                    .zip(["E", "A", "P", "H"])
                    .filter_map(|(side, letter)| match may_change(phase, what, side, by_assessor) {
                        Change::Allowed => Some(letter.to_owned()),
                        Change::AllowedByTask => Some(letter.to_lowercase()),
                        Change::Refused(_) => None,
                    })
                    .collect();
                if letters.is_empty() { ".".to_owned() } else { letters }
            });
            let _ = writeln!(text, "| {phase} | {} |", cells.join(" | "));
        }
    }
    golden("changes.md", &text);
}

#[test]
fn every_gate_refuses_by_name() {
    let world = World::new();
    let setting = world.setting(Purpose::Validated, None);
    let mut text = String::from("# What each move asks of its gates\n\nOne gate shut at a time, all others open.\n\n");
    let at_gates = [
        (Phase::PreAssessment, Verb::HandInPreAssessment),
        (Phase::PreAssessmentReview, Verb::ApprovePreAssessment),
        (Phase::Answering, Verb::SubmitAnswers),
        (Phase::Validation, Verb::CompleteValidation),
        (Phase::CapsAndLetter, Verb::HandInCaps),
        (Phase::CapReview, Verb::Submit),
    ];
    for (phase, verb) in at_gates {
        // Everything that the verb needs but the verb itself.
        let world_history = {
            let next = setting.track().unwrap().next(phase).unwrap();
            let mut way = way_to(Purpose::Validated, next);
            assert_eq!(way.pop(), Some(verb));
            let steps: Vec<(Verb, &str)> = way.into_iter().map(|v| (v, DAY)).collect();
            drive(&setting, History::begin(Purpose::Validated, setting.track().unwrap()), &steps)
        };
        let ask = |readiness: &Readiness| {
            let seen = Seen { readiness, files: &files() };
            advance(&world_history, &setting, seen, &command(verb, DAY), telling(verb, DAY))
        };
        assert!(ask(&open()).is_ok(), "{verb}");
        let mut shut = Vec::new();
        for gate in Gate::ALL {
            let lack = Lack { what: "answers/01.yaml:3: it is missing".into(), mend: "write it".into() };
            let with_lack = ask(&open().with_lacks(gate, vec![lack]));
            let unseen = ask(&open().with(gate, GateState::Unseen("the folder cannot be read".into())));
            let empty = ask(&open().with(gate, GateState::Shut(Vec::new())));
            match (with_lack, unseen, empty) {
                (Ok(_), Ok(_), Ok(_)) => {}
                (Err(lack), Err(unseen), Err(empty)) => {
                    assert_eq!(lack[0].to_string(), "answers/01.yaml:3: it is missing");
                    assert_eq!(lack[0].help(), "write it");
                    assert!(matches!(unseen[..], [Refusal::Unseen { .. }]), "an unseen gate is not open");
                    assert!(matches!(empty[..], [Refusal::Unseen { .. }]), "a shut gate without a reason is not open");
                    shut.push(match lack[0].mender() {
                        Some(side) => format!("{gate} ({side})"),
                        None => gate.to_string(),
                    });
                }
                other => panic!("{verb} {gate}: {other:?}"),
            }
        }
        assert!(ask(&Readiness::new()).is_err(), "gates that nobody looked at are not open");
        let _ = writeln!(text, "- `{verb}` from `{phase}`: {}", shut.join(", "));
    }
    golden("gates.md", &text);
}

#[test]
fn an_act_belongs_to_its_side() {
    let world = World::new();
    let setting = world.setting(Purpose::Validated, None);
    let history = at(&world, Purpose::Validated, Phase::CapReview);
    for (side, moves) in
        [(Side::Assessor, true), (Side::Entity, false), (Side::Provider, false), (Side::Hitrust, false)]
    {
        let history = drive(&setting, history.clone(), &[(Verb::SignAgreement, DAY), (Verb::ReserveQa, DAY)]);
        let seen = Seen { readiness: &open(), files: &files() };
        let telling = Telling { side, ..telling(Verb::Submit, DAY) };
        assert_eq!(advance(&history, &setting, seen, &command(Verb::Submit, DAY), telling).is_ok(), moves, "{side}");
    }
    // An e1 or i1 may be answered by its assessor, an r2 may not.
    let answering = at(&world, Purpose::Validated, Phase::Answering);
    for (program, moves) in [("r2", false), ("i1", true), ("e1", true)] {
        let setting = Setting { program, ..setting };
        let telling = Telling { side: Side::Assessor, ..telling(Verb::SubmitAnswers, DAY) };
        let seen = Seen { readiness: &open(), files: &files() };
        let done = advance(&answering, &setting, seen, &command(Verb::SubmitAnswers, DAY), telling);
        assert_eq!(done.is_ok(), moves, "{program}");
    }
}

fn refused(history: &History, setting: &Setting<'_>, verb: Verb, on: &str, at: &str) -> String {
    let seen = Seen { readiness: &open(), files: &files() };
    match advance(history, setting, seen, &command(verb, on), telling(verb, at)) {
        Ok(_) => "moved".to_owned(),
        Err(why) => why.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "),
    }
}

#[test]
fn the_fieldwork_is_ninety_days_at_most() {
    let world = World::new();
    let setting = world.setting(Purpose::Validated, None);
    let began = |began: &'static str| {
        let mut steps: Vec<(Verb, &str)> =
            way_to(Purpose::Validated, Phase::Validation).into_iter().map(|v| (v, began)).collect();
        steps.extend([(Verb::BeginFieldwork, began), (Verb::CompleteValidation, began)]);
        steps.extend([(Verb::SignLetter, began), (Verb::HandInCaps, began), (Verb::SignAgreement, began)]);
        let history = drive(&setting, History::begin(Purpose::Validated, setting.track().unwrap()), &steps);
        drive(&setting, history, &[(Verb::ReserveQa, "2026-06-01")])
    };
    assert_eq!(refused(&began("2026-03-03"), &setting, Verb::Submit, DAY, "2026-06-01"), "moved", "90 days");
    assert_eq!(
        refused(&began("2026-03-02"), &setting, Verb::Submit, DAY, "2026-06-01"),
        "the fieldwork began on 2026-03-02, more than 90 days before the submission on 2026-06-01",
        "91 days"
    );
}

#[test]
fn papers_are_asked_for_and_in_order() {
    let world = World::new();
    let setting = world.setting(Purpose::Validated, None);
    let caps = at(&world, Purpose::Validated, Phase::CapsAndLetter);
    assert_eq!(
        refused(&caps, &setting, Verb::HandInCaps, DAY, DAY),
        "the management representation letter is not signed"
    );
    assert_eq!(
        refused(&caps, &setting, Verb::SignLetter, "2027-04-30", DAY),
        "the letter of 2027-04-30 is before the end of the validation on 2027-05-01"
    );
    assert_eq!(
        refused(&caps, &setting, Verb::SignLetter, "2027-05-02", DAY),
        "the signature of 2027-05-02 is in the future; today is 2027-05-01"
    );
    let review = at(&world, Purpose::Validated, Phase::CapReview);
    assert_eq!(
        refused(&review, &setting, Verb::Submit, DAY, DAY),
        "the validated report agreement is not signed | no block of quality assurance is reserved"
    );
    assert_eq!(
        refused(&review, &setting, Verb::ReserveQa, "2028-05-02", DAY),
        "a block on 2028-05-02 is more than 12 months ahead of 2027-05-01"
    );
    let reserved = drive(&setting, review, &[(Verb::SignAgreement, DAY), (Verb::ReserveQa, DAY)]);
    assert_eq!(
        refused(&reserved, &setting, Verb::Submit, DAY, "2027-05-02"),
        "the reserved block began on 2027-05-01, before the submission on 2027-05-02"
    );
    // Tested again, the letter is void.
    let reopened = drive(&setting, reserved, &[(Verb::ReopenValidation, DAY)]);
    assert!(reopened.life().papers.letter.is_none());
}

#[test]
fn dates_before_their_time_are_refused() {
    let world = World::new();
    let setting = Setting { today: day("2027-05-02"), ..world.setting(Purpose::Validated, None) };
    let start = History::begin(Purpose::Validated, setting.track().unwrap());
    let told = |at| refused(&start, &setting, Verb::HandInPreAssessment, DAY, at);
    assert_eq!(told("2026-01-01"), "the day 2026-01-01 is before the assessment's creation on 2026-01-02");
    assert_eq!(told("2027-05-03"), "the day 2027-05-03 is in the future; today is 2027-05-02");
    let later = at(&world, Purpose::Validated, Phase::Answering);
    assert_eq!(
        refused(&later, &setting, Verb::SubmitAnswers, DAY, "2027-04-30"),
        "2027-04-30 is before the last event on 2027-05-01"
    );
}

#[test]
fn a_certificate_is_dated_by_the_letter() {
    let world = World::new();
    let setting = world.setting(Purpose::Validated, None);
    let mut steps: Vec<(Verb, &str)> =
        way_to(Purpose::Validated, Phase::CapsAndLetter).into_iter().map(|v| (v, "2026-05-20")).collect();
    steps.extend([
        (Verb::SignLetter, "2026-06-01"),
        (Verb::HandInCaps, "2026-06-02"),
        (Verb::SignAgreement, "2026-06-02"),
    ]);
    steps.extend([(Verb::ReserveQa, "2026-06-10"), (Verb::Submit, "2026-06-10"), (Verb::AcceptCheckIn, "2026-06-12")]);
    steps.extend([(Verb::BeginQa, "2026-06-15"), (Verb::FinishQa, "2026-07-01"), (Verb::IssueDraft, "2026-07-10")]);
    steps.extend([(Verb::AcceptDraft, "2026-07-20"), (Verb::Certify, "2026-07-30")]);
    let history = drive(&setting, History::begin(Purpose::Validated, setting.track().unwrap()), &steps);
    let (certificate, standing) = history.life().state.certificate().unwrap();
    assert_eq!((certificate.issued, certificate.expires), (day("2026-06-01"), day("2028-06-01")));
    assert_eq!(standing, CertificateStanding::Active);
    assert_eq!(certificate.reference, "letter 7");
    // It can be suspended, reinstated and revoked; what is revoked stays so.
    let suspended = drive(&setting, history.clone(), &[(Verb::Suspend, "2026-08-01")]);
    assert_eq!(refused(&suspended, &setting, Verb::Suspend, DAY, DAY), "the certificate is suspended already");
    let revoked = drive(&setting, suspended, &[(Verb::Reinstate, "2026-08-02"), (Verb::Revoke, "2026-08-03")]);
    assert_eq!(refused(&revoked, &setting, Verb::Reinstate, DAY, DAY), "the certificate is revoked");
    // HITRUST's acts are told with a reference.
    let silent = Telling { reference: None, ..telling(Verb::Suspend, DAY) };
    let seen = Seen { readiness: &open(), files: &files() };
    let why = advance(&history, &setting, seen, &command(Verb::Suspend, DAY), silent).unwrap_err();
    assert_eq!(why, [Refusal::NoReference(Verb::Suspend)]);
}

#[test]
fn drafts_are_read_for_thirty_days() {
    let world = World::new();
    let setting = world.setting(Purpose::Validated, None);
    let draft = at(&world, Purpose::Validated, Phase::DraftReview);
    assert_eq!(refused(&draft, &setting, Verb::RequestWording, DAY, "2027-05-31"), "moved");
    assert_eq!(
        refused(&draft, &setting, Verb::RequestWording, DAY, "2027-06-01"),
        "the draft could be read until 2027-05-31, and 2027-06-01 is after that"
    );
    assert_eq!(refused(&draft, &setting, Verb::AcceptDraft, DAY, "2027-06-01"), "moved");
    // Other wording does not begin the time anew.
    let again = drive(&setting, draft, &[(Verb::RequestWording, "2027-05-20"), (Verb::IssueDraft, "2027-05-25")]);
    let State::DraftReview { draft, .. } = &again.life().state else { panic!() };
    assert_eq!(draft.until, day("2027-05-31"));
}

#[test]
fn tasks_are_answered_and_closed_one_by_one() {
    let world = World::new();
    let setting = world.setting(Purpose::Validated, None);
    let qa = at(&world, Purpose::Validated, Phase::Qa);
    assert_eq!(refused(&qa, &setting, Verb::HandOverTasks, DAY, DAY), "no task is open");
    let two = drive(&setting, qa, &[(Verb::RaiseTask, DAY), (Verb::RaiseTask, DAY)]);
    assert_eq!(refused(&two, &setting, Verb::FinishQa, DAY, DAY), "tasks 1, 2 are not closed");
    let with_assessor = drive(&setting, two, &[(Verb::HandOverTasks, DAY), (Verb::AnswerTask, DAY)]);
    assert_eq!(refused(&with_assessor, &setting, Verb::HandBackTasks, DAY, DAY), "tasks 2 are not answered");
    let number = |verb, n| Command::new(verb, None, None, Some(n)).unwrap();
    let seen_files = files();
    let readiness = open();
    let seen = Seen { readiness: &readiness, files: &seen_files };
    let go = |history: &History, verb, n| {
        advance(history, &setting, seen, &number(verb, n), telling(verb, DAY)).map_err(|e| e[0].to_string())
    };
    assert_eq!(go(&with_assessor, Verb::AnswerTask, 3).unwrap_err(), "there is no task 3");
    let answered = go(&with_assessor, Verb::AnswerTask, 2).unwrap();
    let back = drive(&setting, answered, &[(Verb::HandBackTasks, DAY)]);
    let one_closed = go(&back, Verb::CloseTask, 1).unwrap();
    assert_eq!(refused(&one_closed, &setting, Verb::FinishQa, DAY, DAY), "tasks 2 are not closed");
    let reopened = go(&one_closed, Verb::ReopenTask, 2).unwrap();
    assert_eq!(go(&reopened, Verb::CloseTask, 2).unwrap_err(), "task 2 is not answered yet");
    let again = drive(&setting, reopened, &[(Verb::HandOverTasks, DAY)]);
    let answered = go(&again, Verb::AnswerTask, 2).unwrap();
    let closed = go(&drive(&setting, answered, &[(Verb::HandBackTasks, DAY)]), Verb::CloseTask, 2).unwrap();
    assert_eq!(refused(&closed, &setting, Verb::FinishQa, DAY, DAY), "moved");
}

#[test]
fn what_was_submitted_is_frozen() {
    let world = World::new();
    let setting = world.setting(Purpose::Validated, None);
    let check_in = at(&world, Purpose::Validated, Phase::CheckIn);
    let changed = |path: &str| {
        let mut files = files();
        files.get_mut(path).unwrap().digest = Digest::of(b"other");
        files
    };
    let told = |history: &History, files: &Frozen, verb| {
        let seen = Seen { readiness: &open(), files };
        match advance(history, &setting, seen, &command(verb, DAY), telling(verb, DAY)) {
            Ok(after) => format!("moved to {}", after.life().state.phase()),
            Err(why) => why.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "),
        }
    };
    assert_eq!(
        told(&check_in, &changed("answers/01.yaml"), Verb::AcceptCheckIn),
        "`answers/01.yaml` changed since the last event on 2027-05-01; it was submitted to HITRUST and is frozen (answers)"
    );
    let mut gone = files();
    gone.remove("scope.yaml");
    assert!(told(&check_in, &gone, Verb::AcceptCheckIn).starts_with("`scope.yaml` is gone"));
    let mut more = files();
    let added = more["evidence.yaml"].clone();
    more.insert("evidence/new.pdf".into(), added);
    assert!(told(&check_in, &more, Verb::AcceptCheckIn).starts_with("`evidence/new.pdf` was added"));
    // Under a task, answers may change, and are frozen anew when they are handed back; the scope may not.
    let tasks = drive(&setting, at(&world, Purpose::Validated, Phase::QaTasks), &[(Verb::AnswerTask, DAY)]);
    assert!(told(&tasks, &changed("scope.yaml"), Verb::HandBackTasks).contains("`scope.yaml` changed"));
    let mended = changed("answers/01.yaml");
    let seen = Seen { readiness: &open(), files: &mended };
    let verb = Verb::HandBackTasks;
    let after = advance(&tasks, &setting, seen, &command(verb, DAY), telling(verb, DAY)).unwrap();
    assert_eq!(after.life().files, mended);
    assert_eq!(after.life().state.submission().unwrap().at, day(DAY), "the day of the submission stands");
    assert!(told(&after, &mended, Verb::CloseTask).starts_with("moved"));
    assert!(told(&after, &files(), Verb::CloseTask).contains("`answers/01.yaml` changed"));
    // Before the submission, what was handed on is held too.
    let validation = at(&world, Purpose::Validated, Phase::Validation);
    assert_eq!(
        told(&validation, &changed("answers/01.yaml"), Verb::ReturnAnswers),
        "`answers/01.yaml` changed since the last event on 2027-05-01; it was handed on; whoever holds it can send it back \
         (answers)"
    );
    assert!(told(&validation, &changed("validation/01.yaml"), Verb::ReturnAnswers).starts_with("moved"));
    // Plans are worked on after the certificate.
    let complete = at(&world, Purpose::Validated, Phase::Complete);
    assert!(told(&complete, &changed("caps.yaml"), Verb::Suspend).starts_with("moved"));
    assert!(told(&complete, &changed("scope.yaml"), Verb::Suspend).contains("scope.yaml"));
}

#[test]
fn interim_and_bridge_are_submitted_in_their_windows() {
    let world = World::new();
    let told = |purpose, issued: &str, at: &'static str| {
        let prior = prior("r2", issued);
        let setting = world.setting(purpose, Some(&prior));
        let mut way = way_to(purpose, Phase::CheckIn);
        assert_eq!(way.pop(), Some(Verb::Submit));
        let steps: Vec<(Verb, &str)> = way.into_iter().map(|v| (v, at)).collect();
        let history = drive(&setting, History::begin(purpose, setting.track().unwrap()), &steps);
        refused(&history, &setting, Verb::Submit, at, at)
    };
    for (at, moves) in [("2027-03-02", false), ("2027-03-03", true), ("2027-06-01", true), ("2027-06-02", false)] {
        assert_eq!(told(Purpose::Interim, "2026-06-01", at) == "moved", moves, "interim on {at}");
    }
    for (at, moves) in [("2028-04-01", false), ("2028-04-02", true), ("2028-07-01", true), ("2028-07-02", false)] {
        assert_eq!(told(Purpose::Bridge, "2026-06-01", at) == "moved", moves, "bridge on {at}");
    }
    let setting = world.setting(Purpose::Interim, None);
    let mut way = way_to(Purpose::Interim, Phase::CheckIn);
    way.pop();
    let steps: Vec<(Verb, &str)> = way.into_iter().map(|v| (v, DAY)).collect();
    let history = drive(&setting, History::begin(Purpose::Interim, setting.track().unwrap()), &steps);
    assert!(refused(&history, &setting, Verb::Submit, DAY, DAY).contains("goes back to a certificate"));
    let i1 = prior("i1", "2026-06-01");
    let setting = world.setting(Purpose::Interim, Some(&i1));
    assert!(refused(&history, &setting, Verb::Submit, DAY, DAY).contains("a certificate of `i1` has no interim"));
}

#[test]
fn a_bridge_certificate_begins_at_the_old_expiry() {
    let world = World::new();
    let prior = prior("r2", "2026-06-01");
    let setting = world.setting(Purpose::Bridge, Some(&prior));
    let steps: Vec<(Verb, &str)> =
        way_to(Purpose::Bridge, Phase::Complete).into_iter().map(|v| (v, "2028-05-01")).collect();
    let history = drive(&setting, History::begin(Purpose::Bridge, setting.track().unwrap()), &steps);
    let (certificate, _) = history.life().state.certificate().unwrap();
    assert_eq!((certificate.issued, certificate.expires), (day("2028-06-01"), day("2028-08-30")));
}

#[test]
fn a_history_that_was_edited_is_told() {
    let world = World::new();
    let setting = world.setting(Purpose::Validated, None);
    let track = setting.track().unwrap();
    let history = at(&world, Purpose::Validated, Phase::Complete);
    let entries = history.entries().to_vec();
    let replayed = History::replay(Purpose::Validated, track, entries.clone()).unwrap();
    assert_eq!(replayed, history);
    for n in 0..entries.len() {
        let mut edited = entries.clone();
        edited[n].event.note = "somebody else's words".into();
        assert_eq!(History::replay(Purpose::Validated, track, edited).unwrap_err().entry(), n + 1);
        let mut earlier = entries.clone();
        earlier[n].event.at = day("2026-02-01");
        assert!(History::replay(Purpose::Validated, track, earlier).is_err());
        if n + 1 < entries.len() {
            let mut removed = entries.clone();
            removed.remove(n);
            assert_eq!(History::replay(Purpose::Validated, track, removed).unwrap_err().entry(), n + 1);
        }
    }
    let mut refrozen = entries;
    refrozen[0].event.files.remove("scope.yaml").unwrap();
    assert!(History::replay(Purpose::Validated, track, refrozen).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever is tried in whatever order, each step moves and replays, or refuses and leaves all as it was.
    #[test]
    fn any_walk_moves_or_refuses(
        purpose in 0_usize..5,
        steps in proptest::collection::vec((0_usize..Verb::ALL.len(), 0_usize..4, any::<bool>(), 0_i64..40), 1..60),
    ) {
        let world = World::new();
        let purpose = Purpose::ALL[purpose];
        let prior = prior_for(purpose);
        let setting = world.setting(purpose, prior.as_ref());
        let track = setting.track().unwrap();
        let mut history = History::begin(purpose, track);
        let mut today = day("2027-04-01");
        for (verb, side, ready, days) in steps {
            // Half of the steps take the way forward, so that walks get somewhere.
            let phase = history.life().state.phase();
            let possible = verbs_of(phase, track);
            let verb = if days % 2 == 0 && !possible.is_empty() { possible[verb % possible.len()] } else { Verb::ALL[verb] };
            let side = if ready { verb.side() } else { Side::ALL[side] };
            if days > 35 { today = days_after(today, 1); }
            let text = today.to_string();
            let readiness = if ready { open() } else { Readiness::new() };
            let telling = Telling { side, at: today, ..telling(verb, &text) };
            let seen_files = files();
            let seen = Seen { readiness: &readiness, files: &seen_files };
            match advance(&history, &setting, seen, &command(verb, &text), telling) {
                Ok(after) => {
                    prop_assert_eq!(after.entries().len(), history.entries().len() + 1);
                    prop_assert_eq!(&after.entries()[..history.entries().len()], history.entries());
                    let to = after.life().state.phase();
                    prop_assert_eq!(route(verb, phase, track), Some(to));
                    prop_assert_eq!(after.life().state.submission().is_some(), to.is_submitted());
                    let replayed = History::replay(purpose, track, after.entries().to_vec());
                    prop_assert_eq!(replayed.as_ref(), Ok(&after));
                    history = after;
                }
                Err(why) => {
                    prop_assert!(!why.is_empty());
                    for refusal in why {
                        prop_assert!(!refusal.to_string().is_empty() && !refusal.help().is_empty());
                    }
                }
            }
        }
    }
}
