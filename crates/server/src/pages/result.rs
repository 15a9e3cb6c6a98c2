//! A computed table with what stands behind every number: one view for the workbench and for review.

use std::collections::BTreeMap;

use app::disclosure::{CellVerdict, Column, ColumnKind, Finding, TableState, Value as CellValue};
use app::outputs::OutputView;
use serde_json::{Value, json};

use super::visit::Visit;

/// Columns of a table.
pub(super) fn columns(visit: &Visit, output: &OutputView) -> Vec<Value> {
    let columns = output.table.columns.iter();
    columns
        .map(|column| {
            json!({
                "heading": heading(visit, column),
                "name": column.name,
                "kind": kind_word(column),
            })
        })
        .collect()
}

/// What a column shows: its own heading, or what it counts, or its name in the query.
pub(super) fn heading(visit: &Visit, column: &Column) -> String {
    let own = visit.say(&column.heading);
    if !own.is_empty() {
        return own;
    }
    match column.kind {
        ColumnKind::PersonCount => visit.word("output.persons"),
        ColumnKind::Count => visit.word("output.rows"),
        _ => column.name.clone(),
    }
}

fn kind_word(column: &Column) -> &'static str {
    match column.kind {
        ColumnKind::Group(_) => "group",
        ColumnKind::PersonCount | ColumnKind::Count | ColumnKind::Sum => "count",
        ColumnKind::Mean | ColumnKind::Derived | ColumnKind::WithoutEvidence => "derived",
    }
}

/// Where each finding is, by row and column: its number from 1 and what it found.
type Marks<'a> = BTreeMap<(usize, usize), (usize, &'a Finding)>;

fn marks(output: &OutputView) -> Marks<'_> {
    let mut marks = Marks::new();
    for (at, finding) in output.verdict.findings.iter().enumerate() {
        if let (Some(row), Some(column)) = (finding.row, finding.column) {
            marks.entry((row, column)).or_insert((at + 1, finding));
        }
    }
    marks
}

/// Rows of a table, each cell with its verdict and evidence.
pub(super) fn rows(output: &OutputView) -> Vec<Value> {
    let marks = marks(output);
    let rows = output.table.rows.iter().enumerate();
    rows.map(|(at, row)| {
        let verdicts = output.verdict.cells.get(at);
        let cells = row.cells.iter().enumerate();
        let cells: Vec<Value> = cells
            .map(|(column, cell)| {
                let verdict = verdicts.and_then(|verdicts| verdicts.get(column));
                let mark = marks.get(&(at, column));
                let (kind, value) = value_of(&cell.value);
                json!({
                    "kind": kind,
                    "value": value,
                    "verdict": verdict_word(verdict.copied()),
                    "evidence": cell.evidence.map(|evidence| json!({
                        "persons": evidence.persons,
                        "largest_permille": evidence.largest_permille,
                    })),
                    "finding": mark.map(|(n, _)| n),
                    "rule": mark.map(|(_, finding)| finding.measured.rule),
                    "measured": mark.map_or(0, |(_, finding)| finding.measured.measured),
                })
            })
            .collect();
        let total = row
            .cells
            .iter()
            .any(|cell| matches!(cell.value, CellValue::Total));
        json!({ "total": total, "cells": cells })
    })
    .collect()
}

fn verdict_word(verdict: Option<CellVerdict>) -> &'static str {
    match verdict {
        Some(CellVerdict::Held) => "held",
        Some(CellVerdict::ShownOnly) => "shown",
        Some(CellVerdict::Safe) | None => "safe",
    }
}

fn value_of(value: &CellValue) -> (&'static str, Value) {
    match value {
        CellValue::Missing => ("missing", Value::Null),
        CellValue::Total => ("total", Value::Null),
        CellValue::Integer(number) => ("integer", (*number).into()),
        CellValue::Number(number) => ("number", (*number).into()),
        CellValue::Text(text) => ("text", text.clone().into()),
    }
}

/// What the rules found, numbered, each with the words of its row and column.
pub(super) fn findings(visit: &Visit, output: &OutputView) -> Vec<Value> {
    let findings = output.verdict.findings.iter().enumerate();
    findings
        .map(|(at, finding)| {
            json!({
                "n": at + 1,
                "label": label_of(visit, output, finding),
                "rule": finding.measured.rule,
                "measured": finding.measured.measured,
                "limit": finding.measured.limit,
                "answer": null,
                "reason": null,
                "text": null,
            })
        })
        .collect()
}

fn label_of(visit: &Visit, output: &OutputView, finding: &Finding) -> String {
    let column = finding.column.and_then(|at| output.table.columns.get(at));
    let heading = column.map(|column| heading(visit, column));
    let row = finding.row.and_then(|at| output.table.rows.get(at));
    let groups = row
        .into_iter()
        .flat_map(|row| row.cells.iter().zip(&output.table.columns));
    let groups = groups.filter(|(_, column)| matches!(column.kind, ColumnKind::Group(_)));
    let mut words: Vec<String> = groups
        .map(|(cell, _)| match &cell.value {
            CellValue::Text(text) => text.clone(),
            CellValue::Integer(number) => number.to_string(),
            CellValue::Number(number) => number.to_string(),
            CellValue::Total => visit.word("room.total"),
            CellValue::Missing => "–".to_owned(),
        })
        .collect();
    words.extend(heading);
    words.retain(|word| !word.is_empty());
    if words.is_empty() {
        visit.word("site.whole_table")
    } else {
        words.join(", ")
    }
}

/// Cells that carry numbers, and those of them that are held.
pub(super) fn count_cells(output: &OutputView) -> (usize, usize) {
    let groups: Vec<bool> = output
        .table
        .columns
        .iter()
        .map(|column| matches!(column.kind, ColumnKind::Group(_)))
        .collect();
    let cells = output
        .verdict
        .cells
        .iter()
        .flat_map(|row| row.iter().zip(&groups));
    let numbers = cells.filter(|(_, is_group)| !**is_group);
    numbers.fold((0, 0), |(all, held), (verdict, _)| {
        (all + 1, held + usize::from(*verdict == CellVerdict::Held))
    })
}

/// `releasable`, `held` or `never`.
pub(super) const fn verdict_of(output: &OutputView) -> &'static str {
    match output.verdict.state {
        TableState::Releasable => "releasable",
        TableState::Held => "held",
        TableState::NeverReleased => "never",
    }
}
