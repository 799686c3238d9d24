//! The demo, as a newcomer meets it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at a surprise")]

use attesta_browser::{Site, Window};

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_walks_in_as_several_people() {
    let site = Site::demo().await;
    let window = Window::open(&site).await;
    window.goto("/").await;
    window.says("invented").await;
    window.look("demo").await;
    window.press("Mara Lindqvist").await;
    window.says("How far the certificate is").await;
    window.says("It would not certify").await;
    window.says("Nothing here is anybody's evidence").await;
    window.says("Bring the training records").await;
    window.look("demo-home").await;
    let home = window.path().await;
    // HIPAA stands by the company's records and by what its sources show, not by nothing.
    let hipaa = window.text("section[aria-labelledby=hipaa]").await;
    assert!(hipaa.contains("violated by settings") && hipaa.contains("With what 2 sources showed"), "{hipaa}");
    assert!(!hipaa.contains(" 0 of ") && !hipaa.contains("met 0 "), "{hipaa}");
    window.run("document.querySelector('#hipaa a').click()", vec![]).await;
    window.says("Settings, by the last run of each source").await;
    window.look("demo-hipaa").await;
    window.goto(&format!("{}/risks", window.path().await)).await;
    window.says("Likelihood by impact").await;
    window.look("demo-hipaa-risks").await;
    window.goto(&home).await;
    // The tour leads through the rooms, remembers how far one is, and ends when one wants.
    window.press("Next").await;
    window.find("#grid[data-ready]").await;
    assert!(window.text(".tour").await.contains("2 of"));
    window.look("demo-tour").await;
    window.press("End the tour").await;
    window.goto(&home).await;
    let hidden = window.run("return document.querySelector(\".tour\").hidden", vec![]).await;
    assert_eq!(hidden, true, "who ended it is left alone");
    for name in ["Desmond Achterberg", "Ravi Solanki", "Helen Marsh", "Sofia Quill", "Edwin Larkspur", "Nadia Ferro"] {
        window.goto("/demo").await;
        window.press(name).await;
        window.find("nav.rooms").await;
        window.says(name).await;
        assert_eq!(window.path().await, home, "{name} stands in the same organisation");
        window.says("Riverbend Telehealth").await;
    }
    window.look("demo-home-assessor").await;
    window.quiet().await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_is_no_demo_lets_nobody_walk_in() {
    let site = Site::start().await;
    let window = Window::open(&site).await;
    window.goto("/demo").await;
    window.says("Nothing here").await;
    let script = "const done = arguments[0]; fetch('/demo/as/mara', { method: 'POST' }).then((r) => done(r.status))";
    let status = window.client.execute_async(script, vec![]).await.unwrap();
    assert_eq!(status, 404);
    window.quiet_but(&["404"]).await;
    window.close().await;
}
