//! Brings messages out: to webhooks, signed, and by mail.
//!
//! A message is put into an [`Outbox`] before anybody tries to send it, and leaves it only when its receiver took it or when
//! it was given up, which is written down. A crash therefore loses nothing; at worst a message goes out twice, with the same
//! id. Failures are tried again, later and later.
//!
//! It decides nothing about what is worth telling, prints nothing and reads no clock: the time is an argument.

mod mail;
mod outbox;
mod push;
mod sign;
#[cfg(feature = "smtp")]
mod smtp;
mod webhook;

pub use mail::{Sendmail, mail};
pub use outbox::{Attempt, Outbox, OutboxError, Outcome, Pending, backoff};
pub use push::Receiver;
pub use sign::{Key, KeyError, SIGNATURE, SignatureError, sign, verify};
#[cfg(feature = "smtp")]
pub use smtp::{Relay, RelayError, Smtp};
pub use webhook::{Webhook, WebhookError};

use attesta_kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// Something to bring out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Names it: the same message has the same id, however often it is put or sent. Small letters, digits, dashes.
    pub id: String,
    /// One line.
    pub subject: String,
    /// For people.
    pub text: String,
    /// For programs: JSON.
    pub body: String,
}

/// A way out.
pub trait Transport {
    /// Sends one message.
    ///
    /// # Errors
    ///
    /// Why the receiver did not take it, as far as can be told.
    fn send(&self, message: &Message, now: Timestamp) -> Result<(), String>;
}
