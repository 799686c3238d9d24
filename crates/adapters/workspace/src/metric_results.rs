//! `metric-results.yaml`: what defined metrics showed. `attesta history metric carry` alone writes it.

use attesta_assessment::{ManagedRecord, MetricRecord};
use attesta_catalog::Fault;
use attesta_content::{File, yaml};
use attesta_kernel::{Date, Digest, Place, Share};
use serde::{Deserialize, Serialize};

use crate::folder::{Change, Folder, Over};

const INSIDE: &str = "metric-results.yaml";
const SCHEMA: &str = "attesta.metric-results/1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    schema: String,
    results: Vec<RawResult>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawResult {
    measure: String,
    on: String,
    newest: RawNewest,
    periods: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    measured_lacks: Vec<String>,
    managed: RawManaged,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNewest {
    run: String,
    sha256: String,
}

/// Exactly one of them.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawManaged {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nothing_breached: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lacks: Option<Vec<String>>,
    /// Part and whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shown: Option<(u32, u32)>,
}

/// What metrics showed.
///
/// # Errors
///
/// Why the file cannot be read; a command alone writes it, so it was changed by hand.
pub fn metric_results(folder: &Folder) -> Result<Vec<MetricRecord>, Vec<Fault>> {
    let Some(file) = folder.file(INSIDE).map_err(|f| vec![f])? else { return Ok(Vec::new()) };
    let raw: Raw = yaml::parse(&file, SCHEMA).map_err(|f| vec![f])?;
    raw.results.into_iter().map(record).collect::<Result<_, String>>().map_err(|what| vec![by_hand(&file, what)])
}

fn by_hand(file: &File, what: String) -> Fault {
    let help = "this file is written by `attesta history metric carry` alone; take back what was changed by hand";
    Fault::new(file.at(None), what, help)
}

fn record(raw: RawResult) -> Result<MetricRecord, String> {
    let RawManaged { nothing_breached, lacks, shown } = raw.managed;
    let managed = match (nothing_breached, lacks, shown) {
        (Some(true), None, None) => ManagedRecord::NothingBreached,
        (None, Some(lacks), None) if !lacks.is_empty() => ManagedRecord::Lacks(lacks),
        (None, None, Some((part, whole))) if part <= whole && part > 0 => ManagedRecord::Shown(Share::new(part, whole)),
        _ => return Err(format!("`managed` of `{}` says not exactly one thing", raw.measure)),
    };
    let digest: Digest = raw.newest.sha256.parse().map_err(|e| format!("{e}"))?;
    Ok(MetricRecord {
        measure: raw.measure.parse().map_err(|e| format!("{e}"))?,
        on: raw.on.parse::<Date>().map_err(|e| format!("`{}`: {e}", raw.on))?,
        newest: (raw.newest.run, digest.to_string()),
        periods: raw.periods,
        measured_lacks: raw.measured_lacks,
        managed,
    })
}

/// What the file will say.
///
/// # Errors
///
/// When it cannot be put into YAML.
pub fn metric_results_change(records: &[MetricRecord]) -> Result<Change, Fault> {
    let results = records.iter().map(|record| RawResult {
        measure: record.measure.to_string(),
        on: record.on.to_string(),
        newest: RawNewest { run: record.newest.0.clone(), sha256: record.newest.1.clone() },
        periods: record.periods,
        measured_lacks: record.measured_lacks.clone(),
        managed: match &record.managed {
            ManagedRecord::NothingBreached => RawManaged { nothing_breached: Some(true), ..RawManaged::default() },
            ManagedRecord::Lacks(lacks) => RawManaged { lacks: Some(lacks.clone()), ..RawManaged::default() },
            ManagedRecord::Shown(share) => {
                RawManaged { shown: Some((share.part, share.whole)), ..RawManaged::default() }
            }
        },
    });
    let raw = Raw { schema: SCHEMA.to_owned(), results: results.collect() };
    let text = serde_saphyr::to_string(&raw)
        .map_err(|e| Fault::plain(Place::new(INSIDE, None), format!("cannot be written as YAML: {e}")))?;
    let text = format!("# Written by `attesta history metric carry` alone.\n{text}");
    Ok(Change { inside: INSIDE.to_owned(), text, over: Over::Older })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(&dir.path().join("a")).unwrap();
        let record = |measure: &str, lacks: &[&str], managed| MetricRecord {
            measure: measure.parse().unwrap(),
            on: "2026-04-06".parse().unwrap(),
            newest: ("run-12".into(), Digest::of(b"x").to_string()),
            periods: 13,
            measured_lacks: lacks.iter().map(|l| (*l).to_owned()).collect(),
            managed,
        };
        let written = [
            record("a", &[], ManagedRecord::Shown(Share::new(2, 3))),
            record("b", &["no run: x # y"], ManagedRecord::Lacks(vec!["\"nothing\"".into()])),
            record("c", &[], ManagedRecord::NothingBreached),
        ];
        folder.write(&[metric_results_change(&written).unwrap()]).unwrap();
        assert_eq!(metric_results(&folder).unwrap(), written);
    }
}
