//! Plain text for a terminal.
//!
//! A terminal shows the end: findings come first, where everything stands comes last. Colours repeat what glyphs and
//! words say.

mod findings;
pub(in crate::reports) mod ink;
mod picture;
mod rest;

use std::io;

use attesta_app::check::{CheckReport, Lines};

use super::{Options, groups, visible::visible, words};
use ink::{Ink, Tone};

pub(super) use ink::fit;

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
    let mut page = Page { out, ink: Ink(options.colour), width: options.width.clamp(60, 160) };
    page.head(report, options.version)?;
    findings::write(&mut page, report, lines, options.limit)?;
    rest::unknowns(&mut page, report)?;
    rest::not_understood(&mut page, report)?;
    rest::waivers(&mut page, report)?;
    if report.frameworks.hitrust {
        picture::hitrust(&mut page, report)?;
    }
    if report.frameworks.hipaa {
        picture::hipaa(&mut page, report)?;
    }
    picture::verdict(&mut page, report)
}

/// Where text goes.
pub(in crate::reports) struct Page<'o> {
    pub(in crate::reports) out: &'o mut dyn io::Write,
    pub(in crate::reports) ink: Ink,
    pub(in crate::reports) width: usize,
}

impl Page<'_> {
    pub(in crate::reports) fn line(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.trim_end().as_bytes())?;
        self.out.write_all(b"\n")
    }

    /// Wrapped text, each line begun with `indent` spaces.
    pub(in crate::reports) fn prose(&mut self, indent: usize, tone: Option<Tone>, text: &str) -> io::Result<()> {
        let space = " ".repeat(indent);
        for line in ink::wrap(&visible(text), self.width.saturating_sub(indent)) {
            let line = tone.map_or_else(|| line.clone(), |tone| self.ink.paint(tone, &line));
            self.line(&format!("{space}{line}"))?;
        }
        Ok(())
    }

    /// The head of a section.
    pub(in crate::reports) fn section(&mut self, title: &str, note: &str) -> io::Result<()> {
        self.line("")?;
        let note = ink::fit(note, self.width.saturating_sub(title.len() + 2));
        let title = self.ink.paint(Tone::Strong, title);
        self.line(&format!("{title}  {}", self.ink.paint(Tone::Faint, &note)))
    }

    fn head(&mut self, report: &CheckReport<'_>, version: &str) -> io::Result<()> {
        let digest = report.snapshot.digest().to_string();
        let digest = digest.get(..12).unwrap_or(&digest);
        let title = format!("Attesta {version}: HITRUST and HIPAA readiness on {}, snapshot {digest}", report.at);
        self.prose(0, Some(Tone::Strong), &title)?;
        let counts = groups::totals(report);
        let of = |count: u32| words::grouped(words::size(count));
        let checks = [counts.pass, counts.fail, counts.waived, counts.unknown, counts.errored].map(words::size);
        let text = format!(
            "{}, {}, {}: {}, of which {} passed, {} failed, {} waived, {} unknown and {} could not run",
            words::counted(report.snapshot.documents.len(), "document"),
            words::counted(report.snapshot.resources.len(), "resource"),
            words::counted(report.policies.len(), "policy"),
            words::counted(checks.iter().sum(), "check"),
            of(counts.pass),
            of(counts.fail),
            of(counts.waived),
            of(counts.unknown),
            of(counts.errored),
        );
        self.prose(0, Some(Tone::Faint), &text)
    }
}
