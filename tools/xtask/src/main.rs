//! The checks that a change needs, in one command: `cargo xtask check`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a developer's tool speaks to its developer")]

mod api;
mod architecture;
mod blobs;
mod faults;
mod interop;
mod live;
mod run;

use std::process::ExitCode;

use run::{Step, root};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["check"] => check(),
        ["test"] => test(),
        ["architecture"] => architecture::check(&root()),
        ["architecture", "--write"] => architecture::write(&root()),
        ["api"] => api::check(),
        ["blobs"] => blobs::check(FEATURES),
        ["faults"] => faults::check(FEATURES, None),
        ["faults", kills] => faults::check(FEATURES, Some(kills)),
        ["interop"] => interop::check(),
        ["live"] => live::check("1"),
        ["live", scale] => live::check(scale),
        _ => {
            eprintln!(
                "usage: cargo xtask check | test | interop | api | blobs | faults [KILLS] | live [SCALE] | architecture \
                 [--write]"
            );
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

/// What a plain build leaves out. Checks build it in, so that one binary serves every step.
pub(crate) const FEATURES: &str = "attesta/aws,attesta/s3,attesta/oidc,attesta/mail,attesta/pdf,attesta-identity/passkeys,attesta-identity/oidc,attesta-blobs/s3";

/// Everything that a change needs.
fn check() -> Result<(), String> {
    Step::cargo("format", &["fmt", "--all", "--check"]).run()?;
    architecture::check(&root())?;
    test()?;
    let lints = ["clippy", "--workspace", "--all-targets", "--locked", "--features", FEATURES, "--", "-D", "warnings"];
    Step::cargo("lints", &lints).run()?;
    deny()
}

/// Tests, then the content's own tests through the binary that users run.
fn test() -> Result<(), String> {
    let mut tests = vec!["test", "--workspace", "--locked", "--no-fail-fast", "--features", FEATURES];
    if !browser()? {
        tests.extend(["--exclude", "attesta-browser"]);
    }
    Step::cargo("tests", &tests).run()?;
    Step::attesta("content", &["catalog", "validate"]).run()?;
    Step::attesta("policies", &["policy", "test"]).run()
}

/// Whether a real browser can look at the pages. A developer's machine may lack one; CI's may not.
fn browser() -> Result<bool, String> {
    let there = std::process::Command::new("chromedriver").arg("--version").output().is_ok();
    if !there && std::env::var_os("ATTESTA_REQUIRE_BROWSER").is_some() {
        return Err("chromedriver is missing: apt-get install chromium chromium-driver".to_owned());
    }
    if !there {
        println!("xtask: no chromedriver, the pages were not looked at (apt-get install chromium chromium-driver npm)");
    }
    Ok(there)
}

/// Licences, bans and sources. A developer's machine may lack cargo-deny; CI's may not.
fn deny() -> Result<(), String> {
    let installed = Step::cargo("cargo-deny", &["deny", "--version"]).quiet().run().is_ok();
    if !installed && std::env::var_os("CI").is_none() {
        println!("xtask: cargo-deny is not installed, licences were not checked (cargo install cargo-deny --locked)");
        return Ok(());
    }
    Step::cargo("licences, bans, sources", &["deny", "--offline", "check", "licenses", "bans", "sources"]).run()
}
