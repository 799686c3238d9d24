//! A customer with a share link: opens it, and reads what it names and nothing else. The link's secret comes in a body, never
//! in an address, so that no log and no other site has it.

use std::sync::Arc;

use attesta_access::{
    Action, Attempt, Circumstance, Item, OpenedLink, Principal, ResourceKind, SystemActor, TenantId, authorise,
};
use attesta_assessment::View;
use attesta_identity::{PasswordVerdict, SecretKind, SecretToken, StoredPassword};
use attesta_kernel::Timestamp;
use attesta_store::{Bearer, BearerKind, Page};
use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    House,
    api::{
        described::{self, SharedEvidence},
        evidence, proofs,
        share_links::{Handed, Kept},
        uploads,
    },
    caller::{self, Caller},
    entry,
    problem::{Body, Problem},
    sent::{From, Named, Sent},
};

/// A link that was opened stays open for so long at most.
const OPEN: SignedDuration = SignedDuration::from_hours(1);
/// The cookie of whoever opened one.
const COOKIE: entry::Names = entry::Names { plain: "attesta-guest", secure: "__Host-attesta-guest" };
/// Bigger texts are not marked.
const MARKED: u64 = 16 << 20;
/// The statement names so many assessments.
const MOST_ASSESSMENTS: u32 = 50;

/// A link, to be opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Open {
    /// What stands behind the `#` of the link.
    link: String,
    /// The passphrase, where the link asks for one.
    #[serde(default)]
    passphrase: Option<String>,
}

/// What a link shows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Opened {
    /// Whose things they are.
    organisation: String,
    /// For whom the link was made.
    label: String,
    /// The things, by kind and id.
    shows: Vec<String>,
    /// Until when it stays open; then it is opened again.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    /// What a program sends as `Authorization: Bearer …`; a browser has it as a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// What is kept of a link that was opened.
#[derive(Debug, Serialize, Deserialize)]
struct Visit {
    link: String,
}

/// Whoever opened a link.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) caller: Caller,
    pub(crate) link: OpenedLink,
    pub(crate) label: String,
    pub(crate) until: Timestamp,
    /// To whom it is handed by name, where it is.
    pub(crate) handed: Option<Handed>,
}

fn gone() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "link", "this link is none, or does not hold any more")
        .help("ask whoever sent it for a new one")
}

fn closed() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "link-closed", "no link is open here, or it was open too long")
        .help("open the link again")
}

impl FromRequestParts<Arc<House>> for Guest {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, house: &Arc<House>) -> Result<Self, Problem> {
        let now = house.clock.now();
        let from = caller::from(house, parts);
        let guesses = format!("share {from}");
        house.rates.spent(&guesses, house.config.sign_in_rate, now)?;
        let token = match parts.headers.get(header::AUTHORIZATION) {
            Some(value) => value.to_str().ok().and_then(|v| v.strip_prefix("Bearer ")),
            None => entry::shown(house, &parts.headers, COOKIE),
        };
        let secret = SecretToken::read(SecretKind::Guest, token.unwrap_or_default()).map_err(|_| closed())?;
        let visit = house.store.house_room().await?.bearer(&secret.digest().to_string()).await?;
        let Some(visit) = visit.filter(|b| b.kind == BearerKind::Step && b.expires > now) else {
            house.rates.one_more(&guesses, house.config.sign_in_rate, now)?;
            return Err(closed());
        };
        house.rates.one_more(&visit.id, house.config.rate, now)?;
        let Visit { link: id } = serde_json::from_str(&visit.body).map_err(|_| closed())?;
        let tenant: TenantId = visit.tenant.as_deref().and_then(|t| t.parse().ok()).ok_or_else(closed)?;
        let permit = house.system(SystemActor::SignIn, Action::Read, ResourceKind::Invitation, tenant)?;
        let bearer = house.store.room(&permit).await?.bearer_by_id(BearerKind::Share, &id).await?.ok_or_else(gone)?;
        let kept = Kept::of(&bearer)?;
        // The use that this visit is was counted when it began.
        let link = kept.link(&bearer, kept.uses.saturating_sub(1))?.open(now).map_err(|_| gone())?;
        let principal = Principal::guest(link.clone());
        let Kept { label, handed, .. } = kept;
        Ok(Self { caller: Caller { principal, from }, link, label, until: visit.expires, handed })
    }
}

