//! From nothing to a proof that holds without the server, and that nothing else holds.

use std::fs;

use attesta_testkit::Client;
use serde_json::{Value, json};

use crate::{
    stage::{Place, files, text},
    support::{attesta, root},
};

fn added(owner: &mut Client, base: &str, bytes: &[u8], name: &str) -> String {
    let begun = owner.post(&format!("{base}/uploads"), &json!({ "size": bytes.len() }), &[]).unwrap();
    let upload = format!("{base}/uploads/{}", text(&begun.is(201).unwrap().json(), "id"));
    let (first, rest) = bytes.split_at(bytes.len() / 2);
    owner.send("PATCH", &upload, &[("upload-offset", "0")], first).unwrap().is(200).unwrap();
    owner.send("PATCH", &upload, &[("upload-offset", &first.len().to_string())], rest).unwrap().is(200).unwrap();
    let done = owner.send("POST", &format!("{upload}/finish"), &[], &[]).unwrap().is(200).unwrap().json();
    let body = json!({ "sha256": text(&done, "sha256"), "file_name": name });
    let made = owner.post(&format!("{base}/evidence"), &body, &[]).unwrap().is(201).unwrap().json();
    text(&made["evidence"], "id")
}

#[test]
fn a_proof_from_the_api_holds_offline_and_no_other_does() {
    let folder = tempfile::tempdir().unwrap();
    let server = Place { data: folder.path().join("data"), database: None }.start();
    let mut founded = server.found().unwrap();
    let owner = &mut founded.owner;
    let base = format!("/api/v1/organisations/{}", founded.org);
    let begun = json!({ "name": "Telehealth R2", "files": files(&root().join("fixtures/telehealth-r2")) });
    let assessment = owner.post(&format!("{base}/assessments"), &begun, &[]).unwrap().is(201).unwrap().json();
    let assessment = text(&assessment, "id");
    let score = owner.get(&format!("{base}/assessments/{assessment}/score")).unwrap().is(200).unwrap().json();
    assert!(score.is_object());
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (name, bytes) in [("review", &b"Every account was looked at.\n"[..]), ("other", b"Nothing of that.\n")] {
        let id = added(owner, &base, bytes, name);
        let proof = folder.path().join(format!("{name}-proof"));
        fs::create_dir(&proof).unwrap();
        for file in ["item.tlog-proof", "leaf", "key.vkey"] {
            let got = owner.get(&format!("{base}/evidence/{id}/proof/{file}")).unwrap().is(200).unwrap();
            fs::write(proof.join(file), got.body).unwrap();
        }
        let content = owner.get(&format!("{base}/evidence/{id}/content")).unwrap().is(200).unwrap();
        assert_eq!(content.body, bytes);
        fs::write(folder.path().join(name), content.body).unwrap();
    }
    let log: Value = owner.get(&format!("{base}/log")).unwrap().is(200).unwrap().json();
    let key = text(&log, "key");
    let rival = owner.post("/api/v1/organisations", &json!({ "name": "Rival" }), &[]).unwrap().is(201).unwrap().json();
    let rival = owner.get(&format!("/api/v1/organisations/{}/log", text(&rival, "id"))).unwrap().is(200).unwrap();
    let theirs = text(&rival.json(), "key");
    // Another key of the very same name.
    let origin = text(&log, "origin");
    assert_eq!(attesta(&["init", &at("forger"), "--origin", &origin]).code, 0);
    server.kill().unwrap();

    let verify = |file: &str, proof: &str, key: &str| attesta(&["verify", &at(file), &at(proof), "--key", key]);
    let holds = verify("review", "review-proof", &key);
    assert_eq!(holds.code, 0, "{}", holds.err);
    assert_eq!(verify("other", "other-proof", &key).code, 0);
    // Each bit of the file and of the proof counts.
    let whole = fs::read(at("review")).unwrap();
    let mut refused = 0;
    for byte in (0..whole.len()).step_by(5) {
        let mut flipped = whole.clone();
        flipped[byte] ^= 1 << (byte % 8);
        fs::write(at("flipped"), flipped).unwrap();
        assert_eq!(verify("flipped", "review-proof", &key).code, 4, "byte {byte}");
        refused += 1;
    }
    let item = fs::read(at("review-proof/item.tlog-proof")).unwrap();
    for byte in (0..item.len()).step_by(29) {
        let mut flipped = item.clone();
        flipped[byte] ^= 1;
        fs::write(at("flipped.tlog-proof"), flipped).unwrap();
        let told = verify("review", "flipped.tlog-proof", &key);
        assert_ne!(told.code, 0, "byte {byte} of the proof");
        refused += 1;
    }
    let forged = attesta(&["evidence", "log", "--workspace", &at("forger")]);
    drop(forged);
    let forger = find_key(&at("forger"));
    for wrong in [theirs.as_str(), forger.as_str()] {
        assert_eq!(verify("review", "review-proof", wrong).code, 4, "{wrong}");
        refused += 1;
    }
    assert_eq!(verify("review", "other-proof", &key).code, 4);
    assert_eq!(verify("other", "review-proof", &key).code, 4);
    println!("2 proofs hold offline, {} forgeries were refused", refused + 2);
}

/// The public key of a workspace's log.
fn find_key(folder: &str) -> String {
    let mut folders = vec![std::path::PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "vkey") {
                return fs::read_to_string(path).unwrap().trim().to_owned();
            }
        }
    }
    panic!("a workspace without a public key");
}
