//! `attesta backup`, `attesta restore`, and the audit of a server's data.

use std::path::PathBuf;

use attesta_kernel::Timestamp;
use attesta_upkeep::{Audit, Backup, Restore, UpkeepError};
use clap::Args;

use super::settings::{PlaceArgs, Settings};
use crate::{
    args::ListFormat,
    exit::{Exit, Failure},
    terminal,
};

/// Backs a server's data up, while it runs.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The folder for backups; it keeps many, and bytes that they share once
    #[arg(value_name = "DEST")]
    into: PathBuf,
    /// Copies the keys there as well; without it, keep `seal.keys` elsewhere yourself: nothing restores without it
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    #[command(flatten)]
    place: PlaceArgs,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

/// Brings a backup back into a folder that holds nothing.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The folder that `attesta backup` was given (the newest is taken), or one backup in it
    #[arg(value_name = "SRC")]
    from: PathBuf,
    /// The keys: the server's `seal.keys`, or what `--keys` of the backup wrote
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
    /// A checkpoint that somebody kept: the log must continue it; may be given several times
    #[arg(long, value_name = "CHECKPOINT")]
    against: Vec<PathBuf>,
    #[command(flatten)]
    place: PlaceArgs,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

pub(crate) fn backup(args: &BackupArgs) -> Result<Exit, Failure> {
    let place = place(&args.place)?;
    let how = Backup { into: &args.into, keys: args.keys.as_deref(), at: Timestamp::now() };
    let made = run(attesta_upkeep::backup(&place, &how))?;
    match args.format {
        ListFormat::Json => terminal::json_of(&made)?,
        ListFormat::Table => {
            terminal::out(format!("{}\n", made.folder.display()).as_bytes())?;
            terminal::note(&format!("{}; {} blobs are new", told(&made.audit), made.new_blobs));
        }
    }
    if made.keys.is_none() {
        terminal::note(&format!(
            "the keys are not in it: keep a copy of `{}` elsewhere, for nothing restores without it",
            place.keys().display()
        ));
    }
    Ok(Exit::Met)
}

pub(crate) fn restore(args: &RestoreArgs) -> Result<Exit, Failure> {
    let place = place(&args.place)?;
    let against = texts(&args.against)?;
    let how = Restore { from: &args.from, keys: &args.keys, against: &against, at: Timestamp::now() };
    let restored = run(attesta_upkeep::restore(&how, &place))?;
    match args.format {
        ListFormat::Json => terminal::json_of(&restored)?,
        ListFormat::Table => {
            let (from, to) = (restored.backup.display(), place.data.display());
            terminal::out(format!("{to} holds what was backed up at {} ({from})\n", restored.made).as_bytes())?;
            terminal::note(&told(&restored.audit));
        }
    }
    terminal::note(
        "jobs, webhooks and sources are as they were then, and act when a server does jobs: for a drill, `attesta serve \
         --no-worker` without production's configuration",
    );
    terminal::note(
        "sessions were ended; API tokens, share links and people are as they were then: revoke again what was revoked since",
    );
    Ok(Exit::Met)
}

/// Audits everything of a server's data.
pub(crate) fn audit(args: &PlaceArgs, against: &[PathBuf], format: ListFormat) -> Result<Exit, Failure> {
    let place = place(args)?;
    let against = texts(against)?;
    let audit = run(async {
        let opened = place.open().await?;
        attesta_upkeep::audit(&opened.store, Some(&opened.blobs), Some(&opened.keyring), &against).await
    })?;
    match format {
        ListFormat::Json => terminal::json_of(&audit)?,
        ListFormat::Table => terminal::out(format!("{}\n", told(&audit)).as_bytes())?,
    }
    if audit.is_sound() {
        if against.is_empty() && format == ListFormat::Table {
            terminal::note(
                "sound in itself; only a checkpoint that left earlier (--against) can show that nothing was made anew",
            );
        }
        return Ok(Exit::Met);
    }
    let one = |f: &attesta_upkeep::Finding| format!("{} {}: {}", f.organisation, f.place, f.what);
    let mut messages: Vec<String> = audit.findings.iter().map(one).collect();
    if audit.more > 0 {
        messages.push(format!("and {} more", audit.more));
    }
    Err(Failure::many(Exit::Integrity, &messages))
}

fn told(audit: &Audit) -> String {
    format!(
        "{} organisations, {} leaves, {} tiles, {} checkpoints, {} documents and {} earlier forms, {} pieces of evidence \
         with {} uses, {} records, {} members, {} accounts with {} other ways to sign in, {} secrets that give power, {} \
         blobs of {} bytes were read; {} faults",
        audit.organisations,
        audit.leaves,
        audit.tiles,
        audit.checkpoints,
        audit.documents,
        audit.past,
        audit.evidence,
        audit.links,
        audit.records,
        audit.members,
        audit.accounts,
        audit.logins,
        audit.powers,
        audit.blobs,
        audit.bytes,
        audit.faults()
    )
}

pub(super) fn place(args: &PlaceArgs) -> Result<attesta_upkeep::Place, Failure> {
    Ok(Settings::read(args.config.as_deref())?.with(args).place())
}

fn texts(paths: &[PathBuf]) -> Result<Vec<String>, Failure> {
    let text = |path: &PathBuf| {
        std::fs::read_to_string(path).map_err(|e| Failure::new(Exit::Usage, format!("`{}`: {e}", path.display())))
    };
    paths.iter().map(text).collect()
}

/// Waits for something to be done.
pub(super) fn run<T>(doing: impl Future<Output = Result<T, UpkeepError>>) -> Result<T, Failure> {
    super::runtime()?.block_on(doing).map_err(|error| {
        let exit = match &error {
            error if error.is_integrity() => Exit::Integrity,
            UpkeepError::Refused { .. } => Exit::Usage,
            _ => Exit::NotEvaluated,
        };
        let failure = Failure::new(exit, error.to_string());
        match error.help() {
            Some(help) => failure.help(help),
            None => failure,
        }
    })
}
