//! Looks at a source: reads it, judges it, keeps the run, and tells what is news.
//!
//! The run is durable before anything is told of it. What is told of it (the run's record, its evidence, alerts, the next
//! look) is one transaction, under ids that follow from the run: when the server dies between the two, the next look tells
//! what was left untold, and nothing is told twice. A look that fails is told as such; what the source last said is never
//! taken for how things are now.

use std::{fs, sync::Arc};

use attesta_access::{Action, Permit, ResourceKind, SystemActor, TenantId};
use attesta_app::drift::DriftReport;
use attesta_assessment::ComponentId;
use attesta_collectors::{Limits, Request, Silent, collect_keeping, collect_sent};
use attesta_desk::Desk;
use attesta_drift::{ChangeEvent, Effect, Schedule};
use attesta_evaluation::Waiver;
use attesta_history::Run;
use attesta_interchange::reports::alert::{AlertText, source_alert};
use attesta_kernel::{Digest, Timestamp};
use attesta_posture::Verdict;
use attesta_store::{Job, NewJob, Page, Record, RecordSieve, StoreError, Work};
use attesta_watch::{How, Kept, Told, WatchError, keep_run, tell, untold, waivers_beside};
use attesta_work::{AlertId, LookId};
use serde::{Deserialize, Serialize};

use super::{fresh, permit, told};
use crate::{
    House, ids,
    problem::Problem,
    watching::{
        ALERT, Accepted, AlertBody, AwsAsk, Documented, Origin, Plan, RUN, RunBody, SOURCE, Shelf, SourceBody,
        not_seen, place,
    },
};

mod shown;

/// The word in the queue.
pub(crate) const KIND: &str = "look";
/// Attempts: a look that the source refuses is done with the first; these are for a database that is away.
const MOST: u32 = 8;
/// What is sent for one look is no more in all: it is read whole.
pub(crate) const MOST_READ: u64 = 1 << 30;

/// Why somebody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Why {
    /// The schedule says so; of a source that is pushed: nothing came for too long.
    Schedule,
    /// A person or a program asked.
    Asked,
}

/// What is put into the queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Look {
    pub(crate) source: String,
    /// The source's revision: a look of an older schedule is left out.
    pub(crate) rev: u64,
    pub(crate) why: Why,
    /// What somebody sent: name and SHA-256.
    #[serde(default)]
    pub(crate) documents: Vec<(String, String)>,
}

/// Puts the next look by the schedule into the queue, after one at `last`.
pub(crate) async fn put_next(
    work: &mut Work,
    tenant: TenantId,
    (id, rev): (&str, u64),
    (origin, schedule): (&Origin, &Schedule),
    last: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let due = match (origin, last) {
        // Nobody is asked: only that nothing came is noticed.
        (Origin::Pushed {}, last) => schedule.fresh_until(last.unwrap_or(now)),
        (_, None) => now,
        (_, Some(last)) => schedule.next(Some(last)).max(now),
    };
    let look = Look { source: id.to_owned(), rev, why: Why::Schedule, documents: Vec::new() };
    let body = serde_json::to_string(&look).map_err(|e| StoreError::Refused(e.to_string()))?;
    let once = Some(format!("{KIND}/{id}/{rev}/{}", due.as_second()));
    work.add_job(&NewJob { due, once, ..fresh(Some(tenant), KIND, &body, MOST, now) }, now).await.map(drop)
}

/// Puts a look that somebody asked for into the queue; gives the job's id.
pub(crate) async fn put_asked(
    work: &mut Work,
    tenant: TenantId,
    look: &Look,
    now: Timestamp,
) -> Result<String, Problem> {
    let body = serde_json::to_string(look).map_err(Problem::internal)?;
    let job = fresh(Some(tenant), KIND, &body, MOST, now);
    work.add_job(&job, now).await?;
    Ok(job.id)
}

/// A source, as a look needs it.
struct Watched {
    id: String,
    rev: u64,
    body: SourceBody,
    plan: Plan,
    shelf: Shelf,
}

