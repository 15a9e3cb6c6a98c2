//! What the disk and the file formats can do to us, as codes: texts of libraries may quote a value.

use std::io;

use arrow::error::ArrowError;
use base::ErrorClass;
use parquet::errors::ParquetError;

/// A file could not be written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// No room is left.
    #[error("the disk is full: make room and try again")]
    DiskFull,
    /// The disk did not do its work.
    #[error("a file or folder cannot be used ({0:?})")]
    Disk(io::ErrorKind),
    /// A file is damaged, or its key is another.
    #[error("a file of the lake cannot be read: it is damaged, or its key is another")]
    Damaged,
    /// Another thread failed first.
    #[error("the work stopped")]
    Stopped,
}

impl StorageError {
    /// The class of the error.
    pub const fn class(self) -> ErrorClass {
        match self {
            Self::DiskFull | Self::Disk(_) => ErrorClass::Unavailable,
            Self::Damaged | Self::Stopped => ErrorClass::Internal,
        }
    }

    /// A stable code for machines.
    pub const fn code(self) -> &'static str {
        match self {
            Self::DiskFull => "disk_full",
            Self::Disk(_) => "disk",
            Self::Damaged => "file_damaged",
            Self::Stopped => "stopped",
        }
    }
}

impl From<io::Error> for StorageError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            kind => Self::Disk(kind),
        }
    }
}

impl From<ParquetError> for StorageError {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(error) => (*error).into(),
                Err(_) => Self::Damaged,
            },
            _ => Self::Damaged,
        }
    }
}

impl From<ArrowError> for StorageError {
    fn from(error: ArrowError) -> Self {
        match error {
            ArrowError::IoError(_, error) => error.into(),
            _ => Self::Damaged,
        }
    }
}
