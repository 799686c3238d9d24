//! `attesta history record`.

use attesta_app::{
    check::{CheckReport, Frameworks},
    observe::observe,
};
use attesta_collectors::collect_keeping;
use attesta_content::ContentSource;
use attesta_history::{Disk, History, NewRun, Run};
use attesta_kernel::{Digest, Timestamp};
use attesta_posture::SourceName;
use serde_json::json;

use super::{args::RecordOptions, failure};
use crate::{
    args::{Common, Inputs, ListFormat},
    exit::{Exit, Failure},
    terminal, workshop,
};

pub(super) fn run(common: &Common, options: &RecordOptions) -> Result<Exit, Failure> {
    let at = options.time.unwrap_or_else(attesta_kernel::Timestamp::now);
    let source = workshop::source(common);
    let catalog = workshop::catalog(&source)?;
    let Inputs { policies, waivers, no_waivers, at: day } = &options.inputs;
    let day = day.unwrap_or_else(|| attesta_posture::day_of(at));
    let inputs =
        Inputs { policies: policies.clone(), waivers: waivers.clone(), no_waivers: *no_waivers, at: Some(day) };
    let mut collection = workshop::gather(common, &options.paths, &inputs, &catalog, collect_keeping);
    let bytes = collection.bytes.take().unwrap_or_default();
    let waivers = workshop::waivers(&options.paths, &inputs)?;
    let (report, _) = workshop::judged(collection, waivers, &inputs, &source, &catalog, Frameworks::ALL)?;
    let new = new_run(&report, bytes, options.source.clone(), at, &source, &inputs)?;
    let disk = Disk::default();
    let history = History::open_or_create(&options.dir, &disk).map_err(failure)?;
    let kept = history.record(&disk, new).map_err(failure)?;
    told(options, &kept)?;
    if !common.quiet {
        let lost = kept.unseen.iter().filter(|n| {
            use attesta_resource::Reason::{NotCollected, Unreadable};
            matches!(n.reason, NotCollected | Unreadable)
        });
        for unseen in lost.take(20) {
            terminal::note(&format!("not seen: {}: {}", unseen.path, unseen.what));
        }
    }
    Ok(if kept.complete { Exit::Met } else { Exit::NotEvaluated })
}

/// A run to keep, of what was collected and judged.
pub(crate) fn new_run(
    report: &CheckReport<'_>,
    bytes: Vec<Vec<u8>>,
    source: SourceName,
    at: Timestamp,
    pack: &ContentSource,
    inputs: &Inputs,
) -> Result<NewRun, Failure> {
    let observed = observe(report);
    let paths = report.snapshot.documents.iter().map(|document| document.path.clone());
    Ok(NewRun {
        at,
        source,
        tool: concat!("attesta ", env!("CARGO_PKG_VERSION")).to_owned(),
        content: content(pack, inputs)?,
        documents: paths.zip(bytes).collect(),
        unseen: observed.unseen,
        complete: observed.complete,
        complete_kinds: observed.complete_kinds,
        resources: observed.resources,
        judged: observed.judged,
        verdicts: observed.verdicts,
    })
}

fn told(options: &RecordOptions, run: &Run) -> Result<(), Failure> {
    if options.format == ListFormat::Json {
        return terminal::json(&super::look::facts(run));
    }
    let text = format!(
        "{} of {} at {}: {} pass, {} fail, {} waived, {} unknown\nkept {} of {} bytes, digest {}\n",
        run.id,
        run.source,
        run.at,
        run.tally.pass,
        run.tally.fail,
        run.tally.waived,
        run.tally.untold(),
        run.stored,
        run.bytes(),
        run.digest,
    );
    terminal::out(text.as_bytes())
}

/// A digest of the content and the users' own policies that were judged by.
fn content(source: &ContentSource, inputs: &Inputs) -> Result<Digest, Failure> {
    let files = attesta_content::files(source, "").map_err(|f| Failure::many(Exit::NotEvaluated, &f))?;
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for file in files {
        parts.push(file.inside.into_bytes());
        parts.push(file.text.as_bytes().to_vec());
    }
    for folder in &inputs.policies {
        let own = ContentSource::Folder(folder.clone());
        for file in attesta_content::files(&own, "").map_err(|f| Failure::many(Exit::NotEvaluated, &f))? {
            parts.push(json!({ "own": file.inside }).to_string().into_bytes());
            parts.push(file.text.as_bytes().to_vec());
        }
    }
    Ok(Digest::of_parts(parts.iter().map(Vec::as_slice)))
}
