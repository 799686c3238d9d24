//! `attesta history list`, `show` and `fsck`.

use std::{fs::OpenOptions, io::Write as _, path::Path};

use attesta_history::{History, Run, fsck as audit};
use attesta_posture::{Reach, Verdict};
use serde_json::{Value, json};

use super::{
    args::{AuditOptions, ListOptions, ShowOptions},
    failure, open,
};
use crate::{
    args::ListFormat,
    exit::{Exit, Failure},
    terminal,
};

pub(super) fn list(options: &ListOptions) -> Result<Exit, Failure> {
    let runs = open(&options.dir)?.runs().map_err(failure)?;
    let mut runs: Vec<&Run> =
        runs.iter().filter(|run| options.source.as_ref().is_none_or(|source| run.source == *source)).collect();
    if let Some(last) = options.last {
        runs.drain(..runs.len().saturating_sub(last));
    }
    if options.format == ListFormat::Json {
        terminal::json(&Value::Array(runs.into_iter().map(facts).collect()))?;
        return Ok(Exit::Met);
    }
    let heading = ["run", "source", "looked", "pass", "fail", "waived", "unknown", "seen", "bytes", "digest"];
    terminal::table(
        heading,
        runs.into_iter().map(|run| {
            [
                run.id.to_string(),
                run.source.to_string(),
                run.at.to_string(),
                run.tally.pass.to_string(),
                run.tally.fail.to_string(),
                run.tally.waived.to_string(),
                run.tally.untold().to_string(),
                if run.complete { "all" } else { "part" }.to_owned(),
                run.stored.to_string(),
                run.digest.to_string().chars().take(12).collect(),
            ]
        }),
    )?;
    Ok(Exit::Met)
}

/// What is known of a run, for programs.
pub(super) fn facts(run: &Run) -> Value {
    let count = |verdict| run.tally.count(verdict);
    let tally: serde_json::Map<String, Value> =
        Verdict::ALL.into_iter().map(|v| (v.as_str().to_owned(), count(v).into())).collect();
    json!({
        "run": run.id.to_string(),
        "at": run.at.to_string(),
        "source": run.source.as_str(),
        "parent": run.parent.map(|p| p.to_string()),
        "digest": run.digest.to_string(),
        "previous": run.previous.map(|d| d.to_string()),
        "tool": run.tool,
        "content": run.content.to_string(),
        "complete": run.complete,
        "complete_kinds": run.complete_kinds,
        "documents": run.documents.iter().map(|d| json!({ "path": d.path, "sha256": d.digest.to_string(), "bytes": d.bytes })).collect::<Vec<_>>(),
        "unseen": run.unseen.iter().map(|n| json!({ "path": n.path, "reason": n.reason.as_str(), "what": n.what, "count": n.count })).collect::<Vec<_>>(),
        "resources": run.resources,
        "policies": run.judged.len(),
        "policies_that_saw_part": run.judged.iter().filter(|(_, reach)| **reach == Reach::Part).map(|(p, _)| p.as_str()).collect::<Vec<_>>(),
        "verdicts": tally,
        "stored_bytes": run.stored,
    })
}

