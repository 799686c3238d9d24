//! Errors as `application/problem+json` (RFC 9457) with codes that stay.

use attesta_access::{Denied, Rule};
use attesta_blobs::BlobError;
use attesta_store::StoreError;
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// What is answered instead of what was asked for.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    body: Box<Body>,
    retry_after: Option<u64>,
}

/// The body of a problem.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Body {
    /// `urn:attesta:problem:` and a code that stays.
    #[serde(rename = "type")]
    kind: String,
    /// The HTTP status.
    status: u16,
    /// What is wrong, for people.
    title: String,
    /// What would mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    /// The rule that refused, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    /// The revision that it has now, where it was changed meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<u64>,
    /// Every single thing that is wrong, with its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<String>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &str, title: impl Into<String>) -> Self {
        let body = Body {
            kind: format!("urn:attesta:problem:{code}"),
            status: status.as_u16(),
            title: title.into(),
            help: None,
            rule: None,
            revision: None,
            faults: Vec::new(),
        };
        Self { status, body: Box::new(body), retry_after: None }
    }

    /// Something in the request cannot be read.
    pub(crate) fn bad(title: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", title)
    }

    pub(crate) fn not_found(title: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", title)
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.body.help = Some(help.into());
        self
    }

    pub(crate) fn faults(mut self, faults: impl IntoIterator<Item = String>) -> Self {
        self.body.faults = faults.into_iter().collect();
        self
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// What is wrong, for people.
    pub(crate) fn title(&self) -> &str {
        &self.body.title
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The code that stays.
    pub(crate) fn code(&self) -> &str {
        self.body.kind.rsplit(':').next().unwrap_or_default()
    }

    /// What would mend it; empty where nothing is known.
    pub(crate) fn mend(&self) -> &str {
        self.body.help.as_deref().unwrap_or_default()
    }

    /// Whether it is the server's fault, not the request's.
    pub(crate) fn is_ours(&self) -> bool {
        self.status.is_server_error()
    }

    /// Something that should not happen: it is logged with a number, and only the number is told.
    pub(crate) fn internal(what: impl std::fmt::Display) -> Self {
        let number = crate::ids::number();
        tracing::error!(incident = %number, "{what}");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            format!("something went wrong here; incident {number}"),
        )
        .help("nothing was changed; the server's log tells more under that number")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let told = error.to_string();
        match error {
            StoreError::NotFound { .. } => Self::not_found(told),
            StoreError::Changed { now, .. } => {
                let mut problem = Self::new(StatusCode::PRECONDITION_FAILED, "changed-meanwhile", told)
                    .help("read it again, put your change on what it says now, and send that revision");
                problem.body.revision = Some(now);
                problem
            }
            StoreError::Exists { .. } => Self::new(StatusCode::CONFLICT, "exists", told),
            StoreError::Refused(_) => Self::new(StatusCode::CONFLICT, "refused", told),
            StoreError::Away(_) => {
                tracing::warn!("{told}");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "database-away", "the database is not to be had just now")
                    .help("try again in a moment; with an Idempotency-Key nothing is done twice")
                    .retry_after(2)
            }
            StoreError::Full => {
                tracing::error!("{told}");
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "full", "the server has no room left; nothing was changed")
            }
            _ => Self::internal(told),
        }
    }
}

impl From<BlobError> for Problem {
    fn from(error: BlobError) -> Self {
        let told = error.to_string();
        let large = StatusCode::PAYLOAD_TOO_LARGE;
        match error {
            BlobError::Name { .. } | BlobError::NoUpload(_) | BlobError::NotFound(_) => Self::not_found(told),
            BlobError::Begun(_) | BlobError::Sealed(_) => Self::new(StatusCode::CONFLICT, "upload-state", told),
            BlobError::Incomplete { .. } => Self::new(StatusCode::CONFLICT, "upload-incomplete", told),
            BlobError::Offset { .. } => Self::new(StatusCode::CONFLICT, "upload-offset", told)
                .help("ask with GET how the upload stands, and send what comes after it"),
            BlobError::TooLarge { .. } | BlobError::TooManyChunks { .. } => Self::new(large, "too-big", told),
            BlobError::Interrupted { .. } => Self::new(StatusCode::BAD_REQUEST, "interrupted", told),
            BlobError::Range { .. } => Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "range", told),
            BlobError::Full(_) => {
                tracing::error!("{told}");
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "full", "the server has no room left; nothing was changed")
            }
            BlobError::Store { .. } => {
                tracing::warn!("{told}");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "blobs-away", "the store of bytes is not to be had just now")
                    .help("try again in a moment")
                    .retry_after(2)
            }
            BlobError::Address(_) | BlobError::Changed { .. } | BlobError::Damaged(_) => Self::internal(told),
        }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        if denied.hides() {
            return Self::not_found("there is no such thing here");
        }
        let (status, code) = match denied.rule {
            Rule::Credential => (StatusCode::UNAUTHORIZED, "sign-in"),
            Rule::FreshSignIn => (StatusCode::FORBIDDEN, "confirm"),
            Rule::EntityFrozen | Rule::AssessorFrozen | Rule::NotSubmitted | Rule::Held => {
                (StatusCode::CONFLICT, "frozen")
            }
            Rule::Unsaid => return Self::internal(denied),
            _ => (StatusCode::FORBIDDEN, "forbidden"),
        };
        let mut problem = Self::new(status, code, denied.to_string()).help(denied.help());
        problem.body.rule = Some(denied.rule.to_string());
        problem
    }
}
