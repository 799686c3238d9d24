//! A vault as a user keeps it: init, evidence, proofs, verification, audits.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use support::{Run, attesta, command};

struct Workspace {
    folder: tempfile::TempDir,
}

impl Workspace {
    fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let workspace = Self { folder };
        let run = workspace.run(&["init", "ws", "--origin", "attesta.example/acme"]);
        assert_eq!(run.code, 0, "{}", run.err);
        workspace
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), text).unwrap();
        name.to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let output = command().current_dir(self.folder.path()).args(arguments).output().unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// In the workspace.
    fn at(&self, arguments: &[&str]) -> Run {
        let more = ["--workspace", "ws"];
        self.run(&arguments.iter().chain(&more).copied().collect::<Vec<_>>())
    }

    fn add(&self, name: &str, text: impl AsRef<[u8]>, more: &[&str]) -> serde_json::Value {
        self.write(name, text);
        let arguments: Vec<&str> = ["evidence", "add", name, "--format", "json"].iter().chain(more).copied().collect();
        let run = self.at(&arguments);
        assert_eq!(run.code, 0, "{}", run.err);
        run.json()
    }

    fn proof(&self, id: &str) {
        let run = self.at(&["evidence", "proof", id, "--output", "out"]);
        assert_eq!(run.code, 0, "{}", run.err);
    }
}

