use std::collections::BTreeSet;

use attesta_kernel::Timestamp;

use crate::{
    AccountId, Item, Membership, OpenedLink, Reach, Role, Scope, Session, SessionLimits, SessionState, ShareLinkId,
    ShareState, TenantId, Token, TokenId, TokenState, Window,
};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A person who signed in.
    Person(AccountId),
    /// A program with a token.
    Token {
        /// Which one.
        token: TokenId,
        /// Who made it.
        maker: AccountId,
    },
    /// A customer with a share link.
    Guest(ShareLinkId),
}

/// Somebody at the door of one organisation, with all that they can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub(crate) who: Who,
    pub(crate) tenant: TenantId,
    pub(crate) role: Role,
    pub(crate) window: Window,
    pub(crate) reach: Reach,
    pub(crate) shows: Shows,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shows {
    Session(Session, SessionLimits),
    Token(Token),
    Link(OpenedLink),
}

/// The session or token is not that member's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session or token belongs to another account or organisation than the membership")]
pub struct Mismatch;

impl Principal {
    /// A member who signed in.
    pub fn person(membership: &Membership, session: Session, limits: SessionLimits) -> Result<Self, Mismatch> {
        if session.account != membership.account() {
            return Err(Mismatch);
        }
        Ok(Self::member(membership, Who::Person(session.account), Shows::Session(session, limits)))
    }

    /// A program with a token, made by a member; it may no more than that member may now.
    pub fn token(token: Token, maker: &Membership) -> Result<Self, Mismatch> {
        if token.maker != maker.account() || token.tenant != maker.tenant() {
            return Err(Mismatch);
        }
        let who = Who::Token { token: token.id, maker: token.maker };
        Ok(Self::member(maker, who, Shows::Token(token)))
    }

    /// A customer with a share link.
    pub fn guest(opened: OpenedLink) -> Self {
        let link = opened.link();
        Self {
            who: Who::Guest(link.id),
            tenant: link.tenant,
            role: Role::ShareGuest,
            window: link.window,
            reach: Reach::All,
            shows: Shows::Link(opened),
        }
    }

    fn member(membership: &Membership, who: Who, shows: Shows) -> Self {
        Self {
            who,
            tenant: membership.tenant(),
            role: membership.role(),
            window: membership.window(),
            reach: membership.reach().clone(),
            shows,
        }
    }

    /// Who asks.
    pub fn who(&self) -> Who {
        self.who
    }

    /// At whose door.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// As what; a token has its maker's role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The person who answers for it: a token's maker; nobody for a guest.
    pub fn account(&self) -> Option<AccountId> {
        match self.who {
            Who::Person(account) | Who::Token { maker: account, .. } => Some(account),
            Who::Guest(_) => None,
        }
    }

    /// Whether what they show holds now.
    pub(crate) fn holds(&self, now: Timestamp) -> bool {
        match &self.shows {
            Shows::Session(session, limits) => matches!(session.state(*limits, now), SessionState::Live { .. }),
            Shows::Token(token) => matches!(token.state(now), TokenState::Valid { .. }),
            // The use that is going on was counted already, so the last one may see what it opened.
            Shows::Link(opened) => {
                matches!(opened.link().state(now), ShareState::Valid { .. } | ShareState::Exhausted)
            }
        }
    }

    pub(crate) fn scopes(&self) -> Option<&BTreeSet<Scope>> {
        match &self.shows {
            Shows::Token(token) => Some(&token.scopes),
            Shows::Session(..) | Shows::Link(_) => None,
        }
    }

    pub(crate) fn named(&self) -> Option<&BTreeSet<Item>> {
        match &self.shows {
            Shows::Link(opened) => Some(&opened.link().names),
            Shows::Session(..) | Shows::Token(_) => None,
        }
    }
}
