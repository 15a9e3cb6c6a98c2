//! A result with its evidence.

use catalogue::Text;
use serde::{Deserialize, Serialize};

/// A table computed from persons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProtectedTable {
    /// How the values came about.
    pub lineage: Lineage,
    /// Columns, in order.
    pub columns: Vec<Column>,
    /// Rows; every row has one cell per column.
    pub rows: Vec<Row>,
    /// Distinct persons behind the whole table; none where they cannot be derived.
    pub persons: Option<u64>,
}

/// How a table's values came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lineage {
    /// Every value is an allow-listed aggregate over per-person records.
    Proven,
    /// Rows about individuals.
    Rows,
    /// A flow across persons that cannot be followed; people must judge it.
    Unproven(UnprovenReason),
}

/// Why a flow cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnprovenReason {
    /// An aggregate whose evidence cannot be derived (minimum, median, deviation, …).
    Aggregate,
    /// HAVING keeps or drops groups.
    Having,
    /// LIMIT or OFFSET keeps or drops rows.
    Limit,
    /// An order by something that the result does not show.
    HiddenOrder,
    /// A person or a record picked by its key.
    KeyNamed,
    /// Rows that name several persons.
    SeveralPersons,
    /// A join that does not hold each person's rows together.
    JoinAcrossPersons,
    /// A window that reaches over several persons.
    WindowAcrossPersons,
    /// A subquery whose result mixes persons.
    Subquery,
    /// A set operation or another construct that cannot be followed.
    Construct,
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Name as the query wrote it; shown in the workbench, never released.
    pub name: String,
    /// Heading from the catalogue; what a release carries.
    pub heading: Text,
    /// What its values are.
    pub kind: ColumnKind,
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// A label that says which group a row is.
    Group(LabelSource),
    /// Number of distinct persons.
    PersonCount,
    /// Number of rows or of values.
    Count,
    /// Sum of values.
    Sum,
    /// Mean of values.
    Mean,
    /// Computed from other cells of its row: shown, never released.
    Derived,
    /// No evidence can be derived: always held.
    WithoutEvidence,
}

/// Where a group's label comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelSource {
    /// A variable of the permit with a code list, or a number or date in declared bins.
    Declared,
    /// Text that the query's author wrote, or a key: never released.
    Free,
}

/// A row of a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Row {
    /// One cell per column.
    pub cells: Vec<Cell>,
}

/// A value with what stands behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// The value.
    pub value: Value,
    /// What stands behind it; labels and columns without evidence have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

/// A value as shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// No value.
    Missing,
    /// The margin over all values of a label.
    Total,
    /// Whole number.
    Integer(i64),
    /// Number.
    Number(f64),
    /// Text, or a date in ISO form.
    Text(String),
}

/// What stands behind a cell: influence, not only membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Distinct persons of the cell's group.
    pub group_persons: u64,
    /// Distinct persons with a non-null, non-zero contribution.
    pub persons: u64,
    /// Share of the largest contributor in the sum of absolute contributions, in thousandths, rounded up.
    pub largest_permille: u32,
}

impl Evidence {
    /// The evidence of a value computed from two others: the worst of its parts.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        Self {
            group_persons: self.group_persons.min(other.group_persons),
            persons: self.persons.min(other.persons),
            largest_permille: self.largest_permille.max(other.largest_permille),
        }
    }
}
