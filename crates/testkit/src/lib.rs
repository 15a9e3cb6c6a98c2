//! What tests of several crates share: the oracle, a naive engine in memory that says what a
//! selection means.
//!
//! The oracle is written to be obviously right: no columns, no buckets, no numbers for persons, one
//! pass per question. Engines are held against it.

pub mod oracle;
pub mod spec;
