//! Listening, and what is around every request.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use attesta_identity::{NoChance, SealError, SecretKind, SecretToken, SystemChance};
use attesta_store::{Bearer, BearerKind, StoreError};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use jiff::SignedDuration;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

use crate::{House, api, ids, jobs::Worker, metrics, problem::Problem, web};

/// A request takes no longer; a stream of events is no request in this sense.
const LONGEST: Duration = Duration::from_secs(60);
/// The first owner has so long to follow the link.
const FIRST: SignedDuration = SignedDuration::from_hours(24);

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The folder for data cannot be made.
    #[error("the folder `{}` cannot be made: {error}", path.display())]
    Data {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The keys that seal secrets.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Where evidence bytes are kept.
    #[error(transparent)]
    Blobs(#[from] attesta_blobs::BlobError),
    /// Where the scanner listens.
    #[error(transparent)]
    Clamd(#[from] attesta_blobs::ClamdAddressError),
    /// What the content says of evidence.
    #[error("the content cannot be used: {0}")]
    Content(String),
    /// The public address cannot name a log.
    #[error("the public address cannot name a log: {0}")]
    Origin(String),
    /// An identity provider's setting.
    #[error("the identity provider `{0}`: {1}")]
    Provider(String, String),
    /// How mail goes out.
    #[error("the setting `mail`: {0}")]
    Mail(String),
    /// No randomness.
    #[error(transparent)]
    Chance(#[from] NoChance),
    /// No password can be hashed.
    #[error(transparent)]
    Password(#[from] attesta_identity::PasswordError),
    /// The address to listen on.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The demo.
    #[error("the demo cannot be set up: {0}")]
    Demo(String),
    /// The server stopped.
    #[error("the server stopped: {0}")]
    Stopped(std::io::Error),
}

/// Everything that the server answers.
pub fn router(house: Arc<House>) -> Router {
    let most = house.config.most_body;
    api::router(Arc::clone(&house))
        .merge(web::router(Arc::clone(&house)))
        .layer(DefaultBodyLimit::max(most))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, LONGEST))
        .layer(middleware::from_fn_with_state(house, around))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            Problem::internal("a handler panicked").into_response()
        }))
}

/// What a page may load: our own files and nothing else.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What every answer carries, and one line in the log: no content, no query, no address of a person.
async fn around(State(house): State<Arc<House>>, request: Request, next: Next) -> Response {
    let begun = std::time::Instant::now();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<axum::extract::MatchedPath>()
        .map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned());
    let mut response = next.run(request).await;
    // The layer that cuts what takes too long says nothing of its own.
    if response.status() == StatusCode::SERVICE_UNAVAILABLE && !response.headers().contains_key(header::CONTENT_TYPE) {
        response =
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too-long", "the request took too long and was given up")
                .help("look whether it was done; with an Idempotency-Key it can be sent again")
                .retry_after(5)
                .into_response();
    }
    let headers = response.headers_mut();
    let set = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in set {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if house.config.is_secure() {
        headers
            .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
    let took = begun.elapsed();
    house.metrics.answered(method.as_str(), &route, response.status().as_u16(), took);
    let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(%method, route, status = response.status().as_u16(), milliseconds, "request");
    response
}

/// The one-time link by which the first owner comes in; `None` when somebody can sign in already. Making a new one ends
/// those that were made before.
///
/// # Errors
///
/// When the database is not to be had.
pub async fn first_owner_link(house: &House) -> Result<Option<String>, ServeError> {
    let mut work = house.store.house_work().await?;
    if work.room().has_accounts().await? {
        return Ok(None);
    }
    let now = house.clock.now();
    let secret = SecretToken::draw(SecretKind::Invitation, &mut SystemChance)?;
    work.end_all(BearerKind::First, "a newer link was made", now).await?;
    work.add_bearer(&Bearer {
        digest: secret.digest().to_string(),
        kind: BearerKind::First,
        id: ids::fresh!(attesta_access::InvitationId, now).to_string(),
        tenant: None,
        account: None,
        created: now,
        seen: now,
        expires: now.checked_add(FIRST).unwrap_or(now),
        ended: None,
        rev: 0,
        body: "{}".to_owned(),
    })
    .await?;
    house.commit_house(work, "system").await.map_err(|_| StoreError::Away("the first link".to_owned()))?;
    Ok(Some(format!("{}/first#{}", house.config.public, secret.reveal())))
}

/// Serves until it is told to stop, and then finishes what is under way.
///
/// # Errors
///
/// When it cannot listen.
pub async fn serve(
    house: Arc<House>,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let service = router(Arc::clone(&house)).into_make_service_with_connect_info::<SocketAddr>();
    let (end, ended) = watch::channel(false);
    let figures = figures(&house, &ended).await?;
    let worker = house.config.works.then(|| {
        let mut ended = ended.clone();
        let stop = async move { drop(ended.wait_for(|end| *end).await) };
        tokio::spawn(Worker::new(Arc::clone(&house)).run(stop))
    });
    let served = axum::serve(listener, service).with_graceful_shutdown(stop).await;
    end.send_replace(true);
    if let Some(worker) = worker
        && let Err(error) = worker.await
    {
        tracing::error!("the worker broke: {error}");
    }
    finished(figures).await;
    house.close().await;
    served.map_err(ServeError::Stopped)
}

/// Does jobs alone until it is told to stop, and then finishes what is under way.
///
/// # Errors
///
/// When the address for figures cannot be had.
pub async fn work(house: Arc<House>, stop: impl Future<Output = ()> + Send) -> Result<(), ServeError> {
    let (end, ended) = watch::channel(false);
    let figures = figures(&house, &ended).await?;
    Worker::new(Arc::clone(&house)).run(stop).await;
    end.send_replace(true);
    finished(figures).await;
    house.close().await;
    Ok(())
}

/// Serves figures beside everything else, where an address is set.
async fn figures(house: &Arc<House>, ended: &watch::Receiver<bool>) -> Result<Option<JoinHandle<()>>, ServeError> {
    let Some(address) = house.config.metrics else { return Ok(None) };
    let serving = metrics::serve(Arc::clone(house), address, ended.clone()).await?;
    Ok(Some(tokio::spawn(serving)))
}

async fn finished(task: Option<JoinHandle<()>>) {
    if let Some(task) = task
        && let Err(error) = task.await
    {
        tracing::error!("what served figures broke: {error}");
    }
}
