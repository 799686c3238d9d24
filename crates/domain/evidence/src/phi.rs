use attesta_kernel::Provenance;
use regex::{Regex, RegexBuilder};

use crate::{Text, words::word};

word!(
    /// A pattern's id: `social-security-number`.
    PhiPatternId,
    "a pattern id"
);

/// A form in which identifiers of patients are often written. A hit is a suspicion and nothing more.
#[derive(Debug, Clone)]
pub struct PhiPattern {
    /// Its id.
    pub id: PhiPatternId,
    /// What it looks for, in words for people.
    pub title: Text,
    /// Who says so, and how sure that is.
    pub provenance: Provenance,
    regex: Regex,
}

/// The pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pattern is no regular expression that can be used: {0}")]
pub struct PhiPatternError(pub String);

/// What a pattern found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspicion<'a> {
    /// Which pattern.
    pub pattern: &'a PhiPatternId,
    /// What it looks for.
    pub title: &'a Text,
    /// How many places.
    pub count: usize,
    /// The first line with a hit, from 1. Never the text itself.
    pub line: usize,
}

impl PhiPattern {
    /// A pattern over text; it runs in linear time.
    ///
    /// # Errors
    ///
    /// When the pattern is none, or compiles to more than 256 KiB.
    pub fn new(id: PhiPatternId, title: Text, pattern: &str, provenance: Provenance) -> Result<Self, PhiPatternError> {
        let regex = RegexBuilder::new(pattern).size_limit(1 << 18).build();
        Ok(Self { id, title, provenance, regex: regex.map_err(|e| PhiPatternError(e.to_string()))? })
    }
}

/// What the patterns find in a text.
pub fn suspicions<'a>(patterns: &'a [PhiPattern], text: &str) -> Vec<Suspicion<'a>> {
    let found = patterns.iter().filter_map(|pattern| {
        let mut hits = pattern.regex.find_iter(text);
        let first = hits.next()?;
        let line = text.get(..first.start())?.matches('\n').count() + 1;
        Some(Suspicion { pattern: &pattern.id, title: &pattern.title, count: hits.count() + 1, line })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use attesta_kernel::Confidence;

    use super::*;

    #[test]
    fn a_suspicion_names_the_line_and_never_the_text() {
        let provenance = Provenance { source: "test".into(), confidence: Confidence::Unverified };
        let new = |pattern: &str| {
            PhiPattern::new("ssn".parse().unwrap(), "a number".parse().unwrap(), pattern, provenance.clone())
        };
        let patterns = [new(r"\b\d{3}-\d{2}-\d{4}\b").unwrap()];
        let found = suspicions(&patterns, "name\nssn 123-45-6789, 987-65-4321\n");
        assert_eq!(found.iter().map(|s| (s.count, s.line)).collect::<Vec<_>>(), [(2, 2)]);
        assert!(!format!("{found:?}").contains("6789"));
        assert!(suspicions(&patterns, "1123-45-67890").is_empty());
        assert!(new("(").is_err());
    }
}
