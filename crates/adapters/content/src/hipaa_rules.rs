//! The figures and lists of HIPAA's people side, and the proposed rule of 2025.

use std::{collections::BTreeMap, str::FromStr};

use attesta_catalog::{Catalog, Fault};
use attesta_hipaa::{
    AgreementRules, BreachRules, ClauseRule, ClockRule, Condition, DecisionRules, Factor, Family, GateRule, Part,
    PracticeRules, ProposedChange, ProposedRule, RiskMatrix, RiskRules, Rules, Slug,
};
use attesta_kernel::{Citation, Provenance};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource, File,
    yaml::{self, Basis, Reading},
};

const RULES: &str = "hipaa/rules.yaml";
const PROPOSED: &str = "hipaa/proposed-2025.yaml";

/// Reads the figures of HIPAA's people side.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line.
pub fn hipaa_rules(source: &ContentSource, catalog: &Catalog) -> Result<Rules, Vec<Fault>> {
    let mut faults = Vec::new();
    let proposed = file(source, PROPOSED, &mut faults).and_then(|file| proposed(&file, &mut faults));
    let rules = file(source, RULES, &mut faults)
        .zip(proposed)
        .and_then(|(file, proposed)| rules(&file, proposed, catalog, &mut faults));
    faults.sort();
    match rules {
        Some(rules) if faults.is_empty() => Ok(rules),
        _ => Err(faults),
    }
}

fn file(source: &ContentSource, inside: &str, faults: &mut Vec<Fault>) -> Option<File> {
    source.file(inside).map_err(|fault| faults.push(fault)).ok()
}

