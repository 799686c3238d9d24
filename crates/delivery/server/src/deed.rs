//! Something that somebody does with an assessment's documents: one authorised transaction, whatever it is.
//!
//! The use case takes an opened desk and the person who acts, and gives back documents to write, an answer and what the log
//! says. Here they are written at the revisions that were read, opened once more before they count, and told.

use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{AccountId, Action, Circumstance, Only, ResourceKind, Role, TenantId, authorise};
use attesta_assessment::{PersonId, Side, View};
use attesta_desk::{Deed, Desk, Failure, Guest};
use attesta_kernel::Timestamp;
use attesta_store::{Document, OneAssessment, Put, Room, StoreError};
use attesta_workspace::{Change, Folder};
use axum::{
    Json,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};

use crate::{
    House,
    act::{Begun, Once, etag, if_match},
    api::assessments,
    caller::Caller,
    desks::Seen,
    jobs,
    page::{self, Cursor},
    problem::Problem,
};

/// Attempts of a job that carries something: the last is most of a day after the first.
const CARRIED_MOST: u32 = 14;

/// What somebody wants to do, and what must be known of it to let them.
pub(crate) struct Ask<'a> {
    house: &'a House,
    caller: &'a Caller,
    assessment: &'a str,
    action: Action,
    resource: ResourceKind,
    /// The kind of the log's entry.
    leaf: &'static str,
    /// To which organisation what the log tells is carried, and by which job.
    carried: Option<(TenantId, &'static str)>,
    /// What else is carried: to whom, by which job, and what.
    also: Vec<(TenantId, &'static str, String)>,
    pub(crate) circumstance: Circumstance,
}

/// Facts about something in an assessment, as it stands: with whom it is.
pub(crate) async fn facts(house: &House, caller: &Caller, assessment: &str) -> Result<Circumstance, Problem> {
    let stage = assessments::stage(house, caller, assessment).await?;
    Ok(Circumstance {
        stage: Some(stage),
        ..Circumstance::of_assessment(caller.tenant(), assessments::id(assessment)?)
    })
}

impl<'a> Ask<'a> {
    /// Begins to ask.
    pub(crate) async fn of(
        house: &'a House,
        caller: &'a Caller,
        assessment: &'a str,
        (action, resource): (Action, ResourceKind),
        leaf: &'static str,
    ) -> Result<Ask<'a>, Problem> {
        let circumstance = facts(house, caller, assessment).await?;
        let (carried, also) = (None, Vec::new());
        Ok(Self { house, caller, assessment, action, resource, leaf, carried, also, circumstance })
    }

    /// This is carried to another organisation too, once it has happened.
    pub(crate) fn and(mut self, other: TenantId, job: &'static str, body: String) -> Self {
        self.also.push((other, job, body));
        self
    }

    /// What the log tells of it is carried to another organisation too, once it has happened.
    pub(crate) fn carried_to(self, other: Option<TenantId>, job: &'static str) -> Self {
        Self { carried: other.map(|other| (other, job)), ..self }
    }

    /// Does it. `about` is the document whose revision the sender has read, and sends as If-Match.
    pub(crate) async fn done<T, F>(
        self,
        (headers, once): (&HeaderMap, Option<Once>),
        about: &str,
        deed: F,
    ) -> Result<Response, Problem>
    where
        T: Serialize + Send + 'static,
        F: FnOnce(&Desk, &PersonId) -> Result<Deed<T>, Failure> + Send + 'static,
    {
        let Self { house, caller, assessment, action, resource, leaf, carried, also, circumstance } = self;
        let read = if_match(headers)?;
        let permit = authorise(&caller.principal, action, resource, &circumstance, house.clock.now())?;
        let mut act = match house.act_with(caller, permit).await?.once(once).await? {
            Begun::Act(act) => act,
            Begun::Answered(response) => return Ok(response),
        };
        let before = act.work.room().assessment(assessment).await?.rev;
        let documents = act.work.room().documents(assessment).await?;
        let rev = |path: &str| documents.iter().find(|d| d.path == path).map(|d| d.rev);
        let now = rev(about).unwrap_or(0);
        if now != read {
            return Err(StoreError::Changed { what: "document", id: about.to_owned(), read, now }.into());
        }
        let guest = guest(caller, act.work.room()).await?;
        let Wrought { answer, mut told, puts, by } =
            wrought(house, (&caller.tenant().to_string(), assessment), &documents, guest, deed).await?;
        let after = act.work.put_documents(assessment, &puts, &caller.actor(), act.at).await?;
        // The deed looked at all of it: nobody may have changed any of it meanwhile.
        if after != before.saturating_add(1) {
            let id = assessment.to_owned();
            return Err(StoreError::Changed { what: "assessment", id, read: before, now: after }.into());
        }
        if let Some(members) = told.as_object_mut() {
            members.insert("by".to_owned(), by.as_str().into());
        }
        act.work.tell(leaf, assessment, &told)?;
        if let Some((other, kind)) = carried {
            let load = Load {
                from: caller.tenant().to_string(),
                organisation: act.work.room().organisation().await?.name,
                assessment: assessment.to_owned(),
                account: caller.actor(),
                at: Some(act.at),
                told,
            };
            let body = serde_json::to_string(&load).map_err(Problem::internal)?;
            act.work.add_job(&jobs::fresh(Some(other), kind, &body, CARRIED_MOST, act.at), act.at).await?;
        }
        for (other, kind, body) in also {
            act.work.add_job(&jobs::fresh(Some(other), kind, &body, CARRIED_MOST, act.at), act.at).await?;
        }
        let now = act.work.room().document(assessment, about).await?.map_or(0, |d| d.rev);
        act.finish(StatusCode::OK, Some(now), &answer).await
    }
}

