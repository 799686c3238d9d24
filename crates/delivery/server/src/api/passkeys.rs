//! Passkeys: made, listed and removed by their owner; alone they sign in, after a password they are the second factor.
//!
//! Each ceremony has two requests: `begin` gives a step and what the browser's `navigator.credentials` reads, the other takes
//! the step and what the browser answered. Bytes are base64url without padding, as `PublicKeyCredential.toJSON()` writes them.

use std::sync::Arc;

use attesta_access::Factors;
use attesta_identity::{
    RecoveryCodes, SystemChance,
    passkey::{AssertionAnswer, Challenge, Passkey, PasskeyError, Proven, RelyingParty, Verification},
};
use attesta_kernel::Timestamp;
use attesta_store::{Account, Bearer, Login, Room, StoreError};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    House,
    api::{
        account,
        accounts::{AccountBody, words},
        session::{self, Half, Whoami},
    },
    caller::{SessionBody, SignedIn},
    entry::Arrival,
    problem::{Body, Problem},
    sent::{From, Named, Sent},
    steps::{Step, Taken},
};

/// The word for it in the store.
const KIND: &str = "passkey";
/// Passkeys of one account at most.
const MOST: usize = 20;

/// One of one's own passkeys.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnPasskey {
    /// The credential's id.
    pub(crate) id: String,
    /// The name that its owner gave it.
    pub(crate) name: String,
    /// Whether it may be copied to the person's other devices.
    pub(crate) can_be_copied: bool,
    /// Whether it was.
    pub(crate) is_copied: bool,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) made: Timestamp,
    /// When it signed somebody in last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) used: Option<Timestamp>,
}

/// A passkey that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadePasskey {
    /// It.
    #[serde(flatten)]
    passkey: OwnPasskey,
    /// Codes for the day when it is lost, where the account had none: shown this once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    recovery_codes: Vec<String>,
}

/// What the browser made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPasskey {
    /// The step that `begin` gave.
    step: String,
    /// A name by which its owner knows it, such as the device's.
    name: String,
    /// `PublicKeyCredential.toJSON()`: `id`, `rawId`, `type`, `response` with `clientDataJSON` and `attestationObject`.
    #[schema(value_type = Object)]
    credential: Value,
}

/// What the browser answered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shown {
    /// The step that was given.
    step: String,
    /// `PublicKeyCredential.toJSON()`: `id`, `rawId`, `type`, `response` with `clientDataJSON`, `authenticatorData`,
    /// `signature` and `userHandle`.
    #[schema(value_type = Object)]
    credential: Value,
    /// Only to confirm with an authenticator that is touched and does not know its owner: the password too.
    #[serde(default)]
    password: Option<String>,
}

/// What is kept of a passkey.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    passkey: String,
    name: String,
    made: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used: Option<Timestamp>,
}

/// A passkey with what is kept beside it.
pub(crate) struct Key {
    login: Login,
    kept: Kept,
    passkey: Passkey,
}

impl Key {
    fn of(login: Login) -> Result<Self, Problem> {
        let kept: Kept = serde_json::from_str(&login.body).map_err(Problem::internal)?;
        let passkey = Passkey::from_stored(&kept.passkey).map_err(Problem::internal)?;
        Ok(Self { login, kept, passkey })
    }

    fn shown(&self) -> OwnPasskey {
        OwnPasskey {
            id: self.login.id.clone(),
            name: self.kept.name.clone(),
            can_be_copied: self.passkey.can_be_copied,
            is_copied: self.passkey.is_copied,
            made: self.kept.made,
            used: self.kept.used,
        }
    }
}

/// The passkeys of an account.
pub(crate) async fn of(room: &mut Room, account: &str) -> Result<Vec<Key>, Problem> {
    let logins = room.logins(account).await?;
    logins.into_iter().filter(|login| login.kind == KIND).map(Key::of).collect()
}

