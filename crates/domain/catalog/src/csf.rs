use std::{collections::BTreeMap, fmt, str::FromStr};

use attesta_kernel::{ControlRef, Provenance};

use crate::{
    Edition, Placed,
    fault::{Faults, values},
};

/// A control reference of the HITRUST CSF's structure: id, title and memberships; never its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Its id.
    pub id: ControlRef,
    /// Its title.
    pub title: String,
    /// Where the title comes from.
    pub title_provenance: Provenance,
    /// The objective that it serves.
    pub objective: ObjectiveId,
    /// The assessment domain that most of its statements sit in.
    pub domain: u8,
    /// How the domain was found.
    pub domain_provenance: Provenance,
}

/// One of the assessment domains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its number, from 1.
    pub number: u8,
    /// Its title.
    pub title: String,
    /// Where the title comes from.
    pub provenance: Provenance,
}

/// One of the control categories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its number, from 0.
    pub number: u8,
    /// Its title.
    pub title: String,
    /// Where the title comes from.
    pub provenance: Provenance,
}

/// One of the control objectives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objective {
    /// Its id, which names its category.
    pub id: ObjectiveId,
    /// Its title.
    pub title: String,
    /// Where the title comes from.
    pub provenance: Provenance,
}

/// An objective's id, `CATEGORY.NUMBER`, e.g. `09.10`.
///
/// ```
/// use attesta_catalog::ObjectiveId;
/// let id: ObjectiveId = "09.10".parse()?;
/// assert_eq!((id.category, id.to_string().as_str()), (9, "09.10"));
/// # Ok::<(), attesta_catalog::ObjectiveIdError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectiveId {
    /// The category that it belongs to.
    pub category: u8,
    /// Its number in the category.
    pub number: u8,
}

/// The text is not an objective's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an objective; write two digits, a dot and two digits, such as `01.02`")]
pub struct ObjectiveIdError(pub String);

impl FromStr for ObjectiveId {
    type Err = ObjectiveIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let two_digits = |t: &str| match t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit()) {
            true => t.parse().ok(),
            false => None,
        };
        text.split_once('.')
            .and_then(|(category, number)| Some(Self { category: two_digits(category)?, number: two_digits(number)? }))
            .ok_or_else(|| ObjectiveIdError(text.to_owned()))
    }
}

impl fmt::Display for ObjectiveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:02}.{:02}", self.category, self.number))
    }
}

/// The CSF's structure as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsfParts {
    /// Which version.
    pub edition: Placed<Edition>,
    /// Assessment domains.
    pub domains: Vec<Placed<Domain>>,
    /// Control categories.
    pub categories: Vec<Placed<Category>>,
    /// Control objectives.
    pub objectives: Vec<Placed<Objective>>,
    /// Control references.
    pub references: Vec<Placed<Reference>>,
}

/// The CSF's structure, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Csf {
    pub(crate) edition: Edition,
    pub(crate) domains: BTreeMap<u8, Domain>,
    pub(crate) categories: BTreeMap<u8, Category>,
    pub(crate) objectives: BTreeMap<ObjectiveId, Objective>,
    pub(crate) references: BTreeMap<ControlRef, Reference>,
}

pub(crate) fn build(parts: CsfParts, faults: &mut Faults) -> Csf {
    parts.edition.value.check(&parts.edition.place, faults);
    let domains = faults.index("domain", parts.domains, |d| d.number);
    let categories = faults.index("category", parts.categories, |c| c.number);
    let objectives = faults.index("objective", parts.objectives, |o| o.id);
    let references = faults.index("control reference", parts.references, |r| r.id.clone());
    for (number, domain) in &domains {
        faults.text(&domain.place, format_args!("title of domain {number}"), &domain.value.title);
    }
    for (number, category) in &categories {
        faults.text(&category.place, format_args!("title of category {number:02}"), &category.value.title);
    }
    for (id, Placed { place, value }) in &objectives {
        faults.text(place, format_args!("title of objective `{id}`"), &value.title);
        if !categories.contains_key(&id.category) {
            let message = format!("objective `{id}` belongs to category {:02}, which does not exist", id.category);
            faults.add(place, message, "list the category, or correct the id");
        }
    }
    for (id, Placed { place, value }) in &references {
        faults.text(place, format_args!("title of `{id}`"), &value.title);
        if !objectives.contains_key(&value.objective) {
            let message = format!("`{id}` names the objective `{}`, which does not exist", value.objective);
            faults.add(place, message, "list the objective, or correct the reference");
        } else if value.objective.category != id.category() {
            let message = format!("`{id}` names the objective `{}` of another category", value.objective);
            faults.add(place, message, format!("choose an objective of category {:02}", id.category()));
        }
        if !domains.contains_key(&value.domain) {
            let message = format!("`{id}` names the domain {}, which does not exist", value.domain);
            faults.add(place, message, "list the domain, or correct the reference");
        }
    }
    Csf {
        edition: parts.edition.value,
        domains: values(domains),
        categories: values(categories),
        objectives: values(objectives),
        references: values(references),
    }
}
