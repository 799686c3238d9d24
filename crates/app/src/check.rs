//! Checking infrastructure: a snapshot and policies in, a report out.

use std::collections::BTreeMap;

use attesta_catalog::Catalog;
use attesta_evaluation::{
    Context, Outcome, Policy, PolicyIndex, Readiness, Reason, Rejudged, Standings, Status, Waiver, WaiverFault,
    WaiverIndex, apply, judge, rejudge,
};
use attesta_kernel::{Date, Digest, Severity};
use attesta_resource::{Basis, DocumentIndex, NotUnderstood, ResourceIndex, Snapshot, SourceIndex};
use rayon::prelude::*;

/// Port: the texts that a snapshot was read from, to find lines in.
pub trait SourceTexts: Sync {
    /// For each JSON pointer into the document, the line (from 1) at which it stands, or its nearest ancestor does.
    fn lines(&self, document: DocumentIndex, pointers: &[&str]) -> Vec<Option<u32>>;
}

/// Port: another engine's policies (users' own Rego).
pub trait RuleEngine {
    /// Outcomes of the engine's policies for the resources of a snapshot. `policies` holds the engine's policies among
    /// others; the engine knows its own by their ids.
    fn judge(&mut self, policies: &[Policy], snapshot: &Snapshot) -> Vec<Outcome>;
}

/// What is checked, and against what.
pub struct Inputs<'a> {
    /// Frameworks and statements.
    pub catalog: &'a Catalog,
    /// Declarative policies, and those of other engines.
    pub policies: Vec<Policy>,
    /// What was collected.
    pub snapshot: Snapshot,
    /// Inputs that the user named and that gave nothing.
    pub refused: Vec<NotUnderstood>,
    /// Accepted violations.
    pub waivers: Vec<Waiver>,
    /// The day of the report.
    pub at: Date,
}

/// What a finding of a policy about an address is called in every run.
pub fn finding_id(policy: &str, address: &str) -> String {
    let digest = Digest::of_parts([policy.as_bytes(), address.as_bytes()]).to_string();
    format!("F-{}", digest.get(..10).unwrap_or_default())
}

/// Everything that one check found.
pub struct CheckReport<'a> {
    /// The catalog it was judged by.
    pub catalog: &'a Catalog,
    /// The policies, in order.
    pub policies: Vec<Policy>,
    /// What was seen.
    pub snapshot: Snapshot,
    /// Inputs that the user named and that gave nothing.
    pub refused: Vec<NotUnderstood>,
    /// Accepted violations.
    pub waivers: Vec<Waiver>,
    /// The day of the report.
    pub at: Date,
    /// Every outcome but *not applicable*, by resource and then policy.
    pub outcomes: Vec<Outcome>,
    /// Counts per policy, *not applicable* included.
    pub counts: Vec<Counts>,
    /// What to mend, worst first.
    pub findings: Vec<Finding>,
    /// Where each element stands.
    pub standings: Standings,
    /// The picture.
    pub readiness: Readiness,
    /// Which frameworks the reports picture; all, unless the user asked for some.
    pub frameworks: Frameworks,
}

/// Which frameworks are pictured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frameworks {
    /// The HIPAA Security Rule.
    pub hipaa: bool,
    /// The HITRUST assessment domains.
    pub hitrust: bool,
}

impl Frameworks {
    /// All of them.
    pub const ALL: Self = Self { hipaa: true, hitrust: true };

    /// Whether a policy speaks for one of them.
    pub fn concern(self, policy: &Policy) -> bool {
        (self.hipaa && !policy.hipaa.is_empty()) || (self.hitrust && !policy.controls.is_empty())
    }
}

/// Outcomes of one policy, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Passes.
    pub pass: u32,
    /// Failures without a waiver.
    pub fail: u32,
    /// Failures under a waiver.
    pub waived: u32,
    /// Unknowns.
    pub unknown: u32,
    /// Could not be run.
    pub errored: u32,
    /// Does not concern.
    pub not_applicable: u32,
}

