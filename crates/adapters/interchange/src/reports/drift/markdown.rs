//! What a change would do, as a comment on a pull request: what is new first, the rest folded.

use std::io;

use attesta_app::drift::DriftReport;
use attesta_drift::{Effect, Turn, VerdictChange};

use super::{BothLines, TOLD, by_policy, by_severity, direction, incomplete, location, moved, reason, resources, told};
use crate::reports::{
    Options,
    markdown::{code, html, more, plain, remediation, sign},
    notices, place, words,
};

/// How many locations of one policy are shown.
const LOCATIONS: usize = 5;
/// How many rows the folded lists have.
const ROWS: usize = 15;
/// How many policies with new violations are told at most, whatever the limit asked for.
const POLICIES: usize = 25;

pub(super) fn write(
    report: &DriftReport<'_>,
    lines: &BothLines,
    options: &Options<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    head(report, out)?;
    if let Some(effect) = &report.effect {
        assessment(effect, out)?;
    }
    new_violations(report, lines, options.limit.min(POLICIES), out)?;
    for (turn, title) in TOLD.into_iter().filter(|(turn, _)| *turn != Turn::NewFailure) {
        folded(report, lines, turn, title, out)?;
    }
    requirements(report, out)?;
    changed_resources(report, out)?;
    writeln!(
        out,
        "<sub>Attesta {}, {}; {} compared with {}. {} {}</sub>",
        plain(options.version),
        report.after.at,
        plain(&report.after_name),
        plain(&report.before_name),
        plain(report.after.catalog.notice()),
        notices::READINESS,
    )
}

fn head(report: &DriftReport<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "## Attesta: what this change does\n\n| | |\n|:--|:--|")?;
    for (turn, title) in TOLD {
        let text = by_severity(told(report, turn));
        if turn == Turn::NewFailure || turn == Turn::Mended || text != "none" {
            writeln!(out, "| **{title}** | {text} |")?;
        }
    }
    writeln!(out, "| **Still violated** | {} |", by_severity(report.drift.still_failing.iter()))?;
    writeln!(out, "| **Resources** | {} |", resources(report))?;
    let domains: Vec<String> = report
        .drift
        .domains
        .iter()
        .filter(|d| d.after.violated != d.before.violated)
        .map(|d| format!("{} ({} -> {} violated)", d.number, d.before.violated, d.after.violated))
        .collect();
    if !domains.is_empty() {
        writeln!(out, "| **HITRUST domains** | {} |", domains.join(", "))?;
    }
    let items: Vec<String> = report
        .drift
        .hipaa
        .iter()
        .filter(|i| i.standing.before != i.standing.after)
        .map(|i| format!("{} {} -> {}", i.id, i.standing.before, i.standing.after))
        .collect();
    if !items.is_empty() {
        let rest = items.len().saturating_sub(4);
        let shown: Vec<String> = items.into_iter().take(4).collect();
        let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        writeln!(out, "| **HIPAA** | {}{rest} |", plain(&shown.join(", ")))?;
    }
    if let Some(effect) = &report.effect {
        writeln!(out, "| **Certification** | {} |", plain(&risk(effect)))?;
    }
    for text in incomplete(report) {
        writeln!(out, "| **Incomplete** | {}; what hangs on it is unknown, not mended |", plain(&text))?;
    }
    writeln!(out)
}

/// What becomes of the certification, in a line.
pub(in crate::reports) fn risk(effect: &Effect) -> String {
    let falling: Vec<String> =
        effect.domains.iter().filter(|d| d.falls()).map(|d| format!("{} {}", d.number, d.title)).collect();
    match (effect.certification_lost(), falling.as_slice()) {
        (true, _) => format!("at risk for {}: {}", effect.assessment, effect.verdict_after),
        (false, []) if effect.is_still() => format!("no score of {} moves", effect.assessment),
        (false, []) => format!("no domain of {} falls below its threshold", effect.assessment),
        (false, falling) => format!("at risk: below the threshold of {}: {}", effect.threshold, falling.join(", ")),
    }
}

