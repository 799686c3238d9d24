//! What the quality checks mean to people, and the figures that only they use.

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{ChoiceId, FactorId, Purpose};
use attesta_catalog::Fault;
use attesta_kernel::{Provenance, Severity};
use attesta_lifecycle::quality::{Check, Checks, Figures, HandOff, Known, Meaning, Rule};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource,
    yaml::{self, Basis, Reading},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "title")]
    _title: String,
    bases: BTreeMap<String, Basis>,
    hand_offs: BTreeMap<String, Spanned<String>>,
    figures: RawFigures,
    #[serde(default)]
    meanings: Vec<RawMeaning>,
    checks: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFigures {
    not_applicable_percent: RawFigure<u32>,
    not_applicable_among: RawFigure<u32>,
    whole_topics: RawFigure<BTreeSet<String>>,
    comments_alike: RawFigure<u32>,
    comment_length: RawFigure<u32>,
    evidence_age_days: RawFigure<u32>,
    report_age_days: RawFigure<u32>,
    empty_texts: RawFigure<Vec<String>>,
    undone_phrases: RawFigure<Vec<String>>,
    done_phrases: RawFigure<Vec<String>>,
    tester_credentials: RawFigure<BTreeSet<String>>,
    reviewer_credentials: RawFigure<BTreeSet<String>>,
    reviewer_role: RawFigure<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFigure<T> {
    value: T,
    basis: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMeaning {
    factor: Spanned<String>,
    #[serde(default)]
    affirms: Vec<Spanned<String>>,
    #[serde(default)]
    denies: Vec<Spanned<String>>,
    #[serde(default)]
    topics: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: Spanned<String>,
    title: Spanned<String>,
    wrong: Spanned<String>,
    mend: Spanned<String>,
    blind: Option<String>,
    hand_off: Spanned<String>,
    severity: Spanned<String>,
    purposes: Vec<Spanned<String>>,
    #[serde(default)]
    programs: BTreeSet<String>,
    basis: Spanned<String>,
}

/// What the quality checks mean, and their figures.
///
/// # Errors
///
/// Every fault of the file; a check that stands twice, or that is left out: what content does not know cannot look.
pub fn quality_checks(source: &ContentSource) -> Result<Checks, Vec<Fault>> {
    let file = source.file("quality/hitrust/checks.yaml").map_err(|fault| vec![fault])?;
    let raw: Raw = yaml::parse(&file, "attesta.quality-checks/1").map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let mut reading = Bases { reading: Reading { file: &file, faults: &mut faults }, bases: &raw.bases };
    let figures = reading.figures(raw.figures);
    let meanings = raw.meanings.iter().filter_map(|m| reading.meaning(m)).collect();
    let mut rules = BTreeMap::new();
    for row in &raw.checks {
        let Some((check, rule)) = reading.rule(row) else { continue };
        if rules.insert(check, rule).is_some() {
            reading.reading.complain(&row.id, format!("`{check}` stands twice"), "remove one");
        }
    }
    let mut hand_offs = BTreeMap::new();
    for (word, title) in &raw.hand_offs {
        match word.parse::<HandOff>() {
            Ok(hand_off) => drop(hand_offs.insert(hand_off, title.value.clone())),
            Err(error) => reading.reading.complain(title, error.to_string(), "remove or correct it"),
        }
    }
    let unsaid = HandOff::ALL.into_iter().filter(|h| !hand_offs.contains_key(h)).map(|h| format!("hand-off `{h}`"));
    let without = Check::ALL.iter().filter(|c| !rules.contains_key(c)).map(|c| format!("check `{c}`"));
    let missing: Vec<String> = if faults.is_empty() { without.chain(unsaid).collect() } else { Vec::new() };
    for what in missing {
        faults.push(Fault::new(file.at(1), format!("{what} is missing"), "take it from the pack that ships"));
    }
    match figures {
        Some(figures) if faults.is_empty() => Ok(Checks { rules, hand_offs, meanings, figures }),
        _ => {
            faults.sort();
            Err(faults)
        }
    }
}

struct Bases<'a, 'b> {
    reading: Reading<'a>,
    bases: &'b BTreeMap<String, Basis>,
}

impl Bases<'_, '_> {
    fn basis(&mut self, name: &Spanned<String>) -> Option<Provenance> {
        if let Some(basis) = self.bases.get(&name.value) {
            return Some(basis.into());
        }
        let names: Vec<&str> = self.bases.keys().map(String::as_str).collect();
        let message = format!("basis `{}` is not one of this file's", name.value);
        self.reading.complain(name, message, format!("use {}", names.join(", ")));
        None
    }

    fn known<T>(&mut self, figure: RawFigure<T>) -> Option<Known<T>> {
        Some(Known { provenance: self.basis(&figure.basis)?, value: figure.value })
    }

    fn figures(&mut self, raw: RawFigures) -> Option<Figures> {
        // Each is looked at, so that every fault is told at once.
        let not_applicable_percent = self.known(raw.not_applicable_percent);
        let not_applicable_among = self.known(raw.not_applicable_among);
        let whole_topics = self.known(raw.whole_topics);
        let comments_alike = self.known(raw.comments_alike);
        let comment_length = self.known(raw.comment_length);
        let evidence_age_days = self.known(raw.evidence_age_days);
        let report_age_days = self.known(raw.report_age_days);
        let empty_texts = self.known(raw.empty_texts);
        let undone_phrases = self.known(raw.undone_phrases);
        let done_phrases = self.known(raw.done_phrases);
        let tester_credentials = self.known(raw.tester_credentials);
        let reviewer_credentials = self.known(raw.reviewer_credentials);
        let reviewer_role = self.known(raw.reviewer_role);
        Some(Figures {
            not_applicable_percent: not_applicable_percent?,
            not_applicable_among: not_applicable_among?,
            whole_topics: whole_topics?,
            comments_alike: comments_alike?,
            comment_length: comment_length?,
            evidence_age_days: evidence_age_days?,
            report_age_days: report_age_days?,
            empty_texts: empty_texts?,
            undone_phrases: undone_phrases?,
            done_phrases: done_phrases?,
            tester_credentials: tester_credentials?,
            reviewer_credentials: reviewer_credentials?,
            reviewer_role: reviewer_role?,
        })
    }

    fn meaning(&mut self, raw: &RawMeaning) -> Option<Meaning> {
        let mut choices = |texts: &[Spanned<String>]| -> BTreeSet<ChoiceId> {
            self.reading.list(texts).into_iter().map(|c| c.value).collect()
        };
        let (affirms, denies) = (choices(&raw.affirms), choices(&raw.denies));
        let topics = raw.topics.iter().map(|t| t.as_str().into()).collect();
        Some(Meaning { factor: self.reading.value::<FactorId>(&raw.factor)?.value, affirms, denies, topics })
    }

    fn rule(&mut self, raw: &RawRule) -> Option<(Check, Rule)> {
        let reading = &mut self.reading;
        let check = reading.value::<Check>(&raw.id);
        let title = reading.says("title", &raw.title);
        let wrong = reading.says("wrong", &raw.wrong);
        let mend = reading.says("mend", &raw.mend);
        let hand_off = reading.value::<HandOff>(&raw.hand_off);
        let severity = reading.value::<Severity>(&raw.severity);
        let purposes = reading.list::<Purpose>(&raw.purposes).into_iter().map(|p| p.value).collect();
        let provenance = self.basis(&raw.basis);
        let rule = Rule {
            title: title?,
            wrong: wrong?,
            mend: mend?,
            blind: raw.blind.clone(),
            hand_off: hand_off?.value,
            severity: severity?.value,
            purposes,
            programs: raw.programs.clone(),
            provenance: provenance?,
        };
        Some((check?.value, rule))
    }
}
