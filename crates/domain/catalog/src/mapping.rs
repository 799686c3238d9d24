use std::collections::BTreeMap;

use attesta_kernel::{Citation, Place, Provenance};

use crate::{
    Entry, FrameworkId, HipaaItem, Placed,
    fault::Faults,
    framework::{Framework, Targets},
};

/// A mapping from HIPAA citations to one framework, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingPart {
    /// Its id.
    pub id: String,
    /// The framework that it points into.
    pub framework: FrameworkId,
    /// Whose it is.
    pub licence: String,
    /// What rows rest on, by name.
    pub bases: BTreeMap<String, Provenance>,
    /// Its rows.
    pub rows: Vec<Placed<MappingRow>>,
}

/// One row of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingRow {
    /// From where.
    pub citation: Citation,
    /// To which id of the framework.
    pub target: Box<str>,
    /// How close the two are.
    pub strength: Strength,
    /// The name of what the row rests on.
    pub basis: Box<str>,
}

/// How close two ends of a mapping are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// The target speaks of what the citation asks.
    Primary,
    /// The subjects touch.
    Related,
}

/// One id that a citation maps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapped<'a> {
    /// The framework.
    pub framework: FrameworkId,
    /// The id in it.
    pub entry: &'a Entry,
    /// How close it is.
    pub strength: Strength,
    /// What the row rests on.
    pub provenance: &'a Provenance,
}

/// Mappings, checked and ready to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Mappings {
    bases: Vec<Provenance>,
    rows: BTreeMap<Citation, Vec<Row>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    framework: FrameworkId,
    target: Box<str>,
    strength: Strength,
    basis: usize,
}

impl Mappings {
    pub(crate) fn from<'a>(
        &'a self,
        citation: &Citation,
        frameworks: &'a BTreeMap<FrameworkId, Framework>,
    ) -> impl Iterator<Item = Mapped<'a>> {
        self.rows.get(citation).into_iter().flatten().filter_map(|row| {
            Some(Mapped {
                framework: row.framework,
                entry: frameworks.get(&row.framework)?.entry(&row.target)?,
                strength: row.strength,
                provenance: self.bases.get(row.basis)?,
            })
        })
    }
}

pub(crate) fn build(
    parts: Vec<Placed<MappingPart>>,
    hipaa: &BTreeMap<Citation, HipaaItem>,
    targets: Targets<'_>,
    faults: &mut Faults,
) -> Mappings {
    let mut mappings = Mappings::default();
    for (id, Placed { place, value: part }) in faults.index("mapping", parts, |part| part.id.clone()) {
        faults.text(&place, "id", &id);
        faults.text(&place, "licence", &part.licence);
        let mut bases = BTreeMap::new();
        for (name, provenance) in part.bases {
            faults.text(&place, format_args!("source of `{name}`"), &provenance.source);
            bases.insert(name, mappings.bases.len());
            mappings.bases.push(provenance);
        }
        let mut seen = BTreeMap::<(Citation, Box<str>), Place>::new();
        for Placed { place, value: row } in part.rows {
            let key = (row.citation.clone(), row.target.clone());
            if let Some(first) = seen.get(&key) {
                faults.duplicate(&place, "row", &format_args!("{} to {}", row.citation, row.target), first);
                continue;
            }
            seen.insert(key, place.clone());
            if !hipaa.contains_key(&row.citation) {
                let message = format!("`{}` is not an item of the HIPAA catalog", row.citation);
                faults.add(&place, message, "`attesta catalog list hipaa` shows them");
            }
            targets.check(part.framework, &Placed::new(place.clone(), row.target.clone()), &row.citation, faults);
            let Some(basis) = bases.get(&*row.basis) else {
                let names: Vec<&str> = bases.keys().map(String::as_str).collect();
                let message = format!("basis `{}` is not one of this mapping's", row.basis);
                faults.add(&place, message, format!("use {}", names.join(", ")));
                continue;
            };
            mappings.rows.entry(row.citation).or_default().push(Row {
                framework: part.framework,
                target: row.target,
                strength: row.strength,
                basis: *basis,
            });
        }
    }
    mappings
}
