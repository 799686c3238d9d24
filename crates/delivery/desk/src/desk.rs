//! An assessment's files with everything that its numbers rest on.

use std::{collections::BTreeMap, sync::Arc};

use attesta_assessment::{
    Additions, AnswerFault, Asked, AssessmentType, CheckRun, CsfVersion, Dossier, FactorAnswers, Factors,
    InheritanceRules, Inherited, Proposal, Purpose, RequirementKey, SampleId, ScopeWeight, TailorInput, Tailored, View,
    Workings, applied, check_header, check_scope, work_out_all,
};
use attesta_catalog::{Catalog, Fault};
use attesta_kernel::{Date, Provenance, Share, many};
use attesta_lifecycle::SampleResult;
use attesta_scoring::{Decision, Program, Rubric, Rules, Scorecard, score};
use attesta_workspace::Folder;

use crate::{
    failure::{Complaint, Failure, Kind, unknown},
    library::Library,
};

/// The folder, what it holds, and the content that holds on the day of its creation.
#[derive(Debug)]
pub struct Desk {
    /// The assessment's files.
    pub folder: Folder,
    /// The content.
    pub library: Arc<Library>,
    /// Frameworks and statements.
    pub catalog: Arc<Catalog>,
    /// What the files say.
    pub dossier: Dossier,
    /// What kind of assessment it is.
    pub kind: Arc<AssessmentType>,
    /// The program's figures.
    pub program: Arc<Program>,
    /// The rubric of the assessment.
    pub rubric: Arc<Rubric>,
    /// Tailoring factors.
    pub factors: Arc<Factors>,
    /// What can be added.
    pub additions: Arc<Additions>,
    /// Rules of inheritance.
    pub inheritance: Arc<InheritanceRules>,
    /// What automation proposes.
    pub proposals: Vec<Proposal>,
    /// Checks of infrastructure that were recorded.
    pub checks: Vec<CheckRun>,
    /// What whoever reads a number should hear about how the files were read.
    pub notes: Vec<String>,
    /// The day on which questions of time are answered.
    pub at: Date,
}

/// What the answers come to.
#[derive(Debug)]
pub struct Scored<'d> {
    /// What the assessment is for: a readiness assessment never certifies.
    pub purpose: Purpose,
    /// What is asked.
    pub tailored: Tailored<'d>,
    /// The figures.
    pub rules: Rules<'d>,
    /// What each answer comes to.
    pub workings: Workings,
    /// The scores.
    pub card: Scorecard,
}

impl Desk {
    /// Reads everything. `today` is the day on which questions of time are answered.
    ///
    /// # Errors
    ///
    /// Every fault of the folder or of the content, and what contradicts itself.
    pub fn open(folder: Folder, library: &Arc<Library>, today: Date) -> Result<Self, Failure> {
        let catalog = library.catalog()?;
        let header = attesta_workspace::header(&folder)?;
        let created = header.value.created;
        let packs = attesta_workspace::packs(&folder, &header, &library.packs()?, &catalog)?;
        let mut dossier = attesta_workspace::read(&folder, packs)?;
        dossier.samples = finished_samples(&folder)?;
        let nowhere = attesta_assessment::check_links(&dossier);
        if !nowhere.is_empty() {
            return Err(nowhere.into());
        }
        let unknown = |what: &str, name: &str, known: Vec<&str>| {
            let place = &header.place;
            let help = format!("use {}", known.join(", "));
            Failure::from(Fault::new(place.clone(), format!("there is no {what} `{name}`"), help))
        };
        let programs = library.programs()?;
        let wanted = &header.value.program;
        let known = || programs.iter().map(|p| p.id.as_str()).collect();
        let program = programs.iter().find(|p| p.id == *wanted).cloned().map(Arc::new);
        let program = program.ok_or_else(|| unknown("assessment type", wanted, known()))?;
        let kinds = library.kinds()?;
        let kind =
            kinds.get(wanted).cloned().map(Arc::new).ok_or_else(|| unknown("assessment type", wanted, known()))?;
        let releases = library.releases()?;
        let additions = library.additions()?;
        check_header(&kind, &releases, &additions, &header.value, &header.place, today)?;
        refuse_contradictions(&dossier, library, &kind)?;
        let rubrics = library.rubrics(created)?;
        let edition = &header.value.rubric;
        let rubric = rubrics.iter().find(|r| r.id == *edition).cloned().map(Arc::new);
        let rubric = rubric
            .ok_or_else(|| unknown("rubric of that day", edition, rubrics.iter().map(|r| r.id.as_str()).collect()))?;
        let factors = library.factors()?;
        let inheritance = library.inheritance(created)?;
        let proposals = attesta_workspace::proposals(&folder)?;
        let checks = attesta_workspace::checks(&folder)?;
        let notes: Vec<String> = dossier
            .take_accepted(&proposals)
            .iter()
            .map(|p| {
                format!("`{}`, {}: an accepted proposal is left aside, as people answered it", p.requirement, p.level)
            })
            .collect();
        Ok(Self {
            folder,
            library: Arc::clone(library),
            catalog,
            dossier,
            kind,
            program,
            rubric,
            factors,
            additions,
            inheritance,
            proposals,
            checks,
            notes,
            at: today,
        })
    }

