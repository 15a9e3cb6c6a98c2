//! What a project selects: `sund-selection/1`. Population, index date, tables, variables, periods.
//! It is executable: the lake makes an extract from it and from nothing else.

use base::Date;
use serde::{Deserialize, Serialize};

use crate::register::Coarsening;

pub mod check;
pub mod plain_text;

/// The format's name, first field of every selection.
pub const FORMAT: &str = "sund-selection/1";

/// Who, what and how fine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Always [`FORMAT`].
    pub format: String,
    /// Whom it is about.
    pub population: Criterion,
    /// The person's index date, where criteria or periods refer to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<IndexDate>,
    /// The period that every table's period lies within.
    pub period: Period,
    /// Tables and their variables.
    pub tables: Vec<SelectedTable>,
}

/// Calendar dates, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// First date.
    pub from: Date,
    /// Last date.
    pub to: Date,
}

impl Period {
    /// Whether a date lies in the period.
    pub fn contains(&self, date: Date) -> bool {
        self.from <= date && date <= self.to
    }

    /// Whether another period lies in this one.
    pub fn covers(&self, other: &Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }
}

/// A condition on a person. A tree of `all`, `any` and `not` over facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Criterion {
    /// All hold. An empty list holds for every person of the base population.
    All(Vec<Criterion>),
    /// At least one holds.
    Any(Vec<Criterion>),
    /// It does not hold.
    Not(Box<Criterion>),
    /// The person has such rows.
    Event(EventCriterion),
    /// The person's age in whole years at a date lies between.
    Age(AgeCriterion),
    /// The person's sex as registered.
    Sex(Sex),
    /// The person lives in one of these municipalities at a date.
    Residence(ResidenceCriterion),
}

/// Rows of a table that a person must have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventCriterion {
    /// Register.
    pub register: String,
    /// Table.
    pub table: String,
    /// Conditions on a row, all of which it must meet.
    pub conditions: Vec<RowCondition>,
    /// The row's date lies within; without it any date counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Fewest such rows; one if not stated.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count_min: u32,
}

const fn one() -> u32 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it by reference"
)]
const fn is_one(count: &u32) -> bool {
    *count == 1
}

/// A condition on one variable of a row. A missing value never meets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RowCondition {
    /// The code is one of these; `DE11*` means every code that begins so.
    Codes {
        /// Variable of type text.
        variable: String,
        /// Codes and prefixes.
        codes: Vec<String>,
    },
    /// The number lies between, both ends included. Thousandths, so that equality is exact.
    Number {
        /// Variable of type integer or decimal.
        variable: String,
        /// Lower end, in thousandths of the unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min_thousandths: Option<i64>,
        /// Upper end, in thousandths of the unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_thousandths: Option<i64>,
    },
}

/// Age in whole years.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeCriterion {
    /// At which date.
    pub at: Moment,
    /// Youngest, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u16>,
    /// Oldest, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u16>,
}

/// Residence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResidenceCriterion {
    /// At which date.
    pub at: Moment,
    /// Municipality codes; an empty list means anywhere in Denmark.
    #[serde(default)]
    pub municipalities: Vec<String>,
}

/// A date on the calendar, or the person's index date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Moment {
    /// A calendar date.
    On(Date),
    /// The index date; a person without one does not meet the condition.
    Index,
}

/// How a person's index date is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum IndexDate {
    /// The date of the first such row.
    FirstEvent(EventCriterion),
}

/// Sex as the population register states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Male (code 1, K/M: M).
    Male,
    /// Female (code 2, K/M: K).
    Female,
}

/// A table of the extract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelectedTable {
    /// Register.
    pub register: String,
    /// Table.
    pub table: String,
    /// The period of its rows, within the selection's.
    pub period: Period,
    /// Variables, in the order of the extract. The person column is always there and is not listed.
    pub variables: Vec<SelectedVariable>,
}

/// A variable of the extract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelectedVariable {
    /// Name.
    pub name: String,
    /// How fine.
    #[serde(default, skip_serializing_if = "is_default")]
    pub coarsening: Coarsening,
    /// What it is needed for.
    pub reason: String,
}

fn is_default(coarsening: &Coarsening) -> bool {
    *coarsening == Coarsening::None
}

impl SelectedTable {
    /// Name of the extract's table: `<register>_<table>`.
    pub fn extract_name(&self) -> String {
        format!("{}_{}", self.register, self.table)
    }
}

impl Selection {
    /// The registers it takes variables from or asks conditions of, in order of name.
    pub fn registers(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .tables
            .iter()
            .map(|table| table.register.as_str())
            .collect();
        self.population.collect_registers(&mut names);
        if let Some(IndexDate::FirstEvent(event)) = &self.index {
            names.push(&event.register);
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Criterion {
    fn collect_registers<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.collect_registers(names);
                }
            }
            Self::Not(part) => part.collect_registers(names),
            Self::Event(event) => names.push(&event.register),
            Self::Age(_) | Self::Sex(_) | Self::Residence(_) => {}
        }
    }
}
