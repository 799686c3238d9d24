//! What is to be done.

use std::sync::Arc;

use attesta_access::{Action, Circumstance, ResourceKind, authorise};
use attesta_pages::{
    page as framed,
    rooms::tasks::{self as pages, Task, Tasks},
};
use attesta_store::{Page as Part, RecordSieve};
use attesta_work::{TaskMove, TaskState};
use axum::{extract::State, response::Html};
use serde::Deserialize;

use super::{
    Guest, Page,
    evidence::names,
    frame,
    requests::{about, person},
    rest::{Cut, records},
};
use crate::{House, api::tasks as api, matter, problem::Problem, sent::Asked};

/// So many are shown at once.
const SHOWN: u32 = 500;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sought {
    whose: String,
    over: String,
    about: String,
    after: String,
}

/// What a button says that moves a task.
fn label(how: TaskMove) -> &'static str {
    match how {
        TaskMove::Start => "Start",
        TaskMove::PutBack => "Put back",
        TaskMove::Finish => "Done",
        TaskMove::Drop => "Drop",
        TaskMove::Reopen => "Reopen",
    }
}

/// Where a task may go for who looks.
fn moves(house: &House, guest: &Guest, task: &api::Task) -> Result<Vec<(&'static str, &'static str)>, Problem> {
    let circumstance = matter::of(&guest.caller, &matter::about(&task.about)?, &task.maker, &task.owner);
    if !guest.may(house, Action::Change, ResourceKind::Task, &circumstance) {
        return Ok(Vec::new());
    }
    let state: TaskState = task.state.parse().map_err(Problem::internal)?;
    let from_here = TaskState::MOVES.iter().filter(|(from, ..)| *from == state);
    Ok(from_here.map(|(_, to, how)| (to.as_str(), label(*how))).collect())
}

/// The list.
pub(crate) async fn list(State(house): State<Arc<House>>, guest: Guest, Asked(sought): Asked<Sought>) -> Page {
    let inside = Circumstance::within(guest.caller.tenant());
    let now = house.clock.now();
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::Task, &inside, now)?;
    let (me, everybody, over) = (matter::maker(&guest.caller), sought.whose == "all", !sought.over.is_empty());
    let owner = if everybody { String::new() } else { me.clone() };
    let sieve = RecordSieve { owner, ..RecordSieve::default() };
    let mut room = house.store.room(&permit).await?;
    let part = Part { after: sought.after, limit: SHOWN };
    let rows = room.records(api::KIND, &sieve, &part).await?;
    let cut = Cut::of(&part, rows.len());
    let of = records(&mut room, &permit, &cut, (api::KIND, &sieve)).await?;
    let last = rows.last().map_or(String::new(), |row| row.id.clone());
    let query = [("whose", sought.whose.as_str()), ("over", &sought.over)];
    let rest = cut.rest(of, &format!("/o/{}/tasks", guest.org()), &query, ("after", &last));
    let names = names(&mut room).await?;
    drop(room);
    let today = house.clock.today().to_string();
    let mut tasks = Vec::new();
    for task in rows.into_iter().map(api::shown) {
        let task = task?;
        let is_over = task.state.parse::<TaskState>().is_ok_and(TaskState::is_over);
        if !matter::shows(&permit, &task.about, &task.maker, &task.owner) || (is_over && !over) {
            continue;
        }
        let place = if task.about.starts_with("evidence/") {
            format!("/o/{}/{}", guest.org(), task.about)
        } else {
            String::new()
        };
        tasks.push(Task {
            moves: moves(&house, &guest, &task)?,
            id: (task.id, task.rev),
            about: (if task.about.is_empty() { String::new() } else { about(&task.about) }, place),
            late: !is_over && !task.due.is_empty() && task.due < today,
            title: task.title,
            text: task.text,
            state: task.state,
            owner: person(&names, &task.owner),
            due: task.due,
        });
    }
    tasks.sort_by(|a, b| (a.due.is_empty(), &a.due, &a.id).cmp(&(b.due.is_empty(), &b.due, &b.id)));
    let gives = matter::of(&guest.caller, &matter::about("")?, &me, "");
    let people = guest.may(&house, Action::Assign, ResourceKind::Task, &gives);
    let tasks = Tasks {
        org: guest.org(),
        everybody,
        over,
        tasks,
        rest,
        may_add: guest.may(
            &house,
            Action::Create,
            ResourceKind::Task,
            &matter::circumstance(&guest.caller, &matter::about("")?),
        ),
        me,
        people: if people { names.into_iter().collect() } else { Vec::new() },
        about: sought.about,
    };
    Ok(Html(framed(&frame(&house, &guest, "Tasks", "tasks", ""), &pages::list(&tasks)).into_string()))
}
