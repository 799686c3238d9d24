use std::{
    borrow::Cow,
    fmt, fs,
    path::{Path, PathBuf},
};

use attesta_catalog::Fault;
use attesta_kernel::Place;
use include_dir::{Dir, include_dir};
use walkdir::WalkDir;

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../../content");

/// Where content comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContentSource {
    /// The pack that this build carries.
    Embedded,
    /// A folder with the layout of `content/`.
    Folder(PathBuf),
}

/// One file of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path as people would type it; what faults name.
    pub path: String,
    /// Its path inside the pack, with forward slashes, e.g. `statements/12-audit-logging-and-monitoring.yaml`.
    pub inside: String,
    /// What it says.
    pub text: Cow<'static, str>,
}

impl File {
    /// A place in this file.
    pub fn at(&self, line: impl Into<Option<u32>>) -> Place {
        Place::new(self.path.clone(), line)
    }
}

impl fmt::Display for ContentSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("content"),
            Self::Folder(folder) => write!(f, "{}", folder.display()),
        }
    }
}

/// Every file below the sub-folder `below` (`""` for the whole pack), sorted by path. A sub-folder that is not there
/// has no files. Hidden files and links are passed over.
///
/// # Errors
///
/// One fault for each file that cannot be read or is not UTF-8.
pub fn files(source: &ContentSource, below: &str) -> Result<impl Iterator<Item = File> + use<>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut found = match source {
        ContentSource::Embedded => embedded(below, &mut faults),
        ContentSource::Folder(folder) => on_disk(folder, below, &mut faults),
    };
    found.sort_unstable_by(|a, b| a.inside.cmp(&b.inside));
    if faults.is_empty() { Ok(found.into_iter()) } else { Err(faults) }
}

impl ContentSource {
    /// The one file at `inside`, which must be there.
    pub(crate) fn file(&self, inside: &str) -> Result<File, Fault> {
        let path = format!("{self}/{inside}");
        let place = || Place::new(path.clone(), None);
        let text = match self {
            Self::Embedded => match EMBEDDED.get_file(inside) {
                Some(file) => utf8(Cow::Borrowed(file.contents())),
                None => return Err(missing(place())),
            },
            Self::Folder(folder) => match fs::read(folder.join(inside)) {
                Ok(bytes) => utf8(Cow::Owned(bytes)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(missing(place())),
                Err(error) => return Err(unreadable(place(), &error)),
            },
        };
        let text = text.ok_or_else(|| not_utf8(place()))?;
        Ok(File { inside: inside.to_owned(), text, path })
    }
}

fn embedded(below: &str, faults: &mut Vec<Fault>) -> Vec<File> {
    fn collect(dir: &Dir<'static>, found: &mut Vec<File>, faults: &mut Vec<Fault>) {
        for file in dir.files() {
            let Some(inside) = visible(file.path()) else { continue };
            let path = format!("{}/{inside}", ContentSource::Embedded);
            match utf8(Cow::Borrowed(file.contents())) {
                Some(text) => found.push(File { path, inside, text }),
                None => faults.push(not_utf8(Place::new(path, None))),
            }
        }
        for sub in dir.dirs() {
            collect(sub, found, faults);
        }
    }
    let mut found = Vec::new();
    let dir = if below.is_empty() { Some(&EMBEDDED) } else { EMBEDDED.get_dir(below) };
    if let Some(dir) = dir {
        collect(dir, &mut found, faults);
    }
    found
}

fn on_disk(folder: &Path, below: &str, faults: &mut Vec<Fault>) -> Vec<File> {
    let mut found = Vec::new();
    let start = folder.join(below);
    if !start.exists() {
        return found;
    }
    for entry in WalkDir::new(&start).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(&start).display().to_string();
                faults.push(unreadable(Place::new(path, None), &error));
                continue;
            }
        };
        let Some(inside) = entry.path().strip_prefix(folder).ok().and_then(visible) else { continue };
        if !entry.file_type().is_file() {
            continue;
        }
        let path = entry.path().display().to_string();
        match fs::read(entry.path()) {
            Ok(bytes) => match utf8(Cow::Owned(bytes)) {
                Some(text) => found.push(File { path, inside, text }),
                None => faults.push(not_utf8(Place::new(path, None))),
            },
            Err(error) => faults.push(unreadable(Place::new(path, None), &error)),
        }
    }
    found
}

/// The path with forward slashes, unless some part of it is hidden.
fn visible(path: &Path) -> Option<String> {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    (!parts.iter().any(|part| part.starts_with('.'))).then(|| parts.join("/"))
}

fn utf8(bytes: Cow<'static, [u8]>) -> Option<Cow<'static, str>> {
    match bytes {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

fn missing(place: Place) -> Fault {
    Fault::new(place, "this file is missing from the pack", "every pack has it; copy it from the pack that ships")
}

fn unreadable(place: Place, error: &dyn fmt::Display) -> Fault {
    Fault::plain(place, format!("cannot be read: {error}"))
}

fn not_utf8(place: Place) -> Fault {
    Fault::new(place, "is not UTF-8 text", "save it as UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sources_hand_out_the_same_files() {
        let folder = ContentSource::Folder(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../content"));
        let names = |source: &ContentSource| files(source, "statements").unwrap().map(|f| f.inside).collect::<Vec<_>>();
        assert_eq!(names(&folder), names(&ContentSource::Embedded));
        assert_eq!(names(&folder).len(), 19);
        assert_eq!(files(&folder, "no-such-folder").unwrap().count(), 0);
        let single = ContentSource::Embedded.file("pack.yaml").unwrap();
        assert_eq!(single.path, "content/pack.yaml");
    }
}
