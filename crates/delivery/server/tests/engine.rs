//! What the engine works out, over HTTP: the same as by command, little asked of the database, nothing shown to others.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use attesta_desk::{
    Desk, actions, calendar, events,
    hipaa::{Infrastructure, Registers},
    plan, propose, quality, samples, scope, tailor,
};
use attesta_lifecycle::quality::HandOff;
use serde_json::{Value, json};
use support::{Browser, Instance, all_pages, begun, by_command, etagged, fixture};

fn value<T: serde::Serialize>(of: T) -> Value {
    serde_json::to_value(of).unwrap()
}

/// Pages of `list` put back into the report that the first page is.
async fn whole(who: &Browser, path: &str, list: &str) -> Value {
    let mut report = who.get(path).await.is(200).json;
    report[list] = all_pages(who, path, list, 7).await.into();
    report.as_object_mut().unwrap().remove("next");
    report
}

/// Every address that shows something of an assessment, below it.
const SHOWN: &[&str] = &[
    "phase",
    "phase/needs",
    "inheritance",
    "inheritance/effect",
    "inheritance/own",
    "proposals",
    "plan",
    "plan/next",
    "calendar",
    "quality",
    "actions",
    "samples",
    "events",
    "scope",
    "hipaa/status",
    "hipaa/decisions",
    "hipaa/risks",
    "hipaa/breach",
    "hipaa/agreements",
    "hipaa/practices",
];

#[tokio::test]
async fn what_is_answered_is_what_the_commands_say() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let name = "telehealth-r2";
    let id = begun(&owner, &org, name, &[]).await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}");
    let at = |path: &str| format!("{base}/{path}");
    let by = |of: fn(&Desk) -> Value| by_command(name, of);

    let items = |value: Value| json!({ "items": value });
    let expected = by(|desk| value(propose::rows(&desk.proposals)));
    assert_eq!(whole(&owner, &at("proposals"), "items").await, items(expected));
    let expected = by(|desk| {
        let goal = plan::goal("").unwrap();
        plan::plan(desk, goal, None).map_or_else(|why| value(why.says()), |planned| value(planned.report()))
    });
    if expected.is_object() {
        assert_eq!(whole(&owner, &at("plan"), "items").await, expected);
    } else {
        owner.get(&at("plan")).await.says(409, "refused");
    }
    let expected = by(|desk| value(plan::next(desk, plan::goal("certify").unwrap()).unwrap()));
    assert_eq!(whole(&owner, &at("plan/next?goal=certify"), "items").await, items(expected));
    let expected = by(|desk| {
        let (rows, left) = plan::budget(desk, plan::goal("").unwrap(), 40).unwrap();
        json!({ "domains": value(rows), "left": left })
    });
    assert_eq!(whole(&owner, &at("plan?budget=40"), "domains").await, expected);
    let expected = by(|desk| {
        let course = attesta_desk::Course::of(desk).unwrap();
        let calendar = calendar::calendar(desk, &course, None).unwrap();
        serde_json::from_str(&attesta_interchange::process::calendar_json(&calendar)).unwrap()
    });
    let mut dates = owner.get(&at("calendar")).await.is(200).json;
    assert!(dates.as_object_mut().unwrap().remove("notes").is_some());
    assert_eq!(dates, expected);
    let expected = by(|desk| {
        let (mut report, notes) = quality::looked(desk, HandOff::Submission, None).unwrap();
        report["notes"] = notes.into();
        report
    });
    let mut review = whole(&owner, &at("quality"), "issues").await;
    let (places, wanted) = (bare(&mut review), expected.clone());
    let mut wanted = wanted;
    assert_eq!(places, bare(&mut wanted));
    assert_eq!(review, wanted);
    let expected = by(|desk| value(actions::Plans::of(desk).unwrap().rows()));
    let plans = whole(&owner, &at("actions"), "items").await;
    assert_eq!((&plans["items"], &plans["missing_unknown"]), (&expected, &Value::Null));
    let expected = by(|desk| value(samples::list(desk).unwrap()));
    assert_eq!(whole(&owner, &at("samples"), "items").await, items(expected));
    let expected = by(|desk| value(events::list(desk).unwrap().rows));
    assert_eq!(whole(&owner, &at("events"), "items").await["items"], expected);
    let expected = by(|desk| value(scope::Report::of(&desk.folder, &desk.library).unwrap()));
    let findings = owner.get(&at("scope")).await.is(200);
    assert_eq!(findings.json["counts"], expected["counts"]);
    let sample = owner.get(&at("samples/leavers?limit=3")).await.is(200);
    assert_eq!(sample.json["stands"], "finished");
    assert_eq!(sample.json["items"].as_array().unwrap().len(), 3);
    let sheet = owner.get(&at("samples/leavers/lead-sheet")).await.is(200);
    let expected = by(|desk| {
        let held = samples::held(desk, &"leavers".parse().unwrap()).unwrap();
        attesta_interchange::process::lead_sheet_markdown(&held.sample).into()
    });
    assert_eq!(Value::from(String::from_utf8(sheet.bytes).unwrap()), expected);
    owner.get(&at("samples/nobodys")).await.says(404, "not-found");
    owner.get(&at("actions/nobodys")).await.says(404, "not-found");
    owner.get(&at("recheck?since=x&seed=y")).await.says(404, "not-found");
    owner.get(&at("proposals?after=nobody")).await.says(400, "bad-request");
}

