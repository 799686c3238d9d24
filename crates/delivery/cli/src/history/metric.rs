//! `attesta history metric`: defined metrics, period by period, and what Measured and Managed can rest on.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use attesta_app::grouping::Groups;
use attesta_assessment::{CheckRun, ComponentId, ManagedRecord, MetricRecord, Seen};
use attesta_content::Checks;
use attesta_evaluation::Policy;
use attesta_history::{History, Run};
use attesta_interchange::reports::history::{MetricPage, metric_markdown, metric_value};
use attesta_kernel::{Date, ElementId, PolicyId};
use attesta_posture::{
    Finding, Follower, Grouping, Managed, Metric, MetricId, MetricResult, MetricRun, Moment, PeriodState, Verdict,
    day_of, end_of, measure,
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{failure, open};
use crate::{
    args::{Common, ListFormat},
    assess::desk,
    exit::{Exit, Failure},
    terminal, workshop,
};

#[derive(Debug, Subcommand)]
pub(crate) enum MetricCommand {
    /// Show every metric, period by period, with what is missing
    ///
    /// Exit codes: 0 every period met; 1 a period was breached; 2 usage; 3 a period is missing or not told.
    Show(MetricOptions),
    /// Write one metric's evidence: definition, results, reactions, and the exact inputs with their digests (Markdown)
    Evidence(EvidenceOptions),
    /// Print the metrics as measures, ready for an assessment's measures.yaml
    Measures(MetricOptions),
    /// Carry the runs that metrics rest on, and what metrics showed, into an assessment's folder
    ///
    /// Writes checks.yaml and metric-results.yaml there. `attesta assess propose DIR --again` proposes Measured and Managed
    /// from them; a person accepts.
    Carry(CarryOptions),
}

#[derive(Debug, Args)]
pub(crate) struct MetricOptions {
    /// The history's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The file of defined metrics (docs/reference/history.md)
    #[arg(value_name = "METRICS")]
    file: PathBuf,
    /// Only this metric; may be given several times
    #[arg(long, value_name = "ID")]
    id: Vec<MetricId>,
    /// Up to which day [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct EvidenceOptions {
    #[command(flatten)]
    what: MetricOptions,
    /// Where to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CarryOptions {
    #[command(flatten)]
    what: MetricOptions,
    /// The assessment's folder
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// The part of the scope that the runs looked at [default: all of it]
    #[arg(long, value_name = "ID")]
    component: Option<ComponentId>,
}

pub(super) fn run(common: &Common, command: &MetricCommand) -> Result<Exit, Failure> {
    match command {
        MetricCommand::Show(options) => show(common, options),
        MetricCommand::Evidence(options) => evidence(common, options),
        MetricCommand::Measures(options) => measures(common, options),
        MetricCommand::Carry(options) => carry(common, options),
    }
}

struct Words<'a> {
    groups: &'a Groups,
    policies: &'a [Policy],
}

impl Checks for Words<'_> {
    fn group(&self, id: &str) -> Option<BTreeSet<PolicyId>> {
        self.groups.policies(id, self.policies).map(|policies| policies.cloned().collect())
    }

    fn knows(&self, policy: &PolicyId) -> bool {
        self.policies.iter().any(|p| p.id == *policy)
    }
}

/// Metrics, worked out.
struct Worked {
    history: History,
    policies: Vec<Policy>,
    at: Date,
    /// Every run up to the day.
    runs: Vec<Run>,
    metrics: Vec<(Metric, MetricResult)>,
}

