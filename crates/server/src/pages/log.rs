//! The public log as a page, and the check that other pages show the result of.

use std::sync::{Arc, Mutex, PoisonError};

use axum::response::Response;
use base::Timestamp;
use serde_json::{Value, json};

use super::visit::{Sheet, Visit};
use crate::http::Answer;

/// A whole check of the log is kept this long: it reads every leaf.
const KEPT_SECONDS: i64 = 60;

/// The last check of the log.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastCheck(Arc<Mutex<Option<LogSeen>>>);

/// What a check found.
#[derive(Debug, Clone)]
pub(super) struct LogSeen {
    /// Whether everything holds.
    pub(super) ok: bool,
    /// Leaves.
    pub(super) size: u64,
    /// The signed root, in base64; none before the first checkpoint.
    pub(super) root: Option<String>,
    /// When that was signed.
    pub(super) signed_at: Option<Timestamp>,
    /// When it was checked.
    pub(super) at: Timestamp,
}

/// The result of a check that is not older than a minute.
pub(super) async fn seen(visit: &Visit) -> Answer<LogSeen> {
    let now = visit.app().now();
    let kept = {
        let last = visit.state.log_seen.0.lock();
        last.unwrap_or_else(PoisonError::into_inner).clone()
    };
    if let Some(kept) = kept {
        let age = now.as_second() - kept.at.as_second();
        if (0..KEPT_SECONDS).contains(&age) {
            return Ok(kept);
        }
    }
    let checkpoint = visit.app().checkpoint().await?;
    let app = visit.app().clone();
    let checked = tokio::task::spawn_blocking(move || app.check_log()).await;
    let ok = match (&checkpoint, checked) {
        // Before the first checkpoint there is nothing that could not hold.
        (None, _) => true,
        (Some(_), Ok(Ok(check))) => check.ok,
        (Some(_), _) => false,
    };
    let found = LogSeen {
        ok,
        size: checkpoint.as_ref().map_or(0, |(size, _, _)| *size),
        root: checkpoint.as_ref().map(|(_, root, _)| root.clone()),
        signed_at: checkpoint.as_ref().map(|(_, _, at)| *at),
        at: now,
    };
    let last = visit.state.log_seen.0.lock();
    *last.unwrap_or_else(PoisonError::into_inner) = Some(found.clone());
    Ok(found)
}

impl LogSeen {
    /// What did not hold, in words.
    pub(super) fn problem(&self, visit: &Visit) -> Value {
        if self.ok {
            Value::Null
        } else {
            visit.word("problem.log_does_not_hold").into()
        }
    }
}

pub(super) async fn show(visit: Visit) -> Answer<Response> {
    let seen = seen(&visit).await?;
    let key = visit.app().log_file("key").unwrap_or_default();
    let key = String::from_utf8_lossy(&key).trim().to_owned();
    let view = json!({
        "ok": seen.ok,
        "problem": seen.problem(&visit),
        "checked_at": base::format_instant(seen.at),
        "size": seen.size,
        "signed_at": seen.signed_at.map(base::format_instant),
        "origin": key.split('+').next().filter(|name| !name.is_empty()),
        "key": Some(&key).filter(|key| !key.is_empty()),
        "root": seen.root,
        "witnesses": [],
        "checkpoint_href": "/log/checkpoint",
        "archive_href": "/log/key",
        "command": "sund verify --log log",
    });
    visit.show(Sheet::new("log.html", view)).await
}
