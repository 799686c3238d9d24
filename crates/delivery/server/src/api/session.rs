use std::sync::Arc;

use attesta_access::{AccountId, Attempt, Factors};
use attesta_identity::{
    CodeVerdict, PasswordVerdict, RecoveryCodes, Redeemed, Sealed, StoredPassword, SystemChance, TotpSecret,
};
use attesta_kernel::Timestamp;
use attesta_store::{Account, Bearer, BearerKind, Work};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    House,
    api::{accounts::AccountBody, passkeys},
    caller::{SessionBody, SignedIn},
    entry::{self, Arrival},
    jobs::notices,
    problem::{Body, Problem},
    sent::{From, Sent},
};

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

pub(crate) fn wrong() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "wrong", "address, password or code is wrong")
        .help("try again, or ask an owner of your organisation for a new invitation")
}

/// What a correct password is worth.
struct Proven {
    /// None: the password is right, and a passkey is to be shown.
    factors: Option<Factors>,
    body: AccountBody,
}

/// Half signed in: the password was right, and a passkey is to be shown now. `POST session/passkey` takes its answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Half {
    /// Names this step; it is answered once, within five minutes.
    pub(crate) step: String,
    /// What `PublicKeyCredential.parseRequestOptionsFromJSON` reads; bytes are base64url without padding.
    #[serde(rename = "publicKey")]
    #[schema(value_type = Object)]
    pub(crate) public_key: serde_json::Value,
}

/// Signs in. Wrong address, wrong password and wrong code are told alike. An account with a passkey and a right password,
/// without a code, is half signed in.
#[utoipa::path(
    post,
    path = "/api/v1/session",
    tag = "identity",
    request_body = SignIn,
    responses((status = 200, body = Whoami), (status = 202, body = Half), (status = "4XX", body = Body))
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
    let failures = house.failures(&mut room, &about).await?;
    house.may_try(failures)?;
    let account = room.account_of(&about).await?.filter(|a| a.state == "active");
    let passkeys = match &account {
        Some(account) => passkeys::of(&mut room, &account.id).await?,
        None => Vec::new(),
    };
    drop(room);
    let code = asked.code.as_deref();
    let whose = account.as_ref().map(|a| a.id.clone());
    let proven = proven(&house, account.as_ref(), &asked.password, code, !passkeys.is_empty(), now).await?;
    let Some((account, proven)) = account.zip(proven) else {
        let mut work = house.store.house_work().await?;
        work.add_attempt(&about, "password", now).await?;
        // From the next one on it waits: whose account it is hears of it.
        if let Some(account) = whose.filter(|_| failures.count.saturating_add(1) == house.lockout.free) {
            notices::lockout(&house, &mut work, &account).await?;
        }
        work.commit_quietly().await?;
        return Err(wrong());
    };
    let Some(factors) = proven.factors else {
        let (step, public_key) = passkeys::second(&house, &account, &passkeys).await?;
        return Ok((StatusCode::ACCEPTED, Json(Half { step, public_key })).into_response());
    };
    if failures.attempt == Attempt::Blocked && factors < Factors::Two {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "locked",
            "a password alone lets nobody into this account now",
        )
        .help("use a passkey or a provider, wait a day, or ask an owner to end the lockout"));
    }
    let mut work = house.store.house_work().await?;
    work.seen_from(&from);
    let stored = proven.body.stored()?;
    if stored != account.body {
        work.put_account(&Account { body: stored, ..account.clone() }, "a code was used, or the hash renewed").await?;
    }
    let arrival = Arrival { account: &account, factors, how: "password", from: &from, headers: &sent.headers };
    signed_in(&house, work, &arrival).await
}

