//! Evidence: made of a finished upload, found, read, and its bytes given out.

use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{AccountId, Action, AssessmentId, Circumstance, Only, Permit, Reach, ResourceKind, authorise};
use attesta_evidence::{Change, Evidence as Thing, EvidenceId, Item, Link as Linked, Standing, Status};
use attesta_kernel::Digest;
use attesta_store::{EvidenceAddedBy, EvidenceRow, EvidenceSieve, LeafSieve, Page, Room, StoreError};
use axum::{
    Json,
    body::Body as Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    House,
    act::{Act, Begun, etag},
    api::{
        described::{self, Description, Evidence, Link},
        trail::Event,
        uploads::{self, Warning},
    },
    caller::Caller,
    ids,
    page::Listed,
    problem::{Body, Problem},
    sent::{Asked, Named, Sent},
};

/// The framework's name by which evidence says in which assessment it stands.
const ASSESSMENT: &str = "assessment";

/// New evidence, from a finished upload.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEvidence {
    /// The SHA-256 that finishing the upload told.
    pub(crate) sha256: String,
    /// The file's name.
    pub(crate) file_name: String,
    /// What is known of it.
    #[serde(default)]
    pub(crate) description: Description,
    /// What it is for.
    #[serde(default)]
    pub(crate) links: Vec<Link>,
}

/// Evidence that was added.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Added {
    /// It.
    evidence: Evidence,
    /// Other evidence with the same bytes.
    same_bytes: Vec<String>,
    /// What was looked at for PHI: `whole`, `beginning` or `not-text`.
    looked_at_for_phi: &'static str,
    /// What should be looked at by somebody.
    warnings: Vec<Warning>,
}

/// Which evidence. Where a standing is asked for, a page may hold fewer than `limit` and still have a next one.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Sieve {
    /// For this: `hipaa:164.312(b)`, `assessment:ID`.
    #[serde(default)]
    target: String,
    /// Of this kind.
    #[serde(default)]
    kind: String,
    /// `current`, `superseded` or `retired`.
    #[serde(default)]
    state: String,
    /// With this in its title, or in its file name where it has none.
    #[serde(default)]
    text: String,
    /// Standings are those of this day; today when nothing is said.
    #[serde(default)]
    on: String,
    /// `valid`, `not-yet`, `stale`, `superseded`, `retired` or `unknown` on that day.
    #[serde(default)]
    standing: String,
    /// The `next` of the page before; nothing to begin.
    #[serde(default)]
    after: String,
    /// At most so many: 1 to 500, 50 when nothing is said.
    #[serde(default)]
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// On which day.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct On {
    /// The day of the standing; today when nothing is said.
    #[serde(default)]
    on: String,
}

/// The assessments in which evidence stands.
pub(crate) fn stands_in<'a>(links: impl Iterator<Item = &'a Linked>) -> Vec<AssessmentId> {
    let named = links.filter(|link| link.target.framework() == ASSESSMENT);
    named.filter_map(|link| link.target.id().parse().ok()).collect()
}

/// Whether a permit's reach holds evidence that stands in these assessments.
fn within(permit: &Permit, assessments: &[AssessmentId]) -> bool {
    match permit.reach() {
        Reach::All => true,
        reach @ Reach::Named(_) => assessments.iter().any(|a| reach.holds(*a)),
    }
}

/// What is known of evidence when leave is asked for: seen through the one of its assessments that the caller reaches.
pub(crate) fn circumstance(caller: &Caller, reads: &Permit, item: &Item) -> Circumstance {
    let assessments = stands_in(item.links.values());
    let seen = assessments.iter().copied().find(|a| reads.reach().holds(*a)).or(assessments.first().copied());
    Circumstance { assessment: seen, ..Circumstance::within(caller.tenant()) }
}

/// Leave to read evidence, and what of the confidential.
#[derive(Debug)]
pub(crate) struct Sight {
    /// Leave to read evidence, narrowed to what the caller reaches.
    pub(crate) permit: Permit,
    /// The same for what is not for every reader; none where the role sees nothing of it.
    confidential: Option<Permit>,
}

