//! Rooms of those who keep the house.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at a surprise")]

use attesta_browser::{Site, Window};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn people_are_invited_tokens_are_made_and_taken_back_and_the_trail_tells_of_it() {
    let site = Site::start().await;
    let reader = site.member("kim@example.org", "Kim Lee", json!({ "role": "executive-reader" })).await;
    let window = Window::of(&site, &site.owner).await;
    let at = |path: &str| format!("/o/{}{path}", site.org);

    window.goto(&at("/people")).await;
    window.says("Kim Lee").await;
    window.find("form.fill[data-started]").await;
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    window.fill("input[name=email]", "noor@example.org").await;
    window.run("document.querySelector('#invite-role').value = 'compliance-lead'", vec![]).await;
    window.press("Make the link").await;
    window.says("/join#").await;
    window.says("noor@example.org").await;
    window.look("people").await;

    window.goto(&at("/tokens")).await;
    window.says("No token").await;
    window.find("form.fill[data-started]").await;
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    window.fill("input[name=name]", "pipeline").await;
    window.click("input[value='evidence:write']").await;
    window.press("Make it").await;
    window.find(".secret:not([hidden])").await;
    window.find("button[aria-label='Take back: pipeline']").await;
    window.look("tokens").await;
    window.click("button[aria-label='Take back: pipeline']").await;
    window.says("ended").await;

    window.goto(&at("/trail")).await;
    window.find("#events tbody tr").await;
    window.says("Ada Moreau").await;
    window.look("trail").await;
    window.fill("form.filter input[name=kind]", "nothing.like").await;
    window.says("Nothing like that happened").await;
    for (path, words) in [("/jobs", "Jobs"), ("/webhooks", "Tell somebody")] {
        window.goto(&at(path)).await;
        window.says(words).await;
        window.look(path.trim_start_matches('/')).await;
    }
    // Who only reads sees who is here, and no more of it.
    window.as_person(&reader).await;
    window.goto(&at("/people")).await;
    window.says("Ada Moreau").await;
    assert!(!window.text("main").await.contains("Invite somebody"));
    assert!(!window.text("nav.rooms").await.contains("Audit trail"));
    window.goto(&at("/trail")).await;
    window.says("Not for you").await;
    window.quiet_but(&["403"]).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_gives_another_role_sees_how_somebody_signs_in_and_how_the_house_stands() {
    let site = Site::start().await;
    let kim = site.member("kim@example.org", "Kim Lee", json!({ "role": "executive-reader" })).await;
    let window = Window::of(&site, &site.owner).await;
    let at = |path: &str| format!("/o/{}{path}", site.org);

    window.goto(&at("/people")).await;
    window.press("Kim Lee").await;
    window.says("How they sign in").await;
    window.says("only a password").await;
    window.look("person").await;
    window.run("document.querySelector('#role').value = 'contributor'", vec![]).await;
    window.press_and_reload("Change it").await;
    window.goto(&at("/people")).await;
    window.says("contributor").await;
    // The last owner cannot step down, and is told so.
    window.goto(&at(&format!("/people/{}", site.owner.account))).await;
    window.find("#role").await;
    window.run("document.querySelector('#role').value = 'contributor'", vec![]).await;
    window.press("Change it").await;
    window.find(".problem").await;
    window.goto(&at(&format!("/people/{}", kim.account))).await;
    window.press_and_reload("End their sessions").await;
    window.says("Open sessions").await;

    window.goto(&at("/health")).await;
    window.says("SQLite").await;
    window.says("No checkpoint was kept yet").await;
    window.look("health").await;
    window.fill("#org-name", "Harbor Health").await;
    window.press_and_reload("Change it").await;
    window.says("Harbor Health").await;
    window.goto(&at("/retention")).await;
    window.says("No hold").await;
    window.look("retention").await;
    window.quiet_but(&["403"]).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_tells_what_it_means_and_a_moment_is_in_the_reader_s_zone() {
    let site = Site::start().await;
    let window = Window::of(&site, &site.owner).await;
    window.goto(&format!("/o/{}/evidence", site.org)).await;
    // The module that shows meanings may come after the page.
    let focused = "const term = document.querySelector('a.term'); term.blur(); term.focus(); \
        return document.querySelector('#meaning[role=tooltip]')?.textContent.includes('on a day') === true";
    for _ in 0..50 {
        if window.run(focused, vec![]).await == json!(true) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    window.find("#meaning[role=tooltip]").await;
    window.says("on a day").await;
    window.look("word").await;
    window.keys("\u{e00c}").await;
    assert_eq!(window.text("#meaning").await, "");
    window.goto("/words").await;
    window.says("corrective action plan").await;
    window.look("words").await;

    window.goto("/account").await;
    window.find("select[data-module=zone][data-started] option[value='Asia/Tokyo']").await;
    let utc = window.text("#sessions ~ .scroll time").await;
    window
        .run(
            "const zone = document.querySelector('select[data-module=zone]'); zone.value = 'Asia/Tokyo'; \
             zone.dispatchEvent(new Event('change'))",
            vec![],
        )
        .await;
    window.goto("/account").await;
    let tokyo = window.text("#sessions ~ .scroll time").await;
    assert_ne!(utc, tokyo);
    let title = "return document.querySelector('#sessions ~ .scroll time').title";
    assert!(window.run(title, vec![]).await.as_str().unwrap().ends_with("UTC"));
    window.quiet().await;
    window.close().await;
}
