use std::{fmt, str::FromStr};

/// A control reference of the HITRUST CSF's structure: two digits of category and a letter index, e.g. `09.aa`.
///
/// Ordered as the CSF prints them: `09.z` comes before `09.aa`.
///
/// ```
/// use attesta_kernel::ControlRef;
/// let aa: ControlRef = "09.aa".parse()?;
/// assert!("09.z".parse::<ControlRef>()? < aa);
/// assert_eq!(aa.to_string(), "09.aa");
/// # Ok::<(), attesta_kernel::ControlRefError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ControlRef {
    category: u8,
    letters: String,
}

/// The text is not a control reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a control reference; write two digits, a dot and one or two small letters, such as `01.b` or `09.aa`"
)]
pub struct ControlRefError(pub String);

impl ControlRef {
    /// The control category's number, 0 to 99.
    pub fn category(&self) -> u8 {
        self.category
    }
}

impl FromStr for ControlRef {
    type Err = ControlRefError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || ControlRefError(text.to_owned());
        let (digits, letters) = text.split_once('.').ok_or_else(bad)?;
        let two_digits = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        let letters_fit = (1..=2).contains(&letters.len()) && letters.bytes().all(|b| b.is_ascii_lowercase());
        if !(two_digits && letters_fit) {
            return Err(bad());
        }
        Ok(Self { category: digits.parse().map_err(|_| bad())?, letters: letters.to_owned() })
    }
}

impl fmt::Display for ControlRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:02}.{}", self.category, self.letters))
    }
}

impl Ord for ControlRef {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |c: &Self| (c.category, c.letters.len(), c.letters.clone());
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for ControlRef {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_not_a_reference() {
        for bad in ["", "1.a", "01a", "01.", "01.A", "01.abc", "aa.b", "01.1", "001.a", "०१.a"] {
            assert!(bad.parse::<ControlRef>().is_err(), "{bad}");
        }
    }
}
