//! YAML with places: one door for every YAML file of a pack.

use std::{collections::BTreeMap, str::FromStr};

use attesta_catalog::{Fault, Placed};
use attesta_kernel::{Date, Place, Provenance};
use serde::Deserialize;
use serde_saphyr::{Error, Location, Options, Spanned};

use crate::File;

/// A file no bigger than this many YAML nodes; the biggest that ships has about 6,000.
const MOST_NODES: usize = 200_000;

/// Parses `file`, which must say `schema: <schema>`.
///
/// # Errors
///
/// The first fault: another schema, an unknown or repeated key, a wrong type, more nodes than a file may have.
pub fn parse<'a, T: Deserialize<'a>>(file: &'a File, schema: &str) -> Result<T, Fault> {
    check_schema(file, schema)?;
    serde_saphyr::from_str_with_options(&file.text, options()).map_err(|error| fault(file, &error))
}

fn options() -> Options {
    serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        budget: serde_saphyr::budget! { max_nodes: MOST_NODES },
    }
}

/// Looks for the schema line before anything else, so that a file of another kind is not blamed for its keys.
fn check_schema(file: &File, schema: &str) -> Result<(), Fault> {
    let stated = file.text.lines().zip(1_u32..).find_map(|(line, number)| {
        let value = line.strip_prefix("schema:")?;
        let value = value.split(" #").next().unwrap_or(value);
        Some((value.trim().trim_matches(['"', '\'']), number))
    });
    match stated {
        Some((value, _)) if value == schema => Ok(()),
        Some((value, line)) => Err(Fault::new(
            file.at(line),
            format!("schema `{value}` is not what this file should hold"),
            format!("write `schema: {schema}`"),
        )),
        None => Err(Fault::new(file.at(1), "says no schema", format!("begin with `schema: {schema}`"))),
    }
}

fn fault(file: &File, error: &Error) -> Fault {
    let location = error.location();
    let place = file.at(location.and_then(line));
    let text = error.without_snippet().to_string();
    let text = text.split(" at line ").next().unwrap_or(&text);
    if let Some(key) = text.strip_prefix("duplicate mapping key: ") {
        let key = key.split(", set ").next().unwrap_or(key);
        return Fault::new(place, format!("key `{key}` stands twice"), "remove one");
    }
    if matches!(text, "invalid u8" | "invalid u16" | "invalid u32" | "invalid u64" | "invalid i64") {
        return Fault::plain(place, "not a whole number that fits here");
    }
    if text.starts_with("invalid boolean") {
        return Fault::new(place, "not true or false", "write true or false");
    }
    match text {
        "expected sequence start" => return Fault::plain(place, "not a list"),
        "expected mapping start" => return Fault::plain(place, "not a map of keys and values"),
        _ => {}
    }
    match text.strip_prefix("unknown field ").and_then(|rest| rest.split_once(", expected ")) {
        Some((key, expected)) => Fault::new(
            place,
            format!("unknown key {key}"),
            format!("known here: {}", expected.trim_start_matches("one of ")),
        ),
        None => Fault::plain(place, text),
    }
}

/// The line of a location, from 1; `None` where it has none.
pub fn line(location: Location) -> Option<u32> {
    u32::try_from(location.line()).ok().filter(|line| *line > 0)
}

/// Turns what was spanned into what is placed, and collects what does not parse.
pub struct Reading<'a> {
    /// The file that is read.
    pub file: &'a File,
    /// What was wrong so far.
    pub faults: &'a mut Vec<Fault>,
}

impl Reading<'_> {
    /// Where a value was written: for an alias, where the alias points.
    pub fn place<T>(&self, spanned: &Spanned<T>) -> Place {
        self.file.at(line(spanned.defined))
    }

    /// A fault at the place of a value.
    pub fn complain<T>(&mut self, at: &Spanned<T>, message: impl Into<String>, help: impl Into<String>) {
        let place = self.place(at);
        self.faults.push(Fault::new(place, message, help));
    }

    /// The value, where a text is given; `None` where it is given and names none.
    pub fn optional<T>(&mut self, text: Option<&Spanned<String>>) -> Option<Option<T>>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        text.map_or(Some(None), |text| self.value(text).map(|placed| Some(placed.value)))
    }

    /// A day, where one is given; `None` where it is not a day.
    pub fn day(&mut self, text: Option<&Spanned<String>>) -> Option<Option<Date>> {
        let Some(text) = text else { return Some(None) };
        match text.value.parse() {
            Ok(day) => Some(Some(day)),
            Err(_) => {
                self.complain(text, format!("`{}` is not a day", text.value), "write it like 2026-11-26");
                None
            }
        }
    }

    /// A text that must say something.
    pub fn says(&mut self, what: &str, text: &Spanned<String>) -> Option<String> {
        if text.value.trim().is_empty() {
            self.complain(text, format!("`{what}` is empty"), "say it");
            return None;
        }
        Some(text.value.clone())
    }

    /// The value that the text names; a fault when it names none.
    pub fn value<T>(&mut self, text: &Spanned<String>) -> Option<Placed<T>>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        let place = self.place(text);
        match text.value.parse() {
            Ok(value) => Some(Placed::new(place, value)),
            Err(error) => {
                self.faults.push(Fault::plain(place, error.to_string()));
                None
            }
        }
    }

    /// Every value of a list; one fault for each that does not parse.
    pub fn list<T>(&mut self, texts: &[Spanned<String>]) -> Vec<Placed<T>>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        texts.iter().filter_map(|text| self.value(text)).collect()
    }

    /// What a row's basis names among the bases of its file; a fault when it names none.
    pub fn basis(&mut self, bases: &BTreeMap<String, Basis>, name: &Spanned<String>) -> Option<Provenance> {
        if let Some(basis) = bases.get(&name.value) {
            return Some(basis.into());
        }
        let names: Vec<&str> = bases.keys().map(String::as_str).collect();
        let message = format!("basis `{}` is not one of this file's", name.value);
        self.complain(name, message, format!("use {}", names.join(", ")));
        None
    }

    /// The texts of a list, as they stand.
    pub fn texts(&self, texts: Vec<Spanned<String>>) -> Vec<Placed<Box<str>>> {
        texts.into_iter().map(|text| Placed::new(self.place(&text), text.value.into())).collect()
    }
}

/// The words for how sure we are.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Read in a primary source.
    Verified,
    /// Read in a secondary source.
    Secondary,
    /// Worked out from other facts.
    Inferred,
    /// General knowledge that nobody here has confirmed.
    Unverified,
}

impl Confidence {
    /// This confidence in `source`.
    pub fn of(self, source: impl Into<String>) -> Provenance {
        let confidence = match self {
            Self::Verified => attesta_kernel::Confidence::Verified,
            Self::Secondary => attesta_kernel::Confidence::Secondary,
            Self::Inferred => attesta_kernel::Confidence::Inferred,
            Self::Unverified => attesta_kernel::Confidence::Unverified,
        };
        Provenance { source: source.into(), confidence }
    }
}

/// A source and how sure we are of it, named once and pointed at by rows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    source: String,
    confidence: Confidence,
}

impl From<&Basis> for Provenance {
    fn from(basis: &Basis) -> Self {
        basis.confidence.of(basis.source.clone())
    }
}
