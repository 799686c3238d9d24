//! Conditions on factors, as content and packs write them.
//!
//! `{factor: fax, is: [yes]}`, `{factor: records-held, at_least: from-10m-to-60m}`, `{all: […]}`, `{any: […]}`, `{not: …}`,
//! `{always: true}`.

use attesta_assessment::Condition;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::yaml::Reading;

/// A condition as it is written; one of its forms must be whole.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCondition {
    always: Option<bool>,
    factor: Option<Spanned<String>>,
    is: Option<Vec<Spanned<String>>>,
    at_least: Option<Spanned<String>>,
    all: Option<Vec<Spanned<RawCondition>>>,
    any: Option<Vec<Spanned<RawCondition>>>,
    not: Option<Box<Spanned<RawCondition>>>,
}

/// The condition that was written; a fault where none of the forms is whole.
pub fn condition(raw: &Spanned<RawCondition>, reading: &mut Reading<'_>) -> Option<Condition> {
    let parts = |parts: &[Spanned<RawCondition>], reading: &mut Reading<'_>| {
        let read: Vec<Option<Condition>> = parts.iter().map(|p| condition(p, reading)).collect();
        read.into_iter().collect::<Option<Vec<Condition>>>()
    };
    match &raw.value {
        RawCondition {
            always: Some(true),
            factor: None,
            is: None,
            at_least: None,
            all: None,
            any: None,
            not: None,
        } => Some(Condition::Always),
        RawCondition {
            always: None,
            factor: Some(factor),
            is: Some(is),
            at_least: None,
            all: None,
            any: None,
            not: None,
        } if !is.is_empty() => {
            let (factor, choices) = (reading.value(factor), reading.list(is));
            let whole = choices.len() == is.len();
            let choices = choices.into_iter().map(|c| c.value).collect();
            let factor = factor?.value;
            whole.then_some(Condition::Chosen { factor, choices })
        }
        RawCondition {
            always: None,
            factor: Some(factor),
            is: None,
            at_least: Some(least),
            all: None,
            any: None,
            not: None,
        } => {
            let (factor, choice) = (reading.value(factor), reading.value(least));
            Some(Condition::AtLeast { factor: factor?.value, choice: choice?.value })
        }
        RawCondition { always: None, factor: None, is: None, at_least: None, all: Some(all), any: None, not: None }
            if !all.is_empty() =>
        {
            parts(all, reading).map(Condition::All)
        }
        RawCondition { always: None, factor: None, is: None, at_least: None, all: None, any: Some(any), not: None }
            if !any.is_empty() =>
        {
            parts(any, reading).map(Condition::Any)
        }
        RawCondition { always: None, factor: None, is: None, at_least: None, all: None, any: None, not: Some(not) } => {
            condition(not, reading).map(|c| Condition::Not(Box::new(c)))
        }
        _ => {
            let help = "write `factor` with `is` or `at_least`, or one of `all`, `any`, `not`, `always: true`";
            reading.complain(raw, "this is no condition", help);
            None
        }
    }
}

/// A condition as YAML in one line.
pub fn write_condition(condition: &Condition) -> String {
    let list = |parts: &[Condition]| parts.iter().map(write_condition).collect::<Vec<_>>().join(", ");
    match condition {
        Condition::Always => "{always: true}".to_owned(),
        Condition::Never => "{not: {always: true}}".to_owned(),
        Condition::Chosen { factor, choices } => {
            let words: Vec<String> = choices.iter().map(|c| format!("\"{c}\"")).collect();
            format!("{{factor: \"{factor}\", is: [{}]}}", words.join(", "))
        }
        Condition::AtLeast { factor, choice } => format!("{{factor: \"{factor}\", at_least: \"{choice}\"}}"),
        Condition::All(parts) => format!("{{all: [{}]}}", list(parts)),
        Condition::Any(parts) => format!("{{any: [{}]}}", list(parts)),
        Condition::Not(part) => format!("{{not: {}}}", write_condition(part)),
    }
}
