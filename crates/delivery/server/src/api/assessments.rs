use std::{collections::BTreeMap, sync::Arc};

use attesta_access::{Action, AssessmentId, Circumstance, Reach, ResourceKind, Stage, authorise};
use attesta_kernel::Timestamp;
use attesta_store::{Assessment as Row, Put};
use attesta_workspace::Folder;
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    House,
    act::{Begun, etag, if_match},
    api::{accounts::words, inheritance::parsed},
    caller::Caller,
    desks, ids,
    page::{Cursor, Listed},
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
};

/// No assessment has more documents.
const MOST_DOCUMENTS: usize = 6_000;

/// An assessment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Assessment {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// `open` or `archived`.
    state: String,
    /// Counts every change to it or to a document of it.
    rev: u64,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    /// When anything of it was changed last.
    #[schema(value_type = String, format = DateTime)]
    updated: Timestamp,
}

/// A new assessment: from the files of an assessment's folder, or begun anew.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAssessment {
    /// Its name.
    name: String,
    /// The files, by their path in the folder; `assessment.yaml` must be among them.
    #[serde(default)]
    files: Option<BTreeMap<String, String>>,
    /// What it is, in place of files; its first files are those of `attesta assess init`.
    #[serde(default)]
    begin: Option<Beginning>,
}

/// What a new assessment is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Beginning {
    /// `e1`, `i1` or `r2`, or a type that content adds.
    #[serde(rename = "type")]
    kind: String,
    /// `readiness`, `validated`, `interim`, `rapid` or `bridge`; not every type allows each.
    purpose: String,
    /// The organisation that is assessed.
    organisation: String,
    /// The version of the CSF; the newest without.
    #[serde(default)]
    csf: Option<String>,
    /// Compliance factors and add-ons.
    #[serde(default)]
    additions: Vec<String>,
    /// The day on which it should be certified.
    #[serde(default)]
    target: Option<String>,
    /// Whether Measured and Managed are scored where the type leaves that open.
    #[serde(default)]
    measured_and_managed: bool,
}

/// The first files of a new assessment, by path.
fn begun(house: &House, name: &str, begin: &Beginning) -> Result<BTreeMap<String, String>, Problem> {
    let slug = attesta_desk::scoping::slug(name);
    let new = attesta_desk::init::New {
        id: parsed(if slug.is_empty() { "assessment" } else { slug.as_str() })?,
        kind: begin.kind.clone(),
        purpose: parsed(&begin.purpose)?,
        title: Some(name.to_owned()),
        organisation: words("organisation's name", &begin.organisation, 200)?,
        csf: begin.csf.clone().filter(|csf| !csf.is_empty()),
        additions: begin.additions.iter().map(|id| parsed(id)).collect::<Result<_, _>>()?,
        created: house.clock.today(),
        target: begin.target.as_deref().filter(|day| !day.is_empty()).map(parsed).transpose()?,
        measured_and_managed: begin.measured_and_managed,
    };
    let begun = attesta_desk::init::begin(&house.library, new)?;
    Ok(begun.files.into_iter().map(|file| (file.inside, file.text)).collect())
}

/// What changes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssessmentChange {
    /// Its name.
    name: String,
    /// `open` or `archived`.
    state: String,
}

/// An assessment's id from the path.
pub(crate) fn id(text: &str) -> Result<AssessmentId, Problem> {
    text.parse().map_err(|_| Problem::not_found("there is no such assessment here"))
}

/// A path in an assessment's folder.
pub(crate) fn path(text: &str) -> Result<&str, Problem> {
    let parts_fit = text.split('/').all(|part| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'%'))
    });
    if parts_fit && text.len() <= 200 && text.split('/').count() <= 4 {
        return Ok(text);
    }
    Err(Problem::bad(format!("`{}` is no path in an assessment's folder", text.chars().take(80).collect::<String>())))
}

