//! A waiver's way: asked for where the finding leads, decided by somebody else, shown with its last day.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at a surprise")]

use attesta_browser::{Site, Window};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn one_asks_another_decides_and_it_shows_until_its_day() {
    let site = Site::start().await;
    site.watched("estate", &[&[("vol-1", false), ("vol-2", true)]]).await;
    let window = Window::of(&site, &site.owner).await;
    let base = format!("/o/{}/cloud", site.org);

    // Alone, one is told plainly how to go on.
    window.goto(&format!("{base}/waivers")).await;
    window.says("nobody else here may decide").await;
    window.says("attesta.waivers.yaml").await;
    window.look("waivers-alone").await;

    let kim = site.member("kim@example.org", "Kim Lee", json!({ "role": "control-owner" })).await;
    window.as_person(&kim).await;
    window.goto(&format!("{base}/findings?policy=volume-encryption-at-rest&verdict=fail")).await;
    window.click("#findings-table tbody td a").await;
    window.press("Accept it for a time").await;
    window.says("Ask for a waiver").await;
    assert!(!window.text("main").await.contains("nobody else here may decide"), "Ada decides");
    let told =
        "return [...document.querySelectorAll('#waive input[name], #waive select')].map((f) => f.value).join(' ')";
    let told = window.run(told, vec![]).await;
    assert!(
        told.as_str().unwrap().starts_with("volume-encryption-at-rest vol-1 src_"),
        "the finding is filled in: {told}"
    );
    window.fill("#waive-reason", "It is wiped on Friday; nothing of a patient is on it.").await;
    let until = "const d = document.querySelector('#waive-until'); d.value = '2999-01-31'; d.dispatchEvent(new Event('input', { bubbles: true }))";
    window.run(until, vec![]).await;
    window.look("waiver-ask").await;
    window.press("Ask").await;
    window.says("Somebody else decides.").await;
    window.says("2999-01-31").await;
    let rows = window.text("#waivers-table").await;
    assert!(rows.contains("asked") && rows.contains("Kim Lee") && !rows.contains("Accept"), "{rows}");
    window.look("waivers-asked").await;

    // Whoever may decide, and did not ask.
    window.as_person(&site.owner).await;
    window.goto(&format!("{base}/waivers?state=asked")).await;
    window.press("Accept").await;
    window.says("No waiver").await;
    window.goto(&format!("{base}/waivers")).await;
    window.says("accepted").await;
    let rows = window.text("#waivers-table").await;
    assert!(rows.contains("Ada Moreau") && rows.contains("2999-01-31"), "{rows}");
    window.look("waivers").await;
    window.goto(&format!("{base}/findings?policy=volume-encryption-at-rest")).await;
    window.says("waived").await;
    window.click("#findings-table tbody td a").await;
    window.says("It is wiped on Friday").await;
    window.says("Ada Moreau").await;
    window.look("finding-waived").await;
    window.quiet().await;
    window.close().await;
}
