//! Webhooks: one POST of JSON, signed.

use std::time::Duration;

use attesta_kernel::Timestamp;

use crate::{Key, Message, SIGNATURE, Transport, sign};

/// One answer takes no longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A receiver of signed POSTs.
#[derive(Debug)]
pub struct Webhook {
    url: String,
    key: Key,
    agent: ureq::Agent,
}

/// The address is none that a webhook can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// Neither http nor https.
    #[error("`{0}` is no address of a webhook; it begins with https:// (or http:// on this machine)")]
    Address(String),
    /// This build speaks no TLS.
    #[error(
        "`{0}` needs TLS, and this program was built without it; build with `--features tls`, or name a relay on this machine"
    )]
    NoTls(String),
    /// Plain text to another machine.
    #[error("`{0}` is another machine: what is told of your estate must not travel in plain text; use https")]
    Plain(String),
}

impl Webhook {
    /// A receiver at `url`. Plain `http` goes to this machine alone. No redirect is followed.
    ///
    /// # Errors
    ///
    /// When the address cannot be one.
    pub fn new(url: &str, key: Key) -> Result<Self, WebhookError> {
        checked(url)?;
        Ok(Self { url: url.to_owned(), key, agent: agent(PATIENCE) })
    }
}

/// Whether something may be sent to an address: plain `http` to this machine alone.
pub(crate) fn checked(url: &str) -> Result<(), WebhookError> {
    let said = || url.chars().take(200).collect::<String>();
    match url.split_once("://") {
        Some(("https", _)) if cfg!(feature = "tls") => {}
        Some(("https", _)) => return Err(WebhookError::NoTls(said())),
        Some(("http", rest)) => {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let host = match authority.strip_prefix('[') {
                Some(v6) => v6.split(']').next().unwrap_or_default(),
                None => authority.split(':').next().unwrap_or_default(),
            };
            if !matches!(host, "localhost" | "127.0.0.1" | "::1") {
                return Err(WebhookError::Plain(said()));
            }
        }
        _ => return Err(WebhookError::Address(said())),
    }
    Ok(())
}

/// What speaks HTTP: no redirect is followed.
pub(crate) fn agent(patience: Duration) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(patience))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("attesta/", env!("CARGO_PKG_VERSION")));
    #[cfg(feature = "tls")]
    let config = config.tls_config(
        ureq::tls::TlsConfig::builder()
            .provider(ureq::tls::TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build(),
    );
    config.build().into()
}

impl Transport for Webhook {
    fn send(&self, message: &Message, now: Timestamp) -> Result<(), String> {
        let answer = self
            .agent
            .post(&self.url)
            .header("Content-Type", "application/json")
            .header("Attesta-Message", &message.id)
            .header(SIGNATURE, sign(&self.key, now, message.body.as_bytes()))
            .send(message.body.as_bytes());
        match answer {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("the receiver answered {}", answer.status())),
            Err(error) => Err(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_on_this_machine() {
        let key = || Key::new("0123456789abcdef").unwrap();
        let of = |url: &str| Webhook::new(url, key()).map(drop);
        for url in ["http://localhost/x", "http://127.0.0.1:8080/", "http://[::1]:9/a"] {
            assert_eq!(of(url), Ok(()), "{url}");
        }
        for url in
            ["http://example.org/", "http://127.0.0.1.example.org/", "http://localhost@example.org/", "http:///x"]
        {
            assert!(matches!(of(url), Err(WebhookError::Plain(_))), "{url}");
        }
        for url in ["ftp://localhost/", "localhost:80", ""] {
            assert!(matches!(of(url), Err(WebhookError::Address(_))), "{url}");
        }
        assert_eq!(of("https://example.org/").is_ok(), cfg!(feature = "tls"));
    }
}
