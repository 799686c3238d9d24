//! Sign-in through an identity provider: OpenID Connect's code flow with PKCE.
//!
//! Whether the person whom a provider names may come in, and who that is here, is decided elsewhere: by issuer and
//! subject, never by address alone.

mod settings;
mod web;

use attesta_kernel::Timestamp;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IssuerUrl, JsonWebKeySet, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, SignatureVerificationError, TokenResponse as _,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreJwsSigningAlgorithm as Alg, CoreProviderMetadata,
        CoreTokenResponse,
    },
};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::{Chance, NoChance, chance::draw};

pub use settings::ProviderSettings;
pub use web::{Http, HttpError, Web};

/// A provider that was found.
pub struct Provider {
    settings: ProviderSettings,
    metadata: CoreProviderMetadata,
}

/// A sign-in that was begun: where the browser goes, and what must be kept until it comes back.
pub struct Begun {
    /// The provider's page.
    pub url: String,
    /// To be kept sealed with the browser's session, and used once.
    pub pending: Pending,
}

/// What the answer must fit.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    state: String,
    nonce: String,
    verifier: String,
}

/// What the browser brings back in its address.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Callback {
    /// What was sent along.
    pub state: Option<String>,
    /// What is exchanged for the person's identity.
    pub code: Option<String>,
    /// Who says so (RFC 9207), where they say it.
    pub iss: Option<String>,
    /// Why not.
    pub error: Option<String>,
}

/// Who the provider says somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Who says so.
    pub issuer: String,
    /// Whom they mean; with the issuer, the only thing that never changes.
    pub subject: String,
    /// The address, if they tell it.
    pub email: Option<String>,
    /// Whether they looked that it is the person's. Unless it is, an address says nothing.
    pub email_verified: bool,
    /// The name, if they tell it.
    pub name: Option<String>,
    /// How they recognised the person (RFC 8176), as they tell it.
    pub methods: Vec<String>,
}

