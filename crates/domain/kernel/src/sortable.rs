//! Ids that begin with the time, so that they sort by age: a prefix and 26 characters (a ULID).

use std::fmt;

/// Crockford's base32: no I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: u32 = 26;

/// A type for ids of one kind: name, what it is, how it is written, and its prefix. Made from milliseconds since 1970 and
/// ten random bytes; there is one text for each id.
///
/// ```
/// attesta_kernel::sortable_id!(
///     /// A bed.
///     BedId,
///     "a bed id",
///     "write `bed_` and 26 characters",
///     "bed_"
/// );
/// let id = BedId::new(1_764_189_630_000, [7; 10]);
/// assert_eq!(id.to_string().parse(), Ok(id));
/// assert_eq!(id.milliseconds(), 1_764_189_630_000);
/// assert!(id < BedId::new(1_764_189_630_001, [0; 10]));
/// assert_eq!("bed_1".parse::<BedId>().unwrap_err().to_string(), "`bed_1` is not a bed id; write `bed_` and 26 characters");
/// ```
#[macro_export]
macro_rules! sortable_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $form:literal, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// What stands before the 26 characters.
            pub const PREFIX: &'static str = $prefix;

            /// An id from milliseconds since 1970 and ten random bytes.
            pub fn new(milliseconds: u64, random: [u8; 10]) -> Self {
                Self($crate::sortable::from_parts(milliseconds, random))
            }

            /// When it was made, in milliseconds since 1970.
            pub fn milliseconds(self) -> u64 {
                $crate::sortable::milliseconds(self.0)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                $crate::sortable::write(f, $prefix, self.0)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::sortable::read(text, $prefix).map(Self).ok_or_else(|| $crate::IdError::new(text, $kind, $form))
            }
        }
    };
}

/// The number behind an id; for [`sortable_id!`](crate::sortable_id).
#[doc(hidden)]
pub fn from_parts(milliseconds: u64, random: [u8; 10]) -> u128 {
    let low = random.iter().fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
    u128::from(milliseconds & 0xFFFF_FFFF_FFFF) << 80 | low
}

#[doc(hidden)]
pub fn milliseconds(id: u128) -> u64 {
    u64::try_from(id >> 80).unwrap_or(u64::MAX)
}

#[doc(hidden)]
pub fn write(f: &mut fmt::Formatter<'_>, prefix: &str, id: u128) -> fmt::Result {
    let digits = (0..LENGTH).rev().filter_map(|place| {
        let digit = usize::try_from(id >> (5 * place) & 31).ok()?;
        ALPHABET.get(digit).map(|b| char::from(*b))
    });
    f.pad(&format!("{prefix}{}", digits.collect::<String>()))
}

#[doc(hidden)]
pub fn read(text: &str, prefix: &str) -> Option<u128> {
    let digits = text.strip_prefix(prefix).filter(|d| u32::try_from(d.len()) == Ok(LENGTH))?;
    digits.bytes().try_fold(0_u128, |sum, byte| {
        let digit = ALPHABET.iter().position(|b| *b == byte)?;
        sum.checked_mul(32)?.checked_add(u128::try_from(digit).ok()?)
    })
}
