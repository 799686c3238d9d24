//! JSON text to events with lines.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use crate::tree::{Builder, DocumentError, Event, Mark, Sink, Tree};

/// Reads a whole JSON document. Duplicate keys are refused.
pub(crate) fn parse(text: &str) -> Result<Tree<'_>, DocumentError> {
    let mut builder = Builder::default();
    events(text, &mut builder)?;
    Ok(builder.finish())
}

/// Hands every event of a JSON document to `sink`, after the whole text was found to be JSON.
pub(crate) fn events<'a>(text: &'a str, sink: &mut impl Sink<'a>) -> Result<(), DocumentError> {
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| refused(&error))?;
    let mut scanner = Scanner { text, at: 0, line: 1 };
    while let Some(event) = scanner.next()? {
        sink.event(event, scanner.line)?;
    }
    Ok(())
}

/// serde_json's complaint, with its line taken out of the words.
fn refused(error: &serde_json::Error) -> DocumentError {
    let words = error.to_string();
    let what = words.rsplit_once(" at line ").map_or(&*words, |(what, _)| what);
    DocumentError::new(u32::try_from(error.line()).unwrap_or(u32::MAX), format!("not JSON: {what}"))
}

/// Walks over text that is known to be JSON.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl<'a> Scanner<'a> {
    fn next(&mut self) -> Result<Option<Event<'a>>, DocumentError> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'\n' => self.line = self.line.saturating_add(1),
                b' ' | b'\t' | b'\r' | b',' | b':' => {}
                b'{' => return Ok(self.step(Event::Map(Mark::default()))),
                b'[' => return Ok(self.step(Event::List(Mark::default()))),
                b'}' | b']' => return Ok(self.step(Event::End)),
                b'"' => return self.string().map(Some),
                _ => return Ok(Some(self.literal())),
            }
            self.at = self.at.saturating_add(1);
        }
        Ok(None)
    }

    fn step(&mut self, event: Event<'a>) -> Option<Event<'a>> {
        self.at = self.at.saturating_add(1);
        Some(event)
    }

    fn string(&mut self) -> Result<Event<'a>, DocumentError> {
        let start = self.at;
        let rest = self.text.get(start.saturating_add(1)..).unwrap_or_default();
        let mut escaped = false;
        let mut escapes = false;
        let end = rest.bytes().position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            escapes |= escaped;
            ends
        });
        let inner = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        self.at = start.saturating_add(inner.len()).saturating_add(2);
        let text = if escapes {
            let quoted = self.text.get(start..self.at).unwrap_or_default();
            let text = serde_json::from_str::<String>(quoted)
                .map_err(|error| DocumentError { line: self.line, ..refused(&error) })?;
            Cow::Owned(text)
        } else {
            Cow::Borrowed(inner)
        };
        Ok(Event::Scalar { text, plain: false, mark: Mark::default() })
    }

    fn literal(&mut self) -> Event<'a> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest.find([',', '}', ']', ' ', '\t', '\r', '\n']).unwrap_or(rest.len());
        self.at = self.at.saturating_add(end.max(1));
        let text = rest.get(..end).unwrap_or_default();
        Event::Scalar { text: Cow::Borrowed(text), plain: true, mark: Mark::default() }
    }
}
