//! What a share link shows.

use std::sync::Arc;

use attesta_access::{Item, ResourceKind};
use attesta_assessment::View;
use attesta_desk::{points::shown as points, score};
use attesta_evidence::Status;
use attesta_pages::{
    parts::Tone,
    rooms::shared::{self as pages, Piece, Planned, Report, Shared, Statement},
};
use axum::{
    extract::{FromRequestParts as _, Request, State},
    http::StatusCode,
};

use super::{
    Page,
    entry::alone,
    evidence::{minute, stands},
    stranger,
};
use crate::{
    House,
    api::{evidence, guests},
    problem::Problem,
};

/// The page: what the open link shows, or where one is opened.
pub(crate) async fn page(State(house): State<Arc<House>>, request: Request) -> Page {
    let (mut parts, _) = request.into_parts();
    let visitor = stranger(&parts.headers);
    let guest = match guests::Guest::from_request_parts(&mut parts, &house).await {
        Ok(guest) => guest,
        Err(problem) if problem.status() == StatusCode::TOO_MANY_REQUESTS => return Err(problem.into()),
        // No link is open, or it ended meanwhile.
        Err(problem) => {
            let told =
                if problem.code() == "link" { "The link that was open here does not hold any more." } else { "" };
            return Ok(alone("Shared", visitor, &pages::closed(told)));
        }
    };
    let main = shows(&house, &guest).await?;
    Ok(alone(&format!("Shared by {}", main.organisation), visitor, &pages::open(&main)))
}

async fn shows(house: &House, guest: &guests::Guest) -> Result<Shared, Problem> {
    let mut it = Shared {
        organisation: guests::organisation(house, guest).await?,
        label: guest.label.clone(),
        until: minute(guest.until),
        mark: guest.handed.as_ref().map(|handed| handed.mark()).unwrap_or_default(),
        ..Shared::default()
    };
    for item in &guest.link.link().names {
        match one(house, guest, item, &mut it).await {
            Ok(()) => {}
            Err(problem) if problem.status() == StatusCode::NOT_FOUND => it.gone += 1,
            Err(problem) => return Err(problem),
        }
    }
    Ok(it)
}

async fn one(house: &House, guest: &guests::Guest, item: &Item, it: &mut Shared) -> Result<(), Problem> {
    match item.kind() {
        ResourceKind::Report => {
            let desk = guests::desk_of(house, guest, item.clone()).await?;
            let scored = desk.scored(View::Final)?;
            it.reports.push(report(&score::Report::of(&desk, &scored)));
        }
        ResourceKind::CorrectiveAction => {
            let desk = guests::desk_of(house, guest, item.clone()).await?;
            let header = &desk.dossier.assessment.value;
            let rows = guests::planned(&desk)?.iter().map(planned).collect();
            it.actions.push((format!("{} {}", header.program, header.purpose), rows));
        }
        ResourceKind::Evidence => {
            let row = evidence::seen(house, &guest.caller, item.id()).await?;
            let thing = &row.item.evidence;
            let today = house.clock.today();
            it.pieces.push(Piece {
                id: thing.id.to_string(),
                title: thing.description.title.as_ref().unwrap_or(&thing.file_name).to_string(),
                file: thing.file_name.to_string(),
                bytes: (thing.media_type.to_string(), super::evidence::size(thing.size)),
                stands: Some(stands(&house.rules.standing(&row.item, today), today)),
                marked: guests::is_marked(thing.media_type.as_str()),
                here: !matches!(row.item.status, Status::Retired(_)),
                sha256: thing.digest.to_string(),
            });
        }
        ResourceKind::TrustPage => {
            let told = guests::stated(house, guest, item.clone()).await?;
            let text = |value: &serde_json::Value, name: &str| match value.get(name) {
                Some(serde_json::Value::String(text)) => text.clone(),
                Some(value) => value.to_string(),
                None => String::new(),
            };
            let log = told.get("log").cloned().unwrap_or_default();
            let list = told.get("assessments").and_then(|a| a.as_array()).cloned().unwrap_or_default();
            it.statement = Some(Statement {
                assessments: list
                    .iter()
                    .map(|one| (text(one, "program"), text(one, "phase").replace('-', " ")))
                    .collect(),
                log: (text(&log, "origin"), text(&log, "size"), text(&log, "key")),
            });
        }
        _ => {}
    }
    Ok(())
}

fn report(it: &score::Report<'_>) -> Report {
    let domains = it.domains.iter().map(|domain| {
        let (tone, word) = match (domain.score.0, domain.passes, domain.unanswered) {
            (None, ..) => (Tone::Unknown, "not answered"),
            (_, true, _) => (Tone::Good, "reaches the threshold"),
            (_, false, 0) => (Tone::Bad, "below the threshold"),
            (_, false, _) => (Tone::Unknown, "not all of it is answered"),
        };
        (domain.domain, domain.title.to_owned(), points(domain.score.0), tone, word.to_owned())
    });
    Report {
        what: format!("{} {}", it.kind, it.purpose),
        verdict: attesta_desk::report::sentence(&it.verdict),
        domains: domains.collect(),
        unconfirmed: it.unverified.len(),
    }
}

fn planned(row: &serde_json::Value) -> Planned {
    let text = |name: &str| row.get(name).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    let status = text("status");
    let tone = match status.as_str() {
        "completed" => Tone::Good,
        "at-risk" => Tone::Bad,
        "started" => Tone::Warn,
        _ => Tone::Plain,
    };
    let word = if status.is_empty() { "planned".to_owned() } else { status.replace('-', " ") };
    Planned {
        requirement: text("requirement"),
        weakness: text("weakness"),
        plan: text("plan"),
        due: text("due"),
        stands: Some((tone, word)),
    }
}
