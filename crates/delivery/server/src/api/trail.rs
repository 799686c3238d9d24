//! What happened, and its proof: the audit trail is the ledger.

use std::sync::Arc;

use attesta_access::{Action, Circumstance, Permit, Reach, ResourceKind, authorise};
use attesta_kernel::Timestamp;
use attesta_ledger::{TileId, TileLevel};
use attesta_store::{LeafRow, LeafSieve};
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
    caller::Caller,
    page::Listed,
    problem::{Body, Problem},
    sent::{Asked, Named},
    within,
};

/// Which events, newest first.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Sieve {
    /// About this.
    #[serde(default)]
    subject: String,
    /// By this actor.
    #[serde(default)]
    actor: String,
    /// Of a kind that begins so, such as `evidence.`.
    #[serde(default)]
    kind: String,
    /// Only those with a smaller number: the `next` of the page before.
    #[serde(default)]
    below: Option<u64>,
    /// At most so many: 1 to 500, 50 when nothing is said.
    #[serde(default)]
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Event {
    /// The number of its leaf.
    index: u64,
    /// What.
    kind: String,
    /// To what.
    subject: String,
    /// By whom.
    actor: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The record: what was said of it, and from where it came.
    #[schema(value_type = Object)]
    record: serde_json::Value,
}

/// The organisation's log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Log {
    /// Its name.
    origin: String,
    /// How many leaves.
    size: u64,
    /// The signed checkpoint (C2SP tlog-checkpoint).
    checkpoint: String,
    /// The key that verifies it. Whoever verifies takes it from elsewhere too.
    key: String,
    /// Keys that signed it before, newest first: older checkpoints verify with them, and the trail tells of each change.
    former_keys: Vec<String>,
}

impl Event {
    pub(crate) fn of(row: LeafRow) -> Self {
        let record = serde_json::from_str(&row.record).unwrap_or(serde_json::Value::Null);
        Self { index: row.index, kind: row.kind, subject: row.subject, actor: row.actor, at: row.at, record }
    }
}

fn reads(house: &House, caller: &Caller, resource: ResourceKind) -> Result<Permit, Problem> {
    let circumstance = Circumstance::within(caller.tenant());
    Ok(authorise(&caller.principal, Action::Read, resource, &circumstance, house.clock.now())?)
}

/// The audit trail, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/trail",
    tag = "ledger",
    params(("org" = String, Path, description = "The organisation's id"), Sieve),
    responses((status = 200, body = Listed<Event>), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(sieve): Asked<Sieve>,
) -> Result<Response, Problem> {
    let permit = reads(&house, &caller, ResourceKind::AuditTrail)?;
    let limit = sieve.limit.unwrap_or(50).clamp(1, 500);
    let wanted = LeafSieve { subject: sieve.subject, actor: sieve.actor, kind: sieve.kind };
    let below = sieve.below.unwrap_or(u64::MAX);
    let mut room = house.store.room(&permit).await?;
    let found = room.trail(&wanted, below, limit).await?;
    let full = found.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    let next = if full { found.last().map(|row| row.index.to_string()) } else { None };
    let seen = within::reached(&permit, &mut room, found).await?;
    Ok(Json(Listed { items: seen.into_iter().map(Event::of).collect(), next }).into_response())
}

/// The log's head.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/log",
    tag = "ledger",
    params(("org" = String, Path, description = "The organisation's id")),
    responses((status = 200, body = Log), (status = "4XX", body = Body))
)]
pub(crate) async fn log(State(house): State<Arc<House>>, caller: Caller) -> Result<Response, Problem> {
    let permit = reads(&house, &caller, ResourceKind::Ledger)?;
    let mut room = house.store.room(&permit).await?;
    let log = room.log().await?;
    let former_keys = room.former_keys().await?.iter().map(ToString::to_string).collect();
    let shown = Log { origin: log.origin, size: log.size, checkpoint: log.checkpoint, key: log.vkey, former_keys };
    Ok(Json(shown).into_response())
}

/// A file of the log in the C2SP tlog-tiles layout: `checkpoint`, `tile/0/000`, `tile/entries/000.p/12`.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/log/{*file}",
    tag = "ledger",
    params(("org" = String, Path, description = "The organisation's id"), ("file" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = "4XX", body = Body))
)]
pub(crate) async fn tile(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, file)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let permit = reads(&house, &caller, ResourceKind::Ledger)?;
    let mut room = house.store.room(&permit).await?;
    if file == "checkpoint" {
        let text = room.log().await?.checkpoint;
        return Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response());
    }
    let id = tile_id(&file).ok_or_else(|| Problem::not_found("the log has no such file"))?;
    // Hashes say nothing; entries name what happened everywhere.
    if id.level == TileLevel::Entries && *permit.reach() != Reach::All {
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", "entries of the log are of every assessment")
            .help("read what happened in yours with `changes`; proofs and hashes of the log are yours too"));
    }
    let bytes = room.tile(id).await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}

/// Reads a tile's path; [`TileId::path`] writes it, so that each has one form.
fn tile_id(path: &str) -> Option<TileId> {
    let rest = path.strip_prefix("tile/")?;
    let (level, rest) = rest.split_once('/')?;
    let level = match level {
        "entries" => TileLevel::Entries,
        level => TileLevel::Hashes(level.parse().ok().filter(|l| *l < 8)?),
    };
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, width.parse().ok()?),
        None => (rest, 256),
    };
    let index = index.split('/').try_fold(0_u64, |sum, part| {
        let digits = part.strip_prefix('x').unwrap_or(part);
        sum.checked_mul(1000)?.checked_add(digits.parse().ok()?)
    })?;
    let id = TileId { level, index, width };
    (id.path() == path && width > 0).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_form() {
        for id in [
            TileId { level: TileLevel::Hashes(0), index: 1_234_067, width: 256 },
            TileId { level: TileLevel::Entries, index: 0, width: 3 },
        ] {
            assert_eq!(tile_id(&id.path()), Some(id));
        }
        for bad in ["", "tile/0", "tile/0/0", "tile/0/000.p/256", "tile/0/000.p/0", "tile/9/000", "tile/x/000", "../a"]
        {
            assert_eq!(tile_id(bad), None, "{bad}");
        }
    }
}
