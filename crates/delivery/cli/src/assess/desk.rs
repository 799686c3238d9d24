//! An assessment's folder with everything that its numbers rest on, loaded once.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use attesta_assessment::{
    Additions, AnswerFault, Asked, AssessmentType, CheckRun, CsfVersion, Dossier, FactorAnswers, Factors,
    InheritanceRules, Inherited, Proposal, RequirementKey, SampleId, ScopeWeight, TailorInput, Tailored, View,
    Workings, applied, check_header, check_scope, work_out_all,
};
use attesta_catalog::{Catalog, Fault};
use attesta_content::ContentSource;
use attesta_kernel::{Date, Provenance, Share};
use attesta_lifecycle::SampleResult;
use attesta_scoring::{Decision, Program, Rubric, Rules, Scorecard, score};
use attesta_workspace::Folder;

use crate::{
    args::Common,
    exit::{Exit, Failure},
    terminal, workshop,
};

/// The folder, what it holds, and the content that holds on the day of its creation.
pub(crate) struct Desk {
    pub(crate) folder: Folder,
    pub(crate) catalog: Catalog,
    pub(crate) source: ContentSource,
    pub(crate) dossier: Dossier,
    pub(crate) kind: AssessmentType,
    pub(crate) program: Program,
    pub(crate) rubric: Rubric,
    pub(crate) factors: Factors,
    pub(crate) additions: Additions,
    pub(crate) inheritance: InheritanceRules,
    pub(crate) proposals: Vec<Proposal>,
    pub(crate) checks: Vec<CheckRun>,
    /// The day on which questions of time are answered.
    pub(crate) at: Date,
}

/// What the answers come to.
pub(crate) struct Scored<'d> {
    pub(crate) tailored: Tailored<'d>,
    pub(crate) rules: Rules<'d>,
    pub(crate) workings: Workings,
    pub(crate) card: Scorecard,
}

/// Every fault, as the command's failure.
pub(crate) fn refuse<T: std::fmt::Display>(faults: &[T]) -> Failure {
    Failure::many(Exit::NotEvaluated, faults)
}

impl Desk {
    /// Opens a folder and reads everything.
    pub(crate) fn open(common: &Common, dir: &Path, at: Option<Date>) -> Result<Self, Failure> {
        let folder = Folder::open(dir).map_err(|f| refuse(&[f]))?;
        let source = source(common, dir);
        let catalog = workshop::catalog(&source)?;
        let header = attesta_workspace::header(&folder).map_err(|f| refuse(&f))?;
        let created = header.value.created;
        let packs = attesta_workspace::packs(&folder, &header, &source, &catalog).map_err(|f| refuse(&f))?;
        let mut dossier = attesta_workspace::read(&folder, packs).map_err(|f| refuse(&f))?;
        dossier.samples = finished_samples(&folder)?;
        let nowhere = attesta_assessment::check_links(&dossier);
        if !nowhere.is_empty() {
            return Err(refuse(&nowhere));
        }
        let unknown = |what: &str, name: &str, known: Vec<&str>| {
            let place = &header.place;
            let help = format!("use {}", known.join(", "));
            refuse(&[Fault::new(place.clone(), format!("there is no {what} `{name}`"), help)])
        };
        let programs = attesta_content::programs(&source).map_err(|f| refuse(&f))?;
        let wanted = &header.value.program;
        let known = || programs.iter().map(|p| p.id.as_str()).collect();
        let program = programs.iter().find(|p| p.id == *wanted).cloned();
        let program = program.ok_or_else(|| unknown("assessment type", wanted, known()))?;
        let kinds = attesta_content::assessment_types(&source).map_err(|f| refuse(&f))?;
        let kind = kinds.get(wanted).cloned().ok_or_else(|| unknown("assessment type", wanted, known()))?;
        let releases = attesta_content::csf_releases(&source).map_err(|f| refuse(&f))?;
        let additions = attesta_content::additions(&source).map_err(|f| refuse(&f))?;
        let day = at.unwrap_or_else(workshop::today);
        check_header(&kind, &releases, &additions, &header.value, &header.place, day).map_err(|f| refuse(&f))?;
        refuse_contradictions(&dossier, &source, &kind)?;
        let rubrics = attesta_content::rubrics(&source, created).map_err(|f| refuse(&f))?;
        let edition = &header.value.rubric;
        let rubric = rubrics.iter().find(|r| r.id == *edition).cloned();
        let rubric = rubric
            .ok_or_else(|| unknown("rubric of that day", edition, rubrics.iter().map(|r| r.id.as_str()).collect()))?;
        let factors = attesta_content::factors(&source).map_err(|f| refuse(&f))?;
        let inheritance = attesta_content::inheritance_rules(&source, created).map_err(|f| refuse(&f))?;
        let proposals = attesta_workspace::proposals(&folder).map_err(|f| refuse(&f))?;
        let checks = attesta_workspace::checks(&folder).map_err(|f| refuse(&f))?;
        let aside: Vec<String> = dossier
            .take_accepted(&proposals)
            .iter()
            .map(|p| {
                format!("`{}`, {}: an accepted proposal is left aside, as people answered it", p.requirement, p.level)
            })
            .collect();
        if !common.quiet {
            aside.iter().for_each(|text| terminal::note(text));
            workshop::announce_files(&source, common.content.as_deref())?;
        }
        let at = at.unwrap_or_else(workshop::today);
        Ok(Self {
            folder,
            catalog,
            source,
            dossier,
            kind,
            program,
            rubric,
            factors,
            additions,
            inheritance,
            proposals,
            checks,
            at,
        })
    }

