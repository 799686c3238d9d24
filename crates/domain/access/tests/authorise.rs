//! A naive judge, in another shape and with the golden page for its table, must agree with `authorise` on random cases;
//! and no permit lies outside the box.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may stop at a surprise"
)]
#![allow(clippy::disallowed_methods, reason = "a golden file is read, and written when blessed")]

mod support;

use std::{collections::BTreeMap, fs, path::Path, sync::LazyLock};

use attesta_access::*;
use attesta_kernel::Timestamp;
use proptest::prelude::*;
use support::*;

/// A line of the golden page.
struct Line {
    cells: Vec<String>,
    token: String,
    asks: Vec<String>,
}

static PAGE: LazyLock<BTreeMap<(String, String), Line>> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/reference/roles.md");
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|l| l.trim_matches('|').split('|').map(|c| c.trim().to_owned()).collect::<Vec<_>>());
    lines
        .filter(|c| c.len() == 14 && c[0] != "What" && !c[0].starts_with('-'))
        .map(|c| {
            let asks = c[13].split(", ").filter(|a| !a.is_empty()).map(str::to_owned).collect();
            let token = c[12].trim_matches('`').to_owned();
            ((c[0].clone(), c[1].clone()), Line { cells: c[2..12].to_vec(), token, asks })
        })
        .collect()
});

#[derive(Debug, Clone)]
struct Case {
    row: usize,
    role: Role,
    kind: OrganisationKind,
    window: (Option<i64>, Option<i64>),
    reach: Option<Vec<u8>>,
    /// 0 a session, 1 a token.
    by: u8,
    scopes: Vec<Scope>,
    signed_in: i64,
    two_factors: bool,
    wants_two: bool,
    revoked: bool,
    token_until: i64,
    names: Vec<ResourceKind>,
    facts: Circumstance,
    now: i64,
}

fn some<T: std::fmt::Debug + Clone + 'static>(
    of: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Option<T>> {
    prop_oneof![1 => Just(None), 6 => of.prop_map(Some)]
}

fn few() -> impl Strategy<Value = Option<std::collections::BTreeSet<AccountId>>> {
    some(prop::collection::btree_set((1_u8..4).prop_map(account), 0..3))
}

fn facts() -> impl Strategy<Value = Circumstance> {
    let offer = (
        prop::sample::select(Role::ALL),
        some((0_i64..40).prop_map(at)),
        prop_oneof![Just(Reach::All), prop::collection::vec(1_u8..3, 1..3).prop_map(|n| named(&n))],
    )
        .prop_map(|(role, until, reach)| Offer { role, until, reach });
    let people = (few(), few(), few());
    let plain = (
        prop_oneof![8 => Just(1_u8), 1 => Just(2_u8)],
        some(1_u8..3),
        some(prop::sample::select(Stage::ALL)),
        some(prop_oneof![4 => Just(1_u8), 1 => Just(2)]),
        some(prop::sample::select(ResourceKind::ALL)),
    );
    let rest = (some(offer), some(prop::sample::select(Role::ALL)), some(0_u32..2), some(any::<bool>()));
    (people, plain, rest).prop_map(|(people, plain, rest)| Circumstance {
        tenant: tenant(plain.0),
        assessment: plain.1.map(assessment),
        stage: plain.2,
        assigned_to: people.0,
        written_by: people.1,
        worked_on_by: people.2,
        addressed_to: plain.3.map(tenant),
        item: plain.4.map(item),
        offer: rest.0,
        takes: rest.1,
        owners_left: rest.2,
        held: rest.3,
    })
}

