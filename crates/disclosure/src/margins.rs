//! Margins that count persons: one person may be in several groups, so a total below the sum of its
//! parts shows how many are in more than one.

use std::collections::BTreeMap;

use catalogue::register::OutputPolicy;

use crate::assess::Finding;
use crate::rules::{Measured, Rule};
use crate::table::{ColumnKind, ProtectedTable, Row, Value};

/// Totals whose difference from the sum of their parts is the number of fewer than `persons_min`
/// persons.
pub(crate) fn margin_findings(table: &ProtectedTable, policy: &OutputPolicy) -> Vec<Finding> {
    let is = |wanted: fn(&ColumnKind) -> bool| -> Vec<usize> {
        let kinds = table.columns.iter().enumerate();
        kinds
            .filter(|(_, column)| wanted(&column.kind))
            .map(|(at, _)| at)
            .collect()
    };
    let labels = is(|kind| matches!(kind, ColumnKind::Group(_)));
    let counts = is(|kind| *kind == ColumnKind::PersonCount);
    let limit = u64::from(policy.persons_min);
    let whole = table
        .persons
        .and_then(|persons| i64::try_from(persons).ok());
    let mut findings = Vec::new();
    for label in &labels {
        let others: Vec<usize> = labels.iter().copied().filter(|at| at != label).collect();
        let mut families: BTreeMap<Vec<String>, Vec<(usize, &Row)>> = BTreeMap::new();
        for (at, row) in table.rows.iter().enumerate() {
            let family = others
                .iter()
                .map(|at| format!("{:?}", value(row, *at)))
                .collect();
            families.entry(family).or_default().push((at, row));
        }
        for (family, count) in families
            .values()
            .flat_map(|f| counts.iter().map(move |c| (f, *c)))
        {
            let is_total = |row: &Row| value(row, *label) == Some(&Value::Total);
            let shown = family.iter().find(|(_, row)| is_total(row));
            let total = match shown {
                Some((at, row)) => Some((Some(*at), number(row, count))),
                // The persons behind the whole table are shown beside it.
                None if labels.len() == 1 => whole.map(|persons| (None, persons)),
                None => None,
            };
            let Some((at, total)) = total else { continue };
            let parts = family.iter().filter(|(_, row)| !is_total(row));
            let sum: i64 = parts.map(|(_, row)| number(row, count)).sum();
            let measured = sum.saturating_sub(total).unsigned_abs();
            if 0 < measured && measured < limit {
                let rule = Rule::MinimumFrequency;
                findings.push(Finding {
                    row: at,
                    column: Some(count),
                    measured: Measured {
                        rule,
                        measured,
                        limit,
                    },
                });
            }
        }
    }
    findings
}

fn value(row: &Row, column: usize) -> Option<&Value> {
    row.cells.get(column).map(|cell| &cell.value)
}

fn number(row: &Row, column: usize) -> i64 {
    match value(row, column) {
        Some(Value::Integer(number)) => *number,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Cell, Column, LabelSource, Lineage};
    use catalogue::Text;

    fn table(parts: [i64; 2], total: i64) -> ProtectedTable {
        let column = |kind| Column {
            name: "x".into(),
            heading: Text::new("x", "x"),
            kind,
        };
        let row = |label: Value, persons| Row {
            cells: vec![
                Cell {
                    value: label,
                    evidence: None,
                },
                Cell {
                    value: Value::Integer(persons),
                    evidence: None,
                },
            ],
        };
        ProtectedTable {
            lineage: Lineage::Proven,
            columns: vec![
                column(ColumnKind::Group(LabelSource::Declared)),
                column(ColumnKind::PersonCount),
            ],
            rows: vec![
                row(Value::Text("a".into()), parts[0]),
                row(Value::Text("b".into()), parts[1]),
                row(Value::Total, total),
            ],
            persons: Some(100),
        }
    }

    #[test]
    fn a_total_that_shows_one_person_in_both_groups_is_held() {
        let policy = OutputPolicy {
            persons_min: 5,
            largest_share_max_permille: 500,
        };
        assert_eq!(margin_findings(&table([30, 40], 69), &policy).len(), 1);
        assert!(margin_findings(&table([30, 40], 70), &policy).is_empty());
        assert!(margin_findings(&table([30, 40], 60), &policy).is_empty());
    }
}