/// The domain whose passkeys they are, where people come by an address that can have them.
pub(crate) fn party(public: &str) -> Option<RelyingParty> {
    let (_, rest) = public.split_once("://")?;
    let authority = rest.split('/').next()?;
    let host = authority.split(':').next()?;
    let origin = public.get(..public.len().checked_sub(rest.len())?.checked_add(authority.len())?)?;
    RelyingParty::new(host, "Attesta", [origin.to_owned()]).ok()
}

fn ours(house: &House) -> Result<&RelyingParty, Problem> {
    house.party.as_ref().ok_or_else(|| {
        Problem::new(StatusCode::CONFLICT, "no-passkeys", "this address can have no passkeys")
            .help("let people come by `https://` and a name (`--public`); `http://localhost` will do to try things out")
    })
}

fn drawn() -> Result<(Challenge, String), Problem> {
    let challenge = Challenge::draw(&mut SystemChance).map_err(Problem::internal)?;
    let text = URL_SAFE_NO_PAD.encode(challenge.as_bytes());
    Ok((challenge, text))
}

fn challenge(text: &str) -> Result<Challenge, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(Problem::internal)?;
    Ok(Challenge::from_bytes(bytes.as_slice().try_into().map_err(Problem::internal)?))
}

fn passkeys(keys: &[Key]) -> Vec<Passkey> {
    keys.iter().map(|key| key.passkey.clone()).collect()
}

/// What is told of an answer that does not hold: what its owner can mend, and of everything else that it is wrong.
fn refused(error: &PasskeyError) -> Problem {
    match error {
        PasskeyError::Origin(_)
        | PasskeyError::Person(_)
        | PasskeyError::Unsupported(_)
        | PasskeyError::Counter { .. } => Problem::new(StatusCode::UNAUTHORIZED, "passkey", error.to_string()),
        _ => Problem::new(StatusCode::UNAUTHORIZED, "passkey", "this passkey does not sign in here")
            .help("begin again, or use another way to sign in"),
    }
}

fn another() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "step", "this step was for something else").help("begin again")
}

/// The second step after a password that was right.
pub(crate) async fn second(house: &House, account: &Account, keys: &[Key]) -> Result<(String, Value), Problem> {
    let party = ours(house)?;
    let (drawn, challenge) = drawn()?;
    let step = house.ask(&Step::Second { challenge }, Some(&account.id)).await?;
    Ok((step.reveal().to_owned(), party.ask_to_prove(&drawn, &passkeys(keys), Verification::Preferred)))
}

/// One's own passkeys.
#[utoipa::path(
    get,
    path = "/api/v1/account/passkeys",
    tag = "identity",
    responses((status = 200, body = Vec<OwnPasskey>), (status = "4XX", body = Body))
)]
pub(crate) async fn list(State(house): State<Arc<House>>, signed: SignedIn) -> Result<Json<Vec<OwnPasskey>>, Problem> {
    let keys = of(&mut house.store.house_room().await?, &signed.account.to_string()).await?;
    Ok(Json(keys.iter().map(Key::shown).collect()))
}

/// Begins to make a passkey. The answer goes through `PublicKeyCredential.parseCreationOptionsFromJSON`.
#[utoipa::path(
    post,
    path = "/api/v1/account/passkeys/begin",
    tag = "identity",
    params(("x-attesta-csrf" = String, Header)),
    responses((status = 200, body = Half), (status = "4XX", body = Body))
)]
pub(crate) async fn begin(State(house): State<Arc<House>>, signed: SignedIn) -> Result<Response, Problem> {
    let party = ours(&house)?;
    account::fresh(&house, &signed)?;
    let mut room = house.store.house_room().await?;
    let (account, keys) = (account::own(&mut room, &signed).await?, of(&mut room, &signed.account.to_string()).await?);
    drop(room);
    strong(&account, &keys, &signed)?;
    if keys.len() >= MOST {
        return Err(Problem::new(StatusCode::CONFLICT, "refused", format!("there are {MOST} passkeys already")));
    }
    let (drawn, challenge) = drawn()?;
    let step = house.ask(&Step::Register { challenge }, Some(&account.id)).await?;
    let (has, wish) = (passkeys(&keys), Verification::Preferred);
    let public_key = party.ask_to_register(&drawn, &account.id, &account.email, &has, wish);
    Ok(Json(Half { step: step.reveal().to_owned(), public_key }).into_response())
}

