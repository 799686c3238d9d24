//! `attesta assess propose`, `accept`, `reject`: automation proposes, people decide.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use attesta_app::check::Frameworks;
use attesta_assessment::{
    CheckRun, ComponentId, EvidenceId, EvidenceUse, PersonId, Proposal, ProposalVerdict, RequirementKey, Seen, propose,
    propose_from_history,
};
use attesta_catalog::Catalog;
use attesta_evaluation::Standings;
use attesta_kernel::{Date, Digest, ElementId};
use attesta_scoring::MaturityLevel;
use clap::Args;
use serde::Serialize;

use crate::{
    args::{Common, Inputs, ListFormat},
    assess::desk::{self, Desk, refuse},
    exit::{Exit, Failure},
    terminal, workshop,
};

#[derive(Debug, Args)]
pub(crate) struct ProposeOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Infrastructure code to check: files and folders. Without any, what is proposed already is listed
    #[arg(long, value_name = "PATH", num_args = 1..)]
    check: Vec<PathBuf>,
    /// Propose again from the checks on record, such as those that `attesta history metric carry` put there
    #[arg(long, conflicts_with = "check")]
    again: bool,
    /// The part of the scope that was checked [default: all of it]
    #[arg(long, value_name = "ID", requires = "check")]
    component: Option<ComponentId>,
    #[command(flatten)]
    inputs: Inputs,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct VerdictOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Requirements whose proposals are judged
    #[arg(value_name = "REQUIREMENT", required = true)]
    requirements: Vec<RequirementKey>,
    /// The level
    #[arg(long, value_name = "LEVEL", default_value = "implemented")]
    level: MaturityLevel,
    /// Who judges, from people.yaml
    #[arg(long, value_name = "PERSON")]
    by: PersonId,
    /// Elements that wait for people and that are met (one requirement only)
    #[arg(long, value_name = "N", value_delimiter = ',')]
    met: Vec<u8>,
    /// Evidence that shows it, from evidence.yaml
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    evidence: Vec<EvidenceId>,
    /// Since when the control operates; a check sees one day only
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<Date>,
    /// Why, for a rejection
    #[arg(long, value_name = "TEXT", default_value = "")]
    because: String,
    /// The day [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
}

/// No more checks are kept.
const MOST_CHECKS: usize = 2_000;

pub(crate) fn run(common: &Common, options: &ProposeOptions) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, options.inputs.at)?;
    if options.check.is_empty() && !options.again {
        print(&desk.proposals, options.format)?;
        return Ok(Exit::Met);
    }
    if let Some(component) = &options.component
        && !desk.dossier.scope.components.contains_key(component)
    {
        return Err(Failure::new(Exit::Usage, format!("there is no scope component `{component}`"))
            .help("name it in scope.yaml"));
    }
    let mut checks = desk.checks.clone();
    if !options.again {
        checks.push(check(common, &desk, options)?);
    }
    most_checks(&checks)?;
    let tailored = desk.tailored()?;
    let proof = |id: &attesta_kernel::ElementId| desk.catalog.element(id).map(|e| e.element.proof);
    let mut fresh = propose(&tailored.requirements, &checks, &proof);
    let frequencies = attesta_content::frequencies(desk.library.source()).map_err(|f| refuse(&f))?;
    let metrics = attesta_workspace::metric_results(&desk.folder).map_err(|f| refuse(&f))?;
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
    if !common.quiet {
        silent.iter().for_each(|why| terminal::note(&format!("no proposal for Measured or Managed: {why}")));
    }
    let proposals = merged(&desk.proposals, fresh);
    let changes = attesta_workspace::proposals_changes(&proposals, &checks).map_err(|f| refuse(&[f]))?;
    desk.folder.write(&changes).map_err(|f| refuse(&[f]))?;
    print(&proposals, options.format)?;
    Ok(Exit::Met)
}