/// Takes away places, whose files the server names by the assessment's id, and gives back how many there were.
fn bare(report: &mut Value) -> usize {
    let mut places = 0;
    for list in ["issues", "overrides"] {
        for row in report[list].as_array_mut().unwrap() {
            if row.as_object_mut().unwrap().remove("place").is_some_and(|place| place.is_string()) {
                places += 1;
            }
        }
    }
    places
}

#[tokio::test]
async fn registers_are_what_the_commands_say() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let id = begun(&owner, &org, "hipaa-clinic", &[]).await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}/hipaa");
    for (report, list) in [
        ("status", ""),
        ("decisions", "decisions"),
        ("risks", "risks"),
        ("breach", "incidents"),
        ("agreements", "agreements"),
        ("practices", ""),
    ] {
        let expected = by_command("hipaa-clinic", |desk| {
            let registers = Registers::read(&desk.folder, &desk.library, desk.at).unwrap();
            Value::Object(registers.report(report, true, Infrastructure::NotChecked).unwrap())
        });
        let path = format!("{base}/{report}?proposed_2025=true");
        let told = if list.is_empty() { owner.get(&path).await.is(200).json } else { whole(&owner, &path, list).await };
        assert_eq!(told, expected, "{report}");
    }
    owner.get(&format!("{base}/secrets")).await.says(404, "not-found");
    let (reader, _) = instance.member(&owner, &org, "con@example.org", json!({ "role": "contributor" })).await;
    reader.get(&format!("{base}/risks")).await.says(403, "forbidden");
}

