//! What people wait for: bytes of a first page, the server's CPU a page, first paint, and a key to its paint in a grid of 2,000 rows.
//!
//! ```text
//! cargo run --release -p attesta-browser --example measure
//! ```
//!
//! Prints Markdown tables. The server's CPU is that of this whole process while it serves pages to a client without a browser
//! (`/proc/self/stat`), the client's share with it; paints are what chromium says of itself.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::as_conversions,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    reason = "a program for people who measure"
)]

use std::{fmt::Write as _, time::Instant};

use attesta_browser::{Site, Window, files};
use serde_json::{Value, json};

const ROWS: usize = 2_000;
/// Pages asked for, of each kind.
const TIMES: u32 = 200;

/// An assessment with an invented pack of so many requirements, each answered on three levels.
fn invented(rows: usize) -> serde_json::Map<String, Value> {
    let mut files = files("life/clinic-r2");
    files.retain(|name, _| {
        !["answers/", "validation/", "evidence", "packs/", "submission"].iter().any(|p| name.starts_with(p))
    });
    let mut pack = String::from(
        "schema: attesta.requirements/1\nid: many\ntitle: \"Many invented requirements\"\nnotice: \"Invented, for measurements\"\n\
         source: \"ours\"\nconfidence: verified\nrequirements:\n",
    );
    let mut answers = vec![String::from("schema: attesta.answers/1\nanswers:\n"); 19];
    for row in 0..rows {
        let domain = row % 19 + 1;
        write!(
            pack,
            "  - id: MANY-{row:04}\n    domain: {domain}\n    control_reference: \"01.b\"\n    title: \"Invented requirement {row}\"\n    \
             text: \"It holds.\"\n    elements: [{{text: \"It is so.\"}}, {{text: \"It stays so.\"}}]\n    core_of: [r2]\n",
        )
        .unwrap();
        let met = ["all", "[1]", "none"][row % 3];
        write!(
            answers[domain - 1],
            "  - requirement: MANY-{row:04}\n    owner: ann\n    policy: {{met: {met}, strength: documented}}\n    \
             procedure: {{met: {met}, strength: documented}}\n    implemented: {{met: {met}, strength: very-high}}\n",
        )
        .unwrap();
    }
    files.insert("packs/many.yaml".to_owned(), Value::String(pack));
    for (at, text) in answers.into_iter().enumerate() {
        files.insert(format!("answers/{:02}.yaml", at + 1), Value::String(text));
    }
    let assessment = files["assessment.yaml"].as_str().unwrap().replace("[clinic]", "[many]");
    files.insert("assessment.yaml".to_owned(), Value::String(assessment));
    files
}

/// CPU of this process so far, in milliseconds.
fn cpu() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<u64> =
        stat.rsplit_once(')').unwrap().1.split_whitespace().skip(11).take(2).map(|f| f.parse().unwrap()).collect();
    // Linux counts in hundredths of a second.
    (fields[0] + fields[1]) * 10
}

/// How many bytes an address sends, as they travel.
async fn got(site: &Site, path: &str) -> usize {
    site.page(&site.owner, path).await.len()
}

#[tokio::main]
async fn main() {
    let site = Site::start().await;
    let begun = Instant::now();
    let assessment = site.assessment_of(invented(ROWS)).await;
    println!("an assessment of {ROWS} requirements is made in {} ms\n", begun.elapsed().as_millis());
    let home = format!("/o/{}", site.org);
    let inside = format!("{home}/a/{assessment}");
    let pages = [
        ("sign-in", "/sign-in".to_owned()),
        ("home", home.clone()),
        ("overview", inside.clone()),
        ("requirements", format!("{inside}/requirements")),
        ("requirements with a panel", format!("{inside}/requirements?open=MANY-0007")),
        ("rows of the grid", format!("{inside}/requirements/rows")),
        ("gaps", format!("{inside}/gaps")),
        ("calendar", format!("{inside}/calendar")),
        ("evidence", format!("{home}/evidence")),
        ("tasks", format!("{home}/tasks")),
        ("audit trail", format!("{home}/trail")),
    ];
    println!("| Page | KiB as it travels | CPU ms a page |\n|---|---:|---:|");
    for (name, path) in &pages {
        let bytes = got(&site, path).await;
        let before = cpu();
        for _ in 0..TIMES {
            got(&site, path).await;
        }
        let each = (cpu() - before) as f64 / f64::from(TIMES);
        println!("| {name} | {:.1} | {each:.2} |", bytes as f64 / 1024.0);
    }
    assets(&site).await;
    paints(&site, &home, &inside).await;
}

/// What a first page loads beside itself.
async fn assets(site: &Site) {
    let mut bytes = 0;
    for name in [
        "app.css", "app.js", "api.js", "forms.js", "swap.js", "live.js", "table.js", "times.js", "terms.js", "undo.js",
        "icon.svg",
    ] {
        bytes += got(site, &attesta_pages::address(name)).await;
    }
    println!("\nwhat a first page loads beside itself: {:.1} KiB as it travels", bytes as f64 / 1024.0);
}

async fn paints(site: &Site, home: &str, inside: &str) {
    let window = Window::of(site, &site.owner).await;
    println!("\n| In chromium | ms, middle of 9 |\n|---|---:|");
    let fcp = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1";
    for (name, path) in [("home", home.to_owned()), ("requirements", format!("{inside}/requirements"))] {
        let mut took = Vec::new();
        for _ in 0..9 {
            window.goto(&path).await;
            tokio::time::sleep(std::time::Duration::from_millis(400)).await;
            took.push(window.run(fcp, vec![]).await.as_f64().unwrap_or(-1.0));
        }
        println!("| first contentful paint, {name} | {:.0} |", middle(took));
    }
    window.goto(&format!("{inside}/requirements")).await;
    window.find("#grid[data-ready]").await;
    // From the key to the frame after the one in which its effect was drawn.
    let press = "const done = arguments[arguments.length - 1]; const grid = document.querySelector('#grid table'); \
        (document.activeElement?.closest('#grid') ? document.activeElement : grid.querySelector('tbody td.ent')).focus(); \
        const at = performance.now(); \
        document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: arguments[0], bubbles: true, cancelable: true })); \
        requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = () => done(performance.now() - at); c.port2.postMessage(0); });";
    for (name, key) in [("a score key", "3"), ("arrow down", "ArrowDown"), ("page down", "PageDown"), ("end", "End")] {
        let mut took = Vec::new();
        for _ in 0..9 {
            let answer = window.client.execute_async(press, vec![json!(key)]).await.unwrap();
            took.push(answer.as_f64().unwrap_or(-1.0));
            tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        }
        println!("| {name} to its paint, {ROWS} rows | {:.1} |", middle(took));
    }
    window.close().await;
}

fn middle(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
