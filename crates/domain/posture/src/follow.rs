//! Runs taken in one after the other: counts after each, and findings as they open and close.

use std::collections::{BTreeMap, BTreeSet};

use attesta_kernel::{PolicyId, Timestamp};

use crate::{
    Absence, CheckKey, Delta, Grouping, Judged, Reach, RunId, SourceName, Step, Tally, Verdict, Verdicts,
    finding::{Closed, Ending, Finding, Moment},
};

/// What a run said, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The run.
    pub run: RunId,
    /// When it looked.
    pub at: Timestamp,
    /// Every check.
    pub all: Tally,
    /// The checks of each group, in the groups' order.
    pub groups: Vec<Tally>,
}

/// What became of one source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Series {
    /// Its runs, in order.
    pub points: Vec<Point>,
    /// Its findings, by when they opened.
    pub findings: Vec<Finding>,
}

/// Why a run does not continue what went before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It did not look after the run before it.
    #[error("{0} did not look after the run of its source before it")]
    Backwards(RunId),
    /// It says what differs from a run that is not here.
    #[error("{0} says what differs from a run that is not here")]
    NothingBefore(RunId),
}

/// Follows runs.
#[derive(Debug, Clone, Default)]
pub struct Follower {
    grouping: Grouping,
    threads: BTreeMap<SourceName, Thread>,
}

impl Follower {
    /// Counts by these groups.
    pub fn new(grouping: Grouping) -> Self {
        Self { grouping, threads: BTreeMap::new() }
    }

    /// Takes in the next run. Runs of one source come in order; sources may come mixed.
    ///
    /// # Errors
    ///
    /// When it does not continue what went before; nothing was taken in then.
    pub fn take(&mut self, step: Step) -> Result<(), Broken> {
        let thread = self.threads.entry(step.source.clone()).or_default();
        thread.take(&self.grouping, step)
    }

    /// What became of each source.
    pub fn finish(self) -> BTreeMap<SourceName, Series> {
        self.threads.into_iter().map(|(source, thread)| (source.clone(), thread.finish(&source))).collect()
    }
}

/// One source as far as it was followed.
#[derive(Debug, Clone, Default)]
struct Thread {
    last: Option<Moment>,
    verdicts: Verdicts,
    all: Tally,
    groups: Vec<Tally>,
    points: Vec<Point>,
    open: BTreeMap<CheckKey, Open>,
    /// Open findings that the last run does not name.
    hidden: BTreeSet<CheckKey>,
    closed: Vec<(CheckKey, Open, Closed)>,
    /// When each policy last saw everything that it is about.
    saw_all: BTreeMap<PolicyId, Timestamp>,
    /// When checks that cannot be told now were last clear.
    clear: BTreeMap<CheckKey, Timestamp>,
    /// When checks that are not named now were last named.
    named: BTreeMap<CheckKey, Timestamp>,
}

#[derive(Debug, Clone)]
struct Open {
    opened: Moment,
    clear_before: Option<Timestamp>,
    last_seen: Timestamp,
    waived: bool,
    hidden: Vec<(Timestamp, Option<Timestamp>)>,
}

impl Open {
    /// A run tells of it again.
    fn shown(&mut self, at: Timestamp) {
        if let Some((_, to @ None)) = self.hidden.last_mut() {
            *to = Some(at);
        }
    }
}

impl Thread {
    fn take(&mut self, grouping: &Grouping, step: Step) -> Result<(), Broken> {
        let Step { run, at, judged, delta, source: _ } = step;
        if self.last.is_some_and(|last| last.at >= at) {
            return Err(Broken::Backwards(run));
        }
        if self.last.is_none() && matches!(delta, Delta::Changed(_)) {
            return Err(Broken::NothingBefore(run));
        }
        self.groups.resize(grouping.names().len(), Tally::default());
        let now = Moment { at, run };
        for (check, verdict) in delta.changes(&self.verdicts) {
            self.turn(grouping, now, &judged, check, verdict);
        }
        self.reveal(now, &judged);
        for (policy, _) in judged.iter().filter(|(_, reach)| **reach == Reach::All) {
            self.saw_all.insert(policy.clone(), at);
        }
        self.last = Some(now);
        self.points.push(Point { run, at, all: self.all, groups: self.groups.clone() });
        Ok(())
    }

