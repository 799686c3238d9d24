//! Snapshots on their way to a server. What cannot be sent now is sent with the next round.

use std::fs;

use attesta_drift::MonitorSource;
use attesta_notify::Receiver;
use attesta_posture::RunId;

use super::Monitor;
use crate::{
    exit::{Exit, Failure},
    terminal,
};

/// The variable that holds the token.
const TOKEN: &str = "ATTESTA_TOKEN";

/// Where snapshots go.
pub(super) fn receiver(url: &str) -> Result<Receiver, Failure> {
    let token = std::env::var(TOKEN).ok().filter(|token| !token.trim().is_empty());
    let token = token.ok_or_else(|| {
        Failure::new(Exit::Usage, format!("--push needs a token in {TOKEN}"))
            .help("make one in the server whose scope is `sources:write`")
    })?;
    Receiver::new(url, &token).map_err(|e| Failure::new(Exit::Usage, e.to_string()))
}

impl Monitor<'_> {
    /// Sends the newest run of a source, where the server has not got it. A server reckons with when something arrives:
    /// runs that are older than the newest would be told as how things are. Whether it could not be sent.
    pub(super) fn push(&self, source: &MonitorSource) -> bool {
        let Some(receiver) = &self.receiver else { return false };
        let sent = self.sent(receiver, source);
        if let Err(why) = &sent {
            terminal::note(&format!("{}: not sent, and tried again with the next round: {why}", source.name));
        }
        sent.is_err()
    }

    fn sent(&self, receiver: &Receiver, source: &MonitorSource) -> Result<(), String> {
        let mark = self.root.join("state").join(format!("{}.pushed", source.name));
        let Some(run) = self.history.newest(&source.name).map_err(|e| e.to_string())? else { return Ok(()) };
        let known = fs::read_to_string(&mark).ok().and_then(|text| text.trim().parse::<RunId>().ok());
        if known.is_some_and(|known| known >= run.id) {
            return Ok(());
        }
        let documents = self.history.documents(run.id).map_err(|e| e.to_string())?;
        let documents: Vec<_> = documents.into_iter().map(|(kept, bytes)| (kept.path, bytes)).collect();
        let job = receiver.push(source.name.as_str(), &documents)?;
        // Sent twice is looked at twice and told once; not sent is lost.
        fs::write(&mark, format!("{}\n", run.id)).map_err(|e| format!("{}: {e}", mark.display()))?;
        if !self.common.quiet {
            terminal::note(&format!("{}: {} is sent, {job}", source.name, run.id));
        }
        Ok(())
    }
}
