//! A provider's inbox: what others ask to inherit, and its approver's answers.

use std::sync::Arc;

use attesta_access::{Action, Circumstance, ResourceKind, authorise};
use attesta_pages::{
    page as framed,
    rooms::inbox::{self as pages, Inbox, Incoming, Wanted},
};
use attesta_store::{Page as Part, Record, RecordSieve};
use axum::{extract::State, response::Html};

use super::{
    Guest, Page, frame,
    keeping::After,
    rest::{self, Cut},
};
use crate::{
    House,
    api::inbox::{KIND, Kept},
    problem::Problem,
    sent::Asked,
};

/// So many are shown.
const SHOWN: u32 = 200;

/// The page.
pub(crate) async fn page(State(house): State<Arc<House>>, guest: Guest, Asked(begin): Asked<After>) -> Page {
    let tenant = guest.caller.tenant();
    let circumstance = Circumstance { addressed_to: Some(tenant), ..Circumstance::within(tenant) };
    let now = house.clock.now();
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::InheritanceInbox, &circumstance, now)?;
    let (sieve, part) = (RecordSieve::default(), Part { after: begin.after, limit: SHOWN });
    let mut room = house.store.room(&permit).await?;
    let records = room.records(KIND, &sieve, &part).await?;
    let cut = Cut::of(&part, records.len());
    let of = rest::records(&mut room, &permit, &cut, (KIND, &sieve)).await?;
    drop(room);
    let last = records.last().map_or(String::new(), |record| record.id.clone());
    let rest = cut.rest(of, &format!("/o/{}/inbox", guest.org()), &[], ("after", &last));
    let mut items = records.into_iter().map(shown).collect::<Result<Vec<_>, Problem>>()?;
    // What waits comes first, oldest first.
    items.sort_by_key(|item| item.asked.iter().all(|w| w.answer.is_some()));
    // Who wrote a request is asked for when an answer is sent: here it is not known to be the guest.
    let deciding = Circumstance { written_by: Some(Default::default()), ..circumstance };
    let may = guest.may(&house, Action::Decide, ResourceKind::InheritanceInbox, &deciding);
    let main = pages::page(&Inbox { org: guest.org(), may, items, rest });
    Ok(Html(framed(&frame(&house, &guest, "Asked of us", "inbox", ""), &main).into_string()))
}

fn shown(record: Record) -> Result<Incoming, Problem> {
    let kept: Kept = serde_json::from_str(&record.body).map_err(Problem::internal)?;
    let answer = |requirement: &String| kept.last(requirement).map(|d| (d.decision.clone(), d.because.clone()));
    let asked = kept.asked.iter().map(|w| Wanted {
        requirement: w.requirement.clone(),
        stands_for: w.stands_for.clone().unwrap_or_default(),
        weight: w.weight.clone(),
        answer: answer(&w.requirement),
    });
    Ok(Incoming {
        asked: asked.collect(),
        withdrawn: kept.state() == "withdrawn",
        id: record.id,
        organisation: kept.organisation.clone(),
        since: record.created.to_string().chars().take(10).collect(),
        rev: record.rev,
    })
}
