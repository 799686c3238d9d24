//! `events.yaml`: security events and significant changes, written by `attesta assess event` alone.

use std::fmt::Write as _;

use attesta_catalog::Fault;
use attesta_content::yaml::{self, Reading};
use attesta_kernel::{Date, Digest};
use attesta_lifecycle::{Consulted, Ended, Notices, SecurityEvent, SignificantChange};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    folder::{Change, Folder, Over},
    text,
};

/// Security events and significant changes.
pub const EVENTS: &str = "events.yaml";
const SCHEMA: &str = "attesta.events/1";
const HELP: &str = "put the file back as it was; it is written by `attesta assess event` alone";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    #[serde(default)]
    security: Vec<RawEvent>,
    #[serde(default)]
    changes: Vec<RawChange>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEvent {
    id: Spanned<String>,
    what: String,
    identified: Spanned<String>,
    confirmed: Option<Spanned<String>>,
    dismissed: Option<Spanned<String>>,
    told: Option<Spanned<String>>,
    reference: Option<String>,
    by: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChange {
    id: Spanned<String>,
    what: String,
    on: Spanned<String>,
    consulted: Option<Spanned<String>>,
    reference: Option<String>,
    answer: Option<String>,
    by: Spanned<String>,
}

/// What happened around a certificate, and the digest of the file.
///
/// # Errors
///
/// Every fault that was found: what cannot be read, and days before what they follow.
pub fn notices(folder: &Folder, today: Date) -> Result<(Notices, Option<Digest>), Vec<Fault>> {
    let Some(file) = folder.file(EVENTS).map_err(|fault| vec![fault])? else {
        return Ok((Notices::default(), None));
    };
    let raw: Raw = yaml::parse(&file, SCHEMA).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let reading = &mut Reading { file: &file, faults: &mut faults };
    let mut notices = Notices::default();
    let mut seen = std::collections::BTreeSet::new();
    for raw in &raw.security {
        let Some(event) = event(reading, raw) else { continue };
        for refusal in event.refusals(today) {
            reading.complain(&raw.id, refusal.to_string(), refusal.help());
        }
        if !seen.insert(event.id.clone()) {
            reading.complain(&raw.id, format!("event `{}` stands twice", event.id), HELP);
        }
        notices.events.push(event);
    }
    for raw in &raw.changes {
        let Some(change) = change(reading, raw) else { continue };
        for refusal in change.refusals(today) {
            reading.complain(&raw.id, refusal.to_string(), refusal.help());
        }
        if !seen.insert(change.id.clone()) {
            reading.complain(&raw.id, format!("event `{}` stands twice", change.id), HELP);
        }
        notices.changes.push(change);
    }
    faults.sort();
    if faults.is_empty() { Ok((notices, Some(Digest::of(file.text.as_bytes())))) } else { Err(faults) }
}

fn event(reading: &mut Reading<'_>, raw: &RawEvent) -> Option<SecurityEvent> {
    let id = reading.value(&raw.id);
    let identified = reading.day(Some(&raw.identified)).flatten();
    let confirmed = reading.day(raw.confirmed.as_ref());
    let dismissed = reading.day(raw.dismissed.as_ref());
    let told = reading.day(raw.told.as_ref());
    let by = reading.value(&raw.by);
    let ended = match (confirmed?, dismissed?) {
        (Some(on), None) => Some(Ended::Confirmed(on)),
        (None, Some(on)) => Some(Ended::Dismissed(on)),
        (None, None) => None,
        (Some(_), Some(_)) => {
            reading.complain(&raw.id, "an event is confirmed or dismissed, not both", HELP);
            return None;
        }
    };
    let told = told?.map(|on| (on, raw.reference.clone().unwrap_or_default()));
    Some(SecurityEvent { id: id?.value, what: raw.what.clone(), identified: identified?, ended, told, by: by?.value })
}

fn change(reading: &mut Reading<'_>, raw: &RawChange) -> Option<SignificantChange> {
    let id = reading.value(&raw.id);
    let on = reading.day(Some(&raw.on)).flatten();
    let consulted = reading.day(raw.consulted.as_ref());
    let by = reading.value(&raw.by);
    let reference = raw.reference.clone().unwrap_or_default();
    let consulted = consulted?.map(|on| Consulted { on, reference, answer: raw.answer.clone() });
    Some(SignificantChange { id: id?.value, what: raw.what.clone(), on: on?, consulted, by: by?.value })
}

/// What the file of events will say, in place of the one that was read.
pub fn notices_change(notices: &Notices, read: Option<Digest>) -> Change {
    let mut out = format!("# Written by `attesta assess event` alone.\nschema: {SCHEMA}\n");
    let day = |out: &mut String, key: &str, day: Option<Date>| {
        if let Some(day) = day {
            let _ = writeln!(out, "    {key}: {day}");
        }
    };
    if !notices.events.is_empty() {
        out.push_str("security:\n");
    }
    for event in &notices.events {
        let _ = writeln!(out, "  - id: {}\n    what: {}", event.id, text(&event.what));
        let _ = writeln!(out, "    identified: {}", event.identified);
        match event.ended {
            Some(Ended::Confirmed(on)) => day(&mut out, "confirmed", Some(on)),
            Some(Ended::Dismissed(on)) => day(&mut out, "dismissed", Some(on)),
            None => {}
        }
        if let Some((on, reference)) = &event.told {
            let _ = writeln!(out, "    told: {on}\n    reference: {}", text(reference));
        }
        let _ = writeln!(out, "    by: {}", event.by);
    }
    if !notices.changes.is_empty() {
        out.push_str("changes:\n");
    }
    for change in &notices.changes {
        let _ = writeln!(out, "  - id: {}\n    what: {}\n    on: {}", change.id, text(&change.what), change.on);
        if let Some(consulted) = &change.consulted {
            day(&mut out, "consulted", Some(consulted.on));
            let _ = writeln!(out, "    reference: {}", text(&consulted.reference));
            if let Some(answer) = &consulted.answer {
                let _ = writeln!(out, "    answer: {}", text(answer));
            }
        }
        let _ = writeln!(out, "    by: {}", change.by);
    }
    Change { inside: EVENTS.to_owned(), text: out, over: Over::Read(read) }
}
