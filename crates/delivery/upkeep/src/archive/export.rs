use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use attesta_kernel::{Digest, Timestamp};
use attesta_ledger::{Note, TileId};
use attesta_store::{Cell, Log, Snapshot, StoreError, Table, holds_secret};
use futures_util::TryStreamExt as _;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{
    CHECKPOINT, File, KEY, MANIFEST, Manifest, NOTE, PEOPLE, Person, SCHEMA, SOURCES, TRAVELS, blob, data,
    packed::{LINE, Packed},
    rows, statement,
};
use crate::{Opened, Place, UpkeepError, files, sources};

/// How to export.
#[derive(Debug, Clone)]
pub struct Export<'a> {
    /// Which organisation.
    pub organisation: &'a str,
    /// The file to write; it must not be there.
    pub into: &'a Path,
    /// Now.
    pub at: Timestamp,
}

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// The file.
    pub archive: PathBuf,
    /// The organisation's name.
    pub name: String,
    /// The key that verifies it: whoever imports should have it from elsewhere.
    pub key: String,
    /// Leaves of its log.
    pub leaves: u64,
    /// Files in it.
    pub files: usize,
    /// Rows that stayed, because they hold sealed secrets.
    pub left_out: u64,
}

/// Writes one organisation into an archive, and tells its log so. Servers may be at work.
///
/// # Errors
///
/// When there is no such organisation, something cannot be read, or bytes are not what they were: then there is no archive.
pub async fn export(from: &Place, how: &Export<'_>) -> Result<Exported, UpkeepError> {
    if how.into.exists() {
        return Err(UpkeepError::refused(
            format!("`{}` is there already", how.into.display()),
            "name a file that is not there",
        ));
    }
    if how.organisation.parse::<attesta_access::TenantId>().is_err() {
        return Err(UpkeepError::refused(
            format!("`{}` is no organisation's id", how.organisation.chars().take(80).collect::<String>()),
            "ids look like ten_01J…; `attesta doctor` lists them",
        ));
    }
    let opened = from.open().await?;
    told(&opened, how).await?;
    let half = files::beside(how.into, "exporting")?;
    let exported = write(&opened, &from.data, how, &half).await;
    opened.store.close().await;
    match exported {
        Ok(exported) => {
            files::rename(&half, how.into)?;
            Ok(exported)
        }
        Err(error) => {
            let _ = fs::remove_file(&half);
            Err(error)
        }
    }
}

/// The log says that everything left, before it does.
async fn told(opened: &Opened, how: &Export<'_>) -> Result<(), UpkeepError> {
    let mut work = opened.work(how.organisation).await?;
    let log = work.room().log().await?;
    let key = opened.signer(how.organisation, &log)?;
    work.tell("organisation.exported", how.organisation, &serde_json::json!({ "leaves": log.size }))?;
    work.commit("system", how.at, &key).await?;
    Ok(())
}

