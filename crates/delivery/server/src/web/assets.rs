use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};

/// A file that pages refer to; its address changes with the build, so it may be kept for ever.
pub(crate) async fn asset(Path((_, name)): Path<(String, String)>) -> Response {
    given(&name)
}

/// The sign that browsers ask for where no page names one.
pub(crate) async fn icon() -> Response {
    given("icon.svg")
}

fn given(name: &str) -> Response {
    let Some(asset) = attesta_pages::asset(name) else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = asset.text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    response
}
