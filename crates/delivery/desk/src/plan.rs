//! The cheapest way to certification, and the earliest day.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use std::collections::BTreeMap;

use attesta_assessment::{View, WorkedLevel};
use attesta_content::Effort;
use attesta_forecast::{
    Basis, Calendar, Dates, Defaults, Estimate, Goal, Inputs, Item, ItemDates, LevelDefault, NextStep, Plan, Proof,
    Refusal, Window, Windows, Work, affordable, compare, dates, next_steps, plan as cheapest,
};
use attesta_kernel::{Date, Provenance};
use attesta_lifecycle::{FigureName, Figures};
use attesta_scoring::{Answer, Exact, Levels, MaturityLevel, Requirement, Score};
use attesta_solver::Milp;
use serde::Serialize;

use crate::{
    desk::{Desk, Scored},
    failure::{Failure, Kind, unknown},
    points::Points,
};

/// Content's assumptions, and what the folder says in their place.
#[derive(Debug)]
struct Assumed {
    defaults: Defaults,
    estimates: Vec<Estimate>,
    owners: BTreeMap<Box<str>, u32>,
    hours_a_week: u32,
    fieldwork_days: u32,
    last_test_days: u32,
    lead_days: u32,
}

fn effort(desk: &Desk) -> Result<Assumed, Failure> {
    let shipped = attesta_content::effort_defaults(desk.library.source())?;
    let mut faults = Vec::new();
    let own = match desk.folder.file("effort.yaml")? {
        Some(file) => attesta_content::effort(&file, &mut faults),
        None => Effort::default(),
    };
    if !faults.is_empty() {
        return Err(faults.into());
    }
    let lacking = |what: &str| {
        Failure::new(Kind::Unknown, format!("neither effort.yaml nor the content pack says `{what}`"))
            .help("write it into effort.yaml")
    };
    Ok(Assumed {
        defaults: own.defaults.or(shipped.defaults).ok_or_else(|| lacking("defaults"))?,
        estimates: own.estimates,
        owners: own.owners,
        hours_a_week: own.hours_a_week.or(shipped.hours_a_week).ok_or_else(|| lacking("hours_a_week"))?,
        fieldwork_days: own.fieldwork_days.or(shipped.fieldwork_days).ok_or_else(|| lacking("fieldwork_days"))?,
        last_test_days: own.last_test_days.or(shipped.last_test_days).ok_or_else(|| lacking("last_test_days"))?,
        lead_days: own.lead_days.or(shipped.lead_days).ok_or_else(|| lacking("lead_days"))?,
    })
}

/// Every requirement that is asked. What nobody answered stands at nothing: a plan must not count on it.
fn everything(scored: &Scored<'_>) -> Vec<Requirement> {
    let zero = || {
        let mut levels = Levels::default();
        for weight in scored.rules.weights.value.iter().filter(|w| !w.optional) {
            levels.set(weight.level, Some(Exact::ZERO));
        }
        Answer::Scored(levels)
    };
    let rows = scored.tailored.requirements.iter().zip(&scored.workings.worked);
    rows.map(|(asked, worked)| asked.scored(worked.answer.unwrap_or_else(zero))).collect()
}

/// The estimates; and for levels that are partly inherited an own estimate, as one's own work moves only one's own part.
fn estimates(scored: &Scored<'_>, requirements: &[Requirement], effort: &Assumed) -> Vec<Estimate> {
    let mut estimates = effort.estimates.clone();
    for (requirement, worked) in requirements.iter().zip(&scored.workings.worked) {
        for (level, one) in worked.levels.iter().filter(|(_, one)| !one.inherited.is_empty()) {
            let named = |e: &Estimate| e.requirement == requirement.id && e.level == *level;
            if effort.estimates.iter().any(named) {
                continue;
            }
            let Some(default) = effort.defaults.levels.get(level) else { continue };
            if let Some(estimate) = own_part(requirement, *level, one, default) {
                estimates.push(estimate);
            }
        }
    }
    estimates
}

