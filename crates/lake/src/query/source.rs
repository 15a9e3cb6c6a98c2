//! An extract opened for queries: one table provider per table, reading the (encrypted) Parquet file
//! in a stream so that memory does not grow with the extract.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::extract::Companion;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use base::Secret;
use catalogue::permit::PermitDocument;
use catalogue::register::{Coarsening, ColumnRole, ValueType, Variable};
use catalogue::{Catalogue, Text};
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::encryption::decrypt::FileDecryptionProperties;
use parquet::errors::ParquetError;

/// The name of the person column in every extract.
pub(super) const PERSON: &str = "person";

const ROWS_PER_BATCH: usize = 8192;

/// An extract cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A table that the permit names is not there.
    #[error("the extract has no table `{table}`")]
    TableMissing {
        /// The table.
        table: String,
    },
    /// A file cannot be read: damaged, or another key.
    #[error("the file of table `{table}` cannot be read: it is damaged, or the key is another")]
    Unreadable {
        /// The table.
        table: String,
    },
}

/// An extract opened for queries.
#[derive(Debug)]
pub struct OpenExtract {
    pub(super) tables: BTreeMap<String, Arc<ExtractTable>>,
}

/// A table of an extract.
pub(super) struct ExtractTable {
    path: PathBuf,
    options: ArrowReaderOptions,
    schema: SchemaRef,
    row_groups: usize,
    columns: BTreeMap<String, ColumnMeaning>,
}

/// What the catalogue and the permit say of a column.
#[derive(Debug, Clone)]
pub(super) enum ColumnMeaning {
    /// The pseudonym.
    Person,
    /// Another person's pseudonym.
    OtherPerson,
    /// A permuted key.
    Key,
    /// Codes, coarsened dates and bins, with their heading: groups by them have releasable names.
    Code(Text),
    /// Whole numbers, with their heading.
    Number(Text),
    /// Other values, with their heading.
    Value(Text),
}

impl std::fmt::Debug for ExtractTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExtractTable")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

impl OpenExtract {
    /// Opens the tables that the permit names, in `dir`, with the extract's key if it is encrypted.
    pub fn open(
        dir: &Path,
        key: Option<&Secret<[u8; 32]>>,
        permit: &PermitDocument,
        catalogue: &Catalogue,
    ) -> Result<Self, OpenError> {
        let mut named: Vec<(String, BTreeMap<String, ColumnMeaning>)> = Vec::new();
        for selected in &permit.selection.tables {
            let mut columns = BTreeMap::from([(PERSON.to_owned(), ColumnMeaning::Person)]);
            for chosen in &selected.variables {
                let described =
                    catalogue.variable(&selected.register, &selected.table, &chosen.name);
                if let Some(variable) = described {
                    columns.insert(chosen.name.clone(), meaning(variable, chosen.coarsening));
                }
            }
            named.push((selected.extract_name(), columns));
        }
        for companion in Companion::of(&permit.selection) {
            let fields = companion.heading().fields.into_iter();
            let columns = fields.map(|field| {
                let meaning = match field.role.as_str() {
                    "person" => ColumnMeaning::Person,
                    "key" => ColumnMeaning::OtherPerson,
                    _ => ColumnMeaning::Value(field.title),
                };
                (field.name, meaning)
            });
            named.push((companion.name().to_owned(), columns.collect()));
        }
        let mut tables = BTreeMap::new();
        for (name, columns) in named {
            let path = dir.join(format!("{name}.parquet"));
            let table =
                ExtractTable::open(path, key, columns).map_err(|problem| match problem {
                    FileProblem::Missing => OpenError::TableMissing {
                        table: name.clone(),
                    },
                    FileProblem::Unreadable => OpenError::Unreadable {
                        table: name.clone(),
                    },
                })?;
            tables.insert(name, Arc::new(table));
        }
        Ok(Self { tables })
    }

    /// Tables with their columns and number of rows.
    pub fn tables(&self) -> impl Iterator<Item = (&str, Vec<String>)> {
        self.tables.iter().map(|(name, table)| {
            let columns = table
                .schema
                .fields()
                .iter()
                .map(|field| field.name().clone())
                .collect();
            (name.as_str(), columns)
        })
    }

    /// Whether rows of a table name other persons than the one they are about.
    pub(super) fn names_several_persons(&self, table: &str) -> bool {
        self.tables.get(table).is_some_and(|table| {
            let mut meanings = table.columns.values();
            meanings.any(|meaning| matches!(meaning, ColumnMeaning::OtherPerson))
        })
    }

    pub(super) fn column(&self, table: &str, column: &str) -> Option<&ColumnMeaning> {
        self.tables.get(table)?.columns.get(column)
    }
}

