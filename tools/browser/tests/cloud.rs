//! Cloud and code: the demo's sources with real looks, findings down to the line, drift, policies; a source of one's own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at a surprise")]

use attesta_browser::{Site, Window};
use serde_json::json;

async fn count(window: &Window, css: &str) -> u64 {
    window.run("return document.querySelectorAll(arguments[0]).length", vec![json!(css)]).await.as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_shows_what_its_infrastructure_lacks_and_where_to_mend_it() {
    let site = Site::demo().await;
    let window = Window::open(&site).await;
    window.goto("/demo").await;
    window.press("Mara Lindqvist").await;
    window.find("nav.rooms").await;
    window.press("Cloud and code").await;
    window.says("intake").await;
    window.says("production").await;
    window.says("Checks that hold, by assessment domain").await;
    window.look("cloud").await;
    let base = window.path().await;

    window.press("production").await;
    window.says("Looks").await;
    assert_eq!(count(&window, "#runs-table tbody tr").await, 3, "three plans were sent");
    window.look("cloud-source").await;

    window.goto(&format!("{base}/findings?verdict=fail&severity=high")).await;
    window.says("No firewall lets the internet reach SSH").await;
    window.says("plan.json:").await;
    window.look("findings").await;
    let failing = count(&window, "#findings-table tbody tr:has(td)").await;
    window.goto(&format!("{base}/findings?verdict=fail&severity=high&by=resource")).await;
    window.find("#findings-table").await;
    assert_eq!(count(&window, "#findings-table tbody tr:has(td)").await, failing, "grouping loses nothing");
    window.look("findings-by-resource").await;
    window.goto(&format!("{base}/findings?policy=volume-encryption-at-rest&verdict=fail")).await;
    window.click("#findings-table tbody td a").await;
    window.says("What to mend").await;
    window.says("clear at").await;
    window.says("ATT-").await;
    window.look("finding").await;
    window.goto(&format!("{base}/findings?verdict=unknown")).await;
    window.click("#findings-table tbody td a").await;
    window.says("Why nobody can tell").await;
    window.says("From what it follows").await;

    window.goto(&format!("{base}/resources")).await;
    window.says("resources").await;
    window.look("resources").await;

    window.goto(&format!("{base}/drift")).await;
    window.says("new violation").await;
    window.says("mended").await;
    window.says("aws_ebs_volume.export").await;
    window.look("drift").await;

    window.goto(&format!("{base}/policies")).await;
    window.find("#policies-table tbody tr").await;
    window.look("policies").await;
    window.goto(&format!("{base}/policies/firewall-no-world-ssh")).await;
    window.says("schema: attesta.policy/1").await;
    window.look("policy").await;
    window.quiet().await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_is_made_sent_to_and_paused() {
    let site = Site::start().await;
    let window = Window::of(&site, &site.owner).await;
    window.goto(&format!("/o/{}/cloud", site.org)).await;
    window.says("Nothing is watched yet").await;
    window.look("cloud-empty").await;
    window.click(".empty [data-opens=add]").await;
    window.fill("#add-name", "staging").await;
    window.look("cloud-add").await;
    window.press("Watch it").await;
    window.says("never seen").await;
    window.says("Nobody looked yet").await;
    // Bytes as they are: what the page's own module sends.
    let plan = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/telehealth/cloudformation/template.yaml");
    window
        .client
        .find(fantoccini::Locator::Css("#send-file"))
        .await
        .unwrap()
        .send_keys(std::fs::canonicalize(plan).unwrap().to_str().unwrap())
        .await
        .unwrap();
    window.press("Send it").await;
    window.says("as soon as a worker is free").await;
    let worker = attesta_server::jobs::Worker::new(std::sync::Arc::clone(&site.house));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let working = tokio::spawn(worker.run(async { drop(stopped.await) }));
    // What the worker did appears without a click.
    window.says("everything").await;
    window.look("cloud-source-sent").await;
    window.press("Pause it").await;
    window.says("paused").await;
    drop(stop);
    working.await.unwrap();
    window.quiet().await;
    window.close().await;
}
