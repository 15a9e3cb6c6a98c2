//! Writing the tables of an extract: range by range of pseudonyms, in one fixed order, in pieces of
//! one fixed size, so that the plain bytes depend on nothing but the rows.

use std::cmp::Ordering;
use std::fs::{self, File};
use std::io;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray as _, DynComparator, RecordBatch, UInt32Array, make_comparator,
};
use arrow::compute::{SortOptions, concat_batches, take_record_batch};
use arrow::datatypes::{Int64Type, SchemaRef};
use base::Secret;
use linkage::PseudonymRanges;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;

use super::companions::Companion;
use super::population::Population;
use super::tables::{Heading, OutputTable, PseudonymOrder, WrittenTable};
use super::{Encryption, ExtractError, Run};
use crate::durable::{self, Hashing};
use crate::layout;
use crate::shuffle::{Placing, Shuffle};
use crate::storage::StorageError;

/// Ranges of pseudonyms that rows are gathered in. A constant: the pieces that are written follow it.
const RANGES: u32 = 64;
/// Rows written at a time.
const PIECE_ROWS: usize = 8_192;

/// Makes and writes all tables of the selection, in its order.
pub(super) fn write_tables(
    run: &Run<'_>,
    population: &Population,
) -> Result<Vec<WrittenTable>, ExtractError> {
    let tables = &run.search.plan.selection.tables;
    let companions = Companion::of(run.search.plan.selection);
    let n_tables = tables.len() + companions.len();
    let n_at_once = run.search.threads.clamp(1, n_tables.max(1));
    run.search.in_parallel(n_tables, |at| {
        let spills = run.work.join(format!("spills-{at}"));
        fs::create_dir(&spills).map_err(StorageError::from)?;
        let mut spill_key = [0; 32];
        run.request.entropy.fill(&mut spill_key);
        let ranges = PseudonymRanges::new(RANGES).map_err(|_| StorageError::Stopped)?;
        let order: Arc<dyn Placing> = Arc::new(PseudonymOrder(ranges));
        let memory = run.request.memory_bytes / n_at_once;
        let shuffle = Shuffle::new([order], RANGES, memory, &spills, Secret::new(spill_key));
        let heading = if let Some(selected) = tables.get(at) {
            let table = OutputTable::new(run, selected)?;
            table.collect(run, population, &shuffle)?;
            table.heading()
        } else {
            let companion = companions.get(at - tables.len());
            let companion = companion.ok_or(StorageError::Stopped)?;
            companion.collect(run, population, &shuffle)?;
            companion.heading()
        };
        let written = write_table(run, heading, &shuffle)?;
        fs::remove_dir_all(&spills).map_err(StorageError::from)?;
        Ok(written)
    })
}

fn write_table(
    run: &Run<'_>,
    heading: Heading,
    shuffle: &Shuffle,
) -> Result<WrittenTable, ExtractError> {
    let path = run.work.join(format!("{}.parquet", heading.name));
    let file = durable::create_private(&path).map_err(StorageError::from)?;
    let mut output = Output::create(file, &heading.schema, &run.request.target.encryption)?;
    let rows = shuffle.finish(0)?;
    let mut n_rows = 0;
    for range in 0..RANGES {
        run.search.check_cancel()?;
        let mut pieces = Vec::new();
        n_rows += rows.read_part(range, |piece| {
            pieces.push(piece);
            Ok(())
        })?;
        if pieces.is_empty() {
            continue;
        }
        let unsorted = concat_batches(&heading.schema, &pieces).map_err(StorageError::from)?;
        drop(pieces);
        let order = row_order(&unsorted, heading.sort_date)?;
        for some in order.chunks(PIECE_ROWS) {
            let indices = UInt32Array::from(some.to_vec());
            output.write(&take_record_batch(&unsorted, &indices).map_err(StorageError::from)?)?;
        }
    }
    Ok(WrittenTable {
        name: heading.name,
        rows: n_rows,
        plain_sha256: output.finish()?,
        fields: heading.fields,
    })
}

/// The places of rows by pseudonym, then date, then every column: a total order of what is shown,
/// in which nothing of the rows' origin is left.
fn row_order(batch: &RecordBatch, date: Option<usize>) -> Result<Vec<u32>, StorageError> {
    let options = SortOptions {
        descending: false,
        nulls_first: true,
    };
    let comparator = |column: &ArrayRef| -> Result<DynComparator, StorageError> {
        Ok(make_comparator(column, column, options)?)
    };
    let mut comparators = Vec::new();
    if let Some(date) = date {
        comparators.push(comparator(batch.column(date))?);
    }
    for column in batch.columns().iter().skip(1) {
        comparators.push(comparator(column)?);
    }
    let persons = batch.column(0).as_primitive::<Int64Type>().values();
    let n_rows = u32::try_from(batch.num_rows()).map_err(|_| StorageError::Stopped)?;
    let mut order: Vec<u32> = (0..n_rows).collect();
    order.sort_unstable_by(|a, b| {
        let (a, b) = (*a as usize, *b as usize);
        let by_person = persons.get(a).cmp(&persons.get(b));
        comparators
            .iter()
            .fold(by_person, |so_far, compare| match so_far {
                Ordering::Equal => compare(a, b),
                decided => decided,
            })
    });
    Ok(order)
}

/// The file, and beside it the hash of its plain bytes.
struct Output {
    plain: ArrowWriter<Hashing<Box<dyn io::Write + Send>>>,
    encrypted: Option<ArrowWriter<File>>,
    file: Option<File>,
}

impl Output {
    fn create(
        file: File,
        schema: &SchemaRef,
        encryption: &Encryption,
    ) -> Result<Self, StorageError> {
        let writer_options = |properties| {
            // The Arrow schema says nothing that the Parquet schema does not.
            ArrowWriterOptions::new()
                .with_properties(properties)
                .with_skip_arrow_metadata(true)
        };
        let plain = writer_options(layout::extract_properties(None)?);
        let (sink, encrypted, file): (Box<dyn io::Write + Send>, _, _) = match encryption {
            Encryption::Plain => (Box::new(file.try_clone()?), None, Some(file)),
            Encryption::Encrypted(key) => {
                let options = writer_options(layout::extract_properties(Some(key))?);
                let writer = ArrowWriter::try_new_with_options(file, Arc::clone(schema), options)?;
                (Box::new(io::sink()), Some(writer), None)
            }
        };
        Ok(Self {
            plain: ArrowWriter::try_new_with_options(
                Hashing::new(sink),
                Arc::clone(schema),
                plain,
            )?,
            encrypted,
            file,
        })
    }

    fn write(&mut self, rows: &RecordBatch) -> Result<(), StorageError> {
        self.plain.write(rows)?;
        if let Some(encrypted) = &mut self.encrypted {
            encrypted.write(rows)?;
        }
        Ok(())
    }

    /// The hash of the plain bytes, once the file is on disk.
    fn finish(self) -> Result<String, StorageError> {
        let (_, _, plain_sha256) = self.plain.into_inner()?.finish();
        if let Some(encrypted) = self.encrypted {
            encrypted.into_inner()?.sync_all()?;
        }
        if let Some(file) = self.file {
            file.sync_all()?;
        }
        Ok(plain_sha256)
    }
}
