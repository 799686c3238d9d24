//! Corrective action plans: what is there, what is missing, where each can go from here, and how far it came.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{ActionId, Asked, PersonId, RequirementKey};
use attesta_catalog::Placed;
use attesta_kernel::{Date, Digest};
use attesta_lifecycle::{
    Subject,
    action::{Action, Command, Milestone, Move, Note, Progress, Retest, RetestResult, progress},
};
use attesta_scoring::{Exact, MaturityLevel, Shortfall};
use attesta_workspace::{Change, Over, Stub};
use serde::Serialize;

use crate::{
    answer,
    deed::Deed,
    desk::Desk,
    failure::{Failure, Kind},
    life::person_of,
    points::{Points, shown},
    review::{Certified, Folio, Standing, last_levels},
};

/// Plans with all that is asked of them.
#[derive(Debug)]
pub struct Plans<'d> {
    desk: &'d Desk,
    /// What the folder holds.
    pub folio: Folio,
    pub(crate) asked: Vec<Asked<'d>>,
    pub(crate) standing: Standing,
}

/// A plan, or a requirement that needs one and has none.
#[derive(Debug, Serialize)]
pub struct Row {
    pub id: Option<String>,
    pub requirement: String,
    /// `required`, `gap`, `mended`, `not asked` or `unknown`.
    pub need: &'static str,
    pub owner: Option<String>,
    pub due: Option<String>,
    pub overdue: bool,
    pub status: Option<&'static str>,
    pub milestones: usize,
    pub milestones_done: usize,
}

/// A plan whole, and where it can go from here.
#[derive(Debug, Serialize)]
pub struct Whole {
    #[serde(flatten)]
    pub row: Row,
    pub weakness: String,
    pub plan: String,
    pub steps: Vec<MilestoneRow>,
    pub progress: Vec<NoteRow>,
    pub retest: Option<RetestRow>,
    /// What can be done with its status now.
    pub moves: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
pub struct MilestoneRow {
    pub what: String,
    pub due: Option<String>,
    pub done: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct NoteRow {
    pub on: String,
    pub by: String,
    pub says: String,
    pub status: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub struct RetestRow {
    pub by: String,
    pub on: String,
    pub result: &'static str,
}

/// How far a requirement came since the certificate.
#[derive(Debug, Serialize)]
pub struct ProgressRow {
    pub requirement: String,
    pub advance: &'static str,
    pub progress: bool,
    pub plans: Vec<String>,
    pub levels: Vec<LevelRow>,
}

#[derive(Debug, Serialize)]
pub struct LevelRow {
    pub level: &'static str,
    pub then: Points,
    pub now: Points,
}

impl<'d> Plans<'d> {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// Every fault of the folder.
    pub fn of(desk: &'d Desk) -> Result<Self, Failure> {
        let folio = Folio::read(desk)?;
        let tailored = desk.tailored()?;
        let standing = Standing::of(desk, &tailored.requirements)?;
        Ok(Self { desk, folio, asked: tailored.requirements, standing })
    }

    /// Why a requirement needs a plan, or does not.
    pub fn need(&self, requirement: &RequirementKey) -> &'static str {
        if !self.asked.iter().any(|a| a.requirement.id == *requirement) {
            return "not asked";
        }
        match self.standing.shortfalls.as_ref().map(|s| s.get(requirement)) {
            Some(Some(Shortfall::RequiredCap)) => "required",
            Some(Some(Shortfall::Gap)) => "gap",
            Some(Some(Shortfall::None)) => "mended",
            Some(None) | None => "unknown",
        }
    }

    /// Requirements that need a plan and have none.
    ///
    /// # Errors
    ///
    /// When no scores can be worked out.
    pub fn missing(&self) -> Result<Vec<&Asked<'d>>, Failure> {
        let shortfalls = self.standing.shortfalls.as_ref().ok_or_else(|| self.no_scores())?;
        let planned: BTreeSet<&RequirementKey> = self.folio.actions.values().map(|a| &a.value.requirement).collect();
        let needs = |a: &&Asked<'_>| shortfalls.get(&a.requirement.id) == Some(&Shortfall::RequiredCap);
        Ok(self.asked.iter().filter(needs).filter(|a| !planned.contains(&a.requirement.id)).collect())
    }

