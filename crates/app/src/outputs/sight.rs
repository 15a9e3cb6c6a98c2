//! What those see who may not see rows: only what passes. The shape of a table that does not pass
//! (which groups exist, which cells fail) is itself computed from persons, and is not shown.

use casework::output::OutputState;
use disclosure::{CellVerdict, TableState, Value};

use super::OutputView;

const SECOND_MS: u64 = 1000;

/// The view of an output for somebody who sends code.
pub(super) fn only_what_passes(mut view: OutputView) -> OutputView {
    view.elapsed_ms = view.elapsed_ms.div_ceil(SECOND_MS) * SECOND_MS;
    let released = view.state == OutputState::Released;
    if view.verdict.state != TableState::Releasable && !released {
        view.table.rows.clear();
        view.table.persons = None;
        view.persons = None;
        view.cut_off = false;
        // One uniform answer: which rule failed, and where, would itself tell something.
        view.held = view.held.map(|mut held| {
            held.cells = 0;
            held.rules.clear();
            held
        });
        view.verdict.cells.clear();
        view.verdict.findings.clear();
        return view;
    }
    // What stands behind a cell is a number computed from persons, too.
    view.table.persons = None;
    view.persons = None;
    let rows = view.table.rows.iter_mut().zip(&mut view.verdict.cells);
    for (row, verdicts) in rows {
        for (cell, verdict) in row.cells.iter_mut().zip(verdicts) {
            cell.evidence = None;
            if *verdict == CellVerdict::Safe {
                continue;
            }
            // Checkers let the cells of a released table pass, but not what is only shown.
            if !released || *verdict == CellVerdict::ShownOnly {
                cell.value = Value::Missing;
                *verdict = CellVerdict::Held;
            }
        }
    }
    view
}

/// The view of an answer at the command line.
pub(super) fn at_the_command_line(view: OutputView, sees_rows: bool) -> OutputView {
    if sees_rows {
        view
    } else {
        only_what_passes(view)
    }
}

#[cfg(test)]
mod tests {
    use base::{OutputId, Timestamp};
    use catalogue::Text;
    use catalogue::register::OutputPolicy;
    use disclosure::{Cell, Column, ColumnKind, Lineage, ProtectedTable, Row, assess};

    use super::*;

    /// Rows of persons, as a query gives them.
    fn rows() -> OutputView {
        let cell = |number| Cell {
            value: Value::Integer(number),
            evidence: None,
        };
        let table = ProtectedTable {
            lineage: Lineage::Rows,
            columns: vec![Column {
                name: "person".to_owned(),
                heading: Text::default(),
                kind: ColumnKind::WithoutEvidence,
            }],
            rows: (0..3)
                .map(|at| Row {
                    cells: vec![cell(at)],
                })
                .collect(),
            persons: None,
        };
        let policy = OutputPolicy {
            persons_min: 5,
            largest_share_max_permille: 500,
        };
        OutputView {
            id: OutputId::from_bytes([1; 16]),
            room: String::new(),
            permit: String::new(),
            case: String::new(),
            title: Text::default(),
            sql: String::new(),
            verdict: assess(&table, &policy),
            table,
            elapsed_ms: 1_234,
            state: OutputState::Made,
            persons: None,
            cut_off: true,
            made_at: Timestamp::UNIX_EPOCH,
            released_at: None,
            version: 1,
            held: None,
            review: None,
            may: Vec::new(),
        }
    }

    #[test]
    fn rows_of_real_persons_are_not_shown_at_the_command_line() {
        assert_eq!(at_the_command_line(rows(), true).table.rows.len(), 3);
        let shown = at_the_command_line(rows(), false);
        assert!(shown.table.rows.is_empty() && shown.verdict.cells.is_empty());
        assert_eq!((shown.elapsed_ms, shown.cut_off), (2_000, false));
    }
}
