//! Patterns of actions and resources: `*` stands for any text, `?` for one character (IAM user guide, "Action",
//! "Resource").

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(Box<str>);

/// A longer one than AWS takes costs no more than this many steps.
const LONGEST: usize = 2048;

impl Pattern {
    /// The pattern that this text is.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// Of an action: how it is capitalised says nothing.
    pub fn action(text: &str) -> Self {
        Self(text.to_ascii_lowercase().into())
    }

    /// As it stands.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it holds for this text. A `*` in the text is held by a `*` alone, so that a pattern that holds for another
    /// pattern's text holds for all that one holds for.
    pub fn covers(&self, text: &str) -> bool {
        let (pattern, text) = (self.chars(), bounded(text));
        // Reachable places in the pattern, character by character of the text.
        let mut reached = vec![false; pattern.len().saturating_add(1)];
        start(&mut reached, &pattern);
        for letter in text {
            let mut next = vec![false; reached.len()];
            for (at, sign) in pattern.iter().enumerate().filter(|(at, _)| reached.get(*at) == Some(&true)) {
                let goes = match sign {
                    '*' => Some(at),
                    '?' if letter != '*' => Some(at.saturating_add(1)),
                    sign if *sign == letter => Some(at.saturating_add(1)),
                    _ => None,
                };
                if let Some(slot) = goes.and_then(|at| next.get_mut(at)) {
                    *slot = true;
                }
            }
            close(&mut next, &pattern);
            reached = next;
        }
        reached.last() == Some(&true)
    }

    /// Whether some text is held by both.
    pub fn meets(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.chars(), other.chars());
        let width = theirs.len().saturating_add(1);
        // Row by row of my pattern: places in the other one up to which both can agree.
        let mut row = vec![false; width];
        start(&mut row, &theirs);
        for sign in &mine {
            let mut next = vec![false; width];
            if *sign == '*' {
                // Any text: whatever is reachable stays so, and all that follows it.
                let mut open = false;
                for (slot, was) in next.iter_mut().zip(&row) {
                    open |= *was;
                    *slot = open;
                }
            } else {
                for (at, theirs) in theirs.iter().enumerate().filter(|(at, _)| row.get(*at) == Some(&true)) {
                    let goes = match theirs {
                        '*' => Some(at),
                        '?' => Some(at.saturating_add(1)),
                        theirs if *sign == '?' || sign == theirs => Some(at.saturating_add(1)),
                        _ => None,
                    };
                    if let Some(slot) = goes.and_then(|at| next.get_mut(at)) {
                        *slot = true;
                    }
                }
                close(&mut next, &theirs);
            }
            row = next;
        }
        row.last() == Some(&true)
    }

    fn chars(&self) -> Vec<char> {
        bounded(&self.0).collect()
    }
}

fn bounded(text: &str) -> impl Iterator<Item = char> {
    text.chars().take(LONGEST)
}

fn start(reached: &mut [bool], pattern: &[char]) {
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    close(reached, pattern);
}

/// A `*` may stand for nothing.
fn close(reached: &mut [bool], pattern: &[char]) {
    let mut open = false;
    for (at, slot) in reached.iter_mut().enumerate() {
        *slot |= open;
        open = *slot && pattern.get(at) == Some(&'*');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_cover_and_meet() {
        for (pattern, text, want) in [
            ("*", "anything", true),
            ("", "", true),
            ("s3:get*", "s3:getobject", true),
            ("s3:get*", "s3:putobject", false),
            ("s3:?etobject", "s3:getobject", true),
            ("arn:aws:s3:::phi/*", "arn:aws:s3:::phi/*", true),
            ("arn:aws:s3:::phi/a*", "arn:aws:s3:::phi/*", false),
            ("arn:aws:s3:::phi/?", "arn:aws:s3:::phi/*", false),
            ("arn:aws:s3:::*", "arn:aws:s3:::phi/*", true),
            ("arn:aws:s3:::phi", "arn:aws:s3:::phi/*", false),
        ] {
            assert_eq!(Pattern::new(pattern).covers(text), want, "{pattern} {text}");
        }
        for (one, other, want) in [
            ("arn:aws:s3:::phi/a*", "arn:aws:s3:::phi/*", true),
            ("arn:aws:s3:::phi/*/b", "arn:aws:s3:::phi/*", true),
            ("arn:aws:s3:::other/*", "arn:aws:s3:::phi/*", false),
            ("arn:aws:s3:::phi", "arn:aws:s3:::phi/*", false),
            ("a*b", "*c", false),
            ("a*", "*c", true),
            ("", "*", true),
        ] {
            assert_eq!(Pattern::new(one).meets(&Pattern::new(other)), want, "{one} {other}");
            assert_eq!(Pattern::new(other).meets(&Pattern::new(one)), want, "{other} {one}");
        }
    }

    /// The plainest reading of a pattern, in another shape.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], text) => (0..=text.len()).any(|at| naive(rest, &text[at..])),
            (['?', rest @ ..], [_, more @ ..]) => naive(rest, more),
            ([sign, rest @ ..], [letter, more @ ..]) => sign == letter && naive(rest, more),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn covering_agrees_with_the_plainest_reading(pattern in "[ab*?]{0,7}", text in "[ab]{0,7}") {
            let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(Pattern::new(pattern).covers(&text), naive(&p, &t));
        }

        #[test]
        fn what_both_cover_is_where_they_meet(one in "[ab*?]{0,5}", other in "[ab*?]{0,5}") {
            let (p, q) = (Pattern::new(one), Pattern::new(other));
            // Every text of two letters and up to seven characters; patterns this short need none longer.
            let mut texts = vec![String::new()];
            let mut at = 0;
            while at < texts.len() {
                if texts[at].len() < 8 {
                    for letter in ["a", "b"] { texts.push(format!("{}{letter}", texts[at])); }
                }
                at += 1;
            }
            let both = texts.iter().any(|text| p.covers(text) && q.covers(text));
            prop_assert_eq!(p.meets(&q), both);
        }
    }
}
