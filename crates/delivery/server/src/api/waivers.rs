//! Waivers: somebody asks that a violation is accepted until a day, somebody else answers for it, and everybody can read it.
//! What is waived still shows, as `waived`; when its day is over or it is withdrawn, it is a violation again.

use std::sync::Arc;

use attesta_access::{AccountId, Action, Circumstance, ResourceKind, authorise};
use attesta_kernel::{Date, PolicyId, Timestamp};
use attesta_store::{Record, RecordSieve};
use attesta_work::{WaiverId, WaiverMove, WaiverState};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    House,
    act::{Begun, etag, if_match},
    caller::Caller,
    ids, matter,
    page::{Cursor, Listed},
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
    watching::{Decided, SOURCE, WAIVER, WaiverBody, broken},
};

/// A waiver that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWaiver {
    /// The policy, such as `volume-encryption-at-rest`.
    policy: String,
    /// The resource's address, as findings say it; `*` stands for any run of characters.
    resource: String,
    /// Of this source only; of all when nothing is said.
    #[serde(default)]
    source: String,
    /// Why it is acceptable.
    reason: String,
    /// The account that is asked to answer for it; anybody else whose role decides may too. Never who asks.
    #[serde(default)]
    approver: String,
    /// The last day on which it holds: `2027-03-31`.
    until: String,
}

/// What somebody says to a waiver.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaiverDecision {
    /// `approve` or `refuse`.
    decision: String,
    /// Why; needed to refuse.
    #[serde(default)]
    because: String,
}

/// A waiver.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Waiver {
    /// Its id.
    id: String,
    /// The policy.
    policy: String,
    /// The resource's address; `*` stands for any run of characters.
    resource: String,
    /// Of this source only; of all when it is empty.
    source: String,
    /// Why it is acceptable.
    reason: String,
    /// Who asked.
    maker: String,
    /// Who was asked to answer for it; may be empty.
    approver: String,
    /// The last day on which it holds.
    #[schema(value_type = String, format = Date)]
    until: String,
    /// `asked`, `approved`, `refused` or `withdrawn`.
    state: String,
    /// Whether it covers anything today: approved, not withdrawn, and its day not over.
    holds: bool,
    /// Whether its day is over though it was approved: what it covered is a violation again.
    expired: bool,
    /// Who decided, and since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Timestamp>,
    /// What they said.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_because: Option<String>,
    /// Who took it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawn_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    withdrawn_at: Option<Timestamp>,
    /// The revision.
    rev: u64,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
}

/// Which waivers.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WaiverSieve {
    /// In this state: `asked`, `approved`, `refused` or `withdrawn`.
    #[serde(default)]
    state: String,
    /// About this source alone.
    #[serde(default)]
    source: String,
    /// Asked of this account.
    #[serde(default)]
    approver: String,
}

/// Asks that a violation is accepted until a day. It counts once somebody else has approved it.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/waivers",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), ("idempotency-key" = Option<String>, Header)),
    request_body = NewWaiver,
    responses((status = 201, body = Waiver), (status = "4XX", body = Body))
)]
pub(crate) async fn create(
    State(house): State<Arc<House>>,
    caller: Caller,
    sent: Sent<NewWaiver>,
) -> Result<Response, Problem> {
    let inside = Circumstance::within(caller.tenant());
    let act = house.act(&caller, Action::Create, ResourceKind::Waiver, &inside).await?;
    let mut act = match act.once(sent.once(&caller)?).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(response),
    };
    let NewWaiver { policy, resource, source, reason, approver, until } = sent.value;
    let policy = known(&house, &policy).await?;
    let resource = super::accounts::words("resource", &resource, 500)?;
    let reason = matter::prose("reason", &reason, 4_000)?;
    if reason.is_empty() {
        return Err(Problem::bad("a waiver says why").help("fill in `reason`"));
    }
    let until = day(&until)?;
    if until < house.clock.today() {
        return Err(Problem::bad(format!("`{until}` is over")).help("a waiver holds until a day to come"));
    }
    let maker = matter::maker(&caller);
    if !approver.is_empty() && approver == maker {
        return Err(Problem::bad("whoever asks for a waiver does not answer for it").help("name somebody else"));
    }
    matter::belongs(act.work.room(), &approver).await?;
    if !source.is_empty() {
        act.work.room().record(SOURCE, &source).await?;
    }
    let body = WaiverBody { policy: policy.to_string(), resource, reason, maker, decided: None, withdrawn: None };
    let new = Record {
        kind: WAIVER.to_owned(),
        id: ids::fresh!(WaiverId, act.at).to_string(),
        about: source,
        state: WaiverState::Asked.to_string(),
        owner: approver,
        due: until.to_string(),
        rev: 1,
        body: serde_json::to_string(&body).map_err(Problem::internal)?,
        created: act.at,
        updated: act.at,
        editor: caller.actor(),
    };
    act.work.add_record(&new).await?;
    let at = act.at;
    act.finish(StatusCode::CREATED, Some(1), &shown(new, at)?).await
}

