//! Recognised security practices (Pub. L. 116-321): whether they are shown to have been in place without a gap.

use std::fmt;

use attesta_assessment::EvidenceId;
use attesta_kernel::Date;

use crate::{
    EvidenceBook, RecordId, Slug, Words,
    calendar::minus_months,
    plus_days, plus_months,
    rules::{Family, PracticeRules},
    words::word_enum,
};

/// A practice as it is kept in the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Practice {
    /// Its id.
    pub id: RecordId,
    /// The kind of practices that it belongs to.
    pub family: Slug,
    /// The part of the family that it serves.
    pub part: Option<RecordId>,
    /// What is done.
    pub title: Words,
    /// Under which law the practice is recognised; asked where the family has no parts.
    pub authority: Option<Words>,
    /// When it is shown to have been in operation.
    pub periods: Vec<Period>,
}

/// A time over which evidence shows a practice in operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub from: Date,
    /// Last day that the evidence reaches.
    pub until: Date,
    /// What shows it.
    pub evidence: Vec<EvidenceId>,
}

/// Days from the first to the last, both in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} to {}", self.from, self.until))
    }
}

/// Why something in a practice does not count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PracticeFlaw {
    /// The law names no such family.
    UnknownFamily(Slug),
    /// The family has no such part.
    UnknownPart(RecordId),
    /// The family has parts and the practice names none.
    NoPart,
    /// The family is open and the practice names no law that recognises it.
    NoAuthority,
    /// A period has no evidence.
    PeriodUnshown(Span),
    /// A period ends before it begins.
    PeriodBackwards(Span),
    /// A period goes on after the last day of which its evidence tells; what lies after that day does not count.
    PeriodBeyondEvidence(Span, Date),
    /// A period begins after the day of the report.
    PeriodNotYet(Span),
}

impl PracticeFlaw {
    /// Whether the whole practice does not count by it, or a period alone.
    pub fn of_the_whole(&self) -> bool {
        matches!(self, Self::UnknownFamily(_) | Self::UnknownPart(_) | Self::NoPart | Self::NoAuthority)
    }
}

impl fmt::Display for PracticeFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownFamily(family) => write!(f, "belongs to `{family}`, which is no family of the law"),
            Self::UnknownPart(part) => write!(f, "serves `{part}`, which is no part of its family"),
            Self::NoPart => f.write_str("does not say which part of its family it serves"),
            Self::NoAuthority => f.write_str("names no law under which it is recognised"),
            Self::PeriodUnshown(span) => write!(f, "has no evidence for {span}"),
            Self::PeriodBackwards(span) => write!(f, "has a period that ends before it begins ({span})"),
            Self::PeriodBeyondEvidence(span, day) => {
                write!(f, "has evidence that tells of no day after {day}, for a period of {span}")
            }
            Self::PeriodNotYet(span) => write!(f, "has a period after the day of the report ({span})"),
        }
    }
}

word_enum! {
    /// What the periods of a practice show.
    PracticeState, "a state of a practice" {
        /// In place without a gap for as long as the law asks, up to the day of the report.
        Shown = "shown",
        /// In place up to the day of the report, and not yet for as long.
        Short = "too short",
        /// The evidence ends before the day of the report.
        Lapsed = "lapsed",
        /// Nothing shows it.
        Unshown = "not shown",
    }
}

/// One practice as it was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PracticeRow<'a> {
    /// The practice.
    pub practice: &'a Practice,
    /// What its periods show.
    pub state: PracticeState,
    /// The last run without a gap.
    pub run: Option<Span>,
    /// Days in the time that the law looks at over which nothing shows it.
    pub gaps: Vec<Span>,
    /// The first day on which it will have been in place for long enough, if the evidence goes on.
    pub shown_from: Option<Date>,
    /// Why something does not count.
    pub flaws: Vec<PracticeFlaw>,
}

/// One kind of practices as it was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyReport<'a> {
    /// The family.
    pub family: &'a Family,
    /// Its practices, in the order of the file.
    pub rows: Vec<PracticeRow<'a>>,
    /// Parts that no practice shows.
    pub missing: Vec<&'a crate::Part>,
    /// Whether every part is shown; of a family without parts, whether every practice is.
    pub state: PracticeState,
}

/// The report on the day `at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PracticeReport<'a> {
    /// The time that the law looks at.
    pub window: Span,
    /// The kinds of practices that the law names.
    pub families: Vec<FamilyReport<'a>>,
    /// Practices of no family.
    pub strays: Vec<PracticeRow<'a>>,
}

