//! Tailoring factors, and the adviser's questions, which have the same form.

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{
    ADVISER, AdviceRule, Adviser, Choice, ChoiceId, Condition, Factor, FactorGroup, Factors, Says,
};
use attesta_catalog::{Fault, Placed};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource, File,
    assessment_types::basis,
    conditions::{RawCondition, condition},
    files,
    yaml::{self, Basis, Reading},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(rename = "schema")]
    _schema: String,
    programs: Vec<String>,
    bases: BTreeMap<String, Basis>,
    factors: Vec<Spanned<RawFactor>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFactor {
    id: Spanned<String>,
    group: Spanned<String>,
    title: Spanned<String>,
    asks: Spanned<String>,
    /// Yes and no, where nothing else is said.
    choices: Option<Vec<Spanned<RawChoice>>>,
    #[serde(default)]
    several: bool,
    #[serde(default)]
    reductive: bool,
    #[serde(default = "yes")]
    required: bool,
    counts_as: Option<Spanned<String>>,
    #[serde(default)]
    rationale: Vec<Spanned<String>>,
    applies: Option<Spanned<RawCondition>>,
    programs: Option<Vec<String>>,
    #[serde(default)]
    additions: Vec<Spanned<String>>,
    from: Option<Spanned<String>>,
    until: Option<Spanned<String>>,
    basis: Spanned<String>,
    choices_basis: Option<Spanned<String>>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChoice {
    id: Spanned<String>,
    title: String,
    below: Option<u64>,
}

/// Every tailoring factor of the pack, in the order of its files.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line.
pub fn factors(source: &ContentSource) -> Result<Factors, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut parts = Vec::new();
    for file in files(source, "factors")?.filter(|f| f.inside.ends_with(".yaml")) {
        match yaml::parse::<RawFile>(&file, "attesta.factors/1") {
            Err(fault) => faults.push(fault),
            Ok(raw) => {
                let mut reading = Reading { file: &file, faults: &mut faults };
                let programs = programs(&raw.programs);
                let read = raw.factors.iter().filter_map(|f| factor(f, &raw.bases, &programs, &mut reading));
                parts.extend(read);
            }
        }
    }
    checked(parts, faults)
}

fn checked(parts: Vec<Placed<Factor>>, mut faults: Vec<Fault>) -> Result<Factors, Vec<Fault>> {
    if faults.is_empty() {
        match Factors::new(parts) {
            Ok(factors) => return Ok(factors),
            Err(more) => faults = more,
        }
    }
    faults.sort();
    Err(faults)
}

fn programs(words: &[String]) -> BTreeSet<Box<str>> {
    words.iter().map(|w| w.as_str().into()).collect()
}

fn factor(
    raw: &Spanned<RawFactor>,
    bases: &BTreeMap<String, Basis>,
    default: &BTreeSet<Box<str>>,
    reading: &mut Reading<'_>,
) -> Option<Placed<Factor>> {
    let place = reading.place(raw);
    let raw = &raw.value;
    let id = reading.value(&raw.id);
    let group = reading.value::<FactorGroup>(&raw.group);
    let title = reading.says("title", &raw.title);
    let asks = reading.says("asks", &raw.asks);
    let choices = choices(raw.choices.as_deref(), reading);
    let counts_as = reading.optional::<ChoiceId>(raw.counts_as.as_ref());
    let rationale = reading.list(&raw.rationale);
    let applies = raw.applies.as_ref().map_or(Some(Condition::Always), |c| condition(c, reading));
    let additions = reading.list(&raw.additions);
    let from = reading.day(raw.from.as_ref());
    let until = reading.day(raw.until.as_ref());
    let provenance = basis(bases, &raw.basis, reading);
    let choices_provenance = basis(bases, raw.choices_basis.as_ref().unwrap_or(&raw.basis), reading);
    let factor = Factor {
        id: id?.value,
        group: group?.value,
        title: title?,
        asks: asks?,
        choices: choices?,
        several: raw.several,
        reductive: raw.reductive,
        required: raw.required,
        counts_as: counts_as?,
        rationale: rationale.into_iter().map(|r| r.value).collect(),
        applies: applies?,
        programs: raw.programs.as_ref().map_or_else(|| default.clone(), |p| programs(p)),
        additions: additions.into_iter().map(|a| a.value).collect(),
        from: from?,
        until: until?,
        provenance: provenance?,
        choices_provenance: choices_provenance?,
    };
    Some(Placed::new(place, factor))
}

