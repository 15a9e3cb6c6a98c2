//! Arrow values as cells.

use arrow::array::{Array, AsArray, Date32Array, Decimal128Array, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type, UInt64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::error::DataFusionError;
use disclosure::{Cell, Row, Value};

/// Appends the rows of a batch, without evidence.
pub(super) fn push_rows(batch: &RecordBatch, rows: &mut Vec<Row>) -> Result<(), DataFusionError> {
    for at in 0..batch.num_rows() {
        let cells = batch
            .columns()
            .iter()
            .map(|column| {
                Ok(Cell {
                    value: value_at(column.as_ref(), at)?,
                    evidence: None,
                })
            })
            .collect::<Result<_, DataFusionError>>()?;
        rows.push(Row { cells });
    }
    Ok(())
}

/// The value of an array at a position.
pub(super) fn value_at(array: &dyn Array, at: usize) -> Result<Value, DataFusionError> {
    if array.is_null(at) {
        return Ok(Value::Missing);
    }
    Ok(match array.data_type() {
        DataType::Int64 => Value::Integer(array.as_primitive::<Int64Type>().value(at)),
        DataType::Int32 => Value::Integer(i64::from(array.as_primitive::<Int32Type>().value(at))),
        DataType::UInt64 => {
            let number = array.as_primitive::<UInt64Type>().value(at);
            i64::try_from(number).map_or_else(|_| Value::Text(number.to_string()), Value::Integer)
        }
        DataType::Float64 => Value::Number(array.as_primitive::<Float64Type>().value(at)),
        DataType::Decimal128(_, _) => decimal(array, at),
        DataType::Date32 => Value::Text(iso_date(array, at)),
        _ => {
            let formatter = ArrayFormatter::try_new(array, &FormatOptions::default())?;
            Value::Text(formatter.value(at).to_string())
        }
    })
}

fn decimal(array: &dyn Array, at: usize) -> Value {
    let text = array
        .as_any()
        .downcast_ref::<Decimal128Array>()
        .map_or_else(String::new, |decimals| decimals.value_as_string(at));
    text.parse().map_or(Value::Text(text), Value::Number)
}

fn iso_date(array: &dyn Array, at: usize) -> String {
    array
        .as_any()
        .downcast_ref::<Date32Array>()
        .and_then(|dates| dates.value_as_date(at))
        .map_or_else(String::new, |date| date.to_string())
}
