use std::collections::BTreeSet;

use attesta_kernel::Timestamp;

use crate::{AccountId, AssessmentId, Item, Reach, Role, TenantId, words::words};

words! {
    /// With whom a thing of an assessment is. One answer that was returned is with the entity although the rest is not.
    Stage, "a stage" {
        /// The entity answers.
        Entity = "entity",
        /// The assessor tests.
        Assessor = "assessor",
        /// Corrective actions and letters, before the submission.
        Closing = "closing",
        /// HITRUST looks at it.
        Hitrust = "hitrust",
        /// Decided or given up.
        Closed = "closed",
    }
}

/// Access that somebody is about to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// As what.
    pub role: Role,
    /// Until when; `None` is open.
    pub until: Option<Timestamp>,
    /// Which assessments.
    pub reach: Reach,
}

/// What is known of the thing and of the moment. What is `None` was not stated, and a rule that asks for it refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circumstance {
    /// In whose room the thing stands.
    pub tenant: TenantId,
    /// In which assessment it stands, or through which it is seen.
    pub assessment: Option<AssessmentId>,
    /// With whom it is.
    pub stage: Option<Stage>,
    /// To whom it is assigned.
    pub assigned_to: Option<BTreeSet<AccountId>>,
    /// Who wrote it: the override, the plan, the comment, the token. Nobody: the system did.
    pub written_by: Option<BTreeSet<AccountId>>,
    /// Who implemented or answered what is validated; who validated what is reviewed.
    pub worked_on_by: Option<BTreeSet<AccountId>>,
    /// To which provider a request goes.
    pub addressed_to: Option<TenantId>,
    /// The thing by name, for share links.
    pub item: Option<Item>,
    /// What would be given.
    pub offer: Option<Offer>,
    /// Which role would be taken away or replaced.
    pub takes: Option<Role>,
    /// How many owners there would be afterwards.
    pub owners_left: Option<u32>,
    /// Whether a hold or retention keeps it.
    pub held: Option<bool>,
}

impl Circumstance {
    /// A thing in that organisation's room, of which nothing more is said.
    pub fn within(tenant: TenantId) -> Self {
        Self {
            tenant,
            assessment: None,
            stage: None,
            assigned_to: None,
            written_by: None,
            worked_on_by: None,
            addressed_to: None,
            item: None,
            offer: None,
            takes: None,
            owners_left: None,
            held: None,
        }
    }

    /// A thing in an assessment of that organisation.
    pub fn of_assessment(tenant: TenantId, assessment: AssessmentId) -> Self {
        Self { assessment: Some(assessment), ..Self::within(tenant) }
    }
}
