//! The verdict on a table: released whole, or held whole with the failing cells named.

use catalogue::register::OutputPolicy;
use serde::{Deserialize, Serialize};

use crate::margins;
use crate::rules::{CELL_RULES, Measured, Rule};
use crate::table::{Cell, Column, ColumnKind, LabelSource, Lineage, ProtectedTable};

/// What the rules say of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// What may happen with it.
    pub state: TableState,
    /// The policy it was judged by.
    pub policy: OutputPolicy,
    /// One verdict per cell, row by row.
    pub cells: Vec<Vec<CellVerdict>>,
    /// What stands in the way, in reading order.
    pub findings: Vec<Finding>,
}

/// What may happen with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableState {
    /// May be released at once.
    Releasable,
    /// Held: goes to checkers, or is changed by its author.
    Held,
    /// Rows about individuals: never released, by anybody.
    NeverReleased,
}

/// What may happen with a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellVerdict {
    /// Holds every rule.
    Safe,
    /// Stops the table.
    Held,
    /// Is shown but is no part of a release.
    ShownOnly,
}

/// A cell or column that stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Row from 0; none for a whole column or table.
    pub row: Option<usize>,
    /// Column from 0; none for the whole table.
    pub column: Option<usize>,
    /// What was found.
    pub measured: Measured,
}

/// Judges a table by a policy.
pub fn assess(table: &ProtectedTable, policy: &OutputPolicy) -> Verdict {
    let mut findings = table_findings(table, policy);
    findings.extend(column_findings(table));
    findings.extend(margins::margin_findings(table, policy));
    let cells = table
        .rows
        .iter()
        .enumerate()
        .map(|(row, line)| {
            line.cells
                .iter()
                .zip(&table.columns)
                .enumerate()
                .map(|(column, (cell, heading))| {
                    let measured = judge_cell(cell, heading, table.lineage, policy);
                    findings.extend(measured.iter().map(|measured| Finding {
                        row: Some(row),
                        column: Some(column),
                        measured: *measured,
                    }));
                    cell_verdict(heading, table.lineage, &measured)
                })
                .collect()
        })
        .collect();
    let state = match table.lineage {
        Lineage::Rows => TableState::NeverReleased,
        _ if findings.is_empty() => TableState::Releasable,
        _ => TableState::Held,
    };
    Verdict {
        state,
        policy: *policy,
        cells,
        findings,
    }
}

fn finding(column: Option<usize>, rule: Rule) -> Finding {
    Finding {
        row: None,
        column,
        measured: Measured {
            rule,
            measured: 0,
            limit: 0,
        },
    }
}

fn table_findings(table: &ProtectedTable, policy: &OutputPolicy) -> Vec<Finding> {
    match table.lineage {
        Lineage::Proven => small_table(table, policy).into_iter().collect(),
        Lineage::Rows => vec![finding(None, Rule::RowsOfPersons)],
        Lineage::Unproven(_) => vec![finding(None, Rule::UnprovenLineage)],
    }
}

/// An answer about too few persons says something by being empty, or by not being so.
fn small_table(table: &ProtectedTable, policy: &OutputPolicy) -> Option<Finding> {
    let limit = u64::from(policy.persons_min);
    let measured = table.persons.filter(|persons| *persons < limit)?;
    let measured = Measured {
        rule: Rule::ZeroCell,
        measured,
        limit,
    };
    Some(Finding {
        row: None,
        column: None,
        measured,
    })
}

fn column_findings(table: &ProtectedTable) -> Vec<Finding> {
    let of_column = |(at, column): (usize, &Column)| match column.kind {
        ColumnKind::Group(LabelSource::Free) => Some(finding(Some(at), Rule::FreeLabel)),
        ColumnKind::WithoutEvidence if table.lineage == Lineage::Proven => {
            Some(finding(Some(at), Rule::NoEvidence))
        }
        _ => None,
    };
    if table.lineage == Lineage::Rows {
        return Vec::new();
    }
    table
        .columns
        .iter()
        .enumerate()
        .filter_map(of_column)
        .collect()
}

fn judge_cell(
    cell: &Cell,
    column: &Column,
    lineage: Lineage,
    policy: &OutputPolicy,
) -> Vec<Measured> {
    let counted = matches!(
        column.kind,
        ColumnKind::Group(LabelSource::Declared)
            | ColumnKind::PersonCount
            | ColumnKind::Count
            | ColumnKind::Sum
            | ColumnKind::Mean
    );
    if !counted || lineage != Lineage::Proven {
        return Vec::new();
    }
    match &cell.evidence {
        Some(evidence) => CELL_RULES
            .iter()
            .filter_map(|rule| rule(evidence, policy))
            .collect(),
        None => vec![Measured {
            rule: Rule::NoEvidence,
            measured: 0,
            limit: 0,
        }],
    }
}

