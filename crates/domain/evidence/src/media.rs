/// What bytes are, by their content alone; a file's name is nobody's proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Media {
    /// The media type.
    pub name: &'static str,
    /// Whether people read it as text, so that its words can be looked at.
    pub is_text: bool,
}

/// Beginnings by which formats are known.
const MAGIC: [(&[u8], &str); 14] = [
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"{\\rtf", "application/rtf"),
    (b"\x7fELF", "application/x-executable"),
];

/// Names inside an archive by which office formats are known.
const OFFICE: [(&[u8], &str); 3] = [
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
];

const UNKNOWN: Media = Media { name: "application/octet-stream", is_text: false };

/// What the bytes are, from their first few kilobytes. `whole` says whether these are all of them.
///
/// ```
/// use attesta_evidence::media_type;
/// assert_eq!(media_type(b"%PDF-1.7 ...", true).name, "application/pdf");
/// assert_eq!(media_type(b"{\"a\": 1}", true).name, "application/json");
/// ```
pub fn media_type(head: &[u8], whole: bool) -> Media {
    let binary = |name| Media { name, is_text: false };
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return binary(name);
    }
    if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        return binary("image/webp");
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return binary(archive(head));
    }
    text(head, whole).map_or(UNKNOWN, |name| Media { name, is_text: true })
}

fn archive(head: &[u8]) -> &'static str {
    let holds = |name: &[u8]| head.windows(name.len()).any(|window| window == name);
    if holds(b"[Content_Types].xml") || holds(b"_rels/.rels") {
        let office = OFFICE.iter().find(|(folder, _)| holds(folder));
        return office.map_or("application/zip", |(_, name)| name);
    }
    if holds(b"mimetypeapplication/vnd.oasis.opendocument") {
        return "application/vnd.oasis.opendocument";
    }
    "application/zip"
}

fn text(head: &[u8], whole: bool) -> Option<&'static str> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // Cut in the middle of a character.
        Err(error) if !whole && error.error_len().is_none() => {
            std::str::from_utf8(head.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}')) {
        return None;
    }
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let lower = start.get(..15).unwrap_or(start).to_ascii_lowercase();
    Some(match lower.as_bytes() {
        [b'{' | b'[', ..] => "application/json",
        _ if lower.starts_with("<?xml") => "application/xml",
        _ if lower.starts_with("<!doctype html") || lower.starts_with("<html") => "text/html",
        _ => "text/plain",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_their_bytes() {
        let docx = b"PK\x03\x04....[Content_Types].xml....word/document.xml";
        let table: [(&[u8], &str); 12] = [
            (b"", "text/plain"),
            (b"hello\r\n\tworld", "text/plain"),
            (b"\xef\xbb\xbf[1]", "application/json"),
            (b"<?xml version='1.0'?>", "application/xml"),
            (b"<!DOCTYPE html><p>", "text/html"),
            (b"\x89PNG\r\n\x1a\n....", "image/png"),
            (b"\xff\xd8\xff\xe0", "image/jpeg"),
            (b"PK\x03\x04 some file", "application/zip"),
            (docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            (b"caf\xe9", "application/octet-stream"),
            (b"a\0b", "application/octet-stream"),
            (b"MZ\x90\0", "application/octet-stream"),
        ];
        for (bytes, name) in table {
            assert_eq!(media_type(bytes, true).name, name);
        }
        assert_eq!(media_type(b"caf\xc3", false).name, "text/plain", "cut inside a character");
        assert_eq!(media_type(b"caf\xc3", true).name, "application/octet-stream");
    }
}
