//! A run's facts and verdicts as text.

use std::collections::{BTreeMap, BTreeSet};

use attesta_kernel::{Digest, PolicyId};
use attesta_posture::{CheckKey, Reach, RunId, Tally, Verdict};
use attesta_resource::{NotUnderstood, Reason};
use serde::{Deserialize, Serialize};

use crate::run::{KeptDocument, Run, Section};

const SCHEMA: &str = "attesta.run/1";
/// Stands for a verdict where there is none any more.
const NONE: &str = "-";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    schema: String,
    run: String,
    at: String,
    source: String,
    parent: Option<String>,
    previous: Option<String>,
    tool: String,
    content: String,
    documents: Vec<RawDocument>,
    unseen: Vec<RawUnseen>,
    complete: bool,
    complete_kinds: BTreeSet<String>,
    resources: BTreeMap<String, u32>,
    judged: RawJudged,
    tally: [u64; 5],
    verdicts: RawVerdicts,
    image: RawImage,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDocument {
    path: String,
    sha256: String,
    bytes: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUnseen {
    path: String,
    reason: String,
    what: String,
    count: u32,
}

/// Policies by how much was seen of what they are about.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawJudged {
    all: BTreeSet<String>,
    part: BTreeSet<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSection {
    stored: u64,
    unpacked: u64,
    sha256: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVerdicts {
    whole: bool,
    section: RawSection,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawImage {
    chain: Vec<String>,
    position: u32,
    section: RawSection,
}

fn raw_section(section: &Section) -> RawSection {
    RawSection { stored: section.stored, unpacked: section.unpacked, sha256: section.digest.to_string() }
}

/// The facts of a run as text.
pub(crate) fn write(run: &Run) -> Result<Vec<u8>, String> {
    let judged_so =
        |reach| run.judged.iter().filter(|(_, r)| **r == reach).map(|(p, _)| p.as_str().to_owned()).collect();
    let raw = Raw {
        schema: SCHEMA.to_owned(),
        run: run.id.to_string(),
        at: run.at.to_string(),
        source: run.source.to_string(),
        parent: run.parent.map(|p| p.to_string()),
        previous: run.previous.map(|d| d.to_string()),
        tool: run.tool.clone(),
        content: run.content.to_string(),
        documents: run
            .documents
            .iter()
            .map(|d| RawDocument { path: d.path.clone(), sha256: d.digest.to_string(), bytes: d.bytes })
            .collect(),
        unseen: run
            .unseen
            .iter()
            .map(|n| RawUnseen {
                path: n.path.clone(),
                reason: n.reason.as_str().to_owned(),
                what: n.what.clone(),
                count: n.count,
            })
            .collect(),
        complete: run.complete,
        complete_kinds: run.complete_kinds.clone(),
        resources: run.resources.clone(),
        judged: RawJudged { all: judged_so(Reach::All), part: judged_so(Reach::Part) },
        tally: Verdict::ALL.map(|v| run.tally.count(v)),
        verdicts: RawVerdicts { whole: run.whole, section: raw_section(&run.verdicts) },
        image: RawImage {
            chain: run.chain.iter().map(ToString::to_string).collect(),
            position: run.position,
            section: raw_section(&run.image),
        },
    };
    serde_json::to_vec(&raw).map_err(|e| e.to_string())
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|e: T::Err| e.to_string())
}

fn section(raw: &RawSection) -> Result<Section, String> {
    Ok(Section { stored: raw.stored, unpacked: raw.unpacked, digest: parsed(&raw.sha256)? })
}

/// Reads the facts of a run of this digest, whose sections begin at `begin` in its file.
pub(crate) fn read(bytes: &[u8], digest: Digest, begin: u64) -> Result<Run, String> {
    let raw: Raw = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    if raw.schema != SCHEMA {
        return Err(format!("it says `{}`, and this is `{SCHEMA}`", raw.schema));
    }
    let optional = |text: Option<&String>| text.map(|t| parsed::<RunId>(t)).transpose();
    let mut judged = BTreeMap::new();
    for (policies, reach) in [(&raw.judged.all, Reach::All), (&raw.judged.part, Reach::Part)] {
        for policy in policies {
            judged.insert(parsed::<PolicyId>(policy)?, reach);
        }
    }
    let documents = raw
        .documents
        .into_iter()
        .map(|d| Ok(KeptDocument { path: d.path, digest: parsed(&d.sha256)?, bytes: d.bytes }));
    let unseen = raw.unseen.into_iter().map(|n| {
        let reason = Reason::ALL.into_iter().find(|r| r.as_str() == n.reason);
        let reason = reason.ok_or_else(|| format!("`{}` is no reason", n.reason))?;
        Ok(NotUnderstood { path: n.path, reason, what: n.what, count: n.count })
    });
    let [pass, fail, waived, unknown, errored] = raw.tally;
    let verdicts = section(&raw.verdicts.section)?;
    let image = section(&raw.image.section)?;
    Ok(Run {
        id: parsed(&raw.run)?,
        at: parsed(&raw.at)?,
        source: parsed(&raw.source)?,
        parent: optional(raw.parent.as_ref())?,
        digest,
        previous: raw.previous.as_deref().map(parsed).transpose()?,
        tool: raw.tool,
        content: parsed(&raw.content)?,
        documents: documents.collect::<Result<_, String>>()?,
        unseen: unseen.collect::<Result<_, String>>()?,
        complete: raw.complete,
        complete_kinds: raw.complete_kinds,
        resources: raw.resources,
        judged,
        tally: Tally { pass, fail, waived, unknown, errored },
        stored: begin.saturating_add(verdicts.stored).saturating_add(image.stored),
        verdicts,
        whole: raw.verdicts.whole,
        image,
        chain: raw.image.chain.iter().map(|run| parsed(run)).collect::<Result<_, String>>()?,
        position: raw.image.position,
        begin,
    })
}

/// Verdicts as lines: a policy, a verdict, and the resources of which the policy says so.
pub(crate) fn write_verdicts<'v>(
    verdicts: impl IntoIterator<Item = (&'v CheckKey, Option<Verdict>)>,
) -> Result<Vec<u8>, String> {
    let mut groups: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (key, verdict) in verdicts {
        let word = verdict.map_or(NONE, Verdict::as_str);
        groups.entry((key.policy.as_str(), word)).or_default().push(&key.resource);
    }
    let mut out = Vec::new();
    for ((policy, verdict), resources) in groups {
        serde_json::to_writer(&mut out, &(policy, verdict, resources)).map_err(|e| e.to_string())?;
        out.push(b'\n');
    }
    Ok(out)
}

/// Reads such lines.
pub(crate) fn read_verdicts(bytes: &[u8]) -> Result<BTreeMap<CheckKey, Option<Verdict>>, String> {
    let mut found = BTreeMap::new();
    for line in bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
        let (policy, word, resources): (String, String, Vec<Box<str>>) =
            serde_json::from_slice(line).map_err(|e| e.to_string())?;
        let policy: PolicyId = parsed(&policy)?;
        let verdict = if word == NONE { None } else { Some(parsed(&word)?) };
        for resource in resources {
            let key = CheckKey { policy: policy.clone(), resource };
            if let Some(_twice) = found.insert(key.clone(), verdict) {
                return Err(format!("{key} stands there twice"));
            }
        }
    }
    Ok(found)
}
