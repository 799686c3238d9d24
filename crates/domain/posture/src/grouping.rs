use std::collections::BTreeMap;

use attesta_kernel::PolicyId;

/// Which checks are counted together: a group's name, and the policies that speak for it. A policy may speak for several.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grouping {
    names: Vec<String>,
    of: BTreeMap<PolicyId, Vec<usize>>,
}

impl Grouping {
    /// Adds a group of these policies.
    pub fn add(&mut self, name: impl Into<String>, policies: impl IntoIterator<Item = PolicyId>) {
        let index = self.names.len();
        self.names.push(name.into());
        for policy in policies {
            let groups = self.of.entry(policy).or_default();
            if groups.last() != Some(&index) {
                groups.push(index);
            }
        }
    }

    /// The groups' names, in the order in which they were added.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The groups of a policy, by their place.
    pub fn of(&self, policy: &PolicyId) -> &[usize] {
        self.of.get(policy).map_or(&[], Vec::as_slice)
    }
}
