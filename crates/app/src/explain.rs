//! From a number back to its inputs: requirement -> elements -> policies -> outcomes -> places in the code.

use attesta_catalog::{Catalog, ElementEntry, FrameworkId, HipaaItem, Reference, Statement, Strength};
use attesta_evaluation::{Outcome, Policy, Standing, Status};
use attesta_kernel::{Citation, ControlRef, ElementId, PolicyId, Provenance, StatementId};

use crate::check::{CheckReport, Lines};

/// A tree of short texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Explanation {
    /// What it says.
    pub text: String,
    /// From what it follows.
    pub from: Vec<Explanation>,
}

impl Explanation {
    /// A text that follows from nothing yet.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), from: Vec::new() }
    }

    /// The same, following from these too.
    #[must_use]
    pub fn with(mut self, from: impl IntoIterator<Item = Explanation>) -> Self {
        self.from.extend(from);
        self
    }

    fn push(&mut self, text: impl Into<String>) {
        self.from.push(Self::new(text));
    }
}

/// What can be explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// One of our statements.
    Statement(StatementId),
    /// One evaluative element.
    Element(ElementId),
    /// A HITRUST control reference.
    Reference(ControlRef),
    /// A HIPAA citation.
    Citation(Citation),
    /// A policy.
    Policy(PolicyId),
    /// An assessment domain.
    Domain(u8),
    /// A finding of a report, by its id.
    Finding(String),
}

/// Why a subject cannot be explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchSubject {
    /// What was asked.
    pub asked: String,
    /// What comes near it, best first.
    pub near: Vec<String>,
}

/// Finds what `text` means: a statement, element, reference, citation, domain, policy or finding.
///
/// # Errors
/// Nothing of that name exists; with what comes near.
pub fn subject(text: &str, catalog: &Catalog, policies: &[Policy]) -> Result<Subject, NoSuchSubject> {
    let text = text.trim();
    if let Ok(id) = text.parse::<ElementId>()
        && catalog.element(&id).is_some()
    {
        return Ok(Subject::Element(id));
    }
    if let Ok(id) = text.parse::<StatementId>()
        && catalog.statement(&id).is_some()
    {
        return Ok(Subject::Statement(id));
    }
    if let Ok(reference) = text.parse::<ControlRef>()
        && catalog.reference(&reference).is_some()
    {
        return Ok(Subject::Reference(reference));
    }
    if let Ok(citation) = text.parse::<Citation>()
        && catalog.hipaa_item(&citation).is_some()
    {
        return Ok(Subject::Citation(citation));
    }
    if let Some(domain) = catalog.domains().find(|d| d.number.to_string() == text || d.title.eq_ignore_ascii_case(text))
    {
        return Ok(Subject::Domain(domain.number));
    }
    if let Ok(id) = text.parse::<PolicyId>()
        && policies.iter().any(|p| p.id == id)
    {
        return Ok(Subject::Policy(id));
    }
    if text.starts_with("F-") {
        return Ok(Subject::Finding(text.to_owned()));
    }
    Err(NoSuchSubject { asked: text.to_owned(), near: near(text, catalog, policies) })
}

fn near(text: &str, catalog: &Catalog, policies: &[Policy]) -> Vec<String> {
    let words: Vec<String> =
        text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 2).map(str::to_owned).collect();
    let mut candidates: Vec<(usize, String)> = policies
        .iter()
        .map(|p| (p.id.to_string(), p.title.to_lowercase()))
        .chain(catalog.hipaa().map(|i| (i.citation.to_string(), i.title.to_lowercase())))
        .chain(catalog.references().map(|r| (r.id.to_string(), r.title.to_lowercase())))
        .chain(catalog.statements().map(|s| (s.id.to_string(), s.title.to_lowercase())))
        .map(|(id, title)| {
            let hits = words.iter().filter(|w| id.to_lowercase().contains(*w) || title.contains(*w)).count();
            (hits + usize::from(id.starts_with(text) || text.starts_with(&id)), id)
        })
        .filter(|(hits, _)| *hits > 0)
        .collect();
    candidates.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    candidates.into_iter().take(5).map(|(_, id)| id).collect()
}

/// What an explanation is drawn from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// Frameworks and statements.
    pub catalog: &'a Catalog,
    /// Policies, in the order that a report's indexes refer to.
    pub policies: &'a [Policy],
    /// A report with the lines of its findings, when inputs were checked.
    pub report: Option<(&'a CheckReport<'a>, &'a Lines)>,
}

