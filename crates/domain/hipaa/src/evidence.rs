use std::collections::BTreeMap;

use attesta_assessment::{Evidence, EvidenceId};
use attesta_catalog::Placed;
use attesta_kernel::Date;

/// The evidence that an assessment keeps, as records look it up.
#[derive(Debug, Clone, Copy)]
pub struct EvidenceBook<'a>(pub &'a BTreeMap<EvidenceId, Placed<Evidence>>);

impl EvidenceBook<'_> {
    /// The last day of which any of these tells: the end of the time that it covers, or the day on which it was taken;
    /// `None` where one of them says neither.
    pub fn reach(self, evidence: &[EvidenceId]) -> Option<Date> {
        let last = |id: &EvidenceId| {
            let kept = &self.0.get(id)?.value;
            kept.period.map(|(_, to)| to).or(kept.collected)
        };
        evidence.iter().map(last).collect::<Option<Vec<Date>>>()?.into_iter().max()
    }

    /// Whether at least one of these is kept and good on the day `at`: collected by then, and not past its last day.
    pub fn shows(self, evidence: &[EvidenceId], at: Date) -> bool {
        evidence.iter().filter_map(|id| self.0.get(id)).any(|placed| {
            let Evidence { collected, valid_until, .. } = &placed.value;
            collected.is_none_or(|day| day <= at) && valid_until.is_none_or(|day| day >= at)
        })
    }
}
