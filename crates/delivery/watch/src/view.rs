//! What a run showed, row by row, and what follows from all runs of a source.

use std::collections::{BTreeMap, BTreeSet};

use attesta_app::{
    check::{CheckReport, SourcePath, SourceTexts, finding_id},
    explain::{Explanation, Sources, Subject},
    observe::names,
};
use attesta_catalog::Catalog;
use attesta_collectors::Text;
use attesta_drift::verdict;
use attesta_evaluation::{Outcome, Policy, Waiver};
use attesta_history::{History, Run};
use attesta_kernel::{Severity, Timestamp};
use attesta_posture::{Finding, Follower, RunId, Series, Tally, Verdict, day_of};
use attesta_resource::{DocumentIndex, Format};

use crate::{Judge, WatchError};

/// A check that does not hold, or of which nobody can tell.
#[derive(Debug, Clone)]
pub struct FindingRow {
    /// The same for the same policy and address in every run.
    pub id: String,
    /// The policy.
    pub policy: String,
    /// What is true when it passes.
    pub title: String,
    /// How bad a violation is.
    pub severity: Severity,
    /// How it stands: never a pass.
    pub verdict: Verdict,
    /// The kind of resource.
    pub kind: &'static str,
    /// The resource, by the name that it has in every run.
    pub resource: String,
    /// Where it stands.
    pub place: Option<PlaceRow>,
    /// The attribute that decided.
    pub attribute: String,
    /// What was found there.
    pub found: String,
    /// What was wanted.
    pub wanted: String,
    /// How to mend it, in words.
    pub mend: String,
    /// How to mend it, as code of the document's kind.
    pub mend_code: Option<String>,
    /// HITRUST control references.
    pub controls: Vec<String>,
    /// HIPAA citations.
    pub hipaa: Vec<String>,
    /// Assessment domains of the statements that it speaks of.
    pub domains: Vec<u8>,
}

/// Where something stands in a document.
#[derive(Debug, Clone)]
pub struct PlaceRow {
    /// The document.
    pub path: String,
    /// The line, where the format has lines.
    pub line: Option<u32>,
    /// JSON pointer in the document.
    pub pointer: String,
    /// The source's own address.
    pub address: String,
}

/// A resource and how its checks stand.
#[derive(Debug, Clone)]
pub struct ResourceRow {
    /// What it is.
    pub kind: &'static str,
    /// Its name in every run.
    pub resource: String,
    /// The document that it stands in.
    pub document: String,
    /// The source's own type.
    pub type_name: String,
    /// Its checks, counted.
    pub checks: Tally,
}

/// What a run showed.
#[derive(Debug)]
pub struct View {
    /// The run.
    pub run: Run,
    /// Checks that do not hold, worst first, then by policy and resource.
    pub findings: Vec<FindingRow>,
    /// Resources, by kind and name.
    pub resources: Vec<ResourceRow>,
    /// The checks of each policy that judged something, counted.
    pub policies: BTreeMap<String, Tally>,
}

/// What follows from the runs of a source.
#[derive(Debug, Clone)]
pub struct Followed {
    follower: Follower,
    partial: BTreeSet<RunId>,
    /// The newest run that is in it.
    pub last: Option<RunId>,
    /// Its runs with their counts, and its findings.
    pub series: Series,
}

struct Texts(Vec<Text>);

impl SourceTexts for Texts {
    fn lines(&self, document: DocumentIndex, pointers: &[&str]) -> Vec<Option<u32>> {
        match usize::try_from(document.0).ok().and_then(|at| self.0.get(at)) {
            Some(text) => attesta_collectors::lines(text, pointers),
            None => vec![None; pointers.len()],
        }
    }
}

