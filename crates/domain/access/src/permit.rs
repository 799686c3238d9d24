use std::collections::BTreeSet;

use attesta_kernel::Timestamp;

use crate::{
    AccountId, Action, AssessmentId, Item, Reach, ResourceKind, Role, ShareLinkId, SystemActor, TenantId, TokenId,
};

/// Who acts, as the audit trail names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A person.
    Person(AccountId),
    /// A program with that person's token.
    Token {
        /// Which token.
        token: TokenId,
        /// Who made it.
        maker: AccountId,
    },
    /// A customer with a share link.
    Guest(ShareLinkId),
    /// A part of the system.
    System(SystemActor),
}

/// To which things of the kind a permit is narrowed. A store that lists filters by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Only {
    /// To none in particular.
    Everything,
    /// To those that are assigned to somebody.
    AssignedTo(AccountId),
    /// To those that somebody made.
    WrittenBy(AccountId),
    /// To those that are addressed to an organisation, in whoever's room they stand.
    AddressedTo(TenantId),
    /// To those that a link names.
    Named(BTreeSet<Item>),
}

/// Leave to do one thing with one kind of thing in one organisation. Only [`authorise`](crate::authorise) and
/// [`authorise_system`](crate::authorise_system) make one; a store takes it and gets the organisation from it.
///
/// ```compile_fail
/// use attesta_access::{Action, Permit, ResourceKind};
/// let forged = Permit { action: Action::Read, resource: ResourceKind::Evidence };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    pub(crate) tenant: TenantId,
    pub(crate) actor: Actor,
    pub(crate) role: Option<Role>,
    pub(crate) action: Action,
    pub(crate) resource: ResourceKind,
    pub(crate) reach: Reach,
    pub(crate) assessment: Option<AssessmentId>,
    pub(crate) only: Only,
    pub(crate) at: Option<Timestamp>,
}

/// The permit is for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a permit to `{has_action}` `{has_resource}` was shown to `{action}` `{resource}`")]
pub struct WrongPermit {
    /// What it lets do.
    pub has_action: Action,
    /// With what.
    pub has_resource: ResourceKind,
    /// What was to be done.
    pub action: Action,
    /// With what.
    pub resource: ResourceKind,
}

impl Permit {
    /// In which organisation.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Who acts.
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// The person who answers for it: a token's maker; nobody for a guest or the system.
    pub fn account(&self) -> Option<AccountId> {
        match self.actor {
            Actor::Person(account) | Actor::Token { maker: account, .. } => Some(account),
            Actor::Guest(_) | Actor::System(_) => None,
        }
    }

    /// As what; the system has no role.
    pub fn role(&self) -> Option<Role> {
        self.role
    }

    /// What may be done.
    pub fn action(&self) -> Action {
        self.action
    }

    /// With what.
    pub fn resource(&self) -> ResourceKind {
        self.resource
    }

    /// Which assessments it reaches, where the kind of thing stands in one.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// The assessment that was named when it was asked for.
    pub fn assessment(&self) -> Option<AssessmentId> {
        self.assessment
    }

    /// To which things of the kind it is narrowed.
    pub fn only(&self) -> &Only {
        &self.only
    }

    /// When it was given; `None` for the system's.
    pub fn at(&self) -> Option<Timestamp> {
        self.at
    }

    /// Refuses unless the permit is for this action on this kind of thing: what a store asks first.
    pub fn require(&self, action: Action, resource: ResourceKind) -> Result<(), WrongPermit> {
        if self.action == action && self.resource == resource {
            return Ok(());
        }
        Err(WrongPermit { has_action: self.action, has_resource: self.resource, action, resource })
    }
}
