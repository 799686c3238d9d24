//! How the house itself stands: one person's place in it, its health, what must stay and what may go.

use std::sync::Arc;

use attesta_access::{Action, Circumstance, Offer, Reach, ResourceKind, Role, authorise};
use attesta_evidence::{Kept, Status, kept};
use attesta_pages::{
    page as framed,
    parts::Tone,
    rooms::{
        keeping::{Cell, Table},
        upkeep::{self as pages, Health, Part, SignIn},
    },
};
use attesta_store::{Anchors, EvidenceSieve, JobState, LogHead, OneMember, Organisation, Page as Slice};
use axum::{extract::State, response::Html};
use serde::Deserialize;

use super::{
    Guest, Page,
    evidence::{minute, offers},
    frame,
    rest::{Cut, FIRST_ASSESSMENTS, every_assessment},
};
use crate::{
    House,
    api::{people as api_people, sign_ins},
    problem::Problem,
    sent::{Asked, Named},
};

/// So much evidence is looked at on one page.
const LOOKED: u32 = 500;

/// One person.
pub(crate) async fn member(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, account)): Named<(String, String)>,
) -> Page {
    let (inside, now, org) = (Circumstance::within(guest.caller.tenant()), house.clock.now(), guest.org());
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::Person, &inside, now)?;
    let mut room = house.store.room(&permit).await?;
    let sign_in = sign_ins::leave(&house, &guest.caller, &account).ok();
    let (found, first, answered) = room
        .ask(&(
            OneMember { account: &account },
            FIRST_ASSESSMENTS,
            sign_in.as_ref().map(|_| sign_ins::asks(&house, &account)),
        ))
        .await?;
    let found = found.ok_or_else(|| Problem::not_found("there is no such person here"))?;
    let one = api_people::person(found)?;
    let takes: Option<Role> = one.role.parse().ok();
    let gives = |role: &&Role| {
        let offer = Some(Offer { role: **role, until: None, reach: Reach::All });
        // Whether the last owner would go is told when it is tried.
        let change = Circumstance { offer, takes, owners_left: Some(1), ..inside.clone() };
        offers(&house, &guest, Action::Change, ResourceKind::Role, &change)
    };
    let roles: Vec<String> = Role::ALL.iter().filter(gives).map(ToString::to_string).collect();
    let assessments = if roles.is_empty() { Vec::new() } else { every_assessment(&mut room, first).await? };
    drop(room);
    // Who may not see it sees the rest.
    let sign_in = match answered {
        Some(answered) => sign_ins::told(&house, &guest.caller, &account, answered).map(Some)?,
        None => None,
    };
    let sign_in = sign_in.map(|(state, ends)| SignIn {
        password: state.password,
        app: state.app,
        passkeys: state.passkeys,
        providers: state.providers,
        sessions: state.sessions,
        failures: state.lockout.map(|l| (l.failures, l.waits_until.map(minute).unwrap_or_default())),
        ends,
    });
    let named = one.assessments.clone().unwrap_or_default();
    let main = pages::member(&pages::Member {
        org,
        account: (one.account, one.rev),
        name: one.name.clone(),
        email: one.email,
        role: one.role,
        until: one.until.map(|at| at.to_string().chars().take(10).collect()).unwrap_or_default(),
        assessments: assessments.into_iter().map(|a| (a.id.clone(), a.name, named.contains(&a.id))).collect(),
        roles,
        sign_in,
    });
    Ok(Html(framed(&frame(&house, &guest, &one.name, "people", ""), &main).into_string()))
}

fn part(what: &'static str, tone: Tone, word: &str, say: &str) -> Part {
    Part { what, stands: (tone, word.to_owned()), say: say.to_owned() }
}

/// A part that may be set up: what it is when it is, and what is lost when it is not.
fn set_up(what: &'static str, it: Option<String>, without: &str) -> Part {
    match it {
        Some(it) => part(what, Tone::Good, "set up", &it),
        None => part(what, Tone::Plain, "not set up", without),
    }
}

