use attesta_upkeep::audit;

use crate::support::{Instance, ORG, flip, postgres};

async fn found(instance: &Instance) -> Vec<String> {
    let audit = audit(&instance.store, Some(&instance.blobs), Some(&instance.keyring), &[]).await.unwrap();
    audit.findings.into_iter().map(|f| format!("{}: {}", f.place, f.what)).collect()
}

/// Runs a statement on the database itself, as an administrator could.
pub(crate) fn administrator(instance: &Instance, sql: &str) {
    let file = instance.place.data.join("attesta.db");
    let python =
        format!("import sqlite3,sys\nc=sqlite3.connect({:?})\nc.execute(sys.argv[1])\nc.commit()", file.display());
    let run = std::process::Command::new("python3").args(["-c", &python, sql]).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_wrote_is_sound_on_both() {
    for database in [None, postgres()] {
        let instance = Instance::new(database).await;
        let audit = audit(&instance.store, Some(&instance.blobs), Some(&instance.keyring), &[]).await.unwrap();
        assert!(audit.is_sound(), "{:?}", audit.findings);
        assert_eq!((audit.organisations, audit.documents, audit.evidence, audit.blobs), (2, 1, 1, 1));
        assert_eq!((audit.links, audit.records, audit.members), (1, 1, 1));
        assert!(audit.leaves > 5 && audit.tiles >= 2 && audit.checkpoints == 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_was_changed_behind_the_log_is_named() {
    let table = [
        ("UPDATE leaf SET record = '{}' WHERE idx = 1 AND tenant <> 'house'", "leaf 1"),
        ("UPDATE leaf SET actor = 'mallory' WHERE idx = 1 AND tenant <> 'house'", "leaf 1"),
        ("DELETE FROM leaf WHERE idx = 2 AND tenant <> 'house'", "leaf 2"),
        ("UPDATE document SET body = 'type: e1'", "document"),
        (
            "UPDATE tile SET hashes = substr(hashes, 1, length(hashes) - 32) || zeroblob(32) WHERE tenant <> 'house'",
            "tile",
        ),
        ("UPDATE log SET vkey = (SELECT vkey FROM log WHERE tenant = 'house') WHERE tenant <> 'house'", "signing key"),
        ("UPDATE log SET size = size - 1 WHERE tenant <> 'house'", "checkpoint"),
        ("DELETE FROM document", "document"),
        ("DELETE FROM evidence", "evidence"),
        ("UPDATE evidence SET events = replace(events, 'policy.txt', 'other.txt')", "evidence"),
        ("UPDATE evidence SET state = 'retired'", "`state`"),
        ("UPDATE evidence SET digest = substr(digest, 2) || '0'", "`digest`"),
        ("UPDATE evidence SET size = 0", "`size`"),
        ("UPDATE evidence SET title = 'x'", "`title`"),
        ("UPDATE evidence SET kind = 'x'", "`kind`"),
        ("UPDATE evidence SET received = '2020-01-01'", "`received`"),
        ("UPDATE evidence SET rev = rev + 1", "`rev`"),
        ("DELETE FROM evidence_link", "is not found there"),
        ("UPDATE evidence_link SET target = 'requirement:other'", "its events say nothing of that"),
        ("UPDATE record SET body = '{}'", "it is not what the log tells of it"),
        ("UPDATE record SET state = 'done'", "it is not what the log tells of it"),
        ("UPDATE record SET owner = 'acc_2'", "it is not what the log tells of it"),
        ("UPDATE record SET rev = rev + 1", "it is not what the log tells of it"),
        ("UPDATE record SET id = 'tsk_2'", "the log does not tell of it"),
        ("DELETE FROM record", "the log tells of it, and it is missing"),
        ("UPDATE member SET role = 'external-assessor'", "they are not what the log tells of them"),
        ("UPDATE member SET body = '{\"until\":null}'", "they are not what the log tells of them"),
        ("DELETE FROM member", "the log tells of them, and they are missing"),
        ("UPDATE tenant SET name = 'Other' WHERE id <> 'house'", "its name"),
        ("DELETE FROM blob", "evidence"),
        ("UPDATE blob SET size = size + 1", "bytes"),
    ];
    for (sql, place) in table {
        let instance = Instance::new(None).await;
        administrator(&instance, sql);
        let found = found(&instance).await;
        assert!(found.iter().any(|f| f.contains(place)), "{sql}: {found:?}");
    }
}

/// Findings are named up to a thousand; all of them are counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_are_counted_beyond_those_that_are_named() {
    let instance = Instance::new(None).await;
    administrator(
        &instance,
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1199) \
         INSERT INTO document SELECT tenant, assessment, 'x' || i, rev, digest, body, updated, editor FROM document, n",
    );
    let audit = audit(&instance.store, None, None, &[]).await.unwrap();
    assert_eq!((audit.findings.len(), audit.faults()), (1_000, 1_200));
    let backups = instance.path("backups");
    let how = attesta_upkeep::Backup { into: &backups, keys: None, at: crate::support::at(9) };
    let error = attesta_upkeep::backup(&instance.place, &how).await.unwrap_err();
    assert!(error.to_string().contains("1200 faults in all"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_flipped_bit_of_evidence_is_named() {
    let instance = Instance::new(None).await;
    flip(&instance.blob(b"the first policy"), 3);
    let flipped = found(&instance).await;
    assert!(flipped.len() == 1 && flipped[0].contains("they are now"), "{flipped:?}");
    std::fs::remove_file(instance.blob(b"the first policy")).unwrap();
    let gone = found(&instance).await;
    assert!(gone.len() == 1 && gone[0].contains("they are missing"), "{gone:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_was_made_anew_does_not_continue_an_older_checkpoint() {
    let instance = Instance::new(None).await;
    let room = |instance: &Instance| instance.store.clone();
    let kept = room(&instance).room(&crate::support::permit(ORG)).await.unwrap().log().await.unwrap().checkpoint;
    instance.evidence(b"the second policy").await;
    let later = audit(&instance.store, None, None, std::slice::from_ref(&kept)).await.unwrap();
    assert!(later.is_sound(), "{:?}", later.findings);
    // Somebody with the keys begins the log anew, with the same name and no assessment.
    let other = Instance::new(None).await;
    let fresh = audit(&other.store, None, None, std::slice::from_ref(&kept)).await.unwrap();
    assert!(!fresh.is_sound());
}
