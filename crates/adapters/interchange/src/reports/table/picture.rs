//! Where everything stands: HITRUST by domain, HIPAA by specification, and what to do first.

use std::io;

use attesta_app::check::CheckReport;
use attesta_evaluation::{ItemReadiness, Standing, Tally};

use super::{
    Page, Tone,
    ink::{self, glyph},
};
use crate::reports::{
    groups::{self, Group},
    notices::{self, Reach},
    share,
    visible::visible,
    words,
};

const CELLS: u32 = 20;
/// How many things to do first are named.
const FIRST: usize = 3;

pub(super) fn hitrust(page: &mut Page<'_>, report: &CheckReport<'_>) -> io::Result<()> {
    let csf = report.catalog.csf_edition();
    page.section(
        "HITRUST",
        &format!("elements of Attesta's own statements, by assessment domain (structure {})", visible(&csf.version)),
    )?;
    legend(page)?;
    // Number, bar and five columns stay; the title gives way.
    let room = page.width.saturating_sub(2 + 3 + 20 + 1 + 5 * share::ORDER.len());
    let heads: String = share::ORDER.iter().map(|s| format!("{:>5}", glyph(*s))).collect();
    page.line(&format!("{}{heads}", " ".repeat(2 + 3 + room + 20 + 1)))?;
    for domain in &report.readiness.domains {
        let title = report.catalog.domain(domain.number).map_or("", |d| &d.title);
        row(page, &format!("{:>2}", domain.number), title, room, domain.tally)?;
    }
    row(page, "", "all domains", room, report.readiness.elements)
}

fn row(page: &mut Page<'_>, number: &str, title: &str, room: usize, tally: Tally) -> io::Result<()> {
    let title = ink::column(&visible(title), room);
    let numbers: String = share::ORDER
        .iter()
        .map(|s| match tally.of(*s) {
            0 => format!("{:>5}", "-"),
            count => page.ink.paint(Tone::of_standing(*s), &format!("{count:>5}")),
        })
        .collect();
    let bar = bar(page, tally);
    page.line(&format!("  {number:>2} {title}{bar} {numbers}"))
}

fn bar(page: &Page<'_>, tally: Tally) -> String {
    let parts = share::bar(tally, CELLS);
    let cell = |standing: Standing, cells: u32| {
        let cells: String = std::iter::repeat_n(glyph(standing), words::size(cells)).collect();
        page.ink.paint(Tone::of_standing(standing), &cells)
    };
    let text: String = parts.iter().map(|(standing, cells)| cell(*standing, *cells)).collect();
    let used: u32 = parts.iter().map(|(_, cells)| *cells).sum();
    format!("{text}{}", " ".repeat(words::size(CELLS.saturating_sub(used))))
}

fn legend(page: &mut Page<'_>) -> io::Result<()> {
    let words = ["proven", "violated", "waived", "unknown", "waits for people"];
    let (mut line, mut used) = (String::new(), 0);
    for (standing, word) in share::ORDER.into_iter().zip(words) {
        let width = 3 + 2 + word.len();
        if used + width > page.width {
            page.line(&std::mem::take(&mut line))?;
            used = 0;
        }
        let sign = page.ink.paint(Tone::of_standing(standing), &glyph(standing).to_string());
        line.push_str(&format!("  {sign} {word} "));
        used += width;
    }
    page.line(&line)
}

pub(super) fn hipaa(page: &mut Page<'_>, report: &CheckReport<'_>) -> io::Result<()> {
    let hipaa = &report.readiness.hipaa;
    page.section("HIPAA", "Security Rule, 45 CFR Part 164 Subpart C")?;
    let (word, tone) = if hipaa.required_met() { ("MET", Tone::Good) } else { ("NOT MET", Tone::Worst) };
    score(page, "required", word, tone, &hipaa.required_share().to_string(), &hipaa.required)?;
    missing(page, report, &hipaa.required)?;
    let share = hipaa.addressable_share();
    let percent = share.percent().map_or("none".to_owned(), |p| format!("{p} %"));
    score(page, "addressable", &percent, Tone::Strong, &share.to_string(), &hipaa.addressable)?;
    missing(page, report, &hipaa.addressable)
}

