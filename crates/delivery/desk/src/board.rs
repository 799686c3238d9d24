//! Corrective action plans on a board: where each stands, when it is worked on, and from which day what it mends can count.

use attesta_assessment::Side;
use attesta_kernel::{Confidence, Date, Provenance};
use attesta_lifecycle::{FigureName, Subject};
use attesta_scoring::{Exact, MaturityLevel};

use crate::{
    actions::{Plans, Row, Whole},
    answer,
    desk::Desk,
    failure::Failure,
    life::Course,
};

/// How long what was mended must stand before it is tested: content says so, with how sure it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The figure's word.
    pub figure: &'static str,
    /// Days.
    pub days: u32,
    /// Where the figure is from, and how sure it is.
    pub provenance: Provenance,
}

impl Window {
    /// Whether somebody confirmed it.
    pub fn is_sure(&self) -> bool {
        self.provenance.confidence == Confidence::Verified
    }
}

/// A plan on the board.
#[derive(Debug)]
pub struct Card {
    /// The plan.
    pub whole: Whole,
    /// The title of its requirement; empty where it is not asked any more.
    pub title: String,
    /// The owner's name.
    pub owner: String,
    /// The owner's account, for a reminder.
    pub account: Option<String>,
    /// The first day of the picture: when something happened first, or today.
    pub begins: Date,
    /// The day by which it is done, or was.
    pub ends: Option<Date>,
    /// From when a test can count what was mended.
    pub counts_from: Option<Date>,
    /// Why then.
    pub window: Option<Window>,
    /// The document in which it stands.
    pub place: String,
}

/// The board.
#[derive(Debug)]
pub struct Board {
    /// Every plan, in the order of ids.
    pub cards: Vec<Card>,
    /// Requirements that need a plan and have none: id and title.
    pub missing: Vec<(String, String)>,
    /// Why it is not known which are missing.
    pub unknown: Option<String>,
    /// The entity's people: id and name.
    pub people: Vec<(String, String)>,
    /// Why the entity cannot change plans now.
    pub held: Option<String>,
    /// Why the assessor cannot say now that one is done.
    pub decision_held: Option<String>,
    /// Requirements that fall short and have no plan: id and title; a plan may be begun for each.
    pub others: Vec<(String, String)>,
}

/// Works out the board.
///
/// # Errors
///
/// Every fault of the folder.
pub fn board(desk: &Desk) -> Result<Board, Failure> {
    let plans = Plans::of(desk)?;
    let course = Course::of(desk)?;
    let title = |id: &str| {
        plans
            .asked
            .iter()
            .find(|a| a.requirement.id.as_str() == id)
            .map_or_else(String::new, |a| a.requirement.title.clone())
    };
    let mut cards = Vec::new();
    for (id, placed) in &plans.folio.actions {
        let action = &placed.value;
        let window = window(&plans, desk, &course, action);
        // A retest that passed is the day on which it was done.
        let ends = action.retest.as_ref().map(|r| r.on).or(action.due);
        let told = action.progress.iter().map(|n| n.on).chain(action.milestones.iter().filter_map(|m| m.done)).min();
        let begins = told.unwrap_or(desk.at).min(ends.unwrap_or(desk.at));
        let counts = window.as_ref().zip(ends).and_then(|(w, ends)| after(ends, w.days));
        cards.push(Card {
            whole: plans.whole(action),
            title: title(action.requirement.as_str()),
            owner: action.owner.as_ref().map_or_else(String::new, |o| {
                desk.dossier.people.get(o).map_or_else(|| o.to_string(), |p| p.value.name.clone())
            }),
            account: action.owner.as_ref().and_then(|o| desk.account_of(o)).map(str::to_owned),
            begins,
            ends,
            counts_from: counts,
            window,
            place: crate::actions::place(desk, id)?,
        });
    }
    let named = |row: &Row| (row.requirement.clone(), title(&row.requirement));
    let rows = plans.rows();
    let planned: Vec<&str> = cards.iter().map(|c| c.whole.row.requirement.as_str()).collect();
    let falls_short = |a: &&attesta_assessment::Asked<'_>| {
        plans.need(&a.requirement.id) == "gap" && !planned.contains(&a.requirement.id.as_str())
    };
    let others =
        plans.asked.iter().filter(falls_short).map(|a| (a.requirement.id.to_string(), a.requirement.title.clone()));
    let held = |side| answer::may(desk, Subject::Caps, side).err().map(|why| why.says());
    let of_entity = desk.dossier.people.values().filter(|p| p.value.side == Side::Entity);
    Ok(Board {
        missing: rows.iter().filter(|row| row.id.is_none()).map(named).collect(),
        unknown: plans.missing().err().map(|why| why.says()),
        people: of_entity.map(|p| (p.value.id.to_string(), p.value.name.clone())).collect(),
        held: held(Side::Entity),
        decision_held: held(Side::Assessor),
        others: others.collect(),
        cards,
    })
}

/// The day so many days later; none beyond the calendar's end.
fn after(day: Date, days: u32) -> Option<Date> {
    day.checked_add(std::time::Duration::from_secs(u64::from(days) * 24 * 60 * 60)).ok()
}

/// The window of what a plan mends: of documents where only documents fall short, else of operation.
fn window(
    plans: &Plans<'_>,
    desk: &Desk,
    course: &Course,
    action: &attesta_lifecycle::action::Action,
) -> Option<Window> {
    let last = plans.standing.levels.get(&action.requirement).map(|l| l.last)?;
    let below = |level: MaturityLevel| last.get(level).is_some_and(|score| score < Exact::FULL);
    let working = [MaturityLevel::Implemented, MaturityLevel::Measured, MaturityLevel::Managed].into_iter().any(below);
    let written = [MaturityLevel::Policy, MaturityLevel::Procedure].into_iter().any(below);
    let figure = match (working, written) {
        (true, _) => FigureName::OperationInPlace,
        (false, true) => FigureName::DocumentsInPlace,
        (false, false) => return None,
    };
    let known = course.process.figures.on(figure, desk.at).ok()?;
    Some(Window { figure: figure.as_str(), days: known.value, provenance: known.provenance.clone() })
}
