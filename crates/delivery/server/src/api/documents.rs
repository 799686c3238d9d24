//! The documents of an assessment, one by one: the same files as in its folder.

use std::sync::Arc;

use attesta_access::{Action, Circumstance, ResourceKind, authorise};
use attesta_kernel::Timestamp;
use attesta_store::{Document as Row, Put};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    House,
    act::{Begun, etag, if_match, if_match_or_new},
    api::assessments,
    caller::Caller,
    desks,
    problem::{Body, Problem},
    sent::{Named, Sent},
};

/// A document.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Document {
    /// Its path in the folder.
    path: String,
    /// Its revision.
    rev: u64,
    /// What it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// When it was changed last.
    #[schema(value_type = String, format = DateTime)]
    updated: Timestamp,
    /// By whom.
    editor: String,
}

/// Documents of an assessment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Documents {
    /// All of them, without their text.
    items: Vec<Document>,
}

/// What a document is to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocumentText {
    /// YAML, or JSON, which is YAML too.
    text: String,
}

/// What kind of thing a document is, and whether people write it.
fn kind(path: &str) -> Result<(ResourceKind, Action), Problem> {
    let by_commands = || {
        Problem::new(StatusCode::FORBIDDEN, "not-by-hand", format!("`{path}` is written by what happens, not by hand"))
            .help("use the address of what you want to do: proposals, inheritance, phases, samples")
    };
    let elsewhere = |address: &str| {
        Problem::new(StatusCode::FORBIDDEN, "not-by-hand", format!("`{path}` is written by requirement"))
            .help(format!("use /{address}/REQUIREMENT of the assessment"))
    };
    Ok(match path.split('/').next().unwrap_or_default() {
        "scope.yaml" => (ResourceKind::Scope, Action::Change),
        "factors.yaml" => (ResourceKind::Factor, Action::Change),
        // Who may answer or validate hangs on the requirement, and who may decide about an override on who wrote it: a whole
        // file says neither.
        "answers" => return Err(elsewhere("responses")),
        "validation" => return Err(elsewhere("validation")),
        "overrides.yaml" => return Err(by_commands()),
        "people.yaml" => (ResourceKind::Response, Action::Assign),
        "actions.yaml" => (ResourceKind::CorrectiveAction, Action::Change),
        "populations" => (ResourceKind::Population, Action::Create),
        "hipaa" => (ResourceKind::HipaaRecord, Action::Change),
        "packs" => (ResourceKind::Pack, Action::Create),
        "assessment.yaml" | "measures.yaml" | "effort.yaml" | "submission.yaml" | "evidence.yaml" | "evidence"
        | "matrices" => (ResourceKind::Assessment, Action::Change),
        _ => return Err(by_commands()),
    })
}

fn reading(caller: &Caller, assessment: &str) -> Result<Circumstance, Problem> {
    Ok(Circumstance::of_assessment(caller.tenant(), assessments::id(assessment)?))
}

/// All documents of an assessment, without their text.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/documents",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path)),
    responses((status = 200, body = Documents), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let circumstance = reading(&caller, &assessment)?;
    let now = house.clock.now();
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Assessment, &circumstance, now)?;
    let mut room = house.store.room(&permit).await?;
    let rev = room.assessment(&assessment).await?.rev;
    let items = room.documents(&assessment).await?.into_iter().map(|row| shown(row, false)).collect();
    Ok(([(header::ETAG, etag(rev))], Json(Documents { items })).into_response())
}

/// A document.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/documents/{*path}",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path), ("path" = String, Path)),
    responses((status = 200, body = Document), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, path)): Named<(String, String, String)>,
) -> Result<Response, Problem> {
    let circumstance = reading(&caller, &assessment)?;
    let now = house.clock.now();
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Assessment, &circumstance, now)?;
    let path = assessments::path(&path)?;
    let found = house.store.room(&permit).await?.document(&assessment, path).await?;
    let found = found.ok_or_else(|| Problem::not_found(format!("there is no document `{path}`")))?;
    Ok(([(header::ETAG, etag(found.rev))], Json(shown(found, true))).into_response())
}