    /// What the assessment asks.
    pub(crate) fn tailored(&self) -> Result<Tailored<'_>, Failure> {
        self.tailored_with(&self.dossier.factors)
    }

    /// What it would ask if the factors were answered so.
    pub(crate) fn tailored_with<'a>(&'a self, answers: &'a FactorAnswers) -> Result<Tailored<'a>, Failure> {
        let header = &self.dossier.assessment;
        attesta_assessment::tailor(TailorInput {
            kind: &self.kind,
            day: header.value.created,
            csf: header.value.csf.parse::<CsfVersion>().ok(),
            packs: &self.dossier.packs,
            factors: &self.factors,
            additions: &self.additions,
            chosen: &header.value.additions,
            chosen_at: &header.place,
            answers,
        })
        .map_err(|f| refuse(&f))
    }

    /// The figures that hold on the day of creation.
    pub(crate) fn rules(&self) -> Result<Rules<'_>, Failure> {
        self.program.rules(self.dossier.assessment.value.created).map_err(|e| refuse(&[e]))
    }

    /// What applied requests bring.
    pub(crate) fn inherited(&self) -> Result<BTreeMap<RequirementKey, Vec<Inherited>>, Failure> {
        applied(&self.inheritance, &self.dossier.assessment.value, &self.dossier.inheritance, self.at).map_err(|f| {
            let mut failure = refuse(&f);
            failure.help = Some("withdraw the request, or mend its source, and try again".to_owned());
            failure
        })
    }

    /// What the answers come to.
    pub(crate) fn scored(&self, view: View) -> Result<Scored<'_>, Failure> {
        let tailored = self.tailored()?;
        let inherited = self.inherited()?;
        self.scored_with(tailored, &self.dossier, &inherited, view)
    }

    /// The same with another tailoring, other answers or other inheritance.
    pub(crate) fn scored_with<'a>(
        &'a self,
        tailored: Tailored<'a>,
        dossier: &Dossier,
        inherited: &BTreeMap<RequirementKey, Vec<Inherited>>,
        view: View,
    ) -> Result<Scored<'a>, Failure> {
        let rules = self.rules()?;
        let workings = work_out_all(dossier, &rules, &self.rubric, &tailored.requirements, inherited, view)
            .map_err(|faults| self.answer_faults(&faults))?;
        let card = score(&rules, &workings.requirements).map_err(|r| refuse(&r))?;
        Ok(Scored { tailored, rules, workings, card })
    }

    /// Faults of answers, with their places.
    fn answer_faults(&self, faults: &[AnswerFault]) -> Failure {
        let placed: Vec<String> = faults
            .iter()
            .map(|fault| match self.dossier.answers.get(&fault.requirement) {
                Some(answer) => format!("{}: {fault}", answer.place),
                None => fault.to_string(),
            })
            .collect();
        refuse(&placed)
    }
}

