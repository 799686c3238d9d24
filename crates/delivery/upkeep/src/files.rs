//! Files and folders as upkeep needs them: whole, durable, and their owner's alone.

use std::{
    fs::{self, File},
    io::{self, Seek as _, Write as _},
    path::{Path, PathBuf},
};

use attesta_kernel::Digest;
use sha2::{Digest as _, Sha256};

use crate::UpkeepError;

/// Nothing that is read into memory whole is bigger.
pub(crate) const MOST: u64 = 64 << 20;

/// The digest and size of a file.
pub(crate) fn hashed(path: &Path) -> Result<(Digest, u64), UpkeepError> {
    File::open(path).and_then(|mut file| hashed_open(&mut file)).map_err(UpkeepError::file(path))
}

/// The digest and size of an open file, from its beginning, which is where it stands afterwards.
pub(crate) fn hashed_open(file: &mut File) -> io::Result<(Digest, u64)> {
    let (mut hasher, mut size) = (Sha256::new(), 0_u64);
    file.rewind()?;
    for piece in pieces(&mut *file) {
        let piece = piece?;
        hasher.update(&piece);
        size += u64::try_from(piece.len()).unwrap_or(0);
    }
    file.rewind()?;
    Ok((Digest::from_bytes(hasher.finalize().into()), size))
}

/// What is read, piece by piece.
pub(crate) fn pieces(mut from: impl io::Read) -> impl Iterator<Item = io::Result<Vec<u8>>> {
    std::iter::from_fn(move || {
        let mut piece = vec![0; 256 << 10];
        match from.read(&mut piece) {
            Ok(0) => None,
            Ok(read) => {
                piece.truncate(read);
                Some(Ok(piece))
            }
            Err(error) => Some(Err(error)),
        }
    })
}

/// A text file that is not bigger than it may be.
pub(crate) fn text(path: &Path) -> Result<String, UpkeepError> {
    let size = fs::metadata(path).map_err(UpkeepError::file(path))?.len();
    if size > MOST {
        return Err(UpkeepError::damaged(path.display().to_string(), format!("it has {size} bytes, more than {MOST}")));
    }
    fs::read_to_string(path).map_err(UpkeepError::file(path))
}

/// Makes a folder for its owner alone.
pub(crate) fn own_folder(path: &Path) -> Result<(), UpkeepError> {
    fs::create_dir_all(path).map_err(UpkeepError::file(path))?;
    Ok(attesta_disk::own_alone(path)?)
}

/// Makes a file for its owner alone; refuses to write over one.
pub(crate) fn new(path: &Path) -> Result<File, UpkeepError> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(UpkeepError::file(path))
}

/// Writes a file for its owner alone, durable; refuses to write over one.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), UpkeepError> {
    let mut file = new(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(UpkeepError::file(path))
}

/// Makes what was made in a folder durable.
pub(crate) fn settle(folder: &Path) -> Result<(), UpkeepError> {
    File::open(folder).and_then(|f| f.sync_all()).map_err(UpkeepError::file(folder))
}

/// Gives something its name, durably.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), UpkeepError> {
    fs::rename(from, to).map_err(UpkeepError::file(to))?;
    match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => settle(parent),
        _ => settle(Path::new(".")),
    }
}

/// Copies a file for its owner alone, durably.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), UpkeepError> {
    fs::copy(from, to).map_err(UpkeepError::file(to))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(to, fs::Permissions::from_mode(0o600)).map_err(UpkeepError::file(to))?;
    }
    File::open(to).and_then(|f| f.sync_all()).map_err(UpkeepError::file(to))
}

/// Whether a folder is not there, or holds nothing.
pub(crate) fn is_free(path: &Path) -> Result<bool, UpkeepError> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(UpkeepError::file(path)(error)),
    }
}

/// A hidden name beside a path, that nobody uses.
pub(crate) fn beside(path: &Path, why: &str) -> Result<PathBuf, UpkeepError> {
    let name = path.file_name().map_or_else(|| "attesta".into(), |name| name.to_string_lossy().into_owned());
    let suffix: [u8; 5] = attesta_disk::random()?;
    let suffix: String = suffix.iter().map(|b| format!("{b:02x}")).collect();
    Ok(path.with_file_name(format!(".{name}.{why}-{suffix}")))
}
