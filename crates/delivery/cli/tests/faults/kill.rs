//! `kill -9` at random moments, again and again, while many programs write.

use std::{thread, time::Duration};

use attesta_testkit::{Chance, Postgres, Server};

use crate::{
    actors::{Actor, Commenter, Responder, Tally, Uploader},
    ledger::{Audit, Watch},
    stage::{Place, kills, skipped, two_organisations},
};

/// Everybody who writes.
pub(crate) fn everybody(orgs: &[crate::stage::Org; 2], chance: &mut Chance) -> Vec<Box<dyn Actor>> {
    let mut all: Vec<Box<dyn Actor>> = Vec::new();
    for org in orgs {
        all.push(Box::new(Commenter::new(org, 0)));
        all.push(Box::new(Commenter::new(org, 1)));
        all.push(Box::new(Responder::new(org, 2, chance.draw())));
        all.push(Box::new(Uploader::new(org, 3, chance.draw())));
        all.push(Box::new(Uploader::new(org, 4, chance.draw())));
    }
    all
}

/// Looks at all that was promised since the last look.
fn look(server: &Server, actors: &mut [Box<dyn Actor>], watches: &mut [Watch; 2], orgs: &[crate::stage::Org; 2]) {
    for actor in actors.iter_mut() {
        let mut client = actor.org().program(5, &server.address);
        actor.look(&mut client);
    }
    for (watch, org) in watches.iter_mut().zip(orgs) {
        watch.look(&mut org.program(5, &server.address)).unwrap();
    }
}

/// Everything, once, at the end: what was asked and not answered is asked again, and then nothing is there twice.
pub(crate) fn settle(
    server: &Server,
    actors: &mut [Box<dyn Actor>],
    watches: &mut [Watch; 2],
    orgs: &[crate::stage::Org; 2],
) -> (Tally, u64) {
    let mut audits: Vec<Audit> = Vec::new();
    for (watch, org) in watches.iter_mut().zip(orgs) {
        audits.push(watch.audit(&mut org.program(6, &server.address)));
    }
    let mut tally = Tally::default();
    for actor in actors.iter_mut() {
        let nth = usize::from(actor.org().id == orgs[1].id);
        let mut client = actor.org().program(actor.number(), &server.address);
        actor.settle(&mut client, &audits[nth]);
        tally.add(actor.tally());
    }
    let leaves =
        watches.iter_mut().zip(orgs).map(|(watch, org)| watch.audit(&mut org.program(6, &server.address)).leaves);
    (tally, leaves.sum())
}

fn storm(place: &Place, kills: u64) {
    let seed = Chance::seed();
    println!("ATTESTA_SEED={seed}");
    let mut chance = Chance::new(seed);
    let server = place.start();
    let orgs = two_organisations(&server);
    let mut actors = everybody(&orgs, &mut chance);
    let mut watches = [0, 1].map(|n| Watch::new(&orgs[n], &mut orgs[n].program(5, &server.address)));
    server.kill().unwrap();
    let mut early = 0;
    for _ in 0..kills {
        // Now and then before it listens.
        if chance.below(8) == 0 {
            let server = Server::begin(&mut place.command()).unwrap();
            thread::sleep(Duration::from_millis(chance.below(120)));
            server.kill().unwrap();
            early += 1;
            continue;
        }
        let server = place.start();
        look(&server, &mut actors, &mut watches, &orgs);
        let lives = Duration::from_millis(5 + chance.below(500));
        let address = server.address.clone();
        thread::scope(|scope| {
            for actor in &mut actors {
                let address = address.as_str();
                scope.spawn(move || actor.live(address));
            }
            for (watch, org) in watches.iter_mut().zip(&orgs) {
                let mut client = org.program(5, &address);
                scope.spawn(move || {
                    while watch.look(&mut client).is_ok() {
                        thread::sleep(Duration::from_millis(3));
                    }
                });
            }
            thread::sleep(lives);
            server.kill().unwrap();
        });
    }
    let server = place.start();
    look(&server, &mut actors, &mut watches, &orgs);
    let (tally, leaves) = settle(&server, &mut actors, &mut watches, &orgs);
    let seen: u64 = watches.iter().map(|watch| watch.seen).sum();
    println!(
        "{kills} kills ({early} before it listened): {} writes acknowledged and found, {} asked again and done once, \
         {} uploads went on, {seen} times a log had grown consistently, {leaves} leaves audited",
        tally.acknowledged, tally.again, tally.resumed
    );
    assert!(tally.acknowledged > kills && tally.again > kills / 4, "it was killed too early to mean anything");
    assert!(tally.resumed > 0, "no upload was cut");
}

#[test]
fn kill_dash_nine_loses_nothing_that_was_acknowledged_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    storm(&Place { data: folder.path().join("data"), database: None }, kills(15));
}

#[test]
fn kill_dash_nine_loses_nothing_that_was_acknowledged_on_postgres() {
    let Some(postgres) = Postgres::start().unwrap() else { return skipped("there is no PostgreSQL here") };
    let folder = tempfile::tempdir().unwrap();
    let database = Some(postgres.database("killed").unwrap());
    storm(&Place { data: folder.path().join("data"), database }, kills(15));
}
