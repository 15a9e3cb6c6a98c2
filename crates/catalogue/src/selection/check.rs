//! Checks a selection against the catalogue.

use std::collections::BTreeSet;

use base::limits::{CRITERIA_DEPTH_MAX, CRITERIA_MAX, TEXT_CHARS_MAX, VARIABLES_MAX};
use serde::Serialize;

use super::{Criterion, FORMAT, IndexDate, Period, SelectedTable, SelectedVariable, Selection};
use crate::Catalogue;
use crate::register::{Coarsening, ColumnRole, Table, Variable};

mod facts;
mod persons;

pub use facts::CODES_MAX;
pub use persons::CONTROLS_MAX;

/// Something in a selection that cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SelectionProblem {
    /// Where, as a JSON pointer into the selection: `/tables/0/variables/2/name`.
    pub path: String,
    /// Stable name of the rule, for texts in both languages.
    pub code: &'static str,
    /// What is wrong, in words.
    pub message: String,
}

/// Checks everything and names every problem, in the order of the selection.
pub fn check(selection: &Selection, catalogue: &Catalogue) -> Result<(), Vec<SelectionProblem>> {
    let mut checker = Checker {
        catalogue,
        has_index: selection.index.is_some(),
        criteria: 0,
        problems: Vec::new(),
    };
    checker.selection(selection);
    if checker.problems.is_empty() {
        Ok(())
    } else {
        Err(checker.problems)
    }
}

struct Checker<'a> {
    catalogue: &'a Catalogue,
    has_index: bool,
    criteria: usize,
    problems: Vec<SelectionProblem>,
}

impl<'a> Checker<'a> {
    fn selection(&mut self, selection: &Selection) {
        if selection.format != FORMAT {
            self.report(
                "/format",
                "format",
                format!("expected `{FORMAT}`, found `{}`", selection.format),
            );
        }
        self.criterion("/population", &selection.population, 1);
        self.persons(selection);
        if self.criteria > CRITERIA_MAX {
            self.report(
                "/population",
                "too_many_criteria",
                format!("{} criteria; the most is {CRITERIA_MAX}", self.criteria),
            );
        }
        if let Some(IndexDate::FirstEvent(event)) = &selection.index
            && let Some(table) = self.event("/index/first_event", event)
        {
            self.dated("/index/first_event/table", table);
            if event.window.is_some() {
                self.report(
                    "/index/first_event/window",
                    "index_by_index",
                    "the index date cannot be found by itself".to_owned(),
                );
            }
        }
        self.period_in_order("/period", selection.period);
        self.tables(selection);
    }

    fn tables(&mut self, selection: &Selection) {
        if selection.tables.is_empty() {
            self.report("/tables", "no_tables", "no table is selected".to_owned());
        }
        let count: usize = selection
            .tables
            .iter()
            .map(|table| table.variables.len())
            .sum();
        if count > VARIABLES_MAX {
            self.report(
                "/tables",
                "too_many_variables",
                format!("{count} variables; the most is {VARIABLES_MAX}"),
            );
        }
        let mut seen = BTreeSet::new();
        for (at, table) in selection.tables.iter().enumerate() {
            let path = format!("/tables/{at}");
            if !seen.insert((&table.register, &table.table)) {
                self.report(
                    &path,
                    "table_repeated",
                    format!(
                        "the table `{}.{}` stands twice",
                        table.register, table.table
                    ),
                );
            }
            self.table(&path, table, selection.period);
        }
    }

    fn table(&mut self, path: &str, selected: &SelectedTable, within: Period) {
        let period_path = format!("{path}/period");
        self.period_in_order(&period_path, selected.period);
        if !within.covers(&selected.period) {
            self.report(
                &period_path,
                "period_outside",
                format!(
                    "{} to {} is not within the period of the selection, {} to {}",
                    selected.period.from, selected.period.to, within.from, within.to
                ),
            );
        }
        let Some(table) = self.find_table(path, &selected.register, &selected.table) else {
            return;
        };
        if let Some(window) = selected.window {
            self.window(&format!("{path}/window"), window, Some(table));
        }
        let mut seen = BTreeSet::new();
        for (at, variable) in selected.variables.iter().enumerate() {
            let path = format!("{path}/variables/{at}");
            if !seen.insert(&variable.name) {
                self.report(
                    &path,
                    "variable_repeated",
                    format!("the variable `{}` stands twice", variable.name),
                );
            }
            self.variable(&path, variable, table);
        }
    }

