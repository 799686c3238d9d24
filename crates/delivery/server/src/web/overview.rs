//! One assessment, and the doors to its rooms.

use std::sync::Arc;

use attesta_pages::{
    page as framed,
    rooms::overview::{self, Overview},
};
use axum::{extract::State, response::Html};

use super::{Guest, Page, frame_at, home};
use crate::{House, sent::Named};

/// How far it is, and where one goes from here.
pub(crate) async fn page(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment)): Named<(String, String)>,
) -> Page {
    let (mut room, row) = super::grid::enter(&house, &guest, &assessment).await?;
    let desk = house.desk_at(&mut room, &row.id, row.rev).await?;
    let known = house.derived(&guest.org(), &row.id, &desk, home::ready)?;
    let around = frame_at(&house, &guest, (&row.name, "assessment", &row.id), (row.rev, desk.at));
    let base = format!("/o/{}", guest.org());
    let address = format!("{base}/a/{}", row.id);
    let doors = around.organisation.iter().flat_map(|o| &o.sections).flat_map(|s| &s.doors);
    let within = doors.filter(|door| door.href.starts_with(&format!("{address}/"))).cloned().collect();
    let mut readiness = known.readiness.clone();
    readiness.assessment = (row.id.clone(), row.name.clone());
    let main = overview::page(&Overview {
        organisation: (guest.organisation.clone(), base),
        readiness,
        address,
        doors: within,
        days: known.days.clone(),
    });
    Ok(Html(framed(&around, &main).into_string()))
}
