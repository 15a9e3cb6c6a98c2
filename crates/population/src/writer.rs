//! Arrow batches, filled cell by cell in column order.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Builder, Float64Builder, Int32Builder, RecordBatch, StringBuilder,
};
use arrow::datatypes::{DataType, Field, Schema};

use crate::number::round_to;
use crate::tables::{ColumnKind, TABLES, TableSpec};

#[derive(Debug)]
enum Cells {
    Text(StringBuilder),
    Integer(Int32Builder),
    Decimal(Float64Builder, u8),
    Date(Date32Builder),
}

impl Cells {
    fn new(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Text => Self::Text(StringBuilder::new()),
            ColumnKind::Integer => Self::Integer(Int32Builder::new()),
            ColumnKind::Decimal(decimals) => Self::Decimal(Float64Builder::new(), decimals),
            ColumnKind::Date => Self::Date(Date32Builder::new()),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(cells) => Arc::new(cells.finish()),
            Self::Integer(cells) => Arc::new(cells.finish()),
            Self::Decimal(cells, _) => Arc::new(cells.finish()),
            Self::Date(cells) => Arc::new(cells.finish()),
        }
    }
}

/// The rows of one table in the making. A row is written by one call per column, in
/// the order of the table's columns.
#[derive(Debug)]
pub(crate) struct Rows {
    spec: &'static TableSpec,
    columns: Vec<Cells>,
    next: usize,
}

impl Rows {
    fn new(spec: &'static TableSpec) -> Self {
        let columns = spec.columns.iter().map(|c| Cells::new(c.kind)).collect();
        Self {
            spec,
            columns,
            next: 0,
        }
    }

    fn cell(&mut self) -> Option<&mut Cells> {
        let place = self.next;
        self.next = if place + 1 == self.columns.len() {
            0
        } else {
            place + 1
        };
        self.columns.get_mut(place)
    }

    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.text_or_none(Some(value))
    }

    pub(crate) fn text_or_none(&mut self, value: Option<&str>) -> &mut Self {
        match self.cell() {
            Some(Cells::Text(cells)) => cells.append_option(value),
            other => debug_assert!(false, "text written to {other:?}"),
        }
        self
    }

    pub(crate) fn integer(&mut self, value: i32) -> &mut Self {
        self.integer_or_none(Some(value))
    }

    pub(crate) fn integer_or_none(&mut self, value: Option<i32>) -> &mut Self {
        match self.cell() {
            Some(Cells::Integer(cells)) => cells.append_option(value),
            other => debug_assert!(false, "integer written to {other:?}"),
        }
        self
    }

    pub(crate) fn decimal(&mut self, value: f64) -> &mut Self {
        self.decimal_or_none(Some(value))
    }

    pub(crate) fn decimal_or_none(&mut self, value: Option<f64>) -> &mut Self {
        match self.cell() {
            Some(Cells::Decimal(cells, decimals)) => {
                let decimals = *decimals;
                cells.append_option(value.map(|v| round_to(v, decimals)));
            }
            other => debug_assert!(false, "decimal written to {other:?}"),
        }
        self
    }

    pub(crate) fn date(&mut self, value: i32) -> &mut Self {
        self.date_or_none(Some(value))
    }

    pub(crate) fn date_or_none(&mut self, value: Option<i32>) -> &mut Self {
        match self.cell() {
            Some(Cells::Date(cells)) => cells.append_option(value),
            other => debug_assert!(false, "date written to {other:?}"),
        }
        self
    }

    fn finish(mut self) -> RecordBatch {
        let fields: Vec<Field> = self
            .spec
            .columns
            .iter()
            .map(|column| Field::new(column.name, arrow_type(column.kind), column.nullable))
            .collect();
        let arrays = self.columns.iter_mut().map(Cells::finish).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
            .expect("invariant: a row writes every column of its table once")
    }
}

/// All tables of one block in the making.
#[derive(Debug)]
pub(crate) struct Tables {
    rows: Vec<Rows>,
}

impl Tables {
    pub(crate) fn new() -> Self {
        Self {
            rows: TABLES.iter().map(Rows::new).collect(),
        }
    }

    /// The rows of the table at `place`.
    pub(crate) fn rows(&mut self, place: usize) -> &mut Rows {
        self.rows
            .get_mut(place)
            .expect("invariant: places are those of TABLES")
    }

    pub(crate) fn finish(self) -> Vec<(usize, RecordBatch)> {
        self.rows
            .into_iter()
            .map(Rows::finish)
            .enumerate()
            .collect()
    }
}

fn arrow_type(kind: ColumnKind) -> DataType {
    match kind {
        ColumnKind::Text => DataType::Utf8,
        ColumnKind::Integer => DataType::Int32,
        ColumnKind::Decimal(_) => DataType::Float64,
        ColumnKind::Date => DataType::Date32,
    }
}

/// Writes `value` in decimal with at least `width` digits and returns the text.
#[derive(Debug, Default)]
pub(crate) struct Digits {
    buffer: [u8; 24],
}

impl Digits {
    pub(crate) fn padded(&mut self, value: u64, width: usize) -> &str {
        let mut rest = value;
        let mut written = 0;
        for slot in self.buffer.iter_mut().rev() {
            if rest == 0 && written >= width {
                break;
            }
            *slot = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
            written += 1;
        }
        let start = self.buffer.len() - written;
        self.buffer
            .get(start..)
            .and_then(|b| std::str::from_utf8(b).ok())
            .unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_pad_and_do_not_cut() {
        let mut digits = Digits::default();
        assert_eq!(digits.padded(7, 3), "007");
        assert_eq!(digits.padded(12_345, 3), "12345");
        assert_eq!(digits.padded(0, 1), "0");
    }
}
