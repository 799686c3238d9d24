//! The command line of `attesta history`.

use std::path::PathBuf;

use attesta_kernel::{Date, Digest, Timestamp};
use attesta_posture::{Every, RunId, SourceName};
use clap::{Args, Subcommand, ValueEnum};

use crate::args::{Inputs, ListFormat};

#[derive(Debug, Subcommand)]
pub(crate) enum HistoryCommand {
    /// Check inputs and keep the run: what was read, what was not seen, and every verdict
    ///
    /// What was read is kept byte for byte, so treat the folder as confidential; it is its owner's alone (mode 0700). A
    /// folder that is empty or not there becomes a history.
    ///
    /// Exit codes: 0 kept; 2 usage; 3 kept, but something could not be seen or evaluated, or nothing could be kept.
    Record(RecordOptions),
    /// List runs
    List(ListOptions),
    /// Show one run: its inputs with digests, what was not seen, and its counts
    Show(ShowOptions),
    /// Show where things stood on a day
    At(AtOptions),
    /// Show how things moved, period by period
    ///
    /// What was unknown counts as passing nowhere, and a period without a run stays empty.
    Trend(TrendOptions),
    /// Show how long findings stayed open: mean and median, open ones apart
    Remediation(RemediationOptions),
    /// Work out defined metrics over the history, period by period, as evidence for Measured and Managed
    #[command(subcommand)]
    Metric(super::metric::MetricCommand),
    /// Audit the whole history: every byte is read, every fault is named
    ///
    /// Exit codes: 0 sound; 2 usage; 3 it cannot be read; 4 integrity is lost.
    Fsck(AuditOptions),
}

#[derive(Debug, Args)]
pub(crate) struct RecordOptions {
    /// The history's folder
    #[arg(value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// Files and folders to check; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// What is looked at, as you call it: runs of one source follow each other
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(super) source: SourceName,
    /// When the inputs were gathered [default: now]
    #[arg(long, value_name = "TIMESTAMP")]
    pub(super) time: Option<Timestamp>,
    #[command(flatten)]
    pub(super) inputs: Inputs,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub(super) format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ListOptions {
    /// The history's folder
    #[arg(value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// Only runs of this source
    #[arg(long, value_name = "NAME")]
    pub(super) source: Option<SourceName>,
    /// Only the newest runs, so many
    #[arg(long, value_name = "N")]
    pub(super) last: Option<usize>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub(super) format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ShowOptions {
    /// The history's folder
    #[arg(value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// The run, such as `run-12`
    #[arg(value_name = "RUN")]
    pub(super) run: RunId,
    /// List every verdict
    #[arg(long)]
    pub(super) verdicts: bool,
    /// Write what was read into this folder, byte for byte
    #[arg(long, value_name = "DIR")]
    pub(super) documents: Option<PathBuf>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub(super) format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Choice {
    /// Only this source; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(super) source: Vec<SourceName>,
    /// How old the newest run may be before what it said is stale, such as 25h or 7d
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = length)]
    pub(super) fresh: u64,
}

#[derive(Debug, Args)]
pub(crate) struct AtOptions {
    /// The history's folder
    #[arg(value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// The day (its end, UTC) or the time
    #[arg(value_name = "WHEN", value_parser = when)]
    pub(super) when: Timestamp,
    #[command(flatten)]
    pub(super) choice: Choice,
    /// Which groups to show
    #[arg(long, value_enum, default_value_t = By::Framework)]
    pub(super) by: By,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub(super) format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct TrendOptions {
    /// The history's folder
    #[arg(value_name = "DIR")]
    pub(super) dir: PathBuf,
    #[command(flatten)]
    pub(super) choice: Choice,
    /// How long a period is: daily, weekly, monthly, quarterly, half-yearly, yearly (UTC, weeks from Monday)
    #[arg(long, value_name = "LENGTH", default_value = "weekly")]
    pub(super) every: Every,
    /// The first day [default: of the first run]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) from: Option<Date>,
    /// The last day [default: of the last run]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) to: Option<Date>,
    /// Which groups to show
    #[arg(long, value_enum, default_value_t = By::Framework)]
    pub(super) by: By,
    /// How to print; html is one page with charts and their numbers
    #[arg(short, long, value_enum, default_value_t = TrendFormat::Table)]
    pub(super) format: TrendFormat,
    /// Where to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TrendFormat {
    Table,
    Json,
    Html,
}

/// Groups that are shown together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// HIPAA, HITRUST and its assessment domains
    Framework,
    Topic,
    Severity,
}

impl By {
    pub(super) fn holds(self, id: &str) -> bool {
        match self {
            Self::Framework => id.starts_with("hitrust") || id.starts_with("hipaa"),
            Self::Topic => id.starts_with("topic-"),
            Self::Severity => id.starts_with("severity-"),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct RemediationOptions {
    /// The history's folder
    #[arg(value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// Only this source; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(super) source: Vec<SourceName>,
    /// Only findings that ended on this day or later [default: all]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) from: Option<Date>,
    /// Only runs up to the end of this day [default: all]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) to: Option<Date>,
    /// Which groups to show
    #[arg(long, value_enum, default_value_t = By::Severity)]
    pub(super) by: By,
    /// Most open findings in the table
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) limit: usize,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub(super) format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct AuditOptions {
    /// The history's folder
    #[arg(value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// Digest of a run that was noted elsewhere: a run must have it
    #[arg(long, value_name = "SHA256")]
    pub(super) known: Option<Digest>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub(super) format: ListFormat,
}

/// A number of hours or days.
pub(super) fn length(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no length of time; write hours or days, such as 25h or 7d");
    let unit = match text.as_bytes().last() {
        Some(b'h') => 3_600,
        Some(b'd') => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 = text.get(..text.len().saturating_sub(1)).and_then(|n| n.parse().ok()).ok_or_else(wrong)?;
    u64::from(number).checked_mul(unit).ok_or_else(wrong)
}

/// A time, or the end of a day.
pub(super) fn when(text: &str) -> Result<Timestamp, String> {
    let end = |day: Date| attesta_posture::end_of(day);
    let time = text.parse::<Timestamp>().ok().or_else(|| text.parse::<Date>().ok().and_then(end));
    time.ok_or_else(|| format!("`{text}` is neither a day (2026-11-22) nor a time (2026-11-22T13:00:00Z)"))
}
