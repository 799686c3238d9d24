//! Who may do what with which thing, and until when.
//!
//! One table ([`table`]) says what each role may do with each kind of thing; [`authorise`] is the only door to a
//! [`Permit`], and a store asks for one. Sessions, tokens, links, invitations and failed sign-ins are judged here as plain
//! values: the time is always an input.
//!
//! It will never read a clock, draw a random number, hash a secret or know a database; a fact that nobody stated never
//! lets anybody in.

mod words;

mod action;
mod admission;
mod authorise;
mod circumstance;
mod denied;
mod id;
mod invitation;
mod lockout;
mod membership;
mod permit;
mod principal;
mod reference;
mod role;
mod rows;
mod rule;
mod session;
mod share;
mod system;
mod table;
mod token;
mod window;

pub use action::{Action, Area, ResourceKind};
pub use admission::{Admission, Introduction};
pub use authorise::{authorise, authorise_system};
pub use circumstance::{Circumstance, Offer, Stage};
pub use denied::Denied;
pub use id::{
    AccountId, AssessmentId, InheritanceRequestId, InvitationId, SessionId, ShareLinkId, TenantId, TokenId, WebhookId,
};
pub use invitation::{Invitation, InvitationRefusal, InvitationState, InvitedBy};
pub use lockout::{Attempt, LockoutPolicy};
pub use membership::{Membership, MembershipRefusal, Reach};
pub use permit::{Actor, Only, Permit, WrongPermit};
pub use principal::{Mismatch, Principal, Who};
pub use reference::roles_page;
pub use role::{OrganisationKind, Role, Side};
pub use rule::Rule;
pub use session::{Factors, Session, SessionLimits, SessionLimitsError, SessionState};
pub use share::{Item, ItemError, OpenedLink, ShareLink, ShareState};
pub use system::SystemActor;
pub use table::{Cell, Row, row, table};
pub use token::{Scope, ScopeError, Token, TokenState};
pub use window::{Window, WindowError, WindowState};
pub use words::UnknownWord;
