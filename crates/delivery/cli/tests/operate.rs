//! A server and what looks after its data, through the binary.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at a surprise"
)]

mod support;

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use support::{attesta, command};

const PASSWORD: &str = "correct horse battery staple 7";

/// A server as a process, with its first owner signed in.
struct Server {
    child: Child,
    address: String,

    link: Option<String>,
    cookie: String,
    csrf: String,
    log: Option<thread::JoinHandle<Vec<String>>>,
}

impl Server {
    fn start(data: &Path, more: &[&str]) -> Self {
        let mut child = command()
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(more)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let (mut address, mut link) = (None, None);
        for line in lines.by_ref() {
            if let Some((_, url)) = line.split_once("Attesta listens on http://") {
                address = Some(url.to_owned());
                if data.join("owned").exists() {
                    break;
                }
            }
            if let Some((_, secret)) = line.split_once("/first#") {
                link = Some(secret.to_owned());
                break;
            }
        }
        let log = Some(thread::spawn(move || lines.collect()));
        let address = address.expect("the server says where it listens");
        Self { child, address, link, cookie: String::new(), csrf: String::new(), log }
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, _, text) = exchange(&self.address, method, path, &self.headers(), &body);
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    fn headers(&self) -> String {
        format!("Cookie: {}\r\nX-Attesta-CSRF: {}\r\n", self.cookie, self.csrf)
    }

    /// Makes the first owner and an organisation, or signs in where there is one.
    fn owner(&mut self, data: &Path) -> String {
        let mut organisation = Value::Null;
        if let Some(link) = self.link.take() {
            let first = json!({ "link": link, "email": "ada@example.org", "name": "Ada", "password": PASSWORD,
                "organisation": "Clinic", "kind": "assessed-entity" });
            let (status, made) = self.send("POST", "/api/v1/first", &first);
            assert_eq!(status, 201, "{made}");
            fs::write(data.join("owned"), "").unwrap();
            organisation = made["organisation"].clone();
        }
        let who = json!({ "email": "ada@example.org", "password": PASSWORD }).to_string();
        let (status, head, text) = exchange(&self.address, "POST", "/api/v1/session", "", &who);
        assert_eq!(status, 200, "{text}");
        let cookie = head.lines().find_map(|l| l.strip_prefix("set-cookie: ")).unwrap();
        cookie.split(';').next().unwrap().clone_into(&mut self.cookie);
        let session: Value = serde_json::from_str(&text).unwrap();
        session["csrf"].as_str().unwrap().clone_into(&mut self.csrf);
        organisation.as_str().unwrap_or_default().to_owned()
    }

    fn assessment(&self, organisation: &str, name: &str) -> (u16, Value) {
        let files = json!({ "assessment.yaml": fs::read_to_string(
            support::root().join("fixtures/telehealth-r2/assessment.yaml")).unwrap() });
        self.send(
            "POST",
            &format!("/api/v1/organisations/{organisation}/assessments"),
            &json!({ "name": name, "files": files }),
        )
    }

    fn evidence(&self, organisation: &str, bytes: &str) -> String {
        let of = format!("/api/v1/organisations/{organisation}");
        let (status, upload) = self.send("POST", &format!("{of}/uploads"), &json!({ "size": bytes.len() }));
        assert_eq!(status, 201, "{upload}");
        let id = upload["id"].as_str().unwrap();
        let more = format!("{}Upload-Offset: 0\r\nContent-Type: application/octet-stream\r\n", self.headers());
        let (status, _, text) = exchange(&self.address, "PATCH", &format!("{of}/uploads/{id}"), &more, bytes);
        assert!(status < 300, "{status} {text}");
        let (status, kept) = self.send("POST", &format!("{of}/uploads/{id}/finish"), &json!({}));
        assert!(status < 300, "{status} {kept}");
        let (status, item) = self.send(
            "POST",
            &format!("{of}/evidence"),
            &json!({ "sha256": kept["sha256"], "file_name": "policy.txt" }),
        );
        assert_eq!(status, 201, "{item}");
        item["evidence"]["id"].as_str().unwrap().to_owned()
    }

