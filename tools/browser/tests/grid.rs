//! The workspace of an assessment: overview, grid, and one requirement.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at a surprise"
)]

use std::time::{Duration, Instant};

use attesta_browser::{Person, Site, Window, files};
use serde_json::{Value, json};

const RIGHT: &str = "\u{e014}";
const DOWN: &str = "\u{e015}";
const SHIFT: &str = "\u{e008}";
const NO_MORE: &str = "\u{e000}";
const CTRL: &str = "\u{e009}";

/// The telehealth company while it answers.
async fn answering(site: &Site) -> String {
    let mut all = files("telehealth-r2");
    all.remove("lifecycle.yaml");
    site.assessment_of(all).await
}

/// The same while the assessor tests.
async fn testing(site: &Site) -> String {
    let mut all = files("telehealth-r2");
    let whole = all["lifecycle.yaml"].as_str().unwrap().to_owned();
    let mut kept = String::new();
    let mut begun = 0;
    for line in whole.lines() {
        if line.starts_with("  - at:") {
            begun += 1;
        }
        if begun > 3 {
            break;
        }
        let line = if line.starts_with("phase:") { "phase: validation" } else { line };
        kept.push_str(line);
        kept.push('\n');
    }
    all.insert("lifecycle.yaml".to_owned(), Value::String(kept));
    site.assessment_of(all).await
}

fn grid(site: &Site, assessment: &str) -> String {
    format!("/o/{}/a/{assessment}/requirements", site.org)
}

async fn ready(window: &Window) {
    window.find("#grid[data-ready]").await;
}

/// What the API says the entity gives on a level.
async fn given(site: &Site, who: &Person, assessment: &str, below: &str, id: &str) -> Value {
    site.call(Some(who), "GET", &site.api(&format!("/assessments/{assessment}/{below}/{id}")), None, &[]).await
}

