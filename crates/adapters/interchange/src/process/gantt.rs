//! A calendar as bars over time.

use std::fmt::Write as _;

use attesta_kernel::Date;
use attesta_lifecycle::{Calendar, Standing};
use unicode_width::UnicodeWidthStr;

use super::calendar::pad;

/// The least width of the time axis.
const NARROWEST: usize = 24;

/// One bar a line: `█` is done, `▒` is now or ahead, `░` has passed undone, `◆` is a single day; `│` is today.
pub(super) fn gantt(calendar: &Calendar, names: &[String], columns: usize) -> String {
    let first = calendar.lines.iter().map(|l| l.begins).min();
    let last = calendar.lines.iter().map(|l| l.ends).max();
    let (Some(first), Some(last)) = (first, last) else { return String::new() };
    let widest = names.iter().map(|n| n.width()).max().unwrap_or(0).min(columns / 2);
    let axis = Axis { first, days: days(first, last).max(1), width: columns.saturating_sub(widest + 2).max(NARROWEST) };
    let today = Some(calendar.today).filter(|t| (first..=last).contains(t)).map(|t| axis.column(t));
    let mut out = String::new();
    let ends = format!("{first}{}{last}", " ".repeat(axis.width.saturating_sub(20)));
    let _ = writeln!(out, "{}  {ends}", " ".repeat(widest));
    for (line, name) in calendar.lines.iter().zip(names) {
        let (from, to) = (axis.column(line.begins), axis.column(line.ends));
        let full = match line.standing(calendar.today) {
            Standing::Done | Standing::DoneLate => '█',
            Standing::Passed => '░',
            Standing::Now | Standing::Ahead => '▒',
        };
        let mark = |column: usize| match () {
            () if line.begins == line.ends && column == from => '◆',
            () if (from..=to).contains(&column) => full,
            () if Some(column) == today => '│',
            () => ' ',
        };
        let bar: String = (0..axis.width).map(mark).collect();
        let _ = writeln!(out, "{}  {}", pad(&cut(name, widest), widest), bar.trim_end());
    }
    out
}

/// Time laid over columns.
struct Axis {
    first: Date,
    days: usize,
    width: usize,
}

impl Axis {
    fn column(&self, day: Date) -> usize {
        let at = days(self.first, day).min(self.days);
        at.saturating_mul(self.width.saturating_sub(1)).checked_div(self.days).unwrap_or(0)
    }
}

fn days(from: Date, to: Date) -> usize {
    from.until(to).ok().and_then(|span| usize::try_from(span.get_days()).ok()).unwrap_or(0)
}

fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if kept.width() + 2 > width {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}
