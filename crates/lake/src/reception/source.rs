//! Where rows come from: delivered files (CSV or Parquet, plain or compressed) or batches that are
//! already columns. A source hands out pieces of work to any thread.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use base::limits::COLUMNS_MAX;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use sha2::{Digest as _, Sha256};

use super::columns::{Content, TablePlan, match_heading};
use super::csv::{ChunkError, ChunkReader, CsvChunk};
use super::{FileFault, ReceptionError};
use crate::durable::{hash_reader, hex};
use crate::upload::{Input, SealedUpload};

const BATCH_ROWS: usize = 16_384;

/// A delivered file and the table it holds rows of.
#[derive(Debug, Clone)]
pub struct DeliveredFile {
    /// Table.
    pub table: String,
    /// Where it lies; of an upload, its name.
    pub path: PathBuf,
    /// The upload that it came with.
    pub upload: Option<SealedUpload>,
}

impl DeliveredFile {
    /// A file at a path.
    pub fn at(table: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self {
            table: table.into(),
            path: path.into(),
            upload: None,
        }
    }

    /// A file that was uploaded, with the name that it had.
    pub fn uploaded(
        table: impl Into<String>,
        name: impl Into<PathBuf>,
        upload: SealedUpload,
    ) -> Self {
        Self {
            table: table.into(),
            path: name.into(),
            upload: Some(upload),
        }
    }

    fn open(&self) -> io::Result<Input> {
        Input::open(&self.path, self.upload.as_ref())
    }

    fn hash(&self) -> io::Result<String> {
        hash_reader(self.open()?)
    }
}

/// Rows that are columns already.
#[derive(Debug, Clone)]
pub struct DeliveredBatch {
    /// Register.
    pub register: String,
    /// Table.
    pub table: String,
    /// Columns by name: text, or numbers and dates where the register says so.
    pub rows: RecordBatch,
}

/// Gives batches to any thread until there are no more.
pub trait BatchSource: Sync {
    /// Some more batches, of any tables; none at the end.
    fn next_batches(&self) -> Option<Vec<DeliveredBatch>>;
}

/// A piece of work: rows of one table.
#[derive(Debug)]
pub(super) struct Work {
    /// Place of the table among the tables of the reception.
    pub(super) table: usize,
    pub(super) rows: WorkRows,
}

#[derive(Debug)]
pub(super) enum WorkRows {
    Csv {
        chunk: CsvChunk,
        places: Arc<Vec<usize>>,
        n_fields: usize,
    },
    /// Columns in the plan's order; the row number of the first.
    Columns {
        columns: Vec<ArrayRef>,
        first_row: Option<u64>,
    },
}

/// Something that work comes from.
pub(super) trait WorkSource: Sync {
    fn next_work(&self) -> Result<Option<Vec<Work>>, ReceptionError>;
}

/// Files, one after the other.
pub(super) struct FileSource<'a> {
    plans: &'a [TablePlan],
    files: &'a [DeliveredFile],
    state: Mutex<FileState>,
}

#[derive(Default)]
struct FileState {
    next_file: usize,
    open: Option<OpenFile>,
    hashes: Vec<(String, String)>,
}

struct OpenFile {
    file: usize,
    table: usize,
    places: Arc<Vec<usize>>,
    rows: OpenRows,
}

enum OpenRows {
    Csv {
        reader: Box<ChunkReader<Box<dyn Read + Send>>>,
        hash: Arc<Mutex<Sha256>>,
        n_fields: usize,
    },
    Parquet {
        reader: ParquetRecordBatchReader,
        next_row: u64,
    },
}

impl<'a> FileSource<'a> {
    pub(super) fn new(plans: &'a [TablePlan], files: &'a [DeliveredFile]) -> Self {
        Self {
            plans,
            files,
            state: Mutex::default(),
        }
    }

    /// The hash of all files together, after the last piece of work.
    pub(super) fn delivered_sha256(self) -> String {
        let state = self.state.into_inner();
        hash_together(
            state
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .hashes,
        )
    }

