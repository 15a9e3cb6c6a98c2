//! What a reception found: counts per rule, with row numbers and masked shapes, never a value.

use std::collections::BTreeMap;

use base::limits::REPORT_EXAMPLES_MAX;
use base::{DeliveryId, VersionId};
use serde::{Deserialize, Serialize};

/// Why a row was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The row has more or fewer fields than the heading.
    FieldCount,
    /// Bytes that are no text in the file's encoding.
    Encoding,
    /// A value is missing where the register demands one.
    Missing,
    /// The value is not of the column's type.
    Type,
    /// The value does not match the column's pattern.
    Pattern,
    /// The code is not on the column's code list.
    Code,
    /// The number is outside the column's limits.
    Range,
    /// Two dates stand in the wrong order.
    DateOrder,
    /// The date has not come yet.
    DateInFuture,
    /// The date is before 1900; in a register of births, before 1858.
    DateTooEarly,
    /// The identity number cannot exist.
    Identifier,
    /// A real identity number in a folder for synthetic persons.
    IdentifierNotSynthetic,
    /// A synthetic identity number in a folder for real persons.
    IdentifierSynthetic,
    /// An identity number stands in a text.
    IdentifierInText,
    /// The text is longer than a text may be.
    TextTooLong,
}

impl Rule {
    /// The name in reports, tables and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FieldCount => "field_count",
            Self::Encoding => "encoding",
            Self::Missing => "missing",
            Self::Type => "type",
            Self::Pattern => "pattern",
            Self::Code => "code",
            Self::Range => "range",
            Self::DateOrder => "date_order",
            Self::DateInFuture => "date_in_future",
            Self::DateTooEarly => "date_too_early",
            Self::Identifier => "identifier",
            Self::IdentifierNotSynthetic => "identifier_not_synthetic",
            Self::IdentifierSynthetic => "identifier_synthetic",
            Self::IdentifierInText => "identifier_in_text",
            Self::TextTooLong => "text_too_long",
        }
    }
}

/// The report of one delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidationReport {
    /// Register.
    pub register: String,
    /// Delivery.
    pub delivery: DeliveryId,
    /// The version that was made from it.
    pub version: VersionId,
    /// Tables, in the register's order.
    pub tables: Vec<TableReport>,
}

/// The report of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableReport {
    /// Table.
    pub table: String,
    /// Rows read.
    pub rows_read: u64,
    /// Rows that went to the lake.
    pub rows_accepted: u64,
    /// Rows that went to quarantine.
    pub rows_rejected: u64,
    /// Findings per rule and column. A row that breaks two rules counts under both.
    pub findings: Vec<RuleFinding>,
}

/// How often a rule was broken in a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFinding {
    /// Rule.
    pub rule: Rule,
    /// Column; none where the rule is about the whole row.
    pub column: Option<String>,
    /// Rows.
    pub count: u64,
    /// The first of them.
    pub examples: Vec<Example>,
}

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Row of the table as delivered: the heading of a CSV file is row 1, the first row of a Parquet file row 1.
    pub row: u64,
    /// What the value looks like: 9 for a digit, A or a for a letter.
    pub shape: String,
}

impl ValidationReport {
    /// Rows rejected in all tables.
    pub fn rows_rejected(&self) -> u64 {
        self.tables.iter().map(|table| table.rows_rejected).sum()
    }
}

/// Counts of one table while it is received.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) rows_read: u64,
    pub(crate) rows_rejected: u64,
    rules: BTreeMap<(Rule, Option<usize>), RuleTally>,
}

#[derive(Debug, Default)]
struct RuleTally {
    count: u64,
    examples: Vec<Example>,
}

impl Tally {
    /// Counts one finding; `shape` is asked for only if the example will be kept.
    pub(crate) fn add(
        &mut self,
        rule: Rule,
        column: Option<usize>,
        row: u64,
        shape: impl FnOnce() -> String,
    ) {
        let tally = self.rules.entry((rule, column)).or_default();
        tally.count += 1;
        // Batches arrive in any order; keeping the smallest rows makes the report the same each time.
        let full = tally.examples.len() >= REPORT_EXAMPLES_MAX;
        if full && tally.examples.last().is_some_and(|last| last.row <= row) {
            return;
        }
        let example = Example {
            row,
            shape: shape(),
        };
        let at = tally.examples.partition_point(|other| *other < example);
        tally.examples.insert(at, example);
        tally.examples.truncate(REPORT_EXAMPLES_MAX);
    }

    /// The report, with the names of columns.
    pub(crate) fn report(&self, table: &str, columns: &[String]) -> TableReport {
        TableReport {
            table: table.to_owned(),
            rows_read: self.rows_read,
            rows_accepted: self.rows_read - self.rows_rejected,
            rows_rejected: self.rows_rejected,
            findings: self
                .rules
                .iter()
                .map(|((rule, column), tally)| RuleFinding {
                    rule: *rule,
                    column: column.and_then(|at| columns.get(at).cloned()),
                    count: tally.count,
                    examples: tally.examples.clone(),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_first_rows_whatever_the_order_of_arrival() {
        let mut tally = Tally::default();
        for row in (0..100).rev() {
            tally.add(Rule::Code, Some(0), row, || "A9".to_owned());
        }
        let report = tally.report("t", &["kode".to_owned()]);
        let rows: Vec<u64> = report.findings[0].examples.iter().map(|e| e.row).collect();
        assert_eq!(rows, [0, 1, 2, 3, 4]);
        assert_eq!(report.findings[0].count, 100);
        assert_eq!(report.findings[0].column.as_deref(), Some("kode"));
    }
}