/// Something to mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// A violation without a waiver: index into the outcomes.
    Violation(usize),
    /// A waiver that does not stand.
    Waiver(WaiverIndex, WaiverFault),
}

/// Where something stands in the inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The document's path.
    pub path: String,
    /// The line, where the format has lines.
    pub line: Option<u32>,
    /// JSON pointer in the document.
    pub pointer: String,
    /// The source resource's own address.
    pub address: String,
    /// The source resource's own type.
    pub type_name: String,
}

/// A path inside a source resource.
pub type SourcePath = (SourceIndex, String);

/// Lines of places in the inputs, found in one go per document.
#[derive(Debug, Default)]
pub struct Lines(BTreeMap<SourcePath, Option<u32>>);

/// Judges the inputs.
pub fn check<'a>(inputs: Inputs<'a>, engine: Option<&mut dyn RuleEngine>) -> CheckReport<'a> {
    let outcomes = judge_all(&inputs.policies, &inputs.snapshot);
    whole(inputs, Rejudged { outcomes, not_applicable: Vec::new() }, engine)
}

/// Judges the inputs anew after something changed: what cannot come out otherwise than in `before` is not judged again.
/// It gives what [`check`] gives. The policies must be those of `before`; another engine judges all of its own again.
pub fn recheck<'a>(
    before: &CheckReport<'_>,
    inputs: Inputs<'a>,
    engine: Option<&mut dyn RuleEngine>,
) -> CheckReport<'a> {
    let same = |(a, b): (&Policy, &Policy)| a.id == b.id && a.kind == b.kind;
    let unchanged =
        before.policies.len() == inputs.policies.len() && before.policies.iter().zip(&inputs.policies).all(same);
    if !unchanged {
        return check(inputs, engine);
    }
    let judged = rejudge(&inputs.policies, (&before.snapshot, &before.outcomes), &inputs.snapshot);
    whole(inputs, judged, engine)
}

fn whole<'a>(inputs: Inputs<'a>, judged: Rejudged, engine: Option<&mut dyn RuleEngine>) -> CheckReport<'a> {
    let Rejudged { mut outcomes, not_applicable } = judged;
    let Inputs { catalog, policies, snapshot, refused, waivers, at } = inputs;
    if let Some(engine) = engine {
        outcomes.extend(engine.judge(&policies, &snapshot));
        outcomes.sort_by_key(|o| (o.resource, o.policy));
    }
    let faults = apply(&waivers, at, &policies, &snapshot, &mut outcomes);
    let counts = count(&policies, &outcomes, &not_applicable);
    outcomes.retain(|o| o.status != Status::NotApplicable);
    let standings = Standings::fold(catalog, &policies, outcomes.iter());
    let readiness = Readiness::of(catalog, &standings);
    let mut report = CheckReport {
        catalog,
        policies,
        snapshot,
        refused,
        waivers,
        at,
        outcomes,
        counts,
        findings: Vec::new(),
        standings,
        readiness,
        frameworks: Frameworks::ALL,
    };
    report.findings = worst_first(&report, &faults);
    report
}

fn judge_all(policies: &[Policy], snapshot: &Snapshot) -> Vec<Outcome> {
    let mut by_kind: BTreeMap<_, Vec<PolicyIndex>> = BTreeMap::new();
    for (policy, index) in policies.iter().zip(0_u32..) {
        by_kind.entry(policy.kind).or_default().push(PolicyIndex(index));
    }
    let context = Context::new(snapshot, policies);
    snapshot
        .resources
        .par_iter()
        .enumerate()
        .flat_map_iter(|(index, resource)| {
            let index = ResourceIndex(u32::try_from(index).unwrap_or(u32::MAX));
            let context = &context;
            let rules = by_kind.get(&resource.kind).map_or(&[][..], Vec::as_slice);
            rules.iter().filter_map(move |policy| judge(context, policies, *policy, index))
        })
        .collect()
}