    /// A check's verdict turns into another, or into none.
    fn turn(&mut self, grouping: &Grouping, now: Moment, judged: &Judged, check: CheckKey, verdict: Option<Verdict>) {
        let before = self.verdicts.get(&check).copied();
        let clear_before = self.clear_before(&check, before);
        self.count(grouping, &check.policy, before, verdict);
        // The run before this one is the last that showed what was so until now.
        let last = self.last.map(|last| last.at);
        if let (Some(open), Some(last), true) =
            (self.open.get_mut(&check), last, before.is_some_and(Verdict::is_violation))
        {
            open.last_seen = last;
        }
        match verdict {
            Some(verdict) if verdict.is_violation() => {
                let fresh = Open { opened: now, clear_before, last_seen: now.at, waived: false, hidden: Vec::new() };
                let open = self.open.entry(check.clone()).or_insert(fresh);
                (open.last_seen, open.waived) = (now.at, verdict == Verdict::Waived);
                open.shown(now.at);
            }
            Some(Verdict::Pass) => self.close(&check, now, Ending::Mended),
            Some(_) => {
                self.remember(&check, clear_before);
                self.open.get_mut(&check).into_iter().for_each(|open| open.shown(now.at));
            }
            None => {
                self.remember(&check, clear_before);
                if let (Some(_), Some(last)) = (before, last) {
                    self.named.insert(check.clone(), last);
                }
                if Absence::of(&check.policy, judged) == Absence::Gone {
                    self.close(&check, now, Ending::Gone);
                } else if let Some(open) = self.open.get_mut(&check)
                    && self.hidden.insert(check.clone())
                {
                    open.hidden.push((now.at, None));
                }
            }
        }
        match verdict {
            Some(verdict) => {
                self.hidden.remove(&check);
                self.named.remove(&check);
                self.verdicts.insert(check, verdict);
            }
            None => drop(self.verdicts.remove(&check)),
        }
    }

    /// When the check was last clear, as far as the runs until now tell.
    fn clear_before(&self, check: &CheckKey, before: Option<Verdict>) -> Option<Timestamp> {
        let remembered = || self.clear.get(check).copied();
        match before {
            Some(Verdict::Pass) => self.last.map(|last| last.at),
            Some(_) => remembered(),
            // Not named by a run that would have seen it: it was not there.
            None => {
                let saw_all = self.saw_all.get(&check.policy).copied();
                let named = self.named.get(check).copied();
                saw_all.filter(|saw| named.is_none_or(|named| named < *saw)).or_else(remembered)
            }
        }
    }

    fn remember(&mut self, check: &CheckKey, clear: Option<Timestamp>) {
        if let Some(clear) = clear {
            self.clear.insert(check.clone(), clear);
        }
    }

    fn close(&mut self, check: &CheckKey, by: Moment, how: Ending) {
        self.hidden.remove(check);
        if let Some(mut open) = self.open.remove(check) {
            open.shown(by.at);
            self.closed.push((check.clone(), open, Closed { by, how }));
        }
    }

    /// Closes findings that were hidden, where this run saw everything and does not name them either.
    fn reveal(&mut self, now: Moment, judged: &Judged) {
        let gone = |check: &&CheckKey| Absence::of(&check.policy, judged) == Absence::Gone;
        let gone: Vec<CheckKey> = self.hidden.iter().filter(gone).cloned().collect();
        gone.iter().for_each(|check| self.close(check, now, Ending::Gone));
    }

    fn count(&mut self, grouping: &Grouping, policy: &PolicyId, before: Option<Verdict>, verdict: Option<Verdict>) {
        let mut turn = |tally: &mut Tally| {
            before.into_iter().for_each(|v| tally.take(v));
            verdict.into_iter().for_each(|v| tally.add(v));
        };
        turn(&mut self.all);
        for index in grouping.of(policy) {
            self.groups.get_mut(*index).into_iter().for_each(&mut turn);
        }
    }

    fn finish(self, source: &SourceName) -> Series {
        let last = self.last.map(|last| last.at);
        let mut ended: Vec<(CheckKey, Open, Option<Closed>)> =
            self.closed.into_iter().map(|(check, open, closed)| (check, open, Some(closed))).collect();
        for (check, mut open) in self.open {
            if let (Some(last), true) = (last, self.verdicts.get(&check).is_some_and(|v| v.is_violation())) {
                open.last_seen = last;
            }
            ended.push((check, open, None));
        }
        ended.sort_by(|a, b| (a.1.opened, &a.0).cmp(&(b.1.opened, &b.0)));
        let mut findings = Vec::with_capacity(ended.len());
        let mut times: BTreeMap<CheckKey, u32> = BTreeMap::new();
        for (check, open, closed) in ended {
            let times = times.entry(check.clone()).or_default();
            let reopened = *times;
            *times = times.saturating_add(1);
            let Open { opened, clear_before, last_seen, waived, hidden } = open;
            let source = source.clone();
            findings.push(Finding { source, check, opened, clear_before, last_seen, waived, closed, reopened, hidden });
        }
        Series { points: self.points, findings }
    }
}