/// Opens the session, commits, and answers with who it is and the cookie.
pub(crate) async fn signed_in(house: &House, mut work: Work, arrival: &Arrival<'_>) -> Result<Response, Problem> {
    let account = arrival.account;
    let secret = house.arrive(&mut work, arrival).await?;
    let organisations = belongs(work.room(), entry::id(account)?).await?;
    house.commit_house(work, &account.id).await?;
    let csrf = attesta_identity::csrf_token(&secret);
    let whoami = Whoami { account: account.id.clone(), name: account.name.clone(), csrf, organisations };
    let mut response = Json(whoami).into_response();
    response.headers_mut().insert(header::SET_COOKIE, entry::cookie(house, secret.reveal(), None)?);
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
    work.end_steps(&signed.account.to_string()).await?;
    house.commit_house(work, &signed.account.to_string()).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(header::SET_COOKIE, entry::cookie(&house, "", Some(0))?);
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
    let failures = house.failures(&mut room, &about).await?;
    let keys = !passkeys::of(&mut room, &signed.account.to_string()).await?.is_empty();
    drop(room);
    if house.waits(failures).is_some() {
        return Err(wrong());
    }
    let proven = proven(&house, account.as_ref(), &sent.value.password, sent.value.code.as_deref(), keys, now).await?;
    let mut work = house.store.house_work().await?;
    let Some((account, proven)) = account.zip(proven) else {
        work.add_attempt(&about, "confirm", now).await?;
        work.commit_quietly().await?;
        return Err(wrong());
    };
    let Some(factors) = proven.factors else {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "second-factor",
            "this account has a passkey; it is asked for too",
        )
        .help("confirm with `session/confirm/passkey`, or send the code of an app or a recovery code"));
    };
    work.seen_from(&signed.from);
    let stored = proven.body.stored()?;
    if stored != account.body {
        work.put_account(&Account { body: stored, ..account }, "a code was used, or the hash renewed").await?;
    }
    confirmed(&house, work, &signed, factors).await
}

/// Notes in a session that its owner proved again who they are, and commits.
pub(crate) async fn confirmed(
    house: &House,
    mut work: Work,
    signed: &SignedIn,
    factors: Factors,
) -> Result<Response, Problem> {
    let mut body: SessionBody = serde_json::from_str(&signed.bearer.body).map_err(Problem::internal)?;
    let session = signed.session.authenticated_again(factors, house.clock.now());
    (body.authenticated, body.factors) = (session.authenticated, session.factors.to_string());
    let body = serde_json::to_string(&body).map_err(Problem::internal)?;
    work.put_bearer(&Bearer { body, ..signed.bearer.clone() }, "confirmed").await?;
    house.commit_house(work, &signed.account.to_string()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn belongs(room: &mut attesta_store::Room, account: AccountId) -> Result<Vec<Belongs>, Problem> {
    let found = room.memberships(&account.to_string()).await?;
    Ok(found.into_iter().map(|m| Belongs { id: m.tenant, name: m.name, kind: m.kind, role: m.role }).collect())
}

/// Whether password and code are the account's. Without an account as much is worked out, so that time tells nothing.
async fn proven(
    house: &House,
    account: Option<&Account>,
    password: &str,
    code: Option<&str>,
    has_passkeys: bool,
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
    let code = code.unwrap_or_default();
    if has_passkeys && code.is_empty() {
        return Ok(Some(Proven { factors: None, body }));
    }
    if body.totp.is_none() && !has_passkeys {
        return Ok(Some(Proven { factors: Some(Factors::One), body }));
    }
    let shown = second(house, account, &mut body, code, now)?;
    Ok(shown.then_some(Proven { factors: Some(Factors::Two), body }))
}

/// Whether a code is one of the account's app, or a recovery code; each is used once.
fn second(
    house: &House,
    account: &Account,
    body: &mut AccountBody,
    code: &str,
    now: Timestamp,
) -> Result<bool, Problem> {
    if let Some(sealed) = &body.totp {
        let sealed: Sealed = sealed.parse().map_err(Problem::internal)?;
        let opened = house.keyring.unseal(&format!("totp:{}", account.id), &sealed).map_err(Problem::internal)?;
        let secret = TotpSecret::from_bytes(&opened).map_err(Problem::internal)?;
        if let CodeVerdict::Accepted { step } = secret.verify(code, now, body.totp_used).map_err(Problem::internal)? {
            body.totp_used = Some(step);
            return Ok(true);
        }
    }
    let Some(codes) = &body.recovery else { return Ok(false) };
    match RecoveryCodes::from_stored(codes).map_err(Problem::internal)?.redeem(&account.id, code) {
        Redeemed::Accepted { left } => {
            body.recovery = Some(left.to_stored());
            Ok(true)
        }
        Redeemed::Wrong => Ok(false),
    }
}

/// Refuses unless password is the account's; for joining another organisation with an account that is here.
pub(crate) async fn knows_password(
    house: &House,
    account: &Account,
    password: &str,
    now: Timestamp,
) -> Result<(), Problem> {
    let failures = house.failures(&mut house.store.house_room().await?, &account.email).await?;
    if house.waits(failures).is_some() || failures.attempt == Attempt::Blocked {
        return Err(wrong());
    }
    // A second factor is asked when signing in; here the invitation itself is the second thing.
    let without_code = Account { body: only_password(account)?, ..account.clone() };
    match proven(house, Some(&without_code), password, None, false, now).await? {
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
