//! A run is there whole or not at all, whatever happens while it is kept.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may stop at a surprise, and says what it did")]

mod support;

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use attesta_history::{Disk, Failure, History, HistoryError};
use support::{audit, folder, history, holds, new_run, record};

/// The hours that are kept, each checked byte for byte.
fn hours(history: &History) -> BTreeSet<u64> {
    let runs = history.runs().unwrap();
    let number = |run: &attesta_history::Run| u64::try_from((run.at.as_second() - 1_767_225_600) / 3_600).unwrap();
    runs.iter().for_each(|run| holds(history, run, number(run)));
    runs.iter().map(number).collect()
}

/// Keeps two runs with a failure at each step in turn, until no step is left to fail.
fn at_every_step(failure: Failure, before: u64) -> u32 {
    for step in 0.. {
        let folder = folder();
        let start = history(folder.path());
        (0..before).for_each(|number| drop(record(&start, number).unwrap()));
        let mut acknowledged: BTreeSet<u64> = (0..before).collect();
        let disk = Disk::failing(step, failure);
        let mut uncertain = false;
        for number in [1_000, 1_001] {
            match start.record(&disk, new_run("stores", number)) {
                Ok(_) => drop(acknowledged.insert(number)),
                Err(error) => {
                    uncertain = matches!(error, HistoryError::Uncertain(_));
                    break;
                }
            }
        }
        let here = hours(&start);
        assert!(here.is_superset(&acknowledged), "{failure:?} at step {step}: something acknowledged is lost");
        assert!(uncertain || here == acknowledged, "{failure:?} at step {step}: said not kept, yet kept");
        assert_eq!(audit(&start).faults, [], "{failure:?} at step {step}");
        let next = record(&start, 2_000).unwrap();
        holds(&start, &next, 2_000);
        assert_eq!(audit(&start), attesta_history::Audit { notes: vec![], ..audit(&start) }, "the next run clears");
        if step >= disk.steps() {
            return step;
        }
    }
    unreachable!()
}

#[test]
fn a_crash_before_each_step_loses_nothing() {
    assert!(at_every_step(Failure::CrashBefore, 2) > 8);
}

#[test]
fn a_crash_after_each_step_loses_nothing() {
    assert!(at_every_step(Failure::CrashAfter, 2) > 8);
}

#[test]
fn a_full_disk_at_each_step_loses_nothing() {
    assert!(at_every_step(Failure::Full, 0) > 8);
}

#[test]
fn a_beginning_that_dies_leaves_a_folder_in_which_the_next_one_begins() {
    for failure in [Failure::CrashBefore, Failure::CrashAfter, Failure::Full] {
        for step in 0.. {
            let folder = folder();
            let inside = folder.path().join("h");
            let disk = Disk::failing(step, failure);
            let made = History::open_or_create(&inside, &disk);
            assert!(made.is_err() || History::open(&inside).is_ok());
            let again = history(&inside);
            record(&again, 1).unwrap();
            assert_eq!(audit(&again).faults, []);
            if step >= disk.steps() {
                break;
            }
        }
    }
}

/// This test is the worker when it is asked to be: it keeps runs until it is killed, and says each once it is kept.
#[test]
fn worker() {
    let Ok(folder) = std::env::var("ATTESTA_TEST_HISTORY") else { return };
    let first: u64 = std::env::var("ATTESTA_TEST_FIRST").unwrap().parse().unwrap();
    let history = History::open(Path::new(&folder)).unwrap();
    for number in first.. {
        record(&history, number).unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "kept {number}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn killed_again_and_again_it_loses_nothing_acknowledged() {
    let rounds: u64 = std::env::var("ATTESTA_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(60);
    let folder = folder();
    let history = history(folder.path());
    let (mut acknowledged, mut random, mut inside) = (BTreeSet::new(), 0x9E37_79B9_7F4A_7C15_u64, 0);
    for round in 0..rounds {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["worker", "--exact", "--nocapture", "--test-threads", "1"])
            .env("ATTESTA_TEST_HISTORY", folder.path())
            .env("ATTESTA_TEST_FIRST", (1 + round * 1_000).to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        std::thread::sleep(Duration::from_micros(3_000 + random % 60_000));
        child.kill().unwrap();
        child.wait().unwrap();
        while let Some(Ok(line)) = lines.next() {
            acknowledged.extend(line.rsplit("kept ").next().and_then(|n| n.parse::<u64>().ok()));
        }
        inside += u32::from(!audit_notes(&history).is_empty());
    }
    let here = hours(&history);
    assert!(here.is_superset(&acknowledged));
    assert_eq!(audit(&history).faults, []);
    println!(
        "{rounds} kills: {} acknowledged, {} here, {inside} left something unfinished",
        acknowledged.len(),
        here.len()
    );
    assert!(acknowledged.len() > 20, "the kills came too early to show anything");
}

fn audit_notes(history: &History) -> Vec<std::fs::DirEntry> {
    std::fs::read_dir(history.root().join("tmp")).unwrap().map(Result::unwrap).collect()
}

#[test]
fn two_writers_wait_for_each_other() {
    let folder = folder();
    drop(history(folder.path()));
    std::thread::scope(|scope| {
        for source in ["a", "b", "c", "d"] {
            let folder = folder.path();
            scope.spawn(move || {
                let history = History::open(folder).unwrap();
                for number in 0..5 {
                    history.record(&Disk::default(), new_run(source, number)).unwrap();
                }
            });
        }
    });
    let history = history(folder.path());
    assert_eq!(history.runs().unwrap().len(), 20);
    assert_eq!(audit(&history).faults, []);
}
