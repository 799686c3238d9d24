use attesta_kernel::Timestamp;

use crate::{
    AccountId, InvitationId, Membership, MembershipRefusal, OrganisationKind, Reach, Role, SystemActor, TenantId,
    Window, WindowState,
};

/// Who made an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitedBy {
    /// A person.
    Account(AccountId),
    /// The system: the first owner's.
    System(SystemActor),
}

/// What lets somebody join an organisation, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Which one.
    pub id: InvitationId,
    /// To which organisation.
    pub tenant: TenantId,
    /// What kind of organisation that is.
    pub kind: OrganisationKind,
    /// As what.
    pub role: Role,
    /// From when until when the membership will last.
    pub membership: Window,
    /// Which assessments it will reach.
    pub reach: Reach,
    /// By whom.
    pub by: InvitedBy,
    /// Until when it can be accepted.
    pub until: Timestamp,
    /// What became of it.
    pub answer: InvitationState,
}

/// Where an invitation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationState {
    /// It can be accepted.
    Open,
    /// Somebody accepted it.
    Accepted {
        /// Who.
        by: AccountId,
        /// When.
        at: Timestamp,
    },
    /// Whoever it was for said no.
    Declined {
        /// When.
        at: Timestamp,
    },
    /// Who made it took it back.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
    /// Nobody answered in time.
    Expired {
        /// Since when.
        since: Timestamp,
    },
}

/// The invitation cannot be answered like that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvitationRefusal {
    /// It is no longer open.
    #[error("the invitation is no longer open; ask for a new one")]
    NotOpen(InvitationState),
    /// The time for which it would let somebody in is over.
    #[error("the access that it offers is already over; ask for a new one")]
    MembershipOver,
    /// Who made it cannot accept it.
    #[error("nobody accepts an invitation of their own; send it to somebody else")]
    OwnInvitation,
    /// Nobody can belong to the organisation like that.
    #[error(transparent)]
    Membership(#[from] MembershipRefusal),
}

impl Invitation {
    /// Where it stands.
    pub fn state(&self, now: Timestamp) -> InvitationState {
        match self.answer {
            InvitationState::Open if now >= self.until => InvitationState::Expired { since: self.until },
            answer => answer,
        }
    }

    /// The membership that comes of it, and the invitation as it stands then.
    pub fn accept(&self, account: AccountId, now: Timestamp) -> Result<(Membership, Self), InvitationRefusal> {
        self.open(now)?;
        if self.by == InvitedBy::Account(account) {
            return Err(InvitationRefusal::OwnInvitation);
        }
        if matches!(self.membership.state(now), WindowState::Over(_)) {
            return Err(InvitationRefusal::MembershipOver);
        }
        let membership =
            Membership::new(self.kind, self.tenant, account, self.role, self.membership, self.reach.clone())?;
        Ok((membership, Self { answer: InvitationState::Accepted { by: account, at: now }, ..self.clone() }))
    }

    /// The invitation after whoever it is for said no.
    pub fn decline(&self, now: Timestamp) -> Result<Self, InvitationRefusal> {
        self.open(now)?;
        Ok(Self { answer: InvitationState::Declined { at: now }, ..self.clone() })
    }

    /// The invitation after it was taken back.
    pub fn withdraw(&self, now: Timestamp) -> Result<Self, InvitationRefusal> {
        self.open(now)?;
        Ok(Self { answer: InvitationState::Withdrawn { at: now }, ..self.clone() })
    }

    fn open(&self, now: Timestamp) -> Result<(), InvitationRefusal> {
        match self.state(now) {
            InvitationState::Open => Ok(()),
            other => Err(InvitationRefusal::NotOpen(other)),
        }
    }
}
