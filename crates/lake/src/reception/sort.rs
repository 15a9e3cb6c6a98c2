//! The order of a register version: by person bucket, then person, then date.

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Int64Type, UInt32Type};
use linkage::{PersonBuckets, PersonNumber};

use crate::shuffle::Placing;

/// Columns that order a table.
#[derive(Debug)]
pub(super) struct PersonOrder {
    pub(super) person: usize,
    pub(super) date: Option<usize>,
    pub(super) buckets: PersonBuckets,
}

impl Placing for PersonOrder {
    fn place(&self, batch: &RecordBatch) -> Vec<(u32, u64)> {
        let dates = self
            .date
            .map(|at| sort_dates(batch, at))
            .unwrap_or_default();
        let persons = batch.column(self.person).as_primitive::<UInt32Type>();
        let mut dates = dates.into_iter();
        let mut places = Vec::with_capacity(batch.num_rows());
        for person in persons.values() {
            let bucket = self
                .buckets
                .bucket_of(PersonNumber::new(*person))
                .unwrap_or(0);
            let date = dates.next().unwrap_or(0);
            places.push((bucket, u64::from(*person) << 32 | u64::from(date)));
        }
        places
    }
}

/// Dates (or years) as numbers that sort alike; rows without a date come first.
fn sort_dates(batch: &RecordBatch, at: usize) -> Vec<u32> {
    let shift = |value: i32| (value.cast_unsigned() ^ 0x8000_0000).max(1);
    let column = batch.column(at);
    match column.data_type() {
        DataType::Date32 => {
            let dates = column.as_primitive::<Date32Type>();
            dates.iter().map(|date| date.map_or(0, shift)).collect()
        }
        DataType::Int64 => {
            let years = column.as_primitive::<Int64Type>();
            let year = |year: i64| shift(i32::try_from(year).unwrap_or(i32::MAX));
            years.iter().map(|value| value.map_or(0, year)).collect()
        }
        _ => Vec::new(),
    }
}
