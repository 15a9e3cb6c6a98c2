//! The whole store in one portable file of JSON lines, made on one database and loaded into the
//! same or the other kind.
//!
//! First a header, then per table its columns and its rows, last a line with the number of rows and
//! the SHA-256 of all lines before it. What must not outlive a restore (who is signed in) is left
//! out.

mod read;
mod write;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use base::{ErrorClass, Timestamp};
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::dialect::ColumnKind;

pub use read::inspect;

/// The name of the format, in the first line.
pub const FORMAT: &str = "sund-store/1";

/// Tables in the order of loading: after the tables they refer to.
pub(crate) const TABLES: [&str; 26] = [
    "counters",
    "events",
    "audit",
    "pending_leaves",
    "leaves",
    "tiles",
    "checkpoints",
    "outbox",
    "jobs",
    "idempotency_keys",
    "settings",
    "accounts",
    "account_roles",
    "credentials",
    "documents",
    "document_tags",
    "drafts",
    "baskets",
    "saved_searches",
    "case_texts",
    "attachments",
    "register_versions",
    "permits",
    "permit_statuses",
    "extracts",
    "outputs",
];

/// Tables that stay behind: the version of the schema stands in the header, a restore signs
/// everybody out, and old links and attempts mean nothing after it.
pub(crate) const LEFT_OUT: [&str; 4] = [
    "schema_versions",
    "sessions",
    "setup_tokens",
    "rate_counters",
];

/// What an archive says of itself, after it was read to the end and found whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveSummary {
    /// The schema version of the store it was made of.
    pub schema: u32,
    /// When it was made.
    pub at: Timestamp,
    /// Rows per table.
    pub rows: BTreeMap<String, u64>,
    /// The hash of its lines.
    pub sha256: String,
}

/// A failure of making, checking or loading an archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file cannot be read or written.
    #[error("file `{path}` cannot be read or written")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file is something else.
    #[error("file `{path}` is not a store archive")]
    NotAnArchive {
        /// The file.
        path: PathBuf,
    },
    /// The end is missing.
    #[error("archive `{path}` is cut off: its last line is missing")]
    CutOff {
        /// The file.
        path: PathBuf,
    },
    /// Lines were changed.
    #[error("archive `{path}` is damaged: its lines do not match the hash at its end")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// A line that no program of ours wrote.
    #[error("line {line} of archive `{path}` does not fit the store")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
    },
    /// Loading must not mix two stores.
    #[error("the store is not empty: table `{table}` has rows; restore into an empty one")]
    NotEmpty {
        /// A table with rows.
        table: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ArchiveError {
    /// What the edge chooses its status by.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::File { .. } => ErrorClass::Unavailable,
            Self::NotEmpty { .. } => ErrorClass::Conflict,
            Self::Store(error) => error.class(),
            _ => ErrorClass::Invalid,
        }
    }

    fn file(path: &Path, source: io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            source,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    schema: u32,
    at: String,
}

#[derive(Serialize, Deserialize)]
struct TableLine {
    table: String,
    columns: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct EndLine {
    rows: u64,
    sha256: String,
}

/// A column as the database describes it.
#[derive(Debug, Clone)]
struct Column {
    name: String,
    kind: ColumnKind,
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
