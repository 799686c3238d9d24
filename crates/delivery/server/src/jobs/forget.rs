//! Forgets what nobody needs any more: answers to requests that could have come twice, jobs that were done, steps of signing in that nobody took.

use std::sync::Arc;

use attesta_access::{Action, ResourceKind, SystemActor};
use attesta_kernel::Timestamp;
use attesta_store::Job;
use jiff::SignedDuration;

use super::{schedule, told};
use crate::House;

pub(super) const KIND: &str = "forget";
/// A request is repeated within so long or not at all.
const REPLAYS: SignedDuration = SignedDuration::from_hours(48);
/// Jobs that were done are shown for so long.
const JOBS: SignedDuration = SignedDuration::from_hours(24 * 30);

pub(super) async fn forget(house: Arc<House>, _: Job) -> Result<String, String> {
    let before = |age| house.clock.now().checked_sub(age).unwrap_or(Timestamp::MIN);
    let mut replays = 0;
    for tenant in schedule::tenants(&house).await.map_err(|e| e.to_string())? {
        let permit = house.system(SystemActor::Scheduler, Action::Run, ResourceKind::Job, tenant).map_err(told)?;
        let mut work = house.store.work(&permit).await.map_err(|e| e.to_string())?;
        replays += work.forget_replays(before(REPLAYS)).await.map_err(|e| e.to_string())?;
        work.commit_quietly().await.map_err(|e| e.to_string())?;
    }
    let mut work = house.store.house_work().await.map_err(|e| e.to_string())?;
    let steps = work.forget_steps(house.clock.now()).await.map_err(|e| e.to_string())?;
    work.commit_quietly().await.map_err(|e| e.to_string())?;
    let jobs = house.store.forget_jobs(before(JOBS)).await.map_err(|e| e.to_string())?;
    Ok(format!("{replays} answers, {jobs} jobs and {steps} steps of signing in were forgotten"))
}