impl Sight {
    /// Those of a page that the caller sees: at most one statement more.
    pub(crate) async fn of_page(&self, room: &mut Room, rows: Vec<EvidenceRow>) -> Result<Vec<EvidenceRow>, Problem> {
        let own = room.ask(&self.asks(&rows)).await?;
        Ok(self.of(rows, own))
    }

    /// What must be asked to know which of a page the caller sees; mostly nothing.
    pub(crate) fn asks(&self, rows: &[EvidenceRow]) -> Option<EvidenceAddedBy> {
        let ids = || rows.iter().map(|row| row.item.evidence.id);
        let secret = rows.iter().any(|row| row.item.evidence.description.confidential);
        let Only::WrittenBy(account) = self.confidential.as_ref().filter(|_| secret)?.only() else { return None };
        Some(EvidenceAddedBy { actor: account.to_string(), first: ids().min()?, last: ids().max()? })
    }

    /// Whether the caller sees a piece that somebody added.
    pub(crate) fn sees(&self, row: &EvidenceRow, added_by: &str) -> bool {
        let one = vec![row.clone()];
        let own = self.asks(&one).filter(|asks| asks.actor == added_by).map(|_| row.item.evidence.id.to_string());
        !self.of(one, Some(own.into_iter().collect())).is_empty()
    }

    /// Those of a page that the caller sees, by what was answered.
    pub(crate) fn of(&self, rows: Vec<EvidenceRow>, own: Option<BTreeSet<String>>) -> Vec<EvidenceRow> {
        let own = own.filter(|_| self.asks(&rows).is_some());
        let seen = |row: &EvidenceRow| {
            let open = !row.item.evidence.description.confidential;
            let one = match (&self.confidential, &own) {
                (_, Some(own)) => own.contains(&row.item.evidence.id.to_string()),
                (Some(permit), None) => *permit.only() == Only::Everything,
                (None, _) => false,
            };
            let named = match self.permit.only() {
                Only::Named(items) => items.iter().any(|item| item.id() == row.item.evidence.id.to_string()),
                _ => true,
            };
            named && within(&self.permit, &stands_in(row.item.links.values())) && (open || one)
        };
        rows.into_iter().filter(seen).collect()
    }
}

/// Leave to read evidence.
pub(crate) fn reads(house: &House, caller: &Caller, action: Action) -> Result<Sight, Problem> {
    let (circumstance, now) = (Circumstance::within(caller.tenant()), house.clock.now());
    let ask = |kind| authorise(&caller.principal, action, kind, &circumstance, now);
    Ok(Sight { permit: ask(ResourceKind::Evidence)?, confidential: ask(ResourceKind::ConfidentialEvidence).ok() })
}

/// One piece of evidence, when the caller sees it.
pub(crate) async fn found(room: &mut Room, sight: &Sight, id: EvidenceId) -> Result<EvidenceRow, Problem> {
    let row = room.evidence(id).await?;
    let seen = sight.of_page(room, vec![row]).await?;
    seen.into_iter().next().ok_or_else(|| StoreError::NotFound { what: "evidence", id: id.to_string() }.into())
}

/// Who added it, where a person did.
pub(crate) async fn writer(room: &mut Room, id: EvidenceId) -> Result<Option<AccountId>, Problem> {
    let entry = room.entry_about(&id.to_string(), "evidence.added").await?;
    Ok(entry.leaf.actor.as_str().parse().ok())
}

/// What links mean; assessments that they name must be there, and within the caller's reach.
pub(crate) async fn linked(
    house: &House,
    caller: &Caller,
    room: &mut Room,
    action: Action,
    links: &[Link],
) -> Result<Vec<Linked>, Problem> {
    let meant: Vec<Linked> = links.iter().map(Link::meant).collect::<Result<_, _>>()?;
    for link in meant.iter().filter(|link| link.target.framework() == ASSESSMENT) {
        let nowhere = || Problem::bad(format!("`{}`: there is no such assessment", link.target));
        let id: AssessmentId = link.target.id().parse().map_err(|_| nowhere())?;
        if action == Action::Create {
            let circumstance = Circumstance::of_assessment(caller.tenant(), id);
            authorise(&caller.principal, action, ResourceKind::Evidence, &circumstance, house.clock.now())?;
        }
        room.assessment(&id.to_string()).await.map_err(|_| nowhere())?;
    }
    Ok(meant)
}

