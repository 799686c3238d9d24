//! The files of one assessment: on disk, or held in memory as documents of a store. Readers see no difference.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use attesta_catalog::Fault;
use attesta_content::{ContentSource, File, HeldFiles};
use attesta_kernel::{Digest, Place};
use attesta_lifecycle::Frozen;

use crate::{disk::Disk, held, memo::Memo, shelf::Shelf};

/// The file that makes a folder an assessment.
pub const ASSESSMENT: &str = "assessment.yaml";
/// Content of the assessment's own.
const CONTENT: &str = "content";
/// No file of an assessment is bigger.
pub(crate) const MOST_BYTES: u64 = 32 << 20;
/// No sub-folder has more files. An assessment may ask for more than 2,000 requirements, each with a document of its own.
pub(crate) const MOST_FILES: usize = 10_000;

/// The folder of one assessment.
#[derive(Debug, Clone)]
pub struct Folder {
    form: Form,
    memo: Memo,
}

#[derive(Debug, Clone)]
enum Form {
    Disk(Disk),
    Held(Shelf),
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its path below the folder, with forward slashes.
    pub inside: String,
    /// What it will say.
    pub text: String,
    /// Whether it replaces what stands there.
    pub over: Over,
}

/// What may stand where a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Nothing: a file that people own is never overwritten.
    Nothing,
    /// An older one: the file is written by commands alone.
    Older,
    /// The one that was read, by its digest, or none: what somebody else wrote meanwhile is not lost.
    Read(Option<Digest>),
}

/// Everything that a folder holds, as a store keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Documents {
    /// Texts by their path below the folder, with forward slashes.
    pub texts: BTreeMap<String, Arc<str>>,
    /// Files that are no text (evidence), by path, each with the digest of its bytes; the bytes are kept elsewhere.
    pub others: BTreeMap<String, Digest>,
}

impl Folder {
    /// Opens an assessment's folder. A change that was cut off after it was decided is completed, one before that is
    /// dropped.
    ///
    /// # Errors
    ///
    /// When the folder holds no assessment or cannot be read.
    pub fn open(root: &Path) -> Result<Self, Fault> {
        Disk::open(root).map(|disk| Self::of(Form::Disk(disk)))
    }

    /// Makes a new folder for an assessment.
    ///
    /// # Errors
    ///
    /// When something stands there already, or it cannot be made.
    pub fn create(root: &Path) -> Result<Self, Fault> {
        Disk::create(root).map(|disk| Self::of(Form::Disk(disk)))
    }

    /// Files held in memory. `label` stands where a folder's path would, in the places of faults. Clones hold the same
    /// files; what is written is read again by all of them, and kept for [`Self::take_written`].
    pub fn held(label: impl Into<String>, texts: BTreeMap<String, Arc<str>>) -> Self {
        Self::of_documents(label, Documents { texts, others: BTreeMap::new() })
    }

    /// The same, with digests of files that are no text.
    pub fn of_documents(label: impl Into<String>, documents: Documents) -> Self {
        Self::of(Form::Held(Shelf::new(label.into(), documents)))
    }

    fn of(form: Form) -> Self {
        Self { form, memo: Memo::default() }
    }

    /// This folder, which remembers what the files of another came to: what is the same in both is not read again.
    #[must_use]
    pub fn remembering(self, other: &Self) -> Self {
        Self { memo: other.memo.clone(), ..self }
    }

    /// A copy in memory, where changes can be tried; what it holds is not read again.
    ///
    /// # Errors
    ///
    /// Like those of [`Self::documents`].
    pub fn copy(&self) -> Result<Self, Vec<Fault>> {
        let label = self.shown("");
        Ok(Self::of_documents(label.trim_end_matches('/'), self.documents()?).remembering(self))
    }

    pub(crate) fn memo(&self) -> &Memo {
        &self.memo
    }

    /// What was written to held files since the last call, by path; nothing on disk, where it stands in the files. Of
    /// what was written twice, the last text, over what stood there before the first.
    pub fn take_written(&self) -> Vec<Change> {
        match &self.form {
            Form::Disk(_) => Vec::new(),
            Form::Held(shelf) => shelf.take_written(),
        }
    }

    /// A path inside as people know it: what faults name.
    pub fn shown(&self, inside: &str) -> String {
        match &self.form {
            Form::Disk(disk) => disk.root().join(inside).display().to_string(),
            Form::Held(shelf) => shelf.shown(inside),
        }
    }

