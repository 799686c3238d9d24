//! What the quality checks find in an assessment's folder: read, worked out and looked at once, for every command.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use attesta_assessment::{ActionId, Asked, Inherited, RequestState, RequirementKey, SampleId, View, Worked, work_out};
use attesta_catalog::{Fault, Placed};
use attesta_content::Process;
use attesta_kernel::{Date, Place};
use attesta_lifecycle::{
    FigureName, Frozen, Life, Sample, Signed,
    action::Action,
    quality::{Case, Checks, Dates, Handed, Known, Levelled, Override, Review, Scored, Windows, check, ratings},
    submission::{Fieldwork, ReportAgreement, Reservation, Signature, Submission},
};
use attesta_scoring::{Answer, Levels, MaturityLevel, Requirement, Rules, Shortfall, score};
use attesta_workspace::Folder;

use crate::{
    desk::Desk,
    failure::{Failure, Kind},
};

/// What the folder holds besides its dossier, and the content of the checks.
#[derive(Debug)]
pub struct Folio {
    /// The checks.
    pub checks: Arc<Checks>,
    /// How assessments are run.
    pub process: Arc<Process>,
    /// Corrective actions.
    pub actions: BTreeMap<ActionId, Placed<Action>>,
    /// Overrides of checks.
    pub overrides: Vec<Placed<Override>>,
    /// The package for submission.
    pub submission: Submission,
    samples: BTreeMap<SampleId, Placed<Sample>>,
    /// Where the assessment stands, once something was recorded, and its files as they are.
    handed: Option<(Life, Frozen)>,
}

/// What the answers come to, as far as it can be told; an answer with a fault hides no other.
#[derive(Debug)]
pub struct Standing {
    /// Scores by level.
    pub levels: BTreeMap<RequirementKey, Levelled>,
    /// Why an answer comes to nothing.
    pub faults: BTreeMap<RequirementKey, Vec<String>>,
    /// What falls short by the last word; none where some answer cannot be worked out, as its neighbours' plans hang on it.
    pub shortfalls: Option<BTreeMap<RequirementKey, Shortfall>>,
}

/// What stood at the certificate that this assessment goes back to.
#[derive(Debug, Clone)]
pub struct Certified {
    /// When it was issued.
    pub issued: Date,
    /// What fell short.
    pub shortfalls: BTreeMap<RequirementKey, Shortfall>,
    /// Scores by level.
    pub levels: BTreeMap<RequirementKey, Levels>,
}

impl Folio {
    /// Reads it all.
    ///
    /// # Errors
    ///
    /// Every fault at once.
    pub fn read(desk: &Desk) -> Result<Self, Failure> {
        let mut faults = Vec::new();
        let checks = kept(desk.library.checks(), &mut faults);
        let process = kept(desk.library.process(), &mut faults);
        let actions = kept(attesta_workspace::actions(&desk.folder), &mut faults);
        let overrides = kept(attesta_workspace::overrides(&desk.folder), &mut faults);
        let submission = kept(attesta_workspace::submission(&desk.folder), &mut faults);
        let samples = kept(attesta_workspace::samples(&desk.folder), &mut faults);
        let handed = process.as_ref().map(|process| kept(handed(desk, process), &mut faults));
        match (checks, process, actions, overrides, submission, samples, handed.flatten()) {
            (
                Some(checks),
                Some(process),
                Some(actions),
                Some(overrides),
                Some(submission),
                Some(samples),
                Some(handed),
            ) => {
                let samples = samples.into_iter().map(|(id, held)| (id, Placed::new(held.place, held.value.sample)));
                let submission = match &handed {
                    Some((life, _)) => with_recorded(submission, desk, life),
                    None => submission,
                };
                Ok(Self { checks, process, actions, overrides, submission, samples: samples.collect(), handed })
            }
            _ => {
                faults.sort();
                Err(faults.into())
            }
        }
    }
}

/// What was read, or its faults put to the others.
fn kept<T>(read: Result<T, Vec<Fault>>, faults: &mut Vec<Fault>) -> Option<T> {
    read.map_err(|more| faults.extend(more)).ok()
}

/// The life of the assessment, where events were recorded, and its files as they are now.
fn handed(desk: &Desk, process: &Process) -> Result<Option<(Life, Frozen)>, Vec<Fault>> {
    let assessment = &desk.dossier.assessment.value;
    let Some((track, _)) = process.phases.track(assessment.purpose, assessment.created) else { return Ok(None) };
    let (history, _) = attesta_workspace::history(&desk.folder, assessment.purpose, track)?;
    if history.entries().is_empty() {
        return Ok(None);
    }
    Ok(Some((history.life().clone(), attesta_workspace::held_files(&desk.folder)?)))
}

