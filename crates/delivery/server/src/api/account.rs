use std::sync::Arc;

use attesta_access::Factors;
use attesta_identity::{CodeVerdict, RecoveryCodes, Sealed, SystemChance, TotpSecret};
use attesta_kernel::Timestamp;
use attesta_store::{Account, Bearer, BearerKind, Work};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    House,
    api::{
        accounts::{self, AccountBody},
        passkeys,
    },
    caller::{SessionBody, SignedIn},
    problem::{Body, Problem},
    sent::{Named, Sent},
};

/// How one signs in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnAccount {
    /// The account.
    pub(crate) id: String,
    /// The name to show.
    pub(crate) name: String,
    /// The address.
    pub(crate) email: String,
    /// Whether signing in asks for the code of an app.
    pub(crate) app: bool,
    /// How many recovery codes are left.
    pub(crate) recovery_codes: usize,
    /// How many passkeys there are.
    pub(crate) passkeys: usize,
    /// Whether there is a password.
    pub(crate) password: bool,
}

/// One of one's own sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnSession {
    /// Its id.
    pub(crate) id: String,
    /// Whether it is the one that asks.
    pub(crate) this: bool,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) began: Timestamp,
    /// When it was used last, about.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) seen: Timestamp,
    /// From where somebody signed in.
    pub(crate) from: String,
    /// With what.
    pub(crate) agent: String,
    /// How: `password`, `passkey` or `provider:NAME`; empty where it was not noted.
    pub(crate) how: String,
}

/// A new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    /// The one until now; not looked at where the account has none.
    #[serde(default)]
    password: String,
    /// The new one.
    new: String,
}

/// An app to be set up; this is shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppSecret {
    /// What the app reads, as a picture or typed.
    uri: String,
}

/// A code of the app.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppCode {
    /// Six digits.
    code: String,
}

/// Codes for the day when the app is lost; they are shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Codes {
    /// Each works once.
    recovery_codes: Vec<String>,
}

/// What ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ended {
    /// How many sessions.
    pub(crate) sessions: u64,
}

/// How one signs in oneself.
#[utoipa::path(
    get,
    path = "/api/v1/account",
    tag = "identity",
    responses((status = 200, body = OwnAccount), (status = "4XX", body = Body))
)]
pub(crate) async fn read(State(house): State<Arc<House>>, signed: SignedIn) -> Result<Json<OwnAccount>, Problem> {
    let mut room = house.store.house_room().await?;
    let account = own(&mut room, &signed).await?;
    let passkeys = passkeys::of(&mut room, &account.id).await?.len();
    let body = AccountBody::of(&account)?;
    let left = body.recovery.as_deref().map(RecoveryCodes::from_stored).transpose().map_err(Problem::internal)?;
    Ok(Json(OwnAccount {
        id: account.id,
        name: account.name,
        email: account.email,
        app: body.totp.is_some(),
        recovery_codes: left.map_or(0, |codes| codes.left()),
        passkeys,
        password: body.password.is_some(),
    }))
}

/// Changes one's password; every other session ends.
#[utoipa::path(
    post,
    path = "/api/v1/account/password",
    tag = "identity",
    params(("x-attesta-csrf" = String, Header)),
    request_body = NewPassword,
    responses((status = 200, body = Ended), (status = "4XX", body = Body))
)]
pub(crate) async fn password(
    State(house): State<Arc<House>>,
    signed: SignedIn,
    sent: Sent<NewPassword>,
) -> Result<Response, Problem> {
    let now = fresh(&house, &signed)?;
    house.rates.one_more(&format!("sign-in {}", signed.from), house.config.sign_in_rate, now)?;
    let account = strong(&mut house.store.house_room().await?, &signed).await?;
    if AccountBody::of(&account)?.password.is_some() {
        crate::api::session::knows_password(&house, &account, &sent.value.password, now).await?;
    }
    let hashed = accounts::new_password(&house, &sent.value.new, &[&account.email, &account.name]).await?;
    let body = AccountBody { password: Some(hashed), ..AccountBody::of(&account)? };
    let mut work = changing(&house, &signed).await?;
    work.put_account(&Account { body: body.stored()?, ..account }, "the password was changed").await?;
    let sessions = work.end_sessions(&signed.account.to_string(), &signed.bearer.digest, now).await?;
    house.commit_house(work, &signed.account.to_string()).await?;
    Ok(Json(Ended { sessions }).into_response())
}

