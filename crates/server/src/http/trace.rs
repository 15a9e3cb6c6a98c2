//! One log line per request, with an id that the answer carries too. Route templates only: no path,
//! query, body or person is ever written.

use std::str::FromStr as _;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base::{Entropy as _, Stopwatch, SystemEntropy};
use tracing::Instrument as _;
use tracing_subscriber::EnvFilter;

use super::{AppState, Problem};
use crate::config::LogFormat;

/// Deliveries, over the API and by form.
const TAKES_LONG: [&str; 2] = [
    "/registers/{register}/deliveries",
    "/leverancer/lever/{register}",
];
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How log lines are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Logging<'a> {
    /// Text or JSON.
    pub(crate) format: LogFormat,
    /// The least level.
    pub(crate) level: &'a str,
}

/// Begins writing log lines to standard error. A second call changes nothing.
pub(crate) fn start_logging(logging: Logging<'_>) {
    // Libraries say less: what they log can hold values that we never write.
    let directives = format!("warn,sund={0},app={0},server={0}", logging.level);
    let filter = EnvFilter::from_str(&directives).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match logging.format {
        LogFormat::Text => builder.with_target(false).try_init().ok(),
        LogFormat::Json => builder.json().flatten_event(true).try_init().ok(),
    };
}

/// Gives a request its id, counts it and writes its line.
pub(crate) async fn trace(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let id = new_request_id();
    let method = method_name(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "(no route)".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", request.id = %id);
    let mut response = next.run(request).instrument(span).await;
    let status = response.status().as_u16();
    state.metrics.count(method, &route, status, watch.elapsed());
    let elapsed_ms = watch.elapsed_ms();
    tracing::info!(
        request.id = %id,
        request.method = %method,
        request.route = %route,
        response.status = status,
        elapsed_ms,
        "request {id}: {method} {route} -> {status} in {elapsed_ms} ms"
    );
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The method as it is written down. A sender may invent one; it is neither counted nor logged by name.
fn method_name(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
    let known = KNOWN.into_iter().find(|known| method.as_str() == *known);
    known.unwrap_or("OTHER")
}

fn new_request_id() -> String {
    let mut bytes = [0; 8];
    SystemEntropy.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Ends the wait for a request that takes too long. What it wrote may have been done by then, or be done
/// still (a write with an `Idempotency-Key` always is).
pub(crate) async fn limit_time(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    // A register of the whole country takes as long as it takes; a silent connection is given up.
    if request.method() == Method::POST
        && request
            .extensions()
            .get::<MatchedPath>()
            .is_some_and(|path| TAKES_LONG.iter().any(|long| path.as_str().ends_with(long)))
    {
        return next.run(request).await;
    }
    match tokio::time::timeout(state.door.request_time_max, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "timeout",
            "it took too long; look whether it was done before you send it again",
        )
        .into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_a_sender_invents_is_not_written_down() {
        let invented = Method::from_bytes(b"010170-1234").unwrap();
        assert_eq!(method_name(&invented), "OTHER");
        assert_eq!(method_name(&Method::PUT), "PUT");
    }
}
