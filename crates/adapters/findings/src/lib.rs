//! Reads findings of other tools: OCSF compliance and detection findings (Prowler), ASFF (Security Hub) and SARIF 2.1.0.
//!
//! A file is read whole or refused with the place of what is wrong; no finding is dropped. It never judges and never
//! maps: what a tool's check means to us is content, and what it means beside ours the domain says.

mod asff;
mod ocsf;
mod sarif;

use attesta_evaluation::{Claim, ForeignFinding, ForeignReport};
use attesta_kernel::{Digest, Severity};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// No file is bigger.
pub const MOST_BYTES: usize = 512 << 20;
/// No file holds more findings, each counted once for each resource.
pub const MOST_FINDINGS: usize = 2_000_000;
/// Faults that are named of one file.
const MOST_FAULTS: usize = 20;

/// Why a file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct Fault {
    /// The file, with line and JSON pointer where they are known.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

/// Reads one file of findings. Several reports come of a file that holds several tools' findings (SARIF runs, products of
/// ASFF and OCSF).
///
/// # Errors
///
/// What is wrong with it, by place. Nothing of a file with faults is used.
pub fn read(path: &str, bytes: &[u8]) -> Result<Vec<ForeignReport>, Vec<Fault>> {
    let refuse = |what: String| vec![Fault { place: path.to_owned(), what }];
    if bytes.len() > MOST_BYTES {
        return Err(refuse(format!("is bigger than {} MiB", MOST_BYTES >> 20)));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| refuse("is not UTF-8 text".to_owned()))?;
    let text = text.trim_start_matches('\u{feff}');
    let file = File { path, text };
    let mut found = Reports::default();
    let read = match file.format() {
        Format::Sarif => sarif::read(&file, &mut found),
        Format::Ocsf => ocsf::read(&file, &mut found),
        Format::Asff => asff::read(&file, &mut found),
        Format::Unknown(why) => Err(refuse(why)),
    };
    read?;
    let digest = Digest::of(bytes);
    let reports = found.0.into_iter().map(|told| ForeignReport {
        tool: told.tool,
        version: told.version,
        format: told.format,
        path: path.into(),
        digest,
        findings: told.findings,
    });
    Ok(reports.collect())
}

/// What stands in a file, by tool.
#[derive(Default)]
struct Reports(Vec<Told>);

struct Told {
    tool: Box<str>,
    version: Option<Box<str>>,
    format: &'static str,
    findings: Vec<ForeignFinding>,
}

impl Reports {
    /// The findings of a tool, in the order in which the tools come.
    fn of(&mut self, tool: &str, version: Option<&str>, format: &'static str) -> &mut Vec<ForeignFinding> {
        let at = self.0.iter().position(|told| &*told.tool == tool && told.version.as_deref() == version);
        let at = at.unwrap_or_else(|| {
            let (tool, version) = (tool.into(), version.map(Into::into));
            self.0.push(Told { tool, version, format, findings: Vec::new() });
            self.0.len().saturating_sub(1)
        });
        #[expect(
            clippy::indexing_slicing,
            reason = "the position was found, or is the last of a list that is not empty"
        )]
        &mut self.0[at].findings
    }
}

enum Format {
    Ocsf,
    Asff,
    Sarif,
    Unknown(String),
}

/// The file as the readers see it.
struct File<'a> {
    path: &'a str,
    text: &'a str,
}

impl<'a> File<'a> {
    fn format(&self) -> Format {
        // The keys that tell one from another stand in every entry; the beginning of the file is enough to see them.
        let mut end = self.text.len().min(64 << 10);
        while !self.text.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        let head = self.text.get(..end).unwrap_or_default();
        let trimmed = self.text.trim();
        let has = |key: &str| head.contains(&format!("\"{key}\""));
        if has("runs") && (has("version") || has("$schema")) && trimmed.starts_with('{') {
            Format::Sarif
        } else if has("class_uid") {
            Format::Ocsf
        } else if has("SchemaVersion") && has("ProductArn") {
            Format::Asff
        } else if trimmed == "[]" || trimmed.is_empty() {
            Format::Unknown("holds no finding, so that its tool is not known".to_owned())
        } else if let Err(error) = serde_json::from_str::<&RawValue>(self.text) {
            Format::Unknown(format!("is not JSON: {error}"))
        } else {
            Format::Unknown(
                "is neither OCSF (`class_uid`), ASFF (`SchemaVersion`, `ProductArn`) nor SARIF (`runs`)".to_owned(),
            )
        }
    }

    /// The line on which a part of the text begins.
    fn line(&self, part: &str) -> usize {
        let begin = part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        self.text
            .get(..begin)
            .map_or(1, |before| before.bytes().filter(|byte| *byte == b'\n').count().saturating_add(1))
    }

    fn fault(&self, part: &str, pointer: &str, what: impl Into<String>) -> Fault {
        Fault { place: format!("{}:{} ({pointer})", self.path, self.line(part)), what: what.into() }
    }

    /// The entries of a list, or of JSON lines, each as text of its own with its pointer.
    fn entries(&self) -> Result<Vec<(String, &'a RawValue)>, Vec<Fault>> {
        let broken = |error: serde_json::Error| {
            vec![Fault { place: format!("{}:{}", self.path, error.line()), what: format!("is not JSON: {error}") }]
        };
        let trimmed = self.text.trim();
        let list: Vec<&RawValue> = if trimmed.starts_with('[') {
            serde_json::from_str(self.text).map_err(broken)?
        } else {
            let each = serde_json::Deserializer::from_str(self.text).into_iter::<&RawValue>();
            each.collect::<Result<_, _>>().map_err(broken)?
        };
        Ok(list.into_iter().enumerate().map(|(at, entry)| (format!("/{at}"), entry)).collect())
    }

    /// Reads every entry, and names those that cannot be read.
    fn each<T: DeserializeOwned>(
        &self,
        entries: Vec<(String, &'a RawValue)>,
        mut take: impl FnMut(&str, T) -> Result<usize, String>,
    ) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        let mut count = 0_usize;
        for (pointer, entry) in entries {
            let taken = serde_json::from_str::<T>(entry.get()).map_err(|error| {
                let text = error.to_string();
                text.split(" at line ").next().unwrap_or(&text).to_owned()
            });
            match taken.and_then(|entry| take(&pointer, entry)) {
                Ok(more) => count = count.saturating_add(more),
                Err(what) => faults.push(self.fault(entry.get(), &pointer, what)),
            }
            if count > MOST_FINDINGS {
                faults.push(self.fault(entry.get(), &pointer, format!("holds more than {MOST_FINDINGS} findings")));
            }
            if faults.len() >= MOST_FAULTS || count > MOST_FINDINGS {
                break;
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

/// Ours for a tool's word; `informational` is none.
fn severity(word: &str) -> Option<Severity> {
    match word.to_ascii_lowercase().as_str() {
        "low" => Some(Severity::Low),
        "medium" => Some(Severity::Medium),
        "high" => Some(Severity::High),
        "critical" | "fatal" => Some(Severity::Critical),
        _ => None,
    }
}

/// What a tool's word for a result claims; a word that we do not know claims nothing.
fn claim(word: &str) -> Claim {
    match word.to_ascii_uppercase().as_str() {
        "PASS" | "PASSED" => Claim::Pass,
        "FAIL" | "FAILED" => Claim::Fail,
        "NOTAPPLICABLE" | "NOT_APPLICABLE" => Claim::NotApplicable,
        // MANUAL, WARNING, NOT_AVAILABLE, UNKNOWN.
        _ => Claim::Open,
    }
}

#[cfg(test)]
mod tests;
