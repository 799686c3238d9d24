//! `attesta ledger`: the log itself, and how its checkpoints leave.

use std::{fs, path::Path};

use attesta_ledger::{SignedCheckpoint, VerifierKey, WitnessKey};
use attesta_vault::{Anchor, AnchorError, Timestamp, Vault};
use serde_json::json;

use super::{
    add,
    args::{LedgerCommand, TimestampOptions},
    failure, open, read_text, writer,
};
use crate::{
    args::ListFormat,
    exit::{Exit, Failure},
    terminal,
};

pub(super) fn run(command: &LedgerCommand) -> Result<Exit, Failure> {
    match command {
        LedgerCommand::Checkpoint { place, output } => {
            let vault = open(place)?;
            let anchor = writer(&vault)?.keep(&vault).map_err(failure)?;
            give(&anchor.checkpoint.to_string(), output.as_deref())
        }
        LedgerCommand::Log { place, format } => log(&open(place)?, *format),
        LedgerCommand::Export { output, place } => export(&open(place)?, output),
        LedgerCommand::Consistency { old, place } => consistency(&open(place)?, old),
        LedgerCommand::Witness(options) => match (&options.answer, &options.key) {
            (None, _) => ask(&open(&options.place)?, options.old),
            (Some(answer), Some(key)) => witnessed(&open(&options.place)?, answer, key, options.size),
            (Some(_), None) => Err(Failure::new(Exit::Usage, "whose answer it is, is missing").help("give --key")),
        },
        LedgerCommand::Timestamp(options) => timestamp(options),
    }
}

fn timestamp(options: &TimestampOptions) -> Result<Exit, Failure> {
    let vault = open(&options.place)?;
    let mut writer = writer(&vault)?;
    let Some(reply) = &options.reply else {
        let anchor = writer.keep(&vault).map_err(failure)?;
        let query = writer.ask_timestamp(&vault, &anchor).map_err(failure)?;
        let path = options.query.as_deref().unwrap_or(Path::new("checkpoint.tsq"));
        fs::write(path, query.to_der()).map_err(|e| unwritable(path, &e))?;
        let told =
            format!("{}: about the checkpoint of {} leaves\n", path.display(), anchor.checkpoint.checkpoint.size);
        terminal::out(told.as_bytes())?;
        return Ok(Exit::Met);
    };
    let text = |path: &Option<std::path::PathBuf>| path.as_deref().map(read_text).transpose();
    let stamp = Timestamp {
        reply: super::read(reply)?,
        roots: text(&options.roots)?.unwrap_or_default(),
        others: text(&options.certificates)?.unwrap_or_default(),
    };
    let anchor = kept(&vault, options.size)?;
    let told = writer.take_timestamp(&vault, &anchor, &stamp).map_err(|e| refused(reply, e))?;
    let size = anchor.checkpoint.checkpoint.size;
    terminal::out(format!("the checkpoint of {size} leaves was there at {}\n", told.at).as_bytes())?;
    Ok(Exit::Met)
}

/// The kept checkpoint of a size, or the newest that was kept.
fn kept(vault: &Vault, size: Option<u64>) -> Result<Anchor, Failure> {
    let mut anchors = vault.anchors().map_err(failure)?;
    anchors.retain(|anchor| size.is_none_or(|size| anchor.checkpoint.checkpoint.size == size));
    anchors.pop().ok_or_else(|| {
        Failure::new(Exit::Usage, "no such checkpoint was kept")
            .help("`attesta ledger checkpoint` keeps the newest; ask about that")
    })
}

fn refused(path: &Path, error: AnchorError) -> Failure {
    match error {
        AnchorError::Vault(error) => failure(error),
        other => Failure::new(Exit::Integrity, format!("{}: {other}", path.display())),
    }
}

/// The body of a witness's `add-checkpoint`.
fn ask(vault: &Vault, old: u64) -> Result<Exit, Failure> {
    let anchor = writer(vault)?.keep(vault).map_err(failure)?;
    let size = anchor.checkpoint.checkpoint.size;
    if old > size {
        return Err(Failure::new(Exit::Usage, format!("the log has {size} leaves, and the witness saw {old}")));
    }
    let hashes = vault.consistency(old, size).map_err(failure)?;
    let mut body = format!("old {old}\n");
    hashes.iter().for_each(|hash| body.push_str(&format!("{hash}\n")));
    give(&format!("{body}\n{}", anchor.checkpoint), None)
}