/// Begins to set up an app for codes. Nothing asks for its codes before one of them has confirmed it.
#[utoipa::path(
    post,
    path = "/api/v1/account/app",
    tag = "identity",
    params(("x-attesta-csrf" = String, Header)),
    responses((status = 200, body = AppSecret), (status = "4XX", body = Body))
)]
pub(crate) async fn begin_app(State(house): State<Arc<House>>, signed: SignedIn) -> Result<Response, Problem> {
    fresh(&house, &signed)?;
    let account = strong(&mut house.store.house_room().await?, &signed).await?;
    let mut body = AccountBody::of(&account)?;
    if body.totp.is_some() {
        return Err(Problem::new(StatusCode::CONFLICT, "exists", "an app is set up already").help("remove it first"));
    }
    let secret = TotpSecret::draw(&mut SystemChance).map_err(Problem::internal)?;
    let sealed = house.keyring.seal(&format!("totp:{}", account.id), secret.as_bytes(), &mut SystemChance);
    body.totp_new = Some(sealed.map_err(Problem::internal)?.to_string());
    let uri = secret.enrol_uri("Attesta", &account.email);
    let mut work = changing(&house, &signed).await?;
    work.put_account(&Account { body: body.stored()?, ..account }, "an app was begun to be set up").await?;
    house.commit_house(work, &signed.account.to_string()).await?;
    Ok(Json(AppSecret { uri }).into_response())
}

/// Confirms an app by a code of it: from now on signing in asks for codes. Every other session ends.
#[utoipa::path(
    post,
    path = "/api/v1/account/app/confirm",
    tag = "identity",
    params(("x-attesta-csrf" = String, Header)),
    request_body = AppCode,
    responses((status = 200, body = Codes), (status = "4XX", body = Body))
)]
pub(crate) async fn confirm_app(
    State(house): State<Arc<House>>,
    signed: SignedIn,
    sent: Sent<AppCode>,
) -> Result<Response, Problem> {
    let now = fresh(&house, &signed)?;
    house.rates.one_more(&format!("sign-in {}", signed.from), house.config.sign_in_rate, now)?;
    let account = strong(&mut house.store.house_room().await?, &signed).await?;
    let mut body = AccountBody::of(&account)?;
    let begun = body.totp_new.take().ok_or_else(|| {
        Problem::new(StatusCode::CONFLICT, "refused", "no app was begun to be set up").help("begin it first")
    })?;
    let sealed: Sealed = begun.parse().map_err(Problem::internal)?;
    let opened = house.keyring.unseal(&format!("totp:{}", account.id), &sealed).map_err(Problem::internal)?;
    let secret = TotpSecret::from_bytes(&opened).map_err(Problem::internal)?;
    let verdict = secret.verify(&sent.value.code, now, None).map_err(Problem::internal)?;
    let CodeVerdict::Accepted { step } = verdict else {
        return Err(Problem::new(StatusCode::FORBIDDEN, "wrong", "this is not the code that the app shows now")
            .help("see whether the clock of the device is right, and type the next code"));
    };
    let (codes, stored) = RecoveryCodes::draw(&account.id, &mut SystemChance).map_err(Problem::internal)?;
    (body.totp, body.totp_used, body.recovery) = (Some(begun), Some(step), Some(stored.to_stored()));
    let mut work = changing(&house, &signed).await?;
    // A passkey may have come since the account was read: then this session has not shown it.
    strong(work.room(), &signed).await?;
    work.put_account(&Account { body: body.stored()?, ..account }, "an app for codes was set up").await?;
    // This session has shown both by now.
    let mut session: SessionBody = serde_json::from_str(&signed.bearer.body).map_err(Problem::internal)?;
    session.factors = Factors::Two.to_string();
    let session = serde_json::to_string(&session).map_err(Problem::internal)?;
    work.put_bearer(&Bearer { body: session, ..signed.bearer.clone() }, "a second factor was shown").await?;
    work.end_sessions(&signed.account.to_string(), &signed.bearer.digest, now).await?;
    house.commit_house(work, &signed.account.to_string()).await?;
    Ok(Json(shown(&codes)).into_response())
}

