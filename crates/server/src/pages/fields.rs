//! Names and values, as a query or a posted form carries them.

use std::fmt::Write as _;

use axum::RequestExt as _;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;

use crate::http::{AppState, Problem};

/// Names and values in their order; a name may stand several times.
#[derive(Clone, Default)]
pub(super) struct Fields(pub(super) Vec<(String, String)>);

/// Names only: among the values are passwords, tokens and what people wrote.
impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.0.iter().map(|(name, _)| name);
        f.debug_list().entries(names).finish()
    }
}

impl Fields {
    /// The fields of a query or of a form's body.
    pub(super) fn parse(encoded: &str) -> Self {
        let pairs = encoded.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decode(name), decode(value)))
                .collect(),
        )
    }

    /// The first value of a name, without space around it; empty where it is missing.
    pub(super) fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default().trim()
    }

    /// The first value of a name.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter();
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The first value of a name, unless it is empty.
    pub(super) fn filled(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|value| !value.is_empty())
    }

    /// Every value of a name that is not empty.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        let pairs = self.0.iter().filter(|(key, _)| key == name);
        pairs
            .map(|(_, value)| value.trim().to_owned())
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// The fields as a query, without the names given.
    pub(super) fn query_without(&self, names: &[&str]) -> String {
        let mut query = String::new();
        let kept = self
            .0
            .iter()
            .filter(|(name, value)| !value.is_empty() && !names.contains(&name.as_str()));
        for (name, value) in kept {
            let and = if query.is_empty() { "?" } else { "&" };
            // INVARIANT: writing to a string cannot fail.
            let _ = write!(query, "{and}{}={}", encode(name), encode(value));
        }
        query
    }
}

/// A posted form.
#[derive(Debug, Clone)]
pub(super) struct Posted(pub(super) Fields);

impl FromRequest<AppState> for Posted {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, Problem> {
        let body: Result<String, _> = request.extract().await;
        match body {
            Ok(body) => Ok(Self(Fields::parse(&body))),
            Err(rejection) => Err(too_large_or_unread(&rejection)),
        }
    }
}

fn too_large_or_unread(rejection: &axum::extract::rejection::StringRejection) -> Problem {
    let status = rejection.status();
    let code = if status == StatusCode::PAYLOAD_TOO_LARGE {
        "too_large"
    } else {
        "bad_body"
    };
    Problem::new(status, code, rejection.body_text())
}

/// Percent-encodes what a query cannot hold.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // INVARIANT: writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                let digits = [ahead.next(), ahead.next()]
                    .map(|digit| digit.and_then(|digit| char::from(digit).to_digit(16)));
                match digits {
                    [Some(high), Some(low)] => {
                        bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                        rest = ahead;
                    }
                    _ => bytes.push(b'%'),
                }
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_not_printed() {
        let printed = format!("{:?}", Fields::parse("password=hemmeligt&login=astrid"));
        assert_eq!(printed, r#"["password", "login"]"#);
    }

    #[test]
    fn a_form_is_read_with_repeated_names_and_broken_escapes() {
        let fields = Fields::parse("v=a%20b&v=%C3%A6+%2&empty=&flag");
        assert_eq!(fields.all("v"), ["a b", "æ %2"]);
        assert_eq!(fields.filled("empty"), None);
        assert_eq!(fields.find("flag"), Some(""));
        assert_eq!(fields.query_without(&["flag"]), "?v=a%20b&v=%C3%A6%20%252");
    }
}
