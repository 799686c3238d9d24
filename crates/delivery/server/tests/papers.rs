//! Documents over the API and from the room: the same values, and PDF where this server sets it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use serde_json::json;
use support::{Instance, begun};

const REPORTS: [&str; 4] = ["readiness", "gaps", "scope", "letter"];

#[tokio::test]
async fn the_api_the_page_and_the_pdf_rest_on_the_same_checkpoint() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let id = begun(&owner, &org, "telehealth-r2", &[]).await;
    let api = format!("/api/v1/organisations/{org}/assessments/{id}/reports");
    let room = format!("/o/{org}/a/{id}/reports");
    for name in REPORTS {
        let said = owner.get(&format!("{api}/{name}")).await.is(200).json;
        assert_eq!((&said["document"], &said["about"]["id"]), (&json!(name), &json!(id)));
        assert_eq!(said["about"]["organisation"], "Clinic");
        let (size, root) = (&said["about"]["checkpoint"]["size"], &said["about"]["checkpoint"]["root"]);
        let page = String::from_utf8(owner.get(&format!("{room}/{name}")).await.is(200).bytes).unwrap();
        assert!(page.contains(&format!("{} leaves", size.as_str().unwrap())), "{name}: {page}");
        assert!(page.contains(root.as_str().unwrap().trim_end_matches('=')), "{name}");
        if name == "gaps" {
            for gap in said["body"]["plans"].as_array().unwrap() {
                assert!(page.contains(gap["requirement"].as_str().unwrap()), "{gap}");
            }
        }
        for address in [format!("{api}/{name}.pdf"), format!("{room}/{name}.pdf")] {
            let answer = owner.get(&address).await;
            if !cfg!(feature = "pdf") {
                assert_eq!(answer.status.as_u16(), 501, "{address}");
                continue;
            }
            let answer = answer.is(200);
            assert_eq!(answer.headers["content-type"], "application/pdf");
            assert_eq!(answer.headers["cache-control"], "no-store");
            assert!(answer.bytes.starts_with(b"%PDF-"), "{address}");
        }
    }
    let list = String::from_utf8(owner.get(&room).await.is(200).bytes).unwrap();
    assert_eq!(list.contains("readiness.pdf"), cfg!(feature = "pdf"));
    assert_eq!(list.contains("built without PDF"), !cfg!(feature = "pdf"));
}

#[tokio::test]
async fn what_is_no_report_is_not_found_and_others_see_none() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let id = begun(&owner, &org, "telehealth-r2", &[]).await;
    let api = format!("/api/v1/organisations/{org}/assessments/{id}/reports");
    for name in ["readyness", "readiness.pdf.pdf", "readiness.docx", ".pdf"] {
        owner.get(&format!("{api}/{name}")).await.says(404, "not-found");
    }
    let (rival, _) = instance.rival(&owner, &org).await;
    for name in ["readiness", "gaps.pdf"] {
        let answer = rival.get(&format!("{api}/{name}")).await;
        assert!(matches!(answer.status.as_u16(), 403 | 404), "{name}: {}", answer.status);
        let answer = rival.get(&format!("/o/{org}/a/{id}/reports/{name}")).await;
        assert_ne!(answer.status.as_u16(), 200, "{name}");
        let answer = instance.visitor().get(&format!("{api}/{name}")).await;
        assert_eq!(answer.status.as_u16(), 401, "{name}");
    }
}
