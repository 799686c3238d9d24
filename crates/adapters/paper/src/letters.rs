//! Every piece of text of a report, made ready for the fonts that there are.

use serde_json::Value;

/// A word without a place to break is given one after so many letters: it would run out of its column.
const LONGEST_WORD: usize = 22;
/// A place to break that nobody sees.
const BREAK: char = '\u{200b}';

/// What was met on the way.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Pieces of text.
    pub(crate) strings: usize,
    /// Letters that stand as their code points.
    pub(crate) replaced: usize,
}

/// Puts the code point where the fonts have no letter, so that nothing is silently lost, and places to break into long words.
pub(crate) fn settle(value: &mut Value, covers: impl Fn(char) -> bool + Copy) -> Counted {
    let mut counted = Counted::default();
    walk(value, covers, &mut counted);
    counted
}

fn walk(value: &mut Value, covers: impl Fn(char) -> bool + Copy, counted: &mut Counted) {
    match value {
        Value::String(text) => {
            counted.strings = counted.strings.saturating_add(1);
            *text = settled(text, covers, &mut counted.replaced);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, covers, counted)),
        Value::Object(fields) => fields.iter_mut().for_each(|(_, field)| walk(field, covers, counted)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn settled(text: &str, covers: impl Fn(char) -> bool, replaced: &mut usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = 0_usize;
    let mut push = |out: &mut String, letter: char| {
        if letter == ' ' {
            run = 0;
        } else {
            run = run.saturating_add(1);
            if run > LONGEST_WORD {
                out.push(BREAK);
                run = 1;
            }
        }
        out.push(letter);
    };
    for letter in text.chars() {
        if letter.is_whitespace() || letter.is_control() {
            push(&mut out, ' ');
        } else if covers(letter) {
            push(&mut out, letter);
        } else {
            *replaced = replaced.saturating_add(1);
            format!("[U+{:04X}]", u32::from(letter)).chars().for_each(|letter| push(&mut out, letter));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_fonts_lack_stands_as_its_code_point() {
        let mut said = serde_json::json!({ "a": ["Zoë", "中\u{7}b"], "n": 3 });
        let counted = settle(&mut said, |letter| letter < '\u{250}');
        assert_eq!(said, serde_json::json!({ "a": ["Zoë", "[U+4E2D] b"], "n": 3 }));
        assert_eq!(counted, Counted { strings: 2, replaced: 1 });
    }

    #[test]
    fn a_long_word_gets_places_to_break_and_loses_no_letter() {
        let word = "x".repeat(50);
        let mut said = Value::String(format!("short {word}"));
        settle(&mut said, |_| true);
        let text = said.as_str().unwrap();
        assert_eq!(text.matches(BREAK).count(), 2);
        assert_eq!(text.replace(BREAK, ""), format!("short {word}"));
    }
}
