//! Business associate agreements (45 CFR 164.308(b), 164.314(a), 164.502(e), 164.504(e)) and what they must say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use attesta_assessment::{EvidenceId, ProviderId};
use attesta_kernel::{Citation, Date};

use crate::{
    OurRole, RecordId, RegisterState, Retention, Words,
    rules::{AgreementRules, ClauseRule, CountedFrom, Recipient, Rules},
    words::word_enum,
};

word_enum! {
    /// What the other party is to us.
    Counterpart, "a counterpart" {
        /// It works for us with PHI.
        BusinessAssociate = "business-associate",
        /// It works with PHI for us, who are a business associate ourselves.
        Subcontractor = "subcontractor",
        /// We work for it with PHI.
        CoveredEntity = "covered-entity",
    }
}

/// An agreement as it is kept in the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Its id.
    pub id: RecordId,
    /// The other party.
    pub party: ProviderId,
    /// What it is to us.
    pub counterpart: Counterpart,
    /// What is done with PHI under it.
    pub services: Option<Words>,
    /// Our signature.
    pub signed_by_us: Option<Signed>,
    /// The other party's.
    pub signed_by_them: Option<Signed>,
    /// First day on which it holds.
    pub effective: Option<Date>,
    /// Last day on which it holds; `None` when it holds until somebody ends it.
    pub expires: Option<Date>,
    /// The day by which somebody looks at it again.
    pub renewal: Option<Date>,
    /// The day on which it ended.
    pub ended_on: Option<Date>,
    /// Within how many days of discovery the business associate reports, where the agreement says so.
    pub report_within_days: Option<u32>,
    /// What was found of each clause.
    pub clauses: BTreeMap<Citation, ClauseAnswer>,
    /// The agreement itself.
    pub evidence: Vec<EvidenceId>,
}

/// A signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Who signed.
    pub by: Words,
    /// When.
    pub on: Date,
}

/// What was found of a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClauseAnswer {
    /// It is there, at this place.
    Present(Option<Words>),
    /// It is not there.
    Absent,
    /// It does not concern this agreement, for this reason.
    NotApplicable(Words),
}

/// A clause and what was found of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause<'a> {
    /// What is asked.
    pub rule: &'a ClauseRule,
    /// What was found; `None` when nobody looked.
    pub answer: Option<&'a ClauseAnswer>,
    /// What is wrong with it.
    pub flaw: Option<AgreementFlaw>,
}

/// What is wrong with an agreement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgreementFlaw {
    /// It does not say what is done with PHI.
    NoServices,
    /// Somebody has not signed.
    Unsigned(&'static str),
    /// It has no first day.
    NoEffectiveDay,
    /// It begins on this day.
    NotYetEffective(Date),
    /// It held until this day.
    Expired(Date),
    /// Somebody was to look at it again by this day.
    RenewalOverdue(Date),
    /// The agreement itself cannot be found.
    NoEvidence,
    /// A clause is missing.
    ClauseAbsent(Citation),
    /// Nobody looked for a clause.
    ClauseNotLookedFor(Citation),
    /// A clause is said to be there, and not where.
    ClauseWithoutPlace(Citation),
    /// A clause is said not to concern the agreement, and it concerns all.
    ClauseConcernsAll(Citation),
    /// Something is answered that is no clause of the checklist.
    UnknownClause(Citation),
    /// The agreement gives the business associate longer than the rule.
    ReportsTooLate(u32, u32),
}

