//! The way in, and home.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at a surprise")]

use attesta_browser::{PASSWORD, Site, Window};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_and_stands_at_home() {
    let site = Site::start().await;
    let assessment = site.assessment("telehealth-r2").await;
    let window = Window::open(&site).await;
    window.goto("/").await;
    window.look("sign-in").await;
    window.fill("input[name=email]", "ada@example.org").await;
    window.fill("input[name=password]", "not this one").await;
    window.press("Sign in").await;
    window.find(".problem").await;
    window.fill("input[name=password]", PASSWORD).await;
    window.press("Sign in").await;
    window.says("How far the certificate is").await;
    assert_eq!(window.path().await, format!("/o/{}", site.org));
    window.look("home").await;
    window.goto(&format!("/o/{}/assessments", site.org)).await;
    window.says("HITRUST r2 2026").await;
    window.look("assessments").await;
    let _ = assessment;
    window.quiet_but(&["401", "403"]).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_not_for_somebody_leads_to_signing_in_and_back() {
    let site = Site::start().await;
    let window = Window::open(&site).await;
    window.goto(&format!("/o/{}/assessments", site.org)).await;
    window.find("input[name=email]").await;
    window.fill("input[name=email]", "ada@example.org").await;
    window.fill("input[name=password]", PASSWORD).await;
    window.press("Sign in").await;
    window.says("No assessment yet").await;
    assert_eq!(window.path().await, format!("/o/{}/assessments", site.org));
    window.look("assessments-empty").await;
    window.goto("/o/nowhere").await;
    window.says("Nothing here").await;
    window.quiet_but(&["404"]).await;
    window.close().await;
}
