//! HIPAA in the server: what sources last showed is in the scores, and the risk analysis is written as acts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use attesta_collectors::{Limits, Request, Silent, collect_keeping};
use attesta_desk::hipaa::{Infrastructure, Registers};
use attesta_watch::Judge;
use serde_json::{Value, json};
use support::{
    Instance, begun, by_command, etagged,
    watched::{Watched, volume},
};

/// An item of the status.
fn item<'v>(status: &'v Value, citation: &str) -> &'v Value {
    let items = ["required", "addressable"].iter().flat_map(|side| status[side]["items"].as_array().unwrap());
    items.into_iter().find(|item| item["citation"] == citation).unwrap()
}

const ENCRYPTION: &str = "164.312(a)(2)(iv)";
const POLICY: &str = "volume-encryption-at-rest";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_run_of_each_source_is_in_the_scores_with_its_name_and_its_age() {
    let w = Watched::start().await;
    let id = begun(&w.owner, &w.org, "hipaa-clinic", &[]).await;
    let status = format!("assessments/{id}/hipaa/status");
    let none = w.get(&status).await;
    assert_eq!((&none["checked"], &none["watched"]), (&json!(false), &Value::Null), "nothing is watched");

    // A source that nobody ever saw: every policy is unknown, and it is named.
    let never = w
        .owner
        .post(
            &w.at("sources"),
            json!({ "name": "never-sent", "origin": { "kind": "pushed" }, "schedule": { "every": "1h" } }),
        )
        .await
        .is(201);
    let told = w.get(&status).await;
    assert_eq!((&told["checked"], &told["watched"]["whole"]), (&json!(true), &json!(false)));
    let source = &told["watched"]["sources"][0];
    assert_eq!(
        (&source["name"], &source["seen"], &source["run"]),
        (&json!("never-sent"), &json!("never seen"), &Value::Null)
    );
    assert!(source["undecided"].as_array().unwrap().len() > 50, "{source:#}");
    let (never, never_rev) = (never.json["id"].as_str().unwrap().to_owned(), never.etag());
    w.owner.send("DELETE", &w.at(&format!("sources/{never}")), None, &[("if-match", &never_rev)]).await.is(200);
    assert_eq!(w.get(&status).await, none, "without the source it is as before");

    // A failing check violates the item, and the item leads to the policy, the source and the run.
    w.write(&[volume("vol-1", json!(true)), volume("vol-2", json!(false))]);
    let source = w.create("app-host", json!({ "kind": "folder", "place": "infra" })).await;
    let worker = w.worker();
    let runs = w.runs(1).await;
    worker.abort();
    w.get(&status).await;
    // Who asks; then which assessment, the sources, their last looks and what is accepted in one.
    let before = w.instance.house.statements();
    let seen = w.get(&status).await;
    let asked = w.instance.house.statements() - before;
    assert!(asked <= 3, "{asked}");
    let before = w.instance.house.statements();
    w.owner.get(&format!("/o/{}/a/{id}/hipaa", w.org)).await.is(200);
    let asked = w.instance.house.statements() - before;
    assert!(asked <= 3, "the room: {asked}");
    let of = item(&seen, ENCRYPTION);
    assert_eq!(of["state"], "violated", "{of:#}");
    let check = of["checks"].as_array().unwrap().iter().find(|c| c["policy"] == POLICY).unwrap();
    assert_eq!(check["checks"], json!({ "pass": 1, "fail": 1, "waived": 0, "unknown": 0 }));
    assert_eq!(check["by"][0]["source"], json!(source));
    let told = &seen["watched"]["sources"][0];
    assert_eq!((&told["seen"], &told["days_ago"]), (&json!("fresh"), &json!(0)));
    assert!(told["run"].as_str().unwrap().ends_with('1') && runs[0]["number"] == 1, "{told:#}");
    let executive = w.owner.get(&format!("/o/{}/a/{id}/in-short", w.org)).await.is(200).bytes;
    assert!(String::from_utf8(executive).unwrap().contains("violated by settings"));
    let home = String::from_utf8(w.owner.get(&format!("/o/{}", w.org)).await.is(200).bytes).unwrap();
    assert!(home.contains("violated by settings") && home.contains("With what 1 source showed when last seen"));

    // The same as the command's `--check`: item by item, state, elements, reasons.
    let library = attesta_desk::Library::new(attesta_content::ContentSource::Embedded);
    let judge = Judge::new(library.source(), library.catalog().unwrap()).unwrap();
    let request = Request {
        paths: vec![w.place.clone()],
        keep_raw: false,
        limits: Limits::default(),
        dictionary: Some(judge.dictionary()),
    };
    let today = w.instance.house.clock.today();
    let (report, _) = judge.judged(collect_keeping(&request, &Silent), Vec::new(), today);
    let expected = by_command("hipaa-clinic", |desk| {
        let registers = Registers::read(&desk.folder, &desk.library, desk.at).unwrap();
        let checked = Infrastructure::Checked(&report.standings);
        Value::Object(registers.report("status", false, checked).unwrap())
    });
    let mut same = seen.clone();
    for side in ["required", "addressable"] {
        for item in same[side]["items"].as_array_mut().unwrap() {
            item.as_object_mut().unwrap().remove("checks");
        }
        assert_eq!(same[side], expected[side], "{side}");
    }

    // Too long ago: unknown, told by age; what was violated then is not met by anybody's word.
    w.instance.house.clock.advance(2 * 3600 + 60);
    let owner = w.instance.visitor().sign_in("ada@example.org", support::PASSWORD).await;
    let stale = owner.get(&w.at(&status)).await.is(200).json;
    let told = &stale["watched"]["sources"][0];
    assert_eq!(told["seen"], "stale");
    assert!(told["undecided"].as_array().unwrap().iter().any(|p| p == POLICY), "{told:#}");
    let of = item(&stale, ENCRYPTION);
    assert_eq!(of["state"], "open", "{of:#}");
    assert!(of["reasons"].to_string().contains("violated when last seen"), "{of:#}");
}

