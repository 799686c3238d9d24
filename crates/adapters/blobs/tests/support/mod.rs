//! Stores and bytes for tests.
#![allow(dead_code, clippy::expect_used, reason = "each test file uses its part, and stops when it cannot begin")]

use std::convert::Infallible;

use attesta_blobs::{Blobs, Limits, S3};
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _, stream};
use tempfile::TempDir;

/// Small, so that a test needs no large bytes.
pub(crate) const LIMITS: Limits = Limits { size: 40 << 20, chunk: 1 << 20, chunks: 64 };

/// The store that `ATTESTA_TEST_BLOBS` names (`cargo xtask blobs` sets it to a bucket), or a new folder.
pub(crate) fn store(limits: Limits) -> (Blobs, Option<TempDir>) {
    if let Ok(address) = std::env::var("ATTESTA_TEST_BLOBS") {
        // A prefix of its own: a sweep is for the whole store.
        let address = format!("{address}/{}", fresh("test")).parse().expect("an address");
        return (Blobs::open(&address, &S3::default(), limits).expect("the store that was named"), None);
    }
    let folder = tempfile::tempdir().expect("a folder");
    (in_folder(folder.path(), limits), Some(folder))
}

pub(crate) fn in_folder(folder: &std::path::Path, limits: Limits) -> Blobs {
    let address = format!("file:{}", folder.display()).parse().expect("an address");
    Blobs::open(&address, &S3::default(), limits).expect("a folder")
}

/// A name that no other test has.
pub(crate) fn fresh(prefix: &str) -> String {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("chance");
    format!("{prefix}_{:016x}", u64::from_le_bytes(bytes))
}

/// Bytes that differ everywhere, the same for the same seed.
pub(crate) fn bytes(seed: u64, size: usize) -> Bytes {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut out = Vec::with_capacity(size + 8);
    while out.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.extend_from_slice(&state.to_le_bytes());
    }
    out.truncate(size);
    out.into()
}

/// A stream of these bytes in frames of this size.
pub(crate) fn frames(bytes: &Bytes, frame: usize) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
    let bytes = bytes.clone();
    let parts: Vec<Bytes> =
        (0..bytes.len()).step_by(frame).map(|at| bytes.slice(at..bytes.len().min(at + frame))).collect();
    stream::iter(parts.into_iter().map(Ok))
}

pub(crate) async fn all(reading: attesta_blobs::Reading) -> Bytes {
    reading.bytes.try_collect::<Vec<Bytes>>().await.expect("bytes").concat().into()
}
