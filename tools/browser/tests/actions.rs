//! Corrective action plans: the board, its picture, beginning and moving one, and who may not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at a surprise"
)]

use attesta_browser::{Site, Window, files};
use serde_json::{Value, json};

/// The story before its plans are handed in, with one of three plans missing.
fn closing() -> serde_json::Map<String, Value> {
    let mut files = files("telehealth-r2");
    let history = files["lifecycle.yaml"].as_str().unwrap();
    let until = history.find("command: complete-validation").unwrap();
    let (before, after) = history.split_at(until);
    let this = after.split_once("  - at: ").unwrap().0;
    let cut = format!("{before}{this}").replace("phase: complete\n", "phase: caps-and-letter\n");
    files.insert("lifecycle.yaml".to_owned(), Value::String(cut));
    let plans = files["actions.yaml"].as_str().unwrap();
    let kept = plans.split("  - id: cap-att-12-04").next().unwrap().to_owned();
    files.insert("actions.yaml".to_owned(), Value::String(kept));
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_begun_changed_and_moved_and_the_picture_says_from_when_it_counts() {
    let site = Site::start().await;
    let assessment = site.assessment_of(closing()).await;
    let lead = site.member("kim@example.org", "Kim Lee", json!({ "role": "compliance-lead" })).await;
    let reader = site.member("rae@example.org", "Rae Moss", json!({ "role": "executive-reader" })).await;
    let window = Window::of(&site, &lead).await;
    let page = format!("/o/{}/a/{assessment}/actions", site.org);
    window.goto(&page).await;
    window.says("1 required plan is missing").await;
    window.look("actions").await;
    let table = window.text("#actions-table").await;
    assert!(
        table.contains("days")
            && (table.contains("verified") || table.contains("secondary") || table.contains("unverified")),
        "each window tells how sure it is: {table}"
    );
    window.press("Begin a plan").await;
    window.run("document.querySelector('#begin-requirement').value = 'ATT-12-04'; document.querySelector('#begin-due').value = '2099-03-31'", vec![]).await;
    window.fill("#begin-weakness", "Two feeds have no owner").await;
    window.fill("#begin-plan", "An owner for every feed").await;
    window.click("#begin [data-more]").await;
    window.fill("#begin [data-name=what]", "Every feed has an owner").await;
    window.run("const d = document.querySelector('#begin [data-name=due]'); d.value = '2099-02-01'; d.dispatchEvent(new Event('input', { bubbles: true }))", vec![]).await;
    window.look("actions-begin").await;
    window.click("#begin button.main").await;
    window.says("0 required plans are missing").await;
    window.find("#plan-cap-att-12-04").await;
    window.click("#plan-cap-att-12-04 button[aria-label^='Begin work']").await;
    window.find("#plan-cap-att-12-04 > p > .state.now").await;
    window.click("#plan-cap-att-12-04 button[aria-label^='Done today']").await;
    window.says("1 of 1 milestone").await;
    window.press("Undo").await;
    window.says("0 of 1 milestone").await;
    window.click("#plan-cap-att-12-04 button[aria-label^='Done today']").await;
    window.says("1 of 1 milestone").await;
    window.press("Remind somebody of ATT-12-04").await;
    window.click("#plan-cap-att-12-04 form[data-api$='/tasks'] button").await;
    window.says("The task is there").await;
    window.look("actions-begun").await;
    window.goto(&format!("/o/{}/tasks", site.org)).await;
    window.says("Corrective action for ATT-12-04").await;

    // A reader reads.
    window.as_person(&reader).await;
    window.goto(&page).await;
    window.says("Two feeds have no owner").await;
    let text = window.text("main").await;
    for words in ["Begin a plan", "Change what it says", "Done today", "Begin work"] {
        assert!(!text.contains(words), "`{words}` is not a reader's");
    }
    window.quiet().await;
    window.close().await;
}
