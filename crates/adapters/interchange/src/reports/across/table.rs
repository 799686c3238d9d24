//! The view for a terminal: a bar for each group, then what is full, what is partial with its gap, and what contradicts.

use std::io;

use attesta_app::crosswalk::{CrosswalkReport, From, gap};
use attesta_crosswalk::{Coverage, Standing, TargetCoverage, View};

use super::Slot;
use crate::reports::{
    Options, share,
    table::{
        Page,
        ink::{self, Ink, Tone},
    },
    visible::visible,
    words,
};

const CELLS: u32 = 20;
/// Columns of an id: the longest citation of the rule.
const ID: usize = 22;
/// Where the text of a requirement begins.
const INDENT: usize = 4 + ID + 1;
/// Columns of one count.
const COUNT: usize = 5;

/// Writes the view.
///
/// # Errors
///
/// When `out` refuses bytes.
pub fn write(report: &CrosswalkReport<'_>, options: &Options<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page { out, ink: Ink(options.colour), width: options.width.clamp(80, 160) };
    let mut page = Sheet(&mut page);
    page.head(report, options.version)?;
    page.picture(report)?;
    page.contradictions(report)?;
    page.full(report)?;
    page.partial(report, options.limit)?;
    page.totals(report)
}

fn glyph(slot: Slot) -> (char, Tone, &'static str) {
    match slot {
        Slot::FullReviewed => ('█', Tone::Good, "full"),
        Slot::FullProposed => ('▓', Tone::Good, "full, by proposal"),
        Slot::PartialReviewed => ('▒', Tone::Open, "partial"),
        Slot::PartialProposed => ('░', Tone::Open, "partial, by proposal"),
        Slot::Perhaps => ('≈', Tone::Low, "perhaps partial"),
        Slot::Unmet => ('×', Tone::Bad, "not met"),
        Slot::Unknown => ('?', Tone::Open, "unknown"),
        Slot::Undetermined => ('~', Tone::Faint, "undetermined"),
        Slot::Unmapped => ('·', Tone::Faint, "no mapping"),
    }
}

/// The view on a page.
struct Sheet<'p, 'o>(&'p mut Page<'o>);

impl Sheet<'_, '_> {
    fn head(&mut self, report: &CrosswalkReport<'_>, version: &str) -> io::Result<()> {
        let name = report.document.name(report.catalog);
        self.0.prose(0, Some(Tone::Strong), &format!("Attesta {version}: {name}, by what is met elsewhere"))?;
        let sources = words::counted(report.sources, "source");
        let from = match report.from {
            From::Check { at } => format!("{sources} stand as a check on {at} found them"),
            From::Answers => format!("{sources} stand as they were answered"),
            From::Supposed => {
                "no inputs: this is what the mappings would cover if every statement of ours were met".to_owned()
            }
        };
        let view = match report.view {
            View::All => "reviewed and proposed mappings, counted apart",
            View::Reviewed => "reviewed mappings only",
        };
        self.0.prose(0, Some(Tone::Faint), &format!("{from}; {view}"))
    }

    fn picture(&mut self, report: &CrosswalkReport<'_>) -> io::Result<()> {
        self.0.section("COVERAGE", "")?;
        let (mut line, mut used) = (String::new(), 0);
        for slot in Slot::ALL {
            let (sign, tone, word) = glyph(slot);
            let width = 5 + word.len();
            if used + width > self.0.width {
                self.0.line(&std::mem::take(&mut line))?;
                used = 0;
            }
            line.push_str(&format!("  {} {word} ", self.0.ink.paint(tone, &sign.to_string())));
            used += width;
        }
        self.0.line(&line)?;
        let key =
            report.groups.iter().map(|group| group.key.chars().count() + usize::from(group.level)).max().unwrap_or(0);
        let key = key.clamp(2, 22);
        let fixed = 2 + key + 1 + words::size(CELLS) + COUNT * Slot::ALL.len();
        let room = self.0.width.saturating_sub(fixed);
        let heads: String = Slot::ALL.iter().map(|slot| format!("{:>COUNT$}", glyph(*slot).0)).collect();
        self.0.line(&format!("{}{heads}", " ".repeat(self.0.width.saturating_sub(COUNT * Slot::ALL.len()))))?;
        for group in &report.groups {
            let within = report.targets.iter().filter(|covered| group.targets.contains(&covered.target));
            let name = format!("{}{}", " ".repeat(usize::from(group.level)), group.key);
            self.row(&ink::column(&visible(&name), key), &group.title, room, Slot::counts(within))?;
        }
        self.row(&ink::column("", key), "all", room, Slot::counts(&report.targets))
    }

    fn row(&mut self, key: &str, title: &str, room: usize, counts: [u32; 9]) -> io::Result<()> {
        let paint = |slot: Slot, text: &str| self.0.ink.paint(glyph(slot).1, text);
        let cells = share::apportion(&counts, CELLS);
        let bar: String = Slot::ALL
            .iter()
            .zip(&cells)
            .map(|(slot, cells)| {
                paint(*slot, &std::iter::repeat_n(glyph(*slot).0, words::size(*cells)).collect::<String>())
            })
            .collect();
        let blank = " ".repeat(words::size(CELLS.saturating_sub(cells.iter().sum())));
        let numbers: String = Slot::ALL
            .iter()
            .zip(counts)
            .map(|(slot, count)| match count {
                0 => format!("{:>COUNT$}", "-"),
                count => paint(*slot, &format!("{count:>COUNT$}")),
            })
            .collect();
        // The title takes what is left, with a blank before the bar.
        let title = ink::column(&visible(title), room.saturating_sub(1));
        self.0.line(&format!("  {key} {title} {bar}{blank}{numbers}"))
    }