fn assessment(effect: &Effect, out: &mut dyn io::Write) -> io::Result<()> {
    let score = |score: Option<attesta_scoring::Exact>| score.map_or("-".to_owned(), |s| s.rounded().to_string());
    writeln!(out, "### {} ({})\n", plain(&effect.assessment), plain(&effect.program))?;
    writeln!(out, "As if people accepted what checks propose; what people answered themselves stays.\n")?;
    if effect.domains.is_empty() {
        writeln!(out, "No domain's score moves.\n")?;
    } else {
        writeln!(out, "| Domain | Before | After | Threshold {} |\n|:--|--:|--:|:--|", effect.threshold)?;
        for domain in &effect.domains {
            let word = match (domain.passes_before, domain.passes_after) {
                (true, false) => "**falls below**",
                (false, true) => "reaches it",
                (true, true) => "keeps it",
                (false, false) => "stays below",
            };
            let (before, after) = (score(domain.before), score(domain.after));
            writeln!(out, "| {} {} | {before} | {after} | {word} |", domain.number, plain(&domain.title))?;
        }
        writeln!(out)?;
    }
    if effect.verdict_before != effect.verdict_after {
        writeln!(out, "Before: {}. After: {}.\n", plain(&effect.verdict_before), plain(&effect.verdict_after))?;
    }
    for (word, ids) in [
        ("Required corrective action plans that come", &effect.caps_come),
        ("Required corrective action plans that go", &effect.caps_go),
        ("Answered by people, and checks now see more violated", &effect.answered_otherwise),
        ("Unverified figures in use", &effect.unverified),
    ] {
        if !ids.is_empty() {
            writeln!(out, "{word}: {}.\n", plain(&ids.join(", ")))?;
        }
    }
    Ok(())
}

fn new_violations(
    report: &DriftReport<'_>,
    lines: &BothLines,
    limit: usize,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let changes: Vec<&VerdictChange> = told(report, Turn::NewFailure).collect();
    if changes.is_empty() {
        return writeln!(out, "No new violation.\n");
    }
    writeln!(out, "### New violations, worst first\n")?;
    let (mut left_policies, mut left) = (0_usize, 0_usize);
    for (index, group) in by_policy(&changes).enumerate() {
        let Some(policy) = group.first().and_then(|first| report.policy(first)) else { continue };
        if index >= limit {
            left_policies = left_policies.saturating_add(1);
            left = left.saturating_add(group.len());
            continue;
        }
        let count = words::counted(group.len(), "resource");
        writeln!(
            out,
            "<details><summary>{} <b>{}</b>: {} ({count})</summary>\n",
            sign(policy.severity),
            policy.severity,
            html(&policy.title)
        )?;
        rows(report, lines, group, LOCATIONS, out)?;
        remediation(policy, out)?;
        writeln!(out, "</details>\n")?;
    }
    if left_policies > 0 {
        let (policies, violations) =
            (words::counted(left_policies, "more policy"), words::counted(left, "new violation"));
        writeln!(out, "…and {policies} with {violations}: see the JSON report.\n")?;
    }
    Ok(())
}

fn rows(
    report: &DriftReport<'_>,
    lines: &BothLines,
    changes: &[&VerdictChange],
    most: usize,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    writeln!(out, "| Resource | Where | Was | Found | Wanted |\n|:--|:--|:--|:--|:--|")?;
    for change in changes.iter().take(most) {
        let file = location(report, lines, change).map_or(String::new(), |l| place::file_and_line(&l));
        let (found, wanted) = reason(report, change).map_or((String::new(), String::new()), |r| {
            (format!("{} = {}", code(&r.attribute), code(&r.found)), code(&r.wanted))
        });
        let was =
            change.before.map_or(if change.resource_before.is_none() { "not there" } else { "-" }, |v| v.as_str());
        writeln!(out, "| {} | {} | {was} | {found} | {wanted} |", code(&change.resource.to_string()), code(&file))?;
    }
    match changes.len().saturating_sub(most) {
        0 => Ok(()),
        more => writeln!(out, "| … and {} more | | | | |", words::grouped(more)),
    }
}

