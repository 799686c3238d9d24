//! Who asks: a session's cookie or a token, and what its account is in the organisation of the path.

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc};

use attesta_access::{AccountId, Factors, Membership, Principal, Reach, Role, Session, TenantId, Token, Who, Window};
use attesta_identity::{SecretKind, SecretToken, is_csrf_token};
use attesta_kernel::Timestamp;
use attesta_store::{AtTheDoor, Bearer, BearerKind};
use axum::{
    extract::{ConnectInfo, FromRequestParts, RawPathParams},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::{House, entry, house::kind, problem::Problem};

/// The session's cookie.
pub(crate) const COOKIE: entry::Names = entry::Names { plain: "attesta", secure: "__Host-attesta" };
/// The header that a page of ours sends with what changes something.
pub(crate) const CSRF: &str = "x-attesta-csrf";
/// So many times the attempts to sign in, an address may show secrets that are none in a minute.
const GUESSES: u32 = 4;
/// That a session was used is noted this often.
const NOTED: SignedDuration = SignedDuration::from_secs(60);

/// Somebody in the organisation of the path.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    /// From where, for the audit trail.
    pub(crate) from: String,
}

/// Somebody who signed in, wherever they belong.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) account: AccountId,
    pub(crate) name: String,
    pub(crate) session: Session,
    pub(crate) bearer: Bearer,
    pub(crate) csrf: String,
    pub(crate) from: String,
}

/// What is stored of a membership's limits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    /// From when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<Timestamp>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<Timestamp>,
    /// Which assessments; none said is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) assessments: Option<BTreeSet<String>>,
}

/// What is stored of a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SessionBody {
    pub(crate) authenticated: Timestamp,
    pub(crate) factors: String,
    pub(crate) from: String,
    pub(crate) agent: String,
    /// `password`, `passkey` or `provider:NAME`.
    #[serde(default)]
    pub(crate) how: String,
}

/// What is stored of a token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TokenBody {
    pub(crate) name: String,
    pub(crate) scopes: BTreeSet<String>,
}

impl Limits {
    pub(crate) fn window(&self) -> Result<Window, Problem> {
        Window::new(self.from, self.until).map_err(|e| Problem::bad(e.to_string()))
    }

    pub(crate) fn reach(&self) -> Result<Reach, Problem> {
        let Some(named) = &self.assessments else { return Ok(Reach::All) };
        let ids = named.iter().map(|id| id.parse().map_err(|_| Problem::bad(format!("`{id}` is no assessment's id"))));
        Ok(Reach::Named(ids.collect::<Result<_, _>>()?))
    }
}

impl Caller {
    /// Who did it, as the ledger names them: an id.
    pub(crate) fn actor(&self) -> String {
        match self.principal.who() {
            Who::Person(account) => account.to_string(),
            Who::Token { token, .. } => token.to_string(),
            Who::Guest(link) => link.to_string(),
        }
    }

    pub(crate) fn tenant(&self) -> TenantId {
        self.principal.tenant()
    }
}

fn not_signed_in() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "sign-in", "nobody is signed in, or it lasted too long")
        .help("sign in, or send a token as `Authorization: Bearer att_api_…`")
}

/// The secret that a request shows.
fn shown(house: &House, headers: &HeaderMap) -> Result<(SecretToken, bool), Problem> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let text = value.to_str().ok().and_then(|v| v.strip_prefix("Bearer ")).ok_or_else(not_signed_in)?;
        let token = SecretToken::read(SecretKind::Api, text.trim()).map_err(|_| not_signed_in())?;
        return Ok((token, false));
    }
    let text = entry::shown(house, headers, COOKIE).ok_or_else(not_signed_in)?;
    let token = SecretToken::read(SecretKind::Session, text).map_err(|_| not_signed_in())?;
    Ok((token, true))
}

/// Where a request comes from.
pub(crate) fn from(house: &House, parts: &Parts) -> String {
    let forwarded = || {
        let value = parts.headers.get("x-forwarded-for")?.to_str().ok()?;
        // The last one is the one that our own proxy saw.
        Some(value.rsplit(',').next()?.trim().chars().take(45).collect::<String>())
    };
    let direct = || parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip().to_string());
    let found = if house.config.behind_proxy { forwarded().or_else(direct) } else { direct() };
    found.unwrap_or_else(|| "unknown".to_owned())
}

/// A page elsewhere cannot make a browser send this; without it, a cookie alone changes nothing.
fn same_site(parts: &Parts, secret: &SecretToken) -> Result<(), Problem> {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(&parts.method) {
        return Ok(());
    }
    let said = parts.headers.get(CSRF).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if is_csrf_token(secret, said) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, "csrf", format!("the {CSRF} header is missing or wrong"))
        .help("send the `csrf` that `GET /api/v1/session` tells"))
}

