//! Tasks, comments and requests, as people of several roles use them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use serde_json::{Value, json};
use support::{Answer, Browser, Instance, fixture};

/// A clinic with an assessment, people of the entity, and a guest who assesses it.
struct Clinic {
    instance: Instance,
    org: String,
    assessment: String,
    other: String,
    owner: Browser,
    contributor: Browser,
    reader: Browser,
    assessor: Browser,
    lead: Browser,
}

async fn clinic() -> Clinic {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let mut ids = Vec::new();
    for name in ["r2 2026", "r2 2027"] {
        let new = json!({ "name": name, "files": fixture("telehealth-r2") });
        let made = owner.post(&format!("/api/v1/organisations/{org}/assessments"), new).await.is(201);
        ids.push(made.json["id"].as_str().unwrap().to_owned());
    }
    let (other, assessment) = (ids.pop().unwrap(), ids.pop().unwrap());
    let guest =
        |role: &str| json!({ "role": role, "until": "2036-01-01T00:00:00Z", "assessments": [assessment.clone()] });
    let (contributor, _) = instance.member(&owner, &org, "con@example.org", json!({ "role": "contributor" })).await;
    let (reader, _) = instance.member(&owner, &org, "rex@example.org", json!({ "role": "executive-reader" })).await;
    let (assessor, _) = instance.member(&owner, &org, "ass@example.com", guest("external-assessor")).await;
    let (lead, _) = instance.member(&owner, &org, "led@example.com", guest("assessor-lead")).await;
    Clinic { instance, org, assessment, other, owner, contributor, reader, assessor, lead }
}

impl Clinic {
    fn path(&self, rest: &str) -> String {
        format!("/api/v1/organisations/{}/{rest}", self.org)
    }

    async fn make(&self, who: &Browser, kind: &str, body: Value) -> Answer {
        who.post(&self.path(kind), body).await
    }

    async fn change(&self, who: &Browser, method: &str, rest: &str, rev: &Value, body: Value) -> Answer {
        who.send(method, &self.path(rest), Some(body), &[("if-match", &format!("\"{rev}\""))]).await
    }
}