    /// Asks it to end, as systemd does; its exit code and what it logged.
    fn end(mut self) -> (Option<i32>, Vec<String>) {
        signal("TERM", self.child.id());
        let code = self.child.wait().unwrap().code();
        (code, self.log.take().unwrap().join().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn signal(name: &str, process: u32) {
    let sent = Command::new("kill").args([format!("-{name}"), process.to_string()]).status().unwrap();
    assert!(sent.success());
}

/// One request by hand: status, head, body.
fn exchange(address: &str, method: &str, path: &str, headers: &str, body: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let kind = if headers.contains("Content-Type") { "" } else { "Content-Type: application/json\r\n" };
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{kind}{headers}Content-Length: {length}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = if head.contains("chunked") { unchunked(body) } else { body.to_owned() };
    (status, head.replace("\r\n", "\n"), body)
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        whole.push_str(&rest[..size]);
        body = rest[size..].trim_start_matches("\r\n");
    }
    whole
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_server_is_backed_up_while_it_runs_and_comes_back_with_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let (data, backups, keys) = (folder.path().join("data"), folder.path().join("backups"), folder.path().join("keys"));
    let mut server = Server::start(&data, &[]);
    let organisation = server.owner(&data);
    assert_eq!(server.assessment(&organisation, "R2").0, 201);
    let evidence = server.evidence(&organisation, "the first policy");
    let (_, before) = server.send("GET", &format!("/api/v1/organisations/{organisation}/log"), &Value::Null);

    let made = attesta(&["backup", text(&backups), "--data", text(&data), "--keys", text(&keys), "--format", "json"]);
    assert_eq!(made.code, 0, "{}", made.err);
    assert_eq!(made.json()["audit"]["evidence"], 1);
    assert_eq!(server.assessment(&organisation, "after the backup").0, 201);
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log:?}");

    // Nothing is restored over anything.
    let over = attesta(&["restore", text(&backups), "--keys", text(&keys), "--data", text(&data)]);
    assert!(over.code == 2 && over.err.contains("is not empty"), "{}", over.err);
    let restored = folder.path().join("restored");
    let back = attesta(&["restore", text(&backups), "--keys", text(&keys), "--data", text(&restored)]);
    assert_eq!(back.code, 0, "{}", back.err);
    let audit = attesta(&["fsck", "--data", text(&restored)]);
    assert_eq!(audit.code, 0, "{}", audit.err);

    fs::write(restored.join("owned"), "").unwrap();
    let mut server = Server::start(&restored, &[]);
    server.owner(&restored);
    let (status, item) =
        server.send("GET", &format!("/api/v1/organisations/{organisation}/evidence/{evidence}"), &Value::Null);
    assert_eq!(status, 200, "{item}");
    let (status, listed) =
        server.send("GET", &format!("/api/v1/organisations/{organisation}/assessments"), &Value::Null);
    assert_eq!((status, listed["items"].as_array().unwrap().len()), (200, 1));
    assert_eq!(server.assessment(&organisation, "after the restore").0, 201);
    let (_, after) = server.send("GET", &format!("/api/v1/organisations/{organisation}/log"), &Value::Null);
    assert_eq!(before["key"], after["key"], "{before} {after}");
    assert_eq!(server.end().0, Some(0));
    let audit = attesta(&["fsck", "--data", text(&restored)]);
    assert_eq!(audit.code, 0, "{}", audit.err);
}

/// The environment says where a server is, and not that it is meant; what belongs to a vault and what to a server are told
/// apart, never ignored.
#[test]
fn fsck_audits_what_was_named() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, data) = (folder.path().join("ws"), folder.path().join("data"));
    assert_eq!(attesta(&["init", text(&vault), "--origin", "attesta.example/acme"]).code, 0);
    let mut server = Server::start(&data, &[]);
    server.owner(&data);
    assert_eq!(server.end().0, Some(0));
    let told = |output: std::process::Output| {
        let of = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), of(output.stdout), of(output.stderr))
    };
    let inside = |arguments: &[&str], data: &Path| {
        let mut fsck = command();
        told(fsck.arg("fsck").args(arguments).current_dir(&vault).env("ATTESTA_DATA", data).output().unwrap())
    };
    let (code, out, err) = inside(&[], &data);
    assert!(code == Some(0) && out.contains("files hashed"), "{out} {err}");
    let (code, out, err) = inside(&["--repair"], &data);
    assert!(code == Some(0) && out.contains("files hashed"), "{out} {err}");
    for mixed in [
        ["--data", text(&data), text(&vault)].as_slice(),
        &["--data", text(&data), "--repair"],
        &["--data", text(&data), "--key", "key.vkey"],
        &["--database", "sqlite:x", "--repair"],
    ] {
        let (code, _, err) = inside(mixed, &data);
        assert!(code == Some(2) && err.contains("cannot be used with"), "{mixed:?}: {err}");
    }
    // One flag is enough, and the environment says the rest.
    let database = format!("sqlite:{}", data.join("attesta.db").display());
    for meant in [["--data", text(&data)], ["--database", &database]] {
        let (code, out, err) = inside(&meant, &data);
        assert!(code == Some(0) && out.contains("organisations"), "{meant:?}: {out} {err}");
    }
    let blobs = format!("file:{}", data.join("blobs").display());
    let (code, out, err) = inside(&["--blobs", &blobs], &data);
    assert!(code == Some(0) && out.contains("organisations"), "{out} {err}");
}

