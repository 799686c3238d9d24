//! Sign-in through an identity provider (OpenID Connect with PKCE), and which of them an account is linked to.
//!
//! A browser goes to the provider and comes back with a cookie that only this browser has: an answer that somebody else
//! began is nobody's. A page to go to afterwards is one of ours or none.

use std::sync::Arc;

use attesta_access::{AccountId, Admission, Factors, Introduction};
use attesta_store::{Account, Bearer, Login, Room, StoreError};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    House,
    api::{
        account,
        accounts::{self, AccountBody},
        passkeys, people,
    },
    caller::SignedIn,
    entry::{self, Arrival},
    ids,
    problem::{Body, Problem},
    providers::{Brought, Person},
    sent::{Asked, From, Named, Sent},
    steps::{Step, Taken},
};

/// The word for it in the store.
const KIND: &str = "oidc";
/// What binds an answer to the browser that asked.
const COOKIE: entry::Names = entry::Names { plain: "attesta-oidc", secure: "__Host-attesta-oidc" };
/// The page that people see who were not signed in.
const REFUSED: &str = "/sign-in";

/// A provider through which people may sign in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Offered {
    /// Its name in addresses.
    name: String,
    /// What people read.
    title: String,
}

/// A provider that one's own account is linked to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkedProvider {
    /// Its name here.
    pub(crate) provider: String,
    /// Its own.
    issuer: String,
    /// Whom it means.
    pub(crate) subject: String,
}

/// Where the browser goes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Elsewhere {
    /// The provider's page.
    url: String,
}

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Back {
    /// A page of this server, such as `/assessments`; anything else goes to `/`.
    #[serde(default)]
    back: String,
}

/// An invitation that was chosen.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invited {
    /// What stands behind the `#` of its link.
    link: String,
}

/// What the provider sends along.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Answered {
    /// What was sent to it.
    #[serde(default)]
    state: Option<String>,
    /// What is exchanged for the person's identity.
    #[serde(default)]
    code: Option<String>,
    /// Who says so (RFC 9207).
    #[serde(default)]
    iss: Option<String>,
    /// Why not.
    #[serde(default)]
    error: Option<String>,
}

/// What is kept of a link.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    provider: String,
    issuer: String,
    subject: String,
}

/// Issuer and subject as one word: both are the provider's own, and neither holds a line end.
fn login_id(person: &Person) -> String {
    format!("{}\n{}", person.issuer, person.subject)
}

fn see_other(to: &str) -> Result<Response, Problem> {
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_str(to).map_err(Problem::internal)?);
    Ok(response)
}

fn cookie(house: &House, value: &str, age: u32) -> Result<HeaderValue, Problem> {
    entry::named_cookie(house, COOKIE, value, Some(age))
}

/// Begins: the provider's page, and the cookie that binds its answer to this browser.
async fn begun(
    house: &House,
    provider: &str,
    back: &str,
    account: Option<&str>,
    invitation: Option<String>,
) -> Result<(String, HeaderValue), Problem> {
    let (url, pending) = house.providers.begin(&house.keyring, provider, house.clock.now()).await?;
    let step =
        Step::Provider { provider: provider.to_owned(), pending, back: entry::ours(back).to_owned(), invitation };
    let step = house.ask(&step, account).await?;
    Ok((url, cookie(house, step.reveal(), 300)?))
}

/// Providers through which people may sign in.
#[utoipa::path(
    get,
    path = "/api/v1/session/oidc",
    tag = "identity",
    responses((status = 200, body = Vec<Offered>))
)]
pub(crate) async fn offered(State(house): State<Arc<House>>) -> Json<Vec<Offered>> {
    Json(house.providers.all().into_iter().map(|(name, title)| Offered { name, title }).collect())
}