fn id(answer: &Answer) -> String {
    answer.json["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_task_is_made_given_done_and_cannot_jump() {
    let c = clinic().await;
    let about = format!("{}/requirements/0101.00a1", c.assessment);
    let new = json!({ "about": about, "title": "Write the policy", "due": "2026-12-24" });
    let made = c.make(&c.owner, "tasks", new).await.is(201);
    let task = format!("tasks/{}", id(&made));
    // Not yet the contributor's.
    c.change(&c.contributor, "PATCH", &task, &json!(1), json!({ "state": "in-progress" })).await.says(403, "forbidden");
    let owner = json!({ "owner": c.contributor.account });
    c.change(&c.contributor, "PATCH", &task, &json!(1), owner.clone()).await.says(403, "forbidden");
    c.change(&c.owner, "PATCH", &task, &json!(1), owner).await.is(200);
    let begun = c.change(&c.contributor, "PATCH", &task, &json!(2), json!({ "state": "in-progress" })).await.is(200);
    assert_eq!((&begun.json["state"], begun.etag().as_str()), (&json!("in-progress"), "\"3\""));
    // Two people at once: the second is told.
    let late = c.change(&c.owner, "PATCH", &task, &json!(2), json!({ "title": "Late" })).await;
    assert_eq!(late.says(412, "changed-meanwhile").json["revision"], 3);
    c.change(&c.contributor, "PATCH", &task, &json!(3), json!({ "state": "done" })).await.is(200);
    c.change(&c.contributor, "PATCH", &task, &json!(4), json!({ "state": "dropped" })).await.says(409, "move");
    c.change(&c.owner, "PATCH", &task, &json!(4), json!({ "state": "closed" })).await.says(400, "bad-request");
    c.change(&c.owner, "PATCH", &task, &json!(4), json!({ "owner": "acc_nobody" })).await.says(400, "bad-request");
    c.owner.send("PATCH", &c.path(&task), Some(json!({ "state": "open" })), &[]).await.says(428, "if-match-missing");
    assert_eq!(c.owner.get(&c.path(&task)).await.is(200).json["state"], "done");
    // Reads only.
    c.change(&c.reader, "PATCH", &task, &json!(4), json!({ "state": "open" })).await.says(403, "forbidden");
    c.make(&c.reader, "tasks", json!({ "title": "No" })).await.says(403, "forbidden");
}

#[tokio::test]
async fn tasks_are_sieved_and_paged_and_boxes_hold() {
    let c = clinic().await;
    for n in 0..5 {
        let about = format!("{}/requirements/r{n}", c.assessment);
        c.make(&c.owner, "tasks", json!({ "about": about, "title": format!("t{n}") })).await.is(201);
    }
    c.make(&c.owner, "tasks", json!({ "about": c.other, "title": "elsewhere" })).await.is(201);
    let hidden = c.make(&c.owner, "tasks", json!({ "title": "about nothing" })).await.is(201);
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = c.owner.get(&c.path(&format!("tasks?limit=3&after={after}"))).await.is(200).json;
        seen.extend(page["items"].as_array().unwrap().iter().map(|t| t["title"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => break,
        }
    }
    assert_eq!(seen, ["t0", "t1", "t2", "t3", "t4", "elsewhere", "about nothing"]);
    let count = async |who: &Browser, query: &str| {
        who.get(&c.path(&format!("tasks?{query}"))).await.is(200).json["items"].as_array().unwrap().len()
    };
    assert_eq!(count(&c.owner, &format!("about={}", c.assessment)).await, 5);
    assert_eq!(count(&c.owner, &format!("about={}/requirements/r1", c.assessment)).await, 1);
    assert_eq!(count(&c.owner, "state=done").await, 0);
    // The guest sees the named assessment and nothing else.
    assert_eq!(count(&c.assessor, "").await, 5);
    c.assessor.get(&c.path(&format!("tasks?about={}", c.other))).await.says(404, "not-found");
    c.make(&c.assessor, "tasks", json!({ "about": c.other, "title": "x" })).await.says(404, "not-found");
    let _ = hidden;
    for bad in ["state=closed", "about=asm_1", "limit=x"] {
        c.owner.get(&c.path(&format!("tasks?{bad}"))).await.says(400, "bad-request");
    }
    let strange = json!({ "about": "asm_00000000000000000000000000", "title": "x" });
    c.make(&c.owner, "tasks", strange).await.says(404, "not-found");
    // Another organisation sees nothing.
    let (rival, theirs) = c.instance.rival(&c.owner, &c.org).await;
    rival.get(&c.path("tasks")).await.says(404, "not-found");
    let task = id(&hidden);
    rival.get(&format!("/api/v1/organisations/{theirs}/tasks/{task}")).await.says(404, "not-found");
}

#[tokio::test]
async fn many_tasks_change_together_or_each_for_itself() {
    let c = clinic().await;
    let mut tasks = Vec::new();
    for n in 0..3 {
        tasks.push(id(&c.make(&c.owner, "tasks", json!({ "title": format!("t{n}") })).await.is(201)));
    }
    let item = |n: usize, rev: u64, state: &str| json!({ "id": tasks[n], "rev": rev, "change": { "state": state } });
    let items = json!([item(0, 1, "done"), item(1, 7, "done"), item(2, 1, "done")]);
    let all = json!({ "all_or_nothing": true, "items": items });
    let refused = c.make(&c.owner, "tasks/bulk", all).await.says(409, "not-all");
    assert_eq!(refused.json["faults"].as_array().unwrap().len(), 1);
    assert_eq!(c.owner.get(&c.path(&format!("tasks/{}", tasks[0]))).await.is(200).json["state"], "open");
    let each = c.make(&c.owner, "tasks/bulk", json!({ "items": items })).await.is(200).json;
    assert_eq!(each["changed"], 2);
    let outcomes: Vec<_> =
        each["outcomes"].as_array().unwrap().iter().map(|o| o["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["changed", "refused", "changed"]);
    let now = c.owner.get(&c.path("tasks?state=done")).await.is(200).json;
    assert_eq!(now["items"].as_array().unwrap().len(), 2);
    let twice = json!({ "items": [item(0, 2, "open"), item(0, 2, "open")] });
    c.make(&c.owner, "tasks/bulk", twice).await.says(400, "bad-request");
}

#[tokio::test]
async fn a_comment_is_its_makers_and_keeps_what_it_said() {
    let c = clinic().await;
    let new = json!({ "about": c.assessment, "text": "Is this the newest?" });
    let made = c.make(&c.contributor, "comments", new.clone()).await.is(201);
    let comment = format!("comments/{}", id(&made));
    c.change(&c.owner, "PUT", &comment, &json!(1), json!({ "text": "Mine now" })).await.says(403, "forbidden");
    c.change(&c.contributor, "PUT", &comment, &json!(1), json!({ "text": "It is." })).await.is(200);
    let read = c.assessor.get(&c.path(&comment)).await.is(200).json;
    assert_eq!((&read["text"], &read["past"][0]["text"]), (&json!("It is."), &json!("Is this the newest?")));
    let answers = json!({ "about": c.assessment, "answers": id(&made), "text": "Thanks" });
    c.make(&c.assessor, "comments", answers).await.is(201);
    let stray = json!({ "about": c.other, "answers": id(&made), "text": "Thanks" });
    c.make(&c.owner, "comments", stray).await.says(400, "bad-request");
    c.make(&c.reader, "comments", new).await.says(403, "forbidden");
    let thread = c.lead.get(&c.path(&format!("comments?about={}", c.assessment))).await.is(200).json;
    assert_eq!(thread["items"].as_array().unwrap().len(), 2);
    let gone = c.owner.send("DELETE", &c.path(&comment), None, &[("if-match", "\"2\"")]).await.is(200).json;
    assert_eq!((&gone["state"], &gone["text"], &gone["past"]), (&json!("removed"), &json!(""), &json!([])));
    // The log has it still.
    let trail = c.owner.get(&c.path(&format!("trail?subject={}", id(&made)))).await.is(200);
    assert!(String::from_utf8_lossy(&trail.bytes).contains("Is this the newest?"), "{}", trail.json);
}

#[tokio::test]
async fn a_request_goes_back_and_forth_between_assessor_and_entity() {
    let c = clinic().await;
    let new = json!({ "about": c.assessment, "title": "Access review of Q3", "due": "2026-12-01" });
    c.make(&c.owner, "requests", new.clone()).await.says(403, "forbidden");
    let made = c.make(&c.assessor, "requests", new).await.is(201);
    let request = format!("requests/{}", id(&made));
    let (answers, decisions) = (format!("{request}/answers"), format!("{request}/decisions"));
    let answer = json!({ "text": "Here it is", "evidence": ["evd_1"] });
    c.change(&c.contributor, "POST", &answers, &json!(1), answer.clone()).await.says(403, "forbidden");
    c.change(&c.assessor, "POST", &answers, &json!(1), answer.clone()).await.says(403, "forbidden");
    // Nothing is accepted that was not answered.
    c.change(&c.lead, "POST", &decisions, &json!(1), json!({ "decision": "accepted" })).await.says(409, "move");
    let owner = json!({ "owner": c.contributor.account });
    c.change(&c.owner, "PATCH", &request, &json!(1), owner).await.is(200);
    c.change(&c.owner, "PATCH", &request, &json!(2), json!({ "title": "Other" })).await.says(403, "forbidden");
    c.change(&c.contributor, "POST", &answers, &json!(2), answer.clone()).await.is(200);
    c.change(&c.assessor, "PATCH", &request, &json!(3), json!({ "title": "Q2" })).await.says(409, "refused");
    c.change(&c.owner, "POST", &decisions, &json!(3), json!({ "decision": "accepted" })).await.says(403, "forbidden");
    c.change(&c.assessor, "POST", &decisions, &json!(3), json!({ "decision": "returned" }))
        .await
        .says(400, "bad-request");
    let back = json!({ "decision": "returned", "text": "That is Q2" });
    c.change(&c.assessor, "POST", &decisions, &json!(3), back).await.is(200);
    c.change(&c.contributor, "POST", &answers, &json!(4), answer).await.is(200);
    let taken = c.change(&c.lead, "POST", &decisions, &json!(5), json!({ "decision": "accepted" })).await.is(200).json;
    let turns: Vec<_> = taken["thread"].as_array().unwrap().iter().map(|t| t["what"].as_str().unwrap()).collect();
    assert_eq!((turns, &taken["state"]), (vec!["answered", "returned", "answered", "accepted"], &json!("accepted")));
    let listed = c.reader.get(&c.path("requests?state=accepted")).await.is(200).json;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_request_that_comes_twice_makes_one_task() {
    let c = clinic().await;
    let key = [("idempotency-key", "task-1")];
    let new = || Some(json!({ "title": "Once" }));
    let first = c.owner.send("POST", &c.path("tasks"), new(), &key).await.is(201);
    let again = c.owner.send("POST", &c.path("tasks"), new(), &key).await.is(201);
    assert_eq!((id(&first), &again.headers["idempotency-replayed"]), (id(&again), &"true".parse().unwrap()));
    let listed = c.owner.get(&c.path("tasks")).await.is(200).json;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}
