//! One connection in a transaction, parameters and rows: the same for both databases.

use base::{OrganisationId, Timestamp, format_instant, parse_instant};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use serde_json::Value;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{AssertSqlSafe, ColumnIndex, Decode, Row as _, SqlSafeStr, Transaction, Type};

use crate::StoreError;
use crate::dialect::{ColumnKind, Dialect, Trouble};

/// A transaction on one of the databases. Dropped without a commit, it leaves nothing behind.
#[derive(Debug)]
pub(crate) enum Connection {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// A value of a statement's `$n`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Param {
    Text(Option<String>),
    Number(Option<i64>),
    Bytes(Option<Vec<u8>>),
}

macro_rules! bind {
    ($sql:expr, $params:expr) => {{
        let mut query = sqlx::query($sql);
        for param in $params {
            query = match param {
                Param::Text(value) => query.bind(value),
                Param::Number(value) => query.bind(value),
                Param::Bytes(value) => query.bind(value),
            };
        }
        query
    }};
}

/// The name of a statement: its first line, after the dashes.
pub(crate) fn statement_name(sql: &'static str) -> &'static str {
    let line = sql.lines().next().unwrap_or_default();
    line.strip_prefix("-- ").unwrap_or(line)
}

impl Connection {
    pub(crate) const fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a statement; the number of rows it touched.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static str,
        params: Vec<Param>,
    ) -> Result<u64, (Trouble, StoreError)> {
        let touched = match self {
            Self::Sqlite(tx) => bind!(sql, params)
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()),
            Self::Postgres(tx) => bind!(sql, params)
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()),
        };
        touched.map_err(|error| self.failure(statement_name(sql), error))
    }

    /// Runs a statement; all its rows.
    pub(crate) async fn fetch(
        &mut self,
        sql: &'static str,
        params: Vec<Param>,
    ) -> Result<Vec<Row>, (Trouble, StoreError)> {
        let statement = statement_name(sql);
        let cells = match self {
            Self::Sqlite(tx) => bind!(sql, params)
                .fetch_all(&mut **tx)
                .await
                .map(|rows| rows.into_iter().map(Cells::Sqlite).collect::<Vec<_>>()),
            Self::Postgres(tx) => bind!(sql, params)
                .fetch_all(&mut **tx)
                .await
                .map(|rows| rows.into_iter().map(Cells::Postgres).collect()),
        };
        match cells {
            Ok(cells) => Ok(cells
                .into_iter()
                .map(|cells| Row { cells, statement })
                .collect()),
            Err(error) => Err(self.failure(statement, error)),
        }
    }

    /// Runs a script of several statements, or a statement whose text is built by a dialect.
    pub(crate) async fn script(
        &mut self,
        name: &'static str,
        sql: impl SqlSafeStr,
        params: Option<Vec<Param>>,
    ) -> Result<(), (Trouble, StoreError)> {
        let done = match (&mut *self, params) {
            (Self::Sqlite(tx), None) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(drop),
            (Self::Postgres(tx), None) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(drop),
            (Self::Sqlite(tx), Some(params)) => {
                bind!(sql, params).execute(&mut **tx).await.map(drop)
            }
            (Self::Postgres(tx), Some(params)) => {
                bind!(sql, params).execute(&mut **tx).await.map(drop)
            }
        };
        done.map_err(|error| self.failure(name, error))
    }

    /// Runs a statement whose text is built by a dialect; its rows one by one.
    pub(crate) fn stream(
        &mut self,
        statement: &'static str,
        sql: AssertSqlSafe<String>,
    ) -> BoxStream<'_, Result<Row, StoreError>> {
        let dialect = self.dialect();
        let row = move |cells: Result<Cells, sqlx::Error>| match cells {
            Ok(cells) => Ok(Row { cells, statement }),
            Err(error) => Err(StoreError::of(dialect.trouble(&error), statement, error)),
        };
        match self {
            Self::Sqlite(tx) => {
                let rows = sqlx::query(sql).fetch(&mut **tx);
                rows.map(move |cells| row(cells.map(Cells::Sqlite))).boxed()
            }
            Self::Postgres(tx) => {
                let rows = sqlx::query(sql).fetch(&mut **tx);
                rows.map(move |cells| row(cells.map(Cells::Postgres)))
                    .boxed()
            }
        }
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let dialect = self.dialect();
        let done = match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        };
        done.map_err(|error| StoreError::of(dialect.trouble(&error), "store.commit", error))
    }

    fn failure(&self, statement: &'static str, error: sqlx::Error) -> (Trouble, StoreError) {
        let trouble = self.dialect().trouble(&error);
        (trouble, StoreError::of(trouble, statement, error))
    }
}

/// A row of an answer.
#[derive(Debug)]
pub(crate) struct Row {
    cells: Cells,
    statement: &'static str,
}

