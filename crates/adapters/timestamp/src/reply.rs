use attesta_kernel::Timestamp;

use crate::{
    Certificate, Query,
    certificate::time,
    der::{self, DerError, Element, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, SET, context},
    query::imprint,
    signature::{self, Hash},
};

const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
const TST_INFO: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x01, 0x04];
const CONTENT_TYPE: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x04];
const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x02, 0x2F];
const SIGNING_CERTIFICATE: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x02, 0x0C];

/// What an authority said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timestamped {
    /// When it saw the digest, by its own clock.
    pub at: Timestamp,
    /// The serial number of the timestamp.
    pub serial: Vec<u8>,
}

/// The reply proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTimestamped {
    /// It cannot be read.
    #[error("the reply: {0}")]
    Der(#[from] DerError),
    /// The authority said no.
    #[error("the authority refused: status {0}")]
    Refused(u8),
    /// It is about something else.
    #[error("the reply is about another digest")]
    Digest,
    /// It answers another question.
    #[error("the reply does not repeat the question's nonce")]
    Nonce,
    /// The signed attributes do not fit.
    #[error("the reply's signed attributes are not about its content")]
    Attributes,
    /// Who signed is not told.
    #[error("the certificate of the authority is neither in the reply nor among those given")]
    NoCertificate,
    /// The certificate is for something else.
    #[error("the signer's certificate is not for timestamping alone (RFC 3161 section 2.3)")]
    Usage,
    /// The signature is wrong or unknown.
    #[error("the authority's signature: {0}")]
    Signature(String),
    /// The chain does not lead to a root that is trusted.
    #[error("the authority's certificate does not lead to a given root, or did not hold at {0}")]
    Chain(Timestamp),
}

/// Verifies a reply (`TimeStampResp`) to a question. `roots` are trusted; `others` may stand between or be the authority's.
///
/// # Errors
///
/// At the first thing that does not hold.
pub fn verify(
    query: &Query,
    reply: &[u8],
    roots: &[Certificate],
    others: &[Certificate],
) -> Result<Timestamped, NotTimestamped> {
    let mut response = der::only(reply, SEQUENCE)?.inside();
    let status = response.one(SEQUENCE)?.inside().one(INTEGER)?.value;
    // 0 granted, 1 granted with modifications.
    match status {
        [0 | 1] => {}
        [other] => return Err(NotTimestamped::Refused(*other)),
        _ => return Err(DerError("a status of another form").into()),
    }
    let mut token = response.one(SEQUENCE)?.inside();
    response.end()?;
    if token.one(OID)?.value != SIGNED_DATA {
        return Err(DerError("it is not signed data").into());
    }
    let mut data = der::only(token.one(context(0))?.value, SEQUENCE)?.inside();
    data.one(INTEGER)?;
    data.one(SET)?;
    let mut content = data.one(SEQUENCE)?.inside();
    if content.one(OID)?.value != TST_INFO {
        return Err(DerError("its content is no timestamp").into());
    }
    let content = der::only(content.one(context(0))?.value, OCTET_STRING)?.value;
    let mut certificates = others.to_vec();
    if let Some(set) = data.maybe(context(0))? {
        let mut inside = set.inside();
        while !inside.is_empty() {
            certificates.push(Certificate::parse(inside.one(SEQUENCE)?.whole)?);
        }
    }
    data.maybe(context(1))?;
    let mut signers = data.one(SET)?.inside();
    let signer = signers.one(SEQUENCE)?.inside();
    signers.end()?;

    let (at, serial) = info(query, content)?;
    let certificate = signed_by(signer, content, &certificates)?;
    if !certificate.stamps_time() {
        return Err(NotTimestamped::Usage);
    }
    if !(certificate.holds_at(at) && certificate.leads_to(roots, &certificates, at)) {
        return Err(NotTimestamped::Chain(at));
    }
    Ok(Timestamped { at, serial })
}

