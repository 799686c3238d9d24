//! Automation proposes, people decide.

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{
    CheckRun, ComponentId, EvidenceId, EvidenceUse, PersonId, Proposal, ProposalVerdict, RequirementKey, Seen, Side,
    propose as propose_now, propose_from_history,
};
use attesta_catalog::{Catalog, ElementEntry};
use attesta_evaluation::Standings;
use attesta_kernel::{Date, ElementId};
use attesta_lifecycle::Subject;
use attesta_scoring::MaturityLevel;
use attesta_workspace::Change;
use serde::{Deserialize, Serialize};

use crate::{
    answer,
    deed::Deed,
    desk::Desk,
    failure::{Failure, Kind},
};

/// No more checks are kept.
const MOST_CHECKS: usize = 2_000;

/// A proposal, as it is listed.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    /// About which requirement.
    pub requirement: &'a str,
    /// And which level.
    pub level: &'a str,
    /// What became of it.
    pub state: &'a str,
    /// The day of the check.
    pub checked: String,
    /// What was seen.
    pub says: &'a str,
    /// On how much of what was checked it operates, by part.
    pub operates: Vec<String>,
}

/// Proposals, as they are listed.
pub fn rows(proposals: &[Proposal]) -> Vec<Row<'_>> {
    let row = |p| {
        let p: &Proposal = p;
        Row {
            requirement: p.requirement.as_str(),
            level: p.level.as_str(),
            state: p.verdict.as_str(),
            checked: p.checked.to_string(),
            says: &p.says,
            operates: p.parts.iter().map(|part| part.operates.to_string()).collect(),
        }
    };
    proposals.iter().map(row).collect()
}

/// Proposals after a change, and the change.
#[derive(Debug)]
pub struct Proposed {
    /// All of them, or those that were judged.
    pub proposals: Vec<Proposal>,
    /// What to write.
    pub changes: Vec<Change>,
    /// Why something is not proposed.
    pub notes: Vec<String>,
}

/// What a check saw of each element, where it saw anything.
pub fn seen(catalog: &Catalog, standings: &Standings) -> BTreeMap<ElementId, Seen> {
    let entry = |entry: ElementEntry<'_>| {
        let standing = standings.of(&entry.element.id)?;
        let seen = Seen {
            passes: standing.passes,
            fails: standing.fails,
            waived: standing.waived,
            unknowns: standing.unknowns,
        };
        (seen != Seen::default()).then(|| (entry.element.id.clone(), seen))
    };
    catalog.elements().filter_map(entry).collect()
}

/// The report of a check is no bigger.
pub const MOST_REPORT_BYTES: usize = 64 << 20;

/// A check of infrastructure from its report (`attesta check --format json`): what it saw of each element that settings
/// can show, from the counts of its policies.
///
/// # Errors
///
/// When it is no such report, not complete, of a day to come, or knows none of our elements.
pub fn from_report(desk: &Desk, text: &str, component: Option<ComponentId>) -> Result<CheckRun, Failure> {
    let wrong = |what: &str| {
        Failure::new(Kind::BadInput, format!("the report {what}"))
            .help("give what `attesta check PATH --format json` printed, as it is")
    };
    if text.len() > MOST_REPORT_BYTES {
        return Err(wrong(&format!("is bigger than {} MiB", MOST_REPORT_BYTES >> 20)));
    }
    let report: CheckReport = serde_json::from_str(text).map_err(|e| wrong(&format!("cannot be read: {e}")))?;
    if report.schema != "attesta.report/1" {
        return Err(wrong("is of another schema"));
    }
    if !report.complete {
        return Err(Failure::new(Kind::Unknown, "the report is not complete")
            .help("nothing is proposed, as part of the input could not be read or a policy could not run"));
    }
    let on: Date = report.at.parse().map_err(|_| wrong("has no day"))?;
    if on > desk.at {
        return Err(wrong(&format!("is of {on}, which is yet to come")));
    }
    if let Some(component) = &component {
        self::component(desk, component)?;
    }
    let mut seen: BTreeMap<ElementId, Seen> = BTreeMap::new();
    for policy in &report.policies {
        let counts = &policy.counts;
        for element in &policy.elements {
            // A report of other content may name elements that are not ours.
            let Some(id) = element.parse::<ElementId>().ok().filter(|id| desk.catalog.element(id).is_some()) else {
                continue;
            };
            let sum = seen.entry(id).or_default();
            sum.passes = sum.passes.saturating_add(counts.pass);
            sum.fails = sum.fails.saturating_add(counts.fail);
            sum.waived = sum.waived.saturating_add(counts.waived);
            sum.unknowns = sum.unknowns.saturating_add(counts.unknown).saturating_add(counts.errored);
        }
    }
    seen.retain(|_, seen| *seen != Seen::default());
    if seen.is_empty() {
        return Err(wrong("says nothing of any element that this content knows"));
    }
    let inputs = report.snapshot.documents.into_iter().map(|d| (d.path, d.digest)).collect();
    Ok(CheckRun { on, component, inputs, seen })
}