/// What a level reaches when one's own part is full, and what that takes: the default for the way of the own part.
fn own_part(
    requirement: &Requirement,
    level: MaturityLevel,
    one: &WorkedLevel,
    default: &LevelDefault,
) -> Option<Estimate> {
    let whole = u128::from(Score::FULL.hundredths());
    let weights: u128 = one.inherited.iter().map(|(_, weight, _)| u128::from(weight.hundredths())).sum();
    let brought = one
        .inherited
        .iter()
        .try_fold(Exact::ZERO, |sum, (_, weight, score)| sum.plus(Exact::weighted(*weight, *score)?))?;
    let most = brought.plus(Exact::FULL.times(whole.checked_sub(weights)?, whole)?)?;
    // Downwards to hundredths, so that nothing is promised that cannot be reached.
    let (millionths, over) = most.as_fraction();
    let hundredths = millionths.checked_div(over.checked_mul(10_000)?)?;
    let target = u16::try_from(hundredths).ok().and_then(Score::from_hundredths)?;
    let way = Exact::FULL.minus(one.own.unwrap_or_default())?;
    let (part, full) = (way.as_fraction(), Exact::FULL.as_fraction().0);
    let share = |hours: u32| {
        let up = part.0.checked_mul(hours.into())?.div_ceil(part.1.checked_mul(full)?);
        u32::try_from(up).ok()
    };
    let work = Work { hours: share(default.whole.hours)?, days: share(default.whole.days)? };
    Some(Estimate { requirement: requirement.id.clone(), level, target, work, owner: None })
}

fn windows(figures: &Figures, day: Date) -> Result<Windows, Failure> {
    let on = |name: FigureName| figures.on(name, day).map_err(|e| unknown(&[e]));
    let window = |name: FigureName| -> Result<Window, Failure> {
        let figure = on(name)?;
        Ok(Window { days: figure.value, provenance: figure.provenance.clone() })
    };
    // From submission to the decision: every step in turn, business days as whole weeks.
    let mut days = 0_u32;
    let mut least: Option<Provenance> = None;
    for (name, business) in [
        (FigureName::CheckIn, true),
        (FigureName::QaBlock, false),
        (FigureName::QaFirstFeedback, true),
        (FigureName::QaAnswers, false),
        (FigureName::DraftReview, false),
        (FigureName::FinalReport, false),
    ] {
        let figure = on(name)?;
        let span = if business { figure.value.div_ceil(5).saturating_mul(7) } else { figure.value };
        days = days.saturating_add(span);
        if least.as_ref().is_none_or(|l| figure.provenance.confidence > l.confidence) {
            least = Some(figure.provenance.clone());
        }
    }
    let provenance = least.ok_or_else(|| Failure::new(Kind::Unknown, "no figure leads to a decision"))?;
    Ok(Windows {
        policy_procedure: window(FigureName::DocumentsInPlace)?,
        operation: window(FigureName::OperationInPlace)?,
        fieldwork_at_most: window(FigureName::Fieldwork)?,
        decision: Window { days, provenance },
    })
}

#[derive(Serialize)]
pub struct Whole {
    pub schema: &'static str,
    pub hours: u64,
    pub proof: String,
    pub items: Vec<Row>,
    pub needs: Vec<String>,
    pub caps_left: usize,
    pub unanswered_taken_as_nothing: usize,
    pub fieldwork_from: String,
    pub submission: String,
    pub decision: String,
    pub unsure: Vec<String>,
}

#[derive(Serialize)]
pub struct Row {
    pub requirement: String,
    pub domain: u8,
    pub level: &'static str,
    pub from: Points,
    pub to: Points,
    pub hours: u32,
    pub days: u32,
    pub owner: Option<String>,
    pub estimated: bool,
    pub begins: Option<String>,
    pub done: Option<String>,
    pub counts_from: Option<String>,
}

/// A plan with its dates, and what both rest on.
#[derive(Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// Its days.
    pub days: Dates,
    /// Requirements that nobody answered; they are taken as nothing.
    pub open: usize,
    windows: Windows,
    effort: Assumed,
}

impl Planned {
    /// How sure it is that nothing is cheaper.
    pub fn proof(&self) -> String {
        match self.plan.proof {
            Proof::Cheapest => "proven: nothing takes fewer hours".to_owned(),
            Proof::NotBelow { hours } => {
                format!("not proven to be the cheapest; nothing takes fewer than {hours} hours")
            }
        }
    }

    /// What it rests on that nobody confirmed.
    pub fn unsure(&self) -> Vec<String> {
        let of = |what: &str, value: String, p: &Provenance| format!("{what} {value} [{}: {}]", p.confidence, p.source);
        let mut lines: Vec<String> =
            self.plan.unsure.iter().map(|u| of(&u.what, u.value.clone(), &u.provenance)).collect();
        let windows = [
            ("policies and procedures in place before their test, days", &self.windows.policy_procedure),
            ("operation before its test, days", &self.windows.operation),
            ("longest fieldwork, days", &self.windows.fieldwork_at_most),
            ("from submission to decision, days", &self.windows.decision),
        ];
        lines.extend(windows.map(|(what, w)| of(what, w.days.to_string(), &w.provenance)));
        if self.plan.items.iter().any(|i| i.basis == Basis::Assumed) {
            let provenance = &self.effort.defaults.provenance;
            lines.push(of("effort", "assumed where nobody estimated".to_owned(), provenance));
        }
        lines
    }

