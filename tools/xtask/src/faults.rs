//! The real server under faults, hundreds of times: `kill -9` while it writes and while it starts first, a full disk, bytes
//! that cannot be written, a database that crashes, two servers at once. `cargo test` does the same a few times.

use crate::run::Step;

/// Kills of each of the two storms; of the first starts about three quarters as many together.
const KILLS: &str = "150";

pub(crate) fn check(features: &str, kills: Option<&str>) -> Result<(), String> {
    let test = ["test", "--workspace", "--locked", "--features", features, "--test", "faults", "--", "--nocapture"];
    Step::cargo("faults", &test).with("ATTESTA_KILLS", kills.unwrap_or(KILLS)).run()
}
