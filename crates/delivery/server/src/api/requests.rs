use std::sync::Arc;

use attesta_access::{Action, Circumstance, ResourceKind, authorise};
use attesta_kernel::Timestamp;
use attesta_store::{Record, RecordSieve};
use attesta_work::{RequestId, RequestMove, RequestState};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    House,
    act::{Act, Begun, etag, if_match},
    api::accounts::words,
    caller::Caller,
    ids, matter,
    page::{Cursor, Listed},
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
};

/// The word for it in the store.
pub(crate) const KIND: &str = "request";
/// A thread is no longer; what needs more needs another request.
const MOST_TURNS: usize = 200;

/// What an assessor asks of the entity.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Request {
    /// Its id.
    pub(crate) id: String,
    /// What it is about: an assessment, or something of one.
    pub(crate) about: String,
    /// One line.
    pub(crate) title: String,
    /// What is asked.
    pub(crate) text: String,
    /// `asked`, `answered`, `accepted` or `returned`.
    pub(crate) state: String,
    /// The account that answers it; may be empty.
    pub(crate) owner: String,
    /// The day by which it is due; may be empty.
    pub(crate) due: String,
    /// Who asks.
    pub(crate) maker: String,
    /// Answers and what became of them, oldest first.
    pub(crate) thread: Vec<Turn>,
    /// The revision.
    pub(crate) rev: u64,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created: Timestamp,
    /// When it was changed last.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated: Timestamp,
}

/// One turn of a request's thread.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Turn {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    /// Who.
    pub(crate) by: String,
    /// `answered`, `accepted`, `returned` or `reworded`.
    pub(crate) what: String,
    /// What was said; for `reworded`, what was asked before.
    pub(crate) text: String,
    /// Evidence that was named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) evidence: Vec<String>,
}

/// A new request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRequest {
    /// What it is about: `asm_…`, or something of it.
    about: String,
    /// One line.
    title: String,
    /// What is asked.
    #[serde(default)]
    text: String,
    /// The day by which it is due.
    #[serde(default)]
    due: String,
}

/// What changes; what is not said stays. Words and day are the assessor's, the owner is the entity's.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestChange {
    /// One line.
    #[serde(default)]
    title: Option<String>,
    /// What is asked.
    #[serde(default)]
    text: Option<String>,
    /// The day by which it is due; empty for none.
    #[serde(default)]
    due: Option<String>,
    /// The account that answers it; empty for nobody.
    #[serde(default)]
    owner: Option<String>,
}

/// An answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    /// What is answered.
    text: String,
    /// Evidence that shows it, by id.
    #[serde(default)]
    evidence: Vec<String>,
}

/// What the assessor says to an answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decision {
    /// `accepted` or `returned`.
    decision: String,
    /// Why; needed when it is returned.
    #[serde(default)]
    text: String,
}

/// Which requests.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RequestSieve {
    /// About this, or about something below it.
    #[serde(default)]
    about: String,
    /// In this state.
    #[serde(default)]
    state: String,
    /// Of this account.
    #[serde(default)]
    owner: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct RequestBody {
    title: String,
    text: String,
    maker: String,
    thread: Vec<Turn>,
}

/// Asks the entity for something.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/requests",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("idempotency-key" = Option<String>, Header)),
    request_body = NewRequest,
    responses((status = 201, body = Request), (status = "4XX", body = Body))
)]
pub(crate) async fn create(
    State(house): State<Arc<House>>,
    caller: Caller,
    sent: Sent<NewRequest>,
) -> Result<Response, Problem> {
    let about = matter::about(&sent.value.about)?;
    if about.assessment().is_none() {
        return Err(Problem::bad("a request is about an assessment, or something of one").help("name it: `asm_…`"));
    }
    let body = RequestBody {
        title: words("title", &sent.value.title, 200)?,
        text: matter::prose("text", &sent.value.text, 10_000)?,
        maker: matter::maker(&caller),
        thread: Vec::new(),
    };
    let due = matter::day(&sent.value.due)?;
    let circumstance = matter::circumstance(&caller, &about);
    let act = house.act(&caller, Action::Create, ResourceKind::Request, &circumstance).await?;
    let mut act = match act.once(sent.once(&caller)?).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(response),
    };
    matter::stands(act.work.room(), &about).await?;
    let new = Record {
        kind: KIND.to_owned(),
        id: ids::fresh!(RequestId, act.at).to_string(),
        about: about.to_string(),
        state: RequestState::Asked.to_string(),
        owner: String::new(),
        due,
        rev: 1,
        body: serde_json::to_string(&body).map_err(Problem::internal)?,
        created: act.at,
        updated: act.at,
        editor: caller.actor(),
    };
    act.work.add_record(&new).await?;
    act.finish(StatusCode::CREATED, Some(1), &shown(new)?).await
}

