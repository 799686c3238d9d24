use std::sync::Arc;

use attesta_access::{
    AccountId, Action, Circumstance, OrganisationKind, ResourceKind, Role, SystemActor, TenantId, authorise,
};
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
    act::{Begun, etag, if_match},
    api::accounts::words,
    caller::{Caller, SignedIn},
    ids,
    problem::{Body, Problem},
    sent::Sent,
};

/// An organisation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Organisation {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// `assessed-entity`, `assessor-firm` or `service-provider`.
    kind: String,
    /// Its revision.
    rev: u64,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created: attesta_kernel::Timestamp,
}

/// A new organisation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOrganisation {
    /// Its name.
    name: String,
    /// `assessed-entity`, `assessor-firm` or `service-provider`.
    #[serde(default = "entity")]
    kind: String,
}

/// What changes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganisationChange {
    /// Its name.
    name: String,
}

pub(crate) fn entity() -> String {
    "assessed-entity".to_owned()
}

/// Checks what an organisation is to be called and to be.
pub(crate) fn checked(name: &str, kind: &str) -> Result<(String, OrganisationKind), Problem> {
    let kind = kind.parse::<OrganisationKind>().map_err(|e| Problem::bad(e.to_string()))?;
    Ok((words("organisation's name", name, 200)?, kind))
}

/// Founds an organisation with its first owner.
pub(crate) async fn found(
    house: &House,
    owner: AccountId,
    name: &str,
    kind: &str,
    from: &str,
) -> Result<TenantId, Problem> {
    let (name, kind) = checked(name, kind)?;
    let now = house.clock.now();
    let tenant = ids::fresh!(TenantId, now);
    let permit = house.system(SystemActor::Setup, Action::Create, ResourceKind::Organisation, tenant)?;
    let mut work = house.store.work(&permit).await?;
    work.seen_from(from);
    let key = house.found(&mut work, &tenant.to_string(), &name, kind.as_str()).await.map_err(Problem::internal)?;
    work.add_member(&owner.to_string(), Role::Owner.as_str(), "{}", now).await?;
    let committed = work.commit(&owner.to_string(), now, &key).await?;
    house.tell(tenant, committed.size);
    Ok(tenant)
}

/// Founds an organisation; whoever does it is its owner.
#[utoipa::path(
    post,
    path = "/api/v1/organisations",
    tag = "organisations",
    request_body = NewOrganisation,
    responses((status = 201, body = Organisation), (status = "4XX", body = Body))
)]
pub(crate) async fn create(
    State(house): State<Arc<House>>,
    signed: SignedIn,
    sent: Sent<NewOrganisation>,
) -> Result<Response, Problem> {
    let tenant = found(&house, signed.account, &sent.value.name, &sent.value.kind, &signed.from).await?;
    let permit = house.system(SystemActor::Setup, Action::Create, ResourceKind::Organisation, tenant)?;
    let found = house.store.room(&permit).await?.organisation().await?;
    Ok((StatusCode::CREATED, Json(shown(found))).into_response())
}

/// An organisation.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}",
    tag = "organisations",
    params(("org" = String, Path, description = "The organisation's id")),
    responses((status = 200, body = Organisation), (status = "4XX", body = Body))
)]
pub(crate) async fn read(State(house): State<Arc<House>>, caller: Caller) -> Result<Response, Problem> {
    let circumstance = Circumstance::within(caller.tenant());
    let now = house.clock.now();
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Organisation, &circumstance, now)?;
    let found = house.store.room(&permit).await?.organisation().await?;
    let tag = etag(found.rev);
    Ok(([(header::ETAG, tag)], Json(shown(found))).into_response())
}

/// Changes an organisation's name.
#[utoipa::path(
    patch,
    path = "/api/v1/organisations/{org}",
    tag = "organisations",
    params(("org" = String, Path, description = "The organisation's id"), ("if-match" = String, Header)),
    request_body = OrganisationChange,
    responses((status = 200, body = Organisation), (status = "4XX", body = Body))
)]
pub(crate) async fn change(
    State(house): State<Arc<House>>,
    caller: Caller,
    sent: Sent<OrganisationChange>,
) -> Result<Response, Problem> {
    let read = if_match(&sent.headers)?;
    let name = words("organisation's name", &sent.value.name, 200)?;
    let circumstance = Circumstance::within(caller.tenant());
    let act = house.act(&caller, Action::Change, ResourceKind::Organisation, &circumstance).await?;
    let mut act = match act.once(sent.once(&caller)?).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(response),
    };
    let old = act.work.room().organisation().await?;
    let rev = act.work.put_organisation(&name, &old.body, read).await?;
    let new = act.work.room().organisation().await?;
    act.finish(StatusCode::OK, Some(rev), &shown(new)).await
}

fn shown(found: attesta_store::Tenant) -> Organisation {
    Organisation { id: found.id, name: found.name, kind: found.kind, rev: found.rev, created: found.created }
}