#[test]
fn a_backup_that_is_killed_leaves_nothing_that_restore_takes() {
    let folder = tempfile::tempdir().unwrap();
    let (data, keys) = (folder.path().join("data"), folder.path().join("data/seal.keys"));
    let mut server = Server::start(&data, &[]);
    let organisation = server.owner(&data);
    for number in 0..30 {
        server.evidence(&organisation, &format!("policy {number}"));
    }
    // How long a whole one takes, to kill at moments of all of it.
    let begun = Instant::now();
    let first = folder.path().join("first");
    assert_eq!(attesta(&["backup", text(&first), "--data", text(&data)]).code, 0);
    let whole = begun.elapsed();
    let (mut killed, mut finished) = (0, 0);
    let backups = folder.path().join("backups");
    for moment in 0..30_u32 {
        let mut child = command()
            .args(["backup", text(&backups), "--data", text(&data)])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(whole * moment / 25);
        let _ = child.kill();
        let done = child.wait().unwrap().success();
        let named: Vec<PathBuf> =
            fs::read_dir(&backups).map(|entries| entries.map(|e| e.unwrap().path()).collect()).unwrap_or_default();
        let named: Vec<&PathBuf> = named
            .iter()
            .filter(|p| p.join("manifest.json").is_file())
            .filter(|p| !p.file_name().unwrap().to_str().unwrap().starts_with('.'))
            .collect();
        let target = folder.path().join(format!("restored-{moment}"));
        let back = attesta(&["restore", text(&backups), "--keys", text(&keys), "--data", text(&target)]);
        if named.is_empty() {
            assert!(!done && back.code != 0 && !target.exists(), "{moment}: {}", back.err);
            killed += 1;
        } else {
            // What has a name is whole.
            assert_eq!(back.code, 0, "{moment}: {}", back.err);
            finished += 1;
            fs::remove_dir_all(&target).unwrap();
            for backup in named {
                fs::remove_dir_all(backup).unwrap();
            }
        }
    }
    assert!(killed > 5, "{killed} killed, {finished} finished");
    // After all of them a backup is made as ever.
    let last = attesta(&["backup", text(&backups), "--data", text(&data)]);
    assert_eq!(last.code, 0, "{}", last.err);
    assert_eq!(
        attesta(&["restore", text(&backups), "--keys", text(&keys), "--data", text(&folder.path().join("r"))]).code,
        0
    );
}