#[tokio::test]
async fn a_page_of_anything_asks_little_and_others_see_nothing() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let id = begun(&owner, &org, "telehealth-r2", &[]).await;
    let other = begun(&owner, &org, "wellness-e1", &[]).await;
    let boxed = instance.assessor(&owner, &org, &other, "assessor-lead").await;
    let (rival, theirs) = instance.rival(&owner, &org).await;
    for path in SHOWN {
        let base = format!("/api/v1/organisations/{org}/assessments/{id}/{path}");
        let first = owner.get(&base).await;
        let before = instance.house.statements();
        let again = owner.get(&base).await;
        assert_eq!((first.status, first.json), (again.status, again.json), "{path}");
        assert!(again.status == 200 || again.status == 409, "{path}: {}", again.status);
        let asked = instance.house.statements() - before;
        assert!(asked <= 3, "{path}: {asked}");
        // What is not there and what is somebody else's look the same; a role that reads no registers hears so.
        let told = boxed.get(&base).await;
        assert!([403, 404].contains(&told.status.as_u16()) && told.json["items"].is_null(), "{path}: {}", told.json);
        assert!(told.status == 404 || path.starts_with("hipaa/"), "{path}");
        rival.get(&base).await.says(404, "not-found");
        rival.get(&base.replace(&org, &theirs)).await.says(404, "not-found");
    }
    let acts = [
        ("phase", json!({ "command": "withdraw", "note": "x" })),
        ("inheritance", json!({ "source": "northgate", "requirements": ["ATT-16-01"], "weight": "10" })),
        ("inheritance/acts", json!({ "act": "withdraw", "source": "northgate", "because": "x" })),
        ("proposals", json!({})),
        ("proposals/judgements", json!({ "verdict": "reject", "requirements": ["ATT-02-01"], "because": "x" })),
        (
            "quality/overrides",
            json!({ "check": "QC-11", "subject": "assessment", "facts": "0123456789abcdef", "because": "x" }),
        ),
        ("quality/approvals", json!({ "check": "QC-11", "subject": "assessment", "facts": "0123456789abcdef" })),
        ("actions", json!({ "requirement": "ATT-16-01" })),
        ("actions/cap-att-07-03/steps", json!({ "step": "start" })),
        ("samples/leavers/draw", json!({ "seed": "x" })),
        ("samples/leavers/findings", json!({ "item": "L-01", "holds": true })),
        ("events/security", json!({ "id": "x", "what": "y" })),
        ("events/changes", json!({ "id": "x", "what": "y" })),
        ("tailoring/preview", json!({ "factors": "x" })),
    ];
    for (path, body) in acts {
        let base = format!("/api/v1/organisations/{org}/assessments/{id}/{path}");
        for (who, address) in [(&boxed, base.clone()), (&rival, base.clone()), (&rival, base.replace(&org, &theirs))] {
            let told = who.send("POST", &address, Some(body.clone()), &[("if-match", "\"0\"")]).await;
            told.says(404, "not-found");
        }
    }
    let trail = owner.get(&format!("/api/v1/organisations/{org}/trail?subject={id}&limit=500")).await.is(200);
    let kinds: Vec<&str> =
        trail.json["items"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert!(kinds.iter().all(|kind| ["assessment.added", "document.written"].contains(kind)), "{kinds:?}");
}

