//! The synthetic Denmark as files, as a holder would deliver them. Needs no folder and no clock.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};

use arrow::array::{Array, AsArray as _, RecordBatch};
use arrow::datatypes::{Date32Type, Float64Type, Int32Type};
use base::ErrorClass;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use population::{ColumnKind, Plan, TableSpec, generate_block};
use serde::Serialize;

use crate::Error;
use crate::deliveries::Report;

const THREADS: u32 = 2;
const CREATED_BY: &str = "sund synth";
const ROW_GROUP_ROWS: usize = 256 * 1024;
pub(crate) const SEPARATOR: char = ';';

/// The kind of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SynthFormat {
    /// Text: `;` between fields, ISO dates, decimal point, UTF-8.
    Csv,
    /// Parquet.
    Parquet,
}

/// What was written.
#[derive(Debug, Clone, Serialize)]
pub struct SynthReport {
    /// Persons alive and resident at the end.
    pub persons: u64,
    /// Seed.
    pub seed: u64,
    /// Files.
    pub tables: Vec<SynthTable>,
}

/// A file that was written.
#[derive(Debug, Clone, Serialize)]
pub struct SynthTable {
    /// Register.
    pub register: String,
    /// Table.
    pub table: String,
    /// File.
    pub path: PathBuf,
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Writes the synthetic Denmark to a folder, one file `<register>_<table>` per table. The same
/// persons and seed give the same bytes.
pub fn synthesise(
    out: &Path,
    persons: u64,
    seed: u64,
    format: SynthFormat,
    report: Report<'_>,
) -> Result<SynthReport, Error> {
    let count = u32::try_from(persons)
        .ok()
        .filter(|count| (1..=Plan::PERSONS_MAX).contains(count))
        .ok_or_else(|| {
            let message = format!("a synthetic Denmark has 1 to {} persons", Plan::PERSONS_MAX);
            Error::invalid("persons", message)
        })?;
    std::fs::create_dir_all(out).map_err(|error| unwritable(out, &error))?;
    let plan = Plan::new(count, seed);
    let mut files = Plan::tables()
        .iter()
        .map(|table| TableFile::create(out, table, format))
        .collect::<Result<Vec<_>, _>>()?;
    let total = u64::from(plan.blocks());
    std::thread::scope(|scope| {
        let mut lanes: Vec<Receiver<Vec<(usize, RecordBatch)>>> = Vec::new();
        for lane in 0..THREADS {
            // One block ahead: memory does not grow with the population.
            let (sender, receiver) = sync_channel(1);
            let plan = &plan;
            scope.spawn(move || {
                for block in (lane..plan.blocks()).step_by(THREADS as usize) {
                    if sender.send(generate_block(plan, block)).is_err() {
                        return;
                    }
                }
            });
            lanes.push(receiver);
        }
        // Blocks are written in their order, whichever thread was first.
        for (block, lane) in (0..plan.blocks()).zip((0..lanes.len()).cycle()) {
            let stopped = || Error::internal("synth", &"a thread stopped");
            let receiver = lanes.get(lane).ok_or_else(stopped)?;
            for (table, batch) in receiver.recv().map_err(|_| stopped())? {
                if let Some(file) = files.get_mut(table) {
                    file.write(&batch)?;
                }
            }
            report("files", u64::from(block) + 1, total);
        }
        Ok::<_, Error>(())
    })?;
    let tables = files
        .into_iter()
        .map(TableFile::finish)
        .collect::<Result<_, _>>()?;
    Ok(SynthReport {
        persons,
        seed,
        tables,
    })
}

/// A table on its way to disk.
struct TableFile {
    spec: &'static TableSpec,
    path: PathBuf,
    rows: u64,
    kind: Kind,
}

enum Kind {
    Csv(BufWriter<File>),
    /// The schema comes with the first batch.
    Parquet(File, Option<Box<ArrowWriter<File>>>),
}

impl TableFile {
    fn create(out: &Path, spec: &'static TableSpec, format: SynthFormat) -> Result<Self, Error> {
        let ending = match format {
            SynthFormat::Csv => "csv",
            SynthFormat::Parquet => "parquet",
        };
        let path = out.join(format!("{}_{}.{ending}", spec.register, spec.table));
        let file = File::create(&path).map_err(|error| unwritable(&path, &error))?;
        let kind = match format {
            SynthFormat::Csv => {
                let mut file = BufWriter::new(file);
                let names: Vec<&str> = spec.columns.iter().map(|column| column.name).collect();
                let line = names.join(&SEPARATOR.to_string());
                writeln!(file, "{line}").map_err(|error| unwritable(&path, &error))?;
                Kind::Csv(file)
            }
            SynthFormat::Parquet => Kind::Parquet(file, None),
        };
        Ok(Self {
            spec,
            path,
            rows: 0,
            kind,
        })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.rows += batch.num_rows() as u64;
        match &mut self.kind {
            Kind::Csv(file) => {
                let lines = csv_lines(self.spec, batch, |_| true)?;
                file.write_all(lines.as_bytes())
                    .map_err(|error| unwritable(&self.path, &error))
            }
            Kind::Parquet(file, writer) => {
                if writer.is_none() {
                    let file = file
                        .try_clone()
                        .map_err(|error| unwritable(&self.path, &error))?;
                    let made = ArrowWriter::try_new(file, batch.schema(), Some(properties()))
                        .map_err(|error| unwritten(&self.path, &error))?;
                    *writer = Some(Box::new(made));
                }
                match writer {
                    Some(writer) => writer
                        .write(batch)
                        .map_err(|error| unwritten(&self.path, &error)),
                    None => Ok(()),
                }
            }
        }
    }

