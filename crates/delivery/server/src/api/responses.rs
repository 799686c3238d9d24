//! The entity's answers and the assessor's results, one document for each requirement.

use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{AccountId, Action, Circumstance, ResourceKind, authorise};
use attesta_assessment::{RequirementKey, Side, View};
use attesta_desk::{Desk, Failure, answer};
use attesta_kernel::Timestamp;
use attesta_store::{Document, OneAssessment, OneDocument, Put, Room, StoreError};
use attesta_workspace::{ANSWERS, VALIDATION, document_place};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::{
    House,
    act::{Begun, etag, if_match_or_new},
    api::{assessments, assignments::assigned},
    caller::Caller,
    page::Listed,
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
};

/// No bulk edit has more.
const MOST_AT_ONCE: usize = 500;

/// Which responses.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Of this assessment domain (1 to 19).
    #[serde(default)]
    domain: Option<u8>,
    /// `answered` or `open`.
    #[serde(default)]
    state: String,
    /// With this in id or title.
    #[serde(default)]
    text: String,
    /// The `next` of the page before.
    #[serde(default)]
    after: String,
    /// At most so many: 1 to 2,000, 50 when nothing is said.
    #[serde(default)]
    #[param(minimum = 1, maximum = 2000)]
    limit: Option<usize>,
}

/// A requirement with what both sides said of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Row {
    /// The requirement.
    requirement: String,
    /// Its title.
    title: String,
    /// The assessment domain.
    domain: u8,
    /// Its score by the entity's own word, in points of 100, as an exact fraction where it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<String>,
    /// Its score by the last word.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    /// The revision of the entity's answer; absent where there is none of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer_rev: Option<u64>,
    /// The revision of the assessor's result.
    #[serde(skip_serializing_if = "Option::is_none")]
    result_rev: Option<u64>,
}

/// One side's word on a requirement.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneResponse {
    /// The requirement.
    requirement: String,
    /// The revision.
    rev: u64,
    /// What was said: the keys of an entry of `answers/*.yaml` or `validation/*.yaml`.
    #[schema(value_type = Object)]
    entry: Value,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    updated: Timestamp,
    /// By whom.
    editor: String,
}

/// A response to write.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewResponse {
    /// The keys of an entry of `answers/*.yaml` or `validation/*.yaml`.
    #[schema(value_type = Object)]
    entry: Value,
    /// Lay the entry over what stands (JSON Merge Patch): keys that it does not name stay, `null` takes one away.
    #[serde(default)]
    merge: bool,
}

/// What was written.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Written {
    /// The requirement.
    requirement: String,
    /// The new revision.
    rev: u64,
    /// Its score by the entity's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<String>,
    /// Its score by the last word.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    /// What stood before, where the entry was laid over it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
}

/// Several responses at once: all are written, or none.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bulk {
    /// At most 500.
    items: Vec<BulkItem>,
}

/// One of several.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkItem {
    /// The requirement.
    requirement: String,
    /// The revision that was read; absent where there was none.
    #[serde(default)]
    rev: Option<u64>,
    /// What is said.
    #[schema(value_type = Object)]
    entry: Value,
    /// Lay the entry over what stands (JSON Merge Patch): keys that it does not name stay, `null` takes one away.
    #[serde(default)]
    merge: bool,
}

/// What was written at once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkWritten {
    /// One for each that was sent, in order.
    items: Vec<Written>,
}

pub(crate) fn key(text: &str) -> Result<RequirementKey, Problem> {
    text.parse().map_err(|_| Problem::not_found("there is no such requirement here"))
}

fn points(score: Option<attesta_scoring::Exact>) -> Option<String> {
    score.map(|score| score.to_string())
}

