//! The risk analysis (45 CFR 164.308(a)(1)(ii)(A)) and what becomes of each risk (164.308(a)(1)(ii)(B)).

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use attesta_assessment::{EvidenceId, SystemId};
use attesta_kernel::{Citation, Date};

use crate::{
    RecordId, RegisterState, Slug, Words, plus_months,
    rules::{RiskMatrix, RiskRules},
};

/// The analyses that were done, and the risks that they found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RiskRegister {
    /// Analyses, in any order.
    pub analyses: Vec<Analysis>,
    /// Risks.
    pub risks: Vec<Risk>,
}

/// One analysis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Analysis {
    /// Its id.
    pub id: RecordId,
    /// The day on which it was complete.
    pub completed_on: Option<Date>,
    /// Who answers for it.
    pub by: Option<Words>,
    /// How it was done.
    pub method: Option<Words>,
    /// The systems that it looked at.
    pub systems: BTreeSet<SystemId>,
    /// Systems at which it found no risk, with the reasoning.
    pub without_risk: BTreeMap<SystemId, Words>,
    /// The analysis itself.
    pub evidence: Vec<EvidenceId>,
}

/// One risk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// Its id.
    pub id: RecordId,
    /// The system that it threatens.
    pub system: SystemId,
    /// What may happen.
    pub threat: Words,
    /// What lets it happen.
    pub vulnerability: Words,
    /// How likely and how bad, as things are.
    pub inherent: Grades,
    /// How likely and how bad once it is treated.
    pub residual: Option<Grades>,
    /// What becomes of it.
    pub treatment: Option<Treatment>,
    /// Standards and specifications of the Security Rule that it bears on.
    pub items: Vec<Citation>,
}

/// A pair of grades.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grades {
    /// How likely.
    pub likelihood: Slug,
    /// How bad.
    pub impact: Slug,
}

/// What becomes of a risk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Treatment {
    /// It is made smaller.
    Mitigate(Action),
    /// Somebody else bears it.
    Transfer(Action),
    /// What causes it is given up.
    Avoid(Action),
    /// Somebody answers for it as it is.
    Accept(Acceptance),
}

impl Treatment {
    /// The word used in files and reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Mitigate(_) => "mitigate",
            Self::Transfer(_) => "transfer",
            Self::Avoid(_) => "avoid",
            Self::Accept(_) => "accept",
        }
    }

    /// Who answers for it.
    pub fn who(&self) -> Option<&Words> {
        match self {
            Self::Mitigate(action) | Self::Transfer(action) | Self::Avoid(action) => action.owner.as_ref(),
            Self::Accept(acceptance) => acceptance.by.as_ref(),
        }
    }
}

/// Something that is done about a risk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Action {
    /// What.
    pub plan: Option<Words>,
    /// Who does it.
    pub owner: Option<Words>,
    /// The last day.
    pub due: Option<Date>,
    /// When it was done.
    pub done_on: Option<Date>,
    /// What shows that it is done.
    pub evidence: Vec<EvidenceId>,
}

/// A risk that somebody accepts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acceptance {
    /// Who accepts it.
    pub by: Option<Words>,
    /// When.
    pub on: Option<Date>,
    /// Why.
    pub why: Option<Words>,
    /// The last day on which it stands without a review.
    pub review_by: Option<Date>,
}

/// Why an analysis does not count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnalysisFlaw {
    /// Nobody answers for it.
    NobodyNamed,
    /// It does not say how it was done.
    NoMethod,
    /// The analysis itself cannot be found.
    NoEvidence,
}

impl AnalysisFlaw {
    /// Why, in words.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NobodyNamed => "names nobody who answers for it",
            Self::NoMethod => "does not say how it was done",
            Self::NoEvidence => "names no evidence",
        }
    }
}

/// Where the last analysis stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnalysisState<'a> {
    /// None was completed.
    Never,
    /// The last one does not count.
    Flawed(&'a Analysis, Date, Vec<AnalysisFlaw>),
    /// The last one was due again on this day.
    Overdue(&'a Analysis, Date),
    /// It is due again on this day.
    Current(&'a Analysis, Date),
}

impl<'a> AnalysisState<'a> {
    /// The last analysis, however it stands.
    pub fn analysis(&self) -> Option<&'a Analysis> {
        match self {
            Self::Never => None,
            Self::Flawed(a, ..) | Self::Overdue(a, _) | Self::Current(a, _) => Some(a),
        }
    }
}

/// Why a risk is not dealt with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RiskFlaw {
    /// A word is no grade of likelihood.
    NoLikelihood(Slug),
    /// A word is no grade of impact.
    NoImpact(Slug),
    /// What is left is graded above what there was.
    ResidualAbove,
    /// Nothing becomes of it.
    Untreated,
    /// The treatment says not what is done.
    NoPlan,
    /// Nobody answers for the treatment.
    NoOwner,
    /// The treatment has no last day.
    NoDue,
    /// It was due on this day and is not done.
    Overdue(Date),
    /// It is called done, and nothing shows it.
    DoneUnshown(Date),
    /// It is called done, and what is left is not graded.
    NoResidual,
    /// Nobody is named who accepts it.
    AcceptedByNobody,
    /// The acceptance has no day, or a day after that of the report.
    AcceptedNever,
    /// The acceptance has no reason.
    NoReason,
    /// The acceptance has no day of review.
    NoReviewDay,
    /// The acceptance was to be reviewed by this day.
    ReviewOverdue(Date),
}

