//! The workflows in `examples/ci` do what they say: their own shell lines run here, with this binary, in a git repository.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests, outside of the test functions"
)]

mod support;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const SAFE: &str = "Resources:\n  Records:\n    Type: AWS::EC2::Volume\n    Properties: {Encrypted: true, Size: 8, AvailabilityZone: us-east-1a}\n";
const OPEN: &str = "Resources:\n  Records:\n    Type: AWS::EC2::Volume\n    Properties: {Encrypted: false, Size: 8, AvailabilityZone: us-east-1a}\n";

/// A repository with one commit, a change on top that is not committed, and stand-ins for `gh` and `curl` that note how
/// they were called.
struct Repository {
    folder: tempfile::TempDir,
    base: String,
}

impl Repository {
    fn new(before: &str, after: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("repo/infra")).unwrap();
        fs::create_dir_all(root.join("bin")).unwrap();
        for tool in ["gh", "curl"] {
            let path = root.join("bin").join(tool);
            fs::write(&path, format!("#!/bin/sh\necho \"{tool} $*\" >> '{}/called'\n", root.display())).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_attesta"), root.join("bin/attesta")).unwrap();
        fs::write(root.join("repo/infra/template.yaml"), before).unwrap();
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            command.args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]);
            let out = command.args(arguments).current_dir(root.join("repo")).output().unwrap();
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            String::from_utf8(out.stdout).unwrap().trim().to_owned()
        };
        git(&["init", "--quiet"]);
        git(&["add", "."]);
        git(&["commit", "--quiet", "-m", "before"]);
        let base = git(&["rev-parse", "HEAD"]);
        fs::write(root.join("repo/infra/template.yaml"), after).unwrap();
        git(&["commit", "--quiet", "-a", "--allow-empty", "-m", "after"]);
        Self { folder, base }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("repo").join(name)
    }

    fn called(&self) -> String {
        fs::read_to_string(self.folder.path().join("called")).unwrap_or_default()
    }

    /// Runs shell lines as the runner does; the exit code.
    fn shell(&self, script: &str, more: &[(&str, &str)]) -> i32 {
        let path = format!("{}:{}", self.folder.path().join("bin").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.args(["-e", "-o", "pipefail", "-c", script]).current_dir(self.folder.path().join("repo"));
        command.env("PATH", path).envs(more.iter().copied()).stdin(Stdio::null());
        let out = command.output().unwrap();
        out.status.code().unwrap()
    }
}

fn example(name: &str) -> String {
    fs::read_to_string(support::root().join("examples/ci").join(name)).unwrap()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The lines of a block that begins after `at`, without their indentation.
fn block(lines: &[&str], at: usize) -> Vec<String> {
    let depth = indent(lines[at]);
    let inside = lines[at + 1..].iter().take_while(|line| line.trim().is_empty() || indent(line) > depth);
    let inside: Vec<&&str> = inside.collect();
    let cut = inside.iter().filter(|l| !l.trim().is_empty()).map(|l| indent(l)).min().unwrap_or(0);
    inside.iter().map(|line| line.get(cut..).unwrap_or_default().to_owned()).collect()
}

/// What each step of a GitHub workflow runs, by its name.
fn github(text: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut steps = Vec::new();
    let mut name = String::new();
    for (at, line) in lines.iter().enumerate() {
        if let Some(told) = line.trim().strip_prefix("- name: ") {
            told.clone_into(&mut name);
        }
        match line.trim().strip_prefix("run: ") {
            Some("|") => steps.push((name.clone(), block(&lines, at).join("\n"))),
            Some(one) => steps.push((name.clone(), one.to_owned())),
            None => {}
        }
    }
    steps
}

/// What a GitLab job runs: each entry of `script`, folded ones joined.
fn gitlab(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| line.trim() == "script:").unwrap();
    let mut entries: Vec<String> = Vec::new();
    for line in block(&lines, at).iter().filter(|line| !line.trim_start().starts_with('#')) {
        match line.strip_prefix("- ") {
            Some(entry) => entries.push(entry.trim_start_matches('>').trim().to_owned()),
            None => {
                let last = entries.last_mut().unwrap();
                last.push(' ');
                last.push_str(line.trim());
            }
        }
    }
    entries
}

#[test]
fn the_github_workflow_stops_a_change_that_makes_things_worse() {
    let steps = github(&example("github-actions.yml"));
    assert_eq!(steps.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["What the change does", "Comment"]);
    for (before, after, code) in [(SAFE, OPEN, 1), (OPEN, OPEN, 0), (OPEN, SAFE, 0), (SAFE, "Resources: [", 3)] {
        let repository = Repository::new(before, after);
        let summary = repository.path("summary.md").display().to_string();
        let env = [("BASE", repository.base.as_str()), ("GITHUB_STEP_SUMMARY", &summary)];
        assert_eq!(repository.shell(&steps[0].1, &env), code, "{before} to {after}");
        if code == 3 {
            continue;
        }
        let comment = fs::read_to_string(repository.path("comment.md")).unwrap();
        assert_eq!(comment.contains("Disks encrypt"), code == 1, "{comment}");
        assert_eq!(fs::read_to_string(&summary).unwrap(), comment);
        let sarif: serde_json::Value =
            serde_json::from_slice(&fs::read(repository.path("attesta.sarif")).unwrap()).unwrap();
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        let new = results.iter().any(|r| r["baselineState"] == "new" && r["level"] != "none" && r["kind"] != "pass");
        assert_eq!(new, code == 1, "{results:#?}");
        assert_eq!(repository.shell(&steps[1].1, &[("GH_TOKEN", "t"), ("NUMBER", "7")]), 0);
        assert_eq!(repository.called(), "gh pr comment 7 --body-file comment.md --edit-last\n");
    }
}

#[test]
fn the_gitlab_job_comments_and_ends_with_the_gates_word() {
    let script = gitlab(&example("gitlab-ci.yml")).join("\n");
    for (before, after, code) in [(SAFE, OPEN, 1), (OPEN, SAFE, 0)] {
        let repository = Repository::new(before, after);
        let env = [
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", repository.base.as_str()),
            ("ATTESTA_COMMENT_TOKEN", "secret"),
            ("CI_API_V4_URL", "https://gitlab.example/api/v4"),
            ("CI_PROJECT_ID", "3"),
            ("CI_MERGE_REQUEST_IID", "9"),
        ];
        assert_eq!(repository.shell(&script, &env), code);
        let called = repository.called();
        assert!(called.contains("https://gitlab.example/api/v4/projects/3/merge_requests/9/notes"), "{called}");
        assert!(Path::new(&repository.path("comment.md")).exists());
    }
}
