//! What lies ahead: gaps, the shortest way with its what-if, the calendar.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at a surprise")]

use attesta_browser::{Site, Window};
use serde_json::{Value, json};

async fn count(window: &Window, css: &str) -> u64 {
    window.run("return document.querySelectorAll(arguments[0]).length", vec![json!(css)]).await.as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn gaps_are_ranked_the_shortest_way_is_supposed_and_days_have_rules() {
    let site = Site::start().await;
    let assessment = site.assessment("telehealth-r2").await;
    let base = format!("/o/{}/a/{assessment}", site.org);
    let gaps =
        site.call(Some(&site.owner), "GET", &site.api(&format!("/assessments/{assessment}/gaps")), None, &[]).await;
    let told = gaps.get("gaps").and_then(Value::as_array).unwrap();
    let window = Window::of(&site, &site.owner).await;

    window.goto(&format!("{base}/gaps")).await;
    window.says("What is unmet").await;
    assert_eq!(count(&window, "#gaps-table tbody tr").await, u64::try_from(told.len()).unwrap());
    let first = told.first().and_then(|g| g.get("requirement")).and_then(Value::as_str).unwrap();
    assert!(window.text("#gaps-table tbody tr:first-child").await.contains(first), "the first is the API's first");
    window.look("gaps").await;
    let planned = told.iter().filter(|g| g.get("required_cap") == Some(&json!(true))).count();
    window.goto(&format!("{base}/gaps?only=plan")).await;
    assert_eq!(count(&window, "#gaps-table tbody tr").await, u64::try_from(planned).unwrap());

    window.goto(&format!("{base}/plan")).await;
    window.find("main .sentence, main .problem").await;
    // Every domain of this story reaches its threshold: that is told, and no step is made up.
    window.says("Nothing is left to do for this goal").await;
    window.goto(&format!("{base}/plan?goal=fewest-caps")).await;
    window.find("#plan-table tbody tr").await;
    window.says("hours in all").await;
    // The slider supposes the first steps of the list; what follows is told.
    let slide = "const s = document.querySelector('#what-if input[type=range]'); s.value = s.max; s.dispatchEvent(new Event('input', { bubbles: true }))";
    window.find("#what-if[data-started]").await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    window.run(slide, vec![]).await;
    window.says("Domains that move").await;
    window.look("plan").await;
    window.goto(&format!("{base}/plan?goal=no-caps")).await;
    window.find("main .sentence, main .problem").await;

    window.goto(&format!("{base}/calendar")).await;
    window.find("#calendar-table tbody tr").await;
    assert_eq!(
        count(&window, "svg.spans rect, svg.spans circle").await,
        count(&window, "#calendar-table tbody tr").await,
        "the picture and the table say the same"
    );
    window.look("calendar").await;
    window.quiet().await;
    window.close().await;
}
