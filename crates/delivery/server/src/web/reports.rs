//! One page for the executive reader, and documents to print and to send, each with the ledger's checkpoint that it rests on.

use std::sync::Arc;

use attesta_access::{Action, Circumstance, ResourceKind, authorise};
use attesta_assessment::View;
use attesta_desk::{
    Desk, export,
    hipaa::Registers,
    report::{self, About, Checkpoint, Document, Reach},
};
use attesta_kernel::{Severity, Timestamp};
use attesta_pages::{
    Frame, Markup, page as framed,
    parts::Tone,
    rooms::{
        home::Readiness,
        reports::{self as pages, DomainLine, Executive, GapLine, Head, Hipaa, Letter, Posture, ReadinessPaper, Scope},
    },
};
use attesta_posture::{Tally, Verdict};
use attesta_store::{Ask, LogHead, OneAssessment, Room, StoreError};
use axum::{
    extract::State,
    http::header,
    response::{Html, IntoResponse as _, Response},
};

use super::{Guest, Page, Refused, frame_at, home, now};
use crate::{
    House, deed, press,
    problem::Problem,
    sent::Named,
    watching::{Looked, Stand, asks, broken, stood, watch},
};

/// An opened assessment that a visitor reads, and the ledger's checkpoint at that moment.
async fn opened(
    house: &House,
    guest: &Guest,
    assessment: &str,
) -> Result<(Arc<Desk>, Option<Checkpoint>, u64), Problem> {
    let (it, _) = opened_with(house, guest, assessment, None::<LogHead>).await?;
    Ok((it.desk, it.checkpoint, it.revision))
}

/// An opened assessment, and what was read with it.
struct Opened {
    room: Room,
    desk: Arc<Desk>,
    revision: u64,
    checkpoint: Option<Checkpoint>,
}

/// The same, with what else is asked for at that moment.
async fn opened_with<A: Ask>(
    house: &House,
    guest: &Guest,
    assessment: &str,
    also: Option<A>,
) -> Result<(Opened, Option<A::Out>), Problem> {
    let circumstance = Circumstance::of_assessment(guest.caller.tenant(), crate::api::assessments::id(assessment)?);
    let now = house.clock.now();
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::Response, &circumstance, now)?;
    let mut room = house.store.room(&permit).await?;
    let (row, log, also) = room.ask(&(OneAssessment { id: assessment }, LogHead, also)).await?;
    let row = row.ok_or_else(|| StoreError::NotFound { what: "assessment", id: assessment.to_owned() })?;
    let desk = house.desk_at(&mut room, &row.id, row.rev).await?;
    let checkpoint = log.and_then(|log| Checkpoint::read(&log.checkpoint));
    Ok((Opened { room, desk, revision: row.rev, checkpoint }, also))
}

/// The checkpoint's leaves and root, or that there is none yet.
fn told(checkpoint: Option<&Checkpoint>) -> (String, String) {
    checkpoint.map_or_else(|| ("none yet".to_owned(), "none yet".to_owned()), |it| (it.size.clone(), it.root.clone()))
}

fn head(guest: &Guest, it: &About, document: Option<Document>) -> Head {
    let base = format!("/o/{}/a/{}/reports", guest.org(), it.id);
    let (size, root) = told(it.checkpoint.as_ref());
    let pdf = document.filter(|_| press::SETS).map(|document| format!("{base}/{document}.pdf"));
    Head {
        base,
        organisation: it.organisation.clone(),
        assessment: (it.assessment.clone(), it.what.clone()),
        at: it.day.clone(),
        checkpoint: (size, root, it.made.clone()),
        pdf: pdf.unwrap_or_default(),
    }
}

fn ready(house: &House, guest: &Guest, assessment: &str, desk: &Arc<Desk>) -> Result<Arc<home::Known>, Problem> {
    house.derived(&guest.org(), assessment, desk, home::ready)
}

