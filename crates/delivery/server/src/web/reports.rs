//! One page for the executive reader, and documents to print and to send, each with the ledger's checkpoint that it rests on.

use std::sync::Arc;

use attesta_access::{Action, Circumstance, ResourceKind, authorise};
use attesta_assessment::{Coverage, Environment, Inclusion, View};
use attesta_desk::{Desk, export, gaps, hipaa::Registers, points::shown, score};
use attesta_kernel::Severity;
use attesta_pages::{
    Markup, page as framed,
    rooms::{
        home::Readiness,
        reports::{self as pages, DomainLine, Executive, GapLine, Head, Hipaa, Posture, Scope},
    },
};
use attesta_posture::{Tally, Verdict};
use axum::{
    extract::State,
    http::header,
    response::{Html, IntoResponse as _, Response},
};

use super::{Guest, Page, Refused, evidence::minute, frame, home};
use crate::{House, api::posture::views, deed, problem::Problem, sent::Named};

/// An opened assessment that a visitor reads, and the ledger's checkpoint at that moment.
async fn opened(house: &House, guest: &Guest, assessment: &str) -> Result<(Arc<Desk>, (String, String)), Problem> {
    let (mut room, row) = super::grid::enter(house, guest, assessment).await?;
    let desk = house.desk_at(&mut room, &row.id, row.rev).await?;
    // Origin, size and root stand in the first three lines (C2SP tlog-checkpoint).
    let checkpoint = room.log().await?.checkpoint;
    let mut lines = checkpoint.lines().skip(1);
    let mut next = || lines.next().unwrap_or("none yet").to_owned();
    Ok((desk, (next(), next())))
}

fn what(desk: &Desk) -> String {
    let header = &desk.dossier.assessment.value;
    format!("{} {}, {}", header.program, header.purpose, header.csf)
}

fn head(house: &House, guest: &Guest, desk: &Desk, assessment: &str, checkpoint: (String, String)) -> Head {
    Head {
        base: format!("/o/{}/a/{assessment}/reports", guest.org()),
        organisation: guest.organisation.clone(),
        assessment: (desk.dossier.assessment.value.title.clone(), what(desk)),
        at: desk.at.to_string(),
        checkpoint: (checkpoint.0, checkpoint.1, format!("{} UTC", minute(house.clock.now()))),
    }
}

fn ready(house: &House, guest: &Guest, assessment: &str, desk: &Arc<Desk>) -> Result<Arc<home::Known>, Problem> {
    house.derived(&guest.org(), assessment, desk, home::ready)
}

/// Domains of the entity's own view.
fn domains(desk: &Desk) -> Result<(Vec<DomainLine>, Vec<String>), Problem> {
    let scored = desk.scored(View::Entity)?;
    let report = score::Report::of(desk, &scored);
    let line = |d: &score::DomainRow<'_>| (d.domain, d.title.to_owned(), shown(d.score.0), d.passes, d.unanswered);
    Ok((report.domains.iter().map(line).collect(), report.caps.clone()))
}

/// The executive reader's page.
pub(crate) async fn executive(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment)): Named<(String, String)>,
) -> Page {
    let (desk, checkpoint) = opened(&house, &guest, &assessment).await?;
    let known = ready(&house, &guest, &assessment, &desk)?;
    let (domains, _) = domains(&desk)?;
    let org = format!("/o/{}", guest.org());
    let page = Executive {
        base: format!("{org}/a/{assessment}"),
        readiness: Readiness { assessment: (assessment.clone(), String::new()), ..known.readiness.clone() },
        days: known.days.clone(),
        posture: posture(&house, &guest).await?,
        hipaa: hipaa(&house, &guest, &assessment, &desk)?,
        below: domains.into_iter().filter(|d| !d.3).map(|(n, title, score, _, open)| (n, title, score, open)).collect(),
        org,
    };
    let mut around = frame(&house, &guest, "In short", "executive", &assessment);
    around.rests_on =
        format!("Rests on the ledger's checkpoint of {} leaves, root {}, on {}.", checkpoint.0, checkpoint.1, desk.at);
    Ok(Html(framed(&around, &pages::executive(&page)).into_string()))
}

/// The infrastructure in a few numbers, for who may read its findings. What a stale source said does not count.
async fn posture(house: &Arc<House>, guest: &Guest) -> Result<Option<Posture>, Problem> {
    let inside = Circumstance::within(guest.caller.tenant());
    if !guest.may(house, Action::Read, ResourceKind::Finding, &inside) {
        return Ok(None);
    }
    let now = house.clock.now();
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::Finding, &inside, now)?;
    let sources =
        crate::watching::stands(house, &mut house.store.room(&permit).await?, guest.caller.tenant(), "", now).await?;
    let (mut severe, mut all) = (0_usize, Tally::default());
    for (stand, view) in views(house, &guest.caller, "", now).await? {
        if stand.counts() {
            all = all.and(stand.said(now).0);
            let bad = |verdict: Verdict, severity: Severity| verdict == Verdict::Fail && severity >= Severity::High;
            severe = severe.saturating_add(view.findings.iter().filter(|f| bad(f.verdict, f.severity)).count());
        }
    }
    let whole = sources.iter().filter(|stand| stand.is_whole()).count();
    Ok(Some(Posture { severe, counts: (all.fail, all.untold()), sources: (sources.len(), whole) }))
}

