use std::sync::Arc;

use attesta_access::AccountId;
use attesta_identity::{SecretKind, SecretToken};
use attesta_store::{BearerKind, StoreError};
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
    api::{accounts, organisations},
    ids,
    problem::Problem,
    sent::{From, Sent},
};

/// The first owner of an instance.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct First {
    /// The secret of the link that the console printed, after the `#`.
    link: String,
    /// The address to sign in with.
    email: String,
    /// The name to show.
    name: String,
    /// The password.
    password: String,
    /// The name of the organisation.
    organisation: String,
    /// What it is: `assessed-entity`, `assessor-firm` or `service-provider`.
    #[serde(default = "organisations::entity")]
    kind: String,
}

/// What was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Made {
    /// The account.
    account: String,
    /// The organisation.
    organisation: String,
}

/// Becomes the first owner, by the one-time link that the console printed.
#[utoipa::path(
    post,
    path = "/api/v1/first",
    tag = "identity",
    request_body = First,
    responses((status = 201, body = Made), (status = "4XX", body = crate::problem::Body))
)]
pub(crate) async fn first(
    State(house): State<Arc<House>>,
    From(from): From,
    sent: Sent<First>,
) -> Result<Response, Problem> {
    let first = sent.value;
    let now = house.clock.now();
    house.rates.one_more(&format!("first {from}"), house.config.sign_in_rate, now)?;
    let gone = || {
        Problem::new(StatusCode::FORBIDDEN, "link", "this link is none, was used, or is too old")
            .help("start the server again: while nobody can sign in, it prints a new one")
    };
    let secret = SecretToken::read(SecretKind::Invitation, &first.link).map_err(|_| gone())?;
    let digest = secret.digest().to_string();
    let stands = |b: &attesta_store::Bearer| b.kind == BearerKind::First && b.ended.is_none() && b.expires > now;
    let known = house.store.house_room().await?.bearer(&digest).await?;
    known.filter(stands).ok_or_else(gone)?;
    // What can be wrong is looked at before anything is written, and the slow hash is made before the writer is taken.
    organisations::checked(&first.organisation, &first.kind)?;
    let about = [first.email.as_str(), first.name.as_str(), first.organisation.as_str()];
    let password = accounts::new_password(&house, &first.password, &about).await?;
    let account = ids::fresh!(AccountId, now);
    let mut work = house.store.house_work().await?;
    work.seen_from(&from);
    let bearer = work.room().bearer(&digest).await?.filter(stands).ok_or_else(gone)?;
    if work.room().has_accounts().await? {
        return Err(gone());
    }
    accounts::add(&mut work, account, &first.email, &first.name, &password, now).await?;
    // Another server that started at this moment printed a newer link.
    work.end_bearer(BearerKind::First, &bearer.id, "used", now).await.map_err(|error| match error {
        StoreError::NotFound { .. } => gone(),
        error => error.into(),
    })?;
    house.commit_house(work, &account.to_string()).await?;
    // If this fails, the owner is there and founds the organisation when signed in.
    let organisation = organisations::found(&house, account, &first.organisation, &first.kind, &from).await?;
    let made = Made { account: account.to_string(), organisation: organisation.to_string() };
    Ok((StatusCode::CREATED, Json(made)).into_response())
}
