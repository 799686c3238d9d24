//! `attesta monitor --once`: one alert after one change, silence at the next run, and nothing lost.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests, outside of the test functions"
)]

mod support;

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    thread::JoinHandle,
};

use serde_json::{Value, json};

/// A folder with a configuration and neutral resources.
struct Watched {
    folder: tempfile::TempDir,
}

const CONFIG: &str = "schema: attesta.monitor/1\nfolder: kept\nsources:\n- name: app-host\n  paths: [estate.jsonl]\n  every: 1h\nroutes:\n- name: console\n  console: true\n";

fn volume(address: &str, encrypted: Value) -> Value {
    json!({"kind": "volume", "address": address, "names": [format!("arn:aws:ec2:us-east-1:111122223333:volume/{address}")],
        "attributes": {"encryption_at_rest.enabled": encrypted}})
}

impl Watched {
    fn new(config: &str) -> Self {
        let watched = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(watched.path("monitor.yaml"), config).unwrap();
        watched
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn estate(&self, complete: bool, resources: &[Value]) {
        let kinds: &[&str] = if complete { &["volume"] } else { &[] };
        let header = json!({"schema": "attesta.neutral-resources/1", "complete": kinds});
        let text: String = std::iter::once(&header).chain(resources).map(|v| format!("{v}\n")).collect();
        fs::write(self.path("estate.jsonl"), text).unwrap();
    }

    fn once(&self, time: &str) -> support::Run {
        let file = self.path("monitor.yaml");
        support::attesta(&["monitor", file.to_str().unwrap(), "--once", "--time", time])
    }
}

#[test]
fn one_alert_after_one_change_and_silence_at_the_next_run() {
    let watched = Watched::new(CONFIG);
    watched.estate(true, &[volume("vol-1", json!(true)), volume("vol-2", json!(false))]);
    let first = watched.once("2026-11-26T06:00:00Z");
    assert_eq!((first.code, first.out.as_str()), (0, ""), "what holds at the first look is no news: {}", first.err);
    assert!(first.err.contains("are taken as known"), "{}", first.err);
    // Not due yet.
    watched.estate(true, &[volume("vol-1", json!(false)), volume("vol-2", json!(false))]);
    assert_eq!(watched.once("2026-11-26T06:30:00Z").out, "");
    let second = watched.once("2026-11-26T07:00:00Z");
    assert_eq!(second.code, 1, "{}", second.err);
    let alerts = second.out.matches("[attesta]").count();
    assert_eq!(alerts, 1, "{}", second.out);
    support::golden("monitor-alert.txt", &second);
    // The same again: nothing is told twice.
    let third = watched.once("2026-11-26T08:00:00Z");
    assert_eq!((third.code, third.out.as_str()), (0, ""), "{}", third.err);
    // Mended: one word, and it is quiet.
    watched.estate(true, &[volume("vol-1", json!(true)), volume("vol-2", json!(false))]);
    let mended = watched.once("2026-11-26T09:00:00Z");
    assert_eq!(mended.code, 0, "{}", mended.out);
    assert!(mended.out.contains("[attesta] app-host: mended, 1 resource: Disks encrypt"), "{}", mended.out);
    assert_eq!(mended.out.matches("[attesta]").count(), 1);
    assert_eq!(watched.once("2026-11-26T10:00:00Z").out, "");
}

#[test]
fn many_of_one_policy_are_one_alert_and_what_went_is_another() {
    let watched = Watched::new(CONFIG);
    let all = |encrypted: bool| (0..30).map(|n| volume(&format!("vol-{n}"), json!(encrypted))).collect::<Vec<_>>();
    watched.estate(true, &all(true));
    watched.once("2026-11-26T06:00:00Z");
    watched.estate(true, &all(false));
    let told = watched.once("2026-11-26T07:00:00Z");
    assert_eq!(told.out.matches("[attesta]").count(), 1, "{}", told.out);
    assert!(
        told.out.contains("violation, 30 resources") && told.out.contains("… and 10 more resources"),
        "{}",
        told.out
    );
    watched.estate(true, &[]);
    let gone = watched.once("2026-11-26T08:00:00Z");
    assert_eq!(gone.out.matches("[attesta]").count(), 1, "{}", gone.out);
    assert!(gone.out.contains("90 checks gone with their resources"), "{}", gone.out);
    assert!(gone.out.contains("… and 10 more resources"), "{}", gone.out);
}

#[test]
fn what_is_not_seen_any_more_is_told_so_and_never_as_mended() {
    let watched = Watched::new(CONFIG);
    watched.estate(false, &[volume("vol-1", json!(true))]);
    watched.once("2026-11-26T06:00:00Z");
    watched.estate(false, &[volume("vol-1", json!(false))]);
    assert_eq!(watched.once("2026-11-26T07:00:00Z").code, 1);
    watched.estate(false, &[]);
    let lost = watched.once("2026-11-26T08:00:00Z");
    assert!(lost.out.contains("can no longer be told") && !lost.out.contains("mended"), "{}", lost.out);
    // Still not seen, and then certainly gone.
    assert_eq!(watched.once("2026-11-26T09:00:00Z").out, "");
    watched.estate(true, &[volume("vol-9", json!(true))]);
    let gone = watched.once("2026-11-26T10:00:00Z");
    assert!(gone.out.contains("gone with their resources") && !gone.out.contains("mended"), "{}", gone.out);
}

#[test]
fn a_window_hides_and_what_still_holds_is_told_afterwards() {
    let window = "windows:\n- because: patching\n  from: 2026-11-26T06:30:00Z\n  to: 2026-11-26T08:30:00Z\n";
    let watched = Watched::new(&CONFIG.replace("routes:", &format!("{window}routes:")));
    watched.estate(true, &[volume("vol-1", json!(true)), volume("vol-2", json!(true))]);
    watched.once("2026-11-26T06:00:00Z");
    watched.estate(true, &[volume("vol-1", json!(false)), volume("vol-2", json!(false))]);
    let hidden = watched.once("2026-11-26T07:00:00Z");
    assert_eq!((hidden.code, hidden.out.as_str()), (0, ""), "{}", hidden.err);
    assert!(hidden.err.contains("a window: nothing is told"), "{}", hidden.err);
    // One comes back within the window: nobody hears of it.
    watched.estate(true, &[volume("vol-1", json!(false)), volume("vol-2", json!(true))]);
    assert_eq!(watched.once("2026-11-26T08:00:00Z").out, "");
    let after = watched.once("2026-11-26T09:00:00Z");
    assert_eq!(after.code, 1);
    assert!(after.out.contains("vol-1") && !after.out.contains("vol-2"), "{}", after.out);
    assert!(after.out.contains("since 2026-11-26T07:00:00Z, otherwise at 2026-11-26T06:00:00Z"), "{}", after.out);
    assert!(!after.out.contains("mended"));
}

#[test]
fn who_changed_it_is_told_where_the_event_fits() {
    let watched = Watched::new(&CONFIG.replace("every: 1h", "every: 1h\n  events: [events]"));
    watched.estate(true, &[volume("vol-1", json!(true)), volume("vol-2", json!(true))]);
    watched.once("2026-11-26T06:00:00Z");
    let event = |time: &str, volume: &str, who: &str, read: bool| {
        json!({"eventID": format!("{time}{volume}"), "eventTime": time, "eventName": "ModifyVolume",
            "eventSource": "ec2.amazonaws.com", "readOnly": read, "userIdentity": {"arn": who},
            "requestParameters": {"volumeId": volume},
            "resources": [{"ARN": format!("arn:aws:ec2:us-east-1:111122223333:volume/{volume}")}]})
    };
    let (eve, bob) = ("arn:aws:iam::111122223333:user/eve", "arn:aws:iam::111122223333:user/bob");
    let records = json!({"Records": [
        event("2026-11-26T06:40:00Z", "vol-1", eve, false),
        event("2026-11-26T05:40:00Z", "vol-1", bob, false),
        event("2026-11-26T06:41:00Z", "vol-1", bob, true),
        event("2026-11-26T06:42:00Z", "vol-7", bob, false),
    ]});
    fs::create_dir(watched.path("events")).unwrap();
    fs::write(watched.path("events/one.json"), records.to_string()).unwrap();
    watched.estate(true, &[volume("vol-1", json!(false)), volume("vol-2", json!(false))]);
    let told = watched.once("2026-11-26T07:00:00Z").out;
    assert!(told.contains(&format!("changed by: {eve} (ModifyVolume at 2026-11-26T06:40:00Z)")), "{told}");
    assert!(told.contains("changed by: not known") && !told.contains("bob"), "{told}");
}

/// A receiver that answers with these statuses, and gives back headers and bodies.
fn receiver(statuses: &'static [u16]) -> (String, JoinHandle<Vec<(String, String)>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let handle = std::thread::spawn(move || {
        let mut heard = Vec::new();
        for status in statuses {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim_end().is_empty() {
                    break;
                }
                if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
                    length = value.trim().parse().unwrap();
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            heard.push((head, String::from_utf8(body).unwrap()));
            let answer = format!("HTTP/1.1 {status} So\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
        }
        heard
    });
    (url, handle)
}