#[derive(Deserialize)]
struct CheckReport {
    schema: String,
    at: String,
    complete: bool,
    snapshot: ReportSnapshot,
    policies: Vec<ReportPolicy>,
}

#[derive(Deserialize)]
struct ReportSnapshot {
    documents: Vec<ReportDocument>,
}

#[derive(Deserialize)]
struct ReportDocument {
    path: String,
    digest: String,
}

#[derive(Deserialize)]
struct ReportPolicy {
    elements: Vec<String>,
    counts: ReportCounts,
}

#[derive(Deserialize)]
struct ReportCounts {
    pass: u32,
    fail: u32,
    waived: u32,
    unknown: u32,
    errored: u32,
}

/// Proposals as they are answered: those that were made or judged.
#[derive(Debug, Serialize)]
pub struct Answered {
    /// The proposals.
    pub items: Vec<serde_json::Value>,
    /// Why something is not proposed.
    pub notes: Vec<String>,
}

impl Proposed {
    /// For whoever keeps the files with a log. Proposals stand among the entity's answers: they change while those may.
    ///
    /// # Errors
    ///
    /// When the entity's answers may not change now.
    pub fn deed(self, desk: &Desk, told: serde_json::Value) -> Result<Deed<Answered>, Failure> {
        answer::may(desk, Subject::Answers, Side::Entity)?;
        let items = rows(&self.proposals).iter().map(serde_json::to_value).collect::<Result<_, _>>();
        let items = items.map_err(|e| Failure::new(Kind::Unknown, e.to_string()))?;
        Ok(Deed { answer: Answered { items, notes: self.notes }, changes: self.changes, told })
    }
}

/// Whether a component of the scope is there.
///
/// # Errors
///
/// When it is not.
pub fn component(desk: &Desk, component: &ComponentId) -> Result<(), Failure> {
    if desk.dossier.scope.components.contains_key(component) {
        return Ok(());
    }
    Err(Failure::new(Kind::BadInput, format!("there is no scope component `{component}`"))
        .help("name it in scope.yaml"))
}

/// Refuses more checks than are kept.
///
/// # Errors
///
/// When there are more.
pub fn most_checks(checks: &[CheckRun]) -> Result<(), Failure> {
    if checks.len() > MOST_CHECKS {
        return Err(Failure::new(Kind::Unknown, format!("checks.yaml would hold more than {MOST_CHECKS} checks"))
            .help("move older ones to another file"));
    }
    Ok(())
}

/// What a further check proposes, or those that are kept where there is none, together with what was proposed before.
///
/// # Errors
///
/// When too many checks are kept, or content has no frequencies.
pub fn propose(desk: &Desk, run: Option<CheckRun>) -> Result<Proposed, Failure> {
    let mut checks = desk.checks.clone();
    checks.extend(run);
    most_checks(&checks)?;
    let tailored = desk.tailored()?;
    let proof = |id: &ElementId| desk.catalog.element(id).map(|e| e.element.proof);
    let mut fresh = propose_now(&tailored.requirements, &checks, &proof);
    let frequencies = attesta_content::frequencies(desk.library.source())?;
    let metrics = attesta_workspace::metric_results(&desk.folder)?;
    let mut silent = BTreeSet::new();
    for measure in desk.dossier.measures.values().map(|m| &m.value) {
        for key in &measure.requirements {
            let Some(asked) = tailored.get(key) else { continue };
            match propose_from_history(measure, asked.requirement, &checks, &frequencies, desk.at) {
                Ok(more) => match metrics.iter().find(|metric| metric.measure == measure.id) {
                    // Where a metric was worked out, what people did decides about Managed, and not how many violations
                    // went away.
                    Some(metric) => {
                        let (held, why) = metric.hold(more);
                        fresh.extend(held);
                        silent.extend(why);
                    }
                    None => fresh.extend(more),
                },
                Err(why) => drop(silent.insert(why.to_string())),
            }
        }
    }
    let notes = silent.iter().map(|why| format!("no proposal for Measured or Managed: {why}")).collect();
    let proposals = merged(&desk.proposals, fresh);
    let changes = attesta_workspace::proposals_changes(&proposals, &checks)?;
    Ok(Proposed { proposals, changes, notes })
}

