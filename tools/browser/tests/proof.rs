//! Proof to others: the public page, the badge, asking for more, a share link, and a proof that a stranger verifies.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at a surprise"
)]

use attesta_browser::{Person, Site, Window};
use serde_json::{Value, json};

/// Brings evidence beside the browser; its id.
async fn evidence(site: &Site, bytes: &str, title: &str) -> String {
    let who: Option<&Person> = Some(&site.owner);
    let begun = site.call(who, "POST", &site.api("/uploads"), Some(json!({ "size": bytes.len() })), &[]).await;
    let upload = site.api(&format!("/uploads/{}", begun["id"].as_str().unwrap()));
    site.send_bytes(&site.owner, &upload, bytes.as_bytes()).await;
    let done = site.call(who, "POST", &format!("{upload}/finish"), Some(Value::Null), &[]).await;
    let new = json!({ "sha256": done["sha256"], "file_name": "policy.txt", "description": { "title": title } });
    let made = site.call(who, "POST", &site.api("/evidence"), Some(new), &[]).await;
    made["evidence"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_opts_in_a_stranger_asks_and_a_customer_opens_the_link() {
    let site = Site::start().await;
    let assessment = site.assessment("telehealth-r2").await;
    let piece = evidence(&site, "We keep records safe.\n", "Policy on records").await;
    let owner = Window::of(&site, &site.owner).await;
    let room = format!("/o/{}/trust", site.org);
    owner.goto(&room).await;
    owner.says("not public").await;
    owner.look("trust-room-empty").await;
    owner.fill("#trust-about", "We see patients by video, and keep what they tell us.").await;
    owner.fill("#trust-contact", "trust@harbor.example").await;
    owner.run("document.querySelector('#trust-theme').value = 'plum'", vec![]).await;
    owner.click(&format!("input[name='assessments.{assessment}.certificate']")).await;
    owner
        .run(
            &format!("document.querySelector(\"select[name='assessments.{assessment}.controls']\").value = 'controls'"),
            vec![],
        )
        .await;
    owner.click(&format!("input[name=offered][value='evidence/{piece}']")).await;
    owner.press("Keep the draft").await;
    owner.find("form[data-api$='/publication']").await;
    owner.goto(&format!("{room}/preview")).await;
    owner.says("Nobody else sees it").await;
    owner.goto(&room).await;
    owner.press("Make the draft public").await;
    owner.says("since").await;
    owner.find("img[src$='badge.svg']").await;
    owner.look("trust-room").await;

    // Somebody without an account.
    let stranger = Window::open(&site).await;
    let page = format!("/trust/{}", site.org);
    stranger.goto(&page).await;
    stranger.says("r2 certified until 2028-10-12").await;
    stranger.says("Controls by domain").await;
    let told = stranger.text("body").await;
    assert!(!told.contains("Mara Lindqvist") && !told.contains("ATT-"), "{told}");
    stranger.look("trust-page").await;
    stranger.fill("#ask-name", "Lee Wong").await;
    stranger.fill("#ask-email", "lee@buyer.example").await;
    stranger.fill("#ask-company", "Buyer Clinic").await;
    stranger.fill("#ask-purpose", "We choose a partner.").await;
    stranger.press("Agree and ask").await;
    stranger.click("input[type=checkbox][required]").await;
    stranger.press("Agree and ask").await;
    stranger.says("Your request is with the organisation").await;
    stranger.look("trust-asked").await;

    // The owner grants it, and sends the link.
    owner.goto(&room).await;
    owner.says("Buyer Clinic").await;
    owner.press("Decide about Lee Wong").await;
    owner.look("trust-decide").await;
    owner.press("Grant it").await;
    owner.find("form[data-api$='/grant'] .secret:not([hidden]) code").await;
    let link = owner.text("form[data-api$='/grant'] .secret code").await;
    let fragment = link.split_once("/shared").unwrap().1.to_owned();
    stranger.goto(&format!("/shared{fragment}")).await;
    stranger.says("Policy on records").await;
    stranger.says("Handed to Lee Wong, Buyer Clinic").await;
    assert_eq!(stranger.path().await, "/shared", "the secret leaves the address bar");
    stranger.look("shared").await;
    let copy = "const done = arguments[0]; fetch(document.querySelector('a[href$=\"/content\"]').href).then((r) => r.text()).then(done)";
    let copy = stranger.client.execute_async(copy, vec![]).await.unwrap();
    assert!(copy.as_str().unwrap().starts_with("# Handed to Lee Wong, Buyer Clinic, on "), "{copy}");
    stranger.press("Close it here").await;
    stranger.says("Something is shared with you").await;
    stranger.look("shared-closed").await;
    // A link that is none is told, and shows nothing.
    stranger.goto("/verify").await;
    stranger.goto("/shared#att_shr_nothing").await;
    stranger.says("This link is none").await;

    // Taken down, it is gone.
    owner.goto(&room).await;
    owner.press("Take the page down").await;
    owner.says("not public").await;
    stranger.goto(&page).await;
    stranger.says("no public page").await;
    stranger.quiet_but(&["404", "403"]).await;
    owner.quiet().await;
    stranger.close().await;
    owner.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_with_a_passphrase_asks_for_it() {
    let site = Site::start().await;
    let assessment = site.assessment("telehealth-r2").await;
    let until = (site.house.clock.now() + std::time::Duration::from_secs(86_400)).to_string();
    let shows = [
        format!("reports/{assessment}"),
        format!("corrective-actions/{assessment}"),
        format!("trust-page/{}", site.org),
    ];
    let new = json!({ "label": "Acme", "until": until, "passphrase": "nine lives", "shows": shows });
    let made = site.call(Some(&site.owner), "POST", &site.api("/share-links"), Some(new), &[]).await;
    let fragment = made["url"].as_str().unwrap().split_once("/shared").unwrap().1.to_owned();
    let window = Window::open(&site).await;
    window.goto(&format!("/shared{fragment}")).await;
    window.find("#shared-passphrase:focus").await;
    window.fill("#shared-passphrase", "eight lives").await;
    window.press("Open it").await;
    window.says("and this is not it").await;
    window.fill("#shared-passphrase", "nine lives").await;
    window.press("Open it").await;
    window.says("Scores of r2").await;
    window.says("Corrective actions of r2").await;
    let text = window.text("body").await;
    assert!(!text.contains("June Okonkwo") && !text.contains("june"), "who does it is not a customer's: {text}");
    window.look("shared-scores").await;
    window.quiet_but(&["401"]).await;
    window.close().await;
}

/// Puts a file into a field, as if it had been chosen.
const CHOOSE: &str = "const [css, name, text] = arguments; const field = document.querySelector(css); \
    const chosen = new DataTransfer(); chosen.items.add(new File([Uint8Array.from(text)], name)); \
    field.files = chosen.files; field.dispatchEvent(new Event('input', { bubbles: true })); \
    field.dispatchEvent(new Event('change', { bubbles: true }));";

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_verifies_a_proof_in_the_browser_and_a_flipped_byte_is_refused() {
    let site = Site::start().await;
    // Several leaves, so that the proof has hashes.
    for n in 0..5 {
        evidence(&site, &format!("other {n}\n"), "other").await;
    }
    let bytes = b"Access is reviewed each quarter.\n";
    let piece = evidence(&site, std::str::from_utf8(bytes).unwrap(), "Access reviews").await;
    evidence(&site, "later\n", "later").await;
    let proof = site.call(Some(&site.owner), "GET", &site.api(&format!("/evidence/{piece}/proof")), None, &[]).await;
    let (text, key) = (proof["proof"].as_str().unwrap(), proof["key"].as_str().unwrap().trim());
    let window = Window::open(&site).await;
    window.goto("/verify").await;
    window.look("verify").await;
    let choose = async |css: &str, name: &str, bytes: &[u8]| {
        window.run(CHOOSE, vec![json!(css), json!(name), json!(bytes)]).await;
    };
    choose("#verify-file", "policy.txt", bytes).await;
    choose("#verify-proof", "item.tlog-proof", text.as_bytes()).await;
    window.fill("#verify-key", key).await;
    window.click("form button.main").await;
    window.find(".verdict .state.good").await;
    window.says("The file was logged as it is").await;
    window.says(&piece).await;
    window.look("verify-good").await;
    // The JSON that a share link gives does as well.
    choose("#verify-proof", "proof.json", proof.to_string().as_bytes()).await;
    assert_eq!(window.text(".verdict").await, "", "a verdict is of what was verified, not of what is chosen now");
    window.click("form button.main").await;
    window.find(".verdict .state.good").await;
    // Every kind of flipped byte is refused: of the file, of each part of the proof, of the key.
    let mut refused = 0;
    for at in [0, bytes.len() / 2, bytes.len() - 1] {
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 1;
        choose("#verify-file", "policy.txt", &flipped).await;
        window.click("form button.main").await;
        window.find(".verdict .state.bad").await;
        window.says("not the file that was logged").await;
        refused += 1;
    }
    window.look("verify-bad").await;
    choose("#verify-file", "policy.txt", bytes).await;
    let lines: Vec<&str> = text.lines().collect();
    for line in 0..lines.len() {
        if lines[line].is_empty() || lines[line].starts_with("— ") && !lines[line].contains(site.org.as_str()) {
            continue;
        }
        let mut changed: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
        let middle = changed[line].len() / 2;
        let letter = if changed[line].as_bytes()[middle] == b'A' { "B" } else { "A" };
        if !changed[line].is_char_boundary(middle) || !changed[line].is_char_boundary(middle + 1) {
            continue;
        }
        changed[line].replace_range(middle..=middle, letter);
        choose("#verify-proof", "item.tlog-proof", format!("{}\n", changed.join("\n")).as_bytes()).await;
        window.click("form button.main").await;
        window.find(".verdict .state.bad").await;
        refused += 1;
    }
    assert!(refused > 8, "{refused}");
    choose("#verify-proof", "item.tlog-proof", text.as_bytes()).await;
    let other = site
        .call(
            Some(&site.owner),
            "POST",
            "/api/v1/organisations",
            Some(json!({ "name": "Other", "kind": "assessed-entity" })),
            &[],
        )
        .await;
    let log = site
        .call(
            Some(&site.owner),
            "GET",
            &format!("/api/v1/organisations/{}/log", other["id"].as_str().unwrap()),
            None,
            &[],
        )
        .await;
    window.fill("#verify-key", log["key"].as_str().unwrap_or(key.get(1..).unwrap()).trim()).await;
    window.click("form button.main").await;
    window.find(".verdict .state.bad").await;
    // Nothing was sent: only the page and what it is made of was fetched.
    let sent = window.run("return performance.getEntriesByType('resource').map((r) => new URL(r.name).pathname).filter((p) => !p.startsWith('/assets/'))", vec![]).await;
    assert_eq!(sent, json!([]), "the page sent something");
    window.quiet().await;
    window.close().await;
}
