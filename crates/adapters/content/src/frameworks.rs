use attesta_catalog::{Baseline, Edition, Entry, Fault, FrameworkPart, Placed};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource, File, table,
    yaml::{self, Confidence, Reading},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFrameworks {
    #[serde(rename = "schema")]
    _schema: String,
    lists: Vec<Spanned<RawList>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawList {
    id: Spanned<String>,
    file: String,
    name: String,
    version: String,
    source: String,
    confidence: Confidence,
    licence: String,
}

const COLUMNS: [&str; 7] = ["id", "title", "group", "parent", "status", "replaced_by", "baselines"];

#[derive(Deserialize)]
struct RawEntry {
    id: Box<str>,
    title: Option<Box<str>>,
    group: Box<str>,
    parent: Option<Box<str>>,
    #[serde(default)]
    status: Status,
    #[serde(default)]
    replaced_by: String,
    #[serde(default)]
    baselines: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
enum Status {
    #[default]
    Active,
    Withdrawn,
}

pub(crate) fn read(source: &ContentSource, faults: &mut Vec<Fault>) -> Vec<Placed<FrameworkPart>> {
    let read = || {
        let file = source.file("frameworks/frameworks.yaml")?;
        let raw: RawFrameworks = yaml::parse(&file, "attesta.frameworks/1")?;
        Ok((file, raw))
    };
    let (file, raw) = match read() {
        Ok(read) => read,
        Err(fault) => {
            faults.push(fault);
            return Vec::new();
        }
    };
    raw.lists.into_iter().filter_map(|list| framework(source, &file, list, faults)).collect()
}

fn framework(
    source: &ContentSource,
    file: &File,
    list: Spanned<RawList>,
    faults: &mut Vec<Fault>,
) -> Option<Placed<FrameworkPart>> {
    let mut reading = Reading { file, faults };
    let place = reading.place(&list);
    let id = reading.value(&list.value.id)?.value;
    let list = list.value;
    let table = source.file(&format!("frameworks/{}", list.file)).map_err(|fault| faults.push(fault)).ok()?;
    let mut entries = Vec::new();
    for (place, raw) in table::rows::<RawEntry>(&table, &COLUMNS, faults) {
        let mut baselines = Vec::new();
        for word in raw.baselines.split_ascii_whitespace() {
            match baseline(word) {
                Some(baseline) => baselines.push(baseline),
                None => {
                    let message = format!("`{word}` is not a baseline");
                    faults.push(Fault::new(place.clone(), message, "use low, moderate, high or privacy"));
                }
            }
        }
        let entry = Entry {
            id: raw.id,
            title: raw.title,
            group: raw.group,
            parent: raw.parent,
            withdrawn: matches!(raw.status, Status::Withdrawn),
            replaced_by: raw.replaced_by.split_ascii_whitespace().map(Into::into).collect(),
            baselines,
        };
        entries.push(Placed::new(place, entry));
    }
    let provenance = list.confidence.of(list.source);
    let edition = Edition { name: list.name, version: list.version, provenance, licence: list.licence };
    Some(Placed::new(place, FrameworkPart { id, edition, entries }))
}

fn baseline(word: &str) -> Option<Baseline> {
    match word {
        "low" => Some(Baseline::Low),
        "moderate" => Some(Baseline::Moderate),
        "high" => Some(Baseline::High),
        "privacy" => Some(Baseline::Privacy),
        _ => None,
    }
}
