//! What is neither proven nor violated: unknowns, what was not understood, waivers.

use std::io;

use attesta_app::check::CheckReport;

use super::{Page, Tone};
use crate::reports::{causes, groups, words};

/// How many lines a list may take.
const ROWS: usize = 8;

pub(super) fn unknowns(page: &mut Page<'_>, report: &CheckReport<'_>) -> io::Result<()> {
    let causes = causes::causes(report);
    if causes.is_empty() {
        return Ok(());
    }
    page.section("UNKNOWN", "by cause; unknown is never a pass")?;
    for cause in causes.iter().take(ROWS) {
        let policies = words::counted(cause.policies.len(), "policy");
        let text = format!("{}  {} ({policies})", words::grouped(cause.count), cause.text);
        page.prose(2, None, &text)?;
        page.prose(4, Some(Tone::Faint), &format!("→ {}", cause.help))?;
    }
    more(page, causes.len())
}

pub(super) fn not_understood(page: &mut Page<'_>, report: &CheckReport<'_>) -> io::Result<()> {
    if !report.refused.is_empty() {
        page.section("COULD NOT BE READ", "what these inputs hold is unknown")?;
        for of in report.refused.iter().take(ROWS) {
            page.prose(2, Some(Tone::Bad), &format!("× {}: {}", of.path, of.what))?;
        }
        more(page, report.refused.len())?;
    }
    let left_out = &report.snapshot.not_understood;
    if left_out.is_empty() {
        return Ok(());
    }
    let total: usize = left_out.iter().map(|of| words::size(of.count)).sum();
    page.section(
        "NOT UNDERSTOOD",
        &format!("{} in the inputs that no policy looked at", words::counted(total, "thing")),
    )?;
    for of in left_out.iter().take(ROWS) {
        page.prose(
            2,
            None,
            &format!("{}  {} ({}) in {}", words::grouped(words::size(of.count)), of.what, of.reason.as_str(), of.path),
        )?;
    }
    more(page, left_out.len())
}

pub(super) fn waivers(page: &mut Page<'_>, report: &CheckReport<'_>) -> io::Result<()> {
    let waivers = groups::waivers(report);
    if waivers.is_empty() {
        return Ok(());
    }
    page.section("WAIVERS", "accepted for a time; a waived violation is no proof")?;
    for (waiver, covers, fault) in waivers.iter().take(ROWS) {
        let state = match fault {
            Some(fault) => groups::fault_text(waiver, *fault),
            None => format!("until {}, covers {}", waiver.until, words::counted(words::size(*covers), "violation")),
        };
        page.prose(2, None, &format!("~ {} for {}: {state}", waiver.policy, waiver.resource))?;
        page.prose(4, Some(Tone::Faint), &format!("{} ({})", words::on_one_line(&waiver.reason), waiver.approved_by))?;
    }
    more(page, waivers.len())
}

fn more(page: &mut Page<'_>, rows: usize) -> io::Result<()> {
    match rows.saturating_sub(ROWS) {
        0 => Ok(()),
        more => {
            page.prose(2, Some(Tone::Faint), &format!("… and {} more: --format json or html", words::grouped(more)))
        }
    }
}
