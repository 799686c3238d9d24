//! Which requirements an assessment asks, and why: the core, what factors bring in, and what additions bring in.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use attesta_catalog::Fault;
use attesta_kernel::{Date, Place};
use attesta_scoring::{Answer, Requirement};

use crate::{
    AdditionId, Additions, AssessmentType, ChoiceId, CsfVersion, Factor, FactorAnswers, FactorId, Factors, Facts,
    Ground, Pack, PackId, PackRequirement, RequirementKey, Tailoring, Truth, Verdict,
};

/// What tailoring looks at.
#[derive(Debug, Clone, Copy)]
pub struct TailorInput<'a> {
    /// The assessment type.
    pub kind: &'a AssessmentType,
    /// The day on which the assessment was created.
    pub day: Date,
    /// The version of the CSF; none where it is not one that can be read.
    pub csf: Option<CsfVersion>,
    /// The packs, in order.
    pub packs: &'a [Pack],
    /// Every factor.
    pub factors: &'a Factors,
    /// Every addition.
    pub additions: &'a Additions,
    /// The additions that were chosen.
    pub chosen: &'a BTreeSet<AdditionId>,
    /// Where they were chosen, for complaints.
    pub chosen_at: &'a Place,
    /// The answers to the factors.
    pub answers: &'a FactorAnswers,
}

/// What an assessment asks.
#[derive(Debug, Clone)]
pub struct Tailored<'a> {
    /// The requirements, in the order of the packs.
    pub requirements: Vec<Asked<'a>>,
    /// What the packs hold besides, and why it is not asked.
    pub left_out: Vec<LeftOut<'a>>,
    /// Factors that must be answered and are not.
    pub unanswered: Vec<&'a Factor>,
    /// Factors that are not answered and count as their default.
    pub assumed: Vec<(&'a Factor, &'a ChoiceId)>,
    /// What one should know: answers that were left aside, and the like.
    pub notes: Vec<Fault>,
}

/// A requirement that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The pack that it comes from.
    pub pack: &'a PackId,
    /// The requirement.
    pub requirement: &'a PackRequirement,
    /// Why it is asked; at least one reason.
    pub because: Vec<Reason>,
    /// Whether it is of the program's core.
    pub core: bool,
    /// Whether certification requires it (v11 and later: the core).
    pub required_for_certification: bool,
}

/// Why a requirement is asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It is of the program's core.
    Core,
    /// Its pack asks it of everyone.
    Always,
    /// Factors bring it in.
    Factors(BTreeSet<Ground>),
    /// Factors that nobody answered could leave it out; until then it is asked.
    Open(BTreeSet<Ground>),
    /// An addition brings it in, with what the addition's questions say.
    Addition(AdditionId, BTreeSet<Ground>),
}

/// A requirement that is not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut<'a> {
    /// The pack that it stands in.
    pub pack: &'a PackId,
    /// The requirement.
    pub requirement: &'a PackRequirement,
    /// Why it is not asked; at least one reason.
    pub because: Vec<Exclusion>,
}

/// Why a requirement is not asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exclusion {
    /// The program has a fixed core, and it is not of it.
    NotOfCore,
    /// Factors do not bring it in.
    Factors(BTreeSet<Ground>),
    /// An addition that was not chosen would bring it in.
    NotChosen(AdditionId),
    /// An addition was chosen, but the answers to its questions leave it out.
    Addition(AdditionId, BTreeSet<Ground>),
}

fn words(grounds: &BTreeSet<Ground>) -> String {
    grounds.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn with(grounds: &BTreeSet<Ground>) -> String {
    if grounds.is_empty() { String::new() } else { format!(" ({})", words(grounds)) }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Core => f.write_str("core"),
            Self::Always => f.write_str("asked of everyone"),
            Self::Factors(grounds) => f.write_str(&words(grounds)),
            Self::Open(grounds) => write!(f, "open: {}", words(grounds)),
            Self::Addition(addition, grounds) => write!(f, "addition {addition}{}", with(grounds)),
        }
    }
}

impl fmt::Display for Exclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOfCore => f.write_str("not of the core"),
            Self::Factors(grounds) if grounds.is_empty() => f.write_str("no factor brings it in"),
            Self::Factors(grounds) => f.write_str(&words(grounds)),
            Self::NotChosen(addition) => write!(f, "addition {addition} is not chosen"),
            Self::Addition(addition, grounds) => write!(f, "addition {addition} does not ask it{}", with(grounds)),
        }
    }
}