fn id(added: &serde_json::Value) -> String {
    added["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_file_is_added_proven_and_verified_without_a_server() {
    let ws = Workspace::new();
    let added = ws.add("e.txt", "all admins use a second factor\n", &[]);
    assert_eq!(added["size"], 31);
    assert_eq!(added["type"], "text/plain");
    assert_eq!(added["leaf"], 1);
    assert_eq!(added["digest"].as_str().unwrap().len(), 64);
    ws.proof(&id(&added));
    let proof = fs::read_to_string(ws.path("out/item.tlog-proof")).unwrap();
    assert!(proof.starts_with("c2sp.org/tlog-proof@v1\nextra ") && proof.contains("\nindex 1\n"), "{proof}");
    let leaf = fs::read_to_string(ws.path("out/leaf")).unwrap();
    assert!(!leaf.contains("admins") && !leaf.contains("e.txt") && !leaf.contains(added["digest"].as_str().unwrap()));
    let key = fs::read_to_string(ws.path("out/key.vkey")).unwrap();
    // Without the workspace: the file, the proof, the key.
    fs::rename(ws.path("ws"), ws.path("gone")).unwrap();
    fs::create_dir(ws.path("alone")).unwrap();
    fs::copy(ws.path("out/item.tlog-proof"), ws.path("alone/item.tlog-proof")).unwrap();
    for (proof, key) in
        [("out", "out/key.vkey"), ("out/item.tlog-proof", key.trim()), ("alone/item.tlog-proof", "out/key.vkey")]
    {
        let run = ws.run(&["verify", "e.txt", proof, "--key", key]);
        assert_eq!((run.code, run.out.starts_with("verified\n")), (0, true), "{} {}", run.out, run.err);
    }
    let json = ws.run(&["verify", "e.txt", "out", "--key", "out/key.vkey", "--format", "json"]).json();
    assert_eq!((&json["verified"], &json["leaf"]["index"]), (&true.into(), &1.into()));
}

#[test]
fn whatever_was_changed_is_refused_with_exit_code_4() {
    let ws = Workspace::new();
    let added = ws.add("e.txt", "one\n", &[]);
    ws.add("f.txt", "two\n", &[]);
    ws.proof(&id(&added));
    for name in ["e.txt", "out/item.tlog-proof", "out/leaf", "out/key.vkey"] {
        let good = fs::read(ws.path(name)).unwrap();
        // The domain's own test changes every byte; here every 23rd shows that the command line loses none.
        for at in (0..good.len()).step_by(23).chain([good.len() - 1]) {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(ws.path(name), &bad).unwrap();
            let run = ws.run(&["verify", "e.txt", "out", "--key", "out/key.vkey"]);
            assert_eq!((run.code, run.out.as_str()), (4, ""), "{name}, byte {at}: {}", run.err);
        }
        fs::write(ws.path(name), &good[..good.len() - 1]).unwrap();
        let run = ws.run(&["verify", "e.txt", "out", "--key", "out/key.vkey"]);
        // A key without its last newline is still the key.
        assert_eq!(run.code, if name.ends_with("vkey") { 0 } else { 4 }, "{name} cut: {}", run.err);
        fs::write(ws.path(name), &good).unwrap();
    }
    let other = Workspace::new();
    let stranger = fs::read_to_string(other.path("ws/.attesta/key.vkey")).unwrap();
    assert_eq!(ws.run(&["verify", "e.txt", "out", "--key", stranger.trim()]).code, 4, "another log of the same name");
    for usage in [
        &["verify", "e.txt", "out"][..],
        &["verify", "e.txt", "out", "--key", "nonsense"],
        &["verify", "gone.txt", "out", "--key", "out/key.vkey"],
        &["verify", "e.txt", "gone", "--key", "out/key.vkey"],
    ] {
        assert_eq!(ws.run(usage).code, 2, "{usage:?}");
    }
}

#[test]
fn init_refuses_where_a_vault_is_and_changes_nothing() {
    let ws = Workspace::new();
    let key = fs::read(ws.path("ws/.attesta/key.secret")).unwrap();
    let again = ws.run(&["init", "ws"]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("holds a vault already") && again.err.contains("help"), "{}", again.err);
    assert_eq!(fs::read(ws.path("ws/.attesta/key.secret")).unwrap(), key);
    let bad = ws.run(&["init", "other", "--origin", "with blank"]);
    assert_eq!(bad.code, 2);
    assert!(!ws.path("other").exists());
    let nowhere = ws.run(&["evidence", "list"]);
    assert_eq!(nowhere.code, 2);
    assert!(nowhere.err.contains("attesta init"), "{}", nowhere.err);
    let made_up = ws.run(&["init", "third", "--format", "json"]).json();
    assert!(made_up["origin"].as_str().unwrap().starts_with("attesta.local/third-"));
    assert!(made_up["key"].as_str().unwrap().starts_with(made_up["origin"].as_str().unwrap()));
}

#[cfg(unix)]
#[test]
fn the_signing_key_is_its_owner_s_alone_and_evidence_is_read_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let ws = Workspace::new();
    let added = ws.add("e.txt", "x", &[]);
    let mode = |name: &str| fs::metadata(ws.path(name)).unwrap().permissions().mode() & 0o777;
    let digest = added["digest"].as_str().unwrap();
    assert_eq!(mode("ws/.attesta/key.secret"), 0o600);
    assert_eq!(mode("ws/.attesta"), 0o700);
    assert_eq!(mode(&format!("ws/.attesta/blobs/{}/{digest}", &digest[..2])) & 0o222, 0);
    fs::set_permissions(ws.path("ws/.attesta/key.secret"), fs::Permissions::from_mode(0o644)).unwrap();
    let run = ws.run(&["fsck", "ws"]);
    assert_eq!(run.code, 4);
    assert!(run.err.contains("others may read it"), "{}", run.err);
}