#[tokio::test]
async fn a_role_that_reads_no_findings_is_told_that_settings_are_not_in_the_scores() {
    let w = Watched::start().await;
    let id = begun(&w.owner, &w.org, "hipaa-clinic", &[]).await;
    w.create("app-host", json!({ "kind": "folder", "place": "infra" })).await;
    let token = json!({ "name": "t", "scopes": ["hipaa:read"], "days": 1 });
    let token = w.owner.post(&w.at("tokens"), token).await.is(201).json["secret"].as_str().unwrap().to_owned();
    let path = w.at(&format!("assessments/{id}/hipaa/status"));
    let told = w.owner.program(&token).get(&path).await.is(200).json;
    assert_eq!((&told["watched"], &told["checked"]), (&json!({ "hidden": true }), &json!(false)));
}

#[tokio::test]
async fn risks_and_analyses_are_written_as_acts_and_only_by_who_may() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let id = begun(&owner, &org, "hipaa-clinic", &[]).await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}/hipaa");
    let risks = format!("{base}/records/risks");
    let read = owner.get(&format!("{base}/risks")).await;
    let today = instance.house.clock.today().to_string();
    let new = json!({
        "id": "r-new", "system": "portal", "threat": "A session is taken over", "vulnerability": "Sessions never end",
        "likelihood": "high", "impact": "very-high",
    });
    let told = etagged(&owner, "POST", &risks, &new, &read).await.is(200);
    assert_eq!(told.json["level"], "very-high");
    assert_eq!(told.json["flaws"], json!(["is neither treated nor accepted"]));
    // The revision that was read before is not the file's any more; an id stands once.
    etagged(&owner, "POST", &risks, &new, &read).await.is(412);
    etagged(&owner, "POST", &risks, &new, &told).await.is(409);
    // What is wrong is refused with the mend, and nothing is written.
    let with = |key: &str, value: Value| {
        let mut row = new.clone();
        row["id"] = json!("r-wrong");
        row[key] = value;
        row
    };
    for (row, says, mend) in [
        (with("likelihood", json!("often")), "`often` is no grade of likelihood", "very-low, low, moderate"),
        (with("impact", json!("dreadful")), "`dreadful` is no grade of impact", "very-low, low, moderate"),
        (with("system", json!("mars")), "the scope has no system `mars`", "portal, records-db"),
        (with("items", json!(["164.999(z)"])), "`164.999(z)` is nothing of the Security Rule", "catalog list hipaa"),
        (with("treatment", json!("pray")), "`pray` is not a treatment", "mitigate, transfer, avoid or accept"),
        (with("plan", json!("Something")), "plan", "treatment: mitigate"),
        (with("id", json!("Not An Id")), "Not An Id", ""),
    ] {
        let refused = etagged(&owner, "POST", &risks, &row, &told).await.is(400);
        let text = refused.json.to_string();
        assert!(text.contains(says) && text.contains(mend), "{row}: {text}");
    }
    // Treated, shown and graded anew: the picture of today moves, and the one before stays.
    let done = json!({
        "system": "portal", "threat": "A session is taken over", "vulnerability": "Sessions never end",
        "likelihood": "high", "impact": "very-high", "treatment": "mitigate", "plan": "Sessions end after an hour",
        "owner": "M. Ito", "due": today, "done_on": today, "evidence": ["idle-lock"],
        "residual": { "likelihood": "very-low", "impact": "very-high" },
        "items": ["164.312(a)(2)(iii)", "164.312(d)"],
    });
    let told = etagged(&owner, "PUT", &format!("{risks}/r-new"), &done, &told).await.is(200);
    assert_eq!((&told.json["flaws"], &told.json["treated_on"]), (&json!([]), &json!(today)));
    let bears: Vec<&Value> = told.json["items"].as_array().unwrap().iter().map(|i| &i["decision"]).collect();
    assert_eq!(told.json["items"][0]["item"], "164.312(a)(2)(iii)");
    assert_eq!(bears[1], &Value::Null, "nothing is decided about a required one");
    assert!(bears[0].is_string(), "an addressable one leads to its decision");
    etagged(&owner, "PUT", &format!("{risks}/none"), &done, &told).await.is(404);
    let report = owner.get(&format!("{base}/risks")).await.is(200).json;
    let cell = |likelihood: &str| {
        let cells = report["matrix"]["cells"].as_array().unwrap();
        let found = cells.iter().find(|c| c["likelihood"] == likelihood && c["impact"] == "very-high").unwrap();
        (found["before"].as_u64().unwrap(), found["today"].as_u64().unwrap())
    };
    assert_eq!((cell("high"), cell("very-low")), ((1, 0), (0, 1)));
    assert!(report["risks"].as_array().unwrap().iter().any(|r| r["id"] == "r-01"), "the others stay");
    // An analysis, in the same file: what stands beside it stays.
    let analysis = json!({ "id": "ra-new", "completed_on": today, "by": "M. Ito", "method": "By hand",
        "systems": ["portal", "records-db", "video"], "without_risk": { "video": "Nothing is kept." }, "evidence": ["ra-2026"] });
    let analyses = format!("{base}/records/analyses");
    let told = etagged(&owner, "POST", &analyses, &analysis, &told).await.is(200);
    let report = owner.get(&format!("{base}/risks")).await.is(200).json;
    assert_eq!((&report["analysis"]["id"], &report["analysis"]["state"]), (&json!("ra-new"), &json!("current")));
    let mut wrong = analysis.clone();
    wrong["systems"] = json!(["mars"]);
    etagged(&owner, "PUT", &format!("{analyses}/ra-new"), &wrong, &told).await.is(400);
    // Once, however often it is sent.
    let mut again = new.clone();
    again["id"] = json!("r-once");
    let headers = [("if-match", told.etag()), ("idempotency-key", "once-0001".to_owned())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let first = owner.send("POST", &risks, Some(again.clone()), &headers).await.is(200);
    let second = owner.send("POST", &risks, Some(again), &headers).await.is(200);
    assert_eq!(first.json, second.json);
    // A contributor reads no registers; a reader for executives writes none.
    let read = owner.get(&format!("{base}/risks")).await;
    for role in ["contributor", "executive-reader"] {
        let mail = format!("{role}@example.org");
        let (other, _) = instance.member(&owner, &org, &mail, json!({ "role": role })).await;
        etagged(&other, "POST", &risks, &with("id", json!("r-other")), &read).await.is(403);
    }
    let log = owner.get(&format!("/api/v1/organisations/{org}/trail?limit=50")).await.is(200).json.to_string();
    assert!(log.contains("hipaa.risk-kept") && log.contains("hipaa.analysis-kept"));
}