/// Requests, by age.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/requests",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), RequestSieve, Cursor),
    responses((status = 200, body = Listed<Request>), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(sieve): Asked<RequestSieve>,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Problem> {
    let about = matter::about(&sieve.about)?;
    if !sieve.state.is_empty() {
        sieve.state.parse::<RequestState>().map_err(|e| Problem::bad(e.to_string()))?;
    }
    let circumstance = matter::circumstance(&caller, &about);
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Request, &circumstance, house.clock.now())?;
    let sieve = RecordSieve { about: sieve.about, state: sieve.state, owner: sieve.owner };
    let found = house.store.room(&permit).await?.records(KIND, &sieve, &cursor.page()).await?;
    let found = found.into_iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    let mut listed = Listed::of(found, &cursor, |request| request.id.clone());
    listed.items.retain(|request| matter::shows(&permit, &request.about, &request.maker, &request.owner));
    Ok(Json(listed).into_response())
}

/// A request with its thread.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/requests/{request}",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("request" = String, Path)),
    responses((status = 200, body = Request), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let inside = Circumstance::within(caller.tenant());
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Request, &inside, house.clock.now())?;
    let request = shown(house.store.room(&permit).await?.record(KIND, &id).await?)?;
    if !matter::shows(&permit, &request.about, &request.maker, &request.owner) {
        return Err(none());
    }
    Ok(([(header::ETAG, etag(request.rev))], Json(request)).into_response())
}

/// Rewords a request that is not answered yet, or says who answers it.
#[utoipa::path(
    patch,
    path = "/api/v1/organisations/{org}/requests/{request}",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("request" = String, Path), ("if-match" = String, Header)),
    request_body = RequestChange,
    responses((status = 200, body = Request), (status = "4XX", body = Body))
)]
pub(crate) async fn change(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
    sent: Sent<RequestChange>,
) -> Result<Response, Problem> {
    let asked = &sent.value;
    let mut open = match open(&house, &caller, &id, &sent).await? {
        Ok(open) => open,
        Err(answered) => return Ok(answered),
    };
    let rewords = asked.title.is_some() || asked.text.is_some() || asked.due.is_some();
    if rewords || asked.owner.is_none() {
        open.may(&caller, Action::Change)?;
    }
    let owner = asked.owner.clone().unwrap_or_else(|| open.old.owner.clone());
    if asked.owner.is_some() {
        open.may(&caller, Action::Assign)?;
        matter::belongs(open.act.work.room(), &owner).await?;
    }
    open.unchanged()?;
    if (asked.title.is_some() || asked.text.is_some()) && !open.state()?.may_be_reworded() {
        let title = "it was answered: what an answer answers is not reworded";
        return Err(Problem::new(StatusCode::CONFLICT, "refused", title).help("return it, or ask something else"));
    }
    if let Some(text) = &asked.text {
        let text = matter::prose("text", text, 10_000)?;
        let before = std::mem::replace(&mut open.body.text, text);
        open.turn(&caller, "reworded", before, Vec::new())?;
    }
    if let Some(title) = &asked.title {
        open.body.title = words("title", title, 200)?;
    }
    let due = asked.due.as_deref().map_or_else(|| Ok(open.old.due.clone()), matter::day)?;
    let old = Record { owner, due, ..open.old.clone() };
    open.put(&caller, old).await
}

/// Answers a request.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/requests/{request}/answers",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("request" = String, Path), ("if-match" = String, Header)),
    request_body = Answer,
    responses((status = 200, body = Request), (status = "4XX", body = Body))
)]
pub(crate) async fn answer(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
    sent: Sent<Answer>,
) -> Result<Response, Problem> {
    let text = matter::prose("answer", &sent.value.text, 10_000)?;
    let evidence = sent.value.evidence.clone();
    let id_fits = |id: &String| id.len() <= 40 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if text.is_empty() || evidence.len() > 100 || !evidence.iter().all(id_fits) {
        return Err(Problem::bad("an answer says something, and names at most 100 evidences by their ids"));
    }
    let mut open = match open(&house, &caller, &id, &sent).await? {
        Ok(open) => open,
        Err(answered) => return Ok(answered),
    };
    open.may(&caller, Action::Answer)?;
    open.unchanged()?;
    let state = open.after(RequestMove::Answer)?;
    open.turn(&caller, state.as_str(), text, evidence)?;
    let old = Record { state: state.to_string(), ..open.old.clone() };
    open.put(&caller, old).await
}

