use std::fs;

use attesta_ledger::{SignedCheckpoint, verify_consistency};
use attesta_store::Store;
use attesta_upkeep::{Backup, Place, Restore, UpkeepError, audit, backup, restore};

use crate::support::{ADA, Instance, ORG, at, commit, flip, permit, postgres, superuser, work};

fn how<'a>(into: &'a std::path::Path, keys: Option<&'a std::path::Path>, second: i64) -> Backup<'a> {
    Backup { into, keys, at: at(second) }
}

fn back<'a>(from: &'a std::path::Path, keys: &'a std::path::Path) -> Restore<'a> {
    Restore { from, keys, against: &[], at: at(100) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_either_database_restores_into_either() {
    for (from, to_postgres) in [(None, false), (None, true), (postgres(), false), (postgres(), true)] {
        let instance = Instance::new(from).await;
        let (backups, keys) = (instance.path("backups"), instance.path("keys"));
        let old = instance.store.room(&permit(ORG)).await.unwrap().log().await.unwrap();
        let made = backup(&instance.place, &how(&backups, Some(&keys), 10)).await.unwrap();
        assert_eq!((made.new_blobs, made.audit.blobs), (1, 1));

        let mut place = Place::folder(&instance.path("restored"));
        if to_postgres {
            let Some(database) = postgres() else { continue };
            place.database = database;
        }
        let restored = restore(&back(&backups, &keys), &place).await.unwrap();
        assert_eq!(restored.made, at(10));
        // It is the same log with the same key: the next leaf is there already, and whoever held a checkpoint sees it grow.
        let store = Store::open(&place.database, 2).await.unwrap();
        let mut room = store.room(&permit(ORG)).await.unwrap();
        let log = room.log().await.unwrap();
        assert_eq!((&log.origin, &log.vkey, log.size), (&old.origin, &old.vkey, old.size + 1));
        assert_eq!(room.leaves(old.size, 1).await.unwrap()[0].kind, "organisation.restored");
        let open = |text: &str| SignedCheckpoint::open(text, &log.vkey.parse().unwrap()).unwrap().checkpoint;
        let (before, after) = (open(&old.checkpoint), open(&log.checkpoint));
        let proof = room.consistency(&log, before.size, after.size).await.unwrap();
        verify_consistency(before.size, &before.root, after.size, &after.root, &proof).unwrap();
        assert!(room.account(ADA).await.unwrap().is_some());
        drop(room);
        let opened = place.open().await.unwrap();
        let found = audit(&opened.store, Some(&opened.blobs), Some(&opened.keyring), &[old.checkpoint]).await.unwrap();
        assert!(found.is_sound(), "{:?}", found.findings);
        assert_eq!((found.blobs, found.evidence, found.documents), (1, 1, 1));
        let mut next = work(&opened.store, ORG).await;
        next.add_assessment("asm_2", "I1", at(200)).await.unwrap();
        commit(&opened.keyring, next).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_backup_adds_what_is_new_and_each_restores() {
    let instance = Instance::new(None).await;
    let (backups, keys) = (instance.path("backups"), instance.place.keys());
    let first = backup(&instance.place, &how(&backups, None, 10)).await.unwrap();
    instance.evidence(b"the second policy").await;
    let second = backup(&instance.place, &how(&backups, None, 20)).await.unwrap();
    assert_eq!((second.new_blobs, second.audit.blobs), (1, 2));
    let newest = restore(&back(&backups, &keys), &Place::folder(&instance.path("newest"))).await.unwrap();
    let older = restore(&back(&first.folder, &keys), &Place::folder(&instance.path("older"))).await.unwrap();
    assert_eq!((newest.audit.evidence, older.audit.evidence), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_made_while_others_write() {
    for database in [None, postgres()] {
        let instance = std::sync::Arc::new(Instance::new(database).await);
        let writing = tokio::spawn({
            let instance = std::sync::Arc::clone(&instance);
            async move {
                for number in 0..40 {
                    instance.evidence(format!("policy {number}").as_bytes()).await;
                }
            }
        });
        let (backups, keys) = (instance.path("backups"), instance.place.keys());
        for second in 0..3 {
            let made = backup(&instance.place, &how(&backups, None, second)).await.unwrap();
            let place = Place::folder(&instance.path(&format!("restored-{second}")));
            restore(&back(&made.folder, &keys), &place).await.unwrap();
        }
        writing.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_whole_is_refused_and_nothing_is_made() {
    let instance = Instance::new(None).await;
    let (backups, keys) = (instance.path("backups"), instance.place.keys());
    let made = backup(&instance.place, &how(&backups, None, 10)).await.unwrap();
    let target = Place::folder(&instance.path("restored"));
    let copy = |name: &str| {
        let to = instance.path(name);
        let copied = std::process::Command::new("cp").arg("-r").arg(&backups).arg(&to).status().unwrap();
        assert!(copied.success());
        to
    };
    let name = made.folder.file_name().unwrap();
    let blob = instance.blob(b"the first policy");
    let blob = blob.strip_prefix(&instance.place.data).unwrap();
    type Harm<'a> = &'a dyn Fn(&std::path::Path);
    let harm: [(&str, Harm<'_>); 6] = [
        ("a byte of the database", &|to| flip(&to.join(name).join("attesta.db"), 5_000)),
        ("a byte of evidence", &|to| flip(&to.join(blob), 2)),
        ("no evidence", &|to| fs::remove_file(to.join(blob)).unwrap()),
        ("a manifest cut short", &|to| {
            let manifest = to.join(name).join("manifest.json");
            let text = fs::read_to_string(&manifest).unwrap();
            fs::write(&manifest, &text[..text.len() / 2]).unwrap();
        }),
        ("a manifest with other checkpoints", &|to| {
            let manifest = to.join(name).join("manifest.json");
            let text = fs::read_to_string(&manifest).unwrap();
            fs::write(&manifest, text.replace("\"leaves\": ", "\"leaves\": 1")).unwrap();
        }),
        ("no database", &|to| fs::remove_file(to.join(name).join("attesta.db")).unwrap()),
    ];
    for (number, (what, harm)) in harm.iter().enumerate() {
        let harmed = copy(&format!("harmed-{number}"));
        harm(&harmed);
        let error = restore(&back(&harmed, &keys), &target).await.expect_err(what);
        assert!(!target.data.exists(), "{what}: {error}");
        let left = attesta_disk::names(instance.folder.path()).unwrap();
        assert!(!left.iter().any(|name| name.contains("restoring")), "{what}: {left:?}");
    }
    // Keys of somebody else.
    let other = Instance::empty(None).await;
    let error = restore(&back(&backups, &other.place.keys()), &target).await.unwrap_err();
    assert!(error.is_integrity() && error.to_string().contains("signing key"), "{error}");
    // A folder that is in use.
    let error = restore(&back(&backups, &keys), &instance.place).await.unwrap_err();
    assert!(matches!(error, UpkeepError::Refused { .. }), "{error}");
    // And nothing was wrong with the backup.
    restore(&back(&backups, &keys), &target).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_damaged_is_not_backed_up() {
    let instance = Instance::new(None).await;
    let backups = instance.path("backups");
    flip(&instance.blob(b"the first policy"), 3);
    let error = backup(&instance.place, &how(&backups, None, 10)).await.unwrap_err();
    assert!(error.is_integrity(), "{error}");
    let error =
        restore(&back(&backups, &instance.place.keys()), &Place::folder(&instance.path("r"))).await.unwrap_err();
    assert!(error.to_string().contains("no backup that was finished"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_backup_leaves_is_no_backup() {
    let instance = Instance::new(None).await;
    let backups = instance.path("backups");
    let made = backup(&instance.place, &how(&backups, None, 10)).await.unwrap();
    // As if it had been killed right before it got its name.
    fs::rename(&made.folder, backups.join(".2026.part")).unwrap();
    let error =
        restore(&back(&backups, &instance.place.keys()), &Place::folder(&instance.path("r"))).await.unwrap_err();
    assert!(error.to_string().contains("no backup that was finished"), "{error}");
    backup(&instance.place, &how(&backups, None, 20)).await.unwrap();
    assert!(!backups.join(".2026.part").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_where_bytes_go_is_replaced() {
    let instance = Instance::new(None).await;
    let (backups, keys) = (instance.path("backups"), instance.place.keys());
    backup(&instance.place, &how(&backups, None, 10)).await.unwrap();
    // The store that was in use, with a byte that changed.
    let blob = instance.blob(b"the first policy");
    flip(&blob, 3);
    let place = Place { blobs: instance.place.blobs.clone(), ..Place::folder(&instance.path("restored")) };
    restore(&back(&backups, &keys), &place).await.unwrap();
    assert_eq!(fs::read(&blob).unwrap(), b"the first policy");
    let opened = place.open().await.unwrap();
    let found = audit(&opened.store, Some(&opened.blobs), Some(&opened.keyring), &[]).await.unwrap();
    assert!(found.is_sound(), "{:?}", found.findings);
}

/// Views and tables of others (`pg_stat_statements` makes some) stand beside ours and are left alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_keep_in_the_database_is_left_alone() {
    let Some(database) = postgres() else { return };
    let instance = Instance::new(Some(database.clone())).await;
    let others = "CREATE VIEW stats AS SELECT oid, relname FROM pg_class; CREATE TABLE notes (n integer); \
                  GRANT SELECT ON stats, notes TO attesta";
    superuser(&database, others);
    // Rows that are read one by one, for they are heavy, come too.
    let mut work = instance.work().await;
    for id in ["a", "b", "c"] {
        let record = attesta_store::Record {
            kind: "task".to_owned(),
            id: id.to_owned(),
            about: String::new(),
            state: "open".to_owned(),
            owner: ADA.to_owned(),
            due: String::new(),
            rev: 0,
            body: format!(r#"{{"title":"{}"}}"#, "x".repeat(17 << 20)),
            created: at(5),
            updated: at(5),
            editor: ADA.to_owned(),
        };
        work.add_record(&record).await.unwrap();
    }
    instance.commit(work).await;
    let (backups, keys) = (instance.path("backups"), instance.place.keys());
    backup(&instance.place, &how(&backups, None, 10)).await.unwrap();
    let into = postgres().unwrap();
    superuser(&into, others);
    let place = Place { database: into, ..Place::folder(&instance.path("restored")) };
    restore(&back(&backups, &keys), &place).await.unwrap();
    let opened = place.open().await.unwrap();
    let mut room = opened.store.room(&permit(ORG)).await.unwrap();
    let page = attesta_store::Page::first(9);
    assert_eq!(room.records("task", &attesta_store::RecordSieve::default(), &page).await.unwrap().len(), 4);
}

/// What stands in the way of the folder's name is told before the database has anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_cannot_be_replaced_is_told_before_the_database_is_filled() {
    let instance = Instance::new(None).await;
    let (backups, keys) = (instance.path("backups"), instance.place.keys());
    backup(&instance.place, &how(&backups, None, 10)).await.unwrap();
    let Some(database) = postgres() else { return };
    let (empty, link, mount) = (instance.path("empty"), instance.path("link"), instance.path("mount"));
    fs::create_dir(&empty).unwrap();
    fs::create_dir(&mount).unwrap();
    std::os::unix::fs::symlink(&empty, &link).unwrap();
    let refused = async |data: &std::path::Path| {
        let place = Place { database: database.clone(), ..Place::folder(data) };
        let error = restore(&back(&backups, &keys), &place).await.unwrap_err();
        assert!(matches!(error, UpkeepError::Refused { .. }), "{error}");
        assert!(Store::open(&database, 1).await.unwrap().is_empty().await.unwrap());
        let left = attesta_disk::names(instance.folder.path()).unwrap();
        assert!(!left.iter().any(|name| name.starts_with('.')), "{left:?}");
    };
    refused(&link).await;
    // Who may not mount learns the rest from the link.
    let tool = |arguments: &[&str]| {
        std::process::Command::new(arguments[0]).args(&arguments[1..]).arg(&mount).status().is_ok_and(|s| s.success())
    };
    if tool(&["mount", "-t", "tmpfs", "none"]) {
        refused(&mount).await;
        assert!(tool(&["umount"]));
    }
    // One that is there and empty is taken, with the same database.
    let place = Place { database: database.clone(), ..Place::folder(&empty) };
    restore(&back(&backups, &keys), &place).await.unwrap();
}

/// A file of a watched source, as the server would have written it.
fn source_file(data: &std::path::Path, inside: &str, text: &str) {
    let path = data.join("sources").join(ORG).join("src_1").join(inside);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_of_sources_come_back_as_they_were_or_not_at_all() {
    let instance = Instance::new(None).await;
    let (backups, keys) = (instance.path("backups"), instance.place.keys());
    let data = instance.place.data.clone();
    source_file(&data, "history/history.json", "{}");
    source_file(&data, "history/runs/0000000/0000000001.run", "the first run");
    source_file(&data, "history/runs/0000001/0000001000.run", "");
    source_file(&data, "history/tmp/half", "half a run");
    source_file(&data, "history/lock", "");
    source_file(&data, "state/app.json", "known");
    let first = backup(&instance.place, &how(&backups, None, 10)).await.unwrap();
    assert_eq!((first.sources, first.new_blobs), (4, 5));
    source_file(&data, "history/runs/0000001/0000001001.run", "the next run");
    let second = backup(&instance.place, &how(&backups, None, 20)).await.unwrap();
    assert_eq!((second.sources, second.new_blobs), (5, 1), "the second adds what is new");

    let place = Place::folder(&instance.path("restored"));
    let restored = restore(&back(&backups, &keys), &place).await.unwrap();
    assert_eq!(restored.sources, Some(5));
    let source = place.data.join("sources").join(ORG).join("src_1");
    for (inside, text) in [
        ("history/history.json", "{}"),
        ("history/runs/0000000/0000000001.run", "the first run"),
        ("history/runs/0000001/0000001000.run", ""),
        ("history/runs/0000001/0000001001.run", "the next run"),
        ("state/app.json", "known"),
    ] {
        assert_eq!(fs::read_to_string(source.join(inside)).unwrap(), text, "{inside}");
    }
    assert!(!source.join("history/tmp").exists() && !source.join("history/lock").exists());
    let older = Place::folder(&instance.path("older"));
    assert_eq!(restore(&back(&first.folder, &keys), &older).await.unwrap().sources, Some(4));

    // A flipped byte, a list that was changed, a path that leads elsewhere: nothing is made.
    let target = Place::folder(&instance.path("harmed"));
    let digest = attesta_kernel::Digest::of(b"the next run").to_string();
    let blob = backups.join("blobs").join(ORG).join("sha256").join(&digest[..2]).join(&digest[2..]);
    flip(&blob, 2);
    let error = restore(&back(&backups, &keys), &target).await.unwrap_err();
    assert!(error.is_integrity() && !target.data.exists(), "{error}");
    flip(&blob, 2);
    let (list, manifest) = (second.folder.join("sources.jsonl"), second.folder.join("manifest.json"));
    let (was, said) = (fs::read_to_string(&list).unwrap(), fs::read_to_string(&manifest).unwrap());
    let other = was.replace(&format!("{ORG}/src_1/state/app.json"), &format!("{ORG}/../../../app.json"));
    fs::write(&list, &other).unwrap();
    let error = restore(&back(&backups, &keys), &target).await.unwrap_err();
    assert!(error.to_string().contains("its digest is"), "{error}");
    let digest = |text: &str| attesta_kernel::Digest::of(text.as_bytes()).to_string();
    fs::write(&manifest, said.replace(&digest(&was), &digest(&other))).unwrap();
    let error = restore(&back(&backups, &keys), &target).await.unwrap_err();
    assert!(error.to_string().contains("leads elsewhere") && !target.data.exists(), "{error}");
    assert!(!instance.path("app.json").exists());
    fs::write(&list, was).unwrap();
    fs::write(&manifest, said).unwrap();
    restore(&back(&backups, &keys), &target).await.unwrap();
}
