//! Waivers over HTTP: nobody answers for what they asked for, what is waived still shows, and it counts again when its day is
//! over or it is withdrawn.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "a test may stop at a surprise"
)]

mod support;

use serde_json::{Value, json};
use support::{
    Answer, Browser, PASSWORD,
    watched::{Watched, volume},
};

const POLICY: &str = "volume-encryption-at-rest";

/// A source whose one volume is not encrypted, looked at once.
async fn estate() -> (Watched, String) {
    let w = Watched::start().await;
    w.write(&[volume("vol-1", json!(false)), volume("vol-2", json!(false))]);
    let new =
        json!({ "name": "app-host", "origin": { "kind": "folder", "place": "infra" }, "schedule": { "every": "30d" } });
    let source = w.owner.post(&w.at("sources"), new).await.is(201).json["id"].as_str().unwrap().to_owned();
    let worker = w.worker();
    w.runs(1).await;
    worker.abort();
    (w, source)
}

fn day(w: &Watched, ahead: i64) -> String {
    w.instance.house.clock.today().checked_add(jiff::Span::new().days(ahead)).unwrap().to_string()
}

async fn somebody(w: &Watched, email: &str, role: &str) -> Browser {
    w.instance.member(&w.owner, &w.org, email, json!({ "role": role })).await.0
}

/// How the checks of that policy stand, as findings say, and what is counted in all: waived and failed.
async fn stands(w: &Watched, who: &Browser) -> (Vec<String>, u64, u64) {
    let found = who.get(&w.at(&format!("posture/findings?policy={POLICY}"))).await.is(200).json;
    let rows = found["items"].as_array().unwrap().iter();
    let rows = rows.map(|row| format!("{} {}", row["resource"].as_str().unwrap(), row["verdict"].as_str().unwrap()));
    let posture = who.get(&w.at("posture")).await.is(200).json;
    let count = |word: &str| posture["checks"][word].as_u64().unwrap();
    (rows.collect(), count("waived"), count("fail"))
}

