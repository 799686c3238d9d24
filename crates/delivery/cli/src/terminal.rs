//! Speaking to the terminal: output, complaints, progress.

use std::{
    io::{self, IsTerminal, Write},
    sync::Mutex,
};

use attesta_collectors::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::exit::{Exit, Failure};

/// Writes to standard output. A reader that has gone away (`| head`) is no error.
pub(crate) fn out(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    forgive(stdout.write_all(bytes).and_then(|()| stdout.flush()))
}

/// A broken pipe is the reader's choice.
pub(crate) fn forgive(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::NotEvaluated, format!("cannot write the output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Says on standard error what went wrong and how to mend it.
pub(crate) fn complain(failure: &Failure) {
    let mut stderr = io::stderr().lock();
    for message in &failure.messages {
        let _ = writeln!(stderr, "error: {}", plain(message));
    }
    if let Some(help) = &failure.help {
        let _ = writeln!(stderr, " help: {}", plain(help));
    }
}

/// A note on standard error.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "note: {}", plain(text));
}

/// Text from inputs without the control characters that steer a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{FFFD}' } else { c }).collect()
}

/// Progress of a long reading, when somebody watches standard error.
pub(crate) struct Bar(Mutex<Option<ProgressBar>>, bool);

impl Bar {
    pub(crate) fn new(quiet: bool) -> Self {
        Self(Mutex::new(None), !quiet && io::stderr().is_terminal())
    }

    pub(crate) fn finish(&self) {
        if let Ok(mut slot) = self.0.lock()
            && let Some(bar) = slot.take()
        {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Bar {
    fn file(&self, done: usize, total: usize, path: &str) {
        if !self.1 {
            return;
        }
        let Ok(mut slot) = self.0.lock() else { return };
        let bar = slot.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
            if let Ok(style) = ProgressStyle::with_template("reading {pos}/{len} {bar:20} {wide_msg}") {
                bar.set_style(style);
            }
            bar
        });
        bar.set_length(u64::try_from(total).unwrap_or(u64::MAX));
        bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        bar.set_message(plain(path));
    }
}

/// Prints rows under a heading, one line each where the terminal is wide enough.
pub(crate) fn table<const N: usize>(
    heading: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<(), Failure> {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(heading.map(str::to_uppercase));
    for row in rows {
        table.add_row(row.map(|cell| plain(&cell)));
    }
    let text: String = table.lines().map(|line| format!("{}\n", line.trim())).collect();
    out(text.as_bytes())
}

/// Prints JSON.
pub(crate) fn json(value: &serde_json::Value) -> Result<(), Failure> {
    json_of(value)
}

/// Prints anything as JSON.
pub(crate) fn json_of<T: serde::Serialize>(value: &T) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Failure::new(Exit::NotEvaluated, e.to_string()))?;
    out(format!("{text}\n").as_bytes())
}

/// Columns of the terminal; 100 where there is none.
pub(crate) fn width() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    told.unwrap_or_else(|| console_width().unwrap_or(100)).clamp(60, 200)
}

fn console_width() -> Option<usize> {
    let (_, columns) = console::Term::stdout().size_checked()?;
    Some(usize::from(columns))
}