async fn write(opened: &Opened, data: &Path, how: &Export<'_>, half: &Path) -> Result<Exported, UpkeepError> {
    let mut options = fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(half).map_err(UpkeepError::file(half))?;
    let mut archive = Archive { zip: ZipWriter::new(file), path: half.to_owned(), files: Vec::new() };
    // Before the rows: a run that came between is told by nobody yet, and the next look tells it.
    runs(&mut archive, data, how.organisation)?;
    let mut snapshot = opened.store.snapshot().await?;
    let log = head(&mut snapshot, how.organisation).await?;
    let key = opened.signer(how.organisation, &log)?;
    let mut seen = Seen::default();
    for name in TRAVELS {
        let table = snapshot.tables().iter().find(|t| t.name == name).cloned();
        let table = table.ok_or_else(|| UpkeepError::damaged("database", format!("it has no table `{name}`")))?;
        rows_of(&mut archive, &mut snapshot, &table, how.organisation, &mut seen).await?;
    }
    drop(snapshot);
    people(opened, &mut archive, &seen).await?;
    archive.whole(CHECKPOINT, log.checkpoint.as_bytes(), CompressionMethod::Deflated)?;
    archive.whole(KEY, format!("{}\n", log.vkey).as_bytes(), CompressionMethod::Deflated)?;
    tiles(opened, &mut archive, how.organisation, log.size).await?;
    let place = opened.blobs.of(how.organisation)?;
    for digest in &seen.blobs {
        let parsed: Digest =
            digest.parse().map_err(|_| UpkeepError::damaged("bytes", format!("`{digest}` is no digest")))?;
        let mut reading = place.read(&parsed, None).await.map_err(|error| match error {
            attesta_blobs::BlobError::NotFound(_) => {
                UpkeepError::damaged(format!("bytes {digest}"), "they are missing, or went away meanwhile: try again")
            }
            error => error.into(),
        })?;
        archive.begin(&blob(digest), CompressionMethod::Stored)?;
        let mut writing = Writing::default();
        while let Some(bytes) = reading.bytes.try_next().await? {
            archive.put(&mut writing, &bytes)?;
        }
        archive.end(&blob(digest), writing);
    }
    let manifest = Manifest {
        schema: SCHEMA.to_owned(),
        made: how.at,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        organisation: how.organisation.to_owned(),
        name: seen.name.clone(),
        key: log.vkey.clone(),
        leaves: log.size,
        migrations: opened.store.migrations().await?.had,
        left_out: seen.left_out,
        files: std::mem::take(&mut archive.files),
    };
    let text = serde_json::to_vec(&manifest).map_err(|e| UpkeepError::damaged(MANIFEST, e.to_string()))?;
    let note = Note::state(&statement(how.organisation, &text), &key);
    let note = note.map_err(|e| UpkeepError::damaged(NOTE, e.to_string()))?;
    archive.whole(MANIFEST, &text, CompressionMethod::Deflated)?;
    archive.whole(NOTE, note.to_string().as_bytes(), CompressionMethod::Deflated)?;
    let wrong = |e: zip::result::ZipError| UpkeepError::file(half)(e.into());
    archive.zip.finish().map_err(wrong)?.sync_all().map_err(UpkeepError::file(half))?;
    importable(half, &log.vkey)?;
    Ok(Exported {
        archive: how.into.to_owned(),
        name: seen.name,
        key: log.vkey,
        leaves: log.size,
        files: manifest.files.len() + 2,
        left_out: seen.left_out,
    })
}

/// Whether whoever imports it will take it: an archive that is too big for that is none.
fn importable(half: &Path, key: &str) -> Result<(), UpkeepError> {
    let mut packed = Packed::open(half)?;
    let (manifest, _) = packed.manifest(Some(key))?;
    packed.fits(&manifest)
}

/// What passes by while rows are written.
#[derive(Default)]
struct Seen {
    name: String,
    blobs: BTreeSet<String>,
    people: BTreeSet<String>,
    left_out: u64,
}

async fn head(snapshot: &mut Snapshot, tenant: &str) -> Result<Log, UpkeepError> {
    let table = snapshot.tables().iter().find(|t| t.name == "log").cloned();
    let table = table.ok_or_else(|| UpkeepError::damaged("database", "it has no table `log`"))?;
    let mut found = BTreeMap::new();
    let mut take = |row: Vec<Cell>| {
        found.extend(table.columns.iter().map(|c| c.name.clone()).zip(row));
        Ok(())
    };
    snapshot.rows(&table, tenant, &mut take).await?;
    let text = |name: &str| match found.get(name) {
        Some(Cell::Text(text)) => Ok(text.clone()),
        _ => Err(UpkeepError::refused(format!("there is no organisation `{tenant}`"), "`attesta doctor` lists them")),
    };
    let size = match found.get("size") {
        Some(Cell::Int(size)) => u64::try_from(*size).unwrap_or(0),
        _ => 0,
    };
    Ok(Log {
        origin: text("origin")?,
        size,
        checkpoint: text("checkpoint")?,
        vkey: text("vkey")?,
        sealed_key: text("sealed_key")?,
    })
}

