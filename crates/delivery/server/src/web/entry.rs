//! Before the rooms.

use std::sync::Arc;

use attesta_pages::{
    Frame, Visitor, page,
    rooms::{
        account,
        entry::{self, Belongs},
    },
};
use axum::{
    extract::{FromRequestParts as _, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use serde::Deserialize;

use super::{Page, Refused, evidence::minute, guest::theme, stranger};
use crate::{
    House, api,
    caller::SignedIn,
    entry::ours,
    problem::Problem,
    sent::{Asked, Named},
};

pub(super) fn alone(title: &str, visitor: Visitor, main: &attesta_pages::Markup) -> Html<String> {
    let frame = Frame { title: title.to_owned(), visitor, ..Frame::default() };
    Html(page(&frame, main).into_string())
}

/// The front door: to the first page, to signing in, or to the organisation that one belongs to.
pub(crate) async fn begin(State(house): State<Arc<House>>, request: Request) -> Result<Response, Refused> {
    let to = |place: String| (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response();
    if !house.store.house_room().await?.has_accounts().await? {
        return Ok(to("/first".to_owned()));
    }
    let (mut parts, _) = request.into_parts();
    let Ok(signed_in) = SignedIn::from_request_parts(&mut parts, &house).await else {
        return Ok(to(if house.config.demo { "/demo" } else { "/sign-in" }.to_owned()));
    };
    let belongs = house.store.house_room().await?.memberships(&signed_in.account.to_string()).await?;
    Ok(match belongs.as_slice() {
        [one] => to(format!("/o/{}", one.tenant)),
        _ => to("/organisations".to_owned()),
    })
}

/// Where the first owner begins.
pub(crate) async fn first(State(house): State<Arc<House>>, headers: HeaderMap) -> Page {
    let open = !house.store.house_room().await?.has_accounts().await?;
    Ok(alone("Begin", stranger(&headers), &entry::first(open)))
}

/// Where somebody goes after signing in.
#[derive(Debug, Deserialize)]
pub(crate) struct Then {
    #[serde(default)]
    to: String,
    #[serde(default)]
    welcome: String,
    /// What a provider said when it did not let somebody in.
    #[serde(default)]
    problem: String,
}

/// Signing in.
pub(crate) async fn sign_in(State(house): State<Arc<House>>, headers: HeaderMap, Asked(then): Asked<Then>) -> Page {
    let main = entry::sign_in(
        ours(&then.to),
        !then.welcome.is_empty(),
        house.config.demo,
        &then.problem,
        &house.providers.all(),
    );
    Ok(alone("Sign in", stranger(&headers), &main))
}

/// Joining by an invitation.
pub(crate) async fn join(State(house): State<Arc<House>>, headers: HeaderMap) -> Page {
    Ok(alone("Join", stranger(&headers), &entry::join(&house.providers.all())))
}

/// The organisations that one belongs to.
pub(crate) async fn organisations(State(house): State<Arc<House>>, request: Request) -> Page {
    let uri = request.uri().clone();
    let (mut parts, _) = request.into_parts();
    let signed_in = SignedIn::from_request_parts(&mut parts, &house).await;
    let signed_in = signed_in.map_err(|problem| Refused::from(problem).on_the_way_to(&uri))?;
    let rows = house.store.house_room().await?.memberships(&signed_in.account.to_string()).await?;
    let belongs: Vec<Belongs> = rows
        .into_iter()
        .map(|row| Belongs {
            id: row.tenant,
            name: row.name,
            kind: row.kind.replace('-', " "),
            role: row.role.replace('-', " "),
        })
        .collect();
    let visitor =
        Visitor { name: signed_in.name, csrf: signed_in.csrf, theme: theme(&parts.headers), demo: house.config.demo };
    Ok(alone("Your organisations", visitor, &entry::organisations(&belongs)))
}

/// One's own account.
pub(crate) async fn account(State(house): State<Arc<House>>, request: Request) -> Page {
    let uri = request.uri().clone();
    let (mut parts, _) = request.into_parts();
    let signed = SignedIn::from_request_parts(&mut parts, &house).await;
    let signed = signed.map_err(|problem| Refused::from(problem).on_the_way_to(&uri))?;
    let own = api::account::read(State(Arc::clone(&house)), signed.clone()).await?.0;
    let sessions = api::account::sessions(State(Arc::clone(&house)), signed.clone()).await?.0;
    let passkeys = api::passkeys::list(State(Arc::clone(&house)), signed.clone()).await?.0;
    let offered = house.providers.all();
    let linked = if offered.is_empty() {
        Vec::new()
    } else {
        api::providers::linked(State(Arc::clone(&house)), signed.clone()).await?.0
    };
    let main = account::page(&account::Account {
        providers: offered
            .into_iter()
            .map(|(name, title)| account::Provider {
                linked: linked.iter().find(|l| l.provider == name).map(|l| l.subject.clone()),
                name,
                title,
            })
            .collect(),
        name: own.name,
        email: own.email,
        password: own.password,
        app: own.app,
        recovery_codes: own.recovery_codes,
        passkeys: passkeys
            .into_iter()
            .map(|key| account::Passkey {
                id: key.id,
                name: key.name,
                made: minute(key.made),
                used: key.used.map(minute).unwrap_or_default(),
            })
            .collect(),
        sessions: sessions
            .into_iter()
            .map(|s| account::Session { id: s.id, this: s.this, seen: minute(s.seen), from: s.from, agent: s.agent })
            .collect(),
    });
    let (name, csrf, theme) = (signed.name, signed.csrf, theme(&parts.headers));
    Ok(alone("Your account", Visitor { name, csrf, theme, demo: house.config.demo }, &main))
}

/// What the field's words mean; for everybody.
pub(crate) async fn words(headers: HeaderMap) -> Page {
    let frame = Frame { title: "Words".to_owned(), visitor: stranger(&headers), ..Frame::default() };
    Ok(Html(page(&frame, &attesta_pages::words::page()).into_string()))
}

/// What somebody of the demo sees, by role.
const SEES: [(&str, &str); 7] = [
    ("owner", "everything, and keeps the house: people, tokens, the log"),
    ("compliance-lead", "the whole assessment: answers, evidence, gaps, plans"),
    ("control-owner", "the controls and tasks that are theirs"),
    ("executive-reader", "how far it is and what it costs, and changes nothing"),
    ("external-assessor", "what the entity handed over, and their own column"),
    ("assessor-lead", "the engagement: requests, validation, hand-offs"),
    ("qa-reviewer", "the assessor's work before HITRUST sees it"),
];

/// The demo's door.
pub(crate) async fn demo(State(house): State<Arc<House>>, headers: HeaderMap) -> Page {
    let people = demo_people(&house).await?;
    Ok(alone("Demo", stranger(&headers), &entry::demo(&people)))
}

async fn demo_people(house: &House) -> Result<Vec<entry::Character>, Problem> {
    if !house.config.demo {
        return Err(Problem::not_found("there is nothing at this address"));
    }
    let mut people = Vec::new();
    let mut room = house.store.house_room().await?;
    for (slug, role) in crate::demo::CAST {
        let Some(account) = room.account_of(&crate::demo::address(slug)).await? else { continue };
        let sees = SEES.iter().find(|(word, _)| *word == role).map_or("", |(_, sees)| sees);
        let role = role.replace('-', " ");
        people.push(entry::Character { slug: slug.to_owned(), name: account.name, role, sees });
    }
    Ok(people)
}

/// Walks in as somebody of the demo.
pub(crate) async fn walk_in(
    State(house): State<Arc<House>>,
    headers: HeaderMap,
    Named(slug): Named<String>,
) -> Result<Response, Refused> {
    // Another site's page may not choose who one is.
    let site = headers.get("sec-fetch-site").and_then(|v| v.to_str().ok()).unwrap_or("same-origin");
    if !["same-origin", "none"].contains(&site) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "csrf", "another site sent this").into());
    }
    let secret = crate::demo::walk_in(&house, &slug).await?;
    let cookie = crate::entry::cookie(&house, secret.reveal(), None)?;
    Ok((StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie), (header::LOCATION, HeaderValue::from_static("/"))])
        .into_response())
}
