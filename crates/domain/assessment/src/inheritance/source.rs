use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use attesta_catalog::Placed;
use attesta_kernel::{Date, Provenance};
use attesta_scoring::{Levels, Score};

use crate::{
    Assessment, AssessmentId, Inherited, Matrix, MatrixId, ProviderId, Purpose, Request, RequestState, RequirementKey,
    SourceId,
};

/// Another assessment, whose results may be inherited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its id here.
    pub id: SourceId,
    /// The assessment that it is.
    pub assessment: AssessmentId,
    /// What people call it.
    pub title: String,
    /// The provider, for another organisation's.
    pub provider: Option<ProviderId>,
    /// Whose it is.
    pub relation: Relation,
    /// Its program.
    pub program: String,
    /// How far it has come.
    pub state: SourceState,
    /// The date of its report.
    pub report: Option<Date>,
    /// The last day of its certificate.
    pub expires: Option<Date>,
    /// Assessments that it inherits from itself.
    pub inherits_from: BTreeSet<AssessmentId>,
    /// What it scored.
    pub results: BTreeMap<RequirementKey, Levels>,
}

/// Whose an inherited assessment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// The same organisation's.
    Internal,
    /// A service provider's.
    External,
}

/// How far an assessment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceState {
    /// Nobody validated it.
    Readiness,
    /// It is not finished.
    Unfinished,
    /// Validated, and not certified.
    ValidatedOnly,
    /// Certified.
    Certified,
}

macro_rules! words {
    ($name:ident, $error:literal: $($variant:ident = $word:literal),+) => {
        impl $name {
            /// The word used in files and reports.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text { $($word => Ok(Self::$variant),)+ _ => Err(format!($error, text)) }
            }
        }
    };
}

words!(Relation, "`{}` is no relation; use internal or external": Internal = "internal", External = "external");
words!(SourceState, "`{}` is no state of a source; use readiness, unfinished, validated-only or certified":
    Readiness = "readiness", Unfinished = "unfinished", ValidatedOnly = "validated-only", Certified = "certified");

/// The rules of inheritance, as content: which sources may be used, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InheritanceRules {
    /// Programs whose results may be inherited, and where that is from.
    pub programs: (BTreeSet<String>, Provenance),
    /// For how many days after its report a validated, uncertified assessment of a program may be used.
    pub validated_only_days: BTreeMap<String, (u16, Provenance)>,
    /// The weight that an internal inheritance must have, in per cent.
    pub internal_weight: (Score, Provenance),
    /// How many internal sources one requirement may have.
    pub internal_sources: (u16, Provenance),
}

/// Sources, requests and matrices of one assessment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Register {
    /// Other assessments.
    pub sources: BTreeMap<SourceId, Placed<Source>>,
    /// Requests, in the order of requirement and source.
    pub requests: Vec<Placed<Request>>,
    /// Who is responsible for what.
    pub matrices: BTreeMap<MatrixId, Placed<Matrix>>,
}

