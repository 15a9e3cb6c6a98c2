//! The page of operations: what works, for everybody; with figures, for who runs the installation.

use app::OperationStatus;
use axum::response::Response;
use base::Role;
use serde_json::{Value, json};

use super::log;
use super::visit::{Sheet, Visit};
use crate::http::Answer;

/// Work that is due is begun within seconds; after this long something stands still.
const WAITED_SECONDS_MAX: i64 = 600;

/// How a part of the installation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ok,
    Slow,
    Attention,
    Down,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Slow => "slow",
            Self::Attention => "attention",
            Self::Down => "down",
        }
    }

    /// The state, unless something is the case that is worse.
    const fn unless(self, worse: Self, when: bool) -> Self {
        if when { worse } else { self }
    }
}

/// Each part by its name, with how it is.
fn parts(status: &OperationStatus, log_ok: bool) -> [(&'static str, State); 11] {
    let stuck = status.jobs_waited_seconds > WAITED_SECONDS_MAX;
    let unnumbered = status.leaves_waited_seconds > WAITED_SECONDS_MAX;
    let low = status.disk.is_none_or(app::DiskSpace::is_low);
    let reached = State::Ok.unless(State::Down, !status.database || !status.folder);
    let database = State::Ok.unless(State::Down, !status.database);
    let work = database.unless(State::Slow, status.database && stuck);
    [
        ("portal", State::Ok),
        ("cases", reached),
        (
            "extracts",
            work.unless(State::Attention, status.extracts_failed > 0),
        ),
        ("workbench", reached),
        ("release", reached),
        ("log", database.unless(State::Down, !log_ok)),
        (
            "jobs",
            work.unless(State::Attention, status.jobs_failed > 0),
        ),
        (
            "sequencer",
            database.unless(State::Slow, status.database && unnumbered),
        ),
        ("disk", State::Ok.unless(State::Attention, low)),
        (
            "backup",
            database.unless(State::Attention, status.backup_overdue),
        ),
        ("registers", database),
    ]
}

pub(super) async fn show(visit: Visit) -> Answer<Response> {
    let status = visit.app().operation_status().await;
    // Without its database the installation cannot say what is in the log.
    let log_ok = status.database && log::seen(&visit).await?.ok;
    let parts = parts(&status, log_ok);
    let runs_it = visit.session.as_ref().map(|s| s.actor().role) == Some(Role::Admin);
    let shown: Vec<Value> = parts
        .iter()
        .map(|(name, state)| {
            let text = runs_it.then(|| text(&visit, name, &status)).flatten();
            json!({ "name": name, "state": state.name(), "text": text })
        })
        .collect();
    let view = json!({
        "all_ok": parts.iter().all(|(_, state)| *state == State::Ok),
        "at": base::format_instant(visit.app().now()),
        "maintenance": null,
        "version": status.version,
        "parts": shown,
    });
    visit.show(Sheet::new("status.html", view)).await
}

/// The figures of a part.
fn text(visit: &Visit, part: &str, status: &OperationStatus) -> Option<String> {
    let say =
        |values: &[(&str, &str)]| Some(visit.sentence(&format!("status.text.{part}"), values));
    match part {
        "extracts" => say(&[("failed", &status.extracts_failed.to_string())]),
        "jobs" => say(&[
            ("due", &status.jobs_due.to_string()),
            ("failed", &status.jobs_failed.to_string()),
        ]),
        "sequencer" => say(&[("pending", &status.leaves_pending.to_string())]),
        "disk" => {
            let disk = status.disk?;
            say(&[
                ("gib", &(disk.available >> 30).to_string()),
                ("percent", &disk.percent().to_string()),
            ])
        }
        "backup" => match status.last_backup {
            Some(at) => say(&[("at", &visit.date(&base::danish_date(at).to_string()))]),
            None => Some(visit.word("status.no_backup")),
        },
        "registers" => say(&[
            ("in_use", &status.registers_in_use.to_string()),
            ("waiting", &status.versions_waiting.to_string()),
        ]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn healthy() -> OperationStatus {
        OperationStatus {
            database: true,
            folder: true,
            disk: Some(app::DiskSpace {
                available: 100 << 30,
                size: 200 << 30,
            }),
            ..OperationStatus::default()
        }
    }

    fn state(status: &OperationStatus, part: &str) -> State {
        let parts = parts(status, true);
        parts.iter().find(|(name, _)| *name == part).unwrap().1
    }

    #[test]
    fn each_trouble_is_shown_at_its_part() {
        let status = healthy();
        assert!(parts(&status, true).iter().all(|(_, s)| *s == State::Ok));
        assert_eq!(parts(&status, false)[5], ("log", State::Down));
        let given_up = OperationStatus {
            jobs_failed: 1,
            ..healthy()
        };
        assert_eq!(state(&given_up, "jobs"), State::Attention);
        assert_eq!(state(&given_up, "extracts"), State::Ok);
        let standing = OperationStatus {
            jobs_waited_seconds: 3_600,
            leaves_waited_seconds: 3_600,
            ..healthy()
        };
        assert_eq!(state(&standing, "jobs"), State::Slow);
        assert_eq!(state(&standing, "sequencer"), State::Slow);
        let unsaved = OperationStatus {
            backup_overdue: true,
            disk: None,
            ..healthy()
        };
        assert_eq!(state(&unsaved, "backup"), State::Attention);
        assert_eq!(state(&unsaved, "disk"), State::Attention);
        let dark = OperationStatus::default();
        assert_eq!(state(&dark, "cases"), State::Down);
        assert_eq!(state(&dark, "jobs"), State::Down);
    }
}
