//! `proposals.yaml` and `checks.yaml`: what automation saw and proposes. Commands alone write them.

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{CheckRun, EvidenceUse, Proposal, ProposalVerdict, ProposedPart, Seen};
use attesta_catalog::Fault;
use attesta_content::{File, yaml};
use attesta_kernel::{Place, Share};
use serde::{Deserialize, Serialize};

use crate::folder::{Change, Folder, Over};

/// What is proposed.
pub const PROPOSALS: &str = "proposals.yaml";
const PROPOSALS_SCHEMA: &str = "attesta.proposals/1";
const CHECKS: &str = "checks.yaml";
const CHECKS_SCHEMA: &str = "attesta.checks/1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProposals {
    schema: String,
    proposals: Vec<RawProposal>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProposal {
    requirement: String,
    level: String,
    checked: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    measure: Option<String>,
    says: String,
    parts: Vec<RawPart>,
    state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    people_met: BTreeSet<u8>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPart {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    component: Option<String>,
    met: BTreeSet<u8>,
    unmet: BTreeSet<u8>,
    unknown: BTreeSet<u8>,
    people: BTreeSet<u8>,
    /// Part and whole.
    operates: (u32, u32),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChecks {
    schema: String,
    checks: Vec<RawCheck>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCheck {
    on: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    component: Option<String>,
    /// Path and SHA-256 of what was read.
    inputs: Vec<(String, String)>,
    /// Passes, failures, waived failures, unknowns.
    seen: BTreeMap<String, (u32, u32, u32, u32)>,
}

/// What automation proposed, and what people made of it.
///
/// # Errors
///
/// Why the file cannot be read; commands alone write it, so it was changed by hand.
pub fn proposals(folder: &Folder) -> Result<Vec<Proposal>, Vec<Fault>> {
    read(folder, PROPOSALS, |file| {
        let raw: RawProposals = yaml::parse(file, PROPOSALS_SCHEMA)?;
        raw.proposals.into_iter().map(proposal).collect::<Result<_, String>>().map_err(|what| by_hand(file, what))
    })
}

/// The checks on record.
///
/// # Errors
///
/// Why the file cannot be read; commands alone write it, so it was changed by hand.
pub fn checks(folder: &Folder) -> Result<Vec<CheckRun>, Vec<Fault>> {
    read(folder, CHECKS, |file| {
        let raw: RawChecks = yaml::parse(file, CHECKS_SCHEMA)?;
        raw.checks.into_iter().map(check).collect::<Result<_, String>>().map_err(|what| by_hand(file, what))
    })
}

/// The rows of a file; none where there is no such file.
fn read<T: Clone + Send + Sync + 'static>(
    folder: &Folder,
    inside: &str,
    rows: impl FnOnce(&File) -> Result<Vec<T>, Fault>,
) -> Result<Vec<T>, Vec<Fault>> {
    let Some(file) = folder.file(inside).map_err(|f| vec![f])? else { return Ok(Vec::new()) };
    let mut faults = Vec::new();
    let found = folder.memo().of(&file, &mut faults, |file, faults| {
        rows(file).unwrap_or_else(|fault| {
            faults.push(fault);
            Vec::new()
        })
    });
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

fn by_hand(file: &File, what: String) -> Fault {
    let help = "this file is written by `attesta assess propose` alone; take back what was changed by hand";
    Fault::new(Place::new(file.path.clone(), None), what, help)
}

fn parsed<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is not what should stand there"))
}

fn optional<T: std::str::FromStr>(text: Option<&String>) -> Result<Option<T>, String> {
    text.map(|t| parsed(t)).transpose()
}

fn proposal(raw: RawProposal) -> Result<Proposal, String> {
    let acted = || {
        let lost = || format!("`{}` says not by whom and when it became {}", raw.requirement, raw.state);
        let by = raw.by.as_ref().ok_or_else(lost)?;
        let on = raw.on.as_ref().ok_or_else(lost)?;
        Ok::<_, String>((parsed(by)?, parsed(on)?))
    };
    let verdict = match raw.state.as_str() {
        "proposed" => ProposalVerdict::Proposed,
        "accepted" => {
            let (by, on) = acted()?;
            let evidence: Result<Vec<EvidenceUse>, String> = raw
                .evidence
                .iter()
                .map(|id| Ok(EvidenceUse { evidence: parsed(id)?, at: None, elements: BTreeSet::new() }))
                .collect();
            let in_place_since = optional(raw.since.as_ref())?;
            ProposalVerdict::Accepted {
                by,
                on,
                people_met: raw.people_met.clone(),
                evidence: evidence?,
                in_place_since,
            }
        }
        "rejected" => {
            let (by, on) = acted()?;
            ProposalVerdict::Rejected { by, on, because: raw.because.clone().unwrap_or_default() }
        }
        other => return Err(format!("`{other}` is no state of a proposal")),
    };
    let parts: Result<Vec<ProposedPart>, String> = raw
        .parts
        .iter()
        .map(|part| {
            let (part_of, whole) = part.operates;
            if part_of > whole {
                return Err(format!("`{}` operates on {part_of} of {whole}", raw.requirement));
            }
            Ok(ProposedPart {
                component: optional(part.component.as_ref())?,
                met: part.met.clone(),
                unmet: part.unmet.clone(),
                unknown: part.unknown.clone(),
                people: part.people.clone(),
                operates: Share::new(part.operates.0, part.operates.1),
            })
        })
        .collect();
    Ok(Proposal {
        requirement: parsed(&raw.requirement)?,
        level: parsed(&raw.level)?,
        checked: parsed(&raw.checked)?,
        parts: parts?,
        measure: optional(raw.measure.as_ref())?,
        says: raw.says,
        verdict,
    })
}

fn check(raw: RawCheck) -> Result<CheckRun, String> {
    let seen: Result<BTreeMap<_, _>, String> = raw
        .seen
        .iter()
        .map(|(id, (passes, fails, waived, unknowns))| {
            Ok((parsed(id)?, Seen { passes: *passes, fails: *fails, waived: *waived, unknowns: *unknowns }))
        })
        .collect();
    Ok(CheckRun { on: parsed(&raw.on)?, component: optional(raw.component.as_ref())?, inputs: raw.inputs, seen: seen? })
}

/// What both files will say.
///
/// # Errors
///
/// When they cannot be put into YAML.
pub fn proposals_changes(proposals: &[Proposal], checks: &[CheckRun]) -> Result<Vec<Change>, Fault> {
    let raw = RawProposals {
        schema: PROPOSALS_SCHEMA.to_owned(),
        proposals: proposals.iter().map(written_proposal).collect(),
    };
    let checks = RawChecks { schema: CHECKS_SCHEMA.to_owned(), checks: checks.iter().map(written_check).collect() };
    Ok(vec![
        change(PROPOSALS, "assess propose`, `accept` and `reject", &raw)?,
        change(CHECKS, "assess propose", &checks)?,
    ])
}

fn change<T: Serialize>(inside: &str, by: &str, value: &T) -> Result<Change, Fault> {
    let text = serde_saphyr::to_string(value)
        .map_err(|e| Fault::plain(Place::new(inside, None), format!("cannot be written as YAML: {e}")))?;
    Ok(Change {
        inside: inside.to_owned(),
        text: format!("# Written by `attesta {by}` alone.\n{text}"),
        over: Over::Older,
    })
}

fn written_proposal(proposal: &Proposal) -> RawProposal {
    let (mut by, mut on, mut because) = (None, None, None);
    let (mut people_met, mut evidence, mut since) = (BTreeSet::new(), Vec::new(), None);
    match &proposal.verdict {
        ProposalVerdict::Proposed => {}
        ProposalVerdict::Accepted { by: who, on: day, people_met: met, evidence: shown, in_place_since } => {
            (by, on) = (Some(who.to_string()), Some(day.to_string()));
            people_met.clone_from(met);
            evidence = shown.iter().map(|e| e.evidence.to_string()).collect();
            since = in_place_since.map(|day| day.to_string());
        }
        ProposalVerdict::Rejected { by: who, on: day, because: why } => {
            (by, on, because) = (Some(who.to_string()), Some(day.to_string()), Some(why.clone()));
        }
    }
    RawProposal {
        requirement: proposal.requirement.to_string(),
        level: proposal.level.to_string(),
        checked: proposal.checked.to_string(),
        measure: proposal.measure.as_ref().map(ToString::to_string),
        says: proposal.says.clone(),
        parts: proposal
            .parts
            .iter()
            .map(|part| RawPart {
                component: part.component.as_ref().map(ToString::to_string),
                met: part.met.clone(),
                unmet: part.unmet.clone(),
                unknown: part.unknown.clone(),
                people: part.people.clone(),
                operates: (part.operates.part, part.operates.whole),
            })
            .collect(),
        state: proposal.verdict.to_string(),
        by,
        on,
        because,
        people_met,
        evidence,
        since,
    }
}

fn written_check(run: &CheckRun) -> RawCheck {
    RawCheck {
        on: run.on.to_string(),
        component: run.component.as_ref().map(ToString::to_string),
        inputs: run.inputs.clone(),
        seen: run.seen.iter().map(|(id, s)| (id.to_string(), (s.passes, s.fails, s.waived, s.unknowns))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(&dir.path().join("a")).unwrap();
        let part = ProposedPart {
            component: Some("app".parse().unwrap()),
            met: [1, 2].into(),
            unmet: [3].into(),
            unknown: BTreeSet::new(),
            people: [4].into(),
            operates: Share::new(18, 20),
        };
        let proposed = Proposal {
            requirement: "ATT-12-01".parse().unwrap(),
            level: attesta_scoring::MaturityLevel::Implemented,
            checked: "2026-09-01".parse().unwrap(),
            parts: vec![part],
            measure: None,
            says: "1 \"met\": a # b".into(),
            verdict: ProposalVerdict::Proposed,
        };
        let accepted = ProposalVerdict::Accepted {
            by: "lee".parse().unwrap(),
            on: "2026-09-02".parse().unwrap(),
            people_met: [4].into(),
            evidence: vec![EvidenceUse { evidence: "run".parse().unwrap(), at: None, elements: BTreeSet::new() }],
            in_place_since: Some("2026-03-01".parse().unwrap()),
        };
        let rejected = ProposalVerdict::Rejected {
            by: "lee".parse().unwrap(),
            on: "2026-09-02".parse().unwrap(),
            because: "old plan".into(),
        };
        let written = [proposed.clone(), proposed.judge(accepted).unwrap(), proposed.judge(rejected).unwrap()];
        let run = CheckRun {
            on: "2026-09-01".parse().unwrap(),
            component: None,
            inputs: vec![("plan.json".into(), "ab".into())],
            seen: [("ATT-12-01.1".parse().unwrap(), Seen { passes: 1, fails: 2, waived: 3, unknowns: 4 })].into(),
        };
        folder.write(&proposals_changes(&written, std::slice::from_ref(&run)).unwrap()).unwrap();
        assert_eq!(proposals(&folder).unwrap(), written);
        assert_eq!(checks(&folder).unwrap(), [run]);
    }
}
