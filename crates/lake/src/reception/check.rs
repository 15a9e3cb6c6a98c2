//! The checks of a batch, column by column: text becomes typed values, and every value that breaks
//! a rule of the register is named with its row.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, BooleanArray, Date32Array, Date32Builder, Float64Array,
    Float64Builder, Int64Array, Int64Builder, StringArray, StringBuilder,
};
use arrow::compute::filter;
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type};
use base::limits::TEXT_CHARS_MAX;

use super::columns::{Column, Content, TablePlan};
use super::identity::{self, IdentityFault};
use super::parse::{parse_date, parse_decimal, parse_integer};
use super::report::Rule;
use crate::vault::PackedKey;

/// What holds for a whole reception.
#[derive(Debug, Clone, Copy)]
pub(super) struct CheckRules {
    /// Today, in days from 1970-01-01: no date lies after it.
    pub(super) today: i32,
    /// Whether persons must be synthetic; otherwise none may be.
    pub(super) synthetic: bool,
}

/// A value that breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) row: usize,
    pub(super) rule: Rule,
    pub(super) column: Option<usize>,
}

/// A column after its checks.
#[derive(Debug)]
pub(super) enum Checked {
    /// Identity numbers, 0 for nobody.
    Identities(Vec<u64>),
    /// Keys.
    Keys(Vec<PackedKey>),
    /// Values in the type in which they are stored.
    Values(ArrayRef),
}

/// Checks the columns of a batch, which stand in the plan's order.
pub(super) fn check_columns(
    plan: &TablePlan,
    columns: &[ArrayRef],
    rules: CheckRules,
    faults: &mut Vec<Fault>,
) -> Vec<Checked> {
    let mut checked = Vec::with_capacity(columns.len());
    for (at, (column, array)) in plan.columns.iter().zip(columns).enumerate() {
        let mut report = |row: usize, rule: Rule| {
            faults.push(Fault {
                row,
                rule,
                column: Some(at),
            });
        };
        checked.push(check_column(column, array, rules, &mut report));
    }
    for &(first, second) in &plan.date_order {
        if let (Some(Checked::Values(a)), Some(Checked::Values(b))) =
            (checked.get(first), checked.get(second))
        {
            let (a, b) = (
                a.as_primitive::<Date32Type>(),
                b.as_primitive::<Date32Type>(),
            );
            for (row, (a, b)) in a.iter().zip(b).enumerate() {
                if a.zip(b).is_some_and(|(a, b)| b < a) {
                    faults.push(Fault {
                        row,
                        rule: Rule::DateOrder,
                        column: Some(second),
                    });
                }
            }
        }
    }
    checked
}

/// Keeps the rows that broke no rule.
pub(super) fn keep_rows(checked: Vec<Checked>, keep: &BooleanArray) -> Vec<Checked> {
    fn kept<T: Copy>(values: &[T], keep: &BooleanArray) -> Vec<T> {
        let marked = values.iter().zip(keep.values());
        marked.filter(|(_, keep)| *keep).map(|(v, _)| *v).collect()
    }
    checked
        .into_iter()
        .map(|column| match column {
            Checked::Identities(values) => Checked::Identities(kept(&values, keep)),
            Checked::Keys(values) => Checked::Keys(kept(&values, keep)),
            Checked::Values(array) => Checked::Values(
                filter(&array, keep)
                    .expect("invariant: the mask is as long as every column of its batch"),
            ),
        })
        .collect()
}

fn check_column(
    column: &Column,
    array: &ArrayRef,
    rules: CheckRules,
    report: &mut dyn FnMut(usize, Rule),
) -> Checked {
    match &column.content {
        Content::Identity => {
            Checked::Identities(check_identities(column, array.as_string(), rules, report))
        }
        Content::Key { .. } => {
            let mut keys = Vec::with_capacity(array.len());
            for (row, value) in array.as_string::<i32>().iter().enumerate() {
                let key = PackedKey::of(value.unwrap_or("").trim().as_bytes());
                if key == PackedKey::NONE && !column.nullable {
                    report(row, Rule::Missing);
                }
                keys.push(key);
            }
            Checked::Keys(keys)
        }
        Content::Text { .. } => Checked::Values(check_texts(column, array, report)),
        Content::Integer => Checked::Values(check_integers(column, array, report)),
        Content::Decimal => Checked::Values(check_decimals(column, array, report)),
        Content::Date => Checked::Values(check_dates(column, array, rules, report)),
    }
}

fn check_identities(
    column: &Column,
    texts: &StringArray,
    rules: CheckRules,
    report: &mut dyn FnMut(usize, Rule),
) -> Vec<u64> {
    let mut identities = Vec::with_capacity(texts.len());
    for (row, text) in texts.iter().enumerate() {
        let text = text.unwrap_or("").trim();
        if text.is_empty() {
            if !column.nullable {
                report(row, Rule::Missing);
            }
            identities.push(0);
            continue;
        }
        match identity::parse(text, rules.synthetic) {
            Ok(identity) => identities.push(identity),
            Err(fault) => {
                report(
                    row,
                    match fault {
                        IdentityFault::Impossible => Rule::Identifier,
                        IdentityFault::NotSynthetic => Rule::IdentifierNotSynthetic,
                        IdentityFault::Synthetic => Rule::IdentifierSynthetic,
                    },
                );
                identities.push(0);
            }
        }
    }
    identities
}

