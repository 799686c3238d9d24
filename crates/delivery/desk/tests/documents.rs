//! One document for each answer: nothing is lost, and one answer is replaced with everything checked.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use std::{path::Path, sync::Arc};

use attesta_assessment::{Dossier, RequirementKey, Side, View};
use attesta_catalog::Placed;
use attesta_content::ContentSource;
use attesta_desk::{
    Desk, Kind, Library, answer,
    whatif::{Suppose, what_if},
};
use attesta_kernel::{Date, Place};
use attesta_workspace::{Documents, Folder, Over};
use serde_json::json;

fn day() -> Date {
    "2026-10-12".parse().unwrap()
}

fn documents(name: &str) -> Documents {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures").join(name);
    Folder::open(&path).unwrap().documents().unwrap()
}

/// Without the story's history, so that nothing is held.
fn fresh(name: &str) -> Documents {
    let mut documents = documents(name);
    documents.texts.remove("lifecycle.yaml");
    documents
}

fn open(documents: Documents, library: &Arc<Library>) -> Desk {
    Desk::open(Folder::of_documents("asm_1", documents), library, day()).unwrap()
}

fn key(text: &str) -> RequirementKey {
    text.parse().unwrap()
}

/// The dossier with all places alike.
fn without_places(dossier: &Dossier) -> Dossier {
    fn flat<K: Ord + Clone, T: Clone>(
        rows: &std::collections::BTreeMap<K, Placed<T>>,
    ) -> std::collections::BTreeMap<K, Placed<T>> {
        let place = || Place::new("somewhere".to_owned(), None);
        rows.iter().map(|(key, row)| (key.clone(), Placed::new(place(), row.value.clone()))).collect()
    }
    let mut dossier = dossier.clone();
    dossier.answers = flat(&dossier.answers);
    dossier.validation = flat(&dossier.validation);
    dossier
}

#[test]
fn split_documents_say_the_same_and_score_the_same() {
    let library = Library::new(ContentSource::Embedded);
    for name in ["telehealth-r2", "wellness-e1"] {
        let before = fresh(name);
        let (after, notes) = answer::split(&Folder::of_documents("asm_1", before.clone()), &library).unwrap();
        assert_eq!(notes, Vec::<String>::new());
        let below = |documents: &Documents, folder: &str| {
            documents.texts.keys().filter(|path| path.starts_with(folder)).count()
        };
        let there = open(before.clone(), &library);
        assert_eq!(below(&after, "answers/"), there.dossier.answers.len(), "{name}");
        assert_eq!(below(&after, "validation/"), there.dossier.validation.len(), "{name}");
        let others = |documents: &Documents| {
            let apart = |path: &String| !path.starts_with("answers/") && !path.starts_with("validation/");
            documents.texts.clone().into_iter().filter(|(path, _)| apart(path)).collect::<Vec<_>>()
        };
        assert_eq!(others(&after), others(&before));
        let here = open(after.clone(), &library);
        assert_eq!(without_places(&here.dossier), without_places(&there.dossier));
        for view in [View::Entity, View::Final] {
            let [a, b] = [&there, &here].map(|desk| {
                let scored = desk.scored(view).unwrap();
                (scored.card.clone(), scored.verdict())
            });
            assert_eq!(a, b);
        }
        let again = answer::split(&Folder::of_documents("asm_1", after.clone()), &library).unwrap().0;
        assert_eq!(again, after, "splitting twice is splitting once");
    }
}

#[test]
fn what_was_handed_on_is_not_split() {
    let library = Library::new(ContentSource::Embedded);
    let before = documents("telehealth-r2");
    let (after, notes) = answer::split(&Folder::of_documents("asm_1", before.clone()), &library).unwrap();
    assert_eq!(after, before);
    assert_eq!(notes.len(), 2, "{notes:?}");
}

