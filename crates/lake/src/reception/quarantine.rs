//! Rejected rows: kept as delivered, encrypted under a key of their own, for the holder alone.

use std::fs;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt64Type};
use base::DeliveryId;
use parquet::arrow::ArrowWriter;

use super::ReceptionError;
use crate::durable;
use crate::folder::Lake;
use crate::layout;
use crate::sealed::DataKey;

/// The kind of its keys.
pub(super) const KEY_KIND: &str = "quarantine";

/// A rejected row.
#[derive(Clone, PartialEq, Eq)]
pub struct RejectedRow {
    /// Row of the table as delivered.
    pub row: u64,
    /// Names of the broken rules, with a comma between.
    pub rules: String,
    /// The row as delivered.
    pub text: String,
}

/// Without the row's text: it names a person.
impl std::fmt::Debug for RejectedRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RejectedRow")
            .field("row", &self.row)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

/// The rejected rows of one table.
pub(super) struct QuarantineWriter {
    writer: ArrowWriter<File>,
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("row", DataType::UInt64, false),
        Field::new("rules", DataType::Utf8, false),
        Field::new("text", DataType::Utf8, false),
    ]))
}

fn context(delivery: DeliveryId, table: &str) -> String {
    format!("quarantine/{delivery}/{table}")
}

fn path(folder: &Path, table: &str) -> PathBuf {
    folder.join(format!("{table}.parquet"))
}

impl QuarantineWriter {
    pub(super) fn create(
        folder: &Path,
        delivery: DeliveryId,
        table: &str,
        key: &DataKey,
    ) -> Result<Self, ReceptionError> {
        fs::create_dir_all(folder)?;
        let file = durable::create_private(&path(folder, table))?;
        let properties = layout::spill_properties(key, &context(delivery, table))?;
        Ok(Self {
            writer: ArrowWriter::try_new(file, schema(), Some(properties))?,
        })
    }

    pub(super) fn write(&mut self, rows: &[RejectedRow]) -> Result<(), ReceptionError> {
        let numbers: UInt64Array = rows.iter().map(|row| row.row).collect();
        let rules: StringArray = rows.iter().map(|row| Some(row.rules.as_str())).collect();
        let texts: StringArray = rows.iter().map(|row| Some(row.text.as_str())).collect();
        let columns: Vec<ArrayRef> = vec![Arc::new(numbers), Arc::new(rules), Arc::new(texts)];
        self.writer
            .write(&RecordBatch::try_new(schema(), columns)?)?;
        if self.writer.in_progress_size() > 8 << 20 {
            self.writer.flush()?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), ReceptionError> {
        self.writer.into_inner()?.sync_all()?;
        Ok(())
    }
}

/// The rejected rows of a table of a delivery, in order. Only the holder may see them.
pub fn read_quarantine(
    lake: &Lake,
    delivery: DeliveryId,
    table: &str,
) -> Result<Vec<RejectedRow>, ReceptionError> {
    let path = path(&lake.quarantine_folder().join(delivery.to_string()), table);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let key = lake.keys().load(KEY_KIND, &delivery.to_string())?;
    let reader = layout::open_encrypted(&path, &key, &context(delivery, table))?.build()?;
    let mut rows = Vec::new();
    for batch in reader {
        let batch = batch?;
        let numbers = batch.column(0).as_primitive::<UInt64Type>();
        let rules = batch.column(1).as_string::<i32>();
        let texts = batch.column(2).as_string::<i32>();
        for ((row, rules), text) in numbers.values().iter().zip(rules).zip(texts) {
            rows.push(RejectedRow {
                row: *row,
                rules: rules.unwrap_or("").to_owned(),
                text: text.unwrap_or("").to_owned(),
            });
        }
    }
    rows.sort_unstable_by_key(|row| row.row);
    Ok(rows)
}
