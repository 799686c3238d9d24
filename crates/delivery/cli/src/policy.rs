//! `attesta policy list` and `attesta policy test`.

use std::{fmt::Write as _, path::PathBuf};

use attesta_content::{CaseResult, run_policy_tests};
use attesta_evaluation::{Policy, Status};
use attesta_kernel::many;
use serde_json::json;

use crate::{
    args::{Common, ListFormat, PolicyCommand},
    exit::{Exit, Failure},
    rego::Rego,
    terminal, workshop,
};

pub(crate) fn run(common: &Common, command: &PolicyCommand) -> Result<Exit, Failure> {
    match command {
        PolicyCommand::List { policies, format } => list(common, policies, *format),
        PolicyCommand::Test { policies, only } => test(common, policies, only.as_deref().unwrap_or_default()),
    }
}

fn list(common: &Common, folders: &[PathBuf], format: ListFormat) -> Result<Exit, Failure> {
    let source = workshop::source(common);
    let catalog = workshop::catalog(&source)?;
    let mut policies = workshop::policies(&source, &catalog)?;
    workshop::rego(folders, &mut policies)?;
    match format {
        ListFormat::Table => {
            let rows = policies.iter().map(|p| {
                [p.id.to_string(), p.severity.to_string(), p.topic.to_string(), p.kind.to_string(), p.title.clone()]
            });
            terminal::table(["policy", "severity", "topic", "kind", "title"], rows)?;
            terminal::note(&many(policies.len(), "policy", "policies"));
        }
        ListFormat::Json => {
            let all: Vec<_> = policies.iter().map(describe).collect();
            terminal::json(&json!({"schema": "attesta.policies/1", "policies": all}))?;
        }
    }
    Ok(Exit::Met)
}

/// A policy's metadata as JSON.
fn describe(policy: &Policy) -> serde_json::Value {
    json!({
        "id": policy.id.as_str(),
        "title": policy.title,
        "topic": policy.topic.as_str(),
        "severity": policy.severity.as_str(),
        "kind": policy.kind.as_str(),
        "controls": policy.controls.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "hipaa": policy.hipaa.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "nist_800_53": policy.nist_800_53,
        "proves": policy.proves.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "rationale": policy.rationale,
        "remediation": {
            "text": policy.remediation.text,
            "terraform": policy.remediation.terraform,
            "cloudformation": policy.remediation.cloudformation,
            "pulumi": policy.remediation.pulumi,
        },
        "source": policy.provenance.source,
        "confidence": policy.provenance.confidence.as_str(),
        "place": policy.place.to_string(),
    })
}

fn test(common: &Common, folders: &[PathBuf], only: &str) -> Result<Exit, Failure> {
    let source = workshop::source(common);
    let catalog = workshop::catalog(&source)?;
    let policies = workshop::policies(&source, &catalog)?;
    let files = workshop::policy_files(&source)?;
    let results = run_policy_tests(&files, &policies).map_err(|faults| Failure::many(Exit::NotEvaluated, &faults))?;
    let results: Vec<CaseResult> = results.into_iter().filter(|r| r.policy.contains(only)).collect();
    let rego = if folders.is_empty() { None } else { Some(Rego::load(folders)?) };
    let wanted: Vec<&Policy> = policies.iter().filter(|p| p.id.as_str().contains(only)).collect();
    if rego.is_none() && wanted.is_empty() {
        return Err(Failure::new(Exit::Usage, format!("no policy's id contains `{only}`"))
            .help("`attesta policy list` shows them"));
    }
    let mut text = String::new();
    for result in &results {
        if let Some(failure) = &result.failure {
            let _ = writeln!(
                text,
                "FAILED {}: {} / {}: expected {}, {failure}",
                result.place, result.policy, result.name, result.expected
            );
        }
    }
    let mut thin = 0_usize;
    for policy in &wanted {
        let lacks: Vec<&str> = [Status::Pass, Status::Fail, Status::Unknown]
            .into_iter()
            .filter(|s| !results.iter().any(|r| r.policy == policy.id.as_str() && r.expected == *s))
            .map(Status::as_str)
            .collect();
        if !lacks.is_empty() {
            thin += 1;
            let _ =
                writeln!(text, "THIN {}: {} has no case that expects {}", policy.place, policy.id, lacks.join(" or "));
        }
    }
    let mut failed = results.iter().filter(|r| r.failure.is_some()).count();
    let mut ran = results.len();
    if let Some(mut rego) = rego {
        for refused in &rego.refused {
            thin += 1;
            let _ = writeln!(text, "REFUSED {}: {}", refused.path, refused.what);
        }
        for test in rego.run_tests() {
            ran += 1;
            if !test.passed {
                failed += 1;
                let _ = writeln!(text, "FAILED {}: {}: {}", test.place, test.name, test.message.unwrap_or_default());
            }
        }
        let _ =
            writeln!(text, "{} Rego policies, {} Rego tests", rego.policies.len(), ran.saturating_sub(results.len()));
    }
    let count = |status| results.iter().filter(|r| r.expected == status).count();
    let _ = writeln!(
        text,
        "{} policies, {} cases ({} pass, {} fail, {} unknown, {} not applicable)",
        wanted.len(),
        results.len(),
        count(Status::Pass),
        count(Status::Fail),
        count(Status::Unknown),
        count(Status::NotApplicable),
    );
    let _ = writeln!(text, "{} passed, {} failed", ran.saturating_sub(failed), failed + thin);
    terminal::out(text.as_bytes())?;
    Ok(if failed + thin == 0 { Exit::Met } else { Exit::Findings })
}
