//! The people's way to the server: HTTP with one session per person.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::http::{Method, Request};
use ureq::{Agent, SendBody};

use super::story::{Broken, short};

const REQUEST_TIME_MAX: Duration = Duration::from_secs(120);
const BODY_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Who reads without signing in.
pub(super) const NOBODY: &str = "";

/// What a server answered.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    /// HTTP status.
    pub(super) status: u16,
    /// Version to send back, where there is one.
    pub(super) etag: Option<String>,
    /// The body as JSON; null where it is none.
    pub(super) body: Value,
    /// The body as it came.
    pub(super) bytes: Vec<u8>,
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, short(&self.body))
    }
}

/// What is sent besides the address.
#[derive(Debug, Clone, Default)]
pub(super) struct Sent<'a> {
    /// JSON body.
    pub(super) body: Option<&'a Value>,
    /// Version that was read.
    pub(super) if_match: Option<&'a str>,
    /// Key of a write that may be sent twice.
    pub(super) key: Option<&'a str>,
}

/// A client with one session per person.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    url: String,
    tokens: BTreeMap<String, String>,
}

impl Client {
    /// A client of a server.
    pub(super) fn new(url: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(REQUEST_TIME_MAX))
            // A write on a connection that the server has just closed cannot be told from one that was
            // done: each request gets its own.
            .max_idle_connections(0)
            .proxy(None)
            .build();
        Self {
            agent: config.new_agent(),
            url: url.trim_end_matches('/').to_owned(),
            tokens: BTreeMap::new(),
        }
    }

    /// Signs in as one of the demo's people.
    pub(super) fn sign_in(&mut self, who: &str) -> Result<Value, Broken> {
        let body = json!({ "role": who });
        let sent = Sent {
            body: Some(&body),
            ..Sent::default()
        };
        let reply = self.send_once(&Method::POST, "", "/api/v1/demo/sign-in", &sent)?;
        let body = reply.expect(200)?;
        let token = super::story::text(&body, "/token")?.to_owned();
        self.tokens.insert(who.to_owned(), token);
        Ok(body)
    }

    /// Reads.
    pub(super) fn get(&mut self, who: &str, path: &str) -> Result<Reply, Broken> {
        self.send(&Method::GET, who, path, &Sent::default())
    }

    /// Posts JSON.
    pub(super) fn post(&mut self, who: &str, path: &str, body: &Value) -> Result<Reply, Broken> {
        let sent = Sent {
            body: Some(body),
            ..Sent::default()
        };
        self.send(&Method::POST, who, path, &sent)
    }

    /// Sends as a person, signing in first where needed. A session that ended while the demo's clock
    /// moved on is begun again.
    pub(super) fn send(
        &mut self,
        method: &Method,
        who: &str,
        path: &str,
        sent: &Sent<'_>,
    ) -> Result<Reply, Broken> {
        if who != NOBODY && !self.tokens.contains_key(who) {
            self.sign_in(who)?;
        }
        let reply = self.send_once(method, who, path, sent)?;
        if reply.status == 401 && who != NOBODY {
            self.sign_in(who)?;
            return self.send_once(method, who, path, sent);
        }
        Ok(reply)
    }

    fn send_once(
        &self,
        method: &Method,
        who: &str,
        path: &str,
        sent: &Sent<'_>,
    ) -> Result<Reply, Broken> {
        let failed = |error: &dyn fmt::Display| Broken::new(format!("{method} {path}: {error}"));
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        if let Some(token) = self.tokens.get(who) {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(version) = sent.if_match {
            request = request.header("if-match", version);
        }
        if let Some(key) = sent.key {
            request = request.header("idempotency-key", key);
        }
        let response = match sent.body {
            Some(body) => {
                let request = request
                    .header("content-type", "application/json")
                    .body(body.to_string())
                    .map_err(|error| failed(&error))?;
                self.agent.run(request)
            }
            None => {
                let request = request
                    .body(SendBody::none())
                    .map_err(|error| failed(&error))?;
                self.agent.run(request)
            }
        };
        let mut response = response.map_err(|error| failed(&error))?;
        let etag = response
            .headers()
            .get("etag")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let status = response.status().as_u16();
        let bytes = response
            .body_mut()
            .with_config()
            .limit(BODY_BYTES_MAX)
            .read_to_vec()
            .map_err(|error| failed(&error))?;
        Ok(Reply {
            status,
            etag,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            bytes,
        })
    }
}