#[test]
fn an_organisation_moves_to_another_server() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    let mut server = Server::start(&here, &[]);
    let organisation = server.owner(&here);
    let evidence = server.evidence(&organisation, "the first policy");
    let archive = folder.path().join("clinic.zip");
    let made = attesta(&["export", &organisation, text(&archive), "--data", text(&here)]);
    assert_eq!(made.code, 0, "{}", made.err);
    assert_eq!(server.end().0, Some(0));

    let mut other = Server::start(&there, &[]);
    other.owner(&there);
    let import = |archive: &Path, key: &str| {
        attesta(&["import", text(archive), "--owner", "ada@example.org", "--key", key, "--data", text(&there)])
    };
    let harmed = folder.path().join("harmed.zip");
    let mut bytes = fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&harmed, bytes).unwrap();
    let refused = import(&harmed, made.out.trim());
    assert_eq!(refused.code, 4, "{}", refused.err);
    let came = import(&archive, made.out.trim());
    assert_eq!((came.code, came.out.trim()), (0, organisation.as_str()), "{}", came.err);
    // The server that runs there serves it at once, with the bytes.
    let bytes = format!("/api/v1/organisations/{organisation}/evidence/{evidence}/content");
    let (status, _, text_of) = exchange(&other.address, "GET", &bytes, &other.headers(), "");
    assert_eq!((status, text_of.as_str()), (200, "the first policy"));
    let again = import(&archive, made.out.trim());
    assert!(again.code == 2 && again.err.contains("is here already"), "{}", again.err);
    assert_eq!(attesta(&["fsck", "--data", text(&there)]).code, 0);
}

#[test]
fn figures_are_served_on_an_address_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let mut server = Server::start(&data, &["--metrics", &address]);
    let organisation = server.owner(&data);
    server.send("GET", &format!("/api/v1/organisations/{organisation}/trail?secret=hunter2"), &Value::Null);
    let (status, _, figures) = exchange(&address, "GET", "/metrics", "", "");
    assert_eq!(status, 200);
    for line in [
        "attesta_http_requests_total{method=\"POST\",route=\"/api/v1/session\",status=\"200\"} 1",
        "attesta_jobs{state=\"dead\"} 0",
        "attesta_organisations 1",
    ] {
        assert!(figures.lines().any(|l| l == line), "{line}\n{figures}");
    }
    assert!(
        figures.contains("attesta_http_request_duration_seconds_bucket") && figures.contains("attesta_ledger_leaves ")
    );
    assert!(!figures.contains(&organisation) && !figures.contains("hunter2"));
    // They are nowhere else.
    assert_ne!(exchange(&server.address, "GET", "/metrics", "", "").0, 200);
    // Lines of the log are JSON, without what was asked for.
    let (code, log) = server.end();
    assert_eq!(code, Some(0));
    let requests: Vec<Value> = log.iter().filter_map(|l| serde_json::from_str(l).ok()).collect();
    assert!(
        requests.iter().any(|r| r["fields"]["route"] == "/api/v1/session" && r["fields"]["status"] == 200),
        "{log:?}"
    );
    assert!(!log.iter().any(|l| l.contains("hunter2") || l.contains("ada@") || l.contains(PASSWORD)));
}