fn count(policies: &[Policy], outcomes: &[Outcome], not_applicable: &[u32]) -> Vec<Counts> {
    let mut counts = vec![Counts::default(); policies.len()];
    for (count, left_out) in counts.iter_mut().zip(not_applicable) {
        count.not_applicable = *left_out;
    }
    for outcome in outcomes {
        let Some(count) = usize::try_from(outcome.policy.0).ok().and_then(|i| counts.get_mut(i)) else { continue };
        let slot = match (outcome.status, outcome.waived) {
            (Status::Pass, _) => &mut count.pass,
            (Status::Fail, None) => &mut count.fail,
            (Status::Fail, Some(_)) => &mut count.waived,
            (Status::Unknown, _) => &mut count.unknown,
            (Status::Errored, _) => &mut count.errored,
            (Status::NotApplicable, _) => &mut count.not_applicable,
        };
        *slot = slot.saturating_add(1);
    }
    counts
}

/// By severity, then violations by policy and resource, then waivers. Outcomes stand by resource and policy already.
fn worst_first(report: &CheckReport<'_>, faults: &[(WaiverIndex, WaiverFault)]) -> Vec<Finding> {
    let mut violations: Vec<Vec<usize>> = vec![Vec::new(); report.policies.len()];
    for (at, outcome) in report.outcomes.iter().enumerate() {
        if outcome.status == Status::Fail
            && outcome.waived.is_none()
            && let Some(of) = usize::try_from(outcome.policy.0).ok().and_then(|policy| violations.get_mut(policy))
        {
            of.push(at);
        }
    }
    let waivers = || faults.iter().map(|(index, fault)| Finding::Waiver(*index, *fault));
    let mut findings = Vec::with_capacity(violations.iter().map(Vec::len).sum::<usize>() + faults.len());
    for severity in Severity::ALL.into_iter().rev() {
        let of = report.policies.iter().zip(&violations).filter(|(policy, _)| policy.severity == severity);
        findings.extend(of.flat_map(|(_, of)| of).map(|at| Finding::Violation(*at)));
        findings.extend(waivers().filter(|waiver| report.severity(waiver) == severity));
    }
    findings
}