/// Judges a run again and shows it row by row.
///
/// # Errors
///
/// When it is not what was kept.
pub fn view(history: &History, judge: &Judge, run: RunId, waivers: Vec<Waiver>) -> Result<View, WatchError> {
    let run = history.run(run)?;
    let (report, texts) = judge.again(history, run.id, waivers, day_of(run.at), None)?;
    let names = names(&report.snapshot);
    let name = |outcome: &Outcome| {
        usize::try_from(outcome.resource.0).ok().and_then(|at| names.get(at)).map_or("", |name| name).to_owned()
    };
    let open: Vec<(&Outcome, Verdict)> = report
        .outcomes
        .iter()
        .filter_map(|o| Some((o, verdict(o)?)))
        .filter(|(_, verdict)| *verdict != Verdict::Pass)
        .collect();
    let place = |outcome: &Outcome| report.pointed_at(outcome, report.main_reason(outcome));
    let lines = report.find_lines(&Texts(texts), open.iter().filter_map(|(outcome, _)| place(outcome)));
    let located = |place: &SourcePath| {
        let found = report.locate(&lines, place)?;
        Some(PlaceRow { path: found.path, line: found.line, pointer: found.pointer, address: found.address })
    };
    let mut findings: Vec<FindingRow> = open
        .iter()
        .filter_map(|(outcome, verdict)| {
            let policy = report.policy(outcome.policy)?;
            let at = place(outcome);
            Some(row(&report, policy, outcome, *verdict, name(outcome), at.as_ref().and_then(&located)))
        })
        .collect();
    findings.sort_by(|a, b| {
        (b.severity, &a.policy, a.kind, &a.resource).cmp(&(a.severity, &b.policy, b.kind, &b.resource))
    });
    let mut resources: Vec<ResourceRow> = report
        .snapshot
        .resources
        .iter()
        .zip(&names)
        .map(|(resource, name)| ResourceRow {
            kind: resource.kind.as_str(),
            resource: name.to_string(),
            document: report.snapshot.document_of(resource.source).map_or(String::new(), |d| d.path.clone()),
            type_name: report.snapshot.source(resource.source).map_or(String::new(), |s| s.type_name.to_string()),
            checks: Tally::default(),
        })
        .collect();
    let mut policies: BTreeMap<String, Tally> = BTreeMap::new();
    for outcome in &report.outcomes {
        let at = usize::try_from(outcome.resource.0).ok();
        let Some(verdict) = verdict(outcome) else { continue };
        if let Some(row) = at.and_then(|at| resources.get_mut(at)) {
            row.checks.add(verdict);
        }
        if let Some(policy) = report.policy(outcome.policy) {
            policies.entry(policy.id.to_string()).or_default().add(verdict);
        }
    }
    resources.sort_by(|a, b| (a.kind, &a.resource).cmp(&(b.kind, &b.resource)));
    Ok(View { run, findings, resources, policies })
}

/// Judges a run again and tells from what a finding of it follows; `None` where the run does not show it.
///
/// # Errors
///
/// When it is not what was kept.
pub fn explained(
    history: &History,
    judge: &Judge,
    run: RunId,
    waivers: Vec<Waiver>,
    finding: &str,
) -> Result<Option<Explanation>, WatchError> {
    let run = history.run(run)?;
    let (report, texts) = judge.again(history, run.id, waivers, day_of(run.at), None)?;
    let shown = report.outcomes.iter().filter(|outcome| report.finding_id(outcome) == finding);
    let places = shown.flat_map(|o| o.reasons.iter().filter_map(|reason| report.pointed_at(o, Some(reason))));
    let lines = report.find_lines(&Texts(texts), places);
    let sources = Sources { catalog: report.catalog, policies: &report.policies, report: Some((&report, &lines)) };
    Ok(sources.explain(&Subject::Finding(finding.to_owned())).ok())
}

fn row(
    report: &CheckReport<'_>,
    policy: &Policy,
    outcome: &Outcome,
    verdict: Verdict,
    resource: String,
    place: Option<PlaceRow>,
) -> FindingRow {
    let reason = report.main_reason(outcome);
    let format = report
        .snapshot
        .resource(outcome.resource)
        .and_then(|r| report.snapshot.document_of(r.source))
        .map(|document| document.format);
    let code = match format {
        Some(Format::TerraformPlan | Format::TerraformState) => &policy.remediation.terraform,
        Some(Format::CloudFormation) => &policy.remediation.cloudformation,
        Some(Format::PulumiPreview | Format::PulumiState) => &policy.remediation.pulumi,
        Some(Format::Neutral | Format::LiveAws) | None => &None,
    };
    FindingRow {
        id: report.finding_id(outcome),
        policy: policy.id.to_string(),
        title: policy.title.clone(),
        severity: policy.severity,
        verdict,
        kind: policy.kind.as_str(),
        resource,
        place,
        attribute: reason.map_or(String::new(), |r| r.attribute.clone()),
        found: reason.map_or(String::new(), |r| r.found.clone()),
        wanted: reason.map_or(String::new(), |r| r.wanted.clone()),
        mend: policy.remediation.text.clone(),
        mend_code: code.clone(),
        controls: policy.controls.iter().map(ToString::to_string).collect(),
        hipaa: policy.hipaa.iter().map(ToString::to_string).collect(),
        domains: domains(report.catalog, policy),
    }
}

