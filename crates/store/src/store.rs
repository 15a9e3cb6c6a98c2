//! Opening the database and running named transactions on it.

use std::fmt;
use std::future::Future;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use base::{Entropy, SystemEntropy};
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::transaction::Access;
use crate::{Reader, StoreError, StoreUri, Tx};

/// How often a transaction is tried before its caller hears [`StoreError::Busy`].
const TRIES_MAX: u32 = 8;
/// The pause before the second try; it doubles from try to try.
const RETRY_PAUSE: Duration = Duration::from_millis(5);
/// How long a caller waits for a connection.
const WAIT_MAX: Duration = Duration::from_secs(20);
/// How long one try waits for another program's lock on the file.
const LOCK_WAIT_MAX: Duration = Duration::from_secs(5);
const SQLITE_READERS: u32 = 8;
const POSTGRES_CONNECTIONS: u32 = 20;

/// The store: events, read models, work, accounts and log tiles in one database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pools: Pools,
    entropy: Arc<dyn Entropy>,
}

#[derive(Clone)]
enum Pools {
    /// The writing pool has exactly one connection: it is the queue of writers.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({:?})", self.dialect())
    }
}

impl Store {
    /// Opens the database, and makes the file if there is none. Refuses a database whose schema is
    /// newer than this program; brings nothing up to date, see [`Store::migrate`].
    pub async fn connect(uri: &StoreUri) -> Result<Self, StoreError> {
        Self::connect_with(uri, Arc::new(SystemEntropy)).await
    }

    /// As [`Store::connect`], with a chosen source of random bytes for identifiers.
    pub async fn connect_with(
        uri: &StoreUri,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StoreError> {
        let pools = match uri {
            StoreUri::Sqlite(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true);
                open_sqlite(options).await
            }
            StoreUri::Postgres(address) => open_postgres(address.expose()).await,
        };
        let store = Self {
            pools: pools?,
            entropy,
        };
        store.refuse_newer_schema().await?;
        Ok(store)
    }

