//! A provider's inbox: what organisations on this server ask to inherit from it. It stands in the provider's own room; a
//! job carried it there, and a job carries the answer back.

use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{
    Action, Circumstance, InheritanceRequestId, OrganisationKind, ResourceKind, SystemActor, TenantId, authorise,
};
use attesta_assessment::{RequestState, RequirementKey, SourceId};
use attesta_desk::Desk;
use attesta_kernel::Timestamp;
use attesta_store::{Record, RecordSieve, StoreError};
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
    act::{Begun, etag, if_match},
    api::accounts::words,
    caller::Caller,
    house::kind,
    jobs::{carry, fresh},
    page::{Cursor, Listed},
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
};

/// The word for it in the store.
pub(crate) const KIND: &str = "inbox";

/// A requirement that somebody asks to inherit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Wanted {
    /// The requirement.
    pub(crate) requirement: String,
    /// The provider's id of it, where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stands_for: Option<String>,
    /// How much of the score it is to make, in per cent.
    pub(crate) weight: String,
}

/// What the provider answered about some of them, or that whoever asked took them back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Decided {
    /// `approve` or `reject`; `withdraw` where whoever asked took them back.
    pub(crate) decision: String,
    /// About which requirements.
    pub(crate) requirements: Vec<String>,
    /// Why.
    #[serde(default)]
    pub(crate) because: String,
    /// Who decided; one of theirs, who took it back.
    pub(crate) by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
}

/// What is kept of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Which organisation asks.
    pub(crate) from: String,
    pub(crate) organisation: String,
    pub(crate) assessment: String,
    pub(crate) account: String,
    pub(crate) source: String,
    pub(crate) asked: Vec<Wanted>,
    #[serde(default)]
    pub(crate) decided: Vec<Decided>,
    /// When it was submitted.
    #[serde(default)]
    pub(crate) submitted: Option<Timestamp>,
}

/// Word of a decision: whoever asked took it back.
pub(crate) const WITHDRAW: &str = "withdraw";

impl Kept {
    /// What was said last of a requirement.
    pub(crate) fn last(&self, requirement: &str) -> Option<&Decided> {
        self.decided.iter().rev().find(|d| d.requirements.iter().any(|key| key == requirement))
    }

    /// Whether it waits for an answer, has all of them, or was taken back as a whole.
    pub(crate) fn state(&self) -> &'static str {
        let mut last = self.asked.iter().map(|wanted| self.last(&wanted.requirement));
        if last.clone().any(|decided| decided.is_none()) {
            return "open";
        }
        if last.all(|decided| decided.is_some_and(|d| d.decision == WITHDRAW)) { "withdrawn" } else { "answered" }
    }
}

/// Requests to inherit, as they were submitted together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Incoming {
    /// Their id.
    pub(crate) id: String,
    /// Which organisation asks.
    pub(crate) from: String,
    /// Its name then.
    pub(crate) organisation: String,
    /// For which of its assessments.
    pub(crate) assessment: String,
    /// The source's id there.
    pub(crate) source: String,
    /// What is asked for.
    pub(crate) asked: Vec<Wanted>,
    /// What was answered, oldest first.
    pub(crate) decided: Vec<Decided>,
    /// `open` until everything is answered, then `answered`; `withdrawn` where all of it was taken back.
    pub(crate) state: String,
    /// The revision.
    pub(crate) rev: u64,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created: Timestamp,
}

/// An answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verdict {
    /// `approve` or `reject`.
    decision: String,
    /// Which requirements; all that are not answered yet where none is named.
    #[serde(default)]
    requirements: BTreeSet<String>,
    /// Why; a rejection needs it.
    #[serde(default)]
    because: String,
}

/// Which of them.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct InboxSieve {
    /// `open`, `answered` or `withdrawn`.
    #[serde(default)]
    state: String,
    /// The `next` of the page before.
    #[serde(default)]
    after: String,
    /// At most so many: 1 to 500, 50 when nothing is said.
    #[serde(default)]
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Drafts of requests that submitting would turn to a provider.
pub(crate) fn asked(desk: &Desk, source: &SourceId, named: &[RequirementKey]) -> Vec<Wanted> {
    let requests = desk.dossier.inheritance.requests.iter().map(|request| &request.value);
    let drafts = requests.filter(|r| r.source == *source && r.state == RequestState::Draft);
    drafts
        .filter(|r| named.is_empty() || named.contains(&r.requirement))
        .map(|r| Wanted {
            requirement: r.requirement.to_string(),
            stands_for: r.stands_for.as_ref().map(ToString::to_string),
            weight: r.weight.to_string(),
        })
        .collect()
}

/// A provider on this server, by its id: whoever asks must know it.
pub(crate) async fn provider(house: &House, caller: &Caller, id: &str) -> Result<TenantId, Problem> {
    let none = || {
        Problem::bad("`to` is no provider on this server")
            .help("ask the provider for its organisation's id, or submit without `to` and tell its answer yourself")
    };
    let to: TenantId = id.parse().map_err(|_| none())?;
    if to == caller.tenant() {
        return Err(none());
    }
    let permit = house.system(SystemActor::Carrier, Action::Read, ResourceKind::Organisation, to)?;
    match house.store.room(&permit).await?.organisation().await {
        // An assessed entity may let others inherit, too; an assessor firm has nothing to inherit.
        Ok(found) if kind(&found.kind)? != OrganisationKind::AssessorFirm => Ok(to),
        Ok(_) | Err(StoreError::NotFound { .. }) => Err(none()),
        Err(error) => Err(error.into()),
    }
}

