use std::sync::Arc;

use attesta_access::{AccountId, Attempt, Factors, SessionId};
use attesta_identity::{
    CodeVerdict, PasswordVerdict, RecoveryCodes, Redeemed, Sealed, SecretKind, SecretToken, StoredPassword,
    SystemChance, TotpSecret,
};
use attesta_kernel::Timestamp;
use attesta_store::{Account, Bearer, BearerKind};
use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    House,
    api::accounts::AccountBody,
    caller::{COOKIE, COOKIE_SECURE, SessionBody, SignedIn},
    ids,
    problem::{Body, Problem},
    sent::{From, Sent},
};

/// Failed attempts count for so long.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);
/// No session lasts longer, whatever the limits say.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Address, password, and a code where the account has one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// The address.
    email: String,
    /// The password.
    password: String,
    /// The code of the app, or a recovery code.
    #[serde(default)]
    code: Option<String>,
}

/// Proves again who one is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirm {
    /// The password.
    password: String,
    /// The code of the app, where the account has one.
    #[serde(default)]
    code: Option<String>,
}

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Whoami {
    /// The account.
    account: String,
    /// The name to show.
    name: String,
    /// What changing requests of a browser send as `x-attesta-csrf`.
    csrf: String,
    /// Where the account belongs.
    organisations: Vec<Belongs>,
}

/// Where somebody belongs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Belongs {
    /// The organisation.
    id: String,
    /// Its name.
    name: String,
    /// What it is.
    kind: String,
    /// As what.
    role: String,
}

fn wrong() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "wrong", "address, password or code is wrong")
        .help("try again, or ask an owner of your organisation for a new invitation")
}

/// What a correct password is worth.
struct Proven {
    factors: Factors,
    body: AccountBody,
}

/// Signs in. Wrong address, wrong password and wrong code are told alike.
#[utoipa::path(
    post,
    path = "/api/v1/session",
    tag = "identity",
    request_body = SignIn,
    responses((status = 200, body = Whoami), (status = "4XX", body = Body))
)]
pub(crate) async fn sign_in(
    State(house): State<Arc<House>>,
    From(from): From,
    sent: Sent<SignIn>,
) -> Result<Response, Problem> {
    let now = house.clock.now();
    house.rates.one_more(&format!("sign-in {from}"), house.config.sign_in_rate, now)?;
    let asked = &sent.value;
    let about = asked.email.trim().to_lowercase();
    let mut room = house.store.house_room().await?;
    let failures = room.attempts(&about, now.checked_sub(REMEMBERED).unwrap_or(now)).await?;
    if let Attempt::WaitUntil(until) = house.lockout.attempt(&failures, now) {
        let seconds = u64::try_from(until.duration_since(now).as_secs()).unwrap_or(1).max(1);
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "wait", "too many attempts for this address failed")
            .help("wait, then try again")
            .retry_after(seconds));
    }
    let account = room.account_of(&about).await?.filter(|a| a.state == "active");
    drop(room);
    let proven = proven(&house, account.as_ref(), &asked.password, asked.code.as_deref(), now).await?;
    let Some((account, proven)) = account.zip(proven) else {
        let mut work = house.store.house_work().await?;
        work.add_attempt(&about, "password", now).await?;
        work.commit_quietly().await?;
        return Err(wrong());
    };
    let id: AccountId = account.id.parse().map_err(Problem::internal)?;
    let mut work = house.store.house_work().await?;
    work.seen_from(&from);
    work.forget_attempts(&about).await?;
    let stored = proven.body.stored()?;
    if stored != account.body {
        work.put_account(&Account { body: stored, ..account.clone() }, "a code was used, or the hash renewed").await?;
    }
    let secret = SecretToken::draw(SecretKind::Session, &mut SystemChance).map_err(Problem::internal)?;
    let agent = sent.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let body = SessionBody {
        authenticated: now,
        factors: proven.factors.to_string(),
        from: from.clone(),
        agent: agent.chars().take(200).collect(),
    };
    work.add_bearer(&Bearer {
        digest: secret.digest().to_string(),
        kind: BearerKind::Session,
        id: ids::fresh!(SessionId, now).to_string(),
        tenant: None,
        account: Some(account.id.clone()),
        created: now,
        seen: now,
        expires: now.checked_add(LONGEST).unwrap_or(now),
        ended: None,
        rev: 0,
        body: serde_json::to_string(&body).map_err(Problem::internal)?,
    })
    .await?;
    let organisations = belongs(work.room(), id).await?;
    house.commit_house(work, &account.id).await?;
    let whoami =
        Whoami { account: account.id, name: account.name, csrf: attesta_identity::csrf_token(&secret), organisations };
    let mut response = Json(whoami).into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie(&house, secret.reveal(), None)?);
    Ok(response)
}

