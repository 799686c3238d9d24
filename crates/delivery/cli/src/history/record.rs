//! `attesta history record`.

use attesta_app::check::Frameworks;
use attesta_collectors::collect_keeping;
use attesta_history::{Disk, History, Run};
use attesta_watch::new_run;

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
    let new = new_run(&report, bytes, options.source.clone(), at, &source, &inputs.policies)?;
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