fn server(house: &House, counts: &[(JobState, u64)]) -> Vec<Part> {
    let config = &house.config;
    let (kind, _) = config.database.split_once(':').unwrap_or_default();
    let bytes = if config.blobs.starts_with("s3:") { "S3" } else { "a folder" };
    let count = |state| counts.iter().find(|(s, _)| *s == state).map_or(0, |(_, n)| *n);
    let (dead, waiting) = (count(JobState::Dead), count(JobState::Waiting));
    let work = if config.works { "This process does jobs." } else { "Jobs are done by attesta worker." };
    let jobs = match dead {
        0 => part("Jobs", Tone::Good, &format!("{waiting} wait"), work),
        _ => part("Jobs", Tone::Bad, &format!("{dead} dead"), "They failed too often and wait for somebody: see Jobs."),
    };
    vec![
        part("Version", Tone::Plain, env!("CARGO_PKG_VERSION"), ""),
        part("Database", Tone::Good, if kind == "sqlite" { "SQLite" } else { "PostgreSQL" }, "It answered just now."),
        part("Evidence", Tone::Plain, bytes, "Kept under its digest."),
        set_up(
            "Malware scan",
            house.clamd.is_some().then(|| "clamd looks at every upload.".to_owned()),
            "Uploads are not scanned, and each says so. --clamd names a clamd.",
        ),
        set_up(
            "Mail",
            house.mailer.is_some().then(|| "Notices, invitations and digests go out.".to_owned()),
            "Nobody gets mail; notices are in the rooms only.",
        ),
        set_up("Figures", config.metrics.map(|_| "Served for Prometheus.".to_owned()), "--metrics serves them."),
        jobs,
    ]
}

fn entry(house: &House) -> Vec<Part> {
    let secure = house.config.is_secure();
    let providers: Vec<String> = house.providers.all().into_iter().map(|(_, title)| title).collect();
    vec![
        if secure {
            part("Transport", Tone::Good, "TLS", "Cookies travel on TLS alone.")
        } else {
            part("Transport", Tone::Warn, "plain text", "For this machine only; put TLS in front before others come.")
        },
        set_up(
            "Identity providers",
            (!providers.is_empty()).then(|| providers.join(", ")),
            "People sign in with passkeys, or passwords and codes.",
        ),
        set_up(
            "Passkeys",
            house.party.is_some().then(|| "Offered to everybody.".to_owned()),
            "This address can have none: passkeys want a name, not a number.",
        ),
        set_up(
            "Breached passwords",
            house.breached.is_present().then(|| "New passwords are compared with the list.".to_owned()),
            "No list is here: put one in the data folder as breached-passwords.",
        ),
    ]
}

/// How the house stands.
pub(crate) async fn health(State(house): State<Arc<House>>, guest: Guest) -> Page {
    let (inside, now, org) = (Circumstance::within(guest.caller.tenant()), house.clock.now(), guest.org());
    authorise(&guest.caller.principal, Action::Read, ResourceKind::Job, &inside, now)?;
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::Ledger, &inside, now)?;
    let mut room = house.store.room(&permit).await?;
    let (log, anchors, organisation) = room.ask(&(LogHead, Anchors, Organisation)).await?;
    drop(room);
    let nowhere = || Problem::not_found("there is no such organisation");
    let (log, organisation) = log.zip(organisation).ok_or_else(nowhere)?;
    let counts = house.store.job_counts_of(&org).await?;
    let config = &house.config;
    let newest = anchors.last();
    let behind = newest.map(|a| log.size.saturating_sub(a.size));
    let left = match (newest, behind) {
        (None, _) => part(
            "Left the house",
            Tone::Warn,
            "never",
            "Until a checkpoint is elsewhere, whoever keeps this server could rewrite the log unseen.",
        ),
        (Some(anchor), Some(behind)) => part(
            "Left the house",
            Tone::Good,
            &minute(anchor.at),
            &format!("{} leaves; {behind} came since.", anchor.size),
        ),
        (Some(_), None) => part("Left the house", Tone::Unknown, "unknown", ""),
    };
    let table = Table {
        id: "anchors",
        title: "Checkpoints that were kept",
        teach: (
            "No checkpoint was kept yet",
            "Each day one is signed and put into a folder; a witness and a timestamp authority may be asked about it.",
        ),
        heads: vec!["When", "Leaves", "Cosigned", "Time stamped"],
        rows: anchors
            .iter()
            .rev()
            .map(|anchor| {
                // The log's own signature is one line that begins with a dash; a witness adds its own.
                let signatures = anchor.checkpoint.lines().filter(|line| line.starts_with('\u{2014}')).count();
                let told = |yes: bool, no: &str| match yes {
                    true => Cell::State(Tone::Good, "yes".to_owned()),
                    false => Cell::Soft(no.to_owned()),
                };
                vec![
                    Cell::Time(minute(anchor.at)),
                    Cell::Text(anchor.size.to_string()),
                    told(signatures > 1, "by nobody else"),
                    told(anchor.answer.is_some(), "no"),
                ]
            })
            .collect(),
        ..Table::default()
    };
    let (name, rev) = (organisation.name, organisation.rev);
    let may = offers(&house, &guest, Action::Change, ResourceKind::Organisation, &inside);
    let main = pages::health(&Health {
        organisation: (org, name, rev, may),
        server: server(&house, &counts),
        ledger: vec![
            part("Leaves", Tone::Plain, &log.size.to_string(), "Every change that matters is one."),
            left,
            set_up(
                "Witness",
                config.witness.as_ref().map(|(url, _)| url.clone()),
                "Nobody outside cosigns checkpoints.",
            ),
            set_up(
                "Timestamp authority",
                config.timestamp_authority.clone(),
                "Nobody outside says when a checkpoint was there (RFC 3161).",
            ),
        ],
        sign_in: entry(&house),
        anchors: table,
        key: log.vkey,
    });
    Ok(Html(framed(&frame(&house, &guest, "Health", "health", ""), &main).into_string()))
}

