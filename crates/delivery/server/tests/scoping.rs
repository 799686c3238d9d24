//! Beginning an assessment, factors as questions and answers, the scope row by row: told before, written, refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use serde_json::{Value, json};
use support::{Instance, begun, etagged};

/// Without a history nothing was handed on.
const OPEN: &[&str] = &["lifecycle.yaml"];

#[tokio::test]
async fn an_assessment_begins_anew_and_its_factors_are_answered() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let path = format!("/api/v1/organisations/{org}/assessments");
    let begin = json!({ "type": "r2", "purpose": "readiness", "organisation": "Harbor" });
    let made = owner.post(&path, json!({ "name": "Our first r2", "begin": begin })).await.is(201);
    let base = format!("{path}/{}", made.json["id"].as_str().unwrap());
    let factors = format!("{base}/factors");
    let asked = owner.get(&factors).await.is(200);
    let questions = asked.json["questions"].as_array().unwrap();
    assert!(questions.len() > 15 && questions.iter().all(|q| q["answer"].is_null()));
    let before = owner.get(&format!("{base}/tailoring")).await.is(200).json["asked"].as_u64().unwrap();
    // Told before it is written, and the same as when it is written.
    let answers = json!({ "answers": {
        "wireless": { "is": ["no"], "because": "No access point: \"wired only\"" },
        "organization-type": { "is": ["hospital"] },
    } });
    let told = owner.post(&format!("{base}/tailoring/preview"), answers.clone()).await.is(200).json;
    assert_eq!(owner.get(&factors).await.is(200).etag(), asked.etag(), "nothing was written");
    let done = etagged(&owner, "PATCH", &factors, &answers, &asked).await.is(200);
    let ids = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let goes = ids(&told["tailoring"]["goes"]);
    assert!(!goes.is_empty());
    assert_eq!(done.json["goes"], json!(goes));
    let after = owner.get(&format!("{base}/tailoring")).await.is(200).json["asked"].as_u64().unwrap();
    let many = |list: &[String]| u64::try_from(list.len()).unwrap();
    assert_eq!(after + many(&goes), before + many(&ids(&told["tailoring"]["comes"])));
    // A hospital is asked for its beds.
    let now = owner.get(&factors).await.is(200);
    let of = |id: &str| now.json["questions"].as_array().unwrap().iter().find(|q| q["id"] == id).unwrap().clone();
    assert_eq!((of("beds")["applies"].clone(), of("covered-lives")["applies"].clone()), (json!(true), json!(false)));
    assert_eq!(of("wireless")["answer"]["because"], "No access point: \"wired only\"");
    // The second of two editors is told; nonsense is refused with its factor; nothing is taken for something.
    etagged(&owner, "PATCH", &factors, &answers, &asked).await.says(412, "changed-meanwhile");
    let wrong = json!({ "answers": { "wireless": { "is": ["perhaps"] } } });
    let refused = etagged(&owner, "PATCH", &factors, &wrong, &now).await;
    assert!(refused.status.is_client_error() && refused.json.to_string().contains("wireless"), "{}", refused.json);
    etagged(&owner, "PATCH", &factors, &answers, &now).await.says(400, "bad-request");
    // An addition goes by the revision of the header.
    let header = now.json["revisions"]["assessment.yaml"].to_string();
    let more = json!({ "additions": ["hipaa-privacy"] });
    let stale = owner.send("PATCH", &factors, Some(more.clone()), &[("if-match", "\"9999\"")]).await;
    stale.says(412, "changed-meanwhile");
    let brought =
        owner.send("PATCH", &factors, Some(more), &[("if-match", &format!("\"{header}\""))]).await.is(200).json;
    assert!(!brought["comes"].as_array().unwrap().is_empty());
    let trail = owner.get(&format!("/api/v1/organisations/{org}/trail?kind=factors")).await.is(200);
    assert_eq!(trail.json["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_no_assessment_can_be_is_not_begun() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let path = format!("/api/v1/organisations/{org}/assessments");
    let begin = |kind: &str, purpose: &str| json!({ "type": kind, "purpose": purpose, "organisation": "Harbor" });
    for (kind, purpose) in [("r9", "readiness"), ("r2", "nothing"), ("e1", "bridge")] {
        let told = owner.post(&path, json!({ "name": "x", "begin": begin(kind, purpose) })).await;
        assert!(told.status.is_client_error(), "{kind} {purpose}: {}", told.json);
    }
    owner.post(&path, json!({ "name": "x" })).await.says(400, "bad-request");
    let both = json!({ "name": "x", "files": {}, "begin": begin("e1", "readiness") });
    owner.post(&path, both).await.says(400, "bad-request");
    assert_eq!(owner.get(&path).await.is(200).json["items"], json!([]));
    for kind in ["e1", "i1", "r2"] {
        owner.post(&path, json!({ "name": kind, "begin": begin(kind, "validated") })).await.is(201);
    }
}

#[tokio::test]
async fn a_scope_grows_row_by_row_and_refuses_what_contradicts_it() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let path = format!("/api/v1/organisations/{org}/assessments");
    let begin = json!({ "type": "r2", "purpose": "readiness", "organisation": "Harbor" });
    let made = owner.post(&path, json!({ "name": "r2", "begin": begin })).await.is(201);
    let scope = format!("{path}/{}/scope", made.json["id"].as_str().unwrap());
    let read = owner.get(&scope).await.is(200);
    let portal = json!({ "system": { "title": "Patient portal", "environment": "production", "touches": ["ephi"], "in_scope": true } });
    let first = etagged(&owner, "PATCH", &scope, &portal, &read).await.is(200);
    let steps = [
        json!({ "provider": { "title": "Cloud host", "services": ["hosting"], "coverage": "inheritance", "ephi": true } }),
        json!({ "system": { "id": "patient-portal", "title": "The portal", "environment": "production", "touches": ["ephi"], "in_scope": true, "providers": ["cloud-host"], "dedicated": true } }),
        json!({ "facility": { "title": "Office", "place": "Dayton", "in_scope": true } }),
        json!({ "component": { "title": "Portal", "systems": ["patient-portal"], "facilities": ["office"], "rationale": "one team" } }),
        json!({ "flow": { "from": "outside", "to": "patient-portal", "data": ["ephi", "pii"] } }),
        json!({ "words": { "description": "A portal.", "data_types": ["ephi", "pii"] } }),
    ];
    let mut last = first;
    for step in &steps {
        last = etagged(&owner, "PATCH", &scope, step, &last).await.is(200);
    }
    let text = owner.get(&scope.replace("/scope", "/documents/scope.yaml")).await.is(200).json["text"].clone();
    for part in ["The portal", "cloud-host", "Dayton", "one team", "outside", "A portal."] {
        assert!(text.as_str().unwrap().contains(part), "{part}: {text}");
    }
    for wrong in [
        json!({ "remove": { "kind": "provider", "id": "cloud-host" } }),
        json!({ "remove": { "kind": "system", "id": "patient-portal" } }),
        json!({ "remove": { "kind": "planet", "id": "mars" } }),
        json!({ "flow": { "from": "nowhere", "to": "patient-portal", "data": ["ephi"] } }),
        json!({ "facility": { "title": "Attic", "place": "Dayton", "in_scope": false } }),
        json!({ "system": { "title": " ", "environment": "production", "in_scope": true } }),
        json!({}),
    ] {
        let refused = etagged(&owner, "PATCH", &scope, &wrong, &last).await;
        assert!(refused.status.is_client_error(), "{wrong}: {}", refused.status);
    }
    let again = owner.get(&scope).await.is(200);
    assert_eq!(again.etag(), last.etag(), "what was refused left nothing");
    etagged(&owner, "PATCH", &scope, &json!({ "remove": { "kind": "flow", "id": "outside patient-portal" } }), &again)
        .await
        .is(200);
}