    /// Runs `work` in a writing transaction and commits it. When another transaction was in the way,
    /// all of it is run again: `work` must have no effect but on the store. The name appears in
    /// errors and logs. A transaction started inside `work` would wait for this one for ever.
    ///
    /// ```no_run
    /// # use store::{AuditEntry, NewEvent, Store, StoreError, Tx};
    /// # async fn submit(store: &Store, new: &[NewEvent], audit: &AuditEntry) -> Result<(), StoreError> {
    /// store
    ///     .run_tx("case.submit", async |tx: Tx| {
    ///         let events = tx.load_stream("case:1").await?;
    ///         tx.append("case:1", events.len() as u64, new, audit).await.map(drop)
    ///     })
    ///     .await
    /// # }
    /// ```
    pub async fn run_tx<T, E, Work, Done>(&self, name: &'static str, mut work: Work) -> Result<T, E>
    where
        E: From<StoreError>,
        Work: FnMut(Tx) -> Done,
        Done: Future<Output = Result<T, E>> + Send,
    {
        let mut pause = RETRY_PAUSE;
        for _ in 0..TRIES_MAX {
            match self.try_tx(name, &mut work).await {
                Ok(outcome) => return outcome,
                Err(Displaced) => {
                    tracing::debug!(store.transaction = name, "transaction displaced, again");
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
            }
        }
        Err(StoreError::Busy { transaction: name }.into())
    }

    async fn try_tx<T, E, Work, Done>(
        &self,
        name: &'static str,
        work: &mut Work,
    ) -> Result<Result<T, E>, Displaced>
    where
        E: From<StoreError>,
        Work: FnMut(Tx) -> Done,
        Done: Future<Output = Result<T, E>> + Send,
    {
        let tx = match self.begin(name).await {
            Ok(tx) => tx,
            Err(StoreError::Displaced { .. }) => return Err(Displaced),
            Err(error) => return Ok(Err(error.into())),
        };
        let outcome = work(tx.clone()).await;
        if tx.is_displaced() {
            return Err(Displaced);
        }
        let value = match outcome {
            Ok(value) => value,
            Err(error) => {
                tx.give_up().await;
                return Ok(Err(error));
            }
        };
        match tx.commit().await {
            Ok(()) => Ok(Ok(value)),
            Err(StoreError::Displaced { .. }) => Err(Displaced),
            Err(error) => Ok(Err(error.into())),
        }
    }

    /// Runs `work` on one consistent state of the database.
    pub async fn read<T, E, Work, Done>(&self, name: &'static str, work: Work) -> Result<T, E>
    where
        E: From<StoreError>,
        Work: FnOnce(Reader) -> Done,
        Done: Future<Output = Result<T, E>> + Send,
    {
        let reader = self.reader(name).await?;
        let outcome = work(reader.clone()).await;
        reader.give_up().await;
        outcome
    }

    /// A reading transaction that ends when its last clone is dropped.
    pub async fn reader(&self, name: &'static str) -> Result<Reader, StoreError> {
        let dialect = self.dialect();
        let begun = match &self.pools {
            Pools::Sqlite { readers, .. } => readers
                .begin_with(dialect.begin_read())
                .await
                .map(Connection::Sqlite),
            Pools::Postgres(pool) => pool
                .begin_with(dialect.begin_read())
                .await
                .map(Connection::Postgres),
        };
        let connection = begun.map_err(|error| failure(dialect, "store.begin_read", error))?;
        Ok(self.opened(name, connection, Access::Reads))
    }

    /// A writing transaction to be committed by hand; [`Store::run_tx`] is the usual way. Dropped
    /// without [`Tx::commit`], it leaves nothing behind.
    pub async fn begin(&self, name: &'static str) -> Result<Tx, StoreError> {
        let dialect = self.dialect();
        let begun = match &self.pools {
            Pools::Sqlite { writer, .. } => writer
                .begin_with(dialect.begin_write())
                .await
                .map(Connection::Sqlite),
            Pools::Postgres(pool) => pool
                .begin_with(dialect.begin_write())
                .await
                .map(Connection::Postgres),
        };
        let connection = begun.map_err(|error| failure(dialect, "store.begin_write", error))?;
        Ok(Tx::new(self.opened(name, connection, Access::Writes)))
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        const PING: &str = "-- store.ping\nSELECT 1 AS answer";
        let reader = self.reader("store.ping").await?;
        reader.fetch(PING, Vec::new()).await.map(drop)
    }

    /// Closes all connections, after the transactions that are under way.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }

    pub(crate) const fn dialect(&self) -> Dialect {
        match &self.pools {
            Pools::Sqlite { .. } => Dialect::Sqlite,
            Pools::Postgres(_) => Dialect::Postgres,
        }
    }

    fn opened(&self, name: &'static str, connection: Connection, access: Access) -> Reader {
        Reader::new(name, connection, access, Arc::clone(&self.entropy))
    }
}

/// The transaction lost against another one.
struct Displaced;

fn failure(dialect: Dialect, statement: &'static str, error: sqlx::Error) -> StoreError {
    StoreError::of(dialect.trouble(&error), statement, error)
}

async fn open_sqlite(options: SqliteConnectOptions) -> Result<Pools, StoreError> {
    let options = options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(LOCK_WAIT_MAX)
        // What is erased shall be gone from the file, too.
        .pragma("secure_delete", "ON");
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(WAIT_MAX)
            .idle_timeout(None)
            .max_lifetime(None)
            // A full disk makes SQLite roll back by itself, and the driver then takes the connection
            // for one still in a transaction, for ever. A new connection starts clean.
            .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
    };
    let failed = |error| failure(Dialect::Sqlite, "store.connect", error);
    let writer = pool(1)
        .connect_with(options.clone())
        .await
        .map_err(failed)?;
    let reading = options.pragma("query_only", "ON");
    let readers = pool(SQLITE_READERS).connect_lazy_with(reading);
    Ok(Pools::Sqlite { writer, readers })
}

async fn open_postgres(address: &str) -> Result<Pools, StoreError> {
    let options = PgConnectOptions::from_str(address).map_err(|_| StoreError::Uri)?;
    // The pool would try a server that refuses again and again; whoever starts a program wants to
    // know at once.
    let failed = |error| failure(Dialect::Postgres, "store.connect", error);
    let probe = PgConnection::connect_with(&options).await.map_err(failed)?;
    probe.close().await.map_err(failed)?;
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(WAIT_MAX)
        .connect_lazy_with(options);
    Ok(Pools::Postgres(pool))
}

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;
    use tempfile::TempDir;

    use super::*;

    async fn store_in(folder: &TempDir) -> Store {
        let uri = StoreUri::file(folder.path().join("store.db"));
        let store = Store::connect(&uri).await.unwrap();
        store.migrate(base::Timestamp::UNIX_EPOCH).await.unwrap();
        store
    }

    async fn put_tile(store: &Store, path: &str) -> Result<(), StoreError> {
        let content = vec![7; 64 * 1024];
        store
            .run_tx("test.tile", async |tx: Tx| {
                tx.save_tile(path, &content).await
            })
            .await
    }

    #[tokio::test]
    async fn a_full_disk_refuses_the_change_and_keeps_the_rest() {
        let folder = TempDir::new().unwrap();
        let store = store_in(&folder).await;
        put_tile(&store, "before").await.unwrap();
        let limit = |pages: u32| AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        let tx = store.begin("test.limit").await.unwrap();
        // The limit cannot fall under what is in use: the disk is full from here on.
        tx.script("test.limit", limit(1), None).await.unwrap();
        tx.commit().await.unwrap();
        let refused = put_tile(&store, "during").await.unwrap_err();
        assert!(matches!(refused, StoreError::Full), "{refused:?}");
        put_tile(&store, "after").await.unwrap();
        let reader = store.reader("test.read").await.unwrap();
        assert_eq!(reader.list_tiles("").await.unwrap(), ["after", "before"]);
    }

    #[tokio::test]
    async fn a_file_of_another_kind_is_refused_and_left_alone() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("store.db");
        let letter = "Kære Sundhedsdatastyrelse ".repeat(200).into_bytes();
        std::fs::write(&path, &letter).unwrap();
        let refused = Store::connect(&StoreUri::file(&path)).await.unwrap_err();
        assert!(matches!(refused, StoreError::NotADatabase), "{refused:?}");
        assert_eq!(std::fs::read(&path).unwrap(), letter);
    }

    #[tokio::test]
    async fn a_server_that_does_not_answer_is_named_as_such() {
        let uri = StoreUri::parse("postgres://sund:sesam@127.0.0.1:1/sund").unwrap();
        let refused = Store::connect(&uri).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
        assert!(!format!("{refused:?}").contains("sesam"));
    }
}