impl RiskFlaw {
    /// Whether the analysis is incomplete by it; otherwise it is the treatment that lags.
    pub fn of_analysis(&self) -> bool {
        !matches!(self, Self::Overdue(_) | Self::DoneUnshown(_) | Self::NoResidual | Self::ReviewOverdue(_))
    }
}

impl fmt::Display for RiskFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLikelihood(word) => write!(f, "`{word}` is no grade of likelihood"),
            Self::NoImpact(word) => write!(f, "`{word}` is no grade of impact"),
            Self::ResidualAbove => f.write_str("what is left is graded above what there was"),
            Self::Untreated => f.write_str("is neither treated nor accepted"),
            Self::NoPlan => f.write_str("has a treatment that does not say what is done"),
            Self::NoOwner => f.write_str("has a treatment without an owner"),
            Self::NoDue => f.write_str("has a treatment without a last day"),
            Self::Overdue(day) => write!(f, "was to be treated by {day}"),
            Self::DoneUnshown(day) => write!(f, "is called treated on {day}, and nothing shows it"),
            Self::NoResidual => f.write_str("is called treated, and what is left is not graded"),
            Self::AcceptedByNobody => f.write_str("is accepted by nobody in particular"),
            Self::AcceptedNever => f.write_str("has an acceptance without a day, or of a day to come"),
            Self::NoReason => f.write_str("is accepted without a reason"),
            Self::NoReviewDay => f.write_str("is accepted without a day of review"),
            Self::ReviewOverdue(day) => write!(f, "has an acceptance that was to be reviewed by {day}"),
        }
    }
}

/// A system that touches ePHI and that the analysis does not cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Uncovered {
    /// The last analysis did not look at it.
    NotLookedAt,
    /// It was looked at; neither a risk nor the reasoning why there is none is recorded.
    NothingRecorded,
}

/// One risk as it was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskRow<'a> {
    /// The risk.
    pub risk: &'a Risk,
    /// Its rank and level as things are.
    pub level: Option<(usize, &'a Slug)>,
    /// Its rank and level once treated.
    pub residual: Option<(usize, &'a Slug)>,
    /// Whether its treatment is done and shown.
    pub treated_on: Option<Date>,
    /// Why it is not dealt with; empty when it is.
    pub flaws: Vec<RiskFlaw>,
}

impl RiskRow<'_> {
    /// How likely and how bad it is today: as it was graded until a treatment is done and shown.
    pub fn today(&self) -> &Grades {
        match (&self.risk.residual, self.treated_on) {
            (Some(residual), Some(_)) => residual,
            _ => &self.risk.inherent,
        }
    }
}

/// The risk analysis on the day of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskReport<'a> {
    /// Where the last analysis stands.
    pub analysis: AnalysisState<'a>,
    /// How many systems touch ePHI; `None` where nobody says which do.
    pub systems: Option<usize>,
    /// Which of them are not covered, and why.
    pub uncovered: Vec<(SystemId, Uncovered)>,
    /// The risks, highest level first.
    pub rows: Vec<RiskRow<'a>>,
}

/// A cell of the matrix, with how many risks lie in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatrixCell<'a> {
    /// How likely.
    pub likelihood: &'a Slug,
    /// How bad.
    pub impact: &'a Slug,
    /// The level of the cell, and its rank from 0.
    pub level: (usize, &'a Slug),
    /// Risks that lie here before anything is done about them.
    pub before: usize,
    /// Risks that lie here today. What is planned makes nothing smaller: only a treatment that is done and shown does.
    pub today: usize,
}

/// Levels by name, highest first, with how many risks bear each.
pub type Assessed<'a> = Vec<(&'a Slug, usize)>;

