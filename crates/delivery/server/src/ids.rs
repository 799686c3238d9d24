//! New ids and secrets.

use attesta_kernel::Timestamp;

/// Ten random bytes; the machine must have them.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without randomness no id is safe: stopping the request (its task) is right.
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::error!("no randomness: {error}");
        std::process::abort();
    }
    bytes
}

/// Milliseconds since 1970.
pub(crate) fn milliseconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or(0)
}

/// A short number for an incident.
pub(crate) fn number() -> String {
    let bytes: [u8; 5] = random();
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A sortable id of any of the kinds that access names.
macro_rules! fresh {
    ($kind:ty, $at:expr) => {
        <$kind>::new($crate::ids::milliseconds($at), $crate::ids::random())
    };
}
pub(crate) use fresh;
