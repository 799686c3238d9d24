//! What an alert of the server says beyond the checks: which certification it touches, and who changed it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "a test may stop at a surprise"
)]

mod support;

use std::fs;

use attesta_server::Allowed;
use serde_json::json;
use support::{
    fixture,
    watched::{Watched, volume},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_names_the_threshold_and_who_changed_it() {
    let trail = tempfile::tempdir().unwrap();
    let allowed = Allowed { path: trail.path().to_path_buf(), organisation: None };
    let w = Watched::with(|config| drop(config.places.insert("trail".to_owned(), allowed))).await;
    let new = json!({ "name": "r2", "files": fixture("telehealth-r2") });
    let assessment = w.owner.post(&w.at("assessments"), new).await.is(201).json["id"].as_str().unwrap().to_owned();
    w.write(&[volume("vol-1", json!(true)), volume("vol-2", json!(true))]);
    let new = |touches: serde_json::Value| {
        json!({ "name": "app-host", "origin": { "kind": "folder", "place": "infra" }, "schedule": { "every": "1h" },
            "touches": touches })
    };
    for (touches, status) in [
        (json!({ "assessment": "asm_00000000000000000000000000" }), 404),
        (json!({ "assessment": assessment, "component": "no-such-part" }), 400),
        (json!({ "component": "app" }), 400),
        (json!({ "events": ["/etc"] }), 400),
    ] {
        w.owner.post(&w.at("sources"), new(touches)).await.is(status);
    }
    let touches = json!({ "assessment": assessment, "events": ["trail"] });
    let made = w.owner.post(&w.at("sources"), new(touches.clone())).await.is(201);
    assert_eq!(made.json["touches"], touches);
    let source = made.json["id"].as_str().unwrap();
    let worker = w.worker();
    w.runs(1).await;

    // A trail tells whole seconds: this one lies after the first look.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let now = w.instance.house.clock.now();
    let arn = "arn:aws:ec2:us-east-1:111122223333:volume/vol-1";
    let event = json!({ "eventTime": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "eventSource": "ec2.amazonaws.com", "eventName": "ModifyVolume",
        "userIdentity": { "type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/mallory", "userName": "mallory" },
        "requestParameters": { "volumeId": "vol-1" }, "resources": [{ "ARN": arn }] });
    fs::write(trail.path().join("events.json"), json!({ "Records": [event] }).to_string()).unwrap();
    w.write(&[volume("vol-1", json!(false)), volume("vol-2", json!(true))]);
    w.look(source).await;
    w.runs(2).await;
    worker.abort();
    let alerts = w.get("posture/timeline").await;
    let told = alerts["items"].as_array().unwrap();
    let told = told.iter().find(|one| one["policy"] == "volume-encryption-at-rest").expect("it is news");
    assert!(told["alert"]["assessment"]["at_risk"].is_boolean(), "{told:#}");
    assert!(told["alert"]["assessment"]["threshold"].is_string(), "{told:#}");
    let check = &told["alert"]["checks"][0];
    assert!(check["changed_by"].to_string().contains("mallory"), "{told:#}");
    assert!(told["text"].as_str().unwrap().contains("mallory"), "{told:#}");
}
