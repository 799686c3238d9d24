//! What the quality checks find in an assessment's folder: read, worked out and looked at once, for every command.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use attesta_assessment::{ActionId, Asked, Inherited, RequestState, RequirementKey, View, Worked, work_out};
use attesta_catalog::Placed;
use attesta_kernel::Date;
use attesta_lifecycle::{
    FigureName,
    action::Action,
    quality::{Case, Checks, Dates, Known, Levelled, Override, Review, Scored, Windows, check, ratings},
    submission::Submission,
};
use attesta_scoring::{Answer, Levels, MaturityLevel, Requirement, Rules, Shortfall, score};

use crate::{
    args::Common,
    assess::desk::{Desk, refuse},
    exit::Failure,
    terminal,
};

/// What the folder holds besides its dossier, and the content of the checks.
pub(crate) struct Papers {
    pub(crate) checks: Checks,
    pub(crate) actions: BTreeMap<ActionId, Placed<Action>>,
    pub(crate) overrides: Vec<Placed<Override>>,
    pub(crate) submission: Submission,
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

impl Papers {
    pub(crate) fn read(desk: &Desk) -> Result<Self, Failure> {
        let checks = attesta_content::quality_checks(&desk.source);
        let actions = attesta_workspace::actions(&desk.folder);
        let overrides = attesta_workspace::overrides(&desk.folder);
        let submission = attesta_workspace::submission(&desk.folder);
        match (checks, actions, overrides, submission) {
            (Ok(checks), Ok(actions), Ok(overrides), Ok(submission)) => {
                Ok(Self { checks, actions, overrides, submission })
            }
            (checks, actions, overrides, submission) => {
                let faults = [checks.err(), actions.err(), overrides.err(), submission.err()];
                let mut faults: Vec<_> = faults.into_iter().flatten().flatten().collect();
                faults.sort();
                Err(refuse(&faults))
            }
        }
    }
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
    papers: &Papers,
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
        // Nobody keeps the scores of that moment yet; the check says so.
        completed: None,
        inheritance: Some(&desk.inheritance),
        carve_outs: desk.kind.carve_outs.on(created).map(|f| f.value),
        samples: None,
        actions: &papers.actions,
        submission: &papers.submission,
        overrides: &papers.overrides,
        dates: dates(&papers.submission),
        windows: &windows(common, desk, created)?,
        at: desk.at,
    };
    Ok(check(&case, &papers.checks))
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
fn windows(common: &Common, desk: &Desk, created: Date) -> Result<Windows, Failure> {
    let process = attesta_content::process(&desk.source).map_err(|f| refuse(&f))?;
    let window = |name| match process.figures.on(name, created) {
        Ok(figure) => Some(Known { value: figure.value, provenance: figure.provenance.clone() }),
        Err(missing) => {
            if !common.quiet {
                terminal::note(&missing.to_string());
            }
            None
        }
    };
    Ok(Windows {
        written: window(FigureName::DocumentsInPlace),
        working: window(FigureName::OperationInPlace),
        fieldwork: window(FigureName::Fieldwork),
    })
}

/// Levels by the last word, for progress.
pub(crate) fn last_levels(standing: &Standing) -> BTreeMap<RequirementKey, Levels> {
    standing.levels.iter().map(|(key, levelled)| (key.clone(), levelled.last)).collect()
}
