//! Rooms of those who keep the house.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at a surprise")]

use attesta_browser::{Site, Window};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn people_are_invited_tokens_are_made_and_taken_back_and_the_trail_tells_of_it() {
    let site = Site::start().await;
    let reader = site.member("kim@example.org", "Kim Lee", json!({ "role": "executive-reader" })).await;
    let window = Window::of(&site, &site.owner).await;
    let at = |path: &str| format!("/o/{}{path}", site.org);

    window.goto(&at("/people")).await;
    window.says("Kim Lee").await;
    window.find("form.fill[data-started]").await;
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    window.fill("input[name=email]", "noor@example.org").await;
    window.run("document.querySelector('#invite-role').value = 'compliance-lead'", vec![]).await;
    window.press("Make the link").await;
    window.says("/join#").await;
    window.says("noor@example.org").await;
    window.look("people").await;

    window.goto(&at("/tokens")).await;
    window.says("No token").await;
    window.find("form.fill[data-started]").await;
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    window.fill("input[name=name]", "pipeline").await;
    window.click("input[value='evidence:write']").await;
    window.press("Make it").await;
    window.find(".secret:not([hidden])").await;
    window.find("button[aria-label='Take back: pipeline']").await;
    window.look("tokens").await;
    window.click("button[aria-label='Take back: pipeline']").await;
    window.says("ended").await;

    window.goto(&at("/trail")).await;
    window.find("#events tbody tr").await;
    window.says("Ada Moreau").await;
    window.look("trail").await;
    window.fill("form.filter input[name=kind]", "nothing.like").await;
    window.says("Nothing like that happened").await;
    for (path, words) in [("/jobs", "Jobs"), ("/webhooks", "Tell somebody")] {
        window.goto(&at(path)).await;
        window.says(words).await;
        window.look(path.trim_start_matches('/')).await;
    }
    // Who only reads sees who is here, and no more of it.
    window.as_person(&reader).await;
    window.goto(&at("/people")).await;
    window.says("Ada Moreau").await;
    assert!(!window.text("main").await.contains("Invite somebody"));
    assert!(!window.text("nav.rooms").await.contains("Audit trail"));
    window.goto(&at("/trail")).await;
    window.says("Not for you").await;
    window.quiet_but(&["403"]).await;
    window.close().await;
}
