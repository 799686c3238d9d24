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
    sent::{Asked, Named, Sent},
};

/// An explanation is told so deep.
const DEEPEST: usize = 12;
/// So much is supposed at once.
const MOST_SUPPOSED: usize = 500;

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

/// An opened assessment for reading a report.
pub(crate) async fn desk(house: &House, caller: &Caller, assessment: &str) -> Result<(Arc<Desk>, u64), Problem> {
    let circumstance = Circumstance::of_assessment(caller.tenant(), assessments::id(assessment)?);
    let now = house.clock.now();
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Response, &circumstance, now)?;
    let mut room = house.store.room(&permit).await?;
    house.desk(&mut room, assessment).await
}

/// A report that the desk makes, with the assessment's revision.
fn answered<T: Serialize>(rev: u64, report: &T) -> Response {
    ([(header::ETAG, etag(rev))], Json(report)).into_response()
}

/// The scorecard: requirements, control references, domains, the decision, and what is not known. Each number is
/// explained by `/explain/{subject}`.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/score",
    tag = "reports",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path), Whose),
    responses((status = 200, body = Object, description = "docs/reference/scoring.md"), (status = "4XX", body = Body))
)]
pub(crate) async fn score(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    Asked(whose): Asked<Whose>,
) -> Result<Response, Problem> {
    let (desk, rev) = desk(&house, &caller, &assessment).await?;
    let scored = desk.scored(whose.view()?)?;
    Ok(answered(rev, &attesta_desk::score::Report::of(&desk, &scored)))
}

/// Below the threshold: what is missing, most first, and whether a corrective action plan is required.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/gaps",
    tag = "reports",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path), Whose),
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn gaps(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    Asked(whose): Asked<Whose>,
) -> Result<Response, Problem> {
    let (desk, rev) = desk(&house, &caller, &assessment).await?;
    let scored = desk.scored(whose.view()?)?;
    Ok(answered(rev, &serde_json::json!({ "gaps": attesta_desk::gaps::gaps(&desk, &scored) })))
}

/// Why a number is what it is, down to its inputs. The subject is `decision`, a domain's number, a control reference or a
/// requirement.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/explain/{subject}",
    tag = "reports",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path), ("subject" = String, Path), Whose),
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn explain(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, subject)): Named<(String, String, String)>,
    Asked(whose): Asked<Whose>,
) -> Result<Response, Problem> {
    let (desk, rev) = desk(&house, &caller, &assessment).await?;
    let scored = desk.scored(whose.view()?)?;
    let explanation = attesta_desk::explain::explanation(&desk, &scored, &subject)?;
    Ok(answered(rev, &attesta_desk::explain::Told::of(&explanation, DEEPEST)))
}

/// What the assessment asks, and why.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/tailoring",
    tag = "reports",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path)),
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn tailoring(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let (desk, rev) = desk(&house, &caller, &assessment).await?;
    let tailored = desk.tailored()?;
    Ok(answered(rev, &attesta_desk::tailor::Report::of(&desk, &tailored)?))
}

/// What is supposed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suppose {
    /// Other scores: `REQUIREMENT:LEVEL=POINTS`.
    #[serde(default)]
    answers: Vec<String>,
    /// Other answers to factors: `FACTOR=CHOICE`.
    #[serde(default)]
    factors: Vec<String>,
    /// Other weights of what is inherited: `SOURCE:REQUIREMENT=PERCENT`.
    #[serde(default)]
    weights: Vec<String>,
}

/// How things would move. Nothing is written.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/what-if",
    tag = "reports",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path)),
    request_body = Suppose,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn what_if(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<Suppose>,
) -> Result<Response, Problem> {
    let (desk, rev) = desk(&house, &caller, &assessment).await?;
    let Suppose { answers, factors, weights } = sent.value;
    if answers.len() + factors.len() + weights.len() > MOST_SUPPOSED {
        return Err(Problem::bad(format!("at most {MOST_SUPPOSED} things are supposed at once")));
    }
    let suppose = attesta_desk::whatif::Suppose { answers, factors, weights };
    let moved = tokio::task::spawn_blocking(move || attesta_desk::whatif::what_if(&desk, &suppose)).await;
    Ok(answered(rev, &moved.map_err(Problem::internal)??))
}