#[test]
fn a_webhook_that_fails_first_hears_it_later_signed_and_only_once() {
    let (url, handle) = receiver(&[503, 200]);
    let route = format!("- name: hook\n  webhook: {url}\n  key_file: hook.key\n  severity: high\n");
    let watched = Watched::new(&format!("{CONFIG}{route}"));
    fs::write(watched.path("hook.key"), "0123456789abcdef0123456789abcdef\n").unwrap();
    watched.estate(true, &[volume("vol-1", json!(true))]);
    watched.once("2026-11-26T06:00:00Z");
    watched.estate(true, &[volume("vol-1", json!(false))]);
    let told = watched.once("2026-11-26T07:00:00Z");
    assert_eq!(told.code, 1);
    assert!(told.err.contains("hook:") && told.err.contains("503"), "{}", told.err);
    assert_eq!(fs::read_dir(watched.path("kept/outbox/pending")).unwrap().count(), 1);
    // Nothing is due but the message that waits.
    let later = watched.once("2026-11-26T07:05:00Z");
    assert_eq!((later.code, later.out.as_str()), (0, ""), "{}", later.err);
    assert_eq!(fs::read_dir(watched.path("kept/outbox/pending")).unwrap().count(), 0);
    let heard = handle.join().unwrap();
    let body: Value = serde_json::from_str(&heard[1].1).unwrap();
    assert_eq!(heard[0].1, heard[1].1, "the same message");
    assert_eq!((&body["schema"], &body["news"]), (&json!("attesta.alert/1"), &json!("violated")));
    assert_eq!(body["checks"][0]["changes"][0]["after"], "false");
    assert!(!body["domains"].as_array().unwrap().is_empty());
    let header = heard[1].0.lines().find(|l| l.to_lowercase().starts_with("attesta-signature:")).unwrap();
    let key = attesta_notify::Key::new("0123456789abcdef0123456789abcdef").unwrap();
    let now = "2026-11-26T07:05:00Z".parse().unwrap();
    let header = header.split_once(": ").unwrap().1;
    assert_eq!(attesta_notify::verify(&key, header, heard[1].1.as_bytes(), now, 0), Ok(()));
    let log = fs::read_to_string(watched.path("kept/outbox/deliveries.jsonl")).unwrap();
    assert_eq!(log.matches("\"delivered\"").count(), 2, "console and hook: {log}");
}