/// The package with what events recorded. They stand where the file says nothing; for days of fieldwork and submission, which
/// the file can only plan, they stand before it.
fn with_recorded(mut package: Submission, desk: &Desk, life: &Life) -> Submission {
    let place = Place::new(desk.folder.shown(attesta_workspace::LIFECYCLE), None);
    let at = |value| Placed::new(place.clone(), value);
    let signature = |signed: &Signed| Signature { by: signed.by.to_string(), on: Some(signed.on), file: None };
    let papers = &life.papers;
    if let Some(began) = papers.fieldwork {
        package.fieldwork = Some(Placed::new(place.clone(), Fieldwork { began, ended: papers.validated }));
    }
    if let Some(submitted) = life.state.submission() {
        package.submit_on = Some(Placed::new(place.clone(), submitted.at));
    }
    if let (None, Some(letter)) = (&package.representation_letter, &papers.letter) {
        package.representation_letter = Some(Placed::new(place.clone(), signature(letter)));
    }
    if let (None, Some(agreement)) = (&package.report_agreement, &papers.agreement) {
        package.report_agreement = Some(at(ReportAgreement { entity: signature(agreement), countersigned: None }));
    }
    if let (None, Some(reserved)) = (&package.reservation, &papers.reservation) {
        let reference = Some(reserved.reference.clone());
        let reservation = Reservation { begins: reserved.block, submit_by: None, reference };
        package.reservation = Some(Placed::new(place.clone(), reservation));
    }
    package
}