impl<'a> RiskReport<'a> {
    /// Judges the register on the day `at`. `ephi` names every system that touches ePHI; `None` where nobody says.
    pub fn of(rules: &'a RiskRules, register: &'a RiskRegister, ephi: Option<&BTreeSet<SystemId>>, at: Date) -> Self {
        let done = |a: &'a Analysis| Some((a.completed_on.filter(|day| *day <= at)?, a));
        let last = register.analyses.iter().filter_map(done).max_by_key(|(day, a)| (*day, &a.id));
        let analysis = match last {
            None => AnalysisState::Never,
            Some((day, analysis)) => {
                let due = plus_months(day, rules.review_months);
                let flaws: Vec<AnalysisFlaw> = [
                    (analysis.by.is_some(), AnalysisFlaw::NobodyNamed),
                    (analysis.method.is_some(), AnalysisFlaw::NoMethod),
                    (!analysis.evidence.is_empty(), AnalysisFlaw::NoEvidence),
                ]
                .into_iter()
                .filter_map(|(there, flaw)| (!there).then_some(flaw))
                .collect();
                if !flaws.is_empty() {
                    AnalysisState::Flawed(analysis, due, flaws)
                } else if due < at {
                    AnalysisState::Overdue(analysis, due)
                } else {
                    AnalysisState::Current(analysis, due)
                }
            }
        };
        let mut rows: Vec<RiskRow<'_>> = register.risks.iter().map(|risk| row(rules, risk, at)).collect();
        rows.sort_by(|a, b| {
            let rank = |row: &RiskRow<'_>| row.level.map_or(usize::MAX, |(rank, _)| rank);
            rank(b).cmp(&rank(a)).then_with(|| a.risk.id.cmp(&b.risk.id))
        });
        let covered = analysis.analysis();
        let uncovered = ephi
            .into_iter()
            .flatten()
            .filter_map(|system| {
                let looked_at = covered.is_some_and(|a| a.systems.contains(system));
                let recorded = register.risks.iter().any(|r| r.system == *system)
                    || covered.is_some_and(|a| a.without_risk.contains_key(system));
                match (looked_at, recorded) {
                    (false, _) => Some((system.clone(), Uncovered::NotLookedAt)),
                    (true, false) => Some((system.clone(), Uncovered::NothingRecorded)),
                    (true, true) => None,
                }
            })
            .collect();
        Self { analysis, systems: ephi.map(BTreeSet::len), uncovered, rows }
    }

    /// What stands against the analysis (164.308(a)(1)(ii)(A)); empty when it is done, in time, whole, and every risk has
    /// a treatment or an acceptance by somebody named.
    pub fn against_analysis(&self) -> Vec<String> {
        let mut against = Vec::new();
        match &self.analysis {
            AnalysisState::Never => against.push("no risk analysis was completed".to_owned()),
            AnalysisState::Flawed(analysis, _, flaws) => {
                against
                    .extend(flaws.iter().map(|flaw| format!("the risk analysis `{}` {}", analysis.id, flaw.as_str())));
            }
            AnalysisState::Overdue(analysis, due) => {
                against.push(format!("the risk analysis `{}` was due again on {due}", analysis.id));
            }
            AnalysisState::Current(..) => {}
        }
        match self.systems {
            None => against.push("nobody says which systems touch ePHI".to_owned()),
            Some(0) => against.push("no system is said to touch ePHI, so that nothing can be covered".to_owned()),
            Some(_) => {}
        }
        against.extend(self.uncovered.iter().map(|(system, why)| match why {
            Uncovered::NotLookedAt => format!("the last risk analysis did not look at `{system}`"),
            Uncovered::NothingRecorded => {
                format!("neither a risk of `{system}` nor why there is none is recorded")
            }
        }));
        against.extend(self.flaws(RiskFlaw::of_analysis));
        against
    }

    /// What stands against the treatment of risks (164.308(a)(1)(ii)(B)).
    pub fn against_treatment(&self) -> Vec<String> {
        self.flaws(|flaw| !flaw.of_analysis()).collect()
    }

    fn flaws(&self, which: impl Fn(&RiskFlaw) -> bool) -> impl Iterator<Item = String> {
        self.rows.iter().flat_map(move |row| {
            let of_row: Vec<String> =
                row.flaws.iter().filter(|f| which(f)).map(|flaw| format!("risk `{}` {flaw}", row.risk.id)).collect();
            of_row
        })
    }

    /// The register as a gate of the analysis.
    pub fn analysis_state(&self) -> RegisterState {
        let against = self.against_analysis();
        match (&self.analysis, against.is_empty()) {
            (AnalysisState::Current(analysis, due), true) => RegisterState::Shown(format!(
                "risk analysis `{}` covers every system that touches ePHI and is due again on {due}",
                analysis.id
            )),
            _ => RegisterState::NotInOrder(against),
        }
    }

