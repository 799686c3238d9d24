use std::collections::BTreeSet;

use attesta_kernel::Timestamp;

use crate::{
    AccountId, Action, Actor, Cell, Circumstance, Denied, Only, Permit, Principal, Reach, ResourceKind, Role, Row,
    Rule, Side, Stage, SystemActor, Who, WindowState, principal::Shows, table::row,
};

/// Asks whether somebody may do this with a thing of that kind, as it stands at `now`.
///
/// A fact that a rule needs and that `circumstance` does not state refuses; only to read, a permit is then *narrowed*
/// ([`Permit::only`], [`Permit::reach`]) to what the role sees, so that lists can be filtered by it.
pub fn authorise(
    principal: &Principal,
    action: Action,
    resource: ResourceKind,
    circumstance: &Circumstance,
    now: Timestamp,
) -> Result<Permit, Denied> {
    let denied = |rule| Denied::new(rule, action, resource);
    let row = row(action, resource).ok_or_else(|| denied(Rule::Table))?;
    if !principal.holds(now) {
        return Err(denied(Rule::Credential));
    }
    if principal.window.state(now) != WindowState::Open {
        return Err(denied(Rule::TimeBox));
    }
    let case = Case { principal, row, circumstance, now };
    case.token()?;
    let cell = row.cell(principal.role);
    if cell == Cell::Never {
        return Err(denied(why_never(principal.role, action, resource)));
    }
    case.room(cell)?;
    case.assessment_box()?;
    let only = case.narrowed(cell)?;
    for rule in row.asks() {
        case.ask(*rule)?;
    }
    case.fresh()?;
    Ok(Permit {
        tenant: principal.tenant,
        actor: match principal.who {
            Who::Person(account) => Actor::Person(account),
            Who::Token { token, maker } => Actor::Token { token, maker },
            Who::Guest(link) => Actor::Guest(link),
        },
        role: Some(principal.role),
        action,
        resource,
        reach: principal.reach.clone(),
        assessment: circumstance.assessment,
        only,
        at: Some(now),
    })
}

/// Asks the same for a part of the system, within the organisation of the circumstance.
pub fn authorise_system(
    actor: SystemActor,
    action: Action,
    resource: ResourceKind,
    circumstance: &Circumstance,
) -> Result<Permit, Denied> {
    if !actor.may().contains(&(resource, action)) {
        return Err(Denied::new(Rule::System, action, resource));
    }
    if row(action, resource).is_some_and(|r| r.asks().contains(&Rule::Held)) {
        held(circumstance, action, resource)?;
    }
    Ok(Permit {
        tenant: circumstance.tenant,
        actor: Actor::System(actor),
        role: None,
        action,
        resource,
        reach: Reach::All,
        assessment: circumstance.assessment,
        only: Only::Everything,
        at: None,
    })
}

/// Which rule stands behind a cell that says never.
fn why_never(role: Role, action: Action, resource: ResourceKind) -> Rule {
    use ResourceKind::{Factor, InheritanceRequest, Proposal, Response, Sample, Scope, Validation};
    match (role, role.side(), resource) {
        (Role::ShareGuest, ..) => Rule::NamedByLink,
        (Role::ProviderApprover, ..) => Rule::Addressed,
        (Role::ExecutiveReader, ..) if !action.reads() => Rule::ReadsOnly,
        (_, Side::Assessor, Scope | Factor | Response | Proposal | InheritanceRequest) if !action.reads() => {
            Rule::EntityScore
        }
        (_, Side::Entity, Validation | Sample) if !action.reads() => Rule::AssessorScore,
        _ => Rule::Table,
    }
}

struct Case<'a> {
    principal: &'a Principal,
    row: &'a Row,
    circumstance: &'a Circumstance,
    now: Timestamp,
}

