//! `attesta assess plan DIR`: the cheapest way to certification, and the earliest day.

use std::{collections::BTreeMap, path::PathBuf};

use attesta_assessment::View;
use attesta_content::Effort;
use attesta_forecast::{
    Basis, Calendar, Dates, Defaults, Estimate, Goal, Inputs, Item, LevelDefault, NextStep, Plan, Proof, Window,
    Windows, Work, affordable, dates, next_steps, plan,
};
use attesta_kernel::{Date, Provenance};
use attesta_lifecycle::{FigureName, Figures};
use attesta_scoring::{Answer, Exact, Levels, MaturityLevel, Requirement, Score};
use attesta_solver::Milp;
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::{
    args::{Common, ListFormat},
    assess::{
        desk::{self, Desk, Scored, refuse},
        points::{Points, shown},
    },
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct PlanOptions {
    /// The assessment's folder; its effort.yaml holds estimates
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// What must come true
    #[arg(long, value_enum, default_value_t = Wanted::FewestCaps)]
    goal: Wanted,
    /// The first day of work [default: the day of --at]
    #[arg(long, value_name = "YYYY-MM-DD")]
    start: Option<Date>,
    /// What so many hours buy: as many domains over their thresholds as can be
    #[arg(long, value_name = "HOURS")]
    budget: Option<u64>,
    /// Rank single improvements instead: most points per hour first
    #[arg(long, conflicts_with = "budget")]
    next: bool,
    /// The day [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

/// What must come true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wanted {
    /// Every domain reaches its threshold
    Certify,
    /// And no corrective action plan is required
    NoCaps,
    /// And as few corrective action plans are required as can be
    FewestCaps,
}

impl From<Wanted> for Goal {
    fn from(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Certify => Self::Certify,
            Wanted::NoCaps => Self::CertifyWithoutCaps,
            Wanted::FewestCaps => Self::CertifyWithFewestCaps,
        }
    }
}

pub(crate) fn run(common: &Common, options: &PlanOptions) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, options.at)?;
    let scored = desk.scored(View::Final)?;
    let effort = effort(&desk)?;
    let requirements = everything(&scored);
    let estimates = estimates(&scored, &requirements, &effort);
    let names: BTreeMap<u8, String> = desk.catalog.domains().map(|d| (d.number, d.title.clone())).collect();
    let inputs = Inputs {
        rules: &scored.rules,
        requirements: &requirements,
        estimates: &estimates,
        defaults: &effort.defaults,
        domain_names: &names,
        goal: options.goal.into(),
    };
    let refused = |refusal: attesta_forecast::Refusal| Failure::new(Exit::Findings, refusal.to_string());
    if options.next {
        return next(options.format, &next_steps(&inputs).map_err(refused)?);
    }
    if let Some(hours) = options.budget {
        return budget(&inputs, &names, hours, options.format);
    }
    let plan = plan(&inputs, &Milp::default()).map_err(refused)?;
    let process = desk.library.process().map_err(|f| refuse(&f))?;
    let windows = windows(&process.figures, desk.dossier.assessment.value.created)?;
    let calendar = Calendar {
        start: options.start.unwrap_or(desk.at),
        owners: effort.owners.clone(),
        hours_a_week: effort.hours_a_week,
        fieldwork_days: effort.fieldwork_days,
        last_test_days: effort.last_test_days,
        lead_days: effort.lead_days,
    };
    let days = dates(&plan, &windows, &calendar).map_err(|e| Failure::new(Exit::Findings, e.to_string()))?;
    let told =
        Told { plan: &plan, days: &days, windows: &windows, effort: &effort, open: scored.workings.unanswered.len() };
    match options.format {
        ListFormat::Json => terminal::json_of(&told.json())?,
        ListFormat::Table => told.table(&names)?,
    }
    Ok(Exit::Met)
}

/// Content's assumptions, and what the folder says in their place.
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
    let shipped = attesta_content::effort_defaults(desk.library.source()).map_err(|f| refuse(&f))?;
    let mut faults = Vec::new();
    let own = match desk.folder.file("effort.yaml").map_err(|f| refuse(&[f]))? {
        Some(file) => attesta_content::effort(&file, &mut faults),
        None => Effort::default(),
    };
    if !faults.is_empty() {
        return Err(refuse(&faults));
    }
    let lacking = |what: &str| {
        Failure::new(Exit::NotEvaluated, format!("neither effort.yaml nor the content pack says `{what}`"))
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
    one: &attesta_assessment::WorkedLevel,
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
    let on = |name: FigureName| figures.on(name, day).map_err(|e| refuse(&[e]));
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
    let provenance = least.ok_or_else(|| Failure::new(Exit::NotEvaluated, "no figure leads to a decision"))?;
    Ok(Windows {
        policy_procedure: window(FigureName::DocumentsInPlace)?,
        operation: window(FigureName::OperationInPlace)?,
        fieldwork_at_most: window(FigureName::Fieldwork)?,
        decision: Window { days, provenance },
    })
}

/// A plan with its dates.
struct Told<'a> {
    plan: &'a Plan,
    days: &'a Dates,
    windows: &'a Windows,
    effort: &'a Assumed,
    open: usize,
}

#[derive(Serialize)]
struct Whole {
    schema: &'static str,
    hours: u64,
    proof: String,
    items: Vec<Row>,
    needs: Vec<String>,
    caps_left: usize,
    unanswered_taken_as_nothing: usize,
    fieldwork_from: String,
    submission: String,
    decision: String,
    unsure: Vec<String>,
}

#[derive(Serialize)]
struct Row {
    requirement: String,
    domain: u8,
    level: &'static str,
    from: Points,
    to: Points,
    hours: u32,
    days: u32,
    owner: Option<String>,
    estimated: bool,
    begins: Option<String>,
    done: Option<String>,
    counts_from: Option<String>,
}

