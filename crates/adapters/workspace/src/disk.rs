//! A folder on disk: reading with bounds, writing whole or not at all.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use attesta_catalog::Fault;
use attesta_content::File;
use attesta_kernel::{Digest, Place};

use crate::folder::{ASSESSMENT, Change, MOST_BYTES, MOST_FILES, Over, already, changed, not_read, too_big, too_many};

/// Where a change waits until it is whole.
const PENDING: &str = ".attesta-pending";
/// Where it is put together.
const DRAFT: &str = ".attesta-pending.tmp";
/// Held by whoever writes.
const LOCK: &str = ".attesta-lock";

/// The folder at a path.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    root: PathBuf,
}

impl Disk {
    /// Opens an assessment's folder. A change that was cut off after it was decided is completed, one before that is
    /// dropped.
    pub(crate) fn open(root: &Path) -> Result<Self, Fault> {
        let folder = Self { root: root.to_owned() };
        if !root.join(ASSESSMENT).is_file() {
            return Err(Fault::new(
                Place::new(root.display().to_string(), None),
                format!("holds no assessment (there is no {ASSESSMENT})"),
                "name the folder of an assessment, or begin one with `attesta assess init DIR --type r2`",
            ));
        }
        folder.recover()?;
        Ok(folder)
    }

    /// Makes a new folder for an assessment.
    pub(crate) fn create(root: &Path) -> Result<Self, Fault> {
        let place = Place::new(root.display().to_string(), None);
        let empty = match fs::read_dir(root) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => return Err(Fault::plain(place, format!("cannot be read: {error}"))),
        };
        if !empty {
            return Err(Fault::new(place, "is not empty", "name a folder that does not exist yet, or an empty one"));
        }
        fs::create_dir_all(root).map_err(|e| Fault::plain(place, format!("cannot be made: {e}")))?;
        Ok(Self { root: root.to_owned() })
    }

    /// Where it is.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The file at `inside`; `None` where there is none.
    pub(crate) fn file(&self, inside: &str) -> Result<Option<File>, Fault> {
        let path = self.root.join(inside);
        let shown = path.display().to_string();
        let fault = |what: String| Fault::plain(Place::new(shown.clone(), None), what);
        let length = match fs::metadata(&path) {
            Ok(meta) if meta.is_file() => meta.len(),
            Ok(_) => return Err(fault("is not a file".to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let other = path.with_extension("yml");
                if path.extension().is_some_and(|e| e == "yaml") && other.is_file() {
                    return Err(not_read(&other.display().to_string()));
                }
                return Ok(None);
            }
            Err(error) => return Err(fault(format!("cannot be read: {error}"))),
        };
        if length > MOST_BYTES {
            return Err(too_big(&shown));
        }
        let bytes = fs::read(&path).map_err(|e| fault(format!("cannot be read: {e}")))?;
        let text = String::from_utf8(bytes).map_err(|_| fault("is not UTF-8 text".to_owned()))?;
        Ok(Some(File { path: shown.clone(), inside: inside.to_owned(), text: text.into() }))
    }

    /// Names of the files right below `inside`, sorted; hidden ones are passed over.
    pub(crate) fn names(&self, inside: &str) -> Result<Vec<String>, Fault> {
        let path = self.root.join(inside);
        let fault = |what: String| Fault::plain(Place::new(path.display().to_string(), None), what);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(fault(format!("cannot be read: {error}"))),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|e| fault(format!("cannot be read: {e}")))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_file() && !name.starts_with('.') {
                names.push(name);
            }
            if names.len() > MOST_FILES {
                return Err(too_many(&path.display().to_string()));
            }
        }
        names.sort();
        Ok(names)
    }

    /// Writes all of `changes` or none of them, also when the machine stops half way.
    pub(crate) fn write(&self, changes: &[Change]) -> Result<(), Fault> {
        let _lock = self.lock()?;
        // Somebody else's change may have been cut off since the folder was opened.
        self.complete()?;
        for change in changes {
            let path = self.root.join(&change.inside);
            if change.over == Over::Nothing && path.exists() {
                return Err(already(&path.display().to_string()));
            }
        }
        self.as_read(changes)?;
        let draft = self.root.join(DRAFT);
        let trouble = |path: &Path, e: &io::Error| {
            Fault::plain(Place::new(path.display().to_string(), None), format!("cannot be written: {e}"))
        };
        let _ = fs::remove_dir_all(&draft);
        for change in changes {
            let path = draft.join(&change.inside);
            write_durably(&path, change.text.as_bytes()).map_err(|e| {
                let _ = fs::remove_dir_all(&draft);
                trouble(&path, &e)
            })?;
        }
        if changes.is_empty() {
            return Ok(());
        }
        sync_folders(&draft).map_err(|e| trouble(&draft, &e))?;
        // From here on the change is decided: opening the folder completes it.
        let pending = self.root.join(PENDING);
        fs::rename(&draft, &pending).and_then(|()| sync_names(&self.root)).map_err(|e| trouble(&pending, &e))?;
        self.complete()
    }

    /// Refuses when a file is no longer as it was read.
    fn as_read(&self, changes: &[Change]) -> Result<(), Fault> {
        for change in changes {
            let Over::Read(read) = change.over else { continue };
            let now = self.file(&change.inside)?.map(|file| Digest::of(file.text.as_bytes()));
            if now != read {
                return Err(changed(&self.root.join(&change.inside).display().to_string()));
            }
        }
        Ok(())
    }

    fn lock(&self) -> Result<fs::File, Fault> {
        let path = self.root.join(LOCK);
        let fault = |what: String| {
            Fault::new(Place::new(path.display().to_string(), None), what, "wait for the other command, then try again")
        };
        let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|e| fault(format!("cannot be opened: {e}")))?;
        file.try_lock().map_err(|_| fault("is held: another command is writing here".to_owned()))?;
        Ok(file)
    }

    fn recover(&self) -> Result<(), Fault> {
        if self.root.join(PENDING).is_dir() {
            let _lock = self.lock()?;
            self.complete()?;
        }
        Ok(())
    }

    /// Moves what is pending into its place, if anything still is; needs the lock.
    fn complete(&self) -> Result<(), Fault> {
        let pending = self.root.join(PENDING);
        if !pending.is_dir() {
            return Ok(());
        }
        move_all(&pending, &self.root)
            .and_then(|()| fs::remove_dir_all(&pending))
            .map_err(|e| Fault::plain(Place::new(pending.display().to_string(), None), format!("cannot be moved: {e}")))
    }
}

