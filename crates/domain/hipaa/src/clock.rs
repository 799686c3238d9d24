//! The clocks of the breach rules (45 CFR 164.404 to 164.412), as days in the calendar.
//!
//! Each is an outer limit: the rule asks for notice "without unreasonable delay" before it. The last day is still in time.

use attesta_kernel::Date;

use crate::{
    Agreement, Hold, HoldForm, Incident, IncidentFlaw, Notice, Words, days_between,
    incident::days_late,
    plus_days,
    rules::{BreachRules, ClockRule, Condition, CountedFrom, Recipient},
};

/// Who must be told by when, and whether they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock<'a> {
    /// The rule.
    pub rule: &'a ClockRule,
    /// In which State or jurisdiction; of media notices alone.
    pub place: Option<&'a Words>,
    /// Whether it is known to run.
    pub applies: Applies,
    /// The last day in time.
    pub due: Date,
    /// How that day came about.
    pub steps: Vec<ClockStep>,
    /// Where it stands.
    pub state: ClockState,
}

/// Whether a clock is known to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applies {
    /// The counts say so.
    Known,
    /// The counts are not whole: it may run, and is treated as if it did.
    Assumed,
}

/// One step towards a due day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClockStep {
    /// Counted so many days from this day.
    Counted(CountedFrom, Date, u32),
    /// The agreement's own clock is shorter: so many days.
    Agreement(u32),
    /// It goes out together with another notice, which went out on this day.
    With(Recipient, Date),
    /// Held back by law enforcement until this day.
    Held(Date),
}

/// Where a clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClockState {
    /// So many days are left; 0 on the last one.
    Running(i64),
    /// Law enforcement holds it back until this day.
    Held(Date),
    /// It went out in time.
    Sent(Date),
    /// It went out so many days late.
    SentLate(Date, i64),
    /// It is overdue by so many days.
    Overdue(i64),
}

impl ClockState {
    /// The word used in reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Running(_) => "running",
            Self::Held(_) => "held",
            Self::Sent(_) => "sent",
            Self::SentLate(..) => "sent late",
            Self::Overdue(_) => "overdue",
        }
    }
}

pub(crate) fn clocks<'a>(
    rules: &'a BreachRules,
    incident: &'a Incident,
    agreement: Option<&Agreement>,
    at: Date,
    flaws: &mut Vec<IncidentFlaw>,
) -> Vec<Clock<'a>> {
    let holds = holds(rules, &incident.holds, at, flaws);
    let mut clocks: Vec<Clock<'a>> = Vec::new();
    for rule in rules.clocks.iter().filter(|rule| rule.who == incident.we_are) {
        for (place, applies) in runs(rule.when, incident) {
            let notice = notice(incident, rule.to, place, at);
            let (mut due, mut steps) = counted(rule, incident);
            if let Some(days) = agreement.and_then(|a| a.report_within_days)
                && rule.to == Recipient::CoveredEntity
                && plus_days(incident.discovered_on(), days) < due
            {
                due = plus_days(incident.discovered_on(), days);
                steps.push(ClockStep::Agreement(days));
            }
            for (stated, until) in &holds {
                // A statement after the last day mends nothing.
                if *stated <= due && *until > due {
                    due = *until;
                    steps.push(ClockStep::Held(*until));
                }
            }
            if let Some(other) = rule.with.as_ref().and_then(|with| clocks.iter().find(|c| c.rule.id == *with))
                && let ClockState::Sent(day) | ClockState::SentLate(day, _) = other.state
                && day < due
            {
                due = day;
                steps.push(ClockStep::With(other.rule.to, day));
            }
            let held =
                holds.iter().filter(|(stated, until)| *stated <= at && at < *until).map(|(_, until)| *until).max();
            let state = match (notice, held) {
                (Some(notice), _) => match days_late(due, notice.sent_on) {
                    None => ClockState::Sent(notice.sent_on),
                    Some(days) => ClockState::SentLate(notice.sent_on, days),
                },
                (None, Some(until)) if until <= due => ClockState::Held(until),
                (None, _) => match days_late(due, at) {
                    Some(days) => ClockState::Overdue(days),
                    None => ClockState::Running(days_between(at, due)),
                },
            };
            if let Some(notice) = notice
                && holds.iter().any(|(stated, until)| *stated <= notice.sent_on && notice.sent_on < *until)
            {
                flaws.push(IncidentFlaw::NoticeDuringHold(rule.to, notice.sent_on));
            }
            clocks.push(Clock { rule, place, applies, due, steps, state });
        }
    }
    clocks
}

