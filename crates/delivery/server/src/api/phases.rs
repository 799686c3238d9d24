//! Where an assessment stands in its life, what each command still needs, and the commands.

use std::sync::Arc;

use attesta_access::{Action, ResourceKind};
use attesta_desk::advance::{self, Step};
use attesta_kernel::Date;
use attesta_lifecycle::Verb;
use attesta_workspace::{ANSWERS, LIFECYCLE};
use axum::{extract::State, response::Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    House,
    caller::Caller,
    deed::{self, Ask},
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
    verbs,
};

/// The certified assessment that this one goes back to.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Since {
    /// Its id, for the checks of an interim.
    #[serde(default)]
    pub(crate) since: String,
}

/// What is done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Move {
    /// The command: one of those that the phase shows.
    command: String,
    /// Reason, answer or wording.
    #[serde(default)]
    note: String,
    /// HITRUST's letter, message or ticket, where its act is told.
    #[serde(default)]
    reference: Option<String>,
    /// The day on which it was signed, or on which fieldwork or block begin.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    day: Option<String>,
    /// What HITRUST asks.
    #[serde(default)]
    task: Option<String>,
    /// The number of a task.
    #[serde(default)]
    number: Option<u32>,
    /// The certified assessment that this one goes back to, for the checks of an interim.
    #[serde(default)]
    since: String,
}

/// A day as it is sent.
pub(crate) fn day(text: Option<&str>) -> Result<Option<Date>, Problem> {
    let parse = |text: &str| {
        let shown: String = text.chars().take(40).collect();
        text.parse().map_err(|_| Problem::bad(format!("`{shown}` is no day; write it as 2026-03-31")))
    };
    text.filter(|t| !t.is_empty()).map(parse).transpose()
}

/// Where the assessment stands, what happened, and which commands have a place now.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/phase",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path)),
    responses((status = 200, body = Object, description = "`attesta.lifecycle-state/1`"), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::Phase).await?;
    deed::shown(&seen, LIFECYCLE, None, |desk| deed::json(&advance::stands(desk)?)).await
}

/// What each command that has a place now still needs today, gate by gate, with how to mend it.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/phase/needs",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path), Since),
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn needs(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    Asked(since): Asked<Since>,
) -> Result<Response, Problem> {
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::Phase).await?;
    let since = deed::since(&house, &caller, &since.since).await?;
    deed::shown(&seen, LIFECYCLE, None, |desk| {
        Ok(serde_json::json!({ "commands": deed::json(&advance::needs(desk, since)?)? }))
    })
    .await
}

/// Moves the assessment on: hand-offs, returns, signatures, QA tasks, decisions. HITRUST's own acts are recorded as told.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/phase",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The ETag of the phase as it was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = Move,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn act(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<Move>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let Move { command, note, reference, day: on, task, number, since } = sent.value;
    let verb: Verb = command.parse().map_err(|e: attesta_lifecycle::UnknownVerb| Problem::bad(e.to_string()))?;
    let day = day(on.as_deref())?;
    let wanted = (verbs::action(verb), ResourceKind::Phase);
    let mut ask = Ask::of(&house, &caller, &assessment, wanted, "phase.moved").await?;
    if wanted.0 == Action::Validate {
        let answered = deed::editors(&house, &caller, &assessment, ANSWERS).await?;
        ask.circumstance.worked_on_by = Some(answered);
    }
    let since = deed::since(&house, &caller, &since).await?;
    ask.done((&sent.headers, once), LIFECYCLE, move |desk, by| {
        let step = Step { verb, by: by.clone(), note, reference, day, task, number };
        advance::deed(desk, &step, since)
    })
    .await
}