#[tokio::test]
async fn a_check_proposes_and_people_accept_one_and_many() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let without = ["lifecycle.yaml", "proposals.yaml", "checks.yaml"];
    let id = begun(&owner, &org, "telehealth-r2", &without).await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}/proposals");
    let elements = by_command("telehealth-r2", |desk| {
        desk.catalog.elements().map(|e| e.element.id.to_string()).collect::<Vec<_>>()
    });
    let counts = json!({ "pass": 3, "fail": 0, "waived": 0, "unknown": 0, "errored": 0, "not_applicable": 1 });
    let policies: Vec<Value> =
        elements.iter().map(|e| json!({ "id": "p", "elements": [e], "counts": counts })).collect();
    let report = |complete: bool, at: &str| {
        json!({ "report": {
            "schema": "attesta.report/1", "at": at, "complete": complete, "policies": policies,
            "snapshot": { "documents": [{ "path": "main.tf", "digest": "00", "bytes": 1 }] },
        } })
    };
    let today = instance.house.clock.today().to_string();
    let list = owner.get(&base).await.is(200);
    assert_eq!(list.json["items"], json!([]));
    // What is not whole, not ours, or of tomorrow proposes nothing.
    etagged(&owner, "POST", &base, &report(false, &today), &list).await.says(422, "not-evaluated");
    etagged(&owner, "POST", &base, &report(true, "2999-01-01"), &list).await.says(400, "bad-request");
    etagged(&owner, "POST", &base, &json!({ "report": { "schema": "x" } }), &list).await.says(400, "bad-request");
    let assessor = instance.assessor(&owner, &org, &id, "assessor-lead").await;
    etagged(&assessor, "POST", &base, &report(true, &today), &list).await.says(403, "forbidden");
    let made = etagged(&owner, "POST", &base, &report(true, &today), &list).await.is(200);
    let proposed: Vec<String> = made.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["level"] == "implemented" && row["state"] == "proposed")
        .map(|row| row["requirement"].as_str().unwrap().to_owned())
        .collect();
    assert!(proposed.len() > 10, "{}", made.json);
    let judge = format!("{base}/judgements");
    let verdict = |verdict: &str, keys: &[String]| json!({ "verdict": verdict, "requirements": keys, "because": "x" });
    // All or none: one of them is nobody's.
    let mut wrong = proposed[..2].to_vec();
    wrong.push("ATT-99-99".to_owned());
    etagged(&owner, "POST", &judge, &verdict("accept", &wrong), &made).await.says(409, "refused");
    etagged(&assessor, "POST", &judge, &verdict("accept", &proposed[..1]), &made).await.says(403, "forbidden");
    let one = etagged(&owner, "POST", &judge, &verdict("reject", &proposed[..1]), &made).await.is(200);
    assert_eq!(one.json["items"][0]["state"], "rejected");
    etagged(&owner, "POST", &judge, &verdict("accept", &proposed[1..4]), &made).await.says(412, "changed-meanwhile");
    let many = etagged(&owner, "POST", &judge, &verdict("accept", &proposed[1..4]), &one).await.is(200);
    assert_eq!(many.json["items"].as_array().unwrap().iter().filter(|r| r["state"] == "accepted").count(), 3);
    let trail = owner.get(&format!("/api/v1/organisations/{org}/trail?kind=proposals")).await.is(200);
    assert_eq!(trail.json["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn an_issue_is_overridden_and_somebody_else_approves() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let mut files = fixture("life/clinic-r2");
    let young = files["answers/all.yaml"].as_str().unwrap().replacen("since: 2025-06-01", "since: 2026-03-01", 1);
    files["answers/all.yaml"] = young.into();
    let all = format!("/api/v1/organisations/{org}/assessments");
    let made = owner.post(&all, json!({ "name": "young", "files": files })).await.is(201);
    let id = made.json["id"].as_str().unwrap().to_owned();
    let quality = format!("{all}/{id}/quality");
    let review = owner.get(&quality).await.is(200);
    let issue = review.json["issues"].as_array().unwrap().iter().find(|i| i["check"] == "QC-11").unwrap().clone();
    let about = |facts: &Value, because: &str| {
        let mut body = json!({ "check": "QC-11", "subject": issue["subject"], "facts": facts });
        if !because.is_empty() {
            body["because"] = because.into();
        }
        body
    };
    let (give, approve) = (format!("{quality}/overrides"), format!("{quality}/approvals"));
    let facts = &issue["facts"];
    let stale = about(&json!("0123456789abcdef"), "x");
    etagged(&owner, "POST", &give, &stale, &review).await.says(412, "changed-meanwhile");
    etagged(&owner, "POST", &give, &about(facts, " "), &review).await.says(400, "bad-request");
    let given = etagged(&owner, "POST", &give, &about(facts, "only its number changed"), &review).await.is(200);
    let waits = owner.get(&quality).await.is(200);
    let stands = |review: &Value| {
        let all = review["issues"].as_array().unwrap();
        all.iter().find(|i| i["check"] == "QC-11").unwrap()["standing"].clone()
    };
    assert_eq!(stands(&waits.json), "awaits approval");
    etagged(&owner, "POST", &approve, &about(facts, ""), &given).await.says(403, "forbidden");
    let lead = instance.assessor(&owner, &org, &id, "assessor-lead").await;
    let tester = instance.assessor_named(&owner, &org, &id, "external-assessor", "tess@firm.example").await;
    etagged(&tester, "POST", &approve, &about(facts, ""), &given).await.says(403, "forbidden");
    let approved = etagged(&lead, "POST", &approve, &about(facts, ""), &given).await.is(200);
    assert!(approved.json["approved_by"].is_string());
    assert_eq!(stands(&owner.get(&quality).await.is(200).json), "overridden");
    etagged(&lead, "POST", &approve, &about(facts, ""), &approved).await.says(404, "not-found");
    // The reviewer writes none, and does not let one stand: the issue is open again, and the reason stays with it.
    let reviewer = instance.assessor_named(&owner, &org, &id, "qa-reviewer", "nell@firm.example").await;
    let refuse = format!("{quality}/refusals");
    etagged(&reviewer, "POST", &give, &about(facts, "x"), &approved).await.says(403, "forbidden");
    etagged(&owner, "POST", &refuse, &about(facts, "x"), &approved).await.says(403, "forbidden");
    etagged(&reviewer, "POST", &refuse, &about(facts, " "), &approved).await.says(400, "bad-request");
    let why = "more than its number changed";
    let refused = etagged(&reviewer, "POST", &refuse, &about(facts, why), &approved).await.is(200);
    assert!(refused.json["refused_by"].is_string(), "{}", refused.json);
    let after = owner.get(&quality).await.is(200);
    assert_eq!(stands(&after.json), "open");
    assert_eq!(after.json["overrides"][0]["refused_because"], why);
    etagged(&reviewer, "POST", &refuse, &about(facts, why), &refused).await.says(404, "not-found");
    // Nobody decides about their own: the lead wrote the next one.
    let again = etagged(&lead, "POST", &give, &about(facts, "the annex alone changed"), &refused).await.is(200);
    etagged(&lead, "POST", &refuse, &about(facts, "x"), &again).await.says(403, "forbidden");
    assert_eq!(stands(&owner.get(&quality).await.is(200).json), "overridden");
}

#[tokio::test]
async fn a_plan_goes_its_way_and_the_assessor_completes_it() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let id = begun(&owner, &org, "telehealth-r2", &["lifecycle.yaml"]).await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}/actions");
    let plan = format!("{base}/cap-att-07-03");
    let steps = format!("{plan}/steps");
    let read = owner.get(&plan).await.is(200);
    assert_eq!(read.json["moves"], json!(["raise-risk", "complete"]));
    let step = |step: &str, because: &str| json!({ "step": step, "because": because });
    etagged(&owner, "POST", &steps, &step("start", ""), &read).await.says(409, "refused");
    etagged(&owner, "POST", &steps, &step("raise-risk", ""), &read).await.says(409, "refused");
    etagged(&owner, "POST", &steps, &step("jump", ""), &read).await.says(400, "bad-request");
    let risk = etagged(&owner, "POST", &steps, &step("raise-risk", "the vendor is late"), &read).await.is(200);
    etagged(&owner, "POST", &steps, &step("recover", "x"), &read).await.says(412, "changed-meanwhile");
    // What stood beside it in the file is there still, and so is its older form.
    let beside = owner.get(&format!("{base}/cap-att-09-01")).await.is(200);
    assert_eq!(beside.json["steps"].as_array().unwrap().len(), 2);
    let noted = json!({ "note": "a new date is agreed", "due": "2027-06-30", "owner": "ravi" });
    let changed = etagged(&owner, "PATCH", &plan, &noted, &risk).await.is(200);
    assert_eq!((&changed.json["due"], &changed.json["owner"]), (&json!("2027-06-30"), &json!("ravi")));
    assert_eq!(changed.json["progress"].as_array().unwrap().len(), 3);
    etagged(&owner, "PATCH", &plan, &json!({ "owner": "nobody" }), &changed).await.says(404, "not-found");
    // The entity does not complete its own plan; the assessor does, with a retest.
    etagged(&owner, "POST", &steps, &step("complete", ""), &changed).await.says(403, "forbidden");
    let assessor = instance.assessor(&owner, &org, &id, "assessor-lead").await;
    let done = etagged(&assessor, "POST", &steps, &step("complete", ""), &changed).await.is(200);
    assert_eq!((&done.json["status"], &done.json["retest"]["result"]), (&json!("completed"), &json!("passed")));
    // A new plan stands in a document of its own; a second one for the same requirement does not begin.
    let rows = all_pages(&owner, &base, "items", 50).await;
    let planned: Vec<&Value> = rows.iter().map(|row| &row["requirement"]).collect();
    let keys = owner.get(&format!("/api/v1/organisations/{org}/assessments/{id}/responses?limit=500")).await.is(200);
    let free = keys.json["items"].as_array().unwrap().iter().find(|r| !planned.contains(&&r["requirement"])).unwrap();
    let new = json!({ "requirement": free["requirement"], "weakness": "w \"x\": y", "plan": "p", "due": "2027-06-30",
        "milestones": [{ "what": "m, {n}", "due": "2027-01-01" }] });
    let at = [("if-match", "\"0\"")];
    let begun = owner.send("POST", &base, Some(new.clone()), &at).await.is(200);
    assert_eq!(begun.json["weakness"], "w \"x\": y");
    let own = owner.get(&format!("{base}/{}", begun.json["id"].as_str().unwrap())).await.is(200);
    assert_eq!(own.json["steps"][0]["what"], "m, {n}");
    assert_eq!(own.etag(), begun.etag());
    owner.send("POST", &base, Some(new), &at).await.says(412, "changed-meanwhile");
}

