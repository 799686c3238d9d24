//! Defined metrics over a history: one result for each period, and whether that is what Measured and Managed ask for.
//!
//! A period is *met* or *breached* only where its last run tells so whatever is unknown turns out to be; everything else
//! is *not told*, and a period without a run is *missing*. Measured is shown where the metric was told in every period
//! since it began. Managed is never shown by numbers: it needs a recorded reaction to every breach, by people, and a later
//! period that shows that it worked.

use std::{collections::BTreeSet, fmt, str::FromStr};

use attesta_kernel::{Date, PolicyId, Share};

use crate::{Absence, Every, Finding, Judged, Moment, Period, Remediation, Seconds, SourceName, Tally, day_of, end_of};

attesta_kernel::text_id!(
    /// A metric's id: the id of the measure that it becomes in an assessment.
    MetricId,
    "a metric's id",
    "use small letters, digits, dots and dashes, at most 80, beginning with a letter or digit",
    |t| (1..=80).contains(&t.len())
        && t.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
);

/// A defined metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// Its id.
    pub id: MetricId,
    /// The requirements whose control it measures.
    pub requirements: BTreeSet<String>,
    /// The control that is measured.
    pub describes: String,
    /// The source whose runs are counted.
    pub source: SourceName,
    /// The policies whose checks are counted.
    pub policies: BTreeSet<PolicyId>,
    /// What is counted.
    pub counts: Counted,
    /// Up to or from where it is as it should be.
    pub threshold: Threshold,
    /// How often it is taken.
    pub frequency: Every,
    /// The first day on which it counts.
    pub starts: Date,
    /// Who takes it and answers for it.
    pub owner: String,
    /// Who reviews it.
    pub reviewer: String,
    /// How often it is reviewed.
    pub review_frequency: Every,
    /// Whether the owner is not responsible for the control.
    pub independent: bool,
    /// The written process by which breaches are treated: an id of evidence.
    pub treatment: Option<String>,
    /// What people did about breaches.
    pub reactions: Vec<Reaction>,
    /// What reviewers said.
    pub reviews: Vec<Review>,
}

/// What a metric counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// Violations without a waiver, at the last run of the period.
    Failing,
    /// Violations, waived ones too, at the last run of the period.
    Violations,
    /// Passing of all, in whole per cent, at the last run of the period.
    PassingPercent,
    /// Mean hours to remediate, of what was mended in the period.
    MeanHoursToRemediate,
}

impl Counted {
    /// Everything that can be counted.
    pub const ALL: [Self; 4] = [Self::Failing, Self::Violations, Self::PassingPercent, Self::MeanHoursToRemediate];

    /// The word used in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Violations => "violations",
            Self::PassingPercent => "passing-percent",
            Self::MeanHoursToRemediate => "mean-hours-to-remediate",
        }
    }

    /// How it is worked out, in a sentence.
    pub fn calculation(self) -> &'static str {
        match self {
            Self::Failing => "Count of checks that fail without a waiver, at the last run of each period",
            Self::Violations => "Count of checks that fail, waived or not, at the last run of each period",
            Self::PassingPercent => {
                "Checks that pass, divided by all, unknown ones counted in the whole, at the last run of each period"
            }
            Self::MeanHoursToRemediate => {
                "Mean time from the first run that shows a violation to the first that shows it mended, of those mended in the period"
            }
        }
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is nothing that can be counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot be counted; use failing, violations, passing-percent or mean-hours-to-remediate")]
pub struct UnknownCounted(pub String);

impl FromStr for Counted {
    type Err = UnknownCounted;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|c| c.as_str() == text)
            .ok_or_else(|| UnknownCounted(text.chars().take(40).collect()))
    }
}

/// Up to or from where a value is as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threshold {
    /// No more than this.
    AtMost(u32),
    /// No less than this.
    AtLeast(u32),
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(n) => write!(f, "at most {n}"),
            Self::AtLeast(n) => write!(f, "at least {n}"),
        }
    }
}

