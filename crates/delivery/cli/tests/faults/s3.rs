//! A store of bytes over HTTP that breaks half way. Runs where `cargo xtask blobs` has an S3 that answers.

use std::{env, thread, time::Duration};

use attesta_testkit::{Chance, Road, Server, Weather};

use crate::{
    disk::{watched, work},
    kill::{everybody, settle},
    stage::{Place, skipped, two_organisations},
    support::command,
};

/// Each of them twice: connections that are cut in the middle of a piece, errors of S3, and no S3 at all.
const WEATHERS: [Weather; 6] =
    [Weather::Cut, Weather::Failing, Weather::Away, Weather::Cut, Weather::Failing, Weather::Away];

#[test]
fn an_s3_that_fails_half_way_is_told_shows_no_orphan_and_uploads_go_on() {
    let (Ok(blobs), Ok(endpoint)) = (env::var("ATTESTA_TEST_BLOBS"), env::var("AWS_ENDPOINT_URL")) else {
        return skipped(
            "an S3 that fails half way: `cargo xtask blobs` starts one and says where (ATTESTA_TEST_BLOBS)",
        );
    };
    println!("forced by a road to S3 that cuts connections after 24 KiB, answers 500, or leads nowhere");
    let road = Road::to(endpoint.trim_start_matches("http://").trim_end_matches('/')).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = Place { data: folder.path().join("data"), database: None };
    let blobs = format!("{blobs}/faults-{}", std::process::id());
    let here = format!("http://{}", road.address);
    let server = Server::of(place.command().args(["--blobs", &blobs]).env("AWS_ENDPOINT_URL", &here)).unwrap();
    let orgs = two_organisations(&server);
    let mut chance = Chance::new(Chance::seed());
    let mut actors = everybody(&orgs, &mut chance);
    let mut watches = watched(&orgs, &server);
    let mut told = work(&server, &mut actors, Duration::from_millis(500), || {});
    for weather in WEATHERS {
        let before = told;
        let wait = Duration::from_millis(50 + chance.below(300));
        told = work(&server, &mut actors, Duration::from_millis(400), || {
            thread::sleep(wait);
            road.turn(weather);
        });
        for _ in 0..20 {
            if told.later > before.later {
                break;
            }
            told = work(&server, &mut actors, Duration::from_millis(400), || {});
        }
        assert!(told.later > before.later, "{weather:?}: nobody was told that bytes cannot be kept: {told:?}");
        // What needs no bytes goes on meanwhile.
        server.client().get("/health/live").unwrap().is(200).unwrap();
        road.turn(Weather::Fair);
        let before = told;
        told = work(&server, &mut actors, Duration::from_millis(1_500), || {});
        assert!(told.acknowledged > before.acknowledged + 3, "{weather:?}: it does not go on: {told:?}");
    }
    let (tally, leaves) = settle(&server, &mut actors, &mut watches, &orgs);
    // Every byte that evidence names is in S3, by its digest.
    let mut audit = command();
    audit.args(["fsck", "--data"]).arg(&place.data).args(["--blobs", &blobs, "--format", "json"]);
    let audit = audit.output().unwrap();
    assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stdout));
    println!(
        "{} times an S3 that fails, {} connections broken: {} answers of 503, {} of 409 that say where to go on, {} writes \
         acknowledged and found, {leaves} leaves audited",
        WEATHERS.len(),
        road.broken(),
        tally.later,
        tally.beaten,
        tally.acknowledged
    );
}
