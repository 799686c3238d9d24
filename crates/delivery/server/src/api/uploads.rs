//! Bytes on their way: an upload goes on where it stopped, and is no evidence yet when it is finished.

use std::sync::Arc;

use attesta_access::{Action, Circumstance, Permit, ResourceKind, authorise};
use attesta_blobs::{Inspected, Phase, Receipt, TenantBlobs, Upload as State_, Verdict};
use attesta_evidence::{media_type, suspicions};
use attesta_kernel::{Digest, Timestamp};
use attesta_store::{Blob, Work};
use axum::{
    Json,
    body::Body as Bytes,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    House,
    api::assessments,
    caller::Caller,
    ids,
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
};

/// Where the bytes of a request go in the upload, and where it stands after them.
const OFFSET: &str = "upload-offset";

/// A new upload.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUpload {
    /// How many bytes will come, where that is known.
    #[serde(default)]
    size: Option<u64>,
}

/// For what: somebody whose access names assessments says one of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Within {
    /// The assessment in which the evidence will stand.
    #[serde(default)]
    assessment: String,
}

/// How an upload stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Upload {
    /// Its id.
    id: String,
    /// How many bytes are durable: where to go on.
    offset: u64,
    /// How many were announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// `receiving`, `finishing` or `finished`.
    phase: &'static str,
    /// What became of it: the SHA-256 of its bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

/// What a finished upload holds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Finished {
    /// The upload.
    id: String,
    /// The SHA-256 of the bytes.
    sha256: String,
    /// How many.
    size: u64,
    /// What they are, by their content.
    media_type: String,
    /// What the scanner said: `clean`, or `not-scanned` with the reason. What it finds is refused.
    verdict: String,
    /// Whether the organisation had the same bytes already; they are kept once.
    here: bool,
    /// What was looked at for PHI: `whole`, `beginning` or `not-text`.
    looked_at_for_phi: &'static str,
    /// What should be looked at by somebody.
    warnings: Vec<Warning>,
}

/// Something to look at. It refuses nothing.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Warning {
    /// A word that stays.
    pub(crate) code: &'static str,
    /// For people.
    pub(crate) message: String,
}

fn permit(house: &House, caller: &Caller, within: &Within) -> Result<Permit, Problem> {
    let circumstance = match within.assessment.as_str() {
        "" => Circumstance::within(caller.tenant()),
        named => Circumstance::of_assessment(caller.tenant(), assessments::id(named)?),
    };
    Ok(authorise(&caller.principal, Action::Create, ResourceKind::Evidence, &circumstance, house.clock.now())?)
}

/// The bytes of the caller's organisation, and of no other.
pub(crate) fn place(house: &House, caller: &Caller) -> Result<TenantBlobs, Problem> {
    Ok(house.blobs.of(&caller.tenant().to_string())?)
}

/// Begins an upload.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/uploads",
    tag = "evidence",
    params(("org" = String, Path, description = "The organisation's id"), Within),
    request_body = NewUpload,
    responses((status = 201, body = Upload), (status = "4XX", body = Body))
)]
pub(crate) async fn begin(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(within): Asked<Within>,
    sent: Sent<NewUpload>,
) -> Result<Response, Problem> {
    permit(&house, &caller, &within)?;
    let id: String = ids::random::<16>().iter().map(|b| format!("{b:02x}")).collect();
    let begun = place(&house, &caller)?.begin(&format!("upl_{id}"), sent.value.size).await?;
    Ok(shown(StatusCode::CREATED, begun))
}

/// How an upload stands.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/uploads/{upload}",
    tag = "evidence",
    params(("org" = String, Path, description = "The organisation's id"), ("upload" = String, Path), Within),
    responses((status = 200, body = Upload), (status = "4XX", body = Body))
)]
pub(crate) async fn state(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, upload)): Named<(String, String)>,
    Asked(within): Asked<Within>,
) -> Result<Response, Problem> {
    permit(&house, &caller, &within)?;
    Ok(shown(StatusCode::OK, place(&house, &caller)?.state(&upload).await?))
}

