//! Incidents: whether one is a breach (45 CFR 164.402), and what stands against our handling of it.
//!
//! An impermissible use or disclosure is presumed to be a breach. Only a whole record turns that around: the four
//! factors answered and the conclusion signed, one of the rule's exclusions reasoned, or data that was secured.

use std::{collections::BTreeMap, fmt};

use attesta_assessment::EvidenceId;
use attesta_kernel::Date;

use crate::{
    Clock, ClockState, RecordId, Retention, Slug, Words, clock, days_between,
    rules::{BreachRules, Recipient, Rules},
    words::word_enum,
};

word_enum! {
    /// Which duties are ours.
    OurRole, "a role" {
        /// Individuals, HHS and media hear of it from us.
        CoveredEntity = "covered-entity",
        /// The covered entity hears of it from us.
        BusinessAssociate = "business-associate",
    }
}

/// Something that happened to protected health information.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Its id.
    pub id: RecordId,
    /// What happened.
    pub title: Words,
    /// Which duties are ours.
    pub we_are: OurRole,
    /// First day on which somebody here knew.
    pub known_on: Date,
    /// First day on which reasonable diligence would have known (164.404(a)(2)).
    pub should_have_known_on: Option<Date>,
    /// First day on which an agent of ours knew, whose knowledge counts as ours.
    pub agent_knew_on: Option<Date>,
    /// How many individuals it concerns.
    pub individuals: Option<u32>,
    /// How many of them live in each State or jurisdiction.
    pub residents: BTreeMap<Words, u32>,
    /// Why the data was secured.
    pub secured: Option<Secured>,
    /// Which exclusion it falls under.
    pub exclusion: Option<Exclusion>,
    /// The assessment by four factors.
    pub assessment: Option<FactorAssessment>,
    /// The agreement under which a business associate reports.
    pub agreement: Option<RecordId>,
    /// Statements of law enforcement that hold notices back.
    pub holds: Vec<Hold>,
    /// Notices that went out.
    pub notices: Vec<Notice>,
}

/// The safe harbour: what was taken cannot be read (164.402, "unsecured").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secured {
    /// How it was made unreadable.
    pub method: Words,
    /// What became of the key.
    pub key: KeyState,
    /// Who says so.
    pub by: Words,
    /// When.
    pub on: Date,
    /// What shows it.
    pub evidence: Vec<EvidenceId>,
}

word_enum! {
    /// What became of the key to encrypted data.
    KeyState, "a state of a key" {
        /// It is shown to be safe, or there is none because the data was destroyed.
        Safe = "safe",
        /// It was taken too.
        Taken = "taken",
        /// Nobody knows.
        Unknown = "unknown",
    }
}

/// An exclusion of 164.402(1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// Which one.
    pub which: Slug,
    /// Why it holds here.
    pub why: Words,
    /// Who says so.
    pub by: Words,
    /// When.
    pub on: Date,
    /// What shows it.
    pub evidence: Vec<EvidenceId>,
}

word_enum! {
    /// What an assessment found.
    Finding, "a finding" {
        /// It is shown that the probability of compromise is low.
        LowProbability = "low-probability",
        /// It is not.
        Breach = "breach",
    }
}

/// An assessment by the four factors of 164.402(2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorAssessment {
    /// The factors, answered.
    pub factors: BTreeMap<Slug, Words>,
    /// What it found.
    pub finding: Option<Finding>,
    /// Why.
    pub why: Option<Words>,
    /// Who made it.
    pub by: Option<Words>,
    /// When.
    pub on: Option<Date>,
    /// What shows it.
    pub evidence: Vec<EvidenceId>,
}

/// A statement of law enforcement that a notice would impede it (164.412).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// How it was given, and for how long.
    pub form: HoldForm,
    /// When.
    pub stated_on: Date,
    /// Who gave it; it must be written down.
    pub official: Option<Words>,
    /// What shows it.
    pub evidence: Vec<EvidenceId>,
}

/// How a hold was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HoldForm {
    /// By word of mouth: content says for how many days at most.
    Oral,
    /// In writing, until this day.
    Written(Date),
}