    /// The file at `inside`; `None` where there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is too big or is not text.
    pub fn file(&self, inside: &str) -> Result<Option<File>, Fault> {
        match &self.form {
            Form::Disk(disk) => disk.file(inside),
            Form::Held(shelf) => shelf.file(inside),
        }
    }

    /// The YAML files right below `inside`, sorted by name; none where there is no such folder.
    ///
    /// # Errors
    ///
    /// When the folder or one of them cannot be read.
    pub fn files(&self, inside: &str) -> Result<Vec<File>, Vec<Fault>> {
        let mut found = Vec::new();
        let mut faults = Vec::new();
        for name in self.names(inside).map_err(|f| vec![f])? {
            let path = format!("{inside}/{name}");
            if name.ends_with(".yml") {
                faults.push(not_read(&self.shown(&path)));
            }
            if !name.ends_with(".yaml") {
                continue;
            }
            match self.file(&path) {
                Ok(Some(file)) => found.push(file),
                Ok(None) => {}
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(found) } else { Err(faults) }
    }

    /// Names of the files right below `inside`, sorted; hidden ones are passed over.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read or holds too many.
    pub fn names(&self, inside: &str) -> Result<Vec<String>, Fault> {
        match &self.form {
            Form::Disk(disk) => disk.names(inside),
            Form::Held(shelf) => shelf.names(inside),
        }
    }

    /// Writes all of `changes` or none of them, also when the machine stops half way. What is held in memory is changed
    /// there alone.
    ///
    /// # Errors
    ///
    /// When somebody else is writing, a file that people own would be overwritten, or a disk refuses; nothing is changed
    /// then.
    pub fn write(&self, changes: &[Change]) -> Result<(), Fault> {
        match &self.form {
            Form::Disk(disk) => disk.write(changes),
            Form::Held(shelf) => shelf.write(changes),
        }
    }

    /// Everything in the folder, hidden files left out.
    ///
    /// # Errors
    ///
    /// Every file that cannot be read, is a link or is too big; too many files; folders too deep.
    pub fn documents(&self) -> Result<Documents, Vec<Fault>> {
        match &self.form {
            Form::Disk(disk) => held::documents(disk.root()),
            Form::Held(shelf) => Ok(shelf.documents()),
        }
    }

    /// The content that the folder's own `content/` makes, in front of `base`; none where it has none.
    pub fn own_content(&self, base: &ContentSource) -> Option<ContentSource> {
        match &self.form {
            Form::Disk(disk) => {
                let own = disk.root().join(CONTENT);
                own.is_dir().then(|| base.clone().under(own))
            }
            Form::Held(shelf) => {
                let below = |(path, text): (String, Arc<str>)| {
                    Some((path.strip_prefix(CONTENT)?.strip_prefix('/')?.to_owned(), text))
                };
                let texts: BTreeMap<_, _> = shelf.documents().texts.into_iter().filter_map(below).collect();
                let held = HeldFiles { label: shelf.shown(CONTENT).into(), texts: Arc::new(texts) };
                (!held.texts.is_empty()).then(|| ContentSource::Held(held, Box::new(base.clone())))
            }
        }
    }

    /// The files that are held from hand-off to hand-off.
    pub(crate) fn frozen(&self) -> Result<Frozen, Vec<Fault>> {
        match &self.form {
            Form::Disk(disk) => held::on_disk(disk.root()),
            Form::Held(shelf) => Ok(held::of_documents(&shelf.documents())),
        }
    }
}

/// What people wrote is never passed over in silence.
pub(crate) fn not_read(shown: &str) -> Fault {
    Fault::new(at(shown), "is not read: its name ends in .yml", "give it a name that ends in .yaml")
}

pub(crate) fn too_big(shown: &str) -> Fault {
    Fault::plain(at(shown), format!("is bigger than {} MiB", MOST_BYTES >> 20))
}

pub(crate) fn too_many(shown: &str) -> Fault {
    Fault::plain(at(shown), format!("holds more than {MOST_FILES} files"))
}

pub(crate) fn already(shown: &str) -> Fault {
    Fault::new(at(shown), "stands there already", "move it away, or write somewhere else")
}

pub(crate) fn changed(shown: &str) -> Fault {
    Fault::new(at(shown), "changed while this command ran", "run the command again")
}

fn at(shown: &str) -> Place {
    Place::new(shown.to_owned(), None)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn change(inside: &str, text: &str, over: Over) -> Change {
        Change { inside: inside.into(), text: text.into(), over }
    }

    fn both() -> (tempfile::TempDir, [Folder; 2]) {
        let dir = tempfile::tempdir().unwrap();
        let disk = Folder::create(&dir.path().join("a")).unwrap();
        (dir, [disk, Folder::held("a", BTreeMap::new())])
    }

    #[test]
    fn what_people_wrote_under_another_ending_is_told() {
        let (_dir, folders) = both();
        for folder in folders {
            for inside in ["people.yml", "answers/01.yml"] {
                folder.write(&[change(inside, "schema: x", Over::Nothing)]).unwrap();
            }
            let told = "is not read: its name ends in .yml";
            assert_eq!(folder.file("people.yaml").unwrap_err().message, told);
            assert_eq!(folder.files("answers").unwrap_err()[0].message, told);
            assert!(folder.file("scope.yaml").unwrap().is_none());
        }
    }

    #[test]
    fn clones_of_held_files_share_what_is_written_and_it_is_taken_once() {
        let held = Folder::held("asm_1", BTreeMap::from([("a.yaml".to_owned(), Arc::from("0"))]));
        let read = Some(Digest::of(b"0"));
        held.clone().write(&[change("a.yaml", "1", Over::Read(read))]).unwrap();
        held.write(&[change("a.yaml", "2", Over::Older), change("b/c.yaml", "3", Over::Nothing)]).unwrap();
        assert_eq!(held.file("a.yaml").unwrap().unwrap().text, "2");
        let refused = held.write(&[change("new", "1", Over::Nothing), change("a.yaml", "4", Over::Read(read))]);
        assert_eq!(refused.unwrap_err().to_string(), changed("asm_1/a.yaml").to_string());
        let written = [change("a.yaml", "2", Over::Read(read)), change("b/c.yaml", "3", Over::Nothing)];
        assert_eq!(held.clone().take_written(), written);
        assert_eq!(held.take_written(), []);
    }

    #[test]
    fn a_folder_on_disk_gives_documents_that_are_the_same_folder() {
        let (dir, [disk, _]) = both();
        disk.write(&[change(ASSESSMENT, "id: a\ntarget: 2026-01-01\n", Over::Nothing)]).unwrap();
        disk.write(&[change("answers/1.yaml", "x", Over::Nothing), change("evidence/a/b.txt", "y", Over::Nothing)])
            .unwrap();
        std::fs::write(dir.path().join("a/evidence/scan.pdf"), [0xff, 0xfe, 0]).unwrap();
        std::fs::write(dir.path().join("a/evidence/.hidden"), "z").unwrap();
        let documents = disk.documents().unwrap();
        let texts: Vec<&str> = documents.texts.keys().map(String::as_str).collect();
        assert_eq!(texts, ["answers/1.yaml", "assessment.yaml", "evidence/a/b.txt"]);
        assert_eq!(documents.others.keys().collect::<Vec<_>>(), ["evidence/scan.pdf"]);
        let held = Folder::of_documents("a", documents.clone());
        assert_eq!(held.documents().unwrap(), documents);
        let frozen = disk.frozen().unwrap();
        assert_eq!(frozen.len(), 4);
        assert_eq!(held.frozen().unwrap(), frozen);
    }

    proptest! {
        /// Whatever is written and read, held files say what files on disk say.
        #[test]
        fn held_files_and_files_on_disk_cannot_be_told_apart(
            steps in prop::collection::vec((0..4usize, 0..3u8, "[a-c]?", 0..4usize, "[a-c]?"), 1..12)
        ) {
            const PATHS: [&str; 4] = ["a.yaml", "b/c.yaml", "b/d.yml", "b/e/f.yaml"];
            let (_dir, [disk, held]) = both();
            for (at, over, text, other, read) in steps {
                let over = match over {
                    0 => Over::Nothing,
                    1 => Over::Older,
                    _ => Over::Read((!read.is_empty()).then(|| Digest::of(read.as_bytes()))),
                };
                let changes = [change(PATHS[at], &text, over), change(PATHS[other], &text, Over::Older)];
                let told = [&disk, &held].map(|f| f.write(&changes).map_err(|fault| fault.message));
                prop_assert_eq!(&told[0], &told[1]);
                for inside in PATHS.into_iter().chain(["b/d.yaml", "none"]) {
                    let said = [&disk, &held].map(|f| f.file(inside).map_err(|fault| fault.message));
                    let said = said.map(|s| s.map(|file| file.map(|f| (f.inside, f.text))));
                    prop_assert_eq!(&said[0], &said[1]);
                }
                for inside in ["b", "b/e", "none"] {
                    prop_assert_eq!(disk.names(inside).unwrap(), held.names(inside).unwrap());
                }
                prop_assert_eq!(disk.documents().unwrap(), held.documents().unwrap());
            }
        }
    }
}