impl CheckReport<'_> {
    /// The policy of an outcome.
    pub fn policy(&self, index: PolicyIndex) -> Option<&Policy> {
        self.policies.get(usize::try_from(index.0).ok()?)
    }

    /// The waiver at this index.
    pub fn waiver(&self, index: WaiverIndex) -> Option<&Waiver> {
        self.waivers.get(usize::try_from(index.0).ok()?)
    }

    /// How bad a finding is. An expired waiver hides a judgement that nobody renewed; an unmatched one is untidy.
    pub fn severity(&self, finding: &Finding) -> Severity {
        match finding {
            Finding::Violation(index) => {
                self.outcomes.get(*index).and_then(|o| self.policy(o.policy)).map_or(Severity::High, |p| p.severity)
            }
            Finding::Waiver(_, WaiverFault::Expired) => Severity::Medium,
            Finding::Waiver(_, WaiverFault::Unmatched) => Severity::Low,
        }
    }

    /// The worst finding's severity.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.first().map(|f| self.severity(f))
    }

    /// Whether every input that the user named could be read, a live source answered all that it was asked, and every
    /// policy could run.
    pub fn complete(&self) -> bool {
        use attesta_resource::Reason::{NotCollected, Unreadable};
        let unreadable = |n: &NotUnderstood| matches!(n.reason, Unreadable | NotCollected);
        self.refused.is_empty()
            && !self.snapshot.not_understood.iter().any(unreadable)
            && self.counts.iter().all(|c| c.errored == 0)
    }

    /// A finding's id: the same for the same policy and address in every run.
    pub fn finding_id(&self, outcome: &Outcome) -> String {
        let policy = self.policy(outcome.policy).map_or("", |p| p.id.as_str());
        let address = self.snapshot.resource(outcome.resource).map_or("", |r| &r.address);
        finding_id(policy, address)
    }

    /// The source and path that a reason points at: what to edit.
    pub fn pointed_at(&self, outcome: &Outcome, reason: Option<&Reason>) -> Option<SourcePath> {
        let own = self.snapshot.resource(outcome.resource)?.source;
        Some(match reason.and_then(|r| r.origin.as_ref()) {
            // A default or an absence has no text of its own: point at the resource.
            Some(origin) if origin.basis == Basis::Default => (origin.source, String::new()),
            Some(origin) => (origin.source, origin.path.to_string()),
            None => (own, String::new()),
        })
    }

    /// The reason that tells most: of a firewall rule who is let in, because that is what people change; else the first
    /// with an origin, else the first.
    pub fn main_reason<'o>(&self, outcome: &'o Outcome) -> Option<&'o Reason> {
        let reasons = &outcome.reasons;
        let placed = || reasons.iter().filter(|r| r.origin.is_some());
        placed().find(|r| r.attribute.ends_with("/cidr")).or_else(|| placed().next()).or_else(|| reasons.first())
    }

    /// Finds the lines of all that `places` name, reading each document once.
    pub fn find_lines(&self, texts: &dyn SourceTexts, places: impl Iterator<Item = SourcePath>) -> Lines {
        let mut by_document: BTreeMap<DocumentIndex, Vec<(SourcePath, String)>> = BTreeMap::new();
        let mut lines = Lines::default();
        for place in places {
            if lines.0.contains_key(&place) {
                continue;
            }
            let Some(source) = self.snapshot.source(place.0) else { continue };
            let pointer = pointer(&source.pointer, &place.1);
            by_document.entry(source.document).or_default().push((place.clone(), pointer));
            lines.0.insert(place, None);
        }
        let found: Vec<_> = by_document
            .into_par_iter()
            .map(|(document, places)| {
                let pointers: Vec<&str> = places.iter().map(|(_, pointer)| pointer.as_str()).collect();
                let found = texts.lines(document, &pointers);
                places.into_iter().map(|(place, _)| place).zip(found).collect::<Vec<_>>()
            })
            .collect();
        lines.0.extend(found.into_iter().flatten());
        lines
    }

    /// Every place that a report for programs names: each resource, and each reason of an outcome.
    pub fn places(&self) -> impl Iterator<Item = SourcePath> {
        let resources = self.snapshot.resources.iter().map(|resource| (resource.source, String::new()));
        resources.chain(self.outcomes.iter().flat_map(|o| self.places_of(o)))
    }

    /// The places of outcomes that are not a pass, at most so many of each policy: what a report for people shows.
    pub fn places_for_people(&self, most_of_a_policy: u32) -> impl Iterator<Item = SourcePath> {
        let mut shown = vec![0_u32; self.policies.len()];
        let told = self.outcomes.iter().filter(move |o| {
            let Some(shown) = usize::try_from(o.policy.0).ok().and_then(|at| shown.get_mut(at)) else { return false };
            *shown = shown.saturating_add(u32::from(o.status != Status::Pass));
            o.status != Status::Pass && *shown <= most_of_a_policy
        });
        told.flat_map(|o| self.places_of(o))
    }

    /// The places of an outcome's reasons, and of its resource for reasons that have none of their own.
    fn places_of(&self, outcome: &Outcome) -> impl Iterator<Item = SourcePath> {
        outcome.reasons.iter().map(Some).chain([None]).filter_map(|reason| self.pointed_at(outcome, reason))
    }

    /// Where a source and a path in it stand.
    pub fn locate(&self, lines: &Lines, place: &SourcePath) -> Option<Location> {
        let source = self.snapshot.source(place.0)?;
        let document = self.snapshot.document(source.document)?;
        Some(Location {
            path: document.path.clone(),
            line: lines.0.get(place).copied().flatten(),
            pointer: pointer(&source.pointer, &place.1),
            address: source.address.to_string(),
            type_name: source.type_name.to_string(),
        })
    }
}

fn pointer(base: &str, path: &str) -> String {
    if path.is_empty() { base.to_owned() } else { format!("{base}/{path}") }
}
