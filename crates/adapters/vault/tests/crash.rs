//! Whatever step fails or dies, every acknowledged id is there, nothing half-done is seen, and the log verifies.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test may stop at a surprise"
)]

mod support;

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use attesta_evidence::EvidenceId;
use attesta_vault::{Disk, Failure, Repair, Vault, VaultError, fsck};
use support::{add, add_many, audit, folder, id, init};

fn known(vault: &Vault) -> BTreeSet<EvidenceId> {
    vault.history().unwrap().shelf.items().map(|item| item.evidence.id).collect()
}

/// The vault is sound, holds what was acknowledged, and takes more.
fn is_sound(folder: &Path, acknowledged: &BTreeSet<EvidenceId>, tried: &BTreeSet<EvidenceId>, told: &str) {
    let vault = Vault::open(folder).unwrap();
    let found = audit(&vault);
    assert_eq!(found.faults, [], "{told}: before anybody writes");
    let here = known(&vault);
    assert!(here.is_superset(acknowledged), "{told}: an acknowledged id is lost");
    assert!(here.is_subset(tried), "{told}: something is seen that nobody added");
    drop(vault.writer(Disk::default()).unwrap());
    let found = audit(&vault);
    assert_eq!(found.faults, [], "{told}: after the next writer");
    let unpublished = found.notes.iter().any(|note| note.place == "checkpoint");
    assert!(!unpublished, "{told}: the next writer publishes: {:?}", found.notes);
    assert!(!found.notes.iter().any(|note| note.place == "tmp"), "{told}: the next writer clears");
    assert_eq!(vault.checkpoint().unwrap().checkpoint.size, u64::try_from(vault.entries().unwrap().len()).unwrap());
    assert_eq!(known(&vault), here);
}

/// Runs the same work with a failure at each step in turn, until no step is left to fail. `before` pieces of evidence are
/// there already.
fn at_every_step(failure: Failure, before: u64) -> u32 {
    let folder = folder();
    let start = folder.path().join("start");
    let vault = init(&start);
    let mut acknowledged = BTreeSet::new();
    if before > 0 {
        let mut writer = vault.writer(Disk::default()).unwrap();
        add_many(&mut writer, (0..before).map(id));
        acknowledged.extend((0..before).map(id));
    }
    let mut step = 0;
    loop {
        let copy = folder.path().join(format!("at-{step}"));
        assert!(Command::new("cp").arg("-a").args([&start, &copy]).status().unwrap().success());
        let vault = Vault::open(&copy).unwrap();
        let disk = Disk::failing(step, failure);
        let (mut acknowledged, mut tried) = (acknowledged.clone(), acknowledged.clone());
        let mut errors = Vec::new();
        if let Ok(mut writer) = vault.writer(disk.clone()) {
            for number in [1000, 1001] {
                tried.insert(id(number));
                match add(&mut writer, id(number)) {
                    Ok(()) => drop(acknowledged.insert(id(number))),
                    Err(error) => {
                        errors.push(error);
                        break;
                    }
                }
            }
        }
        is_sound(&copy, &acknowledged, &tried, &format!("{failure:?} at step {step}"));
        for error in &errors {
            if !matches!(error, VaultError::StoredNotPublished(_) | VaultError::Uncertain(_)) {
                let here = known(&Vault::open(&copy).unwrap());
                assert_eq!(here, acknowledged, "{failure:?} at step {step}: said not stored, yet stored: {error}");
            }
        }
        std::fs::remove_dir_all(&copy).unwrap();
        if step >= disk.steps() {
            return step;
        }
        step += 1;
    }
}

#[test]
fn a_crash_before_each_step_loses_nothing() {
    assert!(at_every_step(Failure::CrashBefore, 1) > 40);
}

#[test]
fn a_crash_after_each_step_loses_nothing() {
    assert!(at_every_step(Failure::CrashAfter, 1) > 40);
}

#[test]
fn a_full_disk_at_each_step_loses_nothing() {
    assert!(at_every_step(Failure::Full, 1) > 40);
}

#[test]
fn a_crash_while_tiles_become_full_loses_nothing() {
    // The opening leaf and 254 more: the next one fills the first tile and bundle.
    assert!(at_every_step(Failure::CrashBefore, 254) > 40);
    assert!(at_every_step(Failure::CrashAfter, 254) > 40);
}

