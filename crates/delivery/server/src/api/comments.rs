use std::sync::Arc;

use attesta_access::{Action, Circumstance, ResourceKind, authorise};
use attesta_kernel::Timestamp;
use attesta_store::{Record, RecordSieve};
use attesta_work::CommentId;
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    House,
    act::{Act, Begun, etag, if_match},
    caller::Caller,
    ids, matter,
    page::{Cursor, Listed},
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
};

/// The word for it in the store.
const KIND: &str = "comment";
/// A comment is reworded so often at most, as all that it said is kept.
const MOST_EDITS: usize = 50;

/// What somebody said.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Comment {
    /// Its id.
    id: String,
    /// What it is about: a thread has all that is about the same.
    about: String,
    /// The comment that it answers; may be empty.
    answers: String,
    /// What it says now; empty when it was removed.
    text: String,
    /// `said` or `removed`.
    state: String,
    /// Who said it.
    maker: String,
    /// What it said before, oldest first.
    past: Vec<Said>,
    /// The revision.
    rev: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    /// When it was changed last.
    #[schema(value_type = String, format = DateTime)]
    updated: Timestamp,
}

/// What a comment said until somebody reworded it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Said {
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    /// What.
    text: String,
}

/// A new comment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewComment {
    /// What it is about.
    about: String,
    /// The comment that it answers; may be empty.
    #[serde(default)]
    answers: String,
    /// What it says.
    text: String,
}

/// Other words.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommentChange {
    /// What it says.
    text: String,
}

/// Which comments.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CommentSieve {
    /// About this, or about something below it.
    #[serde(default)]
    about: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct CommentBody {
    text: String,
    maker: String,
    answers: String,
    past: Vec<Said>,
}

fn text(sent: &str) -> Result<String, Problem> {
    let text = matter::prose("comment", sent, 10_000)?;
    if text.is_empty() { Err(Problem::bad("the comment says nothing")) } else { Ok(text) }
}

/// Says something about something.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/comments",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("idempotency-key" = Option<String>, Header)),
    request_body = NewComment,
    responses((status = 201, body = Comment), (status = "4XX", body = Body))
)]
pub(crate) async fn create(
    State(house): State<Arc<House>>,
    caller: Caller,
    sent: Sent<NewComment>,
) -> Result<Response, Problem> {
    let about = matter::about(&sent.value.about)?;
    if about.as_str().is_empty() {
        return Err(Problem::bad("a comment is about something").help("name it, such as `asm_…/requirements/ID`"));
    }
    let answers = sent.value.answers.clone();
    let body = CommentBody { text: text(&sent.value.text)?, maker: matter::maker(&caller), answers, past: Vec::new() };
    let circumstance = matter::circumstance(&caller, &about);
    let act = house.act(&caller, Action::Create, ResourceKind::Comment, &circumstance).await?;
    let mut act = match act.once(sent.once(&caller)?).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(response),
    };
    matter::stands(act.work.room(), &about).await?;
    if !body.answers.is_empty() && act.work.room().record(KIND, &body.answers).await?.about != about.as_str() {
        return Err(Problem::bad("the comment that it answers is about something else"));
    }
    let new = Record {
        kind: KIND.to_owned(),
        id: ids::fresh!(CommentId, act.at).to_string(),
        about: about.to_string(),
        state: "said".to_owned(),
        owner: String::new(),
        due: String::new(),
        rev: 1,
        body: serde_json::to_string(&body).map_err(Problem::internal)?,
        created: act.at,
        updated: act.at,
        editor: caller.actor(),
    };
    act.work.add_record(&new).await?;
    act.finish(StatusCode::CREATED, Some(1), &shown(new)?).await
}

/// Comments, by age.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/comments",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), CommentSieve, Cursor),
    responses((status = 200, body = Listed<Comment>), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(sieve): Asked<CommentSieve>,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Problem> {
    let about = matter::about(&sieve.about)?;
    let circumstance = Circumstance { addressed_to: None, ..matter::circumstance(&caller, &about) };
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Comment, &circumstance, house.clock.now())?;
    let sieve = RecordSieve { about: sieve.about, ..RecordSieve::default() };
    let found = house.store.room(&permit).await?.records(KIND, &sieve, &cursor.page()).await?;
    let found = found.into_iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    let mut listed = Listed::of(found, &cursor, |comment| comment.id.clone());
    listed.items.retain(|comment| matter::shows(&permit, &comment.about, &comment.maker, ""));
    Ok(Json(listed).into_response())
}