/// Waits until the API says so.
async fn comes(site: &Site, assessment: &str, id: &str, pointer: &str, wanted: Value) {
    let begun = Instant::now();
    loop {
        let said = given(site, &site.owner, assessment, "responses", id).await;
        if said.pointer(pointer) == Some(&wanted) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{id}{pointer} is not {wanted}: {said}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Puts the focus on a cell: a row of the view by its place, a column by its class.
async fn stand(window: &Window, id: &str, class: &str) {
    window.find(&format!("#grid tr[data-id='{id}'] td.{class}")).await;
    window
        .run(
            "document.querySelector(`#grid tr[data-id='${arguments[0]}'] td.${arguments[1]}`).click()",
            vec![json!(id), json!(class)],
        )
        .await;
}

async fn cell(window: &Window, id: &str, class: &str) -> String {
    window.text(&format!("#grid tr[data-id='{id}'] td.{class}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_set_scores_and_the_api_agrees() {
    let site = Site::start().await;
    let assessment = answering(&site).await;
    let window = Window::of(&site, &site.owner).await;
    window.goto(&format!("/o/{}/a/{assessment}", site.org)).await;
    window.says("Rooms of this assessment").await;
    window.look("overview").await;
    window.goto(&grid(&site, &assessment)).await;
    ready(&window).await;
    window.look("grid").await;
    // People are called by their names.
    let owners =
        "return [...document.querySelectorAll('#grid td.c-owner')].slice(0, 20).map((c) => c.textContent).join()";
    let owners = window.run(owners, vec![]).await;
    assert!(owners.as_str().is_some_and(|said| said.contains("Mara Lindqvist") && !said.contains("mara,")), "{owners}");
    stand(&window, "ATT-01-01", "c-policy.ent").await;
    window.keys("2").await;
    assert_eq!(cell(&window, "ATT-01-01", "c-policy.ent").await, "50");
    comes(&site, &assessment, "ATT-01-01", "/entry/policy/score", json!(50)).await;
    let said = given(&site, &site.owner, &assessment, "responses", "ATT-01-01").await;
    assert_eq!(said["entry"]["policy"]["evidence"], json!(["policy-program"]), "evidence stays: {said}");
    assert_eq!(said["entry"]["procedure"]["strength"], "documented", "other levels stay: {said}");
    // Undo brings back elements and strength, not only the number.
    window.says("All is written").await;
    window.keys(&format!("{CTRL}z{NO_MORE}")).await;
    comes(&site, &assessment, "ATT-01-01", "/entry/policy/strength", json!("documented")).await;
    // Two to the right is the next level; down is the next requirement; shift chooses; one key for both.
    window.keys(RIGHT).await;
    window.keys(RIGHT).await;
    window.keys(&format!("{SHIFT}{DOWN}{NO_MORE}")).await;
    window.says("2 chosen").await;
    window.keys("3").await;
    comes(&site, &assessment, "ATT-01-01", "/entry/procedure/score", json!(75)).await;
    comes(&site, &assessment, "ATT-01-02", "/entry/procedure/score", json!(75)).await;
    window.says("All is written").await;
    window.keys(&format!("{CTRL}z{NO_MORE}")).await;
    comes(&site, &assessment, "ATT-01-02", "/entry/procedure/strength", json!("documented")).await;
    window.quiet().await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_panel_tells_everything_and_takes_a_rationale() {
    let site = Site::start().await;
    let assessment = answering(&site).await;
    let window = Window::of(&site, &site.owner).await;
    window.goto(&format!("{}?text=ATT-12-01", grid(&site, &assessment))).await;
    ready(&window).await;
    stand(&window, "ATT-12-01", "c-policy.ent").await;
    window.keys("\u{e007}").await;
    window.find("#panel .one").await;
    assert!(window.path().await.contains("open=ATT-12-01"));
    window.press("Explain this number").await;
    window.find("#panel .told li li").await;
    window.look("grid-panel").await;
    window.run("document.querySelector('#panel-policy').value = '75'; document.querySelector('#panel-policy-why').value = 'The edition of spring lacks one role.'", vec![]).await;
    window.press("Save").await;
    comes(&site, &assessment, "ATT-12-01", "/entry/policy/because", json!("The edition of spring lacks one role."))
        .await;
    window.says("Ada Moreau wrote the answer").await;
    // The way back brings back elements and strength, as an entry of its own.
    window.press("Undo").await;
    comes(&site, &assessment, "ATT-12-01", "/entry/policy/strength", json!("documented")).await;
    window.says("It is as it was.").await;
    window.fill("#panel-say", "Who owns the missing role?").await;
    window.press("Comment").await;
    window.says("Who owns the missing role?").await;
    window.goto(&format!("{}/ATT-12-01", grid(&site, &assessment))).await;
    window.says("Who owns the missing role?").await;
    window.look("requirement").await;
    window.quiet().await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_stand_in_the_address_and_views_and_columns_are_kept() {
    let site = Site::start().await;
    let assessment = answering(&site).await;
    let window = Window::of(&site, &site.owner).await;
    window.goto(&format!("{}?domain=12&gaps=any", grid(&site, &assessment))).await;
    ready(&window).await;
    let rows = "return [...document.querySelectorAll('#grid tr[data-id]')].map((r) => r.cells[2].textContent)";
    let domains = window.run(rows, vec![]).await;
    assert!(domains.as_array().is_some_and(|d| !d.is_empty() && d.iter().all(|d| d == "12")), "{domains}");
    window.press("Keep this view").await;
    window.fill("dialog input[name=name]", "Logging gaps").await;
    window.press("Done").await;
    window.press("All").await;
    window.find("#grid[data-ready]").await;
    window.press("Logging gaps").await;
    window.find("#grid[data-ready]").await;
    assert!(window.path().await.ends_with("?domain=12&gaps=any"), "{}", window.path().await);
    window.click("button[aria-label='Forget “Logging gaps”']").await;
    window.says("is forgotten").await;
    assert!(!window.text("[data-grid=views]").await.contains("Logging gaps"));
    window.press("Undo").await;
    window.find("a[data-own]").await;
    assert!(window.text("[data-grid=views]").await.contains("Logging gaps"));
    window.press("Columns").await;
    window.click("dialog input[name=band]").await;
    window.press("Done").await;
    window.goto(&grid(&site, &assessment)).await;
    ready(&window).await;
    let wide = window.run("return document.querySelector('#grid tbody td.c-band').offsetWidth", vec![]).await;
    assert_eq!(wide, json!(0));
    window.fill("input[name=text]", "no such words").await;
    window.says("0 of").await;
    window.quiet().await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_change_the_same_one_is_told_and_nothing_is_lost() {
    let site = Site::start().await;
    let assessment = answering(&site).await;
    let lead = site.member("lea@example.org", "Lea Brandt", json!({ "role": "compliance-lead" })).await;
    let one = Window::of(&site, &site.owner).await;
    let two = Window::of(&site, &lead).await;
    for window in [&one, &two] {
        window.goto(&grid(&site, &assessment)).await;
        ready(window).await;
    }
    // The second is without a connection while the first writes.
    two.offline(true).await;
    stand(&two, "ATT-01-01", "c-policy.ent").await;
    two.keys("1").await;
    stand(&two, "ATT-01-02", "c-policy.ent").await;
    two.keys("0").await;
    stand(&one, "ATT-01-01", "c-policy.ent").await;
    one.keys("3").await;
    comes(&site, &assessment, "ATT-01-01", "/entry/policy/score", json!(75)).await;
    // On another level of the second one they do not meet.
    stand(&one, "ATT-01-02", "c-procedure.ent").await;
    one.keys("3").await;
    comes(&site, &assessment, "ATT-01-02", "/entry/procedure/score", json!(75)).await;
    two.offline(false).await;
    two.says("ATT-01-01 was changed by somebody else meanwhile. policy: yours 25, theirs 75").await;
    comes(&site, &assessment, "ATT-01-02", "/entry/policy/score", json!(0)).await;
    let said = given(&site, &site.owner, &assessment, "responses", "ATT-01-02").await;
    assert_eq!(said["entry"]["procedure"]["score"], 75, "{said}");
    let said = given(&site, &site.owner, &assessment, "responses", "ATT-01-01").await;
    assert_eq!(said["entry"]["policy"]["score"], 75, "nothing is overwritten unasked: {said}");
    two.look("grid-conflict").await;
    two.press("Keep mine").await;
    comes(&site, &assessment, "ATT-01-01", "/entry/policy/score", json!(25)).await;
    // The first sees it without asking.
    let begun = Instant::now();
    while cell(&one, "ATT-01-01", "c-policy.ent").await != "25" {
        assert!(begun.elapsed() < Duration::from_secs(15), "the change does not appear");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    one.quiet().await;
    two.quiet_but(&["ERR_INTERNET_DISCONNECTED", "412", "ERR_NETWORK", "ERR_INCOMPLETE"]).await;
    one.close().await;
    two.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_without_a_connection_arrives_when_it_is_back_even_after_the_page_was_closed() {
    let site = Site::start().await;
    let assessment = answering(&site).await;
    let window = Window::of(&site, &site.owner).await;
    window.goto(&grid(&site, &assessment)).await;
    ready(&window).await;
    window.offline(true).await;
    stand(&window, "ATT-01-01", "c-implemented.ent").await;
    window.keys("1").await;
    window.keys(DOWN).await;
    window.keys("2").await;
    window.says("kept here until the connection is back").await;
    window.screenshot("grid-away").await;
    // The page is left without a connection, and opened again with one.
    window.client.goto("about:blank").await.unwrap();
    window.offline(false).await;
    window.goto(&grid(&site, &assessment)).await;
    comes(&site, &assessment, "ATT-01-01", "/entry/implemented/score", json!(25)).await;
    comes(&site, &assessment, "ATT-01-02", "/entry/implemented/score", json!(50)).await;
    window.quiet_but(&["ERR_INTERNET_DISCONNECTED", "ERR_NETWORK", "ERR_INCOMPLETE"]).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assessor_writes_the_assessors_column_alone_and_others_only_read() {
    let site = Site::start().await;
    let assessment = testing(&site).await;
    let position = json!({ "role": "external-assessor", "until": "2099-01-01T00:00:00Z", "assessments": [assessment] });
    let assessor = site.member("sofia@example.org", "Sofia Quill", position).await;
    let reader = site.member("eve@example.org", "Eve Reader", json!({ "role": "executive-reader" })).await;
    let window = Window::of(&site, &assessor).await;
    window.goto(&grid(&site, &assessment)).await;
    ready(&window).await;
    stand(&window, "ATT-01-01", "c-policy.ent").await;
    window.keys("0").await;
    window.says("This column is the entity's").await;
    window.run("document.querySelector('[data-grid=tester]').value = 'sofia'", vec![]).await;
    stand(&window, "ATT-01-01", "c-policy.ass").await;
    window.keys("2").await;
    let begun = Instant::now();
    loop {
        let said = given(&site, &site.owner, &assessment, "validation", "ATT-01-01").await;
        if said["entry"]["policy"] == 50 {
            assert_eq!(said["entry"]["tester"], "sofia");
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{said}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    window.look("grid-assessor").await;
    window.quiet().await;
    for person in [&site.owner, &reader] {
        let other = Window::of(&site, person).await;
        other.goto(&format!("{}?open=ATT-01-01", grid(&site, &assessment))).await;
        ready(&other).await;
        stand(&other, "ATT-01-01", "c-policy.ent").await;
        other.keys("0").await;
        assert_ne!(cell(&other, "ATT-01-01", "c-policy.ent").await, "0");
        let form = other.run(
            "return document.querySelectorAll('#panel form[data-requirement] :is(select, button)').length",
            vec![],
        );
        assert_eq!(form.await, json!(0));
        other.look("grid-reader").await;
        other.quiet().await;
        other.close().await;
    }
    window.close().await;
}
