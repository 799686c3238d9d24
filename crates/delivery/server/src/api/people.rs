use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{
    AccountId, Action, Circumstance, InvitationId, Offer, ResourceKind, Role, SystemActor, authorise,
};
use attesta_identity::{SecretKind, SecretToken, SystemChance};
use attesta_kernel::Timestamp;
use attesta_store::{Bearer, BearerKind, Member, Page, Room};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    House,
    act::if_match,
    api::accounts,
    caller::{self, Caller, Limits, SignedIn},
    ids,
    jobs::notices,
    page::{Cursor, Listed},
    problem::{Body, Problem},
    sent::{Asked, From, Named, Sent},
};

/// An invitation may be accepted for so long.
const OPEN: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Somebody in the organisation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Person {
    /// The account.
    pub(crate) account: String,
    /// The name to show.
    pub(crate) name: String,
    /// The address.
    pub(crate) email: String,
    /// As what.
    pub(crate) role: String,
    /// From when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) from: Option<Timestamp>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) until: Option<Timestamp>,
    /// Which assessments; none said is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) assessments: Option<BTreeSet<String>>,
    /// The revision.
    pub(crate) rev: u64,
}

/// What somebody is to be in the organisation.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Position {
    /// As what.
    pub(crate) role: String,
    /// From when.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) from: Option<Timestamp>,
    /// Until when; guests from an assessor firm need an end.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) until: Option<Timestamp>,
    /// Which assessments; none said is all. Guests from an assessor firm need them named.
    #[serde(default)]
    pub(crate) assessments: Option<BTreeSet<String>>,
}

/// An invitation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewInvitation {
    /// Whom it is for. Whoever signs in through a provider that verified this address joins by it.
    email: String,
    /// What they are to be.
    position: Position,
    /// Whether the link is sent to them by mail, where this server sends mail; it is shown in any case.
    #[serde(default)]
    mail: bool,
}

/// An invitation as the list shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Invitation {
    /// Its id.
    pub(crate) id: String,
    /// Whom it is for.
    pub(crate) email: String,
    /// What they are to be.
    pub(crate) position: Position,
    /// Until when it may be accepted.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) expires: Timestamp,
    /// When it was accepted or taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) ended: Option<Timestamp>,
}

/// An invitation with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeInvitation {
    /// The invitation.
    #[serde(flatten)]
    invitation: Invitation,
    /// What to send to whoever is invited.
    link: String,
    /// Whether a mail with it is on its way.
    mailed: bool,
}

/// Accepts an invitation with a new account, or with one that is here.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acceptance {
    /// The secret of the link, after the `#`.
    link: String,
    /// The address to sign in with.
    email: String,
    /// The name to show; for a new account.
    #[serde(default)]
    name: String,
    /// The password: a new one, or that of the account with this address.
    password: String,
}

/// An invitation, for the account that is signed in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnAcceptance {
    /// The secret of the link, after the `#`.
    link: String,
}

/// The address stands first: invitations are found by it.
#[derive(Debug, Serialize, Deserialize)]
struct InvitationBody {
    email: String,
    position: Position,
}

impl Position {
    fn limits(&self) -> Limits {
        Limits { from: self.from, until: self.until, assessments: self.assessments.clone() }
    }

    fn role(&self) -> Result<Role, Problem> {
        self.role.parse().map_err(|e: attesta_access::UnknownWord| Problem::bad(e.to_string()))
    }

    fn offer(&self) -> Result<Offer, Problem> {
        Ok(Offer { role: self.role()?, until: self.limits().window()?.until(), reach: self.limits().reach()? })
    }

    fn body(&self) -> Result<String, Problem> {
        serde_json::to_string(&self.limits()).map_err(Problem::internal)
    }
}

/// Who is in the organisation.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/people",
    tag = "organisations",
    params(("org" = String, Path, description = "The organisation's id"), Cursor),
    responses((status = 200, body = Listed<Person>), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Problem> {
    let circumstance = Circumstance::within(caller.tenant());
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Person, &circumstance, house.clock.now())?;
    let found = house.store.room(&permit).await?.members(&cursor.page()).await?;
    let found = found.into_iter().map(person).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(Listed::of(found, &cursor, |p| p.account.clone())).into_response())
}

