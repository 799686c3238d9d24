//! Reads content packs: plain files, in a folder or embedded in this crate, into the catalog.
//!
//! [`load`] reads what the catalog holds; [`files`] hands out the files below any sub-folder, for readers of other
//! content. Whatever is wrong with a file comes out as a [`Fault`] that names file and line.
//!
//! It decides nothing: which references must hold is the catalog's business. It never writes.

mod additions;
mod assessment_types;
pub mod conditions;
mod crosswalks;
mod csf;
mod effort;
mod evidence;
mod factors;
mod foreign;
mod frameworks;
mod frequencies;
mod hipaa;
mod hipaa_rules;
mod import_profiles;
mod inheritance;
mod kinds;
mod lifecycle;
mod mappings;
mod matrix_profiles;
mod metrics;
mod monitor;
mod pack;
mod policies;
mod policy_tests;
mod programs;
mod quality;
mod requirement_packs;
mod source;
mod statements;
mod table;
mod tailoring;
mod waivers;
pub mod yaml;

use attesta_catalog::{Catalog, Fault, Parts};

pub use additions::{additions, data_types};
pub use assessment_types::{assessment_types, csf_releases};
pub use crosswalks::{StrmImport, answers, check_strm, crosswalk};
pub use effort::{Effort, effort, effort_defaults};
pub use evidence::evidence_rules;
pub use factors::{adviser, factors};
pub use foreign::foreign_maps;
pub use frequencies::frequencies;
pub use hipaa_rules::hipaa_rules;
pub use import_profiles::{PROFILE_SCHEMA, import_profile, import_profiles};
pub use inheritance::{inheritance_rules, matrices, matrix};
pub use lifecycle::{Process, process, unverified_figures};
pub use matrix_profiles::{matrix_profile, matrix_profiles};
pub use metrics::{Checks, metrics};
pub use monitor::{Wrong, monitor, schedule, when};
pub use policies::policies;
pub use policy_tests::{CaseResult, run_policy_tests};
pub use programs::{programs, rubrics};
pub use quality::quality_checks;
pub use requirement_packs::{PACK_SCHEMA, requirement_pack, requirement_packs};
pub use source::{ContentSource, File, HeldFiles, Overridden, files};
pub use tailoring::{TailoringContent, tailoring};
pub use waivers::waivers;

/// Reads and checks everything that the catalog holds.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line. References between files are checked only once every file could
/// be read, so that one broken file does not make the others look wrong.
pub fn load(source: &ContentSource) -> Result<Catalog, Vec<Fault>> {
    // Parsing YAML is most of the work, and these four hold most of the YAML.
    let ((hipaa, csf), (statements, dictionary)) = rayon::join(
        || rayon::join(|| part(source, hipaa::read), || part(source, csf::read)),
        || rayon::join(|| part(source, statements::read), || part(source, kinds::read)),
    );
    let mut faults = [hipaa.1, csf.1, statements.1, dictionary.1].concat();
    let pack = pack::read(source, &mut faults);
    let frameworks = frameworks::read(source, &mut faults);
    let mappings = mappings::read(source, &mut faults);
    match (pack, hipaa.0, csf.0, dictionary.0) {
        (Some(pack), Some(hipaa), Some(csf), Some(dictionary)) if faults.is_empty() => {
            let (statements, notices) = statements.0;
            Catalog::build(Parts { pack, hipaa, csf, frameworks, mappings, statements, notices, dictionary })
        }
        _ => {
            faults.sort();
            Err(faults)
        }
    }
}

/// Reads one part, with faults of its own.
fn part<T>(source: &ContentSource, read: fn(&ContentSource, &mut Vec<Fault>) -> T) -> (T, Vec<Fault>) {
    let mut faults = Vec::new();
    (read(source, &mut faults), faults)
}
