use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read as _},
    path::{Path, PathBuf},
};

use sha1::{Digest as _, Sha1};

/// A folder of k-anonymous range files as Have I Been Pwned publishes them: one file for each first five hexadecimal
/// digits of a password's SHA-1 (`21BD1` or `21BD1.txt`), with lines `rest:how often`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreachedList {
    folder: Option<PathBuf>,
}

/// What the list says of a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Breach {
    /// It was seen in breaches.
    Seen {
        /// How often.
        times: u64,
    },
    /// It is not in the list.
    NotSeen,
    /// Nobody looked, and why. This is neither good nor bad news, and must be said.
    NotLooked(String),
}

/// A range file has about 40 KB.
const MOST: u64 = 4 << 20;

impl BreachedList {
    /// The list in that folder.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()) }
    }

    /// No list: every look says so.
    pub fn absent() -> Self {
        Self { folder: None }
    }

    /// Whether there is a list to look into.
    pub fn is_present(&self) -> bool {
        self.folder.is_some()
    }

    /// What the list says.
    pub fn look(&self, password: &str) -> Breach {
        let Some(folder) = &self.folder else {
            return Breach::NotLooked("no list of breached passwords is set up".to_owned());
        };
        let digest: String = Sha1::digest(password.as_bytes()).iter().map(|b| format!("{b:02X}")).collect();
        let Some((prefix, rest)) = digest.split_at_checked(5) else {
            return Breach::NotLooked("the digest has an unknown form".to_owned());
        };
        match find(folder, prefix, rest) {
            Ok(Some(times)) => Breach::Seen { times },
            Ok(None) => Breach::NotSeen,
            Err(error) => Breach::NotLooked(format!("the list in `{}` could not be read: {error}", folder.display())),
        }
    }
}

fn find(folder: &Path, prefix: &str, rest: &str) -> io::Result<Option<u64>> {
    let file = match File::open(folder.join(prefix)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => File::open(folder.join(format!("{prefix}.txt"))),
        other => other,
    };
    let file = file.map_err(|e| io::Error::new(e.kind(), format!("range {prefix}: {e}")))?;
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("range {prefix}: {what}"));
    if file.metadata()?.len() > MOST {
        return Err(wrong("the file is larger than any range"));
    }
    let (mut found, mut lines) = (None, 0_u64);
    for line in BufReader::new(file.take(MOST)).lines() {
        let line = line?;
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() {
            continue;
        }
        lines = lines.saturating_add(1);
        let (suffix, count) = line.split_once(':').ok_or_else(|| wrong("a line is not `rest:how often`"))?;
        if suffix.len() != 35 || !suffix.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong("a line is not `rest:how often`"));
        }
        let times: u64 = count.trim().parse().map_err(|_| wrong("a count is not a number"))?;
        // Lines that never were (padding of answers) count 0.
        if times > 0 && suffix.eq_ignore_ascii_case(rest) {
            found = Some(times);
        }
    }
    // An empty range was never published: the file was cut off.
    if lines == 0 { Err(wrong("the file is empty")) } else { Ok(found) }
}
