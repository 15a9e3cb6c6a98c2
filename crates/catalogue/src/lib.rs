//! The data map as data: registers with their tables and variables, code lists, what a project
//! selects of them, and the signed permit that carries such a selection.
//!
//! `catalogue` reads texts that somebody else loaded; it knows no storage, no HTTP and no clock.

pub mod breaks;
pub mod category;
pub mod codelist;
pub mod lay_words;
pub mod links;
pub mod map;
pub mod pattern;
pub mod permit;
pub mod regions;
pub mod register;
pub mod selection;
pub mod signing;
pub mod stated;
mod text;

mod catalogue_set;

pub use catalogue_set::{Catalogue, ContentError, ContentFile};
pub use text::{Language, Text};