#[test]
fn a_server_that_is_asked_to_end_answers_what_is_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data, &[]);
    // Half of a request is there when the server is asked to end.
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let body = json!({ "email": "nobody@example.org", "password": PASSWORD }).to_string();
    write!(stream, "POST /api/v1/session HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len()).unwrap();
    stream.flush().unwrap();
    thread::sleep(Duration::from_millis(300));
    signal("TERM", server.child.id());
    thread::sleep(Duration::from_millis(300));
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    let mut server = server;
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_configuration_is_read_and_what_it_does_not_know_is_refused() {
    let sample = attesta(&["serve", "--print-config"]);
    assert!(sample.code == 0 && sample.out.contains("[metrics]"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("attesta.toml");
    let data = folder.path().join("configured");
    fs::write(&file, sample.out.replace("\"attesta-data\"", &format!("{:?}", text(&data)))).unwrap();
    let looked = attesta(&["doctor", "--config", text(&file), "--format", "json"]);
    assert_eq!(looked.code, 1, "{}", looked.err);
    assert!(looked.out.contains("configured"), "{}", looked.out);
    fs::write(&file, "data = \"x\"\nlisten_on = \"127.0.0.1:1\"\n").unwrap();
    let refused = attesta(&["serve", "--config", text(&file)]);
    assert!(
        refused.code == 2 && refused.err.contains("line 2") && refused.err.contains("listen_on"),
        "{}",
        refused.err
    );
}

#[test]
fn the_doctor_says_what_is_well_and_what_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Server::start(&data, &[]);
    server.owner(&data);
    let look = |more: &[&str]| attesta(&[&["doctor", "--data", text(&data), "--format", "json"], more].concat());
    let well = look(&["--deep", "--public", "https://attesta.example.org"]);
    let lines = well.json()["lines"].as_array().unwrap().clone();
    let of = |lines: &[Value], about: &str| lines.iter().find(|l| l["about"] == about).unwrap()["health"].clone();
    for about in [
        "keys",
        "database",
        "blob store",
        "public address",
        "organisations",
        "log keys",
        "clock",
        "bytes",
        "jobs",
        "audit",
    ] {
        assert_eq!(of(&lines, about), "ok", "{about}: {}", well.out);
    }
    assert_eq!(of(&lines, "scanner"), "warn");
    let ill = look(&["--clamd", "tcp:127.0.0.1:1"]);
    assert_eq!((ill.code, of(ill.json()["lines"].as_array().unwrap(), "scanner")), (1, json!("fail")));
    let table = attesta(&["doctor", "--data", text(&data), "--clamd", "tcp:127.0.0.1:1"]);
    assert!(
        table.code == 1 && table.out.contains("fail  scanner") && table.out.contains("mend: start clamd"),
        "{}",
        table.out
    );
}

/// Runs where `cargo xtask blobs` has an S3 that answers; says so where it has not.
#[cfg(feature = "s3")]
#[test]
fn evidence_of_a_server_lies_in_s3_and_is_backed_up_from_there() {
    let Ok(address) = std::env::var("ATTESTA_TEST_BLOBS") else {
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "note: ATTESTA_TEST_BLOBS is not set; S3 was not tested");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("attesta.toml"));
    let blobs = format!("{address}/server-{}", std::process::id());
    fs::write(&file, format!("data = {:?}\nblobs = {blobs:?}\n", text(&data))).unwrap();
    let mut server = Server::start(&data, &["--config", text(&file)]);
    let organisation = server.owner(&data);
    let evidence = server.evidence(&organisation, "the first policy");
    let content = format!("/api/v1/organisations/{organisation}/evidence/{evidence}/content");
    assert_eq!(exchange(&server.address, "GET", &content, &server.headers(), "").2, "the first policy");
    assert!(!data.join("blobs").exists());
    let backups = folder.path().join("backups");
    let made = attesta(&["backup", text(&backups), "--config", text(&file)]);
    assert_eq!(made.code, 0, "{}", made.err);
    let (keys, target) = (data.join("seal.keys"), folder.path().join("restored"));
    let back = attesta(&["restore", text(&backups), "--keys", text(&keys), "--data", text(&target)]);
    assert_eq!(back.code, 0, "{}", back.err);
    assert_eq!(attesta(&["fsck", "--data", text(&target)]).code, 0);
    let looked = attesta(&["doctor", "--config", text(&file), "--format", "json"]).json();
    let line = looked["lines"].as_array().unwrap().iter().find(|l| l["about"] == "blob store").unwrap().clone();
    assert_eq!(line["health"], "ok", "{line}");
}

/// What `docs/how-to/serve.md` shows, as it stands.
#[test]
fn a_new_user_gets_from_nothing_to_a_proof_that_is_verified_without_the_server() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let page = fs::read_to_string(root.join("docs/how-to/serve.md")).unwrap();
    let section = page.split_once("## From nothing to a proof").unwrap().1;
    let script = section.split_once("```sh\n").unwrap().1.split_once("```").unwrap().0;
    let told = section.split_once("```text\n").unwrap().1.split_once("```").unwrap().0;
    let folder = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let binary = Path::new(env!("CARGO_BIN_EXE_attesta")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let ran = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(root)
        .env("PATH", path)
        .env("LISTEN", format!("127.0.0.1:{port}"))
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "curl and jq are needed: {err}\n{out}");
    for line in told.lines() {
        assert!(out.lines().any(|said| said == line), "{line}\n{out}\n{err}");
    }
}

