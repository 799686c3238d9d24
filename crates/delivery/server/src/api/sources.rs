//! Sources: what an organisation watches, when it is looked at, and what is sent from elsewhere.

use std::sync::Arc;

use attesta_access::{Action, Circumstance, ResourceKind, TenantId, authorise};
use attesta_kernel::{Digest, Timestamp};
use attesta_store::{Page, Record, RecordSieve, StoreError};
use attesta_work::SourceId;
use axum::{
    Json,
    body::Body as Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    House,
    act::{Act, Begun, etag, if_match},
    api::{described, uploads},
    caller::Caller,
    ids,
    jobs::look::{self, Look, Why},
    matter,
    page::{Cursor, Listed},
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
    watching::{Origin, SOURCE, ScheduleText, SourceBody, Touches, WindowText, place},
};

/// An organisation has no more sources.
const MOST: u32 = 200;
/// A snapshot that is sent in one request is no bigger; bigger ones are uploaded in pieces.
const MOST_SENT: u64 = 256 << 20;
/// Documents of one look.
const DOCUMENTS: usize = 200;

/// A new source.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSource {
    /// What people call it: small letters, digits, dots and dashes. It stays.
    name: String,
    /// What is watched.
    origin: Origin,
    /// When; of what is sent: how often something is awaited.
    schedule: ScheduleText,
    /// When nothing is told.
    #[serde(default)]
    windows: Vec<WindowText>,
    /// Which assessment alerts speak of, and where they look for who changed something.
    #[serde(default)]
    touches: Touches,
}

/// A change of a source; what is not said stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceChange {
    /// What is watched.
    #[serde(default)]
    origin: Option<Origin>,
    /// When.
    #[serde(default)]
    schedule: Option<ScheduleText>,
    /// When nothing is told.
    #[serde(default)]
    windows: Option<Vec<WindowText>>,
    /// Which assessment alerts speak of, and where they look for who changed something.
    #[serde(default)]
    touches: Option<Touches>,
    /// `active` or `paused`.
    #[serde(default)]
    state: Option<String>,
}

/// A source.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Source {
    /// Its id.
    id: String,
    /// What people call it.
    name: String,
    /// What is watched.
    origin: Origin,
    /// When.
    schedule: ScheduleText,
    /// When nothing is told.
    windows: Vec<WindowText>,
    /// Which assessment alerts speak of, and where they look for who changed something.
    touches: Touches,
    /// `active` or `paused`.
    state: String,
    /// Who made it.
    maker: String,
    /// Which revision.
    rev: u64,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
}

/// A look that waits in the queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Waiting {
    /// The job that will look; `GET …/jobs` tells how it stands.
    job: String,
    /// The source.
    source: String,
}

/// What a look reads, where it is sent; nothing, to look at what the source names.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRun {
    /// Documents from finished uploads: at most 200, and 1 GiB in all.
    #[serde(default)]
    documents: Vec<SentDocument>,
}

/// A document from a finished upload.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SentDocument {
    /// Its name; the same in every run, so that runs can be compared.
    name: String,
    /// The SHA-256 that finishing the upload told.
    sha256: String,
}

/// What is sent.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Name {
    /// The document's name; the same in every run, so that runs can be compared.
    #[serde(default)]
    name: String,
}

fn inside(caller: &Caller) -> Circumstance {
    Circumstance::within(caller.tenant())
}

/// What may be watched: only what the operator allows, and never a path or a command that somebody sends.
fn allowed(house: &House, tenant: TenantId, origin: Origin, before: Option<&Origin>) -> Result<Origin, Problem> {
    match origin {
        Origin::Folder { place: name } | Origin::File { place: name }
            if place(&house.config, tenant, &name).is_none() =>
        {
            let name: String = name.chars().take(80).collect();
            Err(Problem::bad(format!("there is no place `{name}` that this organisation may watch")).help(
                "the operator names places with `attesta serve --place NAME=PATH`; or send snapshots: kind `pushed`",
            ))
        }
        Origin::Aws { role, regions, .. } => {
            if house.config.aws.is_none() {
                return Err(Problem::bad("this server reads no AWS accounts").help(
                    "the operator starts it with `--aws-sources`; or send snapshots of `attesta collect aws`: kind `pushed`",
                ));
            }
            let parts: Vec<&str> = role.split(':').collect();
            let is_role = match parts.as_slice() {
                ["arn", partition, "iam", "", account, name] => {
                    partition.starts_with("aws")
                        && account.len() == 12
                        && account.bytes().all(|b| b.is_ascii_digit())
                        && name.starts_with("role/")
                }
                _ => false,
            };
            if !is_role || role.len() > 200 || !role.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(Problem::bad("this is no role").help("write it like arn:aws:iam::111122223333:role/audit"));
            }
            let is_region = |r: &String| {
                (4..=30).contains(&r.len())
                    && r.starts_with(|c: char| c.is_ascii_lowercase())
                    && r.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            };
            if regions.len() > 50 || !regions.iter().all(is_region) {
                return Err(Problem::bad("regions are at most 50 names such as eu-central-1"));
            }
            // Another role has another trust: it gets an id of its own.
            let kept = match before {
                Some(Origin::Aws { role: was, external_id, .. }) if *was == role => Some(external_id.clone()),
                _ => None,
            };
            let made = || ids::random::<20>().iter().map(|b| format!("{b:02x}")).collect::<String>();
            Ok(Origin::Aws { role, regions, external_id: kept.unwrap_or_else(made) })
        }
        origin => Ok(origin),
    }
}

