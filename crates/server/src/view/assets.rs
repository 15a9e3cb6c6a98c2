//! Static files, embedded in the program.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/static"]
struct Assets;

/// A file below `/static/`.
pub(crate) async fn serve_asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    serve_file(&path, &headers)
}

/// A static file with its type, and a tag so that it is sent once. Files whose path carries a version
/// never change.
pub(crate) fn serve_file(path: &str, headers: &HeaderMap) -> Response {
    let Some(file) = Assets::get(path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag =
        file.metadata
            .sha256_hash()
            .iter()
            .take(12)
            .fold(String::from("\""), |mut tag, byte| {
                use std::fmt::Write as _;
                // INVARIANT: writing to a string cannot fail.
                let _ = write!(tag, "{byte:02x}");
                tag
            })
            + "\"";
    let cache = if has_version(path) {
        "public, max-age=31536000, immutable"
    } else {
        "public, no-cache"
    };
    if headers
        .get(IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes())
    {
        return (StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response();
    }
    let answer_headers = [
        (CONTENT_TYPE, content_type(path).to_owned()),
        (CACHE_CONTROL, cache.to_owned()),
        (ETAG, tag),
    ];
    (answer_headers, file.data.into_owned()).into_response()
}

fn has_version(path: &str) -> bool {
    path.split('/').any(|part| {
        let mut numbers = part.split('.');
        numbers.clone().count() == 3
            && numbers.all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_with_a_version_are_kept_for_ever() {
        assert!(has_version("htmx/4.0.1/htmx.min.js"));
        assert!(!has_version("css/base.css"));
        assert!(!has_version("js/sund.min.js"));
    }

    #[test]
    fn unknown_files_and_climbing_paths_are_not_found() {
        for path in ["nothing.css", "../templates/base.html", "/etc/passwd"] {
            assert_eq!(
                serve_file(path, &HeaderMap::new()).status(),
                StatusCode::NOT_FOUND
            );
        }
    }
}
