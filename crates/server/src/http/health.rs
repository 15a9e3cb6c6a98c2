//! What watches the process: alive, ready, figures.

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::{Answer, AppState};

/// The process answers.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// It can reach its database and its folder.
pub(crate) async fn readyz(State(state): State<AppState>) -> Answer<&'static str> {
    state.app.ready().await?;
    Ok("ready\n")
}

/// Figures for Prometheus.
pub(crate) async fn metrics_page(State(state): State<AppState>) -> Answer<Response> {
    let figures = state.app.operation_figures().await?;
    let page = state.metrics.page(state.door.started.elapsed(), &figures);
    let mut response = page.into_response();
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"),
    );
    Ok(response)
}
