//! The table is a golden page, every cell of it is exercised, and the rules of the field hold over all of it.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]
#![allow(clippy::disallowed_methods, reason = "a golden file is read, and written when blessed")]

mod support;

use std::{collections::BTreeSet, fs, path::Path};

use attesta_access::*;
use support::*;

#[test]
fn the_page_of_roles_is_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/reference/roles.md");
    let page = roles_page();
    if std::env::var_os("ATTESTA_BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == page, "docs/reference/roles.md is not what the table says; ATTESTA_BLESS=1 writes it anew");
}

#[test]
fn no_act_stands_twice_and_every_kind_of_thing_and_action_stands_once_at_least() {
    let acts: BTreeSet<_> = table().iter().map(|r| (r.resource(), r.action())).collect();
    assert_eq!(acts.len(), table().len());
    for kind in ResourceKind::ALL {
        assert!(row(Action::Read, *kind).is_some(), "{kind} cannot be read");
    }
    for action in Action::ALL {
        assert!(table().iter().any(|r| r.action() == *action), "nothing can be done by `{action}`");
    }
}

#[test]
fn every_cell_lets_in_exactly_whom_it_says() {
    let now = at(10);
    let mut cells = 0;
    for row in table() {
        for role in Role::ALL {
            let who = principal(*role, row.resource(), now);
            let said = ask(&who, row, &friendly(row, *role), now);
            let may = row.cell(*role) != Cell::Never;
            assert_eq!(said.is_ok(), may, "{role} {} {}: {said:?}", row.action(), row.resource());
            cells += 1;
        }
    }
    assert_eq!(cells, table().len() * 10);
}

#[test]
fn what_has_no_row_nobody_may() {
    let now = at(10);
    let mut without = 0;
    for resource in ResourceKind::ALL {
        for action in Action::ALL.iter().filter(|a| row(**a, *resource).is_none()) {
            for role in Role::ALL {
                let facts = Circumstance::of_assessment(tenant(1), assessment(1));
                let said = authorise(&principal(*role, *resource, now), *action, *resource, &facts, now);
                assert_eq!(said.unwrap_err().rule, Rule::Table);
                without += 1;
            }
        }
    }
    assert!(without > 5000, "{without}");
}

/// What a cell reaches: more of one is never less of another.
fn holds(more: Cell, less: Cell) -> bool {
    more == less || more == Cell::May || less == Cell::Never
}

#[test]
fn the_stronger_role_of_a_side_may_all_that_the_weaker_may() {
    let chains = [
        (Role::Owner, Role::ComplianceLead),
        (Role::ComplianceLead, Role::ControlOwner),
        (Role::ComplianceLead, Role::ExecutiveReader),
        (Role::ControlOwner, Role::Contributor),
        (Role::AssessorLead, Role::ExternalAssessor),
    ];
    for row in table() {
        for (more, less) in chains {
            assert!(
                holds(row.cell(more), row.cell(less)),
                "{less} may {} {}, and {more} may not",
                row.action(),
                row.resource()
            );
        }
    }
}

