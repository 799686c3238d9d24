//! What the server does later: a worker takes jobs from the queue in the database, keeps them while it works, and puts
//! back what went wrong. Several servers on one database share the queue; a job belongs to whoever holds its lease.

pub(crate) mod carry;
mod checkpoint;
mod forget;
pub(crate) mod hooks;
pub(crate) mod look;
pub(crate) mod notices;
mod schedule;
mod sweep;
mod vouch;

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use attesta_access::{Action, Permit, ResourceKind, SystemActor, TenantId};
use attesta_kernel::Timestamp;
use attesta_store::{Job, NewJob};
use attesta_work::{JobId, again_after};
use jiff::SignedDuration;
use tokio::task::JoinSet;

use crate::{House, ServeError, ids, problem::Problem};

/// A job is taken for so long, and kept while somebody works at it.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// A worker keeps what it works at this often.
const KEPT: Duration = Duration::from_secs(20);
/// A worker looks for jobs this often.
const LOOKS: Duration = Duration::from_secs(1);
/// A worker does so many at once.
const AT_ONCE: usize = 4;
/// A worker that is told to stop gives what is under way so long; then another worker does it again.
const GRACE: Duration = Duration::from_secs(30);

/// What doing a job comes to: what it did, or why it did not.
pub type Doing = Pin<Box<dyn Future<Output = Result<String, String>> + Send>>;
type Handler = Arc<dyn Fn(Arc<House>, Job) -> Doing + Send + Sync>;

/// Takes jobs and does them.
pub struct Worker {
    house: Arc<House>,
    name: String,
    handlers: BTreeMap<&'static str, Handler>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("name", &self.name).field("does", &self.handlers.keys()).finish_non_exhaustive()
    }
}

impl Worker {
    /// A worker with a name of its own that does everything that the server puts into the queue.
    pub fn new(house: Arc<House>) -> Self {
        let worker = Self { house, name: format!("worker-{}", ids::number()), handlers: BTreeMap::new() };
        worker
            .does(forget::KIND, forget::forget)
            .does(sweep::KIND, sweep::sweep)
            .does(checkpoint::KIND, checkpoint::checkpoint)
            .does(vouch::KIND, vouch::vouch)
            .does(hooks::TELL, hooks::tell)
            .does(hooks::POST, hooks::deliver)
            .does(notices::LOOK, notices::look)
            .does(notices::TELL, notices::tell)
            .does(notices::LOCKOUT, notices::lockouts)
            .does(notices::DUE, notices::dues)
            .does(notices::DIGESTS, notices::digests)
            .does(notices::DIGEST, notices::digest)
            .does(notices::MAIL, notices::mail)
            .does(look::KIND, look::look)
            .does(look::MEND, look::mend)
            .does(carry::ASK, carry::ask)
            .does(carry::ANSWER, carry::answer)
            .does(carry::WITHDRAW, carry::withdraw)
    }

    /// Teaches it another kind of job.
    #[must_use]
    pub fn does<F, D>(mut self, kind: &'static str, handler: F) -> Self
    where
        F: Fn(Arc<House>, Job) -> D + Send + Sync + 'static,
        D: Future<Output = Result<String, String>> + Send + 'static,
    {
        self.handlers.insert(kind, Arc::new(move |house, job| Box::pin(handler(house, job))));
        self
    }

    /// Works until it is told to stop, and then finishes what is under way. Dropped, it leaves everything to others.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let me = Arc::new(self);
        let (mut running, mut made) = (JoinSet::new(), BTreeSet::new());
        // What is under way, by the task that does it.
        let mut held: BTreeMap<tokio::task::Id, Job> = BTreeMap::new();
        tokio::pin!(stop);
        loop {
            if let Err(error) = schedule::make(&me.house, &mut made).await {
                tracing::warn!("what is due on a schedule could not be put into the queue: {error}");
            }
            for job in me.taken(AT_ONCE.saturating_sub(running.len())).await {
                // The clock jumped ahead: this is done already, and is not begun again beside itself.
                if held.values().any(|other| other.id == job.id) {
                    continue;
                }
                let task = running.spawn(Arc::clone(&me).one(job.clone()));
                held.insert(task.id(), job);
            }
            tokio::select! {
                () = &mut stop => break,
                Some(ended) = running.join_next_with_id() => me.ended(ended, &mut held).await,
                () = tokio::time::sleep(LOOKS) => {}
            }
        }
        let rest = async { while running.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, rest).await.is_err() {
            tracing::warn!(left = running.len(), "jobs were left; they are begun again when their lease runs out");
        }
    }

