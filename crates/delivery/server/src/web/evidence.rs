//! The evidence library, one piece of it, and its bytes as a browser may show them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use attesta_access::{Action, Circumstance, Denied, Permit, Reach, ResourceKind, Rule, authorise};
use attesta_evidence::{Kept, Rules, Standing, Status, Target, Why, kept, media_type};
use attesta_kernel::{Confidence, Date, Timestamp};
use attesta_pages::{
    page as framed,
    parts::{Rest, Tone},
    rooms::evidence::{self, Bring, Choice, Event, Filter, For, Library, May, Piece, Preview, Row},
};
use attesta_store::{
    Assessment, EvidenceCount, EvidenceList, EvidenceRow, EvidenceSieve, LeafRow, LeafSieve, Member, Members,
    OneEvidence, Page as Part, Room, StoreError, Trail,
};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::{Html, IntoResponse as _, Response},
};
use serde::Deserialize;

use super::{
    Guest, Page, Refused, escaped, frame,
    rest::{Cut, FIRST_ASSESSMENTS, address, assessments, every_assessment},
};
use crate::{
    House,
    api::{
        described,
        evidence::{self as api, Sight},
        uploads,
    },
    problem::Problem,
    sent::{Asked, Named},
    serve::POLICY,
};

/// So many lines are shown at once.
const SHOWN: u32 = 200;
/// So many are looked through where only some may pass.
const SOUGHT: u32 = 500;
/// So much of a text is shown.
const BEGINNING: u64 = 64 * 1024;
/// What ends within so many days is said to end soon.
const SOON: i32 = 30;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sought {
    text: String,
    kind: String,
    state: String,
    standing: String,
    target: String,
    after: String,
}

impl Sought {
    /// All but where it goes on.
    fn query(&self) -> [(&'static str, &str); 5] {
        [
            ("text", self.text.as_str()),
            ("kind", &self.kind),
            ("state", &self.state),
            ("standing", &self.standing),
            ("target", &self.target),
        ]
    }
}

/// How a standing is shown: never by its colour alone.
pub(crate) fn stands(standing: &Standing, today: Date) -> (Tone, String) {
    match standing {
        Standing::Valid { until, .. } => match today.until(*until).map_or(i32::MAX, |span| span.get_days()) {
            left @ 0..=SOON => (Tone::Warn, format!("valid, {left} days left")),
            _ => (Tone::Good, "valid".to_owned()),
        },
        Standing::NotYet { from } => (Tone::Warn, format!("counts from {from}")),
        Standing::Stale { .. } => (Tone::Bad, "stale".to_owned()),
        Standing::Superseded { .. } => (Tone::Plain, "superseded".to_owned()),
        Standing::Retired => (Tone::Plain, "retired".to_owned()),
        Standing::Unknown { .. } => (Tone::Unknown, "unknown".to_owned()),
    }
}

/// Who says so.
fn because(standing: &Standing) -> String {
    if let Standing::Unknown { missing } = standing {
        return format!("Nobody can tell how long it counts: {missing} is missing.");
    }
    let (Standing::Valid { until, why } | Standing::Stale { until, why }) = standing else { return String::new() };
    match why {
        Why::ItsOwnDate => format!("It says itself that it counts until {until}."),
        Why::Kind(p) if p.confidence == Confidence::Unverified => {
            format!("It counts until {until} by a rule that nobody confirmed ({}).", p.source)
        }
        Why::Kind(p) => format!("It counts until {until} ({}, {}).", p.source, p.confidence),
    }
}

fn until(standing: &Standing) -> String {
    match standing {
        Standing::Valid { until, .. } | Standing::Stale { until, .. } => until.to_string(),
        _ => String::new(),
    }
}

pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{} MiB", bytes.div_ceil(1_048_576)),
    }
}

/// A moment to the minute, as pages write it.
pub(crate) fn minute(at: Timestamp) -> String {
    at.to_string().chars().take(16).collect::<String>().replace('T', " ")
}

