use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use attesta_catalog::Dictionary;
use attesta_collectors::{Collection, recollect};
use attesta_disk::{self as disk, Access, Disk};
use attesta_kernel::{Digest, Timestamp};
use attesta_posture::{Delta, RunId, SourceName, Step, Verdicts, put};
use serde::{Deserialize, Serialize};

use crate::{
    delta,
    error::HistoryError,
    file::{MOST_IMAGE, RunFile},
    run::{KeptDocument, Run},
    wire,
};

const SCHEMA: &str = "attesta.history/1";
const ABOUT: &str = "history.json";
const RUNS: &str = "runs";
const TEMPORARIES: &str = "tmp";
const LOCK: &str = "lock";
const ENDING: &str = ".run";
/// So many runs stand in one folder.
const TO_A_FOLDER: u64 = 1_000;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    schema: String,
}

/// A history, open for reading. It takes no lock until something is recorded.
#[derive(Debug, Clone)]
pub struct History {
    root: PathBuf,
}

impl History {
    /// Opens the history of a folder.
    ///
    /// # Errors
    ///
    /// When there is none, or it was made by another version.
    pub fn open(root: &Path) -> Result<Self, HistoryError> {
        let Some(about) = disk::read(&root.join(ABOUT))? else { return Err(HistoryError::None(root.to_owned())) };
        let foreign = |why| HistoryError::Foreign { place: ABOUT.to_owned(), why };
        let about: About = serde_json::from_slice(&about).map_err(|e| foreign(e.to_string()))?;
        if about.schema != SCHEMA {
            return Err(foreign(format!("it says `{}`, and this is `{SCHEMA}`", about.schema)));
        }
        Ok(Self { root: root.to_owned() })
    }

    /// Opens the history of a folder, and makes one where the folder is empty or not there.
    ///
    /// # Errors
    ///
    /// When the folder holds something else, or the disk says no.
    pub fn open_or_create(root: &Path, disk: &Disk) -> Result<Self, HistoryError> {
        match Self::open(root) {
            Err(HistoryError::None(_)) => {}
            other => return other,
        }
        // Whoever died here before left these and no more.
        if disk::names(root)?.iter().any(|name| ![RUNS, TEMPORARIES, LOCK].contains(&name.as_str())) {
            return Err(HistoryError::Taken(root.to_owned()));
        }
        let history = Self { root: root.to_owned() };
        disk.folder(root)?;
        disk::own_alone(root)?;
        disk.folder(&history.temporaries())?;
        disk.folder(&root.join(RUNS))?;
        let _lock = history.lock()?;
        let about = serde_json::to_string(&About { schema: SCHEMA.to_owned() });
        let about = about.map_err(|e| HistoryError::damaged(ABOUT, e.to_string()))?;
        disk.write(&history.temporary()?, &root.join(ABOUT), format!("{about}\n").as_bytes(), Access::Kept)?;
        Ok(history)
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn temporaries(&self) -> PathBuf {
        self.root.join(TEMPORARIES)
    }

    pub(crate) fn temporary(&self) -> Result<PathBuf, HistoryError> {
        let name: [u8; 12] = disk::random()?;
        Ok(self.temporaries().join(Digest::of(&name).to_string()))
    }

    pub(crate) fn lock(&self) -> Result<std::fs::File, HistoryError> {
        disk::lock(&self.root.join(LOCK))?.ok_or_else(|| HistoryError::InUse(self.root.clone()))
    }

    /// Where a run's file stands, as people would name it.
    pub(crate) fn place(id: RunId) -> String {
        let number = id.number();
        let folder = number / TO_A_FOLDER;
        format!("{RUNS}/{folder:07}/{number:010}{ENDING}")
    }

    pub(crate) fn path(&self, id: RunId) -> PathBuf {
        self.root.join(Self::place(id))
    }

    /// The newest run's number.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn last(&self) -> Result<Option<RunId>, HistoryError> {
        let runs = self.root.join(RUNS);
        for folder in disk::names(&runs)?.into_iter().rev() {
            let names = disk::names(&runs.join(folder))?;
            let number = |name: &String| RunId::new(name.strip_suffix(ENDING)?.parse().ok()?);
            if let Some(last) = names.iter().filter_map(number).max() {
                return Ok(Some(last));
            }
        }
        Ok(None)
    }