/// What people did about a breach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// A day of the period that was breached.
    pub breach: Date,
    /// When they did it.
    pub on: Date,
    /// Who.
    pub by: String,
    /// What they did.
    pub what: String,
    /// The corrective action in the assessment's folder, where there is one.
    pub action: Option<String>,
}

/// What a reviewer said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// When.
    pub on: Date,
    /// Who.
    pub by: String,
    /// What they said.
    pub says: String,
}

/// A run as a metric sees it: the checks of its policies alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricRun {
    /// The run.
    pub moment: Moment,
    /// The policies that it judged by.
    pub judged: Judged,
    /// The checks of the metric's policies.
    pub tally: Tally,
}

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// So many.
    Count(u64),
    /// A part of a whole.
    Share(Share),
    /// A mean.
    Mean(Seconds),
    /// Nothing was mended in the period, so that there is no mean.
    Nothing,
}

/// How a period stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeriodState {
    /// Within the threshold, whatever is unknown.
    Met,
    /// Beyond the threshold, whatever is unknown.
    Breached,
    /// A run looked, and it cannot be said.
    NotTold(String),
    /// No run looked.
    Missing,
    /// It is not over.
    Running,
}

impl PeriodState {
    /// The word used in files and reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Breached => "breached",
            Self::NotTold(_) => "not-told",
            Self::Missing => "missing",
            Self::Running => "running",
        }
    }
}

/// One period's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodResult {
    /// The period.
    pub period: Period,
    /// How it stands.
    pub state: PeriodState,
    /// What was counted, where something was.
    pub value: Option<Value>,
    /// The checks at the last run.
    pub tally: Tally,
    /// The last run of the period.
    pub last: Option<Moment>,
    /// How many runs looked.
    pub runs: u64,
    /// What people did about a breach: which of the metric's reactions.
    pub reaction: Option<usize>,
    /// The first later period that shows that it worked.
    pub effective: Option<Period>,
}

/// What a metric gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricResult {
    /// Period by period, from the first to the one of the day.
    pub periods: Vec<PeriodResult>,
    /// Periods of review that are over and in which nobody reviewed.
    pub unreviewed: Vec<Period>,
    /// Why Measured is not shown; nothing where it is.
    pub measured_lacks: Vec<String>,
    /// What Managed rests on.
    pub managed: Managed,
}

/// What Managed rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Managed {
    /// Nothing was breached, so that nothing shows how breaches are treated.
    NothingBreached,
    /// Something is missing.
    Lacks(Vec<String>),
    /// Breaches that were treated, and that a later period shows to be mended, of all.
    Shown(Share),
}

impl MetricResult {
    /// Whether Measured is shown.
    pub fn measured(&self) -> bool {
        self.measured_lacks.is_empty()
    }

    /// Periods that are over.
    pub fn over(&self) -> impl Iterator<Item = &PeriodResult> {
        self.periods.iter().filter(|p| p.state != PeriodState::Running)
    }
}

/// Works out a metric up to a day, from the runs of its source in order and the findings of its policies.
pub fn measure(metric: &Metric, runs: &[MetricRun], findings: &[&Finding], at: Date) -> MetricResult {
    let periods = metric.frequency.periods(metric.starts, at);
    let mut results: Vec<PeriodResult> =
        periods.into_iter().map(|period| one_period(metric, runs, findings, period, at)).collect();
    for index in 0..results.len() {
        let Some(result) = results.get(index).filter(|r| r.state == PeriodState::Breached) else { continue };
        let period = result.period;
        let to_this = |r: &Reaction| period.holds(r.breach) && r.on >= period.from && r.on <= at;
        let reaction = metric.reactions.iter().position(to_this);
        let on = reaction.and_then(|reaction| metric.reactions.get(reaction)).map(|r| r.on);
        let later = results.iter().skip(index.saturating_add(1));
        let works = |r: &&PeriodResult| r.state == PeriodState::Met && on.is_some_and(|on| r.period.to >= on);
        let effective = later.clone().find(works).map(|r| r.period);
        if let Some(result) = results.get_mut(index) {
            (result.reaction, result.effective) = (reaction, effective);
        }
    }
    let unreviewed = unreviewed(metric, at);
    let measured_lacks = measured_lacks(&results);
    let managed = managed(metric, &results, &unreviewed, measured_lacks.is_empty());
    MetricResult { periods: results, unreviewed, measured_lacks, managed }
}

