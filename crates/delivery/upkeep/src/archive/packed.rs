//! A stranger's archive, open: nothing of it is read beyond what its manifest says.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, BufRead as _, BufReader, Read},
    path::Path,
};

use attesta_kernel::Digest;
use attesta_ledger::{Note, TileId, VerifierKey};
use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

use super::{
    CHECKPOINT, File, KEY, MANIFEST, Manifest, NOTE, PEOPLE, SCHEMA, TRAVELS, data, export::ledger, runs, statement,
};
use crate::{UpkeepError, files};

/// An archive has no more files.
const FILES: usize = 1_000_000;
/// Its manifest is no bigger: it is read into memory whole.
const MANIFEST_MOST: u64 = 256 << 20;
/// Its rows and tiles unpack to no more, whatever its size; evidence bytes go from piece to piece.
const ROWS_MOST: u64 = 64 << 30;
/// It unpacks to so many times its own size at most, and a little more where it is small.
const RATIO: u64 = 200;
const SMALL: u64 = 64 << 20;
/// A line of it is no longer.
pub(super) const LINE: u64 = 16 << 20;

/// The archive, which is trusted with nothing.
pub(super) struct Packed {
    name: String,
    size: u64,
    zip: ZipArchive<fs::File>,
    pub(super) files: BTreeMap<String, File>,
}

impl Packed {
    pub(super) fn open(path: &Path) -> Result<Self, UpkeepError> {
        let file = fs::File::open(path).map_err(UpkeepError::file(path))?;
        let size = file.metadata().map_err(UpkeepError::file(path))?.len();
        let name = path.display().to_string();
        let zip =
            ZipArchive::new(file).map_err(|e| UpkeepError::damaged(&name, format!("it is no whole archive: {e}")))?;
        Ok(Self { name, size, zip, files: BTreeMap::new() })
    }

    pub(super) fn wrong(&self, what: impl Into<String>) -> UpkeepError {
        UpkeepError::damaged(&self.name, what)
    }

