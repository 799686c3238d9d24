//! Corrective action plans, and where each can go from here.

use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{Action, Circumstance, ResourceKind};
use attesta_assessment::ActionId;
use attesta_desk::{
    Certified, Failure, Kind,
    actions::{self, Plans, ProgressRow, Said, Step},
};
use attesta_lifecycle::action::{Milestone, Move};
use attesta_workspace::{ANSWERS, document_place};
use axum::{extract::State, response::Response};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    House,
    api::{
        inheritance::parsed,
        phases::{Since, day},
    },
    caller::Caller,
    deed::{self, Ask, PageOf},
    page::Cursor,
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
};

/// No plan has more milestones.
const MOST_MILESTONES: usize = 200;

/// What a plan says. What is absent stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanText {
    /// The requirement, for a new plan.
    #[serde(default)]
    requirement: Option<String>,
    /// What is weak.
    #[serde(default)]
    weakness: Option<String>,
    /// Who answers for it, from people.yaml.
    #[serde(default)]
    owner: Option<String>,
    /// What will be done.
    #[serde(default)]
    plan: Option<String>,
    /// Until when.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    due: Option<String>,
    /// All of its milestones.
    #[serde(default)]
    milestones: Option<Vec<MilestoneText>>,
    /// Something that happened, told today.
    #[serde(default)]
    note: Option<String>,
}

/// A step that can be seen to be done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MilestoneText {
    /// What can be seen.
    what: String,
    /// Until when.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    due: Option<String>,
    /// When it was done.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    done: Option<String>,
}

/// What is done with a plan's status.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepText {
    /// `plan`, `start`, `raise-risk`, `recover`, `complete` (the assessor's, with a passed retest) or `reopen`.
    step: String,
    /// Why, where a step wants a reason.
    #[serde(default)]
    because: String,
    /// The day of the retest; today without.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    retested: Option<String>,
}

fn said(text: PlanText) -> Result<Said, Problem> {
    let milestones = text.milestones.map(|all| {
        if all.len() > MOST_MILESTONES {
            return Err(Problem::bad(format!("a plan has at most {MOST_MILESTONES} milestones")));
        }
        all.into_iter()
            .map(|m| Ok(Milestone { what: m.what, due: day(m.due.as_deref())?, done: day(m.done.as_deref())? }))
            .collect()
    });
    Ok(Said {
        weakness: text.weakness,
        owner: text.owner.as_deref().map(parsed).transpose()?,
        plan: text.plan,
        due: day(text.due.as_deref())?,
        milestones: milestones.transpose()?,
        note: text.note,
    })
}

/// Every plan, and every requirement that needs one and has none.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/actions",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        Cursor,
    ),
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Problem> {
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::CorrectiveAction).await?;
    let page = PageOf { list: "items", key: &["id", "requirement"], cursor: &cursor };
    deed::shown(&seen, "", Some(page), |desk| {
        let plans = Plans::of(desk)?;
        // That it is not known which are missing must not look like none.
        let unknown = plans.missing().err().map(|why| why.says());
        Ok(json!({ "items": deed::json(&plans.rows())?, "missing_unknown": unknown }))
    })
    .await
}

/// How far requirements with a required plan have come since the certificate.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/actions/progress",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        Since,
    ),
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn progress(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    Asked(since): Asked<Since>,
) -> Result<Response, Problem> {
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::CorrectiveAction).await?;
    let then = deed::since(&house, &caller, &since.since).await?;
    deed::shown(&seen, "", None, move |desk| {
        let certified = Certified::of_folder(desk, then)?;
        let certified = certified.ok_or_else(|| Failure::new(Kind::BadInput, "`since` names no assessment"))?;
        let found = Plans::of(desk)?.progress(&certified);
        Ok(json!({ "items": deed::json(&found.iter().map(ProgressRow::from).collect::<Vec<_>>())? }))
    })
    .await
}