/// A notice that went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// To whom.
    pub to: Recipient,
    /// In which State or jurisdiction; of media notices alone.
    pub place: Option<Words>,
    /// When.
    pub sent_on: Date,
    /// What shows it (164.414(b)).
    pub evidence: Vec<EvidenceId>,
}

/// Whether an incident is a breach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Determination {
    /// Presumed to be one: nothing whole says otherwise. What is missing is told.
    Presumed(Vec<String>),
    /// Assessed to be one.
    Breach,
    /// The assessment shows a low probability of compromise.
    LowProbability,
    /// An exclusion of the rule holds.
    Excluded(Slug),
    /// The data was secured.
    Secured,
}

impl Determination {
    /// The word used in reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Presumed(_) => "presumed breach",
            Self::Breach => "breach",
            Self::LowProbability => "low probability",
            Self::Excluded(_) => "excluded",
            Self::Secured => "secured",
        }
    }

    /// Whether notices are due.
    pub fn needs_notices(&self) -> bool {
        matches!(self, Self::Presumed(_) | Self::Breach)
    }
}

/// What stands against our handling of an incident.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum IncidentFlaw {
    /// A claim that it is no breach does not count, for this reason.
    ClaimDoesNotCount(String),
    /// Nobody has assessed it.
    NotAssessed,
    /// A notice is overdue by so many days.
    Overdue(Recipient, Option<Words>, i64),
    /// A notice went out so many days late.
    Late(Recipient, Option<Words>, i64),
    /// A notice went out and nothing shows it.
    NoticeUnshown(Recipient, Date),
    /// A notice is dated before the discovery.
    NoticeBeforeDiscovery(Recipient, Date),
    /// A notice went out while law enforcement held it back.
    NoticeDuringHold(Recipient, Date),
    /// A hold does not count, for this reason.
    HoldDoesNotCount(Date, &'static str),
    /// Nobody says how many individuals it concerns.
    NotCounted,
    /// More residents than individuals are counted.
    CountsDoNotFit,
    /// The agreement that it names is not in the register.
    NoAgreement(RecordId),
    /// A business associate's incident names no agreement, whose clock may be shorter.
    AgreementNotNamed,
    /// It was discovered before the figures of content held.
    BeforeTheRules(Date),
}

impl fmt::Display for IncidentFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |place: &Option<Words>| place.as_ref().map_or_else(String::new, |p| format!(" of {p}"));
        match self {
            Self::ClaimDoesNotCount(why) => f.write_str(why),
            Self::NotAssessed => f.write_str("is presumed to be a breach: no assessment is recorded"),
            Self::Overdue(to, place, days) => write!(f, "has the notice to {to}{} overdue by {days} days", of(place)),
            Self::Late(to, place, days) => write!(f, "had its notice to {to}{} out {days} days late", of(place)),
            Self::NoticeUnshown(to, day) => write!(f, "has nothing to show for the notice to {to} of {day}"),
            Self::NoticeBeforeDiscovery(to, day) => write!(f, "has a notice to {to} of {day}, before its discovery"),
            Self::NoticeDuringHold(to, day) => write!(f, "has a notice to {to} of {day}, while it was held back"),
            Self::HoldDoesNotCount(day, why) => write!(f, "has a hold of {day} that does not count: {why}"),
            Self::NotCounted => f.write_str("has no count of individuals, so that it is treated as a large one"),
            Self::CountsDoNotFit => f.write_str("counts more residents than individuals"),
            Self::NoAgreement(id) => write!(f, "names the agreement `{id}`, which is not in the register"),
            Self::AgreementNotNamed => f.write_str("names no agreement, whose clock may be shorter than the rule's"),
            Self::BeforeTheRules(day) => write!(f, "was discovered before {day}, when these figures did not hold"),
        }
    }
}

/// One incident on the day of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentReport<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// The first day on which it was known, or would have been.
    pub discovered_on: Date,
    /// Whether it is a breach.
    pub determination: Determination,
    /// Who must be told and by when; empty when it is no breach.
    pub clocks: Vec<Clock<'a>>,
    /// What stands against our handling of it.
    pub flaws: Vec<IncidentFlaw>,
    /// How long its papers are kept.
    pub kept: Retention,
}