#[test]
fn fsck_names_every_fault_and_repairs_what_is_derived() {
    let ws = Workspace::new();
    let first = ws.add("e.txt", "one\n", &[]);
    ws.add("f.txt", "two\n", &[]);
    assert_eq!(ws.run(&["fsck", "ws"]).code, 0);
    let vault = ws.path("ws/.attesta");
    let digest = first["digest"].as_str().unwrap();
    let blob = format!("blobs/{}/{digest}", &digest[..2]);
    let transaction = "transactions/000/000/000/000000000001.jsonl";
    let change = |name: &str, change: &dyn Fn(&Path)| {
        let path = vault.join(name);
        // Read-only files are changed as their owner could: by a new file.
        fs::rename(&path, ws.path("kept")).unwrap();
        change(&path);
        let run = ws.run(&["fsck", "ws"]);
        fs::rename(ws.path("kept"), &path).unwrap();
        assert_eq!(ws.run(&["fsck", "ws"]).code, 0, "{name} was put back");
        run
    };
    let flip = |name: &str| {
        let mut bytes = fs::read(vault.join(name)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        change(name, &move |path| fs::write(path, &bytes).unwrap())
    };
    for (name, told) in [
        (blob.as_str(), "have another digest"),
        (transaction, "do not have the digest"),
        ("log/checkpoint", "checkpoint"),
        ("log/tile/0/000.p/3", "does not hold what the leaves say"),
        ("log/tile/entries/000.p/3", "does not hold what the leaves say"),
        ("key.secret", "key.secret"),
    ] {
        let run = flip(name);
        assert_eq!(run.code, 4, "{name}: {} {}", run.out, run.err);
        assert!(run.err.contains(told) && run.err.contains(name.rsplit('/').next().unwrap()), "{name}: {}", run.err);
    }
    for (name, told) in [
        (blob.as_str(), "its bytes are missing"),
        (transaction, "the transaction of leaf 1 is missing"),
        ("log/checkpoint", "missing"),
        ("log/tile/entries/000.p/3", "missing"),
    ] {
        let run = change(name, &|_| {});
        assert_eq!(run.code, 4, "{name}");
        assert!(run.err.contains(told), "{name}: {}", run.err);
    }
    fs::write(vault.join("log/tile/0/000.p/3"), b"torn").unwrap();
    fs::remove_file(vault.join("log/tile/entries/000.p/3")).unwrap();
    assert_eq!(ws.run(&["fsck", "ws"]).code, 4);
    let refused = ws.at(&["evidence", "add", "e.txt"]);
    assert!(refused.code == 4 && refused.err.contains("tile/0/000.p/3"), "{}", refused.err);
    let repaired = ws.run(&["fsck", "ws", "--repair", "--format", "json"]).json();
    assert_eq!((&repaired["sound"], repaired["repaired"].as_array().unwrap().len()), (&true.into(), 2), "{repaired}");
    ws.add("e.txt", "three\n", &[]);
    assert_eq!(ws.run(&["fsck", "ws"]).code, 0);
}

#[test]
fn records_cannot_be_changed_behind_the_leaf() {
    let ws = Workspace::new();
    ws.add("e.txt", "one\n", &["--collected", "2026-01-01"]);
    let path = ws.path("ws/.attesta/transactions/000/000/000/000000000001.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let changed = text.replace("2026-01-01", "2026-11-01");
    assert_ne!(text, changed);
    // Whoever edits the file can mend its checksum too.
    let body = &changed[..changed.trim_end().rfind('\n').unwrap() + 1];
    let sum = attesta_kernel::Digest::of(body.as_bytes());
    fs::remove_file(&path).unwrap();
    fs::write(&path, format!("{body}{{\"sha256\":\"{sum}\"}}\n")).unwrap();
    let run = ws.run(&["fsck", "ws"]);
    assert_eq!(run.code, 4);
    assert!(run.err.contains("leaf 1: the record beside it is not the one that it speaks of"), "{}", run.err);
}

#[test]
fn a_rewritten_or_shortened_log_is_betrayed_by_a_checkpoint_that_left() {
    let ws = Workspace::new();
    ws.add("e.txt", "one\n", &[]);
    let copy = ws.path("copy");
    assert!(std::process::Command::new("cp").arg("-a").args([&ws.path("ws"), &copy]).status().unwrap().success());
    ws.add("f.txt", "two\n", &[]);
    assert_eq!(ws.at(&["ledger", "checkpoint", "--output", "mailed"]).code, 0);
    ws.add("g.txt", "three\n", &[]);
    assert_eq!(ws.run(&["fsck", "ws", "--against", "mailed"]).code, 0);
    assert_eq!(ws.at(&["ledger", "consistency", "mailed"]).code, 0);
    // The administrator has the key: an older copy with another future is sound in itself.
    ws.write("h.txt", "another story\n");
    for _ in 0..2 {
        let told = ws.run(&["evidence", "add", "h.txt", "--workspace", "copy"]);
        assert_eq!(told.code, 0, "{}", told.err);
        let run = ws.run(&["fsck", "copy", "--against", "mailed"]);
        assert_eq!(run.code, 4, "{}", run.out);
        assert!(run.err.contains("rewritten") || run.err.contains("cut back"), "{}", run.err);
    }
    assert_eq!(ws.run(&["fsck", "copy"]).code, 0, "sound in itself");
    assert_eq!(ws.run(&["ledger", "consistency", "mailed", "--workspace", "copy"]).code, 4);
}

#[test]
fn a_witness_s_word_travels_with_the_proof() {
    use attesta_ledger::{Note, SigningKey, cosign};
    let ws = Workspace::new();
    let added = ws.add("e.txt", "one\n", &[]);
    let asked = ws.at(&["ledger", "witness"]);
    let (head, checkpoint) = asked.out.split_once("\n\n").unwrap();
    assert_eq!(head, "old 0");
    let witness = SigningKey::from_seed("witness.example/w".parse().unwrap(), &[9; 32]);
    let cosignature = cosign(&witness, &Note::parse(checkpoint).unwrap(), 1_795_000_000);
    ws.write("answer", format!("{cosignature}\n"));
    let key = witness.witness().to_string();
    let taken = ws.at(&["ledger", "witness", "--answer", "answer", "--key", &key]);
    assert_eq!(taken.code, 0, "{}", taken.err);
    ws.write("forged", format!("{cosignature}\n").replace('A', "B"));
    assert_eq!(ws.at(&["ledger", "witness", "--answer", "forged", "--key", &key]).code, 4);
    ws.proof(&id(&added));
    let log = fs::read_to_string(ws.path("out/key.vkey")).unwrap();
    ws.write("policy", format!("log {}\nwitness w {key}\nquorum w\n", log.trim()));
    let run = ws.run(&["verify", "e.txt", "out", "--policy", "policy"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("witness     witness.example/w at 2026-11-18"), "{}", run.out);
    let other = SigningKey::from_seed("other.example/w".parse().unwrap(), &[8; 32]).witness();
    ws.write(
        "stricter",
        format!("log {}\nwitness w {key}\nwitness x {other}\ngroup g all w x\nquorum g\n", log.trim()),
    );
    let run = ws.run(&["verify", "e.txt", "out", "--policy", "stricter"]);
    assert_eq!(run.code, 4);
    assert!(run.err.contains("`witness.example/w` cosigned, which is not the quorum"), "{}", run.err);
    // The newest checkpoint has no cosignature; the kept one still proves the item.
    ws.add("f.txt", "two\n", &[]);
    ws.proof(&id(&added));
    assert_eq!(ws.run(&["verify", "e.txt", "out", "--policy", "policy"]).code, 4);
    let run = ws.at(&["evidence", "proof", &id(&added), "--output", "out", "--size", "2"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(ws.run(&["verify", "e.txt", "out", "--policy", "policy"]).code, 0);
}

#[test]
fn phi_is_suspected_never_repeated_and_stops_nothing() {
    let ws = Workspace::new();
    let added =
        ws.add("list.csv", "name,ssn\nJane,123-45-6789\n", &["--kind", "population", "--collected", "2026-11-01"]);
    let warning = &added["warnings"][0];
    assert_eq!(warning["code"], "phi-suspected");
    let message = warning["message"].as_str().unwrap();
    assert!(message.contains("line 2") && message.contains("guess") && !message.contains("6789"), "{message}");
    let png = ws.add("shot.png", b"\x89PNG\r\n\x1a\n123-45-6789", &[]);
    assert_eq!((&png["type"], &png["looked_at_for_phi"]), (&"image/png".into(), &"not-text".into()));
    let whole = fs::read_to_string(ws.path("ws/.attesta/transactions/000/000/000/000000000001.jsonl")).unwrap();
    assert!(!whole.contains("6789"));
}

#[test]
fn evidence_lives_by_its_rules() {
    let ws = Workspace::new();
    let added = ws.add(
        "policy.txt",
        "v1\n",
        &[
            "--kind",
            "policy-document",
            "--effective",
            "2025-01-01",
            "--for",
            "164.312(b)",
            "--for",
            "1123.01q1System.2",
            "--level",
            "policy",
            "--element",
            "2",
            "--where",
            "section 4, page 3",
        ],
    );
    let old = id(&added);
    ws.write("v2.txt", "v2\n");
    let newer =
        ws.at(&["evidence", "supersede", &old, "v2.txt", "--effective", "2026-01-01", "--format", "json"]).json();
    assert_eq!(newer["version"], 2);
    let standing = |id: &str, day: &str| {
        let told = ws.at(&["evidence", "show", id, "--at", day]).json();
        told["standing"]["is"].as_str().unwrap().to_owned()
    };
    assert_eq!(standing(&old, "2024-12-31"), "not-yet");
    assert_eq!(standing(&old, "2025-12-31"), "valid");
    assert_eq!(standing(&old, "2026-01-01"), "superseded");
    assert_eq!(standing(&id(&newer), "2026-01-01"), "valid");
    assert_eq!(standing(&id(&newer), "2027-01-02"), "stale");
    let listed = ws.at(&["evidence", "list", "--for", "164.312(b)", "--format", "json"]).json();
    assert_eq!(listed["evidence"].as_array().unwrap().len(), 2, "links carry over");
    assert_eq!(listed["evidence"][1]["links"][1]["place"], "section 4, page 3");
    assert_eq!(listed["evidence"][1]["standing"]["why"]["confidence"], "unverified");

    let twice = ws.at(&["evidence", "supersede", &old, "v2.txt"]);
    assert_eq!(twice.code, 1, "{}", twice.err);
    let kept = ws.at(&["evidence", "retire", &old, "--why", "tidy"]);
    assert_eq!(kept.code, 1);
    assert!(kept.err.contains("must stay until 20") && kept.err.contains("164.316(b)(2)(i)"), "{}", kept.err);
    let ancient =
        ws.add("old.txt", "old\n", &["--kind", "sample", "--collected", "2001-01-01", "--received", "2001-01-02"]);
    let ancient = id(&ancient);
    assert_eq!(ws.at(&["evidence", "hold", &ancient, "--matter", "case-7", "--why", "suit"]).code, 0);
    let held = ws.at(&["evidence", "retire", &ancient, "--why", "time is over"]);
    assert!(held.code == 1 && held.err.contains("`case-7`"), "{}", held.err);
    assert_eq!(ws.at(&["evidence", "release", &ancient, "--matter", "case-7", "--why", "settled"]).code, 0);
    assert_eq!(ws.at(&["evidence", "retire", &ancient, "--why", "time is over"]).code, 0);
    assert_eq!(ws.at(&["evidence", "get", &ancient, "--output", "back"]).code, 3);
    assert_eq!(standing(&ancient, "2099-12-31"), "retired".to_owned());
    assert_eq!(ws.at(&["evidence", "get", &old, "--output", "back"]).code, 0);
    assert_eq!(fs::read(ws.path("back")).unwrap(), b"v1\n");
    let audit = ws.run(&["fsck", "ws", "--format", "json"]).json();
    assert_eq!((&audit["sound"], &audit["evidence"], &audit["files_hashed"]), (&true.into(), &3.into(), &2.into()));
}

#[test]
fn mistakes_are_named_and_store_nothing() {
    let ws = Workspace::new();
    ws.write("big", vec![b'x'; 1000]);
    for (arguments, code, told) in [
        (&["evidence", "add", "gone.txt"][..], 2, "gone.txt"),
        (&["evidence", "add", "ws"], 2, "it is a folder"),
        (&["evidence", "add", "big", "--max-size", "999"], 2, "bigger than 999 bytes"),
        (&["evidence", "add", "big", "--kind", "poem"], 2, "policy-document"),
        (&["evidence", "add", "big", "--retention", "forever"], 2, "hipaa-documentation"),
        (&["evidence", "add", "big", "--for", "nothing"], 2, "framework:id"),
        (&["evidence", "add", "big", "--period", "2026-02-01..2026-01-01"], 2, "2026-07-01..2026-09-30"),
        (&["evidence", "add", "big", "--actor", "ann@example.org"], 2, "no address"),
        (&["evidence", "show", "evd_00000000000000000000000000"], 2, "there is no evidence"),
        (&["evidence", "proof", "evd_1", "--output", "o"], 2, "evidence list"),
    ] {
        let run = ws.at(arguments);
        assert_eq!(run.code, code, "{arguments:?}: {}", run.err);
        assert!(run.err.contains(told), "{arguments:?}: {}", run.err);
    }
    let audit = ws.run(&["fsck", "ws", "--format", "json"]).json();
    assert_eq!((&audit["leaves"], &audit["evidence"], &audit["notes"]), (&1.into(), &0.into(), &serde_json::json!([])));
}

#[test]
fn the_binary_killed_at_random_moments_loses_nothing_acknowledged() {
    let ws = Workspace::new();
    ws.write("e.txt", "some evidence\n".repeat(2000));
    let mut acknowledged = BTreeSet::new();
    let mut state = 88_172_645_463_325_252_u64;
    let mut killed = 0;
    for round in 0..60 {
        let mut child = command()
            .current_dir(ws.folder.path())
            .args(["evidence", "add", "e.txt", "--workspace", "ws", "--format", "json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        std::thread::sleep(Duration::from_micros(state % 60_000));
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        killed += u32::from(output.status.code().is_none());
        if let Ok(added) = serde_json::from_slice::<serde_json::Value>(&output.stdout) {
            acknowledged.insert(id(&added));
        }
        if round % 10 == 9 {
            assert_eq!(ws.run(&["fsck", "ws"]).code, 0, "round {round}");
        }
    }
    acknowledged.insert(id(&ws.add("last.txt", "last", &[])));
    let listed = ws.at(&["evidence", "list", "--format", "json"]).json();
    let here: BTreeSet<String> = listed["evidence"].as_array().unwrap().iter().map(id).collect();
    assert!(here.is_superset(&acknowledged));
    let audit = ws.run(&["fsck", "ws", "--format", "json", "--repair"]).json();
    assert_eq!(audit["sound"], true, "{audit}");
    assert!(killed > 0, "no kill came in time");
}

/// A tiny disk of its own, where this machine lets us make one.
#[test]
fn a_full_disk_loses_nothing_acknowledged() {
    let ws = Workspace::new();
    let disk = ws.path("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=600k", "tmpfs"])
        .arg(&disk)
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        eprintln!("note: no tmpfs could be mounted; the vault's own tests fail every write in turn");
        return;
    }
    let run = |arguments: &[&str]| ws.run(arguments);
    assert_eq!(run(&["init", "disk/ws"]).code, 0);
    let mut acknowledged = BTreeSet::new();
    let mut refused = 0;
    for number in 0..40 {
        ws.write("e.bin", vec![number; 30_000]);
        let added = run(&["evidence", "add", "e.bin", "--workspace", "disk/ws", "--format", "json"]);
        match added.code {
            0 => drop(acknowledged.insert(id(&added.json()))),
            3 => refused += 1,
            other => panic!("{other}: {}", added.err),
        }
    }
    let audit = run(&["fsck", "disk/ws", "--format", "json"]).json();
    let listed = run(&["evidence", "list", "--workspace", "disk/ws", "--format", "json"]).json();
    let unmounted = std::process::Command::new("umount").arg(&disk).status().unwrap().success();
    let here: BTreeSet<String> = listed["evidence"].as_array().unwrap().iter().map(id).collect();
    assert!(refused > 0 && acknowledged.len() > 2, "{refused} refused, {} taken", acknowledged.len());
    assert!(here.is_superset(&acknowledged));
    assert_eq!(audit["sound"], true, "{audit}");
    assert!(unmounted);
}

#[test]
fn help_names_the_exit_codes() {
    assert!(attesta(&["verify", "--help"]).out.contains("4 not verified"));
    assert!(attesta(&["fsck", "--help"]).out.contains("4 integrity is lost"));
}

/// With OpenSSL's authority; without `openssl` it says so and tests nothing.
#[test]
fn a_timestamp_is_taken_in_once_it_is_verified() {
    let ws = Workspace::new();
    let openssl = |arguments: &[&str]| {
        let run = std::process::Command::new("openssl").args(arguments).current_dir(ws.folder.path()).output();
        run.map(|output| assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr)))
    };
    if openssl(&["version"]).is_err() {
        eprintln!("note: openssl is not here; timestamps were not tested");
        return;
    }
    ws.write(
        "ca.cnf",
        "[req]\ndistinguished_name=dn\n[dn]\n[v3]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n",
    );
    ws.write("tsa.ext", "extendedKeyUsage=critical,timeStamping\n");
    ws.write(
        "tsa.cnf",
        "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=tsa.key\nsigner_digest=sha256\ndefault_policy=1.2.3\n\
         digests=sha256\ness_cert_id_alg=sha256\n",
    );
    ws.write("serial", "01\n");
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "ca.cnf"];
    for root in ["ca", "stranger"] {
        let (key, pem) = (format!("{root}.key"), format!("{root}.pem"));
        let more = ["-keyout", &key, "-subj", "/CN=Root", "-days", "30", "-extensions", "v3", "-out", &pem];
        openssl(&[&["req", "-x509"][..], &curve, &more].concat()).unwrap();
    }
    openssl(
        &[&["req", "-new"][..], &curve, &["-keyout", "tsa.key", "-subj", "/CN=Authority", "-out", "tsa.csr"]].concat(),
    )
    .unwrap();
    openssl(&[
        "x509",
        "-req",
        "-in",
        "tsa.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "30",
        "-extfile",
        "tsa.ext",
        "-out",
        "tsa.pem",
    ])
    .unwrap();
    let added = ws.add("e.txt", "one\n", &[]);
    let early = ws.at(&["ledger", "timestamp", "--reply", "tsa.csr", "--roots", "ca.pem"]);
    assert_eq!(early.code, 2, "nothing was asked: {}", early.err);
    assert_eq!(ws.at(&["ledger", "timestamp", "--query", "q.tsq"]).code, 0);
    openssl(&["ts", "-reply", "-config", "tsa.cnf", "-queryfile", "q.tsq", "-out", "r.tsr"]).unwrap();
    let strangers = ws.at(&["ledger", "timestamp", "--reply", "r.tsr", "--roots", "stranger.pem"]);
    assert!(strangers.code == 4 && strangers.err.contains("does not lead to a given root"), "{}", strangers.err);
    assert_eq!(ws.run(&["fsck", "ws", "--format", "json"]).json()["timestamps"], 0, "what was refused is not kept");
    let taken = ws.at(&["ledger", "timestamp", "--reply", "r.tsr", "--roots", "ca.pem"]);
    assert!(taken.code == 0 && taken.out.starts_with("the checkpoint of 2 leaves was there at 20"), "{}", taken.err);
    assert_eq!(ws.run(&["fsck", "ws", "--format", "json"]).json()["timestamps"], 1);
    ws.proof(&id(&added));
    openssl(&["ts", "-verify", "-data", "out/checkpoint", "-in", "out/checkpoint.tsr", "-CAfile", "ca.pem"]).unwrap();
    let proof = fs::read_to_string(ws.path("out/item.tlog-proof")).unwrap();
    assert!(proof.ends_with(&fs::read_to_string(ws.path("out/checkpoint")).unwrap()));
    let reply = ws.path("ws/.attesta/anchors/000000000002/timestamp.tsr");
    let mut bytes = fs::read(&reply).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&reply, bytes).unwrap();
    let audit = ws.run(&["fsck", "ws"]);
    assert!(audit.code == 4 && audit.err.contains("timestamp of the checkpoint of 2 leaves"), "{}", audit.err);
}
