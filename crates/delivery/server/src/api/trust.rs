//! The organisation's public page: drafted by those who run assessments, made public by an owner alone; and those who ask to
//! see more, after they agreed to terms.

use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{Action, Circumstance, ResourceKind, SystemActor, authorise};
use attesta_kernel::Timestamp;
use attesta_store::{Page, Record, RecordSieve};
use attesta_work::RequestId;
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
    act::{Act, etag, if_match},
    api::{
        accounts::words,
        share_links::{self, Handed, MadeLink, Making},
    },
    caller::Caller,
    ids, matter,
    page::{Cursor, Listed},
    problem::{Body, Problem},
    sent::{Asked, From, Named, Sent},
    trust::{self, ID, KIND, Kept, Published, Settings},
};

/// The kind of a request's record.
pub(crate) const REQUEST: &str = "access-request";
/// So many wait at most; then the page takes no more.
const MOST_WAITING: u32 = 200;
/// One address asks so often in a minute.
const ASKS: u32 = 5;

/// The page as those who write it see it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrustPage {
    /// What it would say.
    settings: Settings,
    /// What it says, where it is public.
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<Published>,
    /// Where it is.
    url: String,
    /// Which revision.
    rev: u64,
}

fn shown(house: &House, caller: &Caller, kept: Kept, rev: u64) -> TrustPage {
    let url = format!("{}/trust/{}", house.config.public, caller.tenant());
    TrustPage { settings: kept.draft, published: kept.published, url, rev }
}

/// The organisation's public page: its draft, and what is public of it. Revision 0 where there is none yet.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/trust-page",
    tag = "sharing",
    params(("org" = String, Path, description = "The organisation's id")),
    responses((status = 200, body = TrustPage), (status = "4XX", body = Body))
)]
pub(crate) async fn read(State(house): State<Arc<House>>, caller: Caller) -> Result<Response, Problem> {
    let (inside, now) = (Circumstance::within(caller.tenant()), house.clock.now());
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::TrustPage, &inside, now)?;
    let found = trust::kept(&mut house.store.room(&permit).await?).await?;
    let (rev, kept) = found.map_or((0, Kept::default()), |(record, kept)| (record.rev, kept));
    Ok(([(header::ETAG, etag(rev))], Json(shown(&house, &caller, kept, rev))).into_response())
}

/// Puts the record, or makes it, at the revision that was read.
async fn put(act: &mut Act<'_>, old: Option<Record>, kept: &Kept, read: u64, editor: &str) -> Result<u64, Problem> {
    let body = serde_json::to_string(kept).map_err(Problem::internal)?;
    let state = if kept.published.is_some() { "public" } else { "draft" };
    let record = Record {
        kind: KIND.to_owned(),
        id: ID.to_owned(),
        about: String::new(),
        state: state.to_owned(),
        owner: String::new(),
        due: String::new(),
        rev: read,
        body,
        created: old.as_ref().map_or(act.at, |old| old.created),
        updated: act.at,
        editor: editor.to_owned(),
    };
    match old {
        Some(_) => Ok(act.work.put_record(KIND, &record).await?),
        None if read == 0 => {
            act.work.add_record(&record).await?;
            Ok(1)
        }
        None => Err(Problem::not_found("there is no page yet").help("its revision is 0 before the first")),
    }
}

/// Changes the draft. What is public stays as it is until an owner makes the draft public.
#[utoipa::path(
    put,
    path = "/api/v1/organisations/{org}/trust-page",
    tag = "sharing",
    params(("org" = String, Path, description = "The organisation's id"), ("if-match" = String, Header)),
    request_body = Settings,
    responses((status = 200, body = TrustPage), (status = "4XX", body = Body))
)]
pub(crate) async fn write(
    State(house): State<Arc<House>>,
    caller: Caller,
    sent: Sent<Settings>,
) -> Result<Response, Problem> {
    let read = if_match(&sent.headers)?;
    let settings = sent.value.checked(caller.tenant())?;
    let inside = Circumstance::within(caller.tenant());
    let mut act = house.act(&caller, Action::Change, ResourceKind::TrustPage, &inside).await?;
    for id in settings.assessments.keys() {
        act.work.room().assessment(id).await?;
    }
    let (old, mut kept) = trust::kept(act.work.room()).await?.map_or((None, Kept::default()), |(r, k)| (Some(r), k));
    kept.draft = settings;
    let rev = put(&mut act, old, &kept, read, &caller.actor()).await?;
    let answer = shown(&house, &caller, kept, rev);
    act.finish(StatusCode::OK, Some(rev), &answer).await
}