    fn open(&self, at: usize, state: &mut FileState) -> Result<OpenFile, ReceptionError> {
        let file = self.files.get(at).ok_or(ReceptionError::Stopped)?;
        let table = self
            .plans
            .iter()
            .position(|plan| plan.table == file.table)
            .ok_or(ReceptionError::Stopped)?;
        let plan = self.plans.get(table).ok_or(ReceptionError::Stopped)?;
        let failed = |fault: FileFault| ReceptionError::in_file(&file.path, fault);
        let disk = |error: io::Error| failed(FileFault::Disk(error.kind()));
        let mut magic = [0; 4];
        let n_magic = read_up_to(file.open().map_err(disk)?, &mut magic).map_err(disk)?;
        if magic.get(..n_magic) == Some(b"PAR1") {
            state
                .hashes
                .push((file.table.clone(), file.hash().map_err(disk)?));
            let opened = match &file.upload {
                Some(upload) => open_parquet(upload.clone(), plan),
                None => open_parquet(File::open(&file.path).map_err(disk)?, plan),
            };
            let (reader, places) = opened.map_err(failed)?;
            return Ok(OpenFile {
                file: at,
                table,
                places: Arc::new(places),
                rows: OpenRows::Parquet {
                    reader,
                    next_row: 1,
                },
            });
        }
        let hash = Arc::new(Mutex::new(Sha256::new()));
        let hashing = HashingReader {
            input: file.open().map_err(disk)?,
            hash: Arc::clone(&hash),
        };
        let input: Box<dyn Read + Send> = match magic {
            [0x1f, 0x8b, ..] => {
                Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(hashing)))
            }
            [0x28, 0xb5, 0x2f, 0xfd] => Box::new(
                zstd::stream::read::Decoder::new(hashing)
                    .map_err(|_| failed(FileFault::Damaged))?,
            ),
            _ => Box::new(hashing),
        };
        let (reader, names) =
            ChunkReader::open(input).map_err(|error| csv_error(&file.path, error))?;
        let places =
            match_heading(plan, &names).map_err(|fault| failed(FileFault::Heading(fault)))?;
        Ok(OpenFile {
            file: at,
            table,
            places: Arc::new(places),
            rows: OpenRows::Csv {
                reader: Box::new(reader),
                hash,
                n_fields: names.len(),
            },
        })
    }

    fn next_of(&self, open: &mut OpenFile) -> Result<Option<WorkRows>, ReceptionError> {
        let path = self
            .files
            .get(open.file)
            .map_or(Path::new(""), |file| &file.path);
        match &mut open.rows {
            OpenRows::Csv {
                reader, n_fields, ..
            } => {
                let chunk = reader
                    .next_chunk()
                    .map_err(|error| csv_error(path, error))?;
                Ok(chunk.map(|chunk| WorkRows::Csv {
                    chunk,
                    places: Arc::clone(&open.places),
                    n_fields: *n_fields,
                }))
            }
            OpenRows::Parquet { reader, next_row } => {
                let failed = |fault| ReceptionError::in_file(path, fault).at_row(*next_row);
                let Some(batch) = next_parquet(reader).map_err(failed)? else {
                    return Ok(None);
                };
                let plan = self.plans.get(open.table).ok_or(ReceptionError::Stopped)?;
                let columns = normalise(plan, &batch, &open.places).map_err(failed)?;
                let first_row = Some(*next_row);
                *next_row += batch.num_rows() as u64;
                Ok(Some(WorkRows::Columns { columns, first_row }))
            }
        }
    }
}

impl WorkSource for FileSource<'_> {
    fn next_work(&self) -> Result<Option<Vec<Work>>, ReceptionError> {
        let mut state = self.state.lock().map_err(|_| ReceptionError::Stopped)?;
        loop {
            if state.open.is_none() {
                let at = state.next_file;
                if at >= self.files.len() {
                    return Ok(None);
                }
                state.next_file += 1;
                let opened = self.open(at, &mut state)?;
                state.open = Some(opened);
            }
            let Some(open) = &mut state.open else {
                continue;
            };
            if let Some(rows) = self.next_of(open)? {
                return Ok(Some(vec![Work {
                    table: open.table,
                    rows,
                }]));
            }
            let (file, table) = (open.file, open.table);
            let finished = state.open.take();
            if let Some(OpenFile {
                rows: OpenRows::Csv { hash, .. },
                ..
            }) = finished
                && let Some(plan) = self.plans.get(table)
            {
                let digest = hash
                    .lock()
                    .map_err(|_| ReceptionError::Stopped)?
                    .clone()
                    .finalize();
                tracing::debug!(delivered.file = file, "file read to its end");
                state.hashes.push((plan.table.clone(), hex(&digest)));
            }
        }
    }
}

/// The hash of a delivery: of its tables' names and the hashes of their files, in a fixed order.
pub fn delivered_sha256(files: &[DeliveredFile]) -> io::Result<String> {
    let mut hashes = Vec::with_capacity(files.len());
    for file in files {
        hashes.push((file.table.clone(), file.hash()?));
    }
    Ok(hash_together(hashes))
}

