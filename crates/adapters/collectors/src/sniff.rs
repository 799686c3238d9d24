//! What a text is, by its content and never by its name.

use std::{borrow::Cow, fmt};

use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};

/// What a file seems to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sniffed {
    Terraform,
    CloudFormation,
    Pulumi,
    /// What a live AWS account answered.
    LiveAws,
    /// Neutral resources, one in each line.
    Neutral,
    /// Something else, in words, with what to do about it where there is something.
    Other(&'static str),
}

/// Looks at the top of a text. A text that is broken further down still counts as what its top says.
pub(crate) fn sniff(text: &str) -> Sniffed {
    let start = text.trim_start();
    match start.chars().next() {
        None => Sniffed::Other("empty file"),
        Some('{') => match object(start) {
            // The first line may be the broken one.
            Sniffed::Other(_) if start.lines().skip(1).take(20).any(is_neutral) => Sniffed::Neutral,
            found => found,
        },
        Some('[') => Sniffed::Other("JSON list"),
        Some(_) => lines(text),
    }
}

fn is_neutral(line: &str) -> bool {
    line.starts_with('{') && object(line) == Sniffed::Neutral
}

fn object(text: &str) -> Sniffed {
    let mut keys = Keys::default();
    // The outcome is in `keys`; a parse error further down is for the reader to tell.
    let _ = serde_json::Deserializer::from_str(text).deserialize_map(&mut keys);
    keys.verdict.unwrap_or(if keys.kubernetes {
        Sniffed::Other("Kubernetes manifest")
    } else if keys.kind && (keys.attributes || keys.unseen) {
        Sniffed::Neutral
    } else if keys.steps || (keys.sequence && keys.timestamp) {
        // A preview without its usual keys, or the first of a stream of engine events.
        Sniffed::Pulumi
    } else {
        Sniffed::Other("JSON")
    })
}

#[derive(Default)]
struct Keys {
    verdict: Option<Sniffed>,
    kubernetes: bool,
    steps: bool,
    sequence: bool,
    timestamp: bool,
    kind: bool,
    attributes: bool,
    unseen: bool,
}

impl<'de> Visitor<'de> for &mut Keys {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            self.verdict = match &*key {
                "format_version" | "terraform_version" | "resource_changes" | "planned_values" => {
                    Some(Sniffed::Terraform)
                }
                "AWSTemplateFormatVersion" | "Resources" => Some(Sniffed::CloudFormation),
                "deployment" | "checkpoint" | "changeSummary" => Some(Sniffed::Pulumi),
                _ => None,
            };
            if self.verdict.is_some() {
                return Err(A::Error::custom("seen enough"));
            }
            if key == "schema" {
                // Ours say what they are; the key means something else to others.
                let schema = map.next_value::<serde_json::Value>()?;
                self.verdict = match schema.as_str() {
                    Some(crate::live::SCHEMA) => Some(Sniffed::LiveAws),
                    Some(crate::neutral::SCHEMA) => Some(Sniffed::Neutral),
                    Some(other) if other.starts_with("attesta.live-aws/") => {
                        Some(Sniffed::Other("a live snapshot of another version of Attesta; collect again"))
                    }
                    _ => None,
                };
                if self.verdict.is_some() {
                    return Err(A::Error::custom("seen enough"));
                }
                continue;
            }
            self.kubernetes |= key == "apiVersion";
            self.steps |= key == "steps";
            self.sequence |= key == "sequence";
            self.timestamp |= key == "timestamp";
            self.kind |= key == "kind";
            self.attributes |= key == "attributes";
            self.unseen |= key == "unseen";
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// YAML and everything else that is not JSON.
fn lines(text: &str) -> Sniffed {
    let mut pulumi_program = false;
    let mut kubernetes = false;
    let mut terraform_source = false;
    for line in text.lines().take(20_000) {
        if line.starts_with("AWSTemplateFormatVersion")
            || line.starts_with("Resources:")
            || line.starts_with("\"Resources\"")
        {
            return Sniffed::CloudFormation;
        }
        pulumi_program |= line.starts_with("runtime:");
        kubernetes |= line.starts_with("apiVersion:");
        terraform_source |= ["resource \"", "module \"", "terraform {", "provider \"", "variable \""]
            .iter()
            .any(|s| line.starts_with(s));
    }
    if text.starts_with("PK\u{3}\u{4}") {
        Sniffed::Other("zip archive; if it is a Terraform plan, run `terraform show -json FILE > plan.json`")
    } else if terraform_source {
        Sniffed::Other("Terraform source; run `terraform plan -out p && terraform show -json p > plan.json`")
    } else if pulumi_program {
        Sniffed::Other("Pulumi program; run `pulumi preview --json > preview.json`")
    } else if kubernetes {
        Sniffed::Other("Kubernetes manifest")
    } else {
        Sniffed::Other("not infrastructure code")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_found_by_content() {
        for (text, want) in [
            (r#"{"format_version":"1.2","planned_values":{}}"#, Sniffed::Terraform),
            (r#"{"variables":{"a":[{}]},"terraform_version":"1.9"}"#, Sniffed::Terraform),
            (r#"{"Description":"x","Resources":{"A":{"Type":"AWS::S3::Bucket"#, Sniffed::CloudFormation),
            ("# a template\nDescription: x\nResources:\n  A:\n", Sniffed::CloudFormation),
            (r#"{"version":3,"deployment":{}}"#, Sniffed::Pulumi),
            (r#"{"config":{},"steps":[]}"#, Sniffed::Pulumi),
            ("{\"sequence\":0,\"timestamp\":1,\"preludeEvent\":{}}\n{\"sequence\":1}", Sniffed::Pulumi),
            (r#"{"schema":"attesta.live-aws/1","sections":[]}"#, Sniffed::LiveAws),
            (r#"{"schema":"attesta.neutral-resources/1"}"#, Sniffed::Neutral),
            (r#"{"kind":"queue","address":"q","attributes":{}}"#, Sniffed::Neutral),
            ("{\"kind\":\"queue\", oops\n{\"kind\":\"queue\",\"attributes\":{}}", Sniffed::Neutral),
            (r#"{"schema":"other","Resources":{}}"#, Sniffed::CloudFormation),
            (r#"{"apiVersion":"v1","kind":"Pod"}"#, Sniffed::Other("Kubernetes manifest")),
            ("apiVersion: v1\nkind: Pod\n", Sniffed::Other("Kubernetes manifest")),
            ("", Sniffed::Other("empty file")),
            ("[1]", Sniffed::Other("JSON list")),
        ] {
            assert_eq!(sniff(text), want, "{text}");
        }
    }
}
