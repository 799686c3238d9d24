//! Licensed requirements: an export of somebody else's, uploaded as bytes, looked at, and written as a pack.

use std::sync::Arc;

use attesta_access::{Action, ResourceKind, authorise};
use attesta_blobs::BlobError;
use attesta_desk::{
    Deed, Failure, Kind,
    import::{self, Table},
};
use attesta_kernel::Digest;
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    House,
    act::etag,
    api::accounts::words,
    caller::Caller,
    deed::{self, Ask},
    problem::{Body, Problem},
    sent::{Named, Sent},
};

/// No table is bigger.
const MOST: u64 = 64 << 20;

/// A table to bring in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewImport {
    /// The SHA-256 of its bytes, as a finished upload says it.
    sha256: String,
    /// Its name; `.xlsx`, or a table of text.
    file_name: String,
    /// How to read it: a profile that ships. The one that fits best where none is named.
    #[serde(default)]
    profile: Option<String>,
    /// The pack's id; the profile's where none is named.
    #[serde(default, rename = "as")]
    id: Option<String>,
    /// Writes imported scores as answers, too.
    #[serde(default)]
    answers: bool,
    /// Replaces what an earlier import of this pack wrote.
    #[serde(default)]
    replace: bool,
    /// Writes it. Without, only what would be read is told, with the ETag that writing it goes by.
    #[serde(default)]
    write: bool,
}

/// Reads a licensed export, and writes it as a pack of the assessment's. To use it, `assessment.yaml` names it.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/assessments/{assessment}/imports",
    tag = "assessments",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("assessment" = String, Path),
        ("if-match" = Option<String>, Header, description = "To write: the ETag of the look before"),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = NewImport,
    responses((status = 200, body = Object), (status = "4XX", body = Body))
)]
pub(crate) async fn create(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, assessment)): Named<(String, String)>,
    sent: Sent<NewImport>,
) -> Result<Response, Problem> {
    let once = sent.once(&caller)?;
    let circumstance = deed::facts(&house, &caller, &assessment).await?;
    let now = house.clock.now();
    authorise(&caller.principal, Action::Create, ResourceKind::Pack, &circumstance, now)?;
    let new = sent.value;
    let name = words("file's name", &new.file_name, 200)?;
    let bytes = uploaded(&house, &caller, &new.sha256).await?;
    let table = Table { name, profile: new.profile, id: new.id, answers: new.answers, replace: new.replace };
    let library = Arc::clone(&house.library);
    // Workbooks are big: this is done beside the threads that answer.
    let read = tokio::task::spawn_blocking(move || import::read(&library, &bytes, table)).await;
    let brought = read.map_err(Problem::internal)??;
    let place = brought.place();
    if !new.write {
        let seen = deed::look(&house, &caller, &assessment, ResourceKind::Assessment).await?;
        return Ok(([(header::ETAG, etag(seen.of(&place)))], Json(brought.report)).into_response());
    }
    let wanted = (Action::Create, ResourceKind::Pack);
    let ask = Ask::of(&house, &caller, &assessment, wanted, "pack.imported").await?;
    let about = place.clone();
    ask.done((&sent.headers, once), &about, move |desk, _| {
        if !new.replace && desk.folder.file(&place).map_err(|f| Failure::of(Kind::Unknown, [f]))?.is_some() {
            return Err(Failure::new(Kind::Refused, format!("`{place}` stands there already"))
                .help("send `replace`, or another id as `as`"));
        }
        let changes = brought.changes()?;
        let told = json!({
            "pack": brought.report.pack, "profile": brought.report.profile, "sha256": brought.report.sha256,
            "requirements": brought.report.requirements,
        });
        Ok(Deed { answer: brought.report, changes, told })
    })
    .await
}

/// The bytes of an upload.
async fn uploaded(house: &House, caller: &Caller, sha256: &str) -> Result<Vec<u8>, Problem> {
    let none = || Problem::bad("`sha256` names no finished upload").help("finish an upload, and send what it answers");
    let digest: Digest = sha256.parse().map_err(|_| none())?;
    let blobs = house.blobs.of(&caller.tenant().to_string())?;
    let size = blobs.exists(&digest).await?.ok_or_else(none)?;
    if size > MOST {
        let told = format!("it has {size} bytes, and a table has {MOST} at most");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-big", told));
    }
    let bytes = match blobs.head(&digest, MOST).await {
        Ok(bytes) => bytes,
        Err(BlobError::NotFound(_)) => return Err(none()),
        Err(error) => return Err(error.into()),
    };
    if Digest::of(&bytes) != digest {
        return Err(Problem::internal("bytes are not what their digest says"));
    }
    Ok(bytes.to_vec())
}
