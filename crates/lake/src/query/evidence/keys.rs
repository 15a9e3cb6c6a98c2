//! Names of groups: an order of their own, so that results do not depend on threads, and small
//! numbers for the values of a column while rows stream by.

use arrow::array::{Array as _, ArrayRef, AsArray as _};
use arrow::datatypes::{DataType, Date32Type, Int32Type, Int64Type};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use hashbrown::HashMap;

/// A group's value in an order of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum KeyPart {
    Missing,
    Integer(i64),
    Text(String),
}

/// Values of other types have no text that tells them apart for certain.
pub(super) fn key_part(value: &ScalarValue) -> Result<KeyPart> {
    if value.is_null() {
        return Ok(KeyPart::Missing);
    }
    Ok(match value {
        ScalarValue::Int64(Some(number)) => KeyPart::Integer(*number),
        ScalarValue::Int32(Some(number)) | ScalarValue::Date32(Some(number)) => {
            KeyPart::Integer(i64::from(*number))
        }
        ScalarValue::Boolean(Some(truth)) => KeyPart::Integer(i64::from(*truth)),
        ScalarValue::Float64(Some(number)) => KeyPart::Integer(number.to_bits().cast_signed()),
        ScalarValue::Utf8(Some(text))
        | ScalarValue::LargeUtf8(Some(text))
        | ScalarValue::Utf8View(Some(text)) => KeyPart::Text(text.clone()),
        ScalarValue::TimestampNanosecond(Some(at), _) => KeyPart::Integer(*at),
        _ => {
            return datafusion::common::plan_err!(
                "results cannot be grouped by values of this type"
            );
        }
    })
}

/// The values seen in one column of labels, numbered in the order of their first sight.
#[derive(Debug, Default)]
pub(super) struct Labels {
    seen: Vec<(KeyPart, ScalarValue)>,
    missing: Option<u32>,
    integers: HashMap<i64, u32>,
    texts: HashMap<Box<str>, u32>,
}

impl Labels {
    /// The number of each row's value.
    pub(super) fn number(&mut self, column: &ArrayRef, numbers: &mut Vec<u32>) -> Result<()> {
        numbers.clear();
        match column.data_type() {
            DataType::Int64 => {
                let values = column.as_primitive::<Int64Type>().values();
                self.number_by(
                    column,
                    numbers,
                    |row| values.get(row).copied(),
                    Self::integer,
                )
            }
            DataType::Int32 => {
                let values = column.as_primitive::<Int32Type>().values();
                let value = |row| values.get(row).copied().map(i64::from);
                self.number_by(column, numbers, value, Self::integer)
            }
            DataType::Date32 => {
                let values = column.as_primitive::<Date32Type>().values();
                let value = |row| values.get(row).copied().map(i64::from);
                self.number_by(column, numbers, value, Self::integer)
            }
            DataType::Utf8 => {
                let values = column.as_string::<i32>();
                self.number_by(column, numbers, |row| Some(values.value(row)), Self::text)
            }
            DataType::Utf8View => {
                let values = column.as_string_view();
                self.number_by(column, numbers, |row| Some(values.value(row)), Self::text)
            }
            _ => {
                for row in 0..column.len() {
                    numbers.push(self.any(column, row)?);
                }
                Ok(())
            }
        }
    }

    /// Rows of a person often repeat the value before.
    fn number_by<V: PartialEq + Copy>(
        &mut self,
        column: &ArrayRef,
        numbers: &mut Vec<u32>,
        value_at: impl Fn(usize) -> Option<V>,
        number: impl Fn(&mut Self, V, (&ArrayRef, usize)) -> Result<u32>,
    ) -> Result<()> {
        let mut before: Option<(V, u32)> = None;
        for row in 0..column.len() {
            let value = if column.is_null(row) {
                None
            } else {
                value_at(row)
            };
            numbers.push(match (value, before) {
                (None, _) => self.missing(column, row)?,
                (Some(value), Some((same, known))) if value == same => known,
                (Some(value), _) => {
                    let known = number(self, value, (column, row))?;
                    before = Some((value, known));
                    known
                }
            });
        }
        Ok(())
    }

    fn integer(&mut self, value: i64, (column, row): (&ArrayRef, usize)) -> Result<u32> {
        if let Some(known) = self.integers.get(&value) {
            return Ok(*known);
        }
        let new = self.first_sight(column, row)?;
        self.integers.insert(value, new);
        Ok(new)
    }

    fn text(&mut self, value: &str, (column, row): (&ArrayRef, usize)) -> Result<u32> {
        if let Some(known) = self.texts.get(value) {
            return Ok(*known);
        }
        let new = self.first_sight(column, row)?;
        self.texts.insert(value.into(), new);
        Ok(new)
    }

    fn missing(&mut self, column: &ArrayRef, row: usize) -> Result<u32> {
        if let Some(known) = self.missing {
            return Ok(known);
        }
        let new = self.first_sight(column, row)?;
        self.missing = Some(new);
        Ok(new)
    }

    /// A value of another type.
    fn any(&mut self, column: &ArrayRef, row: usize) -> Result<u32> {
        let value = ScalarValue::try_from_array(column, row)?;
        match key_part(&value)? {
            KeyPart::Missing => self.missing(column, row),
            KeyPart::Integer(number) => self.integer(number, (column, row)),
            KeyPart::Text(text) => self.text(&text, (column, row)),
        }
    }

    fn first_sight(&mut self, column: &ArrayRef, row: usize) -> Result<u32> {
        let value = ScalarValue::try_from_array(column, row)?;
        let number = u32::try_from(self.seen.len()).map_err(|_| super::too_many_groups())?;
        self.seen.push((key_part(&value)?, value));
        Ok(number)
    }

    /// The value behind a number.
    pub(super) fn value(&self, number: u32) -> Option<&(KeyPart, ScalarValue)> {
        self.seen.get(number as usize)
    }
}

/// Numbers for pairs of numbers: with one after the other, for rows of labels.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    numbers: HashMap<(u32, u32), u32>,
    seen: Vec<(u32, u32)>,
}

impl Pairs {
    /// Replaces each left number by the number of its pair with the right one.
    pub(super) fn join(&mut self, left: &mut [u32], right: &[u32]) -> Result<()> {
        let mut before = None;
        for (left, right) in left.iter_mut().zip(right) {
            let pair = (*left, *right);
            *left = match before {
                Some((same, known)) if same == pair => known,
                _ => self.number(pair)?,
            };
            before = Some((pair, *left));
        }
        Ok(())
    }

    fn number(&mut self, pair: (u32, u32)) -> Result<u32> {
        if let Some(known) = self.numbers.get(&pair) {
            return Ok(*known);
        }
        let new = u32::try_from(self.seen.len()).map_err(|_| super::too_many_groups())?;
        self.numbers.insert(pair, new);
        self.seen.push(pair);
        Ok(new)
    }

    /// The pair behind a number.
    pub(super) fn pair(&self, number: u32) -> Option<(u32, u32)> {
        self.seen.get(number as usize).copied()
    }
}
