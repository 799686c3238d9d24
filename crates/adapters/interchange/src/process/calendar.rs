//! A calendar as a table with a picture, and as JSON.

use std::fmt::Write as _;

use attesta_kernel::{Confidence, Date};
use attesta_lifecycle::{Calendar, Milestone, Outlook};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::gantt::gantt;

/// The calendar as JSON.
#[derive(Serialize)]
struct Wire<'a> {
    schema: &'static str,
    today: String,
    target: Option<String>,
    outlook: WireOutlook,
    lines: Vec<WireLine<'a>>,
}

#[derive(Serialize)]
struct WireOutlook {
    stands: &'static str,
    says: String,
    due: Option<String>,
    earliest: Option<String>,
}

#[derive(Serialize)]
struct WireLine<'a> {
    key: &'static str,
    title: &'static str,
    about: Option<&'a str>,
    owner: &'static str,
    from: String,
    until: String,
    origin: &'static str,
    stands: &'static str,
    done: Option<String>,
    rule: &'a str,
    source: Option<&'a str>,
    confidence: Option<&'static str>,
}

/// The calendar as JSON (`attesta.calendar/1`).
pub fn calendar_json(calendar: &Calendar) -> String {
    let day = |d: Option<Date>| d.map(|d| d.to_string());
    let (stands, due, earliest) = match &calendar.outlook {
        Outlook::NoTarget => ("no-target", None, None),
        Outlook::Open => ("open", None, None),
        Outlook::Tight { .. } => ("tight", None, None),
        Outlook::Missed { due, earliest, .. } => ("missed", Some(*due), Some(*earliest)),
        Outlook::Reached => ("reached", None, None),
    };
    let wire = Wire {
        schema: "attesta.calendar/1",
        today: calendar.today.to_string(),
        target: day(calendar.target),
        outlook: WireOutlook { stands, says: outlook(calendar), due: day(due), earliest: day(earliest) },
        lines: calendar
            .lines
            .iter()
            .map(|line| WireLine {
                key: line.key.as_str(),
                title: line.key.title(),
                about: Some(line.about.as_str()).filter(|a| !a.is_empty()),
                owner: line.owner.as_str(),
                from: line.begins.to_string(),
                until: line.ends.to_string(),
                origin: line.origin.as_str(),
                stands: line.standing(calendar.today).as_str(),
                done: day(line.done),
                rule: &line.rule,
                source: line.provenance.as_ref().map(|p| p.source.as_str()),
                confidence: line.confidence().map(Confidence::as_str),
            })
            .collect(),
    };
    serde_json::to_string_pretty(&wire).map(|text| text + "\n").unwrap_or_default()
}

/// Whether the target can be met, in one sentence.
pub fn outlook(calendar: &Calendar) -> String {
    let target = calendar.target.map_or_else(String::new, |t| t.to_string());
    match &calendar.outlook {
        Outlook::NoTarget => "no target was asked for".to_owned(),
        Outlook::Open => format!("the target of {target} can be met"),
        Outlook::Tight { passed } => {
            let what: Vec<&str> = passed.iter().map(|key| key.title()).collect();
            format!("the target of {target} can be met, but tightly: passed is: {}", what.join("; "))
        }
        Outlook::Missed { first, due, earliest } => format!(
            "the target of {target} cannot be met: `{}` would have been due {due}; the earliest day is {earliest}",
            first.title()
        ),
        Outlook::Reached => format!("the target of {target} needs no plan: it is decided"),
    }
}

/// What a line speaks of, with the thing it is about.
pub(super) fn named(line: &Milestone) -> String {
    if line.about.is_empty() { line.key.title().to_owned() } else { format!("{}: {}", line.key.title(), line.about) }
}

/// The calendar for a terminal of so many columns: lines, a picture, the outlook, and figures that nobody confirmed.
pub fn calendar_text(calendar: &Calendar, columns: usize) -> String {
    let mut out = String::new();
    let names: Vec<String> = calendar.lines.iter().map(named).collect();
    let widest = names.iter().map(|n| n.width()).max().unwrap_or(0).max(4);
    let _ = writeln!(out, "{:<10}  {:<10}  {}  {:<8}  STANDS", "FROM", "UNTIL", pad("WHAT", widest), "WHO");
    for (line, name) in calendar.lines.iter().zip(&names) {
        let until = if line.ends == line.begins { String::new() } else { line.ends.to_string() };
        let stands = line.standing(calendar.today).as_str();
        let _ = writeln!(out, "{}  {until:<10}  {}  {:<8}  {stands}", line.begins, pad(name, widest), line.owner);
    }
    let _ = write!(out, "\n{}", gantt(calendar, &names, columns));
    out.push_str("\nWhere the days come from:\n");
    for (line, name) in calendar.lines.iter().zip(&names) {
        let source = match &line.provenance {
            Some(p) => format!(" ({}: {})", p.confidence, p.source),
            None => String::new(),
        };
        let _ = writeln!(out, "  {name}: {}{source}", line.rule);
    }
    let _ = writeln!(out, "\n{}", outlook(calendar));
    out
}

/// The text, filled up with blanks to a width as a terminal counts it.
pub(super) fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}