/// Requirements with what both sides said, in the order of their ids.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/responses",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path), Which),
    responses((status = 200, body = Listed<Row>), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    Asked(which): Asked<Which>,
) -> Result<Response, Problem> {
    let circumstance = Circumstance::of_assessment(caller.tenant(), assessments::id(&assessment)?);
    let now = house.clock.now();
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Response, &circumstance, now)?;
    let mut room = house.store.room(&permit).await?;
    let (desk, rev) = house.desk(&mut room, &assessment).await?;
    let revisions = room.document_revisions(&assessment).await?;
    let of = |below: &str, key: &RequirementKey| {
        let place = document_place(below, key);
        let at = revisions.binary_search_by(|(path, _)| path.as_str().cmp(&place)).ok()?;
        revisions.get(at).map(|(_, rev)| *rev)
    };
    if !["", "answered", "open"].contains(&which.state.as_str()) {
        return Err(Problem::bad("the state is `answered` or `open`"));
    }
    let scores = house.scores(&caller.tenant().to_string(), &assessment, &desk)?;
    let wanted = which.text.to_lowercase();
    let limit = which.limit.unwrap_or(50).clamp(1, 2_000);
    let rows = scores.iter().filter(|row| {
        row.key.as_str() > which.after.as_str()
            && which.domain.is_none_or(|domain| row.domain == domain)
            && (which.state.is_empty() || (which.state == "answered") == row.entity.is_some())
            && (wanted.is_empty() || row.sought.contains(&wanted))
    });
    let mut items: Vec<Row> = rows
        .take(limit + 1)
        .map(|row| Row {
            requirement: row.key.to_string(),
            title: row.title.clone(),
            domain: row.domain,
            entity: row.entity.clone(),
            last: row.last.clone(),
            answer_rev: of(ANSWERS, &row.key),
            result_rev: of(VALIDATION, &row.key),
        })
        .collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let next = if more { items.last().map(|row| row.requirement.clone()) } else { None };
    Ok(([(header::ETAG, etag(rev))], Json(Listed { items, next })).into_response())
}

/// What the entity says of a requirement.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/responses/{requirement}",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path), ("requirement" = String, Path)),
    responses((status = 200, body = OneResponse), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, requirement)): Named<(String, String, String)>,
) -> Result<Response, Problem> {
    one(&house, &caller, &assessment, &requirement, ANSWERS, ResourceKind::Response).await
}

/// What the assessor found on a requirement.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/validation/{requirement}",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path), ("requirement" = String, Path)),
    responses((status = 200, body = OneResponse), (status = "4XX", body = Body))
)]
pub(crate) async fn read_result(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, requirement)): Named<(String, String, String)>,
) -> Result<Response, Problem> {
    one(&house, &caller, &assessment, &requirement, VALIDATION, ResourceKind::Validation).await
}

async fn one(
    house: &House,
    caller: &Caller,
    assessment: &str,
    requirement: &str,
    below: &str,
    resource: ResourceKind,
) -> Result<Response, Problem> {
    let key = key(requirement)?;
    let circumstance = Circumstance::of_assessment(caller.tenant(), assessments::id(assessment)?);
    let permit = authorise(&caller.principal, Action::Read, resource, &circumstance, house.clock.now())?;
    let mut room = house.store.room(&permit).await?;
    let place = document_place(below, &key);
    let (row, own) = room.ask(&(OneAssessment { id: assessment }, OneDocument { assessment, path: &place })).await?;
    let nowhere = || StoreError::NotFound { what: "assessment", id: assessment.to_owned() };
    let revision = row.ok_or_else(nowhere)?.rev;
    let nothing = || Problem::not_found(format!("nothing is said about `{key}` yet"));
    let one = |found: Document, entry| {
        let (rev, updated, editor) = (found.rev, found.updated, found.editor);
        let one = OneResponse { requirement: key.to_string(), rev, entry, updated, editor };
        Ok(([(header::ETAG, etag(rev))], Json(one)).into_response())
    };
    if let Some(found) = own {
        let entry = answer::entry_of(&found.body, &key)?.ok_or_else(nothing)?;
        return one(found, entry);
    }
    let desk = house.desk_at(&mut room, assessment, revision).await?;
    let handed = house.derived(&caller.tenant().to_string(), assessment, &desk, answer::handed)?;
    let (path, entry) = handed.of(below, &key).ok_or_else(nothing)?;
    let found = room.document(assessment, path).await?.ok_or_else(nothing)?;
    one(found, entry.clone())
}

