//! Sessions, failed sign-ins, links, tokens and invitations as time goes by.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use attesta_access::*;
use jiff::SignedDuration;
use proptest::prelude::*;
use support::*;

#[test]
fn a_session_ends_when_it_idles_and_in_any_case_after_its_time() {
    let limits = SessionLimits::USUAL;
    let mut session = session(1, at(0));
    assert!(matches!(session.state(limits, at(29)), SessionState::Live { .. }));
    assert_eq!(session.state(limits, at(30)), SessionState::Idle { since: at(30) });
    for minute in (0..720).step_by(20) {
        assert!(matches!(session.state(limits, at(minute)), SessionState::Live { .. }), "{minute}");
        session = session.seen(at(minute));
    }
    assert_eq!(session.seen(at(719)).state(limits, at(720)), SessionState::Ended { since: at(720) });
    let revoked = Session { revoked: Some(at(3)), ..session };
    assert_eq!(revoked.state(limits, at(3)), SessionState::Revoked { at: at(3) });
    assert_eq!(session.state(limits, at(-6)), SessionState::FromTheFuture);
}

#[test]
fn a_sensitive_act_wants_a_fresh_sign_in() {
    let limits = SessionLimits::USUAL;
    let old = session(1, at(0)).seen(at(20));
    assert_eq!(old.fresh_until(limits, at(9)), Some(at(10)));
    assert_eq!(old.fresh_until(limits, at(10)), None);
    assert_eq!(old.authenticated_again(Factors::One, at(21)).fresh_until(limits, at(22)), Some(at(31)));
    assert_eq!(old.fresh_until(limits, at(-6)), None, "a sign-in of the future is not fresh");
}

#[test]
fn limits_that_contradict_each_other_are_refused() {
    let hours = SignedDuration::from_hours;
    let new = |idle, absolute, fresh| SessionLimits::new(hours(idle), hours(absolute), hours(fresh), Factors::One);
    assert_eq!(new(2, 1, 1), Err(SessionLimitsError::IdleBeyondAbsolute));
    assert_eq!(new(0, 1, 1), Err(SessionLimitsError::Nothing));
    assert_eq!(new(1, 1000, 1), Err(SessionLimitsError::TooLong));
    assert!(new(1, 2, 1).is_ok());
}

#[test]
fn failed_sign_ins_slow_down_and_never_lock_for_ever() {
    let policy = LockoutPolicy::USUAL;
    let seconds = |n: usize| match policy.attempt(&vec![at(0); n], at(0)) {
        Attempt::Allowed { .. } => 0,
        Attempt::WaitUntil(until) => until.duration_since(at(0)).as_secs(),
        Attempt::Blocked => -1,
    };
    let waits: Vec<i64> = [0, 4, 5, 6, 7, 8, 9, 10, 50, 99, 100].map(seconds).into();
    assert_eq!(waits, [0, 0, 30, 60, 120, 240, 480, 900, 900, 900, -1]);
    assert_eq!(policy.attempt(&[at(0); 5], at(1)), Attempt::Allowed { free_left: 0 });
    assert_eq!(policy.attempt(&[at(9); 5], at(0)), Attempt::WaitUntil(at(0) + SignedDuration::from_secs(30)));
}

proptest! {
    #[test]
    fn more_failures_never_let_in_sooner(n in 0_usize..99, minute in 0_i64..30) {
        let sooner = |a: Attempt| match a {
            Attempt::Allowed { .. } => at(minute),
            Attempt::WaitUntil(t) => t,
            Attempt::Blocked => attesta_kernel::Timestamp::MAX,
        };
        let policy = LockoutPolicy::USUAL;
        let (fewer, more) = (vec![at(0); n], vec![at(0); n + 1]);
        prop_assert!(sooner(policy.attempt(&fewer, at(minute))) <= sooner(policy.attempt(&more, at(minute))));
    }
}

#[test]
fn a_link_is_valid_until_its_end_its_last_use_or_its_revocation() {
    let link = link([item(ResourceKind::Report)].into());
    assert_eq!(link.state(at(-1)), ShareState::NotYet { from: at(0) });
    assert_eq!(link.state(at(5)), ShareState::Valid { until: at(600), uses_left: Some(1) });
    assert_eq!(link.state(at(600)), ShareState::Expired { since: at(600) });
    let opened = link.clone().open(at(5)).unwrap();
    assert_eq!(opened.link().state(at(5)), ShareState::Exhausted);
    assert_eq!(opened.link().clone().open(at(5)), Err(ShareState::Exhausted));
    let revoked = ShareLink { revoked: Some(at(2)), ..link.clone() };
    assert_eq!(revoked.state(at(700)), ShareState::Revoked { at: at(2) });
    assert_eq!(ShareLink { window: Window::ALWAYS, ..link }.state(at(5)), ShareState::WithoutEnd);
}

