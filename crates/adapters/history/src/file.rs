//! A run's file: its facts, its verdicts, its documents' bytes; each packed, each with its length and digest.
//!
//! ```text
//! "attesta run 1\n"  length of the packed facts (4 bytes)  their SHA-256 (32 bytes)
//! facts  verdicts  documents
//! ```

use std::{
    fs::File,
    io::{Read, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use attesta_disk::DiskError;
use attesta_kernel::Digest;
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};

use crate::{
    error::HistoryError,
    run::{Run, Section},
    wire,
};

const MAGIC: &[u8] = b"attesta run 1\n";
/// Bounds on what a file may make us read.
const MOST_FACTS: u64 = 64 << 20;
pub(crate) const MOST_VERDICTS: u64 = 1 << 30;
pub(crate) const MOST_IMAGE: u64 = 2 << 30;

/// Packs bytes.
pub(crate) fn pack(bytes: &[u8]) -> Result<Vec<u8>, HistoryError> {
    let failed = |error| DiskError::io("pack", Path::new("a run"))(error);
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(bytes).map_err(failed)?;
    Ok(encoder.finish().map_err(failed)?)
}

/// Unpacks bytes that must give exactly so many.
fn unpack(bytes: &[u8], length: u64) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut decoder = ZlibDecoder::new(bytes).take(length.saturating_add(1));
    decoder.read_to_end(&mut out).map_err(|e| format!("it cannot be unpacked: {e}"))?;
    if wide(out.len()) != length {
        return Err("it is not as long as it should be".to_owned());
    }
    Ok(out)
}

pub(crate) fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// A section of these bytes, packed.
pub(crate) fn section(packed: &[u8], unpacked: usize) -> Section {
    Section { stored: wide(packed.len()), unpacked: wide(unpacked), digest: Digest::of(packed) }
}

/// The beginning of a file, up to its sections.
pub(crate) fn head(run: &Run) -> Result<(Vec<u8>, Digest), HistoryError> {
    let facts = wire::write(run).map_err(|what| HistoryError::damaged("a new run", what))?;
    if wide(facts.len()) > MOST_FACTS {
        return Err(HistoryError::TooBig { what: "what is known of it", most: MOST_FACTS });
    }
    let packed = pack(&facts)?;
    let length = u32::try_from(packed.len())
        .map_err(|_| HistoryError::TooBig { what: "what is known of it", most: MOST_FACTS })?;
    let digest = Digest::of(&packed);
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(digest.as_bytes());
    out.extend_from_slice(&packed);
    Ok((out, digest))
}

/// A run's file, open.
pub(crate) struct RunFile {
    place: String,
    path: std::path::PathBuf,
    file: File,
    pub(crate) run: Run,
}

impl RunFile {
    /// Opens a file and reads the facts; `None` when there is no such file.
    pub(crate) fn open(path: &Path, place: &str) -> Result<Option<Self>, HistoryError> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(DiskError::io("read the file", path)(error).into()),
        };
        let failed = |error| HistoryError::from(DiskError::io("read the file", path)(error));
        let damaged = |what: String| HistoryError::damaged(place, what);
        let size = file.metadata().map_err(failed)?.len();
        let mut start = [0; MAGIC.len() + 36];
        file.read_exact(&mut start).map_err(|_| damaged("it is cut off".to_owned()))?;
        let (magic, rest) = start.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(damaged("it is no run".to_owned()));
        }
        let (length, digest) = rest.split_at(4);
        let length = length.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        if length > MOST_FACTS {
            return Err(damaged("it says that it begins with more than any run does".to_owned()));
        }
        let packed = exactly(&mut file, length).map_err(failed)?;
        let digest_of_packed = Digest::of(&packed);
        if digest_of_packed.as_bytes() != digest {
            return Err(damaged("its facts were changed: they have another digest".to_owned()));
        }
        let mut facts = Vec::new();
        let mut decoder = ZlibDecoder::new(packed.as_slice()).take(MOST_FACTS.saturating_add(1));
        decoder.read_to_end(&mut facts).map_err(|e| damaged(format!("it cannot be unpacked: {e}")))?;
        if wide(facts.len()) > MOST_FACTS {
            return Err(damaged("it says more of itself than any run does".to_owned()));
        }
        let begin = wide(start.len()).saturating_add(length);
        let run = wire::read(&facts, digest_of_packed, begin).map_err(damaged)?;
        if run.stored != size {
            return Err(damaged(format!("it has {size} bytes, and should have {}", run.stored)));
        }
        Ok(Some(Self { place: place.to_owned(), path: path.to_owned(), file, run }))
    }

    /// The verdicts' text.
    pub(crate) fn verdicts(&mut self) -> Result<Vec<u8>, HistoryError> {
        self.section(self.run.begin, self.run.verdicts, MOST_VERDICTS)
    }

    /// The documents' bytes, or what differs from the run that they build on.
    pub(crate) fn image(&mut self) -> Result<Vec<u8>, HistoryError> {
        self.section(self.run.begin.saturating_add(self.run.verdicts.stored), self.run.image, MOST_IMAGE)
    }

    fn section(&mut self, begin: u64, section: Section, most: u64) -> Result<Vec<u8>, HistoryError> {
        let damaged = |what: String| HistoryError::damaged(self.place.as_str(), what);
        if section.unpacked > most {
            return Err(damaged("it says that it holds more than any run does".to_owned()));
        }
        let failed = |error| HistoryError::from(DiskError::io("read the file", &self.path)(error));
        self.file.seek(SeekFrom::Start(begin)).map_err(failed)?;
        let packed = exactly(&mut self.file, section.stored).map_err(failed)?;
        if Digest::of(&packed) != section.digest {
            return Err(damaged("its bytes were changed: they have another digest".to_owned()));
        }
        unpack(&packed, section.unpacked).map_err(damaged)
    }
}

fn exactly(file: &mut File, length: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    if wide(bytes.len()) == length { Ok(bytes) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
}
