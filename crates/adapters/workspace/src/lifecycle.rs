//! `lifecycle.yaml`: what happened to an assessment, written by `attesta assess advance` alone.

use std::{collections::BTreeMap, fmt::Write as _};

use attesta_assessment::Purpose;
use attesta_catalog::Fault;
use attesta_content::yaml::{self, Reading};
use attesta_kernel::{Digest, Place};
use attesta_lifecycle::{Certificate, Detail, Entry, Event, FileChanges, FrozenFile, History, Phase, Track};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    folder::{Change, Folder, Over},
    text,
};

/// The file.
pub const LIFECYCLE: &str = "lifecycle.yaml";
const SCHEMA: &str = "attesta.lifecycle/1";
/// What mends a history that was edited.
const HELP: &str = "put the file back as it was; it is written by `attesta assess advance` alone";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    phase: Spanned<String>,
    entries: Vec<RawEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    at: Spanned<String>,
    by: Spanned<String>,
    side: Spanned<String>,
    command: Spanned<String>,
    from: Spanned<String>,
    to: Spanned<String>,
    day: Option<Spanned<String>>,
    task: Option<String>,
    number: Option<u32>,
    #[serde(default)]
    note: String,
    reference: Option<String>,
    until: Option<Spanned<String>>,
    certificate: Option<RawCertificate>,
    #[serde(default)]
    files: BTreeMap<String, Spanned<String>>,
    digest: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCertificate {
    program: String,
    purpose: Spanned<String>,
    issued: Spanned<String>,
    expires: Spanned<String>,
    reference: String,
}

/// The history of an assessment, replayed and its chain of digests checked; a new one where nothing has happened yet.
/// With it the digest of the file, so that [`history_change`] replaces what was read and nothing else.
///
/// # Errors
///
/// Every fault of the file, or the first entry that does not fit.
pub fn history(folder: &Folder, purpose: Purpose, track: &Track) -> Result<(History, Option<Digest>), Vec<Fault>> {
    let Some(file) = folder.file(LIFECYCLE).map_err(|fault| vec![fault])? else {
        return Ok((History::begin(purpose, track), None));
    };
    let read = Some(Digest::of(file.text.as_bytes()));
    let raw: Raw = yaml::parse(&file, SCHEMA).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let mut places = Vec::new();
    let mut entries = Vec::new();
    let reading = &mut Reading { file: &file, faults: &mut faults };
    let phase = reading.value::<Phase>(&raw.phase);
    for raw in raw.entries {
        places.push(reading.place(&raw.at));
        entries.extend(entry(reading, raw));
    }
    if !faults.is_empty() {
        faults.sort();
        return Err(faults);
    }
    let history = History::replay(purpose, track, entries).map_err(|fault| {
        let place = places.get(fault.entry().saturating_sub(1)).cloned();
        vec![Fault::new(place.unwrap_or_else(|| file.at(1)), fault.to_string(), HELP)]
    })?;
    match phase {
        Some(phase) if phase.value == history.life().state.phase() => Ok((history, read)),
        _ => {
            let place = Place::new(file.path.clone(), None);
            let message = format!("`phase` is not where the entries lead, {}", history.life().state.phase());
            Err(vec![Fault::new(place, message, HELP)])
        }
    }
}

fn entry(reading: &mut Reading<'_>, raw: RawEntry) -> Option<Entry> {
    let at = reading.day(Some(&raw.at)).flatten();
    let by = reading.value(&raw.by);
    let side = reading.value(&raw.side);
    let verb = reading.value(&raw.command);
    let from = reading.value(&raw.from);
    let to = reading.value(&raw.to);
    let day = reading.day(raw.day.as_ref());
    let until = reading.day(raw.until.as_ref());
    let digest = digest(reading, &raw.digest);
    let certificate = match raw.certificate {
        None => Some(None),
        Some(raw) => certificate(reading, raw).map(Some),
    };
    let files: Option<FileChanges> = {
        let each: Vec<_> =
            raw.files.iter().map(|(path, held)| Some((path.as_str().into(), held_file(reading, held)?))).collect();
        each.into_iter().collect()
    };
    let detail = match (day?, raw.task, raw.number) {
        (Some(day), None, None) => Detail::Day(day),
        (None, Some(task), None) => Detail::Task(task),
        (None, None, Some(number)) => Detail::Number(number),
        (None, None, None) => Detail::Nothing,
        _ => {
            reading.complain(&raw.command, "a command has at most one of `day`, `task` and `number`", HELP);
            return None;
        }
    };
    let event = Event {
        at: at?,
        by: by?.value,
        side: side?.value,
        verb: verb?.value,
        from: from?.value,
        to: to?.value,
        detail,
        note: raw.note,
        reference: raw.reference,
        files: files?,
        until: until?,
        certificate: certificate?,
    };
    Some(Entry { event, digest: digest? })
}

