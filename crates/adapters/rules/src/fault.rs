use std::fmt;

use attesta_kernel::Place;
use regorus::unstable::Span;

/// Why a file, or a policy in it, is refused, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub struct RuleFault {
    /// The file and line.
    pub place: Place,
    /// The column, counted from 1.
    pub column: Option<u32>,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

impl RuleFault {
    /// A fault of a whole file.
    pub(crate) fn of_file(file: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { place: Place::new(file, None), column: None, message: message.into(), help: help.into() }
    }

    /// A fault at one line.
    pub(crate) fn at_line(file: &str, line: u32, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { place: Place::new(file, line), column: None, message: message.into(), help: help.into() }
    }

    /// A fault at one piece of Rego.
    pub(crate) fn at(span: &Span, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            place: Place::new(span.source.file().as_str(), span.line),
            column: Some(span.col),
            message: message.into(),
            help: help.into(),
        }
    }

    /// What regorus says, with the place that it prints inside its text (`--> file:line:col`, then `error: message`)
    /// brought out.
    pub(crate) fn from_engine(file: &str, text: &str, help: &str) -> Self {
        let place = text.lines().find_map(|line| line.strip_prefix("--> ")).and_then(|place| {
            let (rest, column) = place.rsplit_once(':')?;
            let (file, line) = rest.rsplit_once(':')?;
            Some((file.to_owned(), line.parse::<u32>().ok()?, column.parse::<u32>().ok()?))
        });
        let said = text.rsplit_once("\nerror: ").map_or(text, |(_, message)| message);
        let message = said.trim().chars().take(500).collect();
        let help = help.to_owned();
        match place {
            Some((file, line, column)) => Self { place: Place::new(file, line), column: Some(column), message, help },
            None => Self { place: Place::new(file, None), column: None, message, help },
        }
    }
}

impl fmt::Display for RuleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.place)?;
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}
