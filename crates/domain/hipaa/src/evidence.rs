use std::collections::BTreeMap;

use attesta_assessment::{Evidence, EvidenceId};
use attesta_catalog::Placed;
use attesta_kernel::Date;

/// The evidence that an assessment keeps, as records look it up.
#[derive(Debug, Clone, Copy)]
pub struct EvidenceBook<'a>(pub &'a BTreeMap<EvidenceId, Placed<Evidence>>);

impl EvidenceBook<'_> {
    /// Whether at least one of these is kept and good on the day `at`: collected by then, and not past its last day.
    pub fn shows(self, evidence: &[EvidenceId], at: Date) -> bool {
        evidence.iter().filter_map(|id| self.0.get(id)).any(|placed| {
            let Evidence { collected, valid_until, .. } = &placed.value;
            collected.is_none_or(|day| day <= at) && valid_until.is_none_or(|day| day >= at)
        })
    }
}
