//! Keeping a run.

use std::collections::BTreeSet;

use attesta_disk::{self as disk, Access, Disk};
use attesta_kernel::Digest;
use attesta_posture::{RunId, Tally, Verdict, changes};

use crate::{
    delta,
    error::HistoryError,
    file::{self, MOST_IMAGE, MOST_VERDICTS, wide},
    history::History,
    run::{KeptDocument, NewRun, Run, Section},
    wire,
};

/// After so many runs the documents are kept whole again: a power of two, so that chains have nine files at the most.
const GROUP: u32 = 256;

impl History {
    /// Keeps a run. When this returns, it is durable.
    ///
    /// # Errors
    ///
    /// When it cannot be kept; nothing was kept then, unless the error says that this is not sure.
    pub fn record(&self, disk: &Disk, new: NewRun) -> Result<Run, HistoryError> {
        let _lock = self.lock()?;
        for name in disk::names(&self.temporaries())? {
            disk.remove(&self.temporaries().join(name))?;
        }
        let before = self.last()?.map(|id| self.run(id)).transpose()?;
        let parent = self.newest(&new.source)?;
        if let Some(parent) = &parent
            && new.at <= parent.at
        {
            let (last, from, run) = (parent.at, new.source, parent.id);
            return Err(HistoryError::NotAfter { at: new.at, last, from, run });
        }
        let size = new.documents.iter().fold(0_u64, |sum, (_, bytes)| sum.saturating_add(wide(bytes.len())));
        if size > MOST_IMAGE {
            return Err(HistoryError::TooBig { what: "what was read", most: MOST_IMAGE });
        }
        let id = match &before {
            None => RunId::FIRST,
            Some(last) => last.id.next().ok_or(HistoryError::TooBig { what: "the history", most: last.id.number() })?,
        };
        let image = new.documents.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect::<Vec<u8>>();
        let folded = self.fold(&image, parent.as_ref())?;
        let (verdicts, packed_verdicts, whole) = self.pack_verdicts(&new, parent.as_ref(), folded.position == 0)?;
        let documents = new.documents.iter().map(|(path, bytes)| KeptDocument {
            path: path.clone(),
            digest: Digest::of(bytes),
            bytes: wide(bytes.len()),
        });
        let mut run = Run {
            id,
            at: new.at,
            source: new.source,
            parent: parent.map(|p| p.id),
            digest: Digest::of(b""),
            previous: before.map(|run| run.digest),
            tool: new.tool,
            content: new.content,
            documents: documents.collect(),
            unseen: new.unseen,
            complete: new.complete,
            complete_kinds: new.complete_kinds.iter().map(|kind| kind.as_str().to_owned()).collect::<BTreeSet<_>>(),
            resources: new.resources.into_iter().map(|(kind, count)| (kind.as_str().to_owned(), count)).collect(),
            judged: new.judged,
            tally: Tally::of(new.verdicts.values()),
            stored: 0,
            verdicts,
            whole,
            image: file::section(&folded.packed, folded.unpacked),
            chain: folded.chain,
            position: folded.position,
            begin: 0,
        };
        let (head, digest) = file::head(&run)?;
        run.begin = wide(head.len());
        run.digest = digest;
        let bytes = [head, packed_verdicts, folded.packed].concat();
        run.stored = wide(bytes.len());
        let path = self.path(id);
        if path.exists() {
            return Err(HistoryError::damaged(Self::place(id), "it is here already"));
        }
        match disk.write(&self.temporary()?, &path, &bytes, Access::Kept) {
            Ok(()) => Ok(run),
            Err(error) if path.exists() => Err(HistoryError::Uncertain(error)),
            Err(error) => Err(error.into()),
        }
    }

    /// The documents' bytes as what differs from an earlier run's, or whole where that saves nothing.
    fn fold(&self, image: &[u8], parent: Option<&Run>) -> Result<Folded, HistoryError> {
        if let Some((position, chain)) = parent.and_then(place_after)
            && let Some(folded) = self.fold_on(image, position, chain)?
        {
            return Ok(folded);
        }
        Ok(Folded { packed: file::pack(image)?, unpacked: image.len(), chain: Vec::new(), position: 0 })
    }

    fn fold_on(&self, image: &[u8], position: u32, chain: Vec<RunId>) -> Result<Option<Folded>, HistoryError> {
        let (Some(first), Some(base)) = (chain.first(), chain.last()) else { return Ok(None) };
        // What is damaged is not built on; the audit names it.
        let base = match self.run(*base).and_then(|base| self.image(&base)) {
            Err(error) if error.is_integrity() => return Ok(None),
            other => other?,
        };
        let ops = delta::encode(&base, image);
        if ops.len() > image.len() / 2 {
            return Ok(None);
        }
        let packed = file::pack(&ops)?;
        // So much changed since that it is time to begin anew.
        let worth = wide(packed.len()) <= self.run(*first)?.image.stored / 2;
        Ok(worth.then_some(Folded { packed, unpacked: ops.len(), chain, position }))
    }

    /// The verdicts as what differs from the parent's, or whole.
    fn pack_verdicts(
        &self,
        new: &NewRun,
        parent: Option<&Run>,
        anew: bool,
    ) -> Result<(Section, Vec<u8>, bool), HistoryError> {
        let wrong = |what| HistoryError::damaged("a new run", what);
        let before = match parent.filter(|_| !anew).map(|parent| self.verdicts(parent.id)) {
            Some(Err(error)) if !error.is_integrity() => return Err(error),
            Some(Ok(before)) => Some(before),
            _ => None,
        };
        let changed = before.map(|before| changes(&before, &new.verdicts));
        let changed = changed.filter(|changed| changed.len() <= new.verdicts.len() / 2);
        let (text, whole) = match changed {
            Some(changed) => (wire::write_verdicts(changed.iter().map(|(key, v)| (key, *v))), false),
            None => (wire::write_verdicts(new.verdicts.iter().map(|(key, v): (_, &Verdict)| (key, Some(*v)))), true),
        };
        let text = text.map_err(wrong)?;
        if wide(text.len()) > MOST_VERDICTS {
            return Err(HistoryError::TooBig { what: "what was said", most: MOST_VERDICTS });
        }
        let packed = file::pack(&text)?;
        Ok((file::section(&packed, text.len()), packed, whole))
    }
}

struct Folded {
    packed: Vec<u8>,
    unpacked: usize,
    chain: Vec<RunId>,
    position: u32,
}

/// Which run it is after this one since documents were kept whole, and on which runs it builds. The run at position
/// `p` builds on the one at `p` without its lowest bit: a chain has as many files as `p` has bits, and one.
fn place_after(parent: &Run) -> Option<(u32, Vec<RunId>)> {
    let position = parent.position.checked_add(1).filter(|position| *position < GROUP)?;
    let base = position & position.checked_sub(1)?;
    let bits = usize::try_from(base.count_ones()).ok()?;
    let chain: Vec<RunId> = parent.chain.iter().copied().chain([parent.id]).take(bits.checked_add(1)?).collect();
    Some((position, chain))
}
