use attesta_kernel::Digest;
use object_store::path::Path;

use crate::{BlobError, Blobs};

/// The blobs of one organisation. There is no way from here to those of another.
#[derive(Debug, Clone)]
pub struct TenantBlobs {
    pub(crate) blobs: Blobs,
    tenant: String,
}

impl TenantBlobs {
    pub(crate) fn new(blobs: Blobs, tenant: &str) -> Result<Self, BlobError> {
        Ok(Self { blobs, tenant: name("organisation's id", tenant)?.to_owned() })
    }

    /// Where the bytes with a digest lie.
    pub(crate) fn path(&self, digest: &Digest) -> Path {
        let text = digest.to_string();
        let (two, rest) = text.split_at_checked(2).unwrap_or((&text, ""));
        Path::from_iter([self.tenant.as_str(), "sha256", two, rest])
    }

    /// Where all kept bytes lie.
    pub(crate) fn kept(&self) -> Path {
        Path::from_iter([self.tenant.as_str(), "sha256"])
    }

    /// Where an upload lies.
    pub(crate) fn upload(&self, id: &str) -> Path {
        Path::from_iter([self.tenant.as_str(), "uploads", id])
    }

    /// Where bytes gather whose digest is not known yet.
    pub(crate) fn incoming(&self) -> Result<Path, BlobError> {
        Ok(Path::from_iter([self.tenant.as_str(), "incoming", &random_name()?]))
    }
}

/// An id that is one plain part of a path.
pub(crate) fn name<'a>(what: &'static str, text: &'a str) -> Result<&'a str, BlobError> {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if plain && (1..=64).contains(&text.len()) {
        return Ok(text);
    }
    Err(BlobError::Name { what, text: text.chars().take(80).collect() })
}

/// A name that nobody else has.
pub(crate) fn random_name() -> Result<String, BlobError> {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).map_err(|e| BlobError::of("draw a name", e.to_string().into()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A count of bytes in memory.
pub(crate) fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