/// Accepts an answer, or returns it.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/requests/{request}/decisions",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("request" = String, Path), ("if-match" = String, Header)),
    request_body = Decision,
    responses((status = 200, body = Request), (status = "4XX", body = Body))
)]
pub(crate) async fn decide(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
    sent: Sent<Decision>,
) -> Result<Response, Problem> {
    let text = matter::prose("reason", &sent.value.text, 10_000)?;
    let how = match sent.value.decision.as_str() {
        "accepted" => RequestMove::Accept,
        "returned" if text.is_empty() => return Err(Problem::bad("say why it is returned")),
        "returned" => RequestMove::Return,
        _ => return Err(Problem::bad("a decision is `accepted` or `returned`")),
    };
    let mut open = match open(&house, &caller, &id, &sent).await? {
        Ok(open) => open,
        Err(answered) => return Ok(answered),
    };
    open.may(&caller, Action::Decide)?;
    open.unchanged()?;
    let state = open.after(how)?;
    open.turn(&caller, state.as_str(), text, Vec::new())?;
    let old = Record { state: state.to_string(), ..open.old.clone() };
    open.put(&caller, old).await
}

fn none() -> Problem {
    Problem::not_found("there is no such request here")
}

/// A request in somebody's hands.
struct Open<'h> {
    act: Box<Act<'h>>,
    old: Record,
    body: RequestBody,
    circumstance: Circumstance,
    read: u64,
}

/// Takes a request in hand; or what was answered to the same before.
async fn open<'h, T>(
    house: &'h House,
    caller: &Caller,
    id: &str,
    sent: &Sent<T>,
) -> Result<Result<Open<'h>, Response>, Problem> {
    let read = if_match(&sent.headers)?;
    let inside = Circumstance::within(caller.tenant());
    let act = house.act(caller, Action::Read, ResourceKind::Request, &inside).await?;
    let mut act = match act.once(sent.once(caller)?).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(Err(response)),
    };
    let old = act.work.room().record(KIND, id).await?;
    let body: RequestBody = serde_json::from_str(&old.body).map_err(Problem::internal)?;
    if !matter::shows(&act.permit, &old.about, &body.maker, &old.owner) {
        return Err(none());
    }
    let circumstance = matter::of(caller, &matter::about(&old.about)?, &body.maker, &old.owner);
    Ok(Ok(Open { act, old, body, circumstance, read }))
}

impl Open<'_> {
    fn may(&self, caller: &Caller, action: Action) -> Result<(), Problem> {
        authorise(&caller.principal, action, ResourceKind::Request, &self.circumstance, self.act.at)?;
        Ok(())
    }

    fn unchanged(&self) -> Result<(), Problem> {
        matter::unchanged(&self.old, KIND, self.read)
    }

    fn state(&self) -> Result<RequestState, Problem> {
        self.old.state.parse().map_err(Problem::internal)
    }

    fn after(&self, how: RequestMove) -> Result<RequestState, Problem> {
        self.state()?.after(how).map_err(|e| Problem::new(StatusCode::CONFLICT, "move", e.to_string()))
    }

    fn turn(&mut self, caller: &Caller, what: &str, text: String, evidence: Vec<String>) -> Result<(), Problem> {
        if self.body.thread.len() >= MOST_TURNS {
            let title = format!("the request has {MOST_TURNS} turns; ask another one");
            return Err(Problem::new(StatusCode::CONFLICT, "refused", title));
        }
        let (at, by) = (self.act.at, matter::maker(caller));
        self.body.thread.push(Turn { at, by, what: what.to_owned(), text, evidence });
        Ok(())
    }

    async fn put(mut self, caller: &Caller, new: Record) -> Result<Response, Problem> {
        let body = serde_json::to_string(&self.body).map_err(Problem::internal)?;
        let new = Record { body, updated: self.act.at, editor: caller.actor(), ..new };
        let rev = self.act.work.put_record(KIND, &new).await?;
        self.act.finish(StatusCode::OK, Some(rev), &shown(Record { rev, ..new })?).await
    }
}

pub(crate) fn shown(record: Record) -> Result<Request, Problem> {
    let body: RequestBody = serde_json::from_str(&record.body).map_err(Problem::internal)?;
    Ok(Request {
        id: record.id,
        about: record.about,
        title: body.title,
        text: body.text,
        state: record.state,
        owner: record.owner,
        due: record.due,
        maker: body.maker,
        thread: body.thread,
        rev: record.rev,
        created: record.created,
        updated: record.updated,
    })
}
