use attesta_store::{BearerKind, HOUSE};
use attesta_upkeep::audit;

use crate::support::{ADA, Instance, ORG, at, flip, postgres, secret, work};

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
        assert_eq!((audit.past, audit.accounts, audit.logins, audit.powers), (2, 1, 1, 4));
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
        ("UPDATE tenant SET kind = 'assessor-firm' WHERE id <> 'house'", "its kind"),
        ("UPDATE tenant SET body = '{\"open\":true}' WHERE id <> 'house'", "its settings"),
        // What an assessment is called, and whether it is open.
        ("UPDATE assessment SET name = 'Other'", "its name or state"),
        ("UPDATE assessment SET state = 'archived'", "its name or state"),
        // Who wrote what, now and before.
        ("UPDATE document SET editor = 'acc_2'", "somebody else wrote it"),
        ("UPDATE document SET rev = rev - 1", "document"),
        (
            "UPDATE document_past SET body = 'type: e1' WHERE rev = 2",
            "at revision 2: it is not what the log tells of it",
        ),
        ("UPDATE document_past SET editor = 'acc_2' WHERE rev = 1", "at revision 1: the log tells that somebody else"),
        ("DELETE FROM document_past WHERE rev = 1", "2 earlier forms, and there are 1"),
        ("UPDATE document_past SET rev = 9 WHERE rev = 1", "at revision 9: the log does not tell of it"),
        ("UPDATE document_past SET path = 'other.yaml'", "other.yaml at revision 1: the log does not tell of it"),
        // Passwords, second factors, addresses.
        ("UPDATE account SET body = '{\"password\":\"another\"}'", "account acc_00000000000000000000000001: it is not"),
        ("UPDATE account SET body = '{}'", "account acc_00000000000000000000000001: it is not"),
        ("UPDATE account SET email = 'eve@example.org'", "account acc_00000000000000000000000001: it is not"),
        ("UPDATE account SET name = 'Eve'", "account acc_00000000000000000000000001: it is not"),
        ("UPDATE account SET state = 'closed'", "account acc_00000000000000000000000001: it is not"),
        (
            "INSERT INTO account SELECT 'acc_2', 'eve@example.org', name, state, rev, body, created FROM account",
            "account acc_2: the log does not tell of it",
        ),
        ("UPDATE login SET body = '{\"key\":\"another\"}'", "way to sign in of account acc_0"),
        ("UPDATE login SET account = 'acc_2'", "way to sign in of account acc_2: it is not"),
        ("UPDATE login SET id = 'another'", "the log does not tell of it"),
        (
            "DELETE FROM login",
            "way to sign in of account acc_00000000000000000000000001: the log tells of it, and it is",
        ),
        // Sessions, tokens, links, invitations.
        ("UPDATE bearer SET digest = 'ab' WHERE kind = 'token'", "token tok_1: it is not what the log tells of it"),
        ("UPDATE bearer SET body = '{\"scopes\":[]}' WHERE kind = 'token'", "token tok_1: it is not"),
        ("UPDATE bearer SET account = 'acc_2' WHERE kind = 'token'", "token tok_1: it is not"),
        ("UPDATE bearer SET expires = '2099-01-01T00:00:00.000Z' WHERE kind = 'share'", "share shr_1: it is not"),
        ("UPDATE bearer SET body = '{\"uses\":0}' WHERE kind = 'share'", "share shr_1: it is not"),
        ("UPDATE bearer SET ended = NULL WHERE kind = 'invitation'", "the log tells that it ended, and it is in force"),
        ("UPDATE bearer SET ended = created WHERE kind = 'token'", "it has ended, and the log does not tell of that"),
        ("DELETE FROM bearer WHERE kind = 'share'", "share shr_1: the log tells of it, and it is missing"),
        ("UPDATE bearer SET account = 'acc_2' WHERE kind = 'session'", "session ses_1: it is not"),
        (
            "INSERT INTO bearer SELECT 'cd', kind, 'ses_2', tenant, account, created, seen, expires, ended, rev, body \
             FROM bearer WHERE kind = 'session'",
            "session ses_2: the log does not tell of it",
        ),
        ("UPDATE bearer SET kind = 'token' WHERE kind = 'share'", "token shr_1: it is not"),
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

/// A password that somebody put into the row by hand is told, also once its owner has changed something since.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_follows_does_not_make_a_row_right_that_was_changed_by_hand() {
    let instance = Instance::new(None).await;
    administrator(&instance, "UPDATE account SET email = 'eve@example.org'");
    administrator(&instance, "UPDATE bearer SET expires = '2099-01-01T00:00:00.000Z' WHERE kind = 'share'");
    let mut house = work(&instance.store, HOUSE).await;
    let ada = house.room().account(ADA).await.unwrap().unwrap();
    house.put_account(&ada, "how they are told was changed").await.unwrap();
    instance.commit(house).await;
    let mut org = instance.work().await;
    let link = org.room().bearer_by_id(BearerKind::Share, "shr_1").await.unwrap().unwrap();
    org.put_bearer(&link, "opened").await.unwrap();
    instance.commit(org).await;
    let found = found(&instance).await;
    let behind: Vec<&String> = found.iter().filter(|f| f.contains("changed behind the log")).collect();
    assert!(found.len() == 2 && behind.len() == 2, "{found:?}");
    assert!(behind[0].contains("account acc_0") && behind[1].contains("share shr_1"), "{behind:?}");
}

/// What happens every day is no fault: passwords that are changed, passkeys that count, secrets that end, sessions that an
/// account ends but one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_do_with_their_accounts_is_sound_and_a_session_that_ended_stays_so() {
    let instance = Instance::new(None).await;
    let mut house = work(&instance.store, HOUSE).await;
    let mut ada = house.room().account(ADA).await.unwrap().unwrap();
    ada.body = "{\"password\":\"renewed\"}".to_owned();
    house.put_account(&ada, "the password was changed").await.unwrap();
    let mut key = house.room().logins(ADA).await.unwrap().remove(0);
    key.body = "{\"key\":\"k\",\"counter\":2}".to_owned();
    house.put_login(&key).await.unwrap();
    house.add_bearer(&secret(BearerKind::Session, "ses_2", None)).await.unwrap();
    let first = house.room().bearers_of(ADA, BearerKind::Session).await.unwrap();
    let stays = first.iter().find(|bearer| bearer.id == "ses_1").unwrap().digest.clone();
    assert_eq!(house.end_sessions(ADA, &stays, at(8)).await.unwrap(), 1);
    instance.commit(house).await;
    let mut org = instance.work().await;
    let mut link = org.room().bearer_by_id(BearerKind::Share, "shr_1").await.unwrap().unwrap();
    link.body = "{\"uses\":1}".to_owned();
    org.put_bearer(&link, "opened").await.unwrap();
    org.end_bearer(BearerKind::Token, "tok_1", "taken back", at(9)).await.unwrap();
    instance.commit(org).await;
    assert_eq!(found(&instance).await, Vec::<String>::new());
    for (sql, place) in [
        ("UPDATE bearer SET ended = NULL WHERE id = 'ses_2'", "session ses_2: the log tells that it ended"),
        ("UPDATE bearer SET ended = NULL WHERE id = 'tok_1'", "token tok_1: the log tells that it ended"),
    ] {
        administrator(&instance, sql);
        assert!(found(&instance).await.iter().any(|f| f.contains(place)), "{sql}");
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
