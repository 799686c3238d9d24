//! `hipaa/*.yaml`: what people recorded about HIPAA. What they left out is read as left out; what they wrote must parse.

mod agreements;
mod decisions;
mod incidents;
mod practices;
mod risks;
mod words;
mod write;

use std::{collections::BTreeMap, str::FromStr};

use attesta_assessment::{Evidence, EvidenceId};
use attesta_catalog::{Fault, Placed};
use attesta_content::{
    File,
    yaml::{self, Reading},
};
use attesta_hipaa::{RecordId, Records, Words};
use attesta_kernel::Date;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{Folder, index};
pub use write::{HipaaRegister, hipaa_change, hipaa_rows};

/// A text with its place.
type Text = Spanned<String>;

/// Reads what people recorded about HIPAA. Files that are not there hold nothing.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line; evidence that is named must stand in `evidence.yaml`.
pub fn hipaa(folder: &Folder, evidence: &BTreeMap<EvidenceId, Placed<Evidence>>) -> Result<Records, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut records = Records::default();
    {
        let mut read = |inside: &str, read: fn(&mut Rows<'_>, &mut Records) -> Option<()>| match folder.file(inside) {
            Ok(Some(file)) => {
                let _ =
                    read(&mut Rows { reading: Reading { file: &file, faults: &mut faults }, evidence }, &mut records);
            }
            Ok(None) => {}
            Err(fault) => faults.push(fault),
        };
        read("hipaa/decisions.yaml", decisions::read);
        read("hipaa/risks.yaml", risks::read);
        read("hipaa/incidents.yaml", incidents::read);
        read("hipaa/agreements.yaml", agreements::read);
        read("hipaa/practices.yaml", practices::read);
        read("hipaa/attestations.yaml", words::read);
    }
    faults.sort();
    if faults.is_empty() { Ok(records) } else { Err(faults) }
}

/// Reads the rows of one file. A method gives `None` where something is wrong and a fault was told.
struct Rows<'a> {
    reading: Reading<'a>,
    evidence: &'a BTreeMap<EvidenceId, Placed<Evidence>>,
}

impl<'a> Rows<'a> {
    fn parse<T: Deserialize<'a>>(&mut self, schema: &str) -> Option<T> {
        let file: &'a File = self.reading.file;
        yaml::parse(file, schema).map_err(|fault| self.reading.faults.push(fault)).ok()
    }

    fn value<T: FromStr>(&mut self, text: &Text) -> Option<T>
    where
        T::Err: std::fmt::Display,
    {
        self.reading.value(text).map(|placed| placed.value)
    }

    /// What is written, where something is.
    fn maybe<T: FromStr>(&mut self, text: Option<&Text>) -> Option<Option<T>>
    where
        T::Err: std::fmt::Display,
    {
        self.reading.optional(text)
    }

    fn day(&mut self, text: &Text) -> Option<Date> {
        self.reading.day(Some(text)).flatten()
    }

    fn maybe_day(&mut self, text: Option<&Text>) -> Option<Option<Date>> {
        self.reading.day(text)
    }

    /// Ids of evidence, each of which must be kept.
    fn evidence(&mut self, texts: &[Text]) -> Option<Vec<EvidenceId>> {
        let mut found = Vec::new();
        for text in texts {
            let Some(id) = self.value::<EvidenceId>(text) else { continue };
            if self.evidence.contains_key(&id) {
                found.push(id);
            } else {
                let help = "list it in evidence.yaml, or name one that is listed there";
                self.reading.complain(text, format!("`{id}` is not in evidence.yaml"), help);
            }
        }
        (found.len() == texts.len()).then_some(found)
    }

    /// Words by key.
    fn answers<K: FromStr + Ord>(&mut self, raw: &BTreeMap<String, Text>) -> Option<BTreeMap<K, Words>>
    where
        K::Err: std::fmt::Display,
    {
        let mut answers = BTreeMap::new();
        for (key, text) in raw {
            let words = self.value::<Words>(text);
            match key.parse::<K>() {
                Ok(key) => drop(words.map(|words| answers.insert(key, words))),
                Err(error) => {
                    let place = self.reading.place(text);
                    self.reading.faults.push(Fault::plain(place, error.to_string()));
                }
            }
        }
        (answers.len() == raw.len()).then_some(answers)
    }

    /// Rows by id, each of which stands once.
    fn by_id<R, T>(
        &mut self,
        what: &str,
        raw: &[R],
        id: fn(&R) -> &Text,
        read: impl Fn(&mut Self, &R, RecordId) -> Option<T>,
        of: fn(&T) -> &RecordId,
    ) -> Vec<T> {
        let mut rows = Vec::new();
        for row in raw {
            let place = self.reading.place(id(row));
            let Some(id) = self.value::<RecordId>(id(row)) else { continue };
            rows.extend(read(self, row, id).map(|value| Placed::new(place, value)));
        }
        index(what, rows, |row| of(row).clone(), self.reading.faults).into_values().map(|placed| placed.value).collect()
    }

    /// A key that stands where it makes no sense.
    fn misplaced(&mut self, key: &str, text: Option<&Text>, help: &str) {
        if let Some(text) = text {
            self.reading.complain(text, format!("`{key}` makes no sense here"), help);
        }
    }
}
