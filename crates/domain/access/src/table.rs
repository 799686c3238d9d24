//! What a row of the table is; the rows themselves stand in `rows`.

use crate::{Action, ResourceKind, Role, Rule, Scope, rows, words::words};

words! {
    /// What a role may do of a row.
    Cell, "a cell" {
        /// All of it.
        May = "yes",
        /// What is assigned to them.
        Assigned = "assigned",
        /// What they made.
        Own = "own",
        /// What is addressed to their organisation.
        Addressed = "addressed",
        /// What their link names.
        Named = "named",
        /// Nothing.
        Never = "·",
    }
}

/// One action on one kind of thing, and what each role may do of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    resource: ResourceKind,
    action: Action,
    cells: [Cell; 10],
    rules: &'static [Rule],
    sensitive: bool,
    people_only: bool,
}

impl Row {
    pub(crate) const fn new(resource: ResourceKind, action: Action, cells: [Cell; 10]) -> Self {
        Self { resource, action, cells, rules: &[], sensitive: false, people_only: false }
    }

    pub(crate) const fn rules(self, rules: &'static [Rule]) -> Self {
        Self { rules, ..self }
    }

    /// It wants a fresh sign-in, so no token does it.
    pub(crate) const fn sensitive(self) -> Self {
        Self { sensitive: true, people_only: true, ..self }
    }

    /// Somebody answers for it in person.
    pub(crate) const fn people_only(self) -> Self {
        Self { people_only: true, ..self }
    }

    /// With what it is done.
    pub fn resource(&self) -> ResourceKind {
        self.resource
    }

    /// What is done.
    pub fn action(&self) -> Action {
        self.action
    }

    /// What that role may do of it.
    pub fn cell(&self, role: Role) -> Cell {
        let cells = Role::ALL.iter().zip(self.cells);
        cells.into_iter().find(|(r, _)| **r == role).map_or(Cell::Never, |(_, cell)| cell)
    }

    /// The rules that are asked besides those that hold everywhere.
    pub fn asks(&self) -> &'static [Rule] {
        self.rules
    }

    /// Whether it wants a fresh sign-in.
    pub fn is_sensitive(&self) -> bool {
        self.sensitive
    }

    /// The scope with which a token may do it; `None` where none may.
    pub fn scope(&self) -> Option<Scope> {
        (!self.people_only).then(|| Scope::of(self.action, self.resource))
    }
}

/// Every row, in the order of the reference.
pub fn table() -> &'static [Row] {
    rows::ROWS
}

/// The row of that action on that kind of thing; what has none, nobody may.
pub fn row(action: Action, resource: ResourceKind) -> Option<&'static Row> {
    rows::ROWS.iter().find(|r| r.action == action && r.resource == resource)
}