/// From where on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct From {
    after: String,
}

/// What must stay and what may go.
pub(crate) async fn retention(State(house): State<Arc<House>>, guest: Guest, Asked(from): Asked<From>) -> Page {
    let (inside, now, org) = (Circumstance::within(guest.caller.tenant()), house.clock.now(), guest.org());
    authorise(&guest.caller.principal, Action::Read, ResourceKind::EvidenceHold, &inside, now)?;
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::Evidence, &inside, now)?;
    let (sieve, page) = (EvidenceSieve::default(), Slice { after: from.after, limit: LOOKED });
    let mut room = house.store.room(&permit).await?;
    let rows = room.evidence_list(&sieve, &page).await?;
    let cut = Cut::of(&page, rows.len());
    let of = if cut.is_part() { Some(room.evidence_count(&sieve).await?) } else { None };
    drop(room);
    let last = rows.last().map_or(String::new(), |row| row.item.evidence.id.to_string());
    let rest = cut.rest(of, &format!("/o/{org}/retention"), &[], ("after", &last));
    let today = house.clock.today();
    let mut held = Table {
        id: "held",
        title: "On hold",
        teach: (
            "No hold",
            "A hold is laid on a piece of evidence with a matter and a reason; nothing removes it until it is released.",
        ),
        heads: vec!["Evidence", "Matter", "Why", "Since"],
        ..Table::default()
    };
    let mut free = Table {
        id: "free",
        title: "Nothing keeps these any more",
        teach: (
            "Everything must stay for now",
            "When the years of its class are over, a piece is named here, and somebody may retire it.",
        ),
        heads: vec!["Evidence", "Class", "Free since"],
        ..Table::default()
    };
    let (mut by_class, mut in_effect, mut gone) = (0, 0, 0);
    for row in &rows {
        let (item, thing) = (&row.item, &row.item.evidence);
        if matches!(item.status, Status::Retired(_)) {
            gone += 1;
            continue;
        }
        let title = thing.description.title.as_ref().unwrap_or(&thing.file_name).to_string();
        let link = || Cell::Link(title.clone(), format!("/o/{org}/evidence/{}", thing.id));
        let class = house.rules.retention(thing);
        match kept(item, house.rules.kind(thing), class, today) {
            Kept::Held(_) => held.rows.extend(item.holds.values().map(|hold| {
                let (matter, why) = (hold.matter.to_string(), hold.why.to_string());
                vec![link(), Cell::Text(matter), Cell::Text(why), Cell::Text(hold.on.to_string())]
            })),
            Kept::Free { since } => {
                free.rows.push(vec![link(), Cell::Text(class.title.to_string()), Cell::Text(since.to_string())])
            }
            Kept::Until(_) => by_class += 1,
            Kept::InEffect => in_effect += 1,
        }
    }
    let counts = [
        ("kept by its class".to_owned(), by_class),
        ("in effect, and kept".to_owned(), in_effect),
        ("tombstones".to_owned(), gone),
    ];
    let main = pages::retention(&held, &free, &counts, &rest);
    Ok(Html(framed(&frame(&house, &guest, "Retention", "retention", ""), &main).into_string()))
}
