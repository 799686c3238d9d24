//! From runs that are kept to messages in the outbox.

use std::sync::Arc;

use attesta_app::drift::DriftReport;
use attesta_assessment::ComponentId;
use attesta_drift::{ChangeEvent, MonitorSource, News, Origin};
use attesta_history::Run;
use attesta_interchange::reports::alert::{AlertText, source_alert};
use attesta_kernel::{Severity, Timestamp};
use attesta_notify::Message;
use attesta_watch::{Alerted, How, Judge, Kept, Told, tell, untold};

use super::{Monitor, look::inputs, outbox_failure};
use crate::{assess, drift, exit::Failure, terminal, workshop};

impl Monitor<'_> {
    /// Tells of every run of a source that was not told of yet. Whether a violation is news.
    ///
    /// Messages are in the outbox before what was told is written down. After a crash between the two the same run is told
    /// of again, under the same ids, which an outbox takes once.
    pub(super) fn catch_up(&self, source: &MonitorSource, kept: &mut Kept) -> Result<bool, Failure> {
        let mut found = false;
        for run in untold(&self.history, &source.name, kept.run)? {
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
        let judge = Judge::new(&content, Arc::new(workshop::catalog(&content)?))?;
        let paths: Vec<_> = match &source.origin {
            Origin::Paths(paths) => paths.iter().map(|p| self.path(p)).collect(),
            Origin::Collect(_) => Vec::new(),
        };
        let waivers = workshop::waivers(&paths, &inputs(self, source, run.at))?;
        let (first, quiet) = (kept.run.is_none(), self.quiet(source, run.at));
        let how = How { source: source.name.as_str(), waivers, quiet, first, lost: None };
        let effect = |report: &DriftReport<'_>| -> Result<_, Failure> {
            let Some(desk) = &desk else { return Ok(None) };
            let component = source.component.as_deref().map(str::parse::<ComponentId>).transpose();
            let component = component
                .map_err(|e| Failure::new(crate::exit::Exit::NotEvaluated, format!("source `{}`: {e}", source.name)))?;
            drift::effect(self.common, desk, component.as_ref(), report).map(Some)
        };
        let told = tell(&self.history, &judge, &kept.watch, run, how, effect, || self.events(source))?;
        if !self.common.quiet {
            self.say(source, run, first, quiet, &told);
        }
        let found = told.alerts.iter().any(|alert| alert.news == News::Violated);
        for Alerted { id, severity, text, .. } in told.alerts {
            self.put(source, id, text, severity, run.at)?;
        }
        kept.watch = told.watch;
        Ok(found)
    }

    fn say(&self, source: &MonitorSource, run: &Run, first: bool, quiet: bool, told: &Told) {
        let open = told.watch.checks.len();
        let word = match (first, quiet) {
            (true, _) => format!("the first look: {open} checks that do not hold are taken as known"),
            (_, true) => "a window: nothing is told until it is over".to_owned(),
            _ => format!("{} pieces of news, {open} checks do not hold", told.alerts.len()),
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
