//! Tables of others: read within limits, mapped by a profile that somebody confirms, and told before anything is written.

use std::{fmt::Display, fs::File as OsFile, io::Read as _, path::Path};

use attesta_assessment::{Headers, RowTrouble, Sheet};
use attesta_catalog::Fault;
use attesta_content::File;
use attesta_interchange::packs::{Limits, digest, sheets};
use clap::Args;
use serde_json::{Map, Value, json};

use crate::{
    assess::desk::refuse,
    exit::{Exit, Failure},
    terminal,
};

/// How a table is mapped, and whether somebody confirms it.
#[derive(Debug, Args)]
pub(crate) struct Mapping {
    /// How to read it: a profile that ships (by id), or a file of your own [default: the one that fits best]
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,
    /// Write with the profile that was proposed
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) accept: bool,
    /// Only show what would be read
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// No table is bigger.
const MOST_BYTES: u64 = 64 << 20;
/// So many rows of a kind are shown; the rest are counted.
const MOST_SHOWN: usize = 20;

/// A file that was read.
pub(crate) struct Export {
    /// Its path as it was given.
    shown: String,
    /// Its name.
    pub(crate) name: String,
    /// Its SHA-256.
    pub(crate) sha256: String,
    /// Its sheets.
    pub(crate) sheets: Vec<Sheet>,
}

impl Export {
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let shown = path.display().to_string();
        let wrong = |what: String| Failure::new(Exit::NotEvaluated, format!("{shown}: {what}"));
        let mut bytes = Vec::new();
        OsFile::open(path)
            .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
            .map_err(|e| wrong(format!("cannot be read: {e}")))?;
        let name = path.file_name().map_or_else(|| shown.clone(), |n| n.to_string_lossy().into_owned());
        let sheets = sheets(&name, &bytes, Limits::default()).map_err(|e| wrong(e.to_string()))?;
        Ok(Self { sha256: digest(&bytes), shown, name, sheets })
    }

    /// A failure about the file.
    pub(crate) fn wrong(&self, what: impl Display) -> Failure {
        Failure::new(Exit::NotEvaluated, format!("{}: {what}", self.shown))
    }
}

/// A kind of profile.
pub(crate) struct Profiles<P> {
    /// Those that ship.
    pub(crate) shipped: Vec<P>,
    /// A profile's id and title.
    pub(crate) names: fn(&P) -> (&str, &str),
    /// Reads one.
    pub(crate) read: fn(&File) -> Result<P, Vec<Fault>>,
    /// The one that fits best.
    pub(crate) recognise: for<'p> fn(&'p [P], &[Sheet]) -> Option<&'p P>,
    /// The page that tells how to write one.
    pub(crate) page: &'static str,
}

impl<P: Clone> Profiles<P> {
    /// The profile that was named, or the one that fits best.
    pub(crate) fn choose(&self, mapping: &Mapping, export: &Export) -> Result<P, Failure> {
        if let Some(named) = &mapping.profile {
            return self.named(named);
        }
        (self.recognise)(&self.shipped, &export.sheets).cloned().ok_or_else(|| {
            let known: Vec<String> = self
                .shipped
                .iter()
                .map(|p| {
                    let (id, title) = (self.names)(p);
                    format!("{id} ({title})")
                })
                .collect();
            export.wrong("no profile fits its columns").help(format!(
                "write one ({}) and give it with --profile; there are {}",
                self.page,
                known.join(", ")
            ))
        })
    }

    /// A profile that ships, or one from a file.
    fn named(&self, named: &str) -> Result<P, Failure> {
        if let Some(profile) = self.shipped.iter().find(|p| (self.names)(p).0 == named) {
            return Ok(profile.clone());
        }
        let known: Vec<&str> = self.shipped.iter().map(|p| (self.names)(p).0).collect();
        let text = std::fs::read_to_string(named).map_err(|e| {
            let what = format!("`{named}` is no profile that ships, and as a file it cannot be read: {e}");
            Failure::new(Exit::Usage, what).help(format!("use {}, or a file", known.join(", ")))
        })?;
        let file = File { path: named.to_owned(), inside: named.to_owned(), text: text.into() };
        (self.read)(&file).map_err(|f| refuse(&f))
    }
}

impl Mapping {
    /// Whether to write.
    pub(crate) fn confirmed(&self) -> bool {
        (self.accept || self.profile.is_some()) && !self.dry_run
    }

    /// Nothing is written with a profile that nobody confirmed.
    pub(crate) fn refusal(profile: &str) -> Failure {
        Failure::new(Exit::Usage, "nothing was written")
            .help(format!("look at what would be read; then confirm it with --accept, or with --profile {profile}"))
    }
}

/// What stands in the table and what is found in it.
pub(crate) fn headers<F: Display>(headers: &Headers<F>) -> Result<(), Failure> {
    let mut text = String::new();
    for (sheet, row) in &headers.sheets {
        text.push_str(&format!("sheet `{sheet}`, headers in row {row}\n"));
    }
    if !headers.left.is_empty() {
        text.push_str(&format!("sheets without these columns: {}\n", headers.left.join(", ")));
    }
    text.push('\n');
    terminal::out(terminal::plain(&text).as_bytes())?;
    terminal::table(["field", "header"], headers.found.iter().map(|(f, h)| [f.to_string(), h.clone()]))?;
    let mut text = String::from("\n");
    if !headers.unknown.is_empty() {
        text.push_str(&format!("headers that mean nothing here: {}\n", headers.unknown.join(", ")));
    }
    terminal::out(terminal::plain(&text).as_bytes())
}

/// Counts in a line, then the first rows of each kind of trouble.
pub(crate) fn rows(counts: &[(&str, usize)], troubles: &[(&str, &[RowTrouble])]) -> Result<(), Failure> {
    let counted: Vec<String> = counts.iter().map(|(what, n)| format!("{what}: {n}")).collect();
    let mut text = format!("{}\n", counted.join("   "));
    for (what, list) in troubles {
        for trouble in list.iter().take(MOST_SHOWN) {
            text.push_str(&format!("{what}: {trouble}\n"));
        }
        if list.len() > MOST_SHOWN {
            text.push_str(&format!("{what}: {} more\n", list.len() - MOST_SHOWN));
        }
    }
    terminal::out(terminal::plain(&text).as_bytes())
}

/// The same as JSON, added to what a command says of itself.
pub(crate) fn document<F: Display>(
    mut told: Map<String, Value>,
    headers: &Headers<F>,
    counts: &[(&str, usize)],
    troubles: &[(&str, &[RowTrouble])],
) -> Value {
    let found: Map<String, Value> =
        headers.found.iter().map(|(field, header)| (field.to_string(), json!(header))).collect();
    let sheets: Vec<Value> =
        headers.sheets.iter().map(|(sheet, row)| json!({"sheet": sheet, "header_row": row})).collect();
    let counts: Map<String, Value> = counts.iter().map(|(what, n)| (what.replace(' ', "_"), json!(n))).collect();
    for (key, value) in [
        ("sheets", json!(sheets)),
        ("sheets_left", json!(headers.left)),
        ("columns", json!(found)),
        ("unknown_headers", json!(headers.unknown)),
        ("counts", json!(counts)),
    ] {
        told.insert(key.to_owned(), value);
    }
    for (what, list) in troubles {
        let rows: Vec<Value> = list.iter().map(|t| json!({"sheet": t.sheet, "row": t.row, "what": t.what})).collect();
        told.insert(what.replace(' ', "_") + "s", json!(rows));
    }
    Value::Object(told)
}