/// Takes more bytes of an upload, from `Upload-Offset` on. When the connection breaks, what came stays: ask how the upload
/// stands, and go on there.
#[utoipa::path(
    patch,
    path = "/api/v1/organisations/{org}/uploads/{upload}",
    tag = "evidence",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("upload" = String, Path),
        ("upload-offset" = u64, Header, description = "How many bytes of the upload were sent before these"),
        Within,
    ),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses((status = 200, body = Upload), (status = "4XX", body = Body))
)]
pub(crate) async fn append(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, upload)): Named<(String, String)>,
    Asked(within): Asked<Within>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    permit(&house, &caller, &within)?;
    let offset = headers.get(OFFSET).and_then(|v| v.to_str().ok()).and_then(|text| text.parse().ok());
    let offset = offset.ok_or_else(|| {
        Problem::bad("the Upload-Offset header is missing or no number")
            .help("send how many bytes of the upload came before these; `GET` the upload to know")
    })?;
    Ok(shown(StatusCode::OK, place(&house, &caller)?.append(&upload, offset, bytes.into_data_stream()).await?))
}

/// Finishes an upload: the bytes are whole, durable and looked at. It can be called again.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/uploads/{upload}/finish",
    tag = "evidence",
    params(("org" = String, Path, description = "The organisation's id"), ("upload" = String, Path), Within),
    responses((status = 200, body = Finished), (status = "4XX", body = Body))
)]
pub(crate) async fn finish(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, upload)): Named<(String, String)>,
    Asked(within): Asked<Within>,
) -> Result<Response, Problem> {
    let permit = permit(&house, &caller, &within)?;
    let blobs = place(&house, &caller)?;
    let receipt = blobs.finish(&upload).await?;
    let (verdict, mut warnings) = allowed(&house, &permit, &blobs, &receipt).await?;
    let mut work = house.store.work(&permit).await?;
    let blob = keep(&mut work, &blobs, &receipt, verdict, house.clock.now()).await?;
    work.commit_quietly().await?;
    let Blob { digest: sha256, media, verdict, .. } = blob;
    let (looked_at_for_phi, suspected) = suspected(&house, &blobs, &receipt.digest, receipt.size).await?;
    warnings.extend(suspected);
    let size = receipt.size;
    let here = receipt.here;
    let told = Finished { id: upload, sha256, size, media_type: media, verdict, here, looked_at_for_phi, warnings };
    Ok(Json(told).into_response())
}

