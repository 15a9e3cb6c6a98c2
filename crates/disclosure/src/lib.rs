//! Output control: whether a table computed from persons may leave, cell by cell, and why not.
//!
//! Evidence (how many persons stand behind a cell, how much the largest contributes) comes with the
//! table; this crate judges it and never looks at a person. It knows no files, no sockets and no
//! query engine. One rule per file under [`rules`].

mod assess;
mod attrition;
mod csv_file;
mod margins;
pub mod profile;
pub mod rules;
mod table;

pub use assess::{CellVerdict, Finding, TableState, Verdict, assess};
pub use attrition::shown_attrition;
pub use csv_file::release_csv;
pub use table::{
    Cell, Column, ColumnKind, Evidence, LabelSource, Lineage, ProtectedTable, Row, UnprovenReason,
    Value,
};
