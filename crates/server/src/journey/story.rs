//! What the story knows while it is told, and how a step breaks.

use std::path::PathBuf;
use std::time::Duration;

use base::Stopwatch;
use serde_json::{Value, json};

use super::client::{Client, Reply};

const WAIT_PAUSE: Duration = Duration::from_millis(100);

/// A step did not hold.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Broken(String);

impl Broken {
    /// What was wrong.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// What the story knows.
#[derive(Debug)]
pub(crate) struct Story {
    /// The people's way to the server.
    pub(super) client: Client,
    /// Where downloads go.
    pub(super) scratch: PathBuf,
    /// The basket.
    pub(super) basket: String,
    /// Path of the draft.
    pub(super) draft: String,
    /// Number of the case.
    pub(super) case: String,
    /// Number of the permit.
    pub(super) permit: String,
    /// The workbench.
    pub(super) room: String,
    /// The output that was released at once.
    pub(super) released: String,
    /// The output that was held.
    pub(super) held: String,
}

impl Story {
    /// A story that begins now, at a server.
    pub(crate) fn new(url: &str, scratch: PathBuf) -> Self {
        Self {
            client: Client::new(url),
            scratch,
            basket: String::new(),
            draft: String::new(),
            case: String::new(),
            permit: String::new(),
            room: String::new(),
            released: String::new(),
            held: String::new(),
        }
    }

    /// What came of it, for the report.
    pub(crate) fn facts(&self) -> Value {
        json!({
            "case": self.case,
            "permit": self.permit,
            "released_output": self.released,
            "held_output": self.held,
            "room": self.room,
        })
    }

    /// The case's path in the API.
    pub(super) fn case_path(&self, part: &str) -> String {
        format!("/api/v1/cases/{}{part}", self.case)
    }

    /// Asks until the answer fits, or the time is over.
    pub(super) fn wait_for(
        &mut self,
        (who, path): (&str, &str),
        what: &str,
        fits: impl Fn(&Value) -> bool,
    ) -> Result<Value, Broken> {
        let (watch, longest) = (Stopwatch::start(), Duration::from_secs(180));
        loop {
            let reply = self.client.get(who, path)?;
            if reply.status == 200 && fits(&reply.body) {
                return Ok(reply.body);
            }
            if watch.elapsed() > longest {
                let seconds = longest.as_secs();
                return Err(Broken::new(format!(
                    "{what} did not come within {seconds} s; last: {reply}"
                )));
            }
            std::thread::sleep(WAIT_PAUSE);
        }
    }
}

/// Breaks the step unless something holds.
pub(super) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds {
        Ok(())
    } else {
        Err(Broken::new(otherwise()))
    }
}

/// The text at a JSON pointer.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str, Broken> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .ok_or_else(|| {
            Broken::new(format!(
                "there is no text at `{pointer}` in {}",
                short(value)
            ))
        })
}

/// The list at a JSON pointer.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> Result<&'a [Value], Broken> {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .ok_or_else(|| {
            Broken::new(format!(
                "there is no list at `{pointer}` in {}",
                short(value)
            ))
        })
}

/// A value in few characters, for messages.
pub(super) fn short(value: &Value) -> String {
    let text = value.to_string();
    let mut shortened: String = text.chars().take(400).collect();
    if shortened.len() < text.len() {
        shortened.push('…');
    }
    shortened
}

impl Reply {
    /// The body, if the status is the one expected.
    pub(super) fn expect(self, status: u16) -> Result<Value, Broken> {
        ensure(self.status == status, || {
            format!("expected status {status}, got {self}")
        })?;
        Ok(self.body)
    }

    /// Holds if the server refused with this status and code.
    pub(super) fn expect_refusal(&self, status: u16, code: &str) -> Result<(), Broken> {
        let fits = self.status == status && self.body["code"] == code;
        ensure(fits, || {
            format!("expected refusal {status} `{code}`, got {self}")
        })
    }
}
