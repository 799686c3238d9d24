//! The assessor's and the reviewer's rooms: testing, sampling, overriding, handing on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at a surprise"
)]

use attesta_browser::{Person, Site, Window, files};
use serde_json::{Map, Value, json};

/// The story in the middle of fieldwork, as the demo has it; dates are the story's.
fn fieldwork() -> Map<String, Value> {
    let today = "2026-11-27".parse().unwrap();
    let company = attesta_demo::riverbend(today);
    let (_, files) = company.earlier.into_iter().next().unwrap();
    files.into_iter().map(|(path, text)| (path, Value::String(text))).collect()
}

/// How many tests of the list are finished.
const DONE: &str = "return document.querySelectorAll('#tests-table tbody .state.good').length";

async fn guest(site: &Site, email: &str, name: &str, role: &str, assessment: &str) -> Person {
    let until = site.house.clock.now() + std::time::Duration::from_secs(90 * 86_400);
    let position = json!({ "role": role, "until": until.to_string(), "assessments": [assessment] });
    site.member(email, name, position).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assessor_plans_draws_and_tells_what_was_found() {
    let site = Site::start().await;
    let assessment = site.assessment_of(fieldwork()).await;
    let tester = guest(&site, "sam@firm.example", "Sam Ortiz", "external-assessor", &assessment).await;
    let window = Window::of(&site, &tester).await;
    let base = format!("/o/{}/a/{assessment}", site.org);
    window.goto(&format!("{base}/testing")).await;
    window.says("finished").await;
    window.says("fieldwork since").await;
    window.look("testing").await;
    window.run("const s = document.querySelector('select[name=state]'); s.value = 'not begun'; s.dispatchEvent(new Event('input', { bubbles: true }))", vec![]).await;
    for _ in 0..100 {
        if window.run(DONE, vec![]).await == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(40)).await;
    }
    assert_eq!(window.run(DONE, vec![]).await, 0, "the filter holds");
    assert!(window.path().await.contains("state=not"), "a view can be sent to somebody");

    // A population is frozen, drawn, and tested item by item.
    window.goto(&format!("{base}/samples")).await;
    window.says("leavers").await;
    window.look("samples").await;
    window.press("Freeze a population").await;
    window.fill("#freeze-id", "joiners").await;
    window.fill("#freeze-control", "Accounts are approved before they are made").await;
    window.fill("#freeze-requirements", "ATT-11-01").await;
    let csv = format!("id,who\n{}", (1..=30).map(|n| format!("J-{n:02},person {n}\n")).collect::<String>());
    window.run("document.querySelector('#freeze-population').value = arguments[0]", vec![json!(csv)]).await;
    window.fill("#freeze-source", "Personnel system, people who came").await;
    window.fill("#freeze-completeness", "Held against payroll: 30 of 30").await;
    window.fill("#freeze-reveals", "It lists everyone who came").await;
    window.fill("#freeze [data-name=text]", "approved by their manager").await;
    window.fill("#freeze [data-name=elements]", "1, 2").await;
    window.look("samples-freeze").await;
    window.click("#freeze button.main").await;
    window.says("not drawn yet").await;
    window.fill("#draw-seed", "this morning").await;
    window.press("Draw").await;
    window.says("Tell what was found").await;
    window.says("not looked at").await;
    window.look("sample").await;
    let first = window.run("return document.querySelector('#finding-item').value", vec![]).await;
    window.press("Record it").await;
    window.says("holds").await;
    window.find("form[data-api$='/findings'][data-etag='3']").await;
    window.click("input[name=holds][value=false]").await;
    window.fill("#finding-deviation", "nobody approved it").await;
    window.press("Record it").await;
    window.says("nobody approved it").await;
    assert_ne!(window.run("return document.querySelector('#finding-item').value", vec![]).await, first);
    let sheet = "const done = arguments[0]; fetch(document.querySelector('a[href$=\"/lead-sheet\"]').href).then((r) => r.text()).then(done)";
    let sheet = window.client.execute_async(sheet, vec![]).await.unwrap();
    assert!(sheet.as_str().unwrap().contains("this morning"), "the lead sheet tells the seed: {sheet}");

    // Those who answer read it, and change nothing of it.
    window.as_person(&site.owner).await;
    window.goto(&format!("{base}/samples/joiners")).await;
    window.says("nobody approved it").await;
    let text = window.text("main").await;
    assert!(!text.contains("Record it") && !text.contains("Replace it"), "{text}");
    window.quiet().await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_is_overridden_with_a_reason_and_a_reviewer_approves_what_the_entity_said() {
    let site = Site::start().await;
    let assessment = site.assessment_of(fieldwork()).await;
    let reviewer = guest(&site, "nell@firm.example", "Nell Abbas", "qa-reviewer", &assessment).await;
    let tester = guest(&site, "sam@firm.example", "Sam Ortiz", "external-assessor", &assessment).await;
    let window = Window::of(&site, &tester).await;
    let page = format!("/o/{}/a/{assessment}/quality?gate=validation", site.org);
    window.goto(&page).await;
    window.says("awaits approval").await;
    let all = page.replace("?gate=validation", "");
    window.goto(&all).await;
    window.says("It may stand").await;
    assert!(!window.text("main").await.contains("Approve it"), "a tester does not approve");
    let stand = "const d = [...document.querySelectorAll('#issues-table details')].find((d) => d.querySelector('form')); d.open = true; \
        const t = d.querySelector('textarea'); t.value = 'Looked at it: it is as it should be.'; t.scrollIntoView()";
    window.run(stand, vec![]).await;
    window.look("quality").await;
    window.click("#issues-table details[open] form button").await;
    window.says("Looked at it: it is as it should be.").await;
    window.says("Sam Ortiz").await;
    // The reviewer approves the entity's, with name and role beside it.
    window.as_person(&reviewer).await;
    window.goto(&page).await;
    window.press("Approve it").await;
    for _ in 0..200 {
        if window.text("#overrides-table").await.contains("Nell Abbas") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let told = window.text("#overrides-table").await;
    assert!(told.contains("Nell Abbas (qa-reviewer)") || told.contains("Nell Abbas (qa reviewer)"), "{told}");
    assert!(!window.text("#issues-table").await.contains("It may stand"), "a reviewer overrides nothing of their own");
    // They do not let a tester's stand: the issue is open again, with the reason beside it.
    window.goto(&all).await;
    let refuse = "const d = [...document.querySelectorAll('#overrides-table tr')].find((r) => r.textContent.includes('Sam Ortiz')).querySelector('details'); \
        d.open = true; d.querySelector('textarea').value = 'Nobody looked at the second site.'; d.querySelector('form button').click()";
    window.run(refuse, vec![]).await;
    window.says("Nobody looked at the second site.").await;
    window.look("quality-reviewed").await;
    window.quiet().await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hand_off_says_what_is_missing_and_moves_when_nothing_is() {
    let site = Site::start().await;
    let assessment = site.assessment_of(fieldwork()).await;
    let lead = guest(&site, "ida@firm.example", "Ida Quist", "assessor-lead", &assessment).await;
    let window = Window::of(&site, &lead).await;
    let page = format!("/o/{}/a/{assessment}/phase", site.org);
    window.goto(&page).await;
    window.says("What can be done now").await;
    window.run("document.querySelector('#do-complete-validation-lacks').closest('details').open = true", vec![]).await;
    window.says("is not validated").await;
    let shut = window.run("return document.querySelector('#do-complete-validation').closest('section').querySelector('button.main').disabled", vec![]).await;
    assert_eq!(shut, true, "what lacks something cannot be pressed");
    window.look("phase").await;
    // Whoever answers sees the same, without a button for the assessor's acts.
    window.as_person(&site.owner).await;
    window.goto(&page).await;
    window.says("An act of the assessor's side.").await;

    // A new one of which nothing is missing moves.
    let mut files = files("telehealth-r2");
    files.remove("lifecycle.yaml");
    let fresh = site.assessment_of(files).await;
    window.goto(&format!("/o/{}/a/{fresh}/phase", site.org)).await;
    window.says("nothing is missing").await;
    window.click("#do-hand-in-pre-assessment ~ form button.main").await;
    window.says("Reviewing Pre-Assessment").await;
    window.says("Hand in pre assessment").await;
    window.look("phase-moved").await;

    // At its end everything is read, nothing moves, and the decision is told.
    let done = site.assessment("telehealth-r2").await;
    window.goto(&format!("/o/{}/a/{done}/phase", site.org)).await;
    window.says("invented letter RB-2026").await;
    window.says("certificate").await;
    window.look("phase-certified").await;
    window.quiet().await;
    window.close().await;
}
