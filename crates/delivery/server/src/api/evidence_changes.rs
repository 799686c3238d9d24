//! What happens to evidence after it was added: each change is an event in its history and a leaf of the log.

use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{Action, Circumstance, ResourceKind};
use attesta_evidence::{Change, Hold, Matter, Text};
use attesta_store::{EvidenceRow, StoreError};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    House,
    act::{Act, Begun, Once, if_match},
    api::{
        described::{self, Evidence, Link, value},
        evidence::{self, Added, NewEvidence},
        uploads,
    },
    caller::Caller,
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
};

/// A reason.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// Why.
    why: String,
}

/// A hold, or its end.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OnMatter {
    /// What it is about, such as `case-2026-07`.
    matter: String,
    /// Why.
    why: String,
}

/// What evidence is not for any more.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// The target.
    target: String,
}

/// Opens the change of one piece of evidence that was read at a revision; answers instead when it was answered before.
async fn opened<'h>(
    house: &'h House,
    caller: &Caller,
    wanted: (Action, ResourceKind),
    evidence: &str,
    headers: &HeaderMap,
    once: Option<Once>,
) -> Result<Result<(Box<Act<'h>>, EvidenceRow), Response>, Problem> {
    let (id, read) = (described::id(evidence)?, if_match(headers)?);
    let reads = evidence::reads(house, caller, Action::Read)?;
    let mut room = house.store.room(&reads.permit).await?;
    let seen = evidence::found(&mut room, &reads, id).await?;
    let written_by = BTreeSet::from_iter(evidence::writer(&mut room, id).await?);
    drop(room);
    let circumstance = Circumstance {
        written_by: Some(written_by),
        held: Some(!seen.item.holds.is_empty()),
        ..evidence::circumstance(caller, &reads.permit, &seen.item)
    };
    let act = house.act(caller, wanted.0, wanted.1, &circumstance).await?;
    let mut act = match act.once(once).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(Err(response)),
    };
    let row = act.work.room().evidence(id).await?;
    if row.rev != read {
        return Err(StoreError::Changed { what: "evidence", id: id.to_string(), read, now: row.rev }.into());
    }
    Ok(Ok((act, row)))
}

/// Lets one thing happen and answers with what it is then.
async fn happen(mut act: Box<Act<'_>>, row: EvidenceRow, change: Change) -> Result<Response, Problem> {
    let row = act.work.change_evidence(row.item.evidence.id, &change, row.rev).await?;
    let shown = Evidence::of(&row, &act.house.rules, act.house.clock.today());
    act.finish(StatusCode::OK, Some(row.rev), &shown).await
}

/// Says that evidence is for something, or for it in another way than before.
#[utoipa::path(
    put,
    path = "/api/v1/organisations/{org}/evidence/{evidence}/links",
    tag = "evidence",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("evidence" = String, Path),
        ("if-match" = String, Header),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = Link,
    responses((status = 200, body = Evidence), (status = "4XX", body = Body))
)]
pub(crate) async fn link(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, evidence)): Named<(String, String)>,
    sent: Sent<Link>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let wanted = (Action::Change, ResourceKind::Evidence);
    match opened(&house, &caller, wanted, &evidence, &sent.headers, once).await? {
        Ok((mut act, row)) => {
            let links = [sent.value];
            let meant = evidence::linked(&house, &caller, act.work.room(), Action::Create, &links).await?;
            let link = meant.into_iter().next().ok_or_else(|| Problem::internal("a link was lost"))?;
            happen(act, row, Change::Linked(link)).await
        }
        Err(response) => Ok(response),
    }
}

/// Says that evidence is not for something any more.
#[utoipa::path(
    delete,
    path = "/api/v1/organisations/{org}/evidence/{evidence}/links",
    tag = "evidence",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("evidence" = String, Path),
        ("if-match" = String, Header),
        Which,
    ),
    responses((status = 200, body = Evidence), (status = "4XX", body = Body))
)]
pub(crate) async fn unlink(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, evidence)): Named<(String, String)>,
    Asked(which): Asked<Which>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let target = value("target", &which.target)?;
    match opened(&house, &caller, (Action::Change, ResourceKind::Evidence), &evidence, &headers, None).await? {
        Ok((act, row)) => happen(act, row, Change::Unlinked(target)).await,
        Err(response) => Ok(response),
    }
}