pub(super) fn show(options: &ShowOptions) -> Result<Exit, Failure> {
    let history = open(&options.dir)?;
    let run = history.run(options.run).map_err(failure)?;
    if let Some(folder) = &options.documents {
        bring_out(&history, &run, folder)?;
    }
    let verdicts = if options.verdicts { Some(history.verdicts(run.id).map_err(failure)?) } else { None };
    if options.format == ListFormat::Json {
        let mut told = facts(&run);
        if let (Some(verdicts), Some(told)) = (&verdicts, told.as_object_mut()) {
            let rows =
                verdicts.iter().map(|(key, verdict)| json!([key.policy.as_str(), key.resource, verdict.as_str()]));
            told.insert("checks".to_owned(), Value::Array(rows.collect()));
        }
        terminal::json(&told)?;
        return Ok(Exit::Met);
    }
    let mut text = format!(
        "{} of {}, looked at {}\nparent     {}\ndigest     {}\ncontent    {}\ntool       {}\nseen       {}\nverdicts   {} pass, {} fail, {} waived, {} unknown, {} errored\n",
        run.id,
        run.source,
        run.at,
        run.parent.map_or("none".to_owned(), |p| p.to_string()),
        run.digest,
        run.content,
        run.tool,
        if run.complete { "everything that was asked for" } else { "part: what was not seen stands below" },
        run.tally.pass,
        run.tally.fail,
        run.tally.waived,
        run.tally.unknown,
        run.tally.errored,
    );
    let resources: Vec<String> = run.resources.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    text.push_str(&format!("resources  {}\n\n", resources.join(", ")));
    for document in &run.documents {
        text.push_str(&format!("read       {}  {} bytes  {}\n", document.digest, document.bytes, document.path));
    }
    for unseen in &run.unseen {
        text.push_str(&format!("{:<18} {}: {} ({})\n", unseen.reason.as_str(), unseen.path, unseen.what, unseen.count));
    }
    terminal::out(terminal::plain(&text).as_bytes())?;
    if let Some(verdicts) = verdicts {
        let rows = verdicts.into_iter().map(|(key, v)| [v.to_string(), key.policy.to_string(), key.resource.into()]);
        terminal::table(["verdict", "policy", "resource"], rows)?;
    }
    Ok(Exit::Met)
}

/// Writes a run's documents into a folder, numbered, for their owner's eyes alone.
fn bring_out(history: &History, run: &Run, folder: &Path) -> Result<(), Failure> {
    let unwritable = |path: &Path, e: std::io::Error| {
        Failure::new(Exit::NotEvaluated, format!("{}: cannot be written: {e}", path.display()))
    };
    let documents = history.documents(run.id).map_err(failure)?;
    std::fs::create_dir_all(folder).map_err(|e| unwritable(folder, e))?;
    for ((document, bytes), number) in documents.into_iter().zip(1_u32..) {
        let name = document.path.rsplit(['/', '\\']).next().unwrap_or_default();
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
        let name: String = name.chars().map(plain).take(100).collect();
        let path = folder.join(format!("{number:03}-{name}"));
        let mut options = OpenOptions::new();
        options.create_new(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path).and_then(|mut file| file.write_all(&bytes)).map_err(|e| unwritable(&path, e))?;
    }
    Ok(())
}

pub(super) fn fsck(options: &AuditOptions) -> Result<Exit, Failure> {
    let found = audit(&open(&options.dir)?, options.known).map_err(failure)?;
    let newest = found.newest.map(|(run, digest)| (run.to_string(), digest.to_string()));
    let rows = |all: &[attesta_history::Finding]| {
        all.iter().map(|f| json!({ "place": f.place, "what": f.what })).collect::<Vec<_>>()
    };
    match options.format {
        ListFormat::Json => terminal::json(&json!({
            "runs": found.runs,
            "documents": found.documents,
            "bytes": found.bytes,
            "stored_bytes": found.stored,
            "newest": newest.as_ref().map(|(run, digest)| json!({ "run": run, "digest": digest })),
            "known": options.known.map(|digest| digest.to_string()),
            "faults": rows(&found.faults),
            "notes": rows(&found.notes),
        }))?,
        ListFormat::Table => {
            let mut text = format!(
                "{} runs, {} documents, {} bytes in {}\n",
                found.runs, found.documents, found.bytes, found.stored
            );
            if let Some((run, digest)) = newest {
                text.push_str(&format!("newest {run} {digest}\n"));
            }
            for (word, all) in [("fault", &found.faults), ("note", &found.notes)] {
                all.iter().for_each(|f| text.push_str(&format!("{word}  {}: {}\n", f.place, f.what)));
            }
            if found.faults.is_empty() {
                text.push_str("sound\n");
            }
            terminal::out(terminal::plain(&text).as_bytes())?;
        }
    }
    Ok(if found.faults.is_empty() { Exit::Met } else { Exit::Integrity })
}
