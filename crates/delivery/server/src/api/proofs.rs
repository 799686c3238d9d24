//! Proofs that somebody verifies offline: that evidence was logged, and that the log only grew.

use std::sync::Arc;

use attesta_access::{Action, Circumstance, ResourceKind, authorise};
use attesta_ledger::{Opening, TlogProof};
use attesta_store::{Entry, EntryAbout, Log, LogHead, OneEvidence, Room, StoreError};
use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    House,
    api::{described, evidence},
    caller::Caller,
    problem::{Body, Problem},
    sent::{Asked, Named},
};

/// What an assessor gets beside the file: `attesta verify FILE item.tlog-proof --key KEY` needs nothing else.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Proof {
    /// The file `item.tlog-proof` (C2SP tlog-proof), with leaf and salt in its extra line.
    proof: String,
    /// The file `leaf`: what was logged.
    leaf: String,
    /// The file `key.vkey`. Whoever verifies takes the key from elsewhere too.
    key: String,
    /// The number of the leaf.
    index: u64,
    /// How many leaves the checkpoint covers.
    size: u64,
}

/// Two sizes of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Sizes {
    /// The smaller.
    old: u64,
    /// The larger; the newest when nothing is said.
    #[serde(default)]
    new: Option<u64>,
}

/// That the log of `old` leaves is the beginning of the log of `new` (RFC 6962, 2.1.2).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Consistency {
    /// The smaller size.
    old: u64,
    /// The larger size.
    new: u64,
    /// The hashes, in base64.
    hashes: Vec<String>,
    /// The newest checkpoint.
    checkpoint: String,
}

pub(crate) async fn proved(house: &House, caller: &Caller, evidence: &str) -> Result<Proof, Problem> {
    let sight = evidence::reads(house, caller, Action::Verify)?;
    let mut room = house.store.room(&sight.permit).await?;
    let id = described::id(evidence)?;
    let asks = (OneEvidence { id }, EntryAbout { subject: evidence, kind: "evidence.added" }, LogHead);
    let (row, entry, log) = room.ask(&asks).await?;
    let missing = |what| StoreError::NotFound { what, id: id.to_string() };
    let (row, entry) = row.zip(entry).ok_or_else(|| missing("evidence"))?;
    let log = log.ok_or_else(|| missing("log with"))?;
    if !sight.sees(&row, entry.leaf.actor.as_str()) {
        return Err(missing("evidence").into());
    }
    of(&mut room, entry, &log).await
}

/// The proof of evidence that somebody may verify.
async fn of(room: &mut Room, entry: Entry, log: &Log) -> Result<Proof, Problem> {
    let salt = entry.content_salt.clone().ok_or_else(|| Problem::internal("a leaf of evidence has no content"))?;
    let (hashes, signed) = room.inclusion(log, &entry).await?;
    let leaf = String::from_utf8(entry.bytes.clone()).map_err(Problem::internal)?;
    let opening = Opening { leaf: entry.bytes, salt };
    let (index, size) = (entry.index, signed.checkpoint.size);
    let proof = TlogProof { extra: Some(opening.to_bytes()), index, hashes, checkpoint: signed.to_string() };
    Ok(Proof { proof: proof.to_string(), leaf, key: format!("{}\n", log.vkey), index, size })
}

/// The proof that a piece of evidence was logged.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/evidence/{evidence}/proof",
    tag = "evidence",
    params(("org" = String, Path, description = "The organisation's id"), ("evidence" = String, Path)),
    responses((status = 200, body = Proof), (status = "4XX", body = Body))
)]
pub(crate) async fn proof(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, evidence)): Named<(String, String)>,
) -> Result<Response, Problem> {
    Ok(Json(proved(&house, &caller, &evidence).await?).into_response())
}

/// One file of the proof: `item.tlog-proof`, `leaf` or `key.vkey`.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/evidence/{evidence}/proof/{file}",
    tag = "evidence",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("evidence" = String, Path),
        ("file" = String, Path),
    ),
    responses((status = 200, content_type = "text/plain", body = String), (status = "4XX", body = Body))
)]
pub(crate) async fn proof_file(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, evidence, file)): Named<(String, String, String)>,
) -> Result<Response, Problem> {
    let proof = proved(&house, &caller, &evidence).await?;
    let text = match file.as_str() {
        "item.tlog-proof" => proof.proof,
        "leaf" => proof.leaf,
        "key.vkey" => proof.key,
        _ => return Err(Problem::not_found("a proof has the files item.tlog-proof, leaf and key.vkey")),
    };
    let attached = format!("attachment; filename=\"{file}\"");
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CONTENT_DISPOSITION, &attached)];
    Ok((headers, text).into_response())
}

/// The proof that the log only grew from one size to another.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/consistency",
    tag = "ledger",
    params(("org" = String, Path, description = "The organisation's id"), Sizes),
    responses((status = 200, body = Consistency), (status = "4XX", body = Body))
)]
pub(crate) async fn consistency(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(sizes): Asked<Sizes>,
) -> Result<Response, Problem> {
    let within = Circumstance::within(caller.tenant());
    let permit = authorise(&caller.principal, Action::Verify, ResourceKind::Ledger, &within, house.clock.now())?;
    let mut room = house.store.room(&permit).await?;
    let log = room.log().await?;
    let new = sizes.new.unwrap_or(log.size);
    if sizes.old == 0 || sizes.old > new || new > log.size {
        return Err(Problem::bad(format!("`old` and `new` must be sizes of the log: 1 to {}, old first", log.size)));
    }
    let hashes = room.consistency(&log, sizes.old, new).await?.iter().map(ToString::to_string).collect();
    Ok(Json(Consistency { old: sizes.old, new, hashes, checkpoint: log.checkpoint }).into_response())
}
