use attesta_kernel::Timestamp;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    der::{
        self, BIT_STRING, BOOLEAN, DerError, Element, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE,
        UTC_TIME, context,
    },
    signature,
};

const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x13];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x25];
const KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x0F];
const TIME_STAMPING: &[u8] = &[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];
const ANY_USAGE: &[u8] = &[0x55, 0x1D, 0x25, 0x00];

/// No chain is longer.
const LONGEST_CHAIN: usize = 8;

/// As much of an X.509 certificate as judging a timestamp needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub(crate) der: Vec<u8>,
    signed: Vec<u8>,
    pub(crate) serial: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    subject: Vec<u8>,
    from: Timestamp,
    to: Timestamp,
    pub(crate) key: Vec<u8>,
    is_authority: bool,
    may_sign_certificates: bool,
    stamps_time: bool,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
    unknown_critical: bool,
}

/// The bytes are not certificates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// They are no PEM.
    #[error("it holds no certificate in PEM form")]
    Pem,
    /// One of them cannot be read.
    #[error("a certificate: {0}")]
    Der(#[from] DerError),
}

/// Every certificate of a PEM text.
///
/// # Errors
///
/// When there is none, or one cannot be read.
pub fn certificates(pem: &str) -> Result<Vec<Certificate>, CertificateError> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let mut found = Vec::new();
    for part in pem.split(BEGIN).skip(1) {
        let (body, _) = part.split_once(END).ok_or(CertificateError::Pem)?;
        let body: String = body.split_ascii_whitespace().collect();
        let der = STANDARD.decode(body).map_err(|_| CertificateError::Pem)?;
        found.push(Certificate::parse(&der)?);
    }
    if found.is_empty() { Err(CertificateError::Pem) } else { Ok(found) }
}

impl Certificate {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, DerError> {
        let mut outer = der::only(bytes, SEQUENCE)?.inside();
        let signed = outer.one(SEQUENCE)?;
        let algorithm = outer.one(SEQUENCE)?;
        let signature = outer.one(BIT_STRING)?.value;
        outer.end()?;
        let mut fields = signed.inside();
        fields.maybe(context(0))?;
        let serial = fields.one(INTEGER)?;
        if fields.one(SEQUENCE)?.whole != algorithm.whole {
            return Err(DerError("two signature algorithms"));
        }
        let issuer = fields.one(SEQUENCE)?;
        let mut validity = fields.one(SEQUENCE)?.inside();
        let (from, to) = (time(validity.any()?)?, time(validity.any()?)?);
        let subject = fields.one(SEQUENCE)?;
        let key = fields.one(SEQUENCE)?;
        let mut certificate = Self {
            der: bytes.to_vec(),
            signed: signed.whole.to_vec(),
            serial: serial.value.to_vec(),
            issuer: issuer.whole.to_vec(),
            subject: subject.whole.to_vec(),
            from,
            to,
            key: key.whole.to_vec(),
            is_authority: false,
            may_sign_certificates: true,
            stamps_time: false,
            algorithm: algorithm.inside().one(OID)?.value.to_vec(),
            signature: signature.strip_prefix(&[0]).ok_or(DerError("a signature of odd bits"))?.to_vec(),
            unknown_critical: false,
        };
        while !fields.is_empty() {
            let field = fields.any()?;
            if field.tag == context(3) {
                let mut extensions = field.inside().one(SEQUENCE)?.inside();
                while !extensions.is_empty() {
                    certificate.extension(extensions.one(SEQUENCE)?.inside())?;
                }
            }
        }
        Ok(certificate)
    }

    fn extension(&mut self, mut extension: Reader<'_>) -> Result<(), DerError> {
        let id = extension.one(OID)?.value;
        let critical = extension.maybe(BOOLEAN)?.is_some_and(|flag| flag.value != [0]);
        let value = extension.one(OCTET_STRING)?.value;
        match id {
            BASIC_CONSTRAINTS => {
                let mut constraints = der::only(value, SEQUENCE)?.inside();
                self.is_authority = constraints.maybe(BOOLEAN)?.is_some_and(|flag| flag.value != [0]);
            }
            KEY_USAGE => {
                // Bit 5, counted from the highest: keyCertSign.
                let bits = der::only(value, BIT_STRING)?.value.get(1).copied().unwrap_or(0);
                self.may_sign_certificates = bits & 0x04 != 0;
            }
            EXTENDED_KEY_USAGE => {
                let mut usages = der::only(value, SEQUENCE)?.inside();
                let mut all = Vec::new();
                while !usages.is_empty() {
                    all.push(usages.one(OID)?.value);
                }
                // RFC 3161 section 2.3: critical, and for this alone.
                self.stamps_time = critical && all == [TIME_STAMPING] && !all.contains(&ANY_USAGE);
            }
            _ => self.unknown_critical |= critical,
        }
        Ok(())
    }

    /// Whether RFC 3161 lets its key sign timestamps.
    pub fn stamps_time(&self) -> bool {
        self.stamps_time && !self.unknown_critical
    }

    pub(crate) fn holds_at(&self, at: Timestamp) -> bool {
        self.from <= at && at <= self.to
    }

    fn issued(&self, other: &Self) -> bool {
        self.subject == other.issuer
            && self.is_authority
            && self.may_sign_certificates
            && signature::verify(&self.key, &other.algorithm, None, &other.signed, &other.signature).is_ok()
    }

    /// Whether a chain leads from this certificate to one of `roots` over `between`, all of which hold at a time.
    pub(crate) fn leads_to(&self, roots: &[Self], between: &[Self], at: Timestamp) -> bool {
        let mut current = self;
        for _ in 0..LONGEST_CHAIN {
            if roots.iter().any(|root| root.der == current.der || root.holds_at(at) && root.issued(current)) {
                return true;
            }
            let next = between
                .iter()
                .find(|c| c.der != current.der && c.holds_at(at) && !c.unknown_critical && c.issued(current));
            match next {
                Some(next) => current = next,
                None => return false,
            }
        }
        false
    }
}

/// `UTCTime` or `GeneralizedTime`, to the second, in UTC.
pub(crate) fn time(element: Element<'_>) -> Result<Timestamp, DerError> {
    let wrong = DerError("a time of another form");
    let text = std::str::from_utf8(element.value).map_err(|_| wrong)?;
    let digits = text.strip_suffix('Z').ok_or(wrong)?;
    let (digits, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = match element.tag {
        UTC_TIME if digits.len() == 12 => {
            // RFC 5280 section 4.1.2.5.1: 50 and later is the last century.
            let century = if digits < "50" { "20" } else { "19" };
            format!("{century}{digits}")
        }
        GENERALIZED_TIME if digits.len() == 14 => digits.to_owned(),
        _ => return Err(wrong),
    };
    if !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return Err(wrong);
    }
    let part = |range| whole.get(range).unwrap_or_default();
    let text =
        format!("{}-{}-{}T{}:{}:{}Z", part(0..4), part(4..6), part(6..8), part(8..10), part(10..12), part(12..14));
    text.parse().map_err(|_| wrong)
}
