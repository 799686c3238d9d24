//! axe-core, which looks for what keeps people out. It comes from npm, is run and is not kept.

use std::{path::PathBuf, process::Command, sync::OnceLock};

/// What axe found.
#[derive(Debug, Clone)]
pub struct Violation {
    pub rule: String,
    pub impact: String,
    pub help: String,
    pub places: Vec<String>,
}

const VERSION: &str = "4.11.0";

/// The text of axe-core, fetched from the registry once.
pub(crate) fn source() -> &'static str {
    static SOURCE: OnceLock<String> = OnceLock::new();
    SOURCE.get_or_init(|| {
        let folder = super::folder("axe");
        let file = |name: &str| -> PathBuf { folder.join(name) };
        let script = file("package/axe.min.js");
        if !script.is_file() {
            let packed = Command::new("npm")
                .args(["pack", "--silent", &format!("axe-core@{VERSION}")])
                .current_dir(&folder)
                .status();
            assert!(packed.is_ok_and(|s| s.success()), "npm brings axe-core; `apt-get install npm` brings npm");
            let unpacked =
                Command::new("tar").args(["xzf", &format!("axe-core-{VERSION}.tgz")]).current_dir(&folder).status();
            assert!(unpacked.is_ok_and(|s| s.success()), "axe-core is unpacked");
        }
        std::fs::read_to_string(script).expect("axe-core is there")
    })
}
