//! `assessment.yaml`.

use std::collections::BTreeSet;

use attesta_assessment::{Assessment, PriorCertificate};
use attesta_catalog::{Fault, Placed};
use attesta_content::{
    File,
    yaml::{self, Reading},
};
use serde::Deserialize;
use serde_saphyr::Spanned;

const SCHEMA: &str = "attesta.assessment/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    id: Spanned<String>,
    title: Spanned<String>,
    organisation: Spanned<String>,
    #[serde(rename = "type")]
    program: Spanned<String>,
    purpose: Spanned<String>,
    csf: Spanned<String>,
    created: Spanned<String>,
    #[serde(default)]
    additions: Vec<Spanned<String>>,
    #[serde(default)]
    packs: Vec<Spanned<String>>,
    #[serde(default)]
    measured_and_managed: bool,
    #[serde(default)]
    rubric: Option<Spanned<String>>,
    #[serde(default)]
    target: Option<Spanned<String>>,
    #[serde(default)]
    prior: Option<RawPrior>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPrior {
    assessment: Spanned<String>,
    #[serde(rename = "type")]
    program: Spanned<String>,
    issued: Spanned<String>,
    csf: Spanned<String>,
    #[serde(default)]
    rapid: bool,
}

/// The edition of the rubric where the file names none: the newest that ships.
const NEWEST_RUBRIC: &str = "v3";

pub(crate) fn read(file: &File, faults: &mut Vec<Fault>) -> Option<Placed<Assessment>> {
    let raw: Raw = yaml::parse(file, SCHEMA).map_err(|fault| faults.push(fault)).ok()?;
    let reading = &mut Reading { file, faults };
    let place = reading.place(&raw.id);
    let id = reading.value(&raw.id);
    let title = reading.says("title", &raw.title);
    let organisation = reading.says("organisation", &raw.organisation);
    let program = reading.says("type", &raw.program);
    let purpose = reading.value(&raw.purpose);
    let csf = reading.says("csf", &raw.csf);
    let created = reading.day(Some(&raw.created)).flatten();
    let additions = reading.list(&raw.additions);
    let packs = reading.list(&raw.packs);
    for (at, pack) in raw.packs.iter().enumerate() {
        if raw.packs.iter().take(at).any(|p| p.value == pack.value) {
            reading.complain(pack, format!("pack `{}` stands twice", pack.value), "remove one");
        }
    }
    let rubric = match &raw.rubric {
        Some(rubric) => reading.says("rubric", rubric),
        None => Some(NEWEST_RUBRIC.to_owned()),
    };
    let target = reading.day(raw.target.as_ref());
    let prior = match raw.prior {
        None => Some(None),
        Some(prior) => read_prior(reading, &prior).map(Some),
    };
    if let (Some(created), Some(Some(target)), Some(at)) = (created, target, &raw.target)
        && target <= created
    {
        reading.complain(at, format!("the target {target} is not after {created}"), "name a later day");
    }
    Some(Placed::new(
        place,
        Assessment {
            id: id?.value,
            title: title?,
            organisation: organisation?,
            program: program?,
            purpose: purpose?.value,
            csf: csf?,
            created: created?,
            additions: additions.into_iter().map(|a| a.value).collect::<BTreeSet<_>>(),
            packs: packs.into_iter().map(|p| p.value).collect(),
            measured_and_managed: raw.measured_and_managed,
            rubric: rubric?,
            target: target?,
            prior: prior?,
        },
    ))
}

fn read_prior(reading: &mut Reading<'_>, raw: &RawPrior) -> Option<PriorCertificate> {
    let assessment = reading.value(&raw.assessment);
    let issued = reading.day(Some(&raw.issued)).flatten();
    let program = reading.says("type", &raw.program);
    let csf = reading.says("csf", &raw.csf);
    Some(PriorCertificate {
        program: program?,
        issued: issued?,
        assessment: assessment?.value,
        rapid: raw.rapid,
        csf: csf?,
    })
}