#[derive(Debug)]
enum Cells {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    fn read<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite>,
        T: for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        self.read_at(column, column)
    }

    fn read_at<T, I>(&self, place: I, column: &'static str) -> Result<T, StoreError>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite>,
        T: for<'r> Decode<'r, Postgres> + Type<Postgres>,
        I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>,
    {
        let value = match &self.cells {
            Cells::Sqlite(row) => row.try_get(place),
            Cells::Postgres(row) => row.try_get(place),
        };
        value.map_err(|_| self.corrupt(column))
    }

    /// The value at a place, for the archive that does not know columns by name.
    pub(crate) fn value(&self, place: usize, kind: ColumnKind) -> Result<Param, StoreError> {
        const COLUMN: &str = "archived column";
        Ok(match kind {
            ColumnKind::Text => Param::Text(self.read_at(place, COLUMN)?),
            ColumnKind::Number => Param::Number(self.read_at(place, COLUMN)?),
            ColumnKind::Bytes => Param::Bytes(self.read_at(place, COLUMN)?),
        })
    }

    pub(crate) const fn corrupt(&self, column: &'static str) -> StoreError {
        StoreError::Corrupt {
            statement: self.statement,
            column,
        }
    }

    pub(crate) fn text(&self, column: &'static str) -> Result<String, StoreError> {
        self.read(column)
    }

    pub(crate) fn optional_text(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        self.read(column)
    }

    pub(crate) fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        self.read(column)
    }

    pub(crate) fn optional_bytes(
        &self,
        column: &'static str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(column)
    }

    /// A SHA-256 value.
    pub(crate) fn digest(&self, column: &'static str) -> Result<[u8; 32], StoreError> {
        self.bytes(column)?
            .try_into()
            .map_err(|_| self.corrupt(column))
    }

    pub(crate) fn optional_number(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
        self.read(column)
    }

    /// A whole number of any of our widths; what does not fit was not written by us.
    pub(crate) fn number<N: TryFrom<i64>>(&self, column: &'static str) -> Result<N, StoreError> {
        let value: i64 = self.read(column)?;
        N::try_from(value).map_err(|_| self.corrupt(column))
    }

    pub(crate) fn flag(&self, column: &'static str) -> Result<bool, StoreError> {
        Ok(self.number::<i64>(column)? != 0)
    }

    pub(crate) fn parsed<T: std::str::FromStr>(
        &self,
        column: &'static str,
    ) -> Result<T, StoreError> {
        self.text(column)?.parse().map_err(|_| self.corrupt(column))
    }

    pub(crate) fn optional_parsed<T: std::str::FromStr>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        let text = self.optional_text(column)?;
        text.map(|text| text.parse().map_err(|_| self.corrupt(column)))
            .transpose()
    }

    pub(crate) fn instant(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        parse_instant(&self.text(column)?).map_err(|_| self.corrupt(column))
    }

    pub(crate) fn optional_instant(
        &self,
        column: &'static str,
    ) -> Result<Option<Timestamp>, StoreError> {
        let text = self.optional_text(column)?;
        text.map(|text| parse_instant(&text).map_err(|_| self.corrupt(column)))
            .transpose()
    }

    pub(crate) fn json(&self, column: &'static str) -> Result<Value, StoreError> {
        serde_json::from_str(&self.text(column)?).map_err(|_| self.corrupt(column))
    }
}

impl From<&str> for Param {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<&String> for Param {
    fn from(value: &String) -> Self {
        Self::Text(Some(value.clone()))
    }
}

impl From<String> for Param {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<Option<&str>> for Param {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(str::to_owned))
    }
}

impl From<i64> for Param {
    fn from(value: i64) -> Self {
        Self::Number(Some(value))
    }
}

impl From<u64> for Param {
    /// Numbers of ours count things in one database; none comes near the limit of the column.
    fn from(value: u64) -> Self {
        Self::Number(Some(i64::try_from(value).unwrap_or(i64::MAX)))
    }
}

impl From<u32> for Param {
    fn from(value: u32) -> Self {
        Self::Number(Some(i64::from(value)))
    }
}

impl From<u16> for Param {
    fn from(value: u16) -> Self {
        Self::Number(Some(i64::from(value)))
    }
}

impl From<usize> for Param {
    fn from(value: usize) -> Self {
        Self::Number(Some(i64::try_from(value).unwrap_or(i64::MAX)))
    }
}

impl From<bool> for Param {
    fn from(value: bool) -> Self {
        Self::Number(Some(i64::from(value)))
    }
}

impl From<Timestamp> for Param {
    fn from(value: Timestamp) -> Self {
        Self::Text(Some(format_instant(value)))
    }
}

impl From<Option<Timestamp>> for Param {
    fn from(value: Option<Timestamp>) -> Self {
        Self::Text(value.map(format_instant))
    }
}

impl From<&[u8]> for Param {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(Some(value.to_owned()))
    }
}

impl From<&[u8; 32]> for Param {
    fn from(value: &[u8; 32]) -> Self {
        Self::Bytes(Some(value.to_vec()))
    }
}

impl From<Option<&[u8]>> for Param {
    fn from(value: Option<&[u8]>) -> Self {
        Self::Bytes(value.map(<[u8]>::to_owned))
    }
}

impl From<&Value> for Param {
    fn from(value: &Value) -> Self {
        Self::Text(Some(value.to_string()))
    }
}

impl From<&OrganisationId> for Param {
    fn from(value: &OrganisationId) -> Self {
        Self::from(value.as_str())
    }
}

impl From<base::Role> for Param {
    fn from(value: base::Role) -> Self {
        Self::from(value.name())
    }
}

macro_rules! id_params {
    ($($id:ident)*) => {$(
        impl From<base::$id> for Param {
            fn from(value: base::$id) -> Self {
                Self::Text(Some(value.to_string()))
            }
        }

        impl From<Option<base::$id>> for Param {
            fn from(value: Option<base::$id>) -> Self {
                Self::Text(value.map(|id| id.to_string()))
            }
        }
    )*};
}

id_params! {
    AccountId AttachmentId CaseId CaseTextId DeliveryId DraftId EventId ExtractId JobId OutputId
    PermitId SavedSearchId SessionId VersionId
}

/// The values of a statement's `$1`, `$2`, … in order.
macro_rules! params {
    ($($value:expr),* $(,)?) => { vec![$($crate::connection::Param::from($value)),*] };
}
pub(crate) use params;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_named_by_its_first_line() {
        assert_eq!(
            statement_name("-- events.append\nINSERT INTO events"),
            "events.append"
        );
    }
}