impl fmt::Display for AgreementFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoServices => f.write_str("does not say what is done with PHI"),
            Self::Unsigned(who) => write!(f, "is not signed by {who}"),
            Self::NoEffectiveDay => f.write_str("has no first day"),
            Self::NotYetEffective(day) => write!(f, "begins only on {day}"),
            Self::Expired(day) => write!(f, "held until {day}"),
            Self::RenewalOverdue(day) => write!(f, "was to be looked at again by {day}"),
            Self::NoEvidence => f.write_str("names no copy of itself"),
            Self::ClauseAbsent(clause) => write!(f, "lacks the clause {clause}"),
            Self::ClauseNotLookedFor(clause) => write!(f, "was not searched for the clause {clause}"),
            Self::ClauseWithoutPlace(clause) => write!(f, "is said to hold the clause {clause}, and not where"),
            Self::ClauseConcernsAll(clause) => write!(f, "leaves out {clause}, which concerns every agreement"),
            Self::UnknownClause(clause) => write!(f, "answers {clause}, which is no clause of the checklist"),
            Self::ReportsTooLate(days, most) => {
                write!(f, "lets breaches be told within {days} days, where the rule gives {most} at most")
            }
        }
    }
}

word_enum! {
    /// Where an agreement stands.
    AgreementState, "a state of an agreement" {
        /// Signed, begun, not ended.
        InForce = "in force",
        /// Not signed by both, or not begun.
        NotInForce = "not in force",
        /// Its last day is over.
        Expired = "expired",
        /// Somebody ended it.
        Ended = "ended",
    }
}

/// One agreement as it was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgreementRow<'a> {
    /// The agreement.
    pub agreement: &'a Agreement,
    /// Where it stands.
    pub state: AgreementState,
    /// The checklist; empty for an agreement that has ended.
    pub clauses: Vec<Clause<'a>>,
    /// Everything that is wrong with it.
    pub flaws: Vec<AgreementFlaw>,
    /// How long it is kept.
    pub kept: Retention,
}

/// The register on the day of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgreementReport<'a> {
    /// The agreements, by id.
    pub rows: Vec<AgreementRow<'a>>,
    /// How many providers touch ePHI; `None` where nobody says which do.
    pub providers: Option<usize>,
    /// Which of them have no agreement in force.
    pub without: Vec<ProviderId>,
}

impl<'a> AgreementReport<'a> {
    /// Judges the register on the day `at`. `ephi` names every provider that touches ePHI; `None` where nobody says.
    pub fn of(rules: &'a Rules, agreements: &'a [Agreement], ephi: Option<&BTreeSet<ProviderId>>, at: Date) -> Self {
        let mut rows: Vec<AgreementRow<'_>> = agreements.iter().map(|agreement| row(rules, agreement, at)).collect();
        rows.sort_by(|a, b| a.agreement.id.cmp(&b.agreement.id));
        let held = |provider: &&ProviderId| {
            rows.iter().any(|row| {
                row.agreement.party == **provider
                    && row.state == AgreementState::InForce
                    && row.agreement.counterpart != Counterpart::CoveredEntity
            })
        };
        let without = ephi.into_iter().flatten().filter(|provider| !held(provider)).cloned().collect();
        Self { rows, providers: ephi.map(BTreeSet::len), without }
    }

    /// The agreement of this id.
    pub fn row(&self, id: &RecordId) -> Option<&AgreementRow<'a>> {
        self.rows.iter().find(|row| row.agreement.id == *id)
    }

    /// What stands against the register; empty when it is in order.
    pub fn against(&self) -> Vec<String> {
        let mut against = Vec::new();
        if self.providers.is_none() {
            against.push("nobody says which providers touch ePHI".to_owned());
        }
        against.extend(self.without.iter().map(|p| format!("`{p}` touches ePHI without an agreement in force")));
        against.extend(
            self.rows
                .iter()
                .flat_map(|row| row.flaws.iter().map(|flaw| format!("agreement `{}` {flaw}", row.agreement.id))),
        );
        against
    }

    /// The register as a gate.
    pub fn state(&self) -> RegisterState {
        let against = self.against();
        let in_force = self.rows.iter().filter(|row| row.state == AgreementState::InForce).count();
        if !against.is_empty() {
            RegisterState::NotInOrder(against)
        } else if in_force > 0 {
            RegisterState::Shown(format!("{in_force} agreements in force, each with every clause and its place"))
        } else {
            RegisterState::Silent("no provider touches ePHI, and no agreement is in force".to_owned())
        }
    }
}

