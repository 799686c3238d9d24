use attesta_kernel::Digest;
use jiff::SignedDuration;

/// The first wait, in seconds.
const FIRST: u64 = 10;
/// The longest, in seconds.
const LONGEST: u64 = 6 * 3600;

/// How long to wait after so many attempts: twice as long each time, and up to a half more that follows from the id, so
/// that what failed together is not tried again together.
pub fn again_after(id: &str, attempts: u32) -> SignedDuration {
    let doublings = attempts.saturating_sub(1).min(20);
    let wait = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    let digest = Digest::of_parts([id.as_bytes(), attempts.to_be_bytes().as_slice()]).to_string();
    let drawn =
        digest.rsplit(':').next().and_then(|hex| hex.get(..8)).and_then(|hex| u64::from_str_radix(hex, 16).ok());
    let jitter = drawn.unwrap_or_default() % (wait / 2 + 1);
    SignedDuration::from_secs(i64::try_from(wait + jitter).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn waits_grow_and_end_growing() {
        for attempts in 1..60_u32 {
            let least = 10_i64.saturating_mul(1 << (attempts - 1).min(20)).min(6 * 3600);
            for id in ["a", "b", "job_1"] {
                let wait = again_after(id, attempts).as_secs();
                assert!((least..=least + least / 2).contains(&wait), "{attempts}: {wait}");
                assert_eq!(wait, again_after(id, attempts).as_secs());
            }
        }
        assert!(again_after("a", 0).as_secs() >= 10);
    }

    #[test]
    fn what_failed_together_is_not_tried_again_together() {
        let waits: BTreeSet<_> = (0..100).map(|n| again_after(&format!("job_{n}"), 8).as_secs()).collect();
        assert!(waits.len() > 80, "{}", waits.len());
    }
}