impl Scored<'_> {
    /// The decision; what nobody answered keeps an assessment from certifying.
    pub(crate) fn certified(&self) -> bool {
        self.card.decision == Decision::Certified && self.workings.unanswered.is_empty()
    }

    /// The decision in one sentence.
    pub(crate) fn verdict(&self) -> String {
        let unanswered = self.workings.unanswered.len();
        let open = match unanswered {
            0 => String::new(),
            1 => "; 1 requirement is not answered".to_owned(),
            n => format!("; {n} requirements are not answered"),
        };
        match &self.card.decision {
            Decision::Certified if unanswered == 0 => {
                "every domain reaches the threshold and nothing is half answered: it would certify".to_owned()
            }
            Decision::Certified => format!("every domain that is answered reaches the threshold{open}: not yet"),
            Decision::BelowThreshold(below) => {
                let names: Vec<String> = below.iter().map(ToString::to_string).collect();
                let word = if below.len() == 1 { "domain" } else { "domains" };
                // A level that is missing adds nothing: who reads the low score must learn it.
                let half = self.card.requirements.iter().filter(|r| !r.missing.is_empty()).count();
                let half = if half == 0 { String::new() } else { format!("; {half} half answered") };
                format!("it would not certify: {word} {} below the threshold{half}{open}", names.join(", "))
            }
            Decision::Incomplete(rows) => {
                format!("every domain reaches the threshold, but {} half answered{open}: not yet", rows.len())
            }
            Decision::NothingScored => format!("nothing is answered yet{open}"),
        }
    }

    /// What asked for a requirement that was scored.
    pub(crate) fn asked(&self, id: &str) -> Option<(usize, &Asked<'_>)> {
        self.tailored.requirements.iter().enumerate().find(|(_, a)| a.requirement.id.as_str() == id)
    }

    /// Figures in use that nobody confirmed.
    pub(crate) fn unverified<'a>(&'a self, rubric: &'a Rubric) -> Vec<(String, &'a Provenance)> {
        let unsure = |p: &&Provenance| p.confidence == attesta_kernel::Confidence::Unverified;
        let program = self.rules.provenances().into_iter().map(|(what, p)| (what.to_owned(), p));
        let scored = self.rules.weights.value.levels();
        let tables = rubric.matrices.iter().filter(|(l, _)| scored.contains(l));
        let tables = tables.map(|(l, m)| (format!("rubric's cells of {l}"), &m.provenance));
        let tiers = rubric.strengths.iter().filter(|(l, _)| scored.contains(l));
        let tiers = tiers.map(|(l, s)| (format!("tiers of {l}"), &s.provenance));
        program.chain(tables).chain(tiers).filter(|(_, p)| unsure(p)).collect()
    }
}

/// The content that an assessment's folder is read with: `--content`, and over it the folder's own `content/`.
pub(crate) fn source(common: &Common, dir: &Path) -> ContentSource {
    let own: PathBuf = dir.join("content");
    let base = workshop::source(common);
    if own.is_dir() { base.under(own) } else { base }
}

/// A scope that contradicts itself is refused; one that nobody wrote yet is not looked at.
fn refuse_contradictions(dossier: &Dossier, source: &ContentSource, kind: &AssessmentType) -> Result<(), Failure> {
    if dossier.scope.systems.is_empty() {
        return Ok(());
    }
    let data = attesta_content::data_types(source).map_err(|f| refuse(&f))?;
    let rule = kind.carve_outs.on(dossier.assessment.value.created);
    let found = check_scope(&dossier.scope, &data, rule.map(|r| (kind.program.as_str(), r.value)));
    let faults: Vec<Fault> =
        found.into_iter().filter(|f| f.weight == ScopeWeight::Contradiction).map(|f| f.fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(refuse(&faults)) }
}

/// Of each finished sample, the drawn items on which everything tested holds. A sample whose population changed after the
/// draw tells nothing.
fn finished_samples(folder: &Folder) -> Result<BTreeMap<SampleId, Share>, Failure> {
    let mut finished = BTreeMap::new();
    for (id, held) in attesta_workspace::samples(folder).map_err(|f| refuse(&f))? {
        let sample = &held.value.sample;
        if let SampleResult::Finished { passing, .. } = sample.result()
            && attesta_workspace::population_items(folder, &sample.population.file)
                .is_ok_and(|(_, now)| now == sample.population.digest)
        {
            finished.insert(id, passing);
        }
    }
    Ok(finished)
}
