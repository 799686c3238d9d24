//! The real `attesta serve`, started, asked and killed by a test.

use std::{
    io::{self, BufRead as _, BufReader},
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde_json::json;

use crate::Client;

/// A server takes no longer to listen.
const STARTS: Duration = Duration::from_secs(60);
/// So much of what it says is kept.
const LINES: usize = 400;

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
    listening: Option<JoinHandle<()>>,
    /// `host:port`.
    pub address: String,
}

/// An organisation, and who may everything in it.
#[derive(Debug)]
pub struct Founded {
    /// The organisation's id.
    pub org: String,
    /// Its owner, signed in as with a browser.
    pub owner: Client,
}

impl Server {
    /// Starts `attesta serve` with these arguments, on a free port of loopback, and waits until it listens.
    ///
    /// # Errors
    ///
    /// When it ends before it listens: what it said is told.
    pub fn start(attesta: &Path, arguments: &[&str]) -> io::Result<Self> {
        Self::of(Command::new(attesta).arg("serve").args(arguments))
    }

    /// The same with a command that is made already, up to `--listen`.
    ///
    /// # Errors
    ///
    /// When it ends before it listens.
    pub fn of(command: &mut Command) -> io::Result<Self> {
        let mut server = Self::begin(command)?;
        let begun = Instant::now();
        loop {
            if let Some(address) = server.find(|line| Some(line.split_once("listens on http://")?.1.to_owned())) {
                server.address = address;
                return Ok(server);
            }
            let ended = server.child.try_wait()?;
            if ended.is_some() || begun.elapsed() > STARTS {
                let _ = server.child.kill();
                return Err(io::Error::other(format!("the server does not listen ({ended:?}): {}", server.said())));
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Starts it and waits for nothing.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn begin(command: &mut Command) -> io::Result<Self> {
        command.args(["--listen", "127.0.0.1:0"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let said = Arc::new(Mutex::new(Vec::new()));
        let listening = child.stderr.take().map(|stderr| {
            let said = Arc::clone(&said);
            thread::spawn(move || listen(stderr, &said))
        });
        Ok(Self { child, said, listening, address: String::new() })
    }

    /// Somebody who asks it.
    pub fn client(&self) -> Client {
        Client::new(&self.address)
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The last lines that it said.
    pub fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }

    /// Ends it at once, as `kill -9` does.
    ///
    /// # Errors
    ///
    /// When there is nothing to kill: it ended by itself before.
    pub fn kill(mut self) -> io::Result<()> {
        if let Some(ended) = self.child.try_wait()? {
            return Err(io::Error::other(format!("the server ended by itself ({ended}): {}", self.said())));
        }
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// The secret of the one-time link that it printed.
    ///
    /// # Errors
    ///
    /// When it printed none.
    pub fn first_link(&self) -> io::Result<String> {
        for _ in 0..5_000 {
            if let Some(link) = self.find(|line| Some(line.split_once("/first#")?.1.to_owned())) {
                return Ok(link);
            }
            thread::sleep(Duration::from_millis(2));
        }
        Err(io::Error::other(format!("no link was printed: {}", self.said())))
    }

    /// Becomes the first owner, by the link that it printed.
    ///
    /// # Errors
    ///
    /// When it printed none, or the server says no.
    pub fn found(&self) -> io::Result<Founded> {
        let first = json!({
            "link": self.first_link()?, "email": "ada@example.org", "name": "Ada", "password": PASSWORD,
            "organisation": "Clinic",
        });
        let made = self.client().post("/api/v1/first", &first, &[])?.is(201)?.json();
        let org = made.get("organisation").and_then(|id| id.as_str()).unwrap_or_default().to_owned();
        Ok(Founded { org, owner: self.sign_in("ada@example.org")? })
    }

    /// Signs somebody in.
    ///
    /// # Errors
    ///
    /// When the server says no.
    pub fn sign_in(&self, email: &str) -> io::Result<Client> {
        let asked = json!({ "email": email, "password": PASSWORD });
        let answer = self.client().post("/api/v1/session", &asked, &[])?.is(200)?;
        let cookie = answer.header("set-cookie").and_then(|c| c.split(';').next()).unwrap_or_default().to_owned();
        let csrf = answer.json().get("csrf").and_then(|c| c.as_str()).unwrap_or_default().to_owned();
        Ok(self.client().with("cookie", &cookie).with("x-attesta-csrf", &csrf))
    }

    fn find(&self, what: impl Fn(&str) -> Option<String>) -> Option<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).iter().find_map(|line| what(line))
    }
}

/// The password of everybody in tests.
pub const PASSWORD: &str = "correct horse battery staple 7";

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}

/// Keeps the first lines and the last.
fn listen(stderr: ChildStderr, said: &Mutex<Vec<String>>) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() >= LINES {
            said.remove(LINES / 4);
        }
        said.push(line);
    }
}
