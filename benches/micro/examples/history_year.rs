//! Keeps hourly runs of one estate whose resources change a little every hour, and says what that takes: room, time to
//! keep a run, time to read an old one. `benches/history/run.sh` runs it; see there.
//!
//! ```text
//! history_year PLAN.json FOLDER RUNS CHANGED-PER-MILLE
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::float_arithmetic,
    clippy::as_conversions,
    reason = "a bench may stop at a surprise, and says what it measured"
)]

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Instant};

use attesta_app::{
    check::{Inputs, check},
    grouping::groups,
    observe::observe,
};
use attesta_content::ContentSource;
use attesta_history::{Disk, History, NewRun, fsck};
use attesta_kernel::{Digest, Timestamp};
use attesta_posture::{Every, Follower, Remediation, trend};
use serde_json::{Value, json};

fn digest(parts: &[&str]) -> String {
    Digest::of_parts(parts.iter().map(|p| p.as_bytes())).to_string()
}

/// Every object with an address, and the object of its settings below it.
fn each_settings(value: &mut Value, visit: &mut dyn FnMut(&str, &mut serde_json::Map<String, Value>)) {
    match value {
        Value::Object(map) => {
            if let Some(address) = map.get("address").and_then(Value::as_str).map(str::to_owned) {
                if let Some(values) = map.get_mut("values").and_then(Value::as_object_mut) {
                    visit(&address, values);
                }
                if let Some(after) =
                    map.get_mut("change").and_then(|c| c.get_mut("after")).and_then(Value::as_object_mut)
                {
                    visit(&address, after);
                }
            }
            map.values_mut().for_each(|inner| each_settings(inner, visit));
        }
        Value::Array(items) => items.iter_mut().for_each(|inner| each_settings(inner, visit)),
        _ => {}
    }
}

/// What makes a generated resource as unlike the others as real ones are: an identifier, and two labels of its own.
fn make_unlike(address: &str, settings: &mut serde_json::Map<String, Value>) {
    let own = digest(&["own", address]);
    settings.insert("id".to_owned(), json!(format!("id-{}", &own[..17])));
    settings.insert("arn".to_owned(), json!(format!("arn:aws:service:us-east-1:123456789012:{}", &own[17..40])));
    if let Some(tags) = settings.get_mut("tags").and_then(Value::as_object_mut) {
        tags.insert("stack-id".to_owned(), json!(&own[24..56]));
        tags.insert("deployed-by".to_owned(), json!(format!("pipeline-{}", &own[56..62])));
    }
}

