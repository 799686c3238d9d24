//! HIPAA's room: where it stands, a decision signed, an agreement's clauses, an incident's clocks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at a surprise")]

use attesta_browser::{Site, Window};

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_signed_clauses_are_found_and_clocks_run() {
    let site = Site::start().await;
    let assessment = site.assessment("hipaa-clinic").await;
    let window = Window::of(&site, &site.owner).await;
    let base = format!("/o/{}/a/{assessment}/hipaa", site.org);
    window.goto(&base).await;
    window.says("required items are met").await;
    window.look("hipaa").await;
    window.goto(&format!("{base}?proposed=yes")).await;
    window.says("Proposed in 2025").await;
    window.says("It changes no number here").await;
    window.look("hipaa-proposed").await;

    window.goto(&format!("{base}/decisions")).await;
    window.says("kept for").await;
    window.look("hipaa-decisions").await;
    window.click("[data-opens=decide]").await;
    window.run("const s = document.querySelector('#decide-item'); s.value = '164.308(a)(5)(ii)(A)'; s.dispatchEvent(new Event('input', { bubbles: true }))", vec![]).await;
    window.fill("#decide-why", "Everybody reads a reminder on the first of the month.").await;
    window.look("hipaa-decide").await;
    // Without approval it is a draft, and the row says that it does not count.
    window.press("Write it down").await;
    window.says("has no approver").await;
    // The register names who approved, and when.
    window.click("[data-opens=decide]").await;
    window.run("document.querySelector('#decide-item').value = '164.308(a)(5)(ii)(A)'", vec![]).await;
    window.fill("#decide-why", "Everybody reads a reminder on the first of the month.").await;
    window.run("for (const t of document.querySelectorAll('[id^=factor-]')) { t.value = 'Weighed: small, cheap, useful.'; t.dispatchEvent(new Event('input', { bubbles: true })) }", vec![]).await;
    window.run("document.querySelector('#decide-review').value = '2999-01-01'", vec![]).await;
    window.click("#decide input[name=approve]").await;
    window.press("Write it down").await;
    window.says("Ada Moreau").await;
    window.says("2999-01-01").await;

    window.goto(&format!("{base}/agreements")).await;
    window.says("northbank").await;
    window.look("hipaa-agreements").await;
    window.run("for (const d of document.querySelectorAll('section details')) d.open = true", vec![]).await;
    window.look("hipaa-agreement-edit").await;
    window.goto(&format!("{base}/risks")).await;
    window.find("#risks-table tbody tr").await;
    window.look("hipaa-risks").await;
    // A risk is added, treated, then accepted, what was planned falls away, and the picture counts it.
    window.press("Add a risk").await;
    window.fill("#risk-new-id", "r-browser").await;
    window.fill("#risk-new-threat", "A tablet is left in a ward").await;
    window.fill("#risk-new-vulnerability", "It stays signed in").await;
    window.run("for (const [id, v] of [['likelihood', 'very-high'], ['impact', 'very-high'], ['treatment', 'mitigate']]) { const s = document.querySelector('#risk-new-' + id); s.value = v; s.dispatchEvent(new Event('input', { bubbles: true })) }", vec![]).await;
    window.fill("#risk-new-items", "164.312(a)(2)(iii), 164.312(d)").await;
    window.fill("#risk-new-plan", "Sessions end when it is put down").await;
    window.look("hipaa-risk-new").await;
    window.click("#new-risk button.main").await;
    window.says("A tablet is left in a ward").await;
    window.says("has a treatment without an owner").await;
    assert!(window.text(".matrices").await.contains("1 very high"), "the picture counts it");
    window.click("[data-opens=risk-r-browser]").await;
    window.run("const s = document.querySelector('#risk-r-browser-treatment'); s.value = 'accept'; s.dispatchEvent(new Event('input', { bubbles: true }))", vec![]).await;
    window.fill("#risk-r-browser-accepted_by", "R. Fern").await;
    window.look("hipaa-risk-change").await;
    window.click("#risk-r-browser button.main").await;
    window.says("is accepted without a reason").await;
    window.run("document.querySelector('#risks-table').scrollIntoView()", vec![]).await;
    window.look("hipaa-risks-table").await;
    window.run("document.querySelector('#risks-table a[href*=\"/decisions#item-\"]').click()", vec![]).await;
    window.says("kept for").await;

    window.goto(&format!("{base}/incidents")).await;
    window.says("A mailing showed other people").await;
    window.look("hipaa-incidents").await;
    window.click("[data-opens=new-incident]").await;
    window.fill("#incident-id", "inc-new").await;
    window.fill("#incident-title", "A list of names was sent to the wrong clinic").await;
    window.run("const d = document.querySelector('#incident-known'); d.value = d.max; d.dispatchEvent(new Event('input', { bubbles: true }))", vec![]).await;
    window.fill("#incident-count", "12").await;
    window.press("Record it").await;
    window.says("A list of names was sent to the wrong clinic").await;
    window.says("60 days left").await;
    window.quiet().await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_leads_to_the_policies_and_the_source_that_it_rests_on() {
    let site = Site::start().await;
    let assessment = site.assessment("hipaa-clinic").await;
    site.watched("estate", &[&[("vol-1", true), ("vol-2", false)]]).await;
    let window = Window::of(&site, &site.owner).await;
    let base = format!("/o/{}/a/{assessment}/hipaa", site.org);
    window.goto(&base).await;
    window.says("Settings, by the last run of each source").await;
    window.says("today").await;
    window.says("violated").await;
    window.look("hipaa-watched").await;
    window.run("for (const d of document.querySelectorAll('details.checks')) d.open = true; document.querySelector('details.checks')?.scrollIntoView()", vec![]).await;
    window.look("hipaa-checks").await;
    window.run("document.querySelector('details.checks a[href*=\"/findings?\"]').click()", vec![]).await;
    window.says("vol-2").await;
    window.goto(&format!("/o/{}", site.org)).await;
    window.says("With what 1 source showed when last seen").await;
    window.quiet().await;
    window.close().await;
}
