use std::sync::Arc;

use attesta_access::{Action, Circumstance, Denied, ResourceKind, authorise};
use attesta_kernel::Timestamp;
use attesta_store::{Record, RecordSieve, Room};
use attesta_work::{TaskId, TaskState};
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
    act::{Begun, etag, if_match},
    api::accounts::words,
    caller::Caller,
    ids, matter,
    page::{Cursor, Listed},
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
};

/// The word for it in the store.
pub(crate) const KIND: &str = "task";
/// Tasks that are changed at once, at most.
const MOST_AT_ONCE: usize = 200;

/// Something to do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Task {
    /// Its id.
    pub(crate) id: String,
    /// What it is about: `asm_…`, `asm_…/requirements/ID`, `asm_…/actions/ID`, `evidence/ID`, or nothing.
    pub(crate) about: String,
    /// One line.
    pub(crate) title: String,
    /// More of it.
    pub(crate) text: String,
    /// `open`, `in-progress`, `done` or `dropped`.
    pub(crate) state: String,
    /// The account that answers for it; may be empty.
    pub(crate) owner: String,
    /// The day by which it is due; may be empty.
    pub(crate) due: String,
    /// Who made it.
    pub(crate) maker: String,
    /// The revision.
    pub(crate) rev: u64,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created: Timestamp,
    /// When it was changed last.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated: Timestamp,
    /// By whom.
    pub(crate) editor: String,
}

/// A new task.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTask {
    /// What it is about; may be empty.
    #[serde(default)]
    about: String,
    /// One line.
    title: String,
    /// More of it.
    #[serde(default)]
    text: String,
    /// The account that answers for it; to give it to somebody else needs leave to assign.
    #[serde(default)]
    owner: String,
    /// The day by which it is due.
    #[serde(default)]
    due: String,
}

/// What changes; what is not said stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskChange {
    /// One line.
    #[serde(default)]
    title: Option<String>,
    /// More of it.
    #[serde(default)]
    text: Option<String>,
    /// `open`, `in-progress`, `done` or `dropped`.
    #[serde(default)]
    state: Option<String>,
    /// The account that answers for it; empty for nobody. Needs leave to assign.
    #[serde(default)]
    owner: Option<String>,
    /// The day by which it is due; empty for none.
    #[serde(default)]
    due: Option<String>,
}

/// Changes to several tasks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkTasks {
    /// Whether nothing is changed when one of them cannot be.
    #[serde(default)]
    all_or_nothing: bool,
    /// The changes: 1 to 200, each task once.
    items: Vec<BulkTask>,
}

/// One of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkTask {
    /// The task.
    id: String,
    /// The revision that the sender has read.
    rev: u64,
    /// What changes.
    change: TaskChange,
}

/// What became of each, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkOutcome {
    /// How many were changed.
    changed: usize,
    /// Each of them.
    outcomes: Vec<TaskOutcome>,
}

/// What became of one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaskOutcome {
    /// The task.
    id: String,
    /// `changed` or `refused`.
    outcome: String,
    /// The new revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    rev: Option<u64>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// Which tasks.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TaskSieve {
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
struct TaskBody {
    title: String,
    text: String,
    maker: String,
}

