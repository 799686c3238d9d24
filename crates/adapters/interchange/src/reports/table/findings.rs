//! Findings, worst first, by policy.

use std::io;

use attesta_app::check::{CheckReport, Finding, Lines};
use attesta_evaluation::{Policy, Waiver, WaiverFault};
use unicode_width::UnicodeWidthStr;

use super::{Page, Tone, ink};
use crate::reports::{
    groups::{self, Group},
    place,
    visible::visible,
    words,
};

/// How many locations of one policy are shown.
const LOCATIONS: usize = 3;
/// Where the text of a finding begins.
const INDENT: usize = 10;

/// Writes up to `limit` groups.
pub(super) fn write(page: &mut Page<'_>, report: &CheckReport<'_>, lines: &Lines, limit: usize) -> io::Result<()> {
    if report.findings.is_empty() {
        page.section("FINDINGS", "")?;
        return page.line("  none: no setting in these inputs violates a policy");
    }
    page.section("FINDINGS", "worst first, by policy")?;
    let (mut left_policies, mut left_findings) = (0_usize, 0_usize);
    for (index, group) in groups::groups(report).enumerate() {
        if index >= limit {
            left_policies += 1;
            left_findings += group.count();
            continue;
        }
        page.line("")?;
        match group {
            Group::Policy { policy, violations } => self::policy(page, report, lines, policy, violations)?,
            Group::Waiver { waiver, fault } => self::waiver(page, &group, waiver, fault)?,
        }
    }
    if left_policies > 0 {
        page.line("")?;
        let (policies, findings) =
            (words::counted(left_policies, "more policy"), words::counted(left_findings, "finding"));
        page.prose(INDENT, Some(Tone::Strong), &format!("and {policies} with {findings}: --format json or html"))?;
    }
    Ok(())
}

fn head(page: &mut Page<'_>, severity: attesta_kernel::Severity, title: &str, count: &str) -> io::Result<()> {
    let room = page.width.saturating_sub(INDENT + 2 + count.width());
    let word = page.ink.paint(Tone::of_severity(severity), &ink::column(severity.as_str(), INDENT - 2));
    let title = page.ink.paint(Tone::Strong, &ink::column(&visible(&words::on_one_line(title)), room));
    page.line(&format!("{word}  {title}  {count}"))
}

fn policy(
    page: &mut Page<'_>,
    report: &CheckReport<'_>,
    lines: &Lines,
    policy: &Policy,
    violations: &[Finding],
) -> io::Result<()> {
    head(page, policy.severity, &policy.title, &words::counted(violations.len(), "resource"))?;
    let mut ids = policy.id.to_string();
    for (name, list) in [("HITRUST", words::texts(&policy.controls)), ("HIPAA", words::texts(&policy.hipaa))] {
        if !list.is_empty() {
            ids.push_str(&format!(" · {name} {}", list.join(" ")));
        }
    }
    page.prose(INDENT, Some(Tone::Faint), &ids)?;
    for outcome in groups::outcomes(report, violations).take(LOCATIONS) {
        let Some(resource) = report.snapshot.resource(outcome.resource) else { continue };
        let file = place::of_outcome(report, lines, outcome).map_or(String::new(), |l| place::file_and_line(&l));
        page.prose(INDENT, None, &format!("{} {} {file}", report.finding_id(outcome), resource.address))?;
        if let Some(reason) = report.main_reason(outcome) {
            let text = format!("{} is {}, wanted {}", reason.attribute, reason.found, reason.wanted);
            page.prose(INDENT + 13, Some(Tone::Faint), &text)?;
        }
    }
    let more = violations.len().saturating_sub(LOCATIONS);
    if more > 0 {
        page.prose(INDENT, None, &format!("… and {} more", words::grouped(more)))?;
    }
    page.prose(INDENT, None, &format!("→ {}", words::on_one_line(&policy.remediation.text)))
}

fn waiver(page: &mut Page<'_>, group: &Group<'_>, waiver: &Waiver, fault: WaiverFault) -> io::Result<()> {
    let title = format!("Waiver of {} for {}", waiver.policy, waiver.resource);
    head(page, group.severity(), &title, &words::counted(1, "waiver"))?;
    page.prose(INDENT, None, &waiver.place.to_string())?;
    page.prose(INDENT, None, &groups::fault_text(waiver, fault))
}
