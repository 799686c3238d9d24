//! What a review against the certified assessment lists can be overridden and approved as it is listed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use std::{path::Path, sync::Arc};

use attesta_content::ContentSource;
use attesta_desk::{
    Desk, Kind, Library,
    quality::{About, approve, looked, override_issue},
};
use attesta_lifecycle::quality::HandOff;
use attesta_workspace::{Documents, Folder};

fn telehealth() -> Documents {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/telehealth-r2");
    let mut documents = Folder::open(&path).unwrap().documents().unwrap();
    documents.texts.remove("lifecycle.yaml");
    documents
}

fn folder(documents: &Documents) -> Folder {
    Folder::of_documents("asm_1", documents.clone())
}

fn replace(documents: &mut Documents, path: &str, from: &str, to: &str) {
    let text = documents.texts[path].to_string();
    assert!(text.contains(from), "{path} does not say {from}");
    documents.texts.insert(path.to_owned(), text.replacen(from, to, 1).into());
}

#[test]
fn what_is_listed_since_a_certificate_is_overridden_since_it() {
    let library = Library::new(ContentSource::Embedded);
    let then = telehealth();
    let mut now = telehealth();
    replace(&mut now, "assessment.yaml", "id: riverbend-r2-2026", "id: riverbend-interim");
    replace(&mut now, "assessment.yaml", "purpose: validated", "purpose: interim");
    let prior = "prior: {assessment: riverbend-r2-2026, type: r2, issued: 2026-12-20, csf: v11.8.0}\n";
    replace(&mut now, "assessment.yaml", "target: 2026-12-31\n", prior);
    // Better than at the certificate, and not whole.
    replace(
        &mut now,
        "validation/07.yaml",
        "tested: 2026-09-24, implemented: 75,",
        "tested: 2026-09-24, implemented: 90,",
    );
    let open = |documents: &Documents, library: &Arc<Library>| {
        Desk::open(folder(documents), library, "2027-01-12".parse().unwrap()).unwrap()
    };
    let desk = open(&now, &library);
    let (report, _) = looked(&desk, HandOff::Submission, Some(folder(&then))).unwrap();
    let issues = report["issues"].as_array().unwrap();
    let risen = |issue: &&serde_json::Value| issue["says"].to_string().contains("since the certificate");
    let issue = issues.iter().find(risen).unwrap();
    let text = |key: &str| issue[key].as_str().unwrap();
    let about = About {
        check: text("check").parse().unwrap(),
        subject: text("subject").parse().unwrap(),
        facts: text("facts").parse().unwrap(),
    };
    let (june, sofia) = ("june".parse().unwrap(), "sofia".parse().unwrap());
    // Without the certified one there is no such issue.
    assert_eq!(override_issue(&desk, None, &about, "it stays open", &june).unwrap_err().kind, Kind::NotFound);
    let given = override_issue(&desk, Some(folder(&then)), &about, "it stays open", &june).unwrap();
    desk.folder.write(&given.changes).unwrap();
    let desk = Desk::open(desk.folder.clone(), &library, "2027-01-12".parse().unwrap()).unwrap();
    assert_eq!(approve(&desk, None, &about, &sofia).unwrap_err().kind, Kind::NotFound);
    let approved = approve(&desk, Some(folder(&then)), &about, &sofia).unwrap();
    assert_eq!(approved.answer.approved_by.as_deref(), Some("sofia"));
}