/// Makes the draft public as it was read. An owner's alone.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/trust-page/publication",
    tag = "sharing",
    params(("org" = String, Path, description = "The organisation's id"), ("if-match" = String, Header)),
    responses((status = 200, body = TrustPage), (status = "4XX", body = Body))
)]
pub(crate) async fn publish(
    State(house): State<Arc<House>>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let read = if_match(&headers)?;
    let inside = Circumstance::within(caller.tenant());
    let mut act = house.act(&caller, Action::Publish, ResourceKind::TrustPage, &inside).await?;
    let nothing = || Problem::not_found("there is no draft to make public").help("write one first");
    let (old, mut kept) = trust::kept(act.work.room()).await?.ok_or_else(nothing)?;
    let name = act.work.room().organisation().await?.name;
    let key = act.work.room().log().await?.vkey;
    let settings = kept.draft.clone();
    kept.published = Some(Published { name, key, settings, at: act.at, by: matter::maker(&caller) });
    let rev = put(&mut act, Some(old), &kept, read, &caller.actor()).await?;
    let answer = shown(&house, &caller, kept, rev);
    act.finish(StatusCode::OK, Some(rev), &answer).await
}

/// Takes the page down, whatever was changed meanwhile: nobody waits with that.
#[utoipa::path(
    delete,
    path = "/api/v1/organisations/{org}/trust-page/publication",
    tag = "sharing",
    params(("org" = String, Path, description = "The organisation's id")),
    responses((status = 200, body = TrustPage), (status = "4XX", body = Body))
)]
pub(crate) async fn unpublish(State(house): State<Arc<House>>, caller: Caller) -> Result<Response, Problem> {
    let inside = Circumstance::within(caller.tenant());
    let mut act = house.act(&caller, Action::Change, ResourceKind::TrustPage, &inside).await?;
    let nothing = || Problem::not_found("nothing is public");
    let (old, mut kept) = trust::kept(act.work.room()).await?.ok_or_else(nothing)?;
    kept.published.take().ok_or_else(nothing)?;
    let read = old.rev;
    let rev = put(&mut act, Some(old), &kept, read, &caller.actor()).await?;
    let answer = shown(&house, &caller, kept, rev);
    act.finish(StatusCode::OK, Some(rev), &answer).await
}

/// Somebody asks to see more than is public.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccessRequest {
    /// Who asks.
    name: String,
    /// Where an answer reaches them.
    email: String,
    /// For which organisation.
    company: String,
    /// What for.
    purpose: String,
    /// The SHA-256 of the terms as they were shown: whoever sends it agrees to them.
    agrees: String,
    /// Which of the things that the page offers; all when nothing is said.
    #[serde(default)]
    items: BTreeSet<String>,
}

/// What is kept of it. The terms stand in it whole: what was agreed to can be shown for ever.
#[derive(Debug, Serialize, Deserialize)]
struct Asks {
    name: String,
    email: String,
    company: String,
    purpose: String,
    terms: String,
    terms_sha256: String,
    items: BTreeSet<String>,
    /// The link that was made for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    because: Option<String>,
}

/// A request as those who decide it see it. Nobody verified the address: sending the link there does.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessRequest {
    /// Its id.
    pub(crate) id: String,
    /// `asked`, `granted` or `refused`.
    pub(crate) state: String,
    /// Who asks.
    pub(crate) name: String,
    /// Their address, as they wrote it.
    pub(crate) email: String,
    /// For which organisation.
    pub(crate) company: String,
    /// What for.
    pub(crate) purpose: String,
    /// The terms that they agreed to.
    pub(crate) terms: String,
    /// Their SHA-256.
    pub(crate) terms_sha256: String,
    /// What they asked for.
    pub(crate) items: BTreeSet<String>,
    /// The share link that was made for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) because: Option<String>,
    /// When they agreed and asked.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created: Timestamp,
    /// Which revision.
    pub(crate) rev: u64,
}