/// What alerts speak of: an assessment that whoever asks may read, and places that the operator lets be read.
async fn touched(
    house: &House,
    work: &mut attesta_store::Work,
    caller: &Caller,
    touches: &Touches,
) -> Result<(), Problem> {
    if let Some(name) = touches.events.iter().find(|name| place(&house.config, caller.tenant(), name).is_none()) {
        let name: String = name.chars().take(80).collect();
        return Err(Problem::bad(format!("there is no place `{name}` that this organisation may watch"))
            .help("the operator names places with `attesta serve --place NAME=PATH`"));
    }
    if touches.events.len() > 20 {
        return Err(Problem::bad("events come from at most 20 places"));
    }
    if touches.assessment.is_empty() {
        if !touches.component.is_empty() {
            return Err(Problem::bad("a component stands in an assessment").help("name the `assessment` too"));
        }
        return Ok(());
    }
    let named = super::assessment_id(&touches.assessment);
    let about = Circumstance { assessment: named, ..inside(caller) };
    authorise(&caller.principal, Action::Read, ResourceKind::Assessment, &about, house.clock.now())?;
    let (desk, _) = house.desk(work.room(), &touches.assessment).await?;
    let component = touches.component.as_str();
    if !component.is_empty() && !desk.dossier.scope.components.keys().any(|known| known.as_str() == component) {
        let component: String = component.chars().take(80).collect();
        return Err(
            Problem::bad(format!("the scope has no component `{component}`")).help("name one of its scope.yaml")
        );
    }
    Ok(())
}

/// Begins to watch something. The first look is made at once.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/sources",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), ("idempotency-key" = Option<String>, Header)),
    request_body = NewSource,
    responses((status = 201, body = Source), (status = "4XX", body = Body))
)]
pub(crate) async fn create(
    State(house): State<Arc<House>>,
    caller: Caller,
    sent: Sent<NewSource>,
) -> Result<Response, Problem> {
    let act = house.act(&caller, Action::Create, ResourceKind::Source, &inside(&caller)).await?;
    let mut act = match act.once(sent.once(&caller)?).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(response),
    };
    let NewSource { name, origin, schedule, windows, touches } = sent.value;
    let origin = allowed(&house, caller.tenant(), origin, None)?;
    touched(&house, &mut act.work, &caller, &touches).await?;
    let body = SourceBody { name, origin, schedule, windows, touches, maker: matter::maker(&caller) };
    let plan = body.plan()?;
    act.work.alone().await?;
    let here = act.work.room().records(SOURCE, &RecordSieve::default(), &Page::first(MOST)).await?;
    let conflict = |title: String| Problem::new(StatusCode::CONFLICT, "refused", title);
    if here.len() >= usize::try_from(MOST).unwrap_or(usize::MAX) {
        return Err(conflict(format!("there are {MOST} sources already")));
    }
    for other in &here {
        if stored(other)?.name == body.name {
            return Err(conflict(format!("a source is called `{}` already", body.name)));
        }
    }
    let id = ids::fresh!(SourceId, act.at).to_string();
    let new = Record {
        kind: SOURCE.to_owned(),
        id: id.clone(),
        about: String::new(),
        state: "active".to_owned(),
        owner: String::new(),
        due: String::new(),
        rev: 1,
        body: serde_json::to_string(&body).map_err(Problem::internal)?,
        created: act.at,
        updated: act.at,
        editor: caller.actor(),
    };
    act.work.add_record(&new).await?;
    let how = (&body.origin, &plan.schedule);
    look::put_next(&mut act.work, caller.tenant(), (&id, 1), how, None, act.at).await?;
    act.finish(StatusCode::CREATED, Some(1), &shown(new)?).await
}