    /// The register as a gate of the treatment: shown only where something was treated in time.
    pub fn treatment_state(&self) -> RegisterState {
        let against = self.against_treatment();
        if !against.is_empty() {
            RegisterState::NotInOrder(against)
        } else if self.rows.iter().any(|row| row.treated_on.is_some()) {
            RegisterState::Shown("no treatment is overdue, and those that are done are shown".to_owned())
        } else {
            RegisterState::Silent("no treatment is overdue; none is shown to be done".to_owned())
        }
    }

    /// The matrix with its risks, likeliest first, and in each row the least impact first. What is graded by a word that is
    /// none lies nowhere.
    pub fn matrix<'m>(&self, matrix: &'m RiskMatrix) -> Vec<MatrixCell<'m>> {
        let lies = |grades: &Grades, likelihood: &Slug, impact: &Slug| {
            grades.likelihood == *likelihood && grades.impact == *impact
        };
        let mut cells = Vec::new();
        for likelihood in matrix.likelihoods().iter().rev() {
            for impact in matrix.impacts() {
                let Some(level) = matrix.level(likelihood, impact) else { continue };
                let before = self.rows.iter().filter(|row| lies(&row.risk.inherent, likelihood, impact)).count();
                let today = self.rows.iter().filter(|row| lies(row.today(), likelihood, impact)).count();
                cells.push(MatrixCell { likelihood, impact, level, before, today });
            }
        }
        cells
    }

    /// How many risks bear each level, highest first; what bears none is left out.
    pub fn by_level(&self) -> Assessed<'a> {
        let mut counts: Assessed<'a> = Vec::new();
        for (_, level) in self.rows.iter().filter_map(|row| row.level) {
            match counts.iter_mut().find(|(known, _)| *known == level) {
                Some((_, count)) => *count = count.saturating_add(1),
                None => counts.push((level, 1)),
            }
        }
        counts
    }
}

fn row<'a>(rules: &'a RiskRules, risk: &'a Risk, at: Date) -> RiskRow<'a> {
    let mut flaws = Vec::new();
    let mut graded = |grades: &Grades| {
        if !rules.matrix.likelihoods().contains(&grades.likelihood) {
            flaws.push(RiskFlaw::NoLikelihood(grades.likelihood.clone()));
        }
        if !rules.matrix.impacts().contains(&grades.impact) {
            flaws.push(RiskFlaw::NoImpact(grades.impact.clone()));
        }
        rules.matrix.level(&grades.likelihood, &grades.impact)
    };
    let level = graded(&risk.inherent);
    let residual = risk.residual.as_ref().and_then(&mut graded);
    if let (Some((before, _)), Some((after, _))) = (level, residual)
        && after > before
    {
        flaws.push(RiskFlaw::ResidualAbove);
    }
    let mut treated_on = None;
    match &risk.treatment {
        None => flaws.push(RiskFlaw::Untreated),
        Some(Treatment::Mitigate(action) | Treatment::Transfer(action) | Treatment::Avoid(action)) => {
            let done = action.done_on.filter(|day| *day <= at);
            let shown = done.is_some() && !action.evidence.is_empty() && risk.residual.is_some();
            treated_on = done.filter(|_| shown);
            let missing = [
                (action.plan.is_none(), RiskFlaw::NoPlan),
                (action.owner.is_none(), RiskFlaw::NoOwner),
                (action.due.is_none() && done.is_none(), RiskFlaw::NoDue),
            ];
            flaws.extend(missing.into_iter().filter_map(|(is, flaw)| is.then_some(flaw)));
            match (done, action.due) {
                (Some(day), _) if action.evidence.is_empty() => flaws.push(RiskFlaw::DoneUnshown(day)),
                (Some(_), _) if risk.residual.is_none() => flaws.push(RiskFlaw::NoResidual),
                (None, Some(due)) if due < at => flaws.push(RiskFlaw::Overdue(due)),
                _ => {}
            }
        }
        Some(Treatment::Accept(acceptance)) => {
            let missing = [
                (acceptance.by.is_none(), RiskFlaw::AcceptedByNobody),
                (acceptance.on.is_none_or(|day| day > at), RiskFlaw::AcceptedNever),
                (acceptance.why.is_none(), RiskFlaw::NoReason),
                (acceptance.review_by.is_none(), RiskFlaw::NoReviewDay),
            ];
            flaws.extend(missing.into_iter().filter_map(|(is, flaw)| is.then_some(flaw)));
            if let Some(day) = acceptance.review_by.filter(|day| *day < at) {
                flaws.push(RiskFlaw::ReviewOverdue(day));
            }
        }
    }
    RiskRow { risk, level, residual, treated_on, flaws }
}