fn certificate(reading: &mut Reading<'_>, raw: RawCertificate) -> Option<Certificate> {
    let purpose = reading.value(&raw.purpose);
    let issued = reading.day(Some(&raw.issued)).flatten();
    let expires = reading.day(Some(&raw.expires)).flatten();
    let (program, reference) = (raw.program, raw.reference);
    Some(Certificate { program, purpose: purpose?.value, issued: issued?, expires: expires?, reference })
}

/// `SUBJECT DIGEST`, or `gone`.
fn held_file(reading: &mut Reading<'_>, held: &Spanned<String>) -> Option<Option<FrozenFile>> {
    if held.value == "gone" {
        return Some(None);
    }
    let read = held.value.split_once(' ').and_then(|(subject, digest)| {
        Some(FrozenFile { subject: subject.parse().ok()?, digest: digest.parse().ok()? })
    });
    if read.is_none() {
        reading.complain(held, format!("`{}` is neither `gone` nor a subject and a digest", held.value), HELP);
    }
    read.map(Some)
}

fn digest(reading: &mut Reading<'_>, text: &Spanned<String>) -> Option<Digest> {
    let read = text.value.parse().ok();
    if read.is_none() {
        reading.complain(text, format!("`{}` is no digest", text.value), HELP);
    }
    read
}

/// What the file of the history will say, in place of the one that was read.
pub fn history_change(history: &History, read: Option<Digest>) -> Change {
    let mut out = format!(
        "# Written by `attesta assess advance` alone. Each digest covers its entry and the digest before it, so that an edit by\n\
         # hand is told.\nschema: {SCHEMA}\nphase: {}\nentries:\n",
        history.life().state.phase()
    );
    for entry in history.entries() {
        let event = &entry.event;
        let _ = writeln!(out, "  - at: {}\n    by: {}\n    side: {}", event.at, event.by, event.side);
        let _ = writeln!(out, "    command: {}\n    from: {}\n    to: {}", event.verb, event.from, event.to);
        let _ = match &event.detail {
            Detail::Nothing => Ok(()),
            Detail::Day(day) => writeln!(out, "    day: {day}"),
            Detail::Task(task) => writeln!(out, "    task: {}", text(task)),
            Detail::Number(number) => writeln!(out, "    number: {number}"),
        };
        if !event.note.is_empty() {
            let _ = writeln!(out, "    note: {}", text(&event.note));
        }
        if let Some(reference) = &event.reference {
            let _ = writeln!(out, "    reference: {}", text(reference));
        }
        if let Some(until) = event.until {
            let _ = writeln!(out, "    until: {until}");
        }
        if let Some(c) = &event.certificate {
            let _ =
                writeln!(out, "    certificate:\n      program: {}\n      purpose: {}", text(&c.program), c.purpose);
            let _ = writeln!(out, "      issued: {}\n      expires: {}", c.issued, c.expires);
            let _ = writeln!(out, "      reference: {}", text(&c.reference));
        }
        if !event.files.is_empty() {
            let _ = writeln!(out, "    files:");
        }
        for (path, held) in &event.files {
            let held = held.as_ref().map_or_else(|| "gone".to_owned(), |f| format!("{} {}", f.subject, f.digest));
            let _ = writeln!(out, "      {}: {held}", text(path));
        }
        let _ = writeln!(out, "    digest: {}", text(&entry.digest.to_string()));
    }
    Change { inside: LIFECYCLE.to_owned(), text: out, over: Over::Read(read) }
}