/// Removes the app for codes, and the recovery codes with it unless there is a passkey.
#[utoipa::path(
    delete,
    path = "/api/v1/account/app",
    tag = "identity",
    params(("x-attesta-csrf" = String, Header)),
    responses((status = 204), (status = "4XX", body = Body))
)]
pub(crate) async fn remove_app(State(house): State<Arc<House>>, signed: SignedIn) -> Result<Response, Problem> {
    fresh(&house, &signed)?;
    let account = own(&mut house.store.house_room().await?, &signed).await?;
    let body = AccountBody::of(&account)?;
    if body.totp.is_none() {
        return Err(Problem::not_found("no app is set up"));
    }
    if signed.session.factors < Factors::Two {
        return Err(Problem::new(StatusCode::FORBIDDEN, "confirm", "removing the app asks for a code of it")
            .help("confirm with your password and a code, then repeat it"));
    }
    let mut work = changing(&house, &signed).await?;
    // Recovery codes stand in for a passkey too.
    let keys = !passkeys::of(work.room(), &account.id).await?.is_empty();
    let recovery = body.recovery.filter(|_| keys);
    let body = AccountBody { totp: None, totp_new: None, totp_used: None, recovery, ..body };
    work.put_account(&Account { body: body.stored()?, ..account }, "the app for codes was removed").await?;
    house.commit_house(work, &signed.account.to_string()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Makes new recovery codes; those before do not work any more.
#[utoipa::path(
    post,
    path = "/api/v1/account/recovery-codes",
    tag = "identity",
    params(("x-attesta-csrf" = String, Header)),
    responses((status = 200, body = Codes), (status = "4XX", body = Body))
)]
pub(crate) async fn recovery_codes(State(house): State<Arc<House>>, signed: SignedIn) -> Result<Response, Problem> {
    fresh(&house, &signed)?;
    let account = own(&mut house.store.house_room().await?, &signed).await?;
    let mut body = AccountBody::of(&account)?;
    let keys = passkeys::of(&mut house.store.house_room().await?, &account.id).await?;
    if body.totp.is_none() && keys.is_empty() {
        let told = "recovery codes stand in for an app or a passkey, and there is none";
        return Err(Problem::new(StatusCode::CONFLICT, "refused", told));
    }
    if signed.session.factors < Factors::Two {
        return Err(Problem::new(StatusCode::FORBIDDEN, "confirm", "new recovery codes ask for a code of the app")
            .help("confirm with your password and a code, then repeat it"));
    }
    let (codes, stored) = RecoveryCodes::draw(&account.id, &mut SystemChance).map_err(Problem::internal)?;
    body.recovery = Some(stored.to_stored());
    let mut work = changing(&house, &signed).await?;
    work.put_account(&Account { body: body.stored()?, ..account }, "new recovery codes were made").await?;
    house.commit_house(work, &signed.account.to_string()).await?;
    Ok(Json(shown(&codes)).into_response())
}