impl Sources<'_> {
    /// Explains a subject.
    ///
    /// # Errors
    /// A finding's id that the report does not hold.
    pub fn explain(&self, subject: &Subject) -> Result<Explanation, NoSuchSubject> {
        let missing = |asked: &dyn std::fmt::Display| NoSuchSubject { asked: asked.to_string(), near: Vec::new() };
        match subject {
            Subject::Statement(id) => self.catalog.statement(id).map(|s| self.statement(s)).ok_or_else(|| missing(id)),
            Subject::Element(id) => self.catalog.element(id).map(|e| self.element(e)).ok_or_else(|| missing(id)),
            Subject::Reference(id) => self.catalog.reference(id).map(|r| self.reference(r)).ok_or_else(|| missing(id)),
            Subject::Citation(id) => self.catalog.hipaa_item(id).map(|i| self.citation(i)).ok_or_else(|| missing(id)),
            Subject::Policy(id) => {
                self.policies.iter().position(|p| p.id == *id).map(|at| self.policy(at)).ok_or_else(|| missing(id))
            }
            Subject::Domain(number) => self.domain(*number).ok_or_else(|| missing(number)),
            Subject::Finding(id) => self.finding(id).ok_or_else(|| missing(id)),
        }
    }

    fn citation(&self, item: &HipaaItem) -> Explanation {
        let catalog = self.catalog;
        let mut told =
            Explanation::new(format!("HIPAA {}  {} ({} {})", item.citation, item.title, item.designation, item.kind));
        told.push(item.statement.clone());
        if let Some(only) = &item.may_not_apply {
            told.push(format!("applies only to: {only}"));
        }
        told.push(source(&item.provenance));
        let elements: Vec<ElementEntry<'_>> = catalog.elements_citing(&item.citation).collect();
        told.from.push(self.stands_by(&elements, "no element of our statements cites it: people must show it"));
        let below: Vec<Explanation> = catalog
            .under(&item.citation)
            .map(|i| Explanation::new(format!("{}  {} ({})", i.citation, i.title, i.designation)))
            .collect();
        if !below.is_empty() {
            told.from.push(Explanation::new("specified by").with(below));
        }
        told.from.extend(self.direct("policies that cite it", |p| p.hipaa.contains(&item.citation)));
        let mapped: Vec<String> = catalog
            .mapped(&item.citation)
            .filter(|m| m.strength == Strength::Primary)
            .map(|m| m.entry.id.to_string())
            .collect();
        if !mapped.is_empty() {
            told.push(format!("maps to {}", mapped.join(", ")));
        }
        if let Some(proposed) = &item.proposed {
            told.push(format!("proposed in 2025, not law: {} ({})", proposed.text, proposed.provenance.confidence));
        }
        told
    }

    fn reference(&self, reference: &Reference) -> Explanation {
        let catalog = self.catalog;
        let mut told = Explanation::new(format!("HITRUST CSF control reference {}  {}", reference.id, reference.title));
        told.push(format!("title {}", source(&reference.title_provenance)));
        if let Some(category) = catalog.category(reference.id.category()) {
            told.push(format!("category {:02}  {}", category.number, category.title));
        }
        if let Some(objective) = catalog.objective(reference.objective) {
            told.push(format!("objective {}  {} ({})", objective.id, objective.title, objective.provenance.confidence));
        }
        if let Some(domain) = catalog.domain(reference.domain) {
            told.push(format!(
                "assessment domain {}  {} ({})",
                domain.number, domain.title, reference.domain_provenance.confidence
            ));
        }
        let elements: Vec<ElementEntry<'_>> = catalog
            .statements_serving(&reference.id)
            .flat_map(|statement| statement.elements.iter().map(move |element| ElementEntry { statement, element }))
            .collect();
        told.from.push(self.stands_by(&elements, "none of our statements is aligned to it: people must show it"));
        told.from.extend(self.direct("policies that touch it", |p| p.controls.contains(&reference.id)));
        told.push(catalog.notice().to_owned());
        told
    }

    fn domain(&self, number: u8) -> Option<Explanation> {
        let domain = self.catalog.domain(number)?;
        let mut told = Explanation::new(format!("HITRUST assessment domain {}  {}", domain.number, domain.title));
        let elements: Vec<ElementEntry<'_>> = self
            .catalog
            .statements_in(number)
            .flat_map(|statement| statement.elements.iter().map(move |element| ElementEntry { statement, element }))
            .collect();
        told.from.push(self.stands_by(&elements, "none of our statements belongs to it"));
        told.push(self.catalog.notice().to_owned());
        Some(told)
    }

    fn statement(&self, statement: &Statement) -> Explanation {
        let mut told = Explanation::new(format!("{}  {}", statement.id, statement.title));
        told.push(statement.text.clone());
        told.push(format!("aligned to {}", join(&statement.control_references)));
        told.push(format!("serves HIPAA {}", join(&statement.hipaa)));
        for (framework, ids) in &statement.targets {
            told.push(format!("touches {} {}", framework_name(*framework), ids.join(", ")));
        }
        let elements: Vec<ElementEntry<'_>> =
            statement.elements.iter().map(|element| ElementEntry { statement, element }).collect();
        told.from.push(self.stands_by(&elements, ""));
        told.push(source(&statement.provenance));
        told.push(self.catalog.notice().to_owned());
        told
    }

    /// A group's standing with every element below it.
    fn stands_by(&self, elements: &[ElementEntry<'_>], none: &str) -> Explanation {
        if elements.is_empty() {
            return Explanation::new(none);
        }
        let head = match self.report {
            Some((report, _)) => {
                let tally = report.standings.tally(elements.iter().map(|e| &e.element.id));
                let parts: Vec<String> = Standing::ALL
                    .into_iter()
                    .filter(|s| tally.of(*s) > 0)
                    .map(|s| format!("{} {s}", tally.of(s)))
                    .collect();
                format!(
                    "stands as {}: of {} elements {} (a group stands as its worst element)",
                    tally.worst(),
                    tally.total(),
                    parts.join(", ")
                )
            }
            None => format!("{} elements speak for it; name files to see where they stand", elements.len()),
        };
        Explanation::new(head).with(elements.iter().map(|entry| self.element(*entry)))
    }

    fn element(&self, entry: ElementEntry<'_>) -> Explanation {
        let element = entry.element;
        let standing = self.report.and_then(|(report, _)| report.standings.of(&element.id));
        let mut told = Explanation::new(match standing {
            Some(s) => format!("{}  {}  [{}]", element.id, element.text, s.standing),
            None => format!("{}  {}", element.id, element.text),
        });
        let proof = match (element.proof.takes_settings(), element.proof.takes_people()) {
            (true, true) => "settings prove the technical half, people the rest",
            (true, false) => "settings prove it",
            _ => "people show it",
        };
        told.push(format!("{proof}: {}", element.evidence.join("; ")));
        for (at, policy) in self.policies.iter().enumerate().filter(|(_, p)| p.proves.contains(&element.id)) {
            told.from.push(self.counted(at, policy));
        }
        told
    }

    fn direct(&self, title: &str, fits: impl Fn(&Policy) -> bool) -> Option<Explanation> {
        let policies: Vec<Explanation> = self
            .policies
            .iter()
            .enumerate()
            .filter(|(_, p)| fits(p))
            .map(|(at, policy)| self.counted(at, policy))
            .collect();
        (!policies.is_empty()).then(|| Explanation::new(title).with(policies))
    }

    /// A policy with its counts, and its failures and unknowns by place.
    fn counted(&self, at: usize, policy: &Policy) -> Explanation {
        let Some((report, _)) = self.report else {
            return Explanation::new(format!("policy {}  {} ({})", policy.id, policy.title, policy.severity));
        };
        let c = report.counts.get(at).copied().unwrap_or_default();
        let counts = format!(
            "{} pass, {} fail, {} waived, {} unknown, {} errored",
            c.pass, c.fail, c.waived, c.unknown, c.errored
        );
        Explanation::new(format!("policy {}  {} ({}): {counts}", policy.id, policy.title, policy.severity))
            .with(self.told_outcomes(at, 5))
    }

    fn told_outcomes(&self, at: usize, most: usize) -> Vec<Explanation> {
        let Some((report, _)) = self.report else { return Vec::new() };
        let told = |o: &&Outcome| usize::try_from(o.policy.0) == Ok(at) && o.status != Status::Pass;
        let mut outcomes: Vec<&Outcome> = report.outcomes.iter().filter(told).collect();
        outcomes.sort_by_key(|o| (o.status != Status::Fail, o.waived.is_some(), o.resource));
        let more = outcomes.len().saturating_sub(most);
        let mut nodes: Vec<Explanation> = outcomes.into_iter().take(most).map(|o| self.outcome(o)).collect();
        if more > 0 {
            nodes.push(Explanation::new(format!("and {more} more")));
        }
        nodes
    }

    fn outcome(&self, outcome: &Outcome) -> Explanation {
        let Some((report, lines)) = self.report else { return Explanation::default() };
        let resource = report.snapshot.resource(outcome.resource);
        let address = resource.map_or("", |r| &r.address);
        let kind = resource.map_or("", |r| r.kind.as_str());
        let id =
            if outcome.status == Status::Fail { format!("  {}", report.finding_id(outcome)) } else { String::new() };
        let waiver = outcome.waived.and_then(|w| report.waiver(w));
        let waived = waiver
            .map(|w| format!(", waived by {} until {}: {}", w.approved_by, w.until, w.reason))
            .unwrap_or_default();
        let mut told = Explanation::new(format!("{}  {kind} {address}{id}{waived}", outcome.status));
        for reason in &outcome.reasons {
            let place = report.pointed_at(outcome, Some(reason)).and_then(|place| report.locate(lines, &place));
            let at = place.map(|l| match l.line {
                Some(line) => format!("  at {}:{line}", l.path),
                None => format!("  at {}{}", l.path, l.pointer),
            });
            told.push(format!(
                "{} is {}, wanted {}{}",
                reason.attribute,
                reason.found,
                reason.wanted,
                at.unwrap_or_default()
            ));
        }
        told
    }

    fn policy(&self, at: usize) -> Explanation {
        let Some(policy) = self.policies.get(at) else { return Explanation::default() };
        let mut told = Explanation::new(format!("policy {}  {}", policy.id, policy.title));
        told.push(format!("{} severity, topic {}, judges every {}", policy.severity, policy.topic, policy.kind));
        told.push(policy.rationale.clone());
        told.push(format!("touches HITRUST {}", join(&policy.controls)));
        told.push(format!("touches HIPAA {}", join(&policy.hipaa)));
        told.push(format!("touches NIST SP 800-53 r5 {}", policy.nist_800_53.join(", ")));
        let elements = policy.proves.iter().filter_map(|e| self.catalog.element(e));
        let elements: Vec<Explanation> =
            elements.map(|e| Explanation::new(format!("{}  {}", e.element.id, e.element.text))).collect();
        if !elements.is_empty() {
            told.from.push(Explanation::new("helps to prove").with(elements));
        }
        if self.report.is_some() {
            let counted = Explanation { from: self.told_outcomes(at, 25), ..self.counted(at, policy) };
            told.from.push(Explanation::new("in these inputs").with([counted]));
        }
        told.from.push(Explanation::new(format!("to mend: {}", policy.remediation.text)).with(code(policy)));
        told.push(source(&policy.provenance));
        told.push(format!("written in {}", policy.place));
        told
    }

    fn finding(&self, id: &str) -> Option<Explanation> {
        let (report, _) = self.report?;
        let outcome = report.outcomes.iter().find(|o| o.status != Status::Pass && report.finding_id(o) == id)?;
        let at = usize::try_from(outcome.policy.0).ok()?;
        let policy = self.policies.get(at)?;
        let mut told = self.outcome(outcome);
        told.from.push(self.policy(at));
        let elements: Vec<Explanation> =
            policy.proves.iter().filter_map(|e| self.catalog.element(e)).map(|e| self.element(e)).collect();
        told.from.push(Explanation::new("what it leaves unproven").with(elements));
        Some(told)
    }
}

fn code(policy: &Policy) -> Vec<Explanation> {
    let examples = [
        ("Terraform", &policy.remediation.terraform),
        ("CloudFormation", &policy.remediation.cloudformation),
        ("Pulumi", &policy.remediation.pulumi),
    ];
    examples
        .into_iter()
        .filter_map(|(name, code)| code.as_ref().map(|code| Explanation::new(format!("{name}:\n{}", code.trim_end()))))
        .collect()
}

fn source(provenance: &Provenance) -> String {
    format!("source: {} ({})", provenance.source, provenance.confidence)
}

fn join<T: ToString>(items: &[T]) -> String {
    if items.is_empty() { "nothing".to_owned() } else { items.iter().map(T::to_string).collect::<Vec<_>>().join(", ") }
}

fn framework_name(id: FrameworkId) -> &'static str {
    id.as_str()
}