/// Goes to a provider to sign in: a page that a browser visits, not for scripts.
#[utoipa::path(
    get,
    path = "/api/v1/session/oidc/{provider}",
    tag = "identity",
    params(("provider" = String, Path), Back),
    responses((status = 303, description = "To the provider's page"), (status = "4XX", body = Body), (status = 502, body = Body))
)]
pub(crate) async fn start(
    State(house): State<Arc<House>>,
    From(from): From,
    Named(provider): Named<String>,
    Asked(asked): Asked<Back>,
) -> Result<Response, Problem> {
    house.rates.one_more(&format!("sign-in {from}"), house.config.sign_in_rate, house.clock.now())?;
    let (url, cookie) = begun(&house, &provider, &asked.back, None, None).await?;
    let mut response = see_other(&url)?;
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Goes to a provider with an invitation, to join by it: the link's secret comes in a body, never in an address. The browser
/// goes to the address that is answered.
#[utoipa::path(
    post,
    path = "/api/v1/session/oidc/{provider}",
    tag = "identity",
    params(("provider" = String, Path), Back),
    request_body = Invited,
    responses((status = 200, body = Elsewhere), (status = "4XX", body = Body), (status = 502, body = Body))
)]
pub(crate) async fn start_invited(
    State(house): State<Arc<House>>,
    From(from): From,
    Named(provider): Named<String>,
    Asked(asked): Asked<Back>,
    sent: Sent<Invited>,
) -> Result<Response, Problem> {
    house.rates.one_more(&format!("sign-in {from}"), house.config.sign_in_rate, house.clock.now())?;
    let invitation =
        people::in_force(&mut house.store.house_room().await?, &sent.value.link, house.clock.now()).await?;
    let (url, cookie) = begun(&house, &provider, &asked.back, None, Some(invitation.id)).await?;
    let mut response = Json(Elsewhere { url }).into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Begins to link one's own account to a provider; the browser goes to the address that is answered.
#[utoipa::path(
    post,
    path = "/api/v1/account/oidc/{provider}",
    tag = "identity",
    params(("provider" = String, Path), ("x-attesta-csrf" = String, Header), Back),
    responses((status = 200, body = Elsewhere), (status = "4XX", body = Body), (status = 502, body = Body))
)]
pub(crate) async fn link(
    State(house): State<Arc<House>>,
    signed: SignedIn,
    Named(provider): Named<String>,
    Asked(asked): Asked<Back>,
) -> Result<Response, Problem> {
    account::fresh(&house, &signed)?;
    let id = signed.account.to_string();
    account::strong(&mut house.store.house_room().await?, &signed).await?;
    let (url, cookie) = begun(&house, &provider, &asked.back, Some(&id), None).await?;
    let mut response = Json(Elsewhere { url }).into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Providers that one's own account is linked to.
#[utoipa::path(
    get,
    path = "/api/v1/account/oidc",
    tag = "identity",
    responses((status = 200, body = Vec<LinkedProvider>), (status = "4XX", body = Body))
)]
pub(crate) async fn linked(
    State(house): State<Arc<House>>,
    signed: SignedIn,
) -> Result<Json<Vec<LinkedProvider>>, Problem> {
    let found = links(&mut house.store.house_room().await?, &signed.account.to_string()).await?;
    let shown = found.into_iter().map(|(_, kept)| {
        let Kept { provider, issuer, subject } = kept;
        LinkedProvider { provider, issuer, subject }
    });
    Ok(Json(shown.collect()))
}

