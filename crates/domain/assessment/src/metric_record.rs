//! What a defined metric showed of a measure: with it, history proposes Managed by what people did and by nothing else.

use attesta_kernel::{Date, Share};
use attesta_scoring::MaturityLevel;

use crate::{MeasureId, Proposal};

/// What a metric that is worked out over a history of runs shows of the measure of the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricRecord {
    /// The measure.
    pub measure: MeasureId,
    /// The day on which it was worked out.
    pub on: Date,
    /// The newest run that it rests on, and its digest.
    pub newest: (String, String),
    /// Periods that are over.
    pub periods: u32,
    /// Why it does not show that the control is measured; nothing where it does.
    pub measured_lacks: Vec<String>,
    /// What it shows of how breaches are treated.
    pub managed: ManagedRecord,
}

/// What a metric shows of how breaches of its threshold are treated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManagedRecord {
    /// Nothing was breached.
    NothingBreached,
    /// Something is missing.
    Lacks(Vec<String>),
    /// Breaches with a recorded reaction that a later period shows to have worked, of all.
    Shown(Share),
}

impl MetricRecord {
    /// Holds what history proposes for the measure against what the metric shows: takes away what it does not carry, and
    /// puts how breaches were treated in the place of how many violations went away. Says what was taken away, and why.
    pub fn hold(&self, proposals: Vec<Proposal>) -> (Vec<Proposal>, Vec<String>) {
        let measured: Vec<Proposal> = proposals.into_iter().filter(|p| p.level == MaturityLevel::Measured).collect();
        if !self.measured_lacks.is_empty() {
            let why = format!("metric `{}` does not show Measured: {}", self.measure, self.measured_lacks.join("; "));
            return (Vec::new(), vec![why]);
        }
        let share = match &self.managed {
            ManagedRecord::Shown(share) => *share,
            ManagedRecord::NothingBreached => {
                let why = "nothing was breached, so that nothing shows how breaches are treated";
                return (measured, vec![format!("metric `{}` does not show Managed: {why}", self.measure)]);
            }
            ManagedRecord::Lacks(lacks) => {
                let why = format!("metric `{}` does not show Managed: {}", self.measure, lacks.join("; "));
                return (measured, vec![why]);
            }
        };
        let says = format!(
            "{share} breaches of metric `{}` were treated, and a later period shows that it worked",
            self.measure
        );
        let managed: Vec<Proposal> = measured
            .iter()
            .map(|proposal| {
                let part = |part: &crate::ProposedPart| crate::ProposedPart { operates: share, ..part.clone() };
                let parts = proposal.parts.iter().map(part).collect();
                Proposal { level: MaturityLevel::Managed, parts, says: says.clone(), ..proposal.clone() }
            })
            .collect();
        (measured.into_iter().chain(managed).collect(), Vec::new())
    }
}