fn case() -> impl Strategy<Value = Case> {
    let who = (
        0..table().len(),
        prop::sample::select(Role::ALL),
        prop::sample::select(OrganisationKind::ALL),
        (some(-5_i64..15), some(5_i64..40)),
        some(prop::collection::vec(1_u8..3, 1..3)),
    );
    let shows = (
        0_u8..2,
        prop::collection::vec(prop::sample::select(Scope::all().collect::<Vec<_>>()), 0..20),
        -30_i64..20,
        any::<bool>(),
        any::<bool>(),
        prop::bool::weighted(0.05),
        0_i64..40,
        prop::collection::vec(prop::sample::select(ResourceKind::ALL), 0..12),
    );
    (who, shows, facts(), 0_i64..20).prop_map(|(who, shows, mut facts, now)| {
        // Half of the random things would be of another kind than the row's; a few suffice.
        if now % 2 == 0 && facts.item.is_some() {
            facts.item = Some(item(table()[who.0].resource()));
        }
        Case {
            row: who.0,
            role: who.1,
            kind: who.2,
            window: who.3,
            reach: who.4,
            by: shows.0,
            scopes: shows.1,
            signed_in: shows.2,
            two_factors: shows.3,
            wants_two: shows.4,
            revoked: shows.5,
            token_until: shows.6,
            names: shows.7,
            facts,
            now,
        }
    })
}

impl Case {
    fn limits(&self) -> SessionLimits {
        let minutes = jiff::SignedDuration::from_mins;
        let wants = if self.wants_two { Factors::Two } else { Factors::One };
        SessionLimits::new(minutes(20), minutes(40), minutes(8), wants).unwrap()
    }

    fn reach(&self) -> Reach {
        self.reach.as_ref().map_or(Reach::All, |n| named(n))
    }

    /// `None` where there can be no such principal.
    fn principal(&self) -> Option<Principal> {
        let revoked = self.revoked.then(|| at(0));
        let window = Window::new(self.window.0.map(at), self.window.1.map(at)).ok()?;
        if self.role == Role::ShareGuest {
            let names = self.names.iter().map(|k| item(*k)).collect();
            return Some(Principal::guest(ShareLink { window, revoked, ..link(names) }.open(at(self.now)).ok()?));
        }
        let membership = Membership::new(self.kind, tenant(1), account(1), self.role, window, self.reach()).ok()?;
        if self.by == 1 {
            let window = Window::new(None, at(self.token_until)).ok()?;
            let scopes = self.scopes.iter().copied().collect();
            let id = TokenId::new(1, [1; 10]);
            let token = Token { id, tenant: tenant(1), maker: account(1), scopes, window, revoked };
            return Principal::token(token, &membership).ok();
        }
        let factors = if self.two_factors { Factors::Two } else { Factors::One };
        let session = Session { factors, revoked, ..session(1, at(self.signed_in)) };
        Principal::person(&membership, session, self.limits()).ok()
    }

