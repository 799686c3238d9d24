//! What a reviewer would raise, before the hand-off.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use attesta_kernel::{Date, Place};
use attesta_lifecycle::quality::{Checks, HandOff, Passage, Review};
use serde::Serialize;

/// What the checks found, as JSON.
#[derive(Serialize)]
pub struct Report<'a> {
    pub schema: &'static str,
    pub at: String,
    pub hand_off: &'static str,
    pub passage: &'static str,
    pub blocking: usize,
    pub looked: usize,
    pub issues: Vec<Row<'a>>,
    pub overrides: Vec<OverrideRow<'a>>,
    pub could_not_look: Vec<Blind<'a>>,
}

#[derive(Serialize)]
pub struct Row<'a> {
    pub check: &'static str,
    pub title: &'a str,
    pub subject: String,
    pub place: Option<String>,
    pub says: &'a [String],
    pub mend: &'a str,
    pub hand_off: &'static str,
    pub severity: &'static str,
    pub standing: &'static str,
    pub facts: &'a str,
    pub sources: Vec<Source<'a>>,
}

#[derive(Serialize)]
pub struct Source<'a> {
    pub source: &'a str,
    pub confidence: &'static str,
}

#[derive(Serialize)]
pub struct OverrideRow<'a> {
    pub check: &'static str,
    pub subject: String,
    pub place: String,
    pub because: &'a str,
    pub by: &'a str,
    pub on: String,
    pub approved_by: Option<&'a str>,
    pub counts: bool,
    pub worth: String,
}

#[derive(Serialize)]
pub struct Blind<'a> {
    pub check: &'static str,
    pub title: &'a str,
    pub hand_off: &'static str,
    pub because: &'a str,
}

impl<'a> Report<'a> {
    pub fn of(review: &'a Review, checks: &'a Checks, gate: HandOff, at: Date) -> Self {
        let title = |check| checks.rules.get(check).map_or("", |r| r.title.as_str());
        let issues = review.issues.iter().filter(|i| i.hand_off <= gate);
        let rows = issues.map(|issue| Row {
            check: issue.check.as_str(),
            title: title(&issue.check),
            subject: issue.subject.to_string(),
            place: issue.place.as_ref().map(Place::to_string),
            says: &issue.says,
            mend: &issue.mend,
            hand_off: issue.hand_off.as_str(),
            severity: issue.severity.as_str(),
            standing: issue.standing.as_str(),
            facts: issue.fingerprint.as_str(),
            sources: issue
                .provenances
                .iter()
                .map(|p| Source { source: &p.source, confidence: p.confidence.as_str() })
                .collect(),
        });
        let overrides = review.overrides.iter().map(|weighed| {
            let given = &weighed.given.value;
            OverrideRow {
                check: given.check.as_str(),
                subject: given.subject.to_string(),
                place: weighed.given.place.to_string(),
                because: &given.because,
                by: given.by.as_str(),
                on: given.on.to_string(),
                approved_by: given.approved.as_ref().map(|a| a.by.as_str()),
                counts: weighed.worth.counts(),
                worth: weighed.worth.to_string(),
            }
        });
        let blind = review.unlooked.iter().filter(|u| u.hand_off <= gate).map(|u| Blind {
            check: u.check.as_str(),
            title: title(&u.check),
            hand_off: u.hand_off.as_str(),
            because: &u.because,
        });
        Self {
            schema: "attesta.quality-review/1",
            at: at.to_string(),
            hand_off: gate.as_str(),
            passage: match review.passage(gate) {
                Passage::Open => "open",
                Passage::Blocked(_) => "blocked",
                Passage::Unknown(_) => "unknown",
            },
            blocking: review.blocking(gate).count(),
            looked: review.looked,
            issues: rows.collect(),
            overrides: overrides.collect(),
            could_not_look: blind.collect(),
        }
    }
}
