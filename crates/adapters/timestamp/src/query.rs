use attesta_kernel::Digest;

use crate::der::{self, BOOLEAN, DerError, INTEGER, OCTET_STRING, OID, SEQUENCE};

/// `2.16.840.1.101.3.4.2.1`
pub(crate) const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

/// A question for a timestamp authority: when did you see something with this digest?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The digest of what is to be timestamped.
    pub digest: Digest,
    /// Random bytes that the reply must repeat, so that no old reply can be given again. The first one is from 1 to 127.
    pub nonce: Vec<u8>,
}

impl Query {
    /// A question about a digest, with eight random bytes.
    pub fn new(digest: Digest, random: [u8; 8]) -> Self {
        // A positive whole number in its shortest form.
        let mut nonce = random.to_vec();
        if let Some(first) = nonce.first_mut() {
            *first = *first & 0x3F | 0x40;
        }
        Self { digest, nonce }
    }

    /// The bytes of the question (`TimeStampReq`), which also asks for the authority's certificate.
    pub fn to_der(&self) -> Vec<u8> {
        let algorithm = der::write(SEQUENCE, &[&der::write(OID, &[SHA256]), &der::write(0x05, &[])]);
        let imprint = der::write(SEQUENCE, &[&algorithm, &der::write(OCTET_STRING, &[self.digest.as_bytes()])]);
        let nonce = der::write(INTEGER, &[&self.nonce]);
        der::write(SEQUENCE, &[&der::write(INTEGER, &[&[1]]), &imprint, &nonce, &der::write(BOOLEAN, &[&[0xFF]])])
    }

    /// Reads a question that was written here.
    ///
    /// # Errors
    ///
    /// When it is none, or not ours.
    pub fn from_der(bytes: &[u8]) -> Result<Self, DerError> {
        let mut reader = der::only(bytes, SEQUENCE)?.inside();
        reader.one(INTEGER)?;
        let digest = imprint(reader.one(SEQUENCE)?.inside())?;
        let query = Self { digest, nonce: reader.one(INTEGER)?.value.to_vec() };
        if query.to_der() == bytes { Ok(query) } else { Err(DerError("it is not a question that was written here")) }
    }
}

/// The SHA-256 digest of a `MessageImprint`.
pub(crate) fn imprint(mut reader: der::Reader<'_>) -> Result<Digest, DerError> {
    let mut algorithm = reader.one(SEQUENCE)?.inside();
    if algorithm.one(OID)?.value != SHA256 {
        return Err(DerError("a digest that is not SHA-256"));
    }
    let digest = reader.one(OCTET_STRING)?.value.try_into().map_err(|_| DerError("a digest of another length"))?;
    reader.end()?;
    Ok(Digest::from_bytes(digest))
}