fn kinds(rules: &Rules) -> Vec<Choice> {
    let mut kinds: Vec<Choice> = rules.kinds.values().map(|k| (k.id.to_string(), k.title.to_string())).collect();
    kinds.sort_by(|a, b| a.1.cmp(&b.1));
    kinds
}

fn kind_of(rules: &Rules, row: &EvidenceRow) -> String {
    rules.kind(&row.item.evidence).map(|k| k.title.to_string()).unwrap_or_default()
}

fn title(row: &EvidenceRow) -> String {
    let thing = &row.item.evidence;
    thing.description.title.as_ref().unwrap_or(&thing.file_name).to_string()
}

/// Whether a door opens, or opens once somebody proves again who they are.
pub(crate) fn offers(
    house: &House,
    guest: &Guest,
    action: Action,
    kind: ResourceKind,
    circumstance: &Circumstance,
) -> bool {
    let leave = authorise(&guest.caller.principal, action, kind, circumstance, house.clock.now());
    matches!(leave, Ok(_) | Err(Denied { rule: Rule::FreshSignIn, .. }))
}

/// For who may bring files somewhere.
fn bring(house: &House, guest: &Guest, permit: &Permit, assessments: &[Assessment]) -> Option<Bring> {
    let open = |id: &str| {
        let id = id.parse().ok()?;
        let circumstance = Circumstance::of_assessment(guest.caller.tenant(), id);
        guest.may(house, Action::Create, ResourceKind::Evidence, &circumstance).then_some(())
    };
    let assessments: Vec<Choice> = assessments
        .iter()
        .filter(|a| a.state == "open" && open(&a.id).is_some())
        .map(|a| (a.id.clone(), a.name.clone()))
        .collect();
    let anywhere = Circumstance::within(guest.caller.tenant());
    let anywhere =
        matches!(permit.reach(), Reach::All) && guest.may(house, Action::Create, ResourceKind::Evidence, &anywhere);
    (anywhere || !assessments.is_empty()).then(|| Bring {
        kinds: kinds(&house.rules),
        assessments,
        must_name: !anywhere,
        replaces: None,
        most: house.rules.most_bytes,
    })
}

/// The library.
pub(crate) async fn library(State(house): State<Arc<House>>, guest: Guest, Asked(sought): Asked<Sought>) -> Page {
    let sight = api::reads(&house, &guest.caller, Action::Read)?;
    let mut room = house.store.room(&sight.permit).await?;
    let org = guest.org();
    let (rows, assessments, rest) = found(&house, &sight, &mut room, &sought, &format!("/o/{org}/evidence")).await?;
    let today = house.clock.today();
    let rows = rows.iter().map(|row| {
        let (item, standing) = (&row.item, house.rules.standing(&row.item, today));
        Row {
            id: item.evidence.id.to_string(),
            title: title(row),
            file: item.evidence.file_name.to_string(),
            kind: kind_of(&house.rules, row),
            stands: stands(&standing, today),
            until: until(&standing),
            targets: item.links.keys().filter(|t| t.framework() != "assessment").map(ToString::to_string).collect(),
            size: size(item.evidence.size),
        }
    });
    let library = Library {
        rows: rows.collect(),
        rest,
        kinds: kinds(&house.rules),
        bring: bring(&house, &guest, &sight.permit, &assessments),
        filter: Filter {
            text: sought.text,
            kind: sought.kind,
            state: sought.state,
            standing: sought.standing,
            target: sought.target,
        },
        org,
    };
    Ok(Html(framed(&frame(&house, &guest, "Evidence", "evidence", ""), &evidence::library(&library)).into_string()))
}

