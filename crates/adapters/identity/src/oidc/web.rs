use std::{error::Error, future::Future, time::Duration};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use openidconnect::http;

/// How providers are asked; tests hand in their own.
pub trait Http: Sync {
    /// Sends one request and gives its answer whole. It follows no redirect.
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> impl Future<Output = Result<http::Response<Vec<u8>>, HttpError>> + Send;
}

/// No answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The address is neither `https` nor this machine.
    #[error("`{0}` is neither `https` nor this machine")]
    Plain(String),
    /// No answer, or one that cannot be read.
    #[error("no answer from `{host}`: {why}")]
    Failed {
        /// From whom.
        host: String,
        /// Why.
        why: String,
    },
    /// The operating system has no certificates to trust.
    #[error("the operating system has no certificates to trust: {0}")]
    Roots(String),
}

/// Providers' documents have some kilobytes.
const MOST_BYTES: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(15);

/// The web: rustls with the operating system's roots, `https` only but for this machine, no redirects, 1 MiB, 15 seconds.
pub struct Web(Client<HttpsConnector<HttpConnector>, Body>);

type Body = Full<std::collections::VecDeque<u8>>;

impl Web {
    /// Ready to ask. It must be made and used within a tokio runtime.
    pub fn new() -> Result<Self, HttpError> {
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|e| HttpError::Roots(e.to_string()))?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector)))
    }
}

impl Http for Web {
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, HttpError> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        if request.uri().scheme_str() != Some("https") && !is_this_machine(&host) {
            return Err(HttpError::Plain(request.uri().to_string()));
        }
        let failed = |why: String| HttpError::Failed { host: host.clone(), why };
        let answered = async {
            let answer =
                self.0.request(request.map(|body| Full::new(body.into()))).await.map_err(|e| failed(chain(&e)))?;
            let (head, body) = answer.into_parts();
            let bytes = Limited::new(body, MOST_BYTES).collect().await.map_err(|e| failed(e.to_string()))?;
            Ok(http::Response::from_parts(head, bytes.to_bytes().to_vec()))
        };
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(answer) => answer,
            Err(_) => Err(failed(format!("it took longer than {} s", PATIENCE.as_secs()))),
        }
    }
}

/// Whether the host is this machine, so that plain HTTP leaves it not.
pub(super) fn is_this_machine(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
