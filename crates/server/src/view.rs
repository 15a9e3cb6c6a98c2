//! Pages: templates, words, numbers and dates as a reader of one language sees them.

mod assets;
pub(crate) mod chart;
mod environment;
mod format;
mod words;

pub(crate) use assets::serve_asset;
pub(crate) use environment::{Page, Renderer};
pub(crate) use format::date_in_words;
