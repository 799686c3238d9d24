//! A look that is judged and kept.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use attesta_app::{check::CheckReport, observe::observe};
use attesta_collectors::Collection;
use attesta_content::{ContentSource, File};
use attesta_disk::Disk;
use attesta_evaluation::Waiver;
use attesta_history::{History, NewRun, Run};
use attesta_kernel::{Digest, Timestamp};
use attesta_posture::{SourceName, day_of};

use crate::{Judge, WatchError, judge::digest};

/// The file of waivers that lies beside what they are about.
pub const WAIVERS: &str = "attesta.waivers.yaml";
/// No file of waivers is bigger.
const MOST_WAIVERS: u64 = 16 << 20;

/// A run to keep, of what was collected and judged by a pack and folders of users' own policies.
///
/// # Errors
///
/// Every fault of the content.
pub fn new_run(
    report: &CheckReport<'_>,
    bytes: Vec<Vec<u8>>,
    source: SourceName,
    at: Timestamp,
    pack: &ContentSource,
    own: &[PathBuf],
) -> Result<NewRun, WatchError> {
    Ok(run_of(report, bytes, source, at, digest(pack, own)?))
}

fn run_of(report: &CheckReport<'_>, bytes: Vec<Vec<u8>>, source: SourceName, at: Timestamp, content: Digest) -> NewRun {
    let observed = observe(report);
    let paths = report.snapshot.documents.iter().map(|document| document.path.clone());
    NewRun {
        at,
        source,
        tool: concat!("attesta ", env!("CARGO_PKG_VERSION")).to_owned(),
        content,
        documents: paths.zip(bytes).collect(),
        unseen: observed.unseen,
        complete: observed.complete,
        complete_kinds: observed.complete_kinds,
        resources: observed.resources,
        judged: observed.judged,
        verdicts: observed.verdicts,
    }
}

/// Judges what was collected, and keeps it as the newest run of its source.
///
/// # Errors
///
/// When a named input could not be read: half a source is no state of it, as what could not be read would look as if it
/// had gone. When nothing was read. When it cannot be kept.
pub fn keep_run(
    history: &History,
    disk: &Disk,
    judge: &Judge,
    source: &SourceName,
    at: Timestamp,
    mut collection: Collection,
    waivers: Vec<Waiver>,
) -> Result<Run, WatchError> {
    if let Some(refused) = collection.refused.first() {
        return Err(WatchError::NotSeen(format!("{}: {}", refused.path, refused.what)));
    }
    if collection.snapshot.documents.is_empty() {
        return Err(WatchError::NotSeen("nothing in it is infrastructure that could be read".to_owned()));
    }
    let bytes = collection.bytes.take().unwrap_or_default();
    let (report, _) = judge.judged(collection, waivers, day_of(at));
    let run = run_of(&report, bytes, source.clone(), at, judge.content());
    Ok(history.record(disk, run)?)
}

/// The waivers that lie in a folder, or beside a file; none where there are none.
///
/// # Errors
///
/// When the file cannot be read, or is wrong: its waivers would silently not count.
pub fn waivers_beside(input: &Path) -> Result<Vec<Waiver>, WatchError> {
    let folder = if input.is_dir() { Some(input) } else { input.parent() };
    let Some(path) = folder.map(|f| f.join(WAIVERS)).filter(|path| path.is_file()) else { return Ok(Vec::new()) };
    let failed = |what: String| WatchError::NotSeen(format!("{WAIVERS}: {what}"));
    let mut text = String::new();
    let read = fs::File::open(&path).and_then(|file| file.take(MOST_WAIVERS + 1).read_to_string(&mut text));
    let length = read.map_err(|e| failed(format!("cannot be read: {e}")))?;
    if u64::try_from(length).unwrap_or(u64::MAX) > MOST_WAIVERS {
        return Err(failed(format!("is bigger than {} MiB", MOST_WAIVERS >> 20)));
    }
    let file = File { inside: WAIVERS.to_owned(), path: WAIVERS.to_owned(), text: text.into() };
    Ok(attesta_content::waivers(&file)?)
}
