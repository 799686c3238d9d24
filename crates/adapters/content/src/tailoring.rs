//! Everything that tailoring reads, loaded together and checked against each other.

use std::collections::BTreeMap;

use attesta_assessment::{Additions, Adviser, AssessmentType, CsfRelease, DataTypes, Factors, ImportProfile, Pack};
use attesta_catalog::{Catalog, Fault};
use attesta_kernel::Place;

use crate::{
    ContentSource, additions, adviser, assessment_types, csf_releases, data_types, factors, import_profiles,
    requirement_packs,
};

/// What tailoring reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailoringContent {
    /// Assessment types, by program.
    pub types: BTreeMap<String, AssessmentType>,
    /// Versions of the CSF.
    pub releases: Vec<CsfRelease>,
    /// Factors.
    pub factors: Factors,
    /// Additions.
    pub additions: Additions,
    /// The adviser.
    pub adviser: Adviser,
    /// Kinds of data.
    pub data_types: DataTypes,
    /// Requirement packs that ship.
    pub packs: Vec<Pack>,
    /// How exports are read.
    pub profiles: Vec<ImportProfile>,
}

/// Loads everything that tailoring reads and checks that what one file names in another is there.
///
/// # Errors
///
/// Every fault that was found.
pub fn tailoring(source: &ContentSource, catalog: &Catalog) -> Result<TailoringContent, Vec<Fault>> {
    let content = TailoringContent {
        types: assessment_types(source)?,
        releases: csf_releases(source)?,
        factors: factors(source)?,
        additions: additions(source)?,
        adviser: adviser(source)?,
        data_types: data_types(source)?,
        packs: requirement_packs(source, catalog)?,
        profiles: import_profiles(source)?,
    };
    let mut faults = Vec::new();
    for pack in &content.packs {
        let place = Place::new(format!("pack {}", pack.id), None);
        for requirement in &pack.requirements {
            for condition in [&requirement.when, &requirement.brought_when] {
                if let Err(unknown) = content.factors.check(condition) {
                    faults.push(Fault::plain(place.clone(), format!("requirement `{}`: {unknown}", requirement.id)));
                }
            }
            for addition in requirement.brought_by.iter().filter(|a| !content.additions.0.contains_key(a)) {
                let message =
                    format!("requirement `{}` is brought by `{addition}`, which is no addition", requirement.id);
                faults.push(Fault::new(place.clone(), message, "add it under additions/, or mend the name"));
            }
        }
    }
    for factor in content.factors.iter() {
        for addition in factor.additions.iter().filter(|a| !content.additions.0.contains_key(a)) {
            let message = format!("factor `{}` is asked by `{addition}`, which is no addition", factor.id);
            faults.push(Fault::new(Place::new("factors", None), message, "mend the name"));
        }
    }
    if faults.is_empty() { Ok(content) } else { Err(faults) }
}
