//! `attesta export` and `attesta import`: one organisation as one file.

use std::path::PathBuf;

use attesta_kernel::Timestamp;
use attesta_upkeep::{Export, Import};
use clap::Args;

use super::{
    keep::{place, run},
    settings::PlaceArgs,
};
use crate::{
    args::ListFormat,
    exit::{Exit, Failure},
    terminal,
};

/// Writes one organisation of a server into a file.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The organisation's id (`ten_…`); `attesta doctor` lists them
    #[arg(value_name = "ORGANISATION")]
    organisation: String,
    /// The file to write; it must not be there
    #[arg(value_name = "ARCHIVE")]
    into: PathBuf,
    #[command(flatten)]
    place: PlaceArgs,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

/// Takes an organisation's archive into a server.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The archive
    #[arg(value_name = "ARCHIVE")]
    archive: PathBuf,
    /// The address of an account here that will own the organisation
    #[arg(long, value_name = "EMAIL")]
    owner: String,
    /// The key that must have signed the archive: `attesta export` prints it; get it another way than the archive
    #[arg(long, value_name = "VKEY_OR_FILE")]
    key: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

pub(crate) fn export(args: &ExportArgs) -> Result<Exit, Failure> {
    let how = Export { organisation: &args.organisation, into: &args.into, at: Timestamp::now() };
    let made = run(attesta_upkeep::export(&place(&args.place)?, &how))?;
    match args.format {
        ListFormat::Json => terminal::json_of(&made)?,
        ListFormat::Table => {
            terminal::out(format!("{}\n", made.key).as_bytes())?;
            terminal::note(&format!(
                "`{}` is in `{}`: {} leaves, {} files; whoever imports it should get the key above another way",
                made.name,
                made.archive.display(),
                made.leaves,
                made.files
            ));
        }
    }
    if made.left_out > 0 {
        terminal::note(&format!("{} records hold sealed secrets (webhooks) and stayed", made.left_out));
    }
    Ok(Exit::Met)
}

pub(crate) fn import(args: &ImportArgs) -> Result<Exit, Failure> {
    let key = args.key.as_deref().map(key).transpose()?;
    let how = Import { archive: &args.archive, key: key.as_deref(), owner: &args.owner, at: Timestamp::now() };
    let came = run(attesta_upkeep::import(&place(&args.place)?, &how))?;
    match args.format {
        ListFormat::Json => terminal::json_of(&came)?,
        ListFormat::Table => {
            terminal::out(format!("{}\n", came.organisation).as_bytes())?;
            terminal::note(&format!(
                "`{}` is here: {} leaves and {} blobs were verified, {} people are named; `{}` owns it. Its log goes on under \
                 the key {}",
                came.name, came.leaves, came.blobs, came.people, args.owner, came.key
            ));
        }
    }
    if key.is_none() {
        terminal::note(&format!(
            "nobody said which key to expect: the archive is whole, and signed by {}; compare that with what its sender says",
            came.former_key
        ));
    }
    Ok(Exit::Met)
}

/// A key as it was typed, or in a file.
fn key(text: &str) -> Result<String, Failure> {
    if text.parse::<attesta_ledger::VerifierKey>().is_ok() {
        return Ok(text.to_owned());
    }
    std::fs::read_to_string(text)
        .map(|text| text.trim().to_owned())
        .map_err(|e| Failure::new(Exit::Usage, format!("`{text}` is neither a key nor a file with one: {e}")))
}