fn counted(rule: &ClockRule, incident: &Incident) -> (Date, Vec<ClockStep>) {
    let discovered = incident.discovered_on();
    let from = match rule.counted_from {
        CountedFrom::Discovery => discovered,
        // Every year has a 31 December.
        CountedFrom::YearEnd => Date::new(discovered.year(), 12, 31).unwrap_or(discovered),
    };
    (plus_days(from, rule.days), vec![ClockStep::Counted(rule.counted_from, from, rule.days)])
}

/// For which places the clock runs, and whether that is known. Counts that are not whole may hide more people in any one
/// place, so that a clock which they could start is treated as started.
fn runs(when: Condition, incident: &Incident) -> Vec<(Option<&Words>, Applies)> {
    let (least, whole) = incident.least_individuals();
    let one = |applies| vec![(None, applies)];
    match when {
        Condition::Always => one(Applies::Known),
        Condition::IndividualsAtLeast(count) if least >= count => one(Applies::Known),
        Condition::IndividualsAtLeast(_) if !whole => one(Applies::Assumed),
        Condition::IndividualsFewerThan(count) if whole && least < count => one(Applies::Known),
        Condition::IndividualsAtLeast(_) | Condition::IndividualsFewerThan(_) => Vec::new(),
        Condition::ResidentsMoreThan(count) => {
            let told = incident.residents.values().fold(0_u32, |sum, n| sum.saturating_add(*n));
            let hidden = if whole { least.saturating_sub(told) } else { u32::MAX };
            let mut places: Vec<(Option<&Words>, Applies)> = incident
                .residents
                .iter()
                .filter_map(|(place, residents)| {
                    if *residents > count {
                        Some((Some(place), Applies::Known))
                    } else {
                        (residents.saturating_add(hidden) > count).then_some((Some(place), Applies::Assumed))
                    }
                })
                .collect();
            if hidden > count {
                places.push((None, Applies::Assumed));
            }
            places
        }
    }
}

/// The first notice to this recipient that is known on the day `at`. A media notice serves one place; where the place of
/// the clock is not known, any media notice serves it.
fn notice<'a>(incident: &'a Incident, to: Recipient, place: Option<&Words>, at: Date) -> Option<&'a Notice> {
    let serves = |n: &&Notice| {
        n.to == to && n.sent_on <= at && (to != Recipient::Media || place.is_none() || n.place.as_ref() == place)
    };
    incident.notices.iter().filter(serves).min_by_key(|n| n.sent_on)
}

/// Holds that count: the day of the statement and the day on which notice is due again, in order.
fn holds(rules: &BreachRules, holds: &[Hold], at: Date, flaws: &mut Vec<IncidentFlaw>) -> Vec<(Date, Date)> {
    let mut count = Vec::new();
    for hold in holds.iter().filter(|hold| hold.stated_on <= at) {
        let until = match hold.form {
            HoldForm::Oral => plus_days(hold.stated_on, rules.oral_hold_days),
            HoldForm::Written(until) => until,
        };
        let why = if hold.official.is_none() {
            "the official is not named"
        } else if hold.evidence.is_empty() {
            "nothing shows the statement"
        } else if until < hold.stated_on {
            "it ends before it was stated"
        } else {
            count.push((hold.stated_on, until));
            continue;
        };
        flaws.push(IncidentFlaw::HoldDoesNotCount(hold.stated_on, why));
    }
    count.sort_unstable();
    count
}
