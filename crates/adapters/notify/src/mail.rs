//! Mail, handed to the machine's own `sendmail` command.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use attesta_kernel::{Digest, Timestamp};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{Message, Transport};

/// The program that takes mail on standard input, as sendmail, postfix, exim, msmtp and others do.
#[derive(Debug, Clone)]
pub struct Sendmail {
    /// Program and arguments, such as `/usr/sbin/sendmail -t -i`.
    pub command: Vec<String>,
    /// Who writes.
    pub from: String,
    /// To whom.
    pub to: Vec<String>,
}

impl Transport for Sendmail {
    fn send(&self, message: &Message, now: Timestamp) -> Result<(), String> {
        let text = mail(message, &self.from, &self.to, now);
        let (program, arguments) = self.command.split_first().ok_or("no sendmail command is named")?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| format!("{program} cannot be started: {e}"))?;
        // A program that ends early tells why by its exit.
        let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(text.as_bytes()));
        let output = child.wait_with_output().map_err(|e| e.to_string())?;
        if !output.status.success() {
            let said: String = String::from_utf8_lossy(&output.stderr).chars().take(300).collect();
            return Err(format!("{program} ended with {}: {}", output.status, said.trim()));
        }
        written.map_err(|e| format!("{program} did not read the mail: {e}"))
    }
}

/// The mail as it travels (RFC 5322): one part of plain text, UTF-8 in base64, so that no line of it means anything to a
/// mail server.
pub fn mail(message: &Message, from: &str, to: &[String], now: Timestamp) -> String {
    let domain = from.rsplit('@').next().unwrap_or("localhost").trim_end_matches('>');
    let date = now.to_zoned(jiff::tz::TimeZone::UTC);
    let date = date.strftime("%a, %d %b %Y %H:%M:%S +0000");
    let to: Vec<String> = to.iter().map(|t| line(t)).collect();
    let mut text = format!(
        "From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {date}\r\nMessage-ID: <{}@{}>\r\n",
        line(from),
        to.join(", "),
        subject(&message.subject),
        line(&message.id),
        line(domain),
    );
    text.push_str("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
    text.push_str("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    let body = STANDARD.encode(message.text.replace('\n', "\r\n"));
    for piece in pieces(&body, 76) {
        text.push_str(piece);
        text.push_str("\r\n");
    }
    text
}

/// Text of a header without anything that could end it.
fn line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// A subject: as it is where it is plain and short, else in encoded words (RFC 2047).
fn subject(text: &str) -> String {
    let text = line(text);
    if text.is_ascii() && text.len() <= 180 && !text.contains("=?") {
        return text;
    }
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars().take(200) {
        if word.len().saturating_add(c.len_utf8()) > 42 {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    let words: Vec<String> = words.iter().map(|w| format!("=?UTF-8?B?{}?=", STANDARD.encode(w))).collect();
    words.join("\r\n ")
}

fn pieces(text: &str, width: usize) -> impl Iterator<Item = &str> {
    (0..text.len()).step_by(width).filter_map(move |at| text.get(at..at.saturating_add(width).min(text.len())))
}

/// The name of a message with this content: the same content has the same name.
impl Message {
    /// An id made of what the message is about.
    pub fn id_of<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
        let digest = Digest::of_parts(parts.into_iter().map(str::as_bytes)).to_string();
        format!("msg-{}", digest.get(..24).unwrap_or(&digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(subject: &str, text: &str) -> Message {
        Message { id: "msg-1".into(), subject: subject.into(), text: text.into(), body: "{}".into() }
    }

    #[test]
    fn a_mail_as_it_travels() {
        let now = "2026-11-26T06:05:09Z".parse().unwrap();
        let text =
            mail(&message("2 new violations", "one\ntwo\n.\nthree"), "Attesta <a@x.org>", &["b@y.org".into()], now);
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert_eq!(
            head.lines().take(5).collect::<Vec<_>>(),
            [
                "From: Attesta <a@x.org>",
                "To: b@y.org",
                "Subject: 2 new violations",
                "Date: Thu, 26 Nov 2026 06:05:09 +0000",
                "Message-ID: <msg-1@x.org>"
            ]
        );
        assert_eq!(STANDARD.decode(body.replace("\r\n", "")).unwrap(), b"one\r\ntwo\r\n.\r\nthree");
    }

    #[test]
    fn no_text_ends_a_header() {
        let now = "2026-11-26T06:05:09Z".parse().unwrap();
        let text = mail(&message("a\r\nBcc: evil@x.org", "t"), "a@x.org\r\nX: y", &["b@y.org\n\nbody".into()], now);
        let head = text.split_once("\r\n\r\n").unwrap().0;
        assert!(
            head.lines().all(|l| !l.starts_with("Bcc:") && !l.starts_with("X:") && !l.starts_with("body")),
            "{head}"
        );
    }

    #[test]
    fn subjects_in_other_letters_are_encoded() {
        let encoded = subject(&"Verschlüsselung ".repeat(6));
        for word in encoded.split("\r\n ") {
            let inside = word.strip_prefix("=?UTF-8?B?").unwrap().strip_suffix("?=").unwrap();
            assert!(word.len() <= 75);
            assert!(String::from_utf8(STANDARD.decode(inside).unwrap()).is_ok());
        }
    }
}
