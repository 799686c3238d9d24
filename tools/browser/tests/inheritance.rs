//! Inheritance and shared responsibility.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at a surprise")]

use attesta_browser::{Site, Window, files};
use serde_json::{Value, json};

async fn count(window: &Window, css: &str) -> u64 {
    window.run("return document.querySelectorAll(arguments[0]).length", vec![json!(css)]).await.as_u64().unwrap()
}

async fn state(site: &Site, assessment: &str, requirement: &str) -> Vec<String> {
    let listed = site
        .call(Some(&site.owner), "GET", &site.api(&format!("/assessments/{assessment}/inheritance")), None, &[])
        .await;
    let all = listed.get("requests").and_then(Value::as_array).unwrap();
    let of = all.iter().filter(|r| r.get("requirement") == Some(&json!(requirement)));
    of.map(|r| r.get("state").and_then(Value::as_str).unwrap().to_owned()).collect()
}

/// Does one thing with one request of Northgate.
async fn act(window: &Window, base: &str, requirement: &str, word: &str, fields: &[(&str, &str)]) {
    window.goto(&format!("{base}?view=requests")).await;
    window.find("form[data-module=inheritance][data-started]").await;
    window.click(&format!("input[name=requirements][value={requirement}]")).await;
    let choose = "const s = document.querySelector('select[name=act]'); s.value = arguments[0]; s.dispatchEvent(new Event('change', { bubbles: true }))";
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    window.run(choose, vec![json!(word)]).await;
    for (name, text) in fields {
        window.fill(&format!("input[name={name}]"), text).await;
    }
    window.click("form[data-module=inheritance] button.main").await;
}

async fn becomes(site: &Site, assessment: &str, requirement: &str, wanted: &str) {
    for _ in 0..200 {
        if state(site, assessment, requirement).await.iter().any(|s| s == wanted) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{requirement} is {:?}, not {wanted}", state(site, assessment, requirement).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_is_asked_for_answered_and_counts() {
    let site = Site::start().await;
    let mut all = files("telehealth-r2");
    all.remove("lifecycle.yaml");
    let assessment = site.assessment_of(all).await;
    let base = format!("/o/{}/a/{assessment}/inheritance", site.org);
    let window = Window::of(&site, &site.owner).await;
    window.goto(&base).await;
    window.says("elements that a provider answers for alone").await;
    let every = count(&window, "#matrix-table tbody tr").await;
    assert_eq!(every, 76);
    window.goto(&format!("{base}?only=asked")).await;
    assert_eq!(count(&window, "#matrix-table tbody tr").await, 3);
    window.look("inheritance").await;
    window.goto(&format!("{base}?only=ask")).await;
    window.says("Nothing here").await;
    // Taken back with a reason, asked for again, submitted.
    act(&window, &base, "ATT-18-01", "withdraw", &[("because", "The matrix changed")]).await;
    becomes(&site, &assessment, "ATT-18-01", "withdrawn").await;
    window.goto(&format!("{base}?only=ask")).await;
    window.click("input[name=requirements][value=ATT-18-01]").await;
    window.fill("input[name=weight]", "60").await;
    window.look("inheritance-ask").await;
    window.press("Ask for what is chosen").await;
    becomes(&site, &assessment, "ATT-18-01", "draft").await;
    act(&window, &base, "ATT-18-01", "submit", &[]).await;
    becomes(&site, &assessment, "ATT-18-01", "submitted").await;
    // The provider's answer is recorded with who gave it and by which message.
    act(&window, &base, "ATT-18-01", "approve", &[("reference", "ticket 12")]).await;
    becomes(&site, &assessment, "ATT-18-01", "approved").await;
    window.goto(&format!("{base}?view=requests")).await;
    window.look("inheritance-requests").await;
    act(&window, &base, "ATT-18-01", "apply", &[]).await;
    becomes(&site, &assessment, "ATT-18-01", "applied").await;
    window.goto(&format!("{base}?view=effect")).await;
    window.says("Domains whose score moves").await;
    window.look("inheritance-effect").await;
    window.goto(&format!("{base}?view=mine")).await;
    window.says("are still ours").await;
    assert!(count(&window, "#mine-table tbody tr").await > 100);
    window.look("inheritance-mine").await;
    // More than the matrix allows is refused, and told in its place.
    act(&window, &base, "ATT-16-01", "withdraw", &[("because", "Asked for too little")]).await;
    becomes(&site, &assessment, "ATT-16-01", "withdrawn").await;
    window.goto(&format!("{base}?only=ask")).await;
    window.click("input[name=requirements][value=ATT-16-01]").await;
    window.fill("input[name=weight]", "100").await;
    window.press("Ask for what is chosen").await;
    window.says("more than the").await;
    window.quiet_but(&["409"]).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_only_reads_sees_no_button() {
    let site = Site::start().await;
    let assessment = site.assessment("telehealth-r2").await;
    let eve = site.member("eve@example.org", "Eve Park", json!({ "role": "executive-reader" })).await;
    let window = Window::of(&site, &eve).await;
    window.goto(&format!("/o/{}/a/{assessment}/inheritance?view=requests", site.org)).await;
    window.says("Nothing can be asked or changed here").await;
    assert_eq!(count(&window, "select[name=act]").await, 0);
    window.goto(&format!("/o/{}/a/{assessment}/inheritance", site.org)).await;
    assert_eq!(count(&window, "input[type=checkbox]").await, 0);
    window.quiet().await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_on_this_server_answers_in_its_inbox() {
    let mut site = Site::start().await;
    let mut all = files("telehealth-r2");
    all.remove("lifecycle.yaml");
    let assessment = site.assessment_of(all).await;
    let asker = site.org.clone();
    let new = json!({ "name": "Northgate Cloud", "kind": "service-provider" });
    let made = site.call(Some(&site.owner), "POST", "/api/v1/organisations", Some(new), &[]).await;
    let provider = made.get("id").and_then(Value::as_str).unwrap().to_owned();
    site.org.clone_from(&provider);
    let colm = site.member("colm@northgate.example", "Colm Adair", json!({ "role": "provider-approver" })).await;
    site.org.clone_from(&asker);
    let worker = attesta_server::jobs::Worker::new(std::sync::Arc::clone(&site.house));
    let worker = tokio::spawn(worker.run(std::future::pending()));
    let base = format!("/o/{asker}/a/{assessment}/inheritance");
    let window = Window::of(&site, &site.owner).await;
    act(&window, &base, "ATT-18-01", "withdraw", &[("because", "The matrix changed")]).await;
    becomes(&site, &assessment, "ATT-18-01", "withdrawn").await;
    window.goto(&format!("{base}?only=ask")).await;
    window.click("input[name=requirements][value=ATT-18-01]").await;
    window.press("Ask for what is chosen").await;
    becomes(&site, &assessment, "ATT-18-01", "draft").await;
    act(&window, &base, "ATT-18-01", "submit", &[("to", &provider)]).await;
    becomes(&site, &assessment, "ATT-18-01", "submitted").await;
    // The approver has one room, and sees nothing of whoever asks but what was asked.
    let theirs = Window::of(&site, &colm).await;
    for _ in 0..100 {
        theirs.goto(&format!("/o/{provider}")).await;
        if theirs.text("main").await.contains("ATT-18-01") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    theirs.says("1 waits for an answer").await;
    theirs.look("inbox").await;
    theirs.press("Answer what is chosen").await;
    theirs.says("approved").await;
    becomes(&site, &assessment, "ATT-18-01", "approved").await;
    window.quiet().await;
    theirs.quiet().await;
    worker.abort();
    theirs.close().await;
    window.close().await;
}
