use std::{collections::BTreeMap, fmt};

use attesta_kernel::{Citation, ControlRef, ElementId, Provenance, StatementId};

use crate::{Fault, FrameworkId, HipaaItem, Placed, csf::Csf, fault::Faults, framework::Targets};

/// How many elements a statement has.
const ELEMENTS: std::ops::RangeInclusive<usize> = 2..=6;

/// One of Attesta's own control statements, aligned to the HITRUST CSF's structure by reference ids.
/// Its words are ours, never HITRUST's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its id, which names its domain.
    pub id: StatementId,
    /// The assessment domain.
    pub domain: u8,
    /// What is true when it is met.
    pub title: String,
    /// What it asks, in one or two sentences.
    pub text: String,
    /// Control references that it is aligned to.
    pub control_references: Vec<ControlRef>,
    /// HIPAA citations that it serves.
    pub hipaa: Vec<Citation>,
    /// Ids of other frameworks that it touches.
    pub targets: BTreeMap<FrameworkId, Vec<Box<str>>>,
    /// Where it comes from, and how sure we are of its mappings.
    pub provenance: Provenance,
    /// What must be shown, one testable thing each.
    pub elements: Vec<Element>,
}

/// One testable thing of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its id: the statement's and its number.
    pub id: ElementId,
    /// What is true when it is met.
    pub text: String,
    /// What can prove it.
    pub proof: Proof,
    /// What people show for it.
    pub evidence: Vec<String>,
    /// HIPAA citations that it serves: its own, or all of the statement's when it names none.
    pub hipaa: Vec<Citation>,
}

/// An element together with the statement that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ElementEntry<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// The element.
    pub element: &'a Element,
}

/// What can prove an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proof {
    /// Settings of infrastructure alone.
    Automation,
    /// Documents, interviews and records.
    People,
    /// Settings prove the technical half, people the rest.
    Both,
}

impl Proof {
    /// The word used in content and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Automation => "automation",
            Self::People => "people",
            Self::Both => "both",
        }
    }

    /// Whether settings of infrastructure prove at least a part.
    pub fn takes_settings(self) -> bool {
        matches!(self, Self::Automation | Self::Both)
    }

    /// Whether people must show at least a part.
    pub fn takes_people(self) -> bool {
        matches!(self, Self::People | Self::Both)
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A statement as it was read; each reference has its own place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementPart {
    /// Its id.
    pub id: StatementId,
    /// The domain of the file that it stands in.
    pub domain: u8,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Control references.
    pub control_references: Vec<Placed<ControlRef>>,
    /// HIPAA citations.
    pub hipaa: Vec<Placed<Citation>>,
    /// Ids of other frameworks.
    pub targets: BTreeMap<FrameworkId, Vec<Placed<Box<str>>>>,
    /// Where it comes from.
    pub provenance: Provenance,
    /// Its elements.
    pub elements: Vec<Placed<ElementPart>>,
}

/// An element as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementPart {
    /// Its number in the statement.
    pub number: u8,
    /// Its text.
    pub text: String,
    /// What can prove it.
    pub proof: Proof,
    /// What people show for it.
    pub evidence: Vec<String>,
    /// Citations that narrow the statement's; empty for all of them.
    pub hipaa: Vec<Placed<Citation>>,
}

pub(crate) fn build(
    parts: Vec<Placed<StatementPart>>,
    csf: &Csf,
    hipaa: &BTreeMap<Citation, HipaaItem>,
    targets: Targets<'_>,
    faults: &mut Faults,
) -> BTreeMap<StatementId, Statement> {
    let mut previous = BTreeMap::<u8, u8>::new();
    for Placed { place, value } in &parts {
        let (domain, number) = numbers(&value.id);
        if domain != Some(value.domain) {
            let message = format!("`{}` stands in the file of domain {}", value.id, value.domain);
            faults.add(place, message, "the two digits after `ATT-` are the domain; move the statement or rename it");
        }
        let expected = previous.get(&value.domain).map_or(1, |n| n.saturating_add(1));
        if number != Some(expected) {
            let message = format!("`{}` is out of order", value.id);
            faults.add(place, message, format!("the next statement here is `ATT-{:02}-{expected:02}`", value.domain));
        }
        previous.insert(value.domain, number.unwrap_or(expected));
    }
    let parts = faults.index("statement", parts, |part| part.id.clone());
    let mut statements = BTreeMap::new();
    for (id, part) in parts {
        if !csf.domains.contains_key(&part.value.domain) {
            let message = format!("`{id}` belongs to domain {}, which does not exist", part.value.domain);
            faults.add(&part.place, message, "list the domain in frameworks/hitrust/csf-structure.yaml");
        }
        check_references(&part.value, csf, hipaa, targets, faults);
        check_texts(&part, faults);
        check_elements(&part, faults);
        statements.insert(id, statement(part, faults));
    }
    statements
}

