//! What an assessment type may be made for, how long it holds, how its requirements are chosen: the `assessment` part of a
//! program's file.

use std::collections::BTreeMap;

use attesta_assessment::{
    AssessmentType, CarveOuts, CoreCount, Covers, CsfChoice, CsfRelease, Purpose, PurposeRule, Tailoring,
};
use attesta_catalog::Fault;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource, File, files,
    programs::{Rows, row},
    yaml::{self, Basis, Reading},
};

/// Every assessment type of the pack, by its program. A program whose file says nothing of it is no type.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line.
pub fn assessment_types(source: &ContentSource) -> Result<BTreeMap<String, AssessmentType>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut found = BTreeMap::new();
    for file in files(source, "programs")?.filter(|f| f.inside.ends_with(".yaml")) {
        if let Some(read) = read(&file, &mut faults) {
            found.insert(read.program.clone(), read);
        }
    }
    faults.sort();
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

/// Reads the keys that speak of the type; `programs` looks after the others.
#[derive(Deserialize)]
struct RawFile {
    id: String,
    title: String,
    bases: BTreeMap<String, Basis>,
    assessment: Option<RawType>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawType {
    purposes: BTreeMap<String, Vec<Spanned<RawPurpose>>>,
    valid_months: Vec<Spanned<RawMonths>>,
    carve_outs: Vec<Spanned<RawCarveOuts>>,
    tailoring: Vec<Spanned<RawTailoring>>,
    csf_choice: Vec<Spanned<RawChoice>>,
    #[serde(default)]
    core: Vec<Spanned<RawCore>>,
}

row!(RawPurpose { certifies: bool, covers: RawCovers, note: Option<String>, });
row!(RawMonths { value: u8 });
row!(RawCarveOuts { value: RawAllowed });
row!(RawTailoring { by: RawBy });
row!(RawChoice { value: RawNewest });

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawCovers {
    Everything,
    Sample,
    SampleOfAdditions,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawAllowed {
    Allowed,
    Refused,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawBy {
    FixedCore,
    Factors,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawNewest {
    Newest,
    AnyOpen,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCore {
    first: Spanned<String>,
    last: Option<Spanned<String>>,
    value: u16,
    basis: Spanned<String>,
}

fn read(file: &File, faults: &mut Vec<Fault>) -> Option<AssessmentType> {
    let raw: RawFile = yaml::parse(file, "attesta.program/1").map_err(|fault| faults.push(fault)).ok()?;
    let assessment = raw.assessment?;
    let mut rows = Rows { reading: Reading { file, faults }, bases: &raw.bases };
    type Sound<T> = Option<Result<T, &'static str>>;
    let mut purposes = BTreeMap::new();
    for (word, rules) in assessment.purposes {
        let timeline = rows.timeline(&word, rules, |_, (certifies, covers, note)| -> Sound<PurposeRule> {
            let covers = match covers {
                RawCovers::Everything => Covers::Everything,
                RawCovers::Sample => Covers::Sample,
                RawCovers::SampleOfAdditions => Covers::SampleOfAdditions,
            };
            Some(Ok(PurposeRule { certifies, covers, note: note.unwrap_or_default() }))
        });
        match word.parse::<Purpose>() {
            Ok(purpose) => drop(purposes.insert(purpose, timeline)),
            Err(error) => rows.reading.faults.push(Fault::plain(file.at(1), format!("`purposes`: {error}"))),
        }
    }
    let valid_months = rows.timeline("valid_months", assessment.valid_months, |_, (months,)| -> Sound<u8> {
        Some(if months > 0 { Ok(months) } else { Err("a certificate that holds for no time is none") })
    });
    let carve_outs = rows.timeline("carve_outs", assessment.carve_outs, |_, (value,)| -> Sound<CarveOuts> {
        Some(Ok(match value {
            RawAllowed::Allowed => CarveOuts::Allowed,
            RawAllowed::Refused => CarveOuts::Refused,
        }))
    });
    let tailoring = rows.timeline("tailoring", assessment.tailoring, |_, (by,)| -> Sound<Tailoring> {
        Some(Ok(match by {
            RawBy::FixedCore => Tailoring::FixedCore,
            RawBy::Factors => Tailoring::Factors,
        }))
    });
    let csf = rows.timeline("csf_choice", assessment.csf_choice, |_, (value,)| -> Sound<CsfChoice> {
        Some(Ok(match value {
            RawNewest::Newest => CsfChoice::Newest,
            RawNewest::AnyOpen => CsfChoice::AnyOpen,
        }))
    });
    let core: Vec<Option<CoreCount>> = assessment.core.into_iter().map(|c| core_count(&mut rows, &c.value)).collect();
    let purposes: Option<BTreeMap<_, _>> = purposes.into_iter().map(|(p, t)| Some((p, t?))).collect();
    Some(AssessmentType {
        program: raw.id,
        title: raw.title,
        purposes: purposes?,
        valid_months: valid_months?,
        carve_outs: carve_outs?,
        tailoring: tailoring?,
        csf: csf?,
        core: core.into_iter().collect::<Option<_>>()?,
    })
}

fn core_count(rows: &mut Rows<'_, '_>, raw: &RawCore) -> Option<CoreCount> {
    let first = rows.reading.value(&raw.first);
    let last = rows.reading.optional(raw.last.as_ref());
    let provenance = basis(rows.bases, &raw.basis, &mut rows.reading);
    Some(CoreCount { first: first?.value, last: last?, value: raw.value, provenance: provenance? })
}

/// The source that a row points at.
pub(crate) fn basis(
    bases: &BTreeMap<String, Basis>,
    name: &Spanned<String>,
    reading: &mut Reading<'_>,
) -> Option<attesta_kernel::Provenance> {
    let found = bases.get(&name.value);
    if found.is_none() {
        let names: Vec<&str> = bases.keys().map(String::as_str).collect();
        let message = format!("basis `{}` is not one of this file's", name.value);
        reading.complain(name, message, format!("use {}", names.join(", ")));
    }
    found.map(Into::into)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReleases {
    #[serde(rename = "schema")]
    _schema: String,
    bases: BTreeMap<String, Basis>,
    versions: Vec<RawRelease>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRelease {
    first: Spanned<String>,
    last: Option<Spanned<String>>,
    #[serde(default)]
    programs: Vec<String>,
    released: Option<Spanned<String>>,
    create_until: Option<Spanned<String>>,
    submit_until: Option<Spanned<String>>,
    basis: Spanned<String>,
}

/// When versions of the CSF may be used.
///
/// # Errors
///
/// Every fault that was found.
pub fn csf_releases(source: &ContentSource) -> Result<Vec<CsfRelease>, Vec<Fault>> {
    let file = source.file("frameworks/hitrust/csf-versions.yaml").map_err(|fault| vec![fault])?;
    let raw: RawReleases = yaml::parse(&file, "attesta.csf-versions/1").map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let mut reading = Reading { file: &file, faults: &mut faults };
    let mut found = Vec::new();
    for row in &raw.versions {
        let first = reading.value(&row.first);
        let last = reading.value(row.last.as_ref().unwrap_or(&row.first));
        let released = reading.day(row.released.as_ref());
        let create_until = reading.day(row.create_until.as_ref());
        let submit_until = reading.day(row.submit_until.as_ref());
        let provenance = basis(&raw.bases, &row.basis, &mut reading);
        let read = || {
            Some(CsfRelease {
                first: first?.value,
                last: last?.value,
                programs: row.programs.iter().map(|p| p.as_str().into()).collect(),
                released: released?,
                create_until: create_until?,
                submit_until: submit_until?,
                provenance: provenance?,
            })
        };
        found.extend(read());
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}