/// Makes a task.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/tasks",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("idempotency-key" = Option<String>, Header)),
    request_body = NewTask,
    responses((status = 201, body = Task), (status = "4XX", body = Body))
)]
pub(crate) async fn create(
    State(house): State<Arc<House>>,
    caller: Caller,
    sent: Sent<NewTask>,
) -> Result<Response, Problem> {
    let about = matter::about(&sent.value.about)?;
    let maker = matter::maker(&caller);
    let body = TaskBody {
        title: words("title", &sent.value.title, 200)?,
        text: matter::prose("text", &sent.value.text, 10_000)?,
        maker: maker.clone(),
    };
    let (due, owner) = (matter::day(&sent.value.due)?, sent.value.owner.clone());
    if !owner.is_empty() && owner != maker {
        let circumstance = matter::of(&caller, &about, &maker, &owner);
        authorise(&caller.principal, Action::Assign, ResourceKind::Task, &circumstance, house.clock.now())?;
    }
    let circumstance = matter::circumstance(&caller, &about);
    let act = house.act(&caller, Action::Create, ResourceKind::Task, &circumstance).await?;
    let mut act = match act.once(sent.once(&caller)?).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(response),
    };
    matter::stands(act.work.room(), &about).await?;
    matter::belongs(act.work.room(), &owner).await?;
    let new = Record {
        kind: KIND.to_owned(),
        id: ids::fresh!(TaskId, act.at).to_string(),
        about: about.to_string(),
        state: TaskState::Open.to_string(),
        owner,
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

/// Tasks, by age.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/tasks",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), TaskSieve, Cursor),
    responses((status = 200, body = Listed<Task>), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(sieve): Asked<TaskSieve>,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Problem> {
    let about = matter::about(&sieve.about)?;
    if !sieve.state.is_empty() {
        sieve.state.parse::<TaskState>().map_err(|e| Problem::bad(e.to_string()))?;
    }
    let circumstance = matter::circumstance(&caller, &about);
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Task, &circumstance, house.clock.now())?;
    let sieve = RecordSieve { about: sieve.about, state: sieve.state, owner: sieve.owner };
    let found = house.store.room(&permit).await?.records(KIND, &sieve, &cursor.page()).await?;
    let found = found.into_iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    let mut listed = Listed::of(found, &cursor, |task| task.id.clone());
    listed.items.retain(|task| matter::shows(&permit, &task.about, &task.maker, &task.owner));
    Ok(Json(listed).into_response())
}

/// A task.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/tasks/{task}",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("task" = String, Path)),
    responses((status = 200, body = Task), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let now = house.clock.now();
    let inside = Circumstance::within(caller.tenant());
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Task, &inside, now)?;
    let task = shown(house.store.room(&permit).await?.record(KIND, &id).await?)?;
    authorise(&caller.principal, Action::Read, ResourceKind::Task, &said(&caller, &task)?, now).map_err(hidden)?;
    Ok(([(header::ETAG, etag(task.rev))], Json(task)).into_response())
}

/// Changes a task.
#[utoipa::path(
    patch,
    path = "/api/v1/organisations/{org}/tasks/{task}",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("task" = String, Path), ("if-match" = String, Header)),
    request_body = TaskChange,
    responses((status = 200, body = Task), (status = "4XX", body = Body))
)]
pub(crate) async fn change(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
    sent: Sent<TaskChange>,
) -> Result<Response, Problem> {
    let read = if_match(&sent.headers)?;
    let inside = Circumstance::within(caller.tenant());
    let act = house.act(&caller, Action::Read, ResourceKind::Task, &inside).await?;
    let mut act = match act.once(sent.once(&caller)?).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(response),
    };
    let (at, old) = (act.at, act.work.room().record(KIND, &id).await?);
    let new = changed(&caller, act.work.room(), old, read, &sent.value, at).await?;
    let rev = act.work.put_record(KIND, &new).await?;
    act.finish(StatusCode::OK, Some(rev), &shown(Record { rev, ..new })?).await
}

/// Changes several tasks in one step, and says what became of each.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/tasks/bulk",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("idempotency-key" = Option<String>, Header)),
    request_body = BulkTasks,
    responses((status = 200, body = BulkOutcome), (status = "4XX", body = Body))
)]
pub(crate) async fn bulk(
    State(house): State<Arc<House>>,
    caller: Caller,
    sent: Sent<BulkTasks>,
) -> Result<Response, Problem> {
    let asked = &sent.value.items;
    let each: std::collections::BTreeSet<&str> = asked.iter().map(|item| item.id.as_str()).collect();
    if asked.is_empty() || asked.len() > MOST_AT_ONCE || each.len() != asked.len() {
        return Err(Problem::bad(format!("name 1 to {MOST_AT_ONCE} tasks, each once")));
    }
    let inside = Circumstance::within(caller.tenant());
    let act = house.act(&caller, Action::Read, ResourceKind::Task, &inside).await?;
    let mut act = match act.once(sent.once(&caller)?).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(response),
    };
    let at = act.at;
    let mut outcomes = Vec::with_capacity(asked.len());
    for item in asked {
        let tried = async {
            let old = act.work.room().record(KIND, &item.id).await?;
            let new = changed(&caller, act.work.room(), old, item.rev, &item.change, at).await?;
            Ok::<_, Problem>(act.work.put_record(KIND, &new).await?)
        };
        let (rev, why) = match tried.await {
            Ok(rev) => (Some(rev), None),
            // What is broken here is no outcome of one task.
            Err(problem) if problem.is_ours() => return Err(problem),
            Err(problem) => (None, Some(problem.title().to_owned())),
        };
        let outcome = if rev.is_some() { "changed" } else { "refused" };
        outcomes.push(TaskOutcome { id: item.id.chars().take(80).collect(), outcome: outcome.to_owned(), rev, why });
    }
    let changed = outcomes.iter().filter(|o| o.rev.is_some()).count();
    if sent.value.all_or_nothing && changed < outcomes.len() {
        let refused = outcomes.iter().filter_map(|o| o.why.as_ref().map(|why| format!("{}: {why}", o.id)));
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "not-all",
            "not every task can be changed so; none was changed",
        )
        .help("mend what stands in `faults`, or send it without `all_or_nothing`")
        .faults(refused));
    }
    act.finish(StatusCode::OK, None, &BulkOutcome { changed, outcomes }).await
}

