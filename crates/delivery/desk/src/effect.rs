//! What a change does to an assessment whose checks feed proposals. Nothing is written.
//!
//! The entity's own scores are looked at: what an assessor wrote down stays until they look again.

use std::collections::{BTreeMap, BTreeSet};

use attesta_app::{check::CheckReport, drift::DriftReport};
use attesta_assessment::{
    Asked, CheckRun, ComponentId, Dossier, PersonId, Proposal, ProposalVerdict, RequirementKey, View, propose,
};
use attesta_drift::{DomainMove, Effect, Level, RequirementMove};
use attesta_scoring::{Answer, MaturityLevel, Shortfall};

use crate::{Desk, Failure, Kind, Scored, propose::seen};

/// Whether checks of an assessment are kept by component, so that one is to be named where states are compared.
pub fn wants_component(desk: &Desk) -> bool {
    desk.checks.iter().any(|check| check.component.is_some())
}

/// Works out what the assessment would come to on each side.
///
/// # Errors
///
/// When the scope has no such component, or the assessment cannot be scored.
pub fn of(desk: &Desk, component: Option<&ComponentId>, report: &DriftReport<'_>) -> Result<Effect, Failure> {
    if let Some(component) = component.filter(|c| !desk.dossier.scope.components.contains_key(*c)) {
        return Err(Failure::new(Kind::BadInput, format!("there is no scope component `{component}`"))
            .help("name it in scope.yaml"));
    }
    let plain = without_accepted(desk);
    let (before, left) = side(desk, component, &plain, report.before)?;
    let (after, right) = side(desk, component, &plain, report.after)?;
    let (levels_before, levels_after) = (levels(&before), levels(&after));
    let requirements = moves(&before, &levels_before, &levels_after);
    let moved: BTreeSet<&str> = requirements.iter().map(|r| r.id.as_str()).collect();
    let answered_otherwise = worse(&left, &right).into_iter().filter(|id| !moved.contains(id.as_str())).collect();
    let caps = |scored: &Scored<'_>| -> BTreeSet<String> {
        let rows = scored.workings.requirements.iter().zip(&scored.card.requirements);
        rows.filter(|(_, s)| s.shortfall == Shortfall::RequiredCap).map(|(r, _)| r.id.to_string()).collect()
    };
    let (caps_before, caps_after) = (caps(&before), caps(&after));
    let header = &desk.dossier.assessment.value;
    Ok(Effect {
        assessment: header.title.clone(),
        program: header.program.clone(),
        threshold: after.rules.domain.value.at_least,
        domains: domains(desk, &before, &after),
        verdict_before: before.verdict(),
        verdict_after: after.verdict(),
        certified_before: before.certified(),
        certified_after: after.certified(),
        caps_come: caps_after.difference(&caps_before).cloned().collect(),
        caps_go: caps_before.difference(&caps_after).cloned().collect(),
        answered_otherwise,
        unverified: after.unverified(&desk.rubric).into_iter().map(|(figure, _)| figure).collect(),
        requirements,
    })
}

/// What people answered themselves, without what they accepted of automation.
fn without_accepted(desk: &Desk) -> Dossier {
    let mut dossier = desk.dossier.clone();
    for proposal in &desk.proposals {
        let Some(accepted) = proposal.answer() else { continue };
        let Some(answer) = dossier.answers.get_mut(&proposal.requirement) else { continue };
        if answer.value.levels.get(&proposal.level) == Some(&accepted) {
            answer.value.levels.remove(&proposal.level);
        }
        let own = &answer.value;
        if own.levels.is_empty() && own.not_applicable.is_none() && own.comment.is_empty() && own.owner.is_none() {
            dossier.answers.remove(&proposal.requirement);
        }
    }
    dossier
}