#[test]
fn what_a_crash_left_untold_is_told_once() {
    let watched = Watched::new(CONFIG);
    watched.estate(true, &[volume("vol-1", json!(true))]);
    watched.once("2026-11-26T06:00:00Z");
    let state = watched.path("kept/state/app-host.json");
    let known = fs::read(&state).unwrap();
    watched.estate(true, &[volume("vol-1", json!(false))]);
    assert_eq!(watched.once("2026-11-26T07:00:00Z").out.matches("[attesta]").count(), 1);
    // As if the program had died after the message went out and before it wrote down that it had told.
    fs::write(&state, &known).unwrap();
    let again = watched.once("2026-11-26T07:30:00Z");
    assert_eq!(again.out, "", "the same run, the same message: not twice");
    // As if it had died after the run was kept and before anything was told.
    fs::write(&state, &known).unwrap();
    fs::remove_dir_all(watched.path("kept/outbox")).unwrap();
    assert_eq!(watched.once("2026-11-26T07:31:00Z").out.matches("[attesta]").count(), 1);
}

#[test]
fn a_source_that_cannot_be_looked_at_is_told_once_and_so_is_its_return() {
    let watched = Watched::new(CONFIG);
    watched.estate(true, &[volume("vol-1", json!(true))]);
    watched.once("2026-11-26T06:00:00Z");
    fs::remove_file(watched.path("estate.jsonl")).unwrap();
    let lost = watched.once("2026-11-26T07:00:00Z");
    assert_eq!(lost.code, 3);
    assert!(lost.out.contains("app-host: cannot be looked at") && lost.out.contains("does not exist"), "{}", lost.out);
    let still = watched.once("2026-11-26T08:00:00Z");
    assert_eq!((still.code, still.out.as_str()), (3, ""));
    watched.estate(true, &[volume("vol-1", json!(true))]);
    let back = watched.once("2026-11-26T09:00:00Z");
    assert_eq!(back.code, 0, "{}", back.err);
    assert!(back.out.contains("app-host: can be looked at again") && !back.out.contains("mended"), "{}", back.out);
}

