//! Brings each organisation's signed checkpoint out of the database every day: into a file that a backup, a mail or a
//! witness can take further. Whoever keeps an old one can prove that the log was only added to.

use std::{fs, io, path::Path, sync::Arc};

use attesta_access::{Action, ResourceKind, SystemActor};
use attesta_store::{Anchor, Job};

use super::{permit, told};
use crate::House;

pub(super) const KIND: &str = "checkpoint";

pub(super) async fn checkpoint(house: Arc<House>, job: Job) -> Result<String, String> {
    let permit = permit(&house, &job, SystemActor::LedgerKeeper, Action::Run, ResourceKind::Ledger)?;
    let mut work = house.store.work(&permit).await.map_err(|e| e.to_string())?;
    let log = work.room().log().await.map_err(|e| e.to_string())?;
    let last = work.room().anchors().await.map_err(|e| e.to_string())?.last().map(|anchor| anchor.size);
    // The leaf that tells of an anchor is no reason for another one.
    if log.size == 0 || last.is_some_and(|size| log.size <= size + 1) {
        return Ok("nothing is new since the last one".to_owned());
    }
    let folder = house.config.checkpoints.join(permit.tenant().to_string());
    let name = format!("{:012}.checkpoint", log.size);
    let text = log.checkpoint.clone();
    let written = tokio::task::spawn_blocking(move || write(&folder, &name, &text)).await;
    written.map_err(|e| e.to_string())?.map_err(|e| format!("the checkpoint cannot be written: {e}"))?;
    let at = house.clock.now();
    let anchor = Anchor { size: log.size, checkpoint: log.checkpoint, query: None, answer: None, at };
    work.put_anchor(&anchor).await.map_err(|e| e.to_string())?;
    let key = house.signer(&mut work).await.map_err(told)?;
    let committed = work.commit("system", at, &key).await.map_err(|e| e.to_string())?;
    house.tell(permit.tenant(), committed.size);
    Ok(format!("the checkpoint over {} leaves is in a file", anchor.size))
}

/// Whole or not at all, and durable.
fn write(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let half = folder.join(format!(".{name}.part"));
    fs::write(&half, text)?;
    fs::File::open(&half)?.sync_all()?;
    fs::rename(&half, folder.join(name))?;
    fs::File::open(folder)?.sync_all()
}
