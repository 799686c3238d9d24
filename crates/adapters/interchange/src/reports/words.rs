//! Numbers and their words, as people read them.

/// The number with its thousands apart: `12,345`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len().saturating_add(4));
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len().saturating_sub(index)).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The number with its word: `1 policy`, `2 policies`, `3 resources`.
pub(super) fn counted(number: usize, word: &str) -> String {
    let number_text = grouped(number);
    if number == 1 {
        return format!("{number_text} {word}");
    }
    match word.strip_suffix('y') {
        Some(stem) => format!("{number_text} {stem}ies"),
        None => format!("{number_text} {word}s"),
    }
}

/// A count as a size.
pub(super) fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// The values as the texts that they print.
pub(super) fn texts<T: std::fmt::Display>(values: &[T]) -> Vec<String> {
    values.iter().map(T::to_string).collect()
}

/// A fence for a block of code in Markdown: longer than any run of backticks in the code.
pub(super) fn fence(code: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.saturating_add(1).max(3))
}

/// The first sentence of a text.
pub(super) fn first_sentence(text: &str) -> &str {
    let text = text.trim();
    match text.find(". ") {
        Some(at) => text.get(..=at).unwrap_or(text),
        None => text,
    }
}

/// The text with every run of white space as one space.
pub(super) fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(counted(1, "policy"), "1 policy");
        assert_eq!(counted(1200, "policy"), "1,200 policies");
        assert_eq!(fence("a `````b"), "``````");
        assert_eq!(first_sentence("Turn it on. Then rest."), "Turn it on.");
    }
}
