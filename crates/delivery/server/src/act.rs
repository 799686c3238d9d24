//! One change: a permit, a transaction, the leaves that tell of it, and an answer that can be given again.

use attesta_access::{Action, Circumstance, Permit, ResourceKind, authorise};
use attesta_kernel::{Digest, Timestamp};
use attesta_store::{Replay, Work};
use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{caller::Caller, house::House, problem::Problem};

/// The header that makes a request safe to repeat.
pub(crate) const IDEMPOTENCY: &str = "idempotency-key";

/// A change under way.
pub(crate) struct Act<'h> {
    pub(crate) house: &'h House,
    pub(crate) permit: Permit,
    pub(crate) work: Work,
    pub(crate) at: Timestamp,
    actor: String,
    once: Option<Once>,
}

/// A request that may come twice.
#[derive(Debug, Clone)]
pub(crate) struct Once {
    account: String,
    token: String,
    request: String,
}

/// What a handler answers: its own answer, or the one that was given before.
pub(crate) enum Begun<'h> {
    /// It is new.
    Act(Box<Act<'h>>),
    /// It was answered before.
    Answered(Response),
}

impl Once {
    /// Reads the header; `request` is what the key stands for: method, path and body.
    pub(crate) fn of(caller: &Caller, headers: &HeaderMap, request: &[&[u8]]) -> Result<Option<Self>, Problem> {
        let Some(value) = headers.get(IDEMPOTENCY) else { return Ok(None) };
        let token =
            value.to_str().ok().filter(|t| (1..=80).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_graphic()));
        let token = token.ok_or_else(|| Problem::bad("the Idempotency-Key is not 1 to 80 visible characters"))?;
        let request = Digest::of_parts(request.iter().flat_map(|part| [*part, b"\n"])).to_string();
        Ok(Some(Self { account: caller.actor(), token: token.to_owned(), request }))
    }
}

impl House {
    /// Asks for leave and opens the transaction of a change.
    pub(crate) async fn act(
        &self,
        caller: &Caller,
        action: Action,
        resource: ResourceKind,
        circumstance: &Circumstance,
    ) -> Result<Act<'_>, Problem> {
        let at = self.clock.now();
        let permit = authorise(&caller.principal, action, resource, circumstance, at)?;
        self.act_with(caller, permit).await
    }

    /// The same with a permit that was given already.
    pub(crate) async fn act_with(&self, caller: &Caller, permit: Permit) -> Result<Act<'_>, Problem> {
        let mut work = self.store.work(&permit).await?;
        work.seen_from(&caller.from);
        Ok(Act { house: self, permit, work, at: self.clock.now(), actor: caller.actor(), once: None })
    }
}

impl<'h> Act<'h> {
    /// Looks whether the request was answered before.
    pub(crate) async fn once(mut self, once: Option<Once>) -> Result<Begun<'h>, Problem> {
        let Some(once) = once else { return Ok(Begun::Act(Box::new(self))) };
        match self.work.room().replay(&once.account, &once.token).await? {
            None => {
                self.once = Some(once);
                Ok(Begun::Act(Box::new(self)))
            }
            Some(replay) if replay.request == once.request => {
                let status = StatusCode::from_u16(replay.status).unwrap_or(StatusCode::OK);
                let mut response = (status, replay.answer).into_response();
                let headers = response.headers_mut();
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
                Ok(Begun::Answered(response))
            }
            Some(_) => Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "key-reused",
                "this Idempotency-Key was used for another request",
            )
            .help("make a new key for a new request")),
        }
    }

    /// Makes it happen, and answers.
    pub(crate) async fn finish<T: Serialize>(
        self,
        status: StatusCode,
        revision: Option<u64>,
        answer: &T,
    ) -> Result<Response, Problem> {
        let Self { house, permit, mut work, at, actor, once } = self;
        if let Some(once) = once {
            let text = serde_json::to_string(answer).map_err(Problem::internal)?;
            let replay = Replay { request: once.request, status: status.as_u16(), answer: text };
            work.add_replay(&once.account, &once.token, &replay, at).await?;
        }
        let tenant = permit.tenant();
        house.commit(work, tenant, &actor, at).await?;
        let mut response = (status, Json(answer)).into_response();
        if let Some(revision) = revision {
            response.headers_mut().insert(header::ETAG, etag(revision));
        }
        Ok(response)
    }
}

/// A revision as an entity tag.
pub(crate) fn etag(revision: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{revision}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// The revision that the sender has read.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<u64, Problem> {
    let value = headers.get(header::IF_MATCH).ok_or_else(|| {
        Problem::new(StatusCode::PRECONDITION_REQUIRED, "if-match-missing", "the If-Match header is missing")
            .help("read the thing first, and send its ETag as If-Match, so that nobody's change is lost")
    })?;
    let text = value.to_str().unwrap_or_default().trim();
    let revision = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).and_then(|t| t.parse().ok());
    revision.ok_or_else(|| Problem::bad("the If-Match header is no revision; send the ETag as it was read, like \"3\""))
}

/// The revision that the sender has read; none when it says `If-None-Match: *`, for what is not there yet.
pub(crate) fn if_match_or_new(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    match headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()) {
        Some("*") => Ok(None),
        _ => if_match(headers).map(Some),
    }
}
