use std::{fmt, str::FromStr};

use attesta_access::AssessmentId;

/// Parts of a path at most.
const PARTS: usize = 5;
/// Letters of a part at most.
const LONGEST: usize = 80;

/// What a task, comment or request is about: nothing in particular, an assessment (`asm_…`), something of one
/// (`asm_…/requirements/0101`), or something of the organisation (`evidence/evd_…`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct About {
    text: String,
    assessment: Option<AssessmentId>,
}

/// The text says nothing that something can be about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names nothing; write `asm_…`, `asm_…/requirements/ID`, `asm_…/actions/ID` or `evidence/ID`")]
pub struct AboutError(String);

impl About {
    /// The assessment in which it stands.
    pub fn assessment(&self) -> Option<AssessmentId> {
        self.assessment
    }

    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for About {
    type Err = AboutError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let wrong = || AboutError(text.chars().take(LONGEST).collect());
        let fits = |part: &str| {
            (1..=LONGEST).contains(&part.len())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        };
        if text.split('/').count() > PARTS || !text.split('/').all(fits) {
            return Err(wrong());
        }
        let first = text.split('/').next().unwrap_or_default();
        // Whatever looks like an assessment is one: otherwise a box around assessments would have a hole.
        let assessment = if first.to_ascii_lowercase().starts_with("asm_") {
            Some(first.parse().map_err(|_| wrong())?)
        } else {
            None
        };
        // One spelling: a sieve by text must find it.
        if assessment.is_some_and(|id: AssessmentId| id.to_string() != first) {
            return Err(wrong());
        }
        Ok(Self { text: text.to_owned(), assessment })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_it_is_about_is_read_with_its_assessment() {
        let id = AssessmentId::new(1, [7; 10]);
        for (text, assessment) in [
            (String::new(), None),
            (id.to_string(), Some(id)),
            (format!("{id}/requirements/0101.x-1"), Some(id)),
            ("evidence/evd_1".to_owned(), None),
        ] {
            let about: About = text.parse().unwrap();
            assert_eq!((about.assessment(), about.to_string()), (assessment, text));
        }
        for text in ["/", "a//b", "a/b/c/d/e/f", "asm_1", "ASM_x/y", "a b", "é", &"x".repeat(81)] {
            assert!(text.parse::<About>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_the_same(text in "[a-zA-Z0-9._/ é-]{0,60}") {
            if let Ok(about) = text.parse::<About>() {
                prop_assert_eq!(about.as_str(), text);
            }
        }
    }
}
