//! A comment on a pull request: short tables, the rest folded.
//!
//! Code hosts cut comments at 65,536 characters; the limits here keep far below.

use std::io;

use attesta_app::check::{CheckReport, Lines};
use attesta_evaluation::{Policy, Standing};
use attesta_kernel::Severity;

use super::{
    Options, causes,
    groups::{self, Group},
    notices, place, share,
    visible::{visible, visible_lines},
    words,
};

/// How many locations of one policy are shown.
const LOCATIONS: usize = 5;
/// How many rows the folded lists have.
const ROWS: usize = 15;
/// How many policies with findings are told at most, whatever the limit asked for.
const POLICIES: usize = 25;
/// How much code of one remediation is shown.
const CODE: usize = 1200;

/// Writes the report.
///
/// # Errors
///
/// When `out` refuses bytes.
pub fn write(
    report: &CheckReport<'_>,
    lines: &Lines,
    options: &Options<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    head(report, out)?;
    findings(report, lines, options.limit.min(POLICIES), out)?;
    if report.frameworks.hitrust {
        domains(report, out)?;
    }
    unknowns(report, out)?;
    not_understood(report, out)?;
    waivers(report, out)?;
    let digest = report.snapshot.digest().to_string();
    writeln!(
        out,
        "<sub>Attesta {}, {}, snapshot {}. {} {} {}</sub>",
        plain(options.version),
        report.at,
        digest.get(..12).unwrap_or(&digest),
        plain(report.catalog.notice()),
        notices::READINESS,
        notices::PEOPLE,
    )
}

fn head(report: &CheckReport<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let hipaa = &report.readiness.hipaa;
    let (required, addressable) = (hipaa.required_share(), hipaa.addressable_share());
    let elements = report.readiness.elements;
    let counts: Vec<String> = groups::by_severity(report)
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| format!("{} {severity}", words::grouped(count)))
        .collect();
    let counts = if counts.is_empty() { "none".to_owned() } else { counts.join(", ") };
    writeln!(out, "## Attesta: HITRUST and HIPAA readiness\n")?;
    writeln!(out, "| | |\n|:--|:--|")?;
    writeln!(out, "| **Findings** | {counts} |")?;
    if report.frameworks.hipaa {
        let met = if hipaa.required_met() { "met" } else { "**not met**" };
        writeln!(out, "| **HIPAA required** | {met}: {required} proven{} |", told(&hipaa.required))?;
        let percent = addressable.percent().map_or("none".to_owned(), |p| format!("{p} %"));
        writeln!(out, "| **HIPAA addressable** | {percent}: {addressable} proven{} |", told(&hipaa.addressable))?;
    }
    if report.frameworks.hitrust {
        writeln!(
            out,
            "| **HITRUST elements** | {} of {} proven, {} violated, {} waived, {} unknown, {} wait for people |",
            elements.proven,
            elements.total(),
            elements.violated,
            elements.waived,
            elements.unknown,
            elements.people
        )?;
    }
    if !report.complete() {
        writeln!(out, "| **Incomplete** | something could not be read or run; see below |")?;
    }
    writeln!(out)
}

fn told(items: &[attesta_evaluation::ItemReadiness]) -> String {
    let count = |standing| items.iter().filter(|i| i.standing == standing).count();
    let mut text = String::new();
    for (standing, word) in [
        (Standing::Violated, "violated"),
        (Standing::Waived, "waived"),
        (Standing::Unknown, "unknown"),
        (Standing::People, "wait for people"),
    ] {
        if count(standing) > 0 {
            text.push_str(&format!(", {} {word}", count(standing)));
        }
    }
    text
}