    /// The plan as JSON shows it.
    pub fn report(&self) -> Whole {
        let row = |(item, days): (&Item, Option<&ItemDates>)| Row {
            requirement: item.requirement.to_string(),
            domain: item.domain,
            level: item.level.as_str(),
            from: Points(item.from),
            to: Points(Some(item.to.into())),
            hours: item.work.hours,
            days: item.work.days,
            owner: item.owner.as_deref().map(str::to_owned),
            estimated: item.basis == Basis::Estimated,
            begins: days.map(|d| d.begins.to_string()),
            done: days.map(|d| d.done.to_string()),
            counts_from: days.map(|d| d.counts_from.to_string()),
        };
        let items = self.plan.items.iter().enumerate().map(|(at, item)| (item, self.days.items.get(at)));
        Whole {
            schema: "attesta.plan/1",
            hours: self.plan.hours,
            proof: self.proof(),
            items: items.map(row).collect(),
            needs: self.plan.needs.iter().map(|n| n.says(&self.plan.items)).collect(),
            caps_left: self.plan.caps_left.len(),
            unanswered_taken_as_nothing: self.open,
            fieldwork_from: self.days.fieldwork_from.to_string(),
            submission: self.days.submission.to_string(),
            decision: self.days.decision.to_string(),
            unsure: self.unsure(),
        }
    }
}

/// A single improvement.
#[derive(Debug, Serialize)]
pub struct NextRow {
    pub requirement: String,
    pub domain: u8,
    pub level: &'static str,
    pub from: Points,
    pub to: Points,
    pub hours: u32,
    pub gains: Points,
    pub lacks: Points,
}

/// A domain, and whether so many hours lift it over its threshold.
#[derive(Debug, Serialize)]
pub struct BudgetRow {
    pub domain: u8,
    pub title: String,
    pub hours: Option<u64>,
    pub reached: bool,
    pub because: String,
}

/// Everything that a plan is made from.
struct Room<'d> {
    scored: Scored<'d>,
    requirements: Vec<Requirement>,
    estimates: Vec<Estimate>,
    effort: Assumed,
    names: BTreeMap<u8, String>,
}

impl<'d> Room<'d> {
    fn of(desk: &'d Desk) -> Result<Self, Failure> {
        Self::with(desk, desk.scored(View::Final)?)
    }

    fn with(desk: &'d Desk, scored: Scored<'d>) -> Result<Self, Failure> {
        let effort = effort(desk)?;
        let requirements = everything(&scored);
        let estimates = estimates(&scored, &requirements, &effort);
        let names = desk.catalog.domains().map(|d| (d.number, d.title.clone())).collect();
        Ok(Self { scored, requirements, estimates, effort, names })
    }

    fn inputs(&self, goal: Goal) -> Inputs<'_> {
        Inputs {
            rules: &self.scored.rules,
            requirements: &self.requirements,
            estimates: &self.estimates,
            defaults: &self.effort.defaults,
            domain_names: &self.names,
            goal,
        }
    }
}

/// How the cheapest way to certification changes.
#[derive(Debug, Default, Serialize)]
pub struct Forecast {
    pub hours_before: Option<u64>,
    pub hours_after: Option<u64>,
    /// Improvements that are needed then and not now.
    pub added: Vec<Step>,
    /// Improvements that are needed now and not then.
    pub dropped: Vec<Step>,
    /// Required corrective action plans more, or fewer (below 0), when all is done.
    pub caps: Option<i64>,
    /// Why there is no plan before or after.
    pub because: Vec<String>,
}

/// An improvement of a plan.
#[derive(Debug, Serialize)]
pub struct Step {
    pub requirement: String,
    pub level: &'static str,
    pub to: Points,
    pub hours: u32,
}

