//! Errors as RFC 9457 problem details: a stable code, words, never an inner message.

use app::Error;
use app::cases::CASE_CHANGED;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::ErrorClass;
use serde::Serialize;
use utoipa::ToSchema;

/// What an API handler answers.
pub(crate) type Answer<T> = Result<T, Problem>;

/// Why a request was not carried out.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    status: StatusCode,
    code: String,
    detail: String,
    field: Option<String>,
    advice: Option<String>,
}

/// A problem as it is sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemView {
    /// `urn:sund:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What happened, in words for people.
    detail: String,
    /// Stable code for programs.
    code: String,
    /// Field of the request that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// What the caller can do.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Problem {
    /// A problem with its status, stable code and words.
    pub(crate) fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            detail: detail.into(),
            field: None,
            advice: None,
        }
    }

    /// Nobody is signed in.
    pub(crate) fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "not_signed_in",
            "sign in first: the session is missing or has ended",
        )
    }

    /// It does not exist, or the caller may not know that it does.
    pub(crate) fn not_found() -> Self {
        Self::from(Error::not_found())
    }

    /// The HTTP status.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// What happened, in words for people.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    fn into_view(self) -> ProblemView {
        let title = self.status.canonical_reason().unwrap_or("Problem");
        ProblemView {
            kind: format!("urn:sund:problem:{}", self.code),
            title: title.to_owned(),
            status: self.status.as_u16(),
            detail: self.detail,
            code: self.code,
            field: self.field,
            advice: self.advice,
        }
    }
}

/// The HTTP status of a class of errors.
pub(crate) const fn status_of(class: ErrorClass) -> StatusCode {
    match class {
        ErrorClass::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorClass::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorClass::NotFound => StatusCode::NOT_FOUND,
        ErrorClass::Forbidden => StatusCode::FORBIDDEN,
        ErrorClass::Conflict => StatusCode::CONFLICT,
        ErrorClass::Limited => StatusCode::TOO_MANY_REQUESTS,
        ErrorClass::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorClass::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = match error.code() {
            // What `If-Match` asked for does not hold.
            CASE_CHANGED => StatusCode::PRECONDITION_FAILED,
            _ => status_of(error.class()),
        };
        let mut problem = Self::new(status, error.code(), error.to_string());
        problem.field = error.field().map(str::to_owned);
        problem.advice = error.advice().map(str::to_owned);
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.into_view())).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_changed_since_it_was_read_fails_the_precondition() {
        let changed = Error::new(ErrorClass::Conflict, CASE_CHANGED, "it has changed");
        assert_eq!(
            Problem::from(changed).status,
            StatusCode::PRECONDITION_FAILED
        );
        let other = Error::new(ErrorClass::Conflict, "stale", "it has changed");
        assert_eq!(Problem::from(other).status, StatusCode::CONFLICT);
    }

    #[test]
    fn a_problem_carries_code_field_and_advice() {
        let error = Error::invalid("too_long", "`title` is too long")
            .at_field("title")
            .advise("shorten it");
        let json = serde_json::to_value(Problem::from(error).into_view()).unwrap();
        assert_eq!(json["status"], 422);
        assert_eq!(json["code"], "too_long");
        assert_eq!(json["type"], "urn:sund:problem:too_long");
        assert_eq!(
            (&json["field"], &json["do"]),
            (&"title".into(), &"shorten it".into())
        );
    }
}
