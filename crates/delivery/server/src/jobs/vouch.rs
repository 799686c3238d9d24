//! Asks others about a checkpoint that left: a witness, who cosigns it when it continues what they saw (C2SP tlog-witness),
//! and a timestamp authority (RFC 3161). Both are the operator's choice; what they answer is verified before it is kept.

use std::sync::Arc;

use attesta_access::{Action, Permit, ResourceKind, SystemActor, TenantId};
use attesta_kernel::{Digest, Timestamp};
use attesta_ledger::{Note, SignedCheckpoint, VerifierKey, WitnessKey};
use attesta_store::{Anchor, Job, NewJob};
use attesta_timestamp::{Query, certificates, verify};
use serde::{Deserialize, Serialize};

use super::{checkpoint::out, fresh, permit, told};
use crate::{
    House, ids,
    post::{Target, ask},
};

pub(super) const KIND: &str = "vouch";
/// Attempts; the next checkpoint has its own.
const MOST: u32 = 10;

#[derive(Serialize, Deserialize)]
struct About {
    size: u64,
}

/// The job for a checkpoint, where there is anybody to ask.
pub(super) fn job(house: &House, tenant: TenantId, size: u64, at: Timestamp) -> Option<NewJob> {
    let asked = house.config.timestamp_authority.is_some() || house.config.witness.is_some();
    let body = serde_json::to_string(&About { size }).ok()?;
    let once = Some(format!("{KIND}/{tenant}/{size}"));
    asked.then(|| NewJob { once, ..fresh(Some(tenant), KIND, &body, MOST, at) })
}

pub(super) async fn vouch(house: Arc<House>, job: Job) -> Result<String, String> {
    let permit = permit(&house, &job, SystemActor::LedgerKeeper, Action::Run, ResourceKind::Ledger)?;
    let about: About = serde_json::from_str(&job.body).map_err(|e| e.to_string())?;
    let mut said = Vec::new();
    // Each is kept as soon as it came; what failed is asked again.
    let stamped = timestamped(&house, &permit, about.size).await;
    said.extend(stamped.clone().unwrap_or_default());
    let witnessed = witnessed(&house, &permit, about.size).await;
    said.extend(witnessed.clone().unwrap_or_default());
    stamped.and(witnessed)?;
    Ok(if said.is_empty() { "nobody had to be asked".to_owned() } else { said.join("; ") })
}

/// The anchor, the checkpoint in it, and the log's key.
async fn anchored(
    house: &House,
    permit: &Permit,
    size: u64,
) -> Result<(Anchor, SignedCheckpoint, VerifierKey), String> {
    let mut room = house.store.room(permit).await.map_err(|e| e.to_string())?;
    let anchors = room.anchors().await.map_err(|e| e.to_string())?;
    let anchor = anchors.into_iter().find(|anchor| anchor.size == size).ok_or("that checkpoint is not kept")?;
    let key = room.log().await.map_err(|e| e.to_string())?.vkey.parse().map_err(|_| "the log's key cannot be read")?;
    let mut keys = vec![key];
    // The log may have had another key when that checkpoint left.
    keys.extend(room.former_keys().await.map_err(|e| e.to_string())?);
    let opened = keys.into_iter().find_map(|key| {
        let signed = SignedCheckpoint::open(&anchor.checkpoint, &key).ok()?;
        Some((signed, key))
    });
    let (signed, key) = opened.ok_or("no key of the log signed that checkpoint")?;
    Ok((anchor, signed, key))
}

async fn keep(house: &House, permit: &Permit, anchor: &Anchor) -> Result<(), String> {
    let mut work = house.store.work(permit).await.map_err(|e| e.to_string())?;
    work.put_anchor(anchor).await.map_err(|e| e.to_string())?;
    house.commit(work, permit.tenant(), "system", house.clock.now()).await.map_err(told)
}