impl<'a> IncidentReport<'a> {
    /// Judges an incident on the day `at`; `None` when it was discovered later. `report_within` is the agreement's own
    /// clock, where the incident names one that is in the register.
    pub fn of(
        rules: &'a Rules,
        incident: &'a Incident,
        agreement: Option<&crate::Agreement>,
        at: Date,
    ) -> Option<Self> {
        let discovered_on = incident.discovered_on();
        if discovered_on > at {
            return None;
        }
        let mut flaws = Vec::new();
        let determination = determine(&rules.breach, incident, at, &mut flaws);
        let clocks = if determination.needs_notices() {
            clock::clocks(&rules.breach, incident, agreement, at, &mut flaws)
        } else {
            Vec::new()
        };
        if discovered_on < rules.breach.since {
            flaws.push(IncidentFlaw::BeforeTheRules(rules.breach.since));
        }
        for notice in incident.notices.iter().filter(|n| n.sent_on <= at) {
            if notice.evidence.is_empty() {
                flaws.push(IncidentFlaw::NoticeUnshown(notice.to, notice.sent_on));
            }
            if notice.sent_on < discovered_on {
                flaws.push(IncidentFlaw::NoticeBeforeDiscovery(notice.to, notice.sent_on));
            }
        }
        if determination.needs_notices() {
            counts(incident, agreement, &mut flaws);
        }
        for clock in &clocks {
            match clock.state {
                ClockState::Overdue(days) => {
                    flaws.push(IncidentFlaw::Overdue(clock.rule.to, clock.place.cloned(), days));
                }
                ClockState::SentLate(_, days) => {
                    flaws.push(IncidentFlaw::Late(clock.rule.to, clock.place.cloned(), days));
                }
                ClockState::Running(_) | ClockState::Held(_) | ClockState::Sent(_) => {}
            }
        }
        flaws.dedup();
        let open = clocks.iter().any(|c| !matches!(c.state, ClockState::Sent(_) | ClockState::SentLate(..)));
        let last = incident.last_paper(at).unwrap_or(discovered_on);
        let kept = Retention::of(Some(last), (!open).then_some(last), at, rules.decisions.retention_years);
        Some(Self { incident, discovered_on, determination, clocks, flaws, kept })
    }

    /// The next day on which something is due, and whether it is past.
    pub fn next_due(&self) -> Option<Date> {
        let waits = |c: &&Clock<'_>| !matches!(c.state, ClockState::Sent(_) | ClockState::SentLate(..));
        self.clocks.iter().filter(waits).map(|c| c.due).min()
    }
}

impl Incident {
    /// The day of discovery: the first on which it was known, would have been with reasonable diligence, or was to an
    /// agent (164.404(a)(2), 164.410(a)(2)).
    pub fn discovered_on(&self) -> Date {
        [self.should_have_known_on, self.agent_knew_on].into_iter().flatten().fold(self.known_on, Date::min)
    }

    /// How many individuals it concerns at least, and whether that is all of them.
    pub(crate) fn least_individuals(&self) -> (u32, bool) {
        let residents = self.residents.values().fold(0_u32, |sum, count| sum.saturating_add(*count));
        match self.individuals {
            Some(count) => (count.max(residents), true),
            None => (residents, false),
        }
    }

    fn last_paper(&self, at: Date) -> Option<Date> {
        let assessed = self.assessment.as_ref().and_then(|a| a.on);
        let said = [assessed, self.exclusion.as_ref().map(|e| e.on), self.secured.as_ref().map(|s| s.on)];
        let notices = self.notices.iter().map(|n| n.sent_on);
        said.into_iter().flatten().chain(notices).filter(|day| *day <= at).max()
    }
}