/// What a look came to, before it is stored. The lock is held until it is.
struct Looked {
    _lock: fs::File,
    kept: Kept,
    runs: Vec<Shown>,
    /// Why nothing was seen.
    failed: Option<(Timestamp, String)>,
    at: Timestamp,
}

/// A run with what is told of it.
struct Shown {
    run: Run,
    told: Told,
    statement: Vec<u8>,
    /// What the statement shows, without when.
    shows: Digest,
}

pub(super) async fn look(house: Arc<House>, job: Job) -> Result<String, String> {
    let permit = permit(&house, &job, SystemActor::Collector, Action::Run, ResourceKind::Source)?;
    let look: Look = serde_json::from_str(&job.body).map_err(|e| e.to_string())?;
    let mut room = house.store.room(&permit).await.map_err(|e| e.to_string())?;
    let record = match room.record(SOURCE, &look.source).await {
        Ok(record) => record,
        Err(StoreError::NotFound { .. }) => return Ok("the source was removed; nobody looked".to_owned()),
        Err(error) => return Err(error.to_string()),
    };
    if look.why == Why::Schedule && (record.state == "paused" || record.rev != look.rev) {
        return Ok("the source was paused or changed since; nobody looked".to_owned());
    }
    let last = newest_seen(&mut room, &record.id).await?.map(|(record, _)| record.created);
    let accepted = Accepted::of(&mut room).await.map_err(told)?;
    let body: SourceBody = serde_json::from_str(&record.body).map_err(|e| e.to_string())?;
    let desk = touched(&house, &mut room, &body).await;
    drop(room);
    let plan = body.plan().map_err(told)?;
    let waits = look.why == Why::Schedule && matches!(body.origin, Origin::Pushed {});
    if waits && last.is_some_and(|last| house.clock.now() < plan.schedule.fresh_until(last)) {
        return Ok("something was sent since; nobody looked".to_owned());
    }
    let shelf = house.shelf(permit.tenant(), &record.id).map_err(|e| e.to_string())?;
    let source = Watched { id: record.id, rev: record.rev, body, plan, shelf };
    let sent = bytes_of(&house, permit.tenant(), &look.documents).await?;
    let (worker, held) = (Arc::clone(&house), permit.tenant());
    let looking = tokio::task::spawn_blocking(move || {
        let looked = source.look(&worker, held, sent, (&accepted, desk.as_deref()), last)?;
        Ok::<_, String>((source, looked))
    });
    let (source, looked) = looking.await.map_err(|e| e.to_string())??;
    let said = store(&house, &permit, &source, &looked).await?;
    let Looked { kept, _lock, .. } = looked;
    let written = tokio::task::spawn_blocking(move || {
        let written = kept.write(&source.shelf.disk, &source.shelf.root, &source.plan.name);
        drop(_lock);
        written
    });
    written.await.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
    // What was sent stays until the sweep: another look that waits, or an upload, may name the same bytes.
    Ok(said)
}

/// The assessment that alerts of a source speak of, where there is one and it can be opened.
async fn touched(house: &House, room: &mut attesta_store::Room, source: &SourceBody) -> Option<Arc<Desk>> {
    if source.touches.assessment.is_empty() {
        return None;
    }
    house.desk(room, &source.touches.assessment).await.ok().map(|(desk, _)| desk)
}

/// The newest look that saw the source.
async fn newest_seen(room: &mut attesta_store::Room, source: &str) -> Result<Option<(Record, RunBody)>, String> {
    let mut page = Page::first(100);
    loop {
        let found = room.newest_records(RUN, source, &page).await.map_err(|e| e.to_string())?;
        let Some(last) = found.last().map(|r| r.id.clone()) else { return Ok(None) };
        if let Some(record) = found.into_iter().find(|r| r.state != "failed") {
            let body = serde_json::from_str(&record.body).map_err(|e| e.to_string())?;
            return Ok(Some((record, body)));
        }
        page.after = last;
    }
}

/// Whether the last word about a source is that it is lost; since when.
async fn told_lost(room: &mut attesta_store::Room, source: &str) -> Result<Option<Timestamp>, String> {
    let found = room.newest_records(ALERT, source, &Page::first(1)).await.map_err(|e| e.to_string())?;
    let Some(record) = found.into_iter().next() else { return Ok(None) };
    let body: AlertBody = serde_json::from_str(&record.body).map_err(|e| e.to_string())?;
    Ok((body.news == "source_lost").then_some(record.created))
}