fn work_out(common: &Common, options: &MetricOptions) -> Result<Worked, Failure> {
    let source = workshop::source(common);
    let catalog = workshop::catalog(&source)?;
    let policies = workshop::policies(&source, &catalog)?;
    let groups = attesta_app::grouping::groups(&catalog, &policies);
    let file = workshop::file(&options.file)?;
    let words = Words { groups: &groups, policies: &policies };
    let mut metrics =
        attesta_content::metrics(&file, &words).map_err(|faults| Failure::many(Exit::NotEvaluated, &faults))?;
    if let Some(unknown) = options.id.iter().find(|id| !metrics.iter().any(|m| m.id == **id)) {
        return Err(Failure::new(Exit::Usage, format!("{}: there is no metric `{unknown}`", options.file.display())));
    }
    metrics.retain(|metric| options.id.is_empty() || options.id.contains(&metric.id));
    let at = options.at.unwrap_or_else(workshop::today);
    let until = end_of(at);
    let history = open(&options.dir)?;
    let mut grouping = Grouping::default();
    metrics.iter().for_each(|metric| grouping.add(metric.id.as_str(), metric.policies.iter().cloned()));
    let (mut follower, mut runs) = (Follower::new(grouping), Vec::new());
    for step in history.steps().map_err(failure)? {
        let (run, step) = step.map_err(failure)?;
        if until.is_none_or(|until| run.at <= until) {
            follower.take(step).map_err(|broken| Failure::new(Exit::Integrity, broken.to_string()))?;
            runs.push(run);
        }
    }
    let series = follower.finish();
    let worked = metrics.into_iter().enumerate().map(|(index, metric)| {
        let of = series.get(&metric.source).ok_or_else(|| {
            Failure::new(
                Exit::NotEvaluated,
                format!("metric `{}`: no run of `{}` is kept by {at}", metric.id, metric.source),
            )
            .help("`attesta history list DIR` names the sources")
        })?;
        let counted: Vec<MetricRun> = of
            .points
            .iter()
            .filter_map(|point| {
                let run = runs.iter().find(|run| run.id == point.run)?;
                let tally = point.groups.get(index).copied()?;
                Some(MetricRun { moment: Moment { at: point.at, run: point.run }, judged: run.judged.clone(), tally })
            })
            .collect();
        let findings: Vec<&Finding> =
            of.findings.iter().filter(|f| metric.policies.contains(&f.check.policy)).collect();
        let result = measure(&metric, &counted, &findings, at);
        Ok((metric, result))
    });
    let metrics = worked.collect::<Result<_, Failure>>()?;
    Ok(Worked { history, policies, at, runs, metrics })
}

fn show(common: &Common, options: &MetricOptions) -> Result<Exit, Failure> {
    let worked = work_out(common, options)?;
    if options.format == ListFormat::Json {
        let all: Vec<Value> = worked.metrics.iter().map(|(metric, result)| result_json(metric, result)).collect();
        terminal::json(&Value::Array(all))?;
    } else {
        for (metric, result) in &worked.metrics {
            let head = format!(
                "{}: {}\n{} of {}, {}, {}; taken {} since {}\n\n",
                metric.id,
                metric.describes,
                metric.counts,
                metric.source,
                metric.threshold,
                told_policies(metric),
                metric.frequency,
                metric.starts
            );
            terminal::out(terminal::plain(&head).as_bytes())?;
            terminal::table(
                ["period", "stands", "value", "unknown", "runs", "last run", "reaction"],
                result.periods.iter().map(|p| {
                    let reaction = p.reaction.and_then(|index| metric.reactions.get(index));
                    let works =
                        p.effective.map_or("not yet shown to work".to_owned(), |e| format!("worked from {}", e.from));
                    [
                        format!("{} to {}", p.period.from, p.period.to),
                        why(&p.state),
                        p.value.as_ref().map_or(String::new(), metric_value),
                        p.tally.untold().to_string(),
                        p.runs.to_string(),
                        p.last.map_or(String::new(), |m| m.run.to_string()),
                        reaction.map_or(String::new(), |r| format!("{} by {}, {works}", r.on, r.by)),
                    ]
                }),
            )?;
            let foot =
                format!("\nMeasured  {}\nManaged   {}\n\n", told_measured(result), told_managed(&result.managed));
            terminal::out(terminal::plain(&foot).as_bytes())?;
        }
    }
    let states = || worked.metrics.iter().flat_map(|(_, result)| result.over()).map(|p| &p.state);
    Ok(if states().any(|state| *state == PeriodState::Breached) {
        Exit::Findings
    } else if states().any(|state| matches!(state, PeriodState::Missing | PeriodState::NotTold(_))) {
        Exit::NotEvaluated
    } else {
        Exit::Met
    })
}

fn told_policies(metric: &Metric) -> String {
    let count = metric.policies.len();
    format!("{count} {}", if count == 1 { "policy" } else { "policies" })
}

fn why(state: &PeriodState) -> String {
    match state {
        PeriodState::NotTold(why) => format!("not told: {why}"),
        other => other.as_str().to_owned(),
    }
}

fn told_measured(result: &MetricResult) -> String {
    if result.measured() {
        "shown: told in every period".to_owned()
    } else {
        format!("not shown: {}", result.measured_lacks.join("; "))
    }
}

fn told_managed(managed: &Managed) -> String {
    match managed {
        Managed::Shown(share) => format!("{share} breaches were treated, and a later period shows that it worked"),
        Managed::NothingBreached => {
            "not shown: nothing was breached, so nothing shows how breaches are treated".to_owned()
        }
        Managed::Lacks(lacks) => format!("not shown: {}", lacks.join("; ")),
    }
}