#[test]
fn two_thousand_documents_are_read() {
    let library = Library::new(ContentSource::Embedded);
    let mut documents = answer::split(&Folder::of_documents("asm_1", fresh("wellness-e1")), &library).unwrap().0;
    let empty: Arc<str> = "schema: attesta.answers/1\nanswers: []\n".into();
    documents.texts.extend((0..2_500).map(|n| (format!("answers/none-{n}.yaml"), Arc::clone(&empty))));
    assert!(!open(documents, &library).dossier.answers.is_empty());
}

#[test]
fn one_answer_is_replaced_and_the_score_follows() {
    let library = Library::new(ContentSource::Embedded);
    let documents = answer::split(&Folder::of_documents("asm_1", fresh("telehealth-r2")), &library).unwrap().0;
    let desk = open(documents, &library);
    let entry = json!({
        "owner": "otis",
        "policy": {"met": "all", "strength": "documented", "evidence": ["policy-access"]},
        "procedure": {"met": "none", "strength": "documented"},
        "implemented": {"score": 50, "because": "half of \"it\"\u{85}\nis done: #1"},
        "comment": "a\u{7f}b",
    });
    let recorded = answer::answer(&desk, Side::Entity, &key("ATT-11-01"), &entry).unwrap();
    assert_eq!(recorded.change.inside, "answers/ATT-11-01.yaml");
    assert!(matches!(recorded.change.over, Over::Read(Some(_))));
    assert!(recorded.entity.is_some() && recorded.last.is_some());
    let written = desk.folder.take_written();
    assert_eq!(written, std::slice::from_ref(&recorded.change));
    let answered = &recorded.desk.dossier.answers[&key("ATT-11-01")].value;
    assert_eq!(answered.comment, "a\u{7f}b");
    assert_eq!(answered.levels.len(), 3);
    assert_eq!(open(desk.folder.documents().unwrap(), &library).dossier, recorded.desk.dossier);
    // The old desk saw the document as it was: the second of two people is told.
    let second = answer::answer(&recorded.desk, Side::Entity, &key("ATT-11-01"), &json!({"comment": "later"})).unwrap();
    assert_eq!(second.entity, None);
}

#[test]
fn what_will_not_do_is_refused_with_its_mend_and_nothing_is_written() {
    let library = Library::new(ContentSource::Embedded);
    let documents = answer::split(&Folder::of_documents("asm_1", fresh("telehealth-r2")), &library).unwrap().0;
    let desk = open(documents, &library);
    let rated = |strength: &str| json!({"policy": {"met": "all", "strength": strength}});
    let cases = [
        ("ATT-99-99", rated("documented"), Kind::NotFound, "is not asked"),
        ("ATT-11-01", json!([]), Kind::BadInput, "no map"),
        ("ATT-11-01", json!({"requirement": "ATT-11-02"}), Kind::BadInput, "not of `ATT-11-01`"),
        ("ATT-11-01", json!({"polcy": {}}), Kind::BadInput, "unknown key `polcy`"),
        ("ATT-11-01", json!({"policy": {"met": "some", "strength": "documented"}}), Kind::BadInput, "`some`"),
        ("ATT-11-01", json!({"owner": "nobody-here"}), Kind::BadInput, "there is no person `nobody-here`"),
        ("ATT-11-01", rated("enormous"), Kind::BadInput, "enormous"),
        (
            "ATT-11-01",
            json!({"policy": {"met": "all", "strength": "documented", "evidence": ["none"]}}),
            Kind::BadInput,
            "there is no evidence `none`",
        ),
    ];
    for (requirement, entry, kind, says) in cases {
        let failure = answer::answer(&desk, Side::Entity, &key(requirement), &entry).unwrap_err();
        assert_eq!(failure.kind, kind, "{entry}: {failure}");
        assert!(failure.says().contains(says), "{entry}: {failure}");
    }
    assert_eq!(desk.folder.take_written(), []);
    // An e1 scores the Implemented level alone.
    let documents = answer::split(&Folder::of_documents("asm_1", fresh("wellness-e1")), &library).unwrap().0;
    let e1 = open(documents, &library);
    let some = e1.tailored().unwrap().requirements[0].requirement.id.clone();
    let failure = answer::answer(&e1, Side::Entity, &some, &rated("documented")).unwrap_err();
    assert!(failure.says().contains("is not scored in this e1"), "{failure}");
}

