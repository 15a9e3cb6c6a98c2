//! `Idempotency-Key`: a write that is sent twice is done once and answered twice alike.

use app::{App, Idempotent, WriteKey};
use axum::body::to_bytes;
use axum::extract::{FromRequestParts as _, MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base::Actor;
use base::limits::BODY_BYTES_MAX;

use tracing::Instrument as _;

use super::{AppState, Problem, Session};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const KEY_CHARS_MAX: usize = 100;
/// Writes whose answers hold ids and public numbers only: these are kept word for word. Of every other
/// write it is kept that it was done; its answer may hold texts or rows, which have a place of their own
/// and are shown to those alone who may see them now.
const ANSWERS_KEPT: [&str; 3] = [
    "POST /api/v1/baskets",
    "POST /api/v1/drafts",
    "POST /api/v1/drafts/{draft}/submission",
];
/// Writes that may be done twice, and whose answers are never kept: tokens, and rows of persons.
/// A delivery is known by the hash of its files.
const NEVER_KEPT: [&str; 5] = ["/queries", "/session", "/sign-in", "/setup", "/deliveries"];
const DONE_BEFORE: &str = r#"{"done_before":true}"#;
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Answers a repeated write with the first one's answer. Without a key, or signed out, it does nothing.
pub(crate) async fn once(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let key = request.headers().get(&KEY).cloned();
    let reads = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    match key {
        Some(key) if !reads => keyed(&state, &key, request, next)
            .await
            .unwrap_or_else(IntoResponse::into_response),
        _ => next.run(request).await,
    }
}

async fn keyed(
    state: &AppState,
    key: &HeaderValue,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let key = key
        .to_str()
        .ok()
        .filter(|key| !key.is_empty() && key.len() <= KEY_CHARS_MAX)
        .ok_or_else(|| problem("`Idempotency-Key` must be 1 to 100 plain characters"))?;
    let (mut parts, body) = request.into_parts();
    let Ok(session) = Session::from_request_parts(&mut parts, state).await else {
        return Ok(next.run(Request::from_parts(parts, body)).await);
    };
    let path = parts.extensions.get::<MatchedPath>();
    let route = format!(
        "{} {}",
        parts.method,
        path.map_or(parts.uri.path(), MatchedPath::as_str)
    );
    if NEVER_KEPT.iter().any(|ending| route.ends_with(ending)) {
        return Ok(next.run(Request::from_parts(parts, body)).await);
    }
    let bytes = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "the request is too large",
        )
    })?;
    // The whole address belongs to what is sent: one key for two cases is a mistake of the sender.
    let sent = [parts.uri.path().as_bytes(), b"\n", &bytes].concat();
    let actor = session.actor().clone();
    let write = WriteKey { key, route: &route };
    match state.app.begin_idempotent(&actor, write, &sent).await? {
        Idempotent::New => {}
        Idempotent::Unfinished => {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "still_running",
                "the same write is being done at this moment; ask again shortly",
            ));
        }
        Idempotent::Replay { status, body } => return Ok(replay(status, body)),
        Idempotent::Reused => {
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "this `Idempotency-Key` was used for another request",
            ));
        }
    }
    let key = key.to_owned();
    let begun = Begun {
        app: state.app.clone(),
        actor,
        key,
        route,
    };
    // Whoever sends it may hang up or run out of time: the write ends all the same, and its answer
    // is kept.
    let work = begun.finish(Request::from_parts(parts, bytes.into()), next);
    tokio::spawn(work.in_current_span())
        .await
        .unwrap_or_else(|_| {
            Err(Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "the write failed",
            ))
        })
}

/// A write whose key is reserved.
#[derive(Debug)]
struct Begun {
    app: App,
    actor: Actor,
    key: String,
    route: String,
}

impl Begun {
    async fn finish(self, request: Request, next: Next) -> Result<Response, Problem> {
        let (head, body) = next.run(request).await.into_parts();
        let read = to_bytes(body, ANSWER_BYTES_MAX).await;
        let key = WriteKey {
            key: &self.key,
            route: &self.route,
        };
        let status = head.status.as_u16();
        let text = read.as_ref().ok().map(|bytes| str::from_utf8(bytes));
        let kept = match text {
            // What was refused or failed may be tried again with the same key.
            _ if !head.status.is_success() => None,
            Some(Ok(text)) if ANSWERS_KEPT.contains(&self.route.as_str()) => Some(text),
            _ => Some(DONE_BEFORE),
        };
        let answer = kept.map(|body| (status, body));
        self.app.finish_idempotent(&self.actor, key, answer).await?;
        let bytes = read.map_err(|_| problem("the answer is too large to be sent"))?;
        Ok(Response::from_parts(head, bytes.into()))
    }
}

fn problem(detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "bad_idempotency_key", detail)
}

fn replay(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let media_type = if status.is_success() {
        "application/json"
    } else {
        "application/problem+json"
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(
        HeaderName::from_static("idempotent-replay"),
        HeaderValue::from_static("true"),
    );
    response
}
