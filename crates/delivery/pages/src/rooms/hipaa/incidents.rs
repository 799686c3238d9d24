//! Incidents: whether each is a breach, and who must be told by which day.

use maud::{Markup, html};

use super::{Around, stands};
use crate::parts::empty;

/// Who must be told by when.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// To whom, and where.
    pub to: String,
    /// Whether it is known to run; otherwise it is treated as if it did.
    pub known: bool,
    /// The last day.
    pub due: String,
    /// `running`, `held`, `sent`, `sent late` or `overdue`.
    pub state: String,
    /// Days left, late or overdue, in words.
    pub days: String,
    /// How the day was counted.
    pub how: String,
    /// Where the figure comes from, and how sure we are.
    pub basis: String,
}

/// An incident.
#[derive(Debug, Clone, Default)]
pub struct Incident {
    /// Its id.
    pub id: String,
    /// What happened.
    pub title: String,
    /// Which duties are ours.
    pub we_are: String,
    /// When it counts as discovered, and when somebody knew.
    pub days: (String, String),
    /// How many individuals; empty where nobody counted.
    pub individuals: String,
    /// Whether it is a breach, and why.
    pub determination: (String, Vec<String>),
    /// Its clocks.
    pub clocks: Vec<Clock>,
    /// What stands against our handling.
    pub flaws: Vec<String>,
    /// The assessment: finding, why, by, on.
    pub assessed: [String; 4],
    /// The factors' answers, in the order of the factors.
    pub answers: Vec<String>,
    /// What the form does not change, as JSON: key and value.
    pub rest: Vec<(String, String)>,
}

/// The register of incidents.
#[derive(Debug, Clone, Default)]
pub struct Incidents {
    /// What the pages share.
    pub around: Around,
    /// They, the most urgent first.
    pub rows: Vec<Incident>,
    /// The four factors: key and question.
    pub factors: Vec<(String, String)>,
    /// What must be shown.
    pub burden: String,
}

/// The register of incidents.
pub fn incidents(it: &Incidents) -> Markup {
    let around = &it.around;
    html! {
        (around.head("/incidents", "What happened to protected health information, whether it is a breach, and who must be told by which day.", &html! {
            @if around.may.0 { button.main type="button" data-opens="new-incident" { "Record an incident" } }
        }))
        div #register data-live {
            p.soft.small { (it.burden) " Days are outer limits: the rule asks for notice without unreasonable delay." }
            @if it.rows.is_empty() { (empty("No incident", "An impermissible use or disclosure is presumed to be a breach until something whole says otherwise. Record it on the day it is known: the clocks run from there.", &html! {})) }
            @for row in &it.rows { (incident(it, row)) }
        }
        @if around.may.0 {
            dialog #new-incident aria-labelledby="new-incident-title" {
                form method="post" data-api={ "POST " (around.api()) "/incidents" } data-etag=(around.rev) data-then="reload" {
                    h2 #new-incident-title { "Record an incident" }
                    div.field { label for="incident-id" { "Id" } input id="incident-id" name="id" required pattern="[a-z0-9][a-z0-9\\-]*" placeholder="inc-2026-04"; }
                    div.field { label for="incident-title" { "What happened" } input id="incident-title" name="title" required; }
                    div.field { label for="incident-we" { "We are" } select id="incident-we" name="we_are" { option value="covered-entity" { "the covered entity" } option value="business-associate" { "the business associate" } } }
                    div.field { label for="incident-known" { "Known since" } input id="incident-known" name="known_on" type="date" required max=(around.at); }
                    div.field { label for="incident-count" { "How many individuals" } input id="incident-count" name="individuals" type="number" min="0" data-type="number"; p.hint { "Leave it empty where nobody has counted: it is treated as a large one." } }
                    div.row { button.main { "Record it" } button type="button" data-closes { "Cancel" } }
                }
            }
        }
    }
}

