use std::collections::{BTreeMap, BTreeSet};

use attesta_catalog::{Catalog, Fault, Placed, Statement};
use attesta_kernel::{Provenance, StatementId};

use crate::{Condition, Pack, PackElement, PackId, PackRequirement, RequirementKey};

/// How our own statements become a requirement pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementPack {
    /// The pack's id.
    pub id: PackId,
    /// What it is.
    pub title: String,
    /// The version of the CSF that it is for, where it says one.
    pub csf: Option<String>,
    /// Where it comes from.
    pub provenance: Provenance,
    /// The programs of whose core every statement is.
    pub core_of: BTreeSet<Box<str>>,
    /// What is said of each statement besides.
    pub statements: BTreeMap<StatementId, Placed<StatementRole>>,
}

/// What is said of one statement besides what the catalog says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatementRole {
    /// Whether its Implemented level is usually tested on a sample.
    pub sampled: bool,
    /// What it speaks of.
    pub topics: BTreeSet<Box<str>>,
}

/// Makes a pack of the catalog's statements: scored in the first control reference that each is aligned to, with the
/// statement's elements as what must be shown.
///
/// # Errors
///
/// Statements that the plan leaves out, and statements in the plan that the catalog does not have.
pub fn statement_pack(catalog: &Catalog, plan: &Placed<StatementPack>) -> Result<Pack, Vec<Fault>> {
    let Placed { place, value: plan } = plan;
    let mut faults = Vec::new();
    for (id, role) in &plan.statements {
        if catalog.statement(id).is_none() {
            let help = "`attesta catalog list statements` shows them";
            faults.push(Fault::new(role.place.clone(), format!("`{id}` is not a statement of the catalog"), help));
        }
    }
    let mut requirements = Vec::new();
    for statement in catalog.statements() {
        match (plan.statements.get(&statement.id), requirement(statement, plan)) {
            (Some(_), Some(requirement)) => requirements.push(requirement),
            (None, _) => faults.push(Fault::new(
                place.clone(),
                format!("`{}` is a statement of the catalog and not in this pack", statement.id),
                "add it under `statements`",
            )),
            (Some(role), None) => faults.push(Fault::plain(
                role.place.clone(),
                format!("`{}` is aligned to no control reference, so it cannot be scored", statement.id),
            )),
        }
    }
    faults.sort();
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Pack {
        id: plan.id.clone(),
        title: plan.title.clone(),
        notice: catalog.notice().to_owned(),
        csf: plan.csf.clone(),
        provenance: plan.provenance.clone(),
        requirements,
    })
}

fn requirement(statement: &Statement, plan: &StatementPack) -> Option<PackRequirement> {
    let role = plan.statements.get(&statement.id).map(|r| r.value.clone()).unwrap_or_default();
    let elements = statement.elements.iter().zip(1_u8..).map(|(element, number)| PackElement {
        number,
        text: element.text.clone(),
        proven_by: Some(element.id.clone()),
    });
    let maps = statement.targets.iter().map(|(framework, ids)| (*framework, ids.iter().cloned().collect()));
    Some(PackRequirement {
        id: statement.id.to_string().parse::<RequirementKey>().ok()?,
        domain: statement.domain,
        control_reference: statement.control_references.first()?.clone(),
        title: statement.title.clone(),
        text: statement.text.clone(),
        elements: elements.collect(),
        core_of: plan.core_of.clone(),
        brought_by: BTreeSet::new(),
        brought_when: Condition::Always,
        when: Condition::Never,
        sampled: role.sampled,
        topics: role.topics,
        hipaa: statement.hipaa.iter().cloned().collect(),
        maps: maps.collect(),
    })
}
