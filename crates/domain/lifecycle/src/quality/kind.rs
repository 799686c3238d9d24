use std::{fmt, str::FromStr};

macro_rules! checks {
    ($($(#[$doc:meta])* $name:ident = $id:literal;)+) => {
        /// One quality check. What each means to people (title, mend, hand-off) is content; the comparison is code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Check {
            $($(#[$doc])* $name,)+
        }

        impl Check {
            /// Every check, in the order of their ids.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its id.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)+
                }
            }
        }
    };
}

checks! {
    /// A subject is not applicable in one place and scored in another.
    MixedApplicability = "QC-01";
    /// A factor says that something exists, yet all that asks about it is not applicable.
    FactorContradicted = "QC-02";
    /// Not applicable, and nobody says why.
    NotApplicableUnexplained = "QC-03";
    /// Unusually much is not applicable.
    NotApplicableOften = "QC-04";
    /// Not applicable, although a chosen compliance factor asks for it.
    NotApplicableAgainstAddition = "QC-05";
    /// Managed scores above Measured.
    ManagedAboveMeasured = "QC-06";
    /// Measured scores without a measure.
    MeasuredWithoutMeasure = "QC-07";
    /// A level scores without evidence.
    ScoredWithoutEvidence = "QC-08";
    /// A sample is usual, and there is no lead sheet and no reason.
    NotSampled = "QC-09";
    /// Evidence is dated outside its window.
    EvidenceOutsideWindow = "QC-10";
    /// A policy or procedure was approved too shortly before its test.
    WrittenTooYoung = "QC-11";
    /// A control was in operation too shortly before its test.
    WorkingTooYoung = "QC-12";
    /// Fieldwork began too long before submission.
    FieldworkTooLong = "QC-13";
    /// More is inherited than the responsibility matrix allows.
    InheritedBeyondAllowance = "QC-14";
    /// The source of inheritance has expired or is not certified.
    SourceNotUsable = "QC-15";
    /// Another's report is too old or not mapped.
    ReportNotUsable = "QC-16";
    /// A provider is carved out where that is not allowed.
    CarvedOut = "QC-17";
    /// A part of the scope that nothing speaks of.
    ComponentUnused = "QC-18";
    /// A score that the rubric's table does not give.
    ScoreOffRubric = "QC-19";
    /// The comment and the score contradict each other.
    CommentContradicts = "QC-20";
    /// The same comment on many requirements.
    CommentsAlike = "QC-21";
    /// A required plan is missing.
    ActionMissing = "QC-22";
    /// A plan lacks an owner, a date or a milestone, or its date has passed.
    ActionIncomplete = "QC-23";
    /// Something changed after the assessor was done with it.
    ChangedAfterCompletion = "QC-24";
    /// The same file is registered twice.
    EvidenceTwice = "QC-25";
    /// A tester or reviewer without the credential, or testing what they review.
    TeamCredentials = "QC-26";
    /// A letter or agreement is unsigned, or signed before fieldwork ended.
    SignatureMissing = "QC-27";
    /// No time is reserved for quality assurance.
    ReservationMissing = "QC-28";
    /// A factor is denied without a reason.
    FactorUnexplained = "QC-29";
    /// The time sheet has no hours of quality assurance.
    QualityHoursMissing = "QC-30";
    /// An action is called completed, and is not.
    ActionClosedEarly = "QC-31";
    /// An action stays open although its requirement has risen.
    ActionOpenLate = "QC-32";
    /// An action has no status.
    ActionStatusBlank = "QC-33";
    /// An action mends what is not asked.
    ActionOrphaned = "QC-34";
    /// A requirement or a level is not answered.
    Unanswered = "QC-35";
    /// Somebody tested a control that they built.
    TesterNotIndependent = "QC-36";
    /// A document of the package is missing.
    PackageIncomplete = "QC-37";
    /// A provider whose part nothing covers.
    ProviderUncovered = "QC-38";
    /// An action's notes and status do not fit.
    ActionHistory = "QC-39";
    /// The assessor has not finished with a requirement.
    NotValidated = "QC-40";
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is no check's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a quality check; the ids run from QC-01 to QC-{last}", last = Check::ALL.len())]
pub struct UnknownCheck(pub String);

impl FromStr for Check {
    type Err = UnknownCheck;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownCheck(text.chars().take(80).collect());
        Self::ALL.iter().copied().find(|c| c.as_str() == text).ok_or_else(unknown)
    }
}

/// A hand-off at which checks must be mended or overridden (Handbook 13.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HandOff {
    /// From the entity's answers to the assessor.
    Validation,
    /// From the assessor to corrective actions and the representation letter.
    Actions,
    /// To HITRUST's check-in.
    Submission,
}

impl HandOff {
    /// Every hand-off, in order.
    pub const ALL: [Self; 3] = [Self::Validation, Self::Actions, Self::Submission];

    /// The word used in content, on the command line and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::Actions => "actions",
            Self::Submission => "submission",
        }
    }
}

impl fmt::Display for HandOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is no hand-off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no hand-off; use validation, actions or submission")]
pub struct UnknownHandOff(pub String);

impl FromStr for HandOff {
    type Err = UnknownHandOff;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownHandOff(text.chars().take(80).collect());
        Self::ALL.into_iter().find(|g| g.as_str() == text).ok_or_else(unknown)
    }
}