/// Adds evidence from the bytes of a finished upload.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/{org}/evidence",
    tag = "evidence",
    params(("org" = String, Path, description = "The organisation's id"), ("idempotency-key" = Option<String>, Header)),
    request_body = NewEvidence,
    responses((status = 201, body = Added), (status = "4XX", body = Body))
)]
pub(crate) async fn create(
    State(house): State<Arc<House>>,
    caller: Caller,
    sent: Sent<NewEvidence>,
) -> Result<Response, Problem> {
    let new = &sent.value;
    let meant: Vec<Linked> = new.links.iter().map(Link::meant).collect::<Result<_, _>>()?;
    let assessment = stands_in(meant.iter()).first().copied();
    let circumstance = Circumstance { assessment, ..Circumstance::within(caller.tenant()) };
    let act = house.act(&caller, Action::Create, ResourceKind::Evidence, &circumstance).await?;
    let mut act = match act.once(sent.once(&caller)?).await? {
        Begun::Act(act) => act,
        Begun::Answered(response) => return Ok(response),
    };
    let links = linked(&house, &caller, act.work.room(), Action::Create, &new.links).await?;
    let description = new.description.meant(&house.rules, None, house.clock.today())?;
    let thing = thing(&mut act, new, description, None).await?;
    let added = add(&mut act, &caller, thing, links).await?;
    act.finish(StatusCode::CREATED, Some(added.1), &added.0).await
}

/// A new version from bytes that are here.
pub(crate) async fn thing(
    act: &mut Act<'_>,
    new: &NewEvidence,
    description: attesta_evidence::Description,
    before: Option<&Thing>,
) -> Result<Thing, Problem> {
    let digest: Digest = described::value("sha256", &new.sha256)?;
    act.work.alone().await?;
    let blob = act.work.room().blob(&digest.to_string()).await.map_err(|error| match error {
        StoreError::NotFound { .. } => Problem::bad(format!("no bytes with the SHA-256 `{digest}` were uploaded"))
            .help("begin an upload, send the bytes and finish it; then send the sha256 that it tells"),
        error => error.into(),
    })?;
    Ok(Thing {
        id: ids::fresh!(EvidenceId, act.at),
        version: before.map_or(1, |b| b.version.saturating_add(1)),
        supersedes: before.map(|b| b.id),
        digest,
        size: blob.size,
        media_type: described::value("media_type", &blob.media)?,
        file_name: described::file_name(&new.file_name)?,
        description,
    })
}

/// Adds it with its links, and tells what should be looked at.
pub(crate) async fn add(
    act: &mut Act<'_>,
    caller: &Caller,
    thing: Thing,
    links: impl IntoIterator<Item = Linked>,
) -> Result<(Added, u64), Problem> {
    let house = act.house;
    let (id, digest, size) = (thing.id, thing.digest, thing.size);
    let blobs = uploads::place(house, caller)?;
    if blobs.exists(&digest).await? != Some(size) {
        return Err(Problem::internal(format!("the bytes {digest} are noted and not in the blob store")));
    }
    let same = act.work.room().evidence_with(&digest.to_string()).await?;
    // Whoever uploads the bytes of what they may not see is not told of it.
    let same = reads(house, caller, Action::Read)?.of_page(act.work.room(), same).await?;
    let mut row = act.work.change_evidence(id, &Change::Added(Box::new(thing)), 0).await?;
    for link in links {
        row = act.work.change_evidence(id, &Change::Linked(link), row.rev).await?;
    }
    let (looked_at_for_phi, mut warnings) = uploads::suspected(house, &blobs, &digest, size).await?;
    if let Standing::Unknown { missing } = house.rules.standing(&row.item, house.clock.today()) {
        let message = format!("nobody can tell how long it counts: {missing} is missing");
        warnings.push(Warning { code: "freshness-unknown", message });
    }
    let same_bytes: Vec<String> = same.iter().map(|row| row.item.evidence.id.to_string()).collect();
    if !same_bytes.is_empty() {
        let message = "other evidence has the same bytes; they are kept once".to_owned();
        warnings.push(Warning { code: "same-bytes", message });
    }
    let evidence = Evidence::of(&row, &house.rules, house.clock.today());
    Ok((Added { evidence, same_bytes, looked_at_for_phi, warnings }, row.rev))
}

