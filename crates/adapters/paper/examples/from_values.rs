//! Sets a report from values in a file, to look at a template while it is
//! written: `cargo run -p attesta-paper --features typst --example from_values -- values.json out.pdf`.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic, reason = "an example for developers")]

use attesta_paper::{Template, set};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(values), Some(out)) = (arguments.next(), arguments.next()) else { panic!("usage: VALUES.json OUT.pdf") };
    let data = std::fs::read_to_string(values).unwrap();
    let said: serde_json::Value = serde_json::from_str(&data).unwrap();
    let template = match said.get("document").and_then(|d| d.as_str()) {
        Some("readiness") => Template::Readiness,
        Some("gaps") => Template::Gaps,
        Some("scope") => Template::Scope,
        Some("letter") => Template::Letter,
        other => panic!("no template for {other:?}"),
    };
    let day = said.pointer("/about/day").and_then(|d| d.as_str()).unwrap().parse().unwrap();
    let pdf = set(template, &data, day, "example").unwrap();
    std::fs::write(out, &pdf.bytes).unwrap();
    println!("{} pages, {} bytes, {} letters replaced", pdf.pages, pdf.bytes.len(), pdf.replaced);
}