/// Opens a share link: one use of it, which the organisation's log tells. What it shows is read with the cookie or token.
#[utoipa::path(
    post,
    path = "/api/v1/share-links/open",
    tag = "sharing",
    request_body = Open,
    responses((status = 200, body = Opened), (status = "4XX", body = Body))
)]
pub(crate) async fn open(
    State(house): State<Arc<House>>,
    From(from): From,
    sent: Sent<Open>,
) -> Result<Response, Problem> {
    let now = house.clock.now();
    house.rates.one_more(&format!("share {from}"), house.config.sign_in_rate, now)?;
    let secret = SecretToken::read(SecretKind::Share, &sent.value.link).map_err(|_| gone())?;
    let digest = secret.digest().to_string();
    let bearer = house.store.house_room().await?.bearer(&digest).await?;
    let bearer = bearer.filter(|b| b.kind == BearerKind::Share).ok_or_else(gone)?;
    let kept = Kept::of(&bearer)?;
    kept.link(&bearer, kept.uses)?.open(now).map_err(|_| gone())?;
    if let Some(hash) = &kept.passphrase {
        knows(&house, &bearer.id, hash, sent.value.passphrase.as_deref()).await?;
    }
    let tenant: TenantId = bearer.tenant.as_deref().and_then(|t| t.parse().ok()).ok_or_else(gone)?;
    let permit = house.system(SystemActor::SignIn, Action::Create, ResourceKind::Session, tenant)?;
    let mut work = house.store.work(&permit).await?;
    work.seen_from(&from);
    // Read again within the change: two that open at once are two uses.
    work.alone().await?;
    let bearer: Bearer = work.room().bearer(&digest).await?.ok_or_else(gone)?;
    let mut kept = Kept::of(&bearer)?;
    let link = kept.link(&bearer, kept.uses)?.open(now).map_err(|_| gone())?;
    kept.uses = link.link().uses;
    work.put_bearer(&Bearer { body: kept.stored()?, ..bearer.clone() }, "opened").await?;
    let organisation = work.room().organisation().await?.name;
    house.commit(work, tenant, &bearer.id, now).await?;
    let lasts = OPEN.min(bearer.expires.duration_since(now));
    let body = serde_json::to_string(&Visit { link: bearer.id.clone() }).map_err(Problem::internal)?;
    let token = house.keep(SecretKind::Guest, body, None, Some(tenant), lasts).await?;
    let until = now.checked_add(lasts).unwrap_or(now);
    let (shows, label) = (kept.shows.into_iter().collect(), kept.label);
    let opened = Opened { organisation, label, shows, until, token: Some(token.reveal().to_owned()) };
    let mut response = Json(opened).into_response();
    let age = u32::try_from(lasts.as_secs()).unwrap_or(0);
    response.headers_mut().insert(header::SET_COOKIE, cookie(&house, token.reveal(), age)?);
    Ok(response)
}

fn cookie(house: &House, value: &str, age: u32) -> Result<axum::http::HeaderValue, Problem> {
    entry::named_cookie(house, COOKIE, value, Some(age))
}

/// Refuses unless the passphrase is the link's; wrong ones slow the next one down, and use nothing up.
async fn knows(house: &House, link: &str, hash: &str, said: Option<&str>) -> Result<(), Problem> {
    let asks = || {
        Problem::new(StatusCode::UNAUTHORIZED, "passphrase", "this link asks for a passphrase, and this is not it")
            .help("ask whoever sent the link for it")
    };
    let Some(said) = said.filter(|s| !s.is_empty()) else { return Err(asks()) };
    let about = format!("share:{link}");
    let failures = house.failures(&mut house.store.house_room().await?, &about).await?;
    if failures.attempt == Attempt::Blocked {
        return Err(gone());
    }
    house.may_try(failures)?;
    let (stored, said, cost) =
        (hash.parse::<StoredPassword>().map_err(Problem::internal)?, said.to_owned(), house.cost);
    let verdict = tokio::task::spawn_blocking(move || stored.verify(&said, cost)).await.map_err(Problem::internal)?;
    match verdict {
        Ok(PasswordVerdict::Matches { .. }) => Ok(()),
        _ => {
            let mut work = house.store.house_work().await?;
            work.add_attempt(&about, "passphrase", house.clock.now()).await?;
            work.commit_quietly().await?;
            Err(asks())
        }
    }
}

