//! Rows on their way to parts (person buckets, pseudonym ranges): in memory up to a limit, beyond it
//! in encrypted spill files that are already split by part. Rows with identity numbers never come
//! here.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use arrow::array::RecordBatch;
use arrow::compute::interleave_record_batch;
use parquet::arrow::ArrowWriter;

use crate::durable;
use crate::layout;
use crate::sealed::DataKey;
use crate::storage::StorageError;

/// Bytes that sorting needs for a row beside the row itself.
const ENTRY_BYTES: usize = size_of::<Entry>();
const GATHER_ROWS: usize = 32_768;

/// Where a row is, and what it is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: u64,
    batch: u32,
    row: u32,
}

/// Says for every row of a table which part it goes to, and by what it is sorted there.
pub(crate) trait Placing: Send + Sync + std::fmt::Debug {
    /// Part and sort key of each row.
    fn place(&self, batch: &RecordBatch) -> Vec<(u32, u64)>;
}

/// The rows of some tables.
#[derive(Debug)]
pub(crate) struct Shuffle {
    tables: Vec<TableRows>,
    n_parts: u32,
    memory: AtomicUsize,
    memory_max: usize,
    folder: PathBuf,
    key: DataKey,
    n_spills: AtomicUsize,
}

#[derive(Debug)]
struct TableRows {
    placing: Arc<dyn Placing>,
    bytes: AtomicUsize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    batches: Vec<RecordBatch>,
    spills: Vec<Spill>,
}

/// A spill file; for each of its row groups the part.
#[derive(Debug)]
struct Spill {
    path: PathBuf,
    context: String,
    parts: Vec<u32>,
}

/// The finished rows of one table, by part.
#[derive(Debug)]
pub(crate) struct Shuffled {
    batches: Vec<RecordBatch>,
    entries: Vec<Vec<Entry>>,
    spills: Vec<Spill>,
    placing: Arc<dyn Placing>,
    key: DataKey,
}

impl Shuffle {
    pub(crate) fn new(
        tables: impl IntoIterator<Item = Arc<dyn Placing>>,
        n_parts: u32,
        memory_max: usize,
        folder: &Path,
        key: DataKey,
    ) -> Self {
        Self {
            tables: tables
                .into_iter()
                .map(|placing| TableRows {
                    placing,
                    bytes: AtomicUsize::new(0),
                    held: Mutex::default(),
                })
                .collect(),
            n_parts,
            memory: AtomicUsize::new(0),
            memory_max,
            folder: folder.to_owned(),
            key,
            n_spills: AtomicUsize::new(0),
        }
    }

    /// Takes rows of a table over.
    pub(crate) fn push(&self, table: usize, batch: RecordBatch) -> Result<(), StorageError> {
        let bytes = batch.get_array_memory_size() + batch.num_rows() * ENTRY_BYTES;
        let rows = self.tables.get(table).ok_or(StorageError::Stopped)?;
        let mut held = rows.held.lock().map_err(|_| StorageError::Stopped)?;
        held.batches.push(batch);
        let in_use = self.memory.fetch_add(bytes, Ordering::Relaxed) + bytes;
        rows.bytes.fetch_add(bytes, Ordering::Relaxed);
        drop(held);
        if in_use > self.memory_max {
            self.spill_largest()?;
        }
        Ok(())
    }

    fn spill_largest(&self) -> Result<(), StorageError> {
        let largest = self
            .tables
            .iter()
            .max_by_key(|table| table.bytes.load(Ordering::Relaxed));
        let Some(table) = largest else { return Ok(()) };
        let mut held = table.held.lock().map_err(|_| StorageError::Stopped)?;
        let batches = std::mem::take(&mut held.batches);
        let bytes = table.bytes.swap(0, Ordering::Relaxed);
        self.memory.fetch_sub(bytes, Ordering::Relaxed);
        if batches.is_empty() {
            return Ok(());
        }
        let entries = entries_by_part(&batches, &*table.placing, self.n_parts);
        let number = self.n_spills.fetch_add(1, Ordering::Relaxed);
        let spill = self.write_spill(number, &batches, &entries)?;
        held.spills.push(spill);
        Ok(())
    }

