//! Asks clamd what it thinks of bytes, by its `INSTREAM` command (clamd(8)).

use std::{fmt, io, path::PathBuf, pin::pin, str::FromStr, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpStream, UnixStream},
    time::timeout,
};

/// What a scanner says of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It looked at all of them and knows nothing bad of them.
    Clean,
    /// It found this.
    Found(String),
    /// They were not looked at, or not to the end. It is never taken for clean.
    NotScanned(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clean => write!(f, "clean"),
            Self::Found(name) => write!(f, "found {name}"),
            Self::NotScanned(why) => write!(f, "not-scanned: {why}"),
        }
    }
}

/// Where clamd listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClamdAddress {
    /// `tcp:host:port`. clamd neither encrypts nor asks who is there: only a network that is trusted.
    Tcp(String),
    /// `unix:/path`.
    Unix(PathBuf),
}

/// The text is no address of a clamd.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address of a clamd; write `tcp:host:port` or `unix:/path`")]
pub struct ClamdAddressError(String);

impl FromStr for ClamdAddress {
    type Err = ClamdAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ClamdAddressError(text.chars().take(200).collect());
        if let Some(path) = text.strip_prefix("unix:").filter(|path| path.starts_with('/')) {
            return Ok(Self::Unix(path.into()));
        }
        let host = text.strip_prefix("tcp:").ok_or_else(wrong)?;
        let (name, port) = host.rsplit_once(':').ok_or_else(wrong)?;
        if name.is_empty() || port.parse::<u16>().is_err() {
            return Err(wrong());
        }
        Ok(Self::Tcp(host.to_owned()))
    }
}

/// A clamd.
#[derive(Debug, Clone)]
pub struct Clamd {
    address: ClamdAddress,
    patience: Duration,
}

/// The longest answer that is read.
const ANSWER: usize = 4096;

/// Bytes sent in one piece.
const PIECE: usize = 64 << 10;

/// What clamd calls a file that it did not look at to the end (`AlertExceedsMax`).
const LIMITS: &str = "Heuristics.Limits.Exceeded";

trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket for S {}

impl Clamd {
    /// The clamd at an address. `patience` is for each step: the connection, a piece that is taken, the answer.
    pub fn new(address: ClamdAddress, patience: Duration) -> Self {
        Self { address, patience }
    }

    /// What it says of these bytes. It never fails: whatever goes wrong is *not scanned*, with the reason.
    pub async fn scan<S, E>(&self, bytes: S) -> Verdict
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: fmt::Display,
    {
        let mut socket = match self.connect().await {
            Ok(socket) => socket,
            Err(error) => return Verdict::NotScanned(format!("clamd cannot be reached: {error}")),
        };
        match self.send(&mut socket, bytes).await {
            Ok(()) => match self.answer(&mut socket).await {
                Ok(answer) => verdict(&answer),
                Err(error) => Verdict::NotScanned(format!("clamd gave no answer: {error}")),
            },
            Err(Unsent::Bytes(why)) => Verdict::NotScanned(format!("the bytes could not be read: {why}")),
            // It stops listening after it said why: it may have said so.
            Err(Unsent::Socket(error)) => match self.answer(&mut socket).await.map(|answer| verdict(&answer)) {
                Ok(told @ (Verdict::NotScanned(_) | Verdict::Found(_))) => told,
                _ => Verdict::NotScanned(format!("clamd stopped listening: {error}")),
            },
        }
    }

    /// Whether it answers.
    ///
    /// # Errors
    ///
    /// What went wrong.
    pub async fn ping(&self) -> io::Result<()> {
        let mut socket = self.connect().await?;
        self.step(socket.write_all(b"zPING\0")).await?;
        let answer = self.answer(&mut socket).await?;
        if answer == "PONG" { Ok(()) } else { Err(io::Error::other(format!("it says `{answer}`"))) }
    }

