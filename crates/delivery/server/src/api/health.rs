use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{House, problem::Problem};

/// How it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    status: &'static str,
    /// The program's version.
    version: &'static str,
}

const OK: Health = Health { status: "ok", version: env!("CARGO_PKG_VERSION") };

/// Whether the process runs.
#[utoipa::path(get, path = "/health/live", tag = "operations", responses((status = 200, body = Health)))]
pub(crate) async fn live() -> Json<Health> {
    Json(OK)
}

/// Whether it can answer: the database is there.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "operations",
    responses((status = 200, body = Health), (status = 503, body = crate::problem::Body))
)]
pub(crate) async fn ready(State(house): State<Arc<House>>) -> Result<Json<Health>, Problem> {
    house.store.house_room().await?.organisation().await?;
    Ok(Json(OK))
}
