//! The transparency log's files, as anyone mirrors them: `checkpoint`, `key`, `tile/...` and
//! `openings/...`.

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

use crate::http::{Answer, AppState, PathOf, Problem};

/// What grows: the checkpoint, partial tiles' successors and openings.
const GROWING: &str = "no-cache";
/// A tile never changes once it is there.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

pub(crate) async fn file(
    State(state): State<AppState>,
    PathOf(path): PathOf<String>,
) -> Answer<Response> {
    let bytes = state.app.log_file(&path).ok_or_else(Problem::not_found)?;
    let media_type = match path.as_str() {
        "checkpoint" | "key" => "text/plain; charset=utf-8",
        _ if path.starts_with("openings/") => "application/json",
        _ => "application/octet-stream",
    };
    let cache = if path.starts_with("tile/") {
        IMMUTABLE
    } else {
        GROWING
    };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    Ok(response)
}