fn choices(raw: Option<&[Spanned<RawChoice>]>, reading: &mut Reading<'_>) -> Option<Vec<Choice>> {
    match raw {
        Some(raw) => {
            let read: Vec<Option<Choice>> = raw
                .iter()
                .map(|c| {
                    let id = reading.value(&c.value.id)?.value;
                    Some(Choice { id, title: c.value.title.clone(), below: c.value.below })
                })
                .collect();
            read.into_iter().collect()
        }
        None => [("no", "No"), ("yes", "Yes")]
            .into_iter()
            .map(|(id, title)| Some(Choice { id: id.parse().ok()?, title: title.to_owned(), below: None }))
            .collect(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAdviser {
    #[serde(rename = "schema")]
    _schema: String,
    programs: Vec<String>,
    bases: BTreeMap<String, Basis>,
    questions: Vec<Spanned<RawFactor>>,
    rules: Vec<Spanned<RawRule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    when: Spanned<RawCondition>,
    demands: Option<String>,
    favours: Option<String>,
    points: Option<u8>,
    rules_out: Option<String>,
    because: Spanned<String>,
    basis: Spanned<String>,
}

/// The adviser's questions and rules.
///
/// # Errors
///
/// Every fault that was found.
pub fn adviser(source: &ContentSource) -> Result<Adviser, Vec<Fault>> {
    let file = source.file("adviser/hitrust.yaml").map_err(|fault| vec![fault])?;
    read_adviser(&file)
}

fn read_adviser(file: &File) -> Result<Adviser, Vec<Fault>> {
    let raw: RawAdviser = yaml::parse(file, "attesta.adviser/1").map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let mut reading = Reading { file, faults: &mut faults };
    let asked = BTreeSet::from([Box::from(ADVISER)]);
    let questions: Vec<Placed<Factor>> =
        raw.questions.iter().filter_map(|q| factor(q, &raw.bases, &asked, &mut reading)).collect();
    let rules = raw.rules.iter().filter_map(|r| rule(r, &raw.bases, &mut reading)).collect();
    let questions = checked(questions, faults)?;
    let programs = raw.programs.iter().map(|p| p.as_str().into()).collect();
    let adviser = Adviser { programs, questions, rules };
    adviser.check_rules(&file.at(None)).map(|()| adviser)
}

fn rule(raw: &Spanned<RawRule>, bases: &BTreeMap<String, Basis>, reading: &mut Reading<'_>) -> Option<AdviceRule> {
    let when = condition(&raw.value.when, reading);
    let because = reading.says("because", &raw.value.because);
    let provenance = basis(bases, &raw.value.basis, reading);
    let said = match &raw.value {
        RawRule { demands: Some(p), favours: None, points: None, rules_out: None, .. } => Some((Says::Demands, p)),
        RawRule { demands: None, favours: Some(p), points, rules_out: None, .. } => {
            Some((Says::Favours(points.unwrap_or(1)), p))
        }
        RawRule { demands: None, favours: None, points: None, rules_out: Some(p), .. } => Some((Says::RulesOut, p)),
        _ => {
            let help = "write one of `demands`, `favours` (with `points`), `rules_out`, each with a program";
            reading.complain(raw, "this rule says nothing, or too much", help);
            None
        }
    };
    let (says, program) = said?;
    let program = program.as_str().into();
    Some(AdviceRule { when: when?, says, program, because: because?, provenance: provenance? })
}