fn findings(report: &CheckReport<'_>, lines: &Lines, limit: usize, out: &mut dyn io::Write) -> io::Result<()> {
    if report.findings.is_empty() {
        return writeln!(out, "No setting in these inputs violates a policy.\n");
    }
    writeln!(out, "### Findings, worst first\n")?;
    let (mut left_policies, mut left_findings) = (0_usize, 0_usize);
    for (index, group) in groups::groups(report).enumerate() {
        match group {
            _ if index >= limit => {
                left_policies += 1;
                left_findings += group.count();
            }
            Group::Policy { policy, violations } => {
                let (sign, count) = (sign(policy.severity), words::counted(violations.len(), "resource"));
                writeln!(
                    out,
                    "<details><summary>{sign} <b>{}</b>: {} ({count})</summary>\n",
                    policy.severity,
                    html(&policy.title)
                )?;
                writeln!(out, "| Resource | Where | Found | Wanted |\n|:--|:--|:--|:--|")?;
                for outcome in groups::outcomes(report, violations).take(LOCATIONS) {
                    let Some(resource) = report.snapshot.resource(outcome.resource) else { continue };
                    let file =
                        place::of_outcome(report, lines, outcome).map_or(String::new(), |l| place::file_and_line(&l));
                    let (found, wanted) = report.main_reason(outcome).map_or((String::new(), String::new()), |r| {
                        (format!("{} = {}", code(&r.attribute), code(&r.found)), code(&r.wanted))
                    });
                    writeln!(out, "| {} | {} | {found} | {wanted} |", code(&resource.address), code(&file))?;
                }
                if violations.len() > LOCATIONS {
                    writeln!(
                        out,
                        "| … and {} more | | | |",
                        words::grouped(violations.len().saturating_sub(LOCATIONS))
                    )?;
                }
                remediation(policy, out)?;
                writeln!(out, "</details>\n")?;
            }
            Group::Waiver { waiver, fault } => {
                let severity = group.severity();
                writeln!(
                    out,
                    "- {} **{severity}**: waiver of {} for {}: {}\n",
                    sign(severity),
                    code(waiver.policy.as_str()),
                    code(&waiver.resource),
                    groups::fault_text(waiver, fault)
                )?;
            }
        }
    }
    if left_policies > 0 {
        let (policies, findings) =
            (words::counted(left_policies, "more policy"), words::counted(left_findings, "finding"));
        writeln!(out, "…and {policies} with {findings}: see the HTML or JSON report.\n")?;
    }
    Ok(())
}

pub(super) fn remediation(policy: &Policy, out: &mut dyn io::Write) -> io::Result<()> {
    let remediation = &policy.remediation;
    writeln!(out, "\n**How to mend it.** {}\n", plain(&remediation.text))?;
    if let Some(code) = remediation.terraform.as_deref().filter(|code| code.len() <= CODE) {
        let code = visible_lines(code.trim_end());
        let fence = words::fence(&code);
        writeln!(out, "{fence}terraform\n{code}\n{fence}\n")?;
    }
    let ids: Vec<String> = policy
        .controls
        .iter()
        .map(|c| format!("HITRUST {c}"))
        .chain(policy.hipaa.iter().map(|c| format!("HIPAA {c}")))
        .collect();
    writeln!(out, "Policy {}. {}\n", code(policy.id.as_str()), plain(&ids.join(", ")))
}

fn domains(report: &CheckReport<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "<details><summary>HITRUST by assessment domain</summary>\n")?;
    writeln!(out, "| Domain | Proven | Violated | Waived | Unknown | Wait for people |\n|:--|--:|--:|--:|--:|--:|")?;
    for domain in &report.readiness.domains {
        let title = report.catalog.domain(domain.number).map_or("", |d| &d.title);
        let counts: Vec<String> = share::ORDER.iter().map(|s| domain.tally.of(*s).to_string()).collect();
        writeln!(out, "| {} {} | {} |", domain.number, plain(title), counts.join(" | "))?;
    }
    writeln!(out, "\n</details>\n")
}

