//! What is kept is there again, byte for byte, and takes little room.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use std::fs;

use attesta_history::{Disk, History, HistoryError, fsck};
use attesta_kernel::Digest;
use attesta_posture::{RunId, changes, put};
use attesta_resource::{Kind, Value};
use support::{audit, document, folder, history, holds, hour, new_run, record, verdicts};

#[test]
fn every_run_is_there_again() {
    let folder = folder();
    let history = history(folder.path());
    let runs: Vec<_> = (0..300).map(|number| record(&history, number).unwrap()).collect();
    assert_eq!(history.runs().unwrap(), runs, "what was told when it was kept is what is read");
    for (number, run) in runs.iter().enumerate().step_by(7).chain(runs.iter().enumerate().skip(250)) {
        holds(&history, run, u64::try_from(number).unwrap());
    }
    let stored: u64 = runs.iter().map(|run| run.stored).sum();
    let read: u64 = runs.iter().map(|run| run.bytes()).sum();
    assert!(stored * 3 < read, "{stored} bytes for {read}");
    let found = audit(&history);
    assert_eq!(found.faults, []);
    assert_eq!((found.runs, found.documents, found.bytes, found.stored), (300, 600, read, stored));
    assert_eq!(found.newest.unwrap(), (runs[299].id, runs[299].digest));
}

#[test]
fn a_chain_has_nine_files_at_the_most() {
    let folder = folder();
    let history = history(folder.path());
    let runs = (0..270).map(|number| {
        let mut new = new_run("stores", number);
        new.documents[0].1 = document(0);
        history.record(&Disk::default(), new).unwrap()
    });
    let depths: Vec<usize> = runs.map(|run| run.depth()).collect();
    assert_eq!(depths[..9], [1, 2, 2, 3, 2, 3, 3, 4, 2]);
    assert_eq!((depths[255], depths[256], depths[257]), (9, 1, 2));
    assert_eq!(depths.iter().max(), Some(&9));
    assert_eq!(audit(&history).faults, []);
}

#[test]
fn steps_lead_to_the_same_verdicts_as_each_run_by_itself() {
    let folder = folder();
    let history = history(folder.path());
    for number in 0..120 {
        record(&history, number).unwrap();
    }
    let mut now = attesta_posture::Verdicts::new();
    for (step, number) in history.steps().unwrap().zip(0..) {
        let (run, step) = step.unwrap();
        let changed = step.delta.changes(&now);
        put(&mut now, changed);
        assert_eq!(now, verdicts(number), "{}", run.id);
        assert_eq!(step.at, hour(number));
    }
    assert!(changes(&now, &verdicts(119)).is_empty());
}

#[test]
fn sources_follow_their_own_runs() {
    let folder = folder();
    let history = history(folder.path());
    let a = history.record(&Disk::default(), new_run("a", 1)).unwrap();
    let b = history.record(&Disk::default(), new_run("b", 2)).unwrap();
    let again = history.record(&Disk::default(), new_run("a", 3)).unwrap();
    assert_eq!((a.parent, b.parent, again.parent), (None, None, Some(a.id)));
    assert_eq!((b.previous, again.previous), (Some(a.digest), Some(b.digest)), "one thread through all");
    assert_eq!(again.depth(), 2);
    holds(&history, &again, 3);
    let at = |number| history.at(hour(number)).unwrap().iter().map(|run| run.id.number()).collect::<Vec<_>>();
    assert_eq!((at(0), at(1), at(2), at(9)), (vec![], vec![1], vec![1, 2], vec![3, 2]));
    assert_eq!(audit(&history).faults, []);
}

#[test]
fn runs_of_a_source_go_forward_in_time() {
    let folder = folder();
    let history = history(folder.path());
    record(&history, 5).unwrap();
    for number in [4, 5] {
        assert!(matches!(record(&history, number), Err(HistoryError::NotAfter { .. })));
    }
    assert_eq!(history.runs().unwrap().len(), 1);
}

#[test]
fn a_snapshot_is_read_again_with_what_was_not_seen() {
    let folder = folder();
    let history = history(folder.path());
    let mut new = new_run("stores", 1);
    let lost = attesta_resource::NotUnderstood {
        path: "gone.json".to_owned(),
        reason: attesta_resource::Reason::Unreadable,
        what: "does not exist".to_owned(),
        count: 1,
    };
    new.unseen.push(lost.clone());
    let run = history.record(&Disk::default(), new).unwrap();
    let collection = history.snapshot(run.id, None, false).unwrap();
    let stores = collection.snapshot.resources.iter().filter(|r| r.kind == Kind::ObjectStore);
    let stores: Vec<_> = stores.collect();
    assert_eq!(stores.len(), 40);
    assert!(matches!(stores[3].get("versioning").unwrap().value, Value::Bool(_)));
    assert!(collection.snapshot.not_understood.contains(&lost), "{:?}", collection.snapshot.not_understood);
    assert_eq!(collection.snapshot.documents[0].digest, Digest::of(&document(1)), "the digest that reports name");
}

