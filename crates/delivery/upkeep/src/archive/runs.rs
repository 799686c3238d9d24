//! The runs of watched sources, on their way in: a stranger's files, which go into one new folder and nowhere else.

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use super::{SOURCES, packed::Packed};
use crate::{UpkeepError, files, sources};

/// The place of a file below its organisation's sources; none where it would lead elsewhere, or is what is never written.
pub(super) fn inside(path: &str) -> Option<&str> {
    let inside = path.strip_prefix(SOURCES)?;
    let plain = |part: &str| {
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !part.is_empty() && part.len() <= 200 && !part.starts_with('.') && part.chars().all(word)
    };
    let parts: Vec<&str> = inside.split('/').collect();
    ((2..=12).contains(&parts.len()) && parts.iter().all(|part| plain(part))).then_some(inside)
}

/// Runs that were brought, and have no name yet.
pub(super) struct Brought {
    half: PathBuf,
    to: PathBuf,
    /// How many files.
    pub(super) files: u64,
}

impl Brought {
    /// Writes every run of an archive into a folder that nobody knows; none where it has no runs.
    pub(super) fn of(packed: &mut Packed, data: &Path, organisation: &str) -> Result<Option<Self>, UpkeepError> {
        let paths: Vec<String> = packed.files.keys().filter(|path| inside(path).is_some()).cloned().collect();
        if paths.is_empty() {
            return Ok(None);
        }
        let root = data.join(sources::FOLDER);
        files::own_folder(&root)?;
        let to = root.join(organisation);
        if !files::is_free(&to)? {
            return Err(UpkeepError::refused(
                format!("`{}` holds runs already, and the organisation is not here", to.display()),
                "move that folder away: it is left from something else",
            ));
        }
        let brought =
            Self { half: files::beside(&to, "importing")?, to, files: u64::try_from(paths.len()).unwrap_or(0) };
        match brought.write(packed, &paths) {
            Ok(()) => Ok(Some(brought)),
            Err(error) => {
                let _ = fs::remove_dir_all(&brought.half);
                Err(error)
            }
        }
    }

    fn write(&self, packed: &mut Packed, paths: &[String]) -> Result<(), UpkeepError> {
        let mut made = BTreeSet::new();
        files::own_folder(&self.half)?;
        made.insert(self.half.clone());
        for path in paths {
            let Some(inside) = inside(path) else { continue };
            let to = self.half.join(inside);
            if let Some(parent) = to.parent() {
                let between = parent.ancestors().take_while(|folder| *folder != self.half.as_path());
                let mut between: Vec<PathBuf> = between.map(Path::to_owned).collect();
                between.reverse();
                for folder in between.into_iter().filter(|folder| made.insert(folder.clone())) {
                    files::own_folder(&folder)?;
                }
            }
            let mut file = files::new(&to)?;
            packed.read(path, |reader| {
                for piece in files::pieces(reader) {
                    let piece = piece.map_err(|e| UpkeepError::damaged(path.as_str(), e.to_string()))?;
                    file.write_all(&piece).map_err(UpkeepError::file(&to))?;
                }
                Ok(())
            })?;
            file.sync_all().map_err(UpkeepError::file(&to))?;
        }
        made.iter().try_for_each(|folder| files::settle(folder))
    }

    /// Gives them their name: what comes after may still fail, and then [`Brought::gone`] takes them away.
    pub(super) fn named(&self) -> Result<(), UpkeepError> {
        match fs::remove_dir(&self.to) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(UpkeepError::file(&self.to)(error));
            }
            _ => {}
        }
        files::rename(&self.half, &self.to)
    }

    /// Takes them away, named or not.
    pub(super) fn gone(&self) {
        let _ = fs::remove_dir_all(&self.half);
        let _ = fs::remove_dir_all(&self.to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_lies_below_its_source_and_nowhere_else() {
        for good in ["sources/src_1/state/app.json", "sources/src_1/runs/000001/meta.json"] {
            assert!(inside(good).is_some(), "{good}");
        }
        let bad = [
            "sources/lock",
            "sources/../x/y",
            "sources/a/../b",
            "sources//a/b",
            "sources/a/.hidden",
            "sources/a/b\\c",
            "other/a/b",
            "sources/a/",
            "sources/a/b:c",
        ];
        for bad in bad {
            assert!(inside(bad).is_none(), "{bad}");
        }
    }
}
