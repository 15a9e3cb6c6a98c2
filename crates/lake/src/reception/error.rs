//! Why a delivery is refused: what, where and what to do. Errors of libraries become a code here,
//! because their texts may quote a value.

use std::io;
use std::path::Path;

use arrow::error::ArrowError;
use base::ErrorClass;
use parquet::errors::ParquetError;

use super::columns::HeadingFault;
use super::csv::CsvFault;
use super::report::ValidationReport;
use super::{REJECTED_PERCENT_MAX, columns};
use crate::keys::KeyError;
use crate::storage::StorageError;
use crate::vault::VaultError;

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// It cannot be read as CSV.
    #[error(transparent)]
    Csv(#[from] CsvFault),
    /// Its columns are not the table's.
    #[error(transparent)]
    Heading(#[from] HeadingFault),
    /// A column has a type that cannot hold the register's values.
    #[error("the column `{0}` has a type that does not fit the register")]
    ColumnType(String),
    /// It is cut off, or bytes of it were changed.
    #[error("the file is damaged or cut off: deliver it again")]
    Damaged,
    /// The disk does not give it.
    #[error("the file cannot be read ({0:?})")]
    Disk(io::ErrorKind),
}

/// A delivery is refused. Nothing of it remains.
#[derive(Debug, thiserror::Error)]
pub enum ReceptionError {
    /// No file.
    #[error("nothing was delivered: name at least one file")]
    NothingDelivered,
    /// The register has no such table.
    #[error("the register `{register}` takes no table `{table}`{meant}")]
    UnknownTable {
        /// Register.
        register: String,
        /// Table as delivered.
        table: String,
        /// The nearest name, as a question.
        meant: String,
    },
    /// The register's description cannot be used for reception.
    #[error("the description of `{register}`, table `{table}`, cannot be used: {problem}")]
    Description {
        /// Register.
        register: String,
        /// Table.
        table: String,
        /// What is wrong.
        problem: String,
    },
    /// A file is bad as a whole.
    #[error("`{file}`{}: {fault}", place(*row, *offset))]
    File {
        /// Name of the file, without its folder.
        file: String,
        /// Row at which reading stopped.
        row: Option<u64>,
        /// Byte at which reading stopped.
        offset: Option<u64>,
        /// What is wrong.
        #[source]
        fault: FileFault,
    },
    /// Too many rows of a table are bad: the file is probably another one.
    #[error(
        "{rejected} of {rows} rows of the table `{table}` break a rule; a delivery with more than {REJECTED_PERCENT_MAX} % is refused: see the report"
    )]
    TooManyRejected {
        /// Table.
        table: String,
        /// Rows.
        rows: u64,
        /// Rejected rows.
        rejected: u64,
        /// The report.
        report: Box<ValidationReport>,
    },
    /// The version exists already.
    #[error("this version of the register exists already")]
    VersionExists,
    /// It was told to stop.
    #[error("the reception was cancelled: nothing of the delivery remains")]
    Cancelled,
    /// The vault did not do its work.
    #[error("the vault could not exchange the identity numbers")]
    Vault(#[from] VaultError),
    /// The key store did not do its work.
    #[error("a key could not be made or read")]
    Key(#[from] KeyError),
    /// A file could not be written or read back.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Another thread failed first.
    #[error("the reception stopped")]
    Stopped,
}

impl ReceptionError {
    pub(super) fn in_file(path: &Path, fault: FileFault) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self::File {
            file: columns::printable(&name),
            row: None,
            offset: None,
            fault,
        }
    }

    pub(super) fn at_row(mut self, at: u64) -> Self {
        if let Self::File { row, .. } = &mut self {
            *row = Some(at);
        }
        self
    }

    pub(super) fn at_offset(mut self, at: u64) -> Self {
        if let Self::File { offset, .. } = &mut self {
            *offset = Some(at);
        }
        self
    }

    /// A stable code for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NothingDelivered => "nothing_delivered",
            Self::UnknownTable { .. } => "unknown_table",
            Self::Description { .. } => "description",
            Self::File { fault, .. } => match fault {
                FileFault::Csv(CsvFault::Empty) => "file_empty",
                FileFault::Csv(CsvFault::LineTooLong) => "line_too_long",
                FileFault::Csv(CsvFault::ZeroByte) => "zero_byte",
                FileFault::Csv(CsvFault::Quote) => "quote",
                FileFault::Csv(CsvFault::QuoteOpen) => "quote_open",
                FileFault::Csv(CsvFault::TooManyColumns) => "too_many_columns",
                FileFault::Heading(HeadingFault::Unknown { .. }) => "column_unknown",
                FileFault::Heading(HeadingFault::Missing(_)) => "column_missing",
                FileFault::Heading(HeadingFault::Repeated(_)) => "column_repeated",
                FileFault::ColumnType(_) => "column_type",
                FileFault::Damaged => "file_damaged",
                FileFault::Disk(_) => "file_unreadable",
            },
            Self::TooManyRejected { .. } => "too_many_rejected",
            Self::VersionExists => "version_exists",
            Self::Cancelled => "cancelled",
            Self::Vault(_) => "vault",
            Self::Key(_) => "key",
            Self::Storage(error) => error.code(),
            Self::Stopped => "stopped",
        }
    }

    /// The class of the error.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::NothingDelivered
            | Self::UnknownTable { .. }
            | Self::File { .. }
            | Self::TooManyRejected { .. } => ErrorClass::Invalid,
            Self::VersionExists | Self::Cancelled => ErrorClass::Conflict,
            Self::Vault(error) => error.class(),
            Self::Key(error) => error.class(),
            Self::Storage(error) => error.class(),
            Self::Description { .. } | Self::Stopped => ErrorClass::Internal,
        }
    }
}

fn place(row: Option<u64>, offset: Option<u64>) -> String {
    match (row, offset) {
        (Some(row), Some(offset)) => format!(", row {row} (byte {offset})"),
        (Some(row), None) => format!(", row {row}"),
        _ => String::new(),
    }
}

impl From<io::Error> for ReceptionError {
    fn from(error: io::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl From<ParquetError> for ReceptionError {
    fn from(error: ParquetError) -> Self {
        Self::Storage(error.into())
    }
}

impl From<ArrowError> for ReceptionError {
    fn from(error: ArrowError) -> Self {
        Self::Storage(error.into())
    }
}
