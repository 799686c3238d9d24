//! Checkpoints that leave: into a folder, to a timestamp authority, to a witness. And what nobody needs any more.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may stop at a surprise"
)]

mod support;

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use attesta_kernel::Digest;
use attesta_ledger::{Hash, Note, SignedCheckpoint, SigningKey, VerifierKey, cosign, verify_consistency};
use attesta_server::{Config, jobs::Worker};
use attesta_timestamp::{Query, certificates, verify};
use serde_json::{Value, json};
use support::Instance;

/// Somebody who answers each POST.
fn somebody(answer: impl Fn(&str, &[u8]) -> (u16, Vec<u8>) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut piece = [0; 4096];
            let (head, body) = loop {
                let read = stream.read(&mut piece).unwrap();
                request.extend_from_slice(&piece[..read]);
                let Some(at) = request.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
                let head = String::from_utf8(request[..at].to_vec()).unwrap();
                let length: usize =
                    head.lines().find_map(|l| l.strip_prefix("Content-Length: ")).unwrap().parse().unwrap();
                if request.len() >= at + 4 + length {
                    break (head, request[at + 4..].to_vec());
                }
            };
            let (status, bytes) = answer(head.split(' ').nth(1).unwrap(), &body);
            write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", bytes.len())
                .unwrap();
            stream.write_all(&bytes).unwrap();
        }
    });
    format!("http://{address}")
}

/// A witness as tlog-witness wants it: it remembers one checkpoint, and cosigns what continues it.
fn witness(key: SigningKey, log: Arc<Mutex<Option<VerifierKey>>>) -> String {
    let seen: Mutex<Option<(u64, Hash)>> = Mutex::default();
    somebody(move |path, body| {
        assert_eq!(path, "/add-checkpoint");
        let text = String::from_utf8(body.to_vec()).unwrap();
        let (head, checkpoint) = text.split_once("\n\n").unwrap();
        let mut lines = head.lines();
        let old: u64 = lines.next().unwrap().strip_prefix("old ").unwrap().parse().unwrap();
        let proof: Vec<Hash> = lines.map(|line| line.parse().unwrap()).collect();
        let vkey = log.lock().unwrap().clone().unwrap();
        let signed = SignedCheckpoint::open(checkpoint, &vkey).unwrap().checkpoint;
        let mut seen = seen.lock().unwrap();
        match *seen {
            Some((size, _)) if size != old => return (409, format!("{size}\n").into_bytes()),
            Some((size, root)) => verify_consistency(size, &root, signed.size, &signed.root, &proof).unwrap(),
            None => assert_eq!(old, 0),
        }
        *seen = Some((signed.size, signed.root));
        let note = Note::parse(checkpoint).unwrap();
        (200, format!("{}\n", cosign(&key, &note, 1_800_000_000)).into_bytes())
    })
}

/// OpenSSL's timestamp authority; `None` without it.
fn authority(folder: &Path) -> Option<String> {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("note: openssl is not here; timestamps were not tested");
        return None;
    }
    let openssl = |folder: &Path, arguments: &str| {
        let run = Command::new("openssl").current_dir(folder).args(arguments.split(' ')).output().unwrap();
        assert!(run.status.success(), "{arguments}: {}", String::from_utf8_lossy(&run.stderr));
    };
    fs::write(folder.join("ca.cnf"), "[req]\ndistinguished_name=dn\n[dn]\n[v3]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n").unwrap();
    fs::write(
        folder.join("tsa.ext"),
        "basicConstraints=CA:FALSE\nextendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n",
    )
    .unwrap();
    fs::write(
        folder.join("ts.cnf"),
        "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\ncrypto_device=builtin\nsigner_cert=tsa.pem\nsigner_key=tsa.key\n\
         signer_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\naccuracy=secs:1\nordering=yes\n\
         ess_cert_id_chain=no\ness_cert_id_alg=sha256\n",
    )
    .unwrap();
    fs::write(folder.join("serial"), "01\n").unwrap();
    for name in ["ca", "tsa"] {
        openssl(folder, &format!("genpkey -out {name}.key -algorithm EC -pkeyopt ec_paramgen_curve:P-256"));
    }
    openssl(folder, "req -x509 -new -key ca.key -subj /CN=Root -days 30 -config ca.cnf -extensions v3 -out ca.pem");
    openssl(folder, "req -new -key tsa.key -subj /CN=tsa -config ca.cnf -out tsa.csr");
    openssl(
        folder,
        "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile tsa.ext -out tsa.pem",
    );
    let folder = folder.to_owned();
    Some(somebody(move |path, body| {
        assert_eq!(path, "/tsr");
        fs::write(folder.join("query"), body).unwrap();
        openssl(&folder, "ts -reply -config ts.cnf -queryfile query -out reply");
        (200, fs::read(folder.join("reply")).unwrap())
    }))
}

