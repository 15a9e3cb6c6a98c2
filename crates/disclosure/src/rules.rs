//! The output rules, one per file. A rule looks at one cell's evidence and answers with a finding or
//! nothing; adding a rule adds a file and a line in [`CELL_RULES`].

mod dominance;
mod minimum_frequency;
mod zero_cell;

use catalogue::register::OutputPolicy;
use serde::{Deserialize, Serialize};

use crate::Evidence;

/// A rule that was not met. The names are stable: texts, letters and the ledger refer to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Too few persons behind the value.
    MinimumFrequency,
    /// One person contributes too much.
    Dominance,
    /// A zero that says something about every person of a small group.
    ZeroCell,
    /// No evidence can be derived for the column.
    NoEvidence,
    /// A label that is not from the catalogue.
    FreeLabel,
    /// Rows about individuals never leave.
    RowsOfPersons,
    /// A flow across persons that cannot be followed.
    UnprovenLineage,
}

/// What a rule found, in numbers that a checker may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The rule.
    pub rule: Rule,
    /// What was measured (persons, or thousandths).
    pub measured: u64,
    /// What the policy asks.
    pub limit: u64,
}

/// Rules that judge a cell by its evidence.
pub const CELL_RULES: [fn(&Evidence, &OutputPolicy) -> Option<Measured>; 3] = [
    minimum_frequency::minimum_frequency,
    zero_cell::zero_cell,
    dominance::dominance,
];