/// Who has a second factor shows it before another is made or one is removed.
pub(crate) fn strong(account: &Account, keys: &[Key], signed: &SignedIn) -> Result<(), Problem> {
    let has = !keys.is_empty() || AccountBody::of(account)?.totp.is_some();
    if has && signed.session.factors < Factors::Two {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "confirm",
            "this asks for the second factor that the account has",
        )
        .help("confirm with a code or a passkey, then repeat it"));
    }
    Ok(())
}

/// Makes a passkey of what the browser answered. From now on a password alone does not sign in; with the first second
/// factor every other session ends.
#[utoipa::path(
    post,
    path = "/api/v1/account/passkeys",
    tag = "identity",
    params(("x-attesta-csrf" = String, Header)),
    request_body = NewPasskey,
    responses((status = 201, body = MadePasskey), (status = "4XX", body = Body))
)]
pub(crate) async fn make(
    State(house): State<Arc<House>>,
    signed: SignedIn,
    sent: Sent<NewPasskey>,
) -> Result<Response, Problem> {
    let party = ours(&house)?;
    let now = account::fresh(&house, &signed)?;
    let name = words("passkey's name", &sent.value.name, 60)?;
    let id = signed.account.to_string();
    let Taken { step: Step::Register { challenge: text }, account: Some(whose) } =
        house.answered(&sent.value.step).await?
    else {
        return Err(another());
    };
    if whose != id {
        return Err(another());
    }
    let said = sent.value.credential.to_string();
    let made = party.register(&challenge(&text)?, &id, Verification::Preferred, &said);
    let passkey = made.map_err(|e| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "passkey", e.to_string()))?;
    let kept = Kept { passkey: passkey.to_stored().map_err(Problem::internal)?, name, made: now, used: None };
    let credential = URL_SAFE_NO_PAD.encode(&passkey.credential);
    let body = serde_json::to_string(&kept).map_err(Problem::internal)?;
    let login = Login { kind: KIND.to_owned(), id: credential, account: id.clone(), rev: 1, body };
    let mut work = account::changing(&house, &signed).await?;
    let (account, keys) = (account::own(work.room(), &signed).await?, of(work.room(), &id).await?);
    strong(&account, &keys, &signed)?;
    work.add_login(&login, now).await?;
    let mut of_account = AccountBody::of(&account)?;
    let first = keys.is_empty() && of_account.totp.is_none();
    let mut recovery_codes = Vec::new();
    if of_account.recovery.is_none() || first {
        let (codes, stored) = RecoveryCodes::draw(&id, &mut SystemChance).map_err(Problem::internal)?;
        recovery_codes = codes.iter().map(attesta_identity::RecoveryCode::reveal).collect();
        of_account.recovery = Some(stored.to_stored());
        work.put_account(&Account { body: of_account.stored()?, ..account }, "a passkey was made").await?;
    }
    if first {
        // This session has shown both by now.
        let mut session: SessionBody = serde_json::from_str(&signed.bearer.body).map_err(Problem::internal)?;
        session.factors = Factors::Two.to_string();
        let body = serde_json::to_string(&session).map_err(Problem::internal)?;
        work.put_bearer(&Bearer { body, ..signed.bearer.clone() }, "a second factor was shown").await?;
        work.end_sessions(&id, &signed.bearer.digest, now).await?;
    }
    house.commit_house(work, &id).await?;
    let made = MadePasskey { passkey: Key::of(login)?.shown(), recovery_codes };
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// Removes a passkey.
#[utoipa::path(
    delete,
    path = "/api/v1/account/passkeys/{passkey}",
    tag = "identity",
    params(("passkey" = String, Path), ("x-attesta-csrf" = String, Header)),
    responses((status = 204), (status = "4XX", body = Body))
)]
pub(crate) async fn remove(
    State(house): State<Arc<House>>,
    signed: SignedIn,
    Named(credential): Named<String>,
) -> Result<Response, Problem> {
    account::fresh(&house, &signed)?;
    let id = signed.account.to_string();
    let mut work = account::changing(&house, &signed).await?;
    let (account, keys) = (account::own(work.room(), &signed).await?, of(work.room(), &id).await?);
    if !keys.iter().any(|key| key.login.id == credential) {
        return Err(Problem::not_found("you have no such passkey"));
    }
    strong(&account, &keys, &signed)?;
    let others = work.room().logins(&id).await?.iter().any(|login| login.id != credential);
    if AccountBody::of(&account)?.password.is_none() && !others {
        return Err(Problem::new(StatusCode::CONFLICT, "refused", "this is the only way into the account")
            .help("make another passkey, link a provider or set a password first"));
    }
    work.remove_login(KIND, &credential, &id).await?;
    house.commit_house(work, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Begins to sign in by a passkey alone. No address is asked: the browser offers what it has for this domain.
#[utoipa::path(
    post,
    path = "/api/v1/session/passkey/begin",
    tag = "identity",
    responses((status = 200, body = Half), (status = "4XX", body = Body))
)]
pub(crate) async fn begin_sign_in(State(house): State<Arc<House>>, From(from): From) -> Result<Response, Problem> {
    house.rates.one_more(&format!("sign-in {from}"), house.config.sign_in_rate, house.clock.now())?;
    let party = ours(&house)?;
    let (drawn, challenge) = drawn()?;
    let step = house.ask(&Step::SignIn { challenge }, None).await?;
    let public_key = party.ask_to_prove(&drawn, &[], Verification::Required);
    Ok(Json(Half { step: step.reveal().to_owned(), public_key }).into_response())
}