    pub(crate) fn ids(&self) -> Result<impl Iterator<Item = RunId> + use<>, HistoryError> {
        let last = self.last()?.map_or(0, RunId::number);
        Ok((1..=last).filter_map(RunId::new))
    }

    pub(crate) fn file(&self, id: RunId) -> Result<RunFile, HistoryError> {
        let place = Self::place(id);
        let file = RunFile::open(&self.path(id), &place)?;
        let file = match file {
            Some(file) => file,
            None if self.last()?.is_none_or(|last| id > last) => return Err(HistoryError::NoRun(id)),
            None => return Err(HistoryError::damaged(place, "it is missing")),
        };
        if file.run.id != id {
            return Err(HistoryError::damaged(place, format!("it is {}", file.run.id)));
        }
        // Whoever follows these always comes to an end.
        let built_on: Vec<RunId> = file.run.chain.iter().copied().chain([id]).collect();
        if file.run.parent.is_some_and(|parent| parent >= id) || !built_on.is_sorted_by(|a, b| a < b) {
            return Err(HistoryError::damaged(place, "it builds on a run that does not stand before it"));
        }
        Ok(file)
    }

    /// One run.
    ///
    /// # Errors
    ///
    /// When there is none of this number, or it is not what was kept.
    pub fn run(&self, id: RunId) -> Result<Run, HistoryError> {
        Ok(self.file(id)?.run)
    }

    /// Every run, in order.
    ///
    /// # Errors
    ///
    /// When one is missing or not what was kept.
    pub fn runs(&self) -> Result<Vec<Run>, HistoryError> {
        self.ids()?.map(|id| self.run(id)).collect()
    }

    /// The newest run of a source.
    ///
    /// # Errors
    ///
    /// When a run is missing or not what was kept.
    pub fn newest(&self, source: &SourceName) -> Result<Option<Run>, HistoryError> {
        let ids: Vec<RunId> = self.ids()?.collect();
        for id in ids.into_iter().rev() {
            let run = self.run(id)?;
            if run.source == *source {
                return Ok(Some(run));
            }
        }
        Ok(None)
    }

    /// The newest run of each source that looked no later than `at`.
    ///
    /// # Errors
    ///
    /// When a run is missing or not what was kept.
    pub fn at(&self, at: Timestamp) -> Result<Vec<Run>, HistoryError> {
        let mut newest: BTreeMap<SourceName, Run> = BTreeMap::new();
        for run in self.runs()?.into_iter().filter(|run| run.at <= at) {
            newest.insert(run.source.clone(), run);
        }
        Ok(newest.into_values().collect())
    }

    /// What a run said of every check.
    ///
    /// # Errors
    ///
    /// When there is no such run, or it is not what was kept.
    pub fn verdicts(&self, id: RunId) -> Result<Verdicts, HistoryError> {
        let mut later = Vec::new();
        let mut next = id;
        let mut verdicts = loop {
            let mut file = self.file(next)?;
            match (read_delta(&mut file)?, file.run.parent) {
                (Delta::Whole(verdicts), _) => break verdicts,
                (Delta::Changed(changed), Some(parent)) => {
                    later.push(changed);
                    next = parent;
                }
                (Delta::Changed(_), None) => {
                    return Err(HistoryError::damaged(Self::place(next), "its verdicts build on no run"));
                }
            }
        };
        for changed in later.into_iter().rev() {
            put(&mut verdicts, changed);
        }
        Ok(verdicts)
    }

    /// Every run with what it said, one after the other: what `attesta-posture` follows.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read; a run that is not what was kept is an error in its place.
    pub fn steps(&self) -> Result<impl Iterator<Item = Result<(Run, Step), HistoryError>>, HistoryError> {
        self.steps_after(None)
    }

    /// The same of the runs after one.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read; a run that is not what was kept is an error in its place.
    pub fn steps_after(
        &self,
        after: Option<RunId>,
    ) -> Result<impl Iterator<Item = Result<(Run, Step), HistoryError>>, HistoryError> {
        Ok(self.ids()?.filter(move |id| after.is_none_or(|after| *id > after)).map(|id| {
            let mut file = self.file(id)?;
            let delta = read_delta(&mut file)?;
            let run = file.run;
            let step = Step { run: id, at: run.at, source: run.source.clone(), judged: run.judged.clone(), delta };
            Ok((run, step))
        }))
    }

