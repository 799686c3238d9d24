use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{AssessmentType, CsfVersion, NotAVersion, PriorCertificate, Purpose};
use attesta_kernel::{Date, Provenance};
use attesta_scoring::{Figure, Timeline};

use crate::{Derived, FigureName, Figures, NoFigure, days_after, days_before, months_after};

/// What content says of a program besides its [`AssessmentType`]: who answers, and how a rapid assessment may renew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramTerms {
    /// How a rapid assessment may renew a certificate; none where it never could.
    pub rapid: Option<Timeline<RapidTerms>>,
    /// Whether the assessor may fill in answers and pre-assessment.
    pub answered_by_assessor: Timeline<bool>,
}

/// How a rapid assessment may renew a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RapidTerms {
    /// Which sets may qualify.
    pub sets: BTreeSet<RapidSet>,
    /// The oldest version of the CSF that the old certificate may stand on.
    pub csf_from: CsfVersion,
}

/// Requirements that a rapid assessment draws from together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RapidSet {
    /// The program's core.
    Core,
    /// What a compliance factor adds.
    Compliance,
}

impl RapidSet {
    /// The word used in content.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Compliance => "compliance",
        }
    }
}

/// The terms of every program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AllTerms {
    /// What each assessment type is made for, and for how long its certificate holds.
    pub types: BTreeMap<String, AssessmentType>,
    /// The rest.
    pub programs: BTreeMap<String, ProgramTerms>,
}

/// The terms of one program.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// What it is made for, and for how long its certificate holds.
    pub kind: &'a AssessmentType,
    /// The rest.
    pub own: &'a ProgramTerms,
}

/// Why days cannot be worked out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// Content has no terms for the program.
    #[error("content has no terms for certificates of `{0}`")]
    NoProgram(String),
    /// Content says nothing about the day.
    #[error("content says nothing about `{what}` of `{program}` on {day}")]
    NoTerm {
        /// The program.
        program: String,
        /// What is missing.
        what: &'static str,
        /// The day.
        day: Date,
    },
    /// Content has no figure for the day.
    #[error(transparent)]
    NoFigure(#[from] NoFigure),
}

impl AllTerms {
    /// The terms of a program.
    ///
    /// # Errors
    ///
    /// When content has none.
    pub fn of(&self, program: &str) -> Result<Terms<'_>, TermsError> {
        match (self.types.get(program), self.programs.get(program)) {
            (Some(kind), Some(own)) => Ok(Terms { kind, own }),
            _ => Err(TermsError::NoProgram(program.to_owned())),
        }
    }
}

impl<'a> Terms<'a> {
    fn term<T>(&self, terms: &'a Timeline<T>, what: &'static str, day: Date) -> Result<&'a Figure<T>, TermsError> {
        terms.on(day).ok_or_else(|| TermsError::NoTerm { program: self.kind.program.clone(), what, day })
    }

    /// Whether the assessor may fill in answers of an assessment created on a day.
    ///
    /// # Errors
    ///
    /// When content says nothing.
    pub fn answered_by_assessor_on(&self, day: Date) -> Result<bool, TermsError> {
        self.term(&self.own.answered_by_assessor, "answered_by_assessor", day).map(|f| f.value)
    }

    /// The first day on which a certificate of a day holds no longer.
    ///
    /// # Errors
    ///
    /// When content says nothing.
    pub fn expiry(&self, issued: Date) -> Result<Derived, TermsError> {
        let months = self.term(&self.kind.valid_months, "valid_months", issued)?;
        Ok(Derived {
            day: months_after(issued, months.value.into()),
            rule: format!("{} months after the certificate of {issued}", months.value),
            provenance: months.provenance.clone(),
        })
    }
}

/// Days between which something may be submitted; both belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmissionWindow {
    /// The first day on which it can be created, where that is another.
    pub create: Option<Derived>,
    /// The first day.
    pub opens: Derived,
    /// The last day.
    pub closes: Derived,
}

