//! The only place that writes to standard output and standard error.

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::{Exit, Failure, Outcome};

/// Writes for people, or one JSON object for programs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    json: bool,
}

impl Printer {
    /// With `json`, only [`Printer::outcome`] and [`Printer::failure`] write, one object.
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether programs read.
    pub(crate) const fn is_json(self) -> bool {
        self.json
    }

    /// A line for people.
    pub(crate) fn line(self, text: impl Display) {
        if !self.json {
            write_line(&text);
        }
    }

    /// Text that was asked for (`--help`, `--version`), whoever reads.
    pub(crate) fn text(self, text: &dyn Display) {
        write_line(text);
    }

    /// The one object of a command that goes on running.
    pub(crate) fn object(self, report: Value) {
        if self.json {
            write_line(&with_ok(report, true));
        }
    }

    /// The end of a command that was carried out.
    pub(crate) fn outcome(self, outcome: Outcome) -> ExitCode {
        if self.json && !outcome.report.is_null() {
            write_line(&with_ok(outcome.report, outcome.held));
        }
        let exit = if outcome.held {
            Exit::Held
        } else {
            Exit::Finding
        };
        exit.into()
    }

    /// The end of a command that was not carried out.
    pub(crate) fn failure(self, failure: &Failure) -> ExitCode {
        if self.json {
            write_line(&failure.to_json());
        } else {
            // A closed pipe is the reader's choice, not an error of ours.
            writeln!(std::io::stderr(), "{failure}").ok();
        }
        failure.exit().into()
    }
}

fn with_ok(report: Value, ok: bool) -> Value {
    let mut object = serde_json::Map::new();
    object.insert("ok".to_owned(), json!(ok));
    match report {
        Value::Object(fields) => object.extend(fields.into_iter().filter(|(name, _)| name != "ok")),
        other => {
            object.insert("result".to_owned(), other);
        }
    }
    Value::Object(object)
}

fn write_line(text: &dyn Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_says_whether_it_held_not_the_report() {
        let object = with_ok(json!({"ok": true, "n": 1}), false);
        assert_eq!(object, json!({"ok": false, "n": 1}));
    }
}
