//! How long a gap report of so many requirements takes, and how much memory: `cargo run --release -p attesta-paper --example
//! measure -- 2000 gaps.pdf readiness.pdf`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "an example for developers"
)]

#[path = "../tests/support/mod.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod support;

use std::time::Instant;

use attesta_paper::{Template, set};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().map_or(2000, |n| n.parse().unwrap());
    let data = support::gaps(count, count / 10).to_string();
    for turn in 1..=2 {
        let began = Instant::now();
        let pdf = set(Template::Gaps, &data, support::day(), "measure").unwrap();
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default().to_owned();
        println!(
            "{turn}: {count} gaps, {} bytes of data: {} pages, {} bytes, {} ms, {peak}",
            data.len(),
            pdf.pages,
            pdf.bytes.len(),
            began.elapsed().as_millis()
        );
        if turn == 1
            && let Some(file) = arguments.next()
        {
            std::fs::write(file, pdf.bytes).unwrap();
        }
    }
    let began = Instant::now();
    let pdf = set(Template::Readiness, &support::readiness().to_string(), support::day(), "measure").unwrap();
    if let Some(file) = arguments.next() {
        std::fs::write(file, &pdf.bytes).unwrap();
    }
    println!("readiness: {} pages, {} bytes, {} ms", pdf.pages, pdf.bytes.len(), began.elapsed().as_millis());
}
