//! Colour, width and wrapping of terminal text.

use attesta_evaluation::Standing;
use attesta_kernel::Severity;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What a colour says. Never said by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::reports) enum Tone {
    Strong,
    Faint,
    Good,
    Bad,
    Worst,
    Open,
    Accepted,
    Low,
}

impl Tone {
    fn code(self) -> &'static str {
        match self {
            Self::Strong => "1",
            Self::Faint => "2",
            Self::Good => "32",
            Self::Bad => "31",
            Self::Worst => "1;31",
            Self::Open => "33",
            Self::Accepted => "35",
            Self::Low => "36",
        }
    }

    pub(in crate::reports) fn of_severity(severity: Severity) -> Self {
        match severity {
            Severity::Critical => Self::Worst,
            Severity::High => Self::Bad,
            Severity::Medium => Self::Open,
            Severity::Low => Self::Low,
        }
    }

    pub(super) fn of_standing(standing: Standing) -> Self {
        match standing {
            Standing::Proven => Self::Good,
            Standing::Violated => Self::Bad,
            Standing::Waived => Self::Accepted,
            Standing::Unknown => Self::Open,
            Standing::People => Self::Faint,
        }
    }
}

/// The sign of a standing, told apart without colour.
pub(super) fn glyph(standing: Standing) -> char {
    match standing {
        Standing::Proven => '█',
        Standing::Violated => '×',
        Standing::Waived => '~',
        Standing::Unknown => '?',
        Standing::People => '·',
    }
}

/// Paints, or does not.
#[derive(Debug, Clone, Copy)]
pub(in crate::reports) struct Ink(pub(in crate::reports) bool);

impl Ink {
    pub(in crate::reports) fn paint(self, tone: Tone, text: &str) -> String {
        if self.0 && !text.is_empty() { format!("\u{1b}[{}m{text}\u{1b}[0m", tone.code()) } else { text.to_owned() }
    }
}

/// The text cut to `width` columns, with `…` where something is missing.
pub(in crate::reports) fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        cut.push(c);
    }
    cut.push('…');
    cut
}

/// The text cut and filled to exactly `width` columns.
pub(in crate::reports) fn column(text: &str, width: usize) -> String {
    let mut text = fit(text, width);
    let missing = width.saturating_sub(text.width());
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

/// The text in lines of at most `width` columns, broken between words where there are any.
pub(in crate::reports) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word = word.to_owned();
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        while word.width() > width {
            let mut used = 0;
            let head: String = word
                .chars()
                .take_while(|c| {
                    used += c.width().unwrap_or(0);
                    used <= width
                })
                .collect();
            word = word.strip_prefix(&head).unwrap_or_default().to_owned();
            lines.push(head);
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_columns() {
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("漢字漢字", 5), "漢字…");
        assert_eq!(column("ab", 4), "ab  ");
        assert_eq!(wrap("one two three", 9), ["one two", "three"]);
        assert_eq!(wrap("0123456789abc de", 8), ["01234567", "89abc de"]);
    }
}