/// Signs in by a passkey: alone, where it knew its owner, or after a password that was right.
#[utoipa::path(
    post,
    path = "/api/v1/session/passkey",
    tag = "identity",
    request_body = Shown,
    responses((status = 200, body = Whoami), (status = "4XX", body = Body))
)]
pub(crate) async fn sign_in(
    State(house): State<Arc<House>>,
    From(from): From,
    sent: Sent<Shown>,
) -> Result<Response, Problem> {
    house.rates.one_more(&format!("sign-in {from}"), house.config.sign_in_rate, house.clock.now())?;
    let taken = house.answered(&sent.value.step).await?;
    let (text, wish) = match &taken.step {
        Step::SignIn { challenge } => (challenge, Verification::Required),
        Step::Second { challenge } => (challenge, Verification::Preferred),
        _ => return Err(another()),
    };
    let (account, proven) = match proved(&house, text, wish, taken.account.as_deref(), &sent.value.credential).await {
        Ok((account, key, proven)) => (account, (key, proven)),
        Err(problem) => {
            // Guessing the second factor counts as guessing the password does.
            if let Some(whose) = &taken.account {
                let mut work = house.store.house_work().await?;
                if let Some(account) = work.room().account(whose).await? {
                    work.add_attempt(&account.email, "passkey", house.clock.now()).await?;
                }
                work.commit_quietly().await?;
            }
            return Err(problem);
        }
    };
    let mut work = house.store.house_work().await?;
    work.seen_from(&from);
    used(&house, &mut work, proven).await?;
    let arrival =
        Arrival { account: &account, factors: Factors::Two, how: "passkey", from: &from, headers: &sent.headers };
    session::signed_in(&house, work, &arrival).await
}

/// Begins to prove again who one is, by a passkey.
#[utoipa::path(
    post,
    path = "/api/v1/session/confirm/passkey/begin",
    tag = "identity",
    params(("x-attesta-csrf" = String, Header)),
    responses((status = 200, body = Half), (status = "4XX", body = Body))
)]
pub(crate) async fn begin_confirm(State(house): State<Arc<House>>, signed: SignedIn) -> Result<Response, Problem> {
    house.rates.one_more(&format!("sign-in {}", signed.from), house.config.sign_in_rate, house.clock.now())?;
    let party = ours(&house)?;
    let id = signed.account.to_string();
    let keys = of(&mut house.store.house_room().await?, &id).await?;
    if keys.is_empty() {
        return Err(Problem::new(StatusCode::CONFLICT, "refused", "you have no passkey"));
    }
    let (drawn, challenge) = drawn()?;
    let step = house.ask(&Step::Confirm { challenge }, Some(&id)).await?;
    let public_key = party.ask_to_prove(&drawn, &passkeys(&keys), Verification::Preferred);
    Ok(Json(Half { step: step.reveal().to_owned(), public_key }).into_response())
}

