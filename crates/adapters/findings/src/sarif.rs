//! SARIF 2.1.0: results of static checks (OASIS standard, 3.27).

use attesta_evaluation::{Claim, ForeignFinding};
use attesta_kernel::{Severity, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Fault, File, Reports};

#[derive(Deserialize)]
struct Log<'a> {
    version: Option<String>,
    #[serde(borrow)]
    runs: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Run<'a> {
    tool: Tool,
    #[serde(borrow, default)]
    results: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    invocations: Vec<Invocation>,
}

#[derive(Deserialize)]
struct Tool {
    driver: Driver,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: String,
    version: Option<String>,
    semantic_version: Option<String>,
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    short_description: Option<Text>,
    name: Option<String>,
    default_configuration: Option<Configuration>,
}

#[derive(Deserialize)]
struct Configuration {
    level: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    end_time_utc: Option<String>,
}

#[derive(Deserialize)]
struct Text {
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Result_ {
    rule_id: Option<String>,
    rule_index: Option<i64>,
    rule: Option<RuleReference>,
    kind: Option<String>,
    level: Option<String>,
    message: Option<Text>,
    guid: Option<String>,
    #[serde(default)]
    locations: Vec<Location>,
    #[serde(default)]
    suppressions: Option<Vec<serde_json::Value>>,
}

#[derive(Deserialize)]
struct RuleReference {
    id: Option<String>,
    index: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Option<Physical>,
    #[serde(default)]
    logical_locations: Vec<Logical>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Option<Artifact>,
    region: Option<Region>,
}

#[derive(Deserialize)]
struct Artifact {
    uri: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Logical {
    fully_qualified_name: Option<String>,
    name: Option<String>,
}

pub(crate) fn read(file: &File<'_>, found: &mut Reports) -> Result<(), Vec<Fault>> {
    let broken = |error: serde_json::Error| {
        vec![Fault { place: format!("{}:{}", file.path, error.line()), what: format!("is not SARIF: {error}") }]
    };
    let log: Log<'_> = serde_json::from_str(file.text).map_err(broken)?;
    if log.version.as_deref() != Some("2.1.0") {
        let told = log.version.as_deref().unwrap_or("none");
        return Err(vec![Fault { place: file.path.to_owned(), what: format!("SARIF version `{told}` is not 2.1.0") }]);
    }
    for (at, raw) in log.runs.into_iter().enumerate() {
        let run: Run<'_> = serde_json::from_str(raw.get())
            .map_err(|error| vec![file.fault(raw.get(), &format!("/runs/{at}"), error.to_string())])?;
        let driver = run.tool.driver;
        let end = run.invocations.into_iter().filter_map(|one| one.end_time_utc).next_back();
        let when = end.and_then(|time| time.parse::<Timestamp>().ok());
        let version = driver.semantic_version.clone().or_else(|| driver.version.clone());
        let results = run.results.unwrap_or_default().into_iter().enumerate();
        let entries = results.map(|(place, one)| (format!("/runs/{at}/results/{place}"), one)).collect();
        let taken = found.of(&driver.name, version.as_deref(), "sarif");
        file.each(entries, |pointer, result: Result_| take(pointer, result, &driver, when, taken))?;
    }
    Ok(())
}

fn take(
    pointer: &str,
    result: Result_,
    driver: &Driver,
    at: Option<Timestamp>,
    found: &mut Vec<ForeignFinding>,
) -> Result<usize, String> {
    let index = result.rule_index.or(result.rule.as_ref().and_then(|rule| rule.index));
    let by_index = index.and_then(|index| driver.rules.get(usize::try_from(index).ok()?));
    let check = result.rule_id.or(result.rule.and_then(|rule| rule.id)).or_else(|| Some(by_index?.id.clone()));
    let check = check.ok_or("names no rule: `ruleId`, `rule` or `ruleIndex`")?;
    let rule = by_index.or_else(|| driver.rules.iter().find(|rule| rule.id == check));
    // SARIF 3.27.9: a result without `kind` is a failure.
    let word = result.kind.unwrap_or_else(|| "fail".to_owned());
    let claim = match word.as_str() {
        "pass" => Claim::Pass,
        "fail" => Claim::Fail,
        "notApplicable" => Claim::NotApplicable,
        _ => Claim::Open,
    };
    // 3.27.10: without `level` the rule's default counts, and without that `warning`.
    let level = result.level.or_else(|| rule?.default_configuration.as_ref()?.level.clone());
    let severity = match level.as_deref().unwrap_or("warning") {
        "error" => Some(Severity::High),
        "warning" => Some(Severity::Medium),
        "note" => Some(Severity::Low),
        _ => None,
    };
    let title = rule.and_then(|rule| rule.short_description.as_ref()?.text.clone().or_else(|| rule.name.clone()));
    let title = title.or_else(|| result.message.as_ref()?.text.clone()).unwrap_or_default();
    // 3.35: an empty list says that nothing is suppressed.
    let muted = result.suppressions.is_some_and(|list| !list.is_empty());
    let one = |resource: Option<String>| ForeignFinding {
        id: result.guid.as_deref().unwrap_or(pointer).into(),
        check: check.as_str().into(),
        title: title.as_str().into(),
        claim,
        word: word.as_str().into(),
        severity,
        resource: resource.map(Into::into),
        at,
        muted,
        pointer: pointer.into(),
    };
    let before = found.len();
    found.extend(result.locations.into_iter().map(|location| one(resource(location))));
    if found.len() == before {
        found.push(one(None));
    }
    Ok(found.len().saturating_sub(before))
}

/// The resource's own name where the tool gives one, else the place in the file.
fn resource(location: Location) -> Option<String> {
    let named = location.logical_locations.into_iter().find_map(|one| one.fully_qualified_name.or(one.name));
    named.or_else(|| {
        let physical = location.physical_location?;
        let uri = physical.artifact_location?.uri?;
        let line = physical.region.and_then(|region| region.start_line);
        Some(line.map_or(uri.clone(), |line| format!("{uri}:{line}")))
    })
}
