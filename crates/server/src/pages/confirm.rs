//! The page before what cannot be undone: the question, what happens, two ways.

use axum::response::Response;
use serde_json::json;

use super::visit::{FieldError, Sheet, Visit};
use crate::http::Answer;

/// What is to be confirmed.
#[derive(Debug)]
pub(super) struct Confirm<'a> {
    /// `withdraw`, `revoke`, ...: key of the words.
    pub(super) kind: &'a str,
    /// What it is about.
    pub(super) name: &'a str,
    /// `none`, `optional` or `required`.
    pub(super) reason: &'a str,
    /// Version to send back.
    pub(super) version: Option<u64>,
    /// Menu item.
    pub(super) section: &'a str,
    /// Title of the page one came from.
    pub(super) back_title: &'a str,
    /// Its path.
    pub(super) back_path: &'a str,
}

impl Confirm<'_> {
    /// Shows the page; with an error if a reason was needed and is missing.
    pub(super) async fn show(&self, visit: &Visit, reason_missing: bool) -> Answer<Response> {
        let view = json!({
            "kind": self.kind,
            "name": self.name,
            "reason": self.reason,
            "reason_text": "",
            "version": self.version,
            "section": self.section,
            "action": visit.href(&visit.path),
            "back_title": self.back_title,
            "back_path": self.back_path,
        });
        let mut errors = Vec::new();
        if reason_missing {
            errors.push(FieldError::new(
                "reason",
                visit.word("problem.reason_missing"),
            ));
        }
        visit
            .show(Sheet::new("confirm.html", view).with_errors(errors))
            .await
    }
}
