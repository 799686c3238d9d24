//! How people of an organisation sign in, as an owner sees it: lockouts, second factors, sessions; and what an owner ends.

use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{AccountId, Action, Attempt, Circumstance, Permit, ResourceKind, Who, authorise};
use attesta_kernel::Timestamp;
use attesta_store::{
    Account, AttemptsOf, BearerKind, BearersOf, LoginsOf, Member, Membership, MembershipsOf, OneAccount, OneMember,
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    House,
    api::{account::Ended, accounts::AccountBody},
    caller::Caller,
    entry::{Failures, REMEMBERED},
    problem::{Body, Problem},
    sent::Named,
};

/// Somebody whose sign-in failed lately.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Lockout {
    /// Who.
    pub(crate) account: String,
    /// How often it failed in the last day, since it last succeeded.
    pub(crate) failures: u32,
    /// When it failed last.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) last: Timestamp,
    /// Until when no password is looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) waits_until: Option<Timestamp>,
    /// Whether a password alone lets nobody in any more.
    pub(crate) blocked: bool,
}

/// How somebody signs in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignInState {
    /// Who.
    pub(crate) account: String,
    /// Whether there is a password.
    pub(crate) password: bool,
    /// Whether there is an app for codes.
    pub(crate) app: bool,
    /// How many passkeys.
    pub(crate) passkeys: usize,
    /// How many providers it is linked to.
    pub(crate) providers: usize,
    /// How many sessions are open.
    pub(crate) sessions: usize,
    /// What failed lately.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lockout: Option<Lockout>,
}

fn nobody() -> Problem {
    Problem::not_found("there is no such person here")
}

/// Leave to see or end how somebody signs in: an owner's, and one's own.
fn asked(house: &House, caller: &Caller, action: Action, account: &str) -> Result<Permit, Problem> {
    let whose: AccountId = account.parse().map_err(|_| nobody())?;
    let circumstance =
        Circumstance { written_by: Some(BTreeSet::from([whose])), ..Circumstance::within(caller.tenant()) };
    Ok(authorise(&caller.principal, action, ResourceKind::Session, &circumstance, house.clock.now())?)
}

/// Refuses where they are not of this organisation.
async fn member(house: &House, permit: &Permit, account: &str) -> Result<(Member, Account), Problem> {
    let member = house.store.room(permit).await?.member(account).await?.ok_or_else(nobody)?;
    let account = house.store.house_room().await?.account(account).await?.ok_or_else(nobody)?;
    Ok((member, account))
}

/// Refuses an organisation what would reach somebody in other organisations too. One's own is one's own.
fn only_here(caller: &Caller, account: &str, memberships: &[Membership]) -> Result<(), Problem> {
    if matches!(caller.principal.who(), Who::Person(me) if me.to_string() == account) {
        return Ok(());
    }
    let here = caller.tenant().to_string();
    if memberships.iter().all(|m| m.tenant == here) {
        return Ok(());
    }
    let told = "this account belongs to other organisations too, and how it signs in is not for one of them to change";
    Err(Problem::new(StatusCode::CONFLICT, "elsewhere", told)
        .help("take the person out of this organisation, or ask them to end their sessions in their account"))
}

fn lockout(house: &House, account: &str, failures: Failures) -> Option<Lockout> {
    Some(Lockout {
        account: account.to_owned(),
        failures: failures.count,
        last: failures.last?,
        waits_until: house.waits(failures),
        blocked: failures.attempt == Attempt::Blocked,
    })
}

/// How somebody of the organisation signs in.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/people/{account}/sign-in",
    tag = "organisations",
    params(("org" = String, Path, description = "The organisation's id"), ("account" = String, Path)),
    responses((status = 200, body = SignInState), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    Ok(Json(state(&house, &caller, &id).await?.0).into_response())
}

/// How somebody signs in, and whether the caller may end their sessions and lockouts.
pub(crate) async fn state(house: &House, caller: &Caller, id: &str) -> Result<(SignInState, bool), Problem> {
    let permit = leave(house, caller, id)?;
    let mut room = house.store.room(&permit).await?;
    let (member, answered) = room.ask(&(OneMember { account: id }, asks(house, id))).await?;
    member.ok_or_else(nobody)?;
    told(house, caller, id, answered)
}

/// Leave to see how somebody signs in.
pub(crate) fn leave(house: &House, caller: &Caller, id: &str) -> Result<Permit, Problem> {
    asked(house, caller, Action::Read, id)
}

/// What tells how an account signs in.
type Asks<'a> = (OneAccount<'a>, LoginsOf<'a>, BearersOf<'a>, AttemptsOf<'a>, MembershipsOf<'a>);
/// What was answered.
type Answered = <Asks<'static> as attesta_store::Ask>::Out;

