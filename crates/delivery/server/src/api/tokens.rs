use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{Action, Circumstance, Only, ResourceKind, Scope, TokenId, authorise};
use attesta_identity::{SecretKind, SecretToken, SystemChance};
use attesta_kernel::Timestamp;
use attesta_store::{Bearer, BearerKind};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    House,
    api::accounts::words,
    caller::{Caller, TokenBody},
    ids,
    page::{Cursor, Listed},
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
};

/// No token lasts longer.
const MOST_DAYS: u16 = 366;

/// A new token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// What it is for.
    name: String,
    /// What it may do at most, such as `assessments:read`.
    scopes: BTreeSet<String>,
    /// How many days it holds: 1 to 366.
    #[schema(minimum = 1, maximum = 366)]
    days: u16,
}

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Token {
    /// Its id.
    pub(crate) id: String,
    /// What it is for.
    pub(crate) name: String,
    /// What it may do at most.
    pub(crate) scopes: BTreeSet<String>,
    /// Who made it.
    pub(crate) maker: String,
    /// When it was used last, about.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) seen: Timestamp,
    /// Until when it holds.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) expires: Timestamp,
    /// When it was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) ended: Option<Timestamp>,
}

/// A token with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeToken {
    /// The token.
    #[serde(flatten)]
    token: Token,
    /// What to send as `Authorization: Bearer …`.
    secret: String,
}

/// Makes a token; its secret is shown this once. No Idempotency-Key is taken, as the secret is not kept.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/tokens",
    tag = "organisations",
    params(("org" = String, Path, description = "The organisation's id")),
    request_body = NewToken,
    responses((status = 201, body = MadeToken), (status = "4XX", body = Body))
)]
pub(crate) async fn make(
    State(house): State<Arc<House>>,
    caller: Caller,
    sent: Sent<NewToken>,
) -> Result<Response, Problem> {
    let asked = sent.value;
    let name = words("token's name", &asked.name, 100)?;
    for scope in &asked.scopes {
        scope.parse::<Scope>().map_err(|e| Problem::bad(e.to_string()))?;
    }
    if asked.scopes.is_empty() || !(1..=MOST_DAYS).contains(&asked.days) {
        return Err(Problem::bad(format!("a token needs a scope, and holds 1 to {MOST_DAYS} days")));
    }
    let circumstance = Circumstance::within(caller.tenant());
    let mut act = house.act(&caller, Action::Create, ResourceKind::Token, &circumstance).await?;
    let secret = SecretToken::draw(SecretKind::Api, &mut SystemChance).map_err(Problem::internal)?;
    let body = TokenBody { name, scopes: asked.scopes };
    let bearer = Bearer {
        digest: secret.digest().to_string(),
        kind: BearerKind::Token,
        id: ids::fresh!(TokenId, act.at).to_string(),
        tenant: Some(caller.tenant().to_string()),
        account: caller.principal.account().map(|a| a.to_string()),
        created: act.at,
        seen: act.at,
        expires: act.at.checked_add(SignedDuration::from_hours(24 * i64::from(asked.days))).unwrap_or(act.at),
        ended: None,
        rev: 0,
        body: serde_json::to_string(&body).map_err(Problem::internal)?,
    };
    act.work.add_bearer(&bearer).await?;
    let made = MadeToken { token: shown(&bearer)?, secret: secret.reveal().to_owned() };
    act.finish(StatusCode::CREATED, None, &made).await
}

/// The organisation's tokens, or one's own, as the role sees them.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/tokens",
    tag = "organisations",
    params(("org" = String, Path, description = "The organisation's id"), Cursor),
    responses((status = 200, body = Listed<Token>), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Problem> {
    let circumstance = Circumstance::within(caller.tenant());
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Token, &circumstance, house.clock.now())?;
    let found = house.store.room(&permit).await?.bearers(BearerKind::Token, &cursor.page()).await?;
    let listed = Listed::of(found, &cursor, |b| b.id.clone());
    let own = match permit.only() {
        Only::WrittenBy(account) => Some(account.to_string()),
        _ => None,
    };
    let mine = listed.items.iter().filter(|b| own.is_none() || b.account == own);
    let items = mine.map(shown).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(Listed { items, next: listed.next }).into_response())
}

/// Takes a token back.
#[utoipa::path(
    delete,
    path = "/api/v1/organisations/{org}/tokens/{token}",
    tag = "organisations",
    params(("org" = String, Path, description = "The organisation's id"), ("token" = String, Path)),
    responses((status = 200, body = Token), (status = "4XX", body = Body))
)]
pub(crate) async fn revoke(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let none = || Problem::not_found("there is no such token here");
    let system = house.system(
        attesta_access::SystemActor::Setup,
        Action::Create,
        ResourceKind::Organisation,
        caller.tenant(),
    )?;
    let found = house.store.room(&system).await?.bearer_by_id(BearerKind::Token, &id).await?.ok_or_else(none)?;
    let maker = found.account.as_deref().and_then(|a| a.parse().ok());
    let circumstance =
        Circumstance { written_by: Some(maker.into_iter().collect()), ..Circumstance::within(caller.tenant()) };
    let mut act = house.act(&caller, Action::Revoke, ResourceKind::Token, &circumstance).await?;
    act.work.end_bearer(BearerKind::Token, &id, "taken back", act.at).await?;
    let ended = Some(act.at);
    act.finish(StatusCode::OK, None, &shown(&Bearer { ended, ..found })?).await
}

pub(crate) fn shown(bearer: &Bearer) -> Result<Token, Problem> {
    let body: TokenBody = serde_json::from_str(&bearer.body).map_err(Problem::internal)?;
    Ok(Token {
        id: bearer.id.clone(),
        name: body.name,
        scopes: body.scopes,
        maker: bearer.account.clone().unwrap_or_default(),
        seen: bearer.seen,
        expires: bearer.expires,
        ended: bearer.ended,
    })
}