impl Case<'_> {
    fn denied(&self, rule: Rule) -> Denied {
        Denied::new(rule, self.row.action(), self.row.resource())
    }

    fn unsaid(&self, fact: &'static str) -> Denied {
        Denied { detail: Some(fact), ..self.denied(Rule::Unsaid) }
    }

    fn reads(&self) -> bool {
        self.row.action().reads()
    }

    fn token(&self) -> Result<(), Denied> {
        let Some(scopes) = self.principal.scopes() else { return Ok(()) };
        let needed = self.row.scope().ok_or_else(|| self.denied(Rule::PeopleOnly))?;
        if scopes.contains(&needed) { Ok(()) } else { Err(self.denied(Rule::TokenScope)) }
    }

    fn room(&self, cell: Cell) -> Result<(), Denied> {
        // What is addressed to somebody stands in the asker's room and is seen from the provider's.
        if cell == Cell::Addressed || self.circumstance.tenant == self.principal.tenant {
            Ok(())
        } else {
            Err(self.denied(Rule::Room))
        }
    }

    fn assessment_box(&self) -> Result<(), Denied> {
        let boxed = matches!(self.principal.reach, Reach::Named(_)) && self.row.resource().stands_in_an_assessment();
        let inside = match self.circumstance.assessment {
            Some(assessment) => self.principal.reach.holds(assessment),
            None => self.reads(),
        };
        if boxed && !inside { Err(self.denied(Rule::AssessmentBox)) } else { Ok(()) }
    }

    fn narrowed(&self, cell: Cell) -> Result<Only, Denied> {
        let account = || self.principal.account().ok_or_else(|| self.denied(Rule::Table));
        match cell {
            Cell::May => Ok(Only::Everything),
            Cell::Never => Err(self.denied(Rule::Table)),
            Cell::Assigned => {
                let me = account()?;
                self.among(&self.circumstance.assigned_to, me, Rule::Assigned, "to whom it is assigned")?;
                Ok(Only::AssignedTo(me))
            }
            Cell::Own => {
                let me = account()?;
                self.among(&self.circumstance.written_by, me, Rule::Own, "who made it")?;
                Ok(Only::WrittenBy(me))
            }
            Cell::Addressed => {
                let us = self.principal.tenant;
                match self.circumstance.addressed_to {
                    Some(addressee) if addressee != us => Err(self.denied(Rule::Addressed)),
                    None if !self.reads() => Err(self.unsaid("to whom it is addressed")),
                    _ => Ok(Only::AddressedTo(us)),
                }
            }
            Cell::Named => {
                let named = self.principal.named().ok_or_else(|| self.denied(Rule::NamedByLink))?;
                match &self.circumstance.item {
                    Some(item) if item.kind() != self.row.resource() || !named.contains(item) => {
                        Err(self.denied(Rule::NamedByLink))
                    }
                    None if !self.reads() => Err(self.unsaid("which thing it is")),
                    _ => Ok(Only::Named(named.clone())),
                }
            }
        }
    }

    /// Somebody must be among the people; where nobody said who they are, only a narrowed list may be read.
    fn among(
        &self,
        people: &Option<BTreeSet<AccountId>>,
        me: AccountId,
        rule: Rule,
        fact: &'static str,
    ) -> Result<(), Denied> {
        match people {
            Some(people) if people.contains(&me) => Ok(()),
            Some(_) => Err(self.denied(rule)),
            None if self.reads() => Ok(()),
            None => Err(self.unsaid(fact)),
        }
    }

    fn ask(&self, rule: Rule) -> Result<(), Denied> {
        let said = self.circumstance;
        match rule {
            Rule::EntityFrozen => self.stage(rule, |stage| stage == Stage::Entity),
            Rule::AssessorFrozen => self.stage(rule, |stage| stage == Stage::Assessor),
            Rule::NotSubmitted => self.stage(rule, |stage| stage < Stage::Hitrust),
            Rule::NotOwnWork => self.not_among(&said.worked_on_by, rule, "who worked on it"),
            Rule::NoSelfReview => self.not_among(&said.written_by, rule, "who wrote it"),
            Rule::GivesNoMore => self.gives_no_more(),
            Rule::LastOwner => match said.owners_left {
                Some(0) => Err(self.denied(rule)),
                Some(_) => Ok(()),
                None => Err(self.unsaid("how many owners are left")),
            },
            Rule::Held => held(said, self.row.action(), self.row.resource()),
            // No row asks for the others: they hold everywhere. One that did would let nobody in.
            _ => Err(self.unsaid("a rule that no row can ask for")),
        }
    }

    fn stage(&self, rule: Rule, fits: fn(Stage) -> bool) -> Result<(), Denied> {
        match self.circumstance.stage {
            Some(stage) if fits(stage) => Ok(()),
            Some(_) => Err(self.denied(rule)),
            None => Err(self.unsaid("with whom it is")),
        }
    }

    fn not_among(&self, people: &Option<BTreeSet<AccountId>>, rule: Rule, fact: &'static str) -> Result<(), Denied> {
        let people = people.as_ref().ok_or_else(|| self.unsaid(fact))?;
        let me = self.principal.account().ok_or_else(|| self.denied(rule))?;
        if people.contains(&me) { Err(self.denied(rule)) } else { Ok(()) }
    }

    fn gives_no_more(&self) -> Result<(), Denied> {
        let said = self.circumstance;
        let needs_offer = self.row.action() != Action::Delete;
        let needs_takes = self.row.action() != Action::Create;
        let may_give = self.principal.role.may_give();
        match &said.offer {
            Some(offer) if !may_give.contains(&offer.role) || !self.within_own_box(offer) => {
                return Err(self.denied(Rule::GivesNoMore));
            }
            None if needs_offer => return Err(self.unsaid("what is given")),
            _ => {}
        }
        match said.takes {
            Some(role) if !may_give.contains(&role) => Err(self.denied(Rule::GivesNoMore)),
            None if needs_takes => Err(self.unsaid("which role is taken")),
            _ => Ok(()),
        }
    }

    fn within_own_box(&self, offer: &crate::Offer) -> bool {
        let in_time = match (self.principal.window.until(), offer.until) {
            (None, _) => true,
            (Some(own), Some(offered)) => offered <= own,
            (Some(_), None) => false,
        };
        let in_reach = match (&self.principal.reach, &offer.reach) {
            (Reach::All, _) => true,
            (Reach::Named(own), Reach::Named(offered)) => offered.is_subset(own),
            (Reach::Named(_), Reach::All) => false,
        };
        in_time && in_reach
    }

    fn fresh(&self) -> Result<(), Denied> {
        if !self.row.is_sensitive() {
            return Ok(());
        }
        let Shows::Session(session, limits) = &self.principal.shows else {
            return Err(self.denied(Rule::PeopleOnly));
        };
        if session.factors < limits.sensitive_wants() {
            return Err(Denied { detail: Some("a second factor is needed"), ..self.denied(Rule::FreshSignIn) });
        }
        match session.fresh_until(*limits, self.now) {
            Some(_) => Ok(()),
            None => Err(self.denied(Rule::FreshSignIn)),
        }
    }
}

fn held(circumstance: &Circumstance, action: Action, resource: ResourceKind) -> Result<(), Denied> {
    match circumstance.held {
        Some(false) => Ok(()),
        Some(true) => Err(Denied::new(Rule::Held, action, resource)),
        None => Err(Denied { detail: Some("whether it is held"), ..Denied::new(Rule::Unsaid, action, resource) }),
    }
}