#[test]
fn a_collector_is_a_source_and_its_runs_follow_each_other() {
    let config = CONFIG.replace("paths: [estate.jsonl]", "collect: [generic, estate.jsonl]");
    let watched = Watched::new(&config);
    watched.estate(true, &[volume("vol-1", json!(true))]);
    let first = watched.once("2026-11-26T06:00:00Z");
    assert_eq!(first.code, 0, "{}", first.err);
    watched.estate(true, &[volume("vol-1", json!(false))]);
    let second = watched.once("2026-11-26T07:00:00Z");
    assert_eq!(second.out.matches("[attesta]").count(), 1, "{}{}", second.out, second.err);
    assert!(second.out.contains("encryption_at_rest.enabled: true -> false"), "{}", second.out);
    let history = watched.path("kept/history");
    let runs = support::attesta(&["history", "list", history.to_str().unwrap(), "--format", "json"]).json();
    assert_eq!(runs.as_array().map_or(0, Vec::len).max(runs["runs"].as_array().map_or(0, Vec::len)), 2, "{runs}");
    assert!(!walk(&watched.path("kept")).iter().any(|p| p.to_string_lossy().contains("collecting")));
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    entries.flat_map(|p| if p.is_dir() { walk(&p) } else { vec![p] }).collect()
}

#[test]
fn an_alert_names_the_threshold_that_a_plan_touches() {
    let root = support::root();
    let assessment = root.join("fixtures/telehealth-r2");
    let config = CONFIG
        .replace("paths: [estate.jsonl]", "paths: [plan.json]")
        .replace("every: 1h", &format!("every: 1h\n  assessment: {}", assessment.display()));
    let watched = Watched::new(&config);
    let plan = fs::read_to_string(root.join("examples/telehealth/plan.json")).unwrap();
    fs::write(watched.path("plan.json"), &plan).unwrap();
    let first = watched.once("2026-08-25T06:00:00Z");
    assert_eq!(first.out, "", "{}", first.err);
    let mut changed: Value = serde_json::from_str(&plan).unwrap();
    for resource in changed["resource_changes"].as_array_mut().unwrap() {
        if resource["type"] == "aws_cloudtrail" {
            for setting in ["enable_logging", "enable_log_file_validation", "is_multi_region_trail"] {
                resource["change"]["after"][setting] = json!(false);
            }
        }
    }
    fs::write(watched.path("plan.json"), changed.to_string()).unwrap();
    let told = watched.once("2026-08-25T07:00:00Z");
    assert_eq!(told.code, 1, "{}", told.err);
    assert!(told.out.contains("Certification: at risk for Riverbend"), "{}", told.out);
    assert!(told.out.contains("domain 12 below the threshold"), "{}", told.out);
    assert_eq!(watched.once("2026-08-25T08:00:00Z").out, "");
}