async fn timestamped(house: &House, permit: &Permit, size: u64) -> Result<Option<String>, String> {
    let Some(address) = &house.config.timestamp_authority else { return Ok(None) };
    let (anchor, signed, key) = anchored(house, permit, size).await?;
    if anchor.answer.is_some() {
        return Ok(None);
    }
    let roots =
        house.config.timestamp_roots.as_ref().ok_or("`timestamp-roots` is not set: nobody could verify the answer")?;
    let roots = tokio::fs::read_to_string(roots).await.map_err(|e| format!("`{}`: {e}", roots.display()))?;
    let roots = certificates(&roots).map_err(|e| format!("`timestamp-roots`: {e}"))?;
    let query = Query::new(Digest::of(signed.alone(&key).as_bytes()), ids::random());
    let (status, reply) = ask(&Target::read(address)?, "application/timestamp-query", &query.to_der()).await?;
    if status != 200 {
        return Err(format!("the timestamp authority answered {status}"));
    }
    let stamped = verify(&query, &reply, &roots, &roots).map_err(|e| format!("the timestamp authority: {e}"))?;
    out(house, permit.tenant(), size, "tsq", query.to_der()).await?;
    out(house, permit.tenant(), size, "tsr", reply.clone()).await?;
    keep(house, permit, &Anchor { query: Some(query.to_der()), answer: Some(reply), ..anchor }).await?;
    Ok(Some(format!("the timestamp authority saw {size} leaves at {}", stamped.at)))
}

async fn witnessed(house: &House, permit: &Permit, size: u64) -> Result<Option<String>, String> {
    let Some((address, key)) = &house.config.witness else { return Ok(None) };
    let key: WitnessKey = key.parse().map_err(|e| format!("`witness-key`: {e}"))?;
    let (anchor, _, _) = anchored(house, permit, size).await?;
    if cosigned(&anchor.checkpoint, &key) {
        return Ok(None);
    }
    let target = Target::read(&format!("{}/add-checkpoint", address.trim_end_matches('/')))?;
    let mut old = seen(house, permit, &key).await?;
    for last in [false, true] {
        let body = request(house, permit, old, &anchor).await?;
        let (status, answer) = ask(&target, "text/plain; charset=utf-8", body.as_bytes()).await?;
        let answer = String::from_utf8(answer).map_err(|_| "the witness's answer is no text")?;
        match status {
            200 => {
                let text = format!("{}{answer}", anchor.checkpoint);
                if !cosigned(&text, &key) {
                    return Err("what the witness answered is not its cosignature of this checkpoint".to_owned());
                }
                out(house, permit.tenant(), size, "cosigned", text.clone().into_bytes()).await?;
                keep(house, permit, &Anchor { checkpoint: text, ..anchor }).await?;
                return Ok(Some(format!("`{}` cosigned {size} leaves", key.name())));
            }
            // It saw another size than we thought, and says which.
            409 if !last => old = answer.trim().parse().map_err(|_| "the witness's answer names no size")?,
            status => return Err(format!("the witness answered {status}")),
        }
    }
    Err("the witness saw other checkpoints than this log's".to_owned())
}

/// What a witness is asked: from which size the log grew, the proof, and the checkpoint.
async fn request(house: &House, permit: &Permit, old: u64, anchor: &Anchor) -> Result<String, String> {
    if old > anchor.size {
        return Err(format!("the witness has seen {old} leaves already, more than this checkpoint covers"));
    }
    let mut body = format!("old {old}\n");
    if old > 0 {
        let mut room = house.store.room(permit).await.map_err(|e| e.to_string())?;
        let log = room.log().await.map_err(|e| e.to_string())?;
        for hash in room.consistency(&log, old, anchor.size).await.map_err(|e| e.to_string())? {
            body.push_str(&format!("{hash}\n"));
        }
    }
    body.push('\n');
    body.push_str(&anchor.checkpoint);
    Ok(body)
}

/// The largest size that the witness cosigned.
async fn seen(house: &House, permit: &Permit, key: &WitnessKey) -> Result<u64, String> {
    let mut room = house.store.room(permit).await.map_err(|e| e.to_string())?;
    let anchors = room.anchors().await.map_err(|e| e.to_string())?;
    Ok(anchors.iter().rev().find(|anchor| cosigned(&anchor.checkpoint, key)).map_or(0, |anchor| anchor.size))
}

fn cosigned(checkpoint: &str, key: &WitnessKey) -> bool {
    Note::parse(checkpoint).is_ok_and(|note| matches!(key.cosignature(&note), Ok(Some(_))))
}
