//! What a project selects: `sund-selection/1`. Population, index date, tables, variables, periods.
//! It is executable: the lake makes an extract from it and from nothing else.

use base::Date;
use serde::{Deserialize, Serialize};

use crate::register::Coarsening;

pub mod check;
mod persons;
pub mod plain_text;
mod time;
mod uses;

pub use persons::{Controls, Kinship, MatchOn, Sample, SampleSize};
pub use time::{Moment, Period, Span, Window};
pub use uses::PopulationUse;

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
    /// Some of those who meet the criteria; all, if not stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
    /// Controls of those who were taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controls: Option<Controls>,
    /// Relatives of those who were taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relatives: Vec<Kinship>,
    /// The period that every table's period lies within.
    pub period: Period,
    /// Tables and their variables.
    pub tables: Vec<SelectedTable>,
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
    /// The person is born and not dead at a date.
    Alive(AliveCriterion),
    /// The person has an index date, and no such rows for some time before it.
    Washout(WashoutCriterion),
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
    /// The row's date lies within this time around the person's index date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Fewest such rows; one if not stated.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count_min: u32,
    /// Most such rows; any number if not stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count_max: Option<u32>,
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
    /// The date lies between, both ends included.
    Date {
        /// Variable of type date.
        variable: String,
        /// First date.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Date>,
        /// Last date.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Date>,
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

/// Being alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AliveCriterion {
    /// At which date.
    pub at: Moment,
}

/// No such rows just before the index date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WashoutCriterion {
    /// Register.
    pub register: String,
    /// Table.
    pub table: String,
    /// Conditions on a row, all of which it would have to meet.
    pub conditions: Vec<RowCondition>,
    /// How long before the index date; the index date itself is not counted.
    pub clear: Span,
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
    /// Rows lie within this time around the index date too; of controls, around that of their cases,
    /// and of relatives, around that of whom they are related to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
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

/// The criterion that everybody meets.
pub(crate) const fn everyone() -> Criterion {
    Criterion::All(Vec::new())
}

pub(crate) fn is_everyone(criterion: &Criterion) -> bool {
    *criterion == everyone()
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

impl RowCondition {
    /// The variable that it asks.
    pub fn variable(&self) -> &str {
        match self {
            Self::Codes { variable, .. }
            | Self::Number { variable, .. }
            | Self::Date { variable, .. } => variable,
        }
    }
}

impl WashoutCriterion {
    /// The rows that must not be there, as an event before the index date.
    pub fn event(&self) -> EventCriterion {
        EventCriterion {
            window: Some(Window {
                from: Some(self.clear.reversed()),
                to: Some(Span::Days(-1)),
            }),
            ..EventCriterion::new(&self.register, &self.table, self.conditions.clone())
        }
    }
}

impl EventCriterion {
    /// At least one such row, at any time.
    pub fn new(register: &str, table: &str, conditions: Vec<RowCondition>) -> Self {
        Self {
            register: register.to_owned(),
            table: table.to_owned(),
            conditions,
            period: None,
            window: None,
            count_min: 1,
            count_max: None,
        }
    }

    /// Whether so many rows are as many as it asks for.
    pub fn is_met_by(&self, rows: u32) -> bool {
        self.count_min <= rows && self.count_max.is_none_or(|most| rows <= most)
    }
}

impl Selection {
    /// All tables and variables of a population in a period.
    pub fn new(population: Criterion, period: Period, tables: Vec<SelectedTable>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            population,
            index: None,
            sample: None,
            controls: None,
            relatives: Vec::new(),
            period,
            tables,
        }
    }
}