/// Gives an upload up.
#[utoipa::path(
    delete,
    path = "/api/v1/organisations/{org}/uploads/{upload}",
    tag = "evidence",
    params(("org" = String, Path, description = "The organisation's id"), ("upload" = String, Path), Within),
    responses((status = 204), (status = "4XX", body = Body))
)]
pub(crate) async fn abandon(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, upload)): Named<(String, String)>,
    Asked(within): Asked<Within>,
) -> Result<Response, Problem> {
    permit(&house, &caller, &within)?;
    place(&house, &caller)?.abandon(&upload).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Removes bytes for good when nothing needs them. Others who would name them wait meanwhile.
pub(crate) async fn drop_bytes(
    house: &House,
    permit: &Permit,
    blobs: &TenantBlobs,
    digest: &Digest,
) -> Result<(), Problem> {
    let mut work = house.store.work(permit).await?;
    work.alone().await?;
    if matches!(work.room().blob(&digest.to_string()).await, Err(attesta_store::StoreError::NotFound { .. })) {
        blobs.remove(digest).await?;
    }
    work.commit_quietly().await?;
    Ok(())
}

/// What was found in bytes that somebody may have. Others are not kept, unless evidence from before names them.
pub(crate) async fn allowed(
    house: &House,
    permit: &Permit,
    blobs: &TenantBlobs,
    receipt: &Receipt,
) -> Result<(String, Vec<Warning>), Problem> {
    match looked_into(house, blobs, receipt).await {
        Ok(looked) => Ok(looked),
        Err(refused) => {
            drop_bytes(house, permit, blobs, &receipt.digest).await?;
            Err(refused)
        }
    }
}

/// Notes bytes as durable, alone, so that nobody removes them meanwhile; what is noted of them.
pub(crate) async fn keep(
    work: &mut Work,
    blobs: &TenantBlobs,
    receipt: &Receipt,
    verdict: String,
    stored: Timestamp,
) -> Result<Blob, Problem> {
    work.alone().await?;
    if blobs.exists(&receipt.digest).await? != Some(receipt.size) {
        return Err(Problem::new(StatusCode::CONFLICT, "gone", "the same bytes were removed at this moment")
            .help("upload them again"));
    }
    let (digest, media) = (receipt.digest.to_string(), receipt.media().name.to_owned());
    work.put_blob(&Blob { digest: digest.clone(), size: receipt.size, media, verdict, stored }).await?;
    Ok(work.room().blob(&digest).await?)
}

/// What the scanner says, and what an archive holds; what should not be taken is refused.
async fn looked_into(house: &House, blobs: &TenantBlobs, receipt: &Receipt) -> Result<(String, Vec<Warning>), Problem> {
    let refused = |code: &str, why: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, why);
    let mut warnings = Vec::new();
    if receipt.size == 0 {
        warnings.push(Warning { code: "empty", message: "it has no bytes".to_owned() });
    }
    if receipt.here {
        let message = "the same bytes were here before; they are kept once".to_owned();
        warnings.push(Warning { code: "same-bytes", message });
    }
    match blobs.inspect(&receipt.digest, house.archives).await? {
        Inspected::NoArchive => {}
        Inspected::Refused(why) => return Err(refused("archive", why.to_string())),
        Inspected::Archive(contents) if contents.locked + contents.unread > 0 => {
            let count = contents.locked + contents.unread;
            let message = format!(
                "nobody looked into {count} of the archive's entries: they are locked or packed in an unknown way"
            );
            warnings.push(Warning { code: "archive-not-read", message });
        }
        Inspected::Archive(_) => {}
    }
    let Some(clamd) = &house.clamd else { return Ok(("not-scanned".to_owned(), warnings)) };
    let verdict = clamd.scan(blobs.read(&receipt.digest, None).await?.bytes).await;
    match &verdict {
        Verdict::Clean => {}
        Verdict::Found(name) => return Err(refused("malware", format!("the scanner found `{name}`; it is not kept"))),
        Verdict::NotScanned(why) => {
            warnings.push(Warning { code: "not-scanned", message: format!("no scanner looked at it: {why}") });
        }
    }
    Ok((verdict.to_string(), warnings))
}

/// What looks like PHI in the beginning of a text.
pub(crate) async fn suspected(
    house: &House,
    blobs: &TenantBlobs,
    digest: &Digest,
    size: u64,
) -> Result<(&'static str, Vec<Warning>), Problem> {
    let head = blobs.head(digest, house.rules.scan_bytes).await?;
    let whole = u64::try_from(head.len()).unwrap_or(u64::MAX) >= size;
    if !media_type(&head, whole).is_text {
        return Ok(("not-text", Vec::new()));
    }
    let text = String::from_utf8_lossy(&head);
    let found = suspicions(&house.rules.phi, &text).into_iter().map(|suspicion| Warning {
        code: "phi-suspected",
        message: format!(
            "it may hold PHI: {}, {}, first in line {} (a guess by patterns; look yourself, and add a redacted copy \
             if it is so)",
            suspicion.title,
            times(suspicion.count),
            suspicion.line
        ),
    });
    Ok((if whole { "whole" } else { "beginning" }, found.collect()))
}

fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn shown(status: StatusCode, upload: State_) -> Response {
    let (phase, sha256) = match upload.phase {
        Phase::Receiving => ("receiving", None),
        Phase::Finishing => ("finishing", None),
        Phase::Finished { digest, .. } => ("finished", Some(digest.to_string())),
    };
    let offset = [(HeaderName::from_static(OFFSET), HeaderValue::from(upload.offset))];
    let told = Upload { id: upload.id, offset: upload.offset, size: upload.declared, phase, sha256 };
    (status, offset, Json(told)).into_response()
}