/// The bytes that somebody sent.
async fn bytes_of(
    house: &House,
    tenant: TenantId,
    documents: &[(String, String)],
) -> Result<Vec<(String, Vec<u8>)>, String> {
    let blobs = house.blobs.of(&tenant.to_string()).map_err(|e| e.to_string())?;
    let (mut read, mut all) = (Vec::new(), 0_u64);
    for (name, sha256) in documents {
        let digest: Digest = sha256.parse().map_err(|_| format!("`{sha256}` is no digest"))?;
        let size = blobs.exists(&digest).await.map_err(|e| format!("{name}: {e}"))?;
        all = all.saturating_add(size.ok_or_else(|| format!("{name}: the bytes are gone"))?);
        if all > MOST_READ {
            return Err(too_much());
        }
        let bytes = blobs.head(&digest, u64::MAX).await.map_err(|e| format!("{name}: {e}"))?;
        if Digest::of(&bytes) != digest {
            return Err(format!("{name}: the bytes are not those that were sent"));
        }
        read.push((name.clone(), bytes.to_vec()));
    }
    Ok(read)
}

/// Why a look does not read what was sent.
pub(crate) fn too_much() -> String {
    format!("one look reads at most {} MiB of what is sent", MOST_READ >> 20)
}

/// The word in the queue for what mends a broken chain of looks.
pub(crate) const MEND: &str = "look-mend";

/// Each look puts the next one into the queue. Where one was given up, the chain is broken: this begins it anew, hourly.
pub(super) async fn mend(house: Arc<House>, job: Job) -> Result<String, String> {
    let permit = permit(&house, &job, SystemActor::Collector, Action::Run, ResourceKind::Source)?;
    let text = |e: StoreError| e.to_string();
    let now = house.clock.now();
    let mut work = house.store.work(&permit).await.map_err(text)?;
    let sources = work.room().records(SOURCE, &RecordSieve::default(), &Page::first(500)).await.map_err(text)?;
    let looks = work.room().newest_about_each(SOURCE, RUN, "").await.map_err(text)?;
    let mut mended = 0_u32;
    for source in sources.iter().filter(|source| source.state == "active") {
        let body: SourceBody = serde_json::from_str(&source.body).map_err(|e| e.to_string())?;
        let plan = body.plan().map_err(told)?;
        let last = looks.iter().find(|look| look.about == source.id).map_or(source.updated, |look| look.created);
        if now <= plan.schedule.fresh_until(last) {
            continue;
        }
        let look = Look { source: source.id.clone(), rev: source.rev, why: Why::Schedule, documents: Vec::new() };
        let body = serde_json::to_string(&look).map_err(|e| e.to_string())?;
        let once = Some(format!("{MEND}/{}/{}", source.id, now.as_second() / 3_600));
        let new = NewJob { once, ..fresh(Some(permit.tenant()), KIND, &body, MOST, now) };
        mended += u32::from(work.add_job(&new, now).await.map_err(text)?);
    }
    work.commit_quietly().await.map_err(text)?;
    Ok(format!("{mended} overdue looks were put into the queue"))
}