/// The executive reader's page.
pub(crate) async fn executive(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment)): Named<(String, String)>,
) -> Page {
    let inside = Circumstance::within(guest.caller.tenant());
    let now = house.clock.now();
    let watched = guest.may(&house, Action::Read, ResourceKind::Finding, &inside).then(|| asks("", now));
    let (it, answered) = opened_with(&house, &guest, &assessment, watched).await?;
    let Opened { mut room, desk, revision, .. } = it;
    let (posture, looked) = match answered {
        Some(answered) => {
            let stands = stood(&house, &mut room, guest.caller.tenant(), "", answered, now).await?;
            posture(&house, stands, now).await?
        }
        None => (None, Looked::Hidden),
    };
    drop(room);
    let known = ready(&house, &guest, &assessment, &desk)?;
    let domains = report::readiness(&desk, &desk.scored(View::Entity)?).domains;
    let org = format!("/o/{}", guest.org());
    let page = Executive {
        base: format!("{org}/a/{assessment}"),
        readiness: Readiness { assessment: (assessment.clone(), String::new()), ..known.readiness.clone() },
        days: known.days.clone(),
        posture,
        hipaa: hipaa(&house, &guest, &assessment, &desk, &looked)?,
        below: domains
            .into_iter()
            .filter(|d| d.reach != Reach::Reached)
            .map(|d| (d.number, d.title, d.score, d.unanswered))
            .collect(),
        org,
    };
    let around = frame_at(&house, &guest, ("In short", "executive", &assessment), (revision, desk.at));
    Ok(Html(framed(&around, &pages::executive(&page)).into_string()))
}

/// The infrastructure in a few numbers, and what it shows policy by policy. What a stale source said does not count.
async fn posture(
    house: &Arc<House>,
    sources: Vec<Stand>,
    now: Timestamp,
) -> Result<(Option<Posture>, Looked), Problem> {
    let house = Arc::clone(house);
    let worked = tokio::task::spawn_blocking(move || {
        let (mut severe, mut all) = (0_usize, Tally::default());
        for stand in sources.iter().filter(|stand| stand.counts()) {
            let Some(view) = stand.view(&house)? else { continue };
            all = all.and(stand.said(now).0);
            let bad = |verdict: Verdict, severity: Severity| verdict == Verdict::Fail && severity >= Severity::High;
            severe = severe.saturating_add(view.findings.iter().filter(|f| bad(f.verdict, f.severity)).count());
        }
        let whole = sources.iter().filter(|stand| stand.is_whole()).count();
        let posture = Posture { severe, counts: (all.fail, all.untold()), sources: (sources.len(), whole) };
        Ok((Some(posture), watch(&house, &sources, now)?))
    });
    worked.await.map_err(Problem::internal)?.map_err(broken)
}

/// The Security Rule's two scores, for who may read HIPAA's records.
fn hipaa(
    house: &House,
    guest: &Guest,
    assessment: &str,
    desk: &Desk,
    looked: &Looked,
) -> Result<Option<Hipaa>, Problem> {
    let Some(id) = crate::api::assessment_id(assessment) else { return Ok(None) };
    let about = Circumstance::of_assessment(guest.caller.tenant(), id);
    if !guest.may(house, Action::Read, ResourceKind::HipaaRecord, &about) {
        return Ok(None);
    }
    let registers = Registers::read(&desk.folder, &desk.library, desk.at)?;
    let judge = house.judge().map_err(broken)?;
    let known = now::hipaa(&registers, looked.infrastructure(&judge));
    let due = registers.incidents().iter().filter_map(attesta_hipaa::IncidentReport::next_due).min();
    Ok(Some(Hipaa {
        required: (known.met, known.required.0.into(), known.required.1.into()),
        addressable: known.addressable.2.map(u64::from),
        violated: known.violated,
        settings: known.settings,
        next_due: due.map(|day| day.to_string()).unwrap_or_default(),
    }))
}

/// The list of documents.
pub(crate) async fn index(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment)): Named<(String, String)>,
) -> Page {
    let (desk, _, revision) = opened(&house, &guest, &assessment).await?;
    let base = format!("/o/{}/a/{assessment}", guest.org());
    let what = About::of(&desk, "", "", String::new(), None).what;
    let main = pages::index(&base, &what, press::SETS);
    let around = frame_at(&house, &guest, ("Reports", "reports", &assessment), (revision, desk.at));
    Ok(Html(framed(&around, &main).into_string()))
}

