//! Debian's chromedriver, started on a free port.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// A running chromedriver; it ends with the test.
#[derive(Debug)]
pub(crate) struct Driver {
    pub(crate) address: String,
    _child: Child,
    /// Where chromium keeps what it leaves behind.
    _folder: tempfile::TempDir,
}

impl Driver {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut child = Command::new("chromedriver")
            .env("TMPDIR", folder.path())
            .args(["--port=0", "--log-level=SEVERE"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver is there; `apt-get install chromium chromium-driver` brings it");
        let mut lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
        let port = tokio::time::timeout(Duration::from_secs(60), async {
            loop {
                let line = lines.next_line().await.expect("its output is text").expect("it says its port");
                if let Some(rest) = line.split("successfully on port ").nth(1) {
                    return rest.trim_end_matches('.').to_owned();
                }
            }
        });
        let port = port.await.expect("chromedriver starts within a minute");
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { address: format!("http://127.0.0.1:{port}"), _child: child, _folder: folder }
    }
}