impl Asked<'_> {
    /// The requirement as scoring takes it.
    pub fn scored(&self, answer: Answer) -> Requirement {
        Requirement {
            id: self.requirement.id.as_str().into(),
            domain: self.requirement.domain,
            control_reference: self.requirement.control_reference.clone(),
            core: self.core,
            required_for_certification: self.required_for_certification,
            answer,
        }
    }
}

impl Tailored<'_> {
    /// The requirement of this key, where it is asked.
    pub fn get(&self, key: &RequirementKey) -> Option<&Asked<'_>> {
        self.requirements.iter().find(|r| r.requirement.id == *key)
    }

    /// How many are of the core.
    pub fn core_count(&self) -> usize {
        self.requirements.iter().filter(|r| r.core).count()
    }

    /// The requirements as scoring takes them, with the answers that there are; the rest is unanswered.
    pub fn scored(
        &self,
        answer: impl Fn(&RequirementKey) -> Option<Answer>,
    ) -> (Vec<Requirement>, Vec<&RequirementKey>) {
        let (mut scored, mut unanswered) = (Vec::new(), Vec::new());
        for asked in &self.requirements {
            let key = &asked.requirement.id;
            match answer(key) {
                Some(answer) => scored.push(asked.scored(answer)),
                None => unanswered.push(key),
            }
        }
        (scored, unanswered)
    }
}

/// Works out what an assessment asks.
///
/// An unanswered factor never takes anything away: it counts as its default where it has one, and otherwise what hangs on it
/// is asked and marked open.
///
/// # Errors
///
/// Every fault: answers that name no factor or choice, that lack a reason or are one too many; additions that do not exist or
/// do not fit; a requirement in two packs; a pack whose conditions name what is not there. Then nothing is tailored.
pub fn tailor<'a>(input: TailorInput<'a>) -> Result<Tailored<'a>, Vec<Fault>> {
    let mut faults = check_answers(input);
    let program = &input.kind.program;
    faults.extend(check_additions(input.additions, input.chosen, program, input.csf, input.chosen_at));
    faults.extend(check_packs(input));
    let Some(how) = input.kind.tailoring.on(input.day) else {
        let what = format!("`{}` has no `tailoring` that holds on {}", input.kind.program, input.day);
        faults.push(Fault::new(input.chosen_at.clone(), what, "give another day of creation"));
        faults.sort();
        return Err(faults);
    };
    if !faults.is_empty() {
        faults.sort();
        return Err(faults);
    }
    let answers: BTreeMap<FactorId, BTreeSet<ChoiceId>> =
        input.answers.0.iter().map(|(id, a)| (id.clone(), a.value.choices.clone())).collect();
    let facts = Facts::new(input.factors, &input.kind.program, input.chosen, input.day, &answers);
    let mut tailored = Tailored {
        requirements: Vec::new(),
        left_out: Vec::new(),
        unanswered: Vec::new(),
        assumed: Vec::new(),
        notes: Vec::new(),
    };
    for factor in input.factors.iter() {
        match facts.of(&factor.id) {
            Some(Ground::Unanswered(_)) if factor.required => tailored.unanswered.push(factor),
            Some(Ground::Assumed(..)) => tailored.assumed.extend(factor.counts_as.as_ref().map(|c| (factor, c))),
            Some(Ground::NotAsked(_)) => {
                if let Some(answer) = input.answers.0.get(&factor.id) {
                    let what = format!("`{}` is answered but not asked here, and left aside", factor.id);
                    tailored.notes.push(Fault::plain(answer.place.clone(), what));
                }
            }
            _ => {}
        }
    }
    for pack in input.packs {
        for requirement in &pack.requirements {
            match place(input, &facts, how.value, requirement) {
                Ok(because) => {
                    let core = because.contains(&Reason::Core);
                    let required_for_certification = core;
                    let pack = &pack.id;
                    tailored.requirements.push(Asked { pack, requirement, because, core, required_for_certification });
                }
                Err(because) => tailored.left_out.push(LeftOut { pack: &pack.id, requirement, because }),
            }
        }
    }
    Ok(tailored)
}

