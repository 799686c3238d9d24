use std::collections::BTreeSet;

use attesta_kernel::Date;

use crate::{EvidenceId, MeasureId, PersonId, RequirementKey};

/// What is measured about controls, how, by whom and how often (Handbook 9.4).
///
/// A *measure* says all seven things; a *metric* is a measure that is tracked over time against a stated threshold.
/// Whether it is *independent* depends on who takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Its id.
    pub id: MeasureId,
    /// The requirements whose control it measures.
    pub requirements: BTreeSet<RequirementKey>,
    /// The control that is measured.
    pub describes: String,
    /// How often.
    pub frequency: String,
    /// Which data.
    pub data: String,
    /// Who gathers them.
    pub gathered_by: Option<PersonId>,
    /// How they are recorded.
    pub recorded: String,
    /// How the measure is worked out.
    pub calculation: String,
    /// Who reviews it.
    pub reviewed_by: Option<PersonId>,
    /// How often it is reviewed.
    pub review_frequency: String,
    /// Target or threshold, for a metric.
    pub threshold: Option<String>,
    /// Since when it is tracked over time, for a metric.
    pub tracked_since: Option<Date>,
    /// Whether those who take it are not responsible for the control.
    pub independent: bool,
    /// What shows it.
    pub evidence: Vec<EvidenceId>,
}

/// What a measure amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MeasureClass {
    /// Something of the definition is missing.
    Incomplete,
    /// Taken by those responsible for the control.
    OperationalMeasure,
    /// The same, tracked over time against a threshold.
    OperationalMetric,
    /// Taken by somebody else.
    IndependentMeasure,
    /// The same, tracked over time against a threshold.
    IndependentMetric,
}

impl MeasureClass {
    /// Every class, weakest first.
    pub const ALL: [Self; 5] = [
        Self::Incomplete,
        Self::OperationalMeasure,
        Self::OperationalMetric,
        Self::IndependentMeasure,
        Self::IndependentMetric,
    ];

    /// The word used in content and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::OperationalMeasure => "operational-measure",
            Self::OperationalMetric => "operational-metric",
            Self::IndependentMeasure => "independent-measure",
            Self::IndependentMetric => "independent-metric",
        }
    }
}

impl Measure {
    /// What its definition lacks, in the words of the file.
    pub fn missing(&self) -> Vec<&'static str> {
        let blank = |text: &str| text.trim().is_empty();
        [
            ("describes", blank(&self.describes)),
            ("frequency", blank(&self.frequency)),
            ("data", blank(&self.data)),
            ("gathered_by", self.gathered_by.is_none()),
            ("recorded", blank(&self.recorded)),
            ("calculation", blank(&self.calculation)),
            ("reviewed_by", self.reviewed_by.is_none()),
            ("review_frequency", blank(&self.review_frequency)),
        ]
        .into_iter()
        .filter_map(|(what, missing)| missing.then_some(what))
        .collect()
    }

    /// What it amounts to.
    pub fn class(&self) -> MeasureClass {
        let metric = self.threshold.as_deref().is_some_and(|t| !t.trim().is_empty()) && self.tracked_since.is_some();
        match (self.missing().is_empty(), metric, self.independent) {
            (false, _, _) => MeasureClass::Incomplete,
            (true, false, false) => MeasureClass::OperationalMeasure,
            (true, true, false) => MeasureClass::OperationalMetric,
            (true, false, true) => MeasureClass::IndependentMeasure,
            (true, true, true) => MeasureClass::IndependentMetric,
        }
    }
}
