//! The page about the API says what is there, and its session works.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;
use support::{Instance, PASSWORD};

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

fn page() -> String {
    std::fs::read_to_string(root().join("docs/reference/api.md")).unwrap()
}

/// The text of the first fence of that kind.
fn fence(page: &str, kind: &str) -> String {
    let begin = format!("```{kind}\n");
    let (_, rest) = page.split_once(&begin).unwrap();
    rest.split_once("\n```").unwrap().0.to_owned()
}

/// What the table promises below an assessment: methods and addresses with their names as `{}`.
fn promised(page: &str) -> BTreeSet<String> {
    let table = page.lines().filter(|line| line.starts_with("| `"));
    let cells = table.filter_map(|line| line.split('|').nth(1));
    let codes = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    codes
        .filter_map(|code| code.split_once(' '))
        .flat_map(|(methods, path)| {
            let path: Vec<&str> = path
                .split('/')
                .map(|part| if part.bytes().all(|b| b.is_ascii_uppercase()) { "{}" } else { part })
                .collect();
            methods.split('/').map(|m| format!("{} {}", m.to_lowercase(), path.join("/"))).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn the_table_names_every_address_of_an_assessment() {
    let described: Value = serde_json::from_str(&attesta_server::openapi()).unwrap();
    let below = "/api/v1/organisations/{org}/assessments/{assessment}/";
    let mut there = BTreeSet::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        let Some(rest) = path.strip_prefix(below) else { continue };
        let rest: Vec<&str> = rest.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
        for method in methods.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            there.insert(format!("{method} {}", rest.join("/")));
        }
    }
    assert_eq!(promised(&page()), there);
}

#[test]
fn the_page_says_which_leave_each_command_asks_for() {
    let page = page();
    let rows = page.split_once("## Commands of a phase").unwrap().1.split_once("## A session").unwrap().0.to_owned();
    let told: BTreeSet<(String, String)> = rows
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'))
        .flat_map(|line| {
            let cells: Vec<&str> = line.split('|').collect();
            let leave = cells[1].trim().to_owned();
            cells[2].split('`').skip(1).step_by(2).map(move |verb| (verb.to_owned(), leave.clone())).collect::<Vec<_>>()
        })
        .collect();
    let meant: BTreeSet<(String, String)> = attesta_server::leaves_of_commands().into_iter().collect();
    assert_eq!(told, meant);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_session_works_as_it_is_written() {
    let instance = Instance::start().await;
    let (_, org) = instance.owner().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = instance.router.clone();
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let script = fence(&page(), "sh");
    let folder = instance.folder.path().to_owned();
    let ran = tokio::task::spawn_blocking(move || {
        std::process::Command::new("bash")
            .args(["-euo", "pipefail", "-c", &script])
            .env("ATTESTA", format!("http://{address}"))
            .env("ORG", org)
            .env("EMAIL", "ada@example.org")
            .env("PASSWORD", PASSWORD)
            .env("FOLDER", root().join("fixtures/life/clinic-r2"))
            .env("TMPDIR", folder)
            .output()
    });
    let ran = ran.await.unwrap().unwrap();
    serving.abort();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "curl and jq are needed: {err}\n{out}");
    for line in fence(&page(), "text").lines().skip(1).filter(|line| *line != "…") {
        let begin = line.trim_end_matches('…');
        assert!(out.lines().any(|said| said.starts_with(begin)), "{line}\n{out}");
    }
}
