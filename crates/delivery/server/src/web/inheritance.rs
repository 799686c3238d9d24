//! Inheritance and shared responsibility of an assessment.

use std::{collections::BTreeMap, sync::Arc};

use attesta_access::{Action, Circumstance, ResourceKind};
use attesta_assessment::{Inheritable, RequestState, Responsibility};
use attesta_desk::{
    Desk, Failure, inherit,
    points::shown,
    shared::{self, Shared},
};
use attesta_pages::{
    page as framed,
    rooms::inheritance::{self as pages, Element, Inheritance, Request, Row, Source, View},
};
use attesta_workspace::REQUESTS;
use axum::{extract::State, response::Html};
use serde::Deserialize;

use super::{Guest, Page, frame_at};
use crate::{
    House,
    api::assessments,
    deed,
    sent::{Asked, Named},
};

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    view: String,
    matrix: String,
    only: String,
}

/// The page.
pub(crate) async fn page(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment)): Named<(String, String)>,
    Asked(wanted): Asked<Wanted>,
) -> Page {
    let seen = deed::look(&house, &guest.caller, &assessment, ResourceKind::InheritanceRequest).await?;
    let circumstance = Circumstance {
        stage: assessments::stage_of(&seen.desk).ok(),
        ..Circumstance::of_assessment(guest.caller.tenant(), assessments::id(&assessment)?)
    };
    let may = guest.may(&house, Action::Create, ResourceKind::InheritanceRequest, &circumstance);
    let role = guest.role.to_string().replace('-', " ");
    let closed = match (may, guest.role.side()) {
        (true, _) => String::new(),
        (false, attesta_access::Side::Entity) => {
            format!("as the assessment stands, or as {role}, it is read")
        }
        (false, _) => format!("a {role} reads it; the entity asks"),
    };
    let etag = seen.of(REQUESTS);
    let place = (guest.org(), assessment.clone());
    let main = deed::worked(&seen, move |desk| {
        let page = told(desk, &wanted)?;
        Ok(pages::page(&Inheritance { place, etag, closed, ..page }))
    })
    .await?;
    let around = frame_at(&house, &guest, ("Inheritance", "inheritance", &assessment), (seen.revision, seen.desk.at));
    Ok(Html(framed(&around, &main).into_string()))
}

fn told(desk: &Desk, wanted: &Wanted) -> Result<Inheritance, Failure> {
    let table = shared::shared(desk, Some(wanted.matrix.as_str()).filter(|id| !id.is_empty()))?;
    let header = &desk.dossier.assessment.value;
    let register = &desk.dossier.inheritance;
    let inheritable = |which| table.rows.iter().filter(|row| row.inheritable == which).count();
    let elements = |whose| table.rows.iter().map(|row| row.of(whose)).sum();
    let matrix = table.known.iter().find(|m| m.id == table.shown);
    let notice = matrix.map(|m| format!("{} ({}: {})", m.notice, m.provenance.confidence, m.provenance.source));
    let view = match wanted.view.as_str() {
        "requests" => View::Requests(sources(desk)),
        "mine" => {
            let tailored = desk.tailored()?;
            let own = inherit::still_own(desk, &tailored, &[])?;
            let rows = own.mine.iter().map(|m| {
                let whose = if m.responsibility == "shared" { "shared" } else { "customer" };
                (m.requirement.to_owned(), m.element, whose, m.text.to_owned())
            });
            View::Mine(rows.collect(), own.elements)
        }
        "effect" => {
            let effect = inherit::effect(desk)?;
            let rows =
                effect.domains.iter().map(|d| (d.domain, d.title.to_owned(), shown(d.without.0), shown(d.with.0)));
            View::Effect(rows.collect(), (effect.verdict_without, effect.verdict_with))
        }
        _ => View::Matrix(table.rows.iter().filter(|row| wanted.passes(row)).map(row).collect()),
    };
    let title = |id: &attesta_assessment::SourceId| {
        register.sources.get(id).map_or_else(|| id.to_string(), |s| s.value.title.clone())
    };
    let Shared { known, shown, sources, .. } = &table;
    Ok(Inheritance {
        place: Default::default(),
        what: format!("{}, {} {}", header.title, header.program, header.purpose),
        matrices: known.iter().map(|m| (m.id.to_string(), m.title.clone(), m.id == *shown)).collect(),
        notice: notice.unwrap_or_default(),
        only: wanted.only.clone(),
        counts: (inheritable(Inheritable::Fully), inheritable(Inheritable::Partially), inheritable(Inheritable::Not)),
        elements: (
            elements(Responsibility::Provider),
            elements(Responsibility::Shared),
            elements(Responsibility::Customer),
        ),
        sources: sources.iter().map(|id| (id.to_string(), title(id))).collect(),
        people: shared::providers_people(desk),
        closed: String::new(),
        etag: 0,
        view,
    })
}

