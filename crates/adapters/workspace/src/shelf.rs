//! The files of an assessment in memory: what a store read, and what was written since.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use attesta_catalog::Fault;
use attesta_content::File;
use attesta_kernel::{Digest, Place};

use crate::folder::{Change, Documents, MOST_BYTES, MOST_FILES, Over, already, changed, not_read, too_big, too_many};

/// Held files; clones hold the same.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    label: Arc<str>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    documents: Documents,
    written: BTreeMap<String, Change>,
}

impl Shelf {
    pub(crate) fn new(label: String, documents: Documents) -> Self {
        Self { label: label.into(), state: Arc::new(Mutex::new(State { documents, written: BTreeMap::new() })) }
    }

    /// A panic of another thread leaves whole files behind: each change is one assignment.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn shown(&self, inside: &str) -> String {
        format!("{}/{inside}", self.label)
    }

    pub(crate) fn file(&self, inside: &str) -> Result<Option<File>, Fault> {
        let state = self.state();
        let path = self.shown(inside);
        let Some(text) = state.documents.texts.get(inside) else {
            return state.absent(inside).map_or(Ok(None), |what| Err(what(&path)));
        };
        if u64::try_from(text.len()).map_or(true, |length| length > MOST_BYTES) {
            return Err(too_big(&path));
        }
        Ok(Some(File { path, inside: inside.to_owned(), text: text.to_string().into() }))
    }

    pub(crate) fn names(&self, inside: &str) -> Result<Vec<String>, Fault> {
        let state = self.state();
        let below = if inside.is_empty() { String::new() } else { format!("{inside}/") };
        let all = |path: &String| path.strip_prefix(&below).map(str::to_owned);
        let texts = state.documents.texts.range(below.clone()..).map(|(path, _)| path).map_while(all);
        let others = state.documents.others.range(below.clone()..).map(|(path, _)| path).map_while(all);
        let mut names: Vec<String> =
            texts.chain(others).filter(|name| !name.contains('/') && !name.starts_with('.')).collect();
        if names.len() > MOST_FILES {
            return Err(too_many(&self.shown(inside)));
        }
        names.sort();
        Ok(names)
    }

    pub(crate) fn write(&self, changes: &[Change]) -> Result<(), Fault> {
        let mut state = self.state();
        for change in changes.iter().filter(|change| change.over == Over::Nothing) {
            if state.documents.texts.contains_key(&change.inside) || state.documents.others.contains_key(&change.inside)
            {
                return Err(already(&self.shown(&change.inside)));
            }
        }
        for change in changes {
            let Over::Read(read) = change.over else { continue };
            let now = match state.documents.texts.get(&change.inside) {
                Some(text) => Some(Digest::of(text.as_bytes())),
                None => match state.absent(&change.inside) {
                    Some(what) => return Err(what(&self.shown(&change.inside))),
                    None => None,
                },
            };
            if now != read {
                return Err(changed(&self.shown(&change.inside)));
            }
        }
        for change in changes {
            state.documents.texts.insert(change.inside.clone(), change.text.as_str().into());
            let over = state.written.get(&change.inside).map_or(change.over, |first| first.over);
            state.written.insert(change.inside.clone(), Change { over, ..change.clone() });
        }
        Ok(())
    }

    pub(crate) fn take_written(&self) -> Vec<Change> {
        std::mem::take(&mut self.state().written).into_values().collect()
    }

    pub(crate) fn documents(&self) -> Documents {
        self.state().documents.clone()
    }
}

impl State {
    /// Why no text stands at a path, where that must be told.
    fn absent(&self, inside: &str) -> Option<fn(&str) -> Fault> {
        if self.documents.others.contains_key(inside) {
            return Some(|shown| Fault::plain(Place::new(shown.to_owned(), None), "is not UTF-8 text"));
        }
        let other = inside.strip_suffix(".yaml").map(|stem| format!("{stem}.yml"))?;
        self.documents.texts.contains_key(&other).then_some(|shown| {
            let stem = shown.strip_suffix(".yaml").unwrap_or(shown);
            not_read(&format!("{stem}.yml"))
        })
    }
}
