//! An assessment's life over HTTP: the same as by command, by whoever may, one move at a time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use serde_json::{Value, json};
use support::{Browser, Instance, begun, by_command, etagged, fixture};

/// The clinic of the life tests, with the owner and a guest from the assessor firm in it.
async fn clinic(instance: &Instance) -> (Browser, Browser, String, String) {
    let (owner, org) = instance.owner().await;
    let id = begun(&owner, &org, "life/clinic-r2", &[]).await;
    let assessor = instance.assessor(&owner, &org, &id, "assessor-lead").await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}");
    (owner, assessor, org, base)
}

#[tokio::test]
async fn a_phase_is_shown_as_the_command_shows_it() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    for name in ["telehealth-r2", "life/clinic-r2"] {
        let id = begun(&owner, &org, name, &[]).await;
        let shown = owner.get(&format!("/api/v1/organisations/{org}/assessments/{id}/phase")).await.is(200);
        let expected =
            by_command(name, |desk| serde_json::to_value(attesta_desk::advance::stands(desk).unwrap()).unwrap());
        assert_eq!(shown.json["phase"], expected["phase"]);
        assert_eq!(shown.json["commands"], expected["commands"]);
        assert_eq!(shown.json["certificate"], expected["certificate"]);
        assert_eq!(shown.json["head"], expected["head"], "{name}");
    }
}

#[tokio::test]
async fn each_side_does_its_own_and_the_gates_say_what_they_lack() {
    let instance = Instance::start().await;
    let (owner, assessor, org, base) = clinic(&instance).await;
    let phase = format!("{base}/phase");
    let needs = owner.get(&format!("{phase}/needs")).await.is(200);
    let first = &needs.json["commands"][0];
    assert_eq!(first["command"], "hand-in-pre-assessment");
    assert_eq!(first["ready"], true, "{first}");
    let read = owner.get(&phase).await.is(200);
    assert_eq!(read.json["phase"], "pre-assessment");
    let go = json!({ "command": "hand-in-pre-assessment" });
    // Nothing moves without the revision, by a program, by the other side, or by somebody who is not in it.
    owner.post(&phase, go.clone()).await.says(428, "if-match-missing");
    let told = etagged(&assessor, "POST", &phase, &go, &read).await.says(409, "refused");
    assert!(told.json["title"].as_str().unwrap().contains("assessor"), "{}", told.json);
    let moved = etagged(&owner, "POST", &phase, &go, &read).await.is(200);
    assert_eq!(moved.json["phase"], "pre-assessment-review");
    // The second of two who read the same is told, and nothing is lost.
    etagged(&owner, "POST", &phase, &go, &read).await.says(412, "changed-meanwhile");
    let now = owner.get(&phase).await.is(200);
    assert_eq!(now.etag(), moved.etag());
    let approve = json!({ "command": "approve-pre-assessment" });
    etagged(&owner, "POST", &phase, &approve, &now).await.says(409, "refused");
    let approved = etagged(&assessor, "POST", &phase, &approve, &now).await.is(200);
    assert_eq!(approved.json["phase"], "answering");
    // What does not belong here is refused by lifecycle, and what no role may by the table.
    let nonsense = json!({ "command": "fly" });
    etagged(&owner, "POST", &phase, &nonsense, &approved).await.says(400, "bad-request");
    let early = json!({ "command": "certify", "reference": "letter" });
    etagged(&owner, "POST", &phase, &early, &approved).await.says(409, "refused");
    let sign = json!({ "command": "sign-letter", "day": "2026-01-06" });
    let told = etagged(&assessor, "POST", &phase, &sign, &approved).await.says(403, "forbidden");
    assert_eq!(told.json["rule"], "role-table");
    // Whoever acted stands in the assessment with the account, and the log says who moved it.
    let person = owner.account.to_lowercase().replace('_', "-");
    let people = owner.get(&format!("{base}/documents/people/{person}.yaml")).await.is(200);
    assert!(people.json["text"].as_str().unwrap().contains(&owner.account));
    let trail = owner.get(&format!("/api/v1/organisations/{org}/trail?kind=phase")).await.is(200);
    let moves: Vec<(&Value, &Value)> =
        trail.json["items"].as_array().unwrap().iter().map(|e| (&e["record"]["command"], &e["actor"])).collect();
    assert_eq!(
        moves,
        [
            (&json!("approve-pre-assessment"), &json!(assessor.account)),
            (&json!("hand-in-pre-assessment"), &json!(owner.account)),
        ]
    );
    // Answers wait for what the quality checks found; the gate says each thing with its mend.
    let needs = owner.get(&format!("{phase}/needs")).await.is(200);
    let submit = needs.json["commands"].as_array().unwrap().iter().find(|c| c["command"] == "submit-answers").unwrap();
    if submit["ready"] == false {
        assert!(!submit["lacks"][0]["what"].as_str().unwrap().is_empty());
        let go = json!({ "command": "submit-answers" });
        let told = etagged(&owner, "POST", &phase, &go, &approved).await.says(409, "refused");
        assert_eq!(told.json["faults"].as_array().unwrap().len(), submit["lacks"].as_array().unwrap().len());
    }
}

#[tokio::test]
async fn nobody_acts_for_two_sides() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let mut files = fixture("life/clinic-r2");
    let people =
        files["people.yaml"].as_str().unwrap().replace("id: bob,", &format!("id: bob, account: {},", owner.account));
    files["people.yaml"] = Value::String(people);
    let all = format!("/api/v1/organisations/{org}/assessments");
    let made = owner.post(&all, json!({ "name": "x", "files": files }));
    let id = made.await.is(201).json["id"].as_str().unwrap().to_owned();
    let phase = format!("/api/v1/organisations/{org}/assessments/{id}/phase");
    let read = owner.get(&phase).await.is(200);
    let go = json!({ "command": "hand-in-pre-assessment" });
    let told = etagged(&owner, "POST", &phase, &go, &read).await.says(409, "refused");
    assert!(told.json["title"].as_str().unwrap().contains("bob"), "{}", told.json);
}

/// Rooms and boxes: nobody from elsewhere sees or moves anything.
#[tokio::test]
async fn another_tenant_and_a_boxed_guest_see_nothing() {
    let instance = Instance::start().await;
    let (owner, _, org, base) = clinic(&instance).await;
    let other = begun(&owner, &org, "wellness-e1", &[]).await;
    let boxed = instance.assessor_named(&owner, &org, &other, "assessor-lead", "box@firm.example").await;
    let (rival, theirs) = instance.rival(&owner, &org).await;
    let crossed = base.replace(&org, &theirs);
    for path in ["phase", "phase/needs", "inheritance", "inheritance/effect", "inheritance/own"] {
        boxed.get(&format!("{base}/{path}")).await.says(404, "not-found");
        rival.get(&format!("{base}/{path}")).await.says(404, "not-found");
        rival.get(&format!("{crossed}/{path}")).await.says(404, "not-found");
    }
    let go = json!({ "command": "hand-in-pre-assessment" });
    for (who, path) in [(&boxed, &base), (&rival, &base), (&rival, &crossed)] {
        let at = [("if-match", "\"0\"")];
        who.send("POST", &format!("{path}/phase"), Some(go.clone()), &at).await.says(404, "not-found");
    }
}