/// What the open link shows.
#[utoipa::path(
    get,
    path = "/api/v1/share-links/shown",
    tag = "sharing",
    responses((status = 200, body = Opened), (status = "4XX", body = Body))
)]
pub(crate) async fn shown(State(house): State<Arc<House>>, guest: Guest) -> Result<Json<Opened>, Problem> {
    let link = guest.link.link();
    let organisation = organisation(&house, &guest).await?;
    let shows = link.names.iter().map(ToString::to_string).collect();
    Ok(Json(Opened { organisation, label: guest.label, shows, until: guest.until, token: None }))
}

/// Whose things the open link shows.
pub(crate) async fn organisation(house: &House, guest: &Guest) -> Result<String, Problem> {
    let tenant = guest.link.link().tenant;
    let permit = house.system(SystemActor::SignIn, Action::Read, ResourceKind::Invitation, tenant)?;
    Ok(house.store.room(&permit).await?.organisation().await?.name)
}

/// Closes the link in this browser.
#[utoipa::path(
    delete,
    path = "/api/v1/share-links/shown",
    tag = "sharing",
    responses((status = 204))
)]
pub(crate) async fn close(State(house): State<Arc<House>>) -> Result<Response, Problem> {
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie(&house, "", 0)?);
    Ok(response)
}

/// One thing that the open link shows: a report's scores, the state of corrective actions, evidence, or the organisation's
/// statement.
#[utoipa::path(
    get,
    path = "/api/v1/share-links/shown/{kind}/{id}",
    tag = "sharing",
    params(("kind" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn one(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((kind, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let item = item(&kind, &id)?;
    match item.kind() {
        ResourceKind::Evidence => {
            let row = evidence::seen(&house, &guest.caller, &id).await?;
            Ok(Json(SharedEvidence::of(&row, &house.rules, house.clock.today())).into_response())
        }
        ResourceKind::TrustPage => statement(&house, &guest, item).await,
        ResourceKind::Report | ResourceKind::CorrectiveAction => assessed(&house, &guest, item).await,
        _ => Err(nothing()),
    }
}

/// The bytes of evidence that the open link shows.
#[utoipa::path(
    get,
    path = "/api/v1/share-links/shown/evidence/{id}/content",
    tag = "sharing",
    params(("id" = String, Path), ("range" = Option<String>, Header)),
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, content_type = "application/octet-stream", body = Vec<u8>),
        (status = "4XX", body = Body)
    )
)]
pub(crate) async fn content(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    match &guest.handed {
        Some(handed) => match marked(&house, &guest.caller, &id, handed).await? {
            Some(response) => Ok(response),
            None => evidence::bytes(&house, &guest.caller, &id, &headers).await,
        },
        None => evidence::bytes(&house, &guest.caller, &id, &headers).await,
    }
}

/// Text is marked with whom it is handed to, in its first line; without that line it is what the log's leaf speaks of. Other
/// kinds of files travel as they are, and the page says so.
async fn marked(house: &House, caller: &Caller, id: &str, handed: &Handed) -> Result<Option<Response>, Problem> {
    use futures_util::TryStreamExt as _;
    let row = evidence::seen(house, caller, id).await?;
    let thing = &row.item.evidence;
    let gone = matches!(row.item.status, attesta_evidence::Status::Retired(_));
    if gone || thing.size > MARKED || !is_marked(thing.media_type.as_str()) {
        return Ok(None);
    }
    let reading = uploads::place(house, caller)?.read(&thing.digest, None).await?;
    let mut text = format!("# {}\n", handed.mark()).into_bytes();
    let mut bytes = reading.bytes;
    while let Some(piece) = bytes.try_next().await? {
        text.extend_from_slice(&piece);
    }
    let name = described::attached(thing.file_name.as_str());
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::HeaderName::from_static("attesta-marked"), "first-line".to_owned()),
    ];
    Ok(Some((headers, text).into_response()))
}

