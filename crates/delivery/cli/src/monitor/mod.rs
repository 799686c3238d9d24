//! `attesta monitor`: looks at sources on a schedule, keeps every run, and tells what changed, once.

mod look;
mod news;
mod push;
mod routes;

use std::path::{Path, PathBuf};

use attesta_drift::{MonitorPlan, MonitorSource};
use attesta_history::History;
use attesta_kernel::Timestamp;
use attesta_notify::{Outbox, OutboxError, Outcome, Receiver};
use attesta_watch::Kept;
use clap::Args;

use crate::{
    args::Common,
    exit::{Exit, Failure},
    history::failure,
    terminal, workshop,
};

#[derive(Debug, Args)]
pub(crate) struct MonitorOptions {
    /// The configuration: sources, schedules, windows, routes (docs/how-to/monitor.md)
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Look at what is due, deliver what waits, and stop
    #[arg(long)]
    once: bool,
    /// With --once: look at every source, due or not
    #[arg(long, requires = "once")]
    all: bool,
    /// With --once: the time [default: now]
    #[arg(long, value_name = "TIMESTAMP", requires = "once")]
    time: Option<Timestamp>,
    /// Also send each snapshot to a server, into its source of the same name and the kind `pushed`; the address of the
    /// organisation (`https://HOST/api/v1/organisations/ID`), with a token in ATTESTA_TOKEN
    #[arg(long, value_name = "URL")]
    push: Option<String>,
}

/// A monitor with everything that it works with.
struct Monitor<'a> {
    common: &'a Common,
    plan: MonitorPlan,
    /// The configuration's folder: what it names is relative to it.
    beside: PathBuf,
    /// Where everything is kept.
    root: PathBuf,
    history: History,
    disk: attesta_history::Disk,
    /// Where snapshots are sent to.
    receiver: Option<Receiver>,
}

/// What one round came to.
#[derive(Debug, Clone, Copy, Default)]
struct Round {
    looked: usize,
    /// Whether a violation is news.
    found: bool,
    /// Whether something could not be looked at or brought out.
    troubled: bool,
}

/// The longest sleep between two rounds: what waits in the outbox is tried meanwhile.
const NAP: std::time::Duration = std::time::Duration::from_secs(30);

pub(crate) fn run(common: &Common, options: &MonitorOptions) -> Result<Exit, Failure> {
    let plan = attesta_content::monitor(&workshop::file(&options.file)?)
        .map_err(|faults| Failure::many(Exit::NotEvaluated, &faults))?;
    let beside = options.file.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let root = beside.join(&plan.folder);
    let disk = attesta_history::Disk::default();
    // Keys are looked for before anything is looked at: a route that cannot work is no surprise for the night.
    routes::transports(&plan, &beside)?;
    let history = History::open_or_create(&root.join("history"), &disk).map_err(failure)?;
    let receiver = options.push.as_deref().map(push::receiver).transpose()?;
    let monitor = Monitor { common, plan, beside, root, history, disk, receiver };
    let _alone = monitor.alone()?;
    if options.once {
        let round = monitor.round(options.time.unwrap_or_else(Timestamp::now), options.all)?;
        return Ok(match round {
            Round { found: true, .. } => Exit::Findings,
            Round { troubled: true, .. } => Exit::NotEvaluated,
            _ => Exit::Met,
        });
    }
    if !common.quiet {
        let count = monitor.plan.sources.len();
        terminal::note(&format!("watching {count} sources; everything is kept in {}", monitor.root.display()));
    }
    loop {
        monitor.round(Timestamp::now(), false)?;
        std::thread::sleep(NAP);
    }
}

impl Monitor<'_> {
    /// Two monitors of one folder would tell everything twice.
    fn alone(&self) -> Result<std::fs::File, Failure> {
        let failed = |e: String| Failure::new(Exit::NotEvaluated, e);
        let lock = attesta_disk::lock(&self.root.join("lock")).map_err(|e| failed(e.to_string()))?;
        lock.ok_or_else(|| {
            failed(format!("{}: another monitor works here", self.root.display()))
                .help("one monitor at a time; give this one another `folder`")
        })
    }

    /// Looks at everything that is due, and delivers what waits.
    fn round(&self, now: Timestamp, all: bool) -> Result<Round, Failure> {
        let mut round = Round::default();
        for source in &self.plan.sources {
            let mut kept = Kept::read(&self.root, &source.name)?;
            // What a crash left untold comes first: its ids are those that it would have had.
            round.found |= self.catch_up(source, &mut kept)?;
            if !all && !source.schedule.is_due(kept.tried, now) {
                round.troubled |= self.push(source);
                continue;
            }
            round.looked = round.looked.saturating_add(1);
            kept.tried = Some(now);
            match look::look(self, source, now) {
                Ok(complete) => {
                    round.troubled |= !complete;
                    self.seen_again(source, &mut kept, now)?;
                    round.found |= self.catch_up(source, &mut kept)?;
                }
                Err(why) => {
                    round.troubled = true;
                    self.lost(source, &mut kept, now, &why)?;
                }
            }
            kept.write(&self.disk, &self.root, &source.name)?;
            round.troubled |= self.push(source);
        }
        round.troubled |= self.deliver(now)?;
        Ok(round)
    }

    fn outbox(&self) -> Result<Outbox, Failure> {
        Outbox::open(&self.root.join("outbox"), &self.disk).map_err(outbox_failure)
    }

    /// Delivers what is due. Whether something could not be brought out.
    fn deliver(&self, now: Timestamp) -> Result<bool, Failure> {
        let transports = routes::transports(&self.plan, &self.beside)?;
        let mut outbox = self.outbox()?;
        let mut troubled = false;
        for attempt in outbox.deliver(&transports, now).map_err(outbox_failure)? {
            let told = match attempt.outcome {
                Outcome::Delivered => continue,
                Outcome::Waits { why, next } => format!("waits until {next}: {why}"),
                Outcome::GivenUp { why } => format!("is given up after a week and lies in outbox/failed: {why}"),
            };
            troubled = true;
            terminal::note(&format!("{}: `{}` {told}", attempt.route, attempt.subject));
        }
        Ok(troubled)
    }

    fn path(&self, text: &str) -> PathBuf {
        self.beside.join(text)
    }

    /// Whether nothing of this source is to be told at this time.
    fn quiet(&self, source: &MonitorSource, at: Timestamp) -> bool {
        self.plan.windows.iter().any(|w| w.holds(&source.name, at))
    }
}

fn outbox_failure(error: OutboxError) -> Failure {
    Failure::new(Exit::NotEvaluated, error.to_string())
}
