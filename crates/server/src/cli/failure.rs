//! Why a command was not carried out: code, what, where, what to do.

use std::fmt;
use std::process::ExitCode;

use base::ErrorClass;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::config::ConfigError;

/// The exit codes, as documented in `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Exit {
    /// It held.
    Held = 0,
    /// A finding.
    Finding = 1,
    /// Wrong use: arguments, settings, a folder that does not allow it.
    WrongUse = 2,
    /// Disk, database, network or port did not do its part.
    Outside = 3,
    /// A fault of the program.
    Fault = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A command was not carried out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Failure {
    exit: Exit,
    code: String,
    message: String,
    place: Option<String>,
    advice: Option<String>,
}

impl Failure {
    /// A failure with its stable code and words.
    pub(crate) fn new(exit: Exit, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            exit,
            code: code.into(),
            message: message.into(),
            place: None,
            advice: None,
        }
    }

    /// The same, at a place: a file, a setting, a row.
    #[must_use]
    pub(crate) fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// The same, with what to do.
    #[must_use]
    pub(crate) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// The same failure as a finding: what was looked at did not hold, the command was right.
    #[must_use]
    pub(crate) fn into_finding(mut self) -> Self {
        if self.exit == Exit::WrongUse {
            self.exit = Exit::Finding;
        }
        self
    }

    /// The exit code.
    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// The stable code.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// The object for programs.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "ok": false,
            "code": self.code,
            "message": self.message,
            "where": self.place,
            "do": self.advice,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        if let Some(place) = &self.place {
            write!(f, "\n  where: {place}")?;
        }
        if let Some(advice) = &self.advice {
            write!(f, "\n  do: {advice}")?;
        }
        Ok(())
    }
}

impl From<app::Error> for Failure {
    fn from(error: app::Error) -> Self {
        let exit = match error.class() {
            ErrorClass::Unavailable => Exit::Outside,
            ErrorClass::Internal => Exit::Fault,
            ErrorClass::Invalid
            | ErrorClass::Unauthenticated
            | ErrorClass::NotFound
            | ErrorClass::Forbidden
            | ErrorClass::Conflict
            | ErrorClass::Limited => Exit::WrongUse,
        };
        Self {
            exit,
            code: error.code().to_owned(),
            message: error.to_string(),
            place: error.field().map(str::to_owned),
            advice: error.advice().map(str::to_owned),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Exit::WrongUse, error.code(), error.to_string())
            .at(error.place().to_owned())
            .advise(error.advice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_where_and_what_to_do() {
        let failure = Failure::new(Exit::Outside, "port_in_use", "port 8080 is in use")
            .at("127.0.0.1:8080")
            .advise("choose another with `--port`");
        let text = failure.to_string();
        assert!(text.contains("8080 is in use") && text.contains("do: choose another"));
        assert_eq!(failure.to_json()["do"], "choose another with `--port`");
        assert_eq!(failure.to_json()["ok"], false);
    }
}
