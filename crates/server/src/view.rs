//! Pages: templates, words, numbers and dates as a reader of one language sees them.

mod assets;
pub(crate) mod chart;
mod environment;
mod format;
mod map;
mod timeline;
mod words;

pub(crate) use assets::serve_asset;
pub(crate) use environment::{Page, Renderer};
pub(crate) use format::{date_in_words, number_in_words};
pub(crate) use map::{IslandWords, Look, MapKeeper, SourceWords, sheet_view};
pub(crate) use timeline::{LaneBar, Strip, Title, completeness, history, persons};