/// One's own sessions, the one used last first.
#[utoipa::path(
    get,
    path = "/api/v1/account/sessions",
    tag = "identity",
    responses((status = 200, body = Vec<OwnSession>), (status = "4XX", body = Body))
)]
pub(crate) async fn sessions(
    State(house): State<Arc<House>>,
    signed: SignedIn,
) -> Result<Json<Vec<OwnSession>>, Problem> {
    let now = house.clock.now();
    let found = house.store.house_room().await?.bearers_of(&signed.account.to_string(), BearerKind::Session).await?;
    let alive = found.into_iter().filter(|bearer| bearer.expires > now);
    let shown = alive.map(|bearer| {
        let body: SessionBody = serde_json::from_str(&bearer.body).map_err(Problem::internal)?;
        let this = bearer.digest == signed.bearer.digest;
        let (began, seen) = (bearer.created, bearer.seen);
        Ok(OwnSession { id: bearer.id, this, began, seen, from: body.from, agent: body.agent, how: body.how })
    });
    Ok(Json(shown.collect::<Result<_, Problem>>()?))
}

/// Ends one of one's own sessions.
#[utoipa::path(
    delete,
    path = "/api/v1/account/sessions/{session}",
    tag = "identity",
    params(("session" = String, Path), ("x-attesta-csrf" = String, Header)),
    responses((status = 200, body = Ended), (status = "4XX", body = Body))
)]
pub(crate) async fn end_session(
    State(house): State<Arc<House>>,
    signed: SignedIn,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let mut work = changing(&house, &signed).await?;
    let mine = work.room().bearers_of(&signed.account.to_string(), BearerKind::Session).await?;
    if !mine.iter().any(|bearer| bearer.id == id) {
        return Err(Problem::not_found("you have no such session"));
    }
    work.end_bearer(BearerKind::Session, &id, "ended by its owner", house.clock.now()).await?;
    work.end_steps(&signed.account.to_string()).await?;
    house.commit_house(work, &signed.account.to_string()).await?;
    Ok(Json(Ended { sessions: 1 }).into_response())
}

/// Ends all of one's own sessions but the one that asks.
#[utoipa::path(
    delete,
    path = "/api/v1/account/sessions",
    tag = "identity",
    params(("x-attesta-csrf" = String, Header)),
    responses((status = 200, body = Ended), (status = "4XX", body = Body))
)]
pub(crate) async fn end_others(State(house): State<Arc<House>>, signed: SignedIn) -> Result<Response, Problem> {
    let mut work = changing(&house, &signed).await?;
    let account = signed.account.to_string();
    let sessions = work.end_sessions(&account, &signed.bearer.digest, house.clock.now()).await?;
    house.commit_house(work, &account).await?;
    Ok(Json(Ended { sessions }).into_response())
}

/// Refuses unless somebody proved lately who they are; the time.
pub(crate) fn fresh(house: &House, signed: &SignedIn) -> Result<Timestamp, Problem> {
    let now = house.clock.now();
    match signed.session.fresh_until(house.limits, now) {
        Some(_) => Ok(now),
        None => Err(Problem::new(StatusCode::FORBIDDEN, "confirm", "a sensitive act wants a fresh sign-in")
            .help("prove again who you are, then repeat it")),
    }
}

pub(crate) async fn changing(house: &House, signed: &SignedIn) -> Result<Work, Problem> {
    let mut work = house.store.house_work().await?;
    work.seen_from(&signed.from);
    Ok(work)
}

pub(crate) async fn own(room: &mut attesta_store::Room, signed: &SignedIn) -> Result<Account, Problem> {
    room.account(&signed.account.to_string()).await?.ok_or_else(|| Problem::not_found("there is no such account"))
}

/// One's own account, where the session has shown the second factor that the account has.
pub(crate) async fn strong(room: &mut attesta_store::Room, signed: &SignedIn) -> Result<Account, Problem> {
    let account = own(room, signed).await?;
    passkeys::strong(&account, &passkeys::of(room, &account.id).await?, signed)?;
    Ok(account)
}

fn shown(codes: &[attesta_identity::RecoveryCode]) -> Codes {
    Codes { recovery_codes: codes.iter().map(attesta_identity::RecoveryCode::reveal).collect() }
}