/// The assessment domains of the statements that a policy speaks of.
fn domains(catalog: &Catalog, policy: &Policy) -> Vec<u8> {
    let mut domains: Vec<u8> =
        policy.proves.iter().filter_map(|e| catalog.element(e)).map(|e| e.statement.domain).collect();
    domains.sort_unstable();
    domains.dedup();
    domains
}

/// Follows the runs of a history of one source, from where `before` stopped.
///
/// # Errors
///
/// When a run is not what was kept.
pub fn followed(history: &History, judge: &Judge, before: Option<&Followed>) -> Result<Followed, WatchError> {
    let (mut follower, mut partial, mut last) = match before {
        Some(before) => (before.follower.clone(), before.partial.clone(), before.last),
        None => (Follower::new(judge.groups().grouping.clone()), BTreeSet::new(), None),
    };
    for step in history.steps_after(last)? {
        let (run, step) = step?;
        follower.take(step).map_err(|broken| WatchError::NotSeen(broken.to_string()))?;
        last = Some(run.id);
        if !run.complete {
            partial.insert(run.id);
        }
    }
    let series = follower.clone().finish().into_values().next().unwrap_or_default();
    Ok(Followed { follower, partial, last, series })
}

impl Followed {
    /// The last run that looked no later than this.
    pub fn at(&self, at: Timestamp) -> Option<&attesta_posture::Point> {
        let seen = self.series.points.partition_point(|point| point.at <= at);
        self.series.points.get(seen.checked_sub(1)?)
    }

    /// Whether a run did not see everything.
    pub fn is_partial(&self, run: RunId) -> bool {
        self.partial.contains(&run)
    }

    /// Findings that were open at a time though the last run by then did not show them, of policies that still judge:
    /// nobody can tell how they stood.
    pub fn hidden<'f>(
        &'f self,
        judge: &'f Judge,
        at: Timestamp,
    ) -> impl Iterator<Item = (&'f Finding, Timestamp, &'f Policy)> {
        self.series.findings.iter().filter_map(move |finding| {
            let since = finding.hidden_since(at)?;
            let policy = judge.policies().iter().find(|policy| policy.id == finding.check.policy)?;
            Some((finding, since, policy))
        })
    }

    /// The same as rows: unknown, with since when each was not seen.
    pub fn hidden_rows(&self, judge: &Judge, at: Timestamp) -> Vec<FindingRow> {
        let row = |(finding, since, policy): (&Finding, Timestamp, &Policy)| FindingRow {
            id: finding_id(policy.id.as_str(), &finding.check.resource),
            policy: policy.id.to_string(),
            title: policy.title.clone(),
            severity: policy.severity,
            verdict: Verdict::Unknown,
            kind: policy.kind.as_str(),
            resource: finding.check.resource.to_string(),
            place: None,
            attribute: String::new(),
            found: format!("not seen since {since}; a violation before"),
            wanted: "seen again, or certainly gone".to_owned(),
            mend: policy.remediation.text.clone(),
            mend_code: None,
            controls: policy.controls.iter().map(ToString::to_string).collect(),
            hipaa: policy.hipaa.iter().map(ToString::to_string).collect(),
            domains: domains(judge.catalog(), policy),
        };
        self.hidden(judge, at).map(row).collect()
    }

    /// The finding of a check that was open at a time.
    pub fn open(&self, policy: &str, resource: &str, at: Timestamp) -> Option<&Finding> {
        self.series.findings.iter().rev().find(|f| {
            f.check.policy.as_str() == policy
                && *f.check.resource == *resource
                && f.opened.at <= at
                && f.closed.is_none_or(|closed| closed.by.at > at)
        })
    }
}
