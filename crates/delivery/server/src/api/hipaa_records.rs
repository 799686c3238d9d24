//! What people record in HIPAA's registers, as acts: decisions, agreements, incidents and their notices.

use std::{collections::BTreeMap, sync::Arc};

use attesta_access::{Action, ResourceKind};
use attesta_desk::hipaa::record::{self, Row};
use attesta_workspace::HipaaRegister;
use axum::{extract::State, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    House,
    caller::Caller,
    deed::Ask,
    problem::{Body, Problem},
    sent::{Named, Sent},
};

/// A decision about an addressable specification (164.306(d)(3)).
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionText {
    /// The specification: `164.312(a)(2)(iii)`.
    item: String,
    /// `implement`, `alternative` or `neither`.
    choice: String,
    /// Why the specification is, or is not, reasonable and appropriate here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rationale: Option<String>,
    /// The equivalent measure; of `alternative` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    measure: Option<String>,
    /// Why no equivalent measure is reasonable either; of `neither` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    no_alternative: Option<String>,
    /// The factors of 164.306(b)(2), answered.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    factors: BTreeMap<String, String>,
    /// The last day on which it stands without a review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    review_by: Option<String>,
    /// What shows the measure, or the reasoning: ids of evidence.yaml.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<String>,
    /// Whether the sender approves it, today and by their name. What nobody approved is a draft, which does not count.
    #[serde(default, skip_serializing)]
    approve: bool,
}

/// A signature.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignedText {
    /// Who signed.
    by: String,
    /// When.
    #[schema(format = Date)]
    on: String,
}

/// What was found of a clause: one of the three.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClauseText {
    /// The clause: `164.504(e)(2)(ii)(A)`.
    clause: String,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// That it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    absent: Option<bool>,
    /// Why it does not concern this agreement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_applicable: Option<String>,
}

/// A business associate agreement (164.504(e), 164.314(a)).
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgreementText {
    /// Its id, of a new one.
    #[serde(default, skip_serializing)]
    id: String,
    /// The other party, as the scope names it.
    party: String,
    /// `business-associate`, `subcontractor` or `covered-entity`.
    counterpart: String,
    /// What is done with PHI under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    services: Option<String>,
    /// Our signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signed_by_us: Option<SignedText>,
    /// The other party's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signed_by_them: Option<SignedText>,
    /// First day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    effective: Option<String>,
    /// Last day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    expires: Option<String>,
    /// The day by which somebody looks at it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    renewal: Option<String>,
    /// The day on which it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    ended_on: Option<String>,
    /// Within how many days of discovery the business associate reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    report_within_days: Option<u32>,
    /// What was found of each clause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    clauses: Vec<ClauseText>,
    /// The agreement itself: ids of evidence.yaml.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<String>,
}

/// A notice that went out.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoticeText {
    /// `individuals`, `media`, `hhs` or `covered-entity`.
    to: String,
    /// The State or jurisdiction, of a notice to media.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// When.
    #[schema(format = Date)]
    sent_on: String,
    /// What shows it: ids of evidence.yaml.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<String>,
}

/// The assessment of an incident by the four factors of 164.402(2).
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactorsText {
    /// The factors, answered.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    factors: BTreeMap<String, String>,
    /// `low-probability` or `breach`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finding: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    on: Option<String>,
    /// What shows it: ids of evidence.yaml.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<String>,
}

/// Something that happened to protected health information.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IncidentText {
    /// Its id, of a new one.
    #[serde(default, skip_serializing)]
    id: String,
    /// What happened.
    title: String,
    /// `covered-entity` or `business-associate`.
    we_are: String,
    /// First day on which somebody here knew.
    #[schema(format = Date)]
    known_on: String,
    /// First day on which reasonable diligence would have known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    should_have_known_on: Option<String>,
    /// First day on which an agent of ours knew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    agent_knew_on: Option<String>,
    /// How many individuals it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    individuals: Option<u32>,
    /// How many of them live in each State or jurisdiction.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    residents: BTreeMap<String, u32>,
    /// The assessment by four factors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assessment: Option<FactorsText>,
    /// The agreement under which a business associate reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agreement: Option<String>,
    /// Why the data was secured, as `hipaa/incidents.yaml` says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    secured: Option<serde_json::Value>,
    /// The exclusion that it falls under, as `hipaa/incidents.yaml` says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    exclusion: Option<serde_json::Value>,
    /// Statements of law enforcement, as `hipaa/incidents.yaml` says them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    holds: Vec<serde_json::Value>,
    /// Notices that went out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notices: Vec<NoticeText>,
}

