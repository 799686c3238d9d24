//! ASFF 2018-10-08: what Security Hub gives out (`get-findings`), and what products send it.

use attesta_evaluation::{Claim, ForeignFinding};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Fault, File, Reports, claim, severity};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Finding {
    schema_version: String,
    id: String,
    product_arn: String,
    generator_id: String,
    #[serde(default)]
    title: String,
    product_name: Option<String>,
    updated_at: Option<String>,
    severity: Option<Severity>,
    compliance: Option<Compliance>,
    workflow: Option<Workflow>,
    record_state: Option<String>,
    #[serde(default)]
    resources: Vec<Resource>,
    #[serde(default)]
    product_fields: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Severity {
    label: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Compliance {
    status: Option<String>,
    security_control_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Workflow {
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page<'a> {
    #[serde(borrow)]
    findings: Vec<&'a RawValue>,
}

pub(crate) fn read(file: &File<'_>, found: &mut Reports) -> Result<(), Vec<Fault>> {
    let mut entries = Vec::new();
    for (pointer, entry) in file.entries()? {
        // A page of `get-findings`, or a finding by itself.
        match serde_json::from_str::<Page<'_>>(entry.get()) {
            Ok(page) => {
                let list = page.findings.into_iter().enumerate();
                entries.extend(list.map(|(at, one)| (format!("{pointer}/Findings/{at}"), one)));
            }
            Err(_) => entries.push((pointer, entry)),
        }
    }
    file.each(entries, |pointer, finding: Finding| take(pointer, finding, found))
}

fn take(pointer: &str, finding: Finding, found: &mut Reports) -> Result<usize, String> {
    if finding.schema_version != "2018-10-08" {
        return Err(format!("`SchemaVersion` {} is not 2018-10-08", finding.schema_version));
    }
    let control = finding.compliance.as_ref().and_then(|told| told.security_control_id.clone());
    // `arn:aws:securityhub:us-east-1::product/prowler/prowler` names who made it where `ProductName` does not.
    let named = finding.product_arn.rsplit('/').next().unwrap_or_default();
    let tool = finding.product_name.unwrap_or_else(|| named.to_owned());
    if tool.is_empty() {
        return Err("names no tool: `ProductName`, or a `ProductArn` that ends in its name".to_owned());
    }
    let version = finding.product_fields.iter().find(|(key, _)| key.to_ascii_lowercase().ends_with("version"));
    let version = version.and_then(|(_, value)| value.as_str());
    // `aws-foundational-security-best-practices/v/1.0.0/S3.1`, `security-control/S3.1`, `prowler-s3_bucket_acl`.
    let generator = finding.generator_id.rsplit('/').next().unwrap_or_default();
    let of_tool = format!("{}-", tool.to_ascii_lowercase());
    let generator = generator.strip_prefix(of_tool.as_str()).unwrap_or(generator);
    let check = control.unwrap_or_else(|| generator.to_owned());
    let word = finding.compliance.and_then(|told| told.status);
    // Without a verdict it is something that was found, not something that was judged.
    let claim = word.as_deref().map_or(Claim::Open, claim);
    let muted = finding.workflow.and_then(|told| told.status).as_deref() == Some("SUPPRESSED")
        || finding.record_state.as_deref() == Some("ARCHIVED");
    let at = finding.updated_at.as_deref().and_then(|time| time.parse().ok());
    let severity = finding.severity.and_then(|told| told.label).as_deref().and_then(severity);
    let one = |resource: Option<String>| ForeignFinding {
        id: finding.id.as_str().into(),
        check: check.as_str().into(),
        title: finding.title.as_str().into(),
        claim,
        word: word.as_deref().unwrap_or_default().into(),
        severity,
        resource: resource.map(Into::into),
        at,
        muted,
        pointer: pointer.into(),
    };
    let mut findings: Vec<ForeignFinding> = finding.resources.into_iter().map(|resource| one(resource.id)).collect();
    if findings.is_empty() {
        findings.push(one(None));
    }
    let count = findings.len();
    found.of(&tool, version, "asff").extend(findings);
    Ok(count)
}
