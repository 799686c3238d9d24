use attesta_assessment::Side;
use attesta_kernel::Date;
use attesta_scoring::{Figure, MaturityLevel};

use crate::{
    FigureName, Figures, Milestone, MilestoneKey, NoFigure, Origin, business_days_after, business_days_before,
    days_after, days_before,
};

/// What must stand for how long before a test, as far as the answers tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InPlace {
    /// The day since which the youngest policy or procedure stands; none where not every one is told.
    pub documents: Option<Date>,
    /// The day since which the youngest control operates; none where not every one is told.
    pub operation: Option<Date>,
}

/// Stages between the submission and the final report, with the figures that they last.
struct Stages<'a> {
    check_in: Option<&'a Figure<u32>>,
    block: Option<&'a Figure<u32>>,
    feedback: Option<&'a Figure<u32>>,
    answers: Option<&'a Figure<u32>>,
    draft: Option<&'a Figure<u32>>,
    report: &'a Figure<u32>,
}

/// Which stages a track has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageSet {
    /// An assessor tests.
    pub validation: bool,
    /// There is a block of quality assurance.
    pub qa: bool,
    /// A draft is read.
    pub draft: bool,
}

impl<'a> Stages<'a> {
    fn on(figures: &'a Figures, set: StageSet, day: Date) -> Result<Self, NoFigure> {
        let when = |yes: bool, name| if yes { figures.on(name, day).map(Some) } else { Ok(None) };
        Ok(Self {
            check_in: Some(figures.on(FigureName::CheckIn, day)?),
            block: when(set.qa, FigureName::QaBlock)?,
            feedback: when(set.qa, FigureName::QaFirstFeedback)?,
            answers: when(set.qa, FigureName::QaAnswers)?,
            draft: when(set.draft, FigureName::DraftReview)?,
            report: figures.on(FigureName::FinalReport, day)?,
        })
    }
}

/// A stage between the submission and the report.
struct Stage<'a> {
    key: MilestoneKey,
    owner: Side,
    begins: Date,
    ends: Date,
    figure: &'a Figure<u32>,
    /// What its length says.
    rule: String,
}

/// The plan back from the day on which the final report should be there: latest days, each with its rule.
///
/// # Errors
///
/// When content lacks a figure for the day.
pub fn plan_back(
    figures: &Figures,
    set: StageSet,
    levels: &[MaturityLevel],
    target: Date,
) -> Result<Vec<Milestone>, NoFigure> {
    let stages = Stages::on(figures, set, target)?;
    let mut found: Vec<Stage<'_>> = Vec::new();
    let mut end = target;
    let mut before = |key, owner, figure: &'_ Figure<u32>, business: bool, what: &str| {
        let begins = if business { business_days_before(end, figure.value) } else { days_before(end, figure.value) };
        let unit = if business { "business days" } else { "days" };
        let rule = format!("{} {unit} {what}", figure.value);
        let stage = (key, owner, begins, end, rule);
        end = begins;
        stage
    };
    let mut push = |(key, owner, begins, ends, rule), figure| {
        found.push(Stage { key, owner, begins, ends, figure, rule });
    };
    push(before(MilestoneKey::FinalReport, Side::Hitrust, stages.report, false, "for the final report"), stages.report);
    if let Some(draft) = stages.draft {
        push(before(MilestoneKey::DraftReview, Side::Entity, draft, false, "to read the draft"), draft);
    }
    if let (Some(block), Some(feedback), Some(answers)) = (stages.block, stages.feedback, stages.answers) {
        push(before(MilestoneKey::QaAnswers, Side::Assessor, answers, false, "to answer questions"), answers);
        push(
            before(MilestoneKey::QaFeedback, Side::Hitrust, feedback, true, "until the first questions at the latest"),
            feedback,
        );
        push(before(MilestoneKey::QaBlock, Side::Hitrust, block, false, "of quality assurance"), block);
    }
    if let Some(check_in) = stages.check_in {
        push(before(MilestoneKey::CheckIn, Side::Hitrust, check_in, true, "of check-in at most"), check_in);
    }
    let submission = end;
    let mut milestones: Vec<Milestone> = Vec::new();
    if set.validation {
        milestones.extend(fieldwork(figures, levels, submission)?);
    } else {
        milestones.push(point(MilestoneKey::Submission, Side::Entity, submission, "the check-in follows".to_owned()));
    }
    for stage in found.into_iter().rev() {
        milestones.push(Milestone {
            key: stage.key,
            about: String::new(),
            owner: stage.owner,
            begins: stage.begins,
            ends: stage.ends,
            origin: Origin::Planned,
            rule: stage.rule,
            provenance: Some(stage.figure.provenance.clone()),
            done: None,
        });
    }
    milestones.push(Milestone {
        origin: Origin::Target,
        ..point(
            MilestoneKey::Target,
            Side::Entity,
            target,
            "the day that was asked for: report and certificate are there".to_owned(),
        )
    });
    Ok(milestones)
}

