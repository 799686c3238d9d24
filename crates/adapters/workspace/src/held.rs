//! Which files of the folder are held from hand-off to hand-off, and what each holds.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use attesta_catalog::Fault;
use attesta_kernel::{Digest, Place};
use attesta_lifecycle::{Frozen, FrozenFile, Subject};

use crate::folder::{ASSESSMENT, Documents, Folder};

/// Files right in the folder.
const FILES: [(&str, Subject); 11] = [
    (ASSESSMENT, Subject::Scope),
    ("scope.yaml", Subject::Scope),
    ("factors.yaml", Subject::Factors),
    ("proposals.yaml", Subject::Answers),
    ("actions.yaml", Subject::Caps),
    ("caps.yaml", Subject::Caps),
    ("evidence.yaml", Subject::Evidence),
    ("measures.yaml", Subject::Evidence),
    ("submission.yaml", Subject::Evidence),
    ("overrides.yaml", Subject::Overrides),
    ("wording.yaml", Subject::Wording),
];
/// Folders with all that is in them. What people record beside the assessment (people, HIPAA, events, checks) is not held.
const FOLDERS: [(&str, Subject); 9] = [
    ("packs", Subject::Scope),
    ("content", Subject::Scope),
    ("answers", Subject::Answers),
    ("inheritance", Subject::Answers),
    ("matrices", Subject::Answers),
    ("validation", Subject::AssessorResults),
    ("actions", Subject::Caps),
    ("evidence", Subject::Evidence),
    ("samples", Subject::Evidence),
];
/// No file is bigger.
const MOST_BYTES: u64 = 512 << 20;
/// No more files are held.
const MOST_FILES: usize = 20_000;
/// Folders are no deeper.
const DEEPEST: usize = 16;

/// The files that are held, as they are now, each with its digest.
///
/// The day of `target` in `assessment.yaml` is no part of its digest: plans may change while all else is held.
///
/// # Errors
///
/// Every file that cannot be read, is a link or is too big; too many files; folders too deep.
pub fn held_files(folder: &Folder) -> Result<Frozen, Vec<Fault>> {
    folder.frozen()
}

/// Those of a folder on disk.
pub(crate) fn on_disk(root: &Path) -> Result<Frozen, Vec<Fault>> {
    let mut found = Frozen::new();
    let mut walk = Walk { root, faults: Vec::new(), count: 0 };
    for (inside, subject) in FILES {
        if root.join(inside).symlink_metadata().is_ok() {
            walk.file(PathBuf::from(inside), &mut keep(&mut found, subject));
        }
    }
    for (inside, subject) in FOLDERS {
        walk.folder(Path::new(inside), 1, &mut keep(&mut found, subject));
    }
    walk.done(found)
}

fn keep(found: &mut Frozen, subject: Subject) -> impl FnMut(String, Vec<u8>) {
    move |inside, bytes| {
        found.insert(inside.as_str().into(), frozen(&inside, subject, &bytes));
    }
}

/// Those of documents.
pub(crate) fn of_documents(documents: &Documents) -> Frozen {
    let subject = |path: &str| match path.split_once('/') {
        None => FILES.into_iter().find(|(file, _)| *file == path).map(|(_, subject)| subject),
        Some((folder, rest)) if !rest.split('/').any(|part| part.starts_with('.')) => {
            FOLDERS.into_iter().find(|(name, _)| *name == folder).map(|(_, subject)| subject)
        }
        Some(_) => None,
    };
    let texts = documents
        .texts
        .iter()
        .filter_map(|(path, text)| Some((path.as_str().into(), frozen(path, subject(path)?, text.as_bytes()))));
    let others = documents.others.iter().filter_map(|(path, digest)| {
        Some((path.as_str().into(), FrozenFile { subject: subject(path)?, digest: *digest }))
    });
    texts.chain(others).collect()
}

/// Everything below a folder on disk.
pub(crate) fn documents(root: &Path) -> Result<Documents, Vec<Fault>> {
    let mut found = Documents::default();
    let mut walk = Walk { root, faults: Vec::new(), count: 0 };
    walk.folder(Path::new(""), 0, &mut |inside, bytes| match String::from_utf8(bytes) {
        Ok(text) => drop(found.texts.insert(inside, text.into())),
        Err(no_text) => drop(found.others.insert(inside, Digest::of(no_text.as_bytes()))),
    });
    walk.done(found)
}

fn frozen(inside: &str, subject: Subject, bytes: &[u8]) -> FrozenFile {
    let digest = if inside == ASSESSMENT { Digest::of(&without_target(bytes)) } else { Digest::of(bytes) };
    FrozenFile { subject, digest }
}

struct Walk<'a> {
    root: &'a Path,
    faults: Vec<Fault>,
    count: usize,
}

/// Takes a file's path and its bytes.
type Keep<'k> = dyn FnMut(String, Vec<u8>) + 'k;

impl Walk<'_> {
    fn fault(&mut self, inside: &Path, what: impl Into<String>, help: &str) {
        let place = Place::new(self.root.join(inside).display().to_string(), None);
        self.faults.push(Fault::new(place, what, help));
    }

    fn done<T>(mut self, found: T) -> Result<T, Vec<Fault>> {
        self.faults.sort();
        if self.faults.is_empty() { Ok(found) } else { Err(self.faults) }
    }

    fn folder(&mut self, inside: &Path, depth: usize, keep: &mut Keep<'_>) {
        if depth > DEEPEST {
            return self.fault(inside, format!("is deeper than {DEEPEST} folders"), "move it up");
        }
        let entries = match fs::read_dir(self.root.join(inside)) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return,
            Err(e) => return self.fault(inside, format!("cannot be read: {e}"), "mend its permissions"),
        };
        let mut names: Vec<_> = entries.filter_map(|e| Some(e.ok()?.file_name())).collect();
        names.sort();
        for name in names.into_iter().filter(|n| !n.to_string_lossy().starts_with('.')) {
            let inside = inside.join(&name);
            if self.count >= MOST_FILES {
                return self.fault(&inside, format!("more than {MOST_FILES} files"), "keep evidence in archives");
            }
            match self.root.join(&inside).symlink_metadata() {
                Ok(meta) if meta.is_dir() => self.folder(&inside, depth.saturating_add(1), keep),
                _ => self.file(inside, keep),
            }
        }
    }

    fn file(&mut self, inside: PathBuf, keep: &mut Keep<'_>) {
        let path = self.root.join(&inside);
        let bytes = match path.symlink_metadata() {
            Ok(meta) if !meta.is_file() => {
                return self.fault(
                    &inside,
                    "is a link or no file",
                    "put the file itself there: what is held is its bytes",
                );
            }
            Ok(meta) if meta.len() > MOST_BYTES => {
                return self.fault(&inside, format!("is bigger than {} MiB", MOST_BYTES >> 20), "keep it elsewhere");
            }
            Ok(_) => fs::read(&path),
            Err(e) => Err(e),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(e) => return self.fault(&inside, format!("cannot be read: {e}"), "mend its permissions"),
        };
        let shown: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        self.count = self.count.saturating_add(1);
        keep(shown.join("/"), bytes);
    }
}

fn without_target(bytes: &[u8]) -> Vec<u8> {
    bytes.split_inclusive(|b| *b == b'\n').filter(|line| !line.starts_with(b"target:")).flatten().copied().collect()
}
