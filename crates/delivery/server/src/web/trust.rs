//! Proof to others: the public page and its badge, the room in which they are written, and the page that verifies a proof.

use std::{collections::BTreeMap, sync::Arc};

use attesta_access::{Action, Circumstance, ResourceKind, authorise};
use attesta_desk::trust::{self as decides, Badge, Control, Detail, Told, Validity};
use attesta_kernel::Timestamp;
use attesta_pages::{
    page as framed,
    parts::Tone,
    rooms::{
        trust::{self as pages, Assessed, Certificate, Choice, Domain, Link, Public, Visitor},
        verify as verifies,
    },
};
use attesta_store::{
    Assessment, BearerCount, BearerKind, Bearers, EvidenceCount, EvidenceList, EvidenceRow, EvidenceSieve,
    NewestRecords, OneRecord, Page as Part, RecordSieve, Room,
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{Html, IntoResponse as _, Response},
};
use serde::Deserialize;

use super::{
    Guest, Page,
    entry::alone,
    evidence::minute,
    frame,
    rest::{Cut, FIRST_ASSESSMENTS, assessments, count, every_assessment},
    stranger,
};
use crate::{
    House,
    api::{evidence, share_links, trust as api},
    problem::Problem,
    sent::{Asked, From, Named},
    trust::{self, Kept, Published, Settings, THEMES},
};

/// So many lines are shown at once.
const SHOWN: u32 = 200;
/// Neither a file's name nor a place in it is anybody's outside.
const UNTOLD: &str = "How its controls stand cannot be worked out at the moment.";
/// So many pieces of evidence can be chosen from.
const CHOICES: u32 = 60;

/// What is told of the assessments that settings name, in the order of their ids; what cannot be told says why.
async fn told(
    house: &House,
    room: &mut Room,
    settings: &Settings,
) -> Result<Vec<(Assessment, Result<Arc<Told>, String>)>, Problem> {
    if settings.assessments.is_empty() {
        return Ok(Vec::new());
    }
    let rows = assessments(room).await?;
    let mut all = Vec::new();
    for row in rows.into_iter().filter(|row| settings.assessments.contains_key(&row.id)) {
        let tenant = room.tenant().to_owned();
        let told = match house.desk_at(room, &row.id, row.rev).await {
            Ok(desk) => house.derived(&tenant, &row.id, &desk, decides::told),
            Err(problem) => Err(problem),
        };
        let told = told.map_err(|_| UNTOLD.to_owned());
        all.push((row, told));
    }
    Ok(all)
}

fn tone(control: Control) -> Tone {
    match control {
        Control::Validated => Tone::Good,
        Control::OwnWord | Control::NotApplicable => Tone::Plain,
        Control::InPart => Tone::Warn,
        Control::FallsShort => Tone::Bad,
        Control::NotAnswered => Tone::Unknown,
    }
}

fn badge_tone(badge: &Badge) -> Tone {
    match badge {
        Badge::Certified { .. } => Tone::Good,
        Badge::Expired { .. } | Badge::Withdrawn { .. } => Tone::Bad,
        Badge::Unknown => Tone::Unknown,
        Badge::InProgress { .. } => Tone::Plain,
    }
}

fn badge_of(settings: &Settings, told: &[(Assessment, Result<Arc<Told>, String>)]) -> Badge {
    let opted = told.iter().filter(|(row, _)| settings.assessments.get(&row.id).is_some_and(|t| t.certificate));
    decides::badge(opted.map(|(_, told)| told.as_deref().ok()))
}

fn certificate(it: &decides::Certificate) -> Certificate {
    let stands = match it.stands {
        Validity::Holds => (Tone::Good, "holds"),
        Validity::Expired => (Tone::Bad, "expired"),
        Validity::Suspended => (Tone::Bad, "suspended"),
        Validity::Revoked => (Tone::Bad, "revoked"),
    };
    Certificate {
        stands: Some((stands.0, stands.1.to_owned())),
        days: (it.issued.to_string(), it.expires.to_string()),
        reference: it.reference.clone(),
    }
}

