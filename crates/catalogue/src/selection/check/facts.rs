//! The leaves of a population: events with their conditions, age and residence.

use super::Checker;
use crate::register::{ColumnRole, Table, ValueType, Variable};
use crate::selection::{AgeCriterion, EventCriterion, ResidenceCriterion, RowCondition};

/// Codes in one condition.
pub const CODES_MAX: usize = 2_000;

impl<'a> Checker<'a> {
    pub(super) fn event(&mut self, path: &str, event: &EventCriterion) -> Option<&'a Table> {
        if event.count_min == 0 {
            self.report(
                &format!("{path}/count_min"),
                "count_of_nothing",
                "at least 0 times holds for everybody".to_owned(),
            );
        }
        if event.count_max.is_some_and(|most| most < event.count_min) {
            self.report(
                &format!("{path}/count_max"),
                "counts_inverted",
                format!("the most is below the least, {}", event.count_min),
            );
        }
        let table = self.find_table(path, &event.register, &event.table);
        if let Some(window) = event.window {
            self.window(&format!("{path}/window"), window, table);
        }
        if let Some(period) = event.period {
            let path = format!("{path}/period");
            self.period_in_order(&path, period);
            if let Some(table) = table {
                self.dated(&path, table);
            }
        }
        let table = table?;
        self.conditions(path, &event.conditions, table);
        Some(table)
    }

    pub(super) fn conditions(&mut self, path: &str, conditions: &[RowCondition], table: &'a Table) {
        for (at, condition) in conditions.iter().enumerate() {
            self.condition(&format!("{path}/conditions/{at}"), condition, table);
        }
    }

    pub(super) fn dated(&mut self, path: &str, table: &Table) {
        if table.date_variable.is_none() {
            self.report(
                path,
                "table_without_date",
                format!("the rows of `{}` have no date", table.name),
            );
        }
    }

    fn condition(&mut self, path: &str, condition: &RowCondition, table: &'a Table) {
        match condition {
            RowCondition::Codes { variable, codes } => {
                let path = format!("{path}/codes");
                let Some(found) = self.value_variable(&path, variable, table) else {
                    return;
                };
                if found.value_type != ValueType::Text {
                    self.mismatch(&path, found, "codes");
                }
                self.codes(&format!("{path}/codes"), codes, found);
            }
            RowCondition::Number {
                variable,
                min_thousandths,
                max_thousandths,
            } => {
                let path = format!("{path}/number");
                let Some(found) = self.value_variable(&path, variable, table) else {
                    return;
                };
                if !matches!(found.value_type, ValueType::Integer | ValueType::Decimal) {
                    self.mismatch(&path, found, "a number");
                }
                self.bounds(&path, *min_thousandths, *max_thousandths);
            }
            RowCondition::Date { variable, from, to } => {
                let path = format!("{path}/date");
                let Some(found) = self.value_variable(&path, variable, table) else {
                    return;
                };
                if found.value_type != ValueType::Date {
                    self.mismatch(&path, found, "a date");
                }
                self.bounds(&path, *from, *to);
            }
        }
    }

    fn value_variable(&mut self, path: &str, name: &str, table: &'a Table) -> Option<&'a Variable> {
        let path = format!("{path}/variable");
        let found = self.find_variable(&path, name, table)?;
        if found.role != ColumnRole::Plain {
            self.report(
                &path,
                "condition_on_key",
                format!("`{name}` is a key or free text; a condition needs a value"),
            );
            return None;
        }
        Some(found)
    }

    fn mismatch(&mut self, path: &str, variable: &Variable, wanted: &str) {
        self.report(
            path,
            "type_mismatch",
            format!(
                "`{}` is of type {}; the condition asks for {wanted}",
                variable.name,
                match variable.value_type {
                    ValueType::Text => "text",
                    ValueType::Integer => "integer",
                    ValueType::Decimal => "decimal",
                    ValueType::Date => "date",
                }
            ),
        );
    }

    fn codes(&mut self, path: &str, codes: &[String], variable: &Variable) {
        if codes.is_empty() {
            self.report(path, "no_codes", "no code is named".to_owned());
        }
        if codes.len() > CODES_MAX {
            self.report(
                path,
                "too_many_codes",
                format!("{} codes; the most is {CODES_MAX}", codes.len()),
            );
        }
        let list = variable
            .code_list
            .as_deref()
            .filter(|_| variable.strict_codes)
            .and_then(|id| self.catalogue.code_list(id));
        for (at, code) in codes.iter().enumerate() {
            let path = format!("{path}/{at}");
            let prefix = code.strip_suffix('*');
            let bare = prefix.unwrap_or(code);
            if bare.is_empty() || bare.contains('*') {
                self.report(
                    &path,
                    "code_malformed",
                    format!("`{code}` is not a code, nor a prefix followed by `*`"),
                );
                continue;
            }
            let known = list.is_none_or(|list| match prefix {
                Some(prefix) => list.starting_with(prefix).next().is_some(),
                None => list.find(code).is_some(),
            });
            if !known {
                self.report(
                    &path,
                    "unknown_code",
                    format!("`{code}` is not in the code list of `{}`", variable.name),
                );
            }
        }
    }

    pub(super) fn age(&mut self, path: &str, age: &AgeCriterion) {
        self.bounds(path, age.min.map(i64::from), age.max.map(i64::from));
        self.moment(path, age.at);
    }

    pub(super) fn residence(&mut self, path: &str, residence: &ResidenceCriterion) {
        self.moment(path, residence.at);
        let Some(list) = self.catalogue.code_list("kommune") else {
            return;
        };
        for (at, code) in residence.municipalities.iter().enumerate() {
            if list.find(code).is_none() {
                self.report(
                    &format!("{path}/municipalities/{at}"),
                    "unknown_municipality",
                    format!("`{code}` is not a municipality code of three digits"),
                );
            }
        }
    }

    fn bounds<T: PartialOrd>(&mut self, path: &str, low: Option<T>, high: Option<T>) {
        match (low, high) {
            (None, None) => self.report(
                path,
                "no_bounds",
                "neither a lowest nor a highest value is stated".to_owned(),
            ),
            (Some(low), Some(high)) if high < low => self.report(
                path,
                "bounds_inverted",
                "the highest value is below the lowest".to_owned(),
            ),
            _ => {}
        }
    }
}
