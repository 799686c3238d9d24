//! Who answers a requirement: the people that it is assigned to.

use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{AccountId, Action, Circumstance, ResourceKind};
use attesta_assessment::RequirementKey;
use attesta_kernel::Digest;
use attesta_store::{Record, RecordSieve, Records, Room};
use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::responses::{key, reading};
use crate::{
    House,
    api::assessments,
    caller::Caller,
    problem::{Body, Problem},
    sent::{Named, Sent},
};

/// Who answers a requirement.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assignment {
    /// Accounts of the organisation; none takes the assignment away.
    accounts: BTreeSet<String>,
}

/// Says who answers a requirement.
#[utoipa::path(
    put,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/responses/{requirement}/assignment",
    tag = "assessments",
    params(("org" = String, Path, description = "The organisation's id"), ("assessment" = String, Path), ("requirement" = String, Path)),
    request_body = Assignment,
    responses((status = 200, body = Assignment), (status = "4XX", body = Body))
)]
pub(crate) async fn assign(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment, requirement)): Named<(String, String, String)>,
    sent: Sent<Assignment>,
) -> Result<Response, Problem> {
    let key = key(&requirement)?;
    let circumstance = Circumstance::of_assessment(caller.tenant(), assessments::id(&assessment)?);
    let mut act = house.act(&caller, Action::Assign, ResourceKind::Response, &circumstance).await?;
    let (desk, _) = house.desk(act.work.room(), &assessment).await?;
    if desk.tailored()?.get(&key).is_none() {
        return Err(Problem::not_found("there is no such requirement here"));
    }
    for account in &sent.value.accounts {
        if act.work.room().member(account).await?.is_none() {
            return Err(Problem::bad(format!("`{account}` is nobody of this organisation")));
        }
    }
    // An id has letters and digits, 64 at most; a requirement's may have more.
    let about = format!("{assessment}/{key}");
    let id: String = Digest::of(about.as_bytes()).to_string().chars().take(40).collect();
    let body = serde_json::to_string(&sent.value).map_err(Problem::internal)?;
    let (kind, editor, at) = ("assignment", caller.actor(), act.at);
    match act.work.room().record(kind, &id).await {
        Ok(old) => drop(act.work.put_record(kind, &Record { body, editor, updated: at, ..old }).await?),
        Err(attesta_store::StoreError::NotFound { .. }) => {
            let new = Record {
                kind: kind.to_owned(),
                id,
                about,
                state: "open".to_owned(),
                owner: String::new(),
                due: String::new(),
                rev: 0,
                body,
                created: at,
                updated: at,
                editor,
            };
            act.work.add_record(&new).await?;
        }
        Err(error) => return Err(error.into()),
    }
    act.finish(StatusCode::OK, None, &sent.value).await
}

/// To whom the requirements of an assessment are assigned, by requirement.
pub(crate) async fn assignments(room: &mut Room, assessment: &str) -> Result<Assignments, Problem> {
    let first = room.ask(&first(assessment)).await?;
    all(room, assessment, first).await
}

/// The first of them: asked together with what else a page wants.
pub(crate) fn first(assessment: &str) -> Records<'static> {
    let sieve = RecordSieve { about: assessment.to_owned(), ..RecordSieve::default() };
    Records { kind: "assignment", sieve, page: attesta_store::Page::first(500) }
}

/// All of them, of which the first were read.
pub(crate) async fn all(room: &mut Room, assessment: &str, first: Vec<Record>) -> Result<Assignments, Problem> {
    let Records { kind, sieve, mut page } = self::first(assessment);
    let (mut found, mut records) = (Assignments::new(), first);
    loop {
        for record in &records {
            let Some((_, key)) = record.about.split_once('/') else { continue };
            let body: Assignment = serde_json::from_str(&record.body).map_err(Problem::internal)?;
            let accounts = body.accounts.iter().filter_map(|a| a.parse::<AccountId>().ok());
            found.entry(key.to_owned()).or_default().extend(accounts);
        }
        match records.last() {
            Some(last) if records.len() == 500 => page.after.clone_from(&last.id),
            _ => break,
        }
        records = room.records(kind, &sieve, &page).await?;
    }
    Ok(found)
}

/// Accounts by the requirement that is assigned to them.
pub(crate) type Assignments = std::collections::BTreeMap<String, BTreeSet<AccountId>>;

/// To whom a requirement is assigned.
pub(crate) async fn assigned(
    house: &House,
    caller: &Caller,
    assessment: &str,
    key: &RequirementKey,
) -> Result<BTreeSet<AccountId>, Problem> {
    let mut room = reading(house, caller, assessment).await?;
    let sieve = RecordSieve { about: format!("{assessment}/{key}"), ..RecordSieve::default() };
    let found = room.records("assignment", &sieve, &attesta_store::Page::first(5)).await?;
    let mut accounts = BTreeSet::new();
    for record in found {
        let body: Assignment = serde_json::from_str(&record.body).map_err(Problem::internal)?;
        accounts.extend(body.accounts.iter().filter_map(|a| a.parse::<AccountId>().ok()));
    }
    Ok(accounts)
}