/// Sources, oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/sources",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), Cursor),
    responses((status = 200, body = Listed<Source>), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Problem> {
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Source, &inside(&caller), house.clock.now())?;
    let found = house.store.room(&permit).await?.records(SOURCE, &RecordSieve::default(), &cursor.page()).await?;
    let found = found.into_iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(Listed::of(found, &cursor, |source: &Source| source.id.clone())).into_response())
}

/// A source.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/sources/{source}",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), ("source" = String, Path)),
    responses((status = 200, body = Source), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Source, &inside(&caller), house.clock.now())?;
    let source = shown(house.store.room(&permit).await?.record(SOURCE, &id).await?)?;
    Ok(([(header::ETAG, etag(source.rev))], Json(source)).into_response())
}

/// Changes a source, pauses it or lets it go on. Its runs stay.
#[utoipa::path(
    patch,
    path = "/api/v1/organisations/{org}/sources/{source}",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), ("source" = String, Path), ("if-match" = String, Header)),
    request_body = SourceChange,
    responses((status = 200, body = Source), (status = "4XX", body = Body))
)]
pub(crate) async fn change(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
    sent: Sent<SourceChange>,
) -> Result<Response, Problem> {
    let read = if_match(&sent.headers)?;
    if sent.value.state.as_deref().is_some_and(|state| !["active", "paused"].contains(&state)) {
        return Err(Problem::bad("the state is `active` or `paused`"));
    }
    let act = house.act(&caller, Action::Change, ResourceKind::Source, &inside(&caller)).await?;
    let mut act = match act.once(sent.once(&caller)?).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(response),
    };
    let old = act.work.room().record(SOURCE, &id).await?;
    let mut body = stored(&old)?;
    let SourceChange { origin, schedule, windows, touches, state } = sent.value;
    if let Some(touches) = touches {
        touched(&house, &mut act.work, &caller, &touches).await?;
        body.touches = touches;
    }
    if let Some(origin) = origin {
        body.origin = allowed(&house, caller.tenant(), origin, Some(&body.origin))?;
    }
    body.schedule = schedule.unwrap_or(body.schedule);
    body.windows = windows.unwrap_or(body.windows);
    let plan = body.plan()?;
    let state = state.unwrap_or_else(|| old.state.clone());
    let text = serde_json::to_string(&body).map_err(Problem::internal)?;
    let new = Record { body: text, state, rev: read, updated: act.at, editor: caller.actor(), ..old };
    let rev = act.work.put_record(SOURCE, &new).await?;
    if new.state == "active" {
        let how = (&body.origin, &plan.schedule);
        look::put_next(&mut act.work, caller.tenant(), (&id, rev), how, None, act.at).await?;
    }
    act.finish(StatusCode::OK, Some(rev), &shown(Record { rev, ..new })?).await
}

/// Ends watching a source. Its runs, alerts and evidence stay.
#[utoipa::path(
    delete,
    path = "/api/v1/organisations/{org}/sources/{source}",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), ("source" = String, Path), ("if-match" = String, Header)),
    responses((status = 200, body = Source), (status = "4XX", body = Body))
)]
pub(crate) async fn remove(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let read = if_match(&headers)?;
    let mut act = house.act(&caller, Action::Delete, ResourceKind::Source, &inside(&caller)).await?;
    let old = act.work.room().record(SOURCE, &id).await?;
    act.work.remove_record(SOURCE, &id, read).await?;
    act.finish(StatusCode::OK, None, &shown(old)?).await
}