pub(crate) fn request(record: &Record) -> Result<AccessRequest, Problem> {
    let asks: Asks = serde_json::from_str(&record.body).map_err(Problem::internal)?;
    Ok(AccessRequest {
        id: record.id.clone(),
        state: record.state.clone(),
        name: asks.name,
        email: asks.email,
        company: asks.company,
        purpose: asks.purpose,
        terms: asks.terms,
        terms_sha256: asks.terms_sha256,
        items: asks.items,
        link: asks.link,
        because: asks.because,
        created: record.created,
        rev: record.rev,
    })
}

/// That it was taken down.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Taken {
    /// By which one can ask after it.
    id: String,
}

/// Asks an organisation with a public page to be shown what it offers on request, and agrees to its terms. Anybody may; the
/// agreement is a leaf of the organisation's log.
#[utoipa::path(
    post,
    path = "/api/v1/trust-pages/{page}/access-requests",
    tag = "sharing",
    params(("page" = String, Path, description = "The organisation's id, as its public page has it")),
    request_body = NewAccessRequest,
    responses((status = 201, body = Taken), (status = "4XX", body = Body))
)]
pub(crate) async fn ask(
    State(house): State<Arc<House>>,
    From(from): From,
    Named(page): Named<String>,
    sent: Sent<NewAccessRequest>,
) -> Result<Response, Problem> {
    let now = house.clock.now();
    house.rates.one_more(&format!("access {from}"), ASKS, now)?;
    let (permit, mut room, published) = trust::public(&house, &page).await?;
    let (terms, digest) = published.settings.terms();
    let new = sent.value;
    if new.agrees != digest {
        return Err(Problem::bad("the terms are others than those that were agreed to")
            .help("load the page again, and read them"));
    }
    if published.settings.on_request.is_empty() {
        return Err(Problem::bad("this page offers nothing on request"));
    }
    let offered: BTreeSet<String> = published.settings.on_request.keys().cloned().collect();
    let items = if new.items.is_empty() { offered.clone() } else { new.items };
    if !items.is_subset(&offered) {
        return Err(Problem::bad("the page offers no such thing"));
    }
    let email = words("address", &new.email, 200)?;
    if !email.contains('@') {
        return Err(Problem::bad("the address is none"));
    }
    let asks = Asks {
        name: words("name", &new.name, 100)?,
        email,
        company: words("organisation", &new.company, 100)?,
        purpose: matter::prose("purpose", &new.purpose, 1_000)?,
        terms,
        terms_sha256: digest,
        items,
        link: None,
        because: None,
    };
    let sieve = RecordSieve { state: "asked".to_owned(), ..RecordSieve::default() };
    let waiting = room.records(REQUEST, &sieve, &Page { after: String::new(), limit: MOST_WAITING }).await?;
    if waiting.len() >= usize::try_from(MOST_WAITING).unwrap_or(usize::MAX) {
        return Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many",
            "too many requests wait for an answer here",
        )
        .help("write to the organisation"));
    }
    drop(room);
    let tenant = permit.tenant();
    let permit = house.system(SystemActor::PublicPage, Action::Change, ResourceKind::TrustPage, tenant)?;
    let mut work = house.store.work(&permit).await?;
    work.seen_from(&from);
    let record = Record {
        kind: REQUEST.to_owned(),
        id: ids::fresh!(RequestId, now).to_string(),
        about: String::new(),
        state: "asked".to_owned(),
        owner: String::new(),
        due: String::new(),
        rev: 1,
        body: serde_json::to_string(&asks).map_err(Problem::internal)?,
        created: now,
        updated: now,
        editor: "a visitor".to_owned(),
    };
    work.add_record(&record).await?;
    house.commit(work, tenant, "public-page", now).await?;
    Ok((StatusCode::CREATED, Json(Taken { id: record.id })).into_response())
}

/// Who asked to see more, oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/access-requests",
    tag = "sharing",
    params(("org" = String, Path, description = "The organisation's id"), Cursor),
    responses((status = 200, body = Listed<AccessRequest>), (status = "4XX", body = Body))
)]
pub(crate) async fn requests(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Problem> {
    let (inside, now) = (Circumstance::within(caller.tenant()), house.clock.now());
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::ShareLink, &inside, now)?;
    let found = house.store.room(&permit).await?.records(REQUEST, &RecordSieve::default(), &cursor.page()).await?;
    let found = found.iter().map(request).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(Listed::of(found, &cursor, |r: &AccessRequest| r.id.clone())).into_response())
}

