//! `attesta rotate`: new keys for logs, and for what is sealed.

use attesta_kernel::Timestamp;
use attesta_upkeep::{change_log_key, change_seal_key};
use clap::{Args, Subcommand};

use super::{
    keep::{place, run},
    settings::{PlaceArgs, Settings},
};
use crate::{
    args::ListFormat,
    exit::{Exit, Failure},
    terminal,
};

/// Which key is changed.
#[derive(Debug, Subcommand)]
pub(crate) enum RotateCommand {
    /// A new key signs an organisation's log from now on; servers may be at work
    ///
    /// The log tells of it, with what the former key states of the new one. Older checkpoints and proofs verify with the
    /// former key as before. Tell the new key to whoever verifies.
    LogKey(LogKeyArgs),
    /// A new key seals secrets from now on, and all that is sealed is sealed anew; stop servers and workers first
    SealKey(SealKeyArgs),
}

/// A new key for a log.
#[derive(Debug, Args)]
pub(crate) struct LogKeyArgs {
    /// The organisation's id (`ten_…`), or `house`: the instance's own log
    #[arg(value_name = "ORGANISATION")]
    organisation: String,
    #[command(flatten)]
    place: PlaceArgs,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

/// A new key for what is sealed.
#[derive(Debug, Args)]
pub(crate) struct SealKeyArgs {
    /// Adds no key, and removes the older ones from the file once nothing needs them: backups from before need a copy
    #[arg(long)]
    forget: bool,
    #[command(flatten)]
    place: PlaceArgs,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

pub(crate) fn rotate(command: &RotateCommand) -> Result<Exit, Failure> {
    match command {
        RotateCommand::LogKey(args) => log_key(args),
        RotateCommand::SealKey(args) => seal_key(args),
    }
}

fn log_key(args: &LogKeyArgs) -> Result<Exit, Failure> {
    let changed = run(change_log_key(&place(&args.place)?, &args.organisation, Timestamp::now()))?;
    match args.format {
        ListFormat::Json => terminal::json_of(&changed)?,
        ListFormat::Table => {
            terminal::out(format!("{}\n", changed.key).as_bytes())?;
            terminal::note(&format!(
                "leaf {} says so, and so does the former key, {}: keep that one, older checkpoints verify with it",
                changed.leaf, changed.former_key
            ));
        }
    }
    Ok(Exit::Met)
}

fn seal_key(args: &SealKeyArgs) -> Result<Exit, Failure> {
    let settings = Settings::read(args.place.config.as_deref())?;
    let place = place(&args.place)?;
    let done = run(change_seal_key(&place, &settings.sealed(), args.forget, Timestamp::now()))?;
    match args.format {
        ListFormat::Json => terminal::json_of(&done)?,
        ListFormat::Table => {
            let keys = place.keys();
            terminal::out(format!("{}\n", done.key).as_bytes())?;
            terminal::note(&format!(
                "{} secrets were sealed anew; `{}` holds {} keys: copy it to where its copies are, and to every server",
                done.secrets,
                keys.display(),
                done.keys
            ));
        }
    }
    if !args.forget && !settings.sealed().is_empty() {
        terminal::note(
            "secrets of the configuration are as they were; seal them again before the older keys are forgotten",
        );
    }
    Ok(Exit::Met)
}
