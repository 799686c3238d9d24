//! The REST API under `/api/v1`; its description is made from these handlers.

pub(crate) mod account;
mod accounts;
mod actions;
pub(crate) mod assessments;
pub(crate) mod assignments;
mod comments;
pub(crate) mod described;
mod documents;
mod events;
pub(crate) mod evidence;
mod evidence_changes;
mod first;
pub(crate) mod guests;
mod happenings;
mod health;
mod hipaa;
mod hipaa_records;
mod hipaa_risks;
mod imports;
pub(crate) mod inbox;
mod inheritance;
pub(crate) mod jobs;
mod notifications;
pub(crate) mod organisations;
pub(crate) mod papers;
pub(crate) mod passkeys;
pub(crate) mod people;
mod phases;
mod plan;
pub(crate) mod posture;
mod proofs;
mod proposals;
pub(crate) mod providers;
mod quality;
pub(crate) mod reports;
pub(crate) mod requests;
pub(crate) mod responses;
mod runs;
mod samples;
mod scope;
mod session;
pub(crate) mod share_links;
pub(crate) mod sign_ins;
mod sources;
pub(crate) mod tasks;
pub(crate) mod tokens;
mod trail;
pub(crate) mod trust;
pub(crate) mod uploads;
mod waivers;
pub(crate) mod webhooks;

use std::sync::Arc;

use axum::Router;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use accounts::words;
pub(crate) use uploads::drop_bytes;

use crate::{House, problem::Problem};

/// An assessment's id, where the text is one.
pub(crate) fn assessment_id(text: &str) -> Option<attesta_access::AssessmentId> {
    text.parse().ok()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Attesta",
        description = "Everything that Attesta does, for programs. Errors are `application/problem+json` with codes that \
            stay; changes want `If-Match` where a thing has a revision, and may carry an `Idempotency-Key`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(crate::problem::Body)),
    tags(
        (name = "identity", description = "Signing in, one's own sessions"),
        (name = "organisations", description = "Organisations, their people and tokens"),
        (name = "assessments", description = "Assessments and what they say"),
        (name = "work", description = "Tasks, comments, and what the assessor asks of the entity"),
        (name = "reports", description = "What follows from an assessment"),
        (name = "evidence", description = "Evidence, its bytes and its proofs"),
        (name = "sources", description = "What is watched, its runs, and how it stands"),
        (name = "ledger", description = "What happened, and its proof"),
        (name = "sharing", description = "Share links: what a customer sees without an account"),
        (name = "operations", description = "Health"),
    )
)]
struct Described;