/// Compares the plans before and after a change of answers, factors or inheritance, with as few required corrective action
/// plans as can be. Where effort is not known, it says why there is no plan.
pub fn changed<'d>(desk: &'d Desk, before: Scored<'d>, after: Scored<'d>) -> Forecast {
    let mut forecast = Forecast::default();
    let mut planned = |what: &str, scored: Scored<'d>| -> Option<Plan> {
        let plan = Room::with(desk, scored)
            .and_then(|room| cheapest(&room.inputs(Goal::CertifyWithFewestCaps), &Milp::default()).map_err(refused));
        plan.map_err(|why| forecast.because.push(format!("{what}: {why}"))).ok()
    };
    let (old, new) = (planned("before", before), planned("after", after));
    let step = |item: &Item| Step {
        requirement: item.requirement.to_string(),
        level: item.level.as_str(),
        to: Points(Some(item.to.into())),
        hours: item.work.hours,
    };
    (forecast.hours_before, forecast.hours_after) = (old.as_ref().map(|p| p.hours), new.as_ref().map(|p| p.hours));
    if let (Some(old), Some(new)) = (&old, &new) {
        let difference = compare(old, new);
        forecast.added = difference.added.iter().map(step).collect();
        forecast.dropped = difference.dropped.iter().map(step).collect();
        forecast.caps = Some(difference.caps);
    }
    forecast
}

/// A goal by its word: `certify`, `no-caps` or `fewest-caps`, which an empty text means too.
///
/// # Errors
///
/// When there is no such goal.
pub fn goal(text: &str) -> Result<Goal, Failure> {
    match text {
        "certify" => Ok(Goal::Certify),
        "no-caps" => Ok(Goal::CertifyWithoutCaps),
        "" | "fewest-caps" => Ok(Goal::CertifyWithFewestCaps),
        _ => Err(Failure::new(Kind::BadInput, "there is no such goal").help("use certify, no-caps or fewest-caps")),
    }
}

fn refused(refusal: Refusal) -> Failure {
    Failure::new(Kind::Refused, refusal.to_string())
}

/// The cheapest way to a goal, and when it is done; work begins on `start`, or on the desk's day.
///
/// # Errors
///
/// When the goal is out of reach, or effort or windows are not known.
pub fn plan(desk: &Desk, goal: Goal, start: Option<Date>) -> Result<Planned, Failure> {
    let room = Room::of(desk)?;
    let plan = cheapest(&room.inputs(goal), &Milp::default()).map_err(refused)?;
    let process = desk.library.process()?;
    let windows = windows(&process.figures, desk.dossier.assessment.value.created)?;
    let effort = room.effort;
    let calendar = Calendar {
        start: start.unwrap_or(desk.at),
        owners: effort.owners.clone(),
        hours_a_week: effort.hours_a_week,
        fieldwork_days: effort.fieldwork_days,
        last_test_days: effort.last_test_days,
        lead_days: effort.lead_days,
    };
    let days = dates(&plan, &windows, &calendar).map_err(|e| Failure::new(Kind::Refused, e.to_string()))?;
    Ok(Planned { plan, days, windows, effort, open: room.scored.workings.unanswered.len() })
}

/// Single improvements, most points per hour first.
///
/// # Errors
///
/// When the goal is out of reach, or effort is not known.
pub fn next(desk: &Desk, goal: Goal) -> Result<Vec<NextRow>, Failure> {
    let room = Room::of(desk)?;
    let steps = next_steps(&room.inputs(goal)).map_err(refused)?;
    let row = |s: &NextStep| NextRow {
        requirement: s.item.requirement.to_string(),
        domain: s.item.domain,
        level: s.item.level.as_str(),
        from: Points(s.item.from),
        to: Points(Some(s.item.to.into())),
        hours: s.item.work.hours,
        gains: Points(Some(s.gains.into())),
        lacks: Points(Some(s.lacks.into())),
    };
    Ok(steps.iter().map(row).collect())
}

/// What so many hours buy, domain by domain, and how many are left.
///
/// # Errors
///
/// When nothing can be planned, or effort is not known.
pub fn budget(desk: &Desk, goal: Goal, hours: u64) -> Result<(Vec<BudgetRow>, u64), Failure> {
    let room = Room::of(desk)?;
    let bought = affordable(&room.inputs(goal), &Milp::default(), hours).map_err(refused)?;
    let title = |number: u8| room.names.get(&number).cloned().unwrap_or_default();
    let mut rows = Vec::new();
    for (number, plan) in &bought.domains {
        let because = plan.needs.iter().map(|n| n.says(&plan.items)).collect::<Vec<_>>().join("; ");
        let (title, hours) = (title(*number), Some(plan.hours));
        rows.push(BudgetRow { domain: *number, title, hours, reached: true, because });
    }
    for (number, needed) in &bought.too_dear {
        let because = "more hours than are left".to_owned();
        let (title, hours) = (title(*number), Some(*needed));
        rows.push(BudgetRow { domain: *number, title, hours, reached: false, because });
    }
    for (number, refusal) in &bought.out_of_reach {
        let because = refusal.to_string();
        rows.push(BudgetRow { domain: *number, title: title(*number), hours: None, reached: false, because });
    }
    Ok((rows, bought.left))
}
