//! Brings each organisation's signed checkpoint out of the database every day: into a file that a backup, a mail or a
//! witness can take further. Whoever keeps an old one can prove that the log was only added to.

use std::{fs, io, path::Path, sync::Arc};

use attesta_access::{Action, ResourceKind, SystemActor, TenantId};
use attesta_store::{Anchor, Job};

use super::{permit, told, vouch};
use crate::House;

pub(super) const KIND: &str = "checkpoint";
/// What the log tells of a checkpoint that left, and of what came back for it.
const ANCHORED: &str = "checkpoint.anchored";
/// More leaves than anchors alone make in any day.
const SINCE: u32 = 50;

pub(super) async fn checkpoint(house: Arc<House>, job: Job) -> Result<String, String> {
    let permit = permit(&house, &job, SystemActor::LedgerKeeper, Action::Run, ResourceKind::Ledger)?;
    let mut work = house.store.work(&permit).await.map_err(|e| e.to_string())?;
    let log = work.room().log().await.map_err(|e| e.to_string())?;
    let last = work.room().anchors().await.map_err(|e| e.to_string())?.last().map_or(0, |anchor| anchor.size);
    // Leaves that tell of an anchor are no reason for another one.
    let since = work.room().leaves(last, SINCE).await.map_err(|e| e.to_string())?;
    if since.iter().all(|leaf| leaf.kind == ANCHORED) {
        return Ok("nothing is new since the last one".to_owned());
    }
    out(&house, permit.tenant(), log.size, "checkpoint", log.checkpoint.clone().into_bytes()).await?;
    let at = house.clock.now();
    let anchor = Anchor { size: log.size, checkpoint: log.checkpoint, query: None, answer: None, at };
    work.put_anchor(&anchor).await.map_err(|e| e.to_string())?;
    super::notices::checkpoint(&house, &mut work, permit.tenant(), &anchor).await?;
    if let Some(job) = vouch::job(&house, permit.tenant(), anchor.size, at) {
        work.add_job(&job, at).await.map_err(|e| e.to_string())?;
    }
    house.commit(work, permit.tenant(), "system", at).await.map_err(told)?;
    Ok(format!("the checkpoint over {} leaves is in a file", anchor.size))
}

/// Puts something about a checkpoint into the folder from which others take it.
pub(super) async fn out(house: &House, tenant: TenantId, size: u64, end: &str, bytes: Vec<u8>) -> Result<(), String> {
    let folder = house.config.checkpoints.join(tenant.to_string());
    let name = format!("{size:012}.{end}");
    let written = tokio::task::spawn_blocking(move || write(&folder, &name, &bytes)).await;
    written.map_err(|e| e.to_string())?.map_err(|e| format!("the checkpoint cannot be written: {e}"))
}

/// Whole or not at all, and durable.
fn write(folder: &Path, name: &str, text: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let half = folder.join(format!(".{name}.part"));
    fs::write(&half, text)?;
    fs::File::open(&half)?.sync_all()?;
    fs::rename(&half, folder.join(name))?;
    fs::File::open(folder)?.sync_all()
}