/// One plan whole, and where it can go from here. The ETag is that of the document in which it stands.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/actions/{action}",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("action" = String, Path),
    ),
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, action)): Named<(String, String, String)>,
) -> Result<Response, Problem> {
    let id: ActionId = parsed(&action)?;
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::CorrectiveAction).await?;
    let place = actions::place(&seen.desk, &id)?;
    deed::shown(&seen, &place, None, move |desk| {
        let plans = Plans::of(desk)?;
        let placed = plans.find(&id)?;
        deed::json(&plans.whole(&placed.value))
    })
    .await
}

/// Begins a plan for a requirement; the ETag is that of its own new document, which is `"0"` before.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/actions",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = PlanText,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn create(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<PlanText>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let requirement = sent.value.requirement.as_deref().ok_or_else(|| Problem::bad("the `requirement` is missing"))?;
    let requirement = parsed(requirement)?;
    let said = said(sent.value)?;
    let wanted = (Action::Create, ResourceKind::CorrectiveAction);
    let ask = Ask::of(&house, &caller, &assessment, wanted, "action.begun").await?;
    let about = attesta_workspace::action_place(&actions::next_id(&requirement)?);
    ask.done((&sent.headers, once), &about, move |desk, by| actions::begin(desk, &requirement, said, by)).await
}

/// Changes what a plan says.
#[utoipa::path(
    patch,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/actions/{action}",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("action" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = PlanText,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn change(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, action)): Named<(String, String, String)>,
    sent: Sent<PlanText>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    if sent.value.requirement.is_some() {
        return Err(Problem::bad("a plan stays with its requirement"));
    }
    let id: ActionId = parsed(&action)?;
    let said = said(sent.value)?;
    let (ask, about) = asked(&house, &caller, &assessment, &id, Action::Change).await?;
    ask.done((&sent.headers, once), &about, move |desk, by| actions::fill(desk, &id, said, by)).await
}

/// Moves a plan's status on. Its completion is the assessor's, with the retest that shows it; nobody who worked on it.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/actions/{action}/steps",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("action" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = StepText,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn step(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, action)): Named<(String, String, String)>,
    sent: Sent<StepText>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let id: ActionId = parsed(&action)?;
    let StepText { step, because, retested } = sent.value;
    let step: Move = actions::step_of(&step)?;
    let retested = day(retested.as_deref())?;
    let action = if step == Move::Complete { Action::Decide } else { Action::Change };
    let (ask, about) = asked(&house, &caller, &assessment, &id, action).await?;
    let step = Step { step, because, retested };
    ask.done((&sent.headers, once), &about, move |desk, by| actions::step(desk, &id, &step, by)).await
}

/// Asks about a plan, with whose it is, who wrote it and who worked on its requirement.
async fn asked<'a>(
    house: &'a House,
    caller: &'a Caller,
    assessment: &'a str,
    id: &ActionId,
    action: Action,
) -> Result<(Ask<'a>, String), Problem> {
    let mut ask =
        Ask::of(house, caller, assessment, (action, ResourceKind::CorrectiveAction), "action.changed").await?;
    let seen = deed::look(house, caller, assessment, ResourceKind::CorrectiveAction).await?;
    let about = actions::place(&seen.desk, id)?;
    let plans = Plans::of(&seen.desk)?;
    let placed = &plans.find(id)?.value;
    let answers = document_place(ANSWERS, &placed.requirement);
    let owner = placed.owner.as_ref().and_then(|p| seen.desk.account_of(p)?.parse().ok());
    let wrote = deed::editors(house, caller, assessment, &about).await?;
    let worked = deed::editors(house, caller, assessment, &answers).await?.into_iter().chain(owner).collect();
    ask.circumstance = Circumstance {
        assigned_to: Some(BTreeSet::from_iter(owner)),
        written_by: Some(wrote),
        worked_on_by: Some(worked),
        ..ask.circumstance
    };
    Ok((ask, about))
}
