//! One signed call: credentials, clock, retries, pace, limits. It knows nothing of what the answers mean.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign,
    },
    sign::v4,
};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::{
    Connector, proxy,
    tls::{self, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorSettings},
    orchestrator::HttpRequest,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};

use crate::{
    model::{Endpoint, Service},
    wire::{Refusal, Request, Response, refusal},
};

/// Bounds on one call.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How often one request is tried at most.
    pub attempts: u32,
    /// How long a connection may take.
    pub connect: Duration,
    /// How long an answer may take.
    pub answer: Duration,
    /// The largest answer that is read, in bytes.
    pub bytes: usize,
    /// Calls that may be under way at once.
    pub parallel: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            attempts: 6,
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            bytes: 64 << 20,
            parallel: 16,
        }
    }
}

/// Why a call gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The service refused.
    Refused(Refusal),
    /// No answer came, or one that cannot be read.
    Failed(String),
}

/// Sends signed requests.
pub(crate) struct Client {
    connector: Connector,
    provider: SharedCredentialsProvider,
    held: tokio::sync::Mutex<Option<Credentials>>,
    bounds: Bounds,
    /// Seconds by which AWS's clock is ahead of ours.
    skew: AtomicI64,
    paces: Mutex<HashMap<String, Arc<Pace>>>,
    /// Places that gave no answer at all, with how often they were asked; an answer takes them off.
    silent: Mutex<HashMap<String, u32>>,
    turns: AtomicU64,
}

/// A place that stayed silent for this many calls is asked no more: each further one would cost the whole patience.
const MOST_SILENCE: u32 = 6;

/// How fast one service of one region may be asked: every refusal for haste doubles the pause between calls, every
/// answer shortens it (additive increase, multiplicative decrease, seen from the pause).
#[derive(Default)]
struct Pace {
    pause_ms: AtomicU64,
    next: tokio::sync::Mutex<Option<tokio::time::Instant>>,
}

/// Slower than two calls a second no service asks us to be for long; attempts that are refused wait besides.
const LONGEST_PAUSE_MS: u64 = 400;
const TOO_LARGE: &str = "the answer is larger than";
const LONGEST_BACKOFF_MS: u64 = 20_000;

impl Pace {
    async fn turn(&self) {
        let pause = self.pause_ms.load(Ordering::Relaxed);
        if pause == 0 {
            return;
        }
        let at = {
            let mut next = self.next.lock().await;
            let now = tokio::time::Instant::now();
            let at = next.filter(|at| *at > now).unwrap_or(now);
            *next = at.checked_add(Duration::from_millis(pause));
            at
        };
        tokio::time::sleep_until(at).await;
    }

    fn hasty(&self) {
        let pause = self.pause_ms.load(Ordering::Relaxed);
        self.pause_ms.store(pause.saturating_mul(2).clamp(20, LONGEST_PAUSE_MS), Ordering::Relaxed);
    }

    fn answered(&self) {
        let pause = self.pause_ms.load(Ordering::Relaxed);
        if pause > 0 {
            self.pause_ms.store(pause.saturating_sub(pause.div_euclid(5).max(1)), Ordering::Relaxed);
        }
    }
}

