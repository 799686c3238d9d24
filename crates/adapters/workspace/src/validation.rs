//! `validation/*.yaml`: what the external assessor found. The entity never writes it.

use std::collections::BTreeMap;

use attesta_assessment::{PersonId, RequirementKey, Validated};
use attesta_catalog::{Fault, Placed};
use attesta_content::{
    File,
    yaml::{self, Reading},
};
use attesta_scoring::{MaturityLevel, Score};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{index, memo::Memo};

pub(crate) const SCHEMA: &str = "attesta.validation/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    results: Vec<RawResult>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawResult {
    requirement: Spanned<String>,
    tester: Spanned<String>,
    tested: Spanned<String>,
    policy: Option<Spanned<String>>,
    procedure: Option<Spanned<String>>,
    implemented: Option<Spanned<String>>,
    measured: Option<Spanned<String>>,
    managed: Option<Spanned<String>>,
    not_applicable: Option<bool>,
    #[serde(default)]
    comment: String,
    #[serde(default)]
    complete: bool,
}

pub(crate) fn read(
    files: &[File],
    memo: &Memo,
    faults: &mut Vec<Fault>,
) -> BTreeMap<RequirementKey, Placed<Validated>> {
    let rows = files.iter().flat_map(|file| memo.of(file, faults, rows)).collect();
    index("requirement", rows, |row| row.requirement.clone(), faults)
}

fn rows(file: &File, faults: &mut Vec<Fault>) -> Vec<Placed<Validated>> {
    match yaml::parse::<Raw>(file, SCHEMA) {
        Ok(raw) => {
            let reading = &mut Reading { file, faults };
            raw.results.into_iter().filter_map(|raw| result(reading, raw)).collect()
        }
        Err(fault) => {
            faults.push(fault);
            Vec::new()
        }
    }
}

fn result(reading: &mut Reading<'_>, raw: RawResult) -> Option<Placed<Validated>> {
    let place = reading.place(&raw.requirement);
    let requirement = reading.value::<RequirementKey>(&raw.requirement);
    let tester = reading.value::<PersonId>(&raw.tester);
    let tested_on = reading.day(Some(&raw.tested)).flatten();
    let mut levels = BTreeMap::new();
    let mut sound = true;
    for (level, score) in
        MaturityLevel::ALL.into_iter().zip([raw.policy, raw.procedure, raw.implemented, raw.measured, raw.managed])
    {
        let Some(score) = score else { continue };
        match reading.value::<Score>(&score) {
            Some(score) => drop(levels.insert(level, score.value)),
            None => sound = false,
        }
    }
    if raw.not_applicable == Some(true) && !levels.is_empty() {
        let message = format!("`{}` is not applicable and scored", raw.requirement.value);
        reading.complain(&raw.requirement, message, "remove `not_applicable`, or the levels");
        sound = false;
    }
    let validated = Validated {
        requirement: requirement?.value,
        tester: tester?.value,
        tested_on: tested_on?,
        levels,
        not_applicable: raw.not_applicable,
        comment: raw.comment,
        complete: raw.complete,
    };
    sound.then(|| Placed::new(place, validated))
}