    fn no_scores(&self) -> Failure {
        let mut messages = vec!["no scores can be worked out, so it is not known where a plan is required".to_owned()];
        let rows = self.standing.faults.iter();
        messages.extend(rows.flat_map(|(key, faults)| faults.iter().map(move |f| format!("{key}: {f}"))));
        Failure::of(Kind::Unknown, messages).help("`attesta assess score DIR` tells what is wrong")
    }

    fn row(&self, action: &Action) -> Row {
        let open = action.status != Some(attesta_lifecycle::action::Status::Completed);
        Row {
            id: Some(action.id.to_string()),
            requirement: action.requirement.to_string(),
            need: self.need(&action.requirement),
            owner: action.owner.as_ref().map(ToString::to_string),
            due: action.due.map(|d| d.to_string()),
            overdue: open && action.due.is_some_and(|due| due < self.desk.at),
            status: action.status.map(|s| s.as_str()),
            milestones: action.milestones.len(),
            milestones_done: action.milestones.iter().filter(|m| m.done.is_some()).count(),
        }
    }

    /// Every plan, then every requirement that needs one and has none, as far as that is known.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = self.folio.actions.values().map(|a| self.row(&a.value)).collect();
        let none = |asked: &&Asked<'_>| Row {
            id: None,
            requirement: asked.requirement.id.to_string(),
            need: "required",
            owner: None,
            due: None,
            overdue: false,
            status: None,
            milestones: 0,
            milestones_done: 0,
        };
        rows.extend(self.missing().iter().flatten().map(none));
        rows
    }

    /// One plan.
    ///
    /// # Errors
    ///
    /// When there is none with that id.
    pub fn find(&self, id: &ActionId) -> Result<&Placed<Action>, Failure> {
        self.folio.actions.get(id).ok_or_else(|| {
            let known: Vec<&str> = self.folio.actions.keys().map(|id| id.as_str()).collect();
            let help =
                if known.is_empty() { "there is none yet".to_owned() } else { format!("use {}", known.join(", ")) };
            Failure::new(Kind::NotFound, format!("there is no plan `{id}`")).help(help)
        })
    }

    /// One plan whole.
    pub fn whole(&self, action: &Action) -> Whole {
        let day = |d: Option<Date>| d.map(|d| d.to_string());
        let milestone = |m: &Milestone| MilestoneRow { what: m.what.clone(), due: day(m.due), done: day(m.done) };
        let note = |n: &Note| NoteRow {
            on: n.on.to_string(),
            by: n.by.to_string(),
            says: n.says.clone(),
            status: n.status.map(|s| s.as_str()),
        };
        Whole {
            row: self.row(action),
            weakness: action.weakness.clone(),
            plan: action.plan.clone(),
            steps: action.milestones.iter().map(milestone).collect(),
            progress: action.progress.iter().map(note).collect(),
            retest: action.retest.as_ref().map(|r| RetestRow {
                by: r.by.to_string(),
                on: r.on.to_string(),
                result: r.result.as_str(),
            }),
            moves: Move::from(action.status).map(Move::as_str).collect(),
        }
    }

    /// A beginning of a plan for each requirement that needs one and has none.
    ///
    /// # Errors
    ///
    /// When no scores can be worked out.
    pub fn stubs(&self) -> Result<Vec<Stub>, Failure> {
        let missing = self.missing()?;
        let stub = |a: &&Asked<'_>| Stub { requirement: a.requirement.id.clone(), remarks: self.remarks(a) };
        Ok(missing.iter().map(stub).collect())
    }

    /// What is known of a requirement, for the writer of its plan.
    fn remarks(&self, asked: &Asked<'_>) -> Vec<String> {
        let levels = self.standing.levels.get(&asked.requirement.id).map(|l| l.last).unwrap_or_default();
        let below = MaturityLevel::ALL.into_iter().filter_map(|level| {
            let score = levels.get(level).filter(|s| *s < Exact::FULL)?;
            Some(format!("{level} {}", shown(Some(score))))
        });
        vec![asked.requirement.title.clone(), format!("below 100: {}", below.collect::<Vec<_>>().join(", "))]
    }

    /// How far requirements with a required plan have come since the certificate.
    pub fn progress(&self, certified: &Certified) -> Vec<Progress> {
        let now = last_levels(&self.standing);
        progress(&certified.planned(), &now, &self.folio.actions, certified.issued)
    }
}