fn incoming(record: Record) -> Result<Incoming, Problem> {
    let kept: Kept = serde_json::from_str(&record.body).map_err(Problem::internal)?;
    Ok(Incoming {
        id: record.id,
        from: kept.from,
        organisation: kept.organisation,
        assessment: kept.assessment,
        source: kept.source,
        asked: kept.asked,
        decided: kept.decided,
        state: record.state,
        rev: record.rev,
        created: record.created,
    })
}

fn addressed(caller: &Caller) -> Circumstance {
    Circumstance { addressed_to: Some(caller.tenant()), ..Circumstance::within(caller.tenant()) }
}

async fn found(house: &House, caller: &Caller, id: &str) -> Result<Record, Problem> {
    let now = house.clock.now();
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::InheritanceInbox, &addressed(caller), now)?;
    let id: InheritanceRequestId = id.parse().map_err(|_| Problem::not_found("there is no such request here"))?;
    Ok(house.store.room(&permit).await?.record(KIND, &id.to_string()).await?)
}

/// What organisations ask to inherit from this one, oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/inbox",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), InboxSieve),
    responses((status = 200, body = Listed<Incoming>), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(sieve): Asked<InboxSieve>,
) -> Result<Response, Problem> {
    let now = house.clock.now();
    let permit = authorise(&caller.principal, Action::Read, ResourceKind::InheritanceInbox, &addressed(&caller), now)?;
    let cursor = Cursor { after: sieve.after, limit: sieve.limit.unwrap_or(50) };
    let wanted = RecordSieve { state: sieve.state, ..RecordSieve::default() };
    let found = house.store.room(&permit).await?.records(KIND, &wanted, &cursor.page()).await?;
    let items = found.into_iter().map(incoming).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(Listed::of(items, &cursor, |item| item.id.clone())).into_response())
}

/// One of them.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/inbox/{incoming}",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("incoming" = String, Path)),
    responses((status = 200, body = Incoming), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let record = found(&house, &caller, &id).await?;
    Ok(([(header::ETAG, etag(record.rev))], Json(incoming(record)?)).into_response())
}

/// Answers, for the provider; the answer is carried to whoever asked. Who submitted it does not answer it.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/inbox/{incoming}/decision",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("incoming" = String, Path),
        ("if-match" = String, Header),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = Verdict,
    responses((status = 200, body = Incoming), (status = "4XX", body = Body))
)]
pub(crate) async fn decide(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, id)): Named<(String, String)>,
    sent: Sent<Verdict>,
) -> Result<Response, Problem> {
    let read = if_match(&sent.headers)?;
    let record = found(&house, &caller, &id).await?;
    let mut kept: Kept = serde_json::from_str(&record.body).map_err(Problem::internal)?;
    let circumstance =
        Circumstance { written_by: Some(kept.account.parse().into_iter().collect()), ..addressed(&caller) };
    let act = house.act(&caller, Action::Decide, ResourceKind::InheritanceInbox, &circumstance).await?;
    let mut act = match act.once(sent.once(&caller)?).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(response),
    };
    let Verdict { decision, requirements, because } = sent.value;
    if decision != "approve" && decision != "reject" {
        return Err(Problem::bad("the decision is `approve` or `reject`"));
    }
    let because = match because.trim() {
        "" if decision == "reject" => return Err(Problem::bad("why it is rejected is missing; say it in `because`")),
        "" => String::new(),
        _ => words("reason", &because, 2_000)?,
    };
    let keys = kept.asked.iter().map(|w| w.requirement.clone());
    let open: BTreeSet<String> = keys.filter(|key| kept.last(key).is_none()).collect();
    if let Some(strange) = requirements.iter().find(|key| !open.contains(*key)) {
        let told: String = strange.chars().take(80).collect();
        return Err(Problem::bad(format!("`{told}` is not asked here, or was answered or taken back already")));
    }
    let about = if requirements.is_empty() { open.clone() } else { requirements };
    if about.is_empty() {
        return Err(Problem::new(StatusCode::CONFLICT, "refused", "all of it was answered or taken back already"));
    }
    let by = caller.actor();
    let name = act.work.room().member(&by).await?.map_or_else(|| by.clone(), |member| member.name);
    let provider = act.work.room().organisation().await?.name;
    let asker: TenantId = kept.from.parse().map_err(Problem::internal)?;
    let answer = carry::Answer {
        assessment: kept.assessment.clone(),
        source: kept.source.clone(),
        requirements: about.iter().cloned().collect(),
        decision: decision.clone(),
        because: because.clone(),
        account: by.clone(),
        name,
        reference: format!("{} in the inbox of {provider}", record.id),
        provider: caller.tenant().to_string(),
    };
    kept.decided.push(Decided { decision, requirements: about.into_iter().collect(), because, by, at: act.at });
    let new = Record {
        state: kept.state().to_owned(),
        rev: read,
        body: serde_json::to_string(&kept).map_err(Problem::internal)?,
        updated: act.at,
        editor: caller.actor(),
        ..record
    };
    let rev = act.work.put_record(KIND, &new).await?;
    let body = serde_json::to_string(&answer).map_err(Problem::internal)?;
    act.work.add_job(&fresh(Some(asker), carry::ANSWER, &body, carry::MOST, act.at), act.at).await?;
    act.finish(StatusCode::OK, Some(rev), &incoming(Record { rev, ..new })?).await
}
