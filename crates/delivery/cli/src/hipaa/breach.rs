//! `attesta hipaa breach`.

use attesta_desk::hipaa::{
    Registers,
    breach::{as_json, sound, steps},
};
use attesta_hipaa::{Applies, Clock, ClockState, Determination, IncidentReport, OurRole, Recipient};
use attesta_kernel::many;

use super::{
    RegisterOptions,
    page::{self, exit},
};
use crate::{
    args::{Common, ListFormat},
    exit::{Exit, Failure},
};

pub(super) fn run(common: &Common, options: &RegisterOptions) -> Result<Exit, Failure> {
    let desk = super::registers(common, options)?;
    let reports = desk.incidents();
    match options.format {
        ListFormat::Table => table(&desk, &reports)?,
        ListFormat::Json => page::print(as_json(&desk, &reports))?,
    }
    Ok(exit(sound(&reports)))
}

fn table(desk: &Registers, reports: &[IncidentReport<'_>]) -> Result<(), Failure> {
    let mut page = page::begun(desk, "incidents (164.400 to 164.414)");
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
        (OurRole::BusinessAssociate, Some(count)) => {
            format!("as a business associate, {}", many(count, "individual", "individuals"))
        }
        (OurRole::CoveredEntity, None) => "individuals not counted".to_owned(),
        (OurRole::CoveredEntity, Some(count)) => {
            many(count.try_into().unwrap_or(usize::MAX), "individual", "individuals")
        }
    }
}

fn state(clock: &Clock<'_>) -> String {
    match clock.state {
        ClockState::Running(0) => "due today".to_owned(),
        ClockState::Running(days) => format!("{} left", many(days, "day", "days")),
        ClockState::Held(until) => format!("held until {until}"),
        ClockState::Sent(day) => format!("sent on {day}"),
        ClockState::SentLate(day, late) => format!("sent on {day}, {late} late"),
        ClockState::Overdue(days) => format!("OVERDUE by {}", many(days, "day", "days")),
    }
}