/// Makes new names in a folder, and all folders below it, survive a stop of the machine.
fn sync_folders(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                sync_folders(&entry.path())?;
            }
        }
        fs::File::open(path)?.sync_all()?;
    }
    Ok(())
}

/// The same for the names right in one folder.
fn sync_names(path: &Path) -> io::Result<()> {
    if cfg!(unix) { fs::File::open(path)?.sync_all() } else { Ok(()) }
}

fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use io::Write as _;
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn move_all(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            move_all(&entry.path(), &target)?;
        } else {
            fs::rename(entry.path(), &target)?;
        }
    }
    sync_names(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Disk) {
        let dir = tempfile::tempdir().unwrap();
        let folder = Disk::create(&dir.path().join("a")).unwrap();
        (dir, folder)
    }

    fn change(inside: &str, text: &str, over: Over) -> Change {
        Change { inside: inside.into(), text: text.into(), over }
    }

    #[test]
    fn all_or_nothing_is_written() {
        let (_dir, folder) = folder();
        let both = [change("a.yaml", "1", Over::Nothing), change("b/c.yaml", "2", Over::Nothing)];
        folder.write(&both).unwrap();
        assert_eq!(folder.file("b/c.yaml").unwrap().unwrap().text, "2");
        let again = [change("new.yaml", "1", Over::Nothing), change("a.yaml", "2", Over::Nothing)];
        assert_eq!(folder.write(&again).unwrap_err().message, "stands there already");
        assert!(folder.file("new.yaml").unwrap().is_none());
        folder.write(&[change("a.yaml", "2", Over::Older)]).unwrap();
        assert_eq!(folder.file("a.yaml").unwrap().unwrap().text, "2");
    }

    #[test]
    fn a_decided_change_is_completed_and_a_draft_is_dropped() {
        let (_dir, folder) = folder();
        folder.write(&[change(ASSESSMENT, "old", Over::Nothing)]).unwrap();
        write_durably(&folder.root.join(DRAFT).join("half.yaml"), b"half").unwrap();
        let reopened = Disk::open(folder.root()).unwrap();
        assert!(reopened.file("half.yaml").unwrap().is_none());
        write_durably(&folder.root.join(PENDING).join(ASSESSMENT), b"new").unwrap();
        write_durably(&folder.root.join(PENDING).join("x/y.yaml"), b"y").unwrap();
        let reopened = Disk::open(folder.root()).unwrap();
        assert_eq!(reopened.file(ASSESSMENT).unwrap().unwrap().text, "new");
        assert_eq!(reopened.file("x/y.yaml").unwrap().unwrap().text, "y");
        assert!(!folder.root.join(PENDING).exists());
    }

    #[test]
    fn a_change_that_was_cut_off_meanwhile_is_completed_first() {
        let (_dir, folder) = folder();
        write_durably(&folder.root.join(PENDING).join("a.yaml"), b"theirs").unwrap();
        let ours = change("a.yaml", "ours", Over::Nothing);
        assert_eq!(folder.write(&[ours]).unwrap_err().message, "stands there already");
        folder.write(&[change("b.yaml", "ours", Over::Nothing)]).unwrap();
        assert_eq!(folder.file("a.yaml").unwrap().unwrap().text, "theirs");
        assert_eq!(folder.file("b.yaml").unwrap().unwrap().text, "ours");
    }

    #[test]
    fn two_do_not_write_at_once() {
        let (_dir, folder) = folder();
        let held = folder.lock().unwrap();
        assert!(folder.write(&[change("a", "1", Over::Nothing)]).unwrap_err().message.contains("held"));
        drop(held);
        folder.write(&[change("a", "1", Over::Nothing)]).unwrap();
    }

    #[test]
    fn a_folder_that_is_not_empty_is_refused() {
        let (_dir, folder) = folder();
        folder.write(&[change("a", "1", Over::Nothing)]).unwrap();
        assert_eq!(Disk::create(folder.root()).unwrap_err().message, "is not empty");
        assert!(Disk::open(folder.root()).unwrap_err().message.contains("holds no assessment"));
    }
}
