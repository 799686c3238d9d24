//! The proposed rule of 2025: an overlay that is off until somebody asks for it, and binds nobody.

use attesta_kernel::{Citation, Confidence};

use crate::{ScoreCard, State};

/// A proposed rule as content tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedRule {
    /// Its name.
    pub title: String,
    /// What every view of it must say.
    pub label: String,
    /// Where it stands, and as of when.
    pub status: String,
    /// Its changes, in the order of its text.
    pub changes: Vec<ProposedChange>,
}

/// One change that is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedChange {
    /// What it is about.
    pub topic: String,
    /// Where it would stand, as it was told; not all of it is a citation.
    pub stands_at: String,
    /// The change, in our own words.
    pub text: String,
    /// How often or how soon, where the proposal says.
    pub pace: Option<String>,
    /// Where it was read.
    pub source: String,
    /// How sure we are of the change.
    pub confidence: Confidence,
    /// How sure we are of where it would stand.
    pub citation_confidence: Confidence,
}

/// What the proposal would make of a score card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlay<'a> {
    /// The proposal.
    pub rule: &'a ProposedRule,
    /// Addressable specifications that apply and are not met as written: under the proposal they would be required.
    pub would_be_required: Vec<Citation>,
}

impl<'a> Overlay<'a> {
    /// Lays the proposal over a score card. It changes nothing of it.
    pub fn of(rule: &'a ProposedRule, card: &ScoreCard) -> Self {
        let short = card
            .addressable
            .iter()
            .filter(|position| !matches!(position.state, State::Met(_) | State::NotApplicable))
            .map(|position| position.citation.clone())
            .collect();
        Self { rule, would_be_required: short }
    }
}
