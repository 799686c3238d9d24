//! One look at a source: collected, judged, kept.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use attesta_collectors::collect_keeping;
use attesta_drift::{MonitorSource, Origin};
use attesta_kernel::Timestamp;
use attesta_watch::{Judge, keep_run};

use super::Monitor;
use crate::{args::Inputs, exit::Failure, workshop};

/// Looks, and keeps the run. Whether everything was seen; or why nothing was.
pub(super) fn look(monitor: &Monitor<'_>, source: &MonitorSource, now: Timestamp) -> Result<bool, String> {
    let content = workshop::source(monitor.common);
    let said = |failure: Failure| failure.messages.join("\n");
    let catalog = workshop::catalog(&content).map_err(said)?;
    let inputs = inputs(monitor, source, now);
    let (paths, temporary) = match &source.origin {
        Origin::Paths(paths) => (paths.iter().map(|p| monitor.path(p)).collect::<Vec<_>>(), None),
        Origin::Collect(arguments) => {
            let file = collected(monitor, source, arguments)?;
            (vec![file.clone()], Some(file))
        }
    };
    let mut collection = workshop::gather(monitor.common, &paths, &inputs, &catalog, collect_keeping);
    if let Some(file) = temporary {
        let _ = std::fs::remove_file(&file);
        // Every run of the source has the same name for it.
        let shown = file.display().to_string();
        collection.rename(|path| (*path == shown).then(|| format!("{}.json", source.name)));
    }
    let waivers = workshop::waivers(&paths, &inputs).map_err(said)?;
    let judge = Judge::new(&content, Arc::new(catalog)).map_err(|e| e.to_string())?;
    let kept = keep_run(&monitor.history, &monitor.disk, &judge, &source.name, now, collection, waivers);
    Ok(kept.map_err(|e| said(e.into()))?.complete)
}

/// How a source is judged.
pub(super) fn inputs(monitor: &Monitor<'_>, source: &MonitorSource, at: Timestamp) -> Inputs {
    let waivers = source.waivers.as_deref().map(|w| monitor.path(w));
    let collects = matches!(source.origin, Origin::Collect(_));
    Inputs {
        policies: Vec::new(),
        no_waivers: waivers.is_none() && collects,
        waivers,
        at: Some(attesta_posture::day_of(at)),
    }
}

/// Runs `attesta collect` with these arguments. It may see less than all: what it could not see is named in its file.
fn collected(monitor: &Monitor<'_>, source: &MonitorSource, arguments: &[String]) -> Result<PathBuf, String> {
    let program = std::env::current_exe().map_err(|e| format!("this program cannot be found: {e}"))?;
    let file = monitor.root.join(format!("{}.collecting.json", source.name));
    let _ = std::fs::remove_file(&file);
    let mut command = std::process::Command::new(program);
    command.args(["--quiet", "collect"]);
    // What comes after `--` is another program's: ours must stand before it.
    let end = arguments.iter().position(|a| a == "--").unwrap_or(arguments.len());
    let (ours, theirs) = arguments.split_at_checked(end).unwrap_or((arguments, &[]));
    command.args(ours).arg("--output").arg(std::path::absolute(&file).map_err(|e| e.to_string())?).args(theirs);
    if monitor.beside != Path::new("") {
        command.current_dir(&monitor.beside);
    }
    let output = command.stdin(std::process::Stdio::null()).output().map_err(|e| e.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr).chars().take(2000).collect::<String>();
    match output.status.code() {
        Some(0 | 3) if file.exists() => Ok(file),
        _ => Err(format!("`attesta collect {}` ended with {}\n{}", arguments.join(" "), output.status, said.trim())),
    }
}
