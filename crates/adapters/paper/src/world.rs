//! All that a template can see: its own files, the data, four fonts.

use std::sync::LazyLock;

use typst::{
    Library, LibraryExt as _, World,
    diag::{FileError, FileResult},
    foundations::{Bytes, Datetime, Duration},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};

/// The templates, by their paths.
const TEMPLATES: [(&str, &str); 5] = [
    ("/frame.typ", include_str!("../templates/frame.typ")),
    ("/readiness.typ", include_str!("../templates/readiness.typ")),
    ("/gaps.typ", include_str!("../templates/gaps.typ")),
    ("/scope.typ", include_str!("../templates/scope.typ")),
    ("/letter.typ", include_str!("../templates/letter.typ")),
];
/// Where the data stands.
const DATA: &str = "/data.json";

/// IBM Plex, as published (fonts/README.md).
const FONTS: [&[u8]; 4] = [
    include_bytes!("../fonts/IBMPlexSans-Regular.ttf"),
    include_bytes!("../fonts/IBMPlexSans-Bold.ttf"),
    include_bytes!("../fonts/IBMPlexSans-Italic.ttf"),
    include_bytes!("../fonts/IBMPlexMono-Regular.ttf"),
];

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));
static CASE: LazyLock<Fonts> = LazyLock::new(Fonts::new);

/// The fonts, read once.
pub(crate) struct Fonts {
    fonts: Vec<Font>,
    book: LazyHash<FontBook>,
}

/// The fonts, read once.
pub(crate) fn fonts() -> &'static Fonts {
    &CASE
}

impl Fonts {
    fn new() -> Self {
        let fonts: Vec<Font> = FONTS.into_iter().filter_map(|bytes| Font::new(Bytes::new(bytes), 0)).collect();
        let book = LazyHash::new(FontBook::from_fonts(&fonts));
        Self { fonts, book }
    }

    /// Whether the letter can be read wherever it stands: every cut of the sans has it, and stands in for the mono.
    pub(crate) fn cover(&self, letter: char) -> bool {
        self.fonts.iter().take(3).all(|font| font.info().coverage.contains(u32::from(letter)))
    }
}

/// What one report is set from.
pub(crate) struct Desk {
    main: FileId,
    sources: Vec<(FileId, Source)>,
    data: (FileId, Bytes),
}

impl Desk {
    /// A template over its data.
    pub(crate) fn new(main: &str, data: String) -> Result<Self, String> {
        let mut sources = Vec::with_capacity(TEMPLATES.len());
        for (path, text) in TEMPLATES {
            let id = id(path)?;
            sources.push((id, Source::new(id, text.to_owned())));
        }
        Ok(Self { main: id(main)?, sources, data: (id(DATA)?, Bytes::from_string(data)) })
    }
}

fn id(path: &str) -> Result<FileId, String> {
    let path = VirtualPath::new(path).map_err(|e| e.to_string())?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &fonts().book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        self.sources.iter().find(|(own, _)| *own == id).map(|(_, source)| source.clone()).ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.data.0 { Ok(self.data.1.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        fonts().fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        // No report depends on when it was set.
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_font_is_there_and_reads_latin_greek_and_cyrillic() {
        assert_eq!(fonts().fonts.len(), FONTS.len());
        assert!("Zoë Łódź Ωμέγα Жизнь §–…“”·≥".chars().all(|letter| fonts().cover(letter)));
        assert!(!fonts().cover('中'));
    }

    #[test]
    fn a_template_sees_its_own_files_and_no_others() {
        let desk = Desk::new("/gaps.typ", "{}".to_owned()).unwrap();
        assert!(desk.source(desk.main()).is_ok());
        for path in ["/etc/passwd", "/other.typ", "/../data.json"] {
            let Ok(other) = id(path) else { continue };
            assert!(desk.source(other).is_err());
            assert!(desk.file(other).is_err() || path.ends_with("data.json"));
        }
        assert!(desk.today(None).is_none());
    }
}