/// Whether files of a kind are marked when they are handed to somebody by name.
pub(crate) fn is_marked(media: &str) -> bool {
    media == "text/plain"
}

/// The proof that evidence which the open link shows was logged.
#[utoipa::path(
    get,
    path = "/api/v1/share-links/shown/evidence/{id}/proof",
    tag = "sharing",
    params(("id" = String, Path)),
    responses((status = 200, body = proofs::Proof), (status = "4XX", body = Body))
)]
pub(crate) async fn proof(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    Ok(Json(proofs::proved(&house, &guest.caller, &id).await?).into_response())
}

fn nothing() -> Problem {
    Problem::not_found("the link shows no such thing")
}

fn item(kind: &str, id: &str) -> Result<Item, Problem> {
    format!("{kind}/{id}").parse().map_err(|_| nothing())
}

/// What follows from an assessment that the link names.
async fn assessed(house: &House, guest: &Guest, item: Item) -> Result<Response, Problem> {
    let kind = item.kind();
    let desk = desk_of(house, guest, item).await?;
    if kind == ResourceKind::Report {
        let scored = desk.scored(View::Final)?;
        return Ok(Json(attesta_desk::score::Report::of(&desk, &scored)).into_response());
    }
    Ok(Json(serde_json::json!({ "corrective_actions": planned(&desk)? })).into_response())
}

/// An assessment of which the link shows something.
pub(crate) async fn desk_of(house: &House, guest: &Guest, item: Item) -> Result<Arc<attesta_desk::Desk>, Problem> {
    let assessment = item.id().parse().map_err(|_| nothing())?;
    let (kind, id) = (item.kind(), item.id().to_owned());
    let tenant = guest.caller.tenant();
    let circumstance = Circumstance { item: Some(item), ..Circumstance::of_assessment(tenant, assessment) };
    let permit = authorise(&guest.caller.principal, Action::Read, kind, &circumstance, house.clock.now())?;
    Ok(house.desk(&mut house.store.room(&permit).await?, &id).await?.0)
}

/// Corrective actions as a customer sees them: neither who does them nor what was said of them meanwhile.
pub(crate) fn planned(desk: &attesta_desk::Desk) -> Result<Vec<serde_json::Value>, Problem> {
    let folio = attesta_desk::Folio::read(desk)?;
    Ok(folio
        .actions
        .values()
        .map(|action| {
            let action = &action.value;
            serde_json::json!({
                "id": action.id.as_str(), "requirement": action.requirement.as_str(), "weakness": action.weakness,
                "plan": action.plan, "due": action.due.map(|d| d.to_string()),
                "status": action.status.map(|s| s.as_str()),
            })
        })
        .collect())
}

/// The organisation's statement: who it is, what kinds of assessments it has and where they stand, and how to verify it.
async fn statement(house: &House, guest: &Guest, item: Item) -> Result<Response, Problem> {
    Ok(Json(stated(house, guest, item).await?).into_response())
}

/// The statement itself.
pub(crate) async fn stated(house: &House, guest: &Guest, item: Item) -> Result<serde_json::Value, Problem> {
    let circumstance = Circumstance { item: Some(item), ..Circumstance::within(guest.caller.tenant()) };
    let now = house.clock.now();
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::TrustPage, &circumstance, now)?;
    let mut room = house.store.room(&permit).await?;
    let organisation = room.organisation().await?;
    let log = room.log().await?;
    let mut assessments = Vec::new();
    for row in room.assessments(&Page::first(MOST_ASSESSMENTS)).await?.into_iter().filter(|row| row.state == "open") {
        let (desk, _) = house.desk(&mut room, &row.id).await?;
        let phase = attesta_desk::Course::of(&desk).map(|c| c.history.life().state.phase().to_string());
        assessments.push(serde_json::json!({
            "program": desk.dossier.assessment.value.program.to_string(),
            // What cannot be told is told as unknown.
            "phase": phase.unwrap_or_else(|_| "unknown".to_owned()),
        }));
    }
    let told = serde_json::json!({
        "organisation": organisation.name, "kind": organisation.kind, "at": now, "assessments": assessments,
        "log": { "origin": log.origin, "size": log.size, "checkpoint": log.checkpoint, "key": log.vkey },
    });
    Ok(told)
}
