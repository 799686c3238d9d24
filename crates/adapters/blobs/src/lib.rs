//! Evidence bytes by their digest, in a folder or in S3, with uploads that go on where they stopped.
//!
//! Every organisation has its own place ([`Blobs::of`]): `<tenant>/sha256/ab/cdef…`. Nothing is shared between two, so
//! that nobody learns from a digest what somebody else holds. What was acknowledged is durable; what stands under a
//! digest is whole. What a half-finished upload holds lies in the store too, so another process can go on with it.
//!
//! It knows no metadata, no people and no HTTP. It never unpacks to disk, and never calls bytes clean that nobody looked
//! at.

mod address;
mod archive;
mod blobs;
mod clamd;
mod error;
mod look;
mod place;
mod read;
mod staged;
mod sweep;
mod upload;
mod whole;

pub use address::{Address, AddressError, S3};
pub use archive::{ArchiveLimits, ArchiveRefusal, Contents, inspect};
pub use blobs::{Blobs, Limits};
pub use clamd::{Clamd, ClamdAddress, ClamdAddressError, Verdict};
pub use error::BlobError;
pub use look::Inspected;
pub use place::TenantBlobs;
pub use read::{Check, Reading};
pub use sweep::Swept;
pub use upload::{Phase, Upload};
pub use whole::{HEAD, Receipt};