    /// Does what is due, one after the other, until nothing is.
    pub(crate) async fn until_idle(self) {
        let me = Arc::new(self);
        loop {
            let jobs = me.taken(AT_ONCE).await;
            if jobs.is_empty() {
                return;
            }
            for job in jobs {
                Arc::clone(&me).one(job).await;
            }
        }
    }

    async fn taken(&self, most: usize) -> Vec<Job> {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        if most == 0 {
            return Vec::new();
        }
        let now = self.house.clock.now();
        let taken = self.house.store.take_jobs(&self.name, now, later(now, LEASE), most).await;
        taken.unwrap_or_else(|error| {
            tracing::warn!("no jobs can be had: {error}");
            Vec::new()
        })
    }

    /// Forgets a task that ended; a job that broke its task failed.
    async fn ended(
        &self,
        ended: Result<(tokio::task::Id, ()), tokio::task::JoinError>,
        held: &mut BTreeMap<tokio::task::Id, Job>,
    ) {
        match ended {
            Ok((task, ())) => drop(held.remove(&task)),
            Err(error) => {
                if let Some(job) = held.remove(&error.id()) {
                    self.write(&job, &Err(format!("it broke: {error}"))).await;
                }
            }
        }
    }

    /// Does one job and says how it went; silent when it was somebody else's by then.
    async fn one(self: Arc<Self>, job: Job) {
        let Some(result) = self.done(&job).await else {
            tracing::warn!(job = job.id, kind = job.kind, "the lease ran out; somebody else does it");
            return;
        };
        self.write(&job, &result).await;
    }

    /// Notes how a job went. What cannot be noted is done again when its lease runs out.
    async fn write(&self, job: &Job, result: &Result<String, String>) {
        let now = self.house.clock.now();
        self.house.metrics.did(&job.kind, result.is_ok());
        let written = match result {
            Ok(told) => self.house.store.end_job(&job.id, &self.name, &short(told), now).await,
            Err(why) => {
                let again = later(now, again_after(&job.id, job.attempts));
                tracing::warn!(job = job.id, kind = job.kind, attempts = job.attempts, "a job failed: {}", short(why));
                self.house.store.fail_job(&job.id, &self.name, &short(why), again, now).await
            }
        };
        match written {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!(job = job.id, "it ended after its lease ran out; somebody else may do it again")
            }
            Err(error) => tracing::warn!(job = job.id, "what became of it could not be written: {error}"),
        }
    }

    async fn done(&self, job: &Job) -> Option<Result<String, String>> {
        let Some(handler) = self.handlers.get(job.kind.as_str()) else {
            return Some(Err(format!("this server does not know how to do `{}`", job.kind)));
        };
        let mut doing = handler(Arc::clone(&self.house), job.clone());
        loop {
            tokio::select! {
                result = &mut doing => return Some(result),
                () = tokio::time::sleep(KEPT) => {
                    let until = later(self.house.clock.now(), LEASE);
                    // When the database is away, the lease may still hold: only a clear no ends it.
                    if let Ok(false) = self.house.store.keep_job(&job.id, &self.name, until).await {
                        return None;
                    }
                }
            }
        }
    }
}

/// Puts a job of the instance itself into the queue; whether it is new.
///
/// # Errors
///
/// When the database is not to be had.
pub async fn put(house: &House, kind: &str, body: &str, most: u32, once: Option<&str>) -> Result<bool, ServeError> {
    let now = house.clock.now();
    let mut work = house.store.house_work().await?;
    let new = NewJob { once: once.map(str::to_owned), ..fresh(None, kind, body, most, now) };
    let is_new = work.add_job(&new, now).await?;
    work.commit_quietly().await?;
    Ok(is_new)
}

/// A job that is due at once.
pub(crate) fn fresh(tenant: Option<TenantId>, kind: &str, body: &str, most: u32, now: Timestamp) -> NewJob {
    NewJob {
        id: ids::fresh!(JobId, now).to_string(),
        tenant: tenant.map(|t| t.to_string()),
        kind: kind.to_owned(),
        body: body.to_owned(),
        due: now,
        most,
        once: None,
    }
}

/// The organisation of a job, and leave to work for it.
pub(crate) fn permit(
    house: &House,
    job: &Job,
    actor: SystemActor,
    action: Action,
    resource: ResourceKind,
) -> Result<Permit, String> {
    let tenant = job.tenant.as_deref().and_then(|t| t.parse().ok()).ok_or("the job names no organisation")?;
    house.system(actor, action, resource, tenant).map_err(told)
}

/// A problem as a job tells it.
pub(crate) fn told(problem: Problem) -> String {
    problem.title().to_owned()
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.checked_add(wait).unwrap_or(now)
}

fn short(text: &str) -> String {
    text.chars().take(500).collect()
}