/// What is granted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grant {
    /// Until when: within a year and a day.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    /// Which of the things that were asked for; all when nothing is said.
    #[serde(default)]
    items: BTreeSet<String>,
    /// How often it may be opened.
    #[serde(default)]
    most_uses: Option<u32>,
    /// What they must know too.
    #[serde(default)]
    passphrase: Option<String>,
}

/// Grants a request: a share link for that person, whose name and day stand on what it shows. Its secret is shown this once.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/access-requests/{access_request}/grant",
    tag = "sharing",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("access_request" = String, Path),
        ("if-match" = String, Header),
    ),
    request_body = Grant,
    responses((status = 201, body = MadeLink), (status = "4XX", body = Body))
)]
pub(crate) async fn grant(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
    sent: Sent<Grant>,
) -> Result<Response, Problem> {
    let read = if_match(&sent.headers)?;
    let (inside, now) = (Circumstance::within(caller.tenant()), house.clock.now());
    let permit = authorise(&caller.principal, Action::Create, ResourceKind::ShareLink, &inside, now)?;
    let Grant { until, items, most_uses, passphrase } = sent.value;
    let passphrase = match passphrase {
        Some(text) => Some(share_links::hashed(&house, text).await?),
        None => None,
    };
    let mut act = house.act_with(&caller, permit).await?;
    let (mut record, mut asks) = waiting(&mut act, &id, read).await?;
    let shows = if items.is_empty() { asks.items.clone() } else { items };
    if !shows.is_subset(&asks.items) {
        return Err(Problem::bad("nobody asked for one of these"));
    }
    let label: String = format!("{}, {}", asks.name, asks.company).chars().take(100).collect();
    let handed = Handed {
        name: asks.name.clone(),
        company: asks.company.clone(),
        on: house.clock.today().to_string(),
        terms: asks.terms_sha256.clone(),
        request: id,
    };
    let making = Making { label, shows, until, most_uses, passphrase, handed: Some(handed) };
    making.holds(now)?;
    let made = making.made(&mut act, &caller).await?;
    asks.link = Some(made.id().to_owned());
    decided(&mut act, &caller, &mut record, &asks, "granted").await?;
    act.finish(StatusCode::CREATED, None, &made).await
}

/// Why it is refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refusal {
    /// Why; those who read the log see it, the visitor is told by whoever writes to them.
    because: String,
}

/// Refuses a request.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/access-requests/{access_request}/refusal",
    tag = "sharing",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("access_request" = String, Path),
        ("if-match" = String, Header),
    ),
    request_body = Refusal,
    responses((status = 200, body = AccessRequest), (status = "4XX", body = Body))
)]
pub(crate) async fn refuse(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
    sent: Sent<Refusal>,
) -> Result<Response, Problem> {
    let read = if_match(&sent.headers)?;
    let because = words("reason", &sent.value.because, 500)?;
    let inside = Circumstance::within(caller.tenant());
    let mut act = house.act(&caller, Action::Change, ResourceKind::TrustPage, &inside).await?;
    let (mut record, mut asks) = waiting(&mut act, &id, read).await?;
    asks.because = Some(because);
    let rev = decided(&mut act, &caller, &mut record, &asks, "refused").await?;
    record.rev = rev;
    act.finish(StatusCode::OK, Some(rev), &request(&record)?).await
}

/// A request that waits for an answer, at the revision that was read.
async fn waiting(act: &mut Act<'_>, id: &str, read: u64) -> Result<(Record, Asks), Problem> {
    let record = act.work.room().record(REQUEST, id).await?;
    matter::unchanged(&record, REQUEST, read)?;
    if record.state != "asked" {
        return Err(Problem::new(StatusCode::CONFLICT, "refused", format!("it was {} already", record.state)));
    }
    let asks = serde_json::from_str(&record.body).map_err(Problem::internal)?;
    Ok((record, asks))
}

async fn decided(
    act: &mut Act<'_>,
    caller: &Caller,
    record: &mut Record,
    asks: &Asks,
    state: &str,
) -> Result<u64, Problem> {
    state.clone_into(&mut record.state);
    record.body = serde_json::to_string(asks).map_err(Problem::internal)?;
    record.updated = act.at;
    record.editor = caller.actor();
    Ok(act.work.put_record(REQUEST, record).await?)
}