fn folded(
    report: &DriftReport<'_>,
    lines: &BothLines,
    turn: Turn,
    title: &str,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let changes: Vec<&VerdictChange> = told(report, turn).collect();
    if changes.is_empty() {
        return Ok(());
    }
    writeln!(out, "<details><summary>{title}: {}</summary>\n", words::counted(changes.len(), "check"))?;
    writeln!(out, "| Policy | Resource | Where | Was | Now |\n|:--|:--|:--|:--|:--|")?;
    for change in changes.iter().take(ROWS) {
        let file = location(report, lines, change).map_or(String::new(), |l| place::file_and_line(&l));
        let word = |v: Option<attesta_drift::Verdict>| v.map_or("-", attesta_drift::Verdict::as_str);
        let now = match (turn, reason(report, change)) {
            (Turn::NowUnknown, Some(reason)) => code(&reason.found),
            _ => word(change.after).to_owned(),
        };
        writeln!(
            out,
            "| {} | {} | {} | {} | {now} |",
            code(change.policy.as_str()),
            code(&change.resource.to_string()),
            code(&file),
            word(change.before),
        )?;
    }
    more(changes.len(), out)?;
    writeln!(out, "\n</details>\n")
}

fn requirements(report: &DriftReport<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let drift = &report.drift;
    let count = drift.statements.len().saturating_add(drift.hipaa.len());
    if count == 0 {
        return Ok(());
    }
    writeln!(out, "<details><summary>Requirements that move: {count}</summary>\n")?;
    writeln!(out, "| Requirement | Was | Is | | Elements |\n|:--|:--|:--|:--|:--|")?;
    let statements = drift.statements.iter().map(|s| (s.id.to_string(), s.standing, s.before, s.after));
    let hipaa = drift.hipaa.iter().map(|i| {
        let word = if i.required { "required" } else { "addressable" };
        (format!("HIPAA {} ({word})", i.id), i.standing, i.before, i.after)
    });
    for (id, standing, before, after) in statements.chain(hipaa).take(ROWS.saturating_mul(3)) {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            plain(&id),
            standing.before,
            standing.after,
            direction(standing.direction()),
            plain(&moved(before, after))
        )?;
    }
    match count.saturating_sub(ROWS.saturating_mul(3)) {
        0 => {}
        more => writeln!(out, "\n… and {more} more.")?,
    }
    writeln!(out, "\n</details>\n")
}

fn changed_resources(report: &DriftReport<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let changed = &report.drift.resources;
    if changed.is_empty() {
        return Ok(());
    }
    writeln!(out, "<details><summary>Resources: {}</summary>\n", resources(report))?;
    writeln!(out, "| Resource | Kind | | What |\n|:--|:--|:--|:--|")?;
    for change in changed.iter().take(ROWS) {
        let said = |text: &Option<String>| text.as_deref().map_or("not set".to_owned(), code);
        let mut what: Vec<String> = change
            .attributes
            .iter()
            .take(4)
            .map(|a| format!("{}: {} → {}", code(&a.path), said(&a.before), said(&a.after)))
            .collect();
        if change.attributes.len() > 4 {
            what.push(format!("{} more", change.attributes.len().saturating_sub(4)));
        }
        let presence = match change.presence {
            attesta_drift::Presence::Stayed => "changed",
            other => other.as_str(),
        };
        writeln!(
            out,
            "| {} | {} | {} | {} |",
            code(&change.key.to_string()),
            change.key.kind,
            presence.replace('_', " "),
            what.join("<br>")
        )?;
    }
    more(changed.len(), out)?;
    writeln!(out, "\n</details>\n")
}
