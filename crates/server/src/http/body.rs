//! Reading requests: JSON, query, path, versions, pages of lists. What cannot be read is a problem
//! that names the field, never a plain-text answer.

use app::cases::CaseAt;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, RequestPartsExt as _};
use base::limits::LIST_ITEMS_MAX;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{AppState, Problem};

/// A JSON body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(rejection) => {
                let code = match rejection.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => "too_large",
                    StatusCode::UNSUPPORTED_MEDIA_TYPE => "not_json",
                    _ => "bad_body",
                };
                Err(Problem::new(
                    rejection.status(),
                    code,
                    rejection.body_text(),
                ))
            }
        }
    }
}

/// The query of an address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned + Send + 'static> FromRequestParts<AppState> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        match parts.extract::<Query<T>>().await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "bad_query",
                rejection.body_text(),
            )),
        }
    }
}

/// The variable parts of a path. A part that cannot be an id names nothing that exists.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PathOf<T>(pub(crate) T);

impl<T: DeserializeOwned + Send + 'static> FromRequestParts<AppState> for PathOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        let found = parts.extract::<Path<T>>().await;
        found
            .map(|Path(value)| Self(value))
            .map_err(|_| Problem::not_found())
    }
}

/// The version that the caller has read, from `If-Match`; none if it does not mind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected(pub(crate) Option<u64>);

impl FromRequestParts<AppState> for Expected {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(IF_MATCH) else {
            return Ok(Self(None));
        };
        parse_version(value).map(Self).ok_or_else(|| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "bad_if_match",
                "`If-Match` must be the version that you have read, such as \"7\"",
            )
        })
    }
}

impl Expected {
    /// The case that a command is about, as its sender has read it.
    pub(crate) fn case(self, number: &str) -> CaseAt<'_> {
        CaseAt {
            number,
            version: self.0,
        }
    }
}

fn parse_version(value: &HeaderValue) -> Option<Option<u64>> {
    let text = value.to_str().ok()?.trim();
    if text == "*" {
        return Some(None);
    }
    text.trim_start_matches("W/")
        .trim_matches('"')
        .parse()
        .ok()
        .map(Some)
}

/// A JSON answer whose version the caller sends back in `If-Match`.
pub(crate) fn with_version(version: u64, body: impl serde::Serialize) -> Response {
    let mut response = Json(body).into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(ETAG, value);
    }
    response
}

/// Which page of a list: `?limit=` (at most 100) and `?cursor=`.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct List {
    limit: Option<usize>,
    cursor: Option<String>,
}

impl List {
    /// How many items, between 1 and the most that a list answers.
    pub(crate) fn limit(&self) -> usize {
        self.limit
            .unwrap_or(LIST_ITEMS_MAX)
            .clamp(1, LIST_ITEMS_MAX)
    }

    /// Where to go on.
    pub(crate) fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_with_or_without_quotes() {
        let parse = |text| parse_version(&HeaderValue::from_static(text));
        assert_eq!(parse("\"7\""), Some(Some(7)));
        assert_eq!(parse("W/\"7\""), Some(Some(7)));
        assert_eq!(parse("*"), Some(None));
        assert_eq!(parse("seven"), None);
    }

    #[test]
    fn a_list_never_answers_more_than_its_maximum() {
        let list = |limit| List {
            limit,
            cursor: None,
        };
        assert_eq!(list(Some(5_000)).limit(), 100);
        assert_eq!(list(Some(0)).limit(), 1);
        assert_eq!(list(None).limit(), 100);
    }
}
