//! `attesta init`, `evidence`, `verify`, `fsck` and `ledger`: a vault in a folder, without a server.

mod add;
pub(crate) mod args;
mod change;
mod ledger;
mod look;
mod verify;

use std::path::{Path, PathBuf};

use attesta_evidence::Rules;
use attesta_kernel::{Digest, Timestamp};
use attesta_vault::{Disk, Vault, VaultError, Writer};
use serde_json::json;

use crate::{
    args::{Common, ListFormat},
    exit::{Exit, Failure},
    terminal, workshop,
};
use args::{EvidenceCommand, FsckOptions, InitOptions, LedgerCommand, Place, VerifyOptions};

pub(crate) fn init(options: &InitOptions) -> Result<Exit, Failure> {
    let origin = match &options.origin {
        Some(origin) => origin.clone(),
        None => made_up(&options.dir)?,
    };
    let vault = Vault::init(&options.dir, origin, &options.actor.actor, now(), &Disk::default()).map_err(failure)?;
    let (origin, key) = (vault.key().name().to_string(), vault.key().to_string());
    match options.format {
        ListFormat::Json => terminal::json(&json!({
            "schema": "attesta.init/1",
            "workspace": options.dir.display().to_string(),
            "origin": origin,
            "key": key,
        }))?,
        ListFormat::Table => {
            terminal::out(format!("origin  {origin}\nkey     {key}\n").as_bytes())?;
            terminal::note("give this key to whoever shall verify, by another way than the proofs");
            terminal::note(
                "back up .attesta/key.secret: without it nothing can be added, and who has it can sign for you",
            );
        }
    }
    Ok(Exit::Met)
}

/// An origin that nobody else has, when none was given.
fn made_up(dir: &Path) -> Result<attesta_ledger::Origin, Failure> {
    let whole = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let name = whole.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
    let name = name.trim_matches('-');
    let random = Digest::from_bytes(random()?).to_string();
    let text =
        format!("attesta.local/{}-{}", if name.is_empty() { "log" } else { name }, random.get(..8).unwrap_or_default());
    text.parse().map_err(|e: attesta_ledger::OriginError| Failure::new(Exit::Usage, e.to_string()))
}

pub(crate) fn evidence(common: &Common, command: &EvidenceCommand) -> Result<Exit, Failure> {
    let rules = || rules(common);
    match command {
        EvidenceCommand::Add(options) => add::add(&rules()?, options),
        EvidenceCommand::Supersede { id, add } => add::supersede(&rules()?, *id, add),
        EvidenceCommand::List { place, at, target, format } => {
            look::list(&rules()?, place, at.unwrap_or_else(workshop::today), target.as_ref(), *format)
        }
        EvidenceCommand::Show { id, place, at } => {
            look::show(&rules()?, place, *id, at.unwrap_or_else(workshop::today))
        }
        EvidenceCommand::Link(options) => change::link(options),
        EvidenceCommand::Hold(options) => change::hold(options),
        EvidenceCommand::Release(options) => change::release(options),
        EvidenceCommand::Retire { id, why, actor, place } => change::retire(&rules()?, *id, why, actor, place),
        EvidenceCommand::Proof { id, output, size, place } => look::proof(place, *id, output, *size),
        EvidenceCommand::Get { id, output, place } => look::get(place, *id, output),
    }
}

pub(crate) fn verify(options: &VerifyOptions) -> Result<Exit, Failure> {
    verify::verify(options)
}

pub(crate) fn fsck(options: &FsckOptions) -> Result<Exit, Failure> {
    verify::fsck(options)
}

pub(crate) fn ledger(command: &LedgerCommand) -> Result<Exit, Failure> {
    ledger::run(command)
}

fn rules(common: &Common) -> Result<Rules, Failure> {
    attesta_content::evidence_rules(&workshop::source(common))
        .map_err(|faults| Failure::many(Exit::NotEvaluated, &faults))
}

fn now() -> Timestamp {
    Timestamp::now()
}

fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|e| Failure::new(Exit::NotEvaluated, format!("the system's random source: {e}")))?;
    Ok(bytes)
}

/// The vault of a workspace.
fn open(place: &Place) -> Result<Vault, Failure> {
    match &place.workspace {
        Some(workspace) => Vault::open(workspace),
        None => Vault::find(&PathBuf::from(".")),
    }
    .map_err(failure)
}

fn writer(vault: &Vault) -> Result<Writer, Failure> {
    vault.writer(Disk::default()).map_err(failure)
}

/// What a vault's error means for the one who typed.
fn failure(error: VaultError) -> Failure {
    let exit = match &error {
        VaultError::None(_) | VaultError::Exists(_) | VaultError::TooBig(_) => Exit::Usage,
        VaultError::NotKept(_) | VaultError::NotCovered { .. } => Exit::Usage,
        error if error.is_integrity() => Exit::Integrity,
        _ => Exit::NotEvaluated,
    };
    let help = match &error {
        VaultError::None(_) => Some("make one with `attesta init DIR`, or name a workspace with --workspace"),
        VaultError::Exists(_) => Some("nothing was changed; take another folder for another vault"),
        VaultError::InUse(_) => Some("wait until the other process has ended, and try again"),
        VaultError::TooBig(_) => Some("--max-size takes a bigger one"),
        VaultError::NotCovered { .. } => Some("leave --size out to prove it under the newest checkpoint"),
        VaultError::Damaged { .. } => Some("`attesta fsck` names all that is wrong"),
        VaultError::StoredNotPublished(_) | VaultError::Uncertain(_) => {
            Some("look with `attesta evidence list` before you try again; the next change finishes what is left to do")
        }
        _ => None,
    };
    let failure = Failure::new(exit, error.to_string());
    match help {
        Some(help) => failure.help(help),
        None => failure,
    }
}

/// A file that somebody named: it is their mistake when it is not there.
fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let exit = if error.kind() == std::io::ErrorKind::NotFound { Exit::Usage } else { Exit::NotEvaluated };
    Failure::new(exit, format!("{}: cannot be read: {error}", path.display()))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    /// Proofs, keys, checkpoints and policies are small.
    const MOST: u64 = 4 << 20;
    let wrong = |e: std::io::Error| unreadable(path, &e);
    let file = std::fs::File::open(path).map_err(wrong)?;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(file, MOST + 1), &mut bytes).map_err(wrong)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MOST) {
        return Err(Failure::new(Exit::Integrity, format!("{}: it is bigger than 4 MiB", path.display())));
    }
    Ok(bytes)
}

fn read_text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read(path)?)
        .map_err(|_| Failure::new(Exit::Integrity, format!("{}: it is not UTF-8 text", path.display())))
}
