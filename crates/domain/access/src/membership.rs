use std::collections::BTreeSet;

use crate::{AccountId, AssessmentId, OrganisationKind, Role, Side, TenantId, Window};

/// Which assessments somebody's access reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Every one of the organisation.
    All,
    /// Those that are named.
    Named(BTreeSet<AssessmentId>),
}

impl Reach {
    /// Whether it reaches that assessment.
    pub fn holds(&self, assessment: AssessmentId) -> bool {
        match self {
            Self::All => true,
            Self::Named(named) => named.contains(&assessment),
        }
    }
}

/// One person in one organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    tenant: TenantId,
    account: AccountId,
    role: Role,
    window: Window,
    reach: Reach,
}

/// Nobody can belong to the organisation like that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MembershipRefusal {
    /// The organisation has no such role.
    #[error("nobody is `{role}` in an organisation of the kind `{kind}`")]
    NoSuchRole {
        /// The role.
        role: Role,
        /// The organisation's kind.
        kind: OrganisationKind,
    },
    /// An assessor's access to somebody else's room has an end.
    #[error("`{0}` is a guest from an assessor firm: say until when the access lasts")]
    NoEnd(Role),
    /// An assessor's access to somebody else's room names assessments.
    #[error("`{0}` is a guest from an assessor firm: name the assessments that the access reaches")]
    NoAssessments(Role),
    /// The owner of everything cannot be kept from part of it.
    #[error("`owner` reaches every assessment; give another role to somebody who shall see only some")]
    OwnerInABox,
}

impl Membership {
    /// Somebody's place in an organisation of that kind. Assessors in the room of somebody whom they assess are boxed in
    /// time and to named assessments.
    pub fn new(
        kind: OrganisationKind,
        tenant: TenantId,
        account: AccountId,
        role: Role,
        window: Window,
        reach: Reach,
    ) -> Result<Self, MembershipRefusal> {
        if !kind.has(role) {
            return Err(MembershipRefusal::NoSuchRole { role, kind });
        }
        if role.side() == Side::Assessor && kind != OrganisationKind::AssessorFirm {
            if window.until().is_none() {
                return Err(MembershipRefusal::NoEnd(role));
            }
            if !matches!(&reach, Reach::Named(named) if !named.is_empty()) {
                return Err(MembershipRefusal::NoAssessments(role));
            }
        }
        if role == Role::Owner && reach != Reach::All {
            return Err(MembershipRefusal::OwnerInABox);
        }
        Ok(Self { tenant, account, role, window, reach })
    }

    /// The organisation.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Whose place it is.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// From when until when.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Which assessments.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }
}
