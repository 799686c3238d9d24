//! Reports as PDF: set on a thread that may block, one at a time, so that a stack of them never holds up the server.

use std::sync::Arc;

use attesta_desk::{
    Desk,
    report::{About, Checkpoint, Document},
};
use axum::response::Response;

use crate::{House, problem::Problem};

/// Whether this server sets PDFs.
pub(crate) const SETS: bool = cfg!(feature = "pdf");

/// What stands on every document of an assessment.
pub(crate) fn about(
    house: &House,
    organisation: &str,
    assessment: &str,
    desk: &Desk,
    checkpoint: Option<Checkpoint>,
) -> About {
    let made = house.clock.now().strftime("%Y-%m-%d %H:%M UTC").to_string();
    About::of(desk, organisation, assessment, made, checkpoint)
}

/// A document as PDF.
#[cfg(feature = "pdf")]
pub(crate) async fn answer(desk: &Arc<Desk>, document: Document, about: About) -> Result<Response, Problem> {
    use axum::{
        http::{StatusCode, header},
        response::IntoResponse as _,
    };

    let busy = || {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "other reports are being set as PDF")
            .help("ask again in a moment")
            .retry_after(10)
    };
    let turn = tokio::time::timeout(LONGEST_WAIT, PRESS.acquire()).await.map_err(|_| busy())?;
    let turn = turn.map_err(Problem::internal)?;
    let desk = Arc::clone(desk);
    let made = tokio::task::spawn_blocking(move || {
        // The turn goes with the work: whoever no longer waits for the answer does not free the press before it is done.
        let _turn = turn;
        attesta_desk::report::pdf(&desk, document, about)
    });
    let bytes = made.await.map_err(Problem::internal)??;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{document}.pdf\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

/// One report is set at a time.
#[cfg(feature = "pdf")]
static PRESS: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(1);
/// So long somebody waits for their turn.
#[cfg(feature = "pdf")]
const LONGEST_WAIT: std::time::Duration = std::time::Duration::from_secs(30);

/// What this server does not do.
#[cfg(not(feature = "pdf"))]
pub(crate) async fn answer(_: &Arc<Desk>, _: Document, _: About) -> Result<Response, Problem> {
    Err(Problem::new(axum::http::StatusCode::NOT_IMPLEMENTED, "no-pdf", "this server was built without PDF")
        .help("print the page of the report with a browser, or build with `--features pdf`"))
}