/// What a change does: a new deployment's label, and one switch turned.
fn change(address: &str, hour: usize, settings: &mut serde_json::Map<String, Value>) {
    let new = digest(&["hour", &hour.to_string(), address]);
    if let Some(tags) = settings.get_mut("tags").and_then(Value::as_object_mut) {
        tags.insert("stack-id".to_owned(), json!(&new[..32]));
    }
    let switches: Vec<String> =
        settings.iter().filter(|(_, value)| value.is_boolean()).map(|(name, _)| name.clone()).collect();
    let chosen = usize::from(new.as_bytes()[40]).checked_rem(switches.len()).and_then(|at| switches.get(at));
    if let Some(Value::Bool(switch)) = chosen.and_then(|name| settings.get_mut(name)) {
        *switch = !*switch;
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (plan, folder) = (&arguments[0], Path::new(&arguments[1]));
    let (runs, per_mille): (usize, u64) = (arguments[2].parse().unwrap(), arguments[3].parse().unwrap());
    let source = ContentSource::Embedded;
    let catalog = attesta_content::load(&source).unwrap();
    let files: Vec<_> = attesta_content::files(&source, "policies").unwrap().collect();
    let policies = attesta_content::policies(&files, &catalog).unwrap();
    let dictionary = Arc::new(catalog.dictionary().clone());
    let mut estate: Value = serde_json::from_slice(&std::fs::read(plan).unwrap()).unwrap();
    let mut addresses = Vec::new();
    each_settings(&mut estate, &mut |address, settings| {
        make_unlike(address, settings);
        addresses.push(address.to_owned());
    });
    addresses.sort_unstable();
    addresses.dedup();
    let history = History::open_or_create(folder, &Disk::default()).unwrap();
    let (mut kept, mut stored, mut whole, mut read) = (0_u128, 0_u64, 0_u64, 0_u64);
    let mut first_document = Vec::new();
    for hour in 0..runs {
        if hour > 0 {
            let chosen: BTreeMap<&str, ()> = addresses
                .iter()
                .map(|address| (address.as_str(), digest(&["choose", &hour.to_string(), address])))
                .filter(|(_, d)| u64::from_str_radix(&d[..8], 16).unwrap() % 1_000 < per_mille)
                .map(|(address, _)| (address, ()))
                .collect();
            each_settings(&mut estate, &mut |address, settings| {
                if chosen.contains_key(address) {
                    change(address, hour, settings);
                }
            });
        }
        estate["timestamp"] = json!(format!("hour {hour}"));
        let bytes = serde_json::to_vec(&estate).unwrap();
        read += bytes.len() as u64;
        if hour == 0 {
            first_document.clone_from(&bytes);
        }
        let documents = vec![("plan.json".to_owned(), bytes.clone())];
        let collection = attesta_collectors::recollect(documents.clone(), Some(Arc::clone(&dictionary)), false);
        let resources = collection.snapshot.resources.len();
        let inputs = Inputs {
            catalog: &catalog,
            policies: policies.clone(),
            snapshot: collection.snapshot,
            refused: collection.refused,
            waivers: Vec::new(),
            at: "2026-01-01".parse().unwrap(),
        };
        let observed = observe(&check(inputs, None));
        let new = NewRun {
            at: Timestamp::from_second(1_767_225_600 + hour as i64 * 3_600).unwrap(),
            source: "estate".parse().unwrap(),
            tool: "bench".to_owned(),
            content: Digest::of(b"bench"),
            documents,
            unseen: observed.unseen,
            complete: observed.complete,
            complete_kinds: observed.complete_kinds,
            resources: observed.resources,
            judged: observed.judged,
            verdicts: observed.verdicts,
        };
        let begin = Instant::now();
        let run = history.record(&Disk::default(), new).unwrap();
        kept += begin.elapsed().as_micros();
        stored += run.stored;
        if run.depth() == 1 {
            whole += run.stored;
        }
        if hour == 0 {
            println!(
                "{resources} resources, {} source resources, {} checks, {} bytes a run",
                addresses.len(),
                run.tally.total(),
                run.bytes()
            );
        }
        if (hour + 1) % 100 == 0 || hour + 1 == runs {
            println!("{} runs: {stored} bytes, of which {whole} in runs kept whole", hour + 1);
        }
    }
    let all = history.runs().unwrap();
    println!("to keep a run     {:.3} s on average", kept as f64 / 1e6 / runs as f64);
    println!("a run on average  {} bytes of {} read", stored / runs as u64, read / runs as u64);
    println!("a year (8,760)    {:.2} GB, when it goes on so", stored as f64 / runs as f64 * 8_760.0 / 1e9);
    let deepest = all.iter().max_by_key(|run| run.depth()).unwrap();
    for run in [all.first().unwrap(), deepest, all.last().unwrap()] {
        let begin = Instant::now();
        let documents = history.documents(run.id).unwrap();
        let bytes = begin.elapsed();
        let begin = Instant::now();
        let verdicts = history.verdicts(run.id).unwrap();
        let said = begin.elapsed();
        println!(
            "to read {} of depth {}: {:.3} s its bytes ({}), {:.3} s its {} verdicts",
            run.id,
            run.depth(),
            bytes.as_secs_f64(),
            documents[0].1.len(),
            said.as_secs_f64(),
            verdicts.len()
        );
    }
    assert!(
        history.documents(all[0].id).unwrap()[0].1 == first_document,
        "the first run's bytes are those that were read"
    );
    let begin = Instant::now();
    let groups = groups(&catalog, &policies);
    let mut follower = Follower::new(groups.grouping);
    history.steps().unwrap().for_each(|step| follower.take(step.unwrap().1).unwrap());
    let series = follower.finish();
    let rows = trend(&series, Every::Day, None, None);
    let findings: Vec<_> = series.values().flat_map(|s| &s.findings).collect();
    let told = Remediation::of(findings.iter().copied(), None, all.last().unwrap().at);
    println!(
        "to follow all     {:.3} s: {} days, {} findings, {} mended, {} open",
        begin.elapsed().as_secs_f64(),
        rows.len(),
        findings.len(),
        told.mended.count(),
        told.open.count()
    );
    let begin = Instant::now();
    let audit = fsck(&history, None).unwrap();
    println!("to audit all      {:.1} s, {} faults", begin.elapsed().as_secs_f64(), audit.faults.len());
}