/// What is carried from one organisation to another.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Load {
    /// From which.
    pub(crate) from: String,
    /// Its name.
    pub(crate) organisation: String,
    /// About which of its assessments.
    pub(crate) assessment: String,
    /// Who did it.
    pub(crate) account: String,
    /// When.
    #[serde(default)]
    pub(crate) at: Option<Timestamp>,
    /// What its log tells.
    pub(crate) told: serde_json::Value,
}

/// What a deed comes to: its answer, what the log says, what is written at which revisions, and who did it.
pub(crate) struct Wrought<T> {
    pub(crate) answer: T,
    pub(crate) told: serde_json::Value,
    pub(crate) puts: Vec<Put>,
    pub(crate) by: PersonId,
}

/// Lets a deed happen to documents as they were read, and opens what comes of it once more. Working it out would hold up
/// whoever else is answered by this thread.
pub(crate) async fn wrought<T, F>(
    house: &House,
    (tenant, assessment): (&str, &str),
    documents: &[Document],
    guest: Guest,
    deed: F,
) -> Result<Wrought<T>, Problem>
where
    T: Send + 'static,
    F: FnOnce(&Desk, &PersonId) -> Result<Deed<T>, Failure> + Send + 'static,
{
    let (folder, library) = (house.folder(tenant, assessment, documents), Arc::clone(&house.library));
    let today = house.clock.today();
    let worked = tokio::task::spawn_blocking(move || {
        let mut desk = Desk::open(folder, &library, today)?;
        let by = desk.join(&guest)?;
        let stood = desk.scored(View::Entity).is_ok();
        let done = deed(&desk, &by)?;
        desk.folder.write(&done.changes)?;
        let written = desk.folder.take_written();
        // What cannot be read, or scored where it could be before, is refused here, not when somebody looks at it.
        let after = Desk::open(desk.folder.clone(), &library, today)?;
        if stood {
            after.scored(View::Entity)?;
        }
        Ok::<_, Failure>((done.answer, done.told, written, by))
    });
    let (answer, told, written, by) = worked.await.map_err(Problem::internal)??;
    let rev = |path: &str| documents.iter().find(|d| d.path == path).map(|d| d.rev);
    let puts = written
        .into_iter()
        .map(|Change { inside, text, .. }| Put { read: rev(&inside), path: inside, body: Some(text) })
        .collect();
    Ok(Wrought { answer, told, puts, by })
}

/// Who acts, for people.yaml.
async fn guest(caller: &Caller, room: &mut attesta_store::Room) -> Result<Guest, Problem> {
    let nobody = || Problem::new(StatusCode::FORBIDDEN, "people-only", "nobody with an account stands behind this");
    let account = caller.principal.account().ok_or_else(nobody)?.to_string();
    let name = room.member(&account).await?.ok_or_else(nobody)?.name;
    let role = caller.principal.role();
    Ok(Guest { account, name, side: side(role).ok_or_else(nobody)?, role: role.to_string() })
}

