//! What a request sends: its body as JSON, and from where it comes.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;

use crate::{House, act::Once, caller, caller::Caller, problem::Problem};

/// A JSON body, with what an idempotency key stands for.
#[derive(Debug)]
pub(crate) struct Sent<T> {
    pub(crate) value: T,
    pub(crate) headers: HeaderMap,
    what: String,
    bytes: Bytes,
}

impl<T> Sent<T> {
    /// The key by which it may come twice, where it has one.
    pub(crate) fn once(&self, caller: &Caller) -> Result<Option<Once>, Problem> {
        Once::of(caller, &self.headers, &[self.what.as_bytes(), &self.bytes])
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<House>> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, house: &Arc<House>) -> Result<Self, Problem> {
        let what = format!("{} {}", request.method(), request.uri());
        let headers = request.headers().clone();
        let media = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if media.split(';').next().map(str::trim) != Some("application/json") {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", "the body is not sent as JSON")
                .help("send `Content-Type: application/json`"));
        }
        let bytes = Bytes::from_request(request, house).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                let most = house.config.most_body;
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-big", format!("the body is bigger than {most} bytes"))
            } else {
                Problem::bad(rejection.to_string())
            }
        })?;
        let value = serde_json::from_slice(&bytes).map_err(|error| {
            Problem::bad(format!("the body cannot be read: {error}"))
                .help("see /api/v1/openapi.json for what this address takes")
        })?;
        Ok(Self { value, headers, what, bytes })
    }
}

/// From where a request comes.
#[derive(Debug, Clone)]
pub(crate) struct From(pub(crate) String);

impl FromRequestParts<Arc<House>> for From {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, house: &Arc<House>) -> Result<Self, Self::Rejection> {
        Ok(Self(caller::from(house, parts)))
    }
}

/// A query string, with our errors.
#[derive(Debug)]
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Arc<House>> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<House>) -> Result<Self, Problem> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|query: axum::extract::Query<T>| Self(query.0))
            .map_err(|error| Problem::bad(format!("the query cannot be read: {error}")))
    }
}

/// The names in a path, with our errors.
#[derive(Debug)]
pub(crate) struct Named<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<House>> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, house: &Arc<House>) -> Result<Self, Problem> {
        let path = axum::extract::Path::from_request_parts(parts, house).await;
        path.map(|path: axum::extract::Path<T>| Self(path.0))
            .map_err(|_| Problem::not_found("there is no such thing here"))
    }
}
