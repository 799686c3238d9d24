use std::{fmt, str::FromStr};

/// A citation of 45 CFR, e.g. `164.312(a)(2)(iv)`: part, section and paragraph labels.
///
/// `45 CFR` and `§` in front are accepted and dropped, so that people may paste what they read.
/// Ordered by part, section and then paragraph by paragraph, roman numerals by value.
///
/// ```
/// use attesta_kernel::Citation;
/// let spec: Citation = "45 CFR 164.312(a)(2)(iv)".parse()?;
/// assert_eq!(spec.to_string(), "164.312(a)(2)(iv)");
/// assert!(spec.is_within(&"164.312(a)".parse()?));
/// # Ok::<(), attesta_kernel::CitationError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Citation {
    part: u16,
    section: u16,
    paragraphs: Vec<String>,
}

/// The text is not a citation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a citation of 45 CFR; write it like `164.312(a)(2)(iv)`")]
pub struct CitationError(pub String);

impl Citation {
    /// Whether this citation is `outer` or stands inside it.
    pub fn is_within(&self, outer: &Self) -> bool {
        self.part == outer.part
            && self.section == outer.section
            && self.paragraphs.len() >= outer.paragraphs.len()
            && self.paragraphs.iter().zip(&outer.paragraphs).all(|(a, b)| a == b)
    }

    fn order_key(&self) -> (u16, u16, Vec<(u32, &str)>) {
        let paragraphs = self
            .paragraphs
            .iter()
            .enumerate()
            .map(|(depth, label)| (label_value(depth, label), label.as_str()))
            .collect();
        (self.part, self.section, paragraphs)
    }
}

/// The CFR's own order of paragraph labels: (a), (1), (i), (A), (1).
fn label_value(depth: usize, label: &str) -> u32 {
    if let Ok(number) = label.parse() {
        return number;
    }
    if depth == 2
        && let Some(value) = roman(label)
    {
        return value;
    }
    label.bytes().fold(0, |sum, b| {
        sum.saturating_mul(27).saturating_add(u32::from(b.to_ascii_lowercase().saturating_sub(b'a')) + 1)
    })
}

fn roman(label: &str) -> Option<u32> {
    let digit = |c| match c {
        'i' => Some(1),
        'v' => Some(5),
        'x' => Some(10),
        'l' => Some(50),
        _ => None,
    };
    let values: Vec<u32> = label.chars().map(digit).collect::<Option<_>>()?;
    let mut total = 0_u32;
    let mut rest = values.iter().peekable();
    while let Some(value) = rest.next() {
        if rest.peek().is_some_and(|next| *next > value) {
            total = total.checked_add(rest.next()?.checked_sub(*value)?)?;
        } else {
            total = total.checked_add(*value)?;
        }
    }
    Some(total)
}

impl FromStr for Citation {
    type Err = CitationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || CitationError(text.to_owned());
        let rest = text.trim();
        let rest = rest.strip_prefix("45 CFR").or_else(|| rest.strip_prefix("HIPAA")).unwrap_or(rest).trim_start();
        let rest = rest.strip_prefix('§').unwrap_or(rest).trim_start();
        let (head, tail) = rest.split_at(rest.find('(').unwrap_or(rest.len()));
        let (part, section) = head.split_once('.').ok_or_else(bad)?;
        let number = |t: &str| if t.len() == 3 { t.parse::<u16>().map_err(|_| bad()) } else { Err(bad()) };
        let (part, section) = (number(part)?, number(section)?);
        let mut paragraphs = Vec::new();
        let mut tail = tail;
        while let Some(inner) = tail.strip_prefix('(') {
            let (label, rest) = inner.split_once(')').ok_or_else(bad)?;
            if label.is_empty() || label.len() > 5 || !label.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return Err(bad());
            }
            paragraphs.push(label.to_owned());
            tail = rest;
        }
        if tail.is_empty() { Ok(Self { part, section, paragraphs }) } else { Err(bad()) }
    }
}

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = format!("{}.{}", self.part, self.section);
        for label in &self.paragraphs {
            text.push('(');
            text.push_str(label);
            text.push(')');
        }
        f.pad(&text)
    }
}

impl Ord for Citation {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order_key().cmp(&other.order_key())
    }
}

impl PartialOrd for Citation {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn citation(text: &str) -> Citation {
        text.parse().unwrap()
    }

    #[test]
    fn orders_as_the_rule_prints() {
        let mut given =
            ["164.312(a)(2)(iv)", "164.308(a)(1)(ii)(D)", "164.312(a)(2)(ii)", "164.308(a)(1)(i)", "164.310(b)"]
                .map(citation);
        given.sort();
        assert_eq!(
            given.map(|c| c.to_string()),
            ["164.308(a)(1)(i)", "164.308(a)(1)(ii)(D)", "164.310(b)", "164.312(a)(2)(ii)", "164.312(a)(2)(iv)"]
        );
    }

    #[test]
    fn refuses_what_is_not_a_citation() {
        for bad in ["", "164", "164.312(", "164.312()", "164.312(a", "164.312(a)x", "16.312", "10.f", "164.312(a b)"] {
            assert!(bad.parse::<Citation>().is_err(), "{bad}");
        }
    }
}