impl Watched {
    fn look(
        &self,
        house: &House,
        tenant: TenantId,
        sent: Vec<(String, Vec<u8>)>,
        (accepted, desk): (&Accepted, Option<&Desk>),
        last: Option<Timestamp>,
    ) -> Result<Looked, String> {
        let failed = |e: WatchError| e.to_string();
        let shelf = &self.shelf;
        shelf.disk.folder(&shelf.root).map_err(|e| e.to_string())?;
        attesta_disk::own_alone(&shelf.root).map_err(|e| e.to_string())?;
        let lock = attesta_disk::lock(&shelf.root.join("lock")).map_err(|e| e.to_string())?;
        let lock = lock.ok_or("another worker looks at this source")?;
        let mut kept = Kept::read(&shelf.root, &self.plan.name).map_err(failed)?;
        let history = shelf.history_to_write().map_err(failed)?;
        let at = house.clock.now();
        // As the database keeps times.
        let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
        let accepted = accepted.at(&self.id, at).map_err(told)?;
        let with = |beside: Vec<Waiver>| beside.into_iter().chain(accepted.iter().cloned()).collect::<Vec<_>>();
        let read = self.read(house, tenant, sent, last, at);
        let kept_run = read.and_then(|(collection, beside)| {
            let waivers = with(beside);
            let run = keep_run(&history, &shelf.disk, &shelf.judge, &self.plan.name, at, collection, waivers.clone());
            // That it cannot be kept says nothing of the source: somebody tries again.
            match run {
                Ok(_) => Ok(Ok(waivers)),
                Err(WatchError::NotSeen(why)) => Err(why),
                Err(error) => Ok(Err(error.to_string())),
            }
        });
        let (waivers, failed_with) = match kept_run {
            Ok(Ok(waivers)) => (waivers, None),
            Ok(Err(trouble)) => return Err(trouble),
            Err(why) => (with(self.waivers(house, tenant).unwrap_or_default()), Some((at, why))),
        };
        let mut runs = Vec::new();
        for run in untold(&history, &self.plan.name, kept.run).map_err(failed)? {
            let how = How {
                source: self.plan.name.as_str(),
                waivers: waivers.clone(),
                quiet: self.plan.quiet(run.at),
                first: kept.run.is_none(),
                lost: last.filter(|_| kept.run.is_none()),
            };
            let effect =
                |report: &DriftReport<'_>| Ok::<_, WatchError>(desk.and_then(|desk| self.effect(desk, report)));
            let events = || self.events(house, tenant);
            let told = tell(&history, &shelf.judge, &kept.watch, &run, how, effect, events);
            let told = told.map_err(failed)?;
            kept.watch = told.watch.clone();
            kept.run = Some(run.id);
            let verdicts = history.verdicts(run.id).map_err(|e| e.to_string())?;
            let (statement, shows) = shown::statement(tenant, &self.id, &self.body, &run, &verdicts);
            runs.push(Shown { run, told, statement, shows });
        }
        kept.tried = Some(at);
        Ok(Looked { _lock: lock, kept, runs, failed: failed_with, at })
    }