/// Raw rows: strict structs whose texts keep their places.
macro_rules! raw {
    ($($name:ident { $($(#[$more:meta])* $field:ident: $type:ty),* $(,)? })+) => {$(
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $name { $($(#[$more])* $field: $type,)* }
    )+};
}

type Text = Spanned<String>;

raw! {
    RawRules {
        #[serde(rename = "schema")]
        _schema: String,
        bases: BTreeMap<String, Basis>,
        decisions: RawDecisions,
        risk: RawRisk,
        breach: RawBreach,
        agreements: RawAgreements,
        practices: RawPractices,
        gates: Vec<RawGate>,
    }
    RawDecisions { factors: Vec<RawFactor>, retention: RawYears }
    RawYears { years: u32, basis: Text }
    RawMonths { months: u32, basis: Text }
    RawDays { days: u32, basis: Text }
    RawCount { count: u32, basis: Text }
    RawSince { day: Text, basis: Text }
    RawFactor { id: Text, citation: Text, asks: Text, basis: Text }
    RawRisk { review: RawMonths, matrix: RawMatrix }
    RawMatrix { basis: Text, likelihoods: Vec<Text>, impacts: Vec<Text>, levels: Vec<Text>, cells: Vec<Vec<Text>> }
    RawBreach {
        since: RawSince,
        burden_of_proof: Text,
        oral_hold: RawDays,
        factors: Vec<RawFactor>,
        exclusions: Vec<RawFactor>,
        clocks: Vec<RawClock>,
    }
    RawClock {
        id: Text,
        who: Text,
        to: Text,
        when: RawWhen,
        counted_from: Text,
        days: u32,
        with: Option<Text>,
        citation: Text,
        basis: Text,
    }
    RawAgreements { clauses: Vec<RawClause> }
    RawClause { citation: Text, title: Text, asks: Text, may_not_apply: Option<Text>, basis: Text }
    RawPractices { months: RawCount, effect: Text, families: Vec<RawFamily> }
    RawFamily { id: Text, title: Text, basis: Text, parts: Option<Vec<RawPart>> }
    RawPart { id: Text, title: Text }
    RawGate { item: Text, register: Text, basis: Text }
    RawProposed {
        #[serde(rename = "schema")]
        _schema: String,
        title: Text,
        label: Text,
        status: Text,
        bases: BTreeMap<String, Basis>,
        changes: Vec<RawChange>,
    }
    RawChange { topic: Text, stands_at: Text, text: Text, pace: Option<Text>, basis: Text, citation_basis: Text }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawWhen {
    Always,
    IndividualsAtLeast(u32),
    IndividualsFewerThan(u32),
    ResidentsMoreThan(u32),
}

/// Reads rows with the bases of their file.
struct Rows<'a, 'b> {
    reading: Reading<'a>,
    bases: &'b BTreeMap<String, Basis>,
}

impl Rows<'_, '_> {
    fn value<T: FromStr>(&mut self, text: &Text) -> Option<T>
    where
        T::Err: std::fmt::Display,
    {
        self.reading.value(text).map(|placed| placed.value)
    }

    fn basis(&mut self, basis: &Text) -> Option<Provenance> {
        self.reading.basis(self.bases, basis)
    }

    fn says(&mut self, what: &str, text: &Text) -> Option<String> {
        self.reading.says(what, text)
    }

    fn words(&mut self, texts: &[Text]) -> Option<Vec<Slug>> {
        let read: Vec<Slug> = texts.iter().filter_map(|text| self.value(text)).collect();
        (read.len() == texts.len()).then_some(read)
    }

    /// Every row, each under a key of its own.
    fn each<R, T, K: PartialEq + std::fmt::Display>(
        &mut self,
        rows: &[R],
        key: fn(&R) -> &Text,
        read: impl Fn(&mut Self, &R) -> Option<T>,
        of: fn(&T) -> &K,
    ) -> Option<Vec<T>> {
        let mut found: Vec<T> = Vec::new();
        for row in rows {
            let Some(value) = read(self, row) else { continue };
            if found.iter().any(|other| of(other) == of(&value)) {
                self.reading.complain(key(row), format!("`{}` stands twice", of(&value)), "remove one");
            }
            found.push(value);
        }
        (found.len() == rows.len()).then_some(found)
    }

    fn factors(&mut self, rows: &[RawFactor]) -> Option<Vec<Factor>> {
        let read = |rows: &mut Self, raw: &RawFactor| {
            Some(Factor {
                id: rows.value(&raw.id)?,
                citation: rows.value(&raw.citation)?,
                asks: rows.says("asks", &raw.asks)?,
                provenance: rows.basis(&raw.basis)?,
            })
        };
        self.each(rows, |raw| &raw.id, read, |factor| &factor.id)
    }

    fn risk(&mut self, raw: &RawRisk) -> Option<RiskRules> {
        let RawMatrix { basis, likelihoods, impacts, levels, cells } = &raw.matrix;
        let cells: Option<Vec<Vec<Slug>>> = cells.iter().map(|row| self.words(row)).collect();
        let provenance = self.basis(basis);
        let (likelihoods, impacts, levels) = (self.words(likelihoods)?, self.words(impacts)?, self.words(levels)?);
        let matrix = match RiskMatrix::new(likelihoods, impacts, levels, &cells?, provenance?) {
            Ok(matrix) => matrix,
            Err(error) => {
                self.reading.complain(basis, error.to_string(), "give five rows of five levels, or as many as grades");
                return None;
            }
        };
        let review_provenance = self.basis(&raw.review.basis)?;
        Some(RiskRules { matrix, review_months: raw.review.months, review_provenance })
    }

    fn breach(&mut self, raw: &RawBreach) -> Option<BreachRules> {
        let clock = |rows: &mut Self, raw: &RawClock| {
            Some(ClockRule {
                id: rows.value(&raw.id)?,
                who: rows.value(&raw.who)?,
                to: rows.value(&raw.to)?,
                when: match raw.when {
                    RawWhen::Always => Condition::Always,
                    RawWhen::IndividualsAtLeast(count) => Condition::IndividualsAtLeast(count),
                    RawWhen::IndividualsFewerThan(count) => Condition::IndividualsFewerThan(count),
                    RawWhen::ResidentsMoreThan(count) => Condition::ResidentsMoreThan(count),
                },
                counted_from: rows.value(&raw.counted_from)?,
                days: raw.days,
                with: match &raw.with {
                    Some(with) => Some(rows.value(with)?),
                    None => None,
                },
                citation: rows.value(&raw.citation)?,
                provenance: rows.basis(&raw.basis)?,
            })
        };
        let clocks = self.each(&raw.clocks, |raw| &raw.id, clock, |clock| &clock.id);
        for (at, row) in raw.clocks.iter().enumerate() {
            if let Some(with) = &row.with
                && !raw.clocks.iter().take(at).any(|other| other.id.value == with.value)
            {
                let message = format!("`{}` is not a clock above this one", with.value);
                self.reading.complain(
                    with,
                    message,
                    "name the clock with whose notice it goes out, and list that first",
                );
            }
        }
        let since = self.reading.day(Some(&raw.since.day)).flatten();
        Some(BreachRules {
            factors: self.factors(&raw.factors)?,
            exclusions: self.factors(&raw.exclusions)?,
            clocks: clocks?,
            oral_hold_days: raw.oral_hold.days,
            oral_hold_provenance: self.basis(&raw.oral_hold.basis)?,
            burden_of_proof: self.says("burden_of_proof", &raw.burden_of_proof)?,
            since: since?,
            since_provenance: self.basis(&raw.since.basis)?,
        })
    }

    fn clauses(&mut self, raw: &RawAgreements) -> Option<AgreementRules> {
        let clause = |rows: &mut Self, raw: &RawClause| {
            Some(ClauseRule {
                citation: rows.value(&raw.citation)?,
                title: rows.says("title", &raw.title)?,
                asks: rows.says("asks", &raw.asks)?,
                may_not_apply: match &raw.may_not_apply {
                    Some(text) => Some(rows.says("may_not_apply", text)?),
                    None => None,
                },
                provenance: rows.basis(&raw.basis)?,
            })
        };
        Some(AgreementRules {
            clauses: self.each(&raw.clauses, |raw| &raw.citation, clause, |clause| &clause.citation)?,
        })
    }

    fn practices(&mut self, raw: &RawPractices) -> Option<PracticeRules> {
        let part = |rows: &mut Self, raw: &RawPart| {
            Some(Part { id: rows.value(&raw.id)?, title: rows.says("title", &raw.title)? })
        };
        let family = |rows: &mut Self, raw: &RawFamily| {
            let parts = raw.parts.as_deref().unwrap_or_default();
            Some(Family {
                id: rows.value(&raw.id)?,
                title: rows.says("title", &raw.title)?,
                parts: rows.each(parts, |raw| &raw.id, part, |part| &part.id)?,
                provenance: rows.basis(&raw.basis)?,
            })
        };
        Some(PracticeRules {
            months: raw.months.count,
            months_provenance: self.basis(&raw.months.basis)?,
            effect: self.says("effect", &raw.effect)?,
            families: self.each(&raw.families, |raw| &raw.id, family, |family| &family.id)?,
        })
    }

    fn gates(&mut self, raw: &[RawGate], catalog: &Catalog) -> Option<Vec<GateRule>> {
        let mut gates = Vec::new();
        for row in raw {
            let Some(item) = self.value::<Citation>(&row.item) else { continue };
            let counted = catalog.required().chain(catalog.addressable()).any(|other| other.citation == item);
            if !counted {
                let message = format!("`{item}` is no required or addressable item");
                self.reading.complain(&row.item, message, "`attesta catalog list hipaa` shows them");
            }
            let register = self.value(&row.register);
            let provenance = self.basis(&row.basis);
            gates.push(GateRule { item, register: register?, provenance: provenance? });
        }
        (gates.len() == raw.len()).then_some(gates)
    }
}

fn rules(file: &File, proposed: ProposedRule, catalog: &Catalog, faults: &mut Vec<Fault>) -> Option<Rules> {
    let raw: RawRules = yaml::parse(file, "attesta.hipaa-rules/1").map_err(|fault| faults.push(fault)).ok()?;
    let mut rows = Rows { reading: Reading { file, faults }, bases: &raw.bases };
    let factors = rows.factors(&raw.decisions.factors);
    let retention = rows.basis(&raw.decisions.retention.basis);
    let risk = rows.risk(&raw.risk);
    let breach = rows.breach(&raw.breach);
    let agreements = rows.clauses(&raw.agreements);
    let practices = rows.practices(&raw.practices);
    let gates = rows.gates(&raw.gates, catalog);
    Some(Rules {
        decisions: DecisionRules {
            factors: factors?,
            retention_years: raw.decisions.retention.years,
            retention_provenance: retention?,
        },
        risk: risk?,
        breach: breach?,
        agreements: agreements?,
        practices: practices?,
        gates: gates?,
        proposed,
    })
}

fn proposed(file: &File, faults: &mut Vec<Fault>) -> Option<ProposedRule> {
    let raw: RawProposed = yaml::parse(file, "attesta.hipaa-proposed/1").map_err(|fault| faults.push(fault)).ok()?;
    let mut rows = Rows { reading: Reading { file, faults }, bases: &raw.bases };
    let mut changes = Vec::new();
    for row in &raw.changes {
        let (basis, citation) = (rows.basis(&row.basis), rows.basis(&row.citation_basis));
        let (topic, text) = (rows.says("topic", &row.topic), rows.says("text", &row.text));
        let (Some(basis), Some(citation), Some(topic), Some(text)) = (basis, citation, topic, text) else { continue };
        changes.push(ProposedChange {
            topic,
            stands_at: row.stands_at.value.clone(),
            text,
            pace: row.pace.as_ref().map(|pace| pace.value.clone()),
            source: basis.source,
            confidence: basis.confidence,
            citation_confidence: citation.confidence,
        });
    }
    Some(ProposedRule {
        title: rows.says("title", &raw.title)?,
        label: rows.says("label", &raw.label)?,
        status: rows.says("status", &raw.status)?,
        changes,
    })
}
