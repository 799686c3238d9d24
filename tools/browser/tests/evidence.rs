//! The evidence library: files on their way, what is shown of them, and their proof.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at a surprise"
)]

use attesta_browser::{Site, Window};
use attesta_ledger::{Hash, Leaf, Opening, SaltedDigest, SignedCheckpoint, TlogProof, VerifierKey, verify_inclusion};
use serde_json::{Value, json};

const POLICY: &str = "Access control policy\nReviewed on 2026-03-01.\n<script>alert('not markup')</script>\nMRN: 00123456, SSN 123-45-6789\n";

/// A document of one empty page.
const DOCUMENT: &str = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
    3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

/// Drops a file of this text (or of so many bytes) on the page.
async fn drop_file(window: &Window, name: &str, media: &str, text: &str, bytes: u64) {
    let script = "const [name, type, text, bytes] = arguments; const held = new DataTransfer(); \
        held.items.add(new File([bytes ? new Uint8Array(bytes).fill(65) : text], name, { type })); \
        document.querySelector('.bring').dispatchEvent(new DragEvent('drop', { dataTransfer: held, bubbles: true, cancelable: true }));";
    window.run(script, vec![json!(name), json!(media), json!(text), json!(bytes)]).await;
}

async fn until(window: &Window, script: &str) -> Value {
    for _ in 0..500 {
        let value = window.run(script, vec![]).await;
        if !value.is_null() && value != Value::Bool(false) {
            return value;
        }
        tokio::time::sleep(std::time::Duration::from_millis(40)).await;
    }
    window.screenshot("failed").await;
    panic!("`{script}` never came: {}", window.text("main").await);
}

