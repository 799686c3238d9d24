//! The runs of watched sources: files under `DATA/sources`, which the database names and does not hold. A backup keeps them
//! by digest beside the bytes of evidence, so that the next one adds what is new.
//!
//! They are taken before the database: a run that came between is looked at again after a restore, and told again. The other
//! way round it would be told by nobody.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    path::{Component, Path, PathBuf},
};

use attesta_blobs::Blobs;
use attesta_kernel::Digest;
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};

use crate::{UpkeepError, bytes, files};

/// The folder in a server's data.
pub(crate) const FOLDER: &str = "sources";
/// What a backup has of it: one line of JSON for each file.
pub(crate) const LIST: &str = "sources.jsonl";

/// A file of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// Below `DATA/sources`: organisation, source, and the place in it.
    path: String,
    sha256: String,
    size: u64,
}

/// What a backup has of the sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listed {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    /// SHA-256 of the list.
    pub(crate) sha256: String,
}

/// Files below a folder. What others write there meanwhile is either whole or not seen: of numbered folders the last is read
/// first, so that no run is there without those before it.
fn below(root: &Path, inside: &str, found: &mut Vec<String>) -> Result<(), UpkeepError> {
    let folder = root.join(inside);
    let mut names = attesta_disk::names(&folder)?;
    names.sort();
    names.reverse();
    for name in names {
        // Locks, and what is being written.
        if name.starts_with('.') || name == "lock" || name == "tmp" {
            continue;
        }
        let path = if inside.is_empty() { name } else { format!("{inside}/{name}") };
        let here = root.join(&path);
        let kind = fs::symlink_metadata(&here).map_err(UpkeepError::file(&here))?.file_type();
        if kind.is_dir() {
            below(root, &path, found)?;
        } else if kind.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// Every file of one organisation's sources, by its place below them. What is known of a source stands first: it is older
/// than its runs, and never speaks of one that is not there.
pub(crate) fn of(data: &Path, organisation: &str) -> Result<Vec<String>, UpkeepError> {
    let mut found = Vec::new();
    below(&data.join(FOLDER), organisation, &mut found)?;
    let (known, runs): (Vec<_>, Vec<_>) = found.into_iter().partition(|path| is_known(path));
    let inside = |path: String| path.split_once('/').map(|(_, rest)| rest.to_owned());
    Ok(known.into_iter().chain(runs).filter_map(inside).collect())
}

/// Takes every file into the backup's bytes, and writes the list; how many bytes were new.
pub(crate) async fn take(data: &Path, half: &Path, into: &Blobs) -> Result<(Listed, u64), UpkeepError> {
    let root = data.join(FOLDER);
    let (mut list, mut count, mut total, mut new) = (Vec::new(), 0_u64, 0_u64, 0_u64);
    // What is known of a source is older than its runs: it never speaks of one that is not there.
    for known in [true, false] {
        let mut found = Vec::new();
        below(&root, "", &mut found)?;
        for path in found.into_iter().filter(|path| is_known(path) == known) {
            let Some((tenant, _)) = path.split_once('/') else { continue };
            let from = root.join(&path);
            // It may be replaced while we read: what was opened stays as it was.
            let mut file = File::open(&from).map_err(UpkeepError::file(&from))?;
            let (digest, size) = files::hashed_open(&mut file).map_err(UpkeepError::file(&from))?;
            let to = into.of(tenant)?;
            if !bytes::stands(&to, &digest).await? {
                let pieces = files::pieces(file).map(|piece| piece.map(Into::into));
                bytes::put(&to, &digest, &from.display().to_string(), futures_util::stream::iter(pieces)).await?;
                new += 1;
            }
            (count, total) = (count.saturating_add(1), total.saturating_add(size));
            let line = Kept { path, sha256: digest.to_string(), size };
            let line = serde_json::to_string(&line).map_err(|e| UpkeepError::damaged(LIST, e.to_string()))?;
            list.extend(line.into_bytes());
            list.push(b'\n');
        }
    }
    files::write_new(&half.join(LIST), &list)?;
    Ok((Listed { files: count, bytes: total, sha256: Digest::of(&list).to_string() }, new))
}

/// Whether a file says what is known of a source: `ORGANISATION/SOURCE/state/NAME.json`.
fn is_known(path: &str) -> bool {
    path.split('/').nth(2) == Some("state")
}

/// Puts every file back under a data folder; each is verified by its digest while it is written. What an older backup does
/// not have is not there: then nothing is put back.
pub(crate) async fn put_back(
    backup: &Path,
    listed: Option<&Listed>,
    from: &Blobs,
    data: &Path,
) -> Result<(), UpkeepError> {
    let Some(listed) = listed else { return Ok(()) };
    let list = backup.join(LIST);
    let wrong = |what: String| UpkeepError::damaged(list.display().to_string(), what);
    let (digest, _) = files::hashed(&list)?;
    if digest.to_string() != listed.sha256 {
        return Err(wrong(format!("its digest is {digest}, and the manifest says {}", listed.sha256)));
    }
    let root = data.join(FOLDER);
    let mut made = BTreeSet::new();
    for line in BufReader::new(File::open(&list).map_err(UpkeepError::file(&list))?).lines() {
        let line = line.map_err(UpkeepError::file(&list))?;
        let kept: Kept = serde_json::from_str(&line).map_err(|e| wrong(e.to_string()))?;
        let inside = Path::new(&kept.path);
        let leads_on = inside.components().all(|part| matches!(part, Component::Normal(_)));
        let (Some((tenant, _)), true) = (kept.path.split_once('/'), leads_on) else {
            return Err(wrong("a path leads elsewhere".to_owned()));
        };
        let digest: Digest = kept.sha256.parse().map_err(|_| wrong("a digest is none".to_owned()))?;
        let to = root.join(inside);
        for folder in folders(&root, inside) {
            if made.insert(folder.clone()) {
                files::own_folder(&folder)?;
            }
        }
        let damaged = |what: String| UpkeepError::damaged(format!("{FOLDER}/{}", kept.path), what);
        // A stream of a whole blob ends with an error unless its digest is right.
        let mut reading = from.of(tenant)?.read(&digest, None).await.map_err(|e| damaged(e.to_string()))?;
        let mut file = files::new(&to)?;
        while let Some(piece) = reading.bytes.try_next().await.map_err(|e| damaged(e.to_string()))? {
            file.write_all(&piece).map_err(UpkeepError::file(&to))?;
        }
        file.sync_all().map_err(UpkeepError::file(&to))?;
    }
    made.iter().try_for_each(|folder| files::settle(folder))
}

/// The folders of a file, outermost first.
fn folders(root: &Path, inside: &Path) -> Vec<PathBuf> {
    let mut all = vec![root.to_owned()];
    if let Some(parent) = inside.parent() {
        all.extend(parent.ancestors().filter(|a| !a.as_os_str().is_empty()).map(|a| root.join(a)));
    }
    all.sort();
    all
}
