//! What is done every day or so. A job of a schedule is made once for each period, whichever server comes first.

use std::collections::BTreeSet;

use attesta_access::TenantId;
use attesta_store::{NewJob, Page};

use super::{checkpoint, forget, fresh, look, notices, sweep};
use crate::{House, ServeError};

/// Kind, seconds between, and whether there is one for each organisation.
const SCHEDULES: &[(&str, i64, bool)] = &[
    (forget::KIND, 86_400, false),
    (sweep::KIND, 86_400, false),
    (checkpoint::KIND, 86_400, true),
    (notices::DUE, 86_400, true),
    (look::MEND, 3_600, true),
    (notices::DIGESTS, 3_600, false),
];
/// Attempts of a scheduled job; the next period has its own.
const MOST: u32 = 8;
/// Words that are remembered; when there are more, the database is asked again.
const REMEMBERED: usize = 20_000;

/// Puts what is due in this period into the queue. `made` remembers what was put, so that nothing is asked twice.
pub(super) async fn make(house: &House, made: &mut BTreeSet<String>) -> Result<(), ServeError> {
    let now = house.clock.now();
    // Organisations are looked for once a minute: a new one can wait that long for its daily jobs.
    if !made.insert(format!("looked/{}", now.as_second() / 60)) {
        return Ok(());
    }
    if made.len() > REMEMBERED {
        made.clear();
    }
    let tenants = tenants(house).await?;
    let mut due = Vec::new();
    let mails = |kind: &str| [notices::DUE, notices::DIGESTS].contains(&kind);
    for (kind, every, each) in SCHEDULES.iter().filter(|(kind, ..)| house.mailer.is_some() || !mails(kind)) {
        let period = now.as_second() / every;
        let whose: Vec<Option<TenantId>> = if *each { tenants.iter().copied().map(Some).collect() } else { vec![None] };
        for tenant in whose {
            let of = tenant.map_or_else(|| "house".to_owned(), |t| t.to_string());
            let once = format!("{kind}/{of}/{period}");
            if !made.contains(&once) {
                due.push(NewJob { once: Some(once), ..fresh(tenant, kind, "{}", MOST, now) });
            }
        }
    }
    if due.is_empty() {
        return Ok(());
    }
    let mut work = house.store.house_work().await?;
    for job in &due {
        work.add_job(job, now).await?;
    }
    work.commit_quietly().await?;
    made.extend(due.into_iter().filter_map(|job| job.once));
    Ok(())
}

/// Every organisation.
pub(super) async fn tenants(house: &House) -> Result<Vec<TenantId>, ServeError> {
    let (mut found, mut page) = (Vec::new(), Page::first(500));
    loop {
        let some = house.store.tenants(&page).await?;
        // The instance's own is no organisation.
        found.extend(some.iter().filter_map(|tenant| tenant.id.parse::<TenantId>().ok()));
        match some.last() {
            Some(last) if some.len() == 500 => page.after.clone_from(&last.id),
            _ => return Ok(found),
        }
    }
}
