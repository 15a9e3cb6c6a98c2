//! Rows that meet the conditions of an event.

use std::collections::BTreeMap;

use arrow::array::{Array as _, ArrayRef, AsArray as _};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type};
use base::Date;
use catalogue::selection::{EventCriterion, Period, RowCondition, Window};
use linkage::Cohort;

use super::ExtractError;
use super::search::Search;
use crate::reception::parse::{civil_from_days, days_from_civil};

/// A calendar date in days from 1970-01-01.
pub(super) fn days(date: Date) -> i32 {
    days_from_civil(
        i32::from(date.year()),
        u32::from(date.month().unsigned_abs()),
        u32::from(date.day().unsigned_abs()),
    )
}

/// The calendar date of a day; the calendar's ends stand for what lies beyond them.
pub(super) fn date_of(day: i32) -> Date {
    let (year, month, day) = civil_from_days(day);
    let narrow = |number: u32| i8::try_from(number).unwrap_or(1);
    let date = i16::try_from(year)
        .ok()
        .and_then(|year| Date::new(year, narrow(month), narrow(day)).ok());
    date.unwrap_or(if year < 0 { Date::MIN } else { Date::MAX })
}

/// Whether the date of a row lies in a period. A column of whole numbers holds years.
pub(super) fn in_period(dates: &ArrayRef, row: usize, period: Period) -> bool {
    if dates.is_null(row) {
        return false;
    }
    match dates.data_type() {
        DataType::Date32 => {
            let date = dates.as_primitive::<Date32Type>().value(row);
            days(period.from) <= date && date <= days(period.to)
        }
        DataType::Int64 => {
            let year = dates.as_primitive::<Int64Type>().value(row);
            i64::from(period.from.year()) <= year && year <= i64::from(period.to.year())
        }
        _ => false,
    }
}

/// The date of a row in days; a year stands for its 1 January.
pub(super) fn row_date(dates: &ArrayRef, row: usize) -> Option<i32> {
    if dates.is_null(row) {
        return None;
    }
    match dates.data_type() {
        DataType::Date32 => Some(dates.as_primitive::<Date32Type>().value(row)),
        DataType::Int64 => {
            let year = i32::try_from(dates.as_primitive::<Int64Type>().value(row)).ok()?;
            (-9999..=9999)
                .contains(&year)
                .then(|| days_from_civil(year, 1, 1))
        }
        _ => None,
    }
}

/// What the rows of a person say about an event.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Met {
    /// Rows that meet it.
    pub(super) n_rows: u32,
    /// Of those, rows with a date.
    pub(super) n_dated: u32,
    /// The earliest date.
    pub(super) first: Option<i32>,
}

/// The time around each person's index date. Rows of a person come together, so the last is kept.
struct Around<'a> {
    window: Option<Window>,
    index: &'a BTreeMap<u32, i32>,
    last: Option<(u32, Option<Period>)>,
}

impl Around<'_> {
    /// Whether a row lies in the person's window, if there is one.
    fn holds(&mut self, person: u32, dates: Option<&ArrayRef>, row: usize) -> bool {
        let Some(window) = self.window else {
            return true;
        };
        let period = match self.last {
            Some((last, period)) if last == person => period,
            _ => {
                let index = self.index.get(&person);
                let period = index.map(|day| window.around(date_of(*day)));
                self.last = Some((person, period));
                period
            }
        };
        match (period, dates) {
            (Some(period), Some(dates)) => in_period(dates, row, period),
            _ => false,
        }
    }
}

