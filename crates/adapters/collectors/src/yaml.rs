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

/// Indents what other parsers, CloudFormation's too, take without indentation: further lines of a quoted text, and
/// lines inside brackets. Lines keep their numbers, and nothing changes its meaning. `None` when that is not what is
/// wrong with the text.
pub(crate) fn mended(text: &str) -> Option<String> {
    if text.len() > MENDABLE {
        return None;
    }
    let mut mended = text.to_owned();
    for round in 0..REPAIRS {
        let Err(error) = first_error(&mended) else { return (round > 0).then_some(mended) };
        let start = usize::try_from(error.line).ok()?.checked_sub(1)?;
        match &*error.what {
            "not YAML: invalid indentation in quoted scalar" => mended = quoted_indented(&mended, start, error.column)?,
            "not YAML: invalid indentation" | "not YAML: invalid indentation in flow construct" => {
                mended = indented(&mended, start..start.saturating_add(1));
            }
            _ => return None,
        }
        if mended.len() > text.len().saturating_mul(4).saturating_add(GROWTH) {
            return None;
        }
    }
    None
}

/// Most places that are mended in one text; each costs a parse.
const REPAIRS: usize = 50;
/// Longest text that is mended, in bytes; CloudFormation takes templates of up to a megabyte.
const MENDABLE: usize = 4 << 20;
/// Mending may always add this many bytes.
const GROWTH: usize = 1 << 20;
/// Deeper than any block.
const INDENT: &str = "                                                                ";

struct Place {
    line: u32,
    column: usize,
    what: String,
}

fn first_error(text: &str) -> Result<(), Place> {
    for next in Parser::new_from_str(text) {
        if let Err(error) = next {
            let DocumentError { line, what } = refused(&error);
            return Err(Place { line, column: error.marker().col(), what });
        }
    }
    Ok(())
}

/// Indents the further lines of the quoted text that begins at this line and column, both counted from zero.
fn quoted_indented(text: &str, line: usize, column: usize) -> Option<String> {
    let mut lines = text.lines().skip(line);
    let first = lines.next()?;
    let from = first.char_indices().nth(column)?.0;
    let quote = first.get(from..)?.chars().next()?;
    let mut further = 0_usize;
    let mut escaped = false;
    let mut ends = |rest: &str| {
        let mut open = true;
        for c in rest.chars() {
            let closes = c == quote && !escaped;
            escaped = c == '\\' && quote == '"' && !escaped;
            if closes {
                // `''` closes and opens again, which comes to the same.
                open = !open;
            } else if !open {
                return true;
            }
        }
        !open
    };
    let mut done = ends(first.get(from.saturating_add(1)..)?);
    for rest in lines {
        if done {
            break;
        }
        further = further.saturating_add(1);
        done = ends(rest);
    }
    let next = line.saturating_add(1);
    (further > 0).then(|| indented(text, next..next.saturating_add(further)))
}

fn indented(text: &str, lines: std::ops::Range<usize>) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(INDENT.len()));
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if lines.contains(&number) {
            out.push_str(INDENT);
        }
        out.push_str(line);
    }
    out
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_indentation_is_mended() {
        let text = "a:\n  b: 'one\n two ''x''\n three'\n  c: [\n 1,\n2]\n  d: \"q \\\" \n\n r\"\nz: 1\n";
        assert!(parse(text).is_err());
        let mended = mended(text).expect("can be mended");
        assert_eq!(mended.lines().count(), text.lines().count());
        let tree = parse(&mended).expect("reads").tree;
        let inner = tree.get("a").expect("a");
        assert_eq!(inner.get("b").and_then(Tree::as_text), Some("one two 'x' three"));
        assert_eq!(inner.get("c"), Some(&Tree::List(vec![Tree::Int(1), Tree::Int(2)])));
        assert_eq!(inner.get("d").and_then(Tree::as_text), Some("q \"\nr"));
        assert_eq!(tree.get("z"), Some(&Tree::Int(1)));
    }

    #[test]
    fn other_mistakes_are_not_mended() {
        for text in ["a: 1", "a: [", "a: 'x", "\t- a: b: c"] {
            assert_eq!(mended(text), None, "{text}");
        }
    }

    /// Whatever is cut off or garbled gives an error or a tree, never a panic.
    #[test]
    fn no_text_makes_the_parser_panic() {
        let text = "%TAG ! tag:x,2000:\n--- &a !Sub\n? {a: [b, *a], \"c\\u00e9\": 'd''e'}\n: |2-\n   x\n   y\n- >+\n\n z\n<<: *a\n...\n--- # c\n\tq: @`\r\n\u{feff}";
        let odd = [
            '\0', ':', '-', '[', '{', '"', '\'', '\n', '\t', '&', '*', '!', '%', '|', '>', '?', '#', '\u{85}', 'é', ' ',
        ];
        let chars: Vec<char> = text.chars().collect();
        for at in 0..=chars.len() {
            let cut: String = chars.iter().take(at).collect();
            let _ = parse(&cut);
            let _ = mended(&cut);
            for c in odd {
                let garbled: String = chars.iter().take(at).chain([&c]).chain(chars.iter().skip(at)).collect();
                let _ = parse(&garbled);
                let replaced: String = chars.iter().take(at).chain([&c]).chain(chars.iter().skip(at + 1)).collect();
                let _ = mended(&replaced);
            }
        }
    }
}