    /// Reads what is watched.
    fn read(
        &self,
        house: &House,
        tenant: TenantId,
        sent: Vec<(String, Vec<u8>)>,
        last: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<(attesta_collectors::Collection, Vec<Waiver>), String> {
        let dictionary = Some(self.shelf.judge.dictionary());
        match &self.body.origin {
            Origin::Folder { place: name } | Origin::File { place: name } => {
                let allowed = place(&house.config, tenant, name)
                    .ok_or_else(|| format!("the operator no longer lets this organisation watch `{name}`"))?;
                let request = Request {
                    paths: vec![allowed.path.clone()],
                    keep_raw: false,
                    limits: Limits::default(),
                    dictionary,
                };
                let mut collection = collect_keeping(&request, &Silent);
                // Where it lies on this machine is nobody's business.
                let root = allowed.path.display().to_string();
                let inside = |path: &str| {
                    let rest = path.strip_prefix(root.trim_end_matches('/'))?;
                    (rest.is_empty() || rest.starts_with('/')).then(|| format!("{name}{rest}"))
                };
                collection.rename(inside);
                Ok((collection, waivers_beside(&allowed.path).map_err(|e| e.to_string())?))
            }
            Origin::Aws { role, regions, external_id } => {
                let reader = house.config.aws.as_ref().ok_or("this server reads no AWS accounts")?;
                let ask = AwsAsk { role: role.clone(), external_id: external_id.clone(), regions: regions.clone() };
                let bytes = reader.read(&ask)?;
                Ok((collect_sent(vec![(format!("{}.json", self.plan.name), bytes)], dictionary), Vec::new()))
            }
            Origin::Pushed {} if sent.is_empty() => Err(match last {
                Some(last) => format!("nothing was sent since {last}; it is {at}"),
                None => "nothing was sent yet".to_owned(),
            }),
            Origin::Pushed {} => Ok((collect_sent(sent, dictionary), Vec::new())),
        }
    }

    /// What a change does to the assessment that it touches; nothing is said of one that cannot be worked out.
    fn effect(&self, desk: &Desk, report: &DriftReport<'_>) -> Option<Effect> {
        let component = match self.body.touches.component.as_str() {
            "" => None,
            text => Some(text.parse::<ComponentId>().ok()?),
        };
        attesta_desk::effect::of(desk, component.as_ref(), report).ok()
    }

    /// Changes that CloudTrail's files tell of, in the places that the source names and the operator lets be read.
    fn events(&self, house: &House, tenant: TenantId) -> Vec<ChangeEvent> {
        let named = self.body.touches.events.iter();
        let paths: Vec<_> = named.filter_map(|name| Some(place(&house.config, tenant, name)?.path.clone())).collect();
        // Whoever a file that cannot be read names is not known.
        attesta_cloudtrail::changes(&paths).0
    }

    fn waivers(&self, house: &House, tenant: TenantId) -> Option<Vec<Waiver>> {
        match &self.body.origin {
            Origin::Folder { place: name } | Origin::File { place: name } => {
                waivers_beside(&place(&house.config, tenant, name)?.path).ok()
            }
            Origin::Aws { .. } | Origin::Pushed {} => None,
        }
    }
}

/// Stores what a look came to; says it in a line.
async fn store(house: &House, permit: &Permit, source: &Watched, looked: &Looked) -> Result<String, String> {
    let tenant = permit.tenant();
    let text = |e: StoreError| e.to_string();
    let mut receipts = Vec::new();
    let blobs = house.blobs.of(&tenant.to_string()).map_err(|e| e.to_string())?;
    let mut work = house.store.work(permit).await.map_err(text)?;
    let mut before = newest_seen(work.room(), &source.id).await?.map(|(_, body)| body);
    drop(work);
    // Bytes are durable before anything names them.
    for shown in &looked.runs {
        let same = before.as_ref().filter(|body| body.shows == shown.shows.to_string() && !body.evidence.is_empty());
        let evidence = match same {
            Some(body) => shown::Shows::As(body.evidence.clone()),
            None => shown::Shows::New(shown::kept(&blobs, &shown.statement).await?),
        };
        let named = evidence.id(&shown.run);
        before = Some(RunBody { shows: shown.shows.to_string(), evidence: named, ..RunBody::default() });
        receipts.push(evidence);
    }
    let mut work = house.store.work(permit).await.map_err(text)?;
    work.alone().await.map_err(text)?;
    let lost = told_lost(work.room(), &source.id).await?;
    let at = house.clock.now();
    let (mut news, mut said) = (0_usize, Vec::new());
    for (shown, evidence) in looked.runs.iter().zip(&receipts) {
        let id = run_id(&shown.run);
        let body = run_body(shown, evidence.id(&shown.run));
        let state = if shown.run.complete { "complete" } else { "partial" };
        match work.add_record(&record(RUN, id, &source.id, state, &body, shown.run.at)?).await {
            Ok(()) => {}
            // It was told before the server died.
            Err(StoreError::Exists { .. }) => continue,
            Err(error) => return Err(error.to_string()),
        }
        if let shown::Shows::New(receipt) = evidence {
            shown::add(&mut work, source, &shown.run, receipt, at).await?;
        }
        for alert in &shown.told.alerts {
            let body = AlertBody {
                policy: alert.policy.as_ref().map(ToString::to_string),
                ..alert_body(alert.news.as_str(), &alert.severity.to_string(), &alert.text, Some(&shown.run))
            };
            raise(&mut work, source, &alert.id, &body, shown.run.at).await?;
            news += 1;
        }
        let t = shown.run.tally;
        said.push(format!(
            "{}: {} pass, {} fail, {} waived, {} unknown",
            shown.run.id,
            t.pass,
            t.fail,
            t.waived,
            t.untold()
        ));
    }
    if let Some((at, why)) = &looked.failed {
        let body = RunBody { why: Some(why.chars().take(2_000).collect()), ..RunBody::default() };
        work.add_record(&record(RUN, ids::fresh!(LookId, *at).to_string(), &source.id, "failed", &body, *at)?)
            .await
            .map_err(text)?;
        if lost.is_none() && !source.plan.quiet(*at) {
            let written = source_alert(source.plan.name.as_str(), *at, *at, Some(why));
            let body = alert_body("source_lost", "critical", &written, None);
            raise(&mut work, source, &format!("lost/{at}"), &body, *at).await?;
            news += 1;
        }
        said.push(format!("it could not be looked at: {why}"));
    } else if let Some(lost) = lost {
        let written = source_alert(source.plan.name.as_str(), looked.at, lost, None);
        let body = alert_body("source_back", "critical", &written, None);
        raise(&mut work, source, &format!("back/{lost}"), &body, looked.at).await?;
        news += 1;
    }
    let whose = (source.id.as_str(), source.rev);
    let how = (&source.body.origin, &source.plan.schedule);
    put_next(&mut work, tenant, whose, how, Some(looked.at), at).await.map_err(text)?;
    house.commit(work, tenant, "system", at).await.map_err(told)?;
    Ok(format!("{}; {news} pieces of news", said.join("; ")))
}

/// An alert becomes a record, and its leaf an event: webhooks hear `alert.added`, and whoever sends mail reads the record.
/// The same news of the same run has the same id.
async fn raise(work: &mut Work, source: &Watched, id: &str, body: &AlertBody, at: Timestamp) -> Result<(), String> {
    let named = Digest::of_parts([source.id.as_bytes(), id.as_bytes()]);
    let id = AlertId::new(ids::milliseconds(at), ten(&named)).to_string();
    match work.add_record(&record(ALERT, id, &source.id, "told", body, at)?).await {
        Ok(()) | Err(StoreError::Exists { .. }) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

fn alert_body(news: &str, severity: &str, text: &AlertText, run: Option<&Run>) -> AlertBody {
    AlertBody {
        news: news.to_owned(),
        severity: severity.to_owned(),
        policy: None,
        run: run.map(run_id),
        subject: text.subject.clone(),
        text: text.text.clone(),
        alert: serde_json::from_str(&text.body).unwrap_or_default(),
    }
}

/// The id of a run's record follows from the run.
pub(crate) fn run_id(run: &Run) -> String {
    let named = Digest::of(run.digest.to_string().as_bytes());
    LookId::new(ids::milliseconds(run.at), ten(&named)).to_string()
}

fn ten(digest: &Digest) -> [u8; 10] {
    let text = digest.to_string();
    let mut ten = [0; 10];
    for (byte, at) in ten.iter_mut().zip((0..).step_by(2)) {
        *byte = text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or(0);
    }
    ten
}

fn record(
    kind: &str,
    id: String,
    source: &str,
    state: &str,
    body: &impl Serialize,
    at: Timestamp,
) -> Result<Record, String> {
    Ok(Record {
        kind: kind.to_owned(),
        id,
        about: source.to_owned(),
        state: state.to_owned(),
        owner: String::new(),
        due: String::new(),
        rev: 1,
        body: serde_json::to_string(body).map_err(|e| e.to_string())?,
        created: at,
        updated: at,
        editor: "system".to_owned(),
    })
}

fn run_body(shown: &Shown, evidence: String) -> RunBody {
    let (run, moved) = (&shown.run, shown.told.moved);
    let wide = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    RunBody {
        number: Some(run.id.number()),
        why: None,
        digest: run.digest.to_string(),
        content: run.content.to_string(),
        tool: run.tool.clone(),
        documents: run
            .documents
            .iter()
            .map(|d| Documented { path: d.path.clone(), sha256: d.digest.to_string(), bytes: d.bytes })
            .collect(),
        unseen: not_seen(run),
        tally: Verdict::ALL.map(|v| run.tally.count(v)),
        moved: [moved.resources, moved.violated, moved.mended, moved.otherwise].map(wide),
        news: wide(shown.told.alerts.len()),
        evidence,
        shows: shown.shows.to_string(),
    }
}
