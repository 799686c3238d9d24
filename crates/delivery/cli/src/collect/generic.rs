//! `attesta collect generic`.

use std::{
    fs, io,
    io::Read,
    path::Path,
    process::{Command, Stdio},
};

use attesta_collectors::Neutral;
use attesta_resource::Kind;
use serde_json::json;

use crate::{
    args::{Common, GenericOptions},
    exit::{Exit, Failure},
    terminal, workshop,
};

/// Largest input, in bytes.
const LIMIT: u64 = 2 << 30;
/// Most bad lines that are named one by one.
const NAMED: usize = 20;

pub(crate) fn run(common: &Common, options: &GenericOptions) -> Result<Exit, Failure> {
    let source = workshop::source(common);
    let catalog = workshop::catalog(&source)?;
    let mut complete = Vec::new();
    for kind in &options.complete {
        complete.push(kind.parse::<Kind>().map_err(|error| Failure::new(Exit::Usage, format!("--complete: {error}")))?);
    }
    let (from, text) = read(options)?;
    let neutral = Neutral::read(&text, catalog.dictionary());
    // A line that was lost may have been any resource: then nothing is complete, as `attesta check` decides too.
    let kinds: Vec<&str> = complete
        .iter()
        .chain(&neutral.complete)
        .map(|kind| kind.as_str())
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let header = json!({
        "schema": Neutral::SCHEMA,
        "source": options.source.as_deref().unwrap_or(&from),
        "collected_at": jiff::Timestamp::now().to_string(),
        "complete": kinds,
    });
    let mut out = format!("{header}\n");
    for line in &neutral.lines {
        out.push_str(line);
        out.push('\n');
    }
    for (_, why) in &neutral.bad {
        // What was lost stays in the snapshot, so that whoever checks it hears of it too.
        out.push_str(&format!("{}\n", json!({ "lost": why })));
    }
    super::write(&options.output, out.as_bytes())?;
    if !common.quiet {
        let count = neutral.lines.len();
        terminal::note(&format!("{count} resources from {from}, in {}", options.output.display()));
        for (line, why) in neutral.bad.iter().take(NAMED) {
            terminal::note(&format!("not taken: {from}:{line}: {why}"));
        }
        if let Some(more) = neutral.bad.len().checked_sub(NAMED).filter(|more| *more > 0) {
            terminal::note(&format!("not taken: {more} more lines"));
        }
    }
    Ok(if neutral.bad.is_empty() { Exit::Met } else { Exit::NotEvaluated })
}

/// The input's name and text.
fn read(options: &GenericOptions) -> Result<(String, String), Failure> {
    let failed = |from: &str, why: String| Failure::new(Exit::NotEvaluated, format!("{from}: {why}"));
    if let [program, arguments @ ..] = options.command.as_slice() {
        let from = options.command.join(" ");
        let child = Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|e| failed(&from, format!("cannot be started: {e}")))?;
        let text = child.stdout.take().map(bounded).unwrap_or_else(|| Ok(String::new()));
        if text.is_err() {
            let _ = child.kill();
        }
        let status = child.wait().map_err(|e| failed(&from, e.to_string()))?;
        let text = text.map_err(|why| failed(&from, why))?;
        // Half an output is no output: what a command that failed did not print is not known.
        if !status.success() {
            return Err(failed(&from, format!("ended with {status}; nothing was written")));
        }
        return Ok((from, text));
    }
    let path = options.input.as_deref().unwrap_or_else(|| Path::new("-"));
    if path == Path::new("-") {
        let from = "standard input".to_owned();
        return bounded(io::stdin().lock()).map(|text| (from.clone(), text)).map_err(|why| failed(&from, why));
    }
    let from = path.display().to_string();
    let file = fs::File::open(path).map_err(|e| failed(&from, format!("cannot be read: {e}")))?;
    bounded(file).map(|text| (from.clone(), text)).map_err(|why| failed(&from, why))
}

fn bounded(source: impl Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    source.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LIMIT {
        return Err(format!("is larger than {LIMIT} bytes"));
    }
    String::from_utf8(bytes).map_err(|e| format!("is not UTF-8 at byte {}", e.utf8_error().valid_up_to()))
}