/// A server of ours that knows one source and takes snapshots; gives the requests that it heard.
fn server(answers: Vec<(u16, Value)>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/v1/organisations/ten_1", listener.local_addr().unwrap());
    let heard = std::thread::spawn(move || {
        let answer = |(status, told): (u16, Value)| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert!(reader.read_line(&mut head).unwrap() > 0);
            }
            let length = head.lines().find_map(|l| l.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            reader.read_exact(&mut body).unwrap();
            let told = told.to_string();
            write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{told}", told.len())
                .unwrap();
            format!("{head}{}", String::from_utf8_lossy(&body))
        };
        answers.into_iter().map(answer).collect()
    });
    (url, heard)
}

#[test]
fn a_snapshot_is_pushed_once_and_again_when_the_server_was_away() {
    let watched = Watched::new(CONFIG);
    watched.estate(true, &[volume("vol-1", json!(true))]);
    let known = json!({"items": [{"id": "src_1", "name": "app-host", "origin": {"kind": "pushed"}}]});
    let taken = json!({"job": "job_1", "source": "src_1"});
    let (url, heard) = server(vec![(200, known.clone()), (503, json!({"title": "later"})), (200, known), (202, taken)]);
    let file = watched.path("monitor.yaml");
    let push = |time: &str, token: Option<&str>| {
        let arguments = ["monitor", file.to_str().unwrap(), "--once", "--time", time, "--push", &url];
        let run = support::command().args(arguments).env("ATTESTA_TOKEN", token.unwrap_or_default()).output().unwrap();
        (run.status.code().unwrap(), String::from_utf8(run.stderr).unwrap())
    };
    let (code, why) = push("2026-11-26T06:00:00Z", None);
    assert_eq!(code, 2, "{why}");
    let (code, why) = push("2026-11-26T06:00:00Z", Some("secret"));
    assert_eq!(code, 3, "{why}");
    assert!(why.contains("not sent") && why.contains("later") && !why.contains("secret"), "{why}");
    // Nothing is due, and what waits is sent; then nothing waits any more.
    assert_eq!(push("2026-11-26T06:10:00Z", Some("secret")).0, 0);
    assert_eq!(push("2026-11-26T06:20:00Z", Some("secret")).0, 0);
    let heard = heard.join().unwrap();
    let sent = heard.last().unwrap();
    assert!(sent.starts_with("POST /api/v1/organisations/ten_1/sources/src_1/snapshots?name="), "{sent}");
    assert!(sent.to_lowercase().contains("authorization: bearer secret") && sent.contains("vol-1"), "{sent}");
}

#[test]
fn a_route_without_its_key_is_refused_before_anything_is_looked_at() {
    let route = "- name: hook\n  webhook: http://127.0.0.1:9/\n  key_file: hook.key\n";
    let watched = Watched::new(&format!("{CONFIG}{route}"));
    watched.estate(true, &[]);
    let run = watched.once("2026-11-26T06:00:00Z");
    assert_eq!(run.code, 3);
    assert!(run.err.contains("route `hook`") && run.err.contains("hook.key: cannot be read"), "{}", run.err);
    fs::write(watched.path("hook.key"), "short").unwrap();
    assert!(watched.once("2026-11-26T06:00:00Z").err.contains("a key has 16 bytes at least"));
    let plain = Watched::new(&format!("{CONFIG}{}", route.replace("127.0.0.1:9", "example.org")));
    fs::write(plain.path("hook.key"), "0123456789abcdef").unwrap();
    assert!(plain.once("2026-11-26T06:00:00Z").err.contains("must not travel in plain text"));
}
