//! Every row of an assessment's grid in one answer, as `grid.js` reads it.
//!
//! What the rows say follows from the assessment's revision and the day; whose they are to write follows from the visitor. Both
//! together are written and pressed once, and handed out as they are to everybody for whom they are the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read as _, Write as _},
    sync::{Arc, Mutex},
};

use attesta_access::AccountId;
use attesta_desk::grid::{self, Grid};
use attesta_pages::parts::Tone;
use attesta_workspace::{ANSWERS, VALIDATION, document_place};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde::{Serialize, Serializer, ser::SerializeTuple as _};

use super::{
    Guest, Refused,
    grid::{Pen, enter, gap, points, stands},
};
use crate::{
    House,
    act::etag,
    api::assignments::{Assignments, assignments},
    desks::Seen,
    house::lock,
    problem::Problem,
    sent::Named,
};

/// Visitors of so many kinds are remembered for one revision; one more and they are all made anew.
const KINDS: usize = 16;

/// Visitors for whom the answer is the same: their side, and which rows are theirs to write.
type Alike = (&'static str, Vec<bool>);

/// Pressed answers by whom they are for.
#[derive(Debug, Default)]
struct Pressed(Mutex<BTreeMap<Alike, Arc<Vec<u8>>>>);

/// Every row, as short as it can be said; `grid.js` knows the places.
pub(crate) async fn rows(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment)): Named<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let (mut room, row) = enter(&house, &guest, &assessment).await?;
    let seen = house.seen_at(&mut room, &row.id, row.rev).await?;
    let grid = house.derived(&guest.org(), &row.id, &seen.desk, grid::grid)?;
    let pen = Pen::of(&house, &guest, &row.id, &seen.desk)?.within(&grid);
    let assigned = if pen.side.is_empty() { Assignments::new() } else { assignments(&mut room, &row.id).await? };
    drop(room);
    let mine = mine(&house, &guest, &pen, &grid, &assigned);
    let pressed = house.derived(&guest.org(), &row.id, &seen.desk, |_| Ok(Pressed::default()))?;
    let key = (pen.side, mine);
    let known = lock(&pressed.0).get(&key).cloned();
    let body = match known {
        Some(body) => body,
        None => {
            let body = Arc::new(press(&grid, &seen, pen.side, &key.1).map_err(Problem::internal)?);
            let mut all = lock(&pressed.0);
            if all.len() >= KINDS {
                all.clear();
            }
            all.insert(key, Arc::clone(&body));
            body
        }
    };
    let plain = [
        (header::ETAG, etag(row.rev)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    let takes = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
    if takes.flat_map(|v| v.split(',')).any(|one| one.trim() == "gzip") {
        let pressed = [(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))];
        return Ok((plain, pressed, body.as_ref().clone()).into_response());
    }
    let mut text = Vec::new();
    GzDecoder::new(body.as_slice()).read_to_end(&mut text).map_err(Problem::internal)?;
    Ok((plain, text).into_response())
}

/// Which rows are the visitor's to write: asked once for each set of people that a requirement is assigned to.
fn mine(house: &House, guest: &Guest, pen: &Pen, grid: &Grid, assigned: &Assignments) -> Vec<bool> {
    let nobody = BTreeSet::new();
    let mut known: BTreeMap<&BTreeSet<AccountId>, bool> = BTreeMap::new();
    let asked = grid.rows.iter().map(|row| {
        let to = assigned.get(row.key.as_str()).unwrap_or(&nobody);
        *known.entry(to).or_insert_with(|| pen.writes_of(house, guest, to.clone()))
    });
    asked.collect()
}

/// Writes the rows and presses them.
fn press(grid: &Grid, seen: &Seen, side: &str, mine: &[bool]) -> std::io::Result<Vec<u8>> {
    let below = if side == "assessor" { VALIDATION } else { ANSWERS };
    let lines = grid.rows.iter().zip(mine).map(|(row, mine)| {
        let revision = seen.of(&document_place(below, &row.key));
        Line { row, revision: (revision > 0).then_some(revision), mine: *mine }
    });
    let mut text = Vec::with_capacity(grid.rows.len().saturating_mul(200));
    text.extend_from_slice(b"{\"rows\":");
    serde_json::to_writer(&mut text, &lines.collect::<Vec<_>>())?;
    text.push(b'}');
    let mut press = GzEncoder::new(Vec::new(), Compression::default());
    press.write_all(&text)?;
    press.finish()
}

/// A row as a list.
struct Line<'g> {
    row: &'g grid::Row,
    revision: Option<u64>,
    mine: bool,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let toned = |said: Option<(Tone, String)>| said.map(|(tone, word)| (tone.class(), word));
        let Self { row, revision, mine } = self;
        let mut list = serializer.serialize_tuple(16)?;
        list.serialize_element(row.key.as_str())?;
        list.serialize_element(&row.title)?;
        list.serialize_element(&row.domain)?;
        list.serialize_element(&row.reference)?;
        list.serialize_element(&row.entity)?;
        list.serialize_element(&row.assessor)?;
        list.serialize_element(&points(row.score))?;
        list.serialize_element(&points(row.last))?;
        list.serialize_element(&row.band)?;
        list.serialize_element(&row.owner)?;
        list.serialize_element(&toned(Some(stands(row))))?;
        list.serialize_element(&toned(gap(row)))?;
        list.serialize_element(row.stands.as_str())?;
        list.serialize_element(&(row.validated == Some(true)))?;
        list.serialize_element(revision)?;
        list.serialize_element(mine)?;
        list.end()
    }
}
