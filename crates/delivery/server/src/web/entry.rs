//! Before the rooms.

use std::sync::Arc;

use attesta_pages::{
    Frame, Visitor, page,
    rooms::entry::{self, Belongs},
};
use axum::{
    extract::{FromRequestParts as _, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use serde::Deserialize;

use super::{Page, Refused, guest::theme, ours, stranger};
use crate::{House, caller::SignedIn, sent::Asked};

fn alone(title: &str, visitor: Visitor, main: &attesta_pages::Markup) -> Html<String> {
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
}

/// Signing in.
pub(crate) async fn sign_in(State(house): State<Arc<House>>, headers: HeaderMap, Asked(then): Asked<Then>) -> Page {
    let main = entry::sign_in(ours(&then.to), !then.welcome.is_empty(), house.config.demo);
    Ok(alone("Sign in", stranger(&headers), &main))
}

/// Joining by an invitation.
pub(crate) async fn join(headers: HeaderMap) -> Page {
    Ok(alone("Join", stranger(&headers), &entry::join()))
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
