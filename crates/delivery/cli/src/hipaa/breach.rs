//! `attesta hipaa breach`.

use attesta_hipaa::{
    Applies, Clock, ClockState, ClockStep, CountedFrom, Determination, IncidentReport, OurRole, Recipient,
};
use serde_json::{Value, json};

use super::{
    Desk, RegisterOptions,
    page::{self, exit, many, texts},
};
use crate::{
    args::{Common, ListFormat},
    exit::{Exit, Failure},
};

pub(super) fn run(common: &Common, options: &RegisterOptions) -> Result<Exit, Failure> {
    let desk = Desk::of(common, options)?;
    let reports = desk.incidents();
    match options.format {
        ListFormat::Table => table(&desk, &reports)?,
        ListFormat::Json => page::print(as_json(&desk, &reports))?,
    }
    Ok(exit(sound(&reports)))
}

pub(super) fn sound(reports: &[IncidentReport<'_>]) -> bool {
    reports.iter().all(|report| report.flaws.is_empty())
}

fn table(desk: &Desk, reports: &[IncidentReport<'_>]) -> Result<(), Failure> {
    let mut page = desk.page("incidents (164.400 to 164.414)");
    page.line(&match reports.len() {
        0 => "no incident is recorded".to_owned(),
        count => many(count, "incident", "incidents"),
    });
    for report in reports {
        let incident = report.incident;
        page.heading(&format!("{}: {}", incident.id, incident.title));
        page.line(&format!(
            "  {}, discovered on {}, {}",
            report.determination.as_str(),
            report.discovered_on,
            people(report)
        ));
        if let Determination::Presumed(why) = &report.determination {
            for why in why {
                page.below(why);
            }
        }
        for clock in &report.clocks {
            let to = clock.place.map_or_else(|| to(clock), |place| format!("{} of {place}", clock.rule.to));
            page.row([(&to, 24), (&format!("by {}", clock.due), 14), (&state(clock), 22), (&steps(clock), 0)]);
            if clock.applies == Applies::Assumed {
                page.below("the counts are not whole: it may be due, and is treated as if it were");
            }
        }
        for flaw in &report.flaws {
            page.line(&format!("  ! {flaw}"));
        }
        page.line(&format!("  papers {}", page::kept_words(report.kept)));
    }
    page.line("");
    page.line("each day is the last one allowed; notice is due without unreasonable delay before it");
    page.line(&desk.rules.breach.burden_of_proof);
    for clock in &desk.rules.breach.clocks {
        page.basis(clock.id.as_str(), &clock.provenance);
    }
    if reports.iter().any(|r| r.discovered_on < desk.rules.breach.since) {
        page.basis("first day of these figures", &desk.rules.breach.since_provenance);
    }
    page.print()
}

fn to(clock: &Clock<'_>) -> String {
    match (clock.rule.to, clock.applies) {
        (Recipient::Media, Applies::Assumed) => "media of some State".to_owned(),
        (to, _) => to.to_string(),
    }
}

fn people(report: &IncidentReport<'_>) -> String {
    let incident = report.incident;
    match (incident.we_are, incident.individuals) {
        (OurRole::BusinessAssociate, None) => "as a business associate".to_owned(),
        (OurRole::BusinessAssociate, Some(count)) => format!("as a business associate, {count} individuals"),
        (OurRole::CoveredEntity, None) => "individuals not counted".to_owned(),
        (OurRole::CoveredEntity, Some(count)) => {
            many(count.try_into().unwrap_or(usize::MAX), "individual", "individuals")
        }
    }
}

fn state(clock: &Clock<'_>) -> String {
    match clock.state {
        ClockState::Running(0) => "due today".to_owned(),
        ClockState::Running(days) => format!("{days} days left"),
        ClockState::Held(until) => format!("held until {until}"),
        ClockState::Sent(day) => format!("sent on {day}"),
        ClockState::SentLate(day, late) => format!("sent on {day}, {late} late"),
        ClockState::Overdue(days) => format!("OVERDUE by {days} days"),
    }
}

fn steps(clock: &Clock<'_>) -> String {
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

fn as_json(desk: &Desk, reports: &[IncidentReport<'_>]) -> serde_json::Map<String, Value> {
    let mut json = desk.json("attesta.hipaa-breach-report/1");
    json.insert("sound".into(), sound(reports).into());
    json.insert("incidents".into(), reports.iter().map(incident).collect());
    json.insert("burden_of_proof".into(), desk.rules.breach.burden_of_proof.as_str().into());
    json
}

fn incident(report: &IncidentReport<'_>) -> Value {
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
        "next_due": page::day(report.next_due()),
        "flaws": texts(&report.flaws),
        "kept": page::kept(report.kept),
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
        "on": page::day(on),
        "how": steps(clock),
        "citation": clock.rule.citation.to_string(),
        "basis": page::provenance(&clock.rule.provenance),
    })
}
