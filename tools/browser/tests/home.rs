//! Home: what it tells of an assessment, of HIPAA, of evidence and of infrastructure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at a surprise")]

use attesta_browser::{Site, Window, files};
use serde_json::{Value, json};

/// A decision about an addressable specification; whether it still holds on the day, the API and the page say alike.
const DECISION: &str = r#"schema: attesta.hipaa-decisions/1
decisions:
  - item: "164.312(a)(2)(iii)"
    choice: neither
    rationale: "Laptops are few and never leave the office."
    no_alternative: "No measure was found reasonable."
    factors: {size-and-capabilities: "Four people.", technical-infrastructure: "Four desktops.", cost: "Small.", risk: "Low."}
    approver: "R. Fern, managing partner"
    decided_on: 2026-02-01
    review_by: 2027-02-01
"#;

async fn count(window: &Window, css: &str) -> u64 {
    window.run("return document.querySelectorAll(arguments[0]).length", vec![json!(css)]).await.as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn home_says_what_the_api_says_and_invents_nothing() {
    let site = Site::start().await;
    let mut all = files("telehealth-r2");
    all.remove("lifecycle.yaml");
    all.insert("hipaa/decisions.yaml".to_owned(), json!(DECISION));
    let assessment = site.assessment_of(all).await;
    let status = site.api(&format!("/assessments/{assessment}/hipaa/status"));
    let status = site.call(Some(&site.owner), "GET", &status, None, &[]).await;
    let at = |pointer: &str| status.pointer(pointer).and_then(Value::as_u64).unwrap();
    let window = Window::of(&site, &site.owner).await;
    window.goto(&format!("/o/{}", site.org)).await;
    window.says("How far the certificate is").await;
    let hipaa = window.text("section[aria-labelledby=hipaa]").await;
    let (met, of) = (at("/required/share/met"), at("/required/share/of"));
    assert!(hipaa.contains(&format!("{met} of {of} shown")), "{hipaa}");
    assert!(hipaa.contains(&format!("{} %", at("/addressable/share/percent"))), "{hipaa}");
    assert!(hipaa.contains(if status.pointer("/required/met") == Some(&json!(true)) { "met" } else { "not met" }));
    // Nineteen domains against the threshold, where something is asked.
    assert!(count(&window, "#domains-table tbody tr").await >= 18);
    assert_eq!(count(&window, "#domains svg .limit").await, 1);
    // Nothing is there: it says what would be.
    window.says("No evidence yet").await;
    window.says("No source is watched").await;
    assert_eq!(count(&window, "#trend").await, 0);
    window.look("home").await;
    window.run("document.querySelector('section[aria-labelledby=hipaa]').scrollIntoView()", vec![]).await;
    window.screenshot("home-below").await;
    window.quiet().await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_counted_by_how_it_stands() {
    let site = Site::demo().await;
    let window = Window::open(&site).await;
    window.goto("/demo").await;
    window.press("Mara Lindqvist").await;
    window.says("Evidence today").await;
    let counted = "return [...document.querySelectorAll('section[aria-labelledby=fresh] td.n a')].reduce((sum, a) => sum + parseInt(a.textContent), 0)";
    let pieces = window.run(counted, vec![]).await.as_u64().unwrap();
    assert!(pieces >= 5, "the demo has five papers and what its sources brought: {pieces}");
    window.click("section[aria-labelledby=fresh] td.n a").await;
    window.find("main h1").await;
    assert!(window.path().await.contains("standing="));
    window.quiet().await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_watched_shows_its_trend_and_what_changed() {
    let site = Site::start().await;
    let mut all = files("telehealth-r2");
    all.remove("lifecycle.yaml");
    site.assessment_of(all).await;
    let first: &[(&str, bool)] = &[("vol-1", true), ("vol-2", true), ("vol-3", false)];
    let then: &[(&str, bool)] = &[("vol-1", false), ("vol-2", true), ("vol-3", true)];
    site.watched("estate", &[first, then]).await;
    let window = Window::of(&site, &site.owner).await;
    window.goto(&format!("/o/{}", site.org)).await;
    window.says("Infrastructure").await;
    window.says("look by look").await;
    assert_eq!(count(&window, "#trend svg circle").await, 2, "both looks of today are drawn");
    window.says("What changed").await;
    let changed = window.text("section[aria-labelledby=changed]").await;
    assert!(changed.contains("Disks encrypt what they store"), "{changed}");
    window.look("home-watched").await;
    window.run("document.querySelector('section[aria-labelledby=watched]').scrollIntoView()", vec![]).await;
    window.screenshot("home-watched-below").await;
    // It leads to the news.
    window.click("section[aria-labelledby=changed] a").await;
    window.says("Checks in the news").await;
    window.quiet().await;
    window.close().await;
}
