//! YAML text to events and trees, within bounds.

use std::borrow::Cow;

use saphyr_parser::{Event as Parsed, Parser, ScalarStyle, ScanError};

use crate::tree::{Builder, DocumentError, Event, Mark, Sink, Tag, Tree};

/// The first document of a YAML text.
#[derive(Debug, PartialEq)]
pub(crate) struct Yaml<'a> {
    /// What it holds.
    pub(crate) tree: Tree<'a>,
    /// The line on which another document begins, if one does.
    pub(crate) more: Option<u32>,
}

/// Reads the first document of a YAML text. Duplicate keys are refused; so is what nests or expands beyond bounds.
pub(crate) fn parse(text: &str) -> Result<Yaml<'_>, DocumentError> {
    let mut builder = Builder::default();
    let more = events(text, &mut builder)?;
    Ok(Yaml { tree: builder.finish(), more })
}

/// Hands every event of the first YAML document to `sink`; gives the line on which a second one begins.
pub(crate) fn events<'a>(text: &'a str, sink: &mut impl Sink<'a>) -> Result<Option<u32>, DocumentError> {
    let mut parser = Parser::new_from_str(text);
    let mut begun = false;
    while let Some(next) = parser.next_event() {
        let (event, span) = match next {
            Ok(next) => next,
            Err(error) => return Err(refused(&error)),
        };
        let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
        let event = match event {
            Parsed::Nothing | Parsed::StreamStart | Parsed::DocumentEnd => continue,
            Parsed::StreamEnd => break,
            Parsed::DocumentStart(_) if begun => return Ok(Some(line)),
            Parsed::DocumentStart(_) => {
                begun = true;
                continue;
            }
            Parsed::Alias(anchor) => Event::Alias(anchor),
            Parsed::Scalar(text, style, anchor, tag) => {
                Event::Scalar { text, plain: style == ScalarStyle::Plain, mark: mark(anchor, tag) }
            }
            Parsed::SequenceStart(anchor, tag) => Event::List(mark(anchor, tag)),
            Parsed::MappingStart(anchor, tag) => Event::Map(mark(anchor, tag)),
            Parsed::SequenceEnd | Parsed::MappingEnd => Event::End,
        };
        sink.event(event, line)?;
    }
    Ok(None)
}

fn mark(anchor: usize, tag: Option<Cow<'_, saphyr_parser::Tag>>) -> Mark {
    let tag = match tag {
        None => Tag::None,
        Some(tag) if tag.is_yaml_core_schema() => match &*tag.suffix {
            "str" | "binary" | "timestamp" => Tag::Text,
            _ => Tag::None,
        },
        // `!` alone says: text, whatever it looks like.
        Some(tag) if tag.suffix.is_empty() || tag.handle.is_empty() => Tag::Text,
        Some(tag) => Tag::Local(tag.suffix.as_str().into()),
    };
    Mark { tag, anchor }
}

fn refused(error: &ScanError) -> DocumentError {
    DocumentError::new(u32::try_from(error.marker().line()).unwrap_or(u32::MAX), format!("not YAML: {}", error.info()))
}