    fn variable(&mut self, path: &str, selected: &SelectedVariable, table: &'a Table) {
        let reason_path = format!("{path}/reason");
        if selected.reason.chars().count() > TEXT_CHARS_MAX {
            self.report(
                &reason_path,
                "reason_too_long",
                format!("the most is {TEXT_CHARS_MAX} characters"),
            );
        }
        let Some(variable) = self.find_variable(&format!("{path}/name"), &selected.name, table)
        else {
            return;
        };
        match variable.role {
            ColumnRole::Person => self.report(
                &format!("{path}/name"),
                "person_listed",
                "the person column is always in the extract and is not listed".to_owned(),
            ),
            ColumnRole::FreeText if selected.reason.trim().is_empty() => self.report(
                &reason_path,
                "free_text_needs_reason",
                format!("`{}` is free text and needs a reason", selected.name),
            ),
            _ => {}
        }
        if selected.coarsening != Coarsening::None
            && !variable.coarsenings.contains(&selected.coarsening)
        {
            self.report(
                &format!("{path}/coarsening"),
                "coarsening_not_offered",
                format!(
                    "`{}` cannot be given as `{}`",
                    selected.name,
                    String::from(selected.coarsening)
                ),
            );
        }
    }

    fn criterion(&mut self, path: &str, criterion: &Criterion, depth: usize) {
        self.criteria += 1;
        if depth > CRITERIA_DEPTH_MAX {
            self.report(
                path,
                "too_deep",
                format!("criteria lie deeper than {CRITERIA_DEPTH_MAX} levels"),
            );
            return;
        }
        match criterion {
            Criterion::All(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    self.criterion(&format!("{path}/all/{at}"), part, depth + 1);
                }
            }
            Criterion::Any(parts) => {
                if parts.is_empty() {
                    self.report(
                        path,
                        "any_of_nothing",
                        "`any` without criteria holds for nobody".to_owned(),
                    );
                }
                for (at, part) in parts.iter().enumerate() {
                    self.criterion(&format!("{path}/any/{at}"), part, depth + 1);
                }
            }
            Criterion::Not(part) => self.criterion(&format!("{path}/not"), part, depth + 1),
            Criterion::Event(event) => {
                self.event(&format!("{path}/event"), event);
            }
            Criterion::Age(age) => self.age(&format!("{path}/age"), age),
            Criterion::Sex(_) => {}
            Criterion::Residence(residence) => {
                self.residence(&format!("{path}/residence"), residence);
            }
            Criterion::Alive(alive) => self.moment(&format!("{path}/alive"), alive.at),
            Criterion::Washout(washout) => self.washout(&format!("{path}/washout"), washout),
        }
    }

    fn period_in_order(&mut self, path: &str, period: Period) {
        if period.to < period.from {
            self.report(
                path,
                "period_inverted",
                format!("{} is before {}", period.to, period.from),
            );
        }
    }

    fn find_table(&mut self, path: &str, register: &str, table: &str) -> Option<&'a Table> {
        let Some(known) = self.catalogue.register(register) else {
            self.report(
                &format!("{path}/register"),
                "unknown_register",
                format!("there is no register `{register}`"),
            );
            return None;
        };
        let Some(found) = known.table(table) else {
            self.report(
                &format!("{path}/table"),
                "unknown_table",
                format!("the register `{register}` has no table `{table}`"),
            );
            return None;
        };
        if !found.deliverable {
            self.report(
                &format!("{path}/table"),
                "not_deliverable",
                format!("`{register}.{table}` is described only and cannot be delivered"),
            );
        }
        Some(found)
    }

    fn find_variable(&mut self, path: &str, name: &str, table: &'a Table) -> Option<&'a Variable> {
        let found = table.variable(name);
        if found.is_none() {
            self.report(
                path,
                "unknown_variable",
                format!("the table `{}` has no variable `{name}`", table.name),
            );
        }
        found
    }

    fn report(&mut self, path: &str, code: &'static str, message: String) {
        self.problems.push(SelectionProblem {
            path: path.to_owned(),
            code,
            message,
        });
    }
}

#[cfg(test)]
mod tests;