/// Incubation, fieldwork, letter and submission, counted back from the submission.
fn fieldwork(figures: &Figures, levels: &[MaturityLevel], submission: Date) -> Result<Vec<Milestone>, NoFigure> {
    let longest = figures.on(FigureName::Fieldwork, submission)?;
    let begins = days_before(submission, longest.value);
    let documents = figures.on(FigureName::DocumentsInPlace, submission)?;
    let operation = figures.on(FigureName::OperationInPlace, submission)?;
    let has = |wanted: &[MaturityLevel]| wanted.iter().any(|l| levels.contains(l));
    let mut found = Vec::new();
    let kinds = [
        (
            has(&[MaturityLevel::Policy, MaturityLevel::Procedure]),
            (MilestoneKey::DocumentsFirst, MilestoneKey::DocumentsLast),
            documents,
        ),
        (
            has(&[MaturityLevel::Implemented, MaturityLevel::Measured, MaturityLevel::Managed]),
            (MilestoneKey::OperationFirst, MilestoneKey::OperationLast),
            operation,
        ),
    ];
    for (_, (first, last), figure) in kinds.into_iter().filter(|(asked, ..)| *asked) {
        for (key, test, which) in [(first, begins, "first"), (last, submission, "last")] {
            let rule = format!("{} days before the {which} day of the fieldwork, {test}", figure.value);
            found.push(Milestone {
                provenance: Some(figure.provenance.clone()),
                ..point(key, Side::Entity, days_before(test, figure.value), rule)
            });
        }
    }
    found.push(Milestone {
        begins,
        provenance: Some(longest.provenance.clone()),
        ..point(
            MilestoneKey::Fieldwork,
            Side::Assessor,
            submission,
            format!("{} days at most, counted back from the submission", longest.value),
        )
    });
    found.push(point(
        MilestoneKey::Letter,
        Side::Entity,
        submission,
        "after the validation, before the submission; it dates the certificate".to_owned(),
    ));
    found.push(point(
        MilestoneKey::Submission,
        Side::Assessor,
        submission,
        "the check-in ends before the block begins".to_owned(),
    ));
    found.sort_by_key(|m| (m.begins, m.key));
    Ok(found)
}

fn point(key: MilestoneKey, owner: Side, day: Date, rule: String) -> Milestone {
    Milestone {
        key,
        about: String::new(),
        owner,
        begins: day,
        ends: day,
        origin: Origin::Planned,
        rule,
        provenance: None,
        done: None,
    }
}

/// The earliest day on which the final report can be there, if nothing waits: from today, from what stands already, and from
/// the latest stage that was reached.
///
/// # Errors
///
/// When content lacks a figure for the day.
pub fn earliest(
    figures: &Figures,
    set: StageSet,
    levels: &[MaturityLevel],
    today: Date,
    stands: InPlace,
    submitted: Option<Date>,
) -> Result<Date, NoFigure> {
    let stages = Stages::on(figures, set, today)?;
    let submission = match submitted {
        Some(submitted) => submitted,
        None if set.validation => ready(figures, levels, today, stands)?.max(today),
        None => today,
    };
    let mut day = submission;
    day = stages.check_in.map_or(day, |f| business_days_after(day, f.value));
    day = stages.block.map_or(day, |f| days_after(day, f.value));
    day = stages.feedback.map_or(day, |f| business_days_after(day, f.value));
    day = stages.answers.map_or(day, |f| days_after(day, f.value));
    day = stages.draft.map_or(day, |f| days_after(day, f.value));
    Ok(days_after(day, stages.report.value).max(today))
}

/// The first day on which everything has stood for long enough to be tested.
fn ready(figures: &Figures, levels: &[MaturityLevel], today: Date, stands: InPlace) -> Result<Date, NoFigure> {
    let documents = figures.on(FigureName::DocumentsInPlace, today)?;
    let operation = figures.on(FigureName::OperationInPlace, today)?;
    let has = |wanted: &[MaturityLevel]| wanted.iter().any(|l| levels.contains(l));
    let mut ready = today;
    if has(&[MaturityLevel::Policy, MaturityLevel::Procedure]) {
        ready = ready.max(days_after(stands.documents.unwrap_or(today), documents.value));
    }
    if has(&[MaturityLevel::Implemented, MaturityLevel::Measured, MaturityLevel::Managed]) {
        ready = ready.max(days_after(stands.operation.unwrap_or(today), operation.value));
    }
    Ok(ready)
}