#[test]
fn an_assessor_never_writes_the_entitys_side_and_the_entity_never_the_assessors() {
    let entitys = [
        (ResourceKind::Scope, Action::Change),
        (ResourceKind::Factor, Action::Change),
        (ResourceKind::Response, Action::Change),
        (ResourceKind::Proposal, Action::Decide),
        (ResourceKind::InheritanceRequest, Action::Create),
        (ResourceKind::CorrectiveAction, Action::Change),
        (ResourceKind::Request, Action::Answer),
        (ResourceKind::Phase, Action::Sign),
    ];
    let assessors = [
        (ResourceKind::Validation, Action::Change),
        (ResourceKind::Sample, Action::Create),
        (ResourceKind::Sample, Action::Change),
        (ResourceKind::Response, Action::Return),
        (ResourceKind::QualityOverride, Action::Decide),
        (ResourceKind::CorrectiveAction, Action::Decide),
        (ResourceKind::Phase, Action::Validate),
        (ResourceKind::Phase, Action::Review),
    ];
    for role in Role::ALL {
        let never = match role.side() {
            Side::Entity => &assessors[..],
            Side::Assessor => &entitys[..],
            Side::Provider | Side::Guest => &[assessors, entitys].concat()[..],
        };
        for (resource, action) in never {
            assert_eq!(row(*action, *resource).unwrap().cell(*role), Cell::Never, "{role} {action} {resource}");
        }
    }
    let now = at(10);
    let score = row(Action::Change, ResourceKind::Response).unwrap();
    let lead = principal(Role::AssessorLead, ResourceKind::Response, now);
    assert_eq!(ask(&lead, score, &friendly(score, Role::AssessorLead), now).unwrap_err().rule, Rule::EntityScore);
    let test = row(Action::Change, ResourceKind::Validation).unwrap();
    let owner = principal(Role::Owner, ResourceKind::Validation, now);
    let denied = ask(&owner, test, &friendly(test, Role::Owner), now).unwrap_err();
    assert_eq!(denied.rule, Rule::AssessorScore);
    assert_eq!(
        denied.to_string(),
        "may not `change` `validation`: the entity never writes what the assessor draws, tests or scores"
    );
}

#[test]
fn readers_read_guests_see_what_is_named_and_approvers_what_is_addressed() {
    for row in table() {
        let own = row.resource().area() == Area::Own;
        let exec = row.cell(Role::ExecutiveReader);
        assert!(exec == Cell::Never || row.action().reads() || (own && exec == Cell::Own), "{row:?}");
        let guest = row.cell(Role::ShareGuest);
        assert!(guest == Cell::Never || (guest == Cell::Named && row.action().reads()), "{row:?}");
        let approver = row.cell(Role::ProviderApprover);
        let plain = matches!(row.resource(), ResourceKind::Organisation | ResourceKind::Person | ResourceKind::Role);
        assert!(
            matches!(approver, Cell::Never | Cell::Addressed | Cell::Own) || (plain && row.action() == Action::Read),
            "{row:?}"
        );
    }
}

#[test]
fn what_is_sensitive_is_never_a_tokens_nor_the_systems_but_for_removal_by_retention() {
    for row in table() {
        assert!(!row.is_sensitive() || row.scope().is_none());
    }
    let never = [Action::Decide, Action::Sign, Action::Certify, Action::Validate, Action::Review, Action::Submit];
    for actor in SystemActor::ALL {
        for (resource, action) in actor.may() {
            let row = row(*action, *resource).unwrap_or_else(|| panic!("{actor} {action} {resource} has no row"));
            assert!(!never.contains(action), "{actor} {action} {resource}");
            assert!(!matches!(resource, ResourceKind::Response | ResourceKind::Validation));
            assert!(!row.is_sensitive() || *actor == SystemActor::Retention, "{actor} {action} {resource}");
        }
    }
}

#[test]
fn a_part_of_the_system_does_what_is_listed_in_one_organisation() {
    let facts = Circumstance { held: Some(false), ..Circumstance::within(tenant(1)) };
    for actor in SystemActor::ALL {
        for resource in ResourceKind::ALL {
            for action in Action::ALL {
                let said = authorise_system(*actor, *action, *resource, &facts);
                assert_eq!(said.is_ok(), actor.may().contains(&(*resource, *action)));
                if let Ok(permit) = said {
                    assert_eq!((permit.tenant(), permit.actor()), (tenant(1), Actor::System(*actor)));
                    assert!(permit.require(*action, *resource).is_ok());
                }
            }
        }
    }
    let delete = |held| {
        let facts = Circumstance { held, ..Circumstance::within(tenant(1)) };
        authorise_system(SystemActor::Retention, Action::Delete, ResourceKind::Evidence, &facts).map_err(|d| d.rule)
    };
    assert_eq!(delete(Some(true)), Err(Rule::Held));
    assert_eq!(delete(None), Err(Rule::Unsaid));
}