/// Why something cannot be inherited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InheritanceFault {
    /// No such source.
    #[error("there is no source `{0}`; describe it under inheritance/sources/")]
    NoSource(SourceId),
    /// The source has no result for it.
    #[error("source `{source_id}` has no result for `{requirement}`; name the requirement that it stands for there")]
    NoResult {
        /// Which source.
        source_id: SourceId,
        /// Which requirement.
        requirement: RequirementKey,
    },
    /// The program is not among those that may be inherited.
    #[error("source `{source_id}` is of type `{program}`, which cannot be inherited; sources are {known}")]
    Program {
        /// Which source.
        source_id: SourceId,
        /// Its program.
        program: String,
        /// Those that may be.
        known: String,
    },
    /// Nobody validated the source, and ours is validated.
    #[error("source `{0}` is a readiness assessment, which never goes into a validated one")]
    Readiness(SourceId),
    /// The source is not finished.
    #[error("source `{0}` is not finished")]
    Unfinished(SourceId),
    /// Validated only, and too old or never good enough.
    #[error(
        "source `{source_id}` is validated but not certified, and its report of {report} is {days} days old on {at}; at most {most} are allowed"
    )]
    TooOld {
        /// Which source.
        source_id: SourceId,
        /// The date of its report.
        report: Date,
        /// How old it is.
        days: i64,
        /// How old it may be.
        most: u16,
        /// On which day.
        at: Date,
    },
    /// Validated only, of a program that has no such grace.
    #[error("source `{source_id}` is validated but not certified, which is not enough for type `{program}`")]
    NotCertified {
        /// Which source.
        source_id: SourceId,
        /// Its program.
        program: String,
    },
    /// Its certificate has run out.
    #[error("the certificate of source `{source_id}` ran out on {expires}")]
    Expired {
        /// Which source.
        source_id: SourceId,
        /// Its last day.
        expires: Date,
    },
    /// A date is missing that the rules need.
    #[error("source `{source_id}` does not say `{what}`, which is needed to tell whether it is current")]
    Undated {
        /// Which source.
        source_id: SourceId,
        /// What is missing.
        what: &'static str,
    },
    /// It inherits from us.
    #[error("source `{0}` inherits from this assessment itself, by way of {1}; results cannot go round in a circle")]
    Circle(SourceId, String),
    /// The weight is not allowed here.
    #[error(
        "`{requirement}` inherits {weight} % from `{source_id}`; an internal inheritance is {must} % from one source"
    )]
    InternalWeight {
        /// Which requirement.
        requirement: RequirementKey,
        /// Which source.
        source_id: SourceId,
        /// What was asked.
        weight: Score,
        /// What must be.
        must: Score,
    },
    /// More than one internal source.
    #[error("`{requirement}` inherits internally from {count} sources; at most {most} is allowed")]
    InternalSources {
        /// Which requirement.
        requirement: RequirementKey,
        /// How many.
        count: usize,
        /// How many may be.
        most: u16,
    },
    /// All weights together are more than all.
    #[error("inherited weights of `{requirement}` add up to {sum} %; at most 100 % can be inherited")]
    OverAll {
        /// Which requirement.
        requirement: RequirementKey,
        /// The sum, in per cent.
        sum: String,
    },
}

/// Whether a source may be used in `assessment` on the day `at` (Handbook A-12; advisory haa-2016-010).
///
/// # Errors
///
/// Why not.
pub fn may_be_used(
    rules: &InheritanceRules,
    assessment: &Assessment,
    register: &Register,
    source: &Source,
    at: Date,
) -> Result<(), InheritanceFault> {
    let source_id = || source.id.clone();
    if !rules.programs.0.contains(&source.program) {
        let known = rules.programs.0.iter().cloned().collect::<Vec<_>>().join(", ");
        return Err(InheritanceFault::Program { source_id: source_id(), program: source.program.clone(), known });
    }
    if let Some(path) = circle(assessment, register, source) {
        return Err(InheritanceFault::Circle(source_id(), path));
    }
    match source.state {
        SourceState::Readiness if assessment.purpose == Purpose::Readiness => Ok(()),
        SourceState::Readiness => Err(InheritanceFault::Readiness(source_id())),
        SourceState::Unfinished => Err(InheritanceFault::Unfinished(source_id())),
        SourceState::ValidatedOnly => {
            let Some((most, _)) = rules.validated_only_days.get(&source.program) else {
                return Err(InheritanceFault::NotCertified { source_id: source_id(), program: source.program.clone() });
            };
            let Some(report) = source.report else {
                return Err(InheritanceFault::Undated { source_id: source_id(), what: "report" });
            };
            let days = at.since(report).map_or(i64::MAX, |span| i64::from(span.get_days()));
            if days > i64::from(*most) {
                return Err(InheritanceFault::TooOld { source_id: source_id(), report, days, most: *most, at });
            }
            Ok(())
        }
        SourceState::Certified => match source.expires {
            None => Err(InheritanceFault::Undated { source_id: source_id(), what: "expires" }),
            Some(expires) if at > expires => Err(InheritanceFault::Expired { source_id: source_id(), expires }),
            Some(_) => Ok(()),
        },
    }
}

