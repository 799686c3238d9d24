//! Identity providers: how each is known, and what a browser brings back from one.
//!
//! Built with the feature `oidc`; without it there are none, and setting one up is refused at start.

use attesta_identity::{Keyring, Sealed, SystemChance};

use crate::{Config, ServeError, problem::Problem};

#[cfg(feature = "oidc")]
pub(crate) use built::Providers;
#[cfg(not(feature = "oidc"))]
pub(crate) use unbuilt::Providers;

/// What a provider said of somebody, once all of it held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) email: Option<String>,
    pub(crate) email_verified: bool,
    pub(crate) name: Option<String>,
    pub(crate) methods: Vec<String>,
}

/// What a browser brings back in its address.
#[derive(Debug, Clone, Default)]
#[cfg_attr(not(feature = "oidc"), expect(dead_code, reason = "there are no providers"))]
pub(crate) struct Brought {
    pub(crate) state: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) iss: Option<String>,
    pub(crate) error: Option<String>,
}

/// For what a secret of the configuration is sealed.
fn context(name: &str) -> String {
    format!("setting:{name}")
}

/// Seals a secret with the keys of a server's folder, to be put into its configuration: a provider's, or `mail`.
///
/// # Errors
///
/// When the keys cannot be had.
pub fn seal_secret(data: &std::path::Path, name: &str, secret: &str) -> Result<String, ServeError> {
    std::fs::create_dir_all(data).map_err(|error| ServeError::Data { path: data.to_owned(), error })?;
    let keyring = Keyring::open_or_make(&data.join("seal.keys"), &mut SystemChance)?;
    Ok(keyring.seal(&context(name), secret.as_bytes(), &mut SystemChance)?.to_string())
}

/// A secret of the configuration, opened.
pub(crate) fn unsealed(keyring: &Keyring, name: &str, secret: Option<&str>) -> Result<Option<String>, String> {
    let Some(text) = secret else { return Ok(None) };
    let sealed: Sealed = text
        .parse()
        .map_err(|_| format!("its secret is not sealed; seal it with `attesta serve --seal-secret {name}`"))?;
    let bytes = keyring.unseal(&context(name), &sealed).map_err(|e| e.to_string())?;
    let text = std::str::from_utf8(&bytes).map_err(|_| "its secret is no text".to_owned())?;
    Ok(Some(text.to_owned()))
}

fn unknown() -> Problem {
    Problem::not_found("there is no such provider here")
}

/// The page of ours to which a provider sends people back.
#[cfg_attr(not(feature = "oidc"), expect(dead_code, reason = "there are no providers"))]
fn back(config: &Config, name: &str) -> String {
    format!("{}/api/v1/session/oidc/{name}/callback", config.public)
}

#[cfg(feature = "oidc")]
mod built {
    use std::{
        collections::BTreeMap,
        sync::{Arc, Mutex},
    };

    use attesta_identity::{
        Keyring, Sealed, SystemChance,
        oidc::{Callback, OidcError, Pending, Provider, ProviderSettings, Web},
    };
    use attesta_kernel::Timestamp;
    use axum::http::StatusCode;
    use jiff::SignedDuration;

    use super::{Brought, Person, back, unknown, unsealed};
    use crate::{Config, ServeError, house::lock, problem::Problem};

    /// What a provider says of itself is asked again after so long.
    const FRESH: SignedDuration = SignedDuration::from_hours(1);

    struct Known {
        title: String,
        settings: ProviderSettings,
        found: Mutex<Option<(Timestamp, Arc<Provider>)>>,
    }

    /// Providers by name.
    pub(crate) struct Providers {
        known: BTreeMap<String, Known>,
        web: Option<Arc<Web>>,
    }

