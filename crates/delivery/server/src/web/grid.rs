//! The grid of an assessment's requirements.

use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{AccountId, Action, Circumstance, ResourceKind, authorise};
use attesta_desk::{
    Desk,
    grid::{self, Sieve, Stands},
    points::shown,
};
use attesta_pages::{
    page as framed,
    parts::Tone,
    rooms::{grid as view, requirement::panel},
};
use attesta_scoring::Shortfall;
use attesta_store::{Assessment, Room};
use attesta_workspace::VALIDATION;
use axum::{extract::State, response::Html};
use serde::Deserialize;
use serde_json::Value;

use super::{Guest, Page, frame_at, requirement};
use crate::{
    House,
    api::{assessments, assignments::Assignments},
    problem::Problem,
    sent::{Asked, Named},
};

/// So many rows come with the page; the browser asks for the others.
const FIRST: usize = 60;

/// What one wants to see.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    domain: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    gaps: String,
    #[serde(default)]
    open: String,
}

impl Wanted {
    fn sieve(&self) -> Sieve {
        Sieve {
            domain: self.domain.parse().ok(),
            text: self.text.clone(),
            state: self.state.clone(),
            owner: self.owner.clone(),
            gaps: self.gaps.clone(),
        }
    }
}

/// An assessment that a guest may read answers of.
pub(crate) async fn enter(house: &House, guest: &Guest, assessment: &str) -> Result<(Room, Assessment), Problem> {
    let circumstance = Circumstance::of_assessment(guest.caller.tenant(), assessments::id(assessment)?);
    let now = house.clock.now();
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::Response, &circumstance, now)?;
    let mut room = house.store.room(&permit).await?;
    let row = room.assessment(assessment).await?;
    Ok((room, row))
}

/// What a guest may write here.
#[derive(Debug, Clone)]
pub(crate) struct Pen {
    /// `entity`, `assessor`, or empty.
    pub(crate) side: &'static str,
    /// Why nothing can be written although it is theirs; empty where it can, or is not theirs.
    pub(crate) held: String,
    circumstance: Circumstance,
}

impl Pen {
    /// Asks access; who is assigned a requirement is asked again for each.
    pub(crate) fn of(house: &House, guest: &Guest, assessment: &str, desk: &Desk) -> Result<Self, Problem> {
        let me: BTreeSet<_> = guest.caller.principal.account().into_iter().collect();
        let now = Circumstance {
            stage: Some(assessments::stage_of(desk)?),
            assigned_to: Some(me),
            // Who answered a requirement may not test it; the API asks that for each.
            worked_on_by: Some(BTreeSet::new()),
            ..Circumstance::of_assessment(guest.caller.tenant(), assessments::id(assessment)?)
        };
        use attesta_access::Stage;
        for (side, kind, at) in
            [("entity", ResourceKind::Response, Stage::Entity), ("assessor", ResourceKind::Validation, Stage::Assessor)]
        {
            if guest.may(house, Action::Change, kind, &now) {
                return Ok(Self { side, held: String::new(), circumstance: now });
            }
            let then = Circumstance { stage: Some(at), ..now.clone() };
            if guest.may(house, Action::Change, kind, &then) {
                let held = match side {
                    "entity" => "The assessment is not with the entity now: answers are shown and cannot be changed.",
                    _ => "The assessment is not with the assessor now: results are shown and cannot be changed.",
                };
                return Ok(Self { side: "", held: held.to_owned(), circumstance: now });
            }
        }
        Ok(Self { side: "", held: String::new(), circumstance: now })
    }

    /// The same where the assessment's phase holds what they would write.
    pub(crate) fn within(mut self, grid: &grid::Grid) -> Self {
        let why = match self.side {
            "entity" => &grid.answers_held,
            "assessor" => &grid.results_held,
            _ => &None,
        };
        if let Some(why) = why {
            self.held.clone_from(why);
            self.side = "";
        }
        self
    }

    /// Whether this requirement is theirs to write.
    pub(crate) fn writes(&self, house: &House, guest: &Guest, key: &str, assigned: &Assignments) -> bool {
        self.writes_of(house, guest, assigned.get(key).cloned().unwrap_or_default())
    }

    /// The same for a requirement that is assigned to these.
    pub(crate) fn writes_of(&self, house: &House, guest: &Guest, to: BTreeSet<AccountId>) -> bool {
        let kind = match self.side {
            "entity" => ResourceKind::Response,
            "assessor" => ResourceKind::Validation,
            _ => return false,
        };
        guest.may(house, Action::Change, kind, &Circumstance { assigned_to: Some(to), ..self.circumstance.clone() })
    }
}

