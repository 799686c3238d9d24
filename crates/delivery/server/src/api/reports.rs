//! What follows from an assessment: worked out each time, never stored.

use std::sync::Arc;

use attesta_access::{Action, Circumstance, ResourceKind, authorise};
use attesta_assessment::View;
use attesta_desk::Desk;
use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    House,
    act::etag,
    api::assessments,
    caller::Caller,
    problem::{Body, Problem},
    sent::{Asked, Named},
};

/// Whose answers count.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Whose {
    /// `entity` (usual), or `final`: the assessor's where there is one.
    #[serde(default)]
    view: String,
}

impl Whose {
    fn view(&self) -> Result<View, Problem> {
        match self.view.as_str() {
            "" | "entity" => Ok(View::Entity),
            "final" => Ok(View::Final),
            _ => Err(Problem::bad("the view is `entity` or `final`")),
        }
    }
}

/// What an assessment comes to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Score {
    /// In one sentence.
    verdict: String,
    /// Whether it would certify as it is; what nobody answered keeps it from that.
    certifies: bool,
    /// How many requirements it asks.
    asked: usize,
    /// How many of them have a score.
    scored: usize,
}

/// An opened assessment for reading a report.
pub(crate) async fn desk(house: &House, caller: &Caller, assessment: &str) -> Result<(Arc<Desk>, u64), Problem> {
    let circumstance = Circumstance::of_assessment(caller.tenant(), assessments::id(assessment)?);
    let now = house.clock.now();
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Response, &circumstance, now)?;
    let mut room = house.store.room(&permit).await?;
    house.desk(&mut room, assessment).await
}

/// The score and the decision.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/score",
    tag = "reports",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path), Whose),
    responses((status = 200, body = Score), (status = "4XX", body = Body))
)]
pub(crate) async fn score(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    Asked(whose): Asked<Whose>,
) -> Result<Response, Problem> {
    let (desk, rev) = desk(&house, &caller, &assessment).await?;
    let scored = desk.scored(whose.view()?)?;
    let answer = Score {
        verdict: scored.verdict(),
        certifies: scored.certified(),
        asked: scored.tailored.requirements.len(),
        scored: scored.workings.requirements.len(),
    };
    Ok(([(header::ETAG, etag(rev))], Json(answer)).into_response())
}