#[tokio::test]
async fn a_sample_is_frozen_drawn_and_tested_by_who_did_not_answer() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let id = begun(&owner, &org, "life/clinic-r2", &[]).await;
    let lead = instance.assessor(&owner, &org, &id, "assessor-lead").await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}");
    // The assessor tests once it is with them.
    for (who, command) in [(&owner, "hand-in-pre-assessment"), (&lead, "approve-pre-assessment")] {
        let phase = owner.get(&format!("{base}/phase")).await.is(200);
        etagged(who, "POST", &format!("{base}/phase"), &json!({ "command": command }), &phase).await.is(200);
    }
    let today = instance.house.clock.today();
    let (created, from) = (today.to_string(), today.yesterday().unwrap().to_string());
    let rows: String = (1..=60).map(|n| format!("CHG-{n:04},x\n")).collect();
    let new = json!({
        "id": "changes", "population": format!("id,opened\n{rows}"), "source": "tickets", "created": created,
        "from": from, "to": created, "completeness": "60 here and in the report", "control": "every change is approved",
        "reveals_failures": "tickets without approval are in it too", "requirements": ["CL-2"],
        "attributes": [{ "elements": [1], "text": "it was approved" }],
    });
    let at = [("if-match", "\"0\"")];
    let frozen = owner.send("POST", &format!("{base}/samples"), Some(new.clone()), &at).await;
    // A window that is too short for a test is refused with its rule; then the population is of what is there.
    let frozen = if frozen.status == 409 {
        let mut items = new.clone();
        let members = items.as_object_mut().unwrap();
        members.remove("from");
        members.remove("to");
        owner.send("POST", &format!("{base}/samples"), Some(items), &at).await.is(200)
    } else {
        frozen.is(200)
    };
    assert_eq!((&frozen.json["stands"], &frozen.json["population"]), (&json!("not-drawn"), &json!(60)));
    owner.send("POST", &format!("{base}/samples"), Some(new), &at).await.says(412, "changed-meanwhile");
    let draw = format!("{base}/samples/changes/draw");
    let seed = json!({ "seed": "chosen by us" });
    let told = etagged(&owner, "POST", &draw, &seed, &frozen).await.says(403, "forbidden");
    assert_eq!(told.json["rule"], "assessor-score");
    etagged(&lead, "POST", &draw, &seed, &frozen).await.says(409, "frozen");
}

