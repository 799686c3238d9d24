use std::{fmt::Display, str::FromStr};

use attesta_kernel::{Citation, ControlRef, ElementId, PolicyId, Severity};
use attesta_resource::Kind;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::{RuleFault, reads::Reads};

/// The topics of the declarative format.
pub(crate) const TOPICS: [&str; 11] = [
    "encryption",
    "public-access",
    "network",
    "logging",
    "backup",
    "keys",
    "identity",
    "detection",
    "patching",
    "resilience",
    "secrets",
];

/// What a policy says of itself in its `# METADATA` block: the declarative format's keys, and [`Reads`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// What is true when the policy passes.
    pub title: String,
    /// The policy's id.
    pub id: PolicyId,
    /// One of the declarative format's topics.
    pub topic: String,
    /// What a violation means for ePHI.
    pub severity: Severity,
    /// The kind of resource that it judges.
    pub kind: Kind,
    /// Control references that a violation touches.
    pub controls: Vec<ControlRef>,
    /// HIPAA citations.
    pub hipaa: Vec<Citation>,
    /// NIST SP 800-53 r5 controls.
    pub nist_800_53: Vec<String>,
    /// Evaluative elements that it helps to prove.
    pub proves: Vec<ElementId>,
    /// Why, in the author's words.
    pub rationale: Option<String>,
    /// How to mend a violation.
    pub remediation: Option<Remediation>,
    /// The attributes that it reads: when one is unknown, the policy cannot pass.
    pub reads: Reads,
}

/// How to mend a violation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remediation {
    /// In one or two sentences.
    pub text: String,
    /// As Terraform.
    pub terraform: Option<String>,
    /// As CloudFormation.
    pub cloudformation: Option<String>,
    /// As Pulumi.
    pub pulumi: Option<String>,
}

/// Metadata as it is written and as it crosses the worker's pipe: checked while it is read, so that an error knows its
/// line, yet still text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawMetadata {
    title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    authors: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    organizations: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    related_resources: Vec<String>,
    custom: RawCustom,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCustom {
    #[serde(deserialize_with = "one::<PolicyId, _>")]
    id: String,
    #[serde(deserialize_with = "topic")]
    topic: String,
    #[serde(deserialize_with = "one::<Severity, _>")]
    severity: String,
    #[serde(deserialize_with = "one::<Kind, _>")]
    kind: String,
    #[serde(deserialize_with = "reads")]
    reads: Vec<String>,
    #[serde(default, deserialize_with = "many::<ControlRef, _>")]
    controls: Vec<String>,
    #[serde(default, deserialize_with = "many::<Citation, _>")]
    hipaa: Vec<String>,
    #[serde(default)]
    nist_800_53: Vec<String>,
    #[serde(default, deserialize_with = "many::<ElementId, _>")]
    proves: Vec<String>,
    #[serde(default)]
    rationale: Option<String>,
    #[serde(default)]
    remediation: Option<Remediation>,
}

impl RawMetadata {
    /// Reads the `# METADATA` block above a file's `package`; `None` when there is none.
    pub(crate) fn read(file: &str, text: &str) -> Result<Option<Self>, RuleFault> {
        let above = text.lines().enumerate().take_while(|(_, line)| !line.trim_start().starts_with("package"));
        let mut lines = above.skip_while(|(_, line)| line.trim_end() != "# METADATA");
        let Some((start, _)) = lines.next() else { return Ok(None) };
        let yaml: String = lines
            .map_while(|(_, line)| line.strip_prefix('#'))
            .flat_map(|line| [line.strip_prefix(' ').unwrap_or(line), "\n"])
            .collect();
        serde_saphyr::from_str(&yaml).map(Some).map_err(|error| {
            let inside = error.location().and_then(|l| u32::try_from(l.line()).ok()).unwrap_or(0);
            let line = u32::try_from(start).unwrap_or(u32::MAX).saturating_add(1).saturating_add(inside);
            let said = error.without_snippet().to_string();
            let message = said.lines().next().unwrap_or_default();
            // The place inside the block would mislead beside the place in the file.
            let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
            RuleFault::at_line(file, line, format!("metadata: {message}"), HELP)
        })
    }
}

impl RawMetadata {
    /// The names under `custom.reads`.
    pub(crate) fn reads(&self) -> &[String] {
        &self.custom.reads
    }

    /// The policy's id.
    pub(crate) fn id(&self) -> &str {
        &self.custom.id
    }
}

/// Shown wherever metadata is missing or wrong.
pub(crate) const HELP: &str = "write a `# METADATA` block above `package`, with `title` and, under `custom`, `id`, `topic`, `severity`, `kind` and \
     `reads`; docs/reference/policies-rego.md has one to copy";

impl TryFrom<RawMetadata> for Metadata {
    type Error = String;

    fn try_from(raw: RawMetadata) -> Result<Self, String> {
        let RawMetadata { title, custom, .. } = raw;
        Ok(Self {
            title,
            id: parsed(&custom.id)?,
            topic: custom.topic,
            severity: parsed(&custom.severity)?,
            kind: parsed(&custom.kind)?,
            controls: all_parsed(&custom.controls)?,
            hipaa: all_parsed(&custom.hipaa)?,
            nist_800_53: custom.nist_800_53,
            proves: all_parsed(&custom.proves)?,
            rationale: custom.rationale,
            remediation: custom.remediation,
            reads: Reads::new(&custom.reads)?,
        })
    }
}

fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

fn all_parsed<T: FromStr<Err: Display>>(texts: &[String]) -> Result<Vec<T>, String> {
    texts.iter().map(|text| parsed(text)).collect()
}

fn one<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    parsed::<T>(&text).map_err(D::Error::custom)?;
    Ok(text)
}

fn many<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    all_parsed::<T>(&texts).map_err(D::Error::custom)?;
    Ok(texts)
}

fn topic<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if TOPICS.contains(&text.as_str()) {
        return Ok(text);
    }
    Err(D::Error::custom(format!("`{text}` is not a topic; use one of {}", TOPICS.join(", "))))
}

fn reads<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    Reads::new(&texts).map_err(D::Error::custom)?;
    Ok(texts)
}