/// The Security Rule's two scores, for who may read HIPAA's records.
fn hipaa(house: &House, guest: &Guest, assessment: &str, desk: &Desk) -> Result<Option<Hipaa>, Problem> {
    let Some(id) = crate::api::assessment_id(assessment) else { return Ok(None) };
    let about = Circumstance::of_assessment(guest.caller.tenant(), id);
    if !guest.may(house, Action::Read, ResourceKind::HipaaRecord, &about) {
        return Ok(None);
    }
    let registers = Registers::read(&desk.folder, &desk.library, desk.at)?;
    let status = serde_json::Value::Object(registers.report("status", false)?);
    let number = |pointer: &str| status.pointer(pointer).and_then(serde_json::Value::as_u64);
    let met = status.pointer("/required/met").and_then(serde_json::Value::as_bool).unwrap_or(false);
    let due = registers.incidents().iter().filter_map(attesta_hipaa::IncidentReport::next_due).min();
    Ok(Some(Hipaa {
        required: (met, number("/required/share/met").unwrap_or(0), number("/required/share/of").unwrap_or(0)),
        addressable: number("/addressable/share/percent"),
        next_due: due.map(|day| day.to_string()).unwrap_or_default(),
    }))
}

/// The list of documents.
pub(crate) async fn index(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment)): Named<(String, String)>,
) -> Page {
    let (desk, _) = opened(&house, &guest, &assessment).await?;
    let base = format!("/o/{}/a/{assessment}", guest.org());
    let main = pages::index(&base, &what(&desk));
    Ok(Html(framed(&frame(&house, &guest, "Reports", "reports", &assessment), &main).into_string()))
}

/// A document.
pub(crate) async fn document(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment, name)): Named<(String, String, String)>,
) -> Page {
    let (desk, checkpoint) = opened(&house, &guest, &assessment).await?;
    let head = head(&house, &guest, &desk, &assessment, checkpoint);
    let (title, main): (&str, Markup) = match name.as_str() {
        "readiness" => {
            let known = ready(&house, &guest, &assessment, &desk)?;
            let (domains, caps) = domains(&desk)?;
            ("Readiness report", pages::readiness(&head, &known.readiness, &domains, &caps))
        }
        "gaps" => {
            let scored = desk.scored(View::Entity)?;
            let lines: Vec<GapLine> = gaps::gaps(&desk, &scored).into_iter().map(gap).collect();
            ("Gap report", pages::gaps(&head, scored.workings.unanswered.len(), &lines))
        }
        "scope" => ("Scope description", pages::scope(&head, &scope(&desk))),
        "letter" => {
            let created = desk.dossier.assessment.value.created.to_string();
            ("Management representation letter", pages::letter(&head, &created, &scope(&desk)))
        }
        _ => return Err(Problem::not_found("there is no such report").into()),
    };
    Ok(Html(framed(&frame(&house, &guest, title, "reports", &assessment), &main).into_string()))
}

fn gap(gap: gaps::Gap) -> GapLine {
    GapLine {
        requirement: (gap.requirement, gap.title),
        domain: (gap.domain, gap.domain_passes),
        score: shown(gap.score.0),
        plan: gap.required_cap,
        below: gap.below.iter().map(|b| format!("{} {}", b.level, shown(b.score.0))).collect::<Vec<_>>().join(", "),
        unmet: gap.unmet.into_iter().map(|u| format!("{}: {}", u.element, u.text)).collect(),
    }
}

fn scope(desk: &Desk) -> Scope {
    let it = &desk.dossier.scope;
    let out = |inclusion: &Inclusion| match inclusion {
        Inclusion::In => String::new(),
        Inclusion::Out { because } => because.clone(),
    };
    let words =
        |words: &std::collections::BTreeSet<Box<str>>| words.iter().map(|w| &**w).collect::<Vec<_>>().join(", ");
    let environment = |environment| match environment {
        Environment::Production => "serves customers or patients",
        Environment::Development => "development and test",
        Environment::BackOffice => "back office",
    };
    let covered = |coverage| match coverage {
        None => "nobody said",
        Some(Coverage::Inheritance) => "its results are inherited",
        Some(Coverage::Report) => "a report is relied upon",
        Some(Coverage::Tested) => "the assessor tests it",
        Some(Coverage::InternalAssessor) => "internal assessors' testing is relied upon",
        Some(Coverage::CarvedOut) => "carved out",
    };
    Scope {
        description: it.description.clone(),
        data: it.data_types.iter().map(ToString::to_string).collect(),
        systems: it
            .systems
            .values()
            .map(|s| &s.value)
            .map(|s| [s.title.clone(), environment(s.environment).to_owned(), words(&s.touches), out(&s.inclusion)])
            .collect(),
        facilities: it
            .facilities
            .values()
            .map(|f| &f.value)
            .map(|f| [f.title.clone(), f.place.clone(), out(&f.inclusion)])
            .collect(),
        providers: it
            .providers
            .values()
            .map(|p| &p.value)
            .map(|p| {
                let ephi = if p.ephi { "touches it" } else { "does not" };
                [p.title.clone(), p.services.join(", "), ephi.to_owned(), covered(p.coverage).to_owned()]
            })
            .collect(),
        flows: it.flows.len(),
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
    let (desk, checkpoint) = opened(&house, &guest, &assessment).await?;
    let head = head(&house, &guest, &desk, &assessment, checkpoint);
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
