//! The door: which hosts and origins are answered, and what browsers are told about every answer.

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, ORIGIN, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{AppState, Problem};

const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; \
base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'";

const FIXED_HEADERS: [(HeaderName, &str); 7] = [
    // Answers are for whoever asked now; static files and the log say otherwise themselves.
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// Adds what browsers must know to every answer, unless the handler said something stricter.
pub(crate) async fn secure_headers(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED_HEADERS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if state
        .door
        .public_url
        .as_deref()
        .is_some_and(|url| url.starts_with("https://"))
    {
        headers.insert(
            STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    response
}

/// A demo answers its own machine only, so that no web page elsewhere can reach it by a name that
/// leads to the loopback address.
pub(crate) async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if state.door.is_demo && !is_from_here(request.headers()) {
        return Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "wrong_host",
            "a demo answers on localhost only",
        )
        .into_response();
    }
    next.run(request).await
}

fn is_from_here(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|value| value.to_str().ok());
    let origin = headers.get(ORIGIN).map(|value| value.to_str().ok());
    let origin_fits = match origin {
        None => true,
        Some(None) => false,
        Some(Some(origin)) => origin.strip_prefix("http://").is_some_and(is_loopback),
    };
    host.is_some_and(is_loopback) && origin_fits
}

fn is_loopback(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &'static str, origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
        }
        headers
    }

    #[test]
    fn a_demo_answers_its_own_machine_only() {
        assert!(is_from_here(&headers("127.0.0.1:8080", None)));
        assert!(is_from_here(&headers("[::1]:8080", None)));
        let own = headers("localhost:8080", Some("http://localhost:8080"));
        assert!(is_from_here(&own));
        assert!(!is_from_here(&headers("sund.attacker.example:8080", None)));
        assert!(!is_from_here(&headers("127.0.0.1.attacker.example", None)));
        let foreign = headers("127.0.0.1:8080", Some("https://attacker.example"));
        assert!(!is_from_here(&foreign));
        assert!(!is_from_here(&headers("localhost", Some("null"))));
    }

    #[test]
    fn no_inline_script_is_ever_allowed() {
        assert!(CONTENT_POLICY.contains("script-src 'self';"));
        assert!(!CONTENT_POLICY.contains("unsafe"));
    }
}