/// Answers a requirement.
#[utoipa::path(
    put,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/responses/{requirement}",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path), ("requirement" = String, Path),
        ("if-match" = Option<String>, Header, description = "The revision that was read"),
        ("if-none-match" = Option<String>, Header, description = "`*` where nothing was said yet"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = NewResponse,
    responses((status = 200, body = Written), (status = "4XX", body = Body))
)]
pub(crate) async fn write(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, requirement)): Named<(String, String, String)>,
    sent: Sent<NewResponse>,
) -> Result<Response, Problem> {
    put(&house, &caller, &assessment, &requirement, sent, Side::Entity).await
}

/// Records what the assessor found on a requirement.
#[utoipa::path(
    put,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/validation/{requirement}",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path), ("requirement" = String, Path),
        ("if-match" = Option<String>, Header, description = "The revision that was read"),
        ("if-none-match" = Option<String>, Header, description = "`*` where nothing was found yet"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = NewResponse,
    responses((status = 200, body = Written), (status = "4XX", body = Body))
)]
pub(crate) async fn write_result(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, requirement)): Named<(String, String, String)>,
    sent: Sent<NewResponse>,
) -> Result<Response, Problem> {
    put(&house, &caller, &assessment, &requirement, sent, Side::Assessor).await
}

async fn put(
    house: &House,
    caller: &Caller,
    assessment: &str,
    requirement: &str,
    sent: Sent<NewResponse>,
    side: Side,
) -> Result<Response, Problem> {
    let read = if_match_or_new(&sent.headers)?;
    let once = sent.once(caller)?;
    let items = vec![BulkItem {
        requirement: requirement.to_owned(),
        rev: read,
        entry: sent.value.entry,
        merge: sent.value.merge,
    }];
    let begun = all(house, caller, assessment, items, side, once).await?;
    let (act, mut written) = match begun {
        Ok(begun) => begun,
        Err(answered) => return Ok(answered),
    };
    let written = written.pop().ok_or_else(|| Problem::internal("nothing was written"))?;
    act.finish(StatusCode::OK, Some(written.rev), &written).await
}

/// Answers several requirements at once: all, or none.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/responses",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path), ("idempotency-key" = Option<String>, Header)),
    request_body = Bulk,
    responses((status = 200, body = BulkWritten), (status = "4XX", body = Body))
)]
pub(crate) async fn bulk(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<Bulk>,
) -> Result<Response, Problem> {
    several(&house, &caller, &assessment, sent, Side::Entity).await
}

/// Records what the assessor found on several requirements at once: all, or none.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/validation",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path), ("idempotency-key" = Option<String>, Header)),
    request_body = Bulk,
    responses((status = 200, body = BulkWritten), (status = "4XX", body = Body))
)]
pub(crate) async fn bulk_results(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<Bulk>,
) -> Result<Response, Problem> {
    several(&house, &caller, &assessment, sent, Side::Assessor).await
}

async fn several(
    house: &House,
    caller: &Caller,
    assessment: &str,
    sent: Sent<Bulk>,
    side: Side,
) -> Result<Response, Problem> {
    let once = sent.once(caller)?;
    let items = sent.value.items;
    if items.is_empty() || items.len() > MOST_AT_ONCE {
        return Err(Problem::bad(format!("send 1 to {MOST_AT_ONCE} responses at once")));
    }
    match all(house, caller, assessment, items, side, once).await? {
        Ok((act, items)) => act.finish(StatusCode::OK, None, &BulkWritten { items }).await,
        Err(answered) => Ok(answered),
    }
}

type Writing<'h> = Result<(Box<crate::act::Act<'h>>, Vec<Written>), Response>;

