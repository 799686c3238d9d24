use std::{collections::BTreeSet, fmt, str::FromStr};

use attesta_kernel::Date;

use crate::{AdditionId, AssessmentId, PackId};

/// What an assessment is: its type, its purpose, the day whose figures hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// Its id.
    pub id: AssessmentId,
    /// What people call it.
    pub title: String,
    /// The organisation that is assessed.
    pub organisation: String,
    /// The program: `e1`, `i1` or `r2`, or one that content adds.
    pub program: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The version of the CSF that it is made against, e.g. `v11.8.0`.
    pub csf: String,
    /// The day on which it was created; it picks the figures that hold.
    pub created: Date,
    /// Compliance factors and add-ons: `hipaa`, `ai1`, `ai2`, `nist-csf-2.0` …
    pub additions: BTreeSet<AdditionId>,
    /// Packs that requirements come from, in order; none means the built-in statements.
    pub packs: Vec<PackId>,
    /// Whether Measured and Managed are scored where the program leaves that open.
    pub measured_and_managed: bool,
    /// The edition of the rubric.
    pub rubric: String,
    /// When it should be certified, for planning backwards.
    pub target: Option<Date>,
    /// The certificate that an interim, rapid or bridge assessment goes back to.
    pub prior: Option<PriorCertificate>,
}

/// A certificate that exists already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriorCertificate {
    /// Its program.
    pub program: String,
    /// Its date.
    pub issued: Date,
    /// The assessment that it came of.
    pub assessment: AssessmentId,
    /// Whether that assessment was itself a rapid one.
    pub rapid: bool,
    /// The version of the CSF that it was made against.
    pub csf: String,
}

/// What an assessment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// To know where one stands; nobody audits it.
    Readiness,
    /// To certify.
    Validated,
    /// To keep a two-year certificate at its first anniversary.
    Interim,
    /// To certify again in the second year from a sample.
    Rapid,
    /// To span the time between an expiry and a late recertification.
    Bridge,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 5] = [Self::Readiness, Self::Validated, Self::Interim, Self::Rapid, Self::Bridge];

    /// The word used in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Readiness => "readiness",
            Self::Validated => "validated",
            Self::Interim => "interim",
            Self::Rapid => "rapid",
            Self::Bridge => "bridge",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is no purpose.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not what an assessment can be for; use readiness, validated, interim, rapid or bridge")]
pub struct UnknownPurpose(pub String);

impl FromStr for Purpose {
    type Err = UnknownPurpose;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|p| p.as_str() == text).ok_or_else(|| UnknownPurpose(text.to_owned()))
    }
}
