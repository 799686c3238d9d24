//! The worker that this crate's tests start; `attesta --policy-worker` is the product's.

use std::process::ExitCode;

fn main() -> ExitCode {
    let limits = std::env::args_os().nth(1).unwrap_or_default();
    attesta_rules::worker_main(&limits, std::io::stdin(), std::io::stdout())
}