/// Whether it can be asked for: the matrix lets it be inherited, a source has a result, and no request is on its way.
fn open(row: &shared::Row) -> bool {
    let over = row
        .request
        .as_ref()
        .is_none_or(|r| matches!(r.state, RequestState::Rejected { .. } | RequestState::Withdrawn { .. }));
    row.inheritable != Inheritable::Not && row.result && over
}

impl Wanted {
    fn passes(&self, row: &shared::Row) -> bool {
        match self.only.as_str() {
            "inheritable" => row.inheritable != Inheritable::Not,
            "ask" => open(row),
            "asked" => row.request.is_some(),
            "shared" => row.of(Responsibility::Shared) > 0,
            "ours" => row.inheritable == Inheritable::Not,
            _ => true,
        }
    }
}

fn row(row: &shared::Row) -> Row {
    Row {
        requirement: (row.requirement.to_string(), row.title.clone()),
        domain: row.domain,
        counts: (row.of(Responsibility::Provider), row.of(Responsibility::Shared), row.of(Responsibility::Customer)),
        inheritable: row.inheritable.as_str(),
        weights: (row.suggested.to_string(), row.most.to_string()),
        elements: row
            .elements
            .iter()
            .map(|e| Element { number: e.number, text: e.text.clone(), whose: e.whose.as_str() })
            .collect(),
        notes: row.notes.clone(),
        request: row.request.as_ref().map(|r| (r.state.to_string(), r.weight.to_string())),
        open: open(row),
    }
}

fn sources(desk: &Desk) -> Vec<Source> {
    let register = &desk.dossier.inheritance;
    let acts = shared::acts(desk);
    let titles: BTreeMap<&str, &str> =
        desk.dossier.packs.iter().flat_map(|p| &p.requirements).map(|r| (r.id.as_str(), r.title.as_str())).collect();
    let people = |id: &attesta_assessment::PersonId| {
        desk.dossier.people.get(id).map_or_else(|| id.to_string(), |p| p.value.name.clone())
    };
    let request = |r: &attesta_assessment::Request| Request {
        requirement: (
            r.requirement.to_string(),
            titles.get(r.requirement.as_str()).copied().unwrap_or_default().to_owned(),
        ),
        weight: r.weight.to_string(),
        state: r.state.as_str(),
        since: r.state.since().map(|d| d.to_string()).unwrap_or_default(),
        by: match &r.state {
            RequestState::Draft => String::new(),
            RequestState::Submitted { by, .. }
            | RequestState::Approved { by, .. }
            | RequestState::Applied { by, .. } => people(by),
            RequestState::Rejected { by, because, .. } | RequestState::Withdrawn { by, because, .. } => {
                format!("{}: {because}", people(by))
            }
        },
    };
    let rows = inherit::list(desk).sources;
    register
        .sources
        .iter()
        .map(|(id, source)| Source {
            name: (id.to_string(), source.value.title.clone()),
            what: format!("{} {}, {}", source.value.relation, source.value.program, source.value.state),
            because: rows.iter().find(|r| r.id == id.as_str()).and_then(|r| r.because.clone()),
            acts: acts.get(id).cloned().unwrap_or_default(),
            requests: register.requests.iter().filter(|r| r.value.source == *id).map(|r| request(&r.value)).collect(),
        })
        .collect()
}
