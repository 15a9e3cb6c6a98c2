//! Pages: templates, words, numbers and dates as a reader of one language sees them.

mod assets;
mod environment;
mod format;
mod words;

pub(crate) use assets::{serve_asset, serve_file};
pub(crate) use environment::{Page, Renderer};