    fn row(&self) -> &'static Row {
        &table()[self.row]
    }

    /// The naive judge: everything that must hold, one after the other.
    fn judge(&self) -> bool {
        let (resource, action) = (self.row().resource(), self.row().action());
        let line = &PAGE[&(resource.to_string(), action.to_string())];
        let cell = line.cells[Role::ALL.iter().position(|r| *r == self.role).unwrap()].as_str();
        let reads = ["read", "export", "verify"].contains(&action.as_str());
        let guest = self.role == Role::ShareGuest;
        let (token, person) = (!guest && self.by == 1, !guest && self.by == 0);
        let f = &self.facts;
        let after = |begin: i64| self.now >= begin;
        let before = |end: i64| self.now < end;

        let mut must = vec![
            cell != "·",
            !self.revoked,
            self.window.0.is_none_or(after),
            self.window.1.is_none_or(before),
            cell == "addressed" || f.tenant == tenant(1),
        ];
        if person {
            must.push(before(self.signed_in + 20) && before(self.signed_in + 40) && self.signed_in <= self.now + 5);
        }
        if token {
            must.push(before(self.token_until) && self.scopes.iter().any(|s| s.to_string() == line.token));
        }
        let in_assessment = [
            "assessments",
            "scope",
            "factors",
            "responses",
            "validation",
            "populations",
            "samples",
            "proposals",
            "phases",
            "quality-checks",
            "quality-overrides",
            "corrective-actions",
            "reports",
            "evidence",
            "confidential-evidence",
            "inheritance-requests",
            "tasks",
            "comments",
            "requests",
            "history",
            "ledger",
            "audit-trail",
        ]
        .contains(&resource.as_str());
        if let (Some(named), true, false) = (&self.reach, in_assessment, guest) {
            must.push(match f.assessment {
                Some(which) => named.iter().any(|n| assessment(*n) == which),
                None => reads,
            });
        }
        must.push(match cell {
            "assigned" => f.assigned_to.as_ref().map_or(reads, |p| p.contains(&account(1))),
            "own" => f.written_by.as_ref().map_or(reads, |p| p.contains(&account(1))),
            "addressed" => f.addressed_to.map_or(reads, |t| t == tenant(1)),
            "named" => f.item.as_ref().map_or(reads, |i| i.kind() == resource && self.names.contains(&resource)),
            _ => true,
        });
        for ask in &line.asks {
            must.push(match ask.as_str() {
                "entity-frozen" => f.stage == Some(Stage::Entity),
                "assessor-frozen" => f.stage == Some(Stage::Assessor),
                "not-submitted" => {
                    [Some(Stage::Entity), Some(Stage::Assessor), Some(Stage::Closing)].contains(&f.stage)
                }
                "not-own-work" => f.worked_on_by.as_ref().is_some_and(|p| !p.contains(&account(1))),
                "no-self-review" => f.written_by.as_ref().is_some_and(|p| !p.contains(&account(1))),
                "last-owner" => f.owners_left.is_some_and(|n| n > 0),
                "held" => f.held == Some(false),
                "fresh-sign-in" => person && before(self.signed_in + 8) && (self.two_factors || !self.wants_two),
                "gives-no-more" => self.gives_no_more(action),
                other => panic!("the page asks for a rule that the judge does not know: {other}"),
            });
        }
        must.into_iter().all(|m| m)
    }

    fn gives_no_more(&self, action: Action) -> bool {
        let gives = |role: &Role| self.role.may_give().contains(role);
        let offered = self.facts.offer.as_ref().map(|o| {
            let lasts = |until: Timestamp| self.window.1.is_none_or(|own| until <= at(own));
            let in_time = o.until.map_or(self.window.1.is_none(), lasts);
            let in_reach = match (&o.reach, &self.reach) {
                (_, None) => true,
                (Reach::All, Some(_)) => false,
                (Reach::Named(offered), Some(own)) => offered.iter().all(|o| own.iter().any(|n| assessment(*n) == *o)),
            };
            gives(&o.role) && in_time && in_reach
        });
        let taken = self.facts.takes.as_ref().map(gives);
        match action {
            Action::Create => offered == Some(true) && taken != Some(false),
            Action::Delete => taken == Some(true) && offered != Some(false),
            _ => offered == Some(true) && taken == Some(true),
        }
    }
}

fn check(case: &Case) -> Option<bool> {
    let principal = case.principal()?;
    let (action, resource) = (case.row().action(), case.row().resource());
    let said = authorise(&principal, action, resource, &case.facts, at(case.now));
    assert_eq!(said.is_ok(), case.judge(), "{action} {resource}: {said:?}\n{case:#?}");
    let Ok(permit) = said else { return Some(false) };
    // No permit outside the box.
    assert_eq!(permit.tenant(), tenant(1));
    assert!(matches!(permit.only(), Only::AddressedTo(_)) || case.facts.tenant == tenant(1));
    assert!(case.window.0.is_none_or(|from| case.now >= from) && case.window.1.is_none_or(|until| case.now < until));
    if let (Some(_), true, false) = (&case.reach, resource.stands_in_an_assessment(), case.role == Role::ShareGuest) {
        assert_eq!(permit.reach(), &case.reach());
        assert!(permit.assessment().is_none_or(|a| permit.reach().holds(a)));
        assert!(permit.assessment().is_some() || action.reads());
    }
    assert!(permit.require(action, resource).is_ok());
    assert_eq!(permit.account().is_none(), case.role == Role::ShareGuest);
    Some(true)
}

#[test]
fn the_page_holds_the_whole_table() {
    assert_eq!(PAGE.len(), table().len());
}