fn check_texts(column: &Column, array: &ArrayRef, report: &mut dyn FnMut(usize, Rule)) -> ArrayRef {
    let texts: &StringArray = array.as_string();
    let mut untidy = false;
    // Codes come in runs; the verdict of the last value is kept.
    let mut last: (&str, Option<Rule>) = ("", None);
    for (row, text) in texts.iter().enumerate() {
        let tidy = text.unwrap_or("").trim();
        if tidy.is_empty() {
            untidy |= text.is_some();
            if !column.nullable {
                report(row, Rule::Missing);
            }
            continue;
        }
        untidy |= text.is_some_and(|text| text.len() != tidy.len());
        if last.0 != tidy {
            last = (tidy, judge_text(&column.content, tidy));
        }
        if let Some(rule) = last.1 {
            report(row, rule);
        }
    }
    if !untidy {
        return Arc::clone(array);
    }
    let mut builder = StringBuilder::with_capacity(texts.len(), texts.value_data().len());
    for text in texts {
        builder.append_option(text.map(str::trim).filter(|text| !text.is_empty()));
    }
    Arc::new(builder.finish())
}

fn judge_text(content: &Content, text: &str) -> Option<Rule> {
    let Content::Text { codes, pattern } = content else {
        return None;
    };
    if let Some(codes) = codes {
        return (!codes.contains(text)).then_some(Rule::Code);
    }
    if let Some(pattern) = pattern
        && !pattern.matches(text)
    {
        return Some(Rule::Pattern);
    }
    if text.len() > TEXT_CHARS_MAX && text.chars().count() > TEXT_CHARS_MAX {
        return Some(Rule::TextTooLong);
    }
    identity::found_in(text).then_some(Rule::IdentifierInText)
}

fn check_integers(
    column: &Column,
    array: &ArrayRef,
    report: &mut dyn FnMut(usize, Rule),
) -> ArrayRef {
    let judge = |value: i64| {
        let low = column.minimum.is_some_and(|minimum| value < minimum);
        let high = column.maximum.is_some_and(|maximum| maximum < value);
        (low || high).then_some(Rule::Range)
    };
    if *array.data_type() == DataType::Int64 {
        let values: &Int64Array = array.as_primitive::<Int64Type>();
        judge_values(column, values.iter(), judge, report);
        return Arc::clone(array);
    }
    let mut builder = Int64Builder::with_capacity(array.len());
    for value in parse_values(column, array.as_string(), parse_integer, judge, report) {
        builder.append_option(value);
    }
    Arc::new(builder.finish())
}

fn check_decimals(
    column: &Column,
    array: &ArrayRef,
    report: &mut dyn FnMut(usize, Rule),
) -> ArrayRef {
    #[expect(
        clippy::cast_precision_loss,
        reason = "limits of registers are far below 2^53"
    )]
    let judge = |value: f64| {
        let low = column.minimum.is_some_and(|minimum| value < minimum as f64);
        let high = column
            .maximum
            .is_some_and(|maximum| (maximum as f64) < value);
        if !value.is_finite() {
            return Some(Rule::Type);
        }
        (low || high).then_some(Rule::Range)
    };
    if *array.data_type() == DataType::Float64 {
        let values: &Float64Array = array.as_primitive::<Float64Type>();
        judge_values(column, values.iter(), judge, report);
        return Arc::clone(array);
    }
    let mut builder = Float64Builder::with_capacity(array.len());
    for value in parse_values(column, array.as_string(), parse_decimal, judge, report) {
        builder.append_option(value);
    }
    Arc::new(builder.finish())
}

fn check_dates(
    column: &Column,
    array: &ArrayRef,
    rules: CheckRules,
    report: &mut dyn FnMut(usize, Rule),
) -> ArrayRef {
    let judge = |value: i32| {
        if value < column.earliest {
            Some(Rule::DateTooEarly)
        } else {
            (rules.today < value).then_some(Rule::DateInFuture)
        }
    };
    if *array.data_type() == DataType::Date32 {
        let values: &Date32Array = array.as_primitive::<Date32Type>();
        judge_values(column, values.iter(), judge, report);
        return Arc::clone(array);
    }
    let mut builder = Date32Builder::with_capacity(array.len());
    for value in parse_values(column, array.as_string(), parse_date, judge, report) {
        builder.append_option(value);
    }
    Arc::new(builder.finish())
}

fn judge_values<T>(
    column: &Column,
    values: impl Iterator<Item = Option<T>>,
    judge: impl Fn(T) -> Option<Rule>,
    report: &mut dyn FnMut(usize, Rule),
) {
    for (row, value) in values.enumerate() {
        let rule = match value {
            Some(value) => judge(value),
            None => (!column.nullable).then_some(Rule::Missing),
        };
        if let Some(rule) = rule {
            report(row, rule);
        }
    }
}

fn parse_values<T: Copy>(
    column: &Column,
    texts: &StringArray,
    parse: impl Fn(&str) -> Option<T>,
    judge: impl Fn(T) -> Option<Rule>,
    report: &mut dyn FnMut(usize, Rule),
) -> Vec<Option<T>> {
    let mut values = Vec::with_capacity(texts.len());
    for (row, text) in texts.iter().enumerate() {
        let text = text.unwrap_or("").trim();
        if text.is_empty() {
            if !column.nullable {
                report(row, Rule::Missing);
            }
            values.push(None);
            continue;
        }
        let value = parse(text);
        let rule = match value {
            Some(value) => judge(value),
            None => Some(Rule::Type),
        };
        if let Some(rule) = rule {
            report(row, rule);
        }
        values.push(value);
    }
    values
}
