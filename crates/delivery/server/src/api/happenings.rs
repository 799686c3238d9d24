//! Security events and significant changes of a certified environment, with their clocks.

use std::sync::Arc;

use attesta_access::{Action, ResourceKind};
use attesta_desk::{
    Deed, Desk, Failure,
    events::{self, Changed, Listed, Noted, Security},
};
use attesta_lifecycle::Ended;
use attesta_workspace::EVENTS;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{
    House,
    api::{inheritance::parsed, phases::day},
    caller::Caller,
    deed::{self, Ask, PageOf},
    page::Cursor,
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
};

/// A security event: a new one, or how one went on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecurityText {
    /// Its id, of your choice.
    id: String,
    /// What happened, in a sentence (for a new one).
    #[serde(default)]
    what: Option<String>,
    /// When it was seen to be possible (for a new one).
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    identified: Option<String>,
    /// When it was confirmed.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    confirmed: Option<String>,
    /// When it was found to be none.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    dismissed: Option<String>,
    /// When HITRUST was told.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    told: Option<String>,
    /// By which message or ticket.
    #[serde(default)]
    reference: Option<String>,
}

/// A significant change: a new one, or what HITRUST said of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeText {
    /// Its id, of your choice.
    id: String,
    /// What changed, in a sentence (for a new one).
    #[serde(default)]
    what: Option<String>,
    /// When it took effect (for a new one).
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    on: Option<String>,
    /// When HITRUST was asked.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    consulted: Option<String>,
    /// By which message or ticket.
    #[serde(default)]
    reference: Option<String>,
    /// What HITRUST answered.
    #[serde(default)]
    answer: Option<String>,
}

fn json_of(listed: Listed) -> Result<Value, Failure> {
    Ok(json!({ "items": deed::json(&listed.rows)?, "notes": listed.notes }))
}

fn done(desk: &Desk, noted: Noted, kind: &str, id: &str) -> Result<Deed<Value>, Failure> {
    let answer = json_of(events::listed(desk, &noted.notices)?)?;
    Ok(Deed { answer, changes: vec![noted.change], told: json!({ "event": id, "of": kind }) })
}

/// Every event and change, with what HITRUST must be told when.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/events",
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
    let seen = deed::look(&house, &caller, &assessment, ResourceKind::Phase).await?;
    let page = PageOf { list: "items", key: &["id"], cursor: &cursor };
    deed::shown(&seen, EVENTS, Some(page), |desk| json_of(events::list(desk)?)).await
}

/// Writes down a security event, or how one went on; what was said stands.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/events/security",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = SecurityText,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn security(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<SecurityText>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let text = sent.value;
    let (confirmed, dismissed) = (day(text.confirmed.as_deref())?, day(text.dismissed.as_deref())?);
    if confirmed.is_some() && dismissed.is_some() {
        return Err(Problem::bad("an event is confirmed or dismissed, not both"));
    }
    let said = Security {
        id: parsed(&text.id)?,
        what: text.what,
        identified: day(text.identified.as_deref())?,
        ended: confirmed.map(Ended::Confirmed).or(dismissed.map(Ended::Dismissed)),
        told: referred("told", day(text.told.as_deref())?, text.reference)?,
    };
    let ask = Ask::of(&house, &caller, &assessment, WANTED, "event.noted").await?;
    ask.done((&sent.headers, once), EVENTS, move |desk, by| {
        done(desk, events::security(desk, said, by)?, "security", &text.id)
    })
    .await
}

/// Writes down a significant change, or what HITRUST said of it.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/events/changes",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = String, Header, description = "The ETag of what was read"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = ChangeText,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn change(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<ChangeText>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let text = sent.value;
    let said = Changed {
        id: parsed(&text.id)?,
        what: text.what,
        on: day(text.on.as_deref())?,
        consulted: referred("consulted", day(text.consulted.as_deref())?, text.reference)?,
        answer: text.answer,
    };
    let ask = Ask::of(&house, &caller, &assessment, WANTED, "event.noted").await?;
    ask.done((&sent.headers, once), EVENTS, move |desk, by| {
        done(desk, events::change(desk, said, by)?, "change", &text.id)
    })
    .await
}

/// Whoever submits for a side writes down what befalls the certificate: it holds after the decision too.
const WANTED: (Action, ResourceKind) = (Action::Submit, ResourceKind::Phase);

fn referred(
    what: &str,
    on: Option<attesta_kernel::Date>,
    reference: Option<String>,
) -> Result<Option<(attesta_kernel::Date, String)>, Problem> {
    match (on, reference.filter(|r| !r.trim().is_empty())) {
        (Some(on), Some(reference)) => Ok(Some((on, reference))),
        (None, None) => Ok(None),
        _ => Err(Problem::bad(format!("`{what}` and `reference` go together"))),
    }
}