#[test]
fn another_estate_begins_anew() {
    let folder = folder();
    let history = history(folder.path());
    for number in 0..5 {
        record(&history, number).unwrap();
    }
    let mut new = new_run("stores", 6);
    new.documents = vec![(
        "other.jsonl".to_owned(),
        (0..500_u32).flat_map(|i| Digest::of(&i.to_be_bytes()).to_string().into_bytes()).collect(),
    )];
    new.verdicts.clear();
    let run = history.record(&Disk::default(), new.clone()).unwrap();
    assert_eq!(run.depth(), 1);
    assert_eq!(history.documents(run.id).unwrap()[0].1, new.documents[0].1);
    assert!(history.verdicts(run.id).unwrap().is_empty());
    assert_eq!(audit(&history).faults, []);
}

#[test]
fn a_folder_of_others_is_left_alone() {
    let folder = folder();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    assert!(matches!(History::open(folder.path()), Err(HistoryError::None(_))));
    assert!(matches!(History::open_or_create(folder.path(), &Disk::default()), Err(HistoryError::Taken(_))));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Every flipped bit is found, wherever it stands, and no reader takes it for what was kept.
#[test]
fn what_was_changed_is_found() {
    let folder = folder();
    let history = history(folder.path());
    for number in 0..4 {
        record(&history, number).unwrap();
    }
    let path = |number: u32| folder.path().join(format!("runs/0000000/000000000{number}.run"));
    let write = |path: &std::path::Path, bytes: &[u8]| {
        fs::remove_file(path).unwrap();
        fs::write(path, bytes).unwrap();
    };
    for number in [1, 3, 4] {
        let bytes = fs::read(path(number)).unwrap();
        for at in (0..bytes.len()).step_by(7) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            write(&path(number), &changed);
            assert!(!audit(&history).faults.is_empty(), "run-{number}, byte {at}");
        }
        for end in [0, 13, 50, bytes.len() / 2, bytes.len() - 1] {
            write(&path(number), &bytes[..end]);
            assert!(history.documents(RunId::new(u64::from(number)).unwrap()).is_err());
            assert!(!audit(&history).faults.is_empty(), "run-{number} cut off at {end}");
        }
        write(&path(number), &[bytes.as_slice(), b"more"].concat());
        assert!(!audit(&history).faults.is_empty(), "run-{number} with more behind it");
        write(&path(number), &bytes);
    }
    assert_eq!(audit(&history).faults, []);
    fs::remove_file(path(2)).unwrap();
    assert!(audit(&history).faults.iter().any(|f| f.what == "it is missing"));
}

/// Who can write the folder can make a sound one of other runs; not one with a digest that is known elsewhere.
#[test]
fn a_rewritten_history_does_not_have_the_digest_that_was_noted() {
    let (one, other) = (folder(), folder());
    let history_of = |folder: &tempfile::TempDir, verdict| {
        let history = history(folder.path());
        for number in 0..3 {
            let mut new = new_run("stores", number);
            new.verdicts.values_mut().take(1).for_each(|v| *v = verdict);
            history.record(&Disk::default(), new).unwrap();
        }
        history
    };
    let real = history_of(&one, attesta_posture::Verdict::Fail);
    let noted = real.runs().unwrap()[1].digest;
    assert_eq!(fsck(&real, Some(noted)).unwrap().faults, []);
    let forged = history_of(&other, attesta_posture::Verdict::Pass);
    assert_eq!(fsck(&forged, None).unwrap().faults, []);
    assert!(fsck(&forged, Some(noted)).unwrap().faults[0].what.contains("rewritten or cut off"));
    let exchanged = other.path().join("runs/0000000/0000000002.run");
    fs::remove_file(&exchanged).unwrap();
    fs::copy(one.path().join("runs/0000000/0000000002.run"), &exchanged).unwrap();
    assert!(!audit(&forged).faults.is_empty());
}

#[test]
fn what_is_damaged_is_not_built_on() {
    let folder = folder();
    let history = history(folder.path());
    for number in 0..3 {
        record(&history, number).unwrap();
    }
    let path = folder.path().join("runs/0000000/0000000001.run");
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    let run = record(&history, 3).unwrap();
    assert_eq!(run.depth(), 1);
    holds(&history, &run, 3);
}

#[cfg(unix)]
#[test]
fn it_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let inside = folder.path().join("history");
    record(&history(&inside), 1).unwrap();
    assert_eq!(fs::metadata(&inside).unwrap().permissions().mode() & 0o777, 0o700);
}
