//! Transactions: what reads and what writes, over one connection that is given back at the end.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};

use base::Entropy;
use tokio::sync::Mutex;

use crate::connection::{Connection, Param, Row, statement_name};
use crate::dialect::{Dialect, Trouble};
use crate::{AuditEntry, StoreError};

/// A reading transaction: one consistent state of the database. Cheap to clone.
#[derive(Clone)]
pub struct Reader {
    shared: Arc<Shared>,
}

/// A writing transaction. It reads, too: all methods of [`Reader`] see what it wrote. Cheap to
/// clone; all clones are one transaction.
#[derive(Clone)]
pub struct Tx(Reader);

/// What a transaction may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Reads,
    Writes,
}

struct Shared {
    name: &'static str,
    dialect: Dialect,
    access: Access,
    /// Empty once the transaction has ended.
    connection: Mutex<Option<Connection>>,
    displaced: AtomicBool,
    /// A statement failed. PostgreSQL then drops the whole transaction and answers a commit as if
    /// nothing had happened; so that no caller is told of success, nothing goes on after it.
    failed: AtomicBool,
    /// Entries written in this transaction: passed on to several methods, one is written once.
    audited: std::sync::Mutex<Vec<AuditEntry>>,
    entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reader({})", self.shared.name)
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tx({})", self.shared.name)
    }
}

impl Deref for Tx {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.0
    }
}

impl Tx {
    pub(crate) const fn new(reader: Reader) -> Self {
        Self(reader)
    }

    /// Whether a statement lost against another transaction, so that all is worth trying again.
    pub(crate) fn is_displaced(&self) -> bool {
        self.shared.displaced.load(Ordering::SeqCst)
    }

    /// Makes everything written durable. Without it, nothing is.
    pub async fn commit(self) -> Result<(), StoreError> {
        let connection = self.shared.connection.lock().await.take();
        self.refuse_after_failure()?;
        connection.ok_or(StoreError::Ended)?.commit().await
    }

    /// Whether this entry still has to be written; it counts as written from now on.
    pub(crate) fn is_first_audit(&self, entry: &AuditEntry) -> bool {
        let mut audited = self
            .shared
            .audited
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let first = !audited.contains(entry);
        if first {
            audited.push(entry.clone());
        }
        first
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        self.shared.entropy.as_ref()
    }

    /// Runs a statement; the number of rows it touched.
    pub(crate) async fn execute(
        &self,
        sql: &'static str,
        params: Vec<Param>,
    ) -> Result<u64, StoreError> {
        self.try_execute(sql, params)
            .await
            .map_err(|(_, error)| error)
    }

    /// Runs a statement whose unique index may refuse the row. The transaction is lost then.
    pub(crate) async fn insert(
        &self,
        what: &'static str,
        sql: &'static str,
        params: Vec<Param>,
    ) -> Result<(), StoreError> {
        match self.try_execute(sql, params).await {
            Ok(_) => Ok(()),
            Err((Trouble::Duplicate, _)) => Err(StoreError::Duplicate { what }),
            Err((_, error)) => Err(error),
        }
    }

    pub(crate) async fn try_execute(
        &self,
        sql: &'static str,
        params: Vec<Param>,
    ) -> Result<u64, (Trouble, StoreError)> {
        let mut connection = self.shared.connection.lock().await;
        let connection = connection
            .as_mut()
            .ok_or((Trouble::Fault, StoreError::Ended))?;
        let touched = connection.execute(sql, params).await;
        touched.map_err(|(trouble, error)| (trouble, self.note(trouble, error)))
    }

    /// Runs a script, or a statement whose text a dialect built.
    pub(crate) async fn script(
        &self,
        name: &'static str,
        sql: impl sqlx::SqlSafeStr,
        params: Option<Vec<Param>>,
    ) -> Result<(), StoreError> {
        let mut connection = self.shared.connection.lock().await;
        self.refuse_after_failure()?;
        let connection = connection.as_mut().ok_or(StoreError::Ended)?;
        let done = connection.script(name, sql, params).await;
        done.map_err(|(trouble, error)| self.note(trouble, error))
    }
}

impl Reader {
    pub(crate) fn new(
        name: &'static str,
        connection: Connection,
        access: Access,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let shared = Shared {
            name,
            dialect: connection.dialect(),
            access,
            connection: Mutex::new(Some(connection)),
            displaced: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            audited: std::sync::Mutex::new(Vec::new()),
            entropy,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Runs a statement; all its rows.
    pub(crate) async fn fetch(
        &self,
        sql: &'static str,
        params: Vec<Param>,
    ) -> Result<Vec<Row>, StoreError> {
        let mut connection = self.shared.connection.lock().await;
        self.refuse_after_failure()?;
        let connection = connection.as_mut().ok_or(StoreError::Ended)?;
        let rows = connection.fetch(sql, params).await;
        rows.map_err(|(trouble, error)| self.note(trouble, error))
    }

    /// Runs a statement that answers at most one row.
    pub(crate) async fn fetch_optional(
        &self,
        sql: &'static str,
        params: Vec<Param>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch(sql, params).await?.into_iter().next())
    }

    /// Runs a statement that always answers a row.
    pub(crate) async fn fetch_one(
        &self,
        sql: &'static str,
        params: Vec<Param>,
    ) -> Result<Row, StoreError> {
        let row = self.fetch_optional(sql, params).await?;
        row.ok_or(StoreError::Corrupt {
            statement: statement_name(sql),
            column: "row",
        })
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.shared.dialect
    }

    pub(crate) fn writes(&self) -> bool {
        self.shared.access == Access::Writes
    }

    /// The connection itself, for the archive that streams whole tables through it.
    pub(crate) fn connection(&self) -> &Mutex<Option<Connection>> {
        &self.shared.connection
    }

    /// Ends the transaction now, also when clones are left.
    pub(crate) async fn give_up(&self) {
        let connection = self.shared.connection.lock().await.take();
        drop(connection);
    }

    fn refuse_after_failure(&self) -> Result<(), StoreError> {
        if self.shared.failed.load(Ordering::SeqCst) {
            return Err(StoreError::Failed {
                transaction: self.shared.name,
            });
        }
        Ok(())
    }

    fn note(&self, trouble: Trouble, error: StoreError) -> StoreError {
        self.shared.failed.store(true, Ordering::SeqCst);
        if trouble == Trouble::Transient {
            self.shared.displaced.store(true, Ordering::SeqCst);
        }
        error
    }
}
