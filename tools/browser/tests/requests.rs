//! What the assessor asks, and tasks: journeys of several people.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at a surprise")]

use attesta_browser::{Site, Window};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_from_the_assessor_to_the_entity_and_back_until_it_is_accepted() {
    let site = Site::start().await;
    let assessment = site.assessment("telehealth-r2").await;
    let until = site.house.clock.now() + std::time::Duration::from_secs(90 * 86_400);
    let guest = json!({ "role": "external-assessor", "until": until.to_string(), "assessments": [assessment] });
    let assessor = site.member("sam@firm.example", "Sam Ortiz", guest).await;
    let member = site.member("kim@example.org", "Kim Lee", json!({ "role": "compliance-lead" })).await;
    let list = format!("/o/{}/requests", site.org);
    let window = Window::of(&site, &assessor).await;

    window.goto(&list).await;
    window.says("No request").await;
    window.press("Ask for something").await;
    window.fill("#ask-line", "Firewall rules of production").await;
    window.fill("#ask-text", "All rules as they are today, with who approved them.").await;
    window.run("document.querySelector('#ask-due').value = '2026-01-15'", vec![]).await;
    window.screenshot("requests-ask").await;
    window.click("#ask button.main").await;
    window.says("No answer yet").await;
    let here = window.path().await;
    window.says("overdue").await;
    assert!(window.text("main").await.contains("Reword it"), "the assessor may reword it");
    assert!(!window.text("main").await.contains("Who answers"), "who answers is the entity's");

    // The entity says who answers, and answers.
    window.as_person(&member).await;
    window.goto(&here).await;
    window.run("const s = document.querySelector('select[name=owner]'); s.value = [...s.options].find((o) => o.text === 'Kim Lee').value", vec![]).await;
    window.press("Say so").await;
    window.find("form[data-api$='/answers'][data-etag='2']").await;
    window.goto(&format!("{list}?mine=yes")).await;
    window.says("Firewall rules of production").await;
    window.look("requests").await;
    window.goto(&here).await;
    window.fill("#answer", "The export is attached to the ticket.").await;
    window.click("form[data-api$='/answers'] button.main").await;
    window.says("The export is attached").await;
    assert!(!window.text("main").await.contains("Accept the answer"), "nobody accepts their own answer");

    // Returned with a reason, answered again, accepted.
    window.as_person(&assessor).await;
    window.goto(&here).await;
    window.fill("form[data-api$='/decisions'] input[name=text]", "Who approved them is missing.").await;
    window.press("Return it").await;
    window.says("Who approved them is missing.").await;
    window.as_person(&member).await;
    window.goto(&here).await;
    window.fill("#answer", "Now with the approvals.").await;
    window.click("form[data-api$='/answers'] button.main").await;
    window.says("Now with the approvals.").await;
    window.as_person(&assessor).await;
    window.goto(&here).await;
    window.press("Accept the answer").await;
    window.find("main .state.good").await;
    window.says("accepted").await;
    window.look("request").await;
    let thread = window.text("ol.thread").await;
    let said: Vec<usize> = ["Kim Lee", "Who approved them", "Now with", "accepted"]
        .iter()
        .map(|words| thread.find(words).unwrap_or_else(|| panic!("`{words}` is not in {thread}")))
        .collect();
    assert!(said.is_sorted(), "the thread is told in order: {thread}");
    window.quiet().await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_made_started_and_done_and_somebody_elses_stays_theirs() {
    let site = Site::start().await;
    let member = site.member("kim@example.org", "Kim Lee", json!({ "role": "compliance-lead" })).await;
    let window = Window::of(&site, &site.owner).await;
    let list = format!("/o/{}/tasks", site.org);
    window.goto(&list).await;
    window.says("Nothing to do").await;
    for (title, day) in [("Review the access policy", "2099-05-01"), ("Rotate the signing key", "2026-01-10")] {
        window.press("New task").await;
        window.fill("#task-line", title).await;
        window.run("document.querySelector('#task-due').value = arguments[0]", vec![json!(day)]).await;
        window.press("Make it").await;
        window.says(title).await;
    }
    let rows = window.text("#tasks-table tbody").await;
    assert!(rows.find("Rotate").unwrap() < rows.find("Review").unwrap(), "soonest first: {rows}");
    assert!(rows.contains("overdue"));
    window.click("button[aria-label='Start: Rotate the signing key']").await;
    window.find("button[aria-label='Put back: Rotate the signing key']").await;
    window.look("tasks").await;
    window.click("button[aria-label='Done: Rotate the signing key']").await;
    for _ in 0..100 {
        if !window.text("#tasks-table").await.contains("Rotate") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(40)).await;
    }
    assert!(!window.text("#tasks-table").await.contains("Rotate"), "what is done is out of sight");
    window.goto(&format!("{list}?over=yes")).await;
    window.says("Rotate the signing key").await;
    // Others see it among everybody's, and not among their own.
    window.as_person(&member).await;
    window.goto(&list).await;
    window.says("Nothing to do").await;
    window.goto(&format!("{list}?whose=all")).await;
    window.says("Review the access policy").await;
    window.quiet().await;
    window.close().await;
}