    async fn connect(&self) -> io::Result<Box<dyn Socket>> {
        Ok(match &self.address {
            ClamdAddress::Tcp(host) => Box::new(self.step(TcpStream::connect(host)).await?),
            ClamdAddress::Unix(path) => Box::new(self.step(UnixStream::connect(path)).await?),
        })
    }

    async fn send<S, E>(&self, socket: &mut (impl AsyncWrite + Unpin), bytes: S) -> Result<(), Unsent>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: fmt::Display,
    {
        self.step(socket.write_all(b"zINSTREAM\0")).await?;
        let mut bytes = pin!(bytes);
        while let Some(part) = bytes.next().await {
            let mut part = part.map_err(|e| Unsent::Bytes(e.to_string()))?;
            while !part.is_empty() {
                let piece = part.split_to(part.len().min(PIECE));
                let size = u32::try_from(piece.len()).unwrap_or(u32::MAX).to_be_bytes();
                self.step(socket.write_all(&size)).await?;
                self.step(socket.write_all(&piece)).await?;
            }
        }
        // A piece of no bytes is the end.
        self.step(socket.write_all(&[0; 4])).await?;
        Ok(self.step(socket.flush()).await?)
    }

    /// Reads to the NUL that ends an answer; one that is cut is none.
    async fn answer(&self, socket: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
        let reading = async {
            let mut answer = Vec::new();
            loop {
                match socket.read_u8().await? {
                    0 => return Ok(String::from_utf8_lossy(&answer).trim().to_owned()),
                    _ if answer.len() >= ANSWER => return Err(io::Error::other("it does not end")),
                    byte => answer.push(byte),
                }
            }
        };
        self.step(reading).await
    }

    async fn step<T>(&self, step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        timeout(self.patience, step).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

enum Unsent {
    Bytes(String),
    Socket(io::Error),
}

impl From<io::Error> for Unsent {
    fn from(error: io::Error) -> Self {
        Self::Socket(error)
    }
}

fn verdict(answer: &str) -> Verdict {
    let told = answer.strip_prefix("stream: ");
    match (told, told.and_then(|told| told.strip_suffix(" FOUND"))) {
        (Some("OK"), _) => Verdict::Clean,
        (_, Some(name)) if !name.is_empty() && !name.starts_with(LIMITS) => Verdict::Found(plain(name)),
        _ => Verdict::NotScanned(format!("clamd says `{}`", plain(answer))),
    }
}

fn plain(text: &str) -> String {
    text.chars().take(200).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ok_is_clean() {
        let not = |text: &str| Verdict::NotScanned(format!("clamd says `{text}`"));
        let table = [
            ("stream: OK", Verdict::Clean),
            ("stream: Win.Test.EICAR_HDB-1 FOUND", Verdict::Found("Win.Test.EICAR_HDB-1".to_owned())),
            (
                "stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND",
                not("stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND"),
            ),
            ("INSTREAM size limit exceeded. ERROR", not("INSTREAM size limit exceeded. ERROR")),
            ("stream: Can't open file ERROR", not("stream: Can\\'t open file ERROR")),
            ("stream: OK and more", not("stream: OK and more")),
            ("OK", not("OK")),
            ("", not("")),
            ("stream:  FOUND", not("stream:  FOUND")),
        ];
        for (answer, want) in table {
            assert_eq!(verdict(answer), want, "{answer}");
        }
    }

    #[test]
    fn an_address_is_a_host_or_a_socket() {
        assert_eq!("tcp:127.0.0.1:3310".parse(), Ok(ClamdAddress::Tcp("127.0.0.1:3310".to_owned())));
        assert_eq!("tcp:[::1]:3310".parse(), Ok(ClamdAddress::Tcp("[::1]:3310".to_owned())));
        assert_eq!("unix:/run/clamd".parse(), Ok(ClamdAddress::Unix("/run/clamd".into())));
        for wrong in ["", "127.0.0.1:3310", "tcp:host", "tcp::3310", "tcp:host:99999", "unix:run"] {
            assert!(wrong.parse::<ClamdAddress>().is_err(), "{wrong}");
        }
    }
}
