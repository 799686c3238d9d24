//! Running the binary as a user would.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test may stop at a surprise")]

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").canonicalize().unwrap()
}

/// The public files that lie beside the project; `None` where the project was cloned alone.
pub fn corpus() -> Option<PathBuf> {
    let corpus = root().join("../shared/corpus");
    if !corpus.is_dir() {
        eprintln!("note: ../shared/corpus is not here; its files were not read");
    }
    corpus.is_dir().then_some(corpus)
}

pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {} {}", self.out, self.err))
    }
}

pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attesta"));
    command.current_dir(root()).env_remove("COLUMNS").env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// Runs `attesta` with these arguments in the project's root.
pub fn attesta(arguments: &[&str]) -> Run {
    Run::of(command().args(arguments).output().unwrap())
}

/// The same with text on standard input.
pub fn attesta_with_input(arguments: &[&str], input: &[u8]) -> Run {
    let mut child =
        command().args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let run = Run::of(child.wait_with_output().unwrap());
    let _ = writer.join();
    run
}

/// `check --format json` of these arguments.
pub fn report(arguments: &[&str]) -> serde_json::Value {
    let all: Vec<&str> = ["check", "--format", "json", "--fail-on", "never", "--at", "2026-11-22"]
        .iter()
        .chain(arguments)
        .copied()
        .collect();
    attesta(&all).json()
}

/// The same bytes as the file in `tests/golden`; `UPDATE_GOLDEN=1` writes it anew.
pub fn golden(name: &str, run: &Run) {
    let path = root().join("crates/delivery/cli/tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &run.out).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        run.out,
        expected,
        "{} is out of date? UPDATE_GOLDEN=1 writes it; look at the difference",
        path.display()
    );
}