/// When an interim assessment is due (`None` where the program has none).
///
/// # Errors
///
/// When content says nothing for the day of the certificate.
pub fn interim_window(
    terms: Terms<'_>,
    figures: &Figures,
    issued: Date,
) -> Result<Option<SubmissionWindow>, TermsError> {
    let after = figures.on(FigureName::InterimAnniversary, issued)?;
    let window = figures.on(FigureName::InterimWindow, issued)?;
    let create = figures.on(FigureName::InterimCreate, issued)?;
    let due = months_after(issued, after.value);
    if !terms.kind.allows(Purpose::Interim, due) {
        return Ok(None);
    }
    let from = |figure: &Figure<u32>, what: &str| Derived {
        day: days_before(due, figure.value),
        rule: format!("{} days before the interim is due on {due}{what}", figure.value),
        provenance: figure.provenance.clone(),
    };
    Ok(Some(SubmissionWindow {
        create: Some(from(create, ": it can be created by hand")),
        opens: from(window, ""),
        closes: Derived {
            day: due,
            rule: format!("{} months after the certificate of {issued}", after.value),
            provenance: after.provenance.clone(),
        },
    }))
}

/// A bridge assessment's window and the end of its certificate (`None` where the program has none).
///
/// # Errors
///
/// When content says nothing for the day.
pub fn bridge_window(
    terms: Terms<'_>,
    figures: &Figures,
    issued: Date,
) -> Result<Option<(SubmissionWindow, Derived)>, TermsError> {
    let expiry = terms.expiry(issued)?.day;
    if !terms.kind.allows(Purpose::Bridge, expiry) {
        return Ok(None);
    }
    let before = figures.on(FigureName::BridgeBefore, expiry)?;
    let after = figures.on(FigureName::BridgeAfter, expiry)?;
    let valid = figures.on(FigureName::BridgeValid, expiry)?;
    let derived = |day, figure: &Figure<u32>, what: &str| Derived {
        day,
        rule: format!("{} days {what} the expiry on {expiry}", figure.value),
        provenance: figure.provenance.clone(),
    };
    let window = SubmissionWindow {
        create: None,
        opens: derived(days_before(expiry, before.value), before, "before"),
        closes: derived(days_after(expiry, after.value), after, "after"),
    };
    Ok(Some((window, derived(days_after(expiry, valid.value), valid, "after"))))
}

/// Why a certificate cannot be renewed by a rapid assessment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RapidRefusal {
    /// The program has none.
    #[error("a certificate of `{0}` is not renewed by a rapid assessment")]
    NotThisProgram(String),
    /// The old certificate came of a rapid assessment.
    #[error("the certificate of {0} came of a rapid assessment itself; two do not follow each other")]
    TwiceRunning(Date),
    /// The old certificate stands on too old a version.
    #[error("the certificate stands on CSF {csf}, older than {least}")]
    OldVersion {
        /// Its version.
        csf: String,
        /// The oldest that may be.
        least: CsfVersion,
    },
    /// The version cannot be read.
    #[error(transparent)]
    NotAVersion(#[from] NotAVersion),
    /// The old certificate has expired.
    #[error("the certificate expired on {0}; the letter is signed on that day at the latest")]
    Expired(Date),
    /// The scope is another.
    #[error("the scope differs from that of the certificate: {0}")]
    OtherScope(String),
    /// Something significant changed.
    #[error("a significant change stands against it: {0}")]
    SignificantChange(String),
    /// Nobody said whether scope and changes are as they were.
    #[error("it is not told whether {0}")]
    NotTold(&'static str),
    /// No set is large enough.
    #[error("no set qualifies: a set needs more than {more_than} requirements ({sets})")]
    NoSet {
        /// More than this many.
        more_than: u32,
        /// The sets with their sizes.
        sets: String,
    },
    /// Content says nothing.
    #[error(transparent)]
    Terms(#[from] TermsError),
}

impl RapidRefusal {
    /// How to mend it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotTold(_) => "say so in the assessment's events",
            Self::NotAVersion(_) => "mend `csf` of the prior certificate",
            Self::Terms(_) => "use a content pack that has it",
            Self::NotThisProgram(_)
            | Self::TwiceRunning(_)
            | Self::OldVersion { .. }
            | Self::Expired(_)
            | Self::OtherScope(_)
            | Self::SignificantChange(_)
            | Self::NoSet { .. } => "make a full validated assessment",
        }
    }
}

