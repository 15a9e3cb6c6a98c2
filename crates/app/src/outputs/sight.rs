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
