//! Runs of sources, and what they told.

use std::sync::Arc;

use attesta_access::{Action, Circumstance, ResourceKind, authorise};
use attesta_kernel::Timestamp;
use attesta_store::{Page, Record};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    House,
    caller::Caller,
    page::Listed,
    problem::{Body, Problem},
    sent::{Asked, Named},
    watching::{ALERT, AlertBody, Documented, RUN, RunBody},
};

/// How many checks.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub(crate) struct Counted {
    pub(crate) pass: u64,
    pub(crate) fail: u64,
    pub(crate) waived: u64,
    pub(crate) unknown: u64,
    pub(crate) errored: u64,
}

/// What changed since the run before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Changed {
    /// Resources that came, went or are other.
    resources: u64,
    /// Violations that are new.
    violated: u64,
    /// Violations that are mended.
    mended: u64,
    /// Verdicts that changed otherwise.
    otherwise: u64,
}

/// A look at a source.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Run {
    /// Its id.
    id: String,
    /// The source.
    source: String,
    /// `complete`; `partial`: something was not seen, and counts as unknown; or `failed`: nothing was seen.
    state: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Its number in the source's history.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    /// Why nothing was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// What it said.
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Counted>,
    /// What changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<Changed>,
    /// Pieces of news.
    news: u64,
    /// What was read.
    documents: Vec<Documented>,
    /// What was not seen, the first of it.
    not_seen: Vec<String>,
    /// The evidence that shows it; of an earlier run of that day, where this one saw the same.
    evidence: String,
    /// Digest over all that is kept of it and of every run before it.
    digest: String,
    /// Digest of the policies and the catalog that it was judged by.
    content: String,
    /// Which program judged.
    tool: String,
}

/// A piece of news.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alert {
    /// Its id.
    id: String,
    /// The source.
    source: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `violated`, `untold`, `waived`, `mended`, `gone`, `told_again`, `source_lost` or `source_back`.
    news: String,
    /// How bad.
    severity: String,
    /// The policy, where all is of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<String>,
    /// The run that showed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    /// One line.
    subject: String,
    /// For people.
    text: String,
    /// For programs: `attesta.alert/1`, with each check, since when, what changed and what it touches.
    #[schema(value_type = Object)]
    alert: serde_json::Value,
}

/// Of which source, newest first.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfSource {
    /// Of this source; of all when nothing is said.
    #[serde(default)]
    source: String,
    /// The `next` of the page before; nothing to begin.
    #[serde(default)]
    after: String,
    /// At most so many: 1 to 500, 50 when nothing is said.
    #[serde(default)]
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

async fn newest<T>(
    house: &House,
    caller: &Caller,
    resource: ResourceKind,
    kind: &str,
    asked: &OfSource,
    shown: impl Fn(Record) -> Result<T, Problem>,
) -> Result<Listed<T>, Problem> {
    let inside = Circumstance::within(caller.tenant());
    let permit = authorise(&caller.principal, Action::Read, resource, &inside, house.clock.now())?;
    let page = Page { after: asked.after.clone(), limit: asked.limit.unwrap_or(50).clamp(1, 500) };
    let found = house.store.room(&permit).await?.newest_records(kind, &asked.source, &page).await?;
    let full = found.len() >= usize::try_from(page.limit).unwrap_or(usize::MAX);
    let next = found.last().filter(|_| full).map(|record| record.id.clone());
    Ok(Listed { items: found.into_iter().map(shown).collect::<Result<_, _>>()?, next })
}

/// Looks at sources, newest first; those that failed too.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/runs",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), OfSource),
    responses((status = 200, body = Listed<Run>), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(asked): Asked<OfSource>,
) -> Result<Response, Problem> {
    Ok(Json(newest(&house, &caller, ResourceKind::Source, RUN, &asked, run).await?).into_response())
}

/// A look at a source.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/runs/{run}",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), ("run" = String, Path)),
    responses((status = 200, body = Run), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let inside = Circumstance::within(caller.tenant());
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Source, &inside, house.clock.now())?;
    Ok(Json(run(house.store.room(&permit).await?.record(RUN, &id).await?)?).into_response())
}

/// What changed over time, as it was told, newest first: the drift timeline.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/posture/timeline",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), OfSource),
    responses((status = 200, body = Listed<Alert>), (status = "4XX", body = Body))
)]
pub(crate) async fn timeline(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(asked): Asked<OfSource>,
) -> Result<Response, Problem> {
    Ok(Json(newest(&house, &caller, ResourceKind::Finding, ALERT, &asked, alert).await?).into_response())
}

/// A piece of news: what the event `alert.added` is about.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/posture/timeline/{alert}",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), ("alert" = String, Path)),
    responses((status = 200, body = Alert), (status = "4XX", body = Body))
)]
pub(crate) async fn read_alert(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let inside = Circumstance::within(caller.tenant());
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Finding, &inside, house.clock.now())?;
    Ok(Json(alert(house.store.room(&permit).await?.record(ALERT, &id).await?)?).into_response())
}

fn run(record: Record) -> Result<Run, Problem> {
    let body: RunBody = serde_json::from_str(&record.body).map_err(Problem::internal)?;
    let [pass, fail, waived, unknown, errored] = body.tally;
    let [resources, violated, mended, otherwise] = body.moved;
    let seen = body.number.is_some();
    Ok(Run {
        id: record.id,
        source: record.about,
        state: record.state,
        at: record.created,
        number: body.number,
        why: body.why,
        checks: seen.then_some(Counted { pass, fail, waived, unknown, errored }),
        changed: seen.then_some(Changed { resources, violated, mended, otherwise }),
        news: body.news,
        documents: body.documents,
        not_seen: body.unseen,
        evidence: body.evidence,
        digest: body.digest,
        content: body.content,
        tool: body.tool,
    })
}

fn alert(record: Record) -> Result<Alert, Problem> {
    let AlertBody { news, severity, policy, run, subject, text, alert } =
        serde_json::from_str(&record.body).map_err(Problem::internal)?;
    let Record { id, about: source, created: at, .. } = record;
    Ok(Alert { id, source, at, news, severity, policy, run, subject, text, alert })
}
