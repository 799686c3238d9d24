//! One self-contained page for people: to read, to print, to forward.
//!
//! The page asks nothing of any server: its style is inside, it has no scripts, and its content security policy says
//! so. Each chart has its numbers beside it. Locations are capped, because a page of every one of a hundred thousand
//! resources would help nobody; the JSON report has them all.

mod charts;
mod findings;
mod frame;
mod hipaa;
mod hitrust;
mod rest;
mod summary;

pub(in crate::reports) use frame::STYLE;

use std::io;

use attesta_app::check::{CheckReport, Lines};

use super::Options;

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
    out.write_all(frame::open(report, options.version).as_bytes())?;
    for part in [summary::summary, summary::first] {
        out.write_all(part(report).into_string().as_bytes())?;
    }
    if report.frameworks.hipaa {
        out.write_all(hipaa::hipaa(report).into_string().as_bytes())?;
    }
    if report.frameworks.hitrust {
        out.write_all(hitrust::hitrust(report).into_string().as_bytes())?;
    }
    findings::write(report, lines, out)?;
    for part in [rest::unknowns, rest::not_understood, rest::waivers, rest::method] {
        out.write_all(part(report).into_string().as_bytes())?;
    }
    out.write_all(frame::close(options.version).as_bytes())
}
