//! A calendar as iCalendar (RFC 5545), for the calendars that people use.

use std::fmt::Write as _;

use attesta_kernel::Date;
use attesta_lifecycle::{Calendar, days_after};

use super::calendar::named;

/// The calendar as `.ics`: every line an all-day event. `about` names the assessment, and makes ids that stay the same, so
/// that importing again moves an event instead of doubling it.
pub fn calendar_ics(calendar: &Calendar, about: &str, title: &str) -> String {
    let mut out = String::new();
    let mut put = |line: &str| fold(&mut out, line);
    put("BEGIN:VCALENDAR");
    put("VERSION:2.0");
    put("PRODID:-//Attesta//assessment calendar//EN");
    put("CALSCALE:GREGORIAN");
    put(&format!("X-WR-CALNAME:{}", escape(title)));
    let mut seen = std::collections::BTreeMap::new();
    for line in &calendar.lines {
        let key = format!("{}-{}", line.key, slug(&line.about));
        let nth = seen.entry(key.clone()).and_modify(|n| *n += 1).or_insert(1_u32);
        put("BEGIN:VEVENT");
        put(&format!("UID:{}{key}{nth}@{}.attesta.invalid", line.origin.as_str(), slug(about)));
        put(&format!("DTSTAMP:{}T000000Z", compact(calendar.today)));
        put(&format!("DTSTART;VALUE=DATE:{}", compact(line.begins)));
        // The end is the first day after.
        put(&format!("DTEND;VALUE=DATE:{}", compact(days_after(line.ends, 1))));
        put(&format!("SUMMARY:{}", escape(&named(line))));
        let mut description = format!("{} acts. {}", line.owner, line.rule);
        if let Some(p) = &line.provenance {
            let _ = write!(description, "\n{}: {}", p.confidence, p.source);
        }
        put(&format!("DESCRIPTION:{}", escape(&description)));
        put(&format!("CATEGORIES:{}", line.owner.as_str().to_uppercase()));
        put("TRANSP:TRANSPARENT");
        put("END:VEVENT");
    }
    put("END:VCALENDAR");
    out
}

fn compact(day: Date) -> String {
    day.to_string().replace('-', "")
}

/// Small letters and digits; all else is a dash.
fn slug(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

/// A text value (RFC 5545, 3.3.11); control characters are left out.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// A line of at most 75 bytes and its continuations (RFC 5545, 3.1).
fn fold(out: &mut String, line: &str) {
    let mut length = 0;
    for c in line.chars() {
        if length + c.len_utf8() > 75 {
            out.push_str("\r\n ");
            length = 1;
        }
        out.push(c);
        length += c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_at_seventy_five_bytes_and_unfold_to_what_they_were() {
        let mut out = String::new();
        let long = format!("SUMMARY:{}", "ä1".repeat(100));
        fold(&mut out, &long);
        assert!(out.split("\r\n").all(|l| l.len() <= 75));
        assert_eq!(out.replace("\r\n ", ""), long + "\r\n");
    }

    #[test]
    fn texts_are_escaped() {
        assert_eq!(escape("a;b,c\\d\ne\r\u{7}"), "a\\;b\\,c\\\\d\\ne");
    }
}
