//! Writing so that a file is there whole or not at all, whatever happens: written under another name, synced, renamed, and
//! the folder synced. Every step goes through one gate, at which tests make it fail.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::error::VaultError;

/// The disk, or one that fails when a test asks it to.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    plan: Option<Arc<Plan>>,
}

/// How a planned failure goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The step is not taken, and nothing after it either: the process is gone.
    CrashBefore,
    /// The step is taken, and nothing after it: the process is gone.
    CrashAfter,
    /// The step is not taken; what comes after works again: the disk was full.
    Full,
}

#[derive(Debug)]
struct Plan {
    at: u32,
    failure: Failure,
    taken: AtomicU32,
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// What was stored for good: nobody may write it.
    Kept,
    /// What is derived, and the checkpoint.
    Derived,
    /// The signing key.
    Secret,
}

impl Access {
    #[cfg(unix)]
    fn mode(self) -> u32 {
        match self {
            Self::Kept => 0o440,
            Self::Derived => 0o640,
            Self::Secret => 0o600,
        }
    }
}

impl Disk {
    /// A disk that fails at step `at`, counted from 0. For tests.
    pub fn failing(at: u32, failure: Failure) -> Self {
        Self { plan: Some(Arc::new(Plan { at, failure, taken: AtomicU32::new(0) })) }
    }

    /// How many steps were taken or refused so far; always 0 on a disk that does not fail.
    pub fn steps(&self) -> u32 {
        self.plan.as_ref().map_or(0, |plan| plan.taken.load(Ordering::Relaxed))
    }

    /// One step: the only place where the world is changed.
    fn step<T>(&self, take: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let Some(plan) = &self.plan else { return take() };
        let now = plan.taken.fetch_add(1, Ordering::Relaxed);
        let gone = || Err(io::Error::new(io::ErrorKind::StorageFull, "a test made this step fail"));
        match plan.failure {
            _ if now < plan.at => take(),
            Failure::CrashAfter if now == plan.at => take().and_then(|_| gone()),
            Failure::Full if now > plan.at => take(),
            _ => gone(),
        }
    }

    /// Makes a folder and those above it.
    pub(crate) fn folder(&self, path: &Path) -> Result<(), VaultError> {
        // A relative path ends above in an empty one, which is the working folder.
        if path.as_os_str().is_empty() || path.is_dir() {
            return Ok(());
        }
        if let Some(above) = path.parent() {
            self.folder(above)?;
        }
        self.step(|| match fs::create_dir(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        })
        .map_err(VaultError::io("make the folder", path))?;
        path.parent().map_or(Ok(()), |above| self.sync_folder(above))
    }

    fn sync_folder(&self, path: &Path) -> Result<(), VaultError> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        self.step(|| File::open(path)?.sync_all()).map_err(VaultError::io("sync the folder", path))
    }

    /// Opens a file for writing under a name that nobody reads.
    pub(crate) fn begin(&self, temporary: &Path, access: Access) -> Result<Pending, VaultError> {
        let file = self
            .step(|| {
                let mut options = OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                {
                    use std::os::unix::fs::OpenOptionsExt as _;
                    options.mode(access.mode() | 0o200);
                }
                options.open(temporary)
            })
            .map_err(VaultError::io("create the file", temporary))?;
        Ok(Pending { disk: self.clone(), path: temporary.to_owned(), file: Some(file), access })
    }

    /// Writes a file whole.
    pub(crate) fn write(&self, temporary: &Path, path: &Path, bytes: &[u8], access: Access) -> Result<(), VaultError> {
        if let Some(above) = path.parent() {
            self.folder(above)?;
        }
        let mut pending = self.begin(temporary, access)?;
        pending.write(bytes)?;
        pending.sync()?;
        pending.rename(path)?;
        self.settle(path)
    }

    /// Makes sure that a rename survives a power cut.
    pub(crate) fn settle(&self, path: &Path) -> Result<(), VaultError> {
        path.parent().map_or(Ok(()), |above| self.sync_folder(above))
    }

    /// Renames a folder.
    pub(crate) fn rename(&self, from: &Path, to: &Path) -> Result<(), VaultError> {
        self.step(|| fs::rename(from, to)).map_err(VaultError::io("rename to", to))?;
        self.settle(to)
    }

    /// Removes a file; one that is gone already is no error.
    pub(crate) fn remove(&self, path: &Path) -> Result<(), VaultError> {
        self.step(|| forgive_missing(fs::remove_file(path))).map_err(VaultError::io("remove the file", path))?;
        self.settle(path)
    }

    /// Removes a folder with all that is in it.
    pub(crate) fn remove_all(&self, path: &Path) -> Result<(), VaultError> {
        self.step(|| forgive_missing(fs::remove_dir_all(path))).map_err(VaultError::io("remove the folder", path))
    }
}

fn forgive_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// A file that nobody sees yet. Dropped before its rename, it is removed.
#[derive(Debug)]
pub(crate) struct Pending {
    disk: Disk,
    path: PathBuf,
    file: Option<File>,
    access: Access,
}

impl Pending {
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        self.disk.step(|| file.write_all(bytes)).map_err(VaultError::io("write the file", &self.path))
    }

    pub(crate) fn sync(&mut self) -> Result<(), VaultError> {
        let Some(file) = &self.file else { return Ok(()) };
        let access = self.access;
        self.disk
            .step(|| {
                if access == Access::Kept {
                    let mut permissions = file.metadata()?.permissions();
                    permissions.set_readonly(true);
                    file.set_permissions(permissions)?;
                }
                file.sync_all()
            })
            .map_err(VaultError::io("sync the file", &self.path))
    }

    /// From here on it is there.
    pub(crate) fn rename(mut self, path: &Path) -> Result<(), VaultError> {
        self.disk.step(|| fs::rename(&self.path, path)).map_err(VaultError::io("rename to", path))?;
        self.file = None;
        Ok(())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // A crash test's process is gone and cleans nothing up.
            let _ = self.disk.step(|| fs::remove_file(&self.path));
        }
    }
}

/// Reads a file whole; `None` when there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, VaultError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(VaultError::io("read the file", path)(error)),
    }
}

/// The names in a folder, sorted; none when there is no folder.
pub(crate) fn names(path: &Path) -> Result<Vec<String>, VaultError> {
    let wrong = |error| VaultError::io("list the folder", path)(error);
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(wrong(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(wrong)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// 32 random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|e| VaultError::io("read from", Path::new("the system's random source"))(io::Error::other(e)))?;
    Ok(bytes)
}