/// New proposals take the place of those that nobody judged; what people judged stays as it is.
fn merged(before: &[Proposal], fresh: Vec<Proposal>) -> Vec<Proposal> {
    let same = |a: &Proposal, b: &Proposal| a.requirement == b.requirement && a.level == b.level;
    let mut kept: Vec<Proposal> = before
        .iter()
        .filter(|old| old.verdict != ProposalVerdict::Proposed || !fresh.iter().any(|new| same(old, new)))
        .cloned()
        .collect();
    for new in fresh {
        // What was judged and says the same is not asked again.
        let judged = kept.iter().any(|old| same(old, &new) && old.parts == new.parts);
        if !judged {
            kept.push(new);
        }
    }
    kept.sort_by(|a, b| (&a.requirement, a.level, a.checked).cmp(&(&b.requirement, b.level, b.checked)));
    kept
}

/// Which proposals are judged, and by whom.
#[derive(Debug, Clone)]
pub struct Which {
    /// Their requirements.
    pub requirements: Vec<RequirementKey>,
    /// The level.
    pub level: MaturityLevel,
    /// Who judges, from people.yaml.
    pub by: PersonId,
}

/// What an acceptance adds.
#[derive(Debug, Clone, Default)]
pub struct Acceptance {
    /// Elements that wait for people and that are met (one requirement only).
    pub met: BTreeSet<u8>,
    /// Evidence that shows it.
    pub evidence: Vec<EvidenceId>,
    /// Since when the control operates.
    pub since: Option<Date>,
}

/// Accepts proposals, all of them or none.
///
/// # Errors
///
/// When one may not be judged so; nothing is changed.
pub fn accept(desk: &Desk, which: &Which, with: &Acceptance) -> Result<Proposed, Failure> {
    if !with.met.is_empty() && which.requirements.len() != 1 {
        return Err(Failure::new(Kind::BadInput, "--met goes with exactly one requirement"));
    }
    let used = |id: &EvidenceId| EvidenceUse { evidence: id.clone(), at: None, elements: BTreeSet::new() };
    judge(
        desk,
        which,
        &with.evidence,
        &ProposalVerdict::Accepted {
            by: which.by.clone(),
            on: desk.at,
            people_met: with.met.clone(),
            evidence: with.evidence.iter().map(used).collect(),
            in_place_since: with.since,
        },
    )
}

/// Rejects proposals, all of them or none.
///
/// # Errors
///
/// When one may not be judged so; nothing is changed.
pub fn reject(desk: &Desk, which: &Which, because: &str) -> Result<Proposed, Failure> {
    let verdict = ProposalVerdict::Rejected { by: which.by.clone(), on: desk.at, because: because.to_owned() };
    judge(desk, which, &[], &verdict)
}

fn judge(desk: &Desk, which: &Which, evidence: &[EvidenceId], verdict: &ProposalVerdict) -> Result<Proposed, Failure> {
    let person = desk.dossier.people.get(&which.by).ok_or_else(|| {
        Failure::new(Kind::NotFound, format!("there is no person `{}`", which.by)).help("add them to people.yaml")
    })?;
    if person.value.side != Side::Entity {
        let side = person.value.side;
        let message = format!("`{}` is of the {side}'s side; the entity answers for its own scores", which.by);
        return Err(Failure::new(Kind::Refused, message));
    }
    if let Some(id) = evidence.iter().find(|id| !desk.dossier.evidence.contains_key(*id)) {
        return Err(
            Failure::new(Kind::NotFound, format!("there is no evidence `{id}`")).help("add it to evidence.yaml")
        );
    }
    let mut proposals = desk.proposals.clone();
    let mut wrong = Vec::new();
    for key in &which.requirements {
        let open = |p: &&mut Proposal| {
            p.requirement == *key && p.level == which.level && p.verdict == ProposalVerdict::Proposed
        };
        match proposals.iter_mut().find(open) {
            Some(proposal) => match proposal.judge(verdict.clone()) {
                Ok(judged) => *proposal = judged,
                Err(refusal) => wrong.push(format!("`{key}`: {refusal}")),
            },
            None => wrong.push(format!("`{key}`: nothing is proposed for {}", which.level)),
        }
    }
    if !wrong.is_empty() {
        return Err(
            Failure::of(Kind::Refused, wrong).help("nothing was changed; `attesta assess propose DIR` lists proposals")
        );
    }
    let changes = attesta_workspace::proposals_changes(&proposals, &desk.checks)?;
    let shown = proposals.into_iter().filter(|p| which.requirements.contains(&p.requirement)).collect();
    Ok(Proposed { proposals: shown, changes, notes: Vec::new() })
}
