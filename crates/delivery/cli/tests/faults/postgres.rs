//! A PostgreSQL that crashes under load, and two servers on one.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use attesta_testkit::{Chance, Postgres};
use serde_json::json;

use crate::{
    actors::{Actor, Counter, Tally},
    kill::{everybody, settle},
    ledger::Watch,
    stage::{Place, items, skipped, two_organisations},
};

fn sum(actors: &[Box<dyn Actor>]) -> Tally {
    let mut tally = Tally::default();
    for actor in actors {
        tally.add(actor.tally());
    }
    tally
}

#[test]
fn a_database_that_crashes_under_load_is_told_and_loses_nothing() {
    let Some(mut postgres) = Postgres::start().unwrap() else { return skipped("there is no PostgreSQL here") };
    let folder = tempfile::tempdir().unwrap();
    let database = Some(postgres.durable_database("crashing").unwrap());
    let server = Place { data: folder.path().join("data"), database }.start();
    let orgs = two_organisations(&server);
    let mut actors = everybody(&orgs, &mut Chance::new(Chance::seed()));
    let mut watches = [0, 1].map(|n| Watch::new(&orgs[n], &mut orgs[n].program(5, &server.address)));
    let stop = AtomicBool::new(false);
    let (crashes, mut back) = (4, Duration::ZERO);
    thread::scope(|scope| {
        let working: Vec<_> = actors
            .iter_mut()
            .map(|actor| {
                let (stop, address) = (&stop, server.address.as_str());
                scope.spawn(move || actor.live_until(address, stop))
            })
            .collect();
        for _ in 0..crashes {
            thread::sleep(Duration::from_millis(700));
            postgres.crash_and_restart().unwrap();
            let begun = Instant::now();
            let mut client = server.client();
            while client.get("/health/ready").unwrap().status != 200 {
                thread::sleep(Duration::from_millis(10));
            }
            back = back.max(begun.elapsed());
        }
        thread::sleep(Duration::from_millis(700));
        stop.store(true, Ordering::Relaxed);
        for one in working {
            one.join().unwrap();
        }
    });
    let before = sum(&actors);
    let (tally, leaves) = settle(&server, &mut actors, &mut watches, &orgs);
    println!(
        "{crashes} crashes: ready again at most {} ms after the database, {} answers of 503, {} writes acknowledged and \
         found, {leaves} leaves audited",
        back.as_millis(),
        tally.later,
        tally.acknowledged
    );
    assert!(before.acknowledged > 50 && back < Duration::from_secs(10), "{before:?} {back:?}");
}

/// Who takes webhooks, and counts what comes.
fn receiver() -> (String, Arc<Mutex<BTreeMap<String, u32>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/told", listener.local_addr().unwrap());
    let counts = Arc::new(Mutex::new(BTreeMap::new()));
    let counted = Arc::clone(&counts);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut length, mut line) = (0, String::new());
            while stream.read_line(&mut line).unwrap() > 2 {
                if let Some(said) = line.to_lowercase().strip_prefix("content-length:") {
                    length = said.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let told: serde_json::Value = serde_json::from_slice(&body).unwrap();
            *counted.lock().unwrap().entry(format!("{}/{}", told["organisation"], told["leaf"])).or_insert(0) += 1;
            let answer = b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.get_mut().write_all(answer).unwrap();
        }
    });
    (address, counts)
}

#[test]
fn two_servers_on_one_database_lose_no_update_keep_one_log_and_do_no_job_twice() {
    let Some(postgres) = Postgres::start().unwrap() else { return skipped("there is no PostgreSQL here") };
    let folder = tempfile::tempdir().unwrap();
    let database = Some(postgres.database("shared").unwrap());
    let place = Place { data: folder.path().join("data"), database };
    let first = place.start();
    let orgs = two_organisations(&first);
    let servers = [first, place.start()];
    let mut watches = [0, 1].map(|n| Watch::new(&orgs[n], &mut orgs[n].program(5, &servers[n].address)));
    let mut client = orgs[0].program(7, &servers[1].address);
    let task = Counter::task(&orgs[0], &mut client);
    let mut counters: Vec<Counter> = (0..4).map(|n| Counter::new(&orgs[0], n + 3, &task)).collect();
    let mut actors = everybody(&orgs, &mut Chance::new(Chance::seed()));
    let (url, told) = receiver();
    let hooks = format!("{}/webhooks", orgs[0].base());
    let first =
        client.get(&format!("{}/log", orgs[0].base())).unwrap().is(200).unwrap().json()["size"].as_u64().unwrap();
    let mut owner = servers[1].sign_in("ada@example.org").unwrap();
    owner.post(&hooks, &json!({ "url": url, "events": ["task.", "comment."] }), &[]).unwrap().is(201).unwrap();
    let stop = AtomicBool::new(false);
    for round in 0..3 {
        stop.store(false, Ordering::Relaxed);
        thread::scope(|scope| {
            let stop = &stop;
            // Each round at the other server.
            for (n, actor) in actors.iter_mut().enumerate() {
                let address = servers[(n + round) % 2].address.as_str();
                scope.spawn(move || actor.live_until(address, stop));
            }
            for (n, counter) in counters.iter_mut().enumerate() {
                let address = servers[(n + round) % 2].address.as_str();
                scope.spawn(move || counter.live_until(address, stop));
            }
            for (n, (watch, org)) in watches.iter_mut().zip(&orgs).enumerate() {
                let mut client = org.program(7, &servers[(n + round) % 2].address);
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        watch.look(&mut client).unwrap();
                        thread::sleep(Duration::from_millis(3));
                    }
                });
            }
            thread::sleep(Duration::from_millis(1_200));
            stop.store(true, Ordering::Relaxed);
        });
    }
    let added: u64 = counters.iter().map(|counter| counter.added).sum();
    let beaten: u64 = counters.iter().map(|counter| counter.tally().beaten).sum();
    assert_eq!(Counter::counted(&orgs[0], &task, &mut client), added, "an update was lost");
    let (tally, leaves) = settle(&servers[1], &mut actors, &mut watches, &orgs);
    // Every leaf that was asked for is told once.
    let mut expected = 0;
    let mut below = u64::MAX;
    loop {
        let page =
            client.get(&format!("{}/trail?limit=500&below={below}", orgs[0].base())).unwrap().is(200).unwrap().json();
        for event in items(&page) {
            let (kind, index) = (event["kind"].as_str().unwrap(), event["index"].as_u64().unwrap());
            expected += usize::from(index >= first && (kind.starts_with("task.") || kind.starts_with("comment.")));
        }
        match page["next"].as_str() {
            Some(next) => below = next.parse().unwrap(),
            None => break,
        }
    }
    let begun = Instant::now();
    while told.lock().unwrap().len() < expected && begun.elapsed() < Duration::from_secs(60) {
        thread::sleep(Duration::from_millis(50));
    }
    thread::sleep(Duration::from_millis(500));
    let told = told.lock().unwrap();
    let twice = told.values().filter(|times| **times > 1).count();
    println!(
        "two servers: {} writes acknowledged and found, {added} counted ({beaten} times somebody was faster), \
         {leaves} leaves in one order, {} events told once, {twice} twice",
        tally.acknowledged,
        told.len()
    );
    assert_eq!((told.len(), twice), (expected, 0));
    assert!(added > 10 && beaten > 0, "they were never at it at once");
}