    fn write_spill(
        &self,
        number: usize,
        batches: &[RecordBatch],
        entries: &[Vec<Entry>],
    ) -> Result<Spill, StorageError> {
        let context = format!("spill/{number}");
        let path = self.folder.join(format!("{number}.spill"));
        let schema = batches.first().ok_or(StorageError::Stopped)?.schema();
        let file = durable::create_private(&path)?;
        let properties = layout::spill_properties(&self.key, &context)?;
        let mut writer = ArrowWriter::try_new(file, schema, Some(properties))?;
        let sources: Vec<&RecordBatch> = batches.iter().collect();
        let mut parts = Vec::new();
        for (part, entries) in (0_u32..).zip(entries) {
            if entries.is_empty() {
                continue;
            }
            for some in entries.chunks(GATHER_ROWS) {
                writer.write(&gather(&sources, some)?)?;
            }
            writer.flush()?;
            parts.push(part);
        }
        writer.close()?;
        Ok(Spill {
            path,
            context,
            parts,
        })
    }

    /// Gives up the rows of a table, ready to be written part by part.
    pub(crate) fn finish(&self, table: usize) -> Result<Shuffled, StorageError> {
        let rows = self.tables.get(table).ok_or(StorageError::Stopped)?;
        let mut held = rows.held.lock().map_err(|_| StorageError::Stopped)?;
        let Held { batches, spills } = std::mem::take(&mut *held);
        let bytes = rows.bytes.swap(0, Ordering::Relaxed);
        self.memory.fetch_sub(bytes, Ordering::Relaxed);
        Ok(Shuffled {
            entries: entries_by_part(&batches, &*rows.placing, self.n_parts),
            batches,
            spills,
            placing: Arc::clone(&rows.placing),
            key: self.key.clone(),
        })
    }
}

impl Shuffled {
    /// Calls `take` with the rows of a part in the order of their keys, piece by piece.
    pub(crate) fn read_part(
        &self,
        part: u32,
        mut take: impl FnMut(RecordBatch) -> Result<(), StorageError>,
    ) -> Result<u64, StorageError> {
        let held = self.entries.get(part as usize);
        let mut entries = held.cloned().unwrap_or_default();
        let spilled = self.read_spills(part)?;
        for (batch, number) in spilled.iter().zip(self.batches.len()..) {
            let places = self.placing.place(batch);
            entries.extend(
                (0_u32..)
                    .zip(places)
                    .map(|(row, (_, key))| entry(key, number, row)),
            );
        }
        entries.sort_unstable();
        let sources: Vec<&RecordBatch> = self.batches.iter().chain(&spilled).collect();
        for some in entries.chunks(GATHER_ROWS) {
            take(gather(&sources, some)?)?;
        }
        Ok(entries.len() as u64)
    }

    fn read_spills(&self, part: u32) -> Result<Vec<RecordBatch>, StorageError> {
        let mut batches = Vec::new();
        for spill in &self.spills {
            let groups = spill.parts.iter().enumerate();
            let wanted: Vec<usize> = groups
                .filter(|(_, held)| **held == part)
                .map(|(group, _)| group)
                .collect();
            if wanted.is_empty() {
                continue;
            }
            let reader = layout::open_encrypted(&spill.path, &self.key, &spill.context)?
                .with_row_groups(wanted)
                .with_batch_size(GATHER_ROWS)
                .build()?;
            for batch in reader {
                batches.push(batch?);
            }
        }
        Ok(batches)
    }
}

impl Drop for Shuffled {
    fn drop(&mut self) {
        for spill in &self.spills {
            // The folder is removed at the end anyway; this only gives the space back sooner.
            let _ = std::fs::remove_file(&spill.path);
        }
    }
}

fn gather(sources: &[&RecordBatch], entries: &[Entry]) -> Result<RecordBatch, StorageError> {
    let places: Vec<(usize, usize)> = entries
        .iter()
        .map(|entry| (entry.batch as usize, entry.row as usize))
        .collect();
    Ok(interleave_record_batch(sources, &places)?)
}

fn entry(key: u64, batch: usize, row: u32) -> Entry {
    let batch = u32::try_from(batch).expect("invariant: memory holds fewer than 2^32 batches");
    Entry { key, batch, row }
}

/// Where the rows of each part are.
fn entries_by_part(
    batches: &[RecordBatch],
    placing: &dyn Placing,
    n_parts: u32,
) -> Vec<Vec<Entry>> {
    let n_rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let n_each = n_rows / n_parts.max(1) as usize;
    let mut entries: Vec<Vec<Entry>> = (0..n_parts)
        .map(|_| Vec::with_capacity(n_each + n_each / 4))
        .collect();
    for (batch, number) in batches.iter().zip(0..) {
        for (row, (part, key)) in (0_u32..).zip(placing.place(batch)) {
            if let Some(entries) = entries.get_mut(part as usize) {
                entries.push(entry(key, number, row));
            }
        }
    }
    entries
}
