//! The readable text form of a selection. What [`print()`] writes, [`parse`] reads back exactly.
//!
//! ```text
//! sund-selection/1
//! population
//!   all
//!     event lpr3.diagnoser where diag_kode in DE11* from 2013-01-01 to 2024-12-31 at least 2 times
//!     age from 18 at index
//!     not
//!       event lpr3.diagnoser where diag_kode in DN184, DN185
//! index first event lmdb.epikur where atc in A10BK*
//! period 2010-01-01 to 2024-12-31
//! table lmdb.epikur from 2012-01-01 to 2024-12-31
//!   variable eksd as month because "time to first prescription"
//! ```
//!
//! Two spaces set a part below the line it belongs to. A line that begins with `#` is a remark. Names
//! and codes with other signs than letters, digits, `_`, `-`, `*` and `+` stand in double quotes.

use super::{Criterion, Selection};

mod lexer;
mod parser;
mod phrases;
mod printer;
mod words;

/// A text is not a selection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: expected {expected}, found {found}")]
pub struct TextError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What may stand there.
    pub expected: String,
    /// What stands there, in backticks, or `the end of the line`.
    pub found: String,
}

/// Writes a selection as text.
pub fn print(selection: &Selection) -> String {
    printer::selection(selection)
}

/// Writes one criterion as text, as it stands below `population`.
pub fn print_criterion(criterion: &Criterion) -> String {
    printer::criterion(criterion)
}

/// Reads a selection from its text. It is well-formed, not yet checked against a catalogue.
pub fn parse(text: &str) -> Result<Selection, TextError> {
    parser::selection(text)
}

#[cfg(test)]
mod tests;
