//! A disk that is full, and a store of bytes that stops taking them half way.

use std::{
    fs,
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use attesta_testkit::{Chance, Server};

use crate::{
    actors::{Actor, Tally},
    kill::{everybody, settle},
    ledger::Watch,
    stage::{Org, Place, skipped, two_organisations},
};

/// A small disk in memory, for whoever may mount one.
pub(crate) struct Small(tempfile::TempDir);

impl Small {
    /// `None` when this user may not: the test says what it does instead.
    pub(crate) fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder.path());
        mount.output().ok()?.status.success().then_some(Self(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    fn remount(&self, how: &str) {
        // A write that is under way holds it for a moment.
        for _ in 0..200 {
            let remounted = Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(self.path()).output();
            if remounted.unwrap().status.success() {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("the small disk cannot be remounted {how}");
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// Works for a while; what was counted then.
pub(crate) fn work(server: &Server, actors: &mut [Box<dyn Actor>], lasts: Duration, meanwhile: impl FnOnce()) -> Tally {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let begun: Vec<_> = actors
            .iter_mut()
            .map(|actor| {
                let (stop, address) = (&stop, server.address.as_str());
                scope.spawn(move || actor.live_until(address, stop))
            })
            .collect();
        meanwhile();
        thread::sleep(lasts);
        stop.store(true, Ordering::Relaxed);
        for one in begun {
            assert!(one.join().is_ok(), "{}", server.said());
        }
    });
    let mut tally = Tally::default();
    for actor in actors {
        tally.add(actor.tally());
    }
    tally
}

pub(crate) fn watched(orgs: &[Org; 2], server: &Server) -> [Watch; 2] {
    [0, 1].map(|n| Watch::new(&orgs[n], &mut orgs[n].program(5, &server.address)))
}

#[test]
fn a_full_disk_is_told_loses_nothing_and_goes_on_when_there_is_room() {
    let Some(disk) = Small::mount("48m") else { return a_limit_of_file_sizes_is_told_and_loses_nothing() };
    println!("forced by a tmpfs of 48 MiB that is filled by a file of ours");
    let place = Place { data: disk.path().join("data"), database: None };
    let mut server = place.start();
    let orgs = two_organisations(&server);
    let mut chance = Chance::new(Chance::seed());
    let mut actors = everybody(&orgs, &mut chance);
    let mut watches = watched(&orgs, &server);
    let filler = disk.path().join("filler");
    let mut told = Tally::default();
    for round in 0..3 {
        work(&server, &mut actors, Duration::from_millis(200), || {});
        // All that is left but a little, which the writers use up.
        fill(&filler, 200 << 10);
        let before = told.full;
        work(&server, &mut actors, Duration::from_millis(1_500), || {});
        fill(&filler, 0);
        told = work(&server, &mut actors, Duration::from_millis(500), || {});
        assert!(told.full > before, "nobody was told that the disk is full: {told:?}");
        // Reading goes on, and what was promised is there.
        for actor in &mut actors {
            let mut client = actor.org().program(5, &server.address);
            actor.look(&mut client);
        }
        server.client().get("/health/ready").unwrap().is(200).unwrap();
        if round == 1 {
            // Killed while there is no room. It starts again, or says why not; with room it does.
            server.kill().unwrap();
            match Server::of(&mut place.command()) {
                Ok(started) => started.kill().unwrap(),
                Err(error) => println!("with no room it does not start: {error}"),
            }
            fs::remove_file(&filler).unwrap();
            server = place.start();
        } else {
            fs::remove_file(&filler).unwrap();
        }
        let before = told.acknowledged;
        told = work(&server, &mut actors, Duration::from_millis(700), || {});
        assert!(told.acknowledged > before + 5, "it does not go on: {told:?}");
    }
    let (tally, leaves) = settle(&server, &mut actors, &mut watches, &orgs);
    println!(
        "3 times full: {} answers of 507, {} of 503, {} writes acknowledged and found, {leaves} leaves audited",
        tally.full, tally.later, tally.acknowledged
    );
}

/// Writes until only so many bytes are left.
pub(crate) fn fill(path: &Path, left: usize) {
    use std::io::Write as _;
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    for size in [256 << 10, 4096, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
    let length = fs::metadata(path).unwrap().len();
    file.set_len(length.saturating_sub(left as u64)).unwrap();
}

/// For a user who may not mount: no file may grow beyond a limit, which is what a quota does.
fn a_limit_of_file_sizes_is_told_and_loses_nothing() {
    skipped("no disk can be mounted here: forced by a limit on the size of files (ulimit -f) instead");
    let folder = tempfile::tempdir().unwrap();
    let place = Place { data: folder.path().join("data"), database: None };
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 2500; exec \"$0\" \"$@\""]);
    command.arg(place.command().get_program()).args(place.command().get_args()).env("ATTESTA_LOG", "warn");
    let server = Server::of(&mut command).unwrap();
    let orgs = two_organisations(&server);
    let mut actors = everybody(&orgs, &mut Chance::new(Chance::seed()));
    let mut watches = watched(&orgs, &server);
    let mut told = Tally::default();
    for _ in 0..60 {
        told = work(&server, &mut actors, Duration::from_secs(1), || {});
        if told.full + told.later > 0 {
            break;
        }
    }
    assert!(told.full + told.later > 0, "nobody was told: {told:?}");
    server.kill().unwrap();
    let server = place.start();
    let (tally, leaves) = settle(&server, &mut actors, &mut watches, &orgs);
    println!("{tally:?}, {leaves} leaves audited");
}

#[test]
fn a_blob_store_that_stops_half_way_is_told_shows_no_orphan_and_goes_on() {
    let Some(disk) = Small::mount("200m") else {
        return skipped("no disk can be mounted here; `attesta-blobs` fails its store at every step instead");
    };
    println!("forced by a tmpfs for bytes that becomes read-only while uploads run");
    let folder = tempfile::tempdir().unwrap();
    let place = Place { data: folder.path().join("data"), database: None };
    let mut command = place.command();
    command.arg("--blobs").arg(format!("file:{}", disk.path().join("blobs").display()));
    let server = Server::of(&mut command).unwrap();
    let orgs = two_organisations(&server);
    let mut chance = Chance::new(Chance::seed());
    let mut actors = everybody(&orgs, &mut chance);
    let mut watches = watched(&orgs, &server);
    let mut told = Tally::default();
    for _ in 0..4 {
        let before = told;
        let wait = Duration::from_millis(50 + chance.below(300));
        told = work(&server, &mut actors, Duration::from_millis(400), || {
            thread::sleep(wait);
            disk.remount("ro");
        });
        for _ in 0..20 {
            if told.later > before.later {
                break;
            }
            told = work(&server, &mut actors, Duration::from_millis(400), || {});
        }
        assert!(told.later > before.later, "nobody was told that bytes cannot be kept: {told:?}");
        disk.remount("rw");
        let before = told;
        told = work(&server, &mut actors, Duration::from_millis(800), || {});
        assert!(told.acknowledged > before.acknowledged + 3, "it does not go on: {told:?}");
    }
    let (tally, leaves) = settle(&server, &mut actors, &mut watches, &orgs);
    println!(
        "4 times read-only: {} answers of 503, {} writes acknowledged and found, {leaves} leaves audited",
        tally.later, tally.acknowledged
    );
}
