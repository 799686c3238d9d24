//! What was told of each check, and what is news: each thing once, grouped, and one word when it is over.

use std::collections::BTreeMap;

use attesta_kernel::{PolicyId, Severity, Timestamp};

use crate::{Drift, Presence, ResourceKey, Verdict, VerdictChange};

/// How a check stands for somebody who watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// Nothing to tell: it holds, or does not apply.
    Fine,
    /// Violated.
    Violated,
    /// Violated under a waiver.
    Waived,
    /// Cannot be told: unknown, errored, or its resource is not seen.
    Untold,
    /// Its resource is gone.
    Gone,
}

impl Condition {
    /// The word used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Violated => "violated",
            Self::Waived => "waived",
            Self::Untold => "untold",
            Self::Gone => "gone",
        }
    }

    /// Reads the word.
    pub fn read(word: &str) -> Option<Self> {
        [Self::Fine, Self::Violated, Self::Waived, Self::Untold, Self::Gone].into_iter().find(|c| c.as_str() == word)
    }

    fn of(change: &VerdictChange) -> Self {
        match (change.after, change.presence) {
            (Some(Verdict::Fail), _) => Self::Violated,
            (Some(Verdict::Waived), _) => Self::Waived,
            (Some(Verdict::Unknown | Verdict::Errored), _) | (None, Presence::NoLongerSeen) => Self::Untold,
            (None, Presence::Gone) => Self::Gone,
            (Some(Verdict::Pass) | None, _) => Self::Fine,
        }
    }
}

/// One policy on one resource.
pub type Subject = (PolicyId, ResourceKey);

/// What is known of one check that did not simply hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// How bad a violation is.
    pub severity: Severity,
    /// How it stands.
    pub now: Condition,
    /// Since which run.
    pub since: Timestamp,
    /// When it was last seen otherwise; `None` where it was so at the first look.
    pub before: Option<Timestamp>,
    /// What was told of it last.
    pub told: Condition,
}

/// What was seen and told of a source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Watch {
    /// Checks that do not simply hold, or of which the last word is not told yet.
    pub checks: BTreeMap<Subject, Watched>,
}

/// One run, as a watch sees it.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// What changed since the run before; of the first run, compared with itself.
    pub drift: &'a Drift,
    /// When the run before looked; `None` for the first.
    pub before: Option<Timestamp>,
    /// When it looked.
    pub at: Timestamp,
    /// Whether nothing is to be told now.
    pub quiet: bool,
}

/// What kind of news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum News {
    /// Something that held, or was not there, is violated.
    Violated,
    /// Something can no longer be told.
    Untold,
    /// Somebody answers for a violation now.
    Waived,
    /// A violation that was told is over.
    Mended,
    /// A violation that was told went with its resource.
    Gone,
    /// What could not be told holds.
    ToldAgain,
}

impl News {
    /// The word used in messages for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Violated => "violated",
            Self::Untold => "untold",
            Self::Waived => "waived",
            Self::Mended => "mended",
            Self::Gone => "gone",
            Self::ToldAgain => "told_again",
        }
    }

    /// From what was told to what is.
    fn of(told: Condition, now: Condition) -> Option<Self> {
        use Condition::{Fine, Gone, Untold, Violated, Waived};
        match (told, now) {
            (a, b) if a == b => None,
            (Fine | Gone, Fine | Gone) => None,
            (_, Violated) => Some(Self::Violated),
            (_, Untold) => Some(Self::Untold),
            (_, Waived) => Some(Self::Waived),
            (Untold, Fine) => Some(Self::ToldAgain),
            (_, Fine) => Some(Self::Mended),
            (_, Gone) => Some(Self::Gone),
        }
    }
}

/// News, grouped by what a person does about it: violations by policy, the rest together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What kind.
    pub news: News,
    /// The policy, where all is of one.
    pub policy: Option<PolicyId>,
    /// The worst severity in it.
    pub severity: Severity,
    /// Which checks, and since when.
    pub checks: Vec<(Subject, Watched)>,
}

/// Takes a run in: what is watched from now on, and what to tell. `gone` says of a resource that no side names any more
/// whether all of its kind is seen now, so that it is certainly gone.
pub fn step(before: &Watch, run: &Observed<'_>, gone: &dyn Fn(&ResourceKey) -> bool) -> (Watch, Vec<Notice>) {
    let mut checks = before.checks.clone();
    let drift = run.drift;
    let seen: BTreeMap<Subject, &VerdictChange> = drift
        .verdicts
        .iter()
        .chain(&drift.still_failing)
        .chain(&drift.still_open)
        .map(|change| ((change.policy.clone(), change.resource.clone()), change))
        .collect();
    for (subject, change) in &seen {
        let now = Condition::of(change);
        match checks.get_mut(subject) {
            Some(watched) => watched.turn(now, run),
            None if now == Condition::Fine || now == Condition::Gone => {}
            None => {
                let severity = change.severity;
                // What is so at the first look is known, and no news.
                let told = if run.before.is_none() { now } else { Condition::Fine };
                let last = run.before.filter(|_| change.before != change.after);
                checks.insert(subject.clone(), Watched { severity, now, since: run.at, before: last, told });
            }
        }
    }
    for (subject, watched) in &mut checks {
        if !seen.contains_key(subject) && watched.now == Condition::Untold && gone(&subject.1) {
            watched.turn(Condition::Gone, run);
        }
    }
    let notices = if run.quiet { Vec::new() } else { tell(&mut checks) };
    let over = |c: Condition| matches!(c, Condition::Fine | Condition::Gone);
    checks.retain(|_, watched| !(over(watched.now) && over(watched.told)));
    (Watch { checks }, notices)
}

impl Watched {
    fn turn(&mut self, now: Condition, run: &Observed<'_>) {
        if self.now != now {
            *self = Self { now, since: run.at, before: run.before, ..self.clone() };
        }
    }
}

type Checks = Vec<(Subject, Watched)>;

fn tell(checks: &mut BTreeMap<Subject, Watched>) -> Vec<Notice> {
    let mut groups: BTreeMap<(News, Option<PolicyId>), Checks> = BTreeMap::new();
    for (subject, watched) in checks {
        if let Some(news) = News::of(watched.told, watched.now) {
            let alone = matches!(news, News::Violated | News::Mended | News::Waived);
            let group = groups.entry((news, alone.then(|| subject.0.clone()))).or_default();
            group.push((subject.clone(), watched.clone()));
        }
        watched.told = watched.now;
    }
    let notice = |((news, policy), checks): (_, Checks)| {
        let severity = checks.iter().map(|(_, w)| w.severity).max().unwrap_or(Severity::Low);
        Notice { news, policy, severity, checks }
    };
    let mut notices: Vec<Notice> = groups.into_iter().map(notice).collect();
    notices.sort_by(|a, b| (a.news, b.severity, &a.policy).cmp(&(b.news, a.severity, &b.policy)));
    notices
}
