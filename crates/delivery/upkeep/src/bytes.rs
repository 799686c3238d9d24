//! Brings bytes into a store. What stands there already counts only when it was hashed again, and so does what was put.

use std::error::Error;

use attesta_blobs::{BlobError, Check, TenantBlobs};
use attesta_kernel::Digest;
use futures_util::Stream;

use crate::UpkeepError;

/// Whether the bytes stand there and are right. What stands there and is not goes.
pub(crate) async fn stands(place: &TenantBlobs, digest: &Digest) -> Result<bool, UpkeepError> {
    match place.verify(digest).await? {
        Check::Right { .. } => Ok(true),
        Check::Missing => Ok(false),
        Check::Changed { .. } => {
            place.remove(digest).await?;
            Ok(false)
        }
    }
}

/// Puts bytes where they do not stand, and reads them again.
pub(crate) async fn put<S, E>(place: &TenantBlobs, digest: &Digest, named: &str, bytes: S) -> Result<(), UpkeepError>
where
    S: Stream<Item = Result<bytes::Bytes, E>> + Send,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let receipt = place.put_stream(bytes).await.map_err(|error| match error {
        BlobError::Interrupted { why, .. } => UpkeepError::damaged(named, why),
        error => error.into(),
    })?;
    if receipt.digest != *digest {
        if !receipt.here {
            place.remove(&receipt.digest).await?;
        }
        return Err(UpkeepError::damaged(named, format!("they are {}", receipt.digest)));
    }
    match place.verify(digest).await? {
        Check::Right { .. } => Ok(()),
        Check::Changed { found, .. } => {
            Err(UpkeepError::damaged(named, format!("the store keeps {found} in their place")))
        }
        Check::Missing => Err(UpkeepError::damaged(named, "the store took them and does not have them")),
    }
}
