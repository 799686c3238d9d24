//! `measures.yaml`.

use std::collections::BTreeMap;

use attesta_assessment::{Measure, MeasureId};
use attesta_catalog::{Fault, Placed};
use attesta_content::{
    File,
    yaml::{self, Reading},
};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::index;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    measures: Vec<RawMeasure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMeasure {
    id: Spanned<String>,
    requirements: Vec<Spanned<String>>,
    #[serde(default)]
    describes: String,
    #[serde(default)]
    frequency: String,
    #[serde(default)]
    data: String,
    gathered_by: Option<Spanned<String>>,
    #[serde(default)]
    recorded: String,
    #[serde(default)]
    calculation: String,
    reviewed_by: Option<Spanned<String>>,
    #[serde(default)]
    review_frequency: String,
    threshold: Option<String>,
    tracked_since: Option<Spanned<String>>,
    #[serde(default)]
    independent: bool,
    #[serde(default)]
    evidence: Vec<Spanned<String>>,
}

pub(crate) fn read(file: &File, faults: &mut Vec<Fault>) -> BTreeMap<MeasureId, Placed<Measure>> {
    let raw: Raw = match yaml::parse(file, "attesta.measures/1") {
        Ok(raw) => raw,
        Err(fault) => {
            faults.push(fault);
            return BTreeMap::new();
        }
    };
    let reading = &mut Reading { file, faults };
    let rows: Vec<_> = raw.measures.into_iter().filter_map(|raw| measure(reading, raw)).collect();
    index("measure", rows, |row| row.id.clone(), faults)
}

fn measure(reading: &mut Reading<'_>, raw: RawMeasure) -> Option<Placed<Measure>> {
    let place = reading.place(&raw.id);
    let id = reading.value::<MeasureId>(&raw.id);
    let requirements = reading.list(&raw.requirements).into_iter().map(|r| r.value).collect();
    let gathered_by = reading.optional(raw.gathered_by.as_ref());
    let reviewed_by = reading.optional(raw.reviewed_by.as_ref());
    let tracked_since = reading.day(raw.tracked_since.as_ref());
    let evidence = reading.list(&raw.evidence).into_iter().map(|e| e.value).collect();
    Some(Placed::new(
        place,
        Measure {
            id: id?.value,
            requirements,
            describes: raw.describes,
            frequency: raw.frequency,
            data: raw.data,
            gathered_by: gathered_by?,
            recorded: raw.recorded,
            calculation: raw.calculation,
            reviewed_by: reviewed_by?,
            review_frequency: raw.review_frequency,
            threshold: raw.threshold,
            tracked_since: tracked_since?,
            independent: raw.independent,
            evidence,
        },
    ))
}
