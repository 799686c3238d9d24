//! Small runs for tests.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may stop at a surprise")]

use std::{collections::BTreeMap, path::Path};

use attesta_history::{Audit, Disk, History, HistoryError, NewRun, Run, fsck};
use attesta_kernel::{Digest, Timestamp};
use attesta_posture::{CheckKey, Reach, Verdict, Verdicts};

/// A folder in memory where there is one: what is tested here is order, not the disk.
pub fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

pub fn history(folder: &Path) -> History {
    History::open_or_create(folder, &Disk::default()).unwrap()
}

/// The hour of a run.
pub fn hour(number: u64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + i64::try_from(number).unwrap() * 3_600).unwrap()
}

/// Forty stores as JSON lines; in hour `h` the store `h % 40` and all before it were touched last.
pub fn document(hour: u64) -> Vec<u8> {
    let line = |store: u64| {
        let version = (hour + 40 - store) / 40;
        let name = Digest::of(format!("store {store}").as_bytes());
        format!(
            "{{\"kind\":\"object_store\",\"address\":\"store-{store}\",\"names\":[\"{name}\"],\"attributes\":{{\"versioning\":{},\"region\":\"r-{version}\"}}}}\n",
            version % 3 != 1
        )
    };
    (0..40).flat_map(|store| line(store).into_bytes()).collect()
}

pub fn verdicts(hour: u64) -> Verdicts {
    let verdict = |store: u64| match (hour + 40 - store) / 40 % 4 {
        0 => Verdict::Pass,
        1 => Verdict::Fail,
        2 => Verdict::Waived,
        _ => Verdict::Unknown,
    };
    let there = (0..40_u64).filter(|store| !(store + hour / 50).is_multiple_of(37));
    there
        .map(|s| {
            let resource = format!("store-{s}").into();
            (CheckKey { policy: "object-store-versioning".parse().unwrap(), resource }, verdict(s))
        })
        .collect()
}

pub fn new_run(source: &str, number: u64) -> NewRun {
    NewRun {
        at: hour(number),
        source: source.parse().unwrap(),
        tool: "attesta test".to_owned(),
        content: Digest::of(b"content"),
        documents: vec![
            ("stores.jsonl".to_owned(), document(number)),
            (
                "more.jsonl".to_owned(),
                format!("{{\"schema\":\"attesta.neutral-resources/1\",\"source\":\"{number}\"}}\n").into(),
            ),
        ],
        unseen: Vec::new(),
        complete: true,
        complete_kinds: [attesta_resource::Kind::ObjectStore].into(),
        resources: BTreeMap::from([(attesta_resource::Kind::ObjectStore, 40)]),
        judged: BTreeMap::from([("object-store-versioning".parse().unwrap(), Reach::All)]),
        verdicts: verdicts(number),
    }
}

pub fn record(history: &History, number: u64) -> Result<Run, HistoryError> {
    history.record(&Disk::default(), new_run("stores", number))
}

/// What is kept of a run is what was read and said.
pub fn holds(history: &History, run: &Run, number: u64) {
    let kept = history.documents(run.id).unwrap();
    let expected = new_run(run.source.as_str(), number);
    let read: Vec<(String, Vec<u8>)> = kept.into_iter().map(|(d, bytes)| (d.path, bytes)).collect();
    assert!(read == expected.documents, "{} has the bytes of hour {number}", run.id);
    assert_eq!(history.verdicts(run.id).unwrap(), expected.verdicts, "{}", run.id);
    assert_eq!(run.at, hour(number));
}

pub fn audit(history: &History) -> Audit {
    fsck(history, None).unwrap()
}