/// Something that was asked of management.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Nobody answered.
    Unknown,
    /// It is as it was.
    Unchanged,
    /// It is not, and how.
    Changed(String),
}

/// A set of requirements with its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetSize {
    /// What kind of set.
    pub kind: RapidSet,
    /// Its name, e.g. `core` or `hipaa`.
    pub name: String,
    /// How many requirements it holds.
    pub requirements: u32,
}

/// What a rapid assessment draws from each set that qualifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RapidPlan {
    /// The sets that qualify; others are assessed whole.
    pub sampled: Vec<SetSize>,
    /// How many are drawn from each.
    pub sample: u32,
    /// Sets that do not qualify.
    pub whole: Vec<SetSize>,
    /// Where the rules come from.
    pub provenance: Vec<Provenance>,
}

/// Whether a certificate can be renewed by a rapid assessment on a day, and from which sets it draws.
///
/// # Errors
///
/// Everything that speaks against it.
pub fn rapid_plan(
    terms: Terms<'_>,
    figures: &Figures,
    prior: &PriorCertificate,
    day: Date,
    scope: &Told,
    changes: &Told,
    sets: Vec<SetSize>,
) -> Result<RapidPlan, Vec<RapidRefusal>> {
    let rapid = terms.own.rapid.as_ref().and_then(|r| r.on(day)).filter(|_| terms.kind.allows(Purpose::Rapid, day));
    let Some(rapid) = rapid else {
        return Err(vec![RapidRefusal::NotThisProgram(prior.program.clone())]);
    };
    let mut found = Vec::new();
    if prior.rapid {
        found.push(RapidRefusal::TwiceRunning(prior.issued));
    }
    match prior.csf.parse::<CsfVersion>() {
        Ok(csf) if csf < rapid.value.csf_from => {
            found.push(RapidRefusal::OldVersion { csf: prior.csf.clone(), least: rapid.value.csf_from });
        }
        Ok(_) => {}
        Err(e) => found.push(e.into()),
    }
    match terms.expiry(prior.issued) {
        Ok(expiry) if day > expiry.day => found.push(RapidRefusal::Expired(expiry.day)),
        Ok(_) => {}
        Err(e) => found.push(e.into()),
    }
    match scope {
        Told::Unknown => found.push(RapidRefusal::NotTold("the scope is as it was")),
        Told::Changed(how) => found.push(RapidRefusal::OtherScope(how.clone())),
        Told::Unchanged => {}
    }
    match changes {
        Told::Unknown => found.push(RapidRefusal::NotTold("anything significant changed")),
        Told::Changed(how) => found.push(RapidRefusal::SignificantChange(how.clone())),
        Told::Unchanged => {}
    }
    let (more_than, sample) = match (
        figures.on(FigureName::RapidMoreThan, day).map_err(TermsError::from),
        figures.on(FigureName::RapidSample, day).map_err(TermsError::from),
    ) {
        (Ok(more_than), Ok(sample)) => (more_than, sample),
        (Err(e), _) | (_, Err(e)) => {
            found.push(e.into());
            return Err(found);
        }
    };
    let qualifies = |s: &SetSize| rapid.value.sets.contains(&s.kind) && s.requirements > more_than.value;
    let told = |sets: &[SetSize]| -> String {
        let each: Vec<String> = sets.iter().map(|s| format!("{} {}", s.name, s.requirements)).collect();
        each.join(", ")
    };
    let (sampled, whole): (Vec<SetSize>, Vec<SetSize>) = sets.into_iter().partition(qualifies);
    if sampled.is_empty() {
        found.push(RapidRefusal::NoSet { more_than: more_than.value, sets: told(&whole) });
    }
    if !found.is_empty() {
        return Err(found);
    }
    let provenance = vec![rapid.provenance.clone(), more_than.provenance.clone(), sample.provenance.clone()];
    Ok(RapidPlan { sampled, sample: sample.value, whole, provenance })
}