/// What the assessment would come to if what this state proposes were accepted, and the proposals.
fn side<'d>(
    desk: &'d Desk,
    component: Option<&ComponentId>,
    plain: &Dossier,
    report: &CheckReport<'_>,
) -> Result<(Scored<'d>, Vec<Proposal>), Failure> {
    let tailored = desk.tailored()?;
    let run = CheckRun {
        on: desk.at,
        component: component.cloned(),
        inputs: Vec::new(),
        seen: seen(&desk.catalog, &report.standings),
    };
    let mut runs: Vec<CheckRun> = desk.checks.iter().filter(|c| c.component != run.component).cloned().collect();
    runs.push(run);
    let proof = |id: &attesta_kernel::ElementId| desk.catalog.element(id).map(|e| e.element.proof);
    let asked: &[Asked<'_>] = &tailored.requirements;
    let fresh = propose(asked, &runs, &proof);
    let mut accepted: Vec<Proposal> = Vec::new();
    for proposal in fresh {
        let mut judged =
            desk.proposals.iter().filter(|p| p.requirement == proposal.requirement && p.level == proposal.level);
        let last = judged.rfind(|p| p.verdict != ProposalVerdict::Proposed);
        accepted.extend(as_accepted(proposal, last.map(|p| &p.verdict))?);
    }
    // What the state tells nothing of stays as people accepted it.
    let told: BTreeSet<(RequirementKey, MaturityLevel)> =
        accepted.iter().map(|p| (p.requirement.clone(), p.level)).collect();
    let kept = desk.proposals.iter().filter(|p| !told.contains(&(p.requirement.clone(), p.level))).cloned();
    let mut all: Vec<Proposal> = kept.collect();
    all.extend(accepted.iter().cloned());
    let mut dossier = plain.clone();
    dossier.take_accepted(&all);
    let inherited = desk.inherited()?;
    Ok((desk.scored_with(tailored, &dossier, &inherited, View::Entity)?, accepted))
}

/// The proposal as people would accept it: with what they said of the last one. One that they rejected stays out.
fn as_accepted(proposal: Proposal, last: Option<&ProposalVerdict>) -> Result<Option<Proposal>, Failure> {
    let nobody = || "checks".parse::<PersonId>().map_err(|e| Failure::new(Kind::Unknown, e.to_string()));
    let verdict = match last {
        Some(ProposalVerdict::Rejected { .. }) => return Ok(None),
        Some(ProposalVerdict::Accepted { by, people_met, evidence, in_place_since, .. }) => ProposalVerdict::Accepted {
            by: by.clone(),
            on: proposal.checked,
            people_met: people_met.clone(),
            evidence: evidence.clone(),
            in_place_since: *in_place_since,
        },
        Some(ProposalVerdict::Proposed) | None => ProposalVerdict::Accepted {
            by: nobody()?,
            on: proposal.checked,
            people_met: BTreeSet::new(),
            evidence: Vec::new(),
            in_place_since: None,
        },
    };
    Ok(Some(Proposal { verdict, ..proposal }))
}

type Levels = BTreeMap<(String, MaturityLevel), Level>;

fn levels(scored: &Scored<'_>) -> Levels {
    let mut found = BTreeMap::new();
    for requirement in &scored.workings.requirements {
        let Answer::Scored(levels) = &requirement.answer else { continue };
        for level in MaturityLevel::ALL {
            if let Some(score) = levels.get(level) {
                found.insert((requirement.id.to_string(), level), Level::Scored(score));
            }
        }
    }
    found
}

fn moves(scored: &Scored<'_>, before: &Levels, after: &Levels) -> Vec<RequirementMove> {
    let keys: BTreeSet<&(String, MaturityLevel)> = before.keys().chain(after.keys()).collect();
    let level = |of: &Levels, key| of.get(key).copied().unwrap_or(Level::Open);
    let moved = keys.into_iter().map(|key| (key, level(before, key), level(after, key))).filter(|(_, a, b)| a != b);
    let one = |((id, level), before, after): (&(String, MaturityLevel), Level, Level)| RequirementMove {
        id: id.clone(),
        domain: scored.asked(id).map_or(0, |(_, asked)| asked.requirement.domain),
        level: *level,
        before,
        after,
    };
    moved.map(one).collect()
}

fn domains(desk: &Desk, before: &Scored<'_>, after: &Scored<'_>) -> Vec<DomainMove> {
    let of = |scored: &Scored<'_>, number| scored.card.domains.get(&number).copied();
    let moved = desk.catalog.domains().filter_map(|domain| {
        let (a, b) = (of(before, domain.number), of(after, domain.number));
        let score = |d: Option<attesta_scoring::DomainScore>| d.and_then(|d| d.group.score);
        (score(a) != score(b)).then(|| DomainMove {
            number: domain.number,
            title: domain.title.clone(),
            before: score(a),
            after: score(b),
            passes_before: a.is_some_and(|d| d.passes),
            passes_after: b.is_some_and(|d| d.passes),
        })
    });
    moved.collect()
}

/// Requirements of which the checks see less met or more violated than before.
fn worse(before: &[Proposal], after: &[Proposal]) -> Vec<String> {
    let parts = |proposals: &[Proposal], key: &RequirementKey| -> (BTreeSet<u8>, BTreeSet<u8>) {
        let parts = proposals.iter().filter(|p| p.requirement == *key).flat_map(|p| &p.parts);
        let mut sums = (BTreeSet::new(), BTreeSet::new());
        for part in parts {
            sums.0.extend(part.met.iter().chain(&part.people).copied());
            sums.1.extend(part.unmet.iter().copied());
        }
        sums
    };
    let worse = after.iter().filter(|p| {
        let (met_before, unmet_before) = parts(before, &p.requirement);
        let (met, unmet) = parts(after, &p.requirement);
        !met_before.is_subset(&met) || !unmet.is_subset(&unmet_before)
    });
    let ids: BTreeSet<String> = worse.map(|p| p.requirement.to_string()).collect();
    ids.into_iter().collect()
}
