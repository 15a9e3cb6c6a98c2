//! The API under `/api/v1`: one file per resource. A handler extracts, calls one use case, and
//! answers with its result.

pub(crate) mod accounts;
pub(crate) mod baskets;
pub(crate) mod cases;
pub(crate) mod catalogue;
pub(crate) mod demo;
pub(crate) mod desk;
pub(crate) mod drafts;
pub(crate) mod guidance;
pub(crate) mod holdings;
pub(crate) mod interchange;
pub(crate) mod log;
pub(crate) mod openapi;
pub(crate) mod outputs;
pub(crate) mod permits;
pub(crate) mod public;
pub(crate) mod rooms;
pub(crate) mod saved_searches;
pub(crate) mod session;

use app::catalogue::Language;
use serde::Serialize;

/// A page of a list.
#[derive(Debug, Serialize)]
pub(crate) struct Page<T> {
    /// Its items.
    items: Vec<T>,
    /// Cursor of the next page; none on the last.
    next: Option<String>,
}

impl<T> From<(Vec<T>, Option<String>)> for Page<T> {
    fn from((items, next): (Vec<T>, Option<String>)) -> Self {
        Self { items, next }
    }
}

/// A language by its code; Danish where none or another is named.
pub(crate) fn language(code: Option<&str>) -> Language {
    match code {
        Some("en") => Language::En,
        _ => Language::Da,
    }
}