impl From<&Progress> for ProgressRow {
    fn from(one: &Progress) -> Self {
        let levels = one.changes.iter();
        Self {
            requirement: one.requirement.to_string(),
            advance: one.advance.as_str(),
            progress: one.advance.is_progress(),
            plans: one.actions.iter().map(ToString::to_string).collect(),
            levels: levels
                .map(|c| LevelRow { level: c.level.as_str(), then: Points(c.then), now: Points(c.now) })
                .collect(),
        }
    }
}

/// What a plan says, as people fill it in.
#[derive(Debug, Clone, Default)]
pub struct Said {
    pub weakness: Option<String>,
    pub owner: Option<PersonId>,
    pub plan: Option<String>,
    pub due: Option<Date>,
    /// All of its milestones.
    pub milestones: Option<Vec<Milestone>>,
    /// Something that happened, told today.
    pub note: Option<String>,
}

/// What is done with a plan's status.
#[derive(Debug, Clone)]
pub struct Step {
    pub step: Move,
    pub because: String,
    /// The day of the retest, for a completion; today without.
    pub retested: Option<Date>,
}

/// A step by its word.
///
/// # Errors
///
/// When there is no such step.
pub fn step_of(text: &str) -> Result<Move, Failure> {
    Move::ALL.into_iter().find(|step| step.as_str() == text).ok_or_else(|| {
        let known: Vec<&str> = Move::ALL.into_iter().map(Move::as_str).collect();
        Failure::new(Kind::BadInput, "there is no such step").help(format!("use {}", known.join(", ")))
    })
}

/// The id that a new plan for a requirement gets where nothing stands in its way.
///
/// # Errors
///
/// When no id can be made after the requirement's.
pub fn next_id(requirement: &RequirementKey) -> Result<ActionId, Failure> {
    let id = attesta_workspace::action_id(requirement, &BTreeSet::new());
    id.parse().map_err(|e| Failure::new(Kind::Unknown, format!("{e}")))
}

/// Begins a plan for a requirement. Its id is after the requirement's.
///
/// # Errors
///
/// When the requirement is not asked or has a plan, or somebody is nobody; nothing is changed.
pub fn begin(desk: &Desk, requirement: &RequirementKey, said: Said, by: &PersonId) -> Result<Deed<Whole>, Failure> {
    let plans = Plans::of(desk)?;
    may(desk, by)?;
    if plans.need(requirement) == "not asked" {
        return Err(Failure::new(Kind::NotFound, format!("`{requirement}` is not asked in this assessment")));
    }
    if let Some(placed) = plans.folio.actions.values().find(|a| a.value.requirement == *requirement) {
        let message = format!("`{requirement}` has the plan `{}` already", placed.value.id);
        return Err(Failure::new(Kind::Refused, message).help("change that one"));
    }
    let taken: BTreeSet<ActionId> = plans.folio.actions.keys().cloned().collect();
    let id = attesta_workspace::action_id(requirement, &taken);
    let id: ActionId = id.parse().map_err(|e| Failure::new(Kind::Unknown, format!("{e}")))?;
    let action = Action {
        id,
        requirement: requirement.clone(),
        weakness: String::new(),
        owner: None,
        plan: String::new(),
        milestones: Vec::new(),
        due: None,
        status: None,
        retest: None,
        progress: Vec::new(),
    };
    let action = filled(desk, action, said, by)?;
    let (planned, _) = action.after(Command::Plan, by, desk.at).map_err(refused)?;
    let change =
        attesta_workspace::actions_change(&attesta_workspace::action_place(&planned.id), &[&planned], Over::Nothing);
    let told = serde_json::json!({ "action": planned.id.as_str(), "requirement": requirement.as_str() });
    Ok(Deed { answer: plans.whole(&planned), changes: vec![change], told })
}

/// Changes what a plan says.
///
/// # Errors
///
/// When there is no such plan, or somebody is nobody; nothing is changed.
pub fn fill(desk: &Desk, id: &ActionId, said: Said, by: &PersonId) -> Result<Deed<Whole>, Failure> {
    change(desk, id, by, |action| Ok((filled(desk, action.clone(), said, by)?, "changed")))
}