/// Evidence that passes, every assessment, and where it goes on: two statements.
async fn found(
    house: &House,
    sight: &Sight,
    room: &mut Room,
    sought: &Sought,
    base: &str,
) -> Result<(Vec<EvidenceRow>, Vec<Assessment>, Rest), Problem> {
    // While somebody types, what is written is for nothing yet.
    let target = match sought.target.trim() {
        "" => String::new(),
        text => match text.parse::<Target>() {
            Ok(target) => target.to_string(),
            Err(_) => return Ok((Vec::new(), assessments(room).await?, Rest::default())),
        },
    };
    let sieve =
        EvidenceSieve { target, state: sought.state.clone(), kind: sought.kind.clone(), text: sought.text.clone() };
    let limit = if sought.standing.is_empty() { SHOWN } else { SOUGHT };
    let part = Part { after: sought.after.clone(), limit };
    let asks = (EvidenceList { sieve: sieve.clone(), page: part.clone() }, FIRST_ASSESSMENTS);
    let (rows, first) = room.ask(&asks).await?;
    let assessments = every_assessment(room, first).await?;
    let cut = Cut::of(&part, rows.len());
    let all = cut.is_part() && matches!(sight.permit.reach(), Reach::All);
    let (own, of) = room.ask(&(sight.asks(&rows), all.then_some(EvidenceCount { sieve }))).await?;
    let last = rows.last().map_or(String::new(), |row| row.item.evidence.id.to_string());
    let rest = cut.rest(of, base, &sought.query(), ("after", &last));
    let today = house.clock.today();
    let mut rows = sight.of(rows, own);
    rows.retain(|row| sought.standing.is_empty() || house.rules.standing(&row.item, today).as_str() == sought.standing);
    Ok((rows, assessments, rest))
}

/// Names of people by account.
pub(crate) async fn names(room: &mut Room) -> Result<BTreeMap<String, String>, Problem> {
    Ok(people(room).await?.into_iter().map(|m| (m.account, m.name)).collect())
}

/// Everybody who is here, however many they are.
pub(crate) async fn people(room: &mut Room) -> Result<Vec<Member>, Problem> {
    let first = room.ask(&FIRST_PEOPLE).await?;
    everybody(room, first).await
}

/// The first of them: asked together with what else a page wants.
pub(crate) const FIRST_PEOPLE: Members = Members { page: Part { after: String::new(), limit: SOUGHT } };

/// All of them, of which [`FIRST_PEOPLE`] were read.
pub(crate) async fn everybody(room: &mut Room, first: Vec<Member>) -> Result<Vec<Member>, Problem> {
    let most = usize::try_from(SOUGHT).unwrap_or(usize::MAX);
    let (mut all, mut is_full) = (first, true);
    while let Some(last) = all.last().filter(|_| is_full && all.len().is_multiple_of(most)) {
        let members = room.members(&Part { after: last.account.clone(), limit: SOUGHT }).await?;
        is_full = !members.is_empty();
        all.extend(members);
    }
    Ok(all)
}

/// Their names by account.
pub(crate) async fn named(room: &mut Room, first: Vec<Member>) -> Result<BTreeMap<String, String>, Problem> {
    Ok(everybody(room, first).await?.into_iter().map(|m| (m.account, m.name)).collect())
}

/// One piece. The page may hold a frame with its document, and nothing else that others may not.
pub(crate) async fn piece(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Refused> {
    let sight = api::reads(&house, &guest.caller, Action::Read)?;
    let mut room = house.store.room(&sight.permit).await?;
    let evidence = described::id(&id)?;
    let sieve = LeafSieve { subject: evidence.to_string(), ..LeafSieve::default() };
    let asks = (OneEvidence { id: evidence }, Trail { sieve, below: u64::MAX, limit: SOUGHT }, FIRST_PEOPLE);
    let (found, trail, people) = room.ask(&asks).await?;
    let nothing = || StoreError::NotFound { what: "evidence", id: evidence.to_string() };
    let seen = sight.of_page(&mut room, found.into_iter().collect()).await?;
    let row = seen.into_iter().next().ok_or_else(nothing)?;
    let names = named(&mut room, people).await?;
    drop(room);
    let preview = preview(&house, &guest, &row).await?;
    let piece = told(&house, &guest, &sight.permit, (&row, &trail, &names), preview);
    let page = framed(&frame(&house, &guest, &piece.title, "evidence", ""), &evidence::piece(&piece)).into_string();
    let policy = HeaderValue::from_str(&format!("{POLICY}; frame-src 'self'")).map_err(Problem::internal)?;
    Ok(([(header::CONTENT_SECURITY_POLICY, policy)], Html(page)).into_response())
}

type Read<'a> = (&'a EvidenceRow, &'a [LeafRow], &'a BTreeMap<String, String>);

