//! RFC 3161: a query for a timestamp authority, and the verification of its reply, down to the authority's certificate and a
//! root that the caller trusts.
//!
//! It speaks to no network and has no clock: replies are judged at the time that they state. It knows RSA (PKCS #1 v1.5) and
//! ECDSA on P-256 and P-384, with SHA-256, SHA-384 and SHA-512; what uses anything else is refused, not guessed. Revocation is
//! not looked at.

mod certificate;
mod der;
mod query;
mod reply;
mod signature;

pub use certificate::{Certificate, CertificateError, certificates};
pub use der::DerError;
pub use query::Query;
pub use reply::{NotTimestamped, Timestamped, verify};