    /// What a run read, byte for byte.
    ///
    /// # Errors
    ///
    /// When there is no such run, or it is not what was kept.
    pub fn documents(&self, id: RunId) -> Result<Vec<(KeptDocument, Vec<u8>)>, HistoryError> {
        let run = self.run(id)?;
        let image = self.image(&run)?;
        cut(&run, &image)
    }

    /// What a run saw, read again from what it read. With what it could not read, as it was told then.
    ///
    /// # Errors
    ///
    /// When there is no such run, or it is not what was kept.
    pub fn snapshot(
        &self,
        id: RunId,
        dictionary: Option<Arc<Dictionary>>,
        keep_raw: bool,
    ) -> Result<Collection, HistoryError> {
        let run = self.run(id)?;
        let documents = self.documents(id)?;
        let documents = documents.into_iter().map(|(document, bytes)| (document.path, bytes)).collect();
        let mut collection = recollect(documents, dictionary, keep_raw);
        let kept = |path: &str| run.documents.iter().any(|d| d.path == path);
        let elsewhere = run.unseen.iter().filter(|n| !kept(&n.path)).cloned();
        collection.snapshot.not_understood.extend(elsewhere);
        collection.snapshot.not_understood.sort();
        Ok(collection)
    }

    /// The bytes of all documents of a run, one behind the other.
    pub(crate) fn image(&self, run: &Run) -> Result<Vec<u8>, HistoryError> {
        let mut image = Vec::new();
        for id in run.chain.iter().copied().chain([run.id]) {
            let mut file = self.file(id)?;
            image = unfold(&mut file, &image)?;
        }
        Ok(image)
    }
}

/// The image of a run whose base has this image.
pub(crate) fn unfold(file: &mut RunFile, base: &[u8]) -> Result<Vec<u8>, HistoryError> {
    let damaged = |id, what: String| HistoryError::damaged(History::place(id), what);
    let id = file.run.id;
    let bytes = file.run.bytes();
    let length = usize::try_from(bytes).ok().filter(|_| bytes <= MOST_IMAGE);
    let length = length.ok_or_else(|| damaged(id, "it says that it read more than any run does".to_owned()))?;
    let packed = file.image()?;
    if !file.run.chain.is_empty() {
        return delta::apply(base, &packed, length).map_err(|e| damaged(id, e.to_string()));
    }
    if packed.len() == length { Ok(packed) } else { Err(damaged(id, "its documents are cut off".to_owned())) }
}

/// The documents of an image, each with its digest checked.
pub(crate) fn cut(run: &Run, mut image: &[u8]) -> Result<Vec<(KeptDocument, Vec<u8>)>, HistoryError> {
    let mut documents = Vec::new();
    for document in &run.documents {
        let damaged = |what: &str| HistoryError::damaged(History::place(run.id), format!("{}: {what}", document.path));
        let size = usize::try_from(document.bytes).map_err(|_| damaged("it is cut off"))?;
        let (bytes, rest) = image.split_at_checked(size).ok_or_else(|| damaged("it is cut off"))?;
        if Digest::of(bytes) != document.digest {
            return Err(damaged("its bytes are not those that were read: they have another digest"));
        }
        documents.push((document.clone(), bytes.to_vec()));
        image = rest;
    }
    Ok(documents)
}

pub(crate) fn read_delta(file: &mut RunFile) -> Result<Delta, HistoryError> {
    let text = file.verdicts()?;
    let place = History::place(file.run.id);
    let changed = wire::read_verdicts(&text).map_err(|what| HistoryError::damaged(place.as_str(), what))?;
    if !file.run.whole {
        return Ok(Delta::Changed(changed));
    }
    let whole = changed.into_iter().map(|(key, verdict)| verdict.map(|verdict| (key, verdict)));
    let whole: Option<Verdicts> = whole.collect();
    whole.map(Delta::Whole).ok_or_else(|| HistoryError::damaged(place, "it says of a check that it is gone"))
}
