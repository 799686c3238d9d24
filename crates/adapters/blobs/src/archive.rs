//! What an archive holds, looked at without unpacking anything to disk.

use std::{
    cell::Cell,
    io::{self, Cursor, Read, Seek, SeekFrom},
    rc::Rc,
};

use zip::{ZipArchive, result::ZipError};

use crate::place::length;

/// How much an archive may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Entries, on all levels together.
    pub entries: u64,
    /// Bytes when unpacked, on all levels together.
    pub bytes: u64,
    /// Bytes when unpacked for each byte of the archive, from 16 MiB on.
    pub ratio: u64,
    /// Archives inside archives: 1 is the archive itself. Office documents are archives too.
    pub depth: u32,
    /// Bytes of an archive inside, which is looked at in memory.
    pub inner: u64,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { entries: 10_000, bytes: 2 << 30, ratio: 200, depth: 4, inner: 64 << 20 }
    }
}

/// What an archive holds, on all levels together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contents {
    /// Entries.
    pub entries: u64,
    /// Bytes when unpacked: counted, not believed.
    pub bytes: u64,
    /// How deep archives lie in archives.
    pub depth: u32,
    /// Entries under a password: nobody looked inside.
    pub locked: u64,
    /// Entries packed in a way that is not known here: nobody looked inside.
    pub unread: u64,
}

/// Why an archive is not taken. An entry is told as it is named, cut and without control characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveRefusal {
    /// It is not whole, or no archive.
    #[error("the archive is damaged: {0}; pack it again")]
    Broken(String),
    /// Its list of entries is larger than so many entries need.
    #[error("the archive holds more than {0} entries, or its list of them is too long; split it")]
    Entries(u64),
    /// It unpacks to too much.
    #[error("the archive unpacks to more than {0} bytes; split it")]
    Bytes(u64),
    /// It unpacks to far more than it is.
    #[error("the archive unpacks to more than {0} times its size, as archives do that are made to fill a disk")]
    Ratio(u64),
    /// Archives in archives in archives.
    #[error("archives lie more than {limit} deep in each other, at `{entry}`; upload the inner one by itself")]
    Depth {
        /// How deep they may.
        limit: u32,
        /// Where.
        entry: String,
    },
    /// An archive inside is large.
    #[error("the archive `{entry}` inside is larger than {limit} bytes; upload it by itself")]
    Inner {
        /// How large it may be.
        limit: u64,
        /// Which.
        entry: String,
    },
    /// A name that leaves the folder into which somebody unpacks.
    #[error("the entry `{0}` would be written outside the folder into which it is unpacked")]
    Escapes(String),
    /// A link: where it points to is not in the archive.
    #[error("the entry `{0}` is a link; pack the file that it points to")]
    Link(String),
    /// Two entries under one name: people and programs would see different ones.
    #[error("the archive holds two entries under one name; pack it again")]
    Twice,
}

/// Looks through an archive: its names and what they unpack to, archives inside too. Sizes that it states are not
/// believed; every entry is unpacked into nothing and counted, as far as the limits allow.
///
/// # Errors
///
/// Why it is not taken.
pub fn inspect<R: Read + Seek>(mut archive: R, limits: &ArchiveLimits) -> Result<Contents, ArchiveRefusal> {
    let size = archive.seek(SeekFrom::End(0)).map_err(|e| ArchiveRefusal::Broken(e.to_string()))?;
    let most = limits.bytes.min(limits.ratio.saturating_mul(size).max(RATIO_FROM));
    let mut look = Look { limits, most, seen: Contents::default() };
    look.archive(archive, 1, "")?;
    Ok(look.seen)
}

/// Below this no ratio is a danger.
const RATIO_FROM: u64 = 16 << 20;

struct Look<'a> {
    limits: &'a ArchiveLimits,
    /// What total size and ratio together allow.
    most: u64,
    seen: Contents,
}