/// Why a requirement is asked, or why not.
fn place(
    input: TailorInput<'_>,
    facts: &Facts<'_>,
    how: Tailoring,
    requirement: &PackRequirement,
) -> Result<Vec<Reason>, Vec<Exclusion>> {
    let (mut reasons, mut exclusions) = (Vec::new(), Vec::new());
    if requirement.core_of.contains(input.kind.program.as_str()) {
        reasons.push(Reason::Core);
    }
    match how {
        Tailoring::FixedCore => exclusions.push(Exclusion::NotOfCore),
        Tailoring::Factors => {
            let Verdict { truth, grounds } = facts.judge(&requirement.when);
            match truth {
                Truth::Yes if grounds.is_empty() => reasons.push(Reason::Always),
                Truth::Yes => reasons.push(Reason::Factors(grounds)),
                Truth::Unknown => reasons.push(Reason::Open(grounds)),
                Truth::No => exclusions.push(Exclusion::Factors(grounds)),
            }
        }
    }
    for addition in &requirement.brought_by {
        if !input.chosen.contains(addition) {
            exclusions.push(Exclusion::NotChosen(addition.clone()));
            continue;
        }
        let Verdict { truth, grounds } = facts.judge(&requirement.brought_when);
        match truth {
            Truth::Yes | Truth::Unknown => reasons.push(Reason::Addition(addition.clone(), grounds)),
            Truth::No => exclusions.push(Exclusion::Addition(addition.clone(), grounds)),
        }
    }
    if reasons.is_empty() { Err(exclusions) } else { Ok(reasons) }
}

fn check_answers(input: TailorInput<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (id, answer) in &input.answers.0 {
        let mut fault = |message: String, help: String| faults.push(Fault::new(answer.place.clone(), message, help));
        let Some(factor) = input.factors.get(id) else {
            let near: Vec<&str> = input.factors.iter().map(|f| f.id.as_str()).collect();
            fault(format!("`{id}` is not a factor"), format!("use one of {}", near.join(", ")));
            continue;
        };
        let answer = &answer.value;
        for unknown in answer.choices.iter().filter(|c| factor.choice(c).is_none()) {
            fault(format!("`{unknown}` is not an answer to `{id}`"), format!("use {}", factor.words()));
        }
        if answer.choices.is_empty() {
            fault(format!("`{id}` has no answer"), format!("use {}, or leave the factor out", factor.words()));
        }
        if answer.choices.len() > 1 && !factor.several {
            fault(format!("`{id}` takes one answer and has {}", answer.choices.len()), "keep one".to_owned());
        }
        let needing: Vec<&str> =
            answer.choices.iter().filter(|c| factor.rationale.contains(c)).map(ChoiceId::as_str).collect();
        if !needing.is_empty() && answer.because.trim().is_empty() {
            fault(
                format!("`{id}: {}` needs a written reason; it is shown in the report", needing.join(", ")),
                "say it under `because`".to_owned(),
            );
        }
    }
    faults
}

pub(crate) fn check_additions(
    additions: &Additions,
    chosen: &BTreeSet<AdditionId>,
    program: &str,
    csf: Option<CsfVersion>,
    place: &Place,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    for id in chosen {
        let mut fault = |message: String, help: String| faults.push(Fault::new(place.clone(), message, help));
        let Some(addition) = additions.0.get(id) else {
            let fitting = additions.0.values().filter(|a| a.programs.contains(program));
            let known: Vec<&str> = fitting.map(|a| a.id.as_str()).collect();
            fault(format!("`{id}` is not an addition"), format!("use one of {}", known.join(", ")));
            continue;
        };
        if !addition.programs.contains(program) {
            let programs: Vec<&str> = addition.programs.iter().map(AsRef::as_ref).collect();
            fault(
                format!("`{id}` cannot be added to `{program}`"),
                format!("it is for {}; take it out", programs.join(", ")),
            );
        }
        if let (Some(since), Some(csf)) = (addition.since, csf)
            && csf < since
        {
            fault(format!("`{id}` is not in {csf} of the CSF"), format!("use {since} or later, or take it out"));
        }
    }
    faults
}

fn check_packs(input: TailorInput<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut seen: BTreeMap<&RequirementKey, &PackId> = BTreeMap::new();
    for pack in input.packs {
        let mut fault = |message: String, help: &str| {
            faults.push(Fault::new(Place::new(format!("pack {}", pack.id), None), message, help))
        };
        for requirement in &pack.requirements {
            if let Some(first) = seen.insert(&requirement.id, &pack.id) {
                fault(
                    format!("requirement `{}` stands in the pack `{first}` too", requirement.id),
                    "use one of the packs, or take it out of one",
                );
            }
            for condition in [&requirement.when, &requirement.brought_when] {
                if let Err(unknown) = input.factors.check(condition) {
                    fault(format!("requirement `{}`: {unknown}", requirement.id), "mend the pack");
                }
            }
        }
    }
    faults
}