/// The page.
pub(crate) async fn page(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment)): Named<(String, String)>,
    Asked(wanted): Asked<Wanted>,
) -> Page {
    let (mut room, row) = enter(&house, &guest, &assessment).await?;
    let desk = house.desk_at(&mut room, &row.id, row.rev).await?;
    let grid = house.derived(&guest.org(), &row.id, &desk, grid::grid)?;
    let pen = Pen::of(&house, &guest, &row.id, &desk)?.within(&grid);
    let base = format!("/o/{}", guest.org());
    let here = format!("{base}/a/{}", row.id);
    let sieve = wanted.sieve();
    let among = || grid.rows.iter().filter(|row| sieve.lets(row));
    let open = match wanted.open.as_str() {
        "" => None,
        id => Some(panel(
            &requirement::told(&house, &guest, &mut room, &row, &desk, &grid, id, &close(&wanted, &here)).await?,
        )),
    };
    let api = format!("/api/v1/organisations/{}/assessments/{}", guest.org(), row.id);
    let told = view::Grid {
        organisation: (guest.organisation.clone(), base),
        assessment: (row.name.clone(), here.clone()),
        rows_at: format!("{here}/requirements/rows"),
        send_to: format!("{api}/{}", if pen.side == "assessor" { VALIDATION } else { "responses" }),
        side: pen.side,
        held: pen.held,
        keep_as: format!("{}/{}", row.id, guest.caller.actor()),
        today: house.clock.today().to_string(),
        levels: grid.levels.iter().map(|level| level.as_str()).collect(),
        domains: grid.domains.clone(),
        people: people(&grid),
        owners: grid.owners.clone(),
        testers: grid.testers.clone(),
        sieve: [wanted.domain, wanted.text, wanted.state, wanted.owner, wanted.gaps],
        counts: (grid.rows.len(), among().count()),
        rows: among().take(FIRST).map(|row| line(&grid, row)).collect(),
        panel: open,
    };
    let title = format!("Requirements, {}", row.name);
    let around = frame_at(&house, &guest, (&title, "requirements", &row.id), (row.rev, desk.at));
    Ok(Html(framed(&around, &view::page(&told)).into_string()))
}

/// The address without the open requirement.
fn close(wanted: &Wanted, here: &str) -> String {
    let pairs = [
        ("text", &wanted.text),
        ("domain", &wanted.domain),
        ("state", &wanted.state),
        ("owner", &wanted.owner),
        ("gaps", &wanted.gaps),
    ];
    let said: Vec<String> =
        pairs.iter().filter(|(_, v)| !v.is_empty()).map(|(n, v)| format!("{n}={}", super::escaped(v))).collect();
    let query = if said.is_empty() { String::new() } else { format!("?{}", said.join("&")) };
    format!("{here}/requirements{query}")
}

/// What the assessment's people are called, by id: what `grid.js` needs to name an owner.
fn people(grid: &grid::Grid) -> String {
    let all = grid.testers.iter().chain(&grid.owners);
    Value::Object(all.map(|(id, name)| (id.clone(), Value::String(name.clone()))).collect()).to_string()
}

fn line(grid: &grid::Grid, row: &grid::Row) -> view::Row {
    view::Row {
        id: row.key.to_string(),
        title: row.title.clone(),
        domain: row.domain.to_string(),
        entity: row.entity.clone(),
        assessor: row.assessor.clone(),
        score: points(row.score),
        last: points(row.last),
        band: row.band.clone(),
        owner: grid.called(&row.owner).to_owned(),
        stands: Some(stands(row)),
        gap: gap(row),
    }
}

pub(crate) fn points(score: Option<attesta_scoring::Exact>) -> String {
    if score.is_none() { String::new() } else { shown(score) }
}

pub(super) fn stands(row: &grid::Row) -> (Tone, String) {
    // Who reads down the column has little room: what was tested says so first.
    let tested = row.validated == Some(true);
    let (tone, word) = match (row.stands, tested) {
        (Stands::Open, false) => (Tone::Unknown, "not answered"),
        (Stands::Open, true) => (Tone::Unknown, "open, tested"),
        (Stands::Half, false) => (Tone::Warn, "half answered"),
        (Stands::Half, true) => (Tone::Warn, "half, tested"),
        (Stands::Answered, false) => (Tone::Good, "answered"),
        (Stands::Answered, true) => (Tone::Good, "tested"),
        (Stands::NotApplicable, false) => (Tone::Plain, "not applicable"),
        (Stands::NotApplicable, true) => (Tone::Plain, "n/a, tested"),
    };
    (tone, word.to_owned())
}

pub(super) fn gap(row: &grid::Row) -> Option<(Tone, String)> {
    let plan = if row.plan.is_empty() { String::new() } else { format!(", {}", row.plan) };
    match row.shortfall {
        Shortfall::None => None,
        Shortfall::Gap => Some((Tone::Warn, format!("gap{plan}"))),
        Shortfall::RequiredCap => Some((Tone::Bad, format!("plan required{plan}"))),
    }
}
