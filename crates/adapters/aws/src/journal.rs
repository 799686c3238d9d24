//! Answers kept on disk while a collection runs, so that one that was broken off goes on where it stopped.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    path::Path,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Answers by call.
pub(crate) struct Journal {
    kept: HashMap<String, Value>,
    file: Mutex<File>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    call: String,
    answer: Value,
}

impl Journal {
    /// Opens the journal at `path`; what an earlier run kept is used when `resume`, else thrown away. `about` names the
    /// account and must be the same.
    pub(crate) fn open(path: &Path, about: &str, resume: bool) -> io::Result<Self> {
        let mut kept = HashMap::new();
        if resume && let Ok(file) = File::open(path) {
            // The last line may have been cut short: it is simply asked again.
            let lines = BufReader::new(file).lines().map_while(Result::ok);
            let read = lines.filter_map(|line| serde_json::from_str::<Line>(&line).ok());
            for Line { call, answer } in read {
                kept.insert(call, answer);
            }
            let same = kept.remove(ABOUT).is_some_and(|earlier| earlier.as_str() == Some(about));
            if !same {
                kept.clear();
            }
        }
        let mut options = OpenOptions::new();
        options.create(true).write(true).truncate(kept.is_empty()).append(!kept.is_empty());
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        if kept.is_empty() {
            write(&mut file, ABOUT, &Value::String(about.to_owned()))?;
        } else {
            // After a line that was cut short.
            file.write_all(b"\n")?;
        }
        Ok(Self { kept, file: Mutex::new(file) })
    }

    /// What an earlier run was answered; null where there was none.
    pub(crate) fn kept(&self, call: &str) -> Option<Value> {
        self.kept.get(call).cloned()
    }

    /// Keeps an answer. A full disk costs the resumption, not the collection.
    pub(crate) fn keep(&self, call: &str, answer: Option<&Value>) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = write(&mut file, call, answer.unwrap_or(&Value::Null));
    }
}

const ABOUT: &str = "about";

fn write(file: &mut File, call: &str, answer: &Value) -> io::Result<()> {
    let mut line = serde_json::to_vec(&Line { call: call.to_owned(), answer: answer.clone() })?;
    line.push(b'\n');
    file.write_all(&line)
}
