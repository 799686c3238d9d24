//! As much of DER as certificates and timestamps need: definite lengths, no byte read twice, nothing copied.

/// The bytes are not the DER that should stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not the DER that should stand there: {0}")]
pub struct DerError(pub(crate) &'static str);

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// Context-specific, constructed.
pub(crate) const fn context(number: u8) -> u8 {
    0xA0 | number
}

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    /// What it holds.
    pub(crate) value: &'a [u8],
    /// All of it, tag and length too.
    pub(crate) whole: &'a [u8],
}

/// A row of elements.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn any(&mut self) -> Result<Element<'a>, DerError> {
        let cut = DerError("it is cut short");
        let all = self.0;
        let (tag, rest) = all.split_first().ok_or(cut)?;
        if tag & 0x1F == 0x1F {
            return Err(DerError("a tag of more than one byte"));
        }
        let (first, rest) = rest.split_first().ok_or(cut)?;
        let (length, rest) = if *first < 0x80 {
            (usize::from(*first), rest)
        } else {
            let count = usize::from(first & 0x7F);
            if !(1..=4).contains(&count) {
                return Err(DerError("an indefinite or enormous length"));
            }
            let (bytes, rest) = rest.split_at_checked(count).ok_or(cut)?;
            let length = bytes.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
            if length < 0x80 || bytes.first() == Some(&0) {
                return Err(DerError("a length that is not written the shortest way"));
            }
            (length, rest)
        };
        let (value, after) = rest.split_at_checked(length).ok_or(cut)?;
        let whole = all.get(..all.len() - after.len()).ok_or(cut)?;
        self.0 = after;
        Ok(Element { tag: *tag, value, whole })
    }

    pub(crate) fn one(&mut self, tag: u8) -> Result<Element<'a>, DerError> {
        let element = self.any()?;
        if element.tag == tag { Ok(element) } else { Err(DerError("another kind of element")) }
    }

    /// The next element, when it has this tag.
    pub(crate) fn maybe(&mut self, tag: u8) -> Result<Option<Element<'a>>, DerError> {
        if self.0.first() == Some(&tag) { self.any().map(Some) } else { Ok(None) }
    }

    pub(crate) fn end(&self) -> Result<(), DerError> {
        if self.0.is_empty() { Ok(()) } else { Err(DerError("something follows")) }
    }
}

impl<'a> Element<'a> {
    pub(crate) fn inside(&self) -> Reader<'a> {
        Reader(self.value)
    }
}

/// The one element that the bytes are.
pub(crate) fn only(bytes: &[u8], tag: u8) -> Result<Element<'_>, DerError> {
    let mut reader = Reader::new(bytes);
    let element = reader.one(tag)?;
    reader.end()?;
    Ok(element)
}

/// Writes an element.
pub(crate) fn write(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let start = bytes.iter().position(|b| *b != 0).unwrap_or(bytes.len());
            let bytes = bytes.get(start..).unwrap_or_default();
            out.push(0x80 | u8::try_from(bytes.len()).unwrap_or(4));
            out.extend_from_slice(bytes);
        }
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_again(value in prop::collection::vec(any::<u8>(), 0..400)) {
            let bytes = write(OCTET_STRING, &[&value]);
            prop_assert_eq!(only(&bytes, OCTET_STRING).unwrap().value, value.as_slice());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut reader = Reader::new(&bytes);
            while reader.any().is_ok() {}
        }
    }

    #[test]
    fn lengths_have_one_form() {
        for bad in [&[4, 0x81, 1, 0][..], &[4, 0x80, 0, 0], &[4, 0x82, 0, 0x80], &[4, 2, 0], &[0x1F, 1, 0], &[4]] {
            assert!(only(bad, bad[0]).is_err(), "{bad:?}");
        }
    }
}