fn told(house: &House, guest: &Guest, permit: &Permit, (row, trail, names): Read<'_>, preview: Preview) -> Piece {
    let (item, thing, today) = (&row.item, &row.item.evidence, house.clock.today());
    let standing = house.rules.standing(item, today);
    let here = !matches!(item.status, Status::Retired(_));
    let writer = trail.iter().find(|e| e.kind == "evidence.added").and_then(|e| e.actor.parse().ok());
    let circumstance = Circumstance {
        written_by: Some(BTreeSet::from_iter(writer)),
        held: Some(!item.holds.is_empty()),
        ..api::circumstance(&guest.caller, permit, item)
    };
    let may = |action, kind| offers(house, guest, action, kind, &circumstance);
    let may = May {
        change: may(Action::Change, ResourceKind::Evidence),
        hold: may(Action::Create, ResourceKind::EvidenceHold),
        release: may(Action::Release, ResourceKind::EvidenceHold),
        retire: may(Action::Delete, ResourceKind::Evidence),
        verify: may(Action::Verify, ResourceKind::Evidence),
    };
    let person = |id: &str| names.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let after = match &item.status {
        Status::Superseded { by, .. } => by.to_string(),
        _ => String::new(),
    };
    let current = matches!(item.status, Status::Current);
    Piece {
        org: guest.org(),
        id: (thing.id.to_string(), row.rev),
        title: title(row),
        file: thing.file_name.to_string(),
        stands: Some(stands(&standing, today)),
        because: because(&standing),
        facts: facts(house, row),
        stays: stays(house, row, today),
        links: item.links.values().map(purpose).collect(),
        holds: item.holds.values().map(|h| (h.matter.to_string(), h.why.to_string(), h.on.to_string())).collect(),
        before: thing.supersedes.map(|b| b.to_string()).unwrap_or_default(),
        after,
        preview,
        history: trail
            .iter()
            .map(|e| Event {
                at: minute(e.at),
                what: e.kind.trim_start_matches("evidence.").replace('-', " "),
                by: person(&e.actor),
                index: e.index,
            })
            .collect(),
        earlier: match trail.len() >= usize::try_from(SOUGHT).unwrap_or(usize::MAX) {
            true => address(&format!("/o/{}/trail", guest.org()), &[("subject", &thing.id.to_string())]),
            false => String::new(),
        },
        here,
        may,
        bring: (may.change && here && current).then(|| Bring {
            kinds: kinds(&house.rules),
            replaces: Some((thing.id.to_string(), row.rev)),
            most: house.rules.most_bytes,
            ..Bring::default()
        }),
    }
}

fn purpose(link: &attesta_evidence::Link) -> For {
    let mut more: Vec<String> = link.levels.iter().map(ToString::to_string).collect();
    if !link.elements.is_empty() {
        let elements: Vec<String> = link.elements.iter().map(ToString::to_string).collect();
        more.push(format!("elements {}", elements.join(", ")));
    }
    more.extend(link.place.as_ref().map(ToString::to_string));
    let target = link.target.to_string();
    let whole = serde_json::json!({
        "target": target,
        "levels": link.levels.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "elements": link.elements,
        "place": link.place.as_ref().map(ToString::to_string),
    });
    For { whole: whole.to_string(), escaped: escaped(&target), target, more: more.join(" · ") }
}

