use std::fmt::Display;

/// So many of something, in the number that the count asks for.
///
/// ```
/// use attesta_kernel::many;
/// assert_eq!(many(1_u32, "gap", "gaps"), "1 gap");
/// assert_eq!(many(0_usize, "gap", "gaps"), "0 gaps");
/// ```
pub fn many<N: Display + PartialEq + From<u8>>(count: N, one: &str, more: &str) -> String {
    let word = if count == N::from(1) { one } else { more };
    format!("{count} {word}")
}
