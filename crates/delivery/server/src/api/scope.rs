//! Scope and factors before they change: what comes and goes, and how scores move.

use std::sync::Arc;

use attesta_access::ResourceKind;
use attesta_desk::{scope, tailor};
use axum::{extract::State, response::Response};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    House,
    caller::Caller,
    deed,
    problem::{Body, Problem},
    sent::{Named, Sent},
};

/// Other texts, before they are written at the address of their document.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    /// What scope.yaml would say.
    #[serde(default)]
    scope: Option<String>,
    /// What factors.yaml would say.
    #[serde(default)]
    factors: Option<String>,
}

/// What contradicts itself in the scope, and what looks too broad or too narrow.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/scope",
    tag = "reports",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
    ),
    responses((status = 200, body = Object, description = "`attesta.scope-findings/1`; the ETag is that of scope.yaml"), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::Scope).await?;
    deed::shown(&seen, "scope.yaml", None, |desk| deed::json(&scope::Report::of(&desk.folder, &desk.library)?)).await
}

/// What other texts of scope and factors would change. Nothing is written; to write one, put the document with the revision
/// that was read.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/tailoring/preview",
    tag = "reports",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
    ),
    request_body = Draft,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn preview(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<Draft>,
) -> Result<Response, Problem> {
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::Scope).await?;
    let Draft { scope, factors } = sent.value;
    let draft = tailor::Draft { scope, factors };
    deed::shown(&seen, "factors.yaml", None, move |desk| tailor::preview(desk, &draft)).await
}