#[test]
fn a_naive_judge_agrees_and_no_permit_lies_outside_the_box() {
    use proptest::test_runner::{Config, TestRunner};
    let counts = std::cell::RefCell::new((0_u32, 0_u32));
    let mut runner = TestRunner::new(Config { cases: 6_000, failure_persistence: None, ..Config::default() });
    runner
        .run(&case(), |case| {
            match check(&case) {
                Some(true) => counts.borrow_mut().0 += 1,
                Some(false) => counts.borrow_mut().1 += 1,
                None => {}
            }
            Ok(())
        })
        .unwrap();
    let (permits, refusals) = *counts.borrow();
    println!("{permits} permits, {refusals} refusals");
    assert!(permits > 150 && refusals > 2000, "the cases are too one-sided: {permits} permits, {refusals} refusals");
}

#[test]
fn a_fact_that_nobody_stated_never_lets_anybody_write() {
    let now = at(10);
    let mut asked = 0;
    for row in table().iter().filter(|r| !r.action().reads()) {
        for role in Role::ALL.iter().filter(|r| row.cell(**r) != Cell::Never) {
            let needs_nothing = row.cell(*role) == Cell::May && row.asks().is_empty();
            let who = principal(*role, row.resource(), now);
            let boxed = matches!(membership_reach(*role), Reach::Named(_)) && row.resource().stands_in_an_assessment();
            let said = ask(&who, row, &Circumstance::within(tenant(1)), now);
            assert_eq!(said.is_ok(), needs_nothing && !boxed, "{role} {} {}", row.action(), row.resource());
            asked += 1;
        }
    }
    assert!(asked > 100);
}

fn membership_reach(role: Role) -> Reach {
    if role == Role::ShareGuest { Reach::All } else { membership(role, 1).reach().clone() }
}

#[test]
fn nobody_validates_their_own_work_nor_decides_about_what_they_wrote() {
    let now = at(10);
    for row in table() {
        for role in Role::ALL.iter().filter(|r| row.cell(**r) != Cell::Never) {
            let who = principal(*role, row.resource(), now);
            let friendly = friendly(row, *role);
            if row.asks().contains(&Rule::NotOwnWork) {
                let own = Circumstance { worked_on_by: people(&[1, 2]), ..friendly.clone() };
                assert_eq!(ask(&who, row, &own, now).unwrap_err().rule, Rule::NotOwnWork);
            }
            if row.asks().contains(&Rule::NoSelfReview) {
                let own = Circumstance { written_by: people(&[1]), ..friendly };
                assert_eq!(ask(&who, row, &own, now).unwrap_err().rule, Rule::NoSelfReview);
            }
        }
    }
}

#[test]
fn a_token_of_a_maker_who_lost_the_role_loses_with_it() {
    let now = at(10);
    let scopes = Scope::all().collect();
    let window = Window::new(None, at(600)).unwrap();
    let token =
        Token { id: TokenId::new(1, [1; 10]), tenant: tenant(1), maker: account(1), scopes, window, revoked: None };
    let upload = row(Action::Create, ResourceKind::Evidence).unwrap();
    let as_role = |role| {
        let who = Principal::token(token.clone(), &membership(role, 1)).unwrap();
        ask(&who, upload, &friendly(upload, role), now).map_err(|d| d.rule)
    };
    assert!(as_role(Role::Contributor).is_ok());
    assert_eq!(as_role(Role::ExecutiveReader), Err(Rule::ReadsOnly));
    assert!(Principal::token(token.clone(), &membership(Role::Owner, 2)).is_err(), "another's token");
}

#[test]
fn a_refusal_that_would_tell_of_a_thing_is_hidden() {
    let now = at(10);
    let read = row(Action::Read, ResourceKind::Evidence).unwrap();
    let elsewhere = Circumstance { tenant: tenant(2), ..friendly(read, Role::Owner) };
    let denied = ask(&principal(Role::Owner, ResourceKind::Evidence, now), read, &elsewhere, now).unwrap_err();
    assert_eq!((denied.rule, denied.hides()), (Rule::Room, true));
}
