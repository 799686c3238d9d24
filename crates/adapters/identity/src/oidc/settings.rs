use std::fmt;

use super::{OidcError, web::is_this_machine};

/// How a provider knows us.
#[derive(Clone)]
pub struct ProviderSettings {
    issuer: String,
    client: String,
    secret: Option<String>,
    redirect: String,
    scopes: Vec<String>,
}

impl ProviderSettings {
    /// The provider's address as it names itself, our id with it, our secret where it gave one, and the page to which it
    /// sends people back. Addresses are `https`, or on this machine.
    pub fn new(issuer: &str, client: &str, secret: Option<String>, redirect: &str) -> Result<Self, OidcError> {
        let fits = |address: &str| {
            let uri: Option<openidconnect::http::Uri> = address.parse().ok();
            uri.is_some_and(|u| match (u.scheme_str(), u.host()) {
                (Some("https"), Some(host)) => !host.is_empty(),
                (Some("http"), Some(host)) => is_this_machine(host),
                _ => false,
            })
        };
        if !fits(issuer) || issuer.contains(['?', '#']) {
            return Err(OidcError::Setting("issuer"));
        }
        if !fits(redirect) || redirect.contains('#') {
            return Err(OidcError::Setting("redirect"));
        }
        let scopes = ["email", "profile"].map(str::to_owned).into();
        Ok(Self { issuer: issuer.to_owned(), client: client.to_owned(), secret, redirect: redirect.to_owned(), scopes })
    }

    /// The provider.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) fn client(&self) -> &str {
        &self.client
    }

    pub(super) fn secret(&self) -> Option<&str> {
        self.secret.as_deref()
    }

    pub(super) fn redirect(&self) -> &str {
        &self.redirect
    }

    pub(super) fn scopes(&self) -> &[String] {
        &self.scopes
    }
}

impl fmt::Debug for ProviderSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProviderSettings({} as {})", self.issuer, self.client)
    }
}