impl Standing {
    /// Works it out for what is asked.
    ///
    /// # Errors
    ///
    /// When content has no figures for the day of creation.
    pub fn of(desk: &Desk, asked: &[Asked<'_>]) -> Result<Self, Failure> {
        let rules = desk.rules()?;
        let inheritance = &desk.dossier.inheritance;
        let assessment = &desk.dossier.assessment.value;
        let mut faults: BTreeMap<RequirementKey, Vec<String>> = BTreeMap::new();
        let inherited = attesta_assessment::applied(&desk.inheritance, assessment, inheritance, desk.at);
        let inherited = inherited.unwrap_or_else(|why| {
            let applied = inheritance.requests.iter().map(|r| &r.value);
            for request in applied.filter(|r| matches!(r.state, RequestState::Applied { .. })) {
                let says = why.iter().map(|f| format!("what is inherited cannot be used: {f}"));
                faults.insert(request.requirement.clone(), says.collect());
            }
            BTreeMap::new()
        });
        let mut levels = BTreeMap::new();
        let mut scored = Vec::new();
        for one in asked {
            let key = &one.requirement.id;
            if faults.contains_key(key) {
                continue;
            }
            let brought = inherited.get(key).map_or(&[][..], Vec::as_slice);
            match both(desk, &rules, one, brought) {
                Ok((entity, last)) => {
                    levels.insert(key.clone(), Levelled::of(&entity, &last));
                    scored.extend(last.answer.map(|answer| one.scored(answer)));
                }
                Err(says) => drop(faults.insert(key.clone(), says)),
            }
        }
        let shortfalls = if faults.is_empty() { shortfalls(&rules, &scored) } else { None };
        Ok(Self { levels, faults, shortfalls })
    }
}

fn both(
    desk: &Desk,
    rules: &Rules<'_>,
    asked: &Asked<'_>,
    brought: &[Inherited],
) -> Result<(Worked, Worked), Vec<String>> {
    let one = |view| {
        work_out(&desk.dossier, rules, &desk.rubric, asked.requirement, brought, view)
            .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    Ok((one(View::Entity)?, one(View::Final)?))
}

fn shortfalls(rules: &Rules<'_>, requirements: &[Requirement]) -> Option<BTreeMap<RequirementKey, Shortfall>> {
    let card = score(rules, requirements).ok()?;
    let rows = requirements.iter().zip(&card.requirements);
    Some(rows.filter_map(|(r, own)| Some((r.id.parse().ok()?, own.shortfall))).collect())
}

impl Certified {
    /// Works out the assessment that was certified, with the figures and sources of that day: `open` opens its desk on
    /// the day that it is given.
    ///
    /// # Errors
    ///
    /// When the assessment goes back to no certificate, or to another one's.
    pub fn read<E: From<Failure>>(desk: &Desk, open: impl FnOnce(Date) -> Result<Desk, E>) -> Result<Self, E> {
        let assessment = &desk.dossier.assessment;
        let wrong = |place: &Place, message: &str, help: &str| {
            let fault = Fault::plain(place.clone(), message);
            E::from(Failure::of(Kind::BadInput, [fault]).help(help))
        };
        let Some(prior) = &assessment.value.prior else {
            return Err(wrong(&assessment.place, "it goes back to no certificate", "say `prior:` in assessment.yaml"));
        };
        let then = open(prior.issued)?;
        let was = &then.dossier.assessment.value;
        if was.id != prior.assessment {
            let message = format!("it holds `{}`, but the certificate is of `{}`", was.id, prior.assessment);
            let place = Place::new(then.folder.shown("").trim_end_matches('/'), None);
            return Err(wrong(&place, &message, "name the folder of the assessment that was certified"));
        }
        let scored = then.scored(View::Final)?;
        let mut certified = Self { issued: prior.issued, shortfalls: BTreeMap::new(), levels: BTreeMap::new() };
        for (requirement, own) in scored.workings.requirements.iter().zip(&scored.card.requirements) {
            let Ok(key) = requirement.id.parse::<RequirementKey>() else { continue };
            if let Answer::Scored(levels) = requirement.answer {
                certified.levels.insert(key.clone(), levels);
            }
            certified.shortfalls.insert(key, own.shortfall);
        }
        Ok(certified)
    }

    /// The same from the files of that time.
    ///
    /// # Errors
    ///
    /// Like those of [`Self::read`].
    pub fn of_folder(desk: &Desk, then: Option<Folder>) -> Result<Option<Self>, Failure> {
        let open = |folder: Folder| Self::read(desk, |issued| Desk::open(folder, &desk.library, issued));
        then.map(open).transpose()
    }

    /// The levels of what required a plan then.
    pub fn planned(&self) -> BTreeMap<RequirementKey, Levels> {
        let required = |key: &RequirementKey| self.shortfalls.get(key) == Some(&Shortfall::RequiredCap);
        self.levels.iter().filter(|(key, _)| required(key)).map(|(key, levels)| (key.clone(), *levels)).collect()
    }
}

/// What the checks found, and which windows they did without.
#[derive(Debug)]
pub struct Reviewed {
    /// What was found.
    pub review: Review,
    /// Figures that content lacks for the day of creation.
    pub notes: Vec<String>,
}

/// Looks at the folder.
///
/// # Errors
///
/// What cannot be read or worked out.
pub fn review(desk: &Desk, folio: &Folio, certified: Option<&Certified>) -> Result<Reviewed, Failure> {
    let tailored = desk.tailored()?;
    let standing = Standing::of(desk, &tailored.requirements)?;
    let rules = desk.rules()?;
    let (required, optional) = scored_levels(&rules);
    let created = desk.dossier.assessment.value.created;
    let mut notes = Vec::new();
    let case = Case {
        dossier: &desk.dossier,
        asked: &tailored.requirements,
        scored: Scored { required: &required, optional: &optional },
        levels: &standing.levels,
        faults: &standing.faults,
        ratings: &ratings(&desk.rubric),
        shortfalls: standing.shortfalls.as_ref(),
        certified: certified.map(|c| &c.shortfalls),
        // Scores of that moment are not kept; files as they were handed on are.
        completed: None,
        handed: folio.handed.as_ref().map(|(life, now)| Handed { life, now }),
        inheritance: Some(&desk.inheritance),
        carve_outs: desk.kind.carve_outs.on(created).map(|f| f.value),
        samples: Some(&folio.samples),
        actions: &folio.actions,
        submission: &folio.submission,
        overrides: &folio.overrides,
        dates: dates(&folio.submission),
        windows: &windows(&folio.process, created, &mut notes),
        at: desk.at,
    };
    let review = check(&case, &folio.checks);
    Ok(Reviewed { review, notes })
}

fn scored_levels(rules: &Rules<'_>) -> (BTreeSet<MaturityLevel>, BTreeSet<MaturityLevel>) {
    let (optional, required): (Vec<_>, Vec<_>) = rules.weights.value.iter().partition(|w| w.optional);
    let levels = |weights: Vec<attesta_scoring::Weight>| weights.into_iter().map(|w| w.level).collect();
    (levels(required), levels(optional))
}

fn dates(submission: &Submission) -> Dates {
    let fieldwork = submission.fieldwork.as_ref().map(|f| f.value);
    Dates {
        fieldwork_began: fieldwork.map(|f| f.began),
        fieldwork_ended: fieldwork.and_then(|f| f.ended),
        submission: submission.submit_on.as_ref().map(|s| s.value),
    }
}

/// The windows of the process that hold on the day of creation.
fn windows(process: &Process, created: Date, notes: &mut Vec<String>) -> Windows {
    let mut window = |name| match process.figures.on(name, created) {
        Ok(figure) => Some(Known { value: figure.value, provenance: figure.provenance.clone() }),
        Err(missing) => {
            notes.push(missing.to_string());
            None
        }
    };
    Windows {
        written: window(FigureName::DocumentsInPlace),
        working: window(FigureName::OperationInPlace),
        fieldwork: window(FigureName::Fieldwork),
    }
}

/// Levels by the last word, for progress.
pub fn last_levels(standing: &Standing) -> BTreeMap<RequirementKey, Levels> {
    standing.levels.iter().map(|(key, levelled)| (key.clone(), levelled.last)).collect()
}