fn result_json(metric: &Metric, result: &MetricResult) -> Value {
    let period = |p: &attesta_posture::PeriodResult| {
        let reaction = p.reaction.and_then(|index| metric.reactions.get(index));
        json!({
            "from": p.period.from.to_string(),
            "to": p.period.to.to_string(),
            "state": p.state.as_str(),
            "why": if let PeriodState::NotTold(why) = &p.state { Some(why) } else { None },
            "value": p.value.as_ref().map(metric_value),
            "checks": { "pass": p.tally.pass, "fail": p.tally.fail, "waived": p.tally.waived, "unknown": p.tally.unknown, "errored": p.tally.errored },
            "runs": p.runs,
            "last_run": p.last.map(|m| m.run.to_string()),
            "reaction": reaction.map(|r| json!({ "on": r.on.to_string(), "by": r.by, "what": r.what, "action": r.action })),
            "worked_from": p.effective.map(|e| e.from.to_string()),
        })
    };
    json!({
        "id": metric.id.as_str(),
        "counts": metric.counts.as_str(),
        "threshold": metric.threshold.to_string(),
        "source": metric.source.as_str(),
        "policies": metric.policies.iter().map(|p| p.as_str()).collect::<Vec<_>>(),
        "frequency": metric.frequency.as_str(),
        "periods": result.periods.iter().map(period).collect::<Vec<_>>(),
        "unreviewed": result.unreviewed.iter().map(|p| p.from.to_string()).collect::<Vec<_>>(),
        "measured": { "shown": result.measured(), "lacks": result.measured_lacks },
        "managed": match &result.managed {
            Managed::Shown(share) => json!({ "shown": true, "treated": share.part, "breaches": share.whole }),
            Managed::NothingBreached => json!({ "shown": false, "nothing_breached": true }),
            Managed::Lacks(lacks) => json!({ "shown": false, "lacks": lacks }),
        },
    })
}

fn evidence(common: &Common, options: &EvidenceOptions) -> Result<Exit, Failure> {
    let worked = work_out(common, &options.what)?;
    let [(metric, result)] = worked.metrics.as_slice() else {
        return Err(Failure::new(Exit::Usage, "an evidence document is about one metric").help("name it with --id"));
    };
    let used: BTreeSet<_> = result.periods.iter().filter_map(|p| p.last.map(|m| m.run)).collect();
    let inputs = worked.runs.iter().filter(|run| used.contains(&run.id)).map(|run| {
        attesta_interchange::reports::history::MetricInput {
            run: run.id.to_string(),
            at: run.at.to_string(),
            digest: run.digest.to_string(),
            content: run.content.to_string(),
            complete: run.complete,
            documents: run.documents.iter().map(|d| (d.path.clone(), d.digest.to_string())).collect(),
        }
    });
    let inputs: Vec<_> = inputs.collect();
    let newest = worked.runs.iter().max_by_key(|run| run.id).map(|run| (run.id.to_string(), run.digest.to_string()));
    let text = metric_markdown(&MetricPage {
        version: env!("CARGO_PKG_VERSION"),
        at: worked.at,
        metric,
        result,
        measured: &told_measured(result),
        managed: &told_managed(&result.managed),
        inputs: &inputs,
        newest,
    });
    match &options.output {
        Some(path) => crate::collect::write(path, text.as_bytes())?,
        None => terminal::out(text.as_bytes())?,
    }
    Ok(Exit::Met)
}

fn measures(common: &Common, options: &MetricOptions) -> Result<Exit, Failure> {
    let worked = work_out(common, options)?;
    let dir = options.dir.display();
    let rows: Vec<Value> = worked
        .metrics
        .iter()
        .map(|(metric, _)| {
            let names: Vec<&str> = metric.policies.iter().map(|p| p.as_str()).collect();
            json!({
                "id": metric.id.as_str(),
                "requirements": metric.requirements,
                "describes": metric.describes,
                "frequency": metric.frequency.as_str(),
                "data": format!("Runs of `{}` kept in the history {dir}; checks of {}", metric.source, names.join(", ")),
                "gathered_by": metric.owner,
                "recorded": format!("History {dir}: every run with its inputs and digests"),
                "calculation": metric.counts.calculation(),
                "reviewed_by": metric.reviewer,
                "review_frequency": metric.review_frequency.as_str(),
                "threshold": metric.threshold.to_string(),
                "tracked_since": metric.starts.to_string(),
                "independent": metric.independent,
            })
        })
        .collect();
    // JSON is YAML, and needs no second writer; the schema begins its own line.
    let mut text = "schema: attesta.measures/1\nmeasures:\n".to_owned();
    rows.iter().for_each(|row| text.push_str(&format!("  - {row}\n")));
    terminal::out(text.as_bytes())?;
    Ok(Exit::Met)
}