/// Unlinks one's own account from a provider.
#[utoipa::path(
    delete,
    path = "/api/v1/account/oidc/{provider}",
    tag = "identity",
    params(("provider" = String, Path), ("x-attesta-csrf" = String, Header)),
    responses((status = 204), (status = "4XX", body = Body))
)]
pub(crate) async fn unlink(
    State(house): State<Arc<House>>,
    signed: SignedIn,
    Named(provider): Named<String>,
) -> Result<Response, Problem> {
    account::fresh(&house, &signed)?;
    let id = signed.account.to_string();
    let mut work = account::changing(&house, &signed).await?;
    let (account, keys) = (account::own(work.room(), &signed).await?, passkeys::of(work.room(), &id).await?);
    passkeys::strong(&account, &keys, &signed)?;
    let found = links(work.room(), &id).await?;
    let (mine, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, kept)| kept.provider == provider);
    if mine.is_empty() {
        return Err(Problem::not_found("your account is not linked to that provider"));
    }
    if AccountBody::of(&account)?.password.is_none() && keys.is_empty() && others.is_empty() {
        return Err(Problem::new(StatusCode::CONFLICT, "refused", "this is the only way into the account")
            .help("make a passkey, link another provider or set a password first"));
    }
    for (login, _) in mine {
        work.remove_login(KIND, &login.id, &id).await?;
    }
    house.commit_house(work, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn links(room: &mut Room, account: &str) -> Result<Vec<(Login, Kept)>, Problem> {
    let logins = room.logins(account).await?.into_iter().filter(|login| login.kind == KIND);
    let read = logins.map(|login| {
        let kept = serde_json::from_str(&login.body).map_err(Problem::internal)?;
        Ok((login, kept))
    });
    read.collect()
}

/// Where a provider sends people back: signs in, or links the account that asked. A browser is sent on to a page; a program
/// that takes no pages is told what was wrong.
#[utoipa::path(
    get,
    path = "/api/v1/session/oidc/{provider}/callback",
    tag = "identity",
    params(("provider" = String, Path), Answered),
    responses((status = 303, description = "To a page of ours"), (status = "4XX", body = Body), (status = 502, body = Body))
)]
pub(crate) async fn callback(
    State(house): State<Arc<House>>,
    From(from): From,
    Named(provider): Named<String>,
    Asked(answered): Asked<Answered>,
    signed: Result<SignedIn, Problem>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut response = match arrived(&house, &from, &provider, answered, signed.ok(), &headers).await {
        Ok(response) => response,
        Err(problem) if wants_a_page(&headers) => see_other(&format!("{REFUSED}?problem={}", problem.code()))?,
        Err(problem) => problem.into_response(),
    };
    response.headers_mut().append(header::SET_COOKIE, cookie(&house, "", 0)?);
    Ok(response)
}

