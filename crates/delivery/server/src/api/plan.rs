//! The cheapest way to certification, every date, and whether a certificate can be kept.

use std::sync::Arc;

use attesta_access::ResourceKind;
use attesta_desk::{
    Certified, Course, Kind,
    calendar::{calendar, unsure},
    plan,
    recheck::{Said, recheck as rechecked},
};
use attesta_interchange::process::calendar_json;
use attesta_workspace::ASSESSMENT;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use crate::{
    House,
    api::{inheritance::parsed, phases::day},
    caller::Caller,
    deed::{self, PageOf},
    page::Cursor,
    problem::{Body, Problem},
    sent::{Asked, Named},
};

/// What must come true, and how it is asked.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// `fewest-caps` (usual), `certify` or `no-caps`.
    #[serde(default)]
    goal: String,
    /// The first day of work; today without.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    start: Option<String>,
    /// What so many hours buy, instead of the plan.
    #[serde(default)]
    budget: Option<u64>,
    /// The `next` of the page before.
    #[serde(default)]
    after: String,
    /// At most so many entries: 1 to 500, 50 when nothing is said.
    #[serde(default)]
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// The day to meet.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Target {
    /// In place of the assessment's own.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    target: Option<String>,
}

/// What people say; without their word it is not known.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Words {
    /// The certified assessment that this one goes back to.
    since: String,
    /// The seed from which the requirements were drawn.
    seed: String,
    /// Management: nothing significant changed.
    #[serde(default)]
    no_significant_change: bool,
    /// Management: no security event stands against the certificate.
    #[serde(default)]
    no_event: bool,
    /// The assessor: the progress that plans show is sufficient.
    #[serde(default)]
    progress_suffices: bool,
}

/// The cheapest way to the goal, proven, and its days; or what a budget buys.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/plan",
    tag = "reports",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        Wanted,
    ),
    responses((status = 200, body = Object, description = "`attesta.plan/1`"), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let goal = plan::goal(&wanted.goal)?;
    let start = day(wanted.start.as_deref())?;
    let cursor = Cursor { after: wanted.after, limit: wanted.limit.unwrap_or(50) };
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::Report).await?;
    if let Some(hours) = wanted.budget {
        let page = PageOf { list: "domains", key: &["domain"], cursor: &cursor };
        return deed::shown(&seen, ASSESSMENT, Some(page), move |desk| {
            let (rows, left) = plan::budget(desk, goal, hours)?;
            Ok(json!({ "domains": deed::json(&rows)?, "left": left }))
        })
        .await;
    }
    let page = PageOf { list: "items", key: &["requirement", "level"], cursor: &cursor };
    deed::shown(&seen, ASSESSMENT, Some(page), move |desk| deed::json(&plan::plan(desk, goal, start)?.report())).await
}

/// Single improvements, most points per hour first.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/plan/next",
    tag = "reports",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        Wanted,
    ),
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn next(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let goal = plan::goal(&wanted.goal)?;
    let cursor = Cursor { after: wanted.after, limit: wanted.limit.unwrap_or(50) };
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::Report).await?;
    let page = PageOf { list: "items", key: &["requirement", "level", "to"], cursor: &cursor };
    deed::shown(&seen, ASSESSMENT, Some(page), move |desk| {
        Ok(json!({ "items": deed::json(&plan::next(desk, goal)?)? }))
    })
    .await
}

/// Every date with its rule and source, forward from what is recorded and back from a target.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/calendar",
    tag = "reports",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        Target,
    ),
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn dates(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    Asked(target): Asked<Target>,
) -> Result<Response, Problem> {
    let target = day(target.target.as_deref())?;
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::Phase).await?;
    deed::shown(&seen, ASSESSMENT, None, move |desk| {
        let course = Course::of(desk)?;
        let calendar = calendar(desk, &course, target)?;
        let mut json: serde_json::Value = serde_json::from_str(&calendar_json(&calendar))
            .map_err(|e| attesta_desk::Failure::new(Kind::Unknown, e.to_string()))?;
        if let Some(members) = json.as_object_mut() {
            members.insert("notes".to_owned(), unsure(&calendar).into_iter().collect::<Vec<_>>().into());
        }
        Ok(json)
    })
    .await
}

/// Whether an interim or bridge assessment keeps the certificate, and what speaks against it. HITRUST decides.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/recheck",
    tag = "reports",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        Words,
    ),
    responses((status = 200, body = Object, description = "`attesta.recheck/1`"), (status = "4XX", body = Body))
)]
pub(crate) async fn recheck(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    Asked(words): Asked<Words>,
) -> Result<Response, Problem> {
    let said = Said {
        seed: parsed(&words.seed)?,
        no_significant_change: words.no_significant_change,
        no_event: words.no_event,
        progress_suffices: words.progress_suffices,
    };
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::Report).await?;
    let then = deed::since(&house, &caller, &words.since).await?;
    let then = then.ok_or_else(|| Problem::bad("`since` names no assessment"))?;
    deed::shown(&seen, ASSESSMENT, None, move |desk| {
        let certified = Certified::of_folder(desk, Some(then.clone()))?;
        let certified = certified.ok_or_else(|| attesta_desk::Failure::new(Kind::BadInput, "nothing was certified"))?;
        deed::json(&rechecked(desk, &certified, &then, &said)?)
    })
    .await
}
