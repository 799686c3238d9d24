use std::sync::Arc;

use attesta_access::{Action, Circumstance, ResourceKind, WebhookId, authorise};
use attesta_identity::{SecretKind, SecretToken, SystemChance};
use attesta_kernel::Timestamp;
use attesta_store::{Job, NewJob, Page, Record, RecordSieve};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    House,
    act::{Begun, etag, if_match},
    caller::Caller,
    ids,
    jobs::{
        self,
        hooks::{Delivery, Hook, POST, RECEIVERS, RECORD, context},
    },
    matter,
    page::{Cursor, Listed},
    post::Target,
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
};

/// Somebody elsewhere who is told what happens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Webhook {
    /// Its id.
    pub(crate) id: String,
    /// Where it is.
    pub(crate) url: String,
    /// Events begin so, such as `task.`; none is all.
    pub(crate) events: Vec<String>,
    /// `active` or `paused`.
    pub(crate) state: String,
    /// Who made it.
    pub(crate) maker: String,
    /// The revision.
    pub(crate) rev: u64,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created: Timestamp,
}

/// A webhook with its signing secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeWebhook {
    /// The webhook.
    #[serde(flatten)]
    webhook: Webhook,
    /// With what its receiver checks the signatures.
    secret: String,
}

/// A new webhook.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhook {
    /// Where it is: `https://…`.
    url: String,
    /// Events begin so, such as `task.`; none is all.
    #[serde(default)]
    events: Vec<String>,
}

/// What changes; what is not said stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookChange {
    /// Where it is.
    #[serde(default)]
    url: Option<String>,
    /// Events begin so.
    #[serde(default)]
    events: Option<Vec<String>>,
    /// `active` or `paused`; what happens while it is paused is not told later.
    #[serde(default)]
    state: Option<String>,
}

/// One delivery, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Delivered {
    /// The job's id, which the receiver sees as `Attesta-Message`.
    id: String,
    /// What happened.
    event: String,
    /// Which leaf of the log; none for a test.
    #[serde(skip_serializing_if = "Option::is_none")]
    leaf: Option<u64>,
    /// `waiting`, `taken`, `done` or `dead`.
    state: String,
    /// How often it was tried.
    attempts: u32,
    /// When it is tried next, or was tried.
    #[schema(value_type = String, format = DateTime)]
    due: Timestamp,
    /// What the last attempt said.
    #[serde(skip_serializing_if = "Option::is_none")]
    told: Option<String>,
}

fn events(sent: &[String]) -> Result<Vec<String>, Problem> {
    let fits =
        |e: &String| (1..=60).contains(&e.len()) && e.bytes().all(|b| b.is_ascii_lowercase() || b"-.".contains(&b));
    if sent.len() > 50 || !sent.iter().all(fits) {
        return Err(Problem::bad("events are at most 50 words such as `task.`, `request.changed` or `evidence`"));
    }
    Ok(sent.to_vec())
}

fn url(house: &House, sent: &str) -> Result<String, Problem> {
    let target = Target::read(sent).map_err(Problem::bad)?;
    if target.is_plain() && !house.config.private_targets {
        return Err(Problem::bad("what is told must not travel in plain text").help("write `https://…`"));
    }
    Ok(sent.to_owned())
}

/// Makes a webhook; its secret is shown this once. No Idempotency-Key is taken, as the secret is not kept readable.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/webhooks",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id")),
    request_body = NewWebhook,
    responses((status = 201, body = MadeWebhook), (status = "4XX", body = Body))
)]
pub(crate) async fn create(
    State(house): State<Arc<House>>,
    caller: Caller,
    sent: Sent<NewWebhook>,
) -> Result<Response, Problem> {
    let (url, events) = (url(&house, &sent.value.url)?, events(&sent.value.events)?);
    let inside = Circumstance::within(caller.tenant());
    let mut act = house.act(&caller, Action::Create, ResourceKind::Webhook, &inside).await?;
    let here = act.work.room().records(RECORD, &RecordSieve::default(), &Page::first(RECEIVERS)).await?.len();
    if here >= usize::try_from(RECEIVERS).unwrap_or(usize::MAX) {
        return Err(Problem::new(StatusCode::CONFLICT, "refused", format!("there are {RECEIVERS} webhooks already")));
    }
    let id = ids::fresh!(WebhookId, act.at).to_string();
    let secret = SecretToken::draw(SecretKind::Webhook, &mut SystemChance).map_err(Problem::internal)?;
    let sealed = house.keyring.seal(&context(&id), secret.reveal().as_bytes(), &mut SystemChance);
    let secret_sealed = sealed.map_err(Problem::internal)?.to_string();
    let hook = Hook { url, events, secret: secret_sealed, maker: matter::maker(&caller) };
    let new = Record {
        kind: RECORD.to_owned(),
        id,
        about: String::new(),
        state: "active".to_owned(),
        owner: String::new(),
        due: String::new(),
        rev: 1,
        body: serde_json::to_string(&hook).map_err(Problem::internal)?,
        created: act.at,
        updated: act.at,
        editor: caller.actor(),
    };
    act.work.add_record(&new).await?;
    let made = MadeWebhook { webhook: shown(new)?, secret: secret.reveal().to_owned() };
    act.finish(StatusCode::CREATED, Some(1), &made).await
}

