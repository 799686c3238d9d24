//! Schemathesis (PyPI) against the server itself: no answer may be a server error.

use std::{fs, path::PathBuf};

use crate::run::{Step, root, target};

const PACKAGES: [&str; 1] = ["schemathesis==4.32.5"];

/// Starts the server and asks it everything that it says it answers.
pub(crate) fn check() -> Result<(), String> {
    let folder = target().join("api");
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let python = venv(&folder)?;
    // A fresh instance each time; what is left of the last one stays for whoever looks for why it failed.
    let data = folder.join("data");
    if data.exists() {
        fs::remove_dir_all(&data).map_err(|e| e.to_string())?;
    }
    Step::cargo(
        "server",
        &["build", "--quiet", "--workspace", "--bin", "attesta", "--locked", "--features", crate::FEATURES],
    )
    .run()?;
    let attesta = target().join("debug/attesta").display().to_string();
    let fixture = root().join("fixtures/wellness-e1").display().to_string();
    let arguments = ["tools/api-fuzz.py", &attesta, &fixture, &folder.display().to_string()];
    Step::program("schemathesis", &python, &arguments).run()
}

fn venv(folder: &std::path::Path) -> Result<PathBuf, String> {
    let python = folder.join("venv/bin/python");
    if !python.exists() {
        let venv = folder.join("venv").display().to_string();
        Step::program("python venv", "python3".as_ref(), &["-m", "venv", &venv]).run()?;
    }
    let mut install = vec!["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    install.extend(PACKAGES);
    Step::program("pip", &python, &install).run()?;
    Ok(python)
}