fn wants_a_page(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

async fn arrived(
    house: &House,
    from: &str,
    provider: &str,
    answered: Answered,
    signed: Option<SignedIn>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let now = house.clock.now();
    house.rates.one_more(&format!("sign-in {from}"), house.config.sign_in_rate, now)?;
    let other = || {
        Problem::new(StatusCode::FORBIDDEN, "step", "this browser did not begin this sign-in, or it took too long")
            .help("begin again")
    };
    let asked = entry::shown(house, headers, COOKIE).ok_or_else(other)?;
    let Taken { step: Step::Provider { provider: with, pending, back, invitation }, account } =
        house.answered(asked).await?
    else {
        return Err(other());
    };
    if with != provider {
        return Err(other());
    }
    // An account is linked by whoever is signed in with it now, not by whoever was when it began.
    let linking = match account {
        Some(account) => Some(signed.filter(|signed| signed.account.to_string() == account).ok_or_else(other)?),
        None => None,
    };
    let Answered { state, code, iss, error } = answered;
    let brought = Brought { state, code, iss, error };
    let person = house.providers.finish(&house.keyring, provider, &pending, brought, now).await?;
    match linking {
        Some(signed) => attach(house, provider, &person, &signed).await?,
        None => return come_in(house, from, provider, &person, headers, (&back, invitation.as_deref())).await,
    }
    see_other(&back)
}

fn new_login(provider: &str, person: &Person, account: &str) -> Result<Login, Problem> {
    let kept = Kept { provider: provider.to_owned(), issuer: person.issuer.clone(), subject: person.subject.clone() };
    let body = serde_json::to_string(&kept).map_err(Problem::internal)?;
    Ok(Login { kind: KIND.to_owned(), id: login_id(person), account: account.to_owned(), rev: 1, body })
}

/// Links the account that asked.
async fn attach(house: &House, provider: &str, person: &Person, signed: &SignedIn) -> Result<(), Problem> {
    let account = signed.account.to_string();
    let mut work = account::changing(house, signed).await?;
    account::strong(work.room(), signed).await?;
    let login = new_login(provider, person, &account)?;
    work.add_login(&login, house.clock.now()).await.map_err(|error| match error {
        StoreError::Exists { .. } => {
            Problem::new(StatusCode::CONFLICT, "exists", "this person is linked to an account")
        }
        error => error.into(),
    })?;
    house.commit_house(work, &account).await
}

/// Signs in whoever the provider names, where the rule lets them in.
async fn come_in(
    house: &House,
    from: &str,
    provider: &str,
    person: &Person,
    headers: &HeaderMap,
    (back, chosen): (&str, Option<&str>),
) -> Result<Response, Problem> {
    let now = house.clock.now();
    let email = person.email.as_deref().and_then(|e| accounts::address(e).ok());
    let mut room = house.store.house_room().await?;
    let login = room.login(KIND, &login_id(person)).await?;
    let linked = match &login {
        Some(login) => Some(login.account.parse::<AccountId>().map_err(Problem::internal)?),
        None => None,
    };
    let (mut invited, mut taken) = (Vec::new(), false);
    if let Some(email) = email.as_deref().filter(|_| person.email_verified) {
        invited = people::invited(&mut room, email, now).await?;
        invited.retain(|invitation| chosen.is_none_or(|chosen| chosen == invitation.id));
        taken = room.account_of(email).await?.is_some();
    }
    let introduction = Introduction {
        linked,
        address_verified: person.email_verified && email.is_some(),
        address_taken: taken,
        invitations: invited.len(),
    };
    let no = |code, told, help| Err(Problem::new(StatusCode::FORBIDDEN, code, told).help(help));
    let account = match introduction.admit() {
        Admission::As(id) => {
            let account = room.account(&id.to_string()).await?.filter(|a| a.state == "active");
            drop(room);
            account.ok_or_else(|| Problem::new(StatusCode::FORBIDDEN, "closed", "this account is closed"))?
        }
        Admission::New => {
            drop(room);
            let invitation = invited.first().ok_or_else(|| Problem::internal("let in by no invitation"))?;
            newcomer(house, from, provider, person, &email.unwrap_or_default(), invitation).await?
        }
        Admission::NotVerified => {
            return no(
                "not-verified",
                "the provider did not verify the address of this person",
                "have it verified there, or sign in another way",
            );
        }
        Admission::LinkFirst => {
            return no(
                "link-first",
                "there is an account with this address, and it is not linked to the provider",
                "sign in as before, and link the provider in your account",
            );
        }
        Admission::NotInvited => {
            return no(
                "not-invited",
                "nobody invited this person",
                "ask an owner of the organisation for an invitation",
            );
        }
        Admission::Choose => {
            return no(
                "choose",
                "several organisations invited this person",
                "open the link of the invitation that is meant, and come through the provider from there",
            );
        }
    };
    let mut work = house.store.house_work().await?;
    work.seen_from(from);
    let factors = Factors::of_methods(person.methods.iter().map(String::as_str));
    let how = format!("provider:{provider}");
    let secret = house.arrive(&mut work, &Arrival { account: &account, factors, how: &how, from, headers }).await?;
    house.commit_house(work, &account.id).await?;
    let mut response = see_other(back)?;
    response.headers_mut().append(header::SET_COOKIE, entry::cookie(house, secret.reveal(), None)?);
    Ok(response)
}

/// Makes the account of somebody who was invited, linked and without a password, and lets them join.
async fn newcomer(
    house: &House,
    from: &str,
    provider: &str,
    person: &Person,
    email: &str,
    invitation: &Bearer,
) -> Result<Account, Problem> {
    let now = house.clock.now();
    let id = ids::fresh!(AccountId, now);
    let said = person.name.as_deref().and_then(|name| accounts::words("name", name, 100).ok());
    let account = Account {
        id: id.to_string(),
        email: email.to_owned(),
        name: said.unwrap_or_else(|| email.to_owned()),
        state: "active".to_owned(),
        rev: 1,
        body: AccountBody::default().stored()?,
        created: now,
    };
    let mut work = house.store.house_work().await?;
    work.seen_from(from);
    work.add_account(&account).await?;
    work.add_login(&new_login(provider, person, &account.id)?, now).await?;
    house.commit_house(work, &account.id).await?;
    people::join(house, invitation, id, from).await?;
    Ok(account)
}
