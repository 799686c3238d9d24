use std::{
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use attesta_ledger::{SignedCheckpoint, verify_consistency};
use attesta_store::{HOUSE, LeafSieve};
use attesta_upkeep::{Export, Import, UpkeepError, audit, export, import};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::audits::administrator;
use crate::support::{ADA, Instance, ORG, at, commit, flip, permit, postgres, work};

const GRACE: &str = "grace@example.org";

async fn archive(instance: &Instance) -> (PathBuf, String) {
    let into = instance.path("clinic.zip");
    let made = export(&instance.place, &Export { organisation: ORG, into: &into, at: at(20) }).await.unwrap();
    assert_eq!((made.name.as_str(), made.left_out), ("Clinic", 0));
    (into, made.key)
}

/// An instance where Grace can sign in.
async fn elsewhere(database: Option<String>) -> Instance {
    let other = Instance::empty(database).await;
    let mut work = work(&other.store, HOUSE).await;
    let account = attesta_store::Account {
        id: "acc_00000000000000000000000009".to_owned(),
        email: GRACE.to_owned(),
        name: "Grace".to_owned(),
        state: "active".to_owned(),
        rev: 0,
        body: "{}".to_owned(),
        created: at(0),
    };
    work.add_account(&account).await.unwrap();
    other.commit(work).await;
    other
}

fn how<'a>(archive: &'a Path, key: Option<&'a str>) -> Import<'a> {
    Import { archive, key, owner: GRACE, at: at(30) }
}

async fn is_untouched(other: &Instance) {
    let mut snapshot = other.store.snapshot().await.unwrap();
    assert_eq!(snapshot.tenants(), [HOUSE]);
    for table in snapshot.tables().to_vec().iter().filter(|t| t.is_of_organisations()) {
        let rows = snapshot.rows(table, ORG, &mut |_| Ok(())).await.unwrap();
        assert_eq!(rows, 0, "{}", table.name);
    }
    let blobs = other.place.data.join("blobs").join(ORG);
    let left = std::process::Command::new("find").arg(&blobs).args(["-type", "f"]).output().unwrap();
    assert!(left.stdout.is_empty(), "{}", String::from_utf8_lossy(&left.stdout));
    let names = attesta_disk::names(&other.place.data).unwrap();
    assert!(!names.iter().any(|name| name.contains("importing")), "{names:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organisation_moves_from_either_database_to_either() {
    for (from, to) in [(None, None), (None, postgres()), (postgres(), None), (postgres(), postgres())] {
        let instance = Instance::new(from).await;
        let big = vec![b'x'; 3 << 20];
        instance.evidence(&big).await;
        // More rows than are held at once, and a log with a full tile.
        let mut work = instance.work().await;
        for number in 100..400 {
            work.add_assessment(&format!("asm_00000000000000000000000{number}"), "I1", at(4)).await.unwrap();
        }
        instance.commit(work).await;
        let (archive, key) = archive(&instance).await;
        let old = instance.store.room(&permit(ORG)).await.unwrap().log().await.unwrap();
        let other = elsewhere(to).await;
        let came = import(&other.place, &how(&archive, Some(&key))).await.unwrap();
        assert_eq!((came.organisation.as_str(), came.leaves, came.people, came.blobs), (ORG, old.size, 1, 2));
        assert_ne!(came.key, came.former_key);

        // The same log, longer by the owner's leaf and the import's; whoever holds the old checkpoint sees it grow.
        let mut room = other.store.room(&permit(ORG)).await.unwrap();
        let log = room.log().await.unwrap();
        assert_eq!((&log.origin, log.size), (&old.origin, old.size + 2));
        let before = SignedCheckpoint::open(&old.checkpoint, &came.former_key.parse().unwrap()).unwrap().checkpoint;
        let after = SignedCheckpoint::open(&log.checkpoint, &came.key.parse().unwrap()).unwrap().checkpoint;
        let proof = room.consistency(&log, before.size, after.size).await.unwrap();
        verify_consistency(before.size, &before.root, after.size, &after.root, &proof).unwrap();
        // Names came, ways to sign in did not; Grace owns it.
        let ada = room.account(ADA).await.unwrap().unwrap();
        assert_eq!((ada.name.as_str(), ada.state.as_str(), ada.body.as_str()), ("Ada", "closed", "{}"));
        assert!(room.account_of("ada@example.org").await.unwrap().is_none());
        let members = room.members(&attesta_store::Page::first(9)).await.unwrap();
        assert_eq!(members.iter().map(|m| (m.email.as_str(), m.role.as_str())).collect::<Vec<_>>(), [(GRACE, "owner")]);
        assert_eq!(
            room.trail(&LeafSieve::default(), u64::from(u32::MAX), 1).await.unwrap()[0].kind,
            "organisation.imported"
        );
        drop(room);
        let found = audit(&other.store, Some(&other.blobs), Some(&other.keyring), &[old.checkpoint]).await.unwrap();
        assert!(found.is_sound(), "{:?}", found.findings);
        assert_eq!((found.evidence, found.documents, found.blobs), (2, 1, 2));

        // It goes on, and can move on.
        let mut next = other.work().await;
        next.add_assessment("asm_00000000000000000000000002", "I1", at(40)).await.unwrap();
        commit(&other.keyring, next).await;
        let again = other.path("again.zip");
        export(&other.place, &Export { organisation: ORG, into: &again, at: at(50) }).await.unwrap();
        let third = elsewhere(None).await;
        let moved = import(&third.place, &how(&again, Some(&came.key))).await.unwrap();
        assert_eq!(moved.blobs, 2);
        let found = audit(&third.store, Some(&third.blobs), Some(&third.keyring), &[]).await.unwrap();
        assert!(found.is_sound(), "{:?}", found.findings);

        // Twice is refused.
        let error = import(&other.place, &how(&archive, None)).await.unwrap_err();
        assert!(error.to_string().contains("is here already"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_of_sources_travel_with_their_organisation_alone() {
    let instance = Instance::new(None).await;
    let sources = instance.place.data.join("sources");
    let files = [
        ("src_1/state/app.json", "what is known"),
        ("src_1/runs/000001/run.json", "a run"),
        ("src_1/history.json", "one"),
    ];
    for (path, text) in files {
        let path = sources.join(ORG).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(sources.join(ORG).join("src_1/lock"), "").unwrap();
    fs::create_dir_all(sources.join("ten_other/src_2")).unwrap();
    fs::write(sources.join("ten_other/src_2/history.json"), "theirs").unwrap();
    let (archive, key) = archive(&instance).await;
    let other = elsewhere(None).await;
    // What lies where they would go, and belongs to nobody, stays.
    let there = other.place.data.join("sources").join(ORG);
    fs::create_dir_all(&there).unwrap();
    fs::write(there.join("left"), "over").unwrap();
    let error = import(&other.place, &how(&archive, Some(&key))).await.unwrap_err();
    assert!(error.to_string().contains("holds runs already"), "{error}");
    assert_eq!(fs::read_to_string(there.join("left")).unwrap(), "over");
    is_untouched(&other).await;
    fs::remove_dir_all(&there).unwrap();
    let came = import(&other.place, &how(&archive, Some(&key))).await.unwrap();
    assert_eq!(came.runs, 3);
    for (path, text) in files {
        assert_eq!(fs::read_to_string(there.join(path)).unwrap(), text, "{path}");
    }
    assert!(!there.join("src_1/lock").exists() && !other.place.data.join("sources/ten_other").exists());
    assert_eq!(attesta_disk::names(&other.place.data.join("sources")).unwrap(), [ORG], "nothing half is left");
    // An import that fails late takes them away again.
    let third = elsewhere(None).await;
    administrator(&third, "CREATE TRIGGER no BEFORE INSERT ON member BEGIN SELECT RAISE(ABORT, 'no'); END");
    import(&third.place, &how(&archive, None)).await.unwrap_err();
    assert!(attesta_disk::names(&third.place.data.join("sources")).unwrap().is_empty());
    is_untouched(&third).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_do_not_travel() {
    let instance = Instance::new(None).await;
    let mut work = instance.work().await;
    let record = |kind: &str, id: &str, body: &str| attesta_store::Record {
        kind: kind.to_owned(),
        id: id.to_owned(),
        about: String::new(),
        state: "active".to_owned(),
        owner: ADA.to_owned(),
        due: String::new(),
        rev: 0,
        body: body.to_owned(),
        created: at(5),
        updated: at(5),
        editor: ADA.to_owned(),
    };
    work.add_record(&record("webhook", "hook", r#"{"secret":"sealed/1:abc:def"}"#)).await.unwrap();
    work.add_record(&record("task", "task", r#"{"title":"Review"}"#)).await.unwrap();
    instance.commit(work).await;
    let into = instance.path("clinic.zip");
    let made = export(&instance.place, &Export { organisation: ORG, into: &into, at: at(20) }).await.unwrap();
    assert_eq!(made.left_out, 1);
    let mut zip = ZipArchive::new(fs::File::open(&into).unwrap()).unwrap();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for secret in ["sealed/1:", "argon2id", "ada@example.org", "PRIVATE+KEY"] {
            assert!(!text.contains(secret), "{} holds {secret}", file.name());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_merely_mentions_a_secret_travels_and_what_is_too_big_is_told() {
    let instance = Instance::new(None).await;
    let mut work = instance.work().await;
    let record = |id: &str, body: String| attesta_store::Record {
        kind: "task".to_owned(),
        id: id.to_owned(),
        about: String::new(),
        state: "open".to_owned(),
        owner: ADA.to_owned(),
        due: String::new(),
        rev: 0,
        body,
        created: at(5),
        updated: at(5),
        editor: ADA.to_owned(),
    };
    let body = r#"{"title":"what is sealed/1: for?","note":["a \"sealed/1:abc:def\" in the log"]}"#;
    work.add_record(&record("task", body.to_owned())).await.unwrap();
    instance.commit(work).await;
    let (archive, key) = archive(&instance).await;
    let other = elsewhere(None).await;
    import(&other.place, &how(&archive, Some(&key))).await.unwrap();
    let mut room = other.store.room(&permit(ORG)).await.unwrap();
    assert_eq!(room.record("task", "task").await.unwrap().body, body);

    // What nobody could import is no archive.
    let mut work = instance.work().await;
    let body = format!(r#"{{"title":"{}"}}"#, "x".repeat(17 << 20));
    work.add_record(&record("huge", body)).await.unwrap();
    instance.commit(work).await;
    let into = instance.path("huge.zip");
    let error = export(&instance.place, &Export { organisation: ORG, into: &into, at: at(21) }).await.unwrap_err();
    assert!(error.to_string().contains("more than an archive may hold"), "{error}");
    assert!(!into.exists());
}

/// Files below the blobs of the organisation.
fn bytes_of(instance: &Instance) -> usize {
    let blobs = instance.place.data.join("blobs").join(ORG);
    let found = std::process::Command::new("find").arg(&blobs).args(["-type", "f"]).output().unwrap();
    found.stdout.split(|b| *b == b'\n').filter(|line| !line.is_empty()).count()
}

/// One of two imports of the same archive succeeds, and the other takes nothing from it: on one machine, and on two with
/// one database.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_imports_at_once_leave_one_organisation_with_its_bytes() {
    let instance = Instance::new(None).await;
    instance.evidence(&vec![b'x'; 9 << 20]).await;
    let (archive, _) = archive(&instance).await;
    for database in [None, postgres()] {
        let other = elsewhere(database.clone()).await;
        let mut second = other.place.clone();
        if database.is_some() {
            second.data = other.path("second");
            fs::create_dir(&second.data).unwrap();
            fs::copy(other.place.keys(), second.keys()).unwrap();
        }
        let both = [other.place.clone(), second].map(|place| {
            let archive = archive.clone();
            tokio::spawn(async move { import(&place, &how(&archive, None)).await })
        });
        let mut came = 0;
        for one in both {
            came += u32::from(one.await.unwrap().is_ok());
        }
        assert_eq!((came, bytes_of(&other)), (1, 2));
        let found = audit(&other.store, Some(&other.blobs), Some(&other.keyring), &[]).await.unwrap();
        assert!(found.is_sound(), "{:?}", found.findings);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_fails_late_removes_what_it_brought_and_no_more() {
    let instance = Instance::new(None).await;
    instance.evidence(b"the second policy").await;
    let (archive, _) = archive(&instance).await;
    let other = elsewhere(None).await;
    let there = |bytes: &[u8]| other.blob(bytes).exists();
    // One lies there already, from whomever; the other lies there damaged.
    let place = other.blobs.of(ORG).unwrap();
    for bytes in [b"the first policy".as_slice(), b"the second policy"] {
        let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(bytes.to_vec().into())]);
        place.put_stream(stream).await.unwrap();
    }
    flip(&other.blob(b"the second policy"), 3);
    administrator(
        &other,
        "CREATE TRIGGER no BEFORE INSERT ON tile WHEN NEW.tenant <> 'house' BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    import(&other.place, &how(&archive, None)).await.unwrap_err();
    assert_eq!((there(b"the first policy"), there(b"the second policy")), (true, false));
    administrator(&other, "DROP TRIGGER no");
    import(&other.place, &how(&archive, None)).await.unwrap();
    let found = audit(&other.store, Some(&other.blobs), Some(&other.keyring), &[]).await.unwrap();
    assert!(found.is_sound(), "{:?}", found.findings);
}

/// What becomes of a file of an archive.
type Change<'a> = Box<dyn Fn(&str, Vec<u8>) -> Vec<(String, Vec<u8>)> + 'a>;

/// The archive with its files changed.
fn changed(from: &Path, to: &Path, change: &Change<'_>) {
    let mut zip = ZipArchive::new(fs::File::open(from).unwrap()).unwrap();
    let mut out = ZipWriter::new(fs::File::create(to).unwrap());
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).unwrap();
        let name = file.name().to_owned();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        for (name, bytes) in change(&name, bytes) {
            out.start_file(name, options).unwrap();
            out.write_all(&bytes).unwrap();
        }
    }
    out.finish().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_archive_is_refused_and_changes_nothing() {
    let instance = Instance::new(None).await;
    let (archive, key) = archive(&instance).await;
    let other = elsewhere(None).await;
    let keep = |name: &str, bytes: Vec<u8>| vec![(name.to_owned(), bytes)];
    let only = |wanted: &'static str, with: fn(Vec<u8>) -> Vec<u8>| {
        move |name: &str, bytes: Vec<u8>| {
            if name == wanted { vec![(name.to_owned(), with(bytes))] } else { keep(name, bytes) }
        }
    };
    let table: Vec<(&str, Change<'_>)> = vec![
        (
            "a document says something else",
            Box::new(only("data/document.jsonl", |b| {
                String::from_utf8(b).unwrap().replace("type: r2", "type: e1").into_bytes()
            })),
        ),
        (
            "a leaf is missing",
            Box::new(only("data/leaf.jsonl", |b| {
                let text = String::from_utf8(b).unwrap();
                text.lines().skip(1).map(|l| format!("{l}\n")).collect::<String>().into_bytes()
            })),
        ),
        (
            "no people",
            Box::new(move |name: &str, bytes: Vec<u8>| if name == "people.jsonl" { vec![] } else { keep(name, bytes) }),
        ),
        (
            "one file more",
            Box::new(move |name: &str, bytes: Vec<u8>| {
                let mut all = keep(name, bytes);
                if name == "people.jsonl" {
                    all.push(("../../etc/cron.d/x".to_owned(), b"* * * * *".to_vec()));
                }
                all
            }),
        ),
        (
            "a path that leaves",
            Box::new(move |name: &str, bytes: Vec<u8>| {
                let name = if name == "people.jsonl" { "../people.jsonl" } else { name };
                keep(name, bytes)
            }),
        ),
        ("a bomb", Box::new(only("data/record.jsonl", |_| vec![b' '; 80 << 20]))),
        (
            "another manifest",
            Box::new(only("manifest.json", |b| String::from_utf8(b).unwrap().replace("Clinic", "Rival!").into_bytes())),
        ),
        (
            "no note",
            Box::new(
                move |name: &str, bytes: Vec<u8>| if name == "manifest.note" { vec![] } else { keep(name, bytes) },
            ),
        ),
    ];
    for (what, change) in &table {
        let path = other.path("hostile.zip");
        changed(&archive, &path, change);
        let error = import(&other.place, &how(&path, Some(&key))).await.expect_err(what);
        assert!(error.is_integrity(), "{what}: {error}");
        is_untouched(&other).await;
    }
    // Another key, none of ours, nobody to own it, no archive.
    let rival = Instance::new(None).await.store.room(&permit(ORG)).await.unwrap().log().await.unwrap().vkey;
    let error = import(&other.place, &how(&archive, Some(&rival))).await.unwrap_err();
    assert!(error.to_string().contains("not the key that was given"), "{error}");
    let error = import(&other.place, &Import { owner: "nobody@example.org", ..how(&archive, None) }).await.unwrap_err();
    assert!(matches!(error, UpkeepError::Refused { .. }), "{error}");
    let error = import(&other.place, &how(&other.place.keys(), None)).await.unwrap_err();
    assert!(error.is_integrity(), "{error}");
    is_untouched(&other).await;
    import(&other.place, &how(&archive, Some(&key))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_flipped_bit_or_a_cut_anywhere_is_refused() {
    let instance = Instance::new(None).await;
    let (archive, key) = archive(&instance).await;
    let other = elsewhere(None).await;
    let whole = fs::read(&archive).unwrap();
    let path = other.path("harmed.zip");
    // Headers of a zip hold dates and hints that nobody reads: a flip there changes nothing that comes. Then another
    // instance has it, and goes on being harmed.
    let (mut refused, mut harmless) = (0, 0);
    let mut target = elsewhere(None).await;
    for step in 0..60 {
        fs::write(&path, &whole).unwrap();
        flip(&path, step * whole.len() / 60 + 7);
        match import(&target.place, &how(&path, Some(&key))).await {
            Err(_) => {
                refused += 1;
                is_untouched(&target).await;
            }
            Ok(came) => {
                harmless += 1;
                assert!(came.audit.is_sound() && came.blobs == 1 && came.people == 1);
                target = elsewhere(None).await;
            }
        }
    }
    for part in 1..20 {
        fs::write(&path, &whole[..whole.len() * part / 20]).unwrap();
        import(&other.place, &how(&path, Some(&key))).await.unwrap_err();
        is_untouched(&other).await;
    }
    assert!(refused > 40, "{refused} refused, {harmless} harmless");
}

/// Whoever adds a table decides here whether it travels (`TRAVELS`), or why it stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_every_table_it_is_decided_whether_it_travels() {
    let instance = Instance::new(None).await;
    let (archive, _) = archive(&instance).await;
    let zip = ZipArchive::new(fs::File::open(&archive).unwrap()).unwrap();
    let travels =
        zip.file_names().filter_map(|name| name.strip_prefix("data/")?.strip_suffix(".jsonl")).map(str::to_owned);
    let mut decided: Vec<String> = travels.collect();
    // Ways to sign in and what gives power; roles, which the new instance gives; what follows from the leaves; what is
    // the instance's own.
    let stay = ["account", "attempt", "bearer", "job", "log", "login", "member", "replay", "tile"];
    decided.extend(stay.map(str::to_owned));
    decided.sort();
    let snapshot = instance.store.snapshot().await.unwrap();
    let mut tables: Vec<&str> = snapshot.tables().iter().map(|table| table.name.as_str()).collect();
    tables.sort_unstable();
    assert_eq!(tables, decided);
}