    /// The manifest, once its note says that it is the one that was signed.
    pub(super) fn manifest(&mut self, wanted: Option<&str>) -> Result<(Manifest, VerifierKey), UpkeepError> {
        let text = self.small(MANIFEST, MANIFEST_MOST)?;
        let note = self.small(NOTE, files::MOST)?;
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|e| self.wrong(format!("its manifest cannot be read: {e}")))?;
        if manifest.schema != SCHEMA {
            return Err(self.wrong(format!("it says `{}` and not `{SCHEMA}`", cut(&manifest.schema))));
        }
        let key: VerifierKey = manifest.key.parse().map_err(|e| self.wrong(format!("its key cannot be read: {e}")))?;
        if let Some(wanted) = wanted
            && wanted.trim() != manifest.key
        {
            return Err(
                self.wrong(format!("it is signed by `{}`, which is not the key that was given", cut(&manifest.key)))
            );
        }
        let note = String::from_utf8(note).map_err(|_| self.wrong("its note is no text"))?;
        let note = Note::parse(&note).map_err(|e| self.wrong(format!("its note: {e}")))?;
        let stated = note.stated(&key).map_err(|e| self.wrong(format!("its note: {e}")))?;
        if stated != statement(&manifest.organisation, &text) {
            return Err(self.wrong("its manifest is not the one that was signed"));
        }
        if manifest.organisation.parse::<attesta_access::TenantId>().is_err() {
            return Err(self.wrong(format!("`{}` is no organisation's id", cut(&manifest.organisation))));
        }
        self.files = manifest.files.iter().map(|file| (file.path.clone(), file.clone())).collect();
        Ok((manifest, key))
    }

    /// Whether it holds what its manifest says and nothing else, and is not bigger than it may be.
    pub(super) fn fits(&mut self, manifest: &Manifest) -> Result<(), UpkeepError> {
        if manifest.files.len() > FILES || self.files.len() != manifest.files.len() {
            return Err(self.wrong("its manifest names too many files, or one of them twice"));
        }
        let mut places: BTreeSet<String> = [CHECKPOINT, KEY, PEOPLE].map(str::to_owned).into();
        places.extend(TRAVELS.map(data));
        if manifest.leaves > u64::try_from(FILES).unwrap_or(u64::MAX).saturating_mul(256) {
            return Err(self.wrong("its log is longer than any"));
        }
        let tiles = TileId::all(manifest.leaves).filter(|tile| tile.width > 0).map(ledger);
        places.extend(tiles.take(FILES));
        for path in &places {
            if !self.files.contains_key(path) {
                return Err(self.wrong(format!("`{path}` is missing")));
            }
        }
        let is_blob = |path: &str| path.strip_prefix("blobs/").is_some_and(|digest| digest.parse::<Digest>().is_ok());
        let streams = |path: &str| is_blob(path) || runs::inside(path).is_some();
        if let Some(path) = self.files.keys().find(|path| !places.contains(*path) && !streams(path)) {
            return Err(self.wrong(format!("`{}` has no place in an archive", cut(path))));
        }
        let whole = self.files.values().try_fold(0_u64, |sum, file| sum.checked_add(file.size));
        let most = self.size.saturating_mul(RATIO).saturating_add(SMALL);
        if whole.is_none_or(|whole| whole > most) {
            return Err(self.wrong(format!("it would unpack to more than {RATIO} times its size")));
        }
        let rows = self.files.values().filter(|file| !streams(&file.path)).map(|file| file.size).sum::<u64>();
        if rows > ROWS_MOST {
            return Err(self.wrong(format!("its rows would unpack to more than {} GiB", ROWS_MOST >> 30)));
        }
        if self.zip.len() != self.files.len() + 2 {
            return Err(self.wrong(format!(
                "it holds {} files, and its manifest names {}",
                self.zip.len(),
                self.files.len() + 2
            )));
        }
        Ok(())
    }

    /// A small file whose size nobody vouches for yet.
    fn small(&mut self, path: &str, most: u64) -> Result<Vec<u8>, UpkeepError> {
        let name = self.name.clone();
        let wrong = |what: String| UpkeepError::damaged(&name, what);
        let file = self.zip.by_name(path).map_err(|_| wrong(format!("`{path}` is missing")))?;
        let mut bytes = Vec::new();
        file.take(most + 1).read_to_end(&mut bytes).map_err(|e| wrong(format!("`{path}`: {e}")))?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
            return Err(wrong(format!("`{path}` is bigger than {most} bytes")));
        }
        Ok(bytes)
    }

    /// Hands a file of the manifest over, and says whether all of it was what the manifest says.
    pub(super) fn read<T>(
        &mut self,
        path: &str,
        take: impl FnOnce(&mut dyn Read) -> Result<T, UpkeepError>,
    ) -> Result<T, UpkeepError> {
        let name = self.name.clone();
        let wrong = |what: String| UpkeepError::damaged(&name, format!("`{path}` {what}"));
        let said = self.files.get(path).cloned().ok_or_else(|| wrong("is missing".to_owned()))?;
        let file = self.zip.by_name(path).map_err(|_| wrong("is missing".to_owned()))?;
        let mut judged = Judged { inner: file.take(said.size.saturating_add(1)), hasher: Sha256::new(), size: 0 };
        let taken = take(&mut judged)?;
        // What the taker did not want is judged too.
        io::copy(&mut judged, &mut io::sink()).map_err(|e| wrong(format!("cannot be read: {e}")))?;
        let found = Digest::from_bytes(judged.hasher.finalize().into()).to_string();
        if judged.size != said.size || found != said.sha256 {
            return Err(wrong("is not what the manifest says".to_owned()));
        }
        Ok(taken)
    }

    pub(super) fn whole(&mut self, path: &str) -> Result<Vec<u8>, UpkeepError> {
        let name = self.name.clone();
        self.read(path, |reader| {
            let mut bytes = Vec::new();
            reader.take(files::MOST).read_to_end(&mut bytes).map_err(|e| UpkeepError::damaged(name, e.to_string()))?;
            Ok(bytes)
        })
    }

    /// The lines of a file, each handed over.
    pub(super) fn lines(
        &mut self,
        path: &str,
        mut take: impl FnMut(&str) -> Result<(), String>,
    ) -> Result<(), UpkeepError> {
        let name = self.name.clone();
        self.read(path, |reader| {
            let mut lines = BufReader::new(reader);
            let mut line = String::new();
            let mut number = 0_u64;
            loop {
                line.clear();
                number += 1;
                let wrong = |what: String| UpkeepError::damaged(&name, format!("`{path}` line {number}: {what}"));
                let read = (&mut lines).take(LINE).read_line(&mut line).map_err(|e| wrong(e.to_string()))?;
                if read == 0 {
                    return Ok(());
                }
                let text = line.strip_suffix('\n').ok_or_else(|| wrong("it has no end, or is too long".to_owned()))?;
                take(text).map_err(wrong)?;
            }
        })
    }
}

/// Hashes what passes.
struct Judged<R> {
    inner: R,
    hasher: Sha256,
    size: u64,
}

impl<R: Read> Read for Judged<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.hasher.update(into.get(..read).unwrap_or_default());
        self.size += u64::try_from(read).unwrap_or(0);
        Ok(read)
    }
}

pub(super) fn cut(text: &str) -> String {
    text.chars().take(120).collect()
}