async fn decide(w: &Watched, who: &Browser, waiver: &Answer, decision: &str) -> Answer {
    let id = waiver.json["id"].as_str().unwrap();
    let rev = format!("\"{}\"", waiver.json["rev"]);
    let headers = [("if-match", rev.as_str())];
    let body = json!({ "decision": decision, "because": "compensated by the locked rack" });
    who.send("POST", &w.at(&format!("waivers/{id}/decision")), Some(body), &headers).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_else_approved_is_waived_until_its_day_is_over_or_it_is_withdrawn() {
    let (w, source) = estate().await;
    let lead = somebody(&w, "lea@example.org", "compliance-lead").await;
    let (before, none, failing) = stands(&w, &w.owner).await;
    assert_eq!((before, none), (vec!["vol-1 fail".to_owned(), "vol-2 fail".to_owned()], 0));

    let new = json!({ "policy": POLICY, "resource": "vol-1", "source": source, "reason": "scratch space, no ePHI",
        "approver": lead.account, "until": day(&w, 2) });
    let asked = w.owner.post(&w.at("waivers"), new).await.is(201);
    assert_eq!((asked.json["state"].as_str(), asked.json["holds"].as_bool()), (Some("asked"), Some(false)));
    assert_eq!(stands(&w, &w.owner).await.1, 0, "what nobody answers for counts for nothing");
    // The owner may decide, but not about this.
    decide(&w, &w.owner, &asked, "approve").await.is(403);
    let approved = decide(&w, &lead, &asked, "approve").await.is(200);
    assert_eq!(approved.json["decided_by"], lead.account.as_str());
    assert_eq!((approved.json["holds"].as_bool(), approved.json["rev"].as_u64()), (Some(true), Some(2)));

    // At once, and after the next look, which tells that it is waived.
    let waived = (vec!["vol-1 waived".to_owned(), "vol-2 fail".to_owned()], 1, failing - 1);
    assert_eq!(stands(&w, &lead).await, waived);
    let worker = w.worker();
    w.look(&source).await;
    let runs = w.runs(2).await;
    worker.abort();
    assert_eq!((runs[0]["checks"]["waived"].as_u64(), runs[0]["news"].as_u64()), (Some(1), Some(1)), "{runs:#?}");
    assert_eq!(w.alerts().await, ["waived"]);
    assert_eq!(stands(&w, &lead).await, waived);

    // Its day is over.
    w.instance.house.clock.advance(3 * 86_400);
    let lead = w.instance.visitor().sign_in("lea@example.org", PASSWORD).await;
    let over = (vec!["vol-1 fail".to_owned(), "vol-2 fail".to_owned()], 0, failing);
    assert_eq!(stands(&w, &lead).await, over);
    let listed = lead.get(&w.at("waivers?state=approved")).await.is(200).json;
    assert_eq!(
        (listed["items"][0]["expired"].as_bool(), listed["items"][0]["holds"].as_bool()),
        (Some(true), Some(false))
    );
    let worker = w.worker();
    lead.post(&w.at(&format!("sources/{source}/runs")), json!({})).await.is(202);
    let mut alerts = Value::Null;
    for _ in 0..200 {
        alerts = lead.get(&w.at("posture/timeline")).await.is(200).json;
        if alerts["items"].as_array().is_some_and(|a| a.len() > 1) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    worker.abort();
    assert_eq!(
        (&alerts["items"][0]["policy"], &alerts["items"][0]["news"]),
        (&json!(POLICY), &json!("violated")),
        "it is a violation again, and that is news: {alerts:#}"
    );

    // Another one for all sources, withdrawn.
    let owner = w.instance.visitor().sign_in("ada@example.org", PASSWORD).await;
    let new = json!({ "policy": POLICY, "resource": "vol-*", "reason": "until the move", "until": day(&w, 30) });
    let asked = owner.post(&w.at("waivers"), new).await.is(201);
    let approved = decide(&w, &lead, &asked, "approve").await.is(200);
    assert_eq!(stands(&w, &owner).await.1, 2);
    let id = approved.json["id"].as_str().unwrap();
    let path = w.at(&format!("waivers/{id}"));
    owner.send("DELETE", &path, None, &[("if-match", "\"1\"")]).await.is(412);
    let gone = owner.send("DELETE", &path, None, &[("if-match", "\"2\"")]).await.is(200);
    assert_eq!((gone.json["state"].as_str(), gone.json["holds"].as_bool()), (Some("withdrawn"), Some(false)));
    assert_eq!(stands(&w, &owner).await, over);
    // What is over stays over, and everybody can read it.
    decide(&w, &lead, &gone, "approve").await.is(409);
    owner.get(&path).await.is(200);
    let trail = owner.get(&w.at("trail?limit=500")).await.is(200).json.to_string();
    for event in ["waiver.added", "waiver.changed"] {
        assert!(trail.contains(event), "{event} is no leaf");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_decide_and_what_is_wrong_is_refused_with_its_mend() {
    let (w, source) = estate().await;
    let new = |until: &str| json!({ "policy": POLICY, "resource": "vol-1", "reason": "scratch", "until": until });
    let until = day(&w, 5);
    let holder = somebody(&w, "cora@example.org", "control-owner").await;
    let reader = somebody(&w, "rex@example.org", "executive-reader").await;
    for (who, status) in [(&reader, 403), (&holder, 201)] {
        who.post(&w.at("waivers"), new(&until)).await.is(status);
    }
    assert_eq!(reader.get(&w.at("waivers")).await.is(200).json["items"].as_array().unwrap().len(), 1);
    let asked = holder.post(&w.at("waivers"), new(&until)).await.is(201);
    decide(&w, &holder, &asked, "approve").await.is(403);
    // A program asks, and never decides or answers for anything.
    let scopes = json!({ "name": "ci", "scopes": ["sources:read", "sources:write"], "days": 1 });
    let token = w.owner.post(&w.at("tokens"), scopes).await.is(201).json["secret"].as_str().unwrap().to_owned();
    let program = w.owner.program(&token);
    let by_program = program.post(&w.at("waivers"), new(&until)).await.is(201);
    decide(&w, &program, &asked, "approve").await.is(403);
    decide(&w, &w.owner, &by_program, "approve").await.is(403);
    // A refusal is a decision, and is not taken back.
    let refused = decide(&w, &w.owner, &asked, "refuse").await.is(200);
    assert_eq!(refused.json["state"], "refused");
    decide(&w, &w.owner, &refused, "approve").await.is(409);
    decide(&w, &w.owner, &asked, "maybe").await.is(400);
    assert_eq!(stands(&w, &w.owner).await.1, 0);

    let with = |name: &str, value: Value| {
        let mut new = new(&until);
        new[name] = value;
        new
    };
    for (name, value) in [
        ("policy", json!("no-such-policy")),
        ("policy", json!("Not An Id")),
        ("resource", json!("  ")),
        ("reason", json!(" ")),
        ("until", json!("2020-01-01")),
        ("until", json!("soon")),
        ("until", json!("")),
        ("approver", json!(w.owner.account)),
        ("approver", json!("acc_nobody")),
        ("approved", json!(true)),
    ] {
        let answer = w.owner.post(&w.at("waivers"), with(name, value.clone())).await;
        assert_eq!(answer.status.as_u16(), 400, "{name} {value}: {}", answer.json);
    }
    w.owner.post(&w.at("waivers"), with("source", json!("src_00000000000000000000000000"))).await.is(404);
    w.owner.post(&w.at("waivers"), with("source", json!(source))).await.is(201);
}