/// For each person of a bucket's cohort with such rows, what they say.
pub(super) fn rows_meeting(
    run: &Search<'_>,
    bucket: u32,
    event: &EventCriterion,
    (cohort, index): (&Cohort, &BTreeMap<u32, i32>),
) -> Result<BTreeMap<u32, Met>, ExtractError> {
    let source = run.plan.source(&event.register, &event.table)?;
    let conditions: Vec<Condition<'_>> = event.conditions.iter().map(Condition::new).collect();
    let date = source.table.date_variable.as_deref();
    let mut columns: Vec<&str> = conditions
        .iter()
        .map(|condition| condition.variable)
        .collect();
    columns.extend(date);
    columns.sort_unstable();
    columns.dedup();
    let place = |name: &str| columns.iter().position(|column| *column == name);
    let mut met: BTreeMap<u32, Met> = BTreeMap::new();
    let mut around = Around {
        window: event.window,
        index,
        last: None,
    };
    for rows in source.read(run.plan, bucket, &columns, Some(cohort))? {
        let dates = date.and_then(place).and_then(|at| rows.columns.get(at));
        let mut keeps = vec![true; rows.persons.len()];
        for condition in &conditions {
            if let Some(column) = place(condition.variable).and_then(|at| rows.columns.get(at)) {
                condition.test(column, &mut keeps);
            }
        }
        for (row, person) in rows.persons.values().iter().enumerate() {
            let in_time = match (event.period, dates) {
                (None, _) => true,
                (Some(period), Some(dates)) => in_period(dates, row, period),
                (Some(_), None) => false,
            };
            if !in_time
                || !keeps.get(row).copied().unwrap_or(false)
                || !around.holds(*person, dates, row)
            {
                continue;
            }
            let met = met.entry(*person).or_default();
            met.n_rows += 1;
            if let Some(date) = dates.and_then(|dates| row_date(dates, row)) {
                met.n_dated += 1;
                met.first = Some(met.first.map_or(date, |first| first.min(date)));
            }
        }
    }
    Ok(met)
}

struct Condition<'a> {
    variable: &'a str,
    test: Test<'a>,
}

enum Test<'a> {
    Codes {
        exact: Vec<&'a str>,
        prefixes: Vec<&'a str>,
    },
    Number {
        least: i128,
        most: i128,
    },
    Date {
        first: i32,
        last: i32,
    },
}

impl<'a> Condition<'a> {
    fn new(condition: &'a RowCondition) -> Self {
        match condition {
            RowCondition::Codes { variable, codes } => {
                let prefixes = codes.iter().filter_map(|code| code.strip_suffix('*'));
                let exact = codes.iter().filter(|code| !code.ends_with('*'));
                let mut exact: Vec<&str> = exact.map(String::as_str).collect();
                exact.sort_unstable();
                Self {
                    variable,
                    test: Test::Codes {
                        exact,
                        prefixes: prefixes.collect(),
                    },
                }
            }
            RowCondition::Date { variable, from, to } => Self {
                variable,
                test: Test::Date {
                    first: from.map_or(i32::MIN, days),
                    last: to.map_or(i32::MAX, days),
                },
            },
            RowCondition::Number {
                variable,
                min_thousandths,
                max_thousandths,
            } => Self {
                variable,
                test: Test::Number {
                    least: min_thousandths.map_or(i128::MIN, i128::from),
                    most: max_thousandths.map_or(i128::MAX, i128::from),
                },
            },
        }
    }

    /// Clears the marks of rows that do not meet it.
    fn test(&self, column: &ArrayRef, keeps: &mut [bool]) {
        match &self.test {
            Test::Codes { exact, prefixes } => {
                let Some(codes) = column.as_string_opt::<i32>() else {
                    return keeps.fill(false);
                };
                let mut last = ("", false);
                for (keep, code) in keeps.iter_mut().zip(codes) {
                    let Some(code) = code else {
                        *keep = false;
                        continue;
                    };
                    if last.0 != code || code.is_empty() {
                        let known = exact.binary_search(&code).is_ok()
                            || prefixes.iter().any(|prefix| code.starts_with(prefix));
                        last = (code, known);
                    }
                    *keep &= last.1;
                }
            }
            Test::Date { first, last } => {
                let Some(dates) = column.as_primitive_opt::<Date32Type>() else {
                    return keeps.fill(false);
                };
                for (keep, date) in keeps.iter_mut().zip(dates) {
                    *keep &= date.is_some_and(|date| *first <= date && date <= *last);
                }
            }
            Test::Number { least, most } => {
                for (row, keep) in keeps.iter_mut().enumerate() {
                    let value = thousandths(column, row);
                    *keep &= value.is_some_and(|value| *least <= value && value <= *most);
                }
            }
        }
    }
}

fn thousandths(column: &ArrayRef, row: usize) -> Option<i128> {
    if column.is_null(row) {
        return None;
    }
    match column.data_type() {
        DataType::Int64 => Some(i128::from(column.as_primitive::<Int64Type>().value(row)) * 1000),
        DataType::Float64 => {
            let value = (column.as_primitive::<Float64Type>().value(row) * 1000.0).round();
            #[expect(
                clippy::cast_possible_truncation,
                reason = "far beyond any value of a register the ends of the range are as good"
            )]
            value.is_finite().then_some(value as i128)
        }
        _ => None,
    }
}