fn hash_together(mut hashes: Vec<(String, String)>) -> String {
    hashes.sort_unstable();
    let mut together = Sha256::new();
    for (table, hash) in hashes {
        together.update(table.as_bytes());
        together.update(b"\0");
        together.update(hash.as_bytes());
        together.update(b"\n");
    }
    hex(&together.finalize())
}

fn read_up_to(mut input: Input, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        match input.read(room)? {
            0 => break,
            n_read => filled += n_read,
        }
    }
    Ok(filled)
}

struct HashingReader {
    input: Input,
    hash: Arc<Mutex<Sha256>>,
}

impl Read for HashingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.input.read(buffer)?;
        if let Ok(mut hash) = self.hash.lock() {
            hash.update(buffer.get(..n_read).unwrap_or_default());
        }
        Ok(n_read)
    }
}

fn csv_error(path: &Path, error: ChunkError) -> ReceptionError {
    let (fault, place) = match error {
        ChunkError::Fault(fault, place) => (FileFault::Csv(fault), place),
        // A broken gzip or zstd stream is an error of reading with these kinds.
        ChunkError::Read(error, place) => match error.kind() {
            io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidData
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::Other => (FileFault::Damaged, place),
            kind => (FileFault::Disk(kind), place),
        },
    };
    ReceptionError::in_file(path, fault)
        .at_row(place.row)
        .at_offset(place.offset)
}

fn open_parquet(
    input: impl parquet::file::reader::ChunkReader + 'static,
    plan: &TablePlan,
) -> Result<(ParquetRecordBatchReader, Vec<usize>), FileFault> {
    let guarded = catch_unwind(AssertUnwindSafe(|| {
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(input).map_err(|_| FileFault::Damaged)?;
        let names: Vec<String> = builder
            .schema()
            .fields()
            .iter()
            .map(|f| f.name().clone())
            .collect();
        if names.len() > COLUMNS_MAX {
            return Err(FileFault::Csv(super::csv::CsvFault::TooManyColumns));
        }
        let places = match_heading(plan, &names).map_err(FileFault::Heading)?;
        let reader = builder
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(|_| FileFault::Damaged)?;
        Ok((reader, places))
    }));
    guarded.unwrap_or(Err(FileFault::Damaged))
}

/// The next batch. Damaged pages can make the decoder panic; that is an answer, not a crash.
fn next_parquet(reader: &mut ParquetRecordBatchReader) -> Result<Option<RecordBatch>, FileFault> {
    match catch_unwind(AssertUnwindSafe(|| reader.next())) {
        Ok(None) => Ok(None),
        Ok(Some(Ok(batch))) => Ok(Some(batch)),
        Ok(Some(Err(_))) | Err(_) => Err(FileFault::Damaged),
    }
}

/// Columns in the plan's order, each as text or in the type that its column stores.
pub(super) fn normalise(
    plan: &TablePlan,
    batch: &RecordBatch,
    places: &[usize],
) -> Result<Vec<ArrayRef>, FileFault> {
    let mut columns = Vec::with_capacity(places.len());
    for (column, place) in plan.columns.iter().zip(places) {
        let wrong = || FileFault::ColumnType(column.name.clone());
        let array = batch.columns().get(*place).ok_or_else(wrong)?;
        let target = target_type(&column.content, array.data_type()).ok_or_else(wrong)?;
        if *array.data_type() == target {
            columns.push(Arc::clone(array));
        } else {
            // A cast that fails for one value would name it; the code is enough.
            columns.push(cast(array, &target).map_err(|_| wrong())?);
        }
    }
    Ok(columns)
}

fn target_type(content: &Content, delivered: &DataType) -> Option<DataType> {
    let text = match delivered {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => {
            matches!(
                **values,
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
            )
        }
        _ => false,
    };
    if text {
        return Some(DataType::Utf8);
    }
    match content {
        Content::Integer if delivered.is_integer() => Some(DataType::Int64),
        Content::Decimal if delivered.is_numeric() => Some(DataType::Float64),
        Content::Date
            if matches!(
                delivered,
                DataType::Date32 | DataType::Date64 | DataType::Timestamp(..)
            ) =>
        {
            Some(DataType::Date32)
        }
        Content::Key { .. } if delivered.is_integer() => Some(DataType::Utf8),
        // A column of nothing but missing values has no type of its own.
        _ if *delivered == DataType::Null => Some(DataType::Utf8),
        _ => None,
    }
}