impl Look<'_> {
    fn archive<R: Read + Seek>(&mut self, reader: R, depth: u32, name: &str) -> Result<(), ArchiveRefusal> {
        if depth > self.limits.depth {
            return Err(ArchiveRefusal::Depth { limit: self.limits.depth, entry: name.to_owned() });
        }
        self.seen.depth = self.seen.depth.max(depth);
        let mut archive = self.open(reader)?;
        self.seen.entries = self.seen.entries.saturating_add(length(archive.len()));
        if self.seen.entries > self.limits.entries {
            return Err(ArchiveRefusal::Entries(self.limits.entries));
        }
        let mut stated = self.seen.bytes;
        for at in 0..archive.len() {
            let entry = archive.by_index_raw(at).map_err(broken)?;
            let name = shown(entry.name());
            if escapes(entry.name()) {
                return Err(ArchiveRefusal::Escapes(name));
            }
            if entry.is_symlink() {
                return Err(ArchiveRefusal::Link(name));
            }
            stated = stated.saturating_add(entry.size());
        }
        self.allowed(stated)?;
        for at in 0..archive.len() {
            if archive.by_index_raw(at).map_err(broken)?.encrypted() {
                self.seen.locked += 1;
                continue;
            }
            let entry = match archive.by_index(at) {
                Err(ZipError::CompressionMethodNotSupported(_) | ZipError::UnsupportedArchive(_)) => {
                    self.seen.unread += 1;
                    continue;
                }
                entry => entry.map_err(broken)?,
            };
            let name = shown(entry.name());
            if let Some(inner) = self.count(entry, &name)? {
                self.archive(Cursor::new(inner), depth + 1, &name)?;
            }
        }
        Ok(())
    }

    /// Unpacks an entry into nothing; one that is an archive comes back.
    fn count(&mut self, mut entry: impl Read, name: &str) -> Result<Option<Vec<u8>>, ArchiveRefusal> {
        let mut kept: Option<Vec<u8>> = None;
        let mut buffer = vec![0; 64 << 10];
        for first in std::iter::once(true).chain(std::iter::repeat(false)) {
            let read = fill(&mut entry, &mut buffer).map_err(|e| ArchiveRefusal::Broken(format!("`{name}`: {e}")))?;
            let bytes = buffer.get(..read).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            self.seen.bytes = self.seen.bytes.saturating_add(length(read));
            self.allowed(self.seen.bytes)?;
            if first && is_archive(bytes) {
                kept = Some(Vec::new());
            }
            if let Some(kept) = &mut kept {
                if length(kept.len() + read) > self.limits.inner {
                    return Err(ArchiveRefusal::Inner { limit: self.limits.inner, entry: name.to_owned() });
                }
                kept.extend_from_slice(bytes);
            }
        }
        Ok(kept)
    }

    fn allowed(&self, bytes: u64) -> Result<(), ArchiveRefusal> {
        match bytes {
            bytes if bytes > self.limits.bytes => Err(ArchiveRefusal::Bytes(self.limits.bytes)),
            bytes if bytes > self.most => Err(ArchiveRefusal::Ratio(self.limits.ratio)),
            _ => Ok(()),
        }
    }

    /// Opens an archive; reading its directory may not take more than that of so many entries needs.
    fn open<R: Read + Seek>(&self, inner: R) -> Result<ZipArchive<Metered<R>>, ArchiveRefusal> {
        let directory = (1_u64 << 20).saturating_add(self.limits.entries.saturating_mul(512));
        let left = Rc::new(Cell::new(directory));
        let told = |error: ZipError| match left.get() {
            0 => ArchiveRefusal::Entries(self.limits.entries),
            _ => broken(error),
        };
        let archive = ZipArchive::new(Metered { inner, left: left.clone() }).map_err(told)?;
        let (start, entries) = (archive.central_directory_start(), length(archive.len()));
        let mut reader = archive.into_inner();
        left.set(directory);
        let listed = headers(&mut reader, start).map_err(|e| told(ZipError::Io(e)))?;
        if listed != entries {
            return Err(ArchiveRefusal::Twice);
        }
        left.set(directory);
        let archive = ZipArchive::new(reader).map_err(told)?;
        left.set(u64::MAX);
        Ok(archive)
    }
}

/// How many headers stand in the directory, whatever their names.
fn headers(reader: &mut (impl Read + Seek), start: u64) -> io::Result<u64> {
    let mut reader = io::BufReader::new(reader);
    reader.seek(SeekFrom::Start(start))?;
    let mut count = 0;
    loop {
        let mut header = [0; 46];
        if fill(&mut reader, &mut header)? < header.len() || !header.starts_with(b"PK\x01\x02") {
            return Ok(count);
        }
        count += 1;
        let [.., n0, n1, x0, x1, c0, c1, _, _, _, _, _, _, _, _, _, _, _, _] = header;
        let rest: u32 = [[n0, n1], [x0, x1], [c0, c1]].map(|two| u32::from(u16::from_le_bytes(two))).iter().sum();
        reader.seek_relative(i64::from(rest))?;
    }
}

fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Whether bytes begin as an archive does.
pub(crate) fn is_archive(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// Whether a name leads out of the folder into which it is unpacked, on any system.
fn escapes(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':');
    name.starts_with(['/', '\\']) || drive || name.contains('\0') || name.split(['/', '\\']).any(|part| part == "..")
}

fn shown(name: &str) -> String {
    name.chars().take(120).flat_map(char::escape_debug).collect()
}

fn broken(error: ZipError) -> ArchiveRefusal {
    ArchiveRefusal::Broken(error.to_string())
}

/// A reader that stops after so many bytes.
struct Metered<R> {
    inner: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let Some(left) = self.left.get().checked_sub(length(read)).filter(|left| *left > 0) else {
            self.left.set(0);
            return Err(io::Error::other("the list of entries is too long"));
        };
        self.left.set(left);
        Ok(read)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
