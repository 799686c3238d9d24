//! Who looks at a page, and what stands around it for them.

use std::sync::Arc;

use attesta_access::{Action, Circumstance, ResourceKind, Role, authorise};
use attesta_desk::report::Checkpoint;
use attesta_pages::{Door, Frame, Here, Ledger, Organisation, Section, Theme, Visitor};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use super::Refused;
use crate::{House, caller::Caller};

/// Somebody in the organisation of the path, who looks at its pages.
#[derive(Debug, Clone)]
pub(crate) struct Guest {
    pub(crate) caller: Caller,
    pub(crate) visitor: Visitor,
    /// The organisation's name.
    pub(crate) organisation: String,
    pub(crate) role: Role,
    /// The organisation's checkpoint when they came in.
    ledger: Ledger,
}

impl FromRequestParts<Arc<House>> for Guest {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, house: &Arc<House>) -> Result<Self, Refused> {
        let uri = parts.uri.clone();
        let entered = Caller::entered(house, parts).await;
        let (caller, door, secret) = entered.map_err(|problem| Refused::from(problem).on_the_way_to(&uri))?;
        let visitor = Visitor {
            name: door.account.map(|(_, name)| name).unwrap_or_default(),
            csrf: attesta_identity::csrf_token(&secret),
            theme: theme(&parts.headers),
            demo: house.config.demo,
        };
        let role = door.member.and_then(|(role, _)| role.parse().ok()).ok_or_else(|| {
            Refused::from(crate::problem::Problem::internal("a member without a role stands at the door"))
        })?;
        let organisation = door.organisation.map(|(_, name)| name).unwrap_or_default();
        let ledger = door.checkpoint.and_then(|(text, at)| Some((Checkpoint::read(&text)?, at)));
        let ledger = ledger.map_or_else(Ledger::default, |(it, at)| Ledger { size: it.size, root: it.root, at });
        Ok(Self { caller, visitor, organisation, role, ledger })
    }
}

impl Guest {
    /// The organisation's id.
    pub(crate) fn org(&self) -> String {
        self.caller.tenant().to_string()
    }

    /// Whether a door that reads this kind of thing opens for them.
    pub(crate) fn may(&self, house: &House, action: Action, kind: ResourceKind, circumstance: &Circumstance) -> bool {
        authorise(&self.caller.principal, action, kind, circumstance, house.clock.now()).is_ok()
    }
}

/// How somebody likes it: the cookie that the switch on the page sets.
pub(crate) fn theme(headers: &HeaderMap) -> Theme {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = cookies.flat_map(|v| v.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == "attesta-theme").map_or(Theme::System, |(_, value)| Theme::of(value))
}

/// A room: its word, its label, where it is below the organisation or the assessment, its key, and what one must be
/// allowed to read to enter it.
type Room = (&'static str, &'static str, &'static str, &'static str, ResourceKind);

/// Rooms of the organisation.
const ROOMS: &[Room] = &[
    ("home", "Home", "", "h", ResourceKind::Assessment),
    ("assessments", "Assessments", "/assessments", "a", ResourceKind::Assessment),
    ("evidence", "Evidence", "/evidence", "e", ResourceKind::Evidence),
    ("cloud", "Cloud and code", "/cloud", "k", ResourceKind::Finding),
    ("requests", "Requests", "/requests", "q", ResourceKind::Request),
    ("tasks", "Tasks", "/tasks", "t", ResourceKind::Task),
    ("inbox", "Asked of us", "/inbox", "", ResourceKind::InheritanceInbox),
];

