//! Webhooks: what an organisation's log tells, brought to those who asked for it.
//!
//! Whoever commits a change puts `tell` into the queue in the same transaction, so that nothing is forgotten; `tell` puts
//! one `webhook` for each receiver and leaf, once; and that one posts, signed, until it was taken.

use std::sync::Arc;

use attesta_access::{Action, ResourceKind, SystemActor, TenantId};
use attesta_identity::Sealed;
use attesta_kernel::Timestamp;
use attesta_notify::{Key, SIGNATURE, sign};
use attesta_store::{Job, NewJob, Page, Record, RecordSieve, Room, StoreError, Work};
use serde::{Deserialize, Serialize};

use super::{fresh, permit};
use crate::{
    House,
    post::{Target, post},
};

/// The word for a receiver in the store.
pub(crate) const RECORD: &str = "webhook";
/// Looks which leaves are to be told to whom.
pub(crate) const TELL: &str = "webhooks";
/// Posts one of them.
pub(crate) const POST: &str = "webhook";
/// Attempts: the last is most of a day after the first.
const MOST: u32 = 14;
/// Leaves of one look.
const LEAVES: u32 = 500;
/// Receivers of an organisation at most.
pub(crate) const RECEIVERS: u32 = 50;

/// What is kept of a receiver.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Hook {
    /// Where it is.
    pub(crate) url: String,
    /// Kinds of leaves begin so; none is all.
    pub(crate) events: Vec<String>,
    /// The signing secret, sealed.
    pub(crate) secret: String,
    /// Who made it.
    pub(crate) maker: String,
}

/// What one delivery is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Delivery {
    /// To whom.
    pub(crate) webhook: String,
    /// Which leaf; none is a test.
    pub(crate) leaf: Option<u64>,
    /// What happened.
    pub(crate) event: String,
}

#[derive(Serialize, Deserialize)]
struct From {
    from: u64,
}

/// What is posted: which leaf, never its content.
#[derive(Serialize)]
struct Told<'a> {
    id: &'a str,
    organisation: String,
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    leaf: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    at: Timestamp,
}

/// For what a receiver's secret is sealed.
pub(crate) fn context(id: &str) -> String {
    format!("webhook:{id}")
}

/// Receivers that are not paused.
async fn active(room: &mut Room) -> Result<Vec<Record>, StoreError> {
    let sieve = RecordSieve { state: "active".to_owned(), ..RecordSieve::default() };
    room.records(RECORD, &sieve, &Page::first(RECEIVERS)).await
}

/// Before a change is committed: asks for its leaves to be told, where somebody wants to know.
pub(crate) async fn before_commit(work: &mut Work, tenant: TenantId, at: Timestamp) -> Result<(), StoreError> {
    super::notices::before_commit(work, tenant, at).await?;
    if active(work.room()).await?.is_empty() {
        return Ok(());
    }
    // From here on nobody else's leaves come between.
    work.alone().await?;
    let from = work.room().log().await?.size;
    let job = fresh(Some(tenant), TELL, &format!("{{\"from\":{from}}}"), MOST, at);
    work.add_job(&job, at).await.map(drop)
}

pub(super) async fn tell(house: Arc<House>, job: Job) -> Result<String, String> {
    let permit = permit(&house, &job, SystemActor::Notifier, Action::Run, ResourceKind::Webhook)?;
    let from: From = serde_json::from_str(&job.body).map_err(|e| e.to_string())?;
    let now = house.clock.now();
    let mut work = house.store.work(&permit).await.map_err(|e| e.to_string())?;
    let hooks = active(work.room()).await.map_err(|e| e.to_string())?;
    let leaves = work.room().leaves(from.from, LEAVES).await.map_err(|e| e.to_string())?;
    let mut new = 0_u32;
    for hook in &hooks {
        let body: Hook = serde_json::from_str(&hook.body).map_err(|e| e.to_string())?;
        for leaf in &leaves {
            let wanted = body.events.is_empty() || body.events.iter().any(|e| leaf.kind.starts_with(e.as_str()));
            // What happened before somebody asked to be told is not told. A leaf's time is whole seconds.
            if !wanted || leaf.at.as_second() < hook.created.as_second() {
                continue;
            }
            let delivery = Delivery { webhook: hook.id.clone(), leaf: Some(leaf.index), event: leaf.kind.clone() };
            let body = serde_json::to_string(&delivery).map_err(|e| e.to_string())?;
            let once = Some(format!("webhook/{}/{}", hook.id, leaf.index));
            let job = NewJob { once, ..fresh(Some(permit.tenant()), POST, &body, MOST, now) };
            new += u32::from(work.add_job(&job, now).await.map_err(|e| e.to_string())?);
        }
    }
    work.commit_quietly().await.map_err(|e| e.to_string())?;
    Ok(format!("{new} deliveries were put into the queue"))
}

pub(super) async fn deliver(house: Arc<House>, job: Job) -> Result<String, String> {
    let permit = permit(&house, &job, SystemActor::Notifier, Action::Run, ResourceKind::Webhook)?;
    let delivery: Delivery = serde_json::from_str(&job.body).map_err(|e| e.to_string())?;
    let mut room = house.store.room(&permit).await.map_err(|e| e.to_string())?;
    let hook = match room.record(RECORD, &delivery.webhook).await {
        Ok(hook) if hook.state == "active" || delivery.leaf.is_none() => hook,
        Ok(_) => return Ok("it is paused; nothing was sent".to_owned()),
        Err(StoreError::NotFound { .. }) => return Ok("it was removed; nothing was sent".to_owned()),
        Err(error) => return Err(error.to_string()),
    };
    let leaf = match delivery.leaf {
        Some(index) => room.leaves(index, 1).await.map_err(|e| e.to_string())?.into_iter().next(),
        None => None,
    };
    drop(room);
    let body: Hook = serde_json::from_str(&hook.body).map_err(|e| e.to_string())?;
    let sealed: Sealed = body.secret.parse().map_err(|_| "its secret cannot be read".to_owned())?;
    let opened = house.keyring.unseal(&context(&hook.id), &sealed).map_err(|e| e.to_string())?;
    let key = Key::new(&String::from_utf8_lossy(&opened)).map_err(|e| e.to_string())?;
    let now = house.clock.now();
    let told = Told {
        id: &job.id,
        organisation: permit.tenant().to_string(),
        event: &delivery.event,
        leaf: delivery.leaf,
        subject: leaf.as_ref().map(|leaf| leaf.subject.clone()),
        actor: leaf.as_ref().map(|leaf| leaf.actor.clone()),
        at: leaf.as_ref().map_or(now, |leaf| leaf.at),
    };
    let bytes = serde_json::to_vec(&told).map_err(|e| e.to_string())?;
    let signature = sign(&key, now, &bytes);
    let headers = [("Attesta-Message", job.id.as_str()), (SIGNATURE, signature.as_str())];
    let target = Target::read(&body.url)?;
    match post(&target, &headers, &bytes, house.config.private_targets).await? {
        status @ 200..300 => Ok(format!("the receiver answered {status}")),
        status => Err(format!("the receiver answered {status}")),
    }
}