fn cell_verdict(column: &Column, lineage: Lineage, measured: &[Measured]) -> CellVerdict {
    match (lineage, column.kind) {
        (Lineage::Rows | Lineage::Unproven(_), _) => CellVerdict::Held,
        (_, ColumnKind::Derived) => CellVerdict::ShownOnly,
        (_, ColumnKind::WithoutEvidence | ColumnKind::Group(LabelSource::Free)) => {
            CellVerdict::Held
        }
        _ if measured.is_empty() => CellVerdict::Safe,
        _ => CellVerdict::Held,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Evidence, Row, UnprovenReason, Value};
    use catalogue::Text;
    use proptest::prelude::*;

    const POLICY: OutputPolicy = OutputPolicy {
        persons_min: 5,
        largest_share_max_permille: 500,
    };

    fn column(kind: ColumnKind) -> Column {
        Column {
            name: "x".into(),
            heading: Text::new("x", "x"),
            kind,
        }
    }

    fn table(kind: ColumnKind, evidence: &[Option<Evidence>]) -> ProtectedTable {
        let rows = evidence
            .iter()
            .map(|evidence| Row {
                cells: vec![
                    Cell {
                        value: Value::Text("1".into()),
                        evidence: safe(),
                    },
                    Cell {
                        value: Value::Integer(1),
                        evidence: *evidence,
                    },
                ],
            })
            .collect();
        ProtectedTable {
            lineage: Lineage::Proven,
            columns: vec![
                column(ColumnKind::Group(LabelSource::Declared)),
                column(kind),
            ],
            rows,
            persons: Some(50),
        }
    }

    fn safe() -> Option<Evidence> {
        Some(Evidence {
            group_persons: 50,
            persons: 50,
            largest_permille: 20,
        })
    }

    fn small() -> Option<Evidence> {
        Some(Evidence {
            group_persons: 50,
            persons: 3,
            largest_permille: 334,
        })
    }

    #[test]
    fn releases_a_table_whose_every_cell_holds() {
        let verdict = assess(&table(ColumnKind::Count, &[safe(), safe()]), &POLICY);
        assert_eq!(verdict.state, TableState::Releasable);
        assert!(verdict.findings.is_empty());
    }

    #[test]
    fn holds_the_whole_table_and_names_the_failing_cell() {
        let verdict = assess(&table(ColumnKind::Sum, &[safe(), small()]), &POLICY);
        assert_eq!(verdict.state, TableState::Held);
        let [finding] = verdict.findings[..] else {
            panic!("one finding")
        };
        assert_eq!((finding.row, finding.column), (Some(1), Some(1)));
        assert_eq!(finding.measured.measured, 3);
        assert_eq!(verdict.cells[0][1], CellVerdict::Safe);
        assert_eq!(verdict.cells[1][1], CellVerdict::Held);
    }

    #[test]
    fn holds_a_counted_cell_without_evidence() {
        assert_eq!(
            assess(&table(ColumnKind::Count, &[None]), &POLICY).state,
            TableState::Held
        );
    }

    #[test]
    fn holds_columns_without_evidence_and_labels_that_the_author_wrote() {
        let unknown = assess(&table(ColumnKind::WithoutEvidence, &[None]), &POLICY);
        assert_eq!(unknown.findings[0].measured.rule, Rule::NoEvidence);
        let labels = table(ColumnKind::Group(LabelSource::Free), &[None]);
        assert_eq!(
            assess(&labels, &POLICY).findings[0].measured.rule,
            Rule::FreeLabel
        );
    }

    #[test]
    fn never_releases_rows_and_holds_what_cannot_be_followed() {
        let mut rows = table(ColumnKind::Count, &[safe()]);
        rows.lineage = Lineage::Rows;
        assert_eq!(assess(&rows, &POLICY).state, TableState::NeverReleased);
        rows.lineage = Lineage::Unproven(UnprovenReason::Having);
        let verdict = assess(&rows, &POLICY);
        assert_eq!(verdict.state, TableState::Held);
        assert_eq!(verdict.cells[0][1], CellVerdict::Held);
    }

    proptest! {
        #[test]
        fn a_released_table_has_no_cell_under_the_policy(
            cells in proptest::collection::vec((0_u64..20, 0_u64..20, 0_u32..=1000), 1..20)
        ) {
            let evidence: Vec<_> = cells
                .iter()
                .map(|&(group, persons, largest_permille)| Some(Evidence {
                    group_persons: group.max(persons), persons, largest_permille,
                }))
                .collect();
            let verdict = assess(&table(ColumnKind::Sum, &evidence), &POLICY);
            if verdict.state == TableState::Releasable {
                for evidence in evidence.iter().flatten() {
                    prop_assert!(evidence.group_persons >= 5);
                    prop_assert!(evidence.persons == 0 || evidence.persons >= 5);
                    prop_assert!(evidence.largest_permille <= 500);
                }
            }
        }

        #[test]
        fn a_stricter_policy_never_releases_more(
            persons in 0_u64..40, largest_permille in 0_u32..=1000,
            persons_min in 1_u32..20, share in 100_u32..900,
        ) {
            let one = table(ColumnKind::Count, &[Some(Evidence {
                group_persons: persons, persons, largest_permille,
            })]);
            let loose = OutputPolicy { persons_min, largest_share_max_permille: share };
            let strict = loose.strictest(POLICY);
            if assess(&one, &strict).state == TableState::Releasable {
                prop_assert_eq!(assess(&one, &loose).state, TableState::Releasable);
            }
        }
    }
}