impl Client {
    pub(crate) fn new(provider: SharedCredentialsProvider, bounds: Bounds) -> Self {
        let settings =
            HttpConnectorSettings::builder().connect_timeout(bounds.connect).read_timeout(bounds.answer).build();
        let connector = Connector::builder()
            .connector_settings(settings)
            .sleep_impl(TokioSleep::new())
            .proxy_config(proxy::ProxyConfig::from_env())
            .tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc))
            .build();
        Self {
            connector,
            provider,
            held: tokio::sync::Mutex::new(None),
            bounds,
            skew: AtomicI64::new(0),
            paces: Mutex::new(HashMap::new()),
            silent: Mutex::new(HashMap::new()),
            turns: AtomicU64::new(0),
        }
    }

    /// Sends a request until it is answered, refused for good, or the attempts are used up.
    pub(crate) async fn send(
        &self,
        service: &Service,
        endpoint: &Endpoint,
        request: &Request,
    ) -> Result<Response, Fault> {
        let pace = self.pace(&format!("{}/{}", service.sign, endpoint.region));
        let mut last = Fault::Failed("not tried".to_owned());
        let (mut renewed, mut reset) = (false, false);
        for attempt in 1..=self.bounds.attempts {
            if self.is_silent(&endpoint.region) {
                return Err(Fault::Failed(format!("{} gave no answer and was asked no more", endpoint.region)));
            }
            pace.turn().await;
            let credentials = self.credentials().await.map_err(Fault::Failed)?;
            let sent = self.once(service, endpoint, request, credentials).await;
            self.heard(&endpoint.region, sent.as_ref().map_or_else(|why| why.starts_with(TOO_LARGE), |_| true));
            let fault = match sent {
                Ok(response) if (200..300).contains(&response.status) => {
                    pace.answered();
                    return Ok(response);
                }
                Ok(response) => {
                    let refusal = refusal(service, &response);
                    self.read_clock(&refusal, &response);
                    Fault::Refused(refusal)
                }
                Err(why) => Fault::Failed(why),
            };
            let retry = match &fault {
                Fault::Refused(refusal) if is_haste(refusal) => {
                    pace.hasty();
                    true
                }
                Fault::Refused(refusal) if is_stale(refusal) && !renewed => {
                    renewed = true;
                    *self.held.lock().await = None;
                    true
                }
                // The clock is set by the answer; a second refusal has another cause.
                Fault::Refused(refusal) if is_skewed(refusal) && !reset => {
                    reset = true;
                    true
                }
                // An error inside the service; two more attempts tell a hiccup from a fault.
                Fault::Refused(refusal) => refusal.status >= 500 && refusal.status != 501 && attempt < 3,
                Fault::Failed(_) => attempt < 3,
            };
            last = fault;
            if !retry || attempt == self.bounds.attempts {
                break;
            }
            tokio::time::sleep(self.backoff(attempt)).await;
        }
        Err(last)
    }

    /// Between nothing and a bound that doubles with each attempt ("full jitter").
    fn backoff(&self, attempt: u32) -> Duration {
        let bound = 100_u64.saturating_mul(1_u64 << attempt.min(16)).min(LONGEST_BACKOFF_MS);
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        let now =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |age| u64::from(age.subsec_nanos()));
        let mixed = now.wrapping_add(turn.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        Duration::from_millis(mixed.checked_rem(bound).unwrap_or(0).max(10))
    }

    /// Whether a place was asked in vain often enough.
    fn is_silent(&self, place: &str) -> bool {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        silent.get(place).is_some_and(|calls| *calls >= MOST_SILENCE)
    }

    fn heard(&self, place: &str, answered: bool) {
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        if answered {
            silent.remove(place);
        } else {
            let calls = silent.entry(place.to_owned()).or_default();
            *calls = calls.saturating_add(1);
        }
    }

    /// Seconds by which our clock was found to be behind AWS's; 0 where no answer said so.
    pub(crate) fn skew(&self) -> i64 {
        self.skew.load(Ordering::Relaxed)
    }

    fn pace(&self, key: &str) -> Arc<Pace> {
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(paces.entry(key.to_owned()).or_default())
    }

    async fn once(
        &self,
        service: &Service,
        endpoint: &Endpoint,
        request: &Request,
        credentials: Credentials,
    ) -> Result<Response, String> {
        let signed = self.signed(service, endpoint, request, credentials)?;
        let sent = async {
            let answer = self.connector.call(signed).await.map_err(|error| told(&error))?;
            let status = answer.status().as_u16();
            let headers = answer.headers().iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            let body = self.body(answer.into_body()).await?;
            Ok(Response { status, headers, body })
        };
        match tokio::time::timeout(self.bounds.answer.saturating_mul(2), sent).await {
            Ok(result) => result,
            Err(_) => Err(format!("no whole answer within {} s", self.bounds.answer.saturating_mul(2).as_secs())),
        }
    }

    async fn body(&self, body: SdkBody) -> Result<Vec<u8>, String> {
        let mut stream = ByteStream::new(body);
        let mut bytes = Vec::new();
        while let Some(chunk) = stream.try_next().await.map_err(|error| told(&error))? {
            if bytes.len().saturating_add(chunk.len()) > self.bounds.bytes {
                return Err(format!("{TOO_LARGE} {} bytes", self.bounds.bytes));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Credentials that last; asked for anew shortly before they end.
    async fn credentials(&self) -> Result<Credentials, String> {
        let mut held = self.held.lock().await;
        let soon = SystemTime::now().checked_add(Duration::from_secs(300));
        let fresh =
            |credentials: &Credentials| credentials.expiry().is_none_or(|end| soon.is_some_and(|soon| end > soon));
        if let Some(credentials) = held.as_ref().filter(|credentials| fresh(credentials)) {
            return Ok(credentials.clone());
        }
        let new =
            self.provider.provide_credentials().await.map_err(|error| format!("no credentials: {}", told(&error)))?;
        *held = Some(new.clone());
        Ok(new)
    }

    fn signed(
        &self,
        service: &Service,
        endpoint: &Endpoint,
        request: &Request,
        credentials: Credentials,
    ) -> Result<HttpRequest, String> {
        let url = format!("{}{}", endpoint.url, request.path);
        let mut settings = SigningSettings::default();
        if service.sign == "s3" {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&endpoint.region)
            .name(&service.sign)
            .time(self.now())
            .settings(settings)
            .build()
            .map_err(|error| error.to_string())?
            .into();
        let headers = request.headers.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let signable = SignableRequest::new(&request.method, &url, headers, SignableBody::Bytes(&request.body))
            .map_err(|error| told(&error))?;
        let (instructions, _) = sign(signable, &params).map_err(|error| told(&error))?.into_parts();
        let mut built = http::Request::builder().method(request.method.as_str()).uri(&url);
        for (key, value) in &request.headers {
            built = built.header(key, value);
        }
        built = built.header("user-agent", concat!("attesta/", env!("CARGO_PKG_VERSION")));
        let mut built = built.body(SdkBody::from(request.body.clone())).map_err(|error| error.to_string())?;
        instructions.apply_to_request_http1x(&mut built);
        HttpRequest::try_from(built).map_err(|error| told(&error))
    }

    fn now(&self) -> SystemTime {
        let skew = self.skew.load(Ordering::Relaxed);
        let now = SystemTime::now();
        let by = Duration::from_secs(skew.unsigned_abs());
        if skew < 0 { now.checked_sub(by) } else { now.checked_add(by) }.unwrap_or(now)
    }

    /// Learns AWS's clock from an answer that refused ours.
    fn read_clock(&self, refusal: &Refusal, response: &Response) {
        if !is_skewed(refusal) {
            return;
        }
        let theirs = response.header("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        let ours = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok();
        if let (Some(theirs), Some(ours)) = (theirs, ours.and_then(|age| i64::try_from(age.as_secs()).ok())) {
            self.skew.store(theirs.timestamp().as_second().saturating_sub(ours), Ordering::Relaxed);
        }
    }
}

/// Codes by which services say "slower" (AWS SDKs reference guide, "Retry behavior").
fn is_haste(refusal: &Refusal) -> bool {
    matches!(
        refusal.code.as_str(),
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "ProvisionedThroughputExceededException"
            | "TransactionInProgressException"
            | "RequestLimitExceeded"
            | "BandwidthLimitExceeded"
            | "LimitExceededException"
            | "RequestThrottled"
            | "SlowDown"
            | "PriorRequestNotComplete"
            | "EC2ThrottledException"
    ) || refusal.status == 429
}

fn is_stale(refusal: &Refusal) -> bool {
    matches!(refusal.code.as_str(), "ExpiredToken" | "ExpiredTokenException" | "RequestExpired")
}

fn is_skewed(refusal: &Refusal) -> bool {
    matches!(
        refusal.code.as_str(),
        "RequestTimeTooSkewed" | "RequestInTheFuture" | "InvalidSignatureException" | "RequestExpired"
    ) || (refusal.code == "SignatureDoesNotMatch" && refusal.message.contains("Signature"))
}

/// Whether the code says that the caller may not ask.
pub(crate) fn is_denial(refusal: &Refusal) -> bool {
    matches!(
        refusal.code.as_str(),
        "AccessDenied"
            | "AccessDeniedException"
            | "UnauthorizedOperation"
            | "UnauthorizedException"
            | "AuthorizationError"
            | "AuthorizationErrorException"
            | "NotAuthorized"
            | "AllAccessDisabled"
    )
}

/// An error with its causes; the outer text alone often says only "dispatch failure".
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = inner.source();
    }
    text
}
