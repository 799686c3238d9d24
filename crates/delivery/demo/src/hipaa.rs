//! The company's records about HIPAA: what people decided, analysed, agreed, attested and reported.
//!
//! Days stand in them as so many days before or after today, so that what is due lies ahead on any day.

use jiff::{ToSpan as _, civil::Date};

const RECORDS: [(&str, &str); 5] = [
    ("hipaa/agreements.yaml", include_str!("../hipaa/agreements.yaml")),
    ("hipaa/attestations.yaml", include_str!("../hipaa/attestations.yaml")),
    ("hipaa/decisions.yaml", include_str!("../hipaa/decisions.yaml")),
    ("hipaa/incidents.yaml", include_str!("../hipaa/incidents.yaml")),
    ("hipaa/risks.yaml", include_str!("../hipaa/risks.yaml")),
];

/// The records on a day, by place.
pub(crate) fn records(today: Date) -> impl Iterator<Item = (String, String)> {
    RECORDS.into_iter().map(move |(place, text)| (place.to_owned(), dated(text, today)))
}

/// `"@-40"` becomes the day 40 days ago.
fn dated(text: &str, today: Date) -> String {
    let mut parts = text.split("\"@");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find('"').unwrap_or(0);
        let (days, rest) = part.split_at(end);
        match days.parse::<i32>().ok().and_then(|days| today.checked_add(days.days()).ok()) {
            Some(day) => {
                out.push_str(&day.to_string());
                out.push_str(rest.strip_prefix('"').unwrap_or(rest));
            }
            None => {
                out.push_str("\"@");
                out.push_str(part);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_move_with_the_calendar() {
        let today: Date = "2028-02-29".parse().unwrap();
        assert_eq!(
            dated("on: \"@-1\", until: \"@+366\"} # \"@x\"", today),
            "on: 2028-02-28, until: 2029-03-01} # \"@x\""
        );
        for (place, text) in records(today) {
            assert!(!text.contains("\"@"), "{place}: a day was not understood");
        }
    }
}