fn check_references(
    part: &StatementPart,
    csf: &Csf,
    hipaa: &BTreeMap<Citation, HipaaItem>,
    targets: Targets<'_>,
    faults: &mut Faults,
) {
    repeats("control reference", &part.control_references, faults);
    for Placed { place, value } in part.control_references.iter().filter(|r| !csf.references.contains_key(&r.value)) {
        let message = format!("`{}` points at the control reference `{value}`, which does not exist", part.id);
        faults.add(place, message, "`attesta catalog list references` shows them");
    }
    repeats("citation", &part.hipaa, faults);
    for Placed { place, value } in part.hipaa.iter().filter(|c| !hipaa.contains_key(&c.value)) {
        let message = format!("`{}` cites `{value}`, which is not an item of the HIPAA catalog", part.id);
        faults.add(place, message, "`attesta catalog list hipaa` shows them");
    }
    for (framework, ids) in &part.targets {
        repeats("id", ids, faults);
        for id in ids {
            targets.check(*framework, id, &part.id, faults);
        }
    }
}

fn check_texts(part: &Placed<StatementPart>, faults: &mut Faults) {
    let Placed { place, value } = part;
    faults.text(place, format_args!("title of `{}`", value.id), &value.title);
    faults.text(place, format_args!("statement of `{}`", value.id), &value.text);
    faults.text(place, format_args!("source of `{}`", value.id), &value.provenance.source);
    for element in &value.elements {
        let name = format!("`{}.{}`", value.id, element.value.number);
        faults.text(&element.place, format_args!("text of {name}"), &element.value.text);
        if element.value.evidence.is_empty() {
            faults.add(&element.place, format!("{name} names no evidence"), "say what proves it");
        }
        for text in &element.value.evidence {
            faults.text(&element.place, format_args!("an evidence text of {name}"), text);
        }
    }
}

fn check_elements(part: &Placed<StatementPart>, faults: &mut Faults) {
    let Placed { place, value } = part;
    if !ELEMENTS.contains(&value.elements.len()) {
        let message = format!("`{}` has {} elements", value.id, value.elements.len());
        faults.add(place, message, format!("give it {} to {}", ELEMENTS.start(), ELEMENTS.end()));
    }
    for (element, expected) in value.elements.iter().zip(1_u8..) {
        if element.value.number != expected {
            let message = format!("element number {} of `{}` is out of order", element.value.number, value.id);
            faults.add(&element.place, message, format!("number elements from 1; this one is {expected}"));
        }
        repeats("citation", &element.value.hipaa, faults);
        for cited in &element.value.hipaa {
            if !value.hipaa.iter().any(|c| c.value == cited.value) {
                let message =
                    format!("an element of `{}` cites `{}`, which the statement does not", value.id, cited.value);
                faults.add(&cited.place, message, "an element narrows its statement's citations; add it there too");
            }
        }
    }
    let narrows_all = value.elements.iter().all(|e| !e.value.hipaa.is_empty());
    for cited in value.hipaa.iter().filter(|_| narrows_all) {
        if !value.elements.iter().flat_map(|e| &e.value.hipaa).any(|c| c.value == cited.value) {
            let message = format!("`{}` cites `{}`, but none of its elements does", value.id, cited.value);
            faults.add(&cited.place, message, "say which element serves it, or drop the citation");
        }
    }
}

fn statement(part: Placed<StatementPart>, faults: &mut Faults) -> Statement {
    let Placed { place, value } = part;
    let hipaa: Vec<Citation> = value.hipaa.into_iter().map(|c| c.value).collect();
    let mut elements = Vec::with_capacity(value.elements.len());
    for Placed { place: at, value: element } in value.elements {
        let citations = match element.hipaa.is_empty() {
            true => hipaa.clone(),
            false => element.hipaa.into_iter().map(|c| c.value).collect(),
        };
        match format!("{}.{}", value.id, element.number).parse() {
            Ok(id) => elements.push(Element {
                id,
                text: element.text,
                proof: element.proof,
                evidence: element.evidence,
                hipaa: citations,
            }),
            Err(error) => {
                faults.add(if at.line.is_some() { &at } else { &place }, format!("{error}"), "number elements from 1")
            }
        }
    }
    Statement {
        id: value.id,
        domain: value.domain,
        title: value.title,
        text: value.text,
        control_references: value.control_references.into_iter().map(|r| r.value).collect(),
        hipaa,
        targets: value
            .targets
            .into_iter()
            .map(|(framework, ids)| (framework, ids.into_iter().map(|id| id.value).collect()))
            .collect(),
        provenance: value.provenance,
        elements,
    }
}

/// The domain and the number inside a statement's id.
fn numbers(id: &StatementId) -> (Option<u8>, Option<u8>) {
    let mut digits = id.as_str().split('-').skip(1).map(|part| part.parse().ok());
    (digits.next().flatten(), digits.next().flatten())
}

fn repeats<T: PartialEq + fmt::Display>(what: &str, list: &[Placed<T>], faults: &mut Faults) {
    for (index, item) in list.iter().enumerate() {
        if let Some(first) = list.iter().take(index).find(|earlier| earlier.value == item.value) {
            faults.duplicate(&item.place, what, &item.value, &first.place);
        }
    }
}

/// Every notice must be the same, because one of them is shown.
pub(crate) fn notice(notices: Vec<Placed<String>>, faults: &mut Faults) -> String {
    let mut notices = notices.into_iter();
    let Some(first) = notices.next() else { return String::new() };
    faults.text(&first.place, "notice", &first.value);
    for other in notices.filter(|other| other.value != first.value) {
        faults.push(Fault::new(
            other.place,
            "the notice differs from that of another file",
            format!("copy it from {}", first.place),
        ));
    }
    first.value
}