#[tokio::test]
async fn events_are_written_down_once_and_stand() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let id = begun(&owner, &org, "telehealth-r2", &[]).await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}/events");
    let today = instance.house.clock.today().to_string();
    let none = owner.get(&base).await.is(200);
    let new = json!({ "id": "ev-1", "what": "somebody was in", "identified": today });
    let noted = etagged(&owner, "POST", &format!("{base}/security"), &new, &none).await.is(200);
    let row = &noted.json["items"][0];
    assert_eq!((&row["id"], &row["needs"]), (&json!("ev-1"), &json!(false)));
    assert!(row["due"].is_string() && row["confidence"].is_string(), "{row}");
    etagged(&owner, "POST", &format!("{base}/security"), &new, &noted).await.says(409, "refused");
    etagged(&owner, "POST", &format!("{base}/security"), &new, &none).await.says(412, "changed-meanwhile");
    let told = json!({ "id": "ev-1", "told": today });
    etagged(&owner, "POST", &format!("{base}/security"), &told, &noted).await.says(400, "bad-request");
    let change = json!({ "id": "ev-1", "what": "a new data centre", "on": today });
    etagged(&owner, "POST", &format!("{base}/changes"), &change, &noted).await.says(400, "bad-request");
    let change = json!({ "id": "ch-1", "what": "a new data centre", "on": today });
    let both = etagged(&owner, "POST", &format!("{base}/changes"), &change, &noted).await.is(200);
    assert_eq!(both.json["items"].as_array().unwrap().len(), 2);
    assert_eq!(all_pages(&owner, &base, "items", 1).await, *both.json["items"].as_array().unwrap());
}