fn row<'a>(rules: &'a Rules, agreement: &'a Agreement, at: Date) -> AgreementRow<'a> {
    let years = rules.decisions.retention_years;
    let ended = agreement.ended_on.filter(|day| *day <= at);
    let made = [&agreement.signed_by_us, &agreement.signed_by_them].into_iter().flatten().map(|s| s.on).max();
    let over = ended.or(agreement.expires.filter(|day| *day < at));
    let kept = Retention::of(made, over, at, years);
    if ended.is_some() {
        // What has ended binds nobody; it is kept, not judged.
        return AgreementRow { agreement, state: AgreementState::Ended, clauses: Vec::new(), flaws: Vec::new(), kept };
    }
    let mut flaws = Vec::new();
    let unsigned = |signed: &Option<Signed>| signed.as_ref().is_none_or(|s| s.on > at);
    let mut in_force = true;
    for (signed, who) in [(&agreement.signed_by_us, "us"), (&agreement.signed_by_them, "the other party")] {
        if unsigned(signed) {
            in_force = false;
            flaws.push(AgreementFlaw::Unsigned(who));
        }
    }
    match agreement.effective {
        None => flaws.push(AgreementFlaw::NoEffectiveDay),
        Some(day) if day > at => flaws.push(AgreementFlaw::NotYetEffective(day)),
        Some(_) => {}
    }
    in_force &= agreement.effective.is_some_and(|day| day <= at);
    let expired = agreement.expires.filter(|day| *day < at);
    flaws.extend(expired.map(AgreementFlaw::Expired));
    flaws.extend(agreement.renewal.filter(|day| *day < at).map(AgreementFlaw::RenewalOverdue));
    if agreement.services.is_none() {
        flaws.push(AgreementFlaw::NoServices);
    }
    if agreement.evidence.is_empty() {
        flaws.push(AgreementFlaw::NoEvidence);
    }
    if let (Some(days), Some(most)) = (agreement.report_within_days, longest_report(rules))
        && days > most
    {
        flaws.push(AgreementFlaw::ReportsTooLate(days, most));
    }
    let clauses = checklist(&rules.agreements, agreement);
    flaws.extend(clauses.iter().filter_map(|clause| clause.flaw.clone()));
    flaws.extend(
        agreement
            .clauses
            .keys()
            .filter(|c| !rules.agreements.clauses.iter().any(|rule| rule.citation == **c))
            .map(|c| AgreementFlaw::UnknownClause(c.clone())),
    );
    let state = match (expired, in_force) {
        (Some(_), _) => AgreementState::Expired,
        (None, true) => AgreementState::InForce,
        (None, false) => AgreementState::NotInForce,
    };
    AgreementRow { agreement, state, clauses, flaws, kept }
}

/// The rule's own limit for a business associate's report (164.410(b)).
pub(crate) fn longest_report(rules: &Rules) -> Option<u32> {
    let of = |c: &&crate::ClockRule| {
        c.who == OurRole::BusinessAssociate
            && c.to == Recipient::CoveredEntity
            && c.counted_from == CountedFrom::Discovery
    };
    rules.breach.clocks.iter().find(of).map(|clock| clock.days)
}

fn checklist<'a>(rules: &'a AgreementRules, agreement: &'a Agreement) -> Vec<Clause<'a>> {
    rules
        .clauses
        .iter()
        .map(|rule| {
            let answer = agreement.clauses.get(&rule.citation);
            let citation = || rule.citation.clone();
            let flaw = match answer {
                None => Some(AgreementFlaw::ClauseNotLookedFor(citation())),
                Some(ClauseAnswer::Absent) => Some(AgreementFlaw::ClauseAbsent(citation())),
                Some(ClauseAnswer::Present(None)) => Some(AgreementFlaw::ClauseWithoutPlace(citation())),
                Some(ClauseAnswer::Present(Some(_))) => None,
                Some(ClauseAnswer::NotApplicable(_)) if rule.may_not_apply.is_some() => None,
                Some(ClauseAnswer::NotApplicable(_)) => Some(AgreementFlaw::ClauseConcernsAll(citation())),
            };
            Clause { rule, answer, flaw }
        })
        .collect()
}
