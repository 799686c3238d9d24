//! Mail, given to an SMTP server.

use std::{fmt, time::Duration};

use attesta_kernel::Timestamp;
use lettre::{
    Address, SmtpTransport, Transport as _,
    address::Envelope,
    transport::smtp::{authentication::Credentials, client::Tls},
};

use crate::{Message, Transport, mail};

/// One step of the conversation takes no longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that takes mail: by TLS, or on this machine.
#[derive(Clone)]
pub struct Relay {
    host: String,
    transport: SmtpTransport,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Relay({})", self.host)
    }
}

/// The address is none that mail can go through.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// It cannot be read.
    #[error("`{0}` is no mail server; write `smtps://user@host:port`, or `smtp://user@host:port` for STARTTLS")]
    Address(String),
    /// A password without the name that it belongs to.
    #[error("there is a password and no user; write `smtps://user@host`")]
    User,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

impl Relay {
    /// Reads `smtps://user@host:port` (TLS from the first byte, port 465) or `smtp://user@host:port` (STARTTLS, which is
    /// insisted on, port 587). To this machine `smtp` goes in plain text (port 25). The password is handed in, so that it
    /// stands in no address; `%40` is an `@` in the user's name.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn read(url: &str, password: Option<&str>) -> Result<Self, RelayError> {
        let wrong = || RelayError::Address(url.chars().take(200).collect());
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let (user, place) = rest.rsplit_once('@').map_or((None, rest), |(user, place)| (Some(user), place));
        let (host, port) = match place.strip_prefix('[') {
            Some(v6) => {
                let (host, port) = v6.split_once(']').ok_or_else(wrong)?;
                (host, port.strip_prefix(':'))
            }
            None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        let port: Option<u16> = port.map(|port| port.parse().map_err(|_| wrong())).transpose()?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-.:".contains(&b);
        if host.is_empty() || !host.bytes().all(plain) || user.is_some_and(|u| u.is_empty() || u.contains([':', '/'])) {
            return Err(wrong());
        }
        let tls = |e: lettre::transport::smtp::Error| RelayError::Tls(e.to_string());
        let mut builder = match scheme {
            "smtps" => SmtpTransport::relay(host).map_err(tls)?,
            "smtp" if matches!(host, "localhost" | "127.0.0.1" | "::1") => {
                SmtpTransport::builder_dangerous(host).tls(Tls::None)
            }
            "smtp" => SmtpTransport::starttls_relay(host).map_err(tls)?,
            _ => return Err(wrong()),
        };
        if let Some(port) = port {
            builder = builder.port(port);
        }
        builder = match (user, password) {
            (Some(user), password) => {
                let user = user.replace("%40", "@");
                builder.credentials(Credentials::new(user, password.unwrap_or_default().to_owned()))
            }
            (None, Some(_)) => return Err(RelayError::User),
            (None, None) => builder,
        };
        Ok(Self { host: host.to_owned(), transport: builder.timeout(Some(PATIENCE)).build() })
    }
}

/// Mail through an SMTP server.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// The server.
    pub relay: Relay,
    /// Who writes: an address, or `Name <address>`.
    pub from: String,
    /// To whom.
    pub to: Vec<String>,
}

/// The bare address of `Name <address>`.
fn bare(text: &str) -> Result<Address, String> {
    let said: String = text.chars().filter(|c| !c.is_control()).take(100).collect();
    // A line end would begin another header, or another command.
    if text.chars().any(char::is_control) {
        return Err(format!("`{said}` is no mail address: it holds characters that nobody sees"));
    }
    let inside = match text.trim().split_once('<') {
        // One pair of angles, at the end.
        Some((_, rest)) => rest.strip_suffix('>').filter(|inside| !inside.contains(['<', '>'])),
        None => Some(text.trim()),
    };
    let inside = inside.ok_or_else(|| format!("`{said}` is no mail address: write it as `Name <address>`"))?;
    inside.parse().map_err(|e| format!("`{said}` is no mail address: {e}"))
}

impl Transport for Smtp {
    fn send(&self, message: &Message, now: Timestamp) -> Result<(), String> {
        let to = self.to.iter().map(|to| bare(to)).collect::<Result<Vec<_>, _>>()?;
        let envelope = Envelope::new(Some(bare(&self.from)?), to).map_err(|e| e.to_string())?;
        let text = mail(message, &self.from, &self.to, now);
        let sent = self.relay.transport.send_raw(&envelope, text.as_bytes());
        sent.map(drop).map_err(|e| {
            let kind = if e.is_permanent() { "refuses" } else { "does not take" };
            let why: String = e.to_string().chars().take(300).collect();
            format!("{} {kind} the mail: {why}", self.relay.host)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_asked_by_tls_or_on_this_machine() {
        for good in [
            "smtps://mail.example.org",
            "smtps://ann%40example.org@mail.example.org:465",
            "smtp://mail.example.org:587",
            "smtp://localhost:2525",
            "smtp://[::1]:2525",
        ] {
            assert!(Relay::read(good, None).is_ok(), "{good}");
        }
        for bad in [
            "",
            "mail.example.org",
            "http://mail.example.org",
            "smtps://",
            "smtps://@mail.example.org",
            "smtps://ann:secret@mail.example.org",
            "smtps://mail.example.org:x",
            "smtps://mail.example.org/x",
            "smtps://mail.exa mple.org",
            "smtp://[::1",
        ] {
            assert!(matches!(Relay::read(bad, None), Err(RelayError::Address(_))), "{bad}");
        }
        assert_eq!(Relay::read("smtps://mail.example.org", Some("x")).unwrap_err(), RelayError::User);
        let debug = format!("{:?}", Relay::read("smtps://ann@mail.example.org", Some("hunter2")).unwrap());
        assert_eq!(debug, "Relay(mail.example.org)");
    }

    #[test]
    fn an_address_is_found_in_its_name() {
        assert_eq!(bare("Attesta <a@x.org>").unwrap().to_string(), "a@x.org");
        assert_eq!(bare(" a@x.org ").unwrap().to_string(), "a@x.org");
        for bad in ["", "Attesta", "a@", "<a@x.org> RCPT TO:<b@y.org>", "a@x.org\r\nRCPT TO:<b@y.org>"] {
            assert!(bare(bad).is_err(), "{bad}");
        }
    }
}