/// Begins an assessment: from a folder's files, as `attesta assess init` or an export writes them, or by saying what it is.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("idempotency-key" = Option<String>, Header)),
    request_body = NewAssessment,
    responses((status = 201, body = Assessment), (status = "4XX", body = Body))
)]
pub(crate) async fn create(
    State(house): State<Arc<House>>,
    caller: Caller,
    sent: Sent<NewAssessment>,
) -> Result<Response, Problem> {
    let name = words("assessment's name", &sent.value.name, 200)?;
    let files = match (&sent.value.files, &sent.value.begin) {
        (Some(files), None) => files.clone(),
        (None, Some(begin)) => begun(&house, &name, begin)?,
        _ => return Err(Problem::bad("an assessment begins from files or anew").help("send `files` or `begin`")),
    };
    if files.len() > MOST_DOCUMENTS {
        return Err(Problem::bad(format!("an assessment has at most {MOST_DOCUMENTS} documents")));
    }
    for inside in files.keys() {
        path(inside)?;
    }
    let circumstance = Circumstance::within(caller.tenant());
    let now = house.clock.now();
    authorise(&caller.principal, Action::Create, ResourceKind::Assessment, &circumstance, now)?;
    // It must open as it is: what cannot be read is refused before anything is written.
    let texts = files.iter().map(|(path, text)| (path.clone(), Arc::from(text.as_str()))).collect();
    let folder = Folder::held(name.as_str(), texts);
    desks::opened(folder.clone(), &house.library, house.clock.today()).await?;
    // Each answer gets a document of its own, so that two people who answer two requirements never meet.
    let (files, _) = attesta_desk::answer::split(&folder, &house.library)?;
    let act = house.act(&caller, Action::Create, ResourceKind::Assessment, &circumstance).await?;
    let mut act = match act.once(sent.once(&caller)?).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(response),
    };
    let id = ids::fresh!(AssessmentId, act.at).to_string();
    act.work.add_assessment(&id, &name, act.at).await?;
    let puts: Vec<Put> = files
        .texts
        .iter()
        .map(|(path, text)| Put { path: path.clone(), body: Some(text.to_string()), read: None })
        .collect();
    let rev = act.work.put_documents(&id, &puts, &caller.actor(), act.at).await?;
    let made = shown(act.work.room().assessment(&id).await?);
    act.finish(StatusCode::CREATED, Some(rev), &made).await
}

/// The assessments that one's access reaches.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), Cursor),
    responses((status = 200, body = Listed<Assessment>), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Problem> {
    let circumstance = Circumstance::within(caller.tenant());
    let now = house.clock.now();
    let permit = match authorise(&caller.principal, Action::Read, ResourceKind::Assessment, &circumstance, now) {
        Ok(permit) => permit,
        Err(denied) => return Err(denied.into()),
    };
    let found = house.store.room(&permit).await?.assessments(&cursor.page()).await?;
    let mut listed = Listed::of(found, &cursor, |row| row.id.clone());
    if let Reach::Named(named) = permit.reach() {
        listed.items.retain(|row| row.id.parse().is_ok_and(|id| named.contains(&id)));
    }
    let items = listed.items.into_iter().map(shown).collect();
    Ok(Json(Listed { items, next: listed.next }).into_response())
}

/// An assessment.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/assessments/{assessment}",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path)),
    responses((status = 200, body = Assessment), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let circumstance = Circumstance::of_assessment(caller.tenant(), id(&assessment)?);
    let now = house.clock.now();
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Assessment, &circumstance, now)?;
    let found = house.store.room(&permit).await?.assessment(&assessment).await?;
    let tag = etag(found.rev);
    Ok(([(header::ETAG, tag)], Json(shown(found))).into_response())
}

/// Changes an assessment's name, or puts it away.
#[utoipa::path(
    patch,
    path = "/api/v1/organisations/{org}/assessments/{assessment}",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path), ("if-match" = String, Header)),
    request_body = AssessmentChange,
    responses((status = 200, body = Assessment), (status = "4XX", body = Body))
)]
pub(crate) async fn change(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<AssessmentChange>,
) -> Result<Response, Problem> {
    let read = if_match(&sent.headers)?;
    let name = words("assessment's name", &sent.value.name, 200)?;
    if !["open", "archived"].contains(&sent.value.state.as_str()) {
        return Err(Problem::bad("the state is `open` or `archived`"));
    }
    let stage = stage(&house, &caller, &assessment).await?;
    let circumstance =
        Circumstance { stage: Some(stage), ..Circumstance::of_assessment(caller.tenant(), id(&assessment)?) };
    let act = house.act(&caller, Action::Change, ResourceKind::Assessment, &circumstance).await?;
    let mut act = match act.once(sent.once(&caller)?).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(response),
    };
    let old = act.work.room().assessment(&assessment).await?;
    let new = Row { name, state: sent.value.state.clone(), rev: read, ..old };
    let rev = act.work.put_assessment(&new, act.at).await?;
    let made = shown(act.work.room().assessment(&assessment).await?);
    act.finish(StatusCode::OK, Some(rev), &made).await
}

/// With whom the assessment is.
pub(crate) async fn stage(house: &House, caller: &Caller, assessment: &str) -> Result<Stage, Problem> {
    let circumstance = Circumstance::of_assessment(caller.tenant(), id(assessment)?);
    let now = house.clock.now();
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Phase, &circumstance, now)?;
    let mut room = house.store.room(&permit).await?;
    let (desk, _) = house.desk(&mut room, assessment).await?;
    stage_of(&desk)
}

/// With whom an opened assessment is.
pub(crate) fn stage_of(desk: &attesta_desk::Desk) -> Result<Stage, Problem> {
    let course = attesta_desk::Course::of(desk)?;
    Ok(crate::stage::of(course.history.life().state.phase()))
}

fn shown(row: Row) -> Assessment {
    Assessment {
        id: row.id,
        name: row.name,
        state: row.state,
        rev: row.rev,
        created: row.created,
        updated: row.updated,
    }
}
