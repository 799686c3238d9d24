//! A list that does not show everything says so, and leads to the rest.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at a surprise")]

use attesta_browser::{Site, Window};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_and_three_tasks_are_counted_and_the_last_are_reached() {
    let site = Site::start().await;
    let path = site.api("/tasks");
    for n in 0..503 {
        let task = json!({ "title": format!("Task {n:03}"), "owner": site.owner.account });
        site.call(Some(&site.owner), "POST", &path, Some(task), &[]).await;
    }
    let window = Window::of(&site, &site.owner).await;
    window.goto(&format!("/o/{}/tasks", site.org)).await;
    window.says("The first 500 of 503 tasks were looked through.").await;
    assert!(!window.text("main").await.contains("Task 502"));
    window.look("tasks-many").await;
    window.press("Go on").await;
    window.says("Another 3 of 503 tasks").await;
    window.says("Task 502").await;
    // What was done has a way back.
    window.run("document.querySelector('form[data-then*=\"Done\"] button').click()", vec![]).await;
    window.says("2 tasks").await;
    window.press("Undo").await;
    window.says("3 tasks").await;
    window.press("From the beginning").await;
    window.says("The first 500 of 503").await;
    // Home shows the first of them, and how many more there are.
    window.goto(&format!("/o/{}", site.org)).await;
    window.quiet().await;
    window.close().await;
}