impl<'a> PracticeReport<'a> {
    /// Judges the register on the day `at`.
    pub fn of(rules: &'a PracticeRules, practices: &'a [Practice], evidence: EvidenceBook<'_>, at: Date) -> Self {
        let window = Span { from: minus_months(at, rules.months), until: at };
        let judged = |practice: &'a Practice| row(rules, practice, evidence, window);
        let families = rules
            .families
            .iter()
            .map(|family| {
                let rows: Vec<PracticeRow<'a>> =
                    practices.iter().filter(|p| p.family == family.id).map(judged).collect();
                let shows = |row: &PracticeRow<'_>, part: &crate::Part| {
                    row.state == PracticeState::Shown && row.practice.part.as_ref() == Some(&part.id)
                };
                let missing: Vec<&crate::Part> =
                    family.parts.iter().filter(|part| !rows.iter().any(|row| shows(row, part))).collect();
                let all = rows.iter().all(|row| row.state == PracticeState::Shown);
                let state = if rows.is_empty() {
                    PracticeState::Unshown
                } else if missing.is_empty() && (!family.parts.is_empty() || all) {
                    PracticeState::Shown
                } else {
                    let worst = |s: PracticeState| rows.iter().any(|row| row.state == s).then_some(s);
                    worst(PracticeState::Unshown)
                        .or(worst(PracticeState::Lapsed))
                        .or(worst(PracticeState::Short))
                        .unwrap_or(PracticeState::Unshown)
                };
                FamilyReport { family, rows, missing, state }
            })
            .collect();
        let known = |p: &&Practice| rules.families.iter().any(|family| family.id == p.family);
        let strays = practices.iter().filter(|p| !known(p)).map(judged).collect();
        Self { window, families, strays }
    }

    /// Whether any one kind of practices is shown whole; the law asks for no more.
    pub fn shown(&self) -> impl Iterator<Item = &FamilyReport<'a>> {
        self.families.iter().filter(|family| family.state == PracticeState::Shown)
    }
}

fn row<'a>(rules: &PracticeRules, practice: &'a Practice, evidence: EvidenceBook<'_>, window: Span) -> PracticeRow<'a> {
    let mut flaws = Vec::new();
    match rules.families.iter().find(|family| family.id == practice.family) {
        None => flaws.push(PracticeFlaw::UnknownFamily(practice.family.clone())),
        Some(family) if family.parts.is_empty() => {
            if practice.authority.is_none() {
                flaws.push(PracticeFlaw::NoAuthority);
            }
        }
        Some(family) => match &practice.part {
            None => flaws.push(PracticeFlaw::NoPart),
            Some(part) if !family.parts.iter().any(|p| p.id == *part) => {
                flaws.push(PracticeFlaw::UnknownPart(part.clone()));
            }
            Some(_) => {}
        },
    }
    let whole = flaws.is_empty();
    let mut spans = Vec::new();
    for period in &practice.periods {
        let span = Span { from: period.from, until: period.until };
        if period.until < period.from {
            flaws.push(PracticeFlaw::PeriodBackwards(span));
        } else if period.from > window.until {
            flaws.push(PracticeFlaw::PeriodNotYet(span));
        } else if period.evidence.is_empty() {
            flaws.push(PracticeFlaw::PeriodUnshown(span));
        } else {
            // Evidence cannot reach past the day of the report, nor past the last day of which it tells.
            let reach = evidence.reach(&period.evidence).unwrap_or(span.until);
            if reach < span.until {
                flaws.push(PracticeFlaw::PeriodBeyondEvidence(span, reach));
            }
            if reach >= span.from {
                spans.push(Span { from: span.from, until: span.until.min(window.until).min(reach) });
            }
        }
    }
    let runs = joined(spans);
    let run = runs.last().copied();
    let gaps = gaps(window, &runs);
    let reaches_today = run.is_some_and(|run| run.until == window.until);
    let state = match run {
        _ if !whole => PracticeState::Unshown,
        None => PracticeState::Unshown,
        Some(run) if reaches_today && run.from <= window.from => PracticeState::Shown,
        Some(_) if reaches_today => PracticeState::Short,
        Some(_) => PracticeState::Lapsed,
    };
    let shown_from = run.filter(|_| state == PracticeState::Short).map(|run| plus_months(run.from, rules.months));
    PracticeRow { practice, state, run, gaps, shown_from, flaws }
}

/// Runs without a gap: one day after another, overlaps joined.
fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut runs: Vec<Span> = Vec::new();
    for span in spans {
        match runs.last_mut() {
            Some(last) if span.from <= plus_days(last.until, 1) => last.until = last.until.max(span.until),
            _ => runs.push(span),
        }
    }
    runs
}

/// What the runs leave open of the window.
fn gaps(window: Span, runs: &[Span]) -> Vec<Span> {
    let mut gaps = Vec::new();
    let mut next = window.from;
    for run in runs.iter().filter(|run| run.until >= window.from) {
        if run.from > next {
            gaps.push(Span { from: next, until: run.from.yesterday().unwrap_or(run.from) });
        }
        next = plus_days(run.until, 1);
    }
    if next <= window.until {
        gaps.push(Span { from: next, until: window.until });
    }
    gaps
}
