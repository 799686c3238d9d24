//! Signatures of certificates and timestamps.

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use rsa::{BoxedUint, Pkcs1v15Sign, PublicKey};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::der::{self, BIT_STRING, DerError, INTEGER, OID, Reader, SEQUENCE};

const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
const RSA_SHA256: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B];
const RSA_SHA384: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0C];
const RSA_SHA512: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0D];
const EC: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
const P256: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2B, 0x81, 0x04, 0x00, 0x22];
const ECDSA_SHA256: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];
const ECDSA_SHA384: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03];
const ECDSA_SHA512: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x04];
const SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
const SHA512: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];

/// The digests that we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(crate) fn of(oid: &[u8]) -> Option<Self> {
        match oid {
            crate::query::SHA256 => Some(Self::Sha256),
            SHA384 => Some(Self::Sha384),
            SHA512 => Some(Self::Sha512),
            _ => None,
        }
    }

    pub(crate) fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// How something is signed, once it is known.
enum Scheme {
    Rsa(Hash),
    Ecdsa(Hash),
}

fn scheme(algorithm: &[u8], digest: Option<Hash>) -> Option<Scheme> {
    Some(match algorithm {
        RSA_SHA256 => Scheme::Rsa(Hash::Sha256),
        RSA_SHA384 => Scheme::Rsa(Hash::Sha384),
        RSA_SHA512 => Scheme::Rsa(Hash::Sha512),
        // CMS lets a signer say `rsaEncryption` and name the digest beside it.
        RSA => Scheme::Rsa(digest?),
        ECDSA_SHA256 => Scheme::Ecdsa(Hash::Sha256),
        ECDSA_SHA384 => Scheme::Ecdsa(Hash::Sha384),
        ECDSA_SHA512 => Scheme::Ecdsa(Hash::Sha512),
        _ => return None,
    })
}

/// Why a signature was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadSignature {
    #[error("it uses a key or signature algorithm that is not known here")]
    Unknown,
    #[error("it does not hold")]
    Wrong,
    #[error(transparent)]
    Der(#[from] DerError),
}

/// Verifies with a `SubjectPublicKeyInfo`.
pub(crate) fn verify(
    key: &[u8],
    algorithm: &[u8],
    digest: Option<Hash>,
    message: &[u8],
    signature: &[u8],
) -> Result<(), BadSignature> {
    let scheme = scheme(algorithm, digest).ok_or(BadSignature::Unknown)?;
    let mut info = der::only(key, SEQUENCE)?.inside();
    let mut kind = info.one(SEQUENCE)?.inside();
    let public = info.one(BIT_STRING)?.value;
    let (unused, public) = public.split_first().ok_or(BadSignature::Unknown)?;
    if *unused != 0 {
        return Err(BadSignature::Unknown);
    }
    let holds = match (kind.one(OID)?.value, scheme) {
        (RSA, Scheme::Rsa(hash)) => rsa(public, hash, &hash.digest(message), signature)?,
        (EC, Scheme::Ecdsa(hash)) => {
            let digest = hash.digest(message);
            match kind.one(OID)?.value {
                P256 => {
                    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(public).map_err(|_| BadSignature::Unknown)?;
                    p256::ecdsa::Signature::from_der(signature).is_ok_and(|s| key.verify_prehash(&digest, &s).is_ok())
                }
                P384 => {
                    let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(public).map_err(|_| BadSignature::Unknown)?;
                    p384::ecdsa::Signature::from_der(signature).is_ok_and(|s| key.verify_prehash(&digest, &s).is_ok())
                }
                _ => return Err(BadSignature::Unknown),
            }
        }
        _ => return Err(BadSignature::Unknown),
    };
    if holds { Ok(()) } else { Err(BadSignature::Wrong) }
}

/// Weaker keys prove nothing any more.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

fn rsa(public: &[u8], hash: Hash, digest: &[u8], signature: &[u8]) -> Result<bool, BadSignature> {
    let mut parts: Reader<'_> = der::only(public, SEQUENCE)?.inside();
    let number = |bytes: &[u8]| {
        let bytes = bytes.strip_prefix(&[0]).unwrap_or(bytes);
        let bits = u32::try_from(bytes.len() * 8).ok().filter(|_| bytes.len() * 8 <= *RSA_BITS.end())?;
        BoxedUint::from_be_slice(bytes, bits).ok()
    };
    let modulus = number(parts.one(INTEGER)?.value).ok_or(BadSignature::Unknown)?;
    let exponent = number(parts.one(INTEGER)?.value).ok_or(BadSignature::Unknown)?;
    let key = PublicKey::new_with_size_limits(modulus, exponent, RSA_BITS);
    let key = key.map_err(|_| BadSignature::Unknown)?;
    let scheme = match hash {
        Hash::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
        Hash::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
        Hash::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
    };
    Ok(key.verify(scheme, digest, signature).is_ok())
}
