//! What changed, for a terminal.

use std::io;

use attesta_app::drift::DriftReport;
use attesta_drift::{Direction, Effect, Presence, Turn, VerdictChange};

use super::{
    BothLines, TOLD, by_policy, by_severity, direction, incomplete, location, markdown::risk, moved, reason, resources,
    told,
};
use crate::reports::{
    Options, place,
    table::{
        Page,
        ink::{Ink, Tone},
    },
    words,
};

/// How many locations of one policy are shown.
const LOCATIONS: usize = 3;
/// How many attributes of one resource are shown.
const ATTRIBUTES: usize = 4;

pub(super) fn write(
    report: &DriftReport<'_>,
    lines: &BothLines,
    options: &Options<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut page = Page { out, ink: Ink(options.colour), width: options.width.clamp(60, 160) };
    let title = format!(
        "Attesta {}: from {} to {}, on {}",
        options.version, report.before_name, report.after_name, report.after.at
    );
    page.prose(0, Some(Tone::Strong), &title)?;
    if report.drift.is_empty() {
        page.line("nothing changed")?;
    }
    changed(&mut page, report, options.limit)?;
    for (turn, title) in TOLD {
        turned(&mut page, report, lines, (turn, title), options.limit)?;
    }
    requirements(&mut page, report, options.limit)?;
    if let Some(effect) = &report.effect {
        assessment(&mut page, effect)?;
    }
    verdict(&mut page, report)
}

fn changed(page: &mut Page<'_>, report: &DriftReport<'_>, limit: usize) -> io::Result<()> {
    if report.drift.resources.is_empty() {
        return Ok(());
    }
    page.section("RESOURCES", &resources(report))?;
    for change in report.drift.resources.iter().take(limit) {
        let (sign, tone) = match change.presence {
            Presence::Stayed => ('~', Tone::Open),
            Presence::Appeared | Presence::FirstSeen => ('+', Tone::Good),
            Presence::Gone => ('-', Tone::Bad),
            Presence::NoLongerSeen => ('?', Tone::Open),
        };
        let word = match change.presence {
            Presence::Stayed => String::new(),
            other => format!(" {}", other.as_str().replace('_', " ")),
        };
        page.prose(2, Some(tone), &format!("{sign} {} {}{word}", change.key.kind, change.key))?;
        for attribute in change.attributes.iter().take(ATTRIBUTES) {
            let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "not set".to_owned());
            let text = format!("{}: {} -> {}", attribute.path, said(&attribute.before), said(&attribute.after));
            page.prose(6, Some(Tone::Faint), &text)?;
        }
        if change.attributes.len() > ATTRIBUTES {
            page.prose(6, Some(Tone::Faint), &format!("… and {} more", change.attributes.len() - ATTRIBUTES))?;
        }
    }
    rest(page, report.drift.resources.len(), limit)
}

fn rest(page: &mut Page<'_>, all: usize, limit: usize) -> io::Result<()> {
    match all.saturating_sub(limit) {
        0 => Ok(()),
        more => page.prose(2, None, &format!("… and {} more: --format json", words::grouped(more))),
    }
}

fn turned(
    page: &mut Page<'_>,
    report: &DriftReport<'_>,
    lines: &BothLines,
    (turn, title): (Turn, &str),
    limit: usize,
) -> io::Result<()> {
    let changes: Vec<&VerdictChange> = told(report, turn).collect();
    if changes.is_empty() {
        return Ok(());
    }
    page.section(&title.to_uppercase(), &by_severity(changes.iter().copied()))?;
    let policies = by_policy(&changes).count();
    for group in by_policy(&changes).take(limit) {
        let Some(policy) = group.first().and_then(|first| report.policy(first)) else { continue };
        let ids: Vec<String> = policy
            .controls
            .iter()
            .map(|c| format!("HITRUST {c}"))
            .chain(policy.hipaa.iter().map(|c| format!("HIPAA {c}")))
            .collect();
        let tone = if turn == Turn::NewFailure { Tone::of_severity(policy.severity) } else { Tone::Strong };
        page.prose(2, Some(tone), &format!("{}: {}", policy.severity, words::on_one_line(&policy.title)))?;
        page.prose(6, Some(Tone::Faint), &format!("{} {}", policy.id, ids.join(", ")))?;
        for change in group.iter().take(LOCATIONS) {
            told_line(page, report, lines, turn, change)?;
        }
        if group.len() > LOCATIONS {
            page.prose(6, None, &format!("… and {} more", words::grouped(group.len() - LOCATIONS)))?;
        }
    }
    rest(page, policies, limit)
}

