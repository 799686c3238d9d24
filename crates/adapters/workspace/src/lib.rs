//! An assessment as a folder of plain files, good for git: YAML that people write, and files that commands alone write.
//! The same files may be held in memory, as the documents of a store ([`Folder::held`]).
//!
//! Reading names file and line of whatever is wrong, all at once. Writing is whole or not at all, and never overwrites
//! what people own. It decides nothing.

mod actions;
mod answers;
mod begin;
mod disk;
mod documents;
mod dossier;
mod evidence;
mod factors;
mod folder;
mod header;
mod held;
mod hipaa;
mod imports;
mod inheritance;
mod lifecycle;
mod matrices;
mod measures;
mod memo;
mod metric_results;
mod notices;
mod overrides;
mod packs;
mod people;
mod proposals;
mod samples;
mod scope;
mod scoping;
mod shelf;
mod submission;
mod validation;

use std::collections::BTreeMap;

use attesta_catalog::{Fault, Placed};
use attesta_kernel::Place;

pub use actions::{Stub, action_id, action_place, actions, actions_change, draft_actions};
pub use begin::first_files;
pub use documents::{
    ANSWERS, VALIDATION, answer_change, answers, answers_of, document_place, result_change, results, results_of,
};
pub use dossier::{header, read, scope};
pub use factors::profile;
pub use folder::{ASSESSMENT, Change, Documents, Folder, Over};
pub use held::held_files;
pub use hipaa::{HipaaRegister, hipaa, hipaa_change, hipaa_rows};
pub use imports::{ImportRecord, import_changes, import_record};
pub use inheritance::{REQUESTS, new_request_place, requests_change};
pub use lifecycle::{LIFECYCLE, history, history_change};
pub use matrices::matrix_change;
pub use metric_results::{metric_results, metric_results_change};
pub use notices::{EVENTS, notices, notices_change};
pub use overrides::{OVERRIDES, overrides, overrides_change};
pub use packs::{PACKS, pack_change, pack_text, packs};
pub use people::person_change;
pub use proposals::{PROPOSALS, checks, proposals, proposals_changes};
pub use samples::{
    HeldSample, items, new_sample_changes, population_items, population_place, sample_change, sample_place, samples,
};
pub use scoping::{FACTORS, SCOPE, additions_change, coverage, environment, factors_change, scope_change};
pub use submission::submission;

/// Values by key; a second value of the same key is a fault and is dropped.
pub(crate) fn index<K: Ord + std::fmt::Display, T>(
    what: &str,
    rows: Vec<Placed<T>>,
    key: impl Fn(&T) -> K,
    faults: &mut Vec<Fault>,
) -> BTreeMap<K, Placed<T>> {
    let mut found: BTreeMap<K, Placed<T>> = BTreeMap::new();
    for row in rows {
        let key = key(&row.value);
        match found.get(&key) {
            Some(first) => faults.push(twice(row.place, what, &key, &first.place)),
            None => drop(found.insert(key, row)),
        }
    }
    found
}

fn twice(place: Place, what: &str, key: &dyn std::fmt::Display, first: &Place) -> Fault {
    Fault::new(place, format!("{what} `{key}` stands twice"), format!("it stands first in {first}; remove one"))
}

/// A YAML text as JSON.
///
/// # Errors
///
/// Says where it cannot be read.
pub fn as_json(text: &str) -> Result<serde_json::Value, String> {
    serde_saphyr::from_str(text).map_err(|error| error.to_string())
}

/// A text as YAML writes it between double quotes (YAML 1.2, 7.3.1).
pub(crate) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