#[tokio::test]
async fn other_factors_are_shown_before_they_are_written() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let id = begun(&owner, &org, "telehealth-r2", &["lifecycle.yaml"]).await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}");
    let factors = owner.get(&format!("{base}/documents/factors.yaml")).await.is(200);
    let preview = format!("{base}/tailoring/preview");
    let same = owner.post(&preview, json!({ "factors": factors.json["text"] })).await.is(200);
    assert_eq!((&same.json["tailoring"]["comes"], &same.json["tailoring"]["goes"]), (&json!([]), &json!([])));
    owner.post(&preview, json!({})).await.says(400, "bad-request");
    let told = owner.post(&preview, json!({ "factors": "schema: nonsense" })).await.says(400, "bad-request");
    assert!(told.json["faults"][0].as_str().unwrap().contains("factors.yaml"), "{}", told.json);
    // Without any answer what factors brought goes; nothing of it is written.
    let none = json!({ "factors": "schema: attesta.factor-answers/1\nfactors: {}\n" });
    let moved = owner.post(&preview, none.clone()).await;
    let text = json!({ "text": none["factors"] });
    let put = etagged(&owner, "PUT", &format!("{base}/documents/factors.yaml"), &text, &factors).await;
    assert_eq!(moved.status, put.status, "what cannot be written cannot be previewed: {} {}", moved.json, put.json);
    if put.status == 200 {
        let tailoring = owner.get(&format!("{base}/tailoring")).await.is(200);
        assert_eq!(tailoring.json["asked"], moved.json["tailoring"]["asked_after"]);
    }
    let expected = by_command("telehealth-r2", |desk| {
        let text = desk.folder.file("factors.yaml").unwrap().unwrap().text.to_string();
        tailor::preview(desk, &tailor::Draft { scope: None, factors: Some(text) }).unwrap()
    });
    assert_eq!(same.json["tailoring"], expected["tailoring"]);
}

#[tokio::test]
async fn a_certificate_is_kept_by_the_assessment_that_goes_back_to_it() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let then = begun(&owner, &org, "life/clinic-r2", &[]).await;
    let mut files = fixture("life/clinic-r2");
    let header = files["assessment.yaml"].as_str().unwrap();
    let header =
        header.replace("id: clinic-r2", "id: clinic-interim").replace("purpose: validated", "purpose: interim");
    let prior = "prior: {assessment: clinic-r2, type: r2, issued: 2026-04-20, csf: v11.8.0}\n";
    files["assessment.yaml"] = format!("{}{prior}", header.replace("target: 2026-08-01\n", "")).into();
    let all = format!("/api/v1/organisations/{org}/assessments");
    let made = owner.post(&all, json!({ "name": "interim", "files": files })).await.is(201);
    let interim = made.json["id"].as_str().unwrap().to_owned();
    let recheck = format!("{all}/{interim}/recheck?seed=a&since={then}");
    let unsaid = owner.get(&recheck).await.is(200);
    assert_eq!(unsaid.json["verdict"], "unknown", "{}", unsaid.json);
    let told = owner.get(&format!("{recheck}&no_significant_change=true&no_event=true")).await.is(200);
    assert_eq!(told.json["verdict"], "keeps", "{}", told.json);
    let progress = owner.get(&format!("{all}/{interim}/actions/progress?since={then}")).await.is(200);
    assert_eq!(progress.json["items"], json!([]));
    // The certified one is seen by who may see it, and another one's certificate is not this one's.
    let boxed = instance.assessor(&owner, &org, &interim, "assessor-lead").await;
    boxed.get(&recheck).await.says(404, "not-found");
    owner.get(&recheck.replace(&then, &interim)).await.says(400, "bad-request");
}

