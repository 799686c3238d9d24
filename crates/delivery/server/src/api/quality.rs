//! What a reviewer would raise before a hand-off, and what people decided may stand.

use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{Action, ResourceKind};
use attesta_desk::quality::{self, About};
use attesta_lifecycle::quality::HandOff;
use attesta_workspace::OVERRIDES;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    House,
    api::{inheritance::parsed, proposals},
    caller::Caller,
    deed::{self, Ask, PageOf},
    page::Cursor,
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
};

/// Which hand-off.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Gate {
    /// `validation`, `actions` or `submission` (usual, with all of them).
    #[serde(default)]
    gate: String,
    /// The certified assessment that this one goes back to, for an interim.
    #[serde(default)]
    since: String,
    /// The `next` of the page before.
    #[serde(default)]
    after: String,
    /// At most so many issues: 1 to 500, 50 when nothing is said.
    #[serde(default)]
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// An issue that may stand, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOverride {
    /// The check, such as `QC-11`.
    check: String,
    /// What it is about, as the review says it.
    subject: String,
    /// The facts that were looked at, as the review says them.
    facts: String,
    /// Why it may stand.
    because: String,
    /// The certified assessment that the review went back to, where it did.
    #[serde(default)]
    since: String,
}

/// An override that the assessor approves.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approval {
    /// The check.
    check: String,
    /// What it is about.
    subject: String,
    /// The facts that the override hangs on.
    facts: String,
    /// The certified assessment that the review went back to, where it did.
    #[serde(default)]
    since: String,
}

fn about(check: &str, subject: &str, facts: &str) -> Result<About, Problem> {
    Ok(About { check: parsed(check)?, subject: parsed(subject)?, facts: parsed(facts)? })
}

/// What the quality checks find, with overrides and what could not be looked at.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/quality",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        Gate,
    ),
    responses((status = 200, body = Object, description = "`attesta.quality-review/1`; its issues in pages"), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    Asked(asked): Asked<Gate>,
) -> Result<Response, Problem> {
    let gate = if asked.gate.is_empty() { HandOff::Submission } else { parsed(&asked.gate)? };
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::QualityCheck).await?;
    let since = deed::since(&house, &caller, &asked.since).await?;
    let cursor = Cursor { after: asked.after, limit: asked.limit.unwrap_or(50) };
    let page = PageOf { list: "issues", key: &["check", "subject"], cursor: &cursor };
    deed::shown(&seen, OVERRIDES, Some(page), move |desk| {
        let (mut report, notes) = quality::looked(desk, gate, since)?;
        if let Some(members) = report.as_object_mut() {
            members.insert("notes".to_owned(), notes.into());
        }
        Ok(report)
    })
    .await
}

/// Says why an issue may stand. It hangs on the issue's facts; the entity's awaits the assessor's approval.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/quality/overrides",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = NewOverride,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn create(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<NewOverride>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let NewOverride { check, subject, facts, because, since } = sent.value;
    let since = deed::since(&house, &caller, &since).await?;
    let about = about(&check, &subject, &facts)?;
    let wanted = (Action::Create, ResourceKind::QualityOverride);
    let mut ask = Ask::of(&house, &caller, &assessment, wanted, "override.given").await?;
    // Of a requirement, whoever it is assigned to; of anything else, nobody in particular.
    let requirements: Vec<_> = about.subject.requirement().into_iter().cloned().collect();
    let assigned = proposals::assigned_to_all(&house, &caller, &assessment, &requirements).await?;
    ask.circumstance.assigned_to = Some(assigned);
    let deed = move |desk: &_, by: &_| quality::override_issue(desk, since, &about, &because, by);
    ask.done((&sent.headers, once), OVERRIDES, deed).await
}

/// Approves the entity's override. Nobody approves their own.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/quality/approvals",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = Approval,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn approve(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<Approval>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let about = about(&sent.value.check, &sent.value.subject, &sent.value.facts)?;
    let since = deed::since(&house, &caller, &sent.value.since).await?;
    let ask = deciding(&house, &caller, &assessment, &about, "override.approved").await?;
    let deed = move |desk: &_, by: &_| quality::approve(desk, since, &about, by);
    ask.done((&sent.headers, once), OVERRIDES, deed).await
}

/// An override that may not stand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoOverride {
    /// The check.
    check: String,
    /// What it is about.
    subject: String,
    /// The facts that the override hangs on.
    facts: String,
    /// Why it may not stand.
    because: String,
    /// The certified assessment that the review went back to, where it did.
    #[serde(default)]
    since: String,
}

/// Does not let an override stand, of the entity or of the assessor: the issue is open again. Nobody decides about their own.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/quality/refusals",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = NoOverride,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn refuse(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<NoOverride>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let NoOverride { check, subject, facts, because, since } = sent.value;
    let about = about(&check, &subject, &facts)?;
    let since = deed::since(&house, &caller, &since).await?;
    let ask = deciding(&house, &caller, &assessment, &about, "override.refused").await?;
    let deed = move |desk: &_, by: &_| quality::refuse(desk, since, &about, &because, by);
    ask.done((&sent.headers, once), OVERRIDES, deed).await
}

/// What is asked of whoever decides about an override: they did not write it.
async fn deciding<'a>(
    house: &'a House,
    caller: &'a Caller,
    assessment: &'a str,
    about: &About,
    leaf: &'static str,
) -> Result<Ask<'a>, Problem> {
    let wanted = (Action::Decide, ResourceKind::QualityOverride);
    let mut ask = Ask::of(house, caller, assessment, wanted, leaf).await?;
    let seen = deed::look(house, caller, assessment, ResourceKind::QualityOverride).await?;
    let writer = quality::written_by(&seen.desk, about)?;
    let account = writer.and_then(|person| seen.desk.account_of(&person)?.parse().ok());
    ask.circumstance.written_by = Some(BTreeSet::from_iter(account));
    Ok(ask)
}