pub(crate) async fn door(
    house: &House,
    parts: &Parts,
    tenant: &str,
) -> Result<(AtTheDoor, SecretToken, bool), Problem> {
    let now = house.clock.now();
    // Secrets that are none cost the address that shows them; past that it is not looked for any more.
    let (guesses, most) = (format!("guess {}", from(house, parts)), house.config.sign_in_rate.saturating_mul(GUESSES));
    house.rates.spent(&guesses, most, now)?;
    let missed = |problem: Problem| match house.rates.one_more(&guesses, most, now) {
        Ok(()) => problem,
        Err(too_many) => too_many,
    };
    let (secret, cookie) = match shown(house, &parts.headers) {
        Ok(shown) => shown,
        Err(problem) if parts.headers.contains_key(header::AUTHORIZATION) => return Err(missed(problem)),
        Err(problem) => return Err(problem),
    };
    let found = house.store.at_the_door(&secret.digest().to_string(), tenant).await?;
    let door = found.ok_or_else(|| missed(not_signed_in()))?;
    house.rates.one_more(&door.bearer.id, house.config.rate, now)?;
    if door.bearer.ended.is_some() || door.bearer.expires <= now {
        return Err(not_signed_in());
    }
    if door.account.as_ref().is_some_and(|(state, _)| state != "active") {
        return Err(not_signed_in());
    }
    if cookie {
        same_site(parts, &secret)?;
    }
    if now.duration_since(door.bearer.seen) > NOTED {
        let mut work = house.store.house_work().await?;
        work.see_bearer(&door.bearer.digest, now).await?;
        work.commit_quietly().await?;
    }
    Ok((door, secret, cookie))
}

fn account(bearer: &Bearer) -> Result<AccountId, Problem> {
    bearer.account.as_deref().and_then(|id| id.parse().ok()).ok_or_else(not_signed_in)
}

fn session(bearer: &Bearer) -> Result<Session, Problem> {
    let body: SessionBody = serde_json::from_str(&bearer.body).map_err(Problem::internal)?;
    Ok(Session {
        id: bearer.id.parse().map_err(Problem::internal)?,
        account: account(bearer)?,
        began: bearer.created,
        last_seen: bearer.seen,
        authenticated: body.authenticated,
        factors: body.factors.parse::<Factors>().map_err(Problem::internal)?,
        revoked: bearer.ended,
    })
}

fn token(bearer: &Bearer, tenant: TenantId) -> Result<Token, Problem> {
    let body: TokenBody = serde_json::from_str(&bearer.body).map_err(Problem::internal)?;
    let scopes = body.scopes.iter().map(|s| s.parse().map_err(Problem::internal)).collect::<Result<_, _>>()?;
    Ok(Token {
        id: bearer.id.parse().map_err(Problem::internal)?,
        tenant,
        maker: account(bearer)?,
        scopes,
        window: Window::new(bearer.created, bearer.expires).map_err(Problem::internal)?,
        revoked: bearer.ended,
    })
}

/// A membership as it is stored.
pub(crate) fn membership(
    kind_of: &str,
    tenant: TenantId,
    account: AccountId,
    role: &str,
    body: &str,
) -> Result<Membership, Problem> {
    let limits: Limits = serde_json::from_str(body).map_err(Problem::internal)?;
    let role: Role = role.parse().map_err(Problem::internal)?;
    Membership::new(kind(kind_of)?, tenant, account, role, limits.window()?, limits.reach()?)
        .map_err(|e| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "membership", e.to_string()))
}

impl Caller {
    /// Who asks, and what the door told of them.
    pub(crate) async fn entered(
        house: &Arc<House>,
        parts: &mut Parts,
    ) -> Result<(Self, AtTheDoor, SecretToken), Problem> {
        let nowhere = || Problem::not_found("there is no such organisation, or you are not in it");
        let params = RawPathParams::from_request_parts(parts, house).await.map_err(|_| nowhere())?;
        let named = params.iter().find(|(name, _)| *name == "org").map(|(_, value)| value.to_owned());
        let tenant: TenantId = named.and_then(|id| id.parse().ok()).ok_or_else(nowhere)?;
        let (door, secret, _) = door(house, parts, &tenant.to_string()).await?;
        let from = from(house, parts);
        let (Some((kind, _)), Some((role, body))) = (&door.organisation, &door.member) else { return Err(nowhere()) };
        let membership = membership(kind, tenant, account(&door.bearer)?, role, body)?;
        let principal = match door.bearer.kind {
            BearerKind::Session => Principal::person(&membership, session(&door.bearer)?, house.limits),
            BearerKind::Token if door.bearer.tenant.as_deref() == Some(&tenant.to_string()) => {
                Principal::token(token(&door.bearer, tenant)?, &membership)
            }
            _ => return Err(nowhere()),
        };
        Ok((Self { principal: principal.map_err(Problem::internal)?, from }, door, secret))
    }
}

impl FromRequestParts<Arc<House>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, house: &Arc<House>) -> Result<Self, Problem> {
        Ok(Self::entered(house, parts).await?.0)
    }
}

impl FromRequestParts<Arc<House>> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, house: &Arc<House>) -> Result<Self, Problem> {
        let (door, secret, cookie) = door(house, parts, "").await?;
        if !cookie || door.bearer.kind != BearerKind::Session {
            return Err(Problem::new(StatusCode::FORBIDDEN, "people-only", "a token cannot do this")
                .help("sign in and do it yourself"));
        }
        let session = session(&door.bearer)?;
        if !matches!(session.state(house.limits, house.clock.now()), attesta_access::SessionState::Live { .. }) {
            return Err(not_signed_in());
        }
        Ok(Self {
            account: session.account,
            name: door.account.map(|(_, name)| name).unwrap_or_default(),
            session,
            bearer: door.bearer,
            csrf: attesta_identity::csrf_token(&secret),
            from: from(house, parts),
        })
    }
}
