use attesta_kernel::text_id;

use crate::{Agreement, Attestation, Decision, Exemption, Incident, Practice, RiskRegister};

/// Everything that people recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Records {
    /// Decisions about addressable specifications, in the order of the file.
    pub decisions: Vec<Decision>,
    /// Marks that an item does not apply, in the order of the file.
    pub exemptions: Vec<Exemption>,
    /// The risk analysis.
    pub risks: RiskRegister,
    /// Incidents, by id.
    pub incidents: Vec<Incident>,
    /// Agreements, by id.
    pub agreements: Vec<Agreement>,
    /// Practices, by id.
    pub practices: Vec<Practice>,
    /// What people attest, by id.
    pub attestations: Vec<Attestation>,
}

/// No text that people write is longer.
const MOST_WORDS: usize = 20_000;

text_id!(
    /// Something that somebody wrote: never blank. Its length is no test of its worth.
    Words,
    "an answer",
    "write what holds, or leave the key out; at most 20,000 characters",
    |t| !t.trim().is_empty() && t.len() <= MOST_WORDS && !t.chars().any(|c| c.is_control() && c != '\n' && c != '\t')
);

text_id!(
    /// A record's own id, e.g. `risk-014`.
    RecordId,
    "a record's id",
    "use letters, digits, dots, dashes and underscores, at most 80, beginning with a letter or digit",
    is_token
);

text_id!(
    /// A word that content defines: a factor, a grade, a clock, a family.
    Slug,
    "a word of content",
    "use small letters, digits and dashes, at most 60, beginning with a letter",
    |t| t.len() <= 60
        && t.starts_with(|c: char| c.is_ascii_lowercase())
        && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
);

fn is_token(text: &str) -> bool {
    text.len() <= 80
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_is_refused_and_one_word_is_enough() {
        assert!("".parse::<Words>().is_err());
        assert!(" \n\t ".parse::<Words>().is_err());
        assert!("\u{1b}[2J".parse::<Words>().is_err());
        assert_eq!("No.".parse::<Words>().unwrap().as_str(), "No.");
    }

    #[test]
    fn ids_are_parsed_not_guessed() {
        for good in ["risk-014", "R.1", "2026_03"] {
            assert!(good.parse::<RecordId>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "a b", "a/b", &"x".repeat(81)] {
            assert!(bad.parse::<RecordId>().is_err(), "{bad}");
        }
        assert!("Cost".parse::<Slug>().is_err());
    }
}
