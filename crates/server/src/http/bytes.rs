//! Answers that are files.

use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// A file to keep.
#[derive(Debug)]
pub(crate) struct Download {
    /// Name that the browser proposes.
    pub(crate) file_name: String,
    /// `text/csv; charset=utf-8` and the like.
    pub(crate) media_type: &'static str,
    /// Content.
    pub(crate) bytes: Vec<u8>,
}

/// Answers with a file that no cache keeps.
pub(crate) fn download(file: Download) -> Response {
    let mut response = file.bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let name: String = file
        .file_name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
        .collect();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    response
}
