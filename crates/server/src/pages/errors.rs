//! Problems as pages: whoever reads HTML gets a page in the right language, programs keep
//! `application/problem+json`.

use axum::body::to_bytes;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use base::{Entropy as _, SystemEntropy};
use serde_json::{Value, json};

use super::fields::encode;
use super::visit::{Sheet, Visit, language_of};
use crate::http::AppState;

const PROBLEM_BYTES_MAX: usize = 64 * 1024;
const MACHINE_PATHS: [&str; 6] = [
    "/api/", "/log/", "/static/", "/healthz", "/readyz", "/metrics",
];

/// Turns a problem into a page, where a person asked.
pub(crate) async fn in_html(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    if !is_for_people(&request) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let mut seen = Request::new(());
    *seen.method_mut() = parts.method.clone();
    *seen.uri_mut() = parts.uri.clone();
    *seen.headers_mut() = parts.headers.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    let is_problem = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes() == b"application/problem+json");
    let bare = response.status() == StatusCode::METHOD_NOT_ALLOWED;
    if !is_problem && !bare {
        return response;
    }
    let (mut parts, ()) = seen.into_parts();
    let status = response.status();
    let (head, body) = response.into_parts();
    let bytes = to_bytes(body, PROBLEM_BYTES_MAX).await.unwrap_or_default();
    let shown = match Visit::from_request_parts(&mut parts, &state).await {
        Ok(visit) => page_of(&visit, &parts.method, status, &bytes).await,
        Err(_) => None,
    };
    shown.unwrap_or_else(|| Response::from_parts(head, bytes.into()))
}

async fn page_of(
    visit: &Visit,
    method: &Method,
    status: StatusCode,
    problem: &[u8],
) -> Option<Response> {
    let problem: Value = serde_json::from_slice(problem).unwrap_or_default();
    if status == StatusCode::UNAUTHORIZED && method == Method::GET {
        let back = encode(&visit.path_and_query());
        return Some(visit.go(&format!("/log-paa?back={back}")));
    }
    let status = match status {
        StatusCode::METHOD_NOT_ALLOWED => StatusCode::NOT_FOUND,
        other => other,
    };
    let view = view_of(visit, status, problem.get("code").and_then(Value::as_str));
    let sheet = Sheet::new("error.html", view).with_status(status);
    visit.show(sheet).await.ok()
}

fn view_of(visit: &Visit, status: StatusCode, code: Option<&str>) -> Value {
    let code = code.unwrap_or("unknown");
    let what = |class: &str| -> String {
        let own = format!("problem.{code}");
        if visit.has_word(&own) {
            visit.word(&own)
        } else {
            visit.word(&format!("problem.class.{class}"))
        }
    };
    let number = status.as_u16();
    match number {
        401 => json!({ "status": number, "kind": "sign_in", "back": visit.path }),
        403 => json!({
            "status": number,
            "kind": "not_allowed",
            "what": what("forbidden"),
            "rule": visit.word("problem.rule"),
            "who": visit.word("problem.who"),
        }),
        404 => json!({ "status": number, "kind": "not_found" }),
        409 | 412 => json!({
            "status": number,
            "kind": "conflict",
            "what": what("conflict"),
            "versions": [],
            "back": visit.path_and_query(),
        }),
        413 => json!({ "status": number, "kind": "too_large", "what": what("too_large") }),
        429 => json!({ "status": number, "kind": "too_many", "wait_seconds": 60 }),
        500..=599 => json!({
            "status": number,
            "kind": "server",
            "id": error_id(),
            "at": base::format_instant(visit.app().now()),
            "saved": false,
        }),
        _ => json!({ "status": number, "kind": "bad_request", "what": what("invalid") }),
    }
}

/// A code to write to us about; the log line of the error carries it too.
fn error_id() -> String {
    let mut bytes = [0; 4];
    SystemEntropy.fill(&mut bytes);
    let id: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    tracing::error!(error.id = %id, "a page could not be made");
    id
}

fn is_for_people(request: &Request) -> bool {
    let path = request.uri().path();
    if language_of(path).0.is_some() {
        return true;
    }
    let accepted = request.headers().get(ACCEPT);
    let reads_html = accepted
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("text/html"));
    reads_html && !MACHINE_PATHS.iter().any(|start| path.starts_with(start))
}
