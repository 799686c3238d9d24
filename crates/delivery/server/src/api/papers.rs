//! Documents to print and to send: what they say, and the same as PDF.

use std::sync::Arc;

use attesta_access::{Action, Circumstance, ResourceKind, authorise};
use attesta_desk::report::{Checkpoint, Document, Paper};
use attesta_store::{LogHead, Organisation};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};

use super::assessments;
use crate::{
    House,
    act::etag,
    caller::Caller,
    press,
    problem::{Body, Problem},
    sent::Named,
};

/// A document: `readiness`, `gaps`, `scope` or `letter` says what it says; with `.pdf` behind it, it is set as PDF.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/reports/{paper}",
    tag = "reports",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("paper" = String, Path, description = "`readiness`, `gaps`, `scope`, `letter`; each with `.pdf` too")
    ),
    responses(
        (status = 200, body = Object, description = "docs/reference/reports.md"),
        (status = "4XX", body = Body),
        (status = 501, body = Body, description = "The server was built without PDF"),
        (status = 503, body = Body, description = "Other reports are being set")
    )
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, paper)): Named<(String, String, String)>,
) -> Result<Response, Problem> {
    let name = paper.strip_suffix(".pdf");
    let document: Document = name.unwrap_or(&paper).parse()?;
    let circumstance = Circumstance::of_assessment(caller.tenant(), assessments::id(&assessment)?);
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Response, &circumstance, house.clock.now())?;
    let mut room = house.store.room(&permit).await?;
    let (desk, rev) = house.desk(&mut room, &assessment).await?;
    let (log, organisation) = room.ask(&(LogHead, Organisation)).await?;
    drop(room);
    let checkpoint = log.and_then(|log| Checkpoint::read(&log.checkpoint));
    let organisation = organisation.map_or(String::new(), |organisation| organisation.name);
    let about = press::about(&house, &organisation, &assessment, &desk, checkpoint);
    if name.is_some() {
        return press::answer(&desk, document, about).await;
    }
    let said = Paper::of(&desk, document, about)?;
    Ok(([(axum::http::header::ETAG, etag(rev))], axum::Json(said)).into_response())
}
