//! What the quality checks find in an assessment's folder: read, worked out and looked at once, for every command.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
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

use crate::{
    args::Common,
    assess::desk::{Desk, refuse},
    exit::Failure,
    terminal,
};

/// What the folder holds besides its dossier, and the content of the checks.
pub(crate) struct Folio {
    pub(crate) checks: Checks,
    pub(crate) process: Process,
    pub(crate) actions: BTreeMap<ActionId, Placed<Action>>,
    pub(crate) overrides: Vec<Placed<Override>>,
    pub(crate) submission: Submission,
    samples: BTreeMap<SampleId, Placed<Sample>>,
    /// Where the assessment stands, once something was recorded, and its files as they are.
    handed: Option<(Life, Frozen)>,
}

/// What the answers come to, as far as it can be told; an answer with a fault hides no other.
pub(crate) struct Standing {
    pub(crate) levels: BTreeMap<RequirementKey, Levelled>,
    pub(crate) faults: BTreeMap<RequirementKey, Vec<String>>,
    /// What falls short by the last word; none where some answer cannot be worked out, as its neighbours' plans hang on it.
    pub(crate) shortfalls: Option<BTreeMap<RequirementKey, Shortfall>>,
}

/// What stood at the certificate that this assessment goes back to.
pub(crate) struct Certified {
    pub(crate) issued: Date,
    pub(crate) shortfalls: BTreeMap<RequirementKey, Shortfall>,
    pub(crate) levels: BTreeMap<RequirementKey, Levels>,
}

impl Folio {
    /// Reads it all, and tells every fault at once.
    pub(crate) fn read(desk: &Desk) -> Result<Self, Failure> {
        let mut faults = Vec::new();
        let checks = kept(attesta_content::quality_checks(&desk.source), &mut faults);
        let process = kept(attesta_content::process(&desk.source), &mut faults);
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
                Err(refuse(&faults))
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
    let place = Place::new(desk.folder.root().join(attesta_workspace::LIFECYCLE).display().to_string(), None);
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
    pub(crate) fn of(desk: &Desk, asked: &[Asked<'_>]) -> Result<Self, Failure> {
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
    /// Reads the folder of the assessment that was certified, with the figures and sources of that day.
    pub(crate) fn read(common: &Common, dir: &Path, desk: &Desk) -> Result<Self, Failure> {
        let Some(prior) = &desk.dossier.assessment.value.prior else {
            let message = format!("{}: it goes back to no certificate", desk.dossier.assessment.place);
            return Err(Failure::new(crate::exit::Exit::Usage, message).help("say `prior:` in assessment.yaml"));
        };
        let then = Desk::open(common, dir, Some(prior.issued))?;
        let was = &then.dossier.assessment.value;
        if was.id != prior.assessment {
            let message =
                format!("{}: it holds `{}`, but the certificate is of `{}`", dir.display(), was.id, prior.assessment);
            let failure = Failure::new(crate::exit::Exit::Usage, message);
            return Err(failure.help("name the folder of the assessment that was certified"));
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

    /// The levels of what required a plan then.
    pub(crate) fn planned(&self) -> BTreeMap<RequirementKey, Levels> {
        let required = |key: &RequirementKey| self.shortfalls.get(key) == Some(&Shortfall::RequiredCap);
        self.levels.iter().filter(|(key, _)| required(key)).map(|(key, levels)| (key.clone(), *levels)).collect()
    }
}

/// Looks at the folder.
pub(crate) fn review(
    common: &Common,
    desk: &Desk,
    folio: &Folio,
    certified: Option<&Certified>,
) -> Result<Review, Failure> {
    let tailored = desk.tailored()?;
    let standing = Standing::of(desk, &tailored.requirements)?;
    let rules = desk.rules()?;
    let (required, optional) = scored_levels(&rules);
    let created = desk.dossier.assessment.value.created;
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
        windows: &windows(common, &folio.process, created),
        at: desk.at,
    };
    Ok(check(&case, &folio.checks))
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
fn windows(common: &Common, process: &Process, created: Date) -> Windows {
    let window = |name| match process.figures.on(name, created) {
        Ok(figure) => Some(Known { value: figure.value, provenance: figure.provenance.clone() }),
        Err(missing) => {
            if !common.quiet {
                terminal::note(&missing.to_string());
            }
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
pub(crate) fn last_levels(standing: &Standing) -> BTreeMap<RequirementKey, Levels> {
    standing.levels.iter().map(|(key, levelled)| (key.clone(), levelled.last)).collect()
}