/// Changes what somebody is.
#[utoipa::path(
    put,
    path = "/api/v1/organisations/{org}/people/{account}",
    tag = "organisations",
    params(("org" = String, Path, description = "The organisation's id"), ("account" = String, Path), ("if-match" = String, Header)),
    request_body = Position,
    responses((status = 200, body = Person), (status = "4XX", body = Body))
)]
pub(crate) async fn change(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, account)): Named<(String, String)>,
    sent: Sent<Position>,
) -> Result<Response, Problem> {
    let read = if_match(&sent.headers)?;
    let position = sent.value;
    let (member, kind, owners) = standing(&house, &caller, &account).await?;
    let role = position.role()?;
    let id: AccountId = account.parse().map_err(|_| nobody())?;
    caller::membership(&kind, caller.tenant(), id, role.as_str(), &position.body()?)?;
    let left = owners - u32::from(member.role == Role::Owner.as_str()) + u32::from(role == Role::Owner);
    let circumstance = Circumstance {
        offer: Some(position.offer()?),
        takes: Some(member.role.parse().map_err(Problem::internal)?),
        owners_left: Some(left),
        ..Circumstance::within(caller.tenant())
    };
    let mut act = house.act(&caller, Action::Change, ResourceKind::Role, &circumstance).await?;
    let rev = act.work.put_member(&account, role.as_str(), &position.body()?, read).await?;
    let owners_now = owners_of(act.work.room()).await?;
    if owners_now == 0 {
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", "an organisation never loses its last owner"));
    }
    let member = act.work.room().member(&account).await?.ok_or_else(nobody)?;
    act.finish(StatusCode::OK, Some(rev), &person(member)?).await
}

/// Takes somebody out of the organisation.
#[utoipa::path(
    delete,
    path = "/api/v1/organisations/{org}/people/{account}",
    tag = "organisations",
    params(("org" = String, Path, description = "The organisation's id"), ("account" = String, Path), ("if-match" = String, Header)),
    responses((status = 200, body = Person), (status = "4XX", body = Body))
)]
pub(crate) async fn remove(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, account)): Named<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let read = if_match(&headers)?;
    let (member, _, owners) = standing(&house, &caller, &account).await?;
    let circumstance = Circumstance {
        takes: Some(member.role.parse().map_err(Problem::internal)?),
        owners_left: Some(owners - u32::from(member.role == Role::Owner.as_str())),
        ..Circumstance::within(caller.tenant())
    };
    let mut act = house.act(&caller, Action::Delete, ResourceKind::Person, &circumstance).await?;
    act.work.remove_member(&account, read).await?;
    if owners_of(act.work.room()).await? == 0 {
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", "an organisation never loses its last owner"));
    }
    act.finish(StatusCode::OK, None, &person(member)?).await
}

/// Invites somebody; the link is shown this once.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/invitations",
    tag = "organisations",
    params(("org" = String, Path, description = "The organisation's id")),
    request_body = NewInvitation,
    responses((status = 201, body = MadeInvitation), (status = "4XX", body = Body))
)]
pub(crate) async fn invite(
    State(house): State<Arc<House>>,
    caller: Caller,
    sent: Sent<NewInvitation>,
) -> Result<Response, Problem> {
    let NewInvitation { email, position, mail } = sent.value;
    let email = accounts::address(&email)?;
    let circumstance = Circumstance { offer: Some(position.offer()?), ..Circumstance::within(caller.tenant()) };
    let mut act = house.act(&caller, Action::Create, ResourceKind::Invitation, &circumstance).await?;
    let kind = act.work.room().organisation().await?.kind;
    let probe = ids::fresh!(AccountId, act.at);
    caller::membership(&kind, caller.tenant(), probe, &position.role, &position.body()?)?;
    let secret = SecretToken::draw(SecretKind::Invitation, &mut SystemChance).map_err(Problem::internal)?;
    let bearer = Bearer {
        digest: secret.digest().to_string(),
        kind: BearerKind::Invitation,
        id: ids::fresh!(InvitationId, act.at).to_string(),
        tenant: Some(caller.tenant().to_string()),
        account: caller.principal.account().map(|a| a.to_string()),
        created: act.at,
        seen: act.at,
        expires: act.at.checked_add(OPEN).unwrap_or(act.at),
        ended: None,
        rev: 0,
        body: serde_json::to_string(&InvitationBody { email, position }).map_err(Problem::internal)?,
    };
    act.work.add_bearer(&bearer).await?;
    let link = format!("{}/join#{}", house.config.public, secret.reveal());
    let mailed = mail && house.mailer.is_some();
    let invitation = invitation(&bearer)?;
    if mailed {
        notices::invitation(&house, &mut act.work, caller.tenant(), &invitation.email, &link).await?;
    }
    let made = MadeInvitation { invitation, link, mailed };
    act.finish(StatusCode::CREATED, None, &made).await
}

