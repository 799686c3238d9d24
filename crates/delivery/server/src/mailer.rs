//! How mail goes out: through an SMTP server (feature `mail`), or by the machine's own `sendmail`.

use attesta_identity::Keyring;
use attesta_kernel::Timestamp;
use attesta_notify::{Message, Sendmail, Transport as _};

use crate::{Config, ServeError, providers};

/// The name under which the password is sealed.
const NAME: &str = "mail";

/// A way out for mail.
#[derive(Debug, Clone)]
pub(crate) struct Mailer {
    from: String,
    way: Way,
}

#[derive(Debug, Clone)]
enum Way {
    Sendmail(Vec<String>),
    #[cfg(feature = "mail")]
    Smtp(attesta_notify::Relay),
}

impl Mailer {
    /// That of the configuration.
    pub(crate) fn of(config: &Config, keyring: &Keyring) -> Result<Option<Self>, ServeError> {
        let wrong = ServeError::Mail;
        let is_address = |to: &str| to.contains('@') && !to.chars().any(|c| c.is_control() || c.is_whitespace());
        if let Some(to) = config.checkpoint_mail.iter().find(|to| !is_address(to)) {
            return Err(wrong(format!("`{to}` is no address for checkpoints; write `auditor@example.org`")));
        }
        let Some(mail) = &config.mail else {
            if config.checkpoint_mail.is_empty() {
                return Ok(None);
            }
            return Err(wrong("checkpoints are to leave by mail, and nothing says how mail goes out".to_owned()));
        };
        if !mail.from.contains('@') || mail.from.chars().any(char::is_control) {
            return Err(wrong(format!("`{}` is no sender; write `Attesta <attesta@example.org>`", mail.from)));
        }
        let secret = providers::unsealed(keyring, NAME, mail.secret.as_deref()).map_err(wrong)?;
        let way = match mail.through.strip_prefix("sendmail:") {
            Some(command) => {
                let command: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
                if command.is_empty() || secret.is_some() {
                    return Err(wrong("`sendmail:` names a program and takes no secret".to_owned()));
                }
                Way::Sendmail(command)
            }
            None => smtp(&mail.through, secret.as_deref()).map_err(wrong)?,
        };
        Ok(Some(Self { from: mail.from.clone(), way }))
    }

    /// Sends one mail, beside the threads that answer requests.
    pub(crate) async fn send(&self, to: &str, message: Message, now: Timestamp) -> Result<(), String> {
        let (from, to, way) = (self.from.clone(), vec![to.to_owned()], self.way.clone());
        let sending = tokio::task::spawn_blocking(move || match way {
            Way::Sendmail(command) => Sendmail { command, from, to }.send(&message, now),
            #[cfg(feature = "mail")]
            Way::Smtp(relay) => attesta_notify::Smtp { relay, from, to }.send(&message, now),
        });
        sending.await.map_err(|e| e.to_string())?
    }
}

#[cfg(feature = "mail")]
fn smtp(through: &str, secret: Option<&str>) -> Result<Way, String> {
    attesta_notify::Relay::read(through, secret).map(Way::Smtp).map_err(|e| e.to_string())
}

#[cfg(not(feature = "mail"))]
fn smtp(_: &str, _: Option<&str>) -> Result<Way, String> {
    Err("this program was built without SMTP; build it with `--features mail`, or write `sendmail:PROGRAM`".to_owned())
}
