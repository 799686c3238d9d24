//! HIPAA's registers: decisions, risk analysis, incidents, agreements, practices, and where the Security Rule stands. Records
//! are documents below `hipaa/`, written at their address.

use std::sync::Arc;

use attesta_access::ResourceKind;
use attesta_desk::hipaa::Registers;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use crate::{
    House,
    caller::Caller,
    deed::{self, PageOf},
    page::Cursor,
    problem::{Body, Problem},
    sent::{Asked, Named},
    watching::{Looked, broken, looked},
};

/// How a register is shown.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct How {
    /// Lays the proposed rule of 2025 beside it; it binds nobody and changes no number.
    #[serde(default)]
    proposed_2025: bool,
    /// The `next` of the page before.
    #[serde(default)]
    after: String,
    /// At most so many records: 1 to 500, 50 when nothing is said.
    #[serde(default)]
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// A report of the registers: `status`, `decisions`, `risks`, `breach`, `agreements` or `practices`. `status` counts what the
/// organisation's sources last showed, for who may read findings.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/hipaa/{report}",
    tag = "reports",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("report" = String, Path),
        How,
    ),
    responses((status = 200, body = Object, description = "`attesta.hipaa-…/1`, as `attesta hipaa REPORT --format json` prints it; its records in pages"), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, report)): Named<(String, String, String)>,
    Asked(how): Asked<How>,
) -> Result<Response, Problem> {
    let cursor = Cursor { after: how.after, limit: how.limit.unwrap_or(50) };
    // The others are as long as content is.
    let (list, key): (&str, &[&str]) = match report.as_str() {
        "decisions" => ("decisions", &["item"]),
        "risks" => ("risks", &["id"]),
        "breach" => ("incidents", &["id"]),
        "agreements" => ("agreements", &["id"]),
        _ => ("", &[]),
    };
    let page = PageOf { list, key, cursor: &cursor };
    // An act on a register names the revision of its file.
    let about = match report.as_str() {
        "decisions" => "hipaa/decisions.yaml",
        "risks" => "hipaa/risks.yaml",
        "breach" => "hipaa/incidents.yaml",
        "agreements" => "hipaa/agreements.yaml",
        "practices" => "hipaa/practices.yaml",
        _ => "",
    };
    // What sources show is in the scores alone.
    let (seen, looked) = match report.as_str() {
        "status" => looked(&house, &caller, &assessment, ResourceKind::HipaaRecord).await?,
        _ => (deed::look(&house, &caller, &assessment, ResourceKind::HipaaRecord).await?, Looked::NoSources),
    };
    let judge = house.judge().map_err(broken)?;
    deed::shown(&seen, about, Some(page), move |desk| {
        let registers = Registers::read(&desk.folder, &desk.library, desk.at)?;
        Ok(Value::Object(registers.report(&report, how.proposed_2025, looked.infrastructure(&judge))?))
    })
    .await
}
