use std::collections::{BTreeMap, BTreeSet};

use attesta_catalog::FrameworkId;
use attesta_kernel::{Citation, ControlRef, ElementId, Provenance};

use crate::{AdditionId, ChoiceId, FactorId, PackId, RequirementKey};

/// Requirements of one origin: our own statements, or what a customer imported from a licensed export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// Its id.
    pub id: PackId,
    /// What it is.
    pub title: String,
    /// Whose words its statements are; shown wherever they are shown.
    pub notice: String,
    /// The version of the CSF that it is for, where it says one.
    pub csf: Option<String>,
    /// Where it comes from.
    pub provenance: Provenance,
    /// Its requirements, in its order.
    pub requirements: Vec<PackRequirement>,
}

/// One requirement of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackRequirement {
    /// Its id as the pack writes it.
    pub id: RequirementKey,
    /// The assessment domain.
    pub domain: u8,
    /// The control reference in which it is scored.
    pub control_reference: ControlRef,
    /// A short title.
    pub title: String,
    /// What it asks; empty where the pack carries no text.
    pub text: String,
    /// What must be shown, one testable thing each; at least one.
    pub elements: Vec<PackElement>,
    /// The programs of whose core it is.
    pub core_of: BTreeSet<Box<str>>,
    /// Additions (compliance factors, AI, NIST CSF) that bring it in.
    pub brought_by: BTreeSet<AdditionId>,
    /// What must hold besides for an addition to bring it in, e.g. which kinds of AI model are used.
    pub brought_when: Condition,
    /// When risk factors bring it in, for programs that tailor.
    pub when: Condition,
    /// Whether its Implemented level is usually tested on a sample.
    pub sampled: bool,
    /// What it speaks of, e.g. `mobile-devices`, for checks that compare applicability.
    pub topics: BTreeSet<Box<str>>,
    /// HIPAA citations that it serves.
    pub hipaa: BTreeSet<Citation>,
    /// Ids of other frameworks that it serves, e.g. subcategories of the NIST CSF.
    pub maps: BTreeMap<FrameworkId, BTreeSet<Box<str>>>,
}

/// One testable thing of a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackElement {
    /// Its number, from 1.
    pub number: u8,
    /// What is true when it is met; empty where the pack carries no text.
    pub text: String,
    /// The element of our own statements whose policies speak for it, where there is one.
    pub proven_by: Option<ElementId>,
}

/// When risk factors bring a requirement in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Condition {
    /// Always.
    Always,
    /// Never by factors: the core or an addition brings it.
    #[default]
    Never,
    /// The factor is answered with one of these.
    Chosen {
        /// The factor.
        factor: FactorId,
        /// Any of these answers.
        choices: BTreeSet<ChoiceId>,
    },
    /// The factor's answer is this one or a later one in the factor's own order.
    AtLeast {
        /// The factor.
        factor: FactorId,
        /// The least answer.
        choice: ChoiceId,
    },
    /// All of them hold.
    All(Vec<Condition>),
    /// Any of them holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
}
