//! A PostgreSQL that finds no room on its disk: for rows alone, or for its own log too, upon which it ends by itself.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use attesta_testkit::{Chance, Postgres, Server};

use crate::{
    actors::{Actor, Tally},
    disk::{Small, fill, watched, work},
    kill::{everybody, settle},
    stage::{Place, skipped, two_organisations},
    support::attesta,
};

/// Times that the disk is filled.
const TIMES: u32 = 3;

/// Works until somebody is told what `refused` counts.
fn until_told(server: &Server, actors: &mut [Box<dyn Actor>], refused: impl Fn(&Tally) -> u64, before: u64) -> Tally {
    let mut told = Tally::default();
    for _ in 0..30 {
        told = work(server, actors, Duration::from_millis(500), || {});
        if refused(&told) > before {
            return told;
        }
    }
    panic!("nobody was told that there is no room: {told:?}\n{}", server.said());
}

fn goes_on(server: &Server, actors: &mut [Box<dyn Actor>], before: u64) -> Tally {
    let begun = Instant::now();
    while server.client().get("/health/ready").unwrap().status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(20), "it is not ready again: {}", server.said());
        thread::sleep(Duration::from_millis(20));
    }
    let told = work(server, actors, Duration::from_millis(700), || {});
    assert!(told.acknowledged > before + 5, "it does not go on: {told:?}");
    told
}

/// What the administrator's own audit says of it.
fn audited(place: &Place) {
    let (data, database) = (place.data.to_str().unwrap(), place.database.as_deref().unwrap());
    let audit = attesta(&["fsck", "--data", data, "--database", database]);
    assert_eq!(audit.code, 0, "{}{}", audit.out, audit.err);
}

#[test]
fn postgres_without_room_for_rows_is_told_as_full_loses_nothing_and_goes_on() {
    let Some(disk) = Small::mount("64m") else {
        return skipped("a full disk under PostgreSQL: no disk can be mounted here (this wants root)");
    };
    let Some(postgres) = Postgres::start().unwrap() else { return skipped("there is no PostgreSQL here") };
    println!("forced by a tablespace on a tmpfs of 64 MiB that is filled by a file of ours");
    let folder = tempfile::tempdir().unwrap();
    let database = Some(postgres.durable_database_in("small", &disk.path().join("rows")).unwrap());
    let place = Place { data: folder.path().join("data"), database };
    let server = place.start();
    let orgs = two_organisations(&server);
    let mut actors = everybody(&orgs, &mut Chance::new(Chance::seed()));
    let mut watches = watched(&orgs, &server);
    let filler = disk.path().join("filler");
    let mut told = work(&server, &mut actors, Duration::from_millis(200), || {});
    for _ in 0..TIMES {
        fill(&filler, 64 << 10);
        told = until_told(&server, &mut actors, |tally| tally.full, told.full);
        // Reading goes on, and what was promised is there.
        for actor in &mut actors {
            let mut client = actor.org().program(5, &server.address);
            actor.look(&mut client);
        }
        fs::remove_file(&filler).unwrap();
        told = goes_on(&server, &mut actors, told.acknowledged);
    }
    let (tally, leaves) = settle(&server, &mut actors, &mut watches, &orgs);
    audited(&place);
    println!(
        "{TIMES} times no room for rows of PostgreSQL: {} answers of 507, {} of 503, {} writes acknowledged and found, \
         {leaves} leaves audited",
        tally.full, tally.later, tally.acknowledged
    );
}

#[test]
fn postgres_that_ends_for_want_of_room_is_told_loses_nothing_and_goes_on_when_it_is_back() {
    let Some(disk) = Small::mount("192m") else {
        return skipped("a full disk under PostgreSQL: no disk can be mounted here (this wants root)");
    };
    let Some(mut postgres) = Postgres::start_on(disk.path()).unwrap() else {
        return skipped("there is no PostgreSQL here");
    };
    println!("forced by all of PostgreSQL on a tmpfs of 192 MiB that is filled by a file of ours");
    let folder = tempfile::tempdir().unwrap();
    let database = Some(postgres.durable_database("cramped").unwrap());
    let place = Place { data: folder.path().join("data"), database };
    let server = place.start();
    let orgs = two_organisations(&server);
    let mut actors = everybody(&orgs, &mut Chance::new(Chance::seed()));
    let mut watches = watched(&orgs, &server);
    let filler = disk.path().join("filler");
    let mut told = work(&server, &mut actors, Duration::from_millis(200), || {});
    let mut ended = 0;
    for _ in 0..TIMES {
        fill(&filler, 512 << 10);
        until_told(&server, &mut actors, |tally| tally.full + tally.later, told.full + told.later);
        // Some go on where rows still find room, until its log finds none.
        told = work(&server, &mut actors, Duration::from_millis(1_500), || {});
        ended += u32::from(!postgres.answers());
        fs::remove_file(&filler).unwrap();
        postgres.revive().unwrap();
        told = goes_on(&server, &mut actors, told.acknowledged);
    }
    let (tally, leaves) = settle(&server, &mut actors, &mut watches, &orgs);
    audited(&place);
    println!(
        "{TIMES} times no room for PostgreSQL, which ended {ended} times: {} answers of 507, {} of 503, {} writes \
         acknowledged and found, {leaves} leaves audited",
        tally.full, tally.later, tally.acknowledged
    );
}