/// Refuses more checks than are kept.
pub(crate) fn most_checks(checks: &[CheckRun]) -> Result<(), Failure> {
    if checks.len() > MOST_CHECKS {
        return Err(Failure::new(Exit::NotEvaluated, format!("checks.yaml would hold more than {MOST_CHECKS} checks"))
            .help("move older ones to another file"));
    }
    Ok(())
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

/// Checks the infrastructure and keeps what was seen of each element.
fn check(common: &Common, desk: &Desk, options: &ProposeOptions) -> Result<CheckRun, Failure> {
    let (report, _) = workshop::report(
        common,
        &options.check,
        &options.inputs,
        desk.library.source(),
        &desk.catalog,
        Frameworks::ALL,
    )?;
    if !report.complete() {
        let parts: Vec<String> = report.refused.iter().map(|n| format!("{}: {}", n.path, n.what)).collect();
        return Err(Failure::many(Exit::NotEvaluated, &parts)
            .help("nothing was proposed, as part of the input could not be read or a policy could not run"));
    }
    let mut inputs = Vec::new();
    for document in &report.snapshot.documents {
        let bytes = std::fs::read(&document.path).map_err(|e| {
            Failure::new(Exit::NotEvaluated, format!("{}: cannot be read again: {e}", document.path))
                .help("give files and folders, not standard input: what a proposal rests on must stay readable")
        })?;
        inputs.push((document.path.clone(), Digest::of(&bytes).to_string()));
    }
    let seen = seen(&desk.catalog, &report.standings);
    Ok(CheckRun { on: desk.at, component: options.component.clone(), inputs, seen })
}

/// What a check saw of each element, where it saw anything.
pub(crate) fn seen(catalog: &Catalog, standings: &Standings) -> BTreeMap<ElementId, Seen> {
    let entry = |entry: attesta_catalog::ElementEntry<'_>| {
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

fn print(proposals: &[Proposal], format: ListFormat) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Row<'a> {
        requirement: &'a str,
        level: &'a str,
        state: &'a str,
        checked: String,
        says: &'a str,
        operates: Vec<String>,
    }
    let rows: Vec<Row<'_>> = proposals
        .iter()
        .map(|p| Row {
            requirement: p.requirement.as_str(),
            level: p.level.as_str(),
            state: p.verdict.as_str(),
            checked: p.checked.to_string(),
            says: &p.says,
            operates: p.parts.iter().map(|part| part.operates.to_string()).collect(),
        })
        .collect();
    match format {
        ListFormat::Json => terminal::json_of(&rows),
        ListFormat::Table => terminal::table(
            ["requirement", "level", "state", "checked", "operates on", "says"],
            rows.iter().map(|r| {
                [
                    r.requirement.to_owned(),
                    r.level.to_owned(),
                    r.state.to_owned(),
                    r.checked.clone(),
                    r.operates.join(", "),
                    r.says.to_owned(),
                ]
            }),
        ),
    }
}

pub(crate) fn accept(common: &Common, options: &VerdictOptions) -> Result<Exit, Failure> {
    if !options.met.is_empty() && options.requirements.len() != 1 {
        return Err(Failure::new(Exit::Usage, "--met goes with exactly one requirement"));
    }
    judge(common, options, |on| ProposalVerdict::Accepted {
        by: options.by.clone(),
        on,
        people_met: options.met.iter().copied().collect(),
        evidence: options
            .evidence
            .iter()
            .map(|id| EvidenceUse { evidence: id.clone(), at: None, elements: BTreeSet::new() })
            .collect(),
        in_place_since: options.since,
    })
}

pub(crate) fn reject(common: &Common, options: &VerdictOptions) -> Result<Exit, Failure> {
    judge(common, options, |on| ProposalVerdict::Rejected {
        by: options.by.clone(),
        on,
        because: options.because.clone(),
    })
}

fn judge(
    common: &Common,
    options: &VerdictOptions,
    verdict: impl Fn(Date) -> ProposalVerdict,
) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, options.at)?;
    let person = desk.dossier.people.get(&options.by).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("there is no person `{}`", options.by)).help("add them to people.yaml")
    })?;
    if person.value.side != attesta_assessment::Side::Entity {
        return Err(Failure::new(
            Exit::Findings,
            format!("`{}` is of the {}'s side; the entity answers for its own scores", options.by, person.value.side),
        ));
    }
    if let Some(id) = options.evidence.iter().find(|id| !desk.dossier.evidence.contains_key(*id)) {
        return Err(Failure::new(Exit::Usage, format!("there is no evidence `{id}`")).help("add it to evidence.yaml"));
    }
    let mut proposals = desk.proposals.clone();
    let mut wrong = Vec::new();
    for key in &options.requirements {
        let open = |p: &&mut Proposal| {
            p.requirement == *key && p.level == options.level && p.verdict == ProposalVerdict::Proposed
        };
        match proposals.iter_mut().find(open) {
            Some(proposal) => match proposal.judge(verdict(desk.at)) {
                Ok(judged) => *proposal = judged,
                Err(refusal) => wrong.push(format!("`{key}`: {refusal}")),
            },
            None => wrong.push(format!("`{key}`: nothing is proposed for {}", options.level)),
        }
    }
    if !wrong.is_empty() {
        return Err(Failure::many(Exit::Findings, &wrong)
            .help("nothing was changed; `attesta assess propose DIR` lists proposals"));
    }
    let changes = attesta_workspace::proposals_changes(&proposals, &desk.checks).map_err(|f| refuse(&[f]))?;
    desk.folder.write(&changes).map_err(|f| refuse(&[f]))?;
    if !common.quiet {
        let shown: Vec<Proposal> =
            proposals.into_iter().filter(|p| options.requirements.contains(&p.requirement)).collect();
        print(&shown, ListFormat::Table)?;
    }
    Ok(Exit::Met)
}