/// Removes a task; the log keeps what it was.
#[utoipa::path(
    delete,
    path = "/api/v1/organisations/{org}/tasks/{task}",
    tag = "work",
    params(("org" = String, Path, description = "The organisation's id"), ("task" = String, Path), ("if-match" = String, Header)),
    responses((status = 200, body = Task), (status = "4XX", body = Body))
)]
pub(crate) async fn remove(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let read = if_match(&headers)?;
    let inside = Circumstance::within(caller.tenant());
    let mut act = house.act(&caller, Action::Read, ResourceKind::Task, &inside).await?;
    let task = shown(act.work.room().record(KIND, &id).await?)?;
    let circumstance = said(&caller, &task)?;
    authorise(&caller.principal, Action::Read, ResourceKind::Task, &circumstance, act.at).map_err(hidden)?;
    authorise(&caller.principal, Action::Delete, ResourceKind::Task, &circumstance, act.at)?;
    act.work.remove_record(KIND, &id, read).await?;
    act.finish(StatusCode::OK, None, &task).await
}

/// The record after a change, when whoever asks may make it.
async fn changed(
    caller: &Caller,
    room: &mut Room,
    old: Record,
    read: u64,
    change: &TaskChange,
    at: Timestamp,
) -> Result<Record, Problem> {
    let mut body: TaskBody = serde_json::from_str(&old.body).map_err(Problem::internal)?;
    let about = matter::about(&old.about)?;
    let circumstance = matter::of(caller, &about, &body.maker, &old.owner);
    authorise(&caller.principal, Action::Read, ResourceKind::Task, &circumstance, at).map_err(hidden)?;
    let may = |action| authorise(&caller.principal, action, ResourceKind::Task, &circumstance, at);
    let owner = change.owner.as_ref().filter(|owner| **owner != old.owner);
    let other = change.title.is_some() || change.text.is_some() || change.state.is_some() || change.due.is_some();
    if owner.is_some() {
        may(Action::Assign)?;
    }
    if other || owner.is_none() {
        may(Action::Change)?;
    }
    matter::unchanged(&old, KIND, read)?;
    let state: TaskState = old.state.parse().map_err(Problem::internal)?;
    let next: TaskState = match &change.state {
        Some(text) => text.parse().map_err(|e: attesta_work::UnknownState| Problem::bad(e.to_string()))?,
        None => state,
    };
    if next != state {
        state.to(next).map_err(|e| Problem::new(StatusCode::CONFLICT, "move", e.to_string()))?;
    }
    if let Some(title) = &change.title {
        body.title = words("title", title, 200)?;
    }
    if let Some(text) = &change.text {
        body.text = matter::prose("text", text, 10_000)?;
    }
    let due = change.due.as_deref().map_or_else(|| Ok(old.due.clone()), matter::day)?;
    let owner = owner.cloned().unwrap_or_else(|| old.owner.clone());
    if owner != old.owner {
        matter::belongs(room, &owner).await?;
    }
    Ok(Record {
        state: next.to_string(),
        owner,
        due,
        body: serde_json::to_string(&body).map_err(Problem::internal)?,
        updated: at,
        editor: caller.actor(),
        ..old
    })
}

/// What somebody may not read is not there.
fn hidden(_: Denied) -> Problem {
    Problem::not_found("there is no such task here")
}

fn said(caller: &Caller, task: &Task) -> Result<Circumstance, Problem> {
    Ok(matter::of(caller, &matter::about(&task.about)?, &task.maker, &task.owner))
}

pub(crate) fn shown(record: Record) -> Result<Task, Problem> {
    let body: TaskBody = serde_json::from_str(&record.body).map_err(Problem::internal)?;
    Ok(Task {
        id: record.id,
        about: record.about,
        title: body.title,
        text: body.text,
        state: record.state,
        owner: record.owner,
        due: record.due,
        maker: body.maker,
        rev: record.rev,
        created: record.created,
        updated: record.updated,
        editor: record.editor,
    })
}
