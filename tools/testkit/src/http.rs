//! A client of HTTP/1.1 that hides nothing: it never asks twice by itself, so that a test knows what was answered and what
//! was not.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

/// Headers of a request.
pub type Headers<'a> = &'a [(&'a str, &'a str)];

/// Somebody who asks one server, over one connection that is kept.
#[derive(Debug)]
pub struct Client {
    address: String,
    always: Vec<(String, String)>,
    connection: Option<BufReader<TcpStream>>,
    patience: Duration,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The answer, when it has this status.
    ///
    /// # Errors
    ///
    /// When it has another: the body tells.
    pub fn is(self, status: u16) -> io::Result<Self> {
        if self.status == status {
            return Ok(self);
        }
        let told = String::from_utf8_lossy(&self.body);
        Err(io::Error::other(format!("{} instead of {status}: {told}", self.status)))
    }
}

impl Client {
    /// Somebody who asks the server at `host:port`.
    pub fn new(address: &str) -> Self {
        let patience = Duration::from_secs(60);
        Self { address: address.to_owned(), always: Vec::new(), connection: None, patience }
    }

    /// Sends a header with everything.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.always.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Waits no longer for an answer.
    #[must_use]
    pub fn patient(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The same person at another server.
    #[must_use]
    pub fn at(&self, address: &str) -> Self {
        Self { address: address.to_owned(), always: self.always.clone(), connection: None, patience: self.patience }
    }

    /// Reads.
    ///
    /// # Errors
    ///
    /// When nothing was answered.
    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.send("GET", path, &[], &[])
    }

    /// Posts JSON.
    ///
    /// # Errors
    ///
    /// When nothing was answered.
    pub fn post(&mut self, path: &str, body: &Value, headers: Headers<'_>) -> io::Result<Answer> {
        self.json("POST", path, body, headers)
    }

    /// Sends JSON.
    ///
    /// # Errors
    ///
    /// When nothing was answered.
    pub fn json(&mut self, method: &str, path: &str, body: &Value, headers: Headers<'_>) -> io::Result<Answer> {
        let mut all = vec![("content-type", "application/json")];
        all.extend(headers);
        self.send(method, path, &all, body.to_string().as_bytes())
    }

    /// Sends anything. After an error nobody knows whether it was done.
    ///
    /// # Errors
    ///
    /// When nothing was answered.
    pub fn send(&mut self, method: &str, path: &str, headers: Headers<'_>, body: &[u8]) -> io::Result<Answer> {
        let asked = self.ask(method, path, headers, body);
        if asked.is_err() {
            self.connection = None;
        }
        asked
    }

    fn ask(&mut self, method: &str, path: &str, headers: Headers<'_>, body: &[u8]) -> io::Result<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let stream = TcpStream::connect(&self.address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(self.patience))?;
                stream.set_write_timeout(Some(self.patience))?;
                BufReader::new(stream)
            }
        };
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n", self.address, body.len());
        let always = self.always.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in always.chain(headers.iter().copied()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut request = head.into_bytes();
        request.extend_from_slice(body);
        connection.get_mut().write_all(&request)?;
        let answer = answer(&mut connection)?;
        if answer.header("connection") != Some("close") {
            self.connection = Some(connection);
        }
        Ok(answer)
    }
}

fn line(connection: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if connection.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

fn answer(connection: &mut BufReader<TcpStream>) -> io::Result<Answer> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let first = line(connection)?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| wrong(&first))?;
    let mut headers = Vec::new();
    loop {
        let next = line(connection)?;
        if next.is_empty() {
            break;
        }
        let (name, value) = next.split_once(':').ok_or_else(|| wrong(&next))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut answer = Answer { status, headers, body: Vec::new() };
    if let Some(length) = answer.header("content-length").map(str::to_owned) {
        let length = length.parse().map_err(|_| wrong("a length that is no number"))?;
        answer.body.resize(length, 0);
        connection.read_exact(&mut answer.body)?;
    } else if answer.header("transfer-encoding") == Some("chunked") {
        loop {
            let size = u64::from_str_radix(&line(connection)?, 16).map_err(|_| wrong("a piece without a size"))?;
            let mut piece = Vec::new();
            connection.by_ref().take(size + 2).read_to_end(&mut piece)?;
            if size == 0 {
                break;
            }
            piece.truncate(piece.len().saturating_sub(2));
            answer.body.extend(piece);
        }
    }
    Ok(answer)
}