/// Earlier forms of a document, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/past/{*path}",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path), ("path" = String, Path)),
    responses((status = 200, body = Documents), (status = "4XX", body = Body))
)]
pub(crate) async fn past(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, path)): Named<(String, String, String)>,
) -> Result<Response, Problem> {
    let circumstance = reading(&caller, &assessment)?;
    let now = house.clock.now();
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::History, &circumstance, now)?;
    let path = assessments::path(&path)?;
    let found = house.store.room(&permit).await?.past(&assessment, path, 100).await?;
    Ok(Json(Documents { items: found.into_iter().map(|row| shown(row, true)).collect() }).into_response())
}

/// Writes a document. The assessment must open with it as it is then, or nothing is written.
#[utoipa::path(
    put,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/documents/{*path}",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("path" = String, Path),
        ("if-match" = Option<String>, Header, description = "The revision that was read"),
        ("if-none-match" = Option<String>, Header, description = "`*` for a document that is not there yet"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = DocumentText,
    responses((status = 200, body = Document), (status = "4XX", body = Body))
)]
pub(crate) async fn write(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, path)): Named<(String, String, String)>,
    sent: Sent<DocumentText>,
) -> Result<Response, Problem> {
    let path = assessments::path(&path)?.to_owned();
    let read = if_match_or_new(&sent.headers)?;
    let once = sent.once(&caller)?;
    let put = Put { path: path.clone(), body: Some(sent.value.text), read };
    let (act, rev) = match put_one(&house, &caller, &assessment, put, once).await? {
        Ok(put) => put,
        Err(response) => return Ok(response),
    };
    let mut act = act;
    let found = act.work.room().document(&assessment, &path).await?;
    let found = found.ok_or_else(|| Problem::internal("a document was written and is not there"))?;
    act.finish(StatusCode::OK, Some(rev), &shown(found, true)).await
}

/// Takes a document away; its earlier forms stay.
#[utoipa::path(
    delete,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/documents/{*path}",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("path" = String, Path),
        ("if-match" = String, Header),
    ),
    responses((status = 200, body = Documents), (status = "4XX", body = Body))
)]
pub(crate) async fn remove(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, path)): Named<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let read = Some(if_match(&headers)?);
    let put = Put { path: assessments::path(&path)?.to_owned(), body: None, read };
    match put_one(&house, &caller, &assessment, put, None).await? {
        Ok((act, _)) => act.finish(StatusCode::OK, None, &Documents { items: Vec::new() }).await,
        Err(response) => Ok(response),
    }
}

/// Asks for leave, writes, and opens the assessment with the change before it is committed.
async fn put_one<'h>(
    house: &'h House,
    caller: &Caller,
    assessment: &str,
    put: Put,
    once: Option<crate::act::Once>,
) -> Result<Result<(Box<crate::act::Act<'h>>, u64), Response>, Problem> {
    let (resource, action) = kind(&put.path)?;
    let stage = assessments::stage(house, caller, assessment).await?;
    let circumstance = Circumstance { stage: Some(stage), ..reading(caller, assessment)? };
    let act = house.act(caller, action, resource, &circumstance).await?;
    let mut act = match act.once(once).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(Err(response)),
    };
    let path = put.path.clone();
    act.work.put_documents(assessment, &[put], &caller.actor(), act.at).await?;
    let documents = act.work.room().documents(assessment).await?;
    let folder = house.folder(&caller.tenant().to_string(), assessment, &documents);
    let desk = desks::opened(folder, &house.library, house.clock.today()).await?;
    // Scores are worked out too: an answer that names a level wrongly is refused here, not when somebody reads it.
    desk.scored(attesta_assessment::View::Entity)?;
    let rev = documents.iter().find(|d| d.path == path).map_or(0, |d| d.rev);
    Ok(Ok((act, rev)))
}

fn shown(row: Row, whole: bool) -> Document {
    let text = whole.then_some(row.body);
    Document { path: row.path, rev: row.rev, text, updated: row.updated, editor: row.editor }
}