    fn finish(self) -> Result<SynthTable, Error> {
        let path = self.path;
        match self.kind {
            Kind::Csv(mut file) => file.flush().map_err(|error| unwritable(&path, &error))?,
            Kind::Parquet(_, writer) => {
                if let Some(writer) = writer {
                    writer.close().map_err(|error| unwritten(&path, &error))?;
                }
            }
        }
        let bytes = std::fs::metadata(&path).map_err(|error| unwritable(&path, &error))?;
        Ok(SynthTable {
            register: self.spec.register.to_owned(),
            table: self.spec.table.to_owned(),
            rows: self.rows,
            bytes: bytes.len(),
            path,
        })
    }
}

fn properties() -> WriterProperties {
    WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .build()
}

/// The rows of a batch as lines, of the columns that are wanted.
pub(crate) fn csv_lines(
    spec: &TableSpec,
    batch: &RecordBatch,
    wanted: impl Fn(&str) -> bool,
) -> Result<String, Error> {
    let columns = spec
        .columns
        .iter()
        .zip(batch.columns())
        .filter(|(column, _)| wanted(column.name))
        .map(|(column, values)| texts_of(column.kind, values.as_ref()))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| Error::internal("synth", &"a column of another type"))?;
    let mut lines = String::new();
    for row in 0..batch.num_rows() {
        for (at, column) in columns.iter().enumerate() {
            if at > 0 {
                lines.push(SEPARATOR);
            }
            lines.push_str(column.get(row).map_or("", String::as_str));
        }
        lines.push('\n');
    }
    Ok(lines)
}

/// The values of a column as text; none if the column is of another type than it says.
fn texts_of(kind: ColumnKind, values: &dyn Array) -> Option<Vec<String>> {
    fn all<T>(values: impl Iterator<Item = Option<T>>, text: impl Fn(T) -> String) -> Vec<String> {
        values
            .map(|value| value.map(&text).unwrap_or_default())
            .collect()
    }
    Some(match kind {
        ColumnKind::Text => all(values.as_string_opt::<i32>()?.iter(), quoted),
        ColumnKind::Integer => all(values.as_primitive_opt::<Int32Type>()?.iter(), |n| {
            n.to_string()
        }),
        ColumnKind::Decimal(places) => {
            let places = usize::from(places);
            all(values.as_primitive_opt::<Float64Type>()?.iter(), |number| {
                format!("{number:.places$}")
            })
        }
        ColumnKind::Date => {
            let days = values.as_primitive_opt::<Date32Type>()?;
            all(days.iter(), |day| {
                Date32Type::to_naive_date_opt(day).map_or_else(String::new, |date| date.to_string())
            })
        }
    })
}

fn quoted(text: &str) -> String {
    if text.contains([SEPARATOR, '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    let message = format!("`{}` cannot be written: {}", path.display(), error.kind());
    Error::new(ErrorClass::Unavailable, "synth_write", message)
        .advise("check the folder's owner and its free space")
}

fn unwritten(path: &Path, error: &parquet::errors::ParquetError) -> Error {
    tracing::error!("writing parquet: {error}");
    let message = format!("`{}` cannot be written", path.display());
    Error::new(ErrorClass::Unavailable, "synth_write", message)
        .advise("check the folder's free space")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: SynthFormat) -> Vec<(String, Vec<u8>)> {
        let dir = tempfile::tempdir().unwrap();
        let report = synthesise(dir.path(), 150, 7, format, &|_, _, _| {}).unwrap();
        assert!(report.tables.iter().all(|table| table.bytes > 0));
        let files = report.tables.iter().map(|table| {
            let name = format!("{}_{}", table.register, table.table);
            (name, std::fs::read(&table.path).unwrap())
        });
        files.collect()
    }

    #[test]
    fn the_same_seed_writes_the_same_bytes() {
        for format in [SynthFormat::Csv, SynthFormat::Parquet] {
            assert_eq!(written(format), written(format), "{format:?}");
        }
    }

    #[test]
    fn csv_has_a_heading_iso_dates_and_as_many_fields_everywhere() {
        let files = written(SynthFormat::Csv);
        let (_, person) = files.iter().find(|(name, _)| name == "cpr_person").unwrap();
        let text = String::from_utf8(person.clone()).unwrap();
        let mut lines = text.lines();
        let heading = lines.next().unwrap();
        assert!(heading.starts_with("personnummer;foedselsdato;"));
        let first = lines.next().unwrap();
        let date = first.split(';').nth(1).unwrap();
        assert!(date.parse::<base::Date>().is_ok(), "{date}");
        assert!(
            text.lines()
                .all(|line| line.matches(';').count() == heading.matches(';').count())
        );
    }
}
