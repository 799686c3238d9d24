use std::{collections::BTreeMap, fmt};

use attesta_catalog::Fault;
use attesta_kernel::{Date, Place, Provenance};
use attesta_scoring::{Figure, Timeline};

use crate::{Additions, Assessment, CsfRelease, CsfVersion, Purpose, tailor::check_additions, version_concerns};

/// What content says about one assessment type besides its scoring figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssessmentType {
    /// The program, e.g. `r2`.
    pub program: String,
    /// What it is, in our own words.
    pub title: String,
    /// What it may be made for. What is not here it may never be made for.
    pub purposes: BTreeMap<Purpose, Timeline<PurposeRule>>,
    /// For how many months its certificate is valid.
    pub valid_months: Timeline<u8>,
    /// Whether service providers may be carved out.
    pub carve_outs: Timeline<CarveOuts>,
    /// How its requirements are chosen.
    pub tailoring: Timeline<Tailoring>,
    /// Which version of the CSF a new assessment may use.
    pub csf: Timeline<CsfChoice>,
    /// How many requirements its published core has, by version of the CSF.
    pub core: Vec<CoreCount>,
}

/// What making an assessment for a purpose means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurposeRule {
    /// Whether it can end in a certificate, keep one or span one.
    pub certifies: bool,
    /// What it covers.
    pub covers: Covers,
    /// What else one should know; may be empty.
    pub note: String,
}

/// What an assessment for a purpose covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Covers {
    /// Everything.
    Everything,
    /// A sample.
    Sample,
    /// A sample of what additions brought in; never the core.
    SampleOfAdditions,
}

/// Whether service providers may be carved out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CarveOuts {
    /// They may.
    Allowed,
    /// Every provider in scope must be covered.
    Refused,
}

/// How the requirements of a program are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tailoring {
    /// A fixed core for everyone, and additions.
    FixedCore,
    /// A core, what risk factors bring in, and additions.
    Factors,
}

/// Which version of the CSF a new assessment may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CsfChoice {
    /// The newest.
    Newest,
    /// Any that is still open.
    AnyOpen,
}

/// How many requirements a published core has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreCount {
    /// The first version of the CSF that it holds for.
    pub first: CsfVersion,
    /// The last; none is until further notice.
    pub last: Option<CsfVersion>,
    /// How many.
    pub value: u16,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// A program may not be made for a purpose on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAllowed {
    /// The program.
    pub program: String,
    /// The purpose.
    pub purpose: Purpose,
    /// The day.
    pub day: Date,
    /// The day from which it may, where there is one.
    pub from: Option<Date>,
    /// What it may be made for on that day.
    pub allowed: Vec<Purpose>,
}

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` cannot be made for `{}` on {}", self.program, self.purpose, self.day)?;
        if let Some(from) = self.from {
            write!(f, ", only from {from}")?;
        }
        let allowed: Vec<&str> = self.allowed.iter().map(|p| p.as_str()).collect();
        write!(f, "; use {}", allowed.join(", "))
    }
}

impl std::error::Error for NotAllowed {}

/// The packs' core is not as big as the published one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreDifference<'a> {
    /// The program.
    pub program: &'a str,
    /// What is published.
    pub published: &'a CoreCount,
    /// How many ours are.
    pub ours: usize,
}

impl fmt::Display for CoreDifference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CoreDifference { program, published, ours } = self;
        let count = published.value;
        let confidence = published.provenance.confidence;
        write!(f, "the published core of {program} has {count} requirements ({confidence}); these packs have {ours}")
    }
}

impl AssessmentType {
    /// What making it for a purpose means on the day of its creation.
    ///
    /// # Errors
    ///
    /// When it may not be made for it.
    pub fn purpose(&self, purpose: Purpose, day: Date) -> Result<&Figure<PurposeRule>, NotAllowed> {
        let timeline = self.purposes.get(&purpose);
        timeline.and_then(|t| t.on(day)).ok_or_else(|| NotAllowed {
            program: self.program.clone(),
            purpose,
            day,
            from: timeline.and_then(|t| t.figures().iter().filter_map(|f| f.from).filter(|from| *from > day).min()),
            allowed: Purpose::ALL.into_iter().filter(|p| self.allows(*p, day)).collect(),
        })
    }

    /// Whether it may be made for a purpose.
    pub fn allows(&self, purpose: Purpose, day: Date) -> bool {
        self.purposes.get(&purpose).is_some_and(|t| t.on(day).is_some())
    }

    /// How big its published core is in a version of the CSF.
    pub fn core_count(&self, csf: CsfVersion) -> Option<&CoreCount> {
        self.core.iter().find(|c| c.first <= csf && c.last.is_none_or(|last| csf <= last))
    }

    /// How the packs' core differs from the published one, where it does.
    pub fn core_difference(&self, csf: CsfVersion, ours: usize) -> Option<CoreDifference<'_>> {
        let published = self.core_count(csf).filter(|c| usize::from(c.value) != ours)?;
        Some(CoreDifference { program: &self.program, published, ours })
    }
}

/// Whether an assessment may be what its header says: type, purpose, version, additions. What it answers with are things that
/// one should know.
///
/// # Errors
///
/// Every fault, at `place`.
pub fn check_header(
    kind: &AssessmentType,
    releases: &[CsfRelease],
    additions: &Additions,
    header: &Assessment,
    place: &Place,
    day: Date,
) -> Result<Vec<String>, Vec<Fault>> {
    let (mut faults, mut notes) = (Vec::new(), Vec::new());
    match kind.purpose(header.purpose, header.created) {
        Ok(rule) if !rule.value.note.is_empty() => notes.push(format!("{}: {}", header.purpose, rule.value.note)),
        Ok(_) => {}
        Err(refused) => faults.push(Fault::new(place.clone(), refused.to_string(), "mend `purpose` or `type`")),
    }
    let csf = header.csf.parse::<CsfVersion>();
    match csf {
        Ok(version) => {
            let newest = kind.csf.on(header.created).is_some_and(|f| f.value == CsfChoice::Newest);
            let concerns = version_concerns(releases, version, &header.program, newest, header.created, day);
            notes.extend(concerns.iter().map(|c| format!("csf {version}: {c}")));
        }
        Err(ref error) => faults.push(Fault::plain(place.clone(), error.to_string())),
    }
    faults.extend(check_additions(additions, &header.additions, &header.program, csf.ok(), place));
    if faults.is_empty() { Ok(notes) } else { Err(faults) }
}