/// Evidence, oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/evidence",
    tag = "evidence",
    params(("org" = String, Path, description = "The organisation's id"), Sieve),
    responses((status = 200, body = Listed<Evidence>), (status = "4XX", body = Body))
)]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(asked): Asked<Sieve>,
) -> Result<Response, Problem> {
    let sight = reads(&house, &caller, Action::Read)?;
    let day = described::day(&asked.on, house.clock.today())?;
    let target = match asked.target.as_str() {
        "" => String::new(),
        text => described::value::<attesta_evidence::Target>("target", text)?.to_string(),
    };
    let sieve = EvidenceSieve { target, state: asked.state, kind: asked.kind, text: asked.text };
    let page = Page { after: asked.after, limit: asked.limit.unwrap_or(50).clamp(1, 500) };
    let mut room = house.store.room(&sight.permit).await?;
    let rows = room.evidence_list(&sieve, &page).await?;
    let full = rows.len() >= usize::try_from(page.limit).unwrap_or(usize::MAX);
    let next = if full { rows.last().map(|row| row.item.evidence.id.to_string()) } else { None };
    let seen = sight.of_page(&mut room, rows).await?;
    let shown = seen.iter().map(|row| Evidence::of(row, &house.rules, day));
    let items = shown.filter(|e| asked.standing.is_empty() || e.standing_word() == asked.standing).collect();
    Ok(Json(Listed { items, next }).into_response())
}

/// A piece of evidence, as it stands on a day.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/evidence/{evidence}",
    tag = "evidence",
    params(("org" = String, Path, description = "The organisation's id"), ("evidence" = String, Path), On),
    responses((status = 200, body = Evidence), (status = "4XX", body = Body))
)]
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, evidence)): Named<(String, String)>,
    Asked(asked): Asked<On>,
) -> Result<Response, Problem> {
    shown(&house, &caller, &evidence, &asked.on).await
}

/// A piece of evidence that the caller sees.
pub(crate) async fn shown(house: &House, caller: &Caller, evidence: &str, on: &str) -> Result<Response, Problem> {
    let day = described::day(on, house.clock.today())?;
    let row = seen(house, caller, evidence).await?;
    Ok(([(header::ETAG, etag(row.rev))], Json(Evidence::of(&row, &house.rules, day))).into_response())
}

/// A piece of evidence, where the caller sees it.
pub(crate) async fn seen(house: &House, caller: &Caller, evidence: &str) -> Result<EvidenceRow, Problem> {
    let sight = reads(house, caller, Action::Read)?;
    found(&mut house.store.room(&sight.permit).await?, &sight, described::id(evidence)?).await
}

/// What happened to a piece of evidence, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/evidence/{evidence}/history",
    tag = "evidence",
    params(("org" = String, Path, description = "The organisation's id"), ("evidence" = String, Path)),
    responses((status = 200, body = Listed<Event>), (status = "4XX", body = Body))
)]
pub(crate) async fn history(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, evidence)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let sight = reads(&house, &caller, Action::Read)?;
    let mut room = house.store.room(&sight.permit).await?;
    let row = found(&mut room, &sight, described::id(&evidence)?).await?;
    let sieve = LeafSieve { subject: row.item.evidence.id.to_string(), ..LeafSieve::default() };
    let events = room.trail(&sieve, u64::MAX, 500).await?;
    Ok(Json(Listed { items: events.into_iter().map(Event::of).collect(), next: None }).into_response())
}