/// The row that a file holds of what was sent.
pub(super) fn row(text: &impl Serialize) -> Result<Row, Problem> {
    match serde_json::to_value(text).map_err(Problem::internal)? {
        serde_json::Value::Object(row) => Ok(row),
        _ => Err(Problem::bad("an object is awaited")),
    }
}

/// Writes a decision down: a draft, or one that the sender approves.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/hipaa/records/decisions",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = DecisionText,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn decide(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<DecisionText>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let approve = sent.value.approve;
    let row = row(&sent.value)?;
    let action = if approve { Action::Sign } else { Action::Create };
    let ask = Ask::of(&house, &caller, &assessment, (action, ResourceKind::HipaaRecord), "hipaa.decided").await?;
    ask.done((&sent.headers, once), HipaaRegister::Decisions.place(), move |desk, by| {
        let name =
            desk.dossier.people.get(by).map_or_else(|| by.as_str().to_owned(), |person| person.value.name.clone());
        record::decide(desk, row, approve.then_some(name.as_str()))
    })
    .await
}

/// Keeps a row under its id: a new one, or one that stands there instead.
pub(super) async fn kept(
    (house, caller, assessment): (&House, &Caller, &str),
    (register, leaf): (HipaaRegister, &'static str),
    (id, is_new): (String, bool),
    row: Row,
    (headers, once): (&axum::http::HeaderMap, Option<crate::act::Once>),
) -> Result<Response, Problem> {
    let action = if is_new { Action::Create } else { Action::Change };
    let ask = Ask::of(house, caller, assessment, (action, ResourceKind::HipaaRecord), leaf).await?;
    ask.done((headers, once), register.place(), move |desk, _| record::keep(desk, register, &id, row, is_new)).await
}

/// Writes a new business associate agreement down.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/hipaa/records/agreements",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = AgreementText,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn agree(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<AgreementText>,
) -> Result<Response, Problem> {
    let (once, row) = (sent.once(&caller)?, row(&sent.value)?);
    let what = (HipaaRegister::Agreements, "hipaa.agreement-kept");
    kept((&house, &caller, &assessment), what, (sent.value.id, true), row, (&sent.headers, once)).await
}

/// Writes an agreement down as it is now, clauses and all.
#[utoipa::path(
    put,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/hipaa/records/agreements/{record}",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("record" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = AgreementText,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn change_agreement(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, id)): Named<(String, String, String)>,
    sent: Sent<AgreementText>,
) -> Result<Response, Problem> {
    let (once, row) = (sent.once(&caller)?, row(&sent.value)?);
    let what = (HipaaRegister::Agreements, "hipaa.agreement-kept");
    kept((&house, &caller, &assessment), what, (id, false), row, (&sent.headers, once)).await
}

/// Writes a new incident down: its clocks run from its discovery.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/hipaa/records/incidents",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = IncidentText,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn report(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<IncidentText>,
) -> Result<Response, Problem> {
    let (once, row) = (sent.once(&caller)?, row(&sent.value)?);
    let what = (HipaaRegister::Incidents, "hipaa.incident-kept");
    kept((&house, &caller, &assessment), what, (sent.value.id, true), row, (&sent.headers, once)).await
}

/// Writes an incident down as it is now.
#[utoipa::path(
    put,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/hipaa/records/incidents/{record}",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("record" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = IncidentText,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn change_incident(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, id)): Named<(String, String, String)>,
    sent: Sent<IncidentText>,
) -> Result<Response, Problem> {
    let (once, row) = (sent.once(&caller)?, row(&sent.value)?);
    let what = (HipaaRegister::Incidents, "hipaa.incident-kept");
    kept((&house, &caller, &assessment), what, (id, false), row, (&sent.headers, once)).await
}

/// Writes down that a notice of an incident went out.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/hipaa/records/incidents/{record}/notices",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("record" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = NoticeText,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn notice(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, id)): Named<(String, String, String)>,
    sent: Sent<NoticeText>,
) -> Result<Response, Problem> {
    let (once, row) = (sent.once(&caller)?, row(&sent.value)?);
    let wanted = (Action::Change, ResourceKind::HipaaRecord);
    let ask = Ask::of(&house, &caller, &assessment, wanted, "hipaa.notice-sent").await?;
    ask.done((&sent.headers, once), HipaaRegister::Incidents.place(), move |desk, _| record::notice(desk, &id, row))
        .await
}
