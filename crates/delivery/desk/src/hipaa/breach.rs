//! Incidents: breach or not, who must be told by which day.

use attesta_hipaa::{Applies, Clock, ClockState, ClockStep, CountedFrom, Determination, IncidentReport};
use serde_json::{Value, json};

use super::{Registers, texts};

/// Whether nothing stands against the handling.
pub fn sound(reports: &[IncidentReport<'_>]) -> bool {
    reports.iter().all(|report| report.flaws.is_empty())
}

/// How a day was counted.
pub fn steps(clock: &Clock<'_>) -> String {
    let step = |step: &ClockStep| match step {
        ClockStep::Counted(CountedFrom::Discovery, _, days) => format!("{days} days from discovery"),
        ClockStep::Counted(CountedFrom::YearEnd, from, days) => format!("{days} days from {from}"),
        ClockStep::Agreement(days) => format!("the agreement says {days} days"),
        ClockStep::With(to, day) => format!("with the notice to {to} of {day}"),
        ClockStep::Held(until) => format!("held back until {until} (164.412)"),
    };
    let told: Vec<String> = clock.steps.iter().map(step).collect();
    format!("{} ({})", told.join("; "), clock.rule.citation)
}

/// The report as JSON.
pub fn as_json(desk: &Registers, reports: &[IncidentReport<'_>]) -> serde_json::Map<String, Value> {
    let mut json = desk.json("attesta.hipaa-breach-report/1");
    json.insert("sound".into(), sound(reports).into());
    json.insert("incidents".into(), reports.iter().map(incident).collect());
    json.insert("burden_of_proof".into(), desk.rules.breach.burden_of_proof.as_str().into());
    json
}

pub(super) fn incident(report: &IncidentReport<'_>) -> Value {
    let why = match &report.determination {
        Determination::Presumed(why) => why.clone(),
        Determination::Excluded(which) => vec![which.to_string()],
        Determination::Breach | Determination::LowProbability | Determination::Secured => Vec::new(),
    };
    json!({
        "id": report.incident.id.to_string(),
        "title": report.incident.title.as_str(),
        "we_are": report.incident.we_are.as_str(),
        "discovered_on": report.discovered_on.to_string(),
        "individuals": report.incident.individuals,
        "determination": report.determination.as_str(),
        "why": why,
        "notices_due": report.determination.needs_notices(),
        "clocks": report.clocks.iter().map(clock).collect::<Vec<_>>(),
        "next_due": super::day(report.next_due()),
        "flaws": texts(&report.flaws),
        "kept": super::kept(report.kept),
    })
}

fn clock(clock: &Clock<'_>) -> Value {
    let (days, on) = match clock.state {
        ClockState::Running(days) | ClockState::Overdue(days) => (Some(days), None),
        ClockState::Held(until) => (None, Some(until)),
        ClockState::Sent(day) => (None, Some(day)),
        ClockState::SentLate(day, late) => (Some(late), Some(day)),
    };
    json!({
        "id": clock.rule.id.as_str(),
        "to": clock.rule.to.as_str(),
        "place": clock.place.map(|place| place.as_str()),
        "known_to_apply": clock.applies == Applies::Known,
        "due": clock.due.to_string(),
        "state": clock.state.as_str(),
        "days": days,
        "on": super::day(on),
        "how": steps(clock),
        "citation": clock.rule.citation.to_string(),
        "basis": super::provenance(&clock.rule.provenance),
    })
}