fn unknowns(report: &CheckReport<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let causes = causes::causes(report);
    if causes.is_empty() {
        return Ok(());
    }
    let total = causes.iter().fold(0_usize, |sum, c| sum.saturating_add(c.count));
    writeln!(out, "<details><summary>{} cannot be told</summary>\n", words::counted(total, "check"))?;
    writeln!(out, "| Checks | Why | What would answer |\n|--:|:--|:--|")?;
    for cause in causes.iter().take(ROWS) {
        writeln!(out, "| {} | {} | {} |", words::grouped(cause.count), plain(&cause.text), cause.help)?;
    }
    more(causes.len(), out)?;
    writeln!(out, "\n</details>\n")
}

fn not_understood(report: &CheckReport<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let rows: Vec<_> = report.refused.iter().chain(&report.snapshot.not_understood).collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "<details><summary>Not understood: {}</summary>\n", words::counted(rows.len(), "entry"))?;
    writeln!(out, "| Count | What | Why | Where |\n|--:|:--|:--|:--|")?;
    for of in rows.iter().take(ROWS) {
        writeln!(out, "| {} | {} | {} | {} |", of.count, code(&of.what), of.reason.as_str(), code(&of.path))?;
    }
    more(rows.len(), out)?;
    writeln!(out, "\n</details>\n")
}

fn waivers(report: &CheckReport<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let waivers = groups::waivers(report);
    if waivers.is_empty() {
        return Ok(());
    }
    writeln!(out, "<details><summary>Waivers: {}</summary>\n", waivers.len())?;
    writeln!(out, "| Policy | Resource | Until | Covers | Why |\n|:--|:--|:--|--:|:--|")?;
    for (waiver, covers, fault) in waivers.iter().take(ROWS) {
        let why = format!("{} ({})", waiver.reason, waiver.approved_by);
        let fault = fault.map_or(String::new(), |f| format!(" **{}**", groups::fault_text(waiver, f)));
        let (policy, resource) = (code(waiver.policy.as_str()), code(&waiver.resource));
        writeln!(out, "| {policy} | {resource} | {} | {covers} | {}{fault} |", waiver.until, plain(&why))?;
    }
    more(waivers.len(), out)?;
    writeln!(out, "\n</details>\n")
}

pub(super) fn more(rows: usize, out: &mut dyn io::Write) -> io::Result<()> {
    match rows.saturating_sub(ROWS) {
        0 => Ok(()),
        more => writeln!(out, "\n… and {} more.", words::grouped(more)),
    }
}

pub(super) fn sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "🛑",
        Severity::High => "🔴",
        Severity::Medium => "🟠",
        Severity::Low => "🔵",
    }
}

/// Text in Markdown that means only itself: whatever Markdown, HTML or a code host (`@name`, `#1`) would act upon is
/// written as a character reference, which CommonMark never takes for structure.
pub(super) fn plain(text: &str) -> String {
    let text = escape(&visible(&words::on_one_line(text)), "&<>*_`[]\\|~@#!$^\"'{}");
    // Bare addresses would become links.
    if text.contains("://") || text.contains("www.") {
        text.replace("://", ":&#47;&#47;").replace("www.", "www&#46;")
    } else {
        text
    }
}

/// Text inside an HTML element of a Markdown page.
pub(super) fn html(text: &str) -> String {
    plain(text)
}

/// Text as code, in a table or out of it.
pub(super) fn code(text: &str) -> String {
    let text = super::table::fit(&visible(text), 160);
    if text.is_empty() {
        String::new()
    } else if text.contains(['`', '|', '\\']) || text.starts_with(' ') || text.ends_with(' ') {
        format!("<code>{}</code>", escape(&text, "&<>*_`[]\\|~@#!$^\"'{}"))
    } else {
        format!("`{text}`")
    }
}

fn escape(text: &str, special: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if special.contains(c) {
            escaped.push_str(&format!("&#{};", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        assert_eq!(plain("<b>@you | *now*\n- x"), "&#60;b&#62;&#64;you &#124; &#42;now&#42; - x");
        assert_eq!(code("a.b[\"c\"]"), "`a.b[\"c\"]`");
        assert_eq!(code("a|`b"), "<code>a&#124;&#96;b</code>");
        assert_eq!(code("a\nb"), "<code>a&#92;nb</code>");
    }
}
