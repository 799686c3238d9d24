//! What the inputs were at another commit, read by the `git` program.
//!
//! Blobs are read out of the repository one by one, so that nothing of the working tree changes, no hook or filter of the
//! repository runs, and no link of a tree leads anywhere.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::{Component, Path, PathBuf},
    process::{Command, Stdio},
};

use attesta_catalog::Catalog;

use super::side::Side;
use crate::{
    args::{CheckOptions, Common},
    exit::{Exit, Failure},
};

/// Most bytes that are read out of a repository.
const MOST_BYTES: u64 = 4 << 30;
/// Most files.
const MOST_FILES: usize = 200_000;
/// A waiver file beside an input belongs to it.
const WAIVERS: &str = "attesta.waivers.yaml";

/// The inputs at another commit, in a folder of their own.
pub(super) struct Tree {
    /// Removed when this is dropped.
    #[expect(dead_code, reason = "held for its end")]
    room: Room,
    /// One for each input, whether it is there or not.
    pub(super) copies: Vec<PathBuf>,
    /// The commit's whole name.
    pub(super) commit: String,
    /// Inputs that were not there.
    pub(super) missing: Vec<String>,
    /// Links and submodules.
    pub(super) left_out: Vec<String>,
}

/// A folder that goes away again.
struct Room(PathBuf);

impl Room {
    fn new() -> Result<Self, Failure> {
        let failed = |why: String| Failure::new(Exit::NotEvaluated, format!("no folder for the baseline: {why}"));
        let mut bytes = [0_u8; 8];
        getrandom::fill(&mut bytes).map_err(|e| failed(e.to_string()))?;
        let name: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        let path = std::env::temp_dir().join(format!("attesta-baseline-{name}"));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).map_err(|e| failed(format!("{}: {e}", path.display())))?;
        Ok(Self(path))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Tree {
    /// Reads the inputs as they were at `reference`.
    pub(super) fn read(paths: &[PathBuf], reference: &str) -> Result<Self, Failure> {
        let help = "name a snapshot file, a folder, or a commit, branch or tag of the repository around the inputs";
        if reference.starts_with('-') || reference.is_empty() {
            return Err(Failure::new(Exit::Usage, format!("`{reference}` names no baseline")).help(help));
        }
        if paths.iter().any(|p| p == Path::new("-")) {
            return Err(Failure::new(Exit::Usage, "standard input has no history")
                .help("name files and folders, or give a snapshot file as the baseline"));
        }
        let first = paths.first().ok_or_else(|| Failure::new(Exit::Usage, "no input is named"))?;
        let top = top_of(first, reference)?;
        let commit =
            git(&top, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{reference}^{{commit}}")])?;
        let commit = commit.map(|text| text.trim().to_owned()).ok_or_else(|| {
            Failure::new(
                Exit::NotEvaluated,
                format!("`{reference}` is neither a file nor a commit that the repository {} knows", top.display()),
            )
            .help("a clone that was cut short lacks older commits: `git fetch --unshallow`, or in CI check out with the whole history")
        })?;
        let room = Room::new()?;
        let (mut wanted, mut copies, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        for path in paths {
            let below = below(&top, path)?;
            let before = wanted.len();
            entries(&top, &commit, &below, &mut wanted)?;
            if wanted.len() == before {
                missing.push(path.display().to_string());
            }
            copies.push(room.0.join(&below));
            if let Some(folder) = below.parent()
                && !path.is_dir()
            {
                entries(&top, &commit, &folder.join(WAIVERS), &mut wanted)?;
            }
        }
        wanted.sort();
        wanted.dedup();
        if wanted.len() > MOST_FILES {
            return Err(Failure::new(Exit::NotEvaluated, format!("more than {MOST_FILES} files at `{reference}`"))
                .help("name a smaller folder"));
        }
        let (files, others): (Vec<Entry>, Vec<Entry>) = wanted.into_iter().partition(|e| e.plain);
        extract(&top, &files, &room.0)?;
        let left_out = others.into_iter().map(|e| e.path).collect();
        Ok(Self { room, copies, commit, missing, left_out })
    }

    /// Reads the copies as infrastructure. What they are called stays what the inputs are called.
    pub(super) fn side(self, common: &Common, options: &CheckOptions, catalog: &Catalog) -> Side {
        Side::read_copies(common, (&self.copies, &options.paths), &options.inputs, catalog)
    }
}

/// One file of a tree.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    path: String,
    object: String,
    plain: bool,
}

/// Runs git. `None` where it says no; an error where it cannot be run.
fn git(folder: &Path, arguments: &[&str]) -> Result<Option<String>, Failure> {
    let output = command(folder).args(arguments).output().map_err(|e| {
        Failure::new(Exit::NotEvaluated, format!("the `git` program cannot be run: {e}"))
            .help("install git, or give a snapshot file as the baseline")
    })?;
    Ok(output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned()))
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).arg("--literal-pathspecs").stdin(Stdio::null());
    // What surrounds a hook or an action may name another repository.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    command
}