#[test]
fn results_are_the_assessors_and_held_answers_stay() {
    let library = Library::new(ContentSource::Embedded);
    let documents_split = answer::split(&Folder::of_documents("asm_1", fresh("telehealth-r2")), &library).unwrap().0;
    let desk = open(documents_split, &library);
    let entry = json!({"tester": "sofia", "tested": "2026-10-06", "policy": 75, "complete": true});
    let refused = answer::validate(&desk, Side::Entity, &key("ATT-11-01"), &entry).unwrap_err();
    assert_eq!(refused.kind, Kind::Refused);
    let recorded = answer::validate(&desk, Side::Assessor, &key("ATT-11-01"), &entry).unwrap();
    assert_eq!(recorded.change.inside, "validation/ATT-11-01.yaml");
    assert_ne!(recorded.last, recorded.entity);
    let held = open(documents("telehealth-r2"), &library);
    let refused = answer::answer(&held, Side::Entity, &key("ATT-11-01"), &json!({})).unwrap_err();
    assert_eq!(refused.kind, Kind::Refused, "{refused}");
    // Before any hand-off, a shared file is left to those who wrote it.
    let shared = open(fresh("telehealth-r2"), &library);
    let refused = answer::answer(&shared, Side::Entity, &key("ATT-11-01"), &json!({})).unwrap_err();
    assert!(refused.says().contains("in a file with others"), "{refused}");
}

#[test]
fn what_if_answers_where_effort_is_not_known_and_says_that_there_is_no_plan() {
    let library = Library::new(ContentSource::Embedded);
    let mut documents = fresh("telehealth-r2");
    let suppose = Suppose { answers: vec!["ATT-12-01:implemented=0".to_owned()], ..Suppose::default() };
    let whole = serde_json::to_value(what_if(&open(documents.clone(), &library), &suppose).unwrap()).unwrap();
    documents.texts.insert("effort.yaml".to_owned(), "schema: nonsense\n".into());
    let moved = serde_json::to_value(what_if(&open(documents, &library), &suppose).unwrap()).unwrap();
    assert_eq!(moved["domains"], whole["domains"]);
    assert_eq!((&moved["forecast"]["hours_before"], &moved["forecast"]["hours_after"]), (&json!(null), &json!(null)));
    let because = moved["forecast"]["because"].as_array().unwrap();
    assert!(because.len() == 2 && because.iter().all(|b| b.as_str().unwrap().contains("effort.yaml")), "{because:?}");
}

#[test]
fn what_is_remembered_of_other_documents_changes_nothing() {
    let library = Library::new(ContentSource::Embedded);
    for name in ["telehealth-r2", "wellness-e1"] {
        let whole = answer::split(&Folder::of_documents("asm_1", fresh(name)), &library).unwrap().0;
        let before = open(whole.clone(), &library);
        // Each document is away once, and once another; what stands is read as if nothing had ever been read.
        let places: Vec<String> = whole.texts.keys().cloned().collect();
        for (at, place) in places.iter().enumerate() {
            let mut changed = whole.clone();
            let text = changed.texts.remove(place).unwrap();
            if at % 2 == 0 {
                changed.texts.insert(place.clone(), format!("# Moved by a line.\n{text}").into());
            }
            let anew = Desk::open(Folder::of_documents("asm_1", changed.clone()), &library, day());
            let folder = Folder::of_documents("asm_1", changed).remembering(&before.folder);
            let remembered = Desk::open(folder, &library, day());
            match (anew, remembered) {
                (Ok(anew), Ok(remembered)) => {
                    assert_eq!(anew.dossier, remembered.dossier, "{place}");
                    assert_eq!(anew.proposals, remembered.proposals, "{place}");
                    assert_eq!(anew.checks, remembered.checks, "{place}");
                }
                (Err(anew), Err(remembered)) => assert_eq!(anew.says(), remembered.says(), "{place}"),
                (anew, remembered) => panic!("{place}: {} and {}", anew.is_ok(), remembered.is_ok()),
            }
        }
    }
}