/// Types that a browser may be told; anything else is bytes.
const SAFE: [&str; 13] = [
    "application/pdf",
    "application/json",
    "application/zip",
    "application/gzip",
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "text/plain",
    "text/csv",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
];

/// The bytes of a piece of evidence, to be saved and not shown. `Range: bytes=FROM-TO` gives a part.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/evidence/{evidence}/content",
    tag = "evidence",
    params(
        ("org" = String, Path, description = "The organisation's id"),
        ("evidence" = String, Path),
        ("range" = Option<String>, Header),
    ),
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, content_type = "application/octet-stream", body = Vec<u8>),
        (status = "4XX", body = Body)
    )
)]
pub(crate) async fn content(
    State(house): State<Arc<House>>,
    caller: Caller,
    Named((_, evidence)): Named<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    bytes(&house, &caller, &evidence, &headers).await
}

/// The bytes of evidence that the caller sees.
pub(crate) async fn bytes(
    house: &House,
    caller: &Caller,
    evidence: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let sight = reads(house, caller, Action::Read)?;
    let row = found(&mut house.store.room(&sight.permit).await?, &sight, described::id(evidence)?).await?;
    let thing = &row.item.evidence;
    if let Status::Retired(stone) = &row.item.status {
        let told = format!("its bytes were removed on {}: {}", stone.on, stone.why);
        return Err(Problem::new(StatusCode::GONE, "retired", told));
    }
    let range = headers.get(header::RANGE).and_then(|v| v.to_str().ok()).and_then(|text| range(text, thing.size));
    let part = range.is_some();
    let reading = uploads::place(house, caller)?.read(&thing.digest, range).await?;
    let media = SAFE.into_iter().find(|safe| *safe == thing.media_type.as_str()).unwrap_or("application/octet-stream");
    let mut response = (
        if part { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK },
        [(header::CONTENT_TYPE, media)],
        Bytes::from_stream(reading.bytes),
    )
        .into_response();
    let set = response.headers_mut();
    let length = reading.range.end.saturating_sub(reading.range.start);
    set.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    set.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let texts = [
        (header::CONTENT_DISPOSITION, described::attached(thing.file_name.as_str())),
        (header::ETAG, format!("\"{}\"", thing.digest)),
    ];
    for (name, text) in texts {
        set.insert(name, HeaderValue::from_str(&text).map_err(Problem::internal)?);
    }
    if part {
        let told = format!("bytes {}-{}/{}", reading.range.start, reading.range.end.saturating_sub(1), reading.size);
        set.insert(header::CONTENT_RANGE, HeaderValue::from_str(&told).map_err(Problem::internal)?);
    }
    Ok(response)
}

/// One range of bytes (RFC 9110, 14.1.2); anything else asks for all of them.
fn range(text: &str, size: u64) -> Option<std::ops::Range<u64>> {
    let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
    match (from, to) {
        ("", last) => Some(size.saturating_sub(last.parse().ok()?)..size),
        (from, "") => Some(from.parse().ok()?..size.max(from.parse::<u64>().ok()?.saturating_add(1))),
        (from, to) => {
            let (from, to): (u64, u64) = (from.parse().ok()?, to.parse().ok()?);
            (from <= to).then(|| from..to.saturating_add(1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_read_and_others_are_not() {
        for (text, want) in [
            ("bytes=0-4", Some(0..5)),
            ("bytes=7-", Some(7..10)),
            ("bytes=12-", Some(12..13)),
            ("bytes=-3", Some(7..10)),
            ("bytes=5-4", None),
            ("bytes=0-1,3-4", None),
            ("lines=0-1", None),
        ] {
            assert_eq!(range(text, 10), want, "{text}");
        }
    }

    #[test]
    fn a_file_name_cannot_leave_its_header() {
        let told = described::attached("a\"b; é\r\n.pdf");
        assert_eq!(told, "attachment; filename*=UTF-8''a%22b%3B%20%C3%A9%0D%0A.pdf");
    }
}
