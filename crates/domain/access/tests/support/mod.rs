//! A small world: two organisations, three people, two assessments.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeSet;

use attesta_access::*;
use attesta_kernel::Timestamp;
use jiff::SignedDuration;

pub(crate) fn at(minutes: i64) -> Timestamp {
    "2026-11-26T08:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

pub(crate) fn tenant(n: u8) -> TenantId {
    TenantId::new(1, [n; 10])
}

pub(crate) fn account(n: u8) -> AccountId {
    AccountId::new(1, [n; 10])
}

pub(crate) fn assessment(n: u8) -> AssessmentId {
    AssessmentId::new(1, [n; 10])
}

pub(crate) fn named(of: &[u8]) -> Reach {
    Reach::Named(of.iter().map(|n| assessment(*n)).collect())
}

pub(crate) fn people(of: &[u8]) -> Option<BTreeSet<AccountId>> {
    Some(of.iter().map(|n| account(*n)).collect())
}

pub(crate) fn session(who: u8, authenticated: Timestamp) -> Session {
    Session {
        id: SessionId::new(1, [1; 10]),
        account: account(who),
        began: authenticated,
        last_seen: authenticated,
        authenticated,
        factors: Factors::Two,
        revoked: None,
    }
}

/// A kind of organisation in which the role exists, and an access that its box allows.
pub(crate) fn membership(role: Role, who: u8) -> Membership {
    let kind = if role == Role::ProviderApprover {
        OrganisationKind::ServiceProvider
    } else {
        OrganisationKind::AssessedEntity
    };
    let (window, reach) = if role.side() == Side::Assessor {
        (Window::new(at(0), at(600)).unwrap(), named(&[1]))
    } else {
        (Window::ALWAYS, Reach::All)
    };
    Membership::new(kind, tenant(1), account(who), role, window, reach).unwrap()
}

pub(crate) fn link(names: BTreeSet<Item>) -> ShareLink {
    ShareLink {
        id: ShareLinkId::new(1, [1; 10]),
        tenant: tenant(1),
        names,
        window: Window::new(at(0), at(600)).unwrap(),
        most_uses: Some(1),
        uses: 0,
        revoked: None,
    }
}

pub(crate) fn item(resource: ResourceKind) -> Item {
    Item::new(resource, "one").unwrap()
}

/// Person 1 with that role, who just signed in; a guest whose link names one thing of that kind.
pub(crate) fn principal(role: Role, resource: ResourceKind, now: Timestamp) -> Principal {
    if role == Role::ShareGuest {
        return Principal::guest(link([item(resource)].into()).open(now).unwrap());
    }
    Principal::person(&membership(role, 1), session(1, now), SessionLimits::USUAL).unwrap()
}

/// All facts of a row, so that it passes for person 1 of tenant 1 in assessment 1 where the cell is not never.
pub(crate) fn friendly(row: &Row, role: Role) -> Circumstance {
    let asks = |rule| row.asks().contains(&rule);
    Circumstance {
        stage: Some(if asks(Rule::AssessorFrozen) { Stage::Assessor } else { Stage::Entity }),
        assigned_to: people(&[1]),
        written_by: people(if asks(Rule::NoSelfReview) { &[2] } else { &[1] }),
        worked_on_by: people(&[2]),
        addressed_to: Some(tenant(1)),
        item: Some(item(row.resource())),
        offer: role.may_give().last().map(|given| Offer { role: *given, until: Some(at(500)), reach: named(&[1]) }),
        takes: role.may_give().last().copied(),
        owners_left: Some(1),
        held: Some(false),
        ..Circumstance::of_assessment(tenant(1), assessment(1))
    }
}

pub(crate) fn ask(
    principal: &Principal,
    row: &Row,
    circumstance: &Circumstance,
    now: Timestamp,
) -> Result<Permit, Denied> {
    authorise(principal, row.action(), row.resource(), circumstance, now)
}
