//! HIPAA's room: where it stands, decisions, an agreement's clauses, an incident's clocks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at a surprise")]

use attesta_browser::{Site, Window};

#[tokio::test(flavor = "multi_thread")]
async fn decisions_clauses_and_clocks_are_told() {
    let site = Site::start().await;
    let assessment = site.assessment("hipaa-clinic").await;
    let window = Window::of(&site, &site.owner).await;
    let base = format!("/o/{}/a/{assessment}/hipaa", site.org);
    window.goto(&base).await;
    window.says("required items are met").await;
    window.look("hipaa").await;
    window.goto(&format!("{base}?proposed=yes")).await;
    window.says("Proposed in 2025").await;
    window.says("It changes no number here").await;
    window.look("hipaa-proposed").await;

    window.goto(&format!("{base}/decisions")).await;
    window.says("kept for").await;
    window.look("hipaa-decisions").await;

    window.goto(&format!("{base}/agreements")).await;
    window.says("northbank").await;
    window.look("hipaa-agreements").await;
    window.run("for (const d of document.querySelectorAll('section details')) d.open = true", vec![]).await;
    window.look("hipaa-agreement-edit").await;
    window.goto(&format!("{base}/risks")).await;
    window.find("#risks-table tbody tr").await;
    window.look("hipaa-risks").await;

    window.goto(&format!("{base}/incidents")).await;
    window.says("A mailing showed other people").await;
    window.look("hipaa-incidents").await;
    window.quiet().await;
    window.close().await;
}
