//! Reading a bucket of a table: the columns that are asked for, of the persons that are asked for.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, BooleanArray, RecordBatch, UInt32Array};
use arrow::datatypes::UInt32Type;
use base::VersionId;
use catalogue::register::Table;
use linkage::{Cohort, PersonNumber};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, RowFilter};

use super::ExtractError;
use super::plan::Plan;
use crate::layout;
use crate::manifest::TableManifest;
use crate::sealed::DataKey;
use crate::storage::StorageError;

const BATCH_ROWS: usize = 8_192;

/// The files of one table of a version.
#[derive(Debug)]
pub(super) struct TableSource<'a> {
    pub(super) table: &'a Table,
    /// Name of the person column.
    pub(super) person: &'a str,
    pub(super) register: &'a str,
    pub(super) manifest: &'a TableManifest,
    pub(super) version: VersionId,
    pub(super) vault_version: u64,
    pub(super) key: DataKey,
    pub(super) folder: PathBuf,
}

/// Rows of persons of one bucket.
#[derive(Debug)]
pub(super) struct PersonRows {
    /// Whom each row is about.
    pub(super) persons: UInt32Array,
    /// The columns that were asked for, in that order.
    pub(super) columns: Vec<ArrayRef>,
}

impl TableSource<'_> {
    /// Rows of a bucket's persons, or of the cohort among them. A person who was merged with
    /// another is read wherever the rows lie, and appears under the number that stands for both.
    pub(super) fn read(
        &self,
        plan: &Plan<'_>,
        bucket: u32,
        columns: &[&str],
        cohort: Option<&Cohort>,
    ) -> Result<Vec<PersonRows>, ExtractError> {
        let mut from = vec![bucket];
        for (number, stands_for) in &plan.merged {
            let other = plan.buckets.bucket_of(PersonNumber::new(*number));
            if plan.buckets.bucket_of(PersonNumber::new(*stands_for)) == Some(bucket) {
                from.extend(other);
            }
        }
        from.sort_unstable();
        from.dedup();
        let mut wanted = match cohort {
            Some(cohort) => cohort.clone(),
            None => Cohort::from_range(plan.buckets.range(bucket)),
        };
        let mut merged_away = Cohort::new();
        for (number, stands_for) in &plan.merged {
            let number = PersonNumber::new(*number);
            merged_away.insert(number);
            if wanted.contains(PersonNumber::new(*stands_for)) {
                wanted.insert(number);
            }
        }
        if cohort.is_none() && !plan.merged.is_empty() {
            let elsewhere = merged_elsewhere(plan, bucket);
            wanted = wanted.minus(&elsewhere);
        }
        let mut rows = Vec::new();
        for bucket in from {
            self.read_file(bucket, columns, &wanted, &mut rows)?;
        }
        if !merged_away.is_empty() {
            for rows in &mut rows {
                rows.persons = rows
                    .persons
                    .unary(|number| plan.merged.get(&number).copied().unwrap_or(number));
            }
        }
        Ok(rows)
    }

    fn read_file(
        &self,
        bucket: u32,
        columns: &[&str],
        wanted: &Cohort,
        rows: &mut Vec<PersonRows>,
    ) -> Result<(), ExtractError> {
        let Some(file) = self.manifest.bucket(bucket) else {
            return Ok(());
        };
        if wanted.is_empty() {
            return Ok(());
        }
        let context =
            layout::file_context(self.register, self.version, &self.manifest.table, bucket);
        let path = self.folder.join(&file.path);
        let builder =
            layout::open_encrypted(&path, &self.key, &context).map_err(StorageError::from)?;
        let schema = builder.parquet_schema();
        let person = ProjectionMask::columns(schema, [self.person]);
        let mask = ProjectionMask::columns(schema, columns.iter().copied().chain([self.person]));
        let members = wanted.clone();
        let filter = RowFilter::new(vec![Box::new(ArrowPredicateFn::new(
            person,
            move |batch| Ok(member_mask(&members, &batch)),
        ))]);
        let reader = builder
            .with_projection(mask)
            .with_row_filter(filter)
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(StorageError::from)?;
        for batch in reader {
            let batch = batch.map_err(StorageError::from)?;
            rows.push(self.arrange(&batch, columns)?);
        }
        Ok(())
    }

    fn arrange(&self, batch: &RecordBatch, columns: &[&str]) -> Result<PersonRows, StorageError> {
        let column = |name: &str| batch.column_by_name(name).ok_or(StorageError::Damaged);
        let persons = column(self.person)?;
        let persons = persons
            .as_primitive_opt::<UInt32Type>()
            .ok_or(StorageError::Damaged)?;
        let mut arranged = Vec::with_capacity(columns.len());
        for name in columns {
            arranged.push(Arc::clone(column(name)?));
        }
        Ok(PersonRows {
            persons: persons.clone(),
            columns: arranged,
        })
    }
}

fn merged_elsewhere(plan: &Plan<'_>, bucket: u32) -> Cohort {
    let bucket_of = |number: u32| plan.buckets.bucket_of(PersonNumber::new(number));
    plan.merged
        .iter()
        .filter(|(_, stands_for)| bucket_of(**stands_for) != Some(bucket))
        .map(|(number, _)| PersonNumber::new(*number))
        .collect()
}

fn member_mask(members: &Cohort, batch: &RecordBatch) -> BooleanArray {
    match batch.column(0).as_primitive_opt::<UInt32Type>() {
        Some(persons) => members.mask(persons),
        None => BooleanArray::from(vec![false; batch.column(0).len()]),
    }
}