/// Writes all of several responses within one change.
async fn all<'h>(
    house: &'h House,
    caller: &Caller,
    assessment: &str,
    items: Vec<BulkItem>,
    side: Side,
    once: Option<crate::act::Once>,
) -> Result<Writing<'h>, Problem> {
    let (resource, below) = match side {
        Side::Assessor => (ResourceKind::Validation, VALIDATION),
        _ => (ResourceKind::Response, ANSWERS),
    };
    let stage = assessments::stage(house, caller, assessment).await?;
    let keys = items.iter().map(|item| key(&item.requirement)).collect::<Result<Vec<_>, _>>()?;
    if keys.iter().collect::<BTreeSet<_>>().len() != keys.len() {
        return Err(Problem::bad("a requirement stands twice"));
    }
    // Each requirement is asked for by itself: one of them may be somebody else's.
    let mut permit = None;
    for key in &keys {
        let circumstance = Circumstance {
            stage: Some(stage),
            assigned_to: Some(assigned(house, caller, assessment, key).await?),
            worked_on_by: Some(answered_by(house, caller, assessment, key).await?),
            ..Circumstance::of_assessment(caller.tenant(), assessments::id(assessment)?)
        };
        let now = house.clock.now();
        permit = Some(authorise(&caller.principal, Action::Change, resource, &circumstance, now)?);
    }
    let permit = permit.ok_or_else(|| Problem::bad("nothing was sent"))?;
    let mut act = match house.act_with(caller, permit).await?.once(once).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(Err(response)),
    };
    let documents = act.work.room().documents(assessment).await?;
    let folder = house.folder(&caller.tenant().to_string(), assessment, &documents);
    let (library, today) = (Arc::clone(&house.library), house.clock.today());
    let mut entries = Vec::with_capacity(items.len());
    for (key, item) in keys.into_iter().zip(&items) {
        let place = document_place(below, &key);
        let stood = match documents.iter().find(|d| item.merge && d.path == place) {
            Some(document) => answer::entry_of(&document.body, &key)?,
            None => None,
        };
        let entry = if item.merge { answer::laid_over(stood.as_ref(), &item.entry) } else { item.entry.clone() };
        entries.push((key, entry, stood));
    }
    let worked = tokio::task::spawn_blocking(move || {
        let mut desk = Desk::open(folder, &library, today)?;
        let mut done = Vec::with_capacity(entries.len());
        for (key, entry, stood) in entries {
            let recorded = match side {
                Side::Assessor => answer::validate(&desk, side, &key, &entry)?,
                _ => answer::answer(&desk, side, &key, &entry)?,
            };
            done.push((key, recorded.change, recorded.entity, recorded.last, stood));
            desk = recorded.desk;
        }
        // What follows from all of it must be worked out too.
        desk.scored(View::Final)?;
        Ok::<_, Failure>(done)
    });
    let done = worked.await.map_err(Problem::internal)??;
    let puts: Vec<Put> = done
        .iter()
        .zip(&items)
        .map(|((_, change, ..), item)| Put {
            path: change.inside.clone(),
            body: Some(change.text.clone()),
            read: item.rev,
        })
        .collect();
    act.work.put_documents(assessment, &puts, &caller.actor(), act.at).await?;
    let revisions = act.work.room().document_revisions(assessment).await?;
    let mut written = Vec::with_capacity(done.len());
    for (key, _, entity, last, before) in done {
        let place = document_place(below, &key);
        let rev = revisions.iter().find(|(path, _)| *path == place).map_or(0, |(_, rev)| *rev);
        let (entity, last) = (points(entity), points(last));
        written.push(Written { requirement: key.to_string(), rev, entity, last, before });
    }
    Ok(Ok((act, written)))
}

/// Who ever answered a requirement.
async fn answered_by(
    house: &House,
    caller: &Caller,
    assessment: &str,
    key: &RequirementKey,
) -> Result<BTreeSet<AccountId>, Problem> {
    let mut room = reading(house, caller, assessment).await?;
    let place = document_place(ANSWERS, key);
    let now = room.document(assessment, &place).await?;
    let past = room.past(assessment, &place, 500).await?;
    Ok(now.into_iter().chain(past).filter_map(|d| d.editor.parse().ok()).collect())
}

pub(crate) async fn reading(house: &House, caller: &Caller, assessment: &str) -> Result<Room, Problem> {
    let circumstance = Circumstance::of_assessment(caller.tenant(), assessments::id(assessment)?);
    let now = house.clock.now();
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Response, &circumstance, now)?;
    Ok(house.store.room(&permit).await?)
}