/// Looks at a source now; or, of one that is sent, at documents from finished uploads.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/sources/{source}/runs",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), ("source" = String, Path), ("idempotency-key" = Option<String>, Header)),
    request_body = NewRun,
    responses((status = 202, body = Waiting), (status = "4XX", body = Body))
)]
pub(crate) async fn run(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
    sent: Sent<NewRun>,
) -> Result<Response, Problem> {
    let act = house.act(&caller, Action::Run, ResourceKind::Source, &inside(&caller)).await?;
    let mut act = match act.once(sent.once(&caller)?).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(response),
    };
    if sent.value.documents.len() > DOCUMENTS {
        return Err(Problem::bad(format!("one look reads at most {DOCUMENTS} documents")));
    }
    let (mut documents, mut size) = (Vec::new(), 0_u64);
    for document in &sent.value.documents {
        let digest: Digest = described::value("sha256", &document.sha256)?;
        let blob = act.work.room().blob(&digest.to_string()).await.map_err(|error| match error {
            StoreError::NotFound { .. } => Problem::bad(format!("no bytes with the SHA-256 `{digest}` were uploaded"))
                .help("begin an upload, send the bytes and finish it; then send the sha256 that it tells"),
            error => error.into(),
        })?;
        size = size.saturating_add(blob.size);
        if size > look::MOST_READ {
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-big", look::too_much())
                .help("make several sources of it, or collect less at a time"));
        }
        documents.push((described::file_name(&document.name)?.to_string(), digest.to_string()));
    }
    let waiting = asked(&mut act, caller.tenant(), &id, documents).await?;
    act.finish(StatusCode::ACCEPTED, None, &waiting).await
}

async fn asked(
    act: &mut Act<'_>,
    tenant: TenantId,
    id: &str,
    documents: Vec<(String, String)>,
) -> Result<Waiting, Problem> {
    let record = act.work.room().record(SOURCE, id).await?;
    let is_pushed = matches!(stored(&record)?.origin, Origin::Pushed {});
    match (is_pushed, documents.is_empty()) {
        (true, true) => return Err(Problem::bad("nothing is sent").help("send a snapshot, or name uploaded documents")),
        (false, false) => {
            return Err(Problem::bad("this source reads for itself, and nothing can be sent to it")
                .help("make a source of the kind `pushed`"));
        }
        _ => {}
    }
    let look = Look { source: id.to_owned(), rev: record.rev, why: Why::Asked, documents };
    let job = look::put_asked(&mut act.work, tenant, &look, act.at).await?;
    act.work.tell("source.asked", id, &serde_json::json!({ "job": job, "documents": look.documents }))?;
    Ok(Waiting { job, source: id.to_owned() })
}

/// Takes a snapshot from elsewhere: what `attesta collect` wrote, a Terraform plan as JSON, neutral resources as JSON lines.
/// It is looked at as soon as a worker is free.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/sources/{source}/snapshots",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), ("source" = String, Path), Name),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 202, body = Waiting), (status = "4XX", body = Body))
)]
pub(crate) async fn push(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
    Asked(name): Asked<Name>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let permit = authorise(&caller.principal, Action::Run, ResourceKind::Source, &inside(&caller), house.clock.now())?;
    let record = house.store.room(&permit).await?.record(SOURCE, &id).await?;
    if !matches!(stored(&record)?.origin, Origin::Pushed {}) {
        return Err(Problem::bad("this source reads for itself, and nothing can be sent to it")
            .help("make a source of the kind `pushed`"));
    }
    let name = match name.name.as_str() {
        "" => "snapshot.json".to_owned(),
        given => described::file_name(given)?.to_string(),
    };
    let too_big = || {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-big", format!("it has more than {} MiB", MOST_SENT >> 20))
            .help("upload it in pieces, and name it in `POST …/runs`")
    };
    let said = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    if said.is_some_and(|said| said > MOST_SENT) {
        return Err(too_big());
    }
    let blobs = uploads::place(&house, &caller)?;
    let receipt = blobs.put_stream(bytes.into_data_stream()).await?;
    if receipt.size > MOST_SENT || receipt.size == 0 {
        uploads::drop_bytes(&house, &permit, &blobs, &receipt.digest).await?;
        return Err(if receipt.size == 0 { Problem::bad("nothing is sent") } else { too_big() });
    }
    // Whoever sends a snapshot sends what could be made evidence: it passes what an upload passes.
    let (verdict, _) = uploads::allowed(&house, &permit, &blobs, &receipt).await?;
    let mut act = house.act_with(&caller, permit).await?;
    uploads::keep(&mut act.work, &blobs, &receipt, verdict, act.at).await?;
    let waiting = asked(&mut act, caller.tenant(), &id, vec![(name, receipt.digest.to_string())]).await?;
    act.finish(StatusCode::ACCEPTED, None, &waiting).await
}

fn stored(record: &Record) -> Result<SourceBody, Problem> {
    serde_json::from_str(&record.body).map_err(Problem::internal)
}

fn shown(record: Record) -> Result<Source, Problem> {
    let SourceBody { name, origin, schedule, windows, touches, maker } = stored(&record)?;
    let Record { id, state, rev, created, .. } = record;
    Ok(Source { id, name, origin, schedule, windows, touches, state, maker, rev, created })
}