#[tokio::test]
async fn who_may_not_change_factors_is_told_and_what_was_handed_on_stays() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let open = begun(&owner, &org, "telehealth-r2", OPEN).await;
    let (reader, _) = instance.member(&owner, &org, "eve@example.org", json!({ "role": "executive-reader" })).await;
    let address = |id: &str| format!("/api/v1/organisations/{org}/assessments/{id}/factors");
    let answers = json!({ "answers": { "users": { "is": ["below-500"], "because": "Counted again" } } });
    let read = reader.get(&address(&open)).await.is(200);
    etagged(&reader, "PATCH", &address(&open), &answers, &read).await.is(403);
    // Reading what would change is reading.
    let told = reader.post(&address(&open).replace("/factors", "/tailoring/preview"), answers.clone()).await;
    assert!(told.status.is_success() || told.status == 403, "{}", told.json);
    let done = begun(&owner, &org, "telehealth-r2", &[]).await;
    let read = owner.get(&address(&done)).await.is(200);
    let refused = etagged(&owner, "PATCH", &address(&done), &answers, &read).await;
    assert!([403, 409].contains(&refused.status.as_u16()), "{}", refused.json);
}

#[tokio::test]
async fn the_pages_ask_the_store_few_times() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let id = begun(&owner, &org, "telehealth-r2", OPEN).await;
    let base = format!("/o/{org}");
    let pages = [
        (format!("{base}/new?ephi-volume=many"), 1),
        (format!("{base}/a/{id}/scoping"), 3),
        (format!("{base}/a/{id}/scoping?step=technical&draft=1&f.wireless=no"), 3),
        (format!("{base}/a/{id}/scoping?step=scope"), 3),
        (format!("{base}/a/{id}/inheritance"), 3),
        (format!("{base}/a/{id}/inheritance?view=requests"), 3),
        (format!("{base}/a/{id}/inheritance?view=mine"), 3),
        (format!("{base}/a/{id}/inheritance?view=effect"), 3),
        (base.clone(), 3),
    ];
    for (page, most) in pages {
        owner.get(&page).await.is(200);
        let before = instance.house.statements();
        let answer = owner.get(&page).await.is(200);
        let asked = instance.house.statements() - before;
        assert!(asked <= most, "{page}: {asked}");
        assert!(answer.bytes.len() > 1_000, "{page}");
    }
}