/// Proves again who one is, by a passkey that knew its owner, or by one that was touched and the password.
#[utoipa::path(
    post,
    path = "/api/v1/session/confirm/passkey",
    tag = "identity",
    params(("x-attesta-csrf" = String, Header)),
    request_body = Shown,
    responses((status = 204), (status = "4XX", body = Body))
)]
pub(crate) async fn confirm(
    State(house): State<Arc<House>>,
    signed: SignedIn,
    sent: Sent<Shown>,
) -> Result<Response, Problem> {
    let now = house.clock.now();
    house.rates.one_more(&format!("sign-in {}", signed.from), house.config.sign_in_rate, now)?;
    let Taken { step: Step::Confirm { challenge }, account: Some(whose) } = house.answered(&sent.value.step).await?
    else {
        return Err(another());
    };
    if whose != signed.account.to_string() {
        return Err(another());
    }
    let wish = Verification::Preferred;
    let (account, key, proven) = proved(&house, &challenge, wish, Some(&whose), &sent.value.credential).await?;
    if !proven.verified {
        let Some(password) = &sent.value.password else {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "second-factor",
                "the authenticator did not look whose it is",
            )
            .help("send the password too"));
        };
        session::knows_password(&house, &account, password, now).await?;
    }
    let mut work = account::changing(&house, &signed).await?;
    used(&house, &mut work, (key, proven)).await?;
    session::confirmed(&house, work, &signed, Factors::Two).await
}

/// Whether an answer proves that somebody holds a passkey that is here.
async fn proved(
    house: &House,
    text: &str,
    wish: Verification,
    whose: Option<&str>,
    credential: &Value,
) -> Result<(Account, Key, Proven), Problem> {
    let party = ours(house)?;
    let wrong = || refused(&PasskeyError::Signature);
    let answer = AssertionAnswer::read(&credential.to_string()).map_err(|e| refused(&e))?;
    let mut room = house.store.house_room().await?;
    let login = room.login(KIND, &URL_SAFE_NO_PAD.encode(answer.credential())).await?.ok_or_else(wrong)?;
    if whose.is_some_and(|whose| whose != login.account) {
        return Err(wrong());
    }
    let account = room.account(&login.account).await?.filter(|a| a.state == "active").ok_or_else(wrong)?;
    drop(room);
    let key = Key::of(login)?;
    let proven = party.prove(&challenge(text)?, &key.passkey, wish, &answer).map_err(|e| refused(&e))?;
    Ok((account, key, proven))
}

/// Stores a passkey's counter, and that it was used. Two that prove at once cannot both count.
async fn used(house: &House, work: &mut attesta_store::Work, (key, proven): (Key, Proven)) -> Result<(), Problem> {
    let kept = Kept {
        passkey: proven.passkey.to_stored().map_err(Problem::internal)?,
        used: Some(house.clock.now()),
        ..key.kept
    };
    let body = serde_json::to_string(&kept).map_err(Problem::internal)?;
    match work.put_login(&Login { body, ..key.login }).await {
        Err(StoreError::Changed { .. }) => Err(refused(&PasskeyError::Signature)),
        done => Ok(done?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_with_a_name_and_tls_have_passkeys() {
        for good in ["https://grc.example.org", "https://grc.example.org:8443/x", "http://localhost:8686"] {
            assert!(party(good).is_some(), "{good}");
        }
        for bad in ["http://grc.example.org", "http://127.0.0.1:8686", "localhost", "", "https://"] {
            assert!(party(bad).is_none(), "{bad}");
        }
    }
}
