//! Search over the whole data map at once: registers, variables, codes, packages and answers, in
//! Danish and English, with the reason why each hit is one.
//!
//! `search` turns a catalogue into an index in memory and answers questions about it. It knows no
//! storage, no HTTP and no clock; the same catalogue and query give the same answer.

mod board;
mod codes;
mod compound;
mod document;
mod facets;
mod fields;
mod find;
mod index;
mod letters;
mod lexicon;
mod query;
mod rank;
mod suggest;
mod understand;
mod vocabulary;

pub use document::Entry;
pub use index::{SearchError, SearchIndex};
pub use query::{
    Correction, Facet, Facets, Filters, Hit, HitKind, Query, SearchResult, Understood, Why,
};
pub use suggest::Suggestion;