/// Who is signed in, and where they belong.
#[utoipa::path(
    get,
    path = "/api/v1/session",
    tag = "identity",
    responses((status = 200, body = Whoami), (status = 401, body = Body))
)]
pub(crate) async fn whoami(State(house): State<Arc<House>>, signed: SignedIn) -> Result<Json<Whoami>, Problem> {
    let organisations = belongs(&mut house.store.house_room().await?, signed.account).await?;
    Ok(Json(Whoami { account: signed.account.to_string(), name: signed.name, csrf: signed.csrf, organisations }))
}

/// Signs out: the session opens nothing any more.
#[utoipa::path(
    delete,
    path = "/api/v1/session",
    tag = "identity",
    params(("x-attesta-csrf" = String, Header)),
    responses((status = 204), (status = 401, body = Body))
)]
pub(crate) async fn sign_out(State(house): State<Arc<House>>, signed: SignedIn) -> Result<Response, Problem> {
    let mut work = house.store.house_work().await?;
    work.seen_from(&signed.from);
    work.end_bearer(BearerKind::Session, &signed.bearer.id, "signed out", house.clock.now()).await?;
    house.commit_house(work, &signed.account.to_string()).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie(&house, "", Some(0))?);
    Ok(response)
}

/// Proves again who one is; sensitive acts want it to be recent.
#[utoipa::path(
    post,
    path = "/api/v1/session/confirm",
    tag = "identity",
    params(("x-attesta-csrf" = String, Header)),
    request_body = Confirm,
    responses((status = 204), (status = "4XX", body = Body))
)]
pub(crate) async fn confirm(
    State(house): State<Arc<House>>,
    signed: SignedIn,
    sent: Sent<Confirm>,
) -> Result<Response, Problem> {
    let now = house.clock.now();
    house.rates.one_more(&format!("sign-in {}", signed.from), house.config.sign_in_rate, now)?;
    let mut room = house.store.house_room().await?;
    let account = room.account(&signed.account.to_string()).await?;
    let about = account.as_ref().map(|a| a.email.clone()).unwrap_or_default();
    let failures = room.attempts(&about, now.checked_sub(REMEMBERED).unwrap_or(now)).await?;
    drop(room);
    if let Attempt::WaitUntil(_) = house.lockout.attempt(&failures, now) {
        return Err(wrong());
    }
    let proven = proven(&house, account.as_ref(), &sent.value.password, sent.value.code.as_deref(), now).await?;
    let mut work = house.store.house_work().await?;
    let Some((account, proven)) = account.zip(proven) else {
        work.add_attempt(&about, "confirm", now).await?;
        work.commit_quietly().await?;
        return Err(wrong());
    };
    work.seen_from(&signed.from);
    let stored = proven.body.stored()?;
    if stored != account.body {
        work.put_account(&Account { body: stored, ..account }, "a code was used, or the hash renewed").await?;
    }
    let mut body: SessionBody = serde_json::from_str(&signed.bearer.body).map_err(Problem::internal)?;
    let session = signed.session.authenticated_again(proven.factors, now);
    (body.authenticated, body.factors) = (session.authenticated, session.factors.to_string());
    let body = serde_json::to_string(&body).map_err(Problem::internal)?;
    work.put_bearer(&Bearer { body, ..signed.bearer }, "confirmed").await?;
    house.commit_house(work, &signed.account.to_string()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn belongs(room: &mut attesta_store::Room, account: AccountId) -> Result<Vec<Belongs>, Problem> {
    let found = room.memberships(&account.to_string()).await?;
    Ok(found.into_iter().map(|m| Belongs { id: m.tenant, name: m.name, kind: m.kind, role: m.role }).collect())
}

/// The session's cookie: for this host alone, never read by a script.
fn cookie(house: &House, value: &str, age: Option<u32>) -> Result<HeaderValue, Problem> {
    let (name, secure) = if house.config.is_secure() { (COOKIE_SECURE, "; Secure") } else { (COOKIE, "") };
    let age = age.map_or_else(String::new, |age| format!("; Max-Age={age}"));
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
    HeaderValue::from_str(&text).map_err(Problem::internal)
}

/// Whether password and code are the account's. Without an account as much is worked out, so that time tells nothing.
async fn proven(
    house: &House,
    account: Option<&Account>,
    password: &str,
    code: Option<&str>,
    now: Timestamp,
) -> Result<Option<Proven>, Problem> {
    let body = account.map(AccountBody::of).transpose()?.unwrap_or_default();
    let (stored, asked, cost) = (body.password.clone(), password.to_owned(), house.cost);
    let nobodys = house.nobodys.clone();
    let checked = tokio::task::spawn_blocking(move || {
        let stored = match stored {
            Some(text) => text.parse::<StoredPassword>()?,
            None => nobodys,
        };
        let verdict = stored.verify(&asked, cost)?;
        let again = match verdict {
            PasswordVerdict::Matches { hash_again: true } => {
                Some(StoredPassword::new(&asked, cost, &mut SystemChance)?.as_str().to_owned())
            }
            _ => None,
        };
        Ok::<_, attesta_identity::PasswordError>((verdict, again))
    });
    let (verdict, again) = match checked.await.map_err(Problem::internal)? {
        Ok(checked) => checked,
        Err(attesta_identity::PasswordError::TooLong) => return Ok(None),
        Err(error) => return Err(Problem::internal(error)),
    };
    let Some(account) = account.filter(|_| verdict != PasswordVerdict::Differs) else { return Ok(None) };
    let mut body = AccountBody { password: again.or(body.password), ..body };
    let factors = second(house, account, &mut body, code.unwrap_or_default(), now)?;
    Ok(factors.map(|factors| Proven { factors, body }))
}

/// The second factor, where the account has one; a code is used once.
fn second(
    house: &House,
    account: &Account,
    body: &mut AccountBody,
    code: &str,
    now: Timestamp,
) -> Result<Option<Factors>, Problem> {
    let Some(sealed) = &body.totp else { return Ok(Some(Factors::One)) };
    let sealed: Sealed = sealed.parse().map_err(Problem::internal)?;
    let opened = house.keyring.unseal(&format!("totp:{}", account.id), &sealed).map_err(Problem::internal)?;
    let secret = TotpSecret::from_bytes(&opened).map_err(Problem::internal)?;
    if let CodeVerdict::Accepted { step } = secret.verify(code, now, body.totp_used).map_err(Problem::internal)? {
        body.totp_used = Some(step);
        return Ok(Some(Factors::Two));
    }
    let Some(codes) = &body.recovery else { return Ok(None) };
    match RecoveryCodes::from_stored(codes).map_err(Problem::internal)?.redeem(&account.id, code) {
        Redeemed::Accepted { left } => {
            body.recovery = Some(left.to_stored());
            Ok(Some(Factors::Two))
        }
        Redeemed::Wrong => Ok(None),
    }
}

/// Refuses unless password is the account's; for joining another organisation with an account that is here.
pub(crate) async fn knows_password(
    house: &House,
    account: &Account,
    password: &str,
    now: Timestamp,
) -> Result<(), Problem> {
    let room = &mut house.store.house_room().await?;
    let failures = room.attempts(&account.email, now.checked_sub(REMEMBERED).unwrap_or(now)).await?;
    if let Attempt::WaitUntil(_) = house.lockout.attempt(&failures, now) {
        return Err(wrong());
    }
    // A second factor is asked when signing in; here the invitation itself is the second thing.
    let without_code = Account { body: only_password(account)?, ..account.clone() };
    match proven(house, Some(&without_code), password, None, now).await? {
        Some(_) => Ok(()),
        None => {
            let mut work = house.store.house_work().await?;
            work.add_attempt(&account.email, "join", now).await?;
            work.commit_quietly().await?;
            Err(wrong())
        }
    }
}

fn only_password(account: &Account) -> Result<String, Problem> {
    AccountBody { password: AccountBody::of(account)?.password, ..AccountBody::default() }.stored()
}