#[test]
fn a_server_that_runs_signs_with_a_log_key_that_was_changed_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Server::start(&data, &[]);
    let organisation = server.owner(&data);
    let evidence = server.evidence(&organisation, "the first policy");
    let log = format!("/api/v1/organisations/{organisation}/log");
    let (_, before) = server.send("GET", &log, &Value::Null);
    let changed = attesta(&["rotate", "log-key", &organisation, "--data", text(&data), "--format", "json"]);
    assert_eq!(changed.code, 0, "{}", changed.err);
    let changed = changed.json();
    assert_eq!(changed["former_key"], before["key"]);
    assert_eq!(server.assessment(&organisation, "after the change").0, 201);
    let (_, after) = server.send("GET", &log, &Value::Null);
    assert_eq!((&after["key"], &after["former_keys"]), (&changed["key"], &json!([before["key"]])));
    // What was proven before verifies with the former key, and anew with the new one.
    let key = folder.path().join("key.vkey");
    let item = folder.path().join("item");
    fs::write(&key, after["key"].as_str().unwrap()).unwrap();
    fs::write(&item, "the first policy").unwrap();
    let proof = format!("/api/v1/organisations/{organisation}/evidence/{evidence}/proof");
    for file in ["item.tlog-proof", "leaf"] {
        let (status, _, body) = exchange(&server.address, "GET", &format!("{proof}/{file}"), &server.headers(), "");
        assert_eq!(status, 200);
        fs::write(folder.path().join(file), body).unwrap();
    }
    let found = folder.path().join("item.tlog-proof");
    let verified = attesta(&["verify", text(&item), text(&found), "--key", text(&key)]);
    assert_eq!(verified.code, 0, "{}", verified.err);
    assert_eq!(server.end().0, Some(0));
    let sealed = attesta(&["rotate", "seal-key", "--data", text(&data)]);
    assert_eq!(sealed.code, 0, "{}", sealed.err);
    let checkpoint = folder.path().join("before");
    fs::write(&checkpoint, before["checkpoint"].as_str().unwrap()).unwrap();
    let sound = attesta(&["fsck", "--data", text(&data), "--against", text(&checkpoint)]);
    assert_eq!(sound.code, 0, "{}", sound.err);
    let mut server = Server::start(&data, &[]);
    server.owner(&data);
    assert_eq!(server.assessment(&organisation, "after all keys").0, 201);
    let sealed = attesta(&["rotate", "seal-key", "--forget", "--data", text(&data), "--format", "json"]);
    assert_eq!(sealed.json()["keys"], 1, "{}", sealed.err);
    assert_eq!(server.assessment(&organisation, "with what it has in memory").0, 201);
}
