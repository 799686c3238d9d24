use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
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
    /// A folder whose files stand in front of another source's, file by file.
    Overlay(PathBuf, Box<Self>),
    /// Files held in memory that stand in front of another source's, file by file.
    Held(HeldFiles, Box<Self>),
}

/// Content files held in memory, such as those that a store keeps for one assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldFiles {
    /// Stands where a folder's path would, in the places of faults.
    pub label: Arc<str>,
    /// Texts by their path inside the pack, with forward slashes.
    pub texts: Arc<BTreeMap<String, Arc<str>>>,
}

impl HeldFiles {
    fn file(&self, inside: &str, text: &str) -> File {
        File { path: format!("{}/{inside}", self.label), inside: inside.to_owned(), text: Cow::Owned(text.to_owned()) }
    }

    fn below(&self, below: &str) -> Vec<File> {
        let within = |inside: &str| below.is_empty() || inside.strip_prefix(below).is_some_and(|r| r.starts_with('/'));
        let seen = |inside: &str| visible(Path::new(inside)).is_some();
        let found = self.texts.iter().filter(|(inside, _)| within(inside) && seen(inside));
        found.map(|(inside, text)| self.file(inside, text)).collect()
    }
}

/// A file of an overlay.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overridden {
    /// Its path inside the pack.
    pub inside: String,
    /// Its path as people would type it.
    pub path: String,
    /// Whether it replaces a file, or is one more.
    pub replaces: bool,
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

impl fmt::Display for Overridden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.path)
    }
}

impl fmt::Display for ContentSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("content"),
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Overlay(folder, base) => write!(f, "{} over {base}", folder.display()),
            Self::Held(held, base) => write!(f, "{} over {base}", held.label),
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
    let mut found = all(source, below, &mut faults);
    found.sort_unstable_by(|a, b| a.inside.cmp(&b.inside));
    if faults.is_empty() { Ok(found.into_iter()) } else { Err(faults) }
}

fn all(source: &ContentSource, below: &str, faults: &mut Vec<Fault>) -> Vec<File> {
    match source {
        ContentSource::Embedded => embedded(below, faults),
        ContentSource::Folder(folder) => on_disk(folder, below, faults),
        ContentSource::Overlay(folder, base) => in_front(on_disk(folder, below, faults), base, below, faults),
        ContentSource::Held(held, base) => in_front(held.below(below), base, below, faults),
    }
}

fn in_front(mut found: Vec<File>, base: &ContentSource, below: &str, faults: &mut Vec<Fault>) -> Vec<File> {
    let shadowed = |file: &File| found.iter().any(|f| f.inside == file.inside);
    let kept: Vec<File> = all(base, below, faults).into_iter().filter(|f| !shadowed(f)).collect();
    found.extend(kept);
    found
}

impl ContentSource {
    /// The source that a folder makes: a whole pack (it has a `pack.yaml`), or an overlay of the built-in one.
    pub fn at(folder: PathBuf) -> Self {
        if folder.join("pack.yaml").exists() || !folder.is_dir() {
            Self::Folder(folder)
        } else {
            Self::Overlay(folder, Box::new(Self::Embedded))
        }
    }

    /// This source with a folder's files in front of it; unchanged where there is no such folder.
    #[must_use]
    pub fn under(self, folder: PathBuf) -> Self {
        if folder.is_dir() { Self::Overlay(folder, Box::new(self)) } else { self }
    }

    /// The files of overlays, sorted; whoever shows what came of them says so.
    ///
    /// # Errors
    ///
    /// One fault for each file that cannot be read.
    pub fn overridden(&self) -> Result<Vec<Overridden>, Vec<Fault>> {
        let mut faults = Vec::new();
        let (over, base) = match self {
            Self::Embedded | Self::Folder(_) => return Ok(Vec::new()),
            Self::Overlay(folder, base) => (on_disk(folder, "", &mut faults), base),
            Self::Held(held, base) => (held.below(""), base),
        };
        let below: Vec<String> = all(base, "", &mut faults).into_iter().map(|f| f.inside).collect();
        let mut found: Vec<Overridden> = over
            .into_iter()
            .map(|f| Overridden { replaces: below.contains(&f.inside), inside: f.inside, path: f.path })
            .collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        found.extend(base.overridden()?);
        found.sort();
        Ok(found)
    }

    /// The one file at `inside`, which must be there.
    ///
    /// # Errors
    ///
    /// When it is not there, cannot be read or is not text.
    pub fn file(&self, inside: &str) -> Result<File, Fault> {
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
            Self::Overlay(folder, base) => {
                let over = Self::Folder(folder.clone());
                return if folder.join(inside).exists() { over.file(inside) } else { base.file(inside) };
            }
            Self::Held(held, base) => {
                return held.texts.get(inside).map_or_else(|| base.file(inside), |text| Ok(held.file(inside, text)));
            }
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

    #[test]
    fn an_overlay_stands_in_front_file_by_file() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("rubrics/hitrust")).unwrap();
        fs::write(dir.path().join("rubrics/hitrust/v3.yaml"), "ours").unwrap();
        fs::write(dir.path().join("rubrics/hitrust/v9.yaml"), "more").unwrap();
        let source = ContentSource::at(dir.path().to_owned());
        assert_eq!(source, ContentSource::Embedded.under(dir.path().to_owned()));
        assert_eq!(source.file("rubrics/hitrust/v3.yaml").unwrap().text, "ours");
        assert_eq!(source.file("pack.yaml").unwrap().path, "content/pack.yaml");
        let plain = files(&ContentSource::Embedded, "rubrics").unwrap().count();
        let over: Vec<File> = files(&source, "rubrics").unwrap().collect();
        assert_eq!(over.len(), plain + 1);
        assert_eq!(over.iter().filter(|f| f.inside == "rubrics/hitrust/v3.yaml").count(), 1);
        let told: Vec<(String, bool)> =
            source.overridden().unwrap().into_iter().map(|o| (o.inside, o.replaces)).collect();
        assert_eq!(told, [("rubrics/hitrust/v3.yaml".into(), true), ("rubrics/hitrust/v9.yaml".into(), false)]);
        assert!(ContentSource::Embedded.under(dir.path().join("none")).overridden().unwrap().is_empty());
        fs::write(dir.path().join("pack.yaml"), "whole").unwrap();
        assert_eq!(ContentSource::at(dir.path().to_owned()), ContentSource::Folder(dir.path().to_owned()));
    }
}