impl Told<'_> {
    fn proof(&self) -> String {
        match self.plan.proof {
            Proof::Cheapest => "proven: nothing takes fewer hours".to_owned(),
            Proof::NotBelow { hours } => {
                format!("not proven to be the cheapest; nothing takes fewer than {hours} hours")
            }
        }
    }

    fn unsure(&self) -> Vec<String> {
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

    fn json(&self) -> Whole {
        let row = |(item, days): (&Item, Option<&attesta_forecast::ItemDates>)| Row {
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

    fn table(&self, names: &BTreeMap<u8, String>) -> Result<(), Failure> {
        let mut text = String::new();
        if self.open > 0 {
            text.push_str(&format!("{} requirements that nobody answered are taken as nothing\n", self.open));
        }
        if self.plan.items.is_empty() {
            text.push_str("nothing must be raised: the goal is reached\n");
        }
        for need in &self.plan.needs {
            text.push_str(&format!("{}\n", need.says(&self.plan.items)));
        }
        text.push('\n');
        terminal::out(terminal::plain(&text).as_bytes())?;
        let order = self.plan.items.iter().enumerate();
        let rows = order.map(|(at, item)| {
            let days = self.days.items.get(at);
            let day =
                |of: fn(&attesta_forecast::ItemDates) -> Date| days.map_or_else(String::new, |d| of(d).to_string());
            [
                item.requirement.to_string(),
                names.get(&item.domain).cloned().unwrap_or_default(),
                item.level.to_string(),
                format!("{} -> {}", shown(item.from), item.to),
                format!("{}{}", item.work.hours, if item.basis == Basis::Assumed { " assumed" } else { "" }),
                item.owner.as_deref().unwrap_or_default().to_owned(),
                day(|d| d.begins),
                day(|d| d.done),
                day(|d| d.counts_from),
            ]
        });
        terminal::table(
            ["requirement", "domain", "level", "raise", "hours", "owner", "begins", "done", "counts from"],
            rows,
        )?;
        let mut text = format!(
            "\n{} hours, {}; {} required corrective action plans stay\nfieldwork from {}, submission {}, decision around {}\n",
            self.plan.hours,
            self.proof(),
            self.plan.caps_left.len(),
            self.days.fieldwork_from,
            self.days.submission,
            self.days.decision
        );
        for line in self.unsure() {
            text.push_str(&format!("rests on: {line}\n"));
        }
        terminal::out(terminal::plain(&text).as_bytes())
    }
}

fn next(format: ListFormat, steps: &[NextStep]) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    struct Row {
        requirement: String,
        domain: u8,
        level: &'static str,
        from: Points,
        to: Points,
        hours: u32,
        gains: Points,
        lacks: Points,
    }
    let rows: Vec<Row> = steps
        .iter()
        .map(|s| Row {
            requirement: s.item.requirement.to_string(),
            domain: s.item.domain,
            level: s.item.level.as_str(),
            from: Points(s.item.from),
            to: Points(Some(s.item.to.into())),
            hours: s.item.work.hours,
            gains: Points(Some(s.gains.into())),
            lacks: Points(Some(s.lacks.into())),
        })
        .collect();
    match format {
        ListFormat::Json => terminal::json_of(&rows)?,
        ListFormat::Table => terminal::table(
            ["requirement", "domain", "level", "raise", "hours", "domain gains", "it lacks"],
            rows.iter().map(|r| {
                [
                    r.requirement.clone(),
                    r.domain.to_string(),
                    r.level.to_owned(),
                    format!("{} -> {}", shown(r.from.0), shown(r.to.0)),
                    r.hours.to_string(),
                    shown(r.gains.0),
                    shown(r.lacks.0),
                ]
            }),
        )?,
    }
    Ok(Exit::Met)
}

fn budget(inputs: &Inputs<'_>, names: &BTreeMap<u8, String>, hours: u64, format: ListFormat) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    struct Row {
        domain: u8,
        title: String,
        hours: Option<u64>,
        reached: bool,
        because: String,
    }
    let bought = affordable(inputs, &Milp::default(), hours)
        .map_err(|refusal| Failure::new(Exit::Findings, refusal.to_string()))?;
    let title = |number: u8| names.get(&number).cloned().unwrap_or_default();
    let mut rows: Vec<Row> = Vec::new();
    for (number, plan) in &bought.domains {
        let because = plan.needs.iter().map(|n| n.says(&plan.items)).collect::<Vec<_>>().join("; ");
        rows.push(Row { domain: *number, title: title(*number), hours: Some(plan.hours), reached: true, because });
    }
    for (number, needed) in &bought.too_dear {
        let because = "more hours than are left".to_owned();
        rows.push(Row { domain: *number, title: title(*number), hours: Some(*needed), reached: false, because });
    }
    for (number, refusal) in &bought.out_of_reach {
        let because = refusal.to_string();
        rows.push(Row { domain: *number, title: title(*number), hours: None, reached: false, because });
    }
    match format {
        ListFormat::Json => terminal::json_of(&rows)?,
        ListFormat::Table => {
            terminal::table(
                ["no", "domain", "hours", "reached", "how"],
                rows.iter().map(|r| {
                    [
                        r.domain.to_string(),
                        r.title.clone(),
                        r.hours.map_or_else(|| "-".to_owned(), |h| h.to_string()),
                        if r.reached { "yes" } else { "no" }.to_owned(),
                        r.because.clone(),
                    ]
                }),
            )?;
            terminal::out(format!("\n{} of {hours} hours are left\n", bought.left).as_bytes())?;
        }
    }
    Ok(Exit::Met)
}
