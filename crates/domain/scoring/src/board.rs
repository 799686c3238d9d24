use std::collections::BTreeMap;

use attesta_kernel::ControlRef;

use crate::{Answer, Refusal, Requirement, Rules, Scorecard, score, score::Rescored};

/// A scorecard that follows single changes: only the requirement, its control reference and its domain are worked out
/// again, so that a person who edits one answer among thousands waits for nothing.
///
/// What it holds is always what [`score`](crate::score()) would make of the same answers.
#[derive(Debug, Clone)]
pub struct ScoreBoard<'a> {
    rules: Rules<'a>,
    requirements: Vec<Requirement>,
    card: Scorecard,
    by_reference: BTreeMap<ControlRef, Vec<usize>>,
    by_domain: BTreeMap<u8, Vec<usize>>,
}

impl<'a> ScoreBoard<'a> {
    /// Scores everything once.
    ///
    /// # Errors
    ///
    /// Every answer that no score can be made of.
    pub fn new(rules: Rules<'a>, requirements: Vec<Requirement>) -> Result<Self, Vec<Refusal>> {
        let card = score(&rules, &requirements)?;
        let mut by_reference: BTreeMap<ControlRef, Vec<usize>> = BTreeMap::new();
        let mut by_domain: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
        for (index, requirement) in requirements.iter().enumerate() {
            by_reference.entry(requirement.control_reference.clone()).or_default().push(index);
            by_domain.entry(requirement.domain).or_default().push(index);
        }
        Ok(Self { rules, requirements, card, by_reference, by_domain })
    }

    /// What follows from the answers as they stand.
    pub fn card(&self) -> &Scorecard {
        &self.card
    }

    /// The requirements as they stand.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// Changes one answer; `None` where there is no requirement at `index`.
    ///
    /// # Errors
    ///
    /// When no score can be made of the answer; nothing is changed then.
    pub fn set(&mut self, index: usize, answer: Answer) -> Option<Result<(), Refusal>> {
        let slot = self.requirements.get_mut(index)?;
        let before = std::mem::replace(&mut slot.answer, answer);
        let changed = slot.clone();
        let empty = Vec::new();
        let rescored = Rescored {
            rules: &self.rules,
            requirements: &self.requirements,
            changed: index,
            of_reference: self.by_reference.get(&changed.control_reference).unwrap_or(&empty),
            of_domain: self.by_domain.get(&changed.domain).unwrap_or(&empty),
        };
        let result = rescored.apply(&mut self.card);
        if result.is_err()
            && let Some(slot) = self.requirements.get_mut(index)
        {
            slot.answer = before;
        }
        Some(result)
    }
}