fn score(
    page: &mut Page<'_>,
    name: &str,
    word: &str,
    tone: Tone,
    share: &str,
    items: &[ItemReadiness],
) -> io::Result<()> {
    let mut cells = String::new();
    for standing in share::ORDER {
        let count = items.iter().filter(|i| i.standing == standing).count();
        let glyphs: String = std::iter::repeat_n(glyph(standing), count).collect();
        cells.push_str(&page.ink.paint(Tone::of_standing(standing), &glyphs));
    }
    let word = page.ink.paint(tone, &ink::column(word, 8));
    page.line(&format!("  {} {word} {share:>8} proven  {cells}", ink::column(name, 11)))
}

/// What stands in the way and can be mended or told; the rest is people's.
fn missing(page: &mut Page<'_>, report: &CheckReport<'_>, items: &[ItemReadiness]) -> io::Result<()> {
    let of = |standing: Standing| items.iter().filter(move |i| i.standing == standing);
    let open: Vec<&ItemReadiness> =
        of(Standing::Violated).chain(of(Standing::Waived)).chain(of(Standing::Unknown)).collect();
    for item in &open {
        let title = report.catalog.hipaa_item(&item.citation).map_or("", |i| &i.title);
        let violating = groups::violating(report, &report.standings, &item.elements);
        let why = match (item.standing, violating.as_slice()) {
            (Standing::Violated, [first]) => format!("{}", first.id),
            (Standing::Violated, [first, rest @ ..]) => format!("{} and {} more", first.id, rest.len()),
            (standing, _) => format!("{standing}"),
        };
        let sign = page.ink.paint(Tone::of_standing(item.standing), &glyph(item.standing).to_string());
        let head = ink::column(&item.citation.to_string(), 21);
        let room = page.width.saturating_sub(6 + 22);
        let text = ink::fit(&visible(&format!("{title}: {why}")), room);
        page.line(&format!("    {sign} {head} {text}"))?;
    }
    let waiting: Vec<String> = of(Standing::People).map(|i| i.citation.to_string()).collect();
    if waiting.is_empty() {
        return Ok(());
    }
    let sign = page.ink.paint(Tone::Faint, &glyph(Standing::People).to_string());
    let verb = if waiting.len() == 1 { "waits" } else { "wait" };
    page.line(&format!("    {sign} {} {verb} for people: documents, records, interviews", waiting.len()))?;
    page.prose(6, Some(Tone::Faint), &waiting.join("  "))
}

pub(super) fn verdict(page: &mut Page<'_>, report: &CheckReport<'_>) -> io::Result<()> {
    let counts: Vec<String> = groups::by_severity(report)
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| {
            page.ink.paint(Tone::of_severity(severity), &format!("{} {severity}", words::grouped(count)))
        })
        .collect();
    let note =
        if counts.is_empty() { "no findings".to_owned() } else { words::counted(report.findings.len(), "finding") };
    page.section("FIRST", "")?;
    let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    page.line(&format!("  {note}{counts}"))?;
    for group in groups::groups(report).take(FIRST) {
        let severity = page.ink.paint(Tone::of_severity(group.severity()), &ink::column(group.severity().as_str(), 8));
        let text = match &group {
            Group::Policy { policy, violations } => {
                let title = words::on_one_line(&policy.title);
                let remedy = words::on_one_line(&policy.remediation.text);
                format!(
                    "{title} ({}). {}",
                    words::counted(violations.len(), "resource"),
                    words::first_sentence(&remedy)
                )
            }
            Group::Waiver { waiver, fault } => groups::fault_text(waiver, *fault),
        };
        let mut lines = ink::wrap(&visible(&text), page.width.saturating_sub(12)).into_iter();
        page.line(&format!("  {severity}  {}", lines.next().unwrap_or_default()))?;
        lines.try_for_each(|line| page.line(&format!("{}{line}", " ".repeat(12))))?;
    }
    let reach = Reach::of(report);
    page.line("")?;
    let proven = report.readiness.elements.proven;
    let text = format!(
        "Settings alone can prove {} of {} elements; {proven} are proven. The other {} need people: {}",
        reach.automation,
        reach.total(),
        reach.total().saturating_sub(reach.automation),
        "documents, records and interviews, which no run of this tool replaces.",
    );
    page.prose(2, None, &text)?;
    page.prose(2, Some(Tone::Faint), report.catalog.notice())?;
    page.prose(2, Some(Tone::Faint), notices::READINESS)
}
