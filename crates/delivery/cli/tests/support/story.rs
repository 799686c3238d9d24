//! A story: a page of prose with the commands of a terminal and what they print, run and compared.
//!
//! A fenced block marked `console` holds commands (`$ attesta …`) and, below each, what it prints: standard output, then
//! standard error, then `[exit N]` where it is not 0. A paragraph that begins with `> put` copies files that people wrote:
//! `> put people.yaml, answers/ into riverbend`, or `> put early: factors.yaml into riverbend` from the stage `early`;
//! `> take out answers/answers.yaml of riverbend` removes what an editor would remove.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Runs a story's commands in an empty folder, and tells the page as it should be.
pub struct Story {
    /// Where the story and its files stand.
    fixture: PathBuf,
    /// Where it is played.
    room: tempfile::TempDir,
    /// The page, written anew.
    page: String,
    /// What stands in the page's console blocks alone.
    transcript: Vec<String>,
    commands: usize,
    refused: usize,
}

impl Story {
    /// Plays `story.md` of a fixture. `given` are files that are there before it begins: where from, and their name.
    pub fn play(fixture: &Path, given: &[(PathBuf, &str)]) -> Self {
        let room = tempfile::tempdir().unwrap();
        for (from, name) in given {
            copy(from, &room.path().join(name));
        }
        let text = fs::read_to_string(fixture.join("story.md")).unwrap();
        let (page, transcript) = (String::new(), Vec::new());
        let mut story = Self { fixture: fixture.to_owned(), room, page, transcript, commands: 0, refused: 0 };
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            story.line(line);
            if line == "```console" {
                let block = lines.by_ref().take_while(|l| *l != "```");
                let commands: Vec<String> = block.filter(|l| l.starts_with("$ ")).map(str::to_owned).collect();
                assert!(!commands.is_empty(), "a console block without a command");
                for command in commands {
                    story.run(&command);
                }
                story.line("```");
            } else if let Some(what) = line.strip_prefix("> put ") {
                story.put(what);
            } else if let Some(what) = line.strip_prefix("> take out ") {
                story.take_out(what);
            }
        }
        story
    }

    fn line(&mut self, line: &str) {
        self.page.push_str(line);
        self.page.push('\n');
    }

    /// Runs `$ attesta …` and writes down what it prints.
    fn run(&mut self, command: &str) {
        let words = words(command.strip_prefix("$ attesta ").unwrap_or_else(|| panic!("no command: {command}")));
        let output = Command::new(env!("CARGO_BIN_EXE_attesta"))
            .current_dir(self.room.path())
            .env_remove("COLUMNS")
            .env("NO_COLOR", "1")
            .stdin(std::process::Stdio::null())
            .args(words)
            .output()
            .unwrap();
        let mut told = format!("{command}\n");
        for stream in [output.stdout, output.stderr] {
            for line in String::from_utf8(stream).unwrap().lines() {
                told.push_str(line.trim_end());
                told.push('\n');
            }
        }
        let code = output.status.code().unwrap();
        if code != 0 {
            let _ = writeln!(told, "[exit {code}]");
        }
        self.commands += 1;
        self.refused += usize::from(code != 0);
        self.page.push_str(&told);
        self.transcript.extend(told.lines().map(str::to_owned));
    }

    /// `[STAGE: ]FILE, FOLDER/ into DIR`
    fn put(&mut self, what: &str) {
        let (files, dir) = what.trim_end_matches('.').rsplit_once(" into ").unwrap();
        let (from, files) = match files.split_once(": ") {
            Some((stage, files)) => (self.fixture.join("stages").join(stage), files),
            None => (self.fixture.clone(), files),
        };
        for file in files.split(", ") {
            copy(&from.join(file), &self.room.path().join(dir).join(file));
        }
    }

    /// `FILE, FILE of DIR`
    fn take_out(&mut self, what: &str) {
        let (files, dir) = what.trim_end_matches('.').rsplit_once(" of ").unwrap();
        for file in files.split(", ") {
            fs::remove_file(self.room.path().join(dir).join(file)).unwrap();
        }
    }

    /// Compares what was printed with the page; with `ATTESTA_BLESS=1` the page is written anew.
    pub fn check(&self) {
        let path = self.fixture.join("story.md");
        compare(&path, &self.page);
    }

    /// Compares files that the story left with those of the fixture.
    pub fn check_files(&self, dir: &str, names: &[&str]) {
        for name in names {
            let text = fs::read_to_string(self.room.path().join(dir).join(name)).unwrap();
            compare(&self.fixture.join(name), &text);
        }
    }

    /// Each `console` block of a page must be cut from the transcript: contiguous lines, with `…` where some are left out.
    pub fn check_quotes(&self, page: &Path) -> usize {
        let text = fs::read_to_string(page).unwrap();
        let mut lines = text.lines().enumerate();
        let mut blocks = 0;
        while let Some((number, line)) = lines.next() {
            if line != "```console" {
                continue;
            }
            blocks += 1;
            let block: Vec<&str> = lines.by_ref().map(|(_, l)| l).take_while(|l| *l != "```").collect();
            let mut from = 0;
            for piece in block.split(|l| *l == "…").filter(|p| !p.is_empty()) {
                let rest = &self.transcript[from..];
                let found =
                    rest.windows(piece.len()).position(|w| w.iter().map(String::as_str).eq(piece.iter().copied()));
                let at = found.unwrap_or_else(|| {
                    panic!("{}:{}: not in the story's transcript:\n{}", page.display(), number + 1, piece.join("\n"))
                });
                from += at + piece.len();
            }
        }
        blocks
    }

    /// Commands that were run, and those of them that ended otherwise than with 0.
    pub fn counts(&self) -> (usize, usize) {
        (self.commands, self.refused)
    }
}

fn compare(path: &Path, now: &str) {
    if std::env::var_os("ATTESTA_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, now).unwrap();
        return;
    }
    let was = fs::read_to_string(path).unwrap_or_default();
    if was == now {
        return;
    }
    let at = was.lines().zip(now.lines()).take_while(|(a, b)| a == b).count();
    let show = |text: &str| text.lines().skip(at).take(12).collect::<Vec<_>>().join("\n");
    panic!(
        "{}:{}: the story tells\n{}\n--- and the commands print\n{}\n(ATTESTA_BLESS=1 writes it anew; read the difference)",
        path.display(),
        at + 1,
        show(&was),
        show(now)
    );
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
        return;
    }
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(from, to).unwrap_or_else(|e| panic!("{}: {e}", from.display()));
}

/// Words as a shell takes them apart; double quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    for c in line.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    assert!(!quoted, "a quote is not closed: {line}");
    words.extend(word);
    words
}