/// On whose side of an assessment a role stands.
fn side(role: Role) -> Option<Side> {
    match role.side() {
        attesta_access::Side::Entity => Some(Side::Entity),
        attesta_access::Side::Assessor => Some(Side::Assessor),
        attesta_access::Side::Provider => Some(Side::Provider),
        attesta_access::Side::Guest => None,
    }
}

/// An opened assessment for somebody who may read that kind of thing of it.
pub(crate) async fn look(
    house: &House,
    caller: &Caller,
    assessment: &str,
    resource: ResourceKind,
) -> Result<Seen, Problem> {
    let (_, seen, _) = look_with(house, caller, assessment, resource, None::<OneAssessment<'_>>).await?;
    Ok(seen)
}

/// The same, with what else is asked for in the same statement.
pub(crate) async fn look_with<A: attesta_store::Ask>(
    house: &House,
    caller: &Caller,
    assessment: &str,
    resource: ResourceKind,
    also: Option<A>,
) -> Result<(Room, Seen, Option<A::Out>), Problem> {
    let circumstance = Circumstance::of_assessment(caller.tenant(), assessments::id(assessment)?);
    let permit = authorise(&caller.principal, Action::Read, resource, &circumstance, house.clock.now())?;
    // A view shows all of its kind: leave for some of it is no leave to look at it.
    if *permit.only() != Only::Everything {
        return Err(Problem::not_found("there is no such thing here"));
    }
    let mut room = house.store.room(&permit).await?;
    let (row, also) = room.ask(&(OneAssessment { id: assessment }, also)).await?;
    let row = row.ok_or_else(|| StoreError::NotFound { what: "assessment", id: assessment.to_owned() })?;
    let seen = house.seen_at(&mut room, assessment, row.rev).await?;
    Ok((room, seen, also))
}

/// Works something out of an opened assessment, beside the threads that answer requests.
pub(crate) async fn worked<T, F>(seen: &Seen, work: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce(&Desk) -> Result<T, Failure> + Send + 'static,
{
    let desk = Arc::clone(&seen.desk);
    let worked = tokio::task::spawn_blocking(move || work(&desk)).await;
    Ok(worked.map_err(Problem::internal)??)
}

/// A view that the desk makes, as JSON, and the revision of the document that an act on it must name. Of its list, a page.
pub(crate) async fn shown<F>(seen: &Seen, about: &str, list: Option<PageOf<'_>>, view: F) -> Result<Response, Problem>
where
    F: FnOnce(&Desk) -> Result<serde_json::Value, Failure> + Send + 'static,
{
    let mut value = worked(seen, view).await?;
    if let Some(PageOf { list, key, cursor }) = list {
        page::part(&mut value, list, key, cursor)?;
    }
    Ok(([(header::ETAG, etag(seen.of(about)))], Json(value)).into_response())
}

/// Which list of a view is given in pages, and by what its entries are known.
pub(crate) struct PageOf<'a> {
    pub(crate) list: &'a str,
    pub(crate) key: &'a [&'a str],
    pub(crate) cursor: &'a Cursor,
}

/// A view as JSON.
pub(crate) fn json<T: Serialize>(view: &T) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(view).map_err(|e| Failure::new(attesta_desk::Kind::Unknown, e.to_string()))
}

/// The documents of another assessment of the organisation: the certified one that this one goes back to.
pub(crate) async fn since(house: &House, caller: &Caller, other: &str) -> Result<Option<Folder>, Problem> {
    if other.is_empty() {
        return Ok(None);
    }
    let circumstance = Circumstance::of_assessment(caller.tenant(), assessments::id(other)?);
    let now = house.clock.now();
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Response, &circumstance, now)?;
    let mut room = house.store.room(&permit).await?;
    Ok(Some(house.seen(&mut room, other).await?.desk.folder.copy().map_err(Failure::from)?))
}

/// The accounts that ever wrote a document of the assessment whose path begins so.
pub(crate) async fn editors(
    house: &House,
    caller: &Caller,
    assessment: &str,
    below: &str,
) -> Result<BTreeSet<AccountId>, Problem> {
    let circumstance = Circumstance::of_assessment(caller.tenant(), assessments::id(assessment)?);
    let now = house.clock.now();
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::Response, &circumstance, now)?;
    let editors = house.store.room(&permit).await?.editors(assessment, below).await?;
    Ok(editors.iter().filter_map(|editor| editor.parse().ok()).collect())
}