#[tokio::test]
async fn registers_are_written_as_acts_and_only_by_who_may() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let id = begun(&owner, &org, "hipaa-clinic", &[]).await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}/hipaa");
    // A decision: a draft first, which does not count; then signed, which says who and when.
    let item = "164.308(a)(5)(ii)(A)";
    let read = owner.get(&format!("{base}/decisions")).await;
    let draft = json!({ "item": item, "choice": "implement", "rationale": "Everybody is reminded." });
    let told = etagged(&owner, "POST", &format!("{base}/records/decisions"), &draft, &read).await.is(200);
    // The decision of last year is overdue; the draft waits beside it.
    assert_eq!((&told.json["state"], &told.json["drafts"]), (&json!("does not count"), &json!(1)), "{}", told.json);
    etagged(&owner, "POST", &format!("{base}/records/decisions"), &draft, &read).await.is(412);
    let required = json!({ "item": "164.308(a)(1)(ii)(A)", "choice": "neither" });
    etagged(&owner, "POST", &format!("{base}/records/decisions"), &required, &told).await.is(400);
    let weighed = ["size-and-capabilities", "technical-infrastructure", "cost", "risk"];
    let all: serde_json::Map<String, Value> =
        weighed.iter().map(|key| ((*key).to_owned(), json!("Weighed."))).collect();
    let signed = json!({
        "item": item, "choice": "implement", "rationale": "Everybody is reminded.",
        "factors": all, "review_by": "2999-01-01", "approve": true,
    });
    let told = etagged(&owner, "POST", &format!("{base}/records/decisions"), &signed, &told).await.is(200);
    assert_eq!((&told.json["state"], &told.json["drafts"]), (&json!("in force"), &json!(0)), "{}", told.json);
    assert_eq!(told.json["decision"]["decided_on"], json!(instance.house.clock.today().to_string()));
    // An agreement: ids are kept apart, a clause that is none is told, and nothing half-applied.
    let read = owner.get(&format!("{base}/agreements")).await;
    let new = json!({ "id": "baa-new", "party": "northbank", "counterpart": "business-associate",
        "clauses": [{ "clause": "164.504(e)(2)(ii)(A)", "at": "2.1" }, { "clause": "164.504(e)(2)(ii)(B)", "absent": true }] });
    let told = etagged(&owner, "POST", &format!("{base}/records/agreements"), &new, &read).await.is(200);
    assert_eq!(told.json["state"], "not in force");
    etagged(&owner, "POST", &format!("{base}/records/agreements"), &new, &told).await.is(409);
    let wrong = json!({ "party": "northbank", "counterpart": "friend" });
    etagged(&owner, "PUT", &format!("{base}/records/agreements/baa-new"), &wrong, &told).await.is(400);
    // An incident: its clocks run from its discovery, and a notice is kept with it.
    let read = owner.get(&format!("{base}/breach")).await;
    let today = instance.house.clock.today().to_string();
    let new = json!({ "id": "inc-new", "title": "A letter went astray", "we_are": "covered-entity", "known_on": today, "individuals": 3 });
    let told = etagged(&owner, "POST", &format!("{base}/records/incidents"), &new, &read).await.is(200);
    assert_eq!(told.json["determination"], "presumed breach");
    let sent = json!({ "to": "individuals", "sent_on": today });
    let told =
        etagged(&owner, "POST", &format!("{base}/records/incidents/inc-new/notices"), &sent, &told).await.is(200);
    assert!(told.json["clocks"].to_string().contains("\"state\":\"sent\""), "{}", told.json);
    etagged(&owner, "POST", &format!("{base}/records/incidents/none/notices"), &sent, &told).await.is(404);
    // A control owner drafts and does not sign; a reader does neither.
    let (control, _) = instance.member(&owner, &org, "co@example.org", json!({ "role": "control-owner" })).await;
    let read = control.get(&format!("{base}/decisions")).await;
    etagged(&control, "POST", &format!("{base}/records/decisions"), &signed, &read).await.is(403);
    let draft = json!({ "item": "164.312(a)(2)(iii)", "choice": "neither" });
    etagged(&control, "POST", &format!("{base}/records/decisions"), &draft, &read).await.is(200);
    let log = owner.get(&format!("/api/v1/organisations/{org}/trail?limit=50")).await.is(200).json.to_string();
    for leaf in ["hipaa.decided", "hipaa.agreement-kept", "hipaa.incident-kept", "hipaa.notice-sent"] {
        assert!(log.contains(leaf), "{leaf}");
    }
}
