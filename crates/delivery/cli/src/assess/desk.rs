//! An assessment's folder as the command line names it, opened as a desk.

use std::path::Path;

use attesta_content::ContentSource;
use attesta_desk::{Certified, Library};
pub(crate) use attesta_desk::{Desk, Scored};
use attesta_kernel::Date;
use attesta_workspace::Folder;

use crate::{
    args::Common,
    exit::{Exit, Failure},
    terminal, workshop,
};

/// Every fault, as the command's failure.
pub(crate) fn refuse<T: std::fmt::Display>(faults: &[T]) -> Failure {
    Failure::many(Exit::NotEvaluated, faults)
}

/// Opens a folder and reads everything.
pub(crate) fn open(common: &Common, dir: &Path, at: Option<Date>) -> Result<Desk, Failure> {
    let folder = Folder::open(dir).map_err(|f| refuse(&[f]))?;
    let library = Library::new(source(common, dir));
    let desk = Desk::open(folder, &library, at.unwrap_or_else(workshop::today))?;
    tell(common, &desk.notes);
    if !common.quiet {
        workshop::announce_files(desk.library.source(), common.content.as_deref())?;
    }
    Ok(desk)
}

/// Says what whoever reads should hear, on standard error.
pub(crate) fn tell(common: &Common, notes: &[String]) {
    if !common.quiet {
        notes.iter().for_each(|text| terminal::note(text));
    }
}

/// What stood at the certificate that an assessment goes back to, from the folder of that time.
pub(crate) fn certified(common: &Common, dir: &Path, desk: &Desk) -> Result<Certified, Failure> {
    Certified::read(desk, |issued| open(common, dir, Some(issued)))
}

/// The content that an assessment's folder is read with: `--content`, and over it the folder's own `content/`.
pub(crate) fn source(common: &Common, dir: &Path) -> ContentSource {
    workshop::source(common).under(dir.join("content"))
}
