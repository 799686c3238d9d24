//! From runs that are kept to what is told of them.

use attesta_app::{
    check::CheckReport,
    drift::DriftReport,
    watching::{Look, changed_by, take_in},
};
use attesta_drift::{ChangeEvent, Effect, News, Presence, ResourceKey, Turn, Watch, Watched};
use attesta_evaluation::Waiver;
use attesta_history::{History, Run};
use attesta_interchange::reports::alert::{Alert, AlertText, alert};
use attesta_kernel::{PolicyId, Severity, Timestamp};
use attesta_notify::Message;
use attesta_posture::{RunId, SourceName, day_of};

use crate::{Judge, WatchError};

/// How a run is told.
pub struct How<'a> {
    /// What people call the source.
    pub source: &'a str,
    /// Accepted violations.
    pub waivers: Vec<Waiver>,
    /// Whether nothing is to be told now.
    pub quiet: bool,
    /// Whether it is the first look: what does not hold then is known.
    pub first: bool,
    /// When it was looked at last, where what was known of it since is lost: what does not hold is told then, as nobody can
    /// say whether it was.
    pub lost: Option<Timestamp>,
}

/// What a run is told as.
#[derive(Debug)]
pub struct Told {
    /// What is watched from now on.
    pub watch: Watch,
    /// What is news.
    pub alerts: Vec<Alerted>,
    /// What changed since the run before.
    pub moved: Moved,
}

/// One piece of news.
#[derive(Debug)]
pub struct Alerted {
    /// The same for the same news of the same run.
    pub id: String,
    /// What kind.
    pub news: News,
    /// The policy, where all is of one.
    pub policy: Option<PolicyId>,
    /// The worst severity in it.
    pub severity: Severity,
    /// How many checks.
    pub checks: usize,
    /// It, written.
    pub text: AlertText,
}

/// What changed between two runs, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moved {
    /// Resources that came, went, are no longer seen, or have another attribute.
    pub resources: usize,
    /// Violations that are new.
    pub violated: usize,
    /// Violations that are mended.
    pub mended: usize,
    /// Verdicts that changed otherwise.
    pub otherwise: usize,
    /// Resources that a source which does not show all no longer shows.
    pub no_longer_seen: usize,
}

impl Moved {
    fn of(report: &DriftReport<'_>) -> Self {
        let drift = &report.drift;
        let turned = |turn| drift.turned(turn).count();
        let (violated, mended) = (turned(Turn::NewFailure), turned(Turn::Mended));
        let unseen = drift.resources.iter().filter(|r| r.presence == Presence::NoLongerSeen);
        Self {
            resources: drift.resources.len(),
            violated,
            mended,
            otherwise: drift.verdicts.len().saturating_sub(violated).saturating_sub(mended),
            no_longer_seen: unseen.count(),
        }
    }
}

/// Runs of a source that were not told of yet, oldest first. Of a source that is new to whoever watches, the newest run is
/// the first look.
///
/// # Errors
///
/// When a run is not what was kept.
pub fn untold(history: &History, source: &SourceName, told: Option<RunId>) -> Result<Vec<Run>, WatchError> {
    let mut untold = Vec::new();
    let mut next = history.newest(source)?.map(|run| run.id);
    while let Some(id) = next.filter(|id| told.is_none_or(|told| *id > told)) {
        let run = history.run(id)?;
        next = run.parent;
        untold.push(run);
        if told.is_none() {
            break;
        }
    }
    untold.reverse();
    Ok(untold)
}

/// Tells of a run: it and the one before it are judged again from what they read, compared, and taken in. `effect` says what
/// the change does to an assessment; `events` who may have made it. Both are asked only when there is news.
///
/// # Errors
///
/// When a run is not what was kept, or `effect` fails.
pub fn tell<E: From<WatchError>>(
    history: &History,
    judge: &Judge,
    watch: &Watch,
    run: &Run,
    how: How<'_>,
    effect: impl FnOnce(&DriftReport<'_>) -> Result<Option<Effect>, E>,
    events: impl FnOnce() -> Vec<ChangeEvent>,
) -> Result<Told, E> {
    let day = day_of(run.at);
    let parent = run.parent.filter(|_| !how.first);
    let (before, _) = judge.again(history, parent.unwrap_or(run.id), how.waivers.clone(), day, None)?;
    let (after, _) = judge.again(history, run.id, how.waivers, day, Some(&before))?;
    let names = |report: &CheckReport<'_>| -> Vec<String> {
        report.snapshot.documents.iter().map(|d| d.path.clone()).collect()
    };
    let (was, is) = (names(&before), names(&after));
    let earlier =
        parent.map(|id| history.run(id)).transpose().map_err(WatchError::from)?.map(|run| run.at).or(how.lost);
    let labels = (parent.unwrap_or(run.id).to_string(), run.id.to_string());
    let mut report = DriftReport::of((&before, &labels.0, &was), (&after, &labels.1, &is));
    let (watch, notices) = take_in(watch, &report, Look { before: earlier, at: run.at, quiet: how.quiet });
    let moved = Moved::of(&report);
    if notices.is_empty() {
        return Ok(Told { watch, alerts: Vec::new(), moved });
    }
    report.effect = effect(&report)?;
    let events = events();
    let who = |key: &ResourceKey, watched: &Watched| changed_by(&events, &report, key, watched);
    let digest = run.digest.to_string();
    let alerts = notices.iter().map(|notice| {
        let text = alert(&Alert { source: how.source, run: &labels.1, at: run.at, notice, report: &report, who: &who });
        let policy = notice.policy.as_ref().map_or("", |p| p.as_str());
        Alerted {
            id: Message::id_of([how.source, &digest, notice.news.as_str(), policy]),
            news: notice.news,
            policy: notice.policy.clone(),
            severity: notice.severity,
            checks: notice.checks.len(),
            text,
        }
    });
    Ok(Told { alerts: alerts.collect(), watch, moved })
}
