//! OCSF findings: Compliance Finding (2003) and Detection Finding (2004), as lists or lines.
//!
//! Prowler writes detection findings whose `status_code` holds its verdict and `metadata.event_code` its check.

use attesta_evaluation::{Claim, ForeignFinding};
use attesta_kernel::Timestamp;
use serde::Deserialize;

use crate::{Fault, File, Reports, claim, severity};

#[derive(Deserialize)]
struct Event {
    class_uid: u32,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    finding_info: Info,
    #[serde(default)]
    compliance: Compliance,
    status_code: Option<String>,
    status_id: Option<i64>,
    status: Option<String>,
    severity: Option<String>,
    time: Option<i64>,
    #[serde(default)]
    resources: Vec<Resource>,
    resource: Option<Resource>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    event_code: Option<String>,
    #[serde(default)]
    product: Product,
}

#[derive(Default, Deserialize)]
struct Product {
    name: Option<String>,
    version: Option<String>,
}

#[derive(Default, Deserialize)]
struct Info {
    uid: Option<String>,
    title: Option<String>,
    created_time: Option<i64>,
}

#[derive(Default, Deserialize)]
struct Compliance {
    status_id: Option<i64>,
    status: Option<String>,
    control: Option<String>,
}

#[derive(Deserialize)]
struct Resource {
    uid: Option<String>,
    name: Option<String>,
}

/// OCSF `status_id` of a finding that somebody suppressed.
const SUPPRESSED: i64 = 3;

pub(crate) fn read(file: &File<'_>, found: &mut Reports) -> Result<(), Vec<Fault>> {
    file.each(file.entries()?, |pointer, event: Event| take(pointer, event, found))
}

fn take(pointer: &str, event: Event, found: &mut Reports) -> Result<usize, String> {
    if !matches!(event.class_uid, 2003 | 2004) {
        return Err(format!("`class_uid` {} is no compliance (2003) or detection finding (2004)", event.class_uid));
    }
    let check = event.metadata.event_code.or(event.compliance.control).or_else(|| event.finding_info.title.clone());
    let check = check.ok_or("names no check: `metadata.event_code`, `compliance.control`, `finding_info.title`")?;
    let word = event.status_code.or(event.compliance.status);
    let told = match (&word, event.compliance.status_id) {
        (_, Some(1)) => Claim::Pass,
        (_, Some(3)) => Claim::Fail,
        (_, Some(_)) | (None, None) => Claim::Open,
        (Some(word), None) => claim(word),
    };
    let tool = event.metadata.product.name.ok_or("names no tool: `metadata.product.name`")?;
    let muted = event.status_id == Some(SUPPRESSED) || event.status.as_deref() == Some("Suppressed");
    // Milliseconds by the standard; Prowler writes seconds. No finding is older than 1973, which tells them apart.
    let at = event.finding_info.created_time.or(event.time).and_then(|time| {
        if time.unsigned_abs() >= 100_000_000_000 {
            Timestamp::from_millisecond(time).ok()
        } else {
            Timestamp::from_second(time).ok()
        }
    });
    let one = |resource: Option<String>| ForeignFinding {
        id: event.finding_info.uid.as_deref().unwrap_or(pointer).into(),
        check: check.as_str().into(),
        title: event.finding_info.title.as_deref().unwrap_or_default().into(),
        claim: told,
        word: word.as_deref().unwrap_or_default().into(),
        severity: event.severity.as_deref().and_then(severity),
        resource: resource.map(Into::into),
        at,
        muted,
        pointer: pointer.into(),
    };
    let resources = event.resources.into_iter().chain(event.resource);
    let mut findings: Vec<ForeignFinding> = resources.map(|resource| one(resource.uid.or(resource.name))).collect();
    if findings.is_empty() {
        findings.push(one(None));
    }
    let count = findings.len();
    found.of(&tool, event.metadata.product.version.as_deref(), "ocsf").extend(findings);
    Ok(count)
}
