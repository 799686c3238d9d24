use std::fmt;

use crate::{Action, ResourceKind, Rule};

/// Why there is no permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denied {
    /// The rule.
    pub rule: Rule,
    /// What was to be done.
    pub action: Action,
    /// With what.
    pub resource: ResourceKind,
    /// What was asked of the facts: which one was missing, or what would have let it pass.
    pub detail: Option<&'static str>,
}

impl Denied {
    pub(crate) fn new(rule: Rule, action: Action, resource: ResourceKind) -> Self {
        Self { rule, action, resource, detail: None }
    }

    /// What would help.
    pub fn help(&self) -> &'static str {
        self.rule.help()
    }

    /// Whether even that the thing exists should not be told: a server answers "not found".
    pub fn hides(&self) -> bool {
        matches!(self.rule, Rule::Room | Rule::AssessmentBox | Rule::Addressed | Rule::NamedByLink)
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "may not `{}` `{}`: {}", self.action, self.resource, self.rule.says())?;
        match self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Denied {}