fn incident(it: &Incidents, row: &Incident) -> Markup {
    let around = &it.around;
    let api = format!("{}/incidents/{}", around.api(), row.id);
    html! {
        section.sheet.space aria-labelledby={ "incident-" (row.id) } {
            h2 id={ "incident-" (row.id) } { (row.title) " " span.soft.small { (row.id) } " " (stands(&row.determination.0)) }
            p.soft.small { "We are the " (row.we_are.replace('-', " ")) ". Discovered " time datetime=(row.days.0) { (row.days.0) } ". "
                @if row.individuals.is_empty() { "Nobody has counted the individuals." } @else { (row.individuals) " individuals." } }
            @if !row.determination.1.is_empty() { ul.small { @for why in &row.determination.1 { li { (why) } } } }
            @if !row.clocks.is_empty() {
                div.scroll tabindex="0" role="region" aria-label={ "Clocks of " (row.id) } { table { caption.unseen { "Who must be told by when" }
                    thead { tr { th scope="col" { "Tell" } th scope="col" { "By" } th scope="col" { "Stands" } th scope="col" { "Days" } th scope="col" { "How it was counted" } } }
                    tbody { @for clock in &row.clocks { tr {
                        td { (receiver(&clock.to)) @if !clock.known { br; span.soft.small { "assumed: the counts are not whole" } } }
                        td { time datetime=(clock.due) { (clock.due) } }
                        td { (stands(&clock.state)) } td { (clock.days) }
                        td.small { (clock.how) br; span.soft { (clock.basis) } }
                    } } }
                } }
            }
            @if !row.flaws.is_empty() { h3 { "What stands against it" } ul { @for flaw in &row.flaws { li { (flaw) } } } }
            @if around.may.1 {
                details { summary { "A notice went out" }
                    form method="post" data-api={ "POST " (api) "/notices" } data-etag=(around.rev) data-then="reload" {
                        div.fields {
                            label { "To " select name="to" { @for word in ["individuals", "hhs", "media", "covered-entity"] { option value=(word) { (word.replace('-', " ")) } } } }
                            label { "On " input type="date" name="sent_on" required max=(around.at); }
                            label { "State, of media " input name="place" size="4"; }
                        }
                        (around.shows("evidence", &[]))
                        button { "Write it down" }
                    }
                }
                details { summary { "Assess it by the four factors" }
                    form method="post" data-api={ "PUT " (api) } data-etag=(around.rev) data-then="reload" {
                        @for (key, value) in &row.rest { input type="hidden" name=(key) data-type="json" value=(value); }
                        input type="hidden" name="title" value=(row.title); input type="hidden" name="we_are" value=(row.we_are); input type="hidden" name="known_on" value=(row.days.1);
                        label { "How many individuals " input type="number" min="0" name="individuals" data-type="number" value=(row.individuals); }
                        @for ((key, asks), answer) in it.factors.iter().zip(row.answers.iter().map(String::as_str).chain(std::iter::repeat(""))) {
                            div.field { label for={ (row.id) "-" (key) } { (asks) } textarea.short id={ (row.id) "-" (key) } name={ "assessment.factors." (key) } { (answer) } }
                        }
                        div.fields {
                            label { "Finding " select name="assessment.finding" { option value="" { "none yet" } @for word in ["breach", "low-probability"] { option value=(word) selected[word == row.assessed[0]] { (word.replace('-', " ")) } } } }
                            label { "Why " input name="assessment.why" value=(row.assessed[1]); }
                            label { "By " input name="assessment.by" value=(row.assessed[2]); }
                            label { "On " input type="date" name="assessment.on" value=(row.assessed[3]) max=(around.at); }
                        }
                        (around.shows("assessment.evidence", &[]))
                        button { "Write it down" }
                    }
                }
            }
        }
    }
}

/// Who is told, as the rule writes it.
fn receiver(to: &str) -> String {
    if to == "hhs" { "HHS".to_owned() } else { to.replace('-', " ") }
}
