//! What differs between the two databases. Everything else in this crate is one text for both.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use sqlx::AssertSqlSafe;

use crate::StoreError;

/// The database spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// What a database's own error code means to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Another transaction was in the way; the same work may succeed when tried again.
    Transient,
    /// A unique index refused the row.
    Duplicate,
    /// No room is left for the database.
    Full,
    /// The file is something else.
    NotADatabase,
    /// The database cannot be reached or does not answer.
    Unavailable,
    /// A fault of ours.
    Fault,
}

/// The three kinds of columns that migrations may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    Text,
    Number,
    Bytes,
}

impl Dialect {
    /// A migration's text with the type names of this database.
    pub(crate) fn migration(self, script: &str) -> AssertSqlSafe<String> {
        let (text, bytes) = match self {
            Self::Sqlite => (sqlite::TEXT, sqlite::BYTES),
            Self::Postgres => (postgres::TEXT, postgres::BYTES),
        };
        AssertSqlSafe(script.replace("{{text}}", text).replace("{{bytes}}", bytes))
    }

    pub(crate) const fn begin_write(self) -> &'static str {
        match self {
            Self::Sqlite => sqlite::BEGIN_WRITE,
            Self::Postgres => postgres::BEGIN_WRITE,
        }
    }

    pub(crate) const fn begin_read(self) -> &'static str {
        match self {
            Self::Sqlite => sqlite::BEGIN_READ,
            Self::Postgres => postgres::BEGIN_READ,
        }
    }

    /// The statement that makes writers of one stream wait for each other; SQLite has one writer.
    pub(crate) const fn lock_stream(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some(postgres::LOCK_STREAM),
        }
    }

    /// The statement that makes two programs migrate one after the other.
    pub(crate) const fn lock_schema(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some(postgres::LOCK_SCHEMA),
        }
    }

    pub(crate) const fn claim_job(self) -> &'static str {
        match self {
            Self::Sqlite => sqlite::CLAIM_JOB,
            Self::Postgres => postgres::CLAIM_JOB,
        }
    }

    pub(crate) const fn claim_messages(self) -> &'static str {
        match self {
            Self::Sqlite => sqlite::CLAIM_MESSAGES,
            Self::Postgres => postgres::CLAIM_MESSAGES,
        }
    }

    /// Names of all tables, in column `name`.
    pub(crate) const fn list_tables(self) -> &'static str {
        match self {
            Self::Sqlite => sqlite::LIST_TABLES,
            Self::Postgres => postgres::LIST_TABLES,
        }
    }

    /// Columns `name` and `kind` of table `$1`, in order.
    pub(crate) const fn list_columns(self) -> &'static str {
        match self {
            Self::Sqlite => sqlite::LIST_COLUMNS,
            Self::Postgres => postgres::LIST_COLUMNS,
        }
    }

    pub(crate) fn column_kind(self, name: &str) -> Result<ColumnKind, StoreError> {
        match name {
            "TEXT" | "text" => Ok(ColumnKind::Text),
            "BIGINT" | "bigint" => Ok(ColumnKind::Number),
            "BLOB" | "bytea" => Ok(ColumnKind::Bytes),
            _ => Err(StoreError::Corrupt {
                statement: "archive.list_columns",
                column: "kind",
            }),
        }
    }

    pub(crate) fn trouble(self, error: &sqlx::Error) -> Trouble {
        match error {
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                match self {
                    Self::Sqlite => sqlite::trouble(&code),
                    Self::Postgres => postgres::trouble(&code),
                }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Trouble::Unavailable,
            _ => Trouble::Fault,
        }
    }
}

/// All rows of a table. `table` and `columns` come from the database's own list of tables.
pub(crate) fn select_all(table: &str, columns: &[String]) -> AssertSqlSafe<String> {
    let columns = quoted(columns);
    AssertSqlSafe(format!(
        "-- archive.select_all\nSELECT {columns} FROM \"{table}\""
    ))
}

/// A row into a table. `table` and `columns` come from the database's own list of tables.
pub(crate) fn insert_into(table: &str, columns: &[String]) -> AssertSqlSafe<String> {
    let places: Vec<String> = (1..=columns.len()).map(|n| format!("${n}")).collect();
    let (columns, places) = (quoted(columns), places.join(", "));
    AssertSqlSafe(format!(
        "-- archive.insert_into\nINSERT INTO \"{table}\" ({columns}) VALUES ({places})"
    ))
}

fn quoted(columns: &[String]) -> String {
    let columns: Vec<String> = columns
        .iter()
        .map(|column| format!("\"{column}\""))
        .collect();
    columns.join(", ")
}
