//! What improvements take: assumed by content, estimated in an assessment's folder.

use std::collections::BTreeMap;

use attesta_catalog::Fault;
use attesta_forecast::{Defaults, Estimate, LevelDefault, Work};
use attesta_scoring::{MaturityLevel, Score};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource, File,
    yaml::{self, Confidence, Reading},
};

/// What one file says about effort; what it leaves out another says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effort {
    /// Assumptions by level.
    pub defaults: Option<Defaults>,
    /// What somebody estimated.
    pub estimates: Vec<Estimate>,
    /// Hours in a week of all work without a named owner.
    pub hours_a_week: Option<u32>,
    /// Hours in a week of each owner.
    pub owners: BTreeMap<Box<str>, u32>,
    /// How many days fieldwork is meant to take.
    pub fieldwork_days: Option<u32>,
    /// How many days of it are needed once the last improvement counts.
    pub last_test_days: Option<u32>,
    /// How many days pass from the end of fieldwork to submission.
    pub lead_days: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    source: Option<Spanned<String>>,
    confidence: Option<Confidence>,
    hours_a_week: Option<u32>,
    #[serde(default)]
    owners: BTreeMap<String, u32>,
    fieldwork_days: Option<u32>,
    last_test_days: Option<u32>,
    lead_days: Option<u32>,
    #[serde(default)]
    defaults: BTreeMap<String, Spanned<RawDefault>>,
    #[serde(default)]
    estimates: Vec<Spanned<RawEstimate>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDefault {
    targets: Vec<Spanned<String>>,
    hours: u32,
    days: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEstimate {
    requirement: String,
    level: Spanned<String>,
    to: Spanned<String>,
    hours: u32,
    #[serde(default)]
    days: u32,
    owner: Option<String>,
}

/// What content assumes.
///
/// # Errors
///
/// Every fault of the file.
pub fn effort_defaults(source: &ContentSource) -> Result<Effort, Vec<Fault>> {
    let file = source.file("effort/defaults.yaml").map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let read = effort(&file, &mut faults);
    if faults.is_empty() { Ok(read) } else { Err(faults) }
}

/// What one file says about effort.
pub fn effort(file: &File, faults: &mut Vec<Fault>) -> Effort {
    let raw: Raw = match yaml::parse(file, "attesta.effort/1") {
        Ok(raw) => raw,
        Err(fault) => {
            faults.push(fault);
            return Effort::default();
        }
    };
    let reading = &mut Reading { file, faults };
    let estimates = raw.estimates.into_iter().filter_map(|raw| estimate(reading, &raw.value)).collect();
    let mut levels = BTreeMap::new();
    for (name, raw) in &raw.defaults {
        let place = reading.place(raw);
        match name.parse::<MaturityLevel>() {
            Ok(level) => {
                let targets = reading.list::<Score>(&raw.value.targets).into_iter().map(|t| t.value).collect();
                let whole = Work { hours: raw.value.hours, days: raw.value.days };
                levels.insert(level, LevelDefault { targets, whole });
            }
            Err(error) => reading.faults.push(Fault::plain(place, error.to_string())),
        }
    }
    let defaults = match (levels.is_empty(), raw.source, raw.confidence) {
        (true, ..) => None,
        (false, Some(source), Some(confidence)) => Some(Defaults { levels, provenance: confidence.of(source.value) }),
        (false, ..) => {
            reading.faults.push(Fault::new(
                file.at(1),
                "`defaults` need a `source` and a `confidence`",
                "say whose assumption they are and how sure it is: verified, secondary, inferred or unverified",
            ));
            None
        }
    };
    Effort {
        defaults,
        estimates,
        hours_a_week: raw.hours_a_week,
        owners: raw.owners.into_iter().map(|(name, hours)| (name.into(), hours)).collect(),
        fieldwork_days: raw.fieldwork_days,
        last_test_days: raw.last_test_days,
        lead_days: raw.lead_days,
    }
}

fn estimate(reading: &mut Reading<'_>, raw: &RawEstimate) -> Option<Estimate> {
    let level = reading.value::<MaturityLevel>(&raw.level);
    let target = reading.value::<Score>(&raw.to);
    Some(Estimate {
        requirement: raw.requirement.as_str().into(),
        level: level?.value,
        target: target?.value,
        work: Work { hours: raw.hours, days: raw.days },
        owner: raw.owner.as_deref().map(Into::into),
    })
}