/// Webhooks.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/webhooks",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), Cursor),
    responses((status = 200, body = Listed<Webhook>), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Problem> {
    let inside = Circumstance::within(caller.tenant());
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Webhook, &inside, house.clock.now())?;
    let found = house.store.room(&permit).await?.records(RECORD, &RecordSieve::default(), &cursor.page()).await?;
    let found = found.into_iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(Listed::of(found, &cursor, |hook: &Webhook| hook.id.clone())).into_response())
}

/// A webhook.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/webhooks/{webhook}",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("webhook" = String, Path)),
    responses((status = 200, body = Webhook), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let inside = Circumstance::within(caller.tenant());
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Webhook, &inside, house.clock.now())?;
    let hook = shown(house.store.room(&permit).await?.record(RECORD, &id).await?)?;
    Ok(([(header::ETAG, etag(hook.rev))], Json(hook)).into_response())
}

/// Changes a webhook, pauses it or lets it go on.
#[utoipa::path(
    patch,
    path = "/api/v1/organisations/{org}/webhooks/{webhook}",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("webhook" = String, Path), ("if-match" = String, Header)),
    request_body = WebhookChange,
    responses((status = 200, body = Webhook), (status = "4XX", body = Body))
)]
pub(crate) async fn change(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
    sent: Sent<WebhookChange>,
) -> Result<Response, Problem> {
    let read = if_match(&sent.headers)?;
    let asked = &sent.value;
    if asked.state.as_deref().is_some_and(|state| !["active", "paused"].contains(&state)) {
        return Err(Problem::bad("the state is `active` or `paused`"));
    }
    let inside = Circumstance::within(caller.tenant());
    let act = house.act(&caller, Action::Change, ResourceKind::Webhook, &inside).await?;
    let mut act = match act.once(sent.once(&caller)?).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(response),
    };
    let old = act.work.room().record(RECORD, &id).await?;
    let mut hook: Hook = serde_json::from_str(&old.body).map_err(Problem::internal)?;
    if let Some(sent) = &asked.url {
        hook.url = url(&house, sent)?;
    }
    if let Some(sent) = &asked.events {
        hook.events = events(sent)?;
    }
    let state = asked.state.clone().unwrap_or_else(|| old.state.clone());
    let body = serde_json::to_string(&hook).map_err(Problem::internal)?;
    let new = Record { body, state, rev: read, updated: act.at, editor: caller.actor(), ..old };
    let rev = act.work.put_record(RECORD, &new).await?;
    act.finish(StatusCode::OK, Some(rev), &shown(Record { rev, ..new })?).await
}

/// Removes a webhook.
#[utoipa::path(
    delete,
    path = "/api/v1/organisations/{org}/webhooks/{webhook}",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("webhook" = String, Path), ("if-match" = String, Header)),
    responses((status = 200, body = Webhook), (status = "4XX", body = Body))
)]
pub(crate) async fn remove(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let read = if_match(&headers)?;
    let inside = Circumstance::within(caller.tenant());
    let mut act = house.act(&caller, Action::Delete, ResourceKind::Webhook, &inside).await?;
    let old = act.work.room().record(RECORD, &id).await?;
    act.work.remove_record(RECORD, &id, read).await?;
    act.finish(StatusCode::OK, None, &shown(old)?).await
}

/// Posts a test to a webhook, also while it is paused.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/webhooks/{webhook}/ping",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("webhook" = String, Path)),
    responses((status = 202, body = Delivered), (status = "4XX", body = Body))
)]
pub(crate) async fn ping(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let inside = Circumstance::within(caller.tenant());
    let mut act = house.act(&caller, Action::Run, ResourceKind::Webhook, &inside).await?;
    act.work.room().record(RECORD, &id).await?;
    let delivery = Delivery { webhook: id, leaf: None, event: "ping".to_owned() };
    let body = serde_json::to_string(&delivery).map_err(Problem::internal)?;
    let job = jobs::fresh(Some(caller.tenant()), POST, &body, 1, act.at);
    act.work.add_job(&job, act.at).await?;
    let NewJob { id, due, .. } = job;
    let state = "waiting".to_owned();
    let told = Delivered { id, event: delivery.event, leaf: None, state, attempts: 0, due, told: None };
    act.finish(StatusCode::ACCEPTED, None, &told).await
}

/// What was delivered to a webhook, and what was not, newest first: those among the organisation's last 500 jobs.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/webhooks/{webhook}/deliveries",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("webhook" = String, Path)),
    responses((status = 200, body = Vec<Delivered>), (status = "4XX", body = Body))
)]
pub(crate) async fn deliveries(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let inside = Circumstance::within(caller.tenant());
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Webhook, &inside, house.clock.now())?;
    house.store.room(&permit).await?.record(RECORD, &id).await?;
    let found = house.store.jobs(&caller.tenant().to_string(), None, &Page::first(500)).await?;
    let of = |job: Job| {
        let delivery: Delivery = serde_json::from_str(&job.body).ok()?;
        (job.kind == POST && delivery.webhook == id).then(|| Delivered {
            id: job.id,
            event: delivery.event,
            leaf: delivery.leaf,
            state: job.state.to_string(),
            attempts: job.attempts,
            due: job.due,
            told: job.told,
        })
    };
    Ok(Json(found.into_iter().filter_map(of).collect::<Vec<_>>()).into_response())
}

pub(crate) fn shown(record: Record) -> Result<Webhook, Problem> {
    let hook: Hook = serde_json::from_str(&record.body).map_err(Problem::internal)?;
    Ok(Webhook {
        id: record.id,
        url: hook.url,
        events: hook.events,
        state: record.state,
        maker: hook.maker,
        rev: record.rev,
        created: record.created,
    })
}