#[test]
fn an_init_that_dies_leaves_no_vault_and_the_next_one_works() {
    for failure in [Failure::CrashBefore, Failure::CrashAfter, Failure::Full] {
        for step in 0.. {
            let folder = folder();
            let disk = Disk::failing(step, failure);
            let origin = || "test.example/log".parse().unwrap();
            let made = Vault::init(folder.path(), origin(), &support::actor(), support::at(), &disk);
            let whole = made.is_ok();
            if Vault::open(folder.path()).is_err() {
                assert!(!whole);
                Vault::init(folder.path(), origin(), &support::actor(), support::at(), &Disk::default()).unwrap();
            }
            assert_eq!(audit(&Vault::open(folder.path()).unwrap()).faults, []);
            if step >= disk.steps() {
                break;
            }
        }
    }
}

/// This test is the worker when it is asked to be: it adds evidence until it is killed, and says each id once it is
/// acknowledged. One writer for each piece, as the command line does.
#[test]
fn worker() {
    let Ok(folder) = std::env::var("ATTESTA_TEST_VAULT") else { return };
    let first: u64 = std::env::var("ATTESTA_TEST_FIRST").unwrap().parse().unwrap();
    let vault = Vault::open(Path::new(&folder)).unwrap();
    for number in first.. {
        let mut writer = vault.writer(Disk::default()).unwrap();
        add(&mut writer, id(number)).unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "acknowledged {number}").unwrap();
        out.flush().unwrap();
    }
}

/// xorshift: the moments differ from round to round and repeat from run to run.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn killed_hundreds_of_times_it_loses_nothing_acknowledged() {
    let rounds: u64 = std::env::var("ATTESTA_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(200);
    let folder = folder();
    let vault = init(folder.path());
    let (mut acknowledged, mut random) = (BTreeSet::new(), 0x9E37_79B9_7F4A_7C15);
    let (mut killed_inside, mut unpublished) = (0, 0);
    for round in 0..rounds {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["worker", "--exact", "--nocapture", "--test-threads", "1"])
            .env("ATTESTA_TEST_VAULT", folder.path())
            .env("ATTESTA_TEST_FIRST", (1 + round * 1000).to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Some rounds die while they start, most in the middle of the work.
        std::thread::sleep(Duration::from_micros(2_000 + next(&mut random) % 40_000));
        child.kill().unwrap();
        child.wait().unwrap();
        while let Some(Ok(line)) = lines.next() {
            if let Some(number) = line.rsplit("acknowledged ").next().and_then(|n| n.parse().ok()) {
                acknowledged.insert(id(number));
            }
        }
        let notes = audit(&vault).notes;
        killed_inside += u32::from(!notes.is_empty());
        unpublished += u32::from(notes.iter().any(|n| n.place == "checkpoint"));
        if round % 10 == 0 || round + 1 == rounds {
            let found = audit(&vault);
            assert_eq!(found.faults, [], "round {round}");
            assert!(known(&vault).is_superset(&acknowledged), "round {round}");
        }
    }
    let here = known(&vault);
    assert!(here.is_superset(&acknowledged));
    drop(vault.writer(Disk::default()).unwrap());
    let found = fsck(&vault, &[], Repair::Yes).unwrap();
    assert_eq!(found.faults, []);
    println!(
        "{rounds} kills: {} acknowledged, {} here, {killed_inside} left something unfinished, {unpublished} of them a commit \
         that was not yet published, {} orphaned blobs removed",
        acknowledged.len(),
        here.len(),
        found.repaired.len()
    );
    assert!(acknowledged.len() > 20 && killed_inside > 5, "the kills came too early or too late to show anything");
}

#[test]
fn two_writers_wait_for_each_other() {
    let folder = folder();
    let vault = init(folder.path());
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let folder = folder.path();
            scope.spawn(move || {
                let vault = Vault::open(folder).unwrap();
                for number in 0..5 {
                    add(&mut vault.writer(Disk::default()).unwrap(), id(thread * 100 + number)).unwrap();
                }
            });
        }
    });
    assert_eq!(known(&vault).len(), 20);
    assert_eq!(audit(&vault).faults, []);
}