/// What an address answers to the browser.
async fn fetched(window: &Window, address: &str) -> String {
    let script =
        "const done = arguments[1]; fetch(arguments[0]).then((r) => r.text()).then(done, (e) => done(String(e)));";
    window.client.execute_async(script, vec![json!(address)]).await.unwrap().as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_become_evidence_with_a_preview_and_a_proof_that_holds() {
    let site = Site::start().await;
    site.assessment("telehealth-r2").await;
    let window = Window::of(&site, &site.owner).await;
    let list = format!("/o/{}/evidence", site.org);
    window.goto(&list).await;
    window.says("No evidence yet").await;
    window.look("evidence-empty").await;

    // Two files by the button: a text and a picture.
    let folder = tempfile::tempdir().unwrap();
    let (text, picture) = (folder.path().join("access policy.txt"), folder.path().join("console.png"));
    std::fs::write(&text, POLICY).unwrap();
    std::fs::write(&picture, window.client.screenshot().await.unwrap()).unwrap();
    let field = window.find(".bring input[type=file]").await;
    field.send_keys(&format!("{}\n{}", text.display(), picture.display())).await.unwrap();
    until(&window, "return document.querySelectorAll('.card .state.good').length === 2").await;
    window.says("it may hold PHI").await;
    window.fill("#coming-1 input[name=targets]", "ATT-01-01, hipaa:164.312(a)(1)").await;
    window.fill("#coming-1 input[name=system]", "document store").await;
    window.run("const s = document.querySelector('#coming-1 select[name=kind]'); s.selectedIndex = 1; document.querySelector('#coming-1 input[name=collected]').value = new Date().toISOString().slice(0, 10)", vec![]).await;
    window.look("evidence-coming").await;
    window.click("#coming-1 button.main").await;
    until(&window, "return document.querySelectorAll('#evidence-table tbody tr').length === 1").await;
    window.click("#coming-2 button.main").await;
    until(&window, "return document.querySelectorAll('#evidence-table tbody tr').length === 2").await;

    // The same bytes again, dropped on the page: they are told of, and linked.
    drop_file(&window, "copy.txt", "text/plain", POLICY, 0).await;
    until(&window, "return document.querySelector('#coming-3 .state.good')?.textContent.includes('was here before')")
        .await;
    window.click("#coming-3 button.main").await;
    window.says("The same bytes are evidence already").await;
    drop_file(&window, "report.pdf", "application/pdf", DOCUMENT, 0).await;
    until(&window, "return document.querySelector('#coming-4 .state.good') !== null").await;
    window.click("#coming-4 button.main").await;
    until(&window, "return document.querySelectorAll('#evidence-table tbody tr').length === 4").await;
    window.look("evidence").await;

    // A filter is an address.
    window.fill("form.filter input[name=text]", "access").await;
    until(&window, "return document.querySelectorAll('#evidence-table tbody tr').length === 1").await;
    assert_eq!(window.path().await, format!("{list}?text=access"));
    window.goto(&format!("{list}?target=ATT-01-01&standing=superseded")).await;
    window.says("Nothing is like that").await;

    // One piece: its text is shown as text.
    window.goto(&format!("{list}?text=access")).await;
    window.click("#evidence-table tbody a").await;
    window.says("<script>alert('not markup')</script>").await;
    window.says("added").await;
    window.look("evidence-piece").await;
    let here = window.path().await;
    let id = here.rsplit('/').next().unwrap().to_owned();
    assert!(
        window.text(".command").await.contains("attesta verify 'access policy.txt' item.tlog-proof --key key.vkey")
    );

    // Its proof, as the page gives it, holds without the server.
    let link = window.run("return document.querySelector('a[download=\"item.tlog-proof\"]').href", vec![]).await;
    let key = window.run("return document.querySelector('a[download=\"key.vkey\"]').href", vec![]).await;
    let proof = TlogProof::parse(&fetched(&window, link.as_str().unwrap()).await).unwrap();
    let key: VerifierKey = fetched(&window, key.as_str().unwrap()).await.trim().parse().unwrap();
    let head = SignedCheckpoint::open(&proof.checkpoint, &key).unwrap().checkpoint;
    let opening = Opening::from_bytes(proof.extra.as_ref().unwrap()).unwrap();
    verify_inclusion(&Hash::of_leaf(&opening.leaf), proof.index, head.size, &proof.hashes, &head.root).unwrap();
    let content = Leaf::from_bytes(&opening.leaf).unwrap().content.unwrap();
    let of = |bytes: &[u8]| SaltedDigest::of(&opening.salt, &attesta_kernel::Digest::of(bytes));
    assert_eq!(content, of(POLICY.as_bytes()));
    assert_ne!(content, of(b"something else"));

    // Linked, held, and replaced by a newer version.
    window.fill("#links input[name=target]", "01.a").await;
    window.press("Link").await;
    window.find("#links form[data-api*='01.a']").await;
    // Taken away by mistake, and back again: two more entries, and nothing asked beforehand.
    window.press_and_reload("Remove").await;
    window.says("any more.").await;
    let left = window.run("return document.querySelectorAll('#links form[data-api^=DELETE]').length", vec![]).await;
    window.press_and_reload("Undo").await;
    window.says("It is as it was.").await;
    let now = window.run("return document.querySelectorAll('#links form[data-api^=DELETE]').length", vec![]).await;
    assert_eq!(now.as_u64(), left.as_u64().map(|n| n + 1));
    let history = window.text("#history").await;
    assert!(history.contains("unlinked"), "what was undone stays told: {history}");
    window.press("Put it under a hold").await;
    window.fill("#keeping form[data-api$='/holds'] input[name=matter]", "case-2026-07").await;
    window.fill("#keeping form[data-api$='/holds'] input[name=why]", "a lawsuit").await;
    window.click("#keeping form[data-api$='/holds'] button").await;
    window.says("a hold keeps it: case-2026-07").await;
    drop_file(&window, "access policy 2.txt", "text/plain", "Access control policy, second edition\n", 0).await;
    until(&window, "return document.querySelector('#coming-1 .state.good') !== null").await;
    window.click("#coming-1 button.main").await;
    window.says("It replaces").await;
    assert_ne!(window.path().await, here);
    window.goto(&here).await;
    window.says("In its place stands").await;

    // A picture and a document; what is no picture has no bytes to show.
    window.goto(&format!("{list}?text=console")).await;
    window.click("#evidence-table tbody a").await;
    until(&window, "const i = document.querySelector('img.preview'); return i && i.complete && i.naturalWidth > 100")
        .await;
    window.look("evidence-picture").await;
    window.goto(&format!("{list}?text=report")).await;
    window.click("#evidence-table tbody a").await;
    window.find("iframe.preview").await;
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    window.screenshot("evidence-document").await;
    assert!(fetched(&window, &format!("{list}/{id}/bytes")).await.contains("nothing of this evidence can be shown"));
    window.quiet_but(&["404"]).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_where_a_dropped_connection_stopped_it() {
    let site = Site::start().await;
    let window = Window::of(&site, &site.owner).await;
    window.goto(&format!("/o/{}/evidence", site.org)).await;
    window.find(".bring[data-started]").await;
    window.devtools("Network.enable", json!({})).await;
    let slow = json!({ "offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 1 << 21 });
    window.devtools("Network.emulateNetworkConditions", slow).await;
    drop_file(&window, "export.csv", "text/csv", "", 5 << 20).await;
    until(&window, "return document.querySelector('#coming-1 progress')?.value > 0").await;
    window.offline(true).await;
    until(&window, "return document.querySelector('#coming-1 [data-state]').textContent.includes('waits')").await;
    window.fill("#coming-1 input[name=title]", "Typed while it was gone").await;
    assert!(
        window.run("return document.querySelector('#coming-1 button.main').disabled", vec![]).await.as_bool().unwrap()
    );
    window.offline(false).await;
    until(&window, "return document.querySelector('#coming-1 .state.good') !== null").await;
    window.click("#coming-1 button.main").await;
    until(&window, "return document.querySelector('#evidence-table')?.innerText.includes('Typed while it was gone')")
        .await;
    window.says("5 MiB").await;
    window.quiet_but(&["ERR_INTERNET_DISCONNECTED", "ERR_NETWORK", "409"]).await;
    window.close().await;
}