fn domain(it: &decides::Domain, detail: Detail) -> Domain {
    let counts = Control::ALL.into_iter().filter_map(|control| {
        let n = it.counts.get(&control)?;
        Some((tone(control), control.says().to_owned(), *n))
    });
    let controls = match detail {
        Detail::Controls => it.controls.as_slice(),
        Detail::Domains | Detail::Nothing => &[],
    };
    Domain {
        domain: it.domain.clone(),
        counts: counts.collect(),
        controls: controls
            .iter()
            .map(|(id, title, control)| (id.clone(), title.clone(), tone(*control), control.says().to_owned()))
            .collect(),
    }
}

/// The page that settings make: never more than they say.
async fn made(house: &House, room: &mut Room, published: &Published) -> Result<Public, Problem> {
    let settings = &published.settings;
    let told = told(house, room, settings).await?;
    let badge = badge_of(settings, &told);
    let assessed = told.iter().map(|(row, told)| {
        let tells = settings.assessments.get(&row.id).cloned().unwrap_or_default();
        match told {
            Err(why) => Assessed { what: "An assessment".to_owned(), unknown: why.clone(), ..Assessed::default() },
            Ok(told) => Assessed {
                what: format!("{} {}", told.program, told.purpose),
                phase: told.phase.clone(),
                tells_certificate: tells.certificate,
                certificate: told.certificate.as_ref().filter(|_| tells.certificate).map(certificate),
                domains: match tells.detail() {
                    Detail::Nothing => Vec::new(),
                    detail => told.domains.iter().flatten().map(|one| domain(one, detail)).collect(),
                },
                unknown: match (tells.detail(), &told.domains) {
                    (Detail::Domains | Detail::Controls, None) => UNTOLD.to_owned(),
                    _ => String::new(),
                },
            },
        }
    });
    let certificates = settings.assessments.values().any(|tells| tells.certificate);
    Ok(Public {
        organisation: (room.tenant().to_owned(), published.name.clone()),
        theme: settings.theme.clone(),
        about: settings.about.clone(),
        contact: settings.contact.clone(),
        badge: certificates.then(|| (badge_tone(&badge), badge.says())),
        days: (published.at.to_string().chars().take(10).collect(), house.clock.today().to_string()),
        assessed: assessed.collect(),
        offered: settings.on_request.iter().map(|(item, title)| (item.clone(), title.clone())).collect(),
        terms: settings.terms(),
        key: published.key.clone(),
        preview: false,
    })
}

fn limited(house: &House, from: &str) -> Result<(), Problem> {
    house.rates.one_more(&format!("public {from}"), house.config.rate, house.clock.now())
}

/// The public page.
pub(crate) async fn public(
    State(house): State<Arc<House>>,
    From(from): From,
    headers: HeaderMap,
    Named(page): Named<String>,
) -> Page {
    limited(&house, &from)?;
    let (_, mut room, published) = trust::public(&house, &page).await?;
    let main = made(&house, &mut room, &published).await?;
    Ok(alone(&published.name, stranger(&headers), &pages::public(&main)))
}

