//! `attesta collect`: from what runs to a snapshot that `attesta check` reads.

#[cfg(feature = "aws")]
mod aws;
mod generic;

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
};

use crate::{
    args::{CollectCommand, Common},
    exit::{Exit, Failure},
};

pub(crate) fn run(common: &Common, command: &CollectCommand) -> Result<Exit, Failure> {
    match command {
        #[cfg(feature = "aws")]
        CollectCommand::Aws(options) => aws::run(common, options),
        #[cfg(not(feature = "aws"))]
        CollectCommand::Aws(_) => Err(Failure::new(Exit::Usage, "this binary was built without the AWS collector")
            .help("build it with `cargo build --release --features aws`")),
        CollectCommand::Generic(options) => generic::run(common, options),
    }
}

/// Writes a file whole or not at all, for its owner's eyes alone.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let shown = path.display();
    let failed = |error: io::Error| Failure::new(Exit::NotEvaluated, format!("{shown}: cannot be written: {error}"));
    let mut beside = path.to_path_buf().into_os_string();
    beside.push(".part");
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&beside).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    let moved = written.and_then(|()| std::fs::rename(&beside, path));
    if moved.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    moved.map_err(failed)
}