/// See [`Asks`]; to be asked together with what else a page wants.
pub(crate) fn asks<'a>(house: &House, account: &'a str) -> Asks<'a> {
    (
        OneAccount { id: account },
        LoginsOf { account },
        BearersOf { account, kind: BearerKind::Session },
        AttemptsOf { account, since: house.remembered_since() },
        MembershipsOf { account },
    )
}

/// How somebody signs in, by what was answered, and whether the caller may end their sessions and lockouts.
pub(crate) fn told(
    house: &House,
    caller: &Caller,
    id: &str,
    (account, logins, sessions, attempts, memberships): Answered,
) -> Result<(SignInState, bool), Problem> {
    let (now, body) = (house.clock.now(), AccountBody::of(&account.ok_or_else(nobody)?)?);
    let failures = house.failures_of(&attempts);
    let count = |kind: &str| logins.iter().filter(|login| login.kind == kind).count();
    let state = SignInState {
        account: id.to_owned(),
        password: body.password.is_some(),
        app: body.totp.is_some(),
        passkeys: count("passkey"),
        providers: count("oidc"),
        sessions: sessions.iter().filter(|s| s.expires > now).count(),
        lockout: lockout(house, id, failures),
    };
    // A sign-in that is too old for it is asked for anew.
    let may = match asked(house, caller, Action::Revoke, id) {
        Ok(_) => true,
        Err(problem) => problem.code() == "confirm",
    };
    Ok((state, may && only_here(caller, id, &memberships).is_ok()))
}

/// Ends every session of somebody of the organisation, and of no other: somebody who belongs elsewhere too ends their own.
#[utoipa::path(
    delete,
    path = "/api/v1/organisations/{org}/people/{account}/sessions",
    tag = "organisations",
    params(("org" = String, Path, description = "The organisation's id"), ("account" = String, Path)),
    responses((status = 200, body = Ended), (status = "4XX", body = Body))
)]
pub(crate) async fn end_sessions(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let permit = asked(&house, &caller, Action::Revoke, &id)?;
    member(&house, &permit, &id).await?;
    only_here(&caller, &id, &house.store.house_room().await?.memberships(&id).await?)?;
    let mut act = house.act_with(&caller, permit).await?;
    let sessions = act.work.end_sessions(&id, "", act.at).await?;
    act.finish(StatusCode::OK, None, &Ended { sessions }).await
}

/// Ends a lockout of somebody of the organisation, and of no other: failed attempts so far are forgotten.
#[utoipa::path(
    delete,
    path = "/api/v1/organisations/{org}/people/{account}/lockout",
    tag = "organisations",
    params(("org" = String, Path, description = "The organisation's id"), ("account" = String, Path)),
    responses((status = 200, body = Lockout), (status = "4XX", body = Body))
)]
pub(crate) async fn end_lockout(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let permit = asked(&house, &caller, Action::Revoke, &id)?;
    let (_, account) = member(&house, &permit, &id).await?;
    only_here(&caller, &id, &house.store.house_room().await?.memberships(&id).await?)?;
    let failures = house.failures(&mut house.store.house_room().await?, &account.email).await?;
    let ended = lockout(&house, &id, failures).ok_or_else(|| Problem::not_found("nothing failed lately"))?;
    let mut act = house.act_with(&caller, permit).await?;
    act.work.forget_attempts(&account.email).await?;
    act.work.tell("account.lockout-ended", &id, &serde_json::json!({ "failures": ended.failures }))?;
    act.finish(StatusCode::OK, None, &ended).await
}

/// People of the organisation whose sign-in failed in the last day, and who waits.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/lockouts",
    tag = "organisations",
    params(("org" = String, Path, description = "The organisation's id")),
    responses((status = 200, body = Vec<Lockout>), (status = "4XX", body = Body))
)]
pub(crate) async fn lockouts(State(house): State<Arc<House>>, caller: Caller) -> Result<Response, Problem> {
    let (inside, now) = (Circumstance::within(caller.tenant()), house.clock.now());
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Session, &inside, now)?;
    let own = match permit.only() {
        attesta_access::Only::WrittenBy(account) => Some(account.to_string()),
        _ => None,
    };
    let since = now.checked_sub(REMEMBERED).unwrap_or(now);
    let found = house.store.room(&permit).await?.failed_attempts(since).await?;
    let shown = found.into_iter().filter(|(account, ..)| own.as_ref().is_none_or(|own| own == account));
    let shown: Vec<Lockout> = shown
        .filter_map(|(account, count, last)| {
            let attempt = house.lockout.attempt_after(count, Some(last), now);
            lockout(&house, &account, Failures { attempt, count, last: Some(last) })
        })
        .collect();
    Ok(Json(shown).into_response())
}