    /// What some chain covers in full and another denies.
    fn contradictions(&mut self, report: &CrosswalkReport<'_>) -> io::Result<()> {
        let denied: Vec<&TargetCoverage<'_>> = report.targets.iter().filter(|t| !t.against.is_empty()).collect();
        if denied.is_empty() {
            return Ok(());
        }
        self.0.section("DENIED", "covered in full by one source, while a part of it is not met")?;
        for covered in denied {
            let Some(against) = covered.against.first() else { continue };
            let text = format!("{} is part of it and is {}", against.source, against.standing);
            self.entry(covered, &text)?;
        }
        Ok(())
    }

    fn full(&mut self, report: &CrosswalkReport<'_>) -> io::Result<()> {
        let full: Vec<&TargetCoverage<'_>> = report.targets.iter().filter(|t| t.coverage == Coverage::Full).collect();
        if full.is_empty() {
            return Ok(());
        }
        self.0.section("FULL", "what covers the whole")?;
        for covered in full {
            self.entry(covered, &via(covered))?;
        }
        Ok(())
    }

    fn partial(&mut self, report: &CrosswalkReport<'_>, limit: usize) -> io::Result<()> {
        let open = |t: &&TargetCoverage<'_>| matches!(t.coverage, Coverage::Partial | Coverage::Perhaps);
        let mut partial: Vec<&TargetCoverage<'_>> =
            report.targets.iter().filter(open).filter(|t| t.against.is_empty()).collect();
        if partial.is_empty() {
            return Ok(());
        }
        self.0.section("PARTIAL", "strongest first; the gap is what no source covers")?;
        partial.sort_by_key(|t| std::cmp::Reverse((t.coverage, t.best().map(|chain| chain.strength))));
        for covered in partial.iter().take(limit) {
            self.entry(covered, &via(covered))?;
            let gap = covered.best().map_or(String::new(), gap);
            self.0.prose(INDENT, Some(Tone::Faint), &format!("gap: {gap}"))?;
            if covered.failing() > 0 {
                let failing = words::counted(covered.failing(), "other source");
                self.0.prose(INDENT, Some(Tone::Bad), &format!("{failing} that should serve it: not met"))?;
            }
        }
        let more = partial.len().saturating_sub(limit);
        if more > 0 {
            self.0.prose(
                2,
                Some(Tone::Faint),
                &format!("and {} more: --limit or --format json", words::grouped(more)),
            )?;
        }
        Ok(())
    }

    fn entry(&mut self, covered: &TargetCoverage<'_>, text: &str) -> io::Result<()> {
        let (sign, tone, _) = glyph(Slot::of(covered));
        let head = ink::column(&visible(covered.target.id()), ID);
        let sign = self.0.ink.paint(tone, &sign.to_string());
        let mut lines = ink::wrap(&visible(text), self.0.width.saturating_sub(INDENT)).into_iter();
        self.0.line(&format!("  {sign} {head} {}", lines.next().unwrap_or_default()))?;
        lines.try_for_each(|line| self.0.line(&format!("{}{line}", " ".repeat(INDENT))))
    }

    fn totals(&mut self, report: &CrosswalkReport<'_>) -> io::Result<()> {
        self.0.section("IN ALL", "")?;
        let counts = Slot::counts(&report.targets);
        let of =
            |slot: Slot| Slot::ALL.iter().position(|s| *s == slot).and_then(|at| counts.get(at)).copied().unwrap_or(0);
        let all = words::counted(report.targets.len(), "requirement");
        let text = format!(
            "{all}: {} fully by reviewed mappings, {} by proposed only; {} partly by reviewed, {} by proposed only, {} perhaps; {} not met, {} unknown, {} undetermined, {} without a mapping.",
            of(Slot::FullReviewed),
            of(Slot::FullProposed),
            of(Slot::PartialReviewed),
            of(Slot::PartialProposed),
            of(Slot::Perhaps),
            of(Slot::Unmet),
            of(Slot::Unknown),
            of(Slot::Undetermined),
            of(Slot::Unmapped),
        );
        self.0.prose(2, Some(Tone::Strong), &text)?;
        self.0.prose(2, Some(Tone::Faint),
            "Only `equal` and `superset of` carry the whole, as far as the weakest hop; parts never add up to it. Proposed means that nobody answerable has reviewed the mapping.",
        )?;
        self.0.prose(2, Some(Tone::Faint), report.catalog.notice())
    }
}

/// The deciding chain on one line.
fn via(covered: &TargetCoverage<'_>) -> String {
    let Some(chain) = covered.best() else { return String::new() };
    if chain.hops.is_empty() {
        return "answered itself".to_owned();
    }
    let mut text = chain.source.id().to_owned();
    if let Standing::Partial(share) = chain.standing {
        text.push_str(&format!(" ({share} met)"));
    }
    for (hop, at) in chain.hops.iter().zip(0_u8..) {
        let and = if at > 0 { ", which" } else { "" };
        text.push_str(&format!("{and} {} {}", hop.relation.verb(), hop.to.id()));
    }
    let settled = if chain.is_settled() { "reviewed" } else { "proposed" };
    format!("{text}; strength {}, {settled}", chain.strength)
}
