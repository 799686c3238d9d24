use crate::{Limits, RuleFault};

/// One file of a pack, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFile {
    /// The path as the reader would type it. A name that ends in `_test.rego` holds tests.
    pub path: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl RuleFile {
    /// A file of this path and these bytes.
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into() }
    }
}

/// Whether the file holds tests.
pub(crate) fn is_test(path: &str) -> bool {
    path.ends_with("_test.rego")
}

/// The file's text, when it is small and flat enough to be given to a parser.
pub(crate) fn text_of<'a>(file: &'a RuleFile, limits: &Limits) -> Result<&'a str, RuleFault> {
    if file.bytes.len() > limits.file_bytes {
        let message = format!("the file has {} bytes; at most {} are read", file.bytes.len(), limits.file_bytes);
        return Err(RuleFault::of_file(&file.path, message, "split it into several files"));
    }
    let text = std::str::from_utf8(&file.bytes).map_err(|error| {
        let before = file.bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|b| **b == b'\n').count().saturating_add(1);
        RuleFault::at_line(&file.path, count(line), "the file is not UTF-8", "save it as UTF-8")
    })?;
    for (number, line) in (1..).zip(text.lines()) {
        if count(line.chars().count()) > limits.line_characters {
            let message = format!("the line is longer than {} characters", limits.line_characters);
            return Err(RuleFault::at_line(&file.path, number, message, "break the line"));
        }
    }
    check_nesting(&file.path, text, limits)?;
    Ok(text)
}

/// regorus' parser tries each bracket first as a comprehension and then as a literal, so its work doubles with every
/// level: thirty brackets in one line would keep it busy for hours. Brackets in strings and comments do not count.
fn check_nesting(path: &str, text: &str, limits: &Limits) -> Result<(), RuleFault> {
    let (mut depth, mut work, mut line, mut column) = (0_u32, 0_u64, 1_u32, 0_u32);
    let mut inside = Inside::Code;
    for character in text.chars() {
        column = column.saturating_add(1);
        if character == '\n' {
            line = line.saturating_add(1);
            column = 0;
        }
        let was_code = inside == Inside::Code;
        inside = inside.after(character);
        if !was_code {
            continue;
        }
        match character {
            '(' | '[' | '{' => {
                depth = depth.saturating_add(1);
                work = work.saturating_add(1_u64.checked_shl(depth).unwrap_or(u64::MAX));
            }
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limits.nesting || work > limits.nesting_work {
            let mut fault = if depth > limits.nesting {
                let message = format!("brackets stand more than {} deep", limits.nesting);
                RuleFault::at_line(path, line, message, "give inner parts a rule of their own")
            } else {
                RuleFault::at_line(path, line, "the file holds too many nested brackets", "split it into several files")
            };
            fault.column = Some(column);
            return Err(fault);
        }
    }
    Ok(())
}

/// Where a character stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Code,
    Comment,
    Text,
    Escape,
    RawText,
}

impl Inside {
    fn after(self, character: char) -> Self {
        match (self, character) {
            (Self::Code, '#') => Self::Comment,
            (Self::Code, '"') | (Self::Escape, _) => Self::Text,
            (Self::Code, '`') => Self::RawText,
            (Self::Comment, '\n') | (Self::Text, '"' | '\n') | (Self::RawText, '`') => Self::Code,
            (Self::Text, '\\') => Self::Escape,
            (same, _) => same,
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
