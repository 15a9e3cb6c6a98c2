//! Who sends a request: `Authorization: Bearer`, or the browser's cookie.

use app::accounts::{SignIn, SignedIn};
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use base::{Actor, Secret};

use super::{AppState, Problem};

/// Browsers keep this one only from a server with TLS, and send it nowhere else.
const COOKIE_NAME: &str = "__Host-sund";
/// A demo has no TLS; it listens on the loopback address only.
const DEMO_COOKIE_NAME: &str = "sund-demo";

/// Somebody who is signed in. As an extractor it refuses who is not.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// What the browser or client holds.
    pub(crate) token: Secret<String>,
    /// Whose it is.
    pub(crate) signed_in: SignedIn,
}

impl Session {
    /// Account, organisation and role.
    pub(crate) const fn actor(&self) -> &Actor {
        &self.signed_in.actor
    }
}

/// The cookie of a kind of installation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionCookie {
    is_demo: bool,
}

impl SessionCookie {
    /// The cookie of this installation.
    pub(crate) fn of(state: &AppState) -> Self {
        Self {
            is_demo: state.door.is_demo,
        }
    }

    const fn name(self) -> &'static str {
        if self.is_demo {
            DEMO_COOKIE_NAME
        } else {
            COOKIE_NAME
        }
    }

    fn set(self, token: &str) -> Option<HeaderValue> {
        let secure = if self.is_demo { "" } else { "; Secure" };
        let name = self.name();
        let text = format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::from_str(&text).ok()
    }

    fn clear(self) -> Option<HeaderValue> {
        let secure = if self.is_demo { "" } else { "; Secure" };
        let name = self.name();
        let text = format!("{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}");
        HeaderValue::from_str(&text).ok()
    }

    fn find(self, headers: &HeaderMap) -> Option<String> {
        let pairs = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'));
        pairs
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == self.name())
            .map(|(_, token)| token.to_owned())
    }
}

/// Adds the cookie of a session that was just begun.
pub(crate) fn begin(state: &AppState, sign_in: &SignIn, headers: &mut HeaderMap) {
    if let Some(value) = SessionCookie::of(state).set(sign_in.token.expose()) {
        headers.append(SET_COOKIE, value);
    }
}

/// Removes the cookie of a session that has ended.
pub(crate) fn end(state: &AppState, headers: &mut HeaderMap) {
    if let Some(value) = SessionCookie::of(state).clear() {
        headers.append(SET_COOKIE, value);
    }
}

fn token_of(state: &AppState, headers: &HeaderMap) -> Option<String> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .map(|token| token.trim().to_owned());
    bearer
        .or_else(|| SessionCookie::of(state).find(headers))
        .filter(|token| !token.is_empty() && token.len() <= 200)
}

impl OptionalFromRequestParts<AppState> for Session {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Option<Self>, Problem> {
        if let Some(session) = parts.extensions.get::<Self>() {
            return Ok(Some(session.clone()));
        }
        let Some(token) = token_of(state, &parts.headers) else {
            return Ok(None);
        };
        let Some(signed_in) = state.app.find_session(&token).await? else {
            return Ok(None);
        };
        let token = Secret::new(token);
        let session = Self { token, signed_in };
        parts.extensions.insert(session.clone());
        Ok(Some(session))
    }
}

impl FromRequestParts<AppState> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        <Self as OptionalFromRequestParts<AppState>>::from_request_parts(parts, state)
            .await?
            .ok_or_else(Problem::unauthenticated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_installations_cookie_is_bound_to_its_host_and_to_tls() {
        let cookie = SessionCookie { is_demo: false };
        let text = cookie.set("abc").unwrap();
        let text = text.to_str().unwrap();
        assert!(text.starts_with("__Host-sund=abc; Path=/; HttpOnly"));
        assert!(text.ends_with("; Secure") && !text.contains("Domain"));
    }

    #[test]
    fn a_session_is_printed_without_its_token() {
        let actor = Actor {
            account: base::AccountId::from_bytes([1; 16]),
            organisation: "ku".parse().unwrap(),
            role: base::Role::Researcher,
        };
        let signed_in = SignedIn {
            actor,
            account_name: base::Personal::new("Astrid".to_owned()),
            organisation_name: app::catalogue::Text::default(),
            expires_at: base::Timestamp::UNIX_EPOCH,
        };
        let token = Secret::new("hemmelig".to_owned());
        let sign_in = SignIn {
            token: token.clone(),
            session: signed_in.clone(),
        };
        let session = Session { token, signed_in };
        let view = crate::api::demo::SignInView::of(&sign_in);
        for printed in [format!("{session:?}"), format!("{view:?}")] {
            assert!(!printed.contains("hemmelig"), "{printed}");
            assert!(!printed.contains("Astrid"), "{printed}");
        }
    }

    #[test]
    fn finds_its_own_cookie_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_static("a=1; sund-demo=t; b=2"));
        let demo = SessionCookie { is_demo: true };
        assert_eq!(demo.find(&headers), Some("t".to_owned()));
        let real = SessionCookie { is_demo: false };
        assert_eq!(real.find(&headers), None);
    }
}