fn one_period(metric: &Metric, runs: &[MetricRun], findings: &[&Finding], period: Period, at: Date) -> PeriodResult {
    let within: Vec<&MetricRun> =
        runs.iter().filter(|run| period.holds(day_of(run.moment.at)) && day_of(run.moment.at) <= at).collect();
    let last = within.last().copied();
    let (value, told) = match last {
        Some(run) => judge(metric, run, findings, period),
        None => (None, PeriodState::Missing),
    };
    let state = if period.to >= at { PeriodState::Running } else { told };
    PeriodResult {
        period,
        state,
        value,
        tally: last.map(|run| run.tally).unwrap_or_default(),
        last: last.map(|run| run.moment),
        runs: u64::try_from(within.len()).unwrap_or(u64::MAX),
        reaction: None,
        effective: None,
    }
}

/// What a period's last run tells. Unknown checks are taken both ways: only what holds either way is told.
fn judge(metric: &Metric, run: &MetricRun, findings: &[&Finding], period: Period) -> (Option<Value>, PeriodState) {
    let tally = &run.tally;
    let untold = tally.untold();
    let (value, low, high) = match metric.counts {
        Counted::Failing => (Value::Count(tally.fail), tally.fail, tally.fail.saturating_add(untold)),
        Counted::Violations => {
            let count = tally.violations();
            (Value::Count(count), count, count.saturating_add(untold))
        }
        // In per cent of the whole; compared below by what would have to pass.
        Counted::PassingPercent => (Value::Share(tally.passing()), tally.pass, tally.pass.saturating_add(untold)),
        Counted::MeanHoursToRemediate => return mean(metric, findings, period),
    };
    let unseen: Vec<&str> = metric
        .policies
        .iter()
        .filter(|policy| Absence::of(policy, &run.judged) == Absence::NotSeen)
        .map(PolicyId::as_str)
        .collect();
    let beyond = |count: u64| match (metric.counts, metric.threshold) {
        (Counted::PassingPercent, Threshold::AtLeast(n)) => {
            count.saturating_mul(100) < u64::from(n).saturating_mul(tally.total())
        }
        (Counted::PassingPercent, Threshold::AtMost(n)) => {
            count.saturating_mul(100) > u64::from(n).saturating_mul(tally.total())
        }
        (_, Threshold::AtMost(n)) => count > u64::from(n),
        (_, Threshold::AtLeast(n)) => count < u64::from(n),
    };
    let state = match (beyond(low), beyond(high)) {
        _ if tally.total() == 0 => PeriodState::NotTold("no check speaks for it".to_owned()),
        // What was not seen cannot make a count that is too high smaller.
        (true, true) if unseen.is_empty() || grows(metric) => PeriodState::Breached,
        _ if !unseen.is_empty() => PeriodState::NotTold(format!(
            "the run did not see all that these policies are about: {}",
            unseen.join(", ")
        )),
        (false, false) => PeriodState::Met,
        _ => PeriodState::NotTold(format!("{untold} unknown checks decide it")),
    };
    (Some(value), state)
}

/// Whether more resources can only make it worse.
fn grows(metric: &Metric) -> bool {
    metric.counts != Counted::PassingPercent && matches!(metric.threshold, Threshold::AtMost(_))
}

