//! Writing so that a file is there whole or not at all, whatever happens: written under another name, synced, renamed, and
//! the folder synced. Every step goes through one gate, at which tests make it fail.
//!
//! It knows nothing of what it writes.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// The disk said no.
#[derive(Debug, thiserror::Error)]
#[error("{}: cannot {what}: {error}", path.display())]
pub struct DiskError {
    /// What was tried.
    pub what: &'static str,
    /// With which file.
    pub path: PathBuf,
    /// What the system says.
    pub error: io::Error,
}

impl DiskError {
    /// Makes an error of what the system says.
    pub fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self { what, path, error }
    }
}

/// So long one process waits for another that writes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Takes the lock of a folder; `None` when another process holds it and does not let go.
///
/// # Errors
///
/// When the lock's file cannot be opened or locked.
pub fn lock(path: &Path) -> Result<Option<File>, DiskError> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(DiskError::io("open the file", path))?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(fs::TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(fs::TryLockError::WouldBlock) => return Ok(None),
            Err(fs::TryLockError::Error(error)) => return Err(DiskError::io("lock the file", path)(error)),
        }
    }
}

/// Makes a folder its owner's alone: what it holds may be what nobody else should read.
///
/// # Errors
///
/// When its permissions cannot be set.
pub fn own_alone(path: &Path) -> Result<(), DiskError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
            .map_err(DiskError::io("set the permissions of", path))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

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
pub enum Access {
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
    ///
    /// # Errors
    ///
    /// When the disk says no.
    pub fn folder(&self, path: &Path) -> Result<(), DiskError> {
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
        .map_err(DiskError::io("make the folder", path))?;
        path.parent().map_or(Ok(()), |above| self.sync_folder(above))
    }

    fn sync_folder(&self, path: &Path) -> Result<(), DiskError> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        self.step(|| File::open(path)?.sync_all()).map_err(DiskError::io("sync the folder", path))
    }

    /// Opens a file for writing under a name that nobody reads.
    ///
    /// # Errors
    ///
    /// When the disk says no.
    pub fn begin(&self, temporary: &Path, access: Access) -> Result<Pending, DiskError> {
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
            .map_err(DiskError::io("create the file", temporary))?;
        Ok(Pending { disk: self.clone(), path: temporary.to_owned(), file: Some(file), access })
    }

    /// Writes a file whole.
    ///
    /// # Errors
    ///
    /// When the disk says no.
    pub fn write(&self, temporary: &Path, path: &Path, bytes: &[u8], access: Access) -> Result<(), DiskError> {
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
    ///
    /// # Errors
    ///
    /// When the disk says no.
    pub fn settle(&self, path: &Path) -> Result<(), DiskError> {
        path.parent().map_or(Ok(()), |above| self.sync_folder(above))
    }

    /// Renames a folder.
    ///
    /// # Errors
    ///
    /// When the disk says no.
    pub fn rename(&self, from: &Path, to: &Path) -> Result<(), DiskError> {
        self.step(|| fs::rename(from, to)).map_err(DiskError::io("rename to", to))?;
        self.settle(to)
    }

    /// Removes a file; one that is gone already is no error.
    ///
    /// # Errors
    ///
    /// When the disk says no.
    pub fn remove(&self, path: &Path) -> Result<(), DiskError> {
        self.step(|| forgive_missing(fs::remove_file(path))).map_err(DiskError::io("remove the file", path))?;
        self.settle(path)
    }

    /// Removes a folder with all that is in it.
    ///
    /// # Errors
    ///
    /// When the disk says no.
    pub fn remove_all(&self, path: &Path) -> Result<(), DiskError> {
        self.step(|| forgive_missing(fs::remove_dir_all(path))).map_err(DiskError::io("remove the folder", path))
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
pub struct Pending {
    disk: Disk,
    path: PathBuf,
    file: Option<File>,
    access: Access,
}

impl Pending {
    /// Writes on.
    ///
    /// # Errors
    ///
    /// When the disk says no.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        self.disk.step(|| file.write_all(bytes)).map_err(DiskError::io("write the file", &self.path))
    }

    /// Makes what was written survive a power cut.
    ///
    /// # Errors
    ///
    /// When the disk says no.
    pub fn sync(&mut self) -> Result<(), DiskError> {
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
            .map_err(DiskError::io("sync the file", &self.path))
    }

    /// From here on it is there.
    ///
    /// # Errors
    ///
    /// When the disk says no.
    pub fn rename(mut self, path: &Path) -> Result<(), DiskError> {
        self.disk.step(|| fs::rename(&self.path, path)).map_err(DiskError::io("rename to", path))?;
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
///
/// # Errors
///
/// When the disk says no.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, DiskError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(DiskError::io("read the file", path)(error)),
    }
}

/// The names in a folder, sorted; none when there is no folder.
///
/// # Errors
///
/// When the disk says no.
pub fn names(path: &Path) -> Result<Vec<String>, DiskError> {
    let wrong = |error| DiskError::io("list the folder", path)(error);
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
///
/// # Errors
///
/// When the disk says no.
pub fn random<const N: usize>() -> Result<[u8; N], DiskError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|e| DiskError::io("read from", Path::new("the system's random source"))(io::Error::other(e)))?;
    Ok(bytes)
}