/// The badge. It is never kept: a browser that looks tomorrow gets what is true tomorrow.
pub(crate) async fn badge(
    State(house): State<Arc<House>>,
    From(from): From,
    Named(page): Named<String>,
) -> Result<Response, Problem> {
    limited(&house, &from)?;
    let (_, mut room, published) = trust::public(&house, &page).await?;
    let told = told(&house, &mut room, &published.settings).await?;
    let badge = badge_of(&published.settings, &told);
    let href = format!("{}/trust/{page}", house.config.public);
    let mut response = pages::badge(&badge.says(), badge_tone(&badge), &href).into_response();
    let fixed = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "no-cache, max-age=0, must-revalidate"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
        // Others show it on their pages.
        (header::HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// Verifying a proof: the page does it, the server learns nothing.
pub(crate) async fn verify(headers: HeaderMap) -> Page {
    Ok(alone("Verify a proof", stranger(&headers), &verifies::page()))
}

/// What the draft would look like.
pub(crate) async fn preview(State(house): State<Arc<House>>, headers: HeaderMap, guest: Guest) -> Page {
    let circumstance = Circumstance::within(guest.caller.tenant());
    let now = house.clock.now();
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::TrustPage, &circumstance, now)?;
    let mut room = house.store.room(&permit).await?;
    let kept = trust::kept(&mut room).await?.map(|(_, kept)| kept).unwrap_or_default();
    let name = guest.organisation.clone();
    let draft = Published { name, key: String::new(), settings: kept.draft, at: now, by: String::new() };
    let main = Public { preview: true, ..made(&house, &mut room, &draft).await? };
    Ok(alone("Draft", stranger(&headers), &pages::public(&main)))
}

/// What a share link can show, in words.
fn item_title(item: &str, assessments: &BTreeMap<String, String>, evidence: &BTreeMap<String, String>) -> String {
    let (kind, id) = item.split_once('/').unwrap_or((item, ""));
    let name = assessments.get(id).map_or("an assessment that is gone", String::as_str);
    match kind {
        "reports" => format!("Scores of {name}"),
        "corrective-actions" => format!("Corrective actions of {name}"),
        "trust-page" => "The organisation's statement".to_owned(),
        _ => evidence.get(id).cloned().unwrap_or_else(|| item.to_owned()),
    }
}

/// Where the room's lists begin.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Begin {
    visitors: String,
    links: String,
    evidence: String,
}

/// The room.
pub(crate) async fn room(State(house): State<Arc<House>>, guest: Guest, Asked(begin): Asked<Begin>) -> Page {
    let circumstance = Circumstance::within(guest.caller.tenant());
    let now = house.clock.now();
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::ShareLink, &circumstance, now)?;
    let mut room = house.store.room(&permit).await?;
    let org = guest.org();
    let base = format!("/o/{org}/trust");
    let part = |after: &str, limit| Part { after: after.to_owned(), limit };
    let (of_visitors, of_links, of_pieces) =
        (part(&begin.visitors, SHOWN), part(&begin.links, SHOWN), part(&begin.evidence, CHOICES));
    let sight = evidence::reads(&house, &guest.caller, Action::Read).ok();
    let sieve = EvidenceSieve::default();
    let asks = (
        OneRecord { kind: trust::KIND, id: trust::ID },
        FIRST_ASSESSMENTS,
        NewestRecords { kind: api::REQUEST, about: "", page: of_visitors.clone() },
        Bearers { kind: BearerKind::Share, page: of_links.clone() },
        sight.as_ref().map(|_| EvidenceList { sieve: sieve.clone(), page: of_pieces.clone() }),
    );
    let (record, first, requests, links, pieces) = room.ask(&asks).await?;
    let kept = trust::kept_in(record)?;
    let (rev, kept) = kept.map_or((0, Kept::default()), |(record, kept)| (record.rev, kept));
    let assessments = every_assessment(&mut room, first).await?;
    let assessments: BTreeMap<String, String> = assessments.into_iter().map(|row| (row.id, row.name)).collect();
    let (cut, cut_links) = (Cut::of(&of_visitors, requests.len()), Cut::of(&of_links, links.len()));
    let cut_pieces = Cut::of(&of_pieces, pieces.as_ref().map_or(0, Vec::len));
    let counts = (
        count(&permit, &cut, (api::REQUEST, &RecordSieve::default())),
        cut_links.is_part().then_some(BearerCount { kind: BearerKind::Share }),
        cut_pieces.is_part().then_some(EvidenceCount { sieve }),
        sight.as_ref().zip(pieces.as_ref()).and_then(|(sight, pieces)| sight.asks(pieces)),
    );
    let (of, of_links, of_pieces, own) = room.ask(&counts).await?;
    drop(room);
    let last = requests.last().map_or(String::new(), |record| record.id.clone());
    let rest_visitors = cut.rest(of, &base, &[], ("visitors", &last));
    let last = links.last().map_or(String::new(), |bearer| bearer.id.clone());
    let rest_links = cut_links.rest(of_links, &base, &[], ("links", &last));
    let pieces = pieces.unwrap_or_default();
    let last = pieces.last().map_or(String::new(), |row| row.item.evidence.id.to_string());
    let rest_pieces = cut_pieces.rest(of_pieces, &base, &[], ("evidence", &last));
    let known = sight.map(|sight| titles(&sight.of(pieces, own))).unwrap_or_default();
    let title = |item: &str| item_title(item, &assessments, &known);
    let mut offers: Vec<String> = vec![format!("trust-page/{org}")];
    for id in assessments.keys() {
        offers.extend([format!("reports/{id}"), format!("corrective-actions/{id}")]);
    }
    offers.extend(known.keys().map(|id| format!("evidence/{id}")));
    offers.extend(kept.draft.on_request.keys().filter(|item| !offers.contains(item)).cloned().collect::<Vec<_>>());
    let may = |action, kind| guest.may(&house, action, kind, &circumstance);
    let draft = &kept.draft;
    let main = pages::Room {
        rev,
        url: format!("{}/trust/{org}", house.config.public),
        public: kept.published.as_ref().map(|p| minute(p.at)).unwrap_or_default(),
        differs: kept.published.as_ref().is_some_and(|p| p.settings != kept.draft),
        draft: (draft.about.clone(), draft.contact.clone(), draft.theme.clone(), draft.terms.clone()),
        themes: THEMES.map(str::to_owned).to_vec(),
        choices: assessments
            .iter()
            .map(|(id, name)| {
                let tells = draft.assessments.get(id).cloned().unwrap_or_default();
                let assessment = (id.clone(), name.clone());
                Choice { assessment, certificate: tells.certificate, controls: tells.controls }
            })
            .collect(),
        offers: offers
            .into_iter()
            .map(|item| {
                let said = draft.on_request.get(&item).cloned().unwrap_or_else(|| title(&item));
                let offered = draft.on_request.contains_key(&item);
                (item, said, offered)
            })
            .collect(),
        visitors: requests
            .iter()
            .map(|record| Ok(visitor(api::request(record)?, &title)))
            .collect::<Result<_, Problem>>()?,
        links: links
            .iter()
            .rev()
            .map(|bearer| Ok(link(share_links::shown(bearer, now)?, &title)))
            .collect::<Result<_, Problem>>()?,
        may_write: may(Action::Change, ResourceKind::TrustPage),
        may_publish: may(Action::Publish, ResourceKind::TrustPage),
        may_link: may(Action::Create, ResourceKind::ShareLink),
        until: in_a_month(now),
        rests: (rest_visitors, rest_links, rest_pieces),
        org,
    };
    Ok(Html(framed(&frame(&house, &guest, "Proof to others", "trust", ""), &pages::room(&main)).into_string()))
}