/// What the timestamp says, once it answers the question.
fn info(query: &Query, content: &[u8]) -> Result<(Timestamp, Vec<u8>), NotTimestamped> {
    let mut info = der::only(content, SEQUENCE)?.inside();
    info.one(INTEGER)?;
    info.one(OID)?;
    if imprint(info.one(SEQUENCE)?.inside())? != query.digest {
        return Err(NotTimestamped::Digest);
    }
    let serial = info.one(INTEGER)?.value.to_vec();
    let at = time(info.any()?)?;
    info.maybe(SEQUENCE)?;
    info.maybe(der::BOOLEAN)?;
    match info.maybe(INTEGER)? {
        Some(nonce) if nonce.value == query.nonce => Ok((at, serial)),
        _ => Err(NotTimestamped::Nonce),
    }
}

/// The certificate whose key signed the content.
fn signed_by<'a>(
    mut signer: Reader<'_>,
    content: &[u8],
    certificates: &'a [Certificate],
) -> Result<&'a Certificate, NotTimestamped> {
    signer.one(INTEGER)?;
    let mut name = signer.one(SEQUENCE)?.inside();
    let (issuer, serial) = (name.one(SEQUENCE)?, name.one(INTEGER)?);
    let unknown = |_: ()| NotTimestamped::Signature("it uses a digest that is not known here".to_owned());
    let digest = Hash::of(signer.one(SEQUENCE)?.inside().one(OID)?.value).ok_or(()).map_err(unknown)?;
    let attributes = signer.one(context(0))?;
    let algorithm = signer.one(SEQUENCE)?.inside().one(OID)?.value;
    let signature = signer.one(OCTET_STRING)?.value;

    let found = certificates.iter().filter(|c| c.issuer == issuer.whole && c.serial == serial.value);
    let mut found = found.filter(|c| fits(attributes, content, digest, c) == Ok(true)).peekable();
    if found.peek().is_none() {
        let named = certificates.iter().any(|c| c.issuer == issuer.whole && c.serial == serial.value);
        return Err(if named { NotTimestamped::Attributes } else { NotTimestamped::NoCertificate });
    }
    // The attributes are signed as the SET that they are, whatever tag they carry here.
    let message = der::write(SET, &[attributes.value]);
    let mut why = NotTimestamped::NoCertificate;
    for certificate in found {
        match signature::verify(&certificate.key, algorithm, Some(digest), &message, signature) {
            Ok(()) => return Ok(certificate),
            Err(error) => why = NotTimestamped::Signature(error.to_string()),
        }
    }
    Err(why)
}

/// Whether the signed attributes are about this content and this certificate (RFC 5652 section 5.4, RFC 5816).
fn fits(attributes: Element<'_>, content: &[u8], digest: Hash, certificate: &Certificate) -> Result<bool, DerError> {
    let (mut kind, mut message, mut named) = (false, false, false);
    let mut rest = attributes.inside();
    while !rest.is_empty() {
        let mut attribute = rest.one(SEQUENCE)?.inside();
        let id = attribute.one(OID)?.value;
        let value = attribute.one(SET)?.value;
        match id {
            CONTENT_TYPE => kind = der::only(value, OID)?.value == TST_INFO,
            MESSAGE_DIGEST => message = der::only(value, OCTET_STRING)?.value == digest.digest(content),
            SIGNING_CERTIFICATE_V2 => {
                let mut first = der::only(value, SEQUENCE)?.inside().one(SEQUENCE)?.inside().one(SEQUENCE)?.inside();
                let algorithm = first.maybe(SEQUENCE)?;
                let hash = match algorithm {
                    Some(algorithm) => Hash::of(algorithm.inside().one(OID)?.value),
                    None => Some(Hash::Sha256),
                };
                let told = first.one(OCTET_STRING)?.value;
                named = hash.is_some_and(|hash| hash.digest(&certificate.der) == told);
            }
            // The older form names it by SHA-1, which proves nothing; issuer and serial must do.
            SIGNING_CERTIFICATE => named = true,
            _ => {}
        }
    }
    Ok(kind && message && named)
}
