//! From runs that are kept to messages in the outbox.

use attesta_app::{
    check::{CheckReport, Inputs as CheckInputs, check, recheck},
    drift::DriftReport,
};
use attesta_assessment::ComponentId;
use attesta_drift::{ChangeEvent, MonitorSource, News, Notice, Observed, Origin, ResourceKey, Watched, Who, step, who};
use attesta_history::Run;
use attesta_interchange::reports::alert::{Alert, AlertText, alert, source_alert};
use attesta_kernel::{Severity, Timestamp};
use attesta_notify::Message;
use attesta_resource::Format;

use super::{Monitor, keep::Kept, look::inputs, outbox_failure};
use crate::{assess, drift, exit::Failure, history::failure, terminal, workshop};

impl Monitor<'_> {
    /// Tells of every run of a source that was not told of yet. Whether a violation is news.
    ///
    /// Messages are in the outbox before what was told is written down. After a crash between the two the same run is told
    /// of again, under the same ids, which an outbox takes once.
    pub(super) fn catch_up(&self, source: &MonitorSource, kept: &mut Kept) -> Result<bool, Failure> {
        let newest = self.history.newest(&source.name).map_err(failure)?;
        let mut untold = Vec::new();
        let mut next = newest.map(|run| run.id);
        while let Some(id) = next.filter(|id| kept.run.is_none_or(|told| *id > told)) {
            let run = self.history.run(id).map_err(failure)?;
            next = run.parent;
            untold.push(run);
            // Of a source that is new to the monitor the newest run is the first look.
            if kept.run.is_none() {
                break;
            }
        }
        let mut found = false;
        for run in untold.into_iter().rev() {
            found |= self.tell(source, kept, &run)?;
            kept.run = Some(run.id);
            kept.write(&self.disk, &self.root, &source.name)?;
        }
        Ok(found)
    }

    fn tell(&self, source: &MonitorSource, kept: &mut Kept, run: &Run) -> Result<bool, Failure> {
        let desk = match &source.assessment {
            Some(dir) => Some(assess::desk::open(self.common, &self.path(dir), Some(attesta_posture::day_of(run.at)))?),
            None => None,
        };
        let content = desk.as_ref().map_or_else(|| workshop::source(self.common), |d| d.library.source().clone());
        let catalog = workshop::catalog(&content)?;
        let policies = workshop::policies(&content, &catalog)?;
        let paths: Vec<_> = match &source.origin {
            Origin::Paths(paths) => paths.iter().map(|p| self.path(p)).collect(),
            Origin::Collect(_) => Vec::new(),
        };
        let how = inputs(self, source, run.at);
        let waivers = workshop::waivers(&paths, &how)?;
        let dictionary = std::sync::Arc::new(catalog.dictionary().clone());
        let judged = |id, earlier: Option<&CheckReport<'_>>| -> Result<_, Failure> {
            let read = self.history.snapshot(id, Some(std::sync::Arc::clone(&dictionary)), false).map_err(failure)?;
            let inputs = CheckInputs {
                catalog: &catalog,
                policies: policies.clone(),
                snapshot: read.snapshot,
                refused: read.refused,
                waivers: waivers.clone(),
                at: how.at.unwrap_or_else(workshop::today),
            };
            Ok(match earlier {
                Some(earlier) => recheck(earlier, inputs, None),
                None => check(inputs, None),
            })
        };
        let first = kept.run.is_none();
        let parent = run.parent.filter(|_| !first);
        let before = judged(parent.unwrap_or(run.id), None)?;
        let after = judged(run.id, Some(&before))?;
        let names = |report: &CheckReport<'_>| -> Vec<String> {
            report.snapshot.documents.iter().map(|d| d.path.clone()).collect()
        };
        let (was, is) = (names(&before), names(&after));
        let earlier = match parent {
            Some(id) => Some(self.history.run(id).map_err(failure)?.at),
            None => None,
        };
        let labels = (parent.unwrap_or(run.id).to_string(), run.id.to_string());
        let mut report = DriftReport::of((&before, &labels.0, &was), (&after, &labels.1, &is));
        let quiet = self.quiet(source, run.at);
        let observed = Observed { drift: &report.drift, before: earlier, at: run.at, quiet };
        let gone = |key: &ResourceKey| surely_gone(&after, key);
        let (watch, notices) = step(&kept.watch, &observed, &gone);
        if !self.common.quiet {
            self.say(source, run, first, quiet, &watch, &notices);
        }
        if let Some(desk) = desk.as_ref().filter(|_| !notices.is_empty()) {
            let component = source.component.as_deref().map(str::parse::<ComponentId>).transpose();
            let component = component
                .map_err(|e| Failure::new(crate::exit::Exit::NotEvaluated, format!("source `{}`: {e}", source.name)))?;
            report.effect = Some(drift::effect(self.common, desk, component.as_ref(), &report)?);
        }
        let events = if notices.is_empty() { Vec::new() } else { self.events(source) };
        let by = |key: &ResourceKey, watched: &Watched| attribute(&events, &report, key, watched);
        for notice in &notices {
            let text = alert(&Alert {
                source: source.name.as_str(),
                run: &run.id.to_string(),
                at: run.at,
                notice,
                report: &report,
                who: &by,
            });
            let policy = notice.policy.as_ref().map_or("", |p| p.as_str());
            let id = Message::id_of([source.name.as_str(), &run.digest.to_string(), notice.news.as_str(), policy]);
            self.put(source, id, text, notice.severity, run.at)?;
        }
        kept.watch = watch;
        Ok(notices.iter().any(|n| n.news == News::Violated))
    }

    fn say(
        &self,
        source: &MonitorSource,
        run: &Run,
        first: bool,
        quiet: bool,
        watch: &attesta_drift::Watch,
        notices: &[Notice],
    ) {
        let open = watch.checks.len();
        let word = match (first, quiet) {
            (true, _) => format!("the first look: {open} checks that do not hold are taken as known"),
            (_, true) => "a window: nothing is told until it is over".to_owned(),
            _ => format!("{} pieces of news, {open} checks do not hold", notices.len()),
        };
        terminal::note(&format!("{}: {}, {word}", source.name, run.id));
    }

    fn put(
        &self,
        source: &MonitorSource,
        id: String,
        text: AlertText,
        severity: Severity,
        at: Timestamp,
    ) -> Result<(), Failure> {
        let outbox = self.outbox()?;
        let message = Message { id, subject: text.subject, text: text.text, body: text.body };
        for route in self.plan.routes.iter().filter(|r| r.takes(&source.name, severity)) {
            outbox.put(route.name.as_str(), &message, at).map_err(outbox_failure)?;
        }
        Ok(())
    }

    /// A source that cannot be looked at is told once.
    pub(super) fn lost(
        &self,
        source: &MonitorSource,
        kept: &mut Kept,
        now: Timestamp,
        why: &str,
    ) -> Result<(), Failure> {
        if kept.lost.is_some() || self.quiet(source, now) {
            return Ok(());
        }
        kept.lost = Some(now);
        let id = Message::id_of([source.name.as_str(), "lost", &now.to_string()]);
        let text = source_alert(source.name.as_str(), now, now, Some(why));
        self.put(source, id, text, Severity::Critical, now)
    }

    /// And so is that it can be looked at again.
    pub(super) fn seen_again(&self, source: &MonitorSource, kept: &mut Kept, now: Timestamp) -> Result<(), Failure> {
        let Some(since) = kept.lost.take() else { return Ok(()) };
        let id = Message::id_of([source.name.as_str(), "back", &since.to_string()]);
        let text = source_alert(source.name.as_str(), now, since, None);
        self.put(source, id, text, Severity::Critical, now)
    }

    fn events(&self, source: &MonitorSource) -> Vec<ChangeEvent> {
        let paths: Vec<_> = source.events.iter().map(|p| self.path(p)).collect();
        let (events, faults) = attesta_cloudtrail::changes(&paths);
        for fault in faults {
            terminal::note(&format!("events of {}: {fault}; whoever they name is not known", source.name));
        }
        events
    }
}

/// Whether a resource that no side names is certainly no more.
fn surely_gone(after: &CheckReport<'_>, key: &ResourceKey) -> bool {
    let there = after.snapshot.resources.iter().any(|r| r.kind == key.kind && *r.address == *key.address);
    let seen = |format: Format| matches!(format, Format::Neutral | Format::LiveAws);
    let code = !after.snapshot.documents.iter().any(|d| seen(d.format));
    !there && (after.snapshot.complete_kinds.contains(&key.kind) || (code && after.complete()))
}

fn attribute(events: &[ChangeEvent], report: &DriftReport<'_>, key: &ResourceKey, watched: &Watched) -> Who {
    let change = report.drift.resources.iter().find(|r| r.key == *key);
    let Some(change) = change else { return Who::NotKnown };
    let after = change.after.and_then(|at| report.after.snapshot.resource(at)).map(|r| (&report.after.snapshot, r));
    let before =
        || change.before.and_then(|at| report.before.snapshot.resource(at)).map(|r| (&report.before.snapshot, r));
    match after.or_else(before) {
        Some((snapshot, resource)) => who(events, snapshot, resource, watched.before, watched.since),
        None => Who::NotKnown,
    }
}