fn in_a_month(now: Timestamp) -> String {
    let later = now.checked_add(jiff::SignedDuration::from_hours(24 * 30)).unwrap_or(now);
    later.to_string().chars().take(10).collect()
}

fn visitor(it: api::AccessRequest, title: &dyn Fn(&str) -> String) -> Visitor {
    Visitor {
        items: it.items.iter().map(|item| title(item)).collect(),
        id: (it.id, it.rev),
        who: (it.name, it.company),
        email: it.email,
        purpose: it.purpose,
        state: it.state,
        at: minute(it.created),
        terms: it.terms_sha256.chars().take(12).collect(),
        because: it.because.unwrap_or_default(),
    }
}

fn link(it: share_links::Link, title: &dyn Fn(&str) -> String) -> Link {
    let holds = it.state == "valid";
    Link {
        id: it.id,
        label: it.label,
        shows: it.shows.iter().map(|item| title(item)).collect(),
        stands: Some((if holds { Tone::Good } else { Tone::Plain }, it.state.to_owned())),
        until: minute(it.until),
        uses: it.most_uses.map_or_else(|| it.uses.to_string(), |most| format!("{} of {most}", it.uses)),
        holds,
    }
}

/// Evidence that may be shared: id and title.
fn titles(seen: &[EvidenceRow]) -> BTreeMap<String, String> {
    let open = seen.iter().filter(|row| !row.item.evidence.description.confidential);
    let known = open.map(|row| {
        let thing = &row.item.evidence;
        (thing.id.to_string(), thing.description.title.as_ref().unwrap_or(&thing.file_name).to_string())
    });
    known.collect()
}
