use std::sync::Arc;

use attesta_access::{Action, Circumstance, ResourceKind, authorise};
use attesta_kernel::Timestamp;
use attesta_store::{Job as Row, JobState, Page};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    House,
    caller::Caller,
    page::{Cursor, Listed},
    problem::{Body, Problem},
    sent::{Asked, Named},
};

/// Something that the server does later for the organisation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Job {
    /// Its id.
    id: String,
    /// What is done.
    kind: String,
    /// `waiting`, `taken`, `done` or `dead`.
    state: String,
    /// Not before.
    #[schema(value_type = String, format = DateTime)]
    due: Timestamp,
    /// How often it was begun.
    attempts: u32,
    /// At most so often.
    most: u32,
    /// What the last attempt said.
    #[serde(skip_serializing_if = "Option::is_none")]
    told: Option<String>,
}

/// Which jobs.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobSieve {
    /// In this state; `dead` are those that were given up.
    #[serde(default)]
    state: String,
}

/// The organisation's jobs, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/jobs",
    tag = "operations",
    params(("org" = String, Path, description = "The organisation's id"), JobSieve, Cursor),
    responses((status = 200, body = Listed<Job>), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(sieve): Asked<JobSieve>,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Problem> {
    let state = match sieve.state.as_str() {
        "" => None,
        text => Some(state(text)?),
    };
    let inside = Circumstance::within(caller.tenant());
    authorise(&caller.principal, Action::Read, ResourceKind::Job, &inside, house.clock.now())?;
    let found = house.store.jobs(&caller.tenant().to_string(), state, &cursor.page()).await?;
    let found = found.into_iter().map(shown).collect();
    Ok(Json(Listed::of(found, &cursor, |job: &Job| job.id.clone())).into_response())
}

/// Lets a job that was given up live again, with all its attempts.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/jobs/{job}/revive",
    tag = "operations",
    params(("org" = String, Path, description = "The organisation's id"), ("job" = String, Path)),
    responses((status = 200, body = Job), (status = "4XX", body = Body))
)]
pub(crate) async fn revive(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let none = || Problem::not_found("there is no such job here that was given up");
    let tenant = caller.tenant().to_string();
    let inside = Circumstance::within(caller.tenant());
    authorise(&caller.principal, Action::Run, ResourceKind::Job, &inside, house.clock.now())?;
    id.parse::<attesta_work::JobId>().map_err(|_| none())?;
    // Newest first, below an id: the first below whatever comes next after this one.
    let page = Page { after: format!("{id}~"), limit: 1 };
    let found = house.store.jobs(&tenant, Some(JobState::Dead), &page).await?;
    let found = found.into_iter().find(|job| job.id == id).ok_or_else(none)?;
    let mut act = house.act(&caller, Action::Run, ResourceKind::Job, &inside).await?;
    act.work.tell("job.revived", &id, &serde_json::json!({ "kind": found.kind }))?;
    let now = act.at;
    let job = shown(Row { state: JobState::Waiting, attempts: 0, due: now, ..found });
    let response = act.finish(StatusCode::OK, None, &job).await?;
    // The queue has its own transactions; somebody may have been faster.
    if house.store.revive_job(&tenant, &id, now).await? { Ok(response) } else { Err(none()) }
}

fn state(text: &str) -> Result<JobState, Problem> {
    let known = || JobState::ALL.map(JobState::as_str).join(", ");
    let found = JobState::ALL.into_iter().find(|s| s.as_str() == text);
    found.ok_or_else(|| Problem::bad(format!("this is no state of a job; use one of: {}", known())))
}

fn shown(row: Row) -> Job {
    Job {
        id: row.id,
        kind: row.kind,
        state: row.state.to_string(),
        due: row.due,
        attempts: row.attempts,
        most: row.most,
        told: row.told,
    }
}