/// A document, as a page or as PDF.
pub(crate) async fn document(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment, name)): Named<(String, String, String)>,
) -> Result<Response, Refused> {
    let (document, pdf) = match name.strip_suffix(".pdf") {
        Some(name) => (name, true),
        None => (name.as_str(), false),
    };
    let document: Document = document.parse().map_err(Problem::from)?;
    let (desk, checkpoint, revision) = opened(&house, &guest, &assessment).await?;
    let about = press::about(&house, &guest.organisation, &assessment, &desk, checkpoint);
    if pdf {
        return Ok(press::answer(&desk, document, about).await?);
    }
    let head = head(&guest, &about, Some(document));
    let paper = report::Paper::of(&desk, document, about).map_err(Problem::from)?;
    let main = page(&head, paper.body);
    // The document names the checkpoint that was read with it.
    let around = frame_at(&house, &guest, (paper.title, "reports", &assessment), (revision, desk.at));
    Ok(Html(framed(&Frame { ledger: None, ..around }, &main).into_string()).into_response())
}

fn page(head: &Head, body: report::Body) -> Markup {
    match body {
        report::Body::Readiness(it) => pages::readiness(
            head,
            &ReadinessPaper {
                sentence: it.sentence,
                says: it.says,
                domains: it.domains.into_iter().map(domain).collect(),
                caps: it.caps.into_iter().map(|c| (c.requirement, c.title, c.domain, c.score)).collect(),
                basis: it.basis.to_owned(),
                unconfirmed: it.unconfirmed,
            },
        ),
        report::Body::Gaps(it) => {
            let lines: Vec<GapLine> = it
                .plans
                .into_iter()
                .map(|g| gap(g, true))
                .chain(it.others.into_iter().map(|g| gap(g, false)))
                .collect();
            pages::gaps(head, &it.sentence, &it.says, &lines)
        }
        report::Body::Scope(it) => {
            let report::Scope { description, data, systems, facilities, providers, flows } = it;
            pages::scope(head, &Scope { description, data, systems, facilities, providers, flows })
        }
        report::Body::Letter(it) => {
            let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
            let letter = Letter {
                note: it.note.to_owned(),
                to: words(&it.to),
                opening: it.opening,
                clauses: it.clauses,
                signatures: words(&it.signatures),
            };
            pages::letter(head, &letter)
        }
    }
}

fn domain(it: report::DomainLine) -> DomainLine {
    let reach = match it.reach {
        Reach::Reached => (Tone::Good, "reached"),
        Reach::Below => (Tone::Bad, "below"),
        Reach::NotKnown => (Tone::Unknown, "not known yet"),
        Reach::NotAnswered => (Tone::Unknown, "not answered"),
    };
    DomainLine { number: it.number, title: it.title, score: it.score, reach, unanswered: it.unanswered }
}

fn gap(gap: report::GapLine, plan: bool) -> GapLine {
    GapLine {
        requirement: (gap.requirement, gap.title),
        domain: (gap.domain, gap.domain_passes),
        score: gap.score,
        plan,
        below: gap.below.join(", "),
        unmet: gap.unmet,
    }
}

/// Everything as a workbook, a sheet each.
pub(crate) async fn workbook(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment)): Named<(String, String)>,
) -> Result<Response, Refused> {
    // Whoever takes all of it away exports it.
    let circumstance = deed::facts(&house, &guest.caller, &assessment).await?;
    let now = house.clock.now();
    let _ = authorise(&guest.caller.principal, Action::Export, ResourceKind::Assessment, &circumstance, now)
        .map_err(Problem::from)?;
    let (desk, checkpoint, _) = opened(&house, &guest, &assessment).await?;
    let head = head(&guest, &press::about(&house, &guest.organisation, &assessment, &desk, checkpoint), None);
    let about = vec![
        ("organisation".to_owned(), head.organisation),
        ("assessment".to_owned(), head.assessment.0),
        ("what".to_owned(), head.assessment.1),
        ("day".to_owned(), head.at),
        ("made".to_owned(), head.checkpoint.2),
        ("ledger leaves".to_owned(), head.checkpoint.0),
        ("ledger root".to_owned(), head.checkpoint.1),
    ];
    let made = tokio::task::spawn_blocking(move || export::workbook(&desk, &about));
    let bytes = made.await.map_err(Problem::internal)?.map_err(Problem::from)?;
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"assessment.xlsx\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, bytes).into_response())
}
