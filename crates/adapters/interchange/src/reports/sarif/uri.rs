//! Paths as URI references (RFC 3986).

/// The path as a URI: relative paths stay relative, absolute ones become `file:` URIs.
pub(super) fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let mut drive = path.chars();
    let drive = matches!((drive.next(), drive.next(), drive.next()), (Some(c), Some(':'), Some('/')) if c.is_ascii_alphabetic());
    let mut uri = String::with_capacity(path.len().saturating_add(8));
    if drive {
        uri.push_str("file:///");
    } else if path.starts_with('/') {
        uri.push_str("file://");
    }
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'@' | b'+' | b',' | b'=' => {
                uri.push(char::from(byte));
            }
            b':' if drive && at == 1 => uri.push(':'),
            byte => {
                let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase();
                uri.extend(['%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_become_references() {
        for (path, expected) in [
            ("infra/plan.json", "infra/plan.json"),
            ("./a b/c#d?.json", "a%20b/c%23d%3F.json"),
            ("/srv/plan.json", "file:///srv/plan.json"),
            (r"C:\work\plan.json", "file:///C:/work/plan.json"),
            ("a:b/plan.json", "a%3Ab/plan.json"),
            ("pläne/100%.json", "pl%C3%A4ne/100%25.json"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }
}