/// Waivers, oldest first: those that wait, hold, are over, were refused or withdrawn.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/waivers",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), WaiverSieve, Cursor),
    responses((status = 200, body = Listed<Waiver>), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(sieve): Asked<WaiverSieve>,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Problem> {
    if !sieve.state.is_empty() {
        sieve.state.parse::<WaiverState>().map_err(|e| Problem::bad(e.to_string()))?;
    }
    let (inside, now) = (Circumstance::within(caller.tenant()), house.clock.now());
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Waiver, &inside, now)?;
    let sieve = RecordSieve { about: sieve.source, state: sieve.state, owner: sieve.approver };
    let found = house.store.room(&permit).await?.records(WAIVER, &sieve, &cursor.page()).await?;
    let found = found.into_iter().map(|record| shown(record, now)).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(Listed::of(found, &cursor, |waiver: &Waiver| waiver.id.clone())).into_response())
}

/// A waiver.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/waivers/{waiver}",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), ("waiver" = String, Path)),
    responses((status = 200, body = Waiver), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let (inside, now) = (Circumstance::within(caller.tenant()), house.clock.now());
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Waiver, &inside, now)?;
    let waiver = shown(house.store.room(&permit).await?.record(WAIVER, &id).await?, now)?;
    Ok(([(header::ETAG, etag(waiver.rev))], Json(waiver)).into_response())
}

/// Approves or refuses a waiver. Nobody decides about what they asked for.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/waivers/{waiver}/decision",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), ("waiver" = String, Path), ("if-match" = String, Header)),
    request_body = WaiverDecision,
    responses((status = 200, body = Waiver), (status = "4XX", body = Body))
)]
pub(crate) async fn decide(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
    sent: Sent<WaiverDecision>,
) -> Result<Response, Problem> {
    let read = if_match(&sent.headers)?;
    let (how, approved) = match sent.value.decision.as_str() {
        "approve" => (WaiverMove::Approve, true),
        "refuse" => (WaiverMove::Refuse, false),
        _ => return Err(Problem::bad("the decision is `approve` or `refuse`")),
    };
    let because = matter::prose("reason", &sent.value.because, 4_000)?;
    if !approved && because.is_empty() {
        return Err(Problem::bad("a refusal says why").help("fill in `because`"));
    }
    let inside = Circumstance::within(caller.tenant());
    let act = house.act(&caller, Action::Read, ResourceKind::Waiver, &inside).await?;
    let mut act = match act.once(sent.once(&caller)?).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(response),
    };
    let old = act.work.room().record(WAIVER, &id).await?;
    let mut body = stored(&old)?;
    let written_by = Some(body.maker.parse::<AccountId>().into_iter().collect());
    let about_it = Circumstance { written_by, ..inside };
    authorise(&caller.principal, Action::Decide, ResourceKind::Waiver, &about_it, act.at)?;
    if approved && day(&old.due)? < house.clock.today() {
        let title = format!("it would have held until {}, which is over", old.due);
        return Err(Problem::new(StatusCode::CONFLICT, "refused", title).help("refuse it, and ask for a new one"));
    }
    body.decided = Some(Decided { by: matter::maker(&caller), at: act.at, because, approved });
    moved(&caller, *act, (old, read), how, &body).await
}

