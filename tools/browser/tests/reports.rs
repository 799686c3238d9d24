//! The executive reader's page and documents to print, each with the ledger's checkpoint.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at a surprise")]

use attesta_browser::{Site, Window};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn an_executive_reads_one_page_and_prints_what_rests_on_a_checkpoint() {
    let site = Site::demo().await;
    let window = Window::open(&site).await;
    window.goto("/demo").await;
    window.press("Helen Marsh").await;
    window.find("nav.rooms").await;
    window.press("In short").await;
    window.says("What holds it back").await;
    window.says("severe violations").await;
    let foot = window.text("#foot").await;
    assert!(foot.contains("Rests on revision") && foot.contains("checkpoint covers entries up to"), "{foot}");
    window.look("executive").await;
    let base = window.path().await.replace("/in-short", "/reports");
    window.goto(&base).await;
    window.says("Workbook of everything").await;
    window.look("reports").await;
    for (name, says) in [
        ("readiness", "Result"),
        ("gaps", "What is unmet"),
        ("scope", "Systems in scope"),
        ("letter", "template in our own words"),
    ] {
        window.goto(&format!("{base}/{name}")).await;
        window.says(says).await;
        let foot = window.text("article.paper footer").await;
        assert!(foot.contains("leaves") && foot.contains("root"), "{name}: {foot}");
        window.look(&format!("report-{name}")).await;
    }
    // On paper, nothing of what is around a page is left.
    window.devtools("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
    let hidden = "return [...document.querySelectorAll('.top, .rooms, .lead .row')].every((e) => getComputedStyle(e).display === 'none')";
    assert_eq!(window.run(hidden, vec![]).await, json!(true));
    window.goto(&format!("{base}/readiness")).await;
    window.screenshot("report-readiness-print").await;
    // The foot of a page names the whole root hash on paper.
    window.goto(&base.replace("/reports", "/gaps")).await;
    let whole = "return [getComputedStyle(document.querySelector('#foot .whole')).display, getComputedStyle(document.querySelector('#foot .short')).display]";
    assert_eq!(window.run(whole, vec![]).await, json!(["inline", "none"]));
    window.devtools("Emulation.setEmulatedMedia", json!({ "media": "" })).await;
    // Whoever may export takes the workbook; an executive reader may not.
    let fetched = "const done = arguments[arguments.length - 1]; fetch(arguments[0]).then(async (r) => done([r.status, new TextDecoder().decode((await r.arrayBuffer()).slice(0, 2))]))";
    let refused = window.client.execute_async(fetched, vec![json!(format!("{base}/workbook.xlsx"))]).await.unwrap();
    window.goto("/demo").await;
    window.press("Mara Lindqvist").await;
    window.find("nav.rooms").await;
    let taken = window.client.execute_async(fetched, vec![json!(format!("{base}/workbook.xlsx"))]).await.unwrap();
    assert_eq!(taken, json!([200, "PK"]), "{refused}");
    window.quiet_but(&["403"]).await;
    window.close().await;
}