/// The way from a source back to this assessment, where there is one.
fn circle(assessment: &Assessment, register: &Register, source: &Source) -> Option<String> {
    let mut seen: BTreeSet<&AssessmentId> = BTreeSet::new();
    let mut waiting: Vec<(&AssessmentId, Vec<&str>)> = vec![(&source.assessment, vec![source.id.as_str()])];
    while let Some((id, path)) = waiting.pop() {
        if *id == assessment.id {
            return Some(path.join(" -> "));
        }
        if !seen.insert(id) {
            continue;
        }
        let of = register.sources.values().filter(|s| s.value.assessment == *id);
        for next in of.flat_map(|s| &s.value.inherits_from) {
            let further = path.iter().copied().chain([next.as_str()]).collect();
            waiting.push((next, further));
        }
    }
    None
}

/// What every applied request brings, by requirement; what can be requested and is not applied brings nothing.
///
/// # Errors
///
/// Every applied request that may not be, on the day `at`. Then nothing is inherited at all, so that no score is made of
/// half of it.
pub fn applied(
    rules: &InheritanceRules,
    assessment: &Assessment,
    register: &Register,
    at: Date,
) -> Result<BTreeMap<RequirementKey, Vec<Inherited>>, Vec<InheritanceFault>> {
    let mut faults = Vec::new();
    let mut brought: BTreeMap<RequirementKey, Vec<Inherited>> = BTreeMap::new();
    let mut internal: BTreeMap<&RequirementKey, usize> = BTreeMap::new();
    let mut judged: BTreeMap<&SourceId, bool> = BTreeMap::new();
    let requests = register.requests.iter().map(|r| &r.value);
    for request in requests.filter(|r| matches!(r.state, RequestState::Applied { .. })) {
        let Some(source) = register.sources.get(&request.source).map(|s| &s.value) else {
            faults.push(InheritanceFault::NoSource(request.source.clone()));
            continue;
        };
        let usable = *judged.entry(&source.id).or_insert_with(|| {
            may_be_used(rules, assessment, register, source, at).map_err(|fault| faults.push(fault)).is_ok()
        });
        let there = request.stands_for.as_ref().unwrap_or(&request.requirement);
        let Some(levels) = source.results.get(there) else {
            faults.push(InheritanceFault::NoResult { source_id: source.id.clone(), requirement: there.clone() });
            continue;
        };
        if source.relation == Relation::Internal {
            *internal.entry(&request.requirement).or_insert(0) += 1;
            let must = rules.internal_weight.0;
            if request.weight != must {
                let (requirement, source_id) = (request.requirement.clone(), source.id.clone());
                faults.push(InheritanceFault::InternalWeight { requirement, source_id, weight: request.weight, must });
            }
        }
        if usable {
            let one = Inherited { source: source.id.clone(), weight: request.weight, levels: *levels };
            brought.entry(request.requirement.clone()).or_default().push(one);
        }
    }
    for (requirement, count) in internal {
        let most = rules.internal_sources.0;
        if count > usize::from(most) {
            faults.push(InheritanceFault::InternalSources { requirement: requirement.clone(), count, most });
        }
    }
    for (requirement, parts) in &brought {
        let sum: u32 = parts.iter().map(|p| u32::from(p.weight.hundredths())).sum();
        if sum > u32::from(Score::FULL.hundredths()) {
            let sum = format!("{}.{:02}", sum / 100, sum % 100);
            faults.push(InheritanceFault::OverAll { requirement: requirement.clone(), sum });
        }
    }
    if faults.is_empty() { Ok(brought) } else { Err(faults) }
}
