//! Inheritance over HTTP: the same as by command, with its effect on the score before and after.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use attesta_desk::inherit;
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