    /// What the assessment asks.
    ///
    /// # Errors
    ///
    /// Every fault of the factors.
    pub fn tailored(&self) -> Result<Tailored<'_>, Failure> {
        self.tailored_with(&self.dossier.factors)
    }

    /// What it would ask if the factors were answered so.
    ///
    /// # Errors
    ///
    /// Every fault of the factors.
    pub fn tailored_with<'a>(&'a self, answers: &'a FactorAnswers) -> Result<Tailored<'a>, Failure> {
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
        .map_err(Failure::from)
    }

    /// The figures that hold on the day of creation.
    ///
    /// # Errors
    ///
    /// When content has no figures for that day.
    pub fn rules(&self) -> Result<Rules<'_>, Failure> {
        self.program.rules(self.dossier.assessment.value.created).map_err(|e| unknown(&[e]))
    }

    /// What applied requests bring.
    ///
    /// # Errors
    ///
    /// When an applied request cannot be used on the day.
    pub fn inherited(&self) -> Result<BTreeMap<RequirementKey, Vec<Inherited>>, Failure> {
        applied(&self.inheritance, &self.dossier.assessment.value, &self.dossier.inheritance, self.at)
            .map_err(|f| unknown(&f).help("withdraw the request, or mend its source, and try again"))
    }

    /// What the answers come to.
    ///
    /// # Errors
    ///
    /// What keeps the answers from being worked out.
    pub fn scored(&self, view: View) -> Result<Scored<'_>, Failure> {
        let tailored = self.tailored()?;
        let inherited = self.inherited()?;
        self.scored_with(tailored, &self.dossier, &inherited, view)
    }

    /// The same with another tailoring, other answers or other inheritance.
    ///
    /// # Errors
    ///
    /// What keeps the answers from being worked out.
    pub fn scored_with<'a>(
        &'a self,
        tailored: Tailored<'a>,
        dossier: &Dossier,
        inherited: &BTreeMap<RequirementKey, Vec<Inherited>>,
        view: View,
    ) -> Result<Scored<'a>, Failure> {
        let rules = self.rules()?;
        let workings = work_out_all(dossier, &rules, &self.rubric, &tailored.requirements, inherited, view)
            .map_err(|faults| self.answer_faults(&faults))?;
        let card = score(&rules, &workings.requirements).map_err(|r| unknown(&r))?;
        let purpose = self.dossier.assessment.value.purpose;
        Ok(Scored { purpose, tailored, rules, workings, card })
    }

    /// Faults of answers, with their places.
    fn answer_faults(&self, faults: &[AnswerFault]) -> Failure {
        let placed = faults.iter().map(|fault| Complaint {
            place: self.dossier.answers.get(&fault.requirement).map(|answer| answer.place.clone()),
            message: fault.to_string(),
            mend: None,
        });
        Failure::of(Kind::Unknown, placed)
    }
}

/// How the scores of a validated assessment stand to certification.
enum Stands {
    Certifies,
    NotYet,
    Below,
    Nothing,
}