/// Rooms of an assessment.
const WITHIN: &[Room] = &[
    ("assessment", "Overview", "", "o", ResourceKind::Response),
    ("scoping", "Scope and factors", "/scoping", "s", ResourceKind::Factor),
    ("requirements", "Requirements", "/requirements", "r", ResourceKind::Response),
    ("inheritance", "Inheritance", "/inheritance", "i", ResourceKind::InheritanceRequest),
    ("gaps", "Gaps", "/gaps", "p", ResourceKind::Response),
    ("plan", "Shortest way", "/plan", "w", ResourceKind::Response),
    ("testing", "Test plan", "/testing", "v", ResourceKind::Validation),
    ("samples", "Samples", "/samples", "s", ResourceKind::Sample),
    ("quality", "Quality checks", "/quality", "k", ResourceKind::QualityCheck),
    ("phase", "Hand-off", "/phase", "x", ResourceKind::Phase),
    ("actions", "Corrective actions", "/actions", "m", ResourceKind::CorrectiveAction),
    ("calendar", "Calendar", "/calendar", "c", ResourceKind::Response),
    ("hipaa", "HIPAA", "/hipaa", "i", ResourceKind::HipaaRecord),
    ("executive", "In short", "/in-short", "s", ResourceKind::Response),
    ("reports", "Reports", "/reports", "d", ResourceKind::Response),
];

/// Rooms of those who keep the house.
const KEEPING: &[Room] = &[
    ("people", "People", "/people", "", ResourceKind::Person),
    ("tokens", "Tokens", "/tokens", "", ResourceKind::Token),
    ("trail", "Audit trail", "/trail", "", ResourceKind::AuditTrail),
    ("trust", "Proof to others", "/trust", "", ResourceKind::ShareLink),
    ("jobs", "Jobs", "/jobs", "", ResourceKind::Job),
    ("webhooks", "Webhooks", "/webhooks", "", ResourceKind::Webhook),
    ("retention", "Retention", "/retention", "", ResourceKind::EvidenceHold),
    ("health", "Health", "/health", "", ResourceKind::Job),
];

/// What stands around a page: `room` is the word of its door, `assessment` the one that it is about, empty for none.
pub(crate) fn frame(house: &House, guest: &Guest, title: &str, room: &'static str, assessment: &str) -> Frame {
    let org = guest.org();
    let within = Circumstance::within(guest.caller.tenant());
    let about = match crate::api::assessment_id(assessment) {
        Some(id) => Circumstance::of_assessment(guest.caller.tenant(), id),
        None => within.clone(),
    };
    let doors = |rooms: &[Room], base: &str, circumstance: &Circumstance| -> Vec<Door> {
        let open = rooms.iter().filter(|(.., kind)| guest.may(house, Action::Read, *kind, circumstance));
        open.map(|(word, label, path, key, _)| Door { word, label, href: format!("{base}{path}"), key }).collect()
    };
    let base = format!("/o/{org}");
    // What is addressed to the organisation is read in its own rooms.
    let within = Circumstance { addressed_to: Some(guest.caller.tenant()), ..within };
    let mut sections = vec![Section { title: String::new(), doors: doors(ROOMS, &base, &within) }];
    if !assessment.is_empty() {
        let doors = doors(WITHIN, &format!("{base}/a/{assessment}"), &about);
        sections.push(Section { title: "This assessment".to_owned(), doors });
    }
    sections.push(Section { title: "Keeping".to_owned(), doors: doors(KEEPING, &base, &within) });
    sections.retain(|section| !section.doors.is_empty());
    Frame {
        title: title.to_owned(),
        visitor: guest.visitor.clone(),
        organisation: Some(Organisation {
            id: org,
            name: guest.organisation.clone(),
            role: guest.role.to_string().replace('-', " "),
            sections,
        }),
        room,
        here: Here { assessment: assessment.to_owned() },
        rests_on: String::new(),
        ledger: Some(guest.ledger.clone()),
    }
}

/// [`frame`] of a page that is worked out from one revision of an assessment: its foot says from which, and on which day.
pub(crate) fn frame_at(
    house: &House,
    guest: &Guest,
    (title, room, assessment): (&str, &'static str, &str),
    (revision, day): (u64, attesta_kernel::Date),
) -> Frame {
    let rests_on = format!("Rests on revision {revision} of the assessment, as of {day}.");
    Frame { rests_on, ..frame(house, guest, title, room, assessment) }
}
