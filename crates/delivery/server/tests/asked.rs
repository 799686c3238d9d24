//! How often the database is asked: at most three times for any page and for any read of the API, once what it is worked out
//! from has been read. Every route is asked; a new one that asks more fails.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop at a surprise, and tells its count"
)]

#[path = "support/furnished.rs"]
mod furnished;
mod support;

use serde_json::{Value, json};
use support::{Browser, Instance};

/// So many statements a page or a read may send.
const MOST: u64 = 3;

/// The addresses of pages, as the router has them: what stands in this file is what it routes.
const ROUTES: &str = include_str!("../src/web/mod.rs");

/// How many statements a path sends when somebody asks it a second time.
async fn asked(instance: &Instance, who: &Browser, path: &str) -> (u16, u64) {
    who.get(path).await;
    let before = instance.house.statements();
    let answer = who.get(path).await;
    let statements = instance.house.statements() - before;
    if path.starts_with("/o/") {
        whole_forms(path, &String::from_utf8_lossy(&answer.bytes));
    }
    (answer.status.as_u16(), statements)
}

/// Every form says how it is sent: one that says nothing would put what was typed in the address, should it be sent before
/// the page's code takes it.
fn whole_forms(path: &str, page: &str) {
    for form in page.split("<form").skip(1) {
        let (tag, _) = form.split_once('>').unwrap();
        let looks = tag.contains("method=\"get\"") && tag.contains("action=") && !tag.contains("data-api");
        assert!(looks || tag.contains("method=\"post\""), "{path}: <form{tag}>");
    }
}

/// The addresses of pages in an organisation, as they stand in the router.
fn pages() -> Vec<&'static str> {
    let routes = ROUTES.lines().filter_map(|line| line.trim().strip_prefix(".route(\"")?.split_once('"'));
    routes.filter(|(path, door)| door.contains("get(") && path.contains("{org}")).map(|(path, _)| path).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_and_no_read_asks_the_database_more_than_three_times() {
    let instance = furnished::instance().await;
    let mut first = furnished::furnished(&instance).await;
    let api = format!("/api/v1/organisations/{}", first.org);
    let found = first.owner.get(&format!("{api}/posture/findings")).await.is(200).json;
    let finding = found["items"][0]["id"].as_str().unwrap().to_owned();
    first.names.extend([("register", "risks".to_owned()), ("finding", finding)]);
    first.names.insert("policy", "volume-encryption-at-rest".to_owned());
    let described: Value = serde_json::from_str(&attesta_server::openapi()).unwrap();
    let reads = described["paths"].as_object().unwrap().iter().filter(|(path, operations)| {
        // The stream of changes does not end.
        operations.get("get").is_some() && path.contains("{org}") && !path.ends_with("/changes")
    });
    let (pages, reads): (Vec<&str>, Vec<&str>) = (pages(), reads.map(|(path, _)| path.as_str()).collect());
    let mut paths: Vec<String> = Vec::new();
    for template in pages.iter().chain(&reads) {
        paths.push(first.path("GET", template, &first.org).unwrap());
    }
    let (assessment, requirement) = (&first.names["assessment"], &first.names["requirement"]);
    // The same page with something open.
    paths.push(format!("/o/{}/a/{assessment}/requirements?open={requirement}", first.org));
    let lead = json!({ "role": "compliance-lead" });
    let contributor = json!({ "role": "contributor" });
    let boxed = json!({ "role": "assessor-lead", "until": "2036-01-01T00:00:00Z", "assessments": [assessment] });
    let mut people = vec![("owner", first.owner.clone())];
    for (role, place) in [("compliance-lead", lead), ("contributor", contributor), ("assessor-lead", boxed)] {
        people.push((role, instance.member(&first.owner, &first.org, &format!("{role}@example.org"), place).await.0));
    }
    let (mut many, mut shown, mut counts) = (Vec::new(), 0, [0_usize; 4]);
    for (role, person) in &people {
        for path in &paths {
            let (status, statements) = asked(&instance, person, path).await;
            assert!(status < 500, "{role} {path}: {status}");
            shown += usize::from(status == 200);
            if statements > MOST {
                many.push(format!("{role} {path}: {statements}"));
            } else if status == 200 {
                counts[usize::try_from(statements).unwrap()] += 1;
            }
        }
    }
    assert_eq!(many, Vec::<String>::new());
    println!(
        "asked: {} pages and {} reads by {} people, {shown} shown: {} with 1 statement, {} with 2, {} with 3",
        pages.len() + 1,
        reads.len(),
        people.len(),
        counts[1],
        counts[2],
        counts[3]
    );
    assert!(pages.len() > 40 && reads.len() > 50 && shown > 250, "{} {} {shown}", pages.len(), reads.len());
}

/// What a browser sends before a page's code has come is answered, kept by nobody, and stands in no address.
#[tokio::test]
async fn a_form_that_is_sent_too_early_loses_and_tells_nothing() {
    let instance = Instance::start().await;
    let (owner, _) = instance.owner().await;
    let form = [("content-type", "application/x-www-form-urlencoded"), ("accept", "text/html")];
    for path in ["/sign-in", "/first", "/join", "/verify", "/account", "/organisations"] {
        let page = owner.get(path).await;
        whole_forms(path, &String::from_utf8_lossy(&page.bytes));
        let early = owner.raw("POST", path, b"password=hunter2".to_vec(), &form).await.is(405);
        let told = String::from_utf8_lossy(&early.bytes).into_owned();
        assert!(told.contains("before its page was ready") && !told.contains("hunter2"), "{path}: {told}");
    }
    let page = instance.visitor().get("/sign-in").await.is(200);
    let page = String::from_utf8_lossy(&page.bytes).into_owned();
    assert!(page.contains("<form"), "{page}");
    whole_forms("/sign-in", &page);
}