fn top_of(path: &Path, reference: &str) -> Result<PathBuf, Failure> {
    let mut folder = path.to_path_buf();
    while !folder.is_dir() {
        folder = match folder.parent() {
            Some(parent) if parent != Path::new("") => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
    }
    let top = git(&folder, &["rev-parse", "--show-toplevel"])?.map(|text| PathBuf::from(text.trim_end_matches('\n')));
    top.ok_or_else(|| {
        Failure::new(
            Exit::NotEvaluated,
            format!("`{reference}` is no file, and {} is in no git repository", path.display()),
        )
        .help("give a snapshot file or folder as the baseline, or run inside the repository")
    })
}

/// The path below the repository's top.
fn below(top: &Path, path: &Path) -> Result<PathBuf, Failure> {
    let failed = |why: String| Failure::new(Exit::NotEvaluated, format!("{}: {why}", path.display()));
    let whole = std::path::absolute(path).map_err(|e| failed(e.to_string()))?;
    // The folder may be reached through a link; the last part may be a file that is there no more.
    let whole = whole.canonicalize().or_else(|_| {
        let parent = whole.parent().and_then(|p| p.canonicalize().ok());
        parent.zip(whole.file_name()).map(|(p, n)| p.join(n)).ok_or_else(|| failed("does not exist".to_owned()))
    })?;
    let top = top.canonicalize().map_err(|e| failed(e.to_string()))?;
    let below = whole.strip_prefix(&top).map_err(|_| failed(format!("is not in the repository {}", top.display())))?;
    Ok(below.to_path_buf())
}

/// The files of a tree at or below a path.
fn entries(top: &Path, commit: &str, below: &Path, found: &mut Vec<Entry>) -> Result<(), Failure> {
    let shown = below.to_string_lossy();
    let mut arguments = vec!["ls-tree", "-r", "-z", "--full-tree", commit];
    if !shown.is_empty() {
        arguments.extend(["--", &*shown]);
    }
    let text = git(top, &arguments)?
        .ok_or_else(|| Failure::new(Exit::NotEvaluated, format!("git cannot list {shown} at {commit}")))?;
    for line in text.split('\0').filter(|l| !l.is_empty()) {
        // `<mode> <type> <object>\t<path>`
        let Some((facts, path)) = line.split_once('\t') else { continue };
        let mut facts = facts.split(' ');
        let (mode, _, object) = (facts.next().unwrap_or(""), facts.next(), facts.next().unwrap_or(""));
        let inside = Path::new(path).components().all(|c| matches!(c, Component::Normal(_)));
        let plain = matches!(mode, "100644" | "100755") && inside;
        found.push(Entry { path: path.to_owned(), object: object.to_owned(), plain });
    }
    Ok(())
}

/// Writes the files' bytes below `room`.
fn extract(top: &Path, files: &[Entry], room: &Path) -> Result<(), Failure> {
    let failed = |why: String| Failure::new(Exit::NotEvaluated, format!("the baseline cannot be read: {why}"));
    if files.is_empty() {
        return Ok(());
    }
    let child = command(top).args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.map_err(|e| failed(e.to_string()))?;
    let (Some(mut asked), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(failed("git gives no output".to_owned()));
    };
    let objects: Vec<String> = files.iter().map(|f| format!("{}\n", f.object)).collect();
    // Asked from beside, because git answers before it has heard everything.
    let asking = std::thread::spawn(move || objects.iter().try_for_each(|object| asked.write_all(object.as_bytes())));
    let mut answers = BufReader::new(answers);
    let mut all = 0_u64;
    for file in files {
        let mut line = String::new();
        answers.read_line(&mut line).map_err(|e| failed(e.to_string()))?;
        // `<object> blob <size>`
        let size: Option<u64> = line.trim_end().rsplit(' ').next().and_then(|s| s.parse().ok());
        let Some(size) = size.filter(|_| line.contains(" blob ")) else {
            return Err(failed(format!("{}: {}", file.path, line.trim_end())));
        };
        all = all.saturating_add(size);
        if all > MOST_BYTES {
            let _ = child.kill();
            return Err(failed(format!("it holds more than {} GiB", MOST_BYTES >> 30)));
        }
        let mut bytes = Vec::new();
        (&mut answers).take(size).read_to_end(&mut bytes).map_err(|e| failed(e.to_string()))?;
        let mut end = [0_u8; 1];
        answers.read_exact(&mut end).map_err(|e| failed(e.to_string()))?;
        let to = room.join(&file.path);
        let written = to.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&to, &bytes));
        written.map_err(|e| failed(format!("{}: {e}", to.display())))?;
    }
    let _ = asking.join();
    drop(answers);
    let _ = child.wait();
    Ok(())
}