/// A comment.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/comments/{comment}",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("comment" = String, Path)),
    responses((status = 200, body = Comment), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let inside = Circumstance::within(caller.tenant());
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Comment, &inside, house.clock.now())?;
    let comment = shown(house.store.room(&permit).await?.record(KIND, &id).await?)?;
    if !matter::shows(&permit, &comment.about, &comment.maker, "") {
        return Err(none());
    }
    Ok(([(header::ETAG, etag(comment.rev))], Json(comment)).into_response())
}

/// Rewords one's own comment; what it said stays with it.
#[utoipa::path(
    put,
    path = "/api/v1/organisations/{org}/comments/{comment}",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("comment" = String, Path), ("if-match" = String, Header)),
    request_body = CommentChange,
    responses((status = 200, body = Comment), (status = "4XX", body = Body))
)]
pub(crate) async fn change(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
    sent: Sent<CommentChange>,
) -> Result<Response, Problem> {
    let read = if_match(&sent.headers)?;
    let text = text(&sent.value.text)?;
    let inside = Circumstance::within(caller.tenant());
    let act = house.act(&caller, Action::Read, ResourceKind::Comment, &inside).await?;
    let mut act = match act.once(sent.once(&caller)?).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(response),
    };
    let (old, mut body) = own(&caller, &mut act, &id, Action::Change).await?;
    matter::unchanged(&old, KIND, read)?;
    if body.past.len() >= MOST_EDITS || old.state == "removed" {
        let title = format!("it was removed, or reworded {MOST_EDITS} times; say it in another comment");
        return Err(Problem::new(StatusCode::CONFLICT, "refused", title));
    }
    body.past.push(Said { until: act.at, text: std::mem::replace(&mut body.text, text) });
    put(&caller, act, old, &body, "said").await
}

/// Removes a comment. That there was one stays, and the log keeps what it said.
#[utoipa::path(
    delete,
    path = "/api/v1/organisations/{org}/comments/{comment}",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("comment" = String, Path), ("if-match" = String, Header)),
    responses((status = 200, body = Comment), (status = "4XX", body = Body))
)]
pub(crate) async fn remove(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let read = if_match(&headers)?;
    let inside = Circumstance::within(caller.tenant());
    let mut act = Box::new(house.act(&caller, Action::Read, ResourceKind::Comment, &inside).await?);
    let (old, body) = own(&caller, &mut act, &id, Action::Delete).await?;
    matter::unchanged(&old, KIND, read)?;
    let body = CommentBody { text: String::new(), past: Vec::new(), ..body };
    put(&caller, act, old, &body, "removed").await
}

fn none() -> Problem {
    Problem::not_found("there is no such comment here")
}

/// A comment with which somebody may do this.
async fn own(caller: &Caller, act: &mut Act<'_>, id: &str, action: Action) -> Result<(Record, CommentBody), Problem> {
    let old = act.work.room().record(KIND, id).await?;
    let body: CommentBody = serde_json::from_str(&old.body).map_err(Problem::internal)?;
    if !matter::shows(&act.permit, &old.about, &body.maker, "") {
        return Err(none());
    }
    let circumstance = matter::of(caller, &matter::about(&old.about)?, &body.maker, "");
    authorise(&caller.principal, action, ResourceKind::Comment, &circumstance, act.at)?;
    Ok((old, body))
}

async fn put(
    caller: &Caller,
    mut act: Box<Act<'_>>,
    old: Record,
    body: &CommentBody,
    state: &str,
) -> Result<Response, Problem> {
    let body = serde_json::to_string(body).map_err(Problem::internal)?;
    let new = Record { body, state: state.to_owned(), updated: act.at, editor: caller.actor(), ..old };
    let rev = act.work.put_record(KIND, &new).await?;
    act.finish(StatusCode::OK, Some(rev), &shown(Record { rev, ..new })?).await
}

fn shown(record: Record) -> Result<Comment, Problem> {
    let body: CommentBody = serde_json::from_str(&record.body).map_err(Problem::internal)?;
    Ok(Comment {
        id: record.id,
        about: record.about,
        answers: body.answers,
        text: body.text,
        state: record.state,
        maker: body.maker,
        past: body.past,
        rev: record.rev,
        created: record.created,
        updated: record.updated,
    })
}