fn routes() -> OpenApiRouter<Arc<House>> {
    OpenApiRouter::with_openapi(Described::openapi())
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(first::first))
        .routes(routes!(session::sign_in, session::whoami, session::sign_out))
        .routes(routes!(session::confirm))
        .routes(routes!(account::read))
        .routes(routes!(account::password))
        .routes(routes!(account::begin_app, account::remove_app))
        .routes(routes!(account::confirm_app))
        .routes(routes!(account::recovery_codes))
        .routes(routes!(account::sessions, account::end_others))
        .routes(routes!(account::end_session))
        .routes(routes!(passkeys::make, passkeys::list))
        .routes(routes!(passkeys::begin))
        .routes(routes!(passkeys::remove))
        .routes(routes!(passkeys::begin_sign_in))
        .routes(routes!(passkeys::sign_in))
        .routes(routes!(passkeys::begin_confirm))
        .routes(routes!(passkeys::confirm))
        .routes(routes!(providers::offered))
        .routes(routes!(providers::start, providers::start_invited))
        .routes(routes!(providers::callback))
        .routes(routes!(providers::linked))
        .routes(routes!(providers::link, providers::unlink))
        .routes(routes!(notifications::read, notifications::change))
        .routes(routes!(people::accept_mine))
        .routes(routes!(sign_ins::read))
        .routes(routes!(sign_ins::end_sessions))
        .routes(routes!(sign_ins::end_lockout))
        .routes(routes!(sign_ins::lockouts))
        .routes(routes!(share_links::create, share_links::list))
        .routes(routes!(share_links::revoke))
        .routes(routes!(guests::open))
        .routes(routes!(guests::shown, guests::close))
        .routes(routes!(guests::one))
        .routes(routes!(guests::content))
        .routes(routes!(guests::proof))
        .routes(routes!(trust::read, trust::write))
        .routes(routes!(trust::publish, trust::unpublish))
        .routes(routes!(trust::ask))
        .routes(routes!(trust::requests))
        .routes(routes!(trust::grant))
        .routes(routes!(trust::refuse))
        .routes(routes!(organisations::create))
        .routes(routes!(organisations::read, organisations::change))
        .routes(routes!(people::list))
        .routes(routes!(people::change, people::remove))
        .routes(routes!(people::invite, people::invitations))
        .routes(routes!(people::revoke))
        .routes(routes!(people::accept))
        .routes(routes!(tokens::make, tokens::list))
        .routes(routes!(tokens::revoke))
        .routes(routes!(assessments::create, assessments::list))
        .routes(routes!(assessments::read, assessments::change))
        .routes(routes!(documents::list))
        .routes(routes!(documents::read, documents::write, documents::remove))
        .routes(routes!(documents::past))
        .routes(routes!(responses::list, responses::bulk))
        .routes(routes!(responses::read, responses::write))
        .routes(routes!(assignments::assign))
        .routes(routes!(responses::bulk_results))
        .routes(routes!(responses::read_result, responses::write_result))
        .routes(routes!(reports::score))
        .routes(routes!(tasks::create, tasks::list))
        .routes(routes!(tasks::bulk))
        .routes(routes!(tasks::read, tasks::change, tasks::remove))
        .routes(routes!(comments::create, comments::list))
        .routes(routes!(comments::read, comments::change, comments::remove))
        .routes(routes!(requests::create, requests::list))
        .routes(routes!(requests::read, requests::change))
        .routes(routes!(requests::answer))
        .routes(routes!(requests::decide))
        .routes(routes!(reports::gaps))
        .routes(routes!(papers::read))
        .routes(routes!(reports::explain))
        .routes(routes!(reports::tailoring))
        .routes(routes!(reports::what_if))
        .routes(routes!(phases::read, phases::act))
        .routes(routes!(phases::needs))
        .routes(routes!(inheritance::list, inheritance::request))
        .routes(routes!(inheritance::act))
        .routes(routes!(inheritance::effect))
        .routes(routes!(inheritance::own))
        .routes(routes!(imports::create))
        .routes(routes!(inbox::list))
        .routes(routes!(inbox::read))
        .routes(routes!(inbox::decide))
        .routes(routes!(proposals::list, proposals::create))
        .routes(routes!(proposals::judge))
        .routes(routes!(plan::read))
        .routes(routes!(plan::next))
        .routes(routes!(plan::dates))
        .routes(routes!(plan::recheck))
        .routes(routes!(quality::read))
        .routes(routes!(quality::create))
        .routes(routes!(quality::approve))
        .routes(routes!(quality::refuse))
        .routes(routes!(actions::list, actions::create))
        .routes(routes!(actions::progress))
        .routes(routes!(actions::read, actions::change))
        .routes(routes!(actions::step))
        .routes(routes!(samples::list, samples::create))
        .routes(routes!(samples::read))
        .routes(routes!(samples::lead_sheet))
        .routes(routes!(samples::draw))
        .routes(routes!(samples::replace))
        .routes(routes!(samples::record))
        .routes(routes!(happenings::list))
        .routes(routes!(happenings::security))
        .routes(routes!(happenings::change))
        .routes(routes!(hipaa::read))
        .routes(routes!(hipaa_records::decide))
        .routes(routes!(hipaa_records::agree))
        .routes(routes!(hipaa_records::change_agreement))
        .routes(routes!(hipaa_records::report))
        .routes(routes!(hipaa_records::change_incident))
        .routes(routes!(hipaa_records::notice))
        .routes(routes!(hipaa_risks::add))
        .routes(routes!(hipaa_risks::change))
        .routes(routes!(hipaa_risks::analyse))
        .routes(routes!(hipaa_risks::change_analysis))
        .routes(routes!(scope::read, scope::change))
        .routes(routes!(scope::factors, scope::answer))
        .routes(routes!(scope::preview))
        .routes(routes!(webhooks::create, webhooks::list))
        .routes(routes!(webhooks::read, webhooks::change, webhooks::remove))
        .routes(routes!(webhooks::ping))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::revive))
        .routes(routes!(uploads::begin))
        .routes(routes!(uploads::state, uploads::append, uploads::abandon))
        .routes(routes!(uploads::finish))
        .routes(routes!(evidence::create, evidence::list))
        .routes(routes!(evidence::read))
        .routes(routes!(evidence::content))
        .routes(routes!(evidence::history))
        .routes(routes!(evidence_changes::link, evidence_changes::unlink))
        .routes(routes!(evidence_changes::supersede))
        .routes(routes!(evidence_changes::hold))
        .routes(routes!(evidence_changes::release))
        .routes(routes!(evidence_changes::retire))
        .routes(routes!(proofs::proof))
        .routes(routes!(proofs::proof_file))
        .routes(routes!(proofs::consistency))
        .routes(routes!(trail::list))
        .routes(routes!(trail::log))
        .routes(routes!(trail::tile))
        .routes(routes!(sources::create, sources::list))
        .routes(routes!(sources::read, sources::change, sources::remove))
        .routes(routes!(sources::run))
        .routes(routes!(sources::push))
        .routes(routes!(runs::list))
        .routes(routes!(runs::read))
        .routes(routes!(posture::summary))
        .routes(routes!(posture::findings))
        .routes(routes!(posture::resources))
        .routes(routes!(posture::trend))
        .routes(routes!(runs::timeline))
        .routes(routes!(runs::read_alert))
        .routes(routes!(waivers::create, waivers::list))
        .routes(routes!(waivers::read, waivers::withdraw))
        .routes(routes!(waivers::decide))
        .routes(routes!(events::changes))
}

pub(crate) use notifications::Notices;
pub(crate) use passkeys::party;

/// The router, and what is answered for what it does not know.
pub(crate) fn router(house: Arc<House>) -> Router {
    let (router, described) = routes().split_for_parts();
    let described = Arc::new(plain(described));
    router
        .route(
            "/api/v1/openapi.json",
            axum::routing::get(move || {
                let described = Arc::clone(&described);
                async move { axum::Json((*described).clone()) }
            }),
        )
        .fallback(crate::web::nothing_here)
        .method_not_allowed_fallback(|| async {
            Problem::new(axum::http::StatusCode::METHOD_NOT_ALLOWED, "method", "this address does not take that method")
        })
        .with_state(house)
}

/// The description of the API, as JSON.
pub fn openapi() -> String {
    plain(routes().split_for_parts().1).to_pretty_json().unwrap_or_default()
}

/// The description without the router's mark for the rest of a path, which OpenAPI does not know.
fn plain(mut described: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    let paths = std::mem::take(&mut described.paths.paths);
    described.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    described
}