    impl std::fmt::Debug for Providers {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_set().entries(self.known.keys()).finish()
        }
    }

    fn told(error: &OidcError) -> Problem {
        let help = "begin again; if it goes on, tell whoever runs this server";
        match error {
            OidcError::Provider(why) => {
                tracing::warn!("an identity provider does not answer as one: {why}");
                Problem::new(StatusCode::BAD_GATEWAY, "provider", "the identity provider does not answer as one")
                    .help(help)
            }
            OidcError::Chance(_) | OidcError::Setting(_) => Problem::internal(error),
            _ => Problem::new(StatusCode::FORBIDDEN, "provider", error.to_string()).help(help),
        }
    }

    /// Asks a provider on a thread aside: the library's futures cannot move between threads.
    async fn aside<T: Send + 'static>(
        ask: impl FnOnce(tokio::runtime::Handle) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let handle = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || ask(handle)).await.map_err(Problem::internal)
    }

    impl Providers {
        /// Those of the configuration.
        pub(crate) fn of(config: &Config, keyring: &Keyring) -> Result<Self, ServeError> {
            let mut known = BTreeMap::new();
            for provider in &config.providers {
                let name = provider.name.clone();
                let wrong = |why: String| ServeError::Provider(provider.name.clone(), why);
                let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
                if !(1..=40).contains(&name.len()) || !name.bytes().all(fits) {
                    return Err(wrong("a name is 1 to 40 small letters, digits and dashes".to_owned()));
                }
                let secret = unsealed(keyring, &name, provider.secret.as_deref()).map_err(wrong)?;
                let settings = ProviderSettings::new(&provider.issuer, &provider.client, secret, &back(config, &name));
                let settings = settings.map_err(|e| wrong(e.to_string()))?;
                let title = if provider.title.is_empty() { name.clone() } else { provider.title.clone() };
                if known.insert(name.clone(), Known { title, settings, found: Mutex::default() }).is_some() {
                    return Err(wrong("it stands twice".to_owned()));
                }
            }
            let web = if known.is_empty() { None } else { Some(Web::new()) };
            let web = web.transpose().map_err(|e| ServeError::Provider("all".to_owned(), e.to_string()))?;
            Ok(Self { known, web: web.map(Arc::new) })
        }

        /// Names and titles.
        pub(crate) fn all(&self) -> Vec<(String, String)> {
            self.known.iter().map(|(name, known)| (name.clone(), known.title.clone())).collect()
        }

        fn web(&self) -> Result<Arc<Web>, Problem> {
            self.web.clone().ok_or_else(unknown)
        }

        async fn provider(&self, name: &str, now: Timestamp) -> Result<Arc<Provider>, Problem> {
            let known = self.known.get(name).ok_or_else(unknown)?;
            let kept = lock(&known.found).as_ref().filter(|(at, _)| now.duration_since(*at) < FRESH).cloned();
            if let Some((_, provider)) = kept {
                return Ok(provider);
            }
            let (settings, web) = (known.settings.clone(), self.web()?);
            let found = aside(move |handle| handle.block_on(Provider::discover(settings, &*web))).await?;
            let provider = Arc::new(found.map_err(|e| told(&e))?);
            *lock(&known.found) = Some((now, Arc::clone(&provider)));
            Ok(provider)
        }

        /// The provider's page, and what must be kept, sealed.
        pub(crate) async fn begin(
            &self,
            keyring: &Keyring,
            name: &str,
            now: Timestamp,
        ) -> Result<(String, String), Problem> {
            let begun = self.provider(name, now).await?.begin(&mut SystemChance).map_err(|e| told(&e))?;
            let kept = begun.pending.to_stored().map_err(|e| told(&e))?;
            let sealed = keyring.seal(&format!("sign-in:{name}"), kept.as_bytes(), &mut SystemChance);
            Ok((begun.url, sealed.map_err(Problem::internal)?.to_string()))
        }

        /// Who it is, once all that the provider says holds.
        pub(crate) async fn finish(
            &self,
            keyring: &Keyring,
            name: &str,
            kept: &str,
            brought: Brought,
            now: Timestamp,
        ) -> Result<Person, Problem> {
            let sealed: Sealed = kept.parse().map_err(Problem::internal)?;
            let kept = keyring.unseal(&format!("sign-in:{name}"), &sealed).map_err(Problem::internal)?;
            let pending = Pending::from_stored(&String::from_utf8_lossy(&kept)).map_err(|e| told(&e))?;
            let Brought { state, code, iss, error } = brought;
            let callback = Callback { state, code, iss, error };
            let (provider, web) = (self.provider(name, now).await?, self.web()?);
            let said = aside(move |handle| handle.block_on(provider.finish(&pending, &callback, &*web, now))).await?;
            let said = said.map_err(|e| told(&e))?;
            Ok(Person {
                issuer: said.issuer,
                subject: said.subject,
                email: said.email,
                email_verified: said.email_verified,
                name: said.name,
                methods: said.methods,
            })
        }
    }
}

#[cfg(not(feature = "oidc"))]
mod unbuilt {
    use attesta_identity::Keyring;
    use attesta_kernel::Timestamp;

    use super::{Brought, Person, unknown};
    use crate::{Config, ServeError, problem::Problem};

    /// None.
    #[derive(Debug)]
    pub(crate) struct Providers;

    impl Providers {
        pub(crate) fn of(config: &Config, _: &Keyring) -> Result<Self, ServeError> {
            match config.providers.first() {
                None => Ok(Self),
                Some(provider) => Err(ServeError::Provider(
                    provider.name.clone(),
                    "this program was built without providers; build it with `--features oidc`".to_owned(),
                )),
            }
        }

        pub(crate) fn all(&self) -> Vec<(String, String)> {
            Vec::new()
        }

        pub(crate) async fn begin(&self, _: &Keyring, _: &str, _: Timestamp) -> Result<(String, String), Problem> {
            Err(unknown())
        }

        pub(crate) async fn finish(
            &self,
            _: &Keyring,
            _: &str,
            _: &str,
            _: Brought,
            _: Timestamp,
        ) -> Result<Person, Problem> {
            Err(unknown())
        }
    }
}
