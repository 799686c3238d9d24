//! The pages: each handler asks for leave, lets a use case tell, and hands what it told to [`attesta_pages`].
//!
//! Nothing is written here. What a page changes goes through the API's addresses, so that people and programs pass one door.

mod actions;
mod ahead;
mod assessor;
mod assets;
mod begin;
mod cloud;
mod drawing;
mod drift;
mod entry;
mod evidence;
mod findings;
mod grid;
mod guest;
mod hipaa;
mod home;
mod inbox;
mod inheritance;
mod keeping;
mod now;
mod overview;
mod policies;
mod reports;
mod requests;
mod requirement;
mod rest;
mod rows;
mod scoping;
mod shared;
mod tasks;
mod trust;
mod upkeep;
mod waivers;

use std::sync::Arc;

use attesta_pages::{Frame, Visitor, rooms::entry::refused};
use axum::{
    Router,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

use crate::{House, problem::Problem};

pub(crate) use guest::{Guest, frame, frame_at};

/// A page, or what stands in its place.
pub(crate) type Page = Result<Html<String>, Refused>;

/// A problem that a person sees.
#[derive(Debug)]
pub(crate) struct Refused(Problem, String);

impl<P: Into<Problem>> From<P> for Refused {
    fn from(problem: P) -> Self {
        Self(problem.into(), String::new())
    }
}

impl Refused {
    /// Where the person wanted to go, so that they get there after signing in.
    pub(crate) fn on_the_way_to(mut self, uri: &Uri) -> Self {
        self.1 = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        self
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(problem, to) = self;
        if problem.code() == "sign-in" {
            let query = if to.is_empty() { String::new() } else { format!("?to={}", escaped(&to)) };
            return (StatusCode::SEE_OTHER, [(header::LOCATION, format!("/sign-in{query}"))]).into_response();
        }
        let status = problem.status();
        let frame = Frame { title: "Not shown".to_owned(), ..Frame::default() };
        let main = refused(status.as_u16(), problem.title(), problem.mend());
        (status, Html(attesta_pages::page(&frame, &main).into_string())).into_response()
    }
}

/// A text as a value in an address.
fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// What is answered at an address that is none: a page to a browser, a problem to programs.
pub(crate) async fn nothing_here(headers: HeaderMap) -> Response {
    let problem = Problem::not_found("there is nothing at this address");
    let browser = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"));
    if browser { Refused::from(problem).into_response() } else { problem.into_response() }
}

/// What is answered to a form that was sent before the page's own code took it: forms speak to the API, and each says `post`,
/// so that what was typed never stands in an address.
async fn too_early() -> Refused {
    let problem =
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "too-early", "the form was sent before its page was ready");
    Refused::from(problem.help("go back: what you typed is still there and nothing was kept; then send it again"))
}

/// A visitor before they signed in.
fn stranger(headers: &HeaderMap) -> Visitor {
    Visitor { theme: guest::theme(headers), ..Visitor::default() }
}

/// The addresses of pages.
pub(crate) fn router(house: Arc<House>) -> Router {
    Router::new()
        .route("/assets/{tag}/{name}", get(assets::asset))
        .route("/favicon.ico", get(assets::icon))
        .route("/", get(entry::begin))
        .route("/first", get(entry::first))
        .route("/sign-in", get(entry::sign_in))
        .route("/demo", get(entry::demo))
        .route("/demo/as/{slug}", axum::routing::post(entry::walk_in))
        .route("/join", get(entry::join))
        .route("/words", get(entry::words))
        .route("/account", get(entry::account))
        .route("/organisations", get(entry::organisations))
        .route("/o/{org}", get(home::page))
        .route("/o/{org}/assessments", get(home::assessments))
        .route("/trust/{page}", get(trust::public))
        .route("/trust/{page}/badge.svg", get(trust::badge))
        .route("/shared", get(shared::page))
        .route("/verify", get(trust::verify))
        .route("/o/{org}/trust", get(trust::room))
        .route("/o/{org}/trust/preview", get(trust::preview))
        .route("/o/{org}/new", get(begin::page))
        .route("/o/{org}/inbox", get(inbox::page))
        .route("/o/{org}/evidence", get(evidence::library))
        .route("/o/{org}/evidence/{evidence}", get(evidence::piece))
        .route("/o/{org}/requests", get(requests::list))
        .route("/o/{org}/requests/{request}", get(requests::one))
        .route("/o/{org}/tasks", get(tasks::list))
        .route("/o/{org}/cloud", get(cloud::page))
        .route("/o/{org}/cloud/sources/{source}", get(cloud::source))
        .route("/o/{org}/cloud/findings", get(findings::list))
        .route("/o/{org}/cloud/findings/{finding}", get(findings::one))
        .route("/o/{org}/cloud/resources", get(findings::resources))
        .route("/o/{org}/cloud/drift", get(drift::page))
        .route("/o/{org}/cloud/waivers", get(waivers::page))
        .route("/o/{org}/cloud/policies", get(policies::list))
        .route("/o/{org}/cloud/policies/{policy}", get(policies::one))
        .route("/o/{org}/people", get(keeping::people))
        .route("/o/{org}/people/{account}", get(upkeep::member))
        .route("/o/{org}/health", get(upkeep::health))
        .route("/o/{org}/retention", get(upkeep::retention))
        .route("/o/{org}/tokens", get(keeping::tokens))
        .route("/o/{org}/trail", get(keeping::trail))
        .route("/o/{org}/jobs", get(keeping::jobs))
        .route("/o/{org}/webhooks", get(keeping::webhooks))
        .route("/o/{org}/a/{assessment}/scoping", get(scoping::page))
        .route("/o/{org}/a/{assessment}/inheritance", get(inheritance::page))
        .route("/o/{org}/a/{assessment}/gaps", get(ahead::gaps))
        .route("/o/{org}/a/{assessment}/actions", get(actions::page))
        .route("/o/{org}/a/{assessment}/testing", get(assessor::testing))
        .route("/o/{org}/a/{assessment}/samples", get(assessor::samples))
        .route("/o/{org}/a/{assessment}/samples/{sample}", get(assessor::sample))
        .route("/o/{org}/a/{assessment}/quality", get(assessor::quality))
        .route("/o/{org}/a/{assessment}/phase", get(assessor::phase))
        .route("/o/{org}/a/{assessment}/plan", get(ahead::shortest))
        .route("/o/{org}/a/{assessment}/calendar", get(ahead::days))
        .route("/o/{org}/a/{assessment}/in-short", get(reports::executive))
        .route("/o/{org}/a/{assessment}/reports", get(reports::index))
        .route("/o/{org}/a/{assessment}/reports/{report}", get(reports::document))
        .route("/o/{org}/a/{assessment}/hipaa", get(hipaa::status))
        .route("/o/{org}/a/{assessment}/hipaa/{register}", get(hipaa::register))
        .route("/o/{org}/a/{assessment}", get(overview::page))
        .route("/o/{org}/a/{assessment}/requirements", get(grid::page))
        .route("/o/{org}/a/{assessment}/requirements/rows", get(rows::rows))
        .route("/o/{org}/a/{assessment}/requirements/{requirement}", get(requirement::page))
        // Pages and what they refer to; the API's answers and evidence travel as they are.
        .layer(tower_http::compression::CompressionLayer::new())
        .route("/o/{org}/evidence/{evidence}/bytes", get(evidence::bytes))
        .route("/o/{org}/a/{assessment}/reports/workbook.xlsx", get(reports::workbook))
        .method_not_allowed_fallback(too_early)
        .with_state(house)
}