fn meaning(variable: &Variable, coarsening: Coarsening) -> ColumnMeaning {
    let heading = variable.label.clone();
    match variable.role {
        ColumnRole::Person | ColumnRole::PersonReference => ColumnMeaning::OtherPerson,
        ColumnRole::RecordKey(_) | ColumnRole::FamilyKey | ColumnRole::ProviderKey => {
            ColumnMeaning::Key
        }
        ColumnRole::FreeText => ColumnMeaning::Value(heading),
        ColumnRole::Plain => match variable.value_type {
            // A whole number with a code list is a code.
            ValueType::Integer if variable.code_list.is_none() => ColumnMeaning::Number(heading),
            ValueType::Integer => ColumnMeaning::Code(heading),
            ValueType::Text if variable.code_list.is_some() || variable.pattern.is_some() => {
                ColumnMeaning::Code(heading)
            }
            ValueType::Decimal if matches!(coarsening, Coarsening::Band(_)) => {
                ColumnMeaning::Code(heading)
            }
            ValueType::Date if matches!(coarsening, Coarsening::Month | Coarsening::Year) => {
                ColumnMeaning::Code(heading)
            }
            _ => ColumnMeaning::Value(heading),
        },
    }
}

enum FileProblem {
    Missing,
    Unreadable,
}

impl ExtractTable {
    fn open(
        path: PathBuf,
        key: Option<&Secret<[u8; 32]>>,
        columns: BTreeMap<String, ColumnMeaning>,
    ) -> Result<Self, FileProblem> {
        let file = File::open(&path).map_err(|_| FileProblem::Missing)?;
        let mut options = ArrowReaderOptions::new();
        if let Some(key) = key {
            let properties = FileDecryptionProperties::builder(key.expose().to_vec())
                .build()
                .map_err(|_| FileProblem::Unreadable)?;
            options = options.with_file_decryption_properties(properties);
        }
        let metadata = ArrowReaderMetadata::load(&file, options.clone())
            .map_err(|_| FileProblem::Unreadable)?;
        Ok(Self {
            path,
            options,
            schema: metadata.schema().clone(),
            row_groups: metadata.metadata().num_row_groups(),
            columns,
        })
    }
}

#[async_trait]
impl TableProvider for ExtractTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let columns = projection
            .cloned()
            .unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let schema = Arc::new(self.schema.project(&columns)?);
        let partitions = state
            .config()
            .target_partitions()
            .clamp(1, self.row_groups.max(1));
        // Each part a run of the file, so that rows stay in the order of persons.
        let first_of = |partition: usize| partition * self.row_groups / partitions;
        let streams = (0..partitions)
            .map(|partition| {
                Arc::new(FileStream {
                    path: self.path.clone(),
                    options: self.options.clone(),
                    columns: columns.clone(),
                    row_groups: (first_of(partition)..first_of(partition + 1)).collect(),
                    schema: schema.clone(),
                }) as Arc<dyn PartitionStream>
            })
            .collect();
        let plan = StreamingTableExec::try_new(schema, streams, None, [], false, limit)?;
        Ok(Arc::new(plan))
    }
}

/// Some row groups of a file.
struct FileStream {
    path: PathBuf,
    options: ArrowReaderOptions,
    columns: Vec<usize>,
    row_groups: Vec<usize>,
    schema: SchemaRef,
}

impl std::fmt::Debug for FileStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileStream")
            .field("row_groups", &self.row_groups)
            .finish_non_exhaustive()
    }
}

impl PartitionStream for FileStream {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let opened = File::open(&self.path)
            .map_err(ParquetError::from)
            .and_then(|file| {
                let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(
                    file,
                    self.options.clone(),
                )?;
                let mask =
                    ProjectionMask::roots(builder.parquet_schema(), self.columns.iter().copied());
                let reader = builder
                    .with_projection(mask)
                    .with_row_groups(self.row_groups.clone())
                    .with_batch_size(ROWS_PER_BATCH)
                    .build()?;
                Ok(reader)
            });
        // A mask keeps file order; the query may want another.
        let wanted = self.schema.clone();
        let batches = match opened {
            Ok(reader) => {
                futures::future::Either::Left(futures::stream::iter(reader.map(move |batch| {
                    let batch = batch?;
                    let order = wanted
                        .fields()
                        .iter()
                        .map(|field| batch.schema().index_of(field.name()))
                        .collect::<Result<Vec<_>, _>>()?;
                    Ok(batch.project(&order)?)
                })))
            }
            Err(error) => {
                let unreadable = DataFusionError::IoError(std::io::Error::other(error));
                futures::future::Either::Right(futures::stream::iter([Err(unreadable)]))
            }
        };
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), batches))
    }
}