impl Scored<'_> {
    /// The decision: what nobody answered keeps an assessment from certifying, and a readiness assessment never does.
    pub fn certified(&self) -> bool {
        self.purpose != Purpose::Readiness && self.would_certify()
    }

    /// Whether a validated assessment with these scores would certify.
    pub fn would_certify(&self) -> bool {
        self.card.decision == Decision::Certified && self.workings.unanswered.is_empty()
    }

    /// The decision in one sentence; of a readiness assessment, what a validated one would come to.
    pub fn verdict(&self) -> String {
        let (stands, why) = self.stands();
        if self.purpose == Purpose::Readiness {
            let would = match stands {
                Stands::Certifies => "a validated one with these scores would: ",
                Stands::NotYet => "a validated one with these scores would not yet: ",
                Stands::Below => "a validated one with these scores would not: ",
                Stands::Nothing => "",
            };
            return format!("a readiness assessment never certifies; {would}{why}");
        }
        match stands {
            Stands::Certifies => format!("{why}: it would certify"),
            Stands::NotYet => format!("{why}: not yet"),
            Stands::Below => format!("it would not certify: {why}"),
            Stands::Nothing => why,
        }
    }

    fn stands(&self) -> (Stands, String) {
        let unanswered = self.workings.unanswered.len();
        let answered = |n: usize| many(n, "requirement is not answered", "requirements are not answered");
        let open = if unanswered == 0 { String::new() } else { format!("; {}", answered(unanswered)) };
        match &self.card.decision {
            Decision::Certified if unanswered == 0 => {
                (Stands::Certifies, "every domain reaches the threshold and nothing is half answered".to_owned())
            }
            Decision::Certified => {
                (Stands::NotYet, format!("every domain that is answered reaches the threshold{open}"))
            }
            Decision::BelowThreshold(below) => {
                let names: Vec<String> = below.iter().map(ToString::to_string).collect();
                let word = if below.len() == 1 { "domain" } else { "domains" };
                // A level that is missing adds nothing: who reads the low score must learn it.
                let half = self.card.requirements.iter().filter(|r| !r.missing.is_empty()).count();
                let half = if half == 0 { String::new() } else { format!("; {half} half answered") };
                (Stands::Below, format!("{word} {} below the threshold{half}{open}", names.join(", ")))
            }
            Decision::Incomplete(rows) => {
                let half = many(rows.len(), "is", "are");
                (Stands::NotYet, format!("every domain reaches the threshold, but {half} half answered{open}"))
            }
            Decision::NothingScored => (Stands::Nothing, format!("nothing is answered yet{open}")),
        }
    }

    /// What asked for a requirement that was scored.
    pub fn asked(&self, id: &str) -> Option<(usize, &Asked<'_>)> {
        self.tailored.requirements.iter().enumerate().find(|(_, a)| a.requirement.id.as_str() == id)
    }

    /// Figures in use that nobody confirmed.
    pub fn unverified<'a>(&'a self, rubric: &'a Rubric) -> Vec<(String, &'a Provenance)> {
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

/// A scope that contradicts itself is refused; one that nobody wrote yet is not looked at.
fn refuse_contradictions(dossier: &Dossier, library: &Library, kind: &AssessmentType) -> Result<(), Failure> {
    if dossier.scope.systems.is_empty() {
        return Ok(());
    }
    let data = library.data_types()?;
    let rule = kind.carve_outs.on(dossier.assessment.value.created);
    let found = check_scope(&dossier.scope, &data, rule.map(|r| (kind.program.as_str(), r.value)));
    let faults: Vec<Fault> =
        found.into_iter().filter(|f| f.weight == ScopeWeight::Contradiction).map(|f| f.fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(faults.into()) }
}

/// Of each finished sample, the drawn items on which everything tested holds. A sample whose population changed after the
/// draw tells nothing.
fn finished_samples(folder: &Folder) -> Result<BTreeMap<SampleId, Share>, Failure> {
    let mut finished = BTreeMap::new();
    for (id, held) in attesta_workspace::samples(folder)? {
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