/// Invitations.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/invitations",
    tag = "organisations",
    params(("org" = String, Path, description = "The organisation's id"), Cursor),
    responses((status = 200, body = Listed<Invitation>), (status = "4XX", body = Body))
)]
pub(crate) async fn invitations(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Problem> {
    let circumstance = Circumstance::within(caller.tenant());
    let now = house.clock.now();
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Invitation, &circumstance, now)?;
    let found = house.store.room(&permit).await?.bearers(BearerKind::Invitation, &cursor.page()).await?;
    let listed = Listed::of(found, &cursor, |b| b.id.clone());
    let own = match permit.only() {
        attesta_access::Only::WrittenBy(account) => Some(account.to_string()),
        _ => None,
    };
    let mine = listed.items.iter().filter(|b| own.is_none() || b.account == own);
    let items = mine.map(invitation).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(Listed { items, next: listed.next }).into_response())
}

/// Takes an invitation back.
#[utoipa::path(
    delete,
    path = "/api/v1/organisations/{org}/invitations/{invitation}",
    tag = "organisations",
    params(("org" = String, Path, description = "The organisation's id"), ("invitation" = String, Path)),
    responses((status = 200, body = Invitation), (status = "4XX", body = Body))
)]
pub(crate) async fn revoke(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let system = house.system(SystemActor::Setup, Action::Create, ResourceKind::Organisation, caller.tenant())?;
    let found = house.store.room(&system).await?.bearer_by_id(BearerKind::Invitation, &id).await?;
    let found = found.ok_or_else(|| Problem::not_found("there is no such invitation here"))?;
    let maker: Option<AccountId> = found.account.as_deref().and_then(|a| a.parse().ok());
    let circumstance =
        Circumstance { written_by: Some(maker.into_iter().collect()), ..Circumstance::within(caller.tenant()) };
    let mut act = house.act(&caller, Action::Revoke, ResourceKind::Invitation, &circumstance).await?;
    act.work.end_bearer(BearerKind::Invitation, &id, "taken back", act.at).await?;
    let ended = Some(act.at);
    act.finish(StatusCode::OK, None, &invitation(&Bearer { ended, ..found })?).await
}

/// Accepts an invitation.
#[utoipa::path(
    post,
    path = "/api/v1/invitations/accept",
    tag = "identity",
    request_body = Acceptance,
    responses((status = 201, body = Person), (status = "4XX", body = Body))
)]
pub(crate) async fn accept(
    State(house): State<Arc<House>>,
    From(from): From,
    sent: Sent<Acceptance>,
) -> Result<Response, Problem> {
    let asked = sent.value;
    let now = house.clock.now();
    house.rates.one_more(&format!("join {from}"), house.config.sign_in_rate, now)?;
    let mut room = house.store.house_room().await?;
    let bearer = in_force(&mut room, &asked.link, now).await?;
    let existing = room.account_of(&accounts::address(&asked.email)?).await?;
    drop(room);
    let account: AccountId = match existing {
        Some(account) => {
            crate::api::session::knows_password(&house, &account, &asked.password, now).await?;
            account.id.parse().map_err(Problem::internal)?
        }
        None => {
            let about = [asked.email.as_str(), asked.name.as_str()];
            let password = accounts::new_password(&house, &asked.password, &about).await?;
            let account = ids::fresh!(AccountId, now);
            let mut work = house.store.house_work().await?;
            work.seen_from(&from);
            accounts::add(&mut work, account, &asked.email, &asked.name, &password, now).await?;
            house.commit_house(work, &account.to_string()).await?;
            account
        }
    };
    let joined = join(&house, &bearer, account, &from).await?;
    Ok((StatusCode::CREATED, Json(joined)).into_response())
}

/// Accepts an invitation with the account that is signed in.
#[utoipa::path(
    post,
    path = "/api/v1/invitations/accept/mine",
    tag = "identity",
    params(("x-attesta-csrf" = String, Header)),
    request_body = OwnAcceptance,
    responses((status = 201, body = Person), (status = "4XX", body = Body))
)]
pub(crate) async fn accept_mine(
    State(house): State<Arc<House>>,
    signed: SignedIn,
    sent: Sent<OwnAcceptance>,
) -> Result<Response, Problem> {
    let now = house.clock.now();
    house.rates.one_more(&format!("join {}", signed.from), house.config.sign_in_rate, now)?;
    let bearer = in_force(&mut house.store.house_room().await?, &sent.value.link, now).await?;
    let joined = join(&house, &bearer, signed.account, &signed.from).await?;
    Ok((StatusCode::CREATED, Json(joined)).into_response())
}