fn mean(metric: &Metric, findings: &[&Finding], period: Period) -> (Option<Value>, PeriodState) {
    let (Some(from), Some(to)) = (period.begin(), end_of(period.to)) else {
        return (None, PeriodState::NotTold("the calendar ends".to_owned()));
    };
    let told = Remediation::of(findings.iter().copied(), Some(from), to);
    let Some(mean) = told.mended.mean() else {
        let open = told.open.count().saturating_add(told.waived.count());
        // Nothing to mend is as it should be; nothing mended of what is open is not.
        let why = format!("nothing was mended, and {open} findings are open");
        let state = if open == 0 { PeriodState::Met } else { PeriodState::NotTold(why) };
        return (Some(Value::Nothing), state);
    };
    let limit = |hours: u32| u64::from(hours).saturating_mul(3_600).saturating_mul(mean.of);
    let beyond = match metric.threshold {
        Threshold::AtMost(hours) => mean.total > limit(hours),
        Threshold::AtLeast(hours) => mean.total < limit(hours),
    };
    (Some(Value::Mean(mean)), if beyond { PeriodState::Breached } else { PeriodState::Met })
}

fn unreviewed(metric: &Metric, at: Date) -> Vec<Period> {
    let over = metric.review_frequency.periods(metric.starts, at).into_iter().filter(|period| period.to < at);
    let by = |period: &Period| metric.reviews.iter().any(|r| period.holds(r.on) && r.by == metric.reviewer);
    over.filter(|period| !by(period)).collect()
}

fn days(periods: &[Period]) -> String {
    let told: Vec<String> = periods.iter().take(12).map(|p| p.from.to_string()).collect();
    let more = periods.len().saturating_sub(told.len());
    if more == 0 { told.join(", ") } else { format!("{} and {more} more", told.join(", ")) }
}

fn measured_lacks(results: &[PeriodResult]) -> Vec<String> {
    let over = || results.iter().filter(|r| r.state != PeriodState::Running);
    let so = |state: fn(&PeriodState) -> bool| over().filter(|r| state(&r.state)).map(|r| r.period).collect::<Vec<_>>();
    let mut lacks = Vec::new();
    // One value is a look; it takes two to follow something over time.
    if over().count() < 2 {
        lacks.push(format!("{} periods are over; two are the least", over().count()));
    }
    let missing = so(|state| *state == PeriodState::Missing);
    if !missing.is_empty() {
        lacks.push(format!("no run in the periods from {}", days(&missing)));
    }
    let untold = so(|state| matches!(state, PeriodState::NotTold(_)));
    if !untold.is_empty() {
        lacks.push(format!("not told in the periods from {}", days(&untold)));
    }
    lacks
}

fn managed(metric: &Metric, results: &[PeriodResult], unreviewed: &[Period], measured: bool) -> Managed {
    let breached: Vec<&PeriodResult> = results.iter().filter(|r| r.state == PeriodState::Breached).collect();
    let mut lacks = Vec::new();
    if !measured {
        lacks.push("Measured is not shown, and nothing is managed that is not measured".to_owned());
    }
    if metric.treatment.is_none() {
        lacks.push("no written process says how breaches are treated (`treatment`)".to_owned());
    }
    if !unreviewed.is_empty() {
        lacks.push(format!("{} reviewed nothing in the periods from {}", metric.reviewer, days(unreviewed)));
    }
    let without: Vec<Period> = breached.iter().filter(|r| r.reaction.is_none()).map(|r| r.period).collect();
    if !without.is_empty() {
        lacks.push(format!("no reaction is recorded to the breaches of the periods from {}", days(&without)));
    }
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let effective = breached.iter().filter(|r| r.reaction.is_some() && r.effective.is_some()).count();
    if !breached.is_empty() && effective == 0 {
        lacks.push("no later period shows that a reaction worked".to_owned());
    }
    if !lacks.is_empty() {
        return Managed::Lacks(lacks);
    }
    if breached.is_empty() {
        return Managed::NothingBreached;
    }
    Managed::Shown(Share::new(count(effective), count(breached.len())))
}