/// Works until the day's jobs, and what they put into the queue, are done, but for so many that were put off.
async fn a_day(instance: &Instance, seconds: i64, put_off: u64) {
    let counts = async || -> std::collections::BTreeMap<String, u64> {
        instance.house.job_counts().await.unwrap().into_iter().collect()
    };
    let of = |counts: &std::collections::BTreeMap<String, u64>, state: &str| counts.get(state).copied().unwrap_or(0);
    // What a job says when it fails is shown when the test does.
    let _ = tracing_subscriber::fmt().with_test_writer().try_init();
    let before = of(&counts().await, "done");
    instance.house.clock.advance(seconds);
    let worker = tokio::spawn(Worker::new(Arc::clone(&instance.house)).run(std::future::pending()));
    let mut quiet = 0;
    for _ in 0..400 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = counts().await;
        // Forget, sweep and checkpoint are done; nothing else is due for a while.
        let is_quiet = of(&now, "done") >= before + 3 && of(&now, "taken") == 0 && of(&now, "waiting") == put_off;
        quiet = if is_quiet { quiet + 1 } else { 0 };
        if quiet == 20 {
            worker.abort();
            return;
        }
    }
    panic!("the day's jobs were not done in a minute: {:?}", counts().await);
}

fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(folder).map_or_else(|_| Vec::new(), |all| all.map(|f| f.unwrap().path()).collect());
    found.retain(|path| path.extension().is_some_and(|e| e == end));
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkpoints_are_timestamped_and_cosigned_and_a_stranger_s_word_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let others = tempfile::tempdir().unwrap();
    let key = SigningKey::from_seed("witness.example/w".parse().unwrap(), &[2; 32]);
    let log = Arc::new(Mutex::new(None));
    let mut config = Config::laptop(folder.path().join("data"), "127.0.0.1:8686".parse().unwrap());
    config.sign_in_rate = 1_000;
    config.witness = Some((witness(key.clone(), Arc::clone(&log)), key.witness().to_string()));
    if let Some(address) = authority(others.path()) {
        config.timestamp_authority = Some(format!("{address}/tsr"));
        config.timestamp_roots = Some(others.path().join("ca.pem"));
    }
    let stamps = config.timestamp_authority.is_some();
    let instance = Instance::with(config, folder).await;
    let (owner, org) = instance.owner().await;
    let shown = owner.get(&format!("/api/v1/organisations/{org}/log")).await.is(200);
    let vkey: VerifierKey = shown.json["key"].as_str().unwrap().parse().unwrap();
    *log.lock().unwrap() = Some(vkey.clone());
    a_day(&instance, 0, 0).await;
    let left = instance.house.config.checkpoints.join(&org);
    let cosigned = files(&left, "cosigned");
    assert_eq!(cosigned.len(), 1, "{:?}", fs::read_dir(&left).unwrap().collect::<Vec<_>>());
    let note = Note::parse(&fs::read_to_string(&cosigned[0]).unwrap()).unwrap();
    assert!(key.witness().cosignature(&note).unwrap().is_some());
    note.verify(&vkey).unwrap();
    if stamps {
        let (question, reply) = (files(&left, "tsq"), files(&left, "tsr"));
        assert_eq!((question.len(), reply.len()), (1, 1));
        let query = Query::from_der(&fs::read(&question[0]).unwrap()).unwrap();
        let roots = certificates(&fs::read_to_string(others.path().join("ca.pem")).unwrap()).unwrap();
        verify(&query, &fs::read(&reply[0]).unwrap(), &roots, &roots).unwrap();
        let checkpoint = fs::read(&files(&left, "checkpoint")[0]).unwrap();
        assert_eq!(query.digest, Digest::of(&checkpoint), "it is about the checkpoint");
    }

    // A day without news has no checkpoint of its own, though the log grew by what it tells of the last one.
    a_day(&instance, 86_400, 0).await;
    assert_eq!(files(&left, "checkpoint").len(), 1);

    // The witness saw the first, and cosigns the second because it continues it.
    let owner = instance.visitor().sign_in("ada@example.org", support::PASSWORD).await;
    owner
        .post(
            &format!("/api/v1/organisations/{org}/tokens"),
            json!({ "name": "ci", "scopes": ["assessments:read"], "days": 3 }),
        )
        .await
        .is(201);
    a_day(&instance, 86_400, 0).await;
    assert_eq!((files(&left, "checkpoint").len(), files(&left, "cosigned").len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_stranger_signs_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let named = |seed: [u8; 32]| SigningKey::from_seed("witness.example/w".parse().unwrap(), &seed);
    let log = Arc::new(Mutex::new(None));
    let mut config = Config::laptop(folder.path().join("data"), "127.0.0.1:8686".parse().unwrap());
    config.witness = Some((witness(named([3; 32]), Arc::clone(&log)), named([2; 32]).witness().to_string()));
    let instance = Instance::with(config, folder).await;
    let (owner, org) = instance.owner().await;
    let shown = owner.get(&format!("/api/v1/organisations/{org}/log")).await.is(200);
    *log.lock().unwrap() = Some(shown.json["key"].as_str().unwrap().parse().unwrap());
    a_day(&instance, 0, 1).await;
    let left = instance.house.config.checkpoints.join(&org);
    assert_eq!((files(&left, "checkpoint").len(), files(&left, "cosigned").len()), (1, 0));
    let listed = owner.get(&format!("/api/v1/organisations/{org}/jobs")).await.is(200);
    let job = listed.json["items"].as_array().unwrap().iter().find(|j| j["kind"] == "vouch").unwrap().clone();
    assert_eq!(job["state"], "waiting");
    assert!(job["told"].as_str().unwrap().contains("not its cosignature"), "{job}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_uploads_left_behind_is_swept_and_evidence_stays() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let base = format!("/api/v1/organisations/{org}/uploads");
    let finished = async |bytes: &[u8]| {
        let begun = owner.post(&base, json!({ "size": bytes.len() })).await.is(201);
        let upload = format!("{base}/{}", begun.json["id"].as_str().unwrap());
        owner.raw("PATCH", &upload, bytes.to_vec(), &[("upload-offset", "0")]).await.is(200);
        owner.post(&format!("{upload}/finish"), Value::Null).await.is(200).json["sha256"].as_str().unwrap().to_owned()
    };
    let named = finished(b"evidence").await;
    owner
        .post(&format!("/api/v1/organisations/{org}/evidence"), json!({ "sha256": named, "file_name": "a.txt" }))
        .await
        .is(201);
    let unnamed = finished(b"nobody names this").await;
    let begun = owner.post(&base, json!({ "size": 10 })).await.is(201);
    let half = format!("{base}/{}", begun.json["id"].as_str().unwrap());
    owner.raw("PATCH", &half, b"half".to_vec(), &[("upload-offset", "0")]).await.is(200);
    let place = |digest: &str| {
        instance.house.config.data.join("blobs").join(&org).join("sha256").join(&digest[..2]).join(&digest[2..])
    };
    a_day(&instance, 0, 0).await;
    assert!(place(&named).exists() && place(&unnamed).exists(), "a day old is not abandoned");
    a_day(&instance, 8 * 86_400, 0).await;
    assert!(place(&named).exists() && !place(&unnamed).exists());
    let owner = instance.visitor().sign_in("ada@example.org", support::PASSWORD).await;
    owner.get(&half).await.says(404, "not-found");
}
