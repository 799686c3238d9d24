//! Bytes to text: what shells, editors and other people's tools leave in files.

use std::borrow::Cow;

/// The text of a file, or why it is none.
///
/// UTF-8 with or without a byte order mark, and UTF-16 of either order (Windows PowerShell's `>` writes it), with or
/// without a mark.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    let utf16 = |encoding: &'static encoding_rs::Encoding| {
        let (text, malformed) = encoding.decode_with_bom_removal(bytes);
        if malformed { Err(format!("begins as {} text but does not go on as such", encoding.name())) } else { Ok(text) }
    };
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        [0xFF, 0xFE, ..] => utf16(encoding_rs::UTF_16LE),
        [0xFE, 0xFF, ..] => utf16(encoding_rs::UTF_16BE),
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => utf16(encoding_rs::UTF_16LE),
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => utf16(encoding_rs::UTF_16BE),
        _ => utf8(bytes),
    }
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(error) => {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = before.iter().filter(|b| **b == b'\n').count() + 1;
            Err(format!("is not UTF-8 text (line {line}, byte {}); save it as UTF-8", error.valid_up_to()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_that_a_shell_redirect_leaves() {
        let le: Vec<u8> = "{\"a\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = "{\"a\":1}".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            b"{\"a\":1}".to_vec(),
            [b"\xEF\xBB\xBF".as_slice(), b"{\"a\":1}"].concat(),
            [b"\xFF\xFE".as_slice(), &le].concat(),
            [b"\xFE\xFF".as_slice(), &be].concat(),
            le,
            be,
        ] {
            assert_eq!(decode(&bytes).unwrap(), "{\"a\":1}");
        }
    }

    #[test]
    fn what_is_no_text_names_its_place() {
        assert!(decode(b"{\n\"a\": \"\xE9\"}").unwrap_err().contains("line 2"));
        assert!(decode(b"\xFF\xFEa").is_err());
    }
}