fn carry(common: &Common, options: &CarryOptions) -> Result<Exit, Failure> {
    let worked = work_out(common, &options.what)?;
    let desk = desk::open(common, &options.into, Some(worked.at))?;
    if let Some(component) = &options.component
        && !desk.dossier.scope.components.contains_key(component)
    {
        return Err(Failure::new(Exit::Usage, format!("there is no scope component `{component}`"))
            .help("name it in scope.yaml"));
    }
    let mut wanted: BTreeSet<attesta_posture::RunId> = BTreeSet::new();
    let mut records = attesta_workspace::metric_results(&desk.folder).map_err(|f| desk::refuse(&f))?;
    for (metric, result) in &worked.metrics {
        let record = record(&worked, metric, result)?;
        if !desk.dossier.measures.contains_key(&record.measure) {
            return Err(Failure::new(
                Exit::NotEvaluated,
                format!("there is no measure `{}` in {}", metric.id, options.into.display()),
            )
            .help("`attesta history metric measures` prints it for measures.yaml"));
        }
        records.retain(|r| r.measure != record.measure);
        records.push(record);
        // The first and the last of each period: enough to show that nothing paused in between.
        for period in result.periods.iter().map(|p| p.period) {
            let of = || worked.runs.iter().filter(|run| run.source == metric.source && period.holds(day_of(run.at)));
            wanted.extend(of().next().into_iter().chain(of().next_back()).map(|run| run.id));
        }
    }
    records.sort_by(|a, b| a.measure.cmp(&b.measure));
    let mut checks = desk.checks.clone();
    let mut carried = 0_usize;
    for run in worked.runs.iter().filter(|run| wanted.contains(&run.id)) {
        let check = check_run(&worked, run, options.component.as_ref())?;
        if !checks.contains(&check) {
            checks.push(check);
            carried += 1;
        }
    }
    attesta_desk::propose::most_checks(&checks)?;
    checks.sort_by_key(|check| check.on);
    let mut changes = attesta_workspace::proposals_changes(&desk.proposals, &checks).map_err(|f| desk::refuse(&[f]))?;
    changes.push(attesta_workspace::metric_results_change(&records).map_err(|f| desk::refuse(&[f]))?);
    desk.folder.write(&changes).map_err(|f| desk::refuse(&[f]))?;
    let text =
        format!("{carried} checks and {} metrics carried into {}\n", worked.metrics.len(), options.into.display());
    terminal::out(text.as_bytes())?;
    Ok(Exit::Met)
}

fn record(worked: &Worked, metric: &Metric, result: &MetricResult) -> Result<MetricRecord, Failure> {
    let newest = worked.runs.iter().filter(|run| run.source == metric.source).max_by_key(|run| run.id);
    let newest = newest.map(|run| (run.id.to_string(), run.digest.to_string())).unwrap_or_default();
    Ok(MetricRecord {
        measure: metric.id.as_str().parse().map_err(|e| Failure::new(Exit::NotEvaluated, format!("{e}")))?,
        on: worked.at,
        newest,
        periods: u32::try_from(result.over().count()).unwrap_or(u32::MAX),
        measured_lacks: result.measured_lacks.clone(),
        managed: match &result.managed {
            Managed::NothingBreached => ManagedRecord::NothingBreached,
            Managed::Lacks(lacks) => ManagedRecord::Lacks(lacks.clone()),
            Managed::Shown(share) => ManagedRecord::Shown(*share),
        },
    })
}

/// A run as an assessment keeps it: outcomes of the policies that speak for each element, counted.
fn check_run(worked: &Worked, run: &Run, component: Option<&ComponentId>) -> Result<CheckRun, Failure> {
    let proves: BTreeMap<&PolicyId, &[ElementId]> =
        worked.policies.iter().map(|policy| (&policy.id, policy.proves.as_slice())).collect();
    let mut seen: BTreeMap<ElementId, Seen> = BTreeMap::new();
    for (key, verdict) in worked.history.verdicts(run.id).map_err(failure)? {
        for element in proves.get(&key.policy).copied().unwrap_or_default() {
            let seen = seen.entry(element.clone()).or_default();
            let slot = match verdict {
                Verdict::Pass => &mut seen.passes,
                Verdict::Fail => &mut seen.fails,
                Verdict::Waived => &mut seen.waived,
                Verdict::Unknown | Verdict::Errored => &mut seen.unknowns,
            };
            *slot = slot.saturating_add(1);
        }
    }
    let inputs = run.documents.iter().map(|d| (d.path.clone(), d.digest.to_string())).collect();
    Ok(CheckRun { on: day_of(run.at), component: component.cloned(), inputs, seen })
}