/// Nobody was signed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// A setting is wrong.
    #[error("the provider's setting `{0}` is wrong: use an absolute `https` address")]
    Setting(&'static str),
    /// The provider does not answer, or not as one.
    #[error("the provider does not answer as one: {0}")]
    Provider(String),
    /// The provider's page said no.
    #[error("the provider said `{0}`; begin again")]
    Refused(String),
    /// The answer does not belong to the question.
    #[error("the answer does not belong to this sign-in ({0}); begin again")]
    Other(&'static str),
    /// What the provider says of the person does not hold.
    #[error("what the provider says does not hold: {0}")]
    Claims(String),
    /// No randomness.
    #[error(transparent)]
    Chance(#[from] NoChance),
}

/// Signatures that are taken: none that a shared secret makes, and never none.
const ALGORITHMS: [Alg; 7] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
    Alg::EdDsa,
];
/// How far two clocks may differ.
const SKEW: Duration = Duration::minutes(5);

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

impl Provider {
    /// Asks the provider where its pages are and which keys it signs with.
    pub async fn discover(settings: ProviderSettings, http: &impl Http) -> Result<Self, OidcError> {
        let issuer = IssuerUrl::new(settings.issuer().to_owned()).map_err(|_| OidcError::Setting("issuer"))?;
        let ask = |request| http.send(request);
        let metadata = CoreProviderMetadata::discover_async(issuer, &ask).await.map_err(provider)?;
        Ok(Self { settings, metadata })
    }

    /// Begins a sign-in.
    pub fn begin(&self, chance: &mut dyn Chance) -> Result<Begun, OidcError> {
        let pending = Pending { state: word(chance)?, nonce: word(chance)?, verifier: word(chance)? };
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(pending.verifier.clone()));
        let client = self.client(self.metadata.clone())?;
        let (state, nonce) = (pending.state.clone(), pending.nonce.clone());
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .set_pkce_challenge(challenge);
        for scope in self.settings.scopes() {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (url, _, _) = request.url();
        Ok(Begun { url: url.to_string(), pending })
    }

    /// Ends it: exchanges the code, and believes what the provider says only once all of it holds.
    pub async fn finish(
        &self,
        pending: &Pending,
        callback: &Callback,
        http: &impl Http,
        now: Timestamp,
    ) -> Result<Identity, OidcError> {
        let code = self.code(pending, callback)?;
        let client = self.client(self.metadata.clone())?;
        let ask = |request| http.send(request);
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|e| OidcError::Provider(e.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.clone()))
            .request_async(&ask)
            .await
            .map_err(exchange)?;
        match self.believe(&client, &answer, pending, now) {
            // The provider may have begun to sign with another key since it was found.
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                let keys = JsonWebKeySet::fetch_async(self.metadata.jwks_uri(), &ask).await.map_err(provider)?;
                let client = self.client(self.metadata.clone().set_jwks(keys))?;
                self.believe(&client, &answer, pending, now)
            }
            said => said,
        }
        .map_err(|e| OidcError::Claims(claims(&e)))
    }

    fn code(&self, pending: &Pending, callback: &Callback) -> Result<String, OidcError> {
        let state = callback.state.as_deref().unwrap_or_default();
        if !bool::from(state.as_bytes().ct_eq(pending.state.as_bytes())) {
            return Err(OidcError::Other("the state differs"));
        }
        if let Some(error) = &callback.error {
            return Err(OidcError::Refused(error.chars().take(100).collect()));
        }
        if callback.iss.as_ref().is_some_and(|iss| iss != self.settings.issuer()) {
            return Err(OidcError::Other("another provider answered"));
        }
        callback.code.clone().filter(|c| !c.is_empty()).ok_or(OidcError::Other("the code is missing"))
    }

    fn client(&self, metadata: CoreProviderMetadata) -> Result<Client, OidcError> {
        let secret = self.settings.secret().map(|s| ClientSecret::new(s.to_owned()));
        let redirect =
            RedirectUrl::new(self.settings.redirect().to_owned()).map_err(|_| OidcError::Setting("redirect"))?;
        let id = ClientId::new(self.settings.client().to_owned());
        Ok(CoreClient::from_provider_metadata(metadata, id, secret).set_redirect_uri(redirect))
    }

    fn believe(
        &self,
        client: &Client,
        answer: &CoreTokenResponse,
        pending: &Pending,
        now: Timestamp,
    ) -> Result<Identity, ClaimsVerificationError> {
        let other = |why: &str| ClaimsVerificationError::Other(why.to_owned());
        let now =
            DateTime::<Utc>::from_timestamp(now.as_second(), 0).ok_or_else(|| other("the time is out of range"))?;
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || now)
            .set_issue_time_verifier_fn(move |issued| match issued.signed_duration_since(now) > SKEW {
                true => Err("it was issued in the future".to_owned()),
                false => Ok(()),
            });
        let token = answer.id_token().ok_or_else(|| other("there is no ID token"))?;
        let claims = token.claims(&verifier, &Nonce::new(pending.nonce.clone()))?;
        if let Some(said) = claims.access_token_hash() {
            let actual = token
                .signing_alg()
                .ok()
                .zip(token.signing_key(&verifier).ok())
                .and_then(|(alg, key)| AccessTokenHash::from_token(answer.access_token(), alg, key).ok());
            if actual.as_ref() != Some(said) {
                return Err(other("the access token is another's"));
            }
        }
        Ok(self.identity(claims))
    }

    fn identity(&self, claims: &CoreIdTokenClaims) -> Identity {
        let methods = claims.auth_method_refs().into_iter().flatten();
        Identity {
            issuer: claims.issuer().to_string(),
            subject: claims.subject().to_string(),
            email: claims.email().map(|e| e.to_string()),
            email_verified: claims.email_verified().unwrap_or(false),
            name: claims.name().and_then(|n| n.get(None)).map(|n| n.to_string()),
            methods: methods.map(|m| m.to_string()).collect(),
        }
    }
}

impl Pending {
    /// One line of JSON, to be sealed.
    pub fn to_stored(&self) -> Result<String, OidcError> {
        serde_json::to_string(self).map_err(|_| OidcError::Other("it could not be written"))
    }

    /// What was unsealed.
    pub fn from_stored(text: &str) -> Result<Self, OidcError> {
        serde_json::from_str(text).map_err(|_| OidcError::Other("what was kept cannot be read"))
    }
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pending(…)")
    }
}

fn word(chance: &mut dyn Chance) -> Result<String, NoChance> {
    draw::<32>(chance).map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
}

fn provider(error: openidconnect::DiscoveryError<HttpError>) -> OidcError {
    OidcError::Provider(match error {
        openidconnect::DiscoveryError::Request(http) => http.to_string(),
        other => other.to_string(),
    })
}

/// What failed, without the answer: it may hold tokens.
fn exchange<T: openidconnect::ErrorResponse>(error: RequestTokenError<HttpError, T>) -> OidcError {
    match error {
        RequestTokenError::Request(http) => OidcError::Provider(http.to_string()),
        RequestTokenError::ServerResponse(_) => OidcError::Refused("the code does not hold".to_owned()),
        RequestTokenError::Parse(..) => OidcError::Provider("its answer to the code cannot be read".to_owned()),
        RequestTokenError::Other(why) => OidcError::Provider(why),
    }
}

fn claims(error: &ClaimsVerificationError) -> String {
    match error {
        ClaimsVerificationError::SignatureVerification(why) => format!("signature: {why}"),
        ClaimsVerificationError::InvalidNonce(_) => "the nonce differs".to_owned(),
        other => other.to_string(),
    }
}
