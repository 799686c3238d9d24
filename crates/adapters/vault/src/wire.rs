//! Changes as one line of JSON, `attesta.record/1`. The leaf's salted digest covers the line as it was written.

use std::{fmt::Display, str::FromStr};

use attesta_evidence::{Attestation, Change, Dates, Description, Evidence, EvidenceId, Hold, Link, Source, Tombstone};
use serde::{Deserialize, Serialize};

const SCHEMA: &str = "attesta.record/1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    schema: String,
    evidence: String,
    change: RawChange,
    /// From where the change came, where a server wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum RawChange {
    Added(Box<RawEvidence>),
    Linked(RawLink),
    Unlinked { target: String },
    Superseded { by: String, on: String },
    Held { matter: String, why: String, on: String },
    Released { matter: String, why: String },
    Retired { on: String, why: String },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEvidence {
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    supersedes: Option<String>,
    sha256: String,
    size: u64,
    media_type: String,
    file_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effective: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    collected: Option<String>,
    received: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    collector: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attestation: Option<RawAttestation>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    confidential: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    retention: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAttestation {
    organisation: String,
    report: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLink {
    target: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    levels: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    elements: Vec<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

/// One line.
pub fn write(id: EvidenceId, change: &Change) -> Result<String, String> {
    write_from(id, change, None)
}

/// The same with the address from which it came.
pub(crate) fn write_from(id: EvidenceId, change: &Change, from: Option<&str>) -> Result<String, String> {
    let change = match change {
        Change::Added(evidence) => RawChange::Added(Box::new(raw(evidence))),
        Change::Linked(link) => RawChange::Linked(RawLink {
            target: link.target.to_string(),
            levels: link.levels.iter().map(ToString::to_string).collect(),
            elements: link.elements.iter().copied().collect(),
            place: told(&link.place),
        }),
        Change::Unlinked(target) => RawChange::Unlinked { target: target.to_string() },
        Change::Superseded { by, on } => RawChange::Superseded { by: by.to_string(), on: on.to_string() },
        Change::Held(hold) => {
            RawChange::Held { matter: hold.matter.to_string(), why: hold.why.to_string(), on: hold.on.to_string() }
        }
        Change::Released { matter, why } => RawChange::Released { matter: matter.to_string(), why: why.to_string() },
        Change::Retired(stone) => RawChange::Retired { on: stone.on.to_string(), why: stone.why.to_string() },
    };
    let (schema, evidence, from) = (SCHEMA.to_owned(), id.to_string(), from.map(str::to_owned));
    serde_json::to_string(&Record { schema, evidence, change, from }).map_err(|e| e.to_string())
}

fn told<T: Display>(value: &Option<T>) -> Option<String> {
    value.as_ref().map(ToString::to_string)
}

fn raw(evidence: &Evidence) -> RawEvidence {
    let description = &evidence.description;
    let (dates, source) = (&description.dates, &description.source);
    RawEvidence {
        version: evidence.version,
        supersedes: told(&evidence.supersedes),
        sha256: evidence.digest.to_string(),
        size: evidence.size,
        media_type: evidence.media_type.to_string(),
        file_name: evidence.file_name.to_string(),
        title: told(&description.title),
        kind: told(&description.kind),
        effective: told(&dates.effective),
        collected: told(&dates.collected),
        received: dates.received.to_string(),
        valid_until: told(&dates.valid_until),
        period: told(&description.period),
        system: told(&source.system),
        query: told(&source.query),
        collector: told(&source.collector),
        owner: told(&source.owner),
        role: told(&description.role),
        component: told(&description.component),
        attestation: description
            .attestation
            .as_ref()
            .map(|a| RawAttestation { organisation: a.organisation.to_string(), report: a.report.to_string() }),
        confidential: description.confidential,
        retention: told(&description.retention),
    }
}

/// Reads one line.
pub fn read(line: &str) -> Result<(EvidenceId, Change), String> {
    let record: Record = serde_json::from_str(line).map_err(|e| format!("its record: {e}"))?;
    if record.schema != SCHEMA {
        return Err(format!("its record says `{}` and not `{SCHEMA}`", record.schema));
    }
    let id = parse::<EvidenceId>("evidence", &record.evidence)?;
    let change = match record.change {
        RawChange::Added(raw) => Change::Added(Box::new(meant(id, &raw)?)),
        RawChange::Linked(raw) => Change::Linked(Link {
            target: parse("target", &raw.target)?,
            levels: raw.levels.iter().map(|level| parse("levels", level)).collect::<Result<_, _>>()?,
            elements: raw.elements.into_iter().collect(),
            place: maybe("place", &raw.place)?,
        }),
        RawChange::Unlinked { target } => Change::Unlinked(parse("target", &target)?),
        RawChange::Superseded { by, on } => Change::Superseded { by: parse("by", &by)?, on: parse("on", &on)? },
        RawChange::Held { matter, why, on } => {
            Change::Held(Hold { matter: parse("matter", &matter)?, why: parse("why", &why)?, on: parse("on", &on)? })
        }
        RawChange::Released { matter, why } => {
            Change::Released { matter: parse("matter", &matter)?, why: parse("why", &why)? }
        }
        RawChange::Retired { on, why } => {
            Change::Retired(Tombstone { on: parse("on", &on)?, why: parse("why", &why)? })
        }
    };
    Ok((id, change))
}

fn meant(id: EvidenceId, raw: &RawEvidence) -> Result<Evidence, String> {
    let dates = Dates {
        effective: maybe("effective", &raw.effective)?,
        collected: maybe("collected", &raw.collected)?,
        received: parse("received", &raw.received)?,
        valid_until: maybe("valid_until", &raw.valid_until)?,
    };
    let source = Source {
        system: maybe("system", &raw.system)?,
        query: maybe("query", &raw.query)?,
        collector: maybe("collector", &raw.collector)?,
        owner: maybe("owner", &raw.owner)?,
    };
    let attestation = match &raw.attestation {
        Some(a) => Some(Attestation {
            organisation: parse("organisation", &a.organisation)?,
            report: parse("report", &a.report)?,
        }),
        None => None,
    };
    Ok(Evidence {
        id,
        version: raw.version,
        supersedes: maybe("supersedes", &raw.supersedes)?,
        digest: parse("sha256", &raw.sha256)?,
        size: raw.size,
        media_type: parse("media_type", &raw.media_type)?,
        file_name: parse("file_name", &raw.file_name)?,
        description: Description {
            title: maybe("title", &raw.title)?,
            kind: maybe("kind", &raw.kind)?,
            dates,
            period: maybe("period", &raw.period)?,
            source,
            role: maybe("role", &raw.role)?,
            component: maybe("component", &raw.component)?,
            attestation,
            confidential: raw.confidential,
            retention: maybe("retention", &raw.retention)?,
        },
    })
}

fn parse<T: FromStr>(name: &str, text: &str) -> Result<T, String>
where
    T::Err: Display,
{
    text.parse().map_err(|e| format!("its record's `{name}`: {e}"))
}

fn maybe<T: FromStr>(name: &str, text: &Option<String>) -> Result<Option<T>, String>
where
    T::Err: Display,
{
    text.as_deref().map(|text| parse(name, text)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everything() -> Evidence {
        let raw: RawEvidence = serde_json::from_str(
            r#"{"version":2,"supersedes":"evd_0000000001ZZZZZZZZZZZZZZZZ","sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0,"media_type":"text/plain","file_name":"a \"b\".txt","title":"t","kind":"population","effective":"2026-01-01","collected":"2026-01-02","received":"2026-01-03","valid_until":"2027-01-01","period":"2025-10-01..2025-12-31","system":"jira","query":"project = X","collector":"ann","owner":"bob","role":"lead-sheet","component":"app","attestation":{"organisation":"o","report":"SOC 2"},"confidential":true,"retention":"working-paper"}"#,
        )
        .unwrap();
        meant(EvidenceId::new(2, [1; 10]), &raw).unwrap()
    }

    #[test]
    fn every_change_is_read_as_it_was_written() {
        let id = EvidenceId::new(2, [1; 10]);
        let (on, why) = ("2026-02-03".parse().unwrap(), "because".parse().unwrap());
        let changes = [
            Change::Added(Box::new(everything())),
            Change::Linked(Link {
                target: "09.aa".parse().unwrap(),
                levels: ["policy".parse().unwrap(), "managed".parse().unwrap()].into(),
                elements: [1, 3].into(),
                place: Some("section 4.2".parse().unwrap()),
            }),
            Change::Unlinked("164.312(b)".parse().unwrap()),
            Change::Superseded { by: EvidenceId::new(3, [1; 10]), on },
            Change::Held(Hold { matter: "case".parse().unwrap(), why: "suit".parse().unwrap(), on }),
            Change::Released { matter: "case".parse().unwrap(), why: "over".parse().unwrap() },
            Change::Retired(Tombstone { on, why }),
        ];
        for change in changes {
            let line = write(id, &change).unwrap();
            assert!(!line.contains('\n'));
            assert_eq!(read(&line), Ok((id, change)));
            assert!(read(&line.replacen("record/1", "record/2", 1)).is_err());
            assert!(read(&line.replacen("{\"schema\"", "{\"more\":1,\"schema\"", 1)).is_err());
        }
    }
}
