//! Inheritance over HTTP: the same as by command, with its effect on the score before and after.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use std::{sync::Arc, time::Duration};

use attesta_desk::inherit;
use attesta_server::jobs::Worker;
use serde_json::{Value, json};
use support::{Instance, all_pages, begun, by_command, etagged};

/// Without a history the answers are the entity's still.
const OPEN: &[&str] = &["lifecycle.yaml"];

#[tokio::test]
async fn what_is_listed_is_what_the_command_lists() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let id = begun(&owner, &org, "telehealth-r2", &[]).await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}/inheritance");
    let expected = by_command("telehealth-r2", |desk| serde_json::to_value(inherit::list(desk)).unwrap());
    let listed = owner.get(&base).await.is(200);
    assert_eq!(listed.json["sources"], expected["sources"]);
    assert_eq!(Value::from(all_pages(&owner, &base, "requests", 2).await), expected["requests"]);
    let effect = owner.get(&format!("{base}/effect")).await.is(200);
    let expected = by_command("telehealth-r2", |desk| serde_json::to_value(inherit::effect(desk).unwrap()).unwrap());
    assert_eq!(effect.json, expected);
    let own = format!("{base}/own");
    let expected = by_command("telehealth-r2", |desk| {
        let tailored = desk.tailored().unwrap();
        serde_json::to_value(inherit::still_own(desk, &tailored, &[]).unwrap()).unwrap()
    });
    assert_eq!(Value::from(all_pages(&owner, &own, "mine", 100).await), expected["mine"]);
    owner.get(&format!("{own}?matrix=nobodys")).await.says(404, "not-found");
    for path in [&base, &own, &format!("{base}/effect")] {
        let before = instance.house.statements();
        owner.get(path).await.is(200);
        assert!(instance.house.statements() - before <= 3, "{path}");
    }
}

#[tokio::test]
async fn a_request_goes_from_draft_to_the_score_and_back() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let id = begun(&owner, &org, "telehealth-r2", OPEN).await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}/inheritance");
    let acts = format!("{base}/acts");
    let score = format!("/api/v1/organisations/{org}/assessments/{id}/score?view=final");
    let (list, before) = (owner.get(&base).await.is(200), owner.get(&score).await.is(200));
    let one = |act: &str| json!({ "act": act, "source": "northgate", "requirements": ["ATT-16-01"] });
    // Taken back: it wants a reason, changes the score, and leaves what it was.
    etagged(&owner, "POST", &acts, &one("withdraw"), &list).await.says(409, "refused");
    let mut withdraw = one("withdraw");
    withdraw["because"] = json!("asked for too much");
    let done = etagged(&owner, "POST", &acts, &withdraw, &list).await.is(200);
    etagged(&owner, "POST", &acts, &withdraw, &list).await.says(412, "changed-meanwhile");
    assert_ne!(owner.get(&score).await.is(200).json["requirements"], before.json["requirements"]);
    // Asked for again, submitted, answered by the provider as somebody tells it, applied.
    let again = json!({ "source": "northgate", "requirements": ["ATT-16-01"], "weight": "20" });
    let drafted = etagged(&owner, "POST", &base, &again, &done).await.is(200);
    assert_eq!(drafted.json["done"].as_array().unwrap().len(), 1);
    let submitted = etagged(&owner, "POST", &acts, &one("submit"), &drafted).await.is(200);
    etagged(&owner, "POST", &acts, &one("approve"), &submitted).await.says(400, "bad-request");
    let mut told = one("approve");
    told["told_of"] = json!("mara");
    told["reference"] = json!("ticket 7");
    // Somebody of the entity does not answer for the provider.
    etagged(&owner, "POST", &acts, &told, &submitted).await.says(409, "refused");
    told["told_of"] = json!("colm");
    let approved = etagged(&owner, "POST", &acts, &told, &submitted).await.is(200);
    let applied = etagged(&owner, "POST", &acts, &one("apply"), &approved).await.is(200);
    assert_eq!(owner.get(&score).await.is(200).json["requirements"], before.json["requirements"]);
    // What may not be done to one is done to none.
    let both = json!({ "act": "submit", "source": "northgate", "requirements": ["ATT-16-01", "ATT-16-03"] });
    etagged(&owner, "POST", &acts, &both, &applied).await.says(409, "refused");
    assert_eq!(owner.get(&base).await.is(200).etag(), applied.etag());
    let trail = owner.get(&format!("/api/v1/organisations/{org}/trail?kind=inheritance")).await.is(200);
    let told = trail.json["items"].as_array().unwrap().iter().find(|e| e["record"]["act"] == "approve").unwrap();
    assert_eq!(told["record"]["told_of"], "colm");
    assert_eq!(told["record"]["reference"], "ticket 7");
}

