//! Automation proposes, people decide.

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{
    CheckRun, ComponentId, EvidenceId, EvidenceUse, PersonId, Proposal, ProposalVerdict, RequirementKey, Seen, Side,
    propose as propose_now, propose_from_history,
};
use attesta_catalog::{Catalog, ElementEntry};
use attesta_evaluation::Standings;
use attesta_kernel::{Date, ElementId};
use attesta_scoring::MaturityLevel;
use attesta_workspace::Change;
use serde::Serialize;

use crate::{
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