#[test]
fn a_token_without_an_end_never_holds() {
    let token = |window, revoked| Token {
        id: TokenId::new(1, [1; 10]),
        tenant: tenant(1),
        maker: account(1),
        scopes: Scope::all().collect(),
        window,
        revoked,
    };
    let window = Window::new(at(0), at(60)).unwrap();
    assert_eq!(token(window, None).state(at(0)), TokenState::Valid { until: at(60) });
    assert_eq!(token(window, None).state(at(60)), TokenState::Expired { since: at(60) });
    assert_eq!(token(window, Some(at(1))).state(at(0)), TokenState::Revoked { at: at(1) });
    assert_eq!(token(Window::ALWAYS, None).state(at(0)), TokenState::WithoutEnd);
}

#[test]
fn an_invitation_is_answered_once_in_time_and_not_by_who_made_it() {
    let invitation = Invitation {
        id: InvitationId::new(1, [1; 10]),
        tenant: tenant(1),
        kind: OrganisationKind::AssessedEntity,
        role: Role::ExternalAssessor,
        membership: Window::new(None, at(600)).unwrap(),
        reach: named(&[1]),
        by: InvitedBy::Account(account(1)),
        until: at(60),
        answer: InvitationState::Open,
    };
    let (membership, accepted) = invitation.accept(account(2), at(5)).unwrap();
    assert_eq!((membership.role(), membership.reach()), (Role::ExternalAssessor, &named(&[1])));
    assert!(matches!(accepted.accept(account(3), at(6)), Err(InvitationRefusal::NotOpen(_))));
    assert_eq!(invitation.accept(account(1), at(5)).unwrap_err(), InvitationRefusal::OwnInvitation);
    assert_eq!(invitation.state(at(60)), InvitationState::Expired { since: at(60) });
    assert!(invitation.decline(at(60)).is_err());
    assert!(invitation.withdraw(at(5)).unwrap().accept(account(2), at(6)).is_err());
    let endless = Invitation { membership: Window::ALWAYS, ..invitation.clone() };
    assert_eq!(
        endless.accept(account(2), at(5)).unwrap_err(),
        InvitationRefusal::Membership(MembershipRefusal::NoEnd(Role::ExternalAssessor))
    );
    let over = Invitation { membership: Window::new(None, at(4)).unwrap(), ..invitation };
    assert_eq!(over.accept(account(2), at(5)).unwrap_err(), InvitationRefusal::MembershipOver);
}

#[test]
fn an_assessor_in_the_entitys_room_is_boxed_and_at_home_is_not() {
    let new = |kind, role, window, reach| Membership::new(kind, tenant(1), account(1), role, window, reach);
    let entity = OrganisationKind::AssessedEntity;
    for role in [Role::ExternalAssessor, Role::AssessorLead, Role::QaReviewer] {
        let until = Window::new(None, at(1)).unwrap();
        assert_eq!(new(entity, role, Window::ALWAYS, named(&[1])), Err(MembershipRefusal::NoEnd(role)));
        assert_eq!(new(entity, role, until, Reach::All), Err(MembershipRefusal::NoAssessments(role)));
        assert_eq!(new(entity, role, until, named(&[])), Err(MembershipRefusal::NoAssessments(role)));
        assert!(new(entity, role, until, named(&[1])).is_ok());
        assert!(new(OrganisationKind::AssessorFirm, role, Window::ALWAYS, Reach::All).is_ok());
    }
    assert!(new(entity, Role::ProviderApprover, Window::ALWAYS, Reach::All).is_err());
    assert!(new(entity, Role::Owner, Window::ALWAYS, named(&[1])).is_err());
}

#[test]
fn words_ids_scopes_and_items_are_read_as_they_are_printed() {
    for role in Role::ALL {
        assert_eq!(role.to_string().parse(), Ok(*role));
    }
    for scope in Scope::all() {
        assert_eq!(scope.to_string().parse(), Ok(scope));
    }
    assert!("own:write".parse::<Scope>().is_err(), "nobody's own account is a token's");
    let item: Item = "evidence/evd_01KB0QZ3M8X9Y7V6T5S4R3Q2P1".parse().unwrap();
    assert_eq!(item.to_string().parse(), Ok(item));
    assert_eq!(
        "reports/../x".parse::<Item>().unwrap_err().to_string().split(';').next().unwrap(),
        "`reports/../x` names no thing"
    );
    assert_eq!(
        "boss".parse::<Role>().unwrap_err().to_string(),
        "`boss` is not a role; use one of: owner, compliance-lead, control-owner, contributor, executive-reader, external-assessor, assessor-lead, qa-reviewer, provider-approver, share-guest"
    );
    assert!("acc_01".parse::<AccountId>().is_err());
    assert_eq!(tenant(3).to_string().parse(), Ok(tenant(3)));
}
