//! For tests: real files that nobody here wrote, read in place.

use std::path::Path;

/// Every file below a folder of the corpus, by path; `None`, and a note, when this checkout has no corpus beside it.
pub(crate) fn corpus(folder: &str) -> Option<Vec<(String, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/corpus").join(folder);
    if !root.is_dir() {
        println!("skipped: {} does not exist", root.display());
        return None;
    }
    let files = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().filter_map(Result::ok);
    let texts = files.filter(|f| f.file_type().is_file()).map(|file| {
        let bytes = std::fs::read(file.path()).expect("a file of the corpus");
        let path = file.path().strip_prefix(&root).expect("below the root").display().to_string();
        (path, String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').to_owned())
    });
    Some(texts.collect())
}
