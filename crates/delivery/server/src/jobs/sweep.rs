//! Removes what uploads left behind: those that nobody finished, finished ones that never became evidence, and bytes that a
//! server put in their place and died before it could note them.

use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{Action, ResourceKind, SystemActor, TenantId};
use attesta_kernel::{Digest, Timestamp};
use attesta_store::{Job, StoreError};
use futures_util::TryStreamExt as _;
use jiff::SignedDuration;

use super::{schedule, told};
use crate::{House, api::drop_bytes};

pub(super) const KIND: &str = "sweep";
/// An upload that stood still for so long is abandoned; whoever sends it later begins again.
const STILL: SignedDuration = SignedDuration::from_hours(24 * 7);

pub(super) async fn sweep(house: Arc<House>, _: Job) -> Result<String, String> {
    let before = house.clock.now().checked_sub(STILL).unwrap_or(Timestamp::MIN);
    let swept = house.blobs.sweep(before).await.map_err(|e| e.to_string())?;
    let mut bytes = 0;
    for tenant in schedule::tenants(&house).await.map_err(|e| e.to_string())? {
        bytes += unnamed(&house, tenant, before).await? + unknown(&house, tenant, before).await?;
    }
    Ok(format!(
        "{} uploads, {} leftovers and {bytes} blobs that nothing names were removed",
        swept.uploads, swept.leftovers
    ))
}

/// Forgets bytes that no evidence names, and removes them.
async fn unnamed(house: &House, tenant: TenantId, before: Timestamp) -> Result<u64, String> {
    // What no evidence names is none, so nothing of retention is asked.
    let permit = house.system(SystemActor::Scheduler, Action::Run, ResourceKind::Job, tenant).map_err(told)?;
    let place = house.blobs.of(&tenant.to_string()).map_err(|e| e.to_string())?;
    let mut room = house.store.room(&permit).await.map_err(|e| e.to_string())?;
    let found = room.unnamed_blobs(before).await.map_err(|e| e.to_string())?;
    drop(room);
    let mut removed = 0;
    for blob in found {
        let mut work = house.store.work(&permit).await.map_err(|e| e.to_string())?;
        // Nobody names them while we look; when somebody did before, they stay.
        work.alone().await.map_err(|e| e.to_string())?;
        match work.forget_blob(&blob.digest).await {
            Ok(()) => {}
            Err(StoreError::NotFound { .. }) => continue,
            Err(error) => return Err(error.to_string()),
        }
        work.commit_quietly().await.map_err(|e| e.to_string())?;
        let digest: Digest = blob.digest.parse().map_err(|_| format!("`{}` is no digest", blob.digest))?;
        drop_bytes(house, &permit, &place, &digest).await.map_err(told)?;
        removed += 1;
    }
    Ok(removed)
}

/// So many digests are read from the database at once.
const AT_ONCE: u32 = 1_000;

/// Removes old bytes that the database does not know.
async fn unknown(house: &House, tenant: TenantId, before: Timestamp) -> Result<u64, String> {
    let permit = house.system(SystemActor::Scheduler, Action::Run, ResourceKind::Job, tenant).map_err(told)?;
    let place = house.blobs.of(&tenant.to_string()).map_err(|e| e.to_string())?;
    let (mut known, mut after) = (BTreeSet::new(), String::new());
    loop {
        let mut room = house.store.room(&permit).await.map_err(|e| e.to_string())?;
        let some = room.blobs(&after, AT_ONCE).await.map_err(|e| e.to_string())?;
        let Some(last) = some.last() else { break };
        after.clone_from(&last.digest);
        known.extend(some.into_iter().map(|blob| blob.digest));
    }
    let old: Vec<(Digest, u64)> = place.kept_before(before).try_collect().await.map_err(|e| e.to_string())?;
    let mut removed = 0;
    for (digest, _) in old.iter().filter(|(digest, _)| !known.contains(&digest.to_string())) {
        // Looks again, alone: somebody may have sent the same bytes meanwhile.
        drop_bytes(house, &permit, &place, digest).await.map_err(told)?;
        removed += 1;
    }
    Ok(removed)
}
