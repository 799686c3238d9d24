//! A worker process as its parent sees it: requests in, replies out, and a reason when it dies.

use std::{
    ffi::OsString,
    io::{self, Read},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread::JoinHandle,
};

use serde::Serialize;

use crate::{
    Limits,
    wire::{Reply, receive, send},
};

/// How to start a worker, and what it may cost.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// The program that calls [`worker_main`](crate::worker_main).
    pub program: PathBuf,
    /// What makes it do so; the limits are added as one more argument.
    pub arguments: Vec<OsString>,
    /// What it may cost.
    pub limits: Limits,
}

/// The argument that makes a program of ours a worker.
pub const WORKER_FLAG: &str = "--policy-worker";

impl WorkerOptions {
    /// This very program, called with [`WORKER_FLAG`].
    ///
    /// # Errors
    /// When the system does not tell which program this is.
    pub fn this_program() -> io::Result<Self> {
        Ok(Self { program: std::env::current_exe()?, arguments: vec![WORKER_FLAG.into()], limits: Limits::default() })
    }
}

pub(crate) struct Process {
    child: Child,
    requests: Sender<Vec<u8>>,
    replies: Receiver<io::Result<Reply>>,
    complaint: Option<JoinHandle<String>>,
    limits: Limits,
}

impl Process {
    /// Starts a worker with an empty environment and nothing but pipes.
    pub(crate) fn start(options: &WorkerOptions) -> io::Result<Self> {
        let mut child = Command::new(&options.program)
            .args(&options.arguments)
            .arg(serde_json::to_string(&options.limits)?)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let missing = || io::Error::other("a pipe is missing");
        let mut input = child.stdin.take().ok_or_else(missing)?;
        let mut output = child.stdout.take().ok_or_else(missing)?;
        let mut errors = child.stderr.take().ok_or_else(missing)?;
        let (requests, to_write) = channel::<Vec<u8>>();
        let (heard, replies) = channel();
        // Threads, so that the parent never waits on a pipe without a deadline. They end with the pipes.
        std::thread::spawn(move || to_write.iter().try_for_each(|frame| io::Write::write_all(&mut input, &frame)));
        std::thread::spawn(move || {
            while let Some(reply) = receive(&mut output).transpose() {
                let broken = reply.is_err();
                if heard.send(reply).is_err() || broken {
                    break;
                }
            }
        });
        let complaint = std::thread::spawn(move || {
            let mut said = Vec::new();
            let _ = errors.by_ref().take(4096).read_to_end(&mut said);
            let _ = io::copy(&mut errors, &mut io::sink());
            String::from_utf8_lossy(&said).trim().to_owned()
        });
        Ok(Self { child, requests, replies, complaint: Some(complaint), limits: options.limits.clone() })
    }

    /// Sends a request; whether it arrives shows in the reply.
    pub(crate) fn ask(&self, request: &impl Serialize) -> io::Result<()> {
        let mut frame = Vec::new();
        send(&mut frame, request)?;
        // A worker that is gone is found by `answer`, which knows why.
        let _ = self.requests.send(frame);
        Ok(())
    }

    /// The next reply; or why there is none, the worker then being dead.
    pub(crate) fn answer(&mut self) -> Result<Reply, String> {
        match self.replies.recv_timeout(self.limits.worker_silence()) {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) => {
                self.end();
                Err(format!("the worker's answer could not be read: {error}"))
            }
            Err(RecvTimeoutError::Timeout) => {
                self.end();
                Err(format!("the worker was silent for {} ms and was stopped", self.limits.worker_silence_milliseconds))
            }
            Err(RecvTimeoutError::Disconnected) => Err(self.epitaph()),
        }
    }

    fn epitaph(&mut self) -> String {
        let status = self.child.wait();
        let said = self.complaint.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        let said = said
            .lines()
            .rfind(|line| !line.trim().is_empty())
            .map(|line| format!(": {}", line.trim()))
            .unwrap_or_default();
        match status {
            Ok(status) => format!("the worker died ({}){said}", self.cause(status)),
            Err(error) => format!("the worker died ({error}){said}"),
        }
    }

    #[cfg(unix)]
    fn cause(&self, status: ExitStatus) -> String {
        use rustix::process::Signal;
        use std::os::unix::process::ExitStatusExt as _;
        let is = |signal: Signal| status.signal() == Some(signal.as_raw());
        if is(Signal::ABORT) || is(Signal::SEGV) {
            format!("out of memory or stack; it may use {} MB", self.limits.worker_memory >> 20)
        } else if is(Signal::XCPU) {
            format!("it used up its {} s of processor time", self.limits.worker_cpu_seconds)
        } else {
            status.to_string()
        }
    }

    #[cfg(not(unix))]
    fn cause(&self, status: ExitStatus) -> String {
        status.to_string()
    }

    fn end(&mut self) {
        // An error means that it ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}