/// Adds a newer version that stands in its place. What is not said anew is as it was, but for the days; links go on.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/evidence/{evidence}/supersede",
    tag = "evidence",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("evidence" = String, Path),
        ("if-match" = String, Header),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = NewEvidence,
    responses((status = 201, body = Added), (status = "4XX", body = Body))
)]
pub(crate) async fn supersede(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, evidence)): Named<(String, String)>,
    sent: Sent<NewEvidence>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let wanted = (Action::Change, ResourceKind::Evidence);
    let (mut act, old) = match opened(&house, &caller, wanted, &evidence, &sent.headers, once).await? {
        Ok(opened) => opened,
        Err(response) => return Ok(response),
    };
    let before = &old.item.evidence;
    let new = &sent.value;
    let description = new.description.meant(&house.rules, Some(&before.description), house.clock.today())?;
    let mut links = old.item.links.clone();
    for link in evidence::linked(&house, &caller, act.work.room(), Action::Create, &new.links).await? {
        links.insert(link.target.clone(), link);
    }
    let thing = evidence::thing(&mut act, new, description, Some(before)).await?;
    let on = thing.description.dates.effective.unwrap_or(thing.description.dates.received);
    let by = thing.id;
    let added = evidence::add(&mut act, &caller, thing, links.into_values()).await?;
    act.work.change_evidence(before.id, &Change::Superseded { by, on }, old.rev).await?;
    act.finish(StatusCode::CREATED, Some(added.1), &added.0).await
}

/// Puts evidence under a legal hold.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/evidence/{evidence}/holds",
    tag = "evidence",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("evidence" = String, Path),
        ("if-match" = String, Header),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = OnMatter,
    responses((status = 200, body = Evidence), (status = "4XX", body = Body))
)]
pub(crate) async fn hold(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, evidence)): Named<(String, String)>,
    sent: Sent<OnMatter>,
) -> Result<Response, Problem> {
    let hold = Hold {
        matter: value::<Matter>("matter", &sent.value.matter)?,
        why: value("why", &sent.value.why)?,
        on: house.clock.today(),
    };
    let once = sent.once(&caller)?;
    let wanted = (Action::Create, ResourceKind::EvidenceHold);
    match opened(&house, &caller, wanted, &evidence, &sent.headers, once).await? {
        Ok((act, row)) => happen(act, row, Change::Held(hold)).await,
        Err(response) => Ok(response),
    }
}

/// Ends a legal hold.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/evidence/{evidence}/release",
    tag = "evidence",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("evidence" = String, Path),
        ("if-match" = String, Header),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = OnMatter,
    responses((status = 200, body = Evidence), (status = "4XX", body = Body))
)]
pub(crate) async fn release(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, evidence)): Named<(String, String)>,
    sent: Sent<OnMatter>,
) -> Result<Response, Problem> {
    let matter = value("matter", &sent.value.matter)?;
    let why = value("why", &sent.value.why)?;
    let once = sent.once(&caller)?;
    let wanted = (Action::Release, ResourceKind::EvidenceHold);
    match opened(&house, &caller, wanted, &evidence, &sent.headers, once).await? {
        Ok((act, row)) => happen(act, row, Change::Released { matter, why }).await,
        Err(response) => Ok(response),
    }
}

/// Removes the bytes of evidence that nothing keeps any more; that it was here stays known.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/evidence/{evidence}/retire",
    tag = "evidence",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("evidence" = String, Path),
        ("if-match" = String, Header),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = Reason,
    responses((status = 200, body = Evidence), (status = "4XX", body = Body))
)]
pub(crate) async fn retire(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, evidence)): Named<(String, String)>,
    sent: Sent<Reason>,
) -> Result<Response, Problem> {
    let why: Text = value("why", &sent.value.why)?;
    let once = sent.once(&caller)?;
    let wanted = (Action::Delete, ResourceKind::Evidence);
    let (mut act, row) = match opened(&house, &caller, wanted, &evidence, &sent.headers, once).await? {
        Ok(opened) => opened,
        Err(response) => return Ok(response),
    };
    let change = house.rules.retire(&row.item, house.clock.today(), why).map_err(|refusal| {
        let class = house.rules.retention(&row.item.evidence);
        Problem::new(StatusCode::CONFLICT, "retention", refusal.to_string()).help(format!(
            "its retention class is `{}`: {} ({}, {})",
            class.id, class.title, class.provenance.source, class.provenance.confidence
        ))
    })?;
    let digest = row.item.evidence.digest;
    act.work.alone().await?;
    let changed = act.work.change_evidence(row.item.evidence.id, &change, row.rev).await?;
    match act.work.forget_blob(&digest.to_string()).await {
        // Other evidence has the same bytes: they stay.
        Ok(()) | Err(StoreError::NotFound { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let permit = act.permit.clone();
    let shown = Evidence::of(&changed, &house.rules, house.clock.today());
    let response = act.finish(StatusCode::OK, Some(changed.rev), &shown).await?;
    // The leaf stands; now the bytes go. When this fails, nobody names them any more and a later sweep may take them.
    if let Err(problem) = uploads::drop_bytes(&house, &permit, &uploads::place(&house, &caller)?, &digest).await {
        tracing::warn!("the bytes of retired evidence are still in the store: {problem:?}");
    }
    Ok(response)
}
