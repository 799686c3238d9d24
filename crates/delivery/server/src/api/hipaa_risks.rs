//! The risk analysis as acts: risks (164.308(a)(1)(ii)(A) and (B)), and the analyses that found them.

use std::{collections::BTreeMap, sync::Arc};

use attesta_workspace::HipaaRegister;
use axum::{extract::State, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::hipaa_records::{kept, row};
use crate::{
    House,
    caller::Caller,
    problem::{Body, Problem},
    sent::{Named, Sent},
};

/// A pair of grades, by the words of the matrix.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GradesText {
    /// How likely.
    likelihood: String,
    /// How bad.
    impact: String,
}

/// A risk to a system: graded by the matrix, and treated or accepted by somebody named.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RiskText {
    /// Its id, of a new one.
    #[serde(default, skip_serializing)]
    id: String,
    /// The system, as the scope names it.
    system: String,
    /// What may happen.
    threat: String,
    /// What lets it happen.
    vulnerability: String,
    /// How likely it is as things are, by the words of the matrix that the report tells.
    likelihood: String,
    /// How bad it would be.
    impact: String,
    /// What of the Security Rule it bears on: `164.312(a)(2)(iv)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    items: Vec<String>,
    /// What is left once it is treated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    residual: Option<GradesText>,
    /// `mitigate`, `transfer`, `avoid` or `accept`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    treatment: Option<String>,
    /// What is done; not of `accept`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    /// Who does it; not of `accept`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// The last day for it; not of `accept`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    due: Option<String>,
    /// When it was done; not of `accept`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    done_on: Option<String>,
    /// What shows that it is done: ids of evidence.yaml; not of `accept`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<String>,
    /// Who accepts it; of `accept` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    accepted_by: Option<String>,
    /// When; of `accept` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    accepted_on: Option<String>,
    /// Why; of `accept` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The last day on which that stands without a review; of `accept` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    review_by: Option<String>,
}

/// A risk analysis: who made it, how, and which systems it looked at.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnalysisText {
    /// Its id, of a new one.
    #[serde(default, skip_serializing)]
    id: String,
    /// The day on which it was complete; until then it is a draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    completed_on: Option<String>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// How it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    /// The systems that it looked at, as the scope names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    systems: Vec<String>,
    /// Systems at which it found no risk, with the reasoning.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    without_risk: BTreeMap<String, String>,
    /// The analysis itself: ids of evidence.yaml.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<String>,
}

/// Writes a new risk down.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/hipaa/records/risks",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = RiskText,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn add(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<RiskText>,
) -> Result<Response, Problem> {
    let (once, row) = (sent.once(&caller)?, row(&sent.value)?);
    let what = (HipaaRegister::Risks, "hipaa.risk-kept");
    kept((&house, &caller, &assessment), what, (sent.value.id, true), row, (&sent.headers, once)).await
}

/// Writes a risk down as it is now, with what becomes of it.
#[utoipa::path(
    put,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/hipaa/records/risks/{record}",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("record" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = RiskText,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn change(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, id)): Named<(String, String, String)>,
    sent: Sent<RiskText>,
) -> Result<Response, Problem> {
    let (once, row) = (sent.once(&caller)?, row(&sent.value)?);
    let what = (HipaaRegister::Risks, "hipaa.risk-kept");
    kept((&house, &caller, &assessment), what, (id, false), row, (&sent.headers, once)).await
}

/// Writes a new risk analysis down.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/hipaa/records/analyses",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = AnalysisText,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn analyse(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<AnalysisText>,
) -> Result<Response, Problem> {
    let (once, row) = (sent.once(&caller)?, row(&sent.value)?);
    let what = (HipaaRegister::Analyses, "hipaa.analysis-kept");
    kept((&house, &caller, &assessment), what, (sent.value.id, true), row, (&sent.headers, once)).await
}

/// Writes a risk analysis down as it is now.
#[utoipa::path(
    put,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/hipaa/records/analyses/{record}",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("record" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = AnalysisText,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn change_analysis(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, id)): Named<(String, String, String)>,
    sent: Sent<AnalysisText>,
) -> Result<Response, Problem> {
    let (once, row) = (sent.once(&caller)?, row(&sent.value)?);
    let what = (HipaaRegister::Analyses, "hipaa.analysis-kept");
    kept((&house, &caller, &assessment), what, (id, false), row, (&sent.headers, once)).await
}
