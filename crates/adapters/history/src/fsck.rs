//! The audit of a whole history: every byte is read, every fault is named.

use std::collections::BTreeMap;

use attesta_kernel::Digest;
use attesta_posture::{Delta, RunId, SourceName, Tally, Verdicts, put};

use crate::{
    error::HistoryError,
    history::{History, cut, read_delta, unfold},
    run::Run,
};

/// What was found, with its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// A file of the history.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

/// What an audit found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// Runs that were read.
    pub runs: u64,
    /// Documents whose bytes were hashed.
    pub documents: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes that the runs take on disk.
    pub stored: u64,
    /// The newest run and its digest, which stands for all of them.
    pub newest: Option<(RunId, Digest)>,
    /// What should not be: integrity is lost, or cannot be shown.
    pub faults: Vec<Finding>,
    /// What is unfinished and harmless.
    pub notes: Vec<Finding>,
}

impl Audit {
    fn fault(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.faults.push(Finding { place: place.into(), what: what.into() });
    }

    fn error(&mut self, id: RunId, error: HistoryError) {
        match error {
            HistoryError::Damaged { place, what } => self.fault(place, what),
            other => self.fault(History::place(id), other.to_string()),
        }
    }
}

/// Audits a history. `known` is a digest that left it earlier (from a report, a mail, a ledger): a run must have it. It
/// is the only thing here that whoever can write the folder could not have made anew.
///
/// # Errors
///
/// When the history cannot be looked at at all; whatever is wrong with it is in the audit.
pub fn fsck(history: &History, known: Option<Digest>) -> Result<Audit, HistoryError> {
    let mut audit = Audit::default();
    let mut previous: Option<Digest> = None;
    let mut sources: BTreeMap<SourceName, Vec<Run>> = BTreeMap::new();
    let mut met = known.is_none();
    let mut unsure = false;
    for id in history.ids()? {
        let run = match history.run(id) {
            Ok(run) => run,
            Err(error) => {
                audit.error(id, error);
                unsure = true;
                continue;
            }
        };
        let place = || History::place(id);
        // Behind a run that cannot be read, the thread begins anew.
        if !std::mem::take(&mut unsure) && run.previous != previous {
            audit.fault(place(), "it does not follow the run before it: one of the two was exchanged");
        }
        previous = Some(run.digest);
        met |= known == Some(run.digest);
        audit.runs = audit.runs.saturating_add(1);
        audit.stored = audit.stored.saturating_add(run.stored);
        audit.newest = Some((id, run.digest));
        let earlier = sources.entry(run.source.clone()).or_default();
        let last = earlier.last();
        if run.parent != last.map(|last| last.id) {
            audit.fault(place(), "its parent is not the run of its source before it");
        }
        if last.is_some_and(|last| last.at >= run.at) {
            audit.fault(place(), "it did not look after its parent");
        }
        earlier.push(run);
    }
    if !met {
        audit.fault("runs", "no run has the digest that was given: history was rewritten or cut off");
    }
    for runs in sources.into_values() {
        one_source(history, &runs, &mut audit);
    }
    let left = attesta_disk::names(&history.temporaries())?.len();
    if left > 0 {
        let what = format!("{left} unfinished files of a process that ended; the next run removes them");
        audit.notes.push(Finding { place: "tmp".to_owned(), what });
    }
    audit.faults.sort();
    audit.faults.dedup();
    Ok(audit)
}

/// Follows one source's runs, with the documents and verdicts that the next one builds on at hand.
fn one_source(history: &History, runs: &[Run], audit: &mut Audit) {
    let mut images: Vec<(RunId, Vec<u8>)> = Vec::new();
    let mut verdicts: Option<Verdicts> = None;
    for run in runs {
        images.retain(|(id, _)| run.chain.contains(id));
        let base = run.chain.last().and_then(|base| images.iter().find(|(id, _)| id == base));
        match documents(history, run, base.map(|(_, image)| image.as_slice())) {
            Ok(image) => {
                audit.documents = audit.documents.saturating_add(crate::file::wide(run.documents.len()));
                audit.bytes = audit.bytes.saturating_add(run.bytes());
                images.push((run.id, image));
            }
            Err(error) => audit.error(run.id, error),
        }
        verdicts = match said(history, run, verdicts.take()) {
            Ok(verdicts) => {
                if Tally::of(verdicts.values()) != run.tally {
                    audit.fault(History::place(run.id), "its verdicts are not as many as it says");
                }
                Some(verdicts)
            }
            Err(error) => {
                audit.error(run.id, error);
                None
            }
        };
    }
}

fn documents(history: &History, run: &Run, base: Option<&[u8]>) -> Result<Vec<u8>, HistoryError> {
    let image = match (base, run.chain.is_empty()) {
        (None, false) => history.image(run)?,
        (base, _) => unfold(&mut history.file(run.id)?, base.unwrap_or_default())?,
    };
    cut(run, &image)?;
    Ok(image)
}

fn said(history: &History, run: &Run, before: Option<Verdicts>) -> Result<Verdicts, HistoryError> {
    match (read_delta(&mut history.file(run.id)?)?, before) {
        (Delta::Whole(verdicts), _) => Ok(verdicts),
        (Delta::Changed(_), None) => history.verdicts(run.id),
        (Delta::Changed(changed), Some(mut verdicts)) => {
            put(&mut verdicts, changed);
            Ok(verdicts)
        }
    }
}