/// Withdraws a waiver: what it covered is a violation again from now on. It stays readable.
#[utoipa::path(
    delete,
    path = "/api/v1/organisations/{org}/waivers/{waiver}",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), ("waiver" = String, Path), ("if-match" = String, Header)),
    responses((status = 200, body = Waiver), (status = "4XX", body = Body))
)]
pub(crate) async fn withdraw(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let read = if_match(&headers)?;
    let inside = Circumstance::within(caller.tenant());
    let mut act = house.act(&caller, Action::Revoke, ResourceKind::Waiver, &inside).await?;
    let old = act.work.room().record(WAIVER, &id).await?;
    let mut body = stored(&old)?;
    let by = matter::maker(&caller);
    body.withdrawn = Some(Decided { by, at: act.at, because: String::new(), approved: false });
    moved(&caller, act, (old, read), WaiverMove::Withdraw, &body).await
}

/// Moves a waiver on, and answers with it.
async fn moved(
    caller: &Caller,
    mut act: crate::act::Act<'_>,
    (old, read): (Record, u64),
    how: WaiverMove,
    body: &WaiverBody,
) -> Result<Response, Problem> {
    matter::unchanged(&old, WAIVER, read)?;
    let state: WaiverState = old.state.parse().map_err(Problem::internal)?;
    let next = state.after(how).map_err(|e| {
        Problem::new(StatusCode::CONFLICT, "move", e.to_string()).help("what is over is asked for anew")
    })?;
    let text = serde_json::to_string(body).map_err(Problem::internal)?;
    let (at, editor) = (act.at, caller.actor());
    let new = Record { state: next.to_string(), body: text, updated: at, editor, ..old };
    let rev = act.work.put_record(WAIVER, &new).await?;
    act.finish(StatusCode::OK, Some(rev), &shown(Record { rev, ..new }, at)?).await
}

/// A policy that this server judges by.
async fn known(house: &Arc<House>, text: &str) -> Result<PolicyId, Problem> {
    let policy: PolicyId = text.parse().map_err(|e: attesta_kernel::IdError| Problem::bad(e.to_string()))?;
    let house = Arc::clone(house);
    let judge = tokio::task::spawn_blocking(move || house.judge()).await.map_err(Problem::internal)?;
    if judge.map_err(broken)?.policies().iter().any(|known| known.id == policy) {
        return Ok(policy);
    }
    Err(Problem::bad(format!("there is no policy `{policy}`")).help("findings name the policy that they are about"))
}

fn day(text: &str) -> Result<Date, Problem> {
    let written = matter::day(text)?;
    written.parse().map_err(|_| Problem::bad("a waiver says until when").help("write `until` like 2027-03-31"))
}

fn stored(record: &Record) -> Result<WaiverBody, Problem> {
    serde_json::from_str(&record.body).map_err(Problem::internal)
}

fn shown(record: Record, now: Timestamp) -> Result<Waiver, Problem> {
    let body = stored(&record)?;
    let holds = body.holds(day(&record.due)?, now);
    let approved = record.state == WaiverState::Approved.as_str();
    let WaiverBody { policy, resource, reason, maker, decided, withdrawn } = body;
    Ok(Waiver {
        id: record.id,
        policy,
        resource,
        source: record.about,
        reason,
        maker,
        approver: record.owner,
        until: record.due,
        state: record.state,
        holds,
        expired: approved && !holds,
        decided_by: decided.as_ref().map(|d| d.by.clone()),
        decided_at: decided.as_ref().map(|d| d.at),
        decided_because: decided.map(|d| d.because).filter(|because| !because.is_empty()),
        withdrawn_by: withdrawn.as_ref().map(|w| w.by.clone()),
        withdrawn_at: withdrawn.map(|w| w.at),
        rev: record.rev,
        created: record.created,
    })
}