fn give(text: &str, output: Option<&Path>) -> Result<Exit, Failure> {
    match output {
        None => terminal::out(text.as_bytes())?,
        Some(path) => fs::write(path, text).map_err(|e| unwritable(path, &e))?,
    }
    Ok(Exit::Met)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::NotEvaluated, format!("{}: cannot be written: {error}", path.display()))
}

fn log(vault: &Vault, format: ListFormat) -> Result<Exit, Failure> {
    let history = add::history(vault)?;
    match format {
        ListFormat::Json => {
            let leaves: Vec<_> = history
                .entries
                .iter()
                .map(|entry| {
                    let leaf = &entry.leaf;
                    json!({
                        "leaf": entry.index, "hash": entry.hash().to_string(), "at": leaf.at.to_string(),
                        "kind": leaf.kind.as_str(), "subject": leaf.subject.as_str(), "actor": leaf.actor.as_str(),
                    })
                })
                .collect();
            terminal::json(
                &json!({"schema": "attesta.log/1", "origin": vault.key().name().as_str(), "leaves": leaves}),
            )?;
        }
        ListFormat::Table => {
            let rows = history.entries.iter().map(|entry| {
                let leaf = &entry.leaf;
                [
                    entry.index.to_string(),
                    leaf.at.to_string(),
                    leaf.kind.to_string(),
                    leaf.subject.to_string(),
                    leaf.actor.to_string(),
                ]
            });
            terminal::table(["leaf", "at", "kind", "subject", "actor"], rows)?;
        }
    }
    Ok(Exit::Met)
}

fn export(vault: &Vault, output: &Path) -> Result<Exit, Failure> {
    if output.exists() {
        return Err(
            Failure::new(Exit::Usage, format!("{} is there already", output.display())).help("name a new folder")
        );
    }
    let checkpoint = vault.export_log(output).map_err(failure)?;
    terminal::out(
        format!("{}: {} leaves of {}\n", output.display(), checkpoint.checkpoint.size, checkpoint.checkpoint.origin)
            .as_bytes(),
    )?;
    Ok(Exit::Met)
}

fn consistency(vault: &Vault, path: &Path) -> Result<Exit, Failure> {
    let old = older(path, vault.key())?;
    let new = vault.checkpoint().map_err(failure)?;
    let (from, to) = (&old.checkpoint, &new.checkpoint);
    let rewritten = || {
        Failure::new(
            Exit::Integrity,
            format!(
                "the log of {} leaves does not continue the checkpoint of {} leaves: history was rewritten, and the two \
                 checkpoints prove it",
                to.size, from.size
            ),
        )
    };
    if from.size > to.size {
        return Err(rewritten());
    }
    let hashes = vault.consistency(from.size, to.size).map_err(failure)?;
    attesta_ledger::verify_consistency(from.size, &from.root, to.size, &to.root, &hashes).map_err(|_| rewritten())?;
    for hash in &hashes {
        terminal::out(format!("{hash}\n").as_bytes())?;
    }
    terminal::note(&format!("the log of {} leaves continues that of {}", to.size, from.size));
    Ok(Exit::Met)
}

fn older(path: &Path, key: &VerifierKey) -> Result<SignedCheckpoint, Failure> {
    SignedCheckpoint::open(&read_text(path)?, key)
        .map_err(|e| Failure::new(Exit::Integrity, format!("{}: {e}", path.display())))
}

fn witnessed(vault: &Vault, answer: &Path, key: &WitnessKey, size: Option<u64>) -> Result<Exit, Failure> {
    let text = read_text(answer)?;
    let mut writer = writer(vault)?;
    let anchor = kept(vault, size)?;
    let checkpoint = writer.witnessed(&anchor, &text, key).map_err(|error| refused(answer, error))?;
    let head = &checkpoint.checkpoint;
    terminal::out(format!("{} cosigned the checkpoint of {} leaves\n", key.name(), head.size).as_bytes())?;
    Ok(Exit::Met)
}
