//! A server of ours that watches the simulated account: `tools/aws-server.py` plays its people.

use std::fs;

use super::Live;
use crate::run::{Step, root, target};

impl Live {
    /// A source made over the API, looked at, one setting changed, the alert read, a violation waived.
    pub(super) fn server(&self, port: u16) -> Result<(), String> {
        let data = self.folder.join("server");
        let _ = fs::remove_dir_all(&data);
        let script = root().join("tools/aws-server.py").display().to_string();
        let (endpoint, data) = (format!("http://127.0.0.1:{port}"), data.display().to_string());
        let attesta = target().join("debug/attesta").display().to_string();
        let arguments = [&script, "--attesta", &attesta, "--endpoint", &endpoint, "--data", &data];
        Step::program("a server that watches the account", &self.python, &arguments).run()
    }
}
