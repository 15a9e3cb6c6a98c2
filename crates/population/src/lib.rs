//! The synthetic Denmark: persons with lives, and the registers that record them.
//!
//! Knows births, deaths, families, diseases and treatments as published figures describe
//! them, and the columns in which Danish registers write them down. Must not know storage,
//! files, clocks or real persons: a [`Plan`] is turned into Arrow batches block by block,
//! the same bytes on every machine and for any number of threads.
//!
//! ```
//! let plan = population::Plan::new(200, 1);
//! for block in 0..plan.blocks() {
//!     for (table, batch) in population::generate_block(&plan, block) {
//!         let spec = &population::Plan::tables()[table];
//!         assert_eq!(batch.num_columns(), spec.columns.len());
//!     }
//! }
//! ```

mod calendar;
mod codes;
mod cpr;
mod demography;
mod diabetes;
mod family;
mod figures;
mod generate;
mod health;
mod hospital;
mod life;
mod medicine_figures;
mod number;
mod person;
mod plan;
mod random;
mod registers;
mod tables;
mod writer;

pub use cpr::follows_synthetic_rule;
pub use generate::generate_block;
pub use plan::Plan;
pub use tables::{ColumnKind, ColumnSpec, TableSpec};