fn counts(incident: &Incident, agreement: Option<&crate::Agreement>, flaws: &mut Vec<IncidentFlaw>) {
    let residents = incident.residents.values().fold(0_u32, |sum, count| sum.saturating_add(*count));
    match (incident.we_are, incident.individuals) {
        (OurRole::CoveredEntity, None) => flaws.push(IncidentFlaw::NotCounted),
        (_, Some(count)) if residents > count => flaws.push(IncidentFlaw::CountsDoNotFit),
        _ => {}
    }
    if incident.we_are == OurRole::BusinessAssociate {
        match (&incident.agreement, agreement) {
            (None, _) => flaws.push(IncidentFlaw::AgreementNotNamed),
            (Some(id), None) => flaws.push(IncidentFlaw::NoAgreement(id.clone())),
            (Some(_), Some(_)) => {}
        }
    }
}

/// Secured data first, because the rules are then not reached at all; then exclusions; then the four factors.
fn determine(rules: &BreachRules, incident: &Incident, at: Date, flaws: &mut Vec<IncidentFlaw>) -> Determination {
    let mut why = Vec::new();
    if let Some(secured) = incident.secured.as_ref().filter(|s| s.on <= at) {
        match (secured.key, secured.evidence.is_empty()) {
            (KeyState::Safe, false) => return Determination::Secured,
            (KeyState::Taken, _) => why.push("the data is called secured, but its key was taken too".to_owned()),
            (KeyState::Unknown, _) => {
                why.push("the data is called secured, but nobody knows what became of its key".to_owned());
            }
            (KeyState::Safe, true) => why.push("the data is called secured, and nothing shows it".to_owned()),
        }
    }
    if let Some(exclusion) = incident.exclusion.as_ref().filter(|e| e.on <= at) {
        let known = rules.exclusions.iter().any(|e| e.id == exclusion.which);
        match (known, exclusion.evidence.is_empty()) {
            (true, false) => return Determination::Excluded(exclusion.which.clone()),
            (true, true) => why.push(format!("the exclusion `{}` is claimed, and nothing shows it", exclusion.which)),
            (false, _) => why.push(format!("`{}` is no exclusion of the rule", exclusion.which)),
        }
    }
    let known = |a: &&FactorAssessment| a.on.is_none_or(|day| day <= at);
    let Some(assessment) = incident.assessment.as_ref().filter(known) else {
        flaws.extend(why.iter().cloned().map(IncidentFlaw::ClaimDoesNotCount));
        flaws.push(IncidentFlaw::NotAssessed);
        why.push("no assessment by the four factors is recorded".to_owned());
        return Determination::Presumed(why);
    };
    let mut missing = Vec::new();
    missing.extend(
        rules
            .factors
            .iter()
            .filter(|factor| !assessment.factors.contains_key(&factor.id))
            .map(|factor| format!("the assessment does not answer the factor `{}`", factor.id)),
    );
    missing.extend(
        assessment
            .factors
            .keys()
            .filter(|answered| !rules.factors.iter().any(|factor| factor.id == **answered))
            .map(|answered| format!("the assessment answers `{answered}`, which is no factor")),
    );
    let says = |there: bool, what: &str| (!there).then(|| format!("the assessment {what}"));
    missing.extend(says(assessment.finding.is_some(), "says not what it found"));
    missing.extend(says(assessment.why.is_some(), "says not why"));
    missing.extend(says(assessment.by.is_some(), "names nobody who made it"));
    missing.extend(says(assessment.on.is_some(), "has no day"));
    if assessment.finding == Some(Finding::LowProbability) {
        missing.extend(says(!assessment.evidence.is_empty(), "finds a low probability and names no evidence"));
    }
    match assessment.finding {
        // Calling it a breach needs no proof; the papers that are missing are still told.
        Some(Finding::Breach) => {
            flaws.extend(missing.into_iter().map(IncidentFlaw::ClaimDoesNotCount));
            Determination::Breach
        }
        Some(Finding::LowProbability) if missing.is_empty() => Determination::LowProbability,
        _ => {
            why.extend(missing);
            flaws.extend(why.iter().cloned().map(IncidentFlaw::ClaimDoesNotCount));
            Determination::Presumed(why)
        }
    }
}

/// How many days after `due` something happened; `None` when it was in time.
pub(crate) fn days_late(due: Date, on: Date) -> Option<i64> {
    let days = days_between(due, on);
    (days > 0).then_some(days)
}