fn gone() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "link", "this link is none, was used, or is too old")
        .help("ask whoever invited you for a new one")
}

/// The invitation in force that a link names.
pub(crate) async fn in_force(room: &mut Room, link: &str, now: Timestamp) -> Result<Bearer, Problem> {
    let secret = SecretToken::read(SecretKind::Invitation, link).map_err(|_| gone())?;
    let stands = |b: &Bearer| b.kind == BearerKind::Invitation && b.ended.is_none() && b.expires > now;
    room.bearer(&secret.digest().to_string()).await?.filter(stands).ok_or_else(gone)
}

/// Lets an account join by an invitation in force: joining and the invitation's end come together in the organisation's log.
pub(crate) async fn join(house: &House, bearer: &Bearer, account: AccountId, from: &str) -> Result<Person, Problem> {
    let now = house.clock.now();
    let body: InvitationBody = serde_json::from_str(&bearer.body).map_err(Problem::internal)?;
    let tenant = bearer.tenant.as_deref().and_then(|t| t.parse().ok()).ok_or_else(gone)?;
    let permit = house.system(SystemActor::Setup, Action::Create, ResourceKind::Organisation, tenant)?;
    let mut work = house.store.work(&permit).await?;
    work.seen_from(from);
    work.end_bearer(BearerKind::Invitation, &bearer.id, "accepted", now).await.map_err(|_| gone())?;
    let role = body.position.role()?;
    work.add_member(&account.to_string(), role.as_str(), &body.position.body()?, now).await?;
    let member = work.room().member(&account.to_string()).await?.ok_or_else(nobody)?;
    house.commit(work, tenant, &account.to_string(), now).await?;
    person(member)
}

/// Invitations in force that were sent to an address.
pub(crate) async fn invited(room: &mut Room, email: &str, now: Timestamp) -> Result<Vec<Bearer>, Problem> {
    // The body's first member is the address, in small letters; it is read whole to be sure.
    let begins = format!("{{\"email\":{},", serde_json::to_string(email).map_err(Problem::internal)?);
    let found = room.invitations_that_begin(&begins, now).await?;
    let theirs =
        |bearer: &Bearer| serde_json::from_str::<InvitationBody>(&bearer.body).is_ok_and(|body| body.email == email);
    Ok(found.into_iter().filter(theirs).collect())
}

fn nobody() -> Problem {
    Problem::not_found("there is no such person here")
}

/// A member, the organisation's kind, and how many owners there are.
async fn standing(house: &House, caller: &Caller, account: &str) -> Result<(Member, String, u32), Problem> {
    let circumstance = Circumstance::within(caller.tenant());
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Person, &circumstance, house.clock.now())?;
    let mut room = house.store.room(&permit).await?;
    let member = room.member(account).await?.ok_or_else(nobody)?;
    let kind = room.organisation().await?.kind;
    Ok((member, kind, owners_of(&mut room).await?))
}

async fn owners_of(room: &mut Room) -> Result<u32, Problem> {
    let mut owners = 0_u32;
    let mut page = Page::first(500);
    loop {
        let members = room.members(&page).await?;
        owners += members.iter().map(|m| u32::from(m.role == Role::Owner.as_str())).sum::<u32>();
        match members.last() {
            Some(last) if members.len() == 500 => page.after = last.account.clone(),
            _ => return Ok(owners),
        }
    }
}

pub(crate) fn person(member: Member) -> Result<Person, Problem> {
    let limits: Limits = serde_json::from_str(&member.body).map_err(Problem::internal)?;
    Ok(Person {
        account: member.account,
        name: member.name,
        email: member.email,
        role: member.role,
        from: limits.from,
        until: limits.until,
        assessments: limits.assessments,
        rev: member.rev,
    })
}

pub(crate) fn invitation(bearer: &Bearer) -> Result<Invitation, Problem> {
    let body: InvitationBody = serde_json::from_str(&bearer.body).map_err(Problem::internal)?;
    let (id, expires, ended) = (bearer.id.clone(), bearer.expires, bearer.ended);
    Ok(Invitation { id, email: body.email, position: body.position, expires, ended })
}
