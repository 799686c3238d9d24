//! What each step of `attesta check` costs on the shipped example. Run with `cargo bench -p attesta-bench`; figures and
//! the machine that they come from stand in `docs/performance.md`. Never run as a test: times prove nothing there.
#![expect(clippy::unwrap_used, reason = "a bench may stop at a surprise")]

use std::{io, path::PathBuf};

use attesta_app::check::{Inputs, check};
use attesta_collectors::{Collection, Limits, Request, Silent, collect};
use attesta_content::ContentSource;
use attesta_interchange::reports::{self, Format, Options};

fn main() {
    divan::main();
}

fn plan() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/telehealth/plan.json")
}

fn collected() -> Collection {
    collect(&Request { paths: vec![plan()], keep_raw: false, dictionary: None, limits: Limits::default() }, &Silent)
}

/// The whole content pack: frameworks, statements, mappings, dictionary.
#[divan::bench]
fn load_catalog() -> usize {
    attesta_content::load(&ContentSource::Embedded).unwrap().statements().count()
}

/// Every policy that ships, read and compiled.
#[divan::bench]
fn load_policies(bencher: divan::Bencher<'_, '_>) {
    let catalog = attesta_content::load(&ContentSource::Embedded).unwrap();
    let files: Vec<_> = attesta_content::files(&ContentSource::Embedded, "policies").unwrap().collect();
    bencher.bench(|| attesta_content::policies(&files, &catalog).unwrap().len());
}

/// Reading and normalising the example's plan.
#[divan::bench]
fn collect_plan(bencher: divan::Bencher<'_, '_>) {
    let bytes = std::fs::metadata(plan()).unwrap().len();
    bencher.counter(divan::counter::BytesCount::new(bytes)).bench(collected);
}

/// Judging it and folding the picture.
#[divan::bench]
fn judge(bencher: divan::Bencher<'_, '_>) {
    let catalog = attesta_content::load(&ContentSource::Embedded).unwrap();
    let files: Vec<_> = attesta_content::files(&ContentSource::Embedded, "policies").unwrap().collect();
    let policies = attesta_content::policies(&files, &catalog).unwrap();
    bencher.with_inputs(|| (policies.clone(), collected().snapshot)).bench_values(|(policies, snapshot)| {
        let at = attesta_kernel::Date::constant(2026, 11, 22);
        check(Inputs { catalog: &catalog, policies, snapshot, refused: Vec::new(), waivers: Vec::new(), at }, None)
            .outcomes
            .len()
    });
}

/// Writing each report.
#[divan::bench(args = ["table", "json", "sarif", "junit", "html", "markdown"])]
fn report(bencher: divan::Bencher<'_, '_>, format: &str) {
    let catalog = attesta_content::load(&ContentSource::Embedded).unwrap();
    let files: Vec<_> = attesta_content::files(&ContentSource::Embedded, "policies").unwrap().collect();
    let policies = attesta_content::policies(&files, &catalog).unwrap();
    let at = attesta_kernel::Date::constant(2026, 11, 22);
    let snapshot = collected().snapshot;
    let report =
        check(Inputs { catalog: &catalog, policies, snapshot, refused: Vec::new(), waivers: Vec::new(), at }, None);
    let format: Format = format.parse().unwrap();
    let options = Options::new("bench");
    bencher.bench_local(|| reports::write(format, &report, &Default::default(), &options, &mut io::sink()).unwrap());
}