/// Works until the queue is empty.
async fn work(instance: &Instance) {
    let worker = tokio::spawn(Worker::new(Arc::clone(&instance.house)).run(std::future::pending()));
    let mut quiet = 0;
    while quiet < 20 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let counts = instance.house.job_counts().await.unwrap();
        let of = |state: &str| counts.iter().find(|(s, _)| s == state).map_or(0, |(_, n)| *n);
        quiet = if of("taken") + of("waiting") == 0 { quiet + 1 } else { 0 };
    }
    worker.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_on_the_same_server_finds_it_in_its_inbox_and_answers() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let (provider, theirs) = instance.rival(&owner, &org).await;
    let until = json!({ "role": "contributor" });
    let (founder, _) = instance.member(&provider, &theirs, "pat@provider.example", until).await;
    let new = json!({ "name": "Northgate Cloud", "kind": "service-provider" });
    let house = founder.post("/api/v1/organisations", new).await.is(201).json["id"].as_str().unwrap().to_owned();
    let position = json!({ "role": "provider-approver" });
    let (approver, _) = instance.member(&founder, &house, "ap@provider.example", position).await;

    let id = begun(&owner, &org, "telehealth-r2", OPEN).await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}/inheritance");
    let acts = format!("{base}/acts");
    let one = |act: &str| json!({ "act": act, "source": "northgate", "requirements": ["ATT-16-01"] });
    let mut withdraw = one("withdraw");
    withdraw["because"] = json!("asked for too much");
    let done = etagged(&owner, "POST", &acts, &withdraw, &owner.get(&base).await.is(200)).await.is(200);
    let again = json!({ "source": "northgate", "requirements": ["ATT-16-01"], "weight": "20" });
    let drafted = etagged(&owner, "POST", &base, &again, &done).await.is(200);
    // Nobody, oneself, and what is no submission.
    for (act, to) in [("submit", "ten_00000000000000000000000000"), ("submit", org.as_str()), ("apply", house.as_str())]
    {
        let mut strange = one(act);
        strange["to"] = json!(to);
        etagged(&owner, "POST", &acts, &strange, &drafted).await.says(400, "bad-request");
    }
    let mut submit = one("submit");
    submit["to"] = json!(house);
    etagged(&owner, "POST", &acts, &submit, &drafted).await.is(200);
    work(&instance).await;

    let inbox = format!("/api/v1/organisations/{house}/inbox");
    let listed = approver.get(&inbox).await.is(200).json;
    let item = &listed["items"][0];
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!((&item["from"], &item["organisation"], &item["state"]), (&json!(org), &json!("Clinic"), &json!("open")));
    assert_eq!(item["asked"], json!([{ "requirement": "ATT-16-01", "weight": "20" }]));
    let path = format!("{inbox}/{}", item["id"].as_str().unwrap());
    // Whoever is not of the provider sees nothing of it, and the approver nothing of whoever asks.
    owner.get(&path).await.is(404);
    approver.get(&base).await.is(404);
    let read = approver.get(&path).await.is(200);
    let decision = format!("{path}/decision");
    let wrong = [
        json!({ "decision": "maybe" }),
        json!({ "decision": "reject" }),
        json!({ "decision": "approve", "requirements": ["ATT-16-02"] }),
    ];
    for wrong in wrong {
        etagged(&approver, "POST", &decision, &wrong, &read).await.says(400, "bad-request");
    }
    let yes = json!({ "decision": "approve" });
    let answered = etagged(&approver, "POST", &decision, &yes, &read).await.is(200);
    assert_eq!(
        (&answered.json["state"], &answered.json["decided"][0]["by"]),
        (&json!("answered"), &json!(approver.account))
    );
    etagged(&approver, "POST", &decision, &yes, &read).await.says(409, "refused");
    work(&instance).await;

    let now = owner.get(&base).await.is(200);
    let rows = now.json["requests"].as_array().unwrap();
    let state = |r: &&Value| r["requirement"] == "ATT-16-01" && r["state"] == "approved";
    assert!(rows.iter().any(|r| state(&r)), "{rows:?}");
    let trail = owner.get(&format!("/api/v1/organisations/{org}/trail?kind=inheritance")).await.is(200).json;
    let last = &trail["items"][0];
    assert_eq!((&last["actor"], &last["record"]["act"]), (&json!(approver.account), &json!("approve")));
    assert!(last["record"]["reference"].as_str().unwrap().contains("Northgate Cloud"), "{last}");
    etagged(&owner, "POST", &acts, &one("apply"), &now).await.is(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_comes_too_late_changes_nothing_and_nobody_answers_what_they_asked() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let new = json!({ "name": "Northgate Cloud", "kind": "service-provider" });
    let house = owner.post("/api/v1/organisations", new).await.is(201).json["id"].as_str().unwrap().to_owned();
    let position = json!({ "role": "provider-approver" });
    let (approver, _) = instance.member(&owner, &house, "ap@provider.example", position).await;
    let id = begun(&owner, &org, "telehealth-r2", OPEN).await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}/inheritance");
    let acts = format!("{base}/acts");
    let one = |act: &str, more: Value| {
        let mut one = json!({ "act": act, "source": "northgate", "requirements": ["ATT-16-01"] });
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one
    };
    let list = owner.get(&base).await.is(200);
    let done = etagged(&owner, "POST", &acts, &one("withdraw", json!({ "because": "no" })), &list).await.is(200);
    let again = json!({ "source": "northgate", "requirements": ["ATT-16-01"], "weight": "20" });
    let drafted = etagged(&owner, "POST", &base, &again, &done).await.is(200);
    let sent = etagged(&owner, "POST", &acts, &one("submit", json!({ "to": house })), &drafted).await.is(200);
    work(&instance).await;
    let inbox = format!("/api/v1/organisations/{house}/inbox");
    let item = approver.get(&inbox).await.is(200).json["items"][0]["id"].as_str().unwrap().to_owned();
    let read = approver.get(&format!("{inbox}/{item}")).await.is(200);
    let decision = format!("{inbox}/{item}/decision");
    // The owner belongs to both, and asked.
    let own = etagged(&owner, "POST", &decision, &json!({ "decision": "approve" }), &read).await.is(403);
    assert_eq!(own.json["rule"], "no-self-review", "{}", own.json);
    etagged(&owner, "POST", &acts, &one("withdraw", json!({ "because": "too late" })), &sent).await.is(200);
    let before = owner.get(&base).await.is(200);
    let no = json!({ "decision": "reject", "because": "not ours" });
    etagged(&approver, "POST", &decision, &no, &read).await.is(200);
    work(&instance).await;
    assert_eq!(owner.get(&base).await.is(200).etag(), before.etag());
    let jobs = owner.get(&format!("/api/v1/organisations/{org}/jobs")).await.is(200).json;
    let told = jobs["items"].as_array().unwrap().iter().find(|j| j["kind"] == "inheritance-answer").unwrap();
    assert!(told["told"].as_str().unwrap().contains("came too late"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_back_leaves_the_providers_inbox_and_what_is_asked_again_comes_back() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let new = json!({ "name": "Northgate Cloud", "kind": "service-provider" });
    let house = owner.post("/api/v1/organisations", new).await.is(201).json["id"].as_str().unwrap().to_owned();
    let position = json!({ "role": "provider-approver" });
    let (approver, _) = instance.member(&owner, &house, "ap@provider.example", position).await;
    let id = begun(&owner, &org, "telehealth-r2", OPEN).await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}/inheritance");
    let acts = format!("{base}/acts");
    let one = |act: &str, more: Value| {
        let mut one = json!({ "act": act, "source": "northgate", "requirements": ["ATT-16-01"] });
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one
    };
    let why = json!({ "because": "we do it ourselves" });
    let inbox = format!("/api/v1/organisations/{house}/inbox");
    let states = async || -> Vec<String> {
        let items = approver.get(&inbox).await.is(200).json["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["state"].as_str().unwrap().to_owned()).collect()
    };
    let mut last = owner.get(&base).await.is(200);
    last = etagged(&owner, "POST", &acts, &one("withdraw", why.clone()), &last).await.is(200);
    for round in 1..=2 {
        instance.house.clock.advance(60);
        let again = json!({ "source": "northgate", "requirements": ["ATT-16-01"], "weight": "20" });
        last = etagged(&owner, "POST", &base, &again, &last).await.is(200);
        last = etagged(&owner, "POST", &acts, &one("submit", json!({ "to": house })), &last).await.is(200);
        if round == 1 {
            work(&instance).await;
            assert_eq!(states().await, ["open"]);
            last = etagged(&owner, "POST", &acts, &one("withdraw", why.clone()), &last).await.is(200);
        }
    }
    work(&instance).await;
    // The first was taken back, the second asks anew.
    assert_eq!(states().await, ["withdrawn", "open"]);
    let open = approver.get(&format!("{inbox}?state=open")).await.is(200).json;
    assert_eq!(open["items"].as_array().unwrap().len(), 1, "{open}");
    let gone = approver.get(&inbox).await.is(200).json["items"][0].clone();
    assert_eq!(
        (&gone["decided"][0]["decision"], &gone["decided"][0]["by"]),
        (&json!("withdraw"), &json!(owner.account))
    );
    assert!(!gone.to_string().contains("ourselves"), "why is the entity's own: {gone}");
    let path = format!("{inbox}/{}", gone["id"].as_str().unwrap());
    let read = approver.get(&path).await.is(200);
    let yes = json!({ "decision": "approve" });
    etagged(&approver, "POST", &format!("{path}/decision"), &yes, &read).await.says(409, "refused");
    last = etagged(&owner, "POST", &acts, &one("withdraw", why), &last).await.is(200);
    drop(last);
    work(&instance).await;
    assert_eq!(states().await, ["withdrawn", "withdrawn"]);
    let trail = owner.get(&format!("/api/v1/organisations/{house}/trail?kind=inbox")).await.is(200).json;
    let mut kinds: Vec<&str> = trail["items"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    // What was carried in one turn may come in either order.
    kinds.sort_unstable();
    assert_eq!(kinds, ["inbox.added", "inbox.added", "inbox.changed", "inbox.changed"]);
}

#[tokio::test]
async fn what_was_handed_on_is_not_inherited_into() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let id = begun(&owner, &org, "telehealth-r2", &[]).await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}/inheritance");
    let list = owner.get(&base).await.is(200);
    let ask = json!({ "source": "northgate", "requirements": ["ATT-16-02"], "weight": "20" });
    etagged(&owner, "POST", &base, &ask, &list).await.says(409, "frozen");
    let assessor = instance.assessor(&owner, &org, &id, "assessor-lead").await;
    let told = etagged(&assessor, "POST", &base, &ask, &list).await.says(403, "forbidden");
    assert_eq!(told.json["rule"], "entity-score");
}