fn told_line(
    page: &mut Page<'_>,
    report: &DriftReport<'_>,
    lines: &BothLines,
    turn: Turn,
    change: &VerdictChange,
) -> io::Result<()> {
    let file = location(report, lines, change).map_or(String::new(), |l| place::file_and_line(&l));
    let was = match change.before {
        Some(verdict) => format!("was {}", verdict.as_str()),
        None if change.resource_before.is_none() => "was not there".to_owned(),
        None => "did not apply".to_owned(),
    };
    let id = report.finding_id(change).unwrap_or_default();
    page.prose(6, None, &format!("{id} {} {file} ({was})", change.resource))?;
    match reason(report, change) {
        Some(r) if matches!(turn, Turn::NewFailure | Turn::NowUnknown) => {
            page.prose(10, Some(Tone::Faint), &format!("{} is {}, wanted {}", r.attribute, r.found, r.wanted))
        }
        _ => Ok(()),
    }
}

fn requirements(page: &mut Page<'_>, report: &DriftReport<'_>, limit: usize) -> io::Result<()> {
    let drift = &report.drift;
    if drift.domains.is_empty() && drift.hipaa.is_empty() {
        return Ok(());
    }
    page.section("REQUIREMENTS", "elements of each, before and after")?;
    for domain in &drift.domains {
        let title = report.after.catalog.domain(domain.number).map_or("", |d| d.title.as_str());
        page.prose(2, None, &format!("HITRUST {} {title}: {}", domain.number, moved(domain.before, domain.after)))?;
    }
    let tone = |direction| match direction {
        Direction::Worse => Some(Tone::Bad),
        Direction::Better => Some(Tone::Good),
        Direction::Untold | Direction::Accepted => Some(Tone::Open),
        Direction::Same => None,
    };
    let line = |id: String, standing: attesta_drift::StandingChange, text: String| {
        let way = standing.direction();
        match way {
            Direction::Same => (tone(way), format!("{id} {}: {text}", standing.after)),
            _ => (tone(way), format!("{id} {} -> {} ({}): {text}", standing.before, standing.after, direction(way))),
        }
    };
    let statements = drift.statements.iter().map(|s| line(s.id.to_string(), s.standing, moved(s.before, s.after)));
    let hipaa = drift.hipaa.iter().map(|i| {
        let word = if i.required { "required" } else { "addressable" };
        line(format!("HIPAA {} ({word})", i.id), i.standing, moved(i.before, i.after))
    });
    for (tone, text) in statements.chain(hipaa).take(limit) {
        page.prose(2, tone, &text)?;
    }
    rest(page, drift.statements.len() + drift.hipaa.len(), limit)
}

fn assessment(page: &mut Page<'_>, effect: &Effect) -> io::Result<()> {
    page.section(
        "ASSESSMENT",
        &format!("{} ({}), as if what checks propose were accepted", effect.assessment, effect.program),
    )?;
    let shown = |score: Option<attesta_scoring::Exact>| score.map_or("-".to_owned(), |s| s.rounded().to_string());
    for domain in &effect.domains {
        let tone = if domain.falls() { Tone::Bad } else { Tone::Strong };
        let stands = match (domain.passes_before, domain.passes_after) {
            (true, false) => "falls below",
            (false, true) => "reaches",
            (true, true) => "keeps",
            (false, false) => "stays below",
        };
        let text = format!(
            "domain {} {}: {} -> {}, {stands} the threshold of {}",
            domain.number,
            domain.title,
            shown(domain.before),
            shown(domain.after),
            effect.threshold
        );
        page.prose(2, Some(tone), &text)?;
    }
    for (word, ids) in [
        ("required corrective action plans that come", &effect.caps_come),
        ("required corrective action plans that go", &effect.caps_go),
        ("answered by people, and checks now see more violated", &effect.answered_otherwise),
        ("unverified figures in use", &effect.unverified),
    ] {
        if !ids.is_empty() {
            page.prose(2, None, &format!("{word}: {}", ids.join(", ")))?;
        }
    }
    page.prose(2, None, &format!("before: {}", effect.verdict_before))?;
    page.prose(2, None, &format!("after: {}", effect.verdict_after))?;
    page.prose(2, Some(Tone::Strong), &format!("certification: {}", risk(effect)))
}

fn verdict(page: &mut Page<'_>, report: &DriftReport<'_>) -> io::Result<()> {
    page.line("")?;
    let count = |turn| words::grouped(told(report, turn).count());
    let text = format!(
        "{} new, {} mended, {} can no longer be told, {} no longer seen, {} gone with their resource, {} still violated",
        count(Turn::NewFailure),
        count(Turn::Mended),
        count(Turn::NowUnknown),
        count(Turn::NoLongerSeen),
        count(Turn::GoneWithResource),
        words::grouped(report.drift.still_failing.len()),
    );
    page.prose(0, Some(Tone::Strong), &text)?;
    for text in incomplete(report) {
        page.prose(0, Some(Tone::Open), &format!("incomplete: {text}"))?;
    }
    Ok(())
}
