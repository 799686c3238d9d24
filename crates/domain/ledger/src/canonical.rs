use std::{collections::BTreeMap, fmt::Write as _};

/// The biggest whole number that RFC 8785 writes without loss: 2^53 - 1.
const MOST: u64 = (1 << 53) - 1;
/// Nothing that we write nests deeper.
const DEEPEST: usize = 8;

/// JSON in the one byte form of RFC 8785 (JCS), cut down to what leaves need: texts, whole numbers, lists, objects.
///
/// ```
/// use attesta_ledger::Json;
/// let text = r#"{"at":"2026-11-26","previous":[1,2]}"#;
/// assert_eq!(Json::parse(text)?.to_string(), text);
/// assert!(Json::parse(r#"{"previous": [1]}"#).is_err(), "a blank is another byte form");
/// # Ok::<(), attesta_ledger::NotCanonical>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// A text.
    Text(String),
    /// A whole number from 0 to 2^53 - 1.
    Number(u64),
    /// A list.
    List(Vec<Self>),
    /// An object. Keys are ASCII, so that byte order is the UTF-16 order that RFC 8785 asks for.
    Object(BTreeMap<String, Self>),
}

/// The bytes are not canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not canonical JSON (RFC 8785) at byte {at}: {why}")]
pub struct NotCanonical {
    /// Where, counted from 0.
    pub at: usize,
    /// Why.
    pub why: &'static str,
}

impl Json {
    /// An object of these members.
    pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, Self)>) -> Self {
        Self::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Reads the canonical form and nothing else: no blanks, keys in order, one way to write each character.
    ///
    /// # Errors
    ///
    /// When the text is anything but what [`std::fmt::Display`] of the value writes.
    pub fn parse(text: &str) -> Result<Self, NotCanonical> {
        let mut reader = Reader { rest: text, length: text.len() };
        let value = reader.value(0)?;
        if !reader.rest.is_empty() {
            return Err(reader.wrong("something follows the value"));
        }
        if value.to_string() != text {
            return Err(NotCanonical { at: 0, why: "it has another canonical form" });
        }
        Ok(value)
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Text(text) => write_text(text, out),
            Self::Number(number) => {
                let _ = write!(out, "{number}");
            }
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (at, (key, value)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    write_text(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

impl std::fmt::Display for Json {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = String::new();
        self.write(&mut out);
        f.write_str(&out)
    }
}

/// RFC 8785 section 3.2.2.2: two-character escapes where JSON has them, small hexadecimal for other control characters,
/// everything else as it is.
fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{9}' => out.push_str("\\t"),
            '\u{a}' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\u{d}' => out.push_str("\\r"),
            c if u32::from(c) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

struct Reader<'a> {
    rest: &'a str,
    length: usize,
}

impl Reader<'_> {
    fn wrong(&self, why: &'static str) -> NotCanonical {
        NotCanonical { at: self.length - self.rest.len(), why }
    }

    fn take(&mut self, token: char) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(c)
    }

    fn value(&mut self, depth: usize) -> Result<Json, NotCanonical> {
        if depth > DEEPEST {
            return Err(self.wrong("it nests too deep"));
        }
        if self.take('"') {
            self.text().map(Json::Text)
        } else if self.take('[') {
            self.list(depth)
        } else if self.take('{') {
            self.object(depth)
        } else {
            self.number()
        }
    }

    fn number(&mut self) -> Result<Json, NotCanonical> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.rest.split_at(digits);
        match number.parse() {
            Ok(value) if value <= MOST && number.len() <= 16 => {
                self.rest = rest;
                Ok(Json::Number(value))
            }
            _ => Err(self.wrong("neither a text, a whole number, a list nor an object stands here")),
        }
    }

    fn text(&mut self) -> Result<String, NotCanonical> {
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err(self.wrong("a text has no end")),
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escape()?),
                Some(c) if u32::from(c) < 0x20 => return Err(self.wrong("a control character is not escaped")),
                Some(c) => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<char, NotCanonical> {
        match self.next() {
            Some(c @ ('"' | '\\')) => Ok(c),
            Some('b') => Ok('\u{8}'),
            Some('t') => Ok('\u{9}'),
            Some('n') => Ok('\u{a}'),
            Some('f') => Ok('\u{c}'),
            Some('r') => Ok('\u{d}'),
            Some('u') => {
                let code = self.rest.get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok()).filter(|c| *c < 0x20);
                let c = code.and_then(char::from_u32).ok_or_else(|| self.wrong("this escape is not canonical"))?;
                self.rest = self.rest.get(4..).unwrap_or_default();
                Ok(c)
            }
            _ => Err(self.wrong("this escape is not canonical")),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Json, NotCanonical> {
        let mut items = Vec::new();
        if self.take(']') {
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.take(']') {
                return Ok(Json::List(items));
            }
            if !self.take(',') {
                return Err(self.wrong("a list goes on with a comma or ends"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, NotCanonical> {
        let mut members = BTreeMap::new();
        if self.take('}') {
            return Ok(Json::Object(members));
        }
        loop {
            if !self.take('"') {
                return Err(self.wrong("a key is a text"));
            }
            let key = self.text()?;
            if !key.is_ascii() {
                return Err(self.wrong("a key is not ASCII"));
            }
            if !self.take(':') {
                return Err(self.wrong("a colon follows a key"));
            }
            let value = self.value(depth + 1)?;
            if members.insert(key, value).is_some() {
                return Err(self.wrong("a key stands twice"));
            }
            if self.take('}') {
                return Ok(Json::Object(members));
            }
            if !self.take(',') {
                return Err(self.wrong("an object goes on with a comma or ends"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_canonical_form_is_read() {
        for good in [
            r#""""#,
            "0",
            "9007199254740991",
            "[]",
            "{}",
            r#"[1,"a",{"b":[]}]"#,
            r#""\u001f\b\t\n\f\r\"\\é/""#,
            r#"{"A":1,"a":2}"#,
        ] {
            assert_eq!(Json::parse(good).unwrap_or_else(|e| panic!("{good}: {e}")).to_string(), good);
        }
        for bad in [
            "",
            " 1",
            "1 ",
            "01",
            "-1",
            "1.0",
            "1e3",
            "9007199254740992",
            "null",
            "true",
            r#""\/""#,
            r#""\u0041""#,
            r#""\u001F""#,
            r#""\u0008""#,
            "\"\u{1}\"",
            "[1,]",
            "[1 ]",
            r#"{"b":1,"a":2}"#,
            r#"{"a":1,"a":2}"#,
            r#"{"é":1}"#,
            r#"{"a":1"#,
            "\u{feff}1",
            "[[[[[[[[[[1]]]]]]]]]]",
        ] {
            assert!(Json::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(text in "\\PC{0,20}|[\\x00-\\x7f]{0,20}", number in 0..=MOST) {
            let value = Json::object([("t", Json::text(text)), ("n", Json::List(vec![Json::Number(number)]))]);
            prop_assert_eq!(Json::parse(&value.to_string()), Ok(value));
        }

        #[test]
        fn whatever_is_read_writes_the_same_bytes(text in "[\\[\\]{}\",:0-9a-c\\\\ ]{0,30}") {
            if let Ok(value) = Json::parse(&text) {
                prop_assert_eq!(value.to_string(), text);
            }
        }
    }
}
