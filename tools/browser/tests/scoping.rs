//! Beginning an assessment, its factors, its scope.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at a surprise")]

use attesta_browser::{Site, Window, files};
use serde_json::{Value, json};

const DOWN: &str = "\u{e015}";
const ENTER: &str = "\u{e007}";
const SPACE: &str = "\u{e00d}";

async fn count(window: &Window, css: &str) -> u64 {
    window.run("return document.querySelectorAll(arguments[0]).length", vec![json!(css)]).await.as_u64().unwrap()
}

/// Tabs until what has the focus fits a selector.
async fn tab_to(window: &Window, css: &str) {
    for _ in 0..120 {
        let there = window.run("return document.activeElement?.matches(arguments[0]) ?? false", vec![json!(css)]).await;
        if there == json!(true) {
            return;
        }
        // A key of the keyboard itself: WebDriver's begins anew in a field of several parts.
        for kind in ["keyDown", "keyUp"] {
            let key = json!({ "type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9 });
            window.devtools("Input.dispatchKeyEvent", key).await;
        }
    }
    panic!("no way to `{css}` by the keyboard on {}", window.path().await);
}

async fn factors(site: &Site, assessment: &str) -> Value {
    site.call(Some(&site.owner), "GET", &site.api(&format!("/assessments/{assessment}/factors")), None, &[]).await
}

/// The answer to one factor, as the API has it.
fn answer(factors: &Value, id: &str) -> Value {
    let all = factors.get("questions").and_then(Value::as_array).unwrap();
    all.iter().find(|q| q.get("id") == Some(&json!(id))).unwrap().get("answer").unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assessment_is_begun_and_its_factors_are_answered_by_the_keyboard_alone() {
    let site = Site::start().await;
    let window = Window::of(&site, &site.owner).await;
    window.goto(&format!("/o/{}", site.org)).await;
    window.says("No assessment yet").await;
    window.look("home-empty").await;
    window.goto(&format!("/o/{}/new", site.org)).await;
    window.says("No advice yet").await;
    // The adviser: each answer changes what it says, and the advised type is chosen.
    tab_to(&window, "#q-ephi-volume").await;
    window.keys(&format!("{DOWN}{DOWN}{DOWN}{DOWN}")).await;
    window.says("Advice: r2").await;
    tab_to(&window, "#q-deadline-months").await;
    window.keys(DOWN).await;
    window.says("cannot be had as things are").await;
    window.keys(&format!("{DOWN}{DOWN}")).await;
    window.says("Advice: r2.").await;
    window.look("begin").await;
    assert_eq!(count(&window, "input[name='begin.type'][value=r2]:checked").await, 1);
    tab_to(&window, "#name").await;
    window.keys("r2 of next year").await;
    tab_to(&window, "form[data-module=begin] button.main").await;
    window.keys(ENTER).await;
    window.find("#factors[data-started]").await;
    let path = window.path().await;
    let assessment = path.split('/').nth(4).unwrap().to_owned();
    // What is open is asked; nothing is answered yet.
    window.says("What is asked now").await;
    window.says("must be answered").await;
    window.look("scoping-first").await;
    window.goto(&format!("/o/{}/a/{assessment}/scoping?step=technical", site.org)).await;
    window.find("#factors[data-started]").await;
    // The last answer of the first question, by arrows; the delta is told before anything is saved.
    tab_to(&window, "[data-factor=wireless] input[name='f.wireless']").await;
    window.keys(SPACE).await;
    for _ in 0..3 {
        let no = "document.activeElement?.matches(\"input[name='f.wireless'][value=no]\") ?? false";
        if window.run(&format!("return {no}"), vec![]).await == json!(true) {
            break;
        }
        window.keys(DOWN).await;
    }
    window.says("What these answers change").await;
    window.find("#delta-table tbody tr").await;
    let told = window.text("#delta").await;
    assert!(answer(&factors(&site, &assessment).await, "wireless").is_null(), "nothing is saved: {told}");
    tab_to(&window, "[data-factor=wireless] [data-because]").await;
    window.keys("Everybody is on a cable").await;
    window.look("scoping-delta").await;
    // A draft stands in the address: it can be sent to somebody.
    assert!(window.path().await.contains("f.wireless=no"));
    tab_to(&window, "button[data-save]").await;
    window.keys(ENTER).await;
    window
        .find("#factors[data-started] .additions, #factors[data-started] [data-factor]:not([data-factor=wireless])")
        .await;
    window.says("Rules and add-ons").await;
    let saved = answer(&factors(&site, &assessment).await, "wireless");
    assert_eq!(saved, json!({ "is": ["no"], "because": "Everybody is on a cable" }));
    // Regulatory: an addition brings requirements.
    tab_to(&window, "input[name=add][value=hipaa-privacy]").await;
    window.keys(SPACE).await;
    window.says("What these answers change").await;
    window.says("come").await;
    window.look("scoping-rules").await;
    tab_to(&window, "button[data-save]").await;
    window.keys(ENTER).await;
    window.says("Nothing is in scope yet").await;
    let chosen = factors(&site, &assessment).await;
    let additions = chosen.get("additions").and_then(Value::as_array).unwrap();
    let chosen: Vec<&Value> = additions.iter().filter(|a| a.get("chosen") == Some(&json!(true))).collect();
    assert_eq!(chosen.len(), 1);
    window.look("scope-empty").await;
    window.quiet().await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_needs_a_reason_says_so_and_loses_nothing() {
    let site = Site::start().await;
    let mut all = files("telehealth-r2");
    all.remove("lifecycle.yaml");
    let assessment = site.assessment_of(all).await;
    let window = Window::of(&site, &site.owner).await;
    window.goto(&format!("/o/{}/a/{assessment}/scoping?step=technical", site.org)).await;
    window.find("#factors[data-started]").await;
    // Somebody saves no reason where one is needed.
    window.fill("[data-factor=dial-up] [data-because]", " ").await;
    window.click("button[data-save]").await;
    window.find("#factors > .problem").await;
    window.says("dial-up").await;
    assert_eq!(window.path().await.split('?').next().unwrap(), format!("/o/{}/a/{assessment}/scoping", site.org));
    window.fill("[data-factor=dial-up] [data-because]", "No modem, looked again").await;
    window.click("button[data-save]").await;
    window.says("Rules and add-ons").await;
    let saved = answer(&factors(&site, &assessment).await, "dial-up");
    assert_eq!(saved.get("because"), Some(&json!("No modem, looked again")));
    // A running assessment tells how scores move, before it applies.
    window.goto(&format!("/o/{}/a/{assessment}/scoping?step=technical", site.org)).await;
    window.find("#factors[data-started]").await;
    window.click("input[name='f.e-signatures'][value=no]").await;
    window.says("What these answers change").await;
    window.find("#delta-table tbody tr").await;
    window.look("scoping").await;
    window.quiet_but(&["400", "422"]).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_is_drawn_changed_and_kept_from_contradicting_itself() {
    let site = Site::start().await;
    let mut all = files("telehealth-r2");
    all.remove("lifecycle.yaml");
    let assessment = site.assessment_of(all).await;
    let window = Window::of(&site, &site.owner).await;
    let address = format!("/o/{}/a/{assessment}/scoping?step=scope", site.org);
    window.goto(&address).await;
    window.find("svg.flows .node").await;
    let (flows, rows) = (count(&window, "svg.flows .flow").await, count(&window, "#flows-table tbody tr").await);
    let runs = count(&window, "svg.flows .runs").await;
    assert_eq!(flows + runs, rows, "the picture and the table say the same");
    assert_eq!(count(&window, "#systems-table tbody tr").await, 5);
    window.look("scope").await;
    window.click("[data-opens=new-system]").await;
    window.fill("#new-system [name='system.title']", "Triage bot").await;
    window.click("#new-system [name='system.touches'][value=ephi]").await;
    window.click("#new-system [name='system.providers'][value=northgate]").await;
    window.look("scope-dialog").await;
    window.click("#new-system button.main").await;
    window.find("#system-triage-bot").await;
    window.says("Triage bot").await;
    assert_eq!(count(&window, "#systems-table tbody tr").await, 6);
    window.click("[data-opens=new-flow]").await;
    window.run("document.querySelector(\"#new-flow [name='flow.to']\").value = 'triage-bot'", vec![]).await;
    window.click("#new-flow [name='flow.data'][value=ephi]").await;
    window.click("#new-flow button.main").await;
    window.find("[id='flow-outside--triage-bot']").await;
    assert_eq!(count(&window, "svg.flows .flow").await, flows + 1);
    // What others stand on cannot be taken out: it is told, and nothing is gone.
    window.click("[data-opens=provider-northgate]").await;
    window.click("#provider-northgate button.danger").await;
    window.find("#provider-northgate .problem").await;
    window.says("northgate").await;
    window.goto(&address).await;
    assert_eq!(count(&window, "#providers-table tbody tr").await, 2);
    window.quiet_but(&["400", "409", "422"]).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_may_try_and_not_save() {
    let site = Site::start().await;
    let assessment = site.assessment("telehealth-r2").await;
    let eve = site.member("eve@example.org", "Eve Park", json!({ "role": "executive-reader" })).await;
    let window = Window::of(&site, &eve).await;
    window.goto(&format!("/o/{}/a/{assessment}/scoping?step=technical", site.org)).await;
    window.says("they cannot be saved").await;
    assert_eq!(count(&window, "button[data-save]").await, 0);
    window.click("input[name='f.wireless'][value=no]").await;
    window.says("What these answers change").await;
    window.goto(&format!("/o/{}/a/{assessment}/scoping?step=scope", site.org)).await;
    window.find("svg.flows").await;
    assert_eq!(count(&window, "[data-opens=new-system]").await, 0);
    window.goto(&format!("/o/{}/new", site.org)).await;
    window.says("may").await;
    assert_eq!(count(&window, "form[data-module=begin]").await, 0);
    window.quiet_but(&["403"]).await;
    window.close().await;
}
