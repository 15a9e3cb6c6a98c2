//! What can go wrong with the store.

use base::ErrorClass;

use crate::dialect::Trouble;

/// A failure of the store. It names statements and entities, never a value of a row.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The stream moved on since it was read.
    #[error("stream `{stream}` is no longer at version {expected}: somebody else changed it")]
    VersionConflict {
        /// The stream.
        stream: String,
        /// The version the caller had read.
        expected: u64,
    },
    /// The row moved on since it was read.
    #[error("the {what} was changed by somebody else since it was read")]
    Stale {
        /// The kind of row.
        what: &'static str,
    },
    /// The row is there already.
    #[error("the {what} exists already")]
    Duplicate {
        /// The kind of row.
        what: &'static str,
    },
    /// The row is not there.
    #[error("the {what} does not exist")]
    Missing {
        /// The kind of row.
        what: &'static str,
    },
    /// Another worker holds the lease, or it has ended.
    #[error("the lease of the {what} has passed to another worker")]
    LeaseLost {
        /// What was leased.
        what: &'static str,
    },
    /// A cursor that no list gave out.
    #[error("the cursor is not one that this list gave out")]
    Cursor,
    /// A checkpoint may only grow.
    #[error("a checkpoint of size {size} is not signed: the last one has size {last}")]
    CheckpointBehind {
        /// The size offered.
        size: u64,
        /// The size of the last checkpoint.
        last: u64,
    },
    /// Two trees of one size.
    #[error("a checkpoint of size {size} exists with another root")]
    CheckpointForked {
        /// The size of both.
        size: u64,
    },
    /// A tile is written once.
    #[error("tile `{path}` exists with other content")]
    TileChanged {
        /// The tile's path.
        path: String,
    },
    /// Leaves are numbered without gaps.
    #[error("the next leaf is number {expected}, not {given}")]
    LeafGap {
        /// The number due.
        expected: u64,
        /// The number offered.
        given: u64,
    },
    /// A permit's status only moves forward.
    #[error("a permit status with sequence number {given} is not above the last one, {last}")]
    StatusBehind {
        /// The number offered.
        given: u64,
        /// The last number.
        last: u64,
    },
    /// The database was written by a newer program.
    #[error(
        "the database has schema version {found}, this program knows versions up to {known}: \
         start the program that wrote it, or a newer one"
    )]
    NewerSchema {
        /// The database's version.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// The database has not been brought up to date.
    #[error("the database has schema version {found} and must be brought to {known} first")]
    OlderSchema {
        /// The database's version.
        found: u32,
        /// The version this program needs.
        known: u32,
    },
    /// An address of no known form.
    #[error("a store is `sqlite:PATH` or `postgres://USER@HOST/DATABASE`")]
    Uri,
    /// The file is something else, or damaged.
    #[error("the file is not a database of this program, or it is damaged")]
    NotADatabase,
    /// Others were in the way, again and again.
    #[error("transaction `{transaction}` was displaced by others too often; try again")]
    Busy {
        /// The transaction's name.
        transaction: &'static str,
    },
    /// No room.
    #[error("the disk of the database is full: nothing was saved; free some space and try again")]
    Full,
    /// The database does not answer.
    #[error("the database cannot be reached")]
    Unavailable(#[source] sqlx::Error),
    /// A statement was refused for a reason that is ours to mend.
    #[error("statement `{statement}` failed")]
    Statement {
        /// The statement's name.
        statement: &'static str,
        /// The database's reason.
        source: sqlx::Error,
    },
    /// A statement lost against another transaction; the whole transaction is worth trying again.
    #[error("statement `{statement}` lost against another transaction")]
    Displaced {
        /// The statement's name.
        statement: &'static str,
    },
    /// A stored value is not what was written.
    #[error("column `{column}` read by `{statement}` does not hold what it should")]
    Corrupt {
        /// The statement's name.
        statement: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A statement of the transaction failed before.
    #[error("transaction `{transaction}` goes no further: one of its statements failed")]
    Failed {
        /// The transaction's name.
        transaction: &'static str,
    },
    /// The transaction was committed or given up before.
    #[error("the transaction has ended")]
    Ended,
}

impl StoreError {
    /// What the edge chooses its status by.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::VersionConflict { .. } | Self::Stale { .. } | Self::Duplicate { .. } => {
                ErrorClass::Conflict
            }
            Self::Missing { .. } => ErrorClass::NotFound,
            Self::Cursor | Self::Uri => ErrorClass::Invalid,
            Self::Busy { .. } | Self::Displaced { .. } | Self::Full | Self::Unavailable(_) => {
                ErrorClass::Unavailable
            }
            _ => ErrorClass::Internal,
        }
    }

    /// The stable code of messages and API answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::VersionConflict { .. } | Self::Stale { .. } => "store.changed_meanwhile",
            Self::Duplicate { .. } => "store.exists",
            Self::Missing { .. } => "store.not_found",
            Self::LeaseLost { .. } => "store.lease_lost",
            Self::Cursor => "store.cursor",
            Self::CheckpointBehind { .. } | Self::CheckpointForked { .. } => "store.checkpoint",
            Self::TileChanged { .. } | Self::LeafGap { .. } => "store.log",
            Self::StatusBehind { .. } => "store.permit_status",
            Self::NewerSchema { .. } => "store.schema_newer",
            Self::OlderSchema { .. } => "store.schema_older",
            Self::Uri => "store.uri",
            Self::NotADatabase => "store.not_a_database",
            Self::Busy { .. } | Self::Displaced { .. } => "store.busy",
            Self::Full => "store.disk_full",
            Self::Unavailable(_) => "store.unavailable",
            Self::Statement { .. } | Self::Corrupt { .. } | Self::Failed { .. } | Self::Ended => {
                "store.fault"
            }
        }
    }

    pub(crate) fn of(trouble: Trouble, statement: &'static str, source: sqlx::Error) -> Self {
        match trouble {
            Trouble::Transient => Self::Displaced { statement },
            Trouble::Full => Self::Full,
            Trouble::NotADatabase => Self::NotADatabase,
            Trouble::Unavailable => Self::Unavailable(source),
            Trouble::Duplicate | Trouble::Fault => Self::Statement { statement, source },
        }
    }
}