fn facts(house: &House, row: &EvidenceRow) -> Vec<(&'static str, String)> {
    let (thing, said) = (&row.item.evidence, &row.item.evidence.description);
    let day = |date: Option<Date>| date.map(|d| d.to_string()).unwrap_or_default();
    let text = |text: &Option<attesta_evidence::Text>| text.as_ref().map(ToString::to_string).unwrap_or_default();
    let all = [
        ("Kind", kind_of(&house.rules, row)),
        ("File", thing.file_name.to_string()),
        ("Size", format!("{} ({})", size(thing.size), thing.media_type)),
        ("Version", thing.version.to_string()),
        ("In effect since", day(said.dates.effective)),
        ("Collected", day(said.dates.collected)),
        ("Received", said.dates.received.to_string()),
        ("Period", said.period.map(|p| p.to_string()).unwrap_or_default()),
        ("System", text(&said.source.system)),
        ("Taken by", text(&said.source.query)),
        ("Collector", text(&said.source.collector)),
        ("Owner", text(&said.source.owner)),
        ("Component", text(&said.component)),
        (
            "Attested",
            said.attestation.as_ref().map(|a| format!("{}, {}", a.organisation, a.report)).unwrap_or_default(),
        ),
        ("Readers", if said.confidential { "not every reader".to_owned() } else { String::new() }),
        ("SHA-256", thing.digest.to_string()),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn stays(house: &House, row: &EvidenceRow, today: Date) -> String {
    let (item, thing) = (&row.item, &row.item.evidence);
    let class = house.rules.retention(thing);
    let word = match kept(item, house.rules.kind(thing), class, today) {
        Kept::Free { since } => format!("nothing keeps it since {since}"),
        Kept::Held(matters) => {
            let matters: Vec<String> = matters.iter().map(ToString::to_string).collect();
            format!("a hold keeps it: {}", matters.join(", "))
        }
        Kept::Until(until) => format!("it must stay until {until}"),
        Kept::InEffect => "it must stay while it is in effect, and its years after that".to_owned(),
    };
    let (years, p) = (class.years, &class.provenance);
    format!("Retention: {word}. Class {}, {years} years ({}, {}).", class.title, p.source, p.confidence)
}

/// Media types that a browser may show from our address.
const SEEN: [&str; 5] = ["image/png", "image/jpeg", "image/webp", "image/gif", "application/pdf"];

async fn preview(house: &House, guest: &Guest, row: &EvidenceRow) -> Result<Preview, Problem> {
    let thing = &row.item.evidence;
    if let Status::Retired(stone) = &row.item.status {
        return Ok(Preview::Gone(format!("Its bytes were removed on {}: {}", stone.on, stone.why)));
    }
    let href = format!("/o/{}/evidence/{}/bytes", guest.org(), thing.id);
    match thing.media_type.as_str() {
        "application/pdf" => return Ok(Preview::Document(href)),
        media if SEEN.contains(&media) => return Ok(Preview::Image(href)),
        _ => {}
    }
    let head = uploads::place(house, &guest.caller)?.head(&thing.digest, BEGINNING).await?;
    let whole = u64::try_from(head.len()).unwrap_or(u64::MAX) >= thing.size;
    if !media_type(&head, whole).is_text {
        return Ok(Preview::Nothing);
    }
    Ok(Preview::Text(String::from_utf8_lossy(&head).into_owned(), whole))
}

/// The bytes of pictures and documents, to be shown within the page of their piece: a policy of their own, without a script.
pub(crate) async fn bytes(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, id)): Named<(String, String)>,
) -> Result<Response, Refused> {
    let sight = api::reads(&house, &guest.caller, Action::Read)?;
    let row = api::found(&mut house.store.room(&sight.permit).await?, &sight, described::id(&id)?).await?;
    let thing = &row.item.evidence;
    let media = SEEN.into_iter().find(|seen| *seen == thing.media_type.as_str());
    let (Some(media), false) = (media, matches!(row.item.status, Status::Retired(_))) else {
        return Err(Problem::not_found("nothing of this evidence can be shown").into());
    };
    // Chromium's viewer of documents is a plugin, which a sandbox stops; it reaches nothing of this site either way.
    let policy = if media == "application/pdf" {
        "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    } else {
        "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
    };
    let reading = uploads::place(&house, &guest.caller)?.read(&thing.digest, None).await?;
    let mut response = Body::from_stream(reading.bytes).into_response();
    let set = response.headers_mut();
    set.insert(header::CONTENT_LENGTH, HeaderValue::from(reading.size));
    let fixed = [
        (header::CONTENT_TYPE, media),
        (header::CONTENT_DISPOSITION, "inline"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    ];
    for (name, value) in fixed {
        set.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}