/// Moves a plan's status on. A completion is told with the retest that shows it, by whoever tested.
///
/// # Errors
///
/// When the status does not allow it, or a reason is missing; nothing is changed.
pub fn step(desk: &Desk, id: &ActionId, step: &Step, by: &PersonId) -> Result<Deed<Whole>, Failure> {
    let because = step.because.clone();
    let command = match step.step {
        Move::Plan => Command::Plan,
        Move::Start => Command::Start,
        Move::RaiseRisk => Command::RaiseRisk { because },
        Move::Recover => Command::Recover { because },
        Move::Reopen => Command::Reopen { because },
        Move::Complete => {
            let on = step.retested.unwrap_or(desk.at);
            Command::Complete { retest: Retest { by: by.clone(), on, result: RetestResult::Passed } }
        }
    };
    change(desk, id, by, |action| {
        let (after, moved) = action.after(command, by, desk.at).map_err(refused)?;
        Ok((after, moved.step.as_str()))
    })
}

fn refused(refusal: attesta_lifecycle::action::Refusal) -> Failure {
    Failure::new(Kind::Refused, refusal.to_string())
}

fn may(desk: &Desk, by: &PersonId) -> Result<(), Failure> {
    use attesta_assessment::Side;
    let side = person_of(desk, by, &[Side::Entity, Side::Assessor])?.side;
    answer::may(desk, Subject::Caps, side)
}

/// Changes one plan where it stands. Of a file that people wrote only what it says is kept; a store keeps its older forms.
fn change(
    desk: &Desk,
    id: &ActionId,
    by: &PersonId,
    to: impl FnOnce(&Action) -> Result<(Action, &'static str), Failure>,
) -> Result<Deed<Whole>, Failure> {
    let plans = Plans::of(desk)?;
    may(desk, by)?;
    let inside = place(desk, id)?;
    let (after, what) = to(&plans.find(id)?.value)?;
    let shown = desk.folder.shown(&inside);
    let beside: BTreeMap<&ActionId, &Action> = plans
        .folio
        .actions
        .iter()
        .filter(|(_, placed)| *placed.place.file == *shown)
        .map(|(other, placed)| (other, if other == id { &after } else { &placed.value }))
        .collect();
    let beside: Vec<&Action> = beside.into_values().collect();
    let read = desk.folder.file(&inside)?.map(|file| Digest::of(file.text.as_bytes()));
    let change: Change = attesta_workspace::actions_change(&inside, &beside, Over::Read(read));
    let told = serde_json::json!({ "action": id.as_str(), "what": what });
    Ok(Deed { answer: plans.whole(&after), changes: vec![change], told })
}

/// The document in which a plan stands.
///
/// # Errors
///
/// When there is no such plan.
pub fn place(desk: &Desk, id: &ActionId) -> Result<String, Failure> {
    let actions = attesta_workspace::actions(&desk.folder)?;
    let own = attesta_workspace::action_place(id);
    let Some(placed) = actions.get(id) else {
        return Err(Failure::new(Kind::NotFound, format!("there is no plan `{id}`")));
    };
    let below = desk.folder.names("actions")?.into_iter().map(|name| format!("actions/{name}"));
    let mut all = [own, "actions.yaml".to_owned()].into_iter().chain(below);
    let found = all.find(|inside| *placed.place.file == *desk.folder.shown(inside));
    found.ok_or_else(|| Failure::new(Kind::Unknown, format!("{}: the plan's file is not found", placed.place)))
}

fn filled(desk: &Desk, mut action: Action, said: Said, by: &PersonId) -> Result<Action, Failure> {
    if let Some(owner) = said.owner {
        crate::life::person(desk, &owner)?;
        action.owner = Some(owner);
    }
    if let Some(weakness) = said.weakness {
        action.weakness = weakness;
    }
    if let Some(plan) = said.plan {
        action.plan = plan;
    }
    action.due = said.due.or(action.due);
    if let Some(milestones) = said.milestones {
        let to_come = milestones.iter().filter_map(|m| m.done).find(|done| *done > desk.at);
        if let Some(done) = to_come {
            return Err(Failure::new(Kind::BadInput, format!("a milestone is done on {done}, which is yet to come")));
        }
        action.milestones = milestones;
    }
    if let Some(says) = said.note {
        if says.trim().is_empty() {
            return Err(Failure::new(Kind::BadInput, "the note says nothing"));
        }
        action.progress.push(Note { on: desk.at, by: by.clone(), says, status: None });
    }
    Ok(action)
}
