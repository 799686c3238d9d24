//! The whole folder, read.

use std::collections::BTreeMap;

use attesta_assessment::{Assessment, Dossier, Pack, Scope};
use attesta_catalog::{Fault, Placed};
use attesta_content::File;
use attesta_kernel::Place;

use crate::{
    answers, evidence, factors,
    folder::{ASSESSMENT, Folder},
    header as header_file, inheritance, measures, people, scope as scope_file, validation,
};

/// What the assessment is, alone.
///
/// # Errors
///
/// Every fault of the file.
pub fn header(folder: &Folder) -> Result<Placed<Assessment>, Vec<Fault>> {
    let mut faults = Vec::new();
    let file = folder.file(ASSESSMENT).map_err(|fault| vec![fault])?.ok_or_else(|| vec![missing(folder)])?;
    match header_file::read(&file, &mut faults) {
        Some(header) if faults.is_empty() => Ok(header),
        _ => Err(sorted(faults)),
    }
}

/// The scope, alone; empty where there is no file of it.
///
/// # Errors
///
/// Every fault of the file.
pub fn scope(folder: &Folder) -> Result<Scope, Vec<Fault>> {
    let mut faults = Vec::new();
    let scope = one(folder, "scope.yaml", &mut faults, scope_file::read);
    if faults.is_empty() { Ok(scope) } else { Err(sorted(faults)) }
}

/// Everything that the folder holds. Files that are not there hold nothing.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line.
pub fn read(folder: &Folder, packs: Vec<Pack>) -> Result<Dossier, Vec<Fault>> {
    let mut faults = Vec::new();
    let header = header(folder);
    let scope = one(folder, "scope.yaml", &mut faults, scope_file::read);
    let factors = one(folder, "factors.yaml", &mut faults, factors::read);
    let mut everybody = several(folder, people::PEOPLE, &mut faults);
    match folder.file("people.yaml") {
        Ok(first) => everybody.splice(0..0, first).for_each(drop),
        Err(fault) => faults.push(fault),
    }
    let people = people::read(&everybody, &mut faults);
    let evidence = one(folder, "evidence.yaml", &mut faults, evidence::read);
    let measures = one(folder, "measures.yaml", &mut faults, measures::read);
    let answers = answers::read(&several(folder, "answers", &mut faults), folder.memo(), &mut faults);
    let validation = validation::read(&several(folder, "validation", &mut faults), folder.memo(), &mut faults);
    let inheritance = inheritance::read(folder, &mut faults);
    let assessment = match header {
        Ok(header) => Some(header),
        Err(more) => {
            faults.extend(more);
            None
        }
    };
    match assessment {
        Some(assessment) if faults.is_empty() => Ok(Dossier {
            assessment,
            scope,
            factors,
            packs,
            people,
            answers,
            validation,
            evidence,
            measures,
            samples: BTreeMap::new(),
            inheritance,
        }),
        _ => Err(sorted(faults)),
    }
}

fn one<T: Default + Clone + Send + Sync + 'static>(
    folder: &Folder,
    inside: &str,
    faults: &mut Vec<Fault>,
    read: impl Fn(&File, &mut Vec<Fault>) -> T,
) -> T {
    match folder.file(inside) {
        Ok(Some(file)) => folder.memo().of(&file, faults, read),
        Ok(None) => T::default(),
        Err(fault) => {
            faults.push(fault);
            T::default()
        }
    }
}

fn several(folder: &Folder, inside: &str, faults: &mut Vec<Fault>) -> Vec<File> {
    folder.files(inside).unwrap_or_else(|more| {
        faults.extend(more);
        Vec::new()
    })
}

fn missing(folder: &Folder) -> Fault {
    Fault::plain(Place::new(folder.shown(ASSESSMENT), None), "is missing")
}

fn sorted(mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.sort();
    faults
}
