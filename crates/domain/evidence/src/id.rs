use std::{fmt, str::FromStr};

/// The id of one version of one piece of evidence: `evd_` and 26 characters that begin with the time (a ULID), so that ids
/// sort by age.
///
/// ```
/// use attesta_evidence::EvidenceId;
/// let id = EvidenceId::new(1_764_189_630_000, [7; 10]);
/// assert_eq!(id.to_string().parse(), Ok(id));
/// assert!(id < EvidenceId::new(1_764_189_630_001, [0; 10]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EvidenceId(u128);

/// The text is not an evidence id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an evidence id; copy one from `attesta evidence list`, like `evd_01KB0QZ3M8X9Y7V6T5S4R3Q2P1`")]
pub struct EvidenceIdError(pub String);

/// Crockford's base32: no I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREFIX: &str = "evd_";

impl EvidenceId {
    /// An id from milliseconds since 1970 and ten random bytes.
    pub fn new(milliseconds: u64, random: [u8; 10]) -> Self {
        let low = random.iter().fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
        Self(u128::from(milliseconds & 0xFFFF_FFFF_FFFF) << 80 | low)
    }
}

impl fmt::Display for EvidenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = (0..26_u32).rev().filter_map(|place| {
            let digit = usize::try_from(self.0 >> (5 * place) & 31).ok()?;
            ALPHABET.get(digit).map(|b| char::from(*b))
        });
        f.pad(&format!("{PREFIX}{}", digits.collect::<String>()))
    }
}

impl FromStr for EvidenceId {
    type Err = EvidenceIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || EvidenceIdError(text.chars().take(80).collect());
        let digits = text.strip_prefix(PREFIX).filter(|d| d.len() == 26).ok_or_else(wrong)?;
        let value = digits.bytes().try_fold(0_u128, |sum, byte| {
            let digit = ALPHABET.iter().position(|b| *b == byte)?;
            sum.checked_mul(32)?.checked_add(u128::try_from(digit).ok()?)
        });
        value.map(Self).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_for_each_id() {
        let text = EvidenceId::new(1, [0xFF; 10]).to_string();
        assert_eq!(text, "evd_0000000001ZZZZZZZZZZZZZZZZ");
        for bad in ["", "evd_", "evd_1", &text.to_lowercase(), &text.replace('Z', "U"), &text.replace("evd_0", "evd_8")]
        {
            assert!(bad.parse::<EvidenceId>().is_err(), "{bad}");
        }
    }
}