async fn rows_of(
    archive: &mut Archive,
    snapshot: &mut Snapshot,
    table: &Table,
    tenant: &str,
    seen: &mut Seen,
) -> Result<(), UpkeepError> {
    let path = data(&table.name);
    archive.begin(&path, CompressionMethod::Deflated)?;
    let mut writing = Writing::default();
    let at = |name: &str| table.place_of(name);
    let (name, digest) = (at("name"), at("digest").filter(|_| table.name == "blob"));
    let people: Vec<usize> = ["actor", "editor", "owner"].into_iter().filter_map(at).collect();
    let mut take = |row: Vec<Cell>| {
        let text = |at: usize| match row.get(at) {
            Some(Cell::Text(text)) => text.as_str(),
            _ => "",
        };
        // Only records hold sealed secrets (webhooks), which only their own instance can open; what a leaf or a document
        // says is never left out.
        if table.name == "record" && row.iter().any(|cell| matches!(cell, Cell::Text(text) if holds_secret(text))) {
            seen.left_out += 1;
            return Ok(());
        }
        if table.name == "tenant"
            && let Some(at) = name
        {
            text(at).clone_into(&mut seen.name);
        }
        seen.blobs.extend(digest.map(|at| text(at).to_owned()));
        seen.people.extend(people.iter().map(|at| text(*at)).filter(|id| id.starts_with("acc_")).map(str::to_owned));
        let line = format!("{}\n", rows::write(table, &row));
        if u64::try_from(line.len()).unwrap_or(u64::MAX) > LINE {
            let what =
                format!("a row of `{}` has {} bytes, more than an archive may hold ({LINE})", table.name, line.len());
            return Err(StoreError::Refused(what));
        }
        archive.put(&mut writing, line.as_bytes()).map_err(|e| StoreError::Refused(e.to_string()))
    };
    snapshot.rows(table, tenant, &mut take).await?;
    archive.end(&path, writing);
    Ok(())
}

/// The runs of watched sources.
fn runs(archive: &mut Archive, data: &Path, organisation: &str) -> Result<(), UpkeepError> {
    for path in sources::of(data, organisation)? {
        let from = data.join(sources::FOLDER).join(organisation).join(&path);
        // It may be replaced while we read: what was opened stays as it was.
        let file = fs::File::open(&from).map_err(UpkeepError::file(&from))?;
        let name = format!("{SOURCES}{path}");
        archive.begin(&name, CompressionMethod::Deflated)?;
        let mut writing = Writing::default();
        for piece in files::pieces(file) {
            archive.put(&mut writing, &piece.map_err(UpkeepError::file(&from))?)?;
        }
        archive.end(&name, writing);
    }
    Ok(())
}

/// Everybody whom the trail names, and no more of them than that.
async fn people(opened: &Opened, archive: &mut Archive, seen: &Seen) -> Result<(), UpkeepError> {
    let mut room = opened.room(attesta_store::HOUSE).await?;
    let mut text = String::new();
    for id in &seen.people {
        if let Some(account) = room.account(id).await? {
            let person = Person { id: account.id, name: account.name };
            let line = serde_json::to_string(&person).map_err(|e| UpkeepError::damaged(PEOPLE, e.to_string()))?;
            text.push_str(&line);
            text.push('\n');
        }
    }
    archive.whole(PEOPLE, text.as_bytes(), CompressionMethod::Deflated)
}

/// The log as it would be served, for verifiers that know nothing of Attesta.
async fn tiles(opened: &Opened, archive: &mut Archive, tenant: &str, size: u64) -> Result<(), UpkeepError> {
    let mut room = opened.room(tenant).await?;
    for tile in TileId::all(size).filter(|tile| tile.width > 0) {
        let bytes = room.tile(tile).await?;
        archive.whole(&ledger(tile), &bytes, CompressionMethod::Deflated)?;
    }
    Ok(())
}

pub(super) fn ledger(tile: TileId) -> String {
    format!("ledger/{}", tile.path())
}

/// A zip that remembers what it wrote.
struct Archive {
    zip: ZipWriter<fs::File>,
    path: PathBuf,
    files: Vec<File>,
}

#[derive(Default)]
struct Writing {
    hasher: Sha256,
    size: u64,
}

impl Archive {
    fn begin(&mut self, path: &str, method: CompressionMethod) -> Result<(), UpkeepError> {
        let options = SimpleFileOptions::default().compression_method(method).large_file(true).unix_permissions(0o600);
        self.zip.start_file(path, options).map_err(|e| UpkeepError::file(&self.path)(e.into()))
    }

    fn put(&mut self, writing: &mut Writing, bytes: &[u8]) -> Result<(), UpkeepError> {
        writing.hasher.update(bytes);
        writing.size += u64::try_from(bytes.len()).unwrap_or(0);
        self.zip.write_all(bytes).map_err(UpkeepError::file(&self.path))
    }

    fn end(&mut self, path: &str, writing: Writing) {
        let sha256 = Digest::from_bytes(writing.hasher.finalize().into()).to_string();
        self.files.push(File { path: path.to_owned(), size: writing.size, sha256 });
    }

    fn whole(&mut self, path: &str, bytes: &[u8], method: CompressionMethod) -> Result<(), UpkeepError> {
        self.begin(path, method)?;
        let mut writing = Writing::default();
        self.put(&mut writing, bytes)?;
        self.end(path, writing);
        Ok(())
    }
}
