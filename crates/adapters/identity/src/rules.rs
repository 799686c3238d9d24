use std::fmt;

use crate::password::MOST_BYTES;

/// What a new password must be. Length is what counts; no rule asks for kinds of characters, nor for a change every few
/// months (NIST SP 800-63B).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordRules {
    /// At least so many characters.
    pub least: usize,
    /// It must not hold any of these, whatever their case: the product's name, the organisation's, the person's.
    pub context: Vec<String>,
}

/// Why a password is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weakness {
    /// Too few characters.
    TooShort {
        /// How many there must be.
        least: usize,
    },
    /// More bytes than any password has.
    TooLong,
    /// It holds a word that anybody would try.
    Holds(String),
    /// It repeats one character, or counts along.
    Pattern,
}

impl PasswordRules {
    /// 12 characters, and not the product's name.
    pub fn usual() -> Self {
        Self { least: 12, context: vec!["attesta".to_owned()] }
    }

    /// Everything that is wrong with it; an empty list lets it pass.
    pub fn weaknesses(&self, password: &str) -> Vec<Weakness> {
        let mut found = Vec::new();
        if password.chars().count() < self.least {
            found.push(Weakness::TooShort { least: self.least });
        }
        if password.len() > MOST_BYTES {
            found.push(Weakness::TooLong);
        }
        let small = password.to_lowercase();
        // Short words stand in many good passwords by chance.
        let words = self.context.iter().map(|w| w.trim().to_lowercase()).filter(|w| w.chars().count() >= 4);
        found.extend(words.filter(|w| small.contains(w.as_str())).map(Weakness::Holds));
        if is_pattern(&small) {
            found.push(Weakness::Pattern);
        }
        found
    }
}

/// One character again and again, or each the next (or the former) of the one before.
fn is_pattern(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let mut steps = codes.iter().zip(codes.iter().skip(1)).map(|(a, b)| b.saturating_sub(*a));
    match steps.next() {
        None => false,
        Some(first) => (-1..=1).contains(&first) && steps.all(|s| s == first),
    }
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { least } => write!(f, "it is too short; use at least {least} characters"),
            Self::TooLong => write!(f, "it is too long; use at most {MOST_BYTES} bytes"),
            Self::Holds(word) => write!(f, "it holds `{word}`, which anybody would try"),
            Self::Pattern => f.write_str("it repeats or counts; use several words that do not belong together"),
        }
    }
}
