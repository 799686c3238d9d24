//! What the last runs of an organisation's sources say policy by policy, for HIPAA's two scores.

use std::{collections::BTreeMap, sync::Arc};

use attesta_access::{Action, Circumstance, ResourceKind, authorise};
use attesta_evaluation::Counts;
use attesta_hipaa::{Sight, Source, Watch};
use attesta_kernel::{Digest, PolicyId, Timestamp};
use attesta_posture::{Tally, day_of};
use attesta_watch::WatchError;

use super::{Shown, Stand, Standing, asks, broken, stood};
use crate::{House, caller::Caller, deed, desks::Seen, house::lock, problem::Problem};

/// So many runs are remembered by what they said; each is small.
const REMEMBERED: usize = 2_000;

/// What a visitor may know of the infrastructure.
#[derive(Debug, Clone)]
pub(crate) enum Looked {
    /// No source is watched.
    NoSources,
    /// The visitor may not read what sources show.
    Hidden,
    /// What they show.
    Watch(Arc<Watch>),
}

impl Looked {
    /// The same for a report.
    pub(crate) fn infrastructure<'a>(
        &'a self,
        judge: &'a attesta_watch::Judge,
    ) -> attesta_desk::hipaa::Infrastructure<'a> {
        use attesta_desk::hipaa::Infrastructure;
        match self {
            Self::NoSources => Infrastructure::NotChecked,
            Self::Hidden => Infrastructure::Hidden,
            Self::Watch(watch) => Infrastructure::Watched(watch, judge.policies()),
        }
    }
}

/// An assessment, opened, and what the organisation's sources show now: one statement, and files. Nothing is asked of
/// sources for who may not read findings.
pub(crate) async fn looked(
    house: &Arc<House>,
    caller: &Caller,
    assessment: &str,
    resource: ResourceKind,
) -> Result<(Seen, Looked), Problem> {
    let (inside, now) = (Circumstance::within(caller.tenant()), house.clock.now());
    let may = authorise(&caller.principal, Action::Read, ResourceKind::Finding, &inside, now).is_ok();
    let also = may.then(|| asks("", now));
    let (mut room, seen, answered) = deed::look_with(house, caller, assessment, resource, also).await?;
    let Some(answered) = answered else { return Ok((seen, Looked::Hidden)) };
    let stands = stood(house, &mut room, caller.tenant(), "", answered, now).await?;
    drop(room);
    let house = Arc::clone(house);
    let worked = tokio::task::spawn_blocking(move || watch(&house, &stands, now).map_err(broken));
    Ok((seen, worked.await.map_err(Problem::internal)??))
}

/// The same of sources whose standing is known. It works on files.
pub(crate) fn watch(house: &House, stands: &[Stand], now: Timestamp) -> Result<Looked, WatchError> {
    if stands.is_empty() {
        return Ok(Looked::NoSources);
    }
    let judge = house.judge()?;
    let sources = stands.iter().map(|stand| source(house, stand, now)).collect::<Result<Vec<_>, _>>()?;
    Ok(Looked::Watch(Arc::new(Watch::of(judge.catalog(), judge.policies(), sources))))
}

fn source(house: &House, stand: &Stand, now: Timestamp) -> Result<Source, WatchError> {
    let sight = match stand.standing {
        Standing::Fresh if stand.complete => Sight::Whole,
        Standing::Fresh => Sight::Partial,
        Standing::Stale => Sight::Stale,
        // What was never seen and is lost has nothing to go by.
        Standing::Lost if stand.point.is_none() => Sight::Never,
        Standing::Lost => Sight::Lost,
        Standing::Never => Sight::Never,
    };
    let mut policies = said(house, stand)?.map_or_else(BTreeMap::new, |said| (*said).clone());
    // A violation that the last run does not show though nothing says that it is over: nobody knows.
    if let Some(followed) = &stand.followed {
        for (_, _, policy) in followed.hidden(&stand.shelf.judge, now) {
            let counts = policies.entry(policy.id.clone()).or_default();
            counts.unknowns = counts.unknowns.saturating_add(1);
        }
    }
    let why = match (&stand.lost, stand.not_seen.first()) {
        (Some((_, why)), _) => why.clone(),
        (None, Some(first)) => first.clone(),
        (None, None) => String::new(),
    };
    Ok(Source {
        id: stand.id.clone(),
        name: stand.source.name.clone(),
        sight,
        run: stand.point.as_ref().map(|point| (point.run.to_string(), day_of(point.at))),
        why,
        policies,
    })
}

/// What its last run said, policy by policy. A run is judged once for the same waivers.
fn said(house: &House, stand: &Stand) -> Result<Option<Shown>, WatchError> {
    let Some(run) = stand.run() else { return Ok(None) };
    let waived: Vec<String> = stand.waivers.iter().map(|w| format!("{w:?}")).collect();
    let key = (stand.shelf.root.clone(), run, Digest::of_parts(waived.iter().map(String::as_bytes)));
    if let Some(said) = lock(&house.watching.shown).get(&key) {
        return Ok(Some(Arc::clone(said)));
    }
    let Some(view) = stand.view(house)? else { return Ok(None) };
    let counted = |(policy, tally): (&String, &Tally)| Some((policy.parse::<PolicyId>().ok()?, counts(tally)));
    let said: Shown = Arc::new(view.policies.iter().filter_map(counted).collect());
    let mut remembered = lock(&house.watching.shown);
    if remembered.len() >= REMEMBERED {
        remembered.clear();
    }
    remembered.insert(key, Arc::clone(&said));
    Ok(Some(said))
}

fn counts(tally: &Tally) -> Counts {
    let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    Counts {
        passes: small(tally.pass),
        fails: small(tally.fail),
        waived: small(tally.waived),
        unknowns: small(tally.unknown.saturating_add(tally.errored)),
    }
}
