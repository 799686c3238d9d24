//! Running other programs.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// One program to run, in the workspace's root.
pub(crate) struct Step {
    name: String,
    command: Command,
    quiet: bool,
}

impl Step {
    /// Cargo with these arguments.
    pub(crate) fn cargo(name: &str, arguments: &[&str]) -> Self {
        Self::program(name, Path::new(&std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())), arguments)
    }

    /// The `attesta` that `cargo test --workspace` built. Building it alone would settle features otherwise and compile
    /// half the tree again.
    pub(crate) fn attesta(name: &str, arguments: &[&str]) -> Self {
        Self::program(name, &target().join("debug/attesta"), arguments)
    }

    /// Any program.
    pub(crate) fn program(name: &str, program: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(root()).stdin(Stdio::null());
        Self { name: name.to_owned(), command, quiet: false }
    }

    /// With a variable of the environment.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Hides what it prints.
    pub(crate) fn quiet(mut self) -> Self {
        self.quiet = true;
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        self
    }

    /// Runs it; fails when it does.
    pub(crate) fn run(self) -> Result<(), String> {
        let name = self.name.clone();
        match self.code()? {
            0 => Ok(()),
            code => Err(format!("{name} failed with exit code {code}")),
        }
    }

    /// Runs it and gives what it prints; fails when it does.
    pub(crate) fn output(mut self) -> Result<Vec<u8>, String> {
        let output =
            self.command.stderr(Stdio::piped()).output().map_err(|e| format!("{} cannot run: {e}", self.name))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let told = String::from_utf8_lossy(&output.stderr);
        Err(format!("{} failed with {}: {}", self.name, output.status, told.trim()))
    }

    /// Runs it and tells its exit code.
    pub(crate) fn code(mut self) -> Result<i32, String> {
        let started = Instant::now();
        let status = self.command.status().map_err(|e| format!("{} cannot run: {e}", self.name))?;
        if !self.quiet {
            println!("xtask: {} took {} s", self.name, started.elapsed().as_secs());
        }
        Ok(status.code().unwrap_or(-1))
    }
}

/// The workspace's root: what cargo says now, as a shared target folder may hold an xtask that was built elsewhere.
pub(crate) fn root() -> PathBuf {
    let here =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.join("../..")
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
