//! Checking an archive and loading it into an empty store.

use std::collections::BTreeMap;
use std::path::Path;

use base::{Timestamp, parse_instant};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::write::list_columns;
use super::{
    ArchiveError, ArchiveSummary, Column, EndLine, FORMAT, Header, LEFT_OUT, TABLES, TableLine, hex,
};
use crate::connection::Param;
use crate::dialect::{ColumnKind, insert_into, select_all};
use crate::{Reader, SCHEMA_VERSION, Store, StoreError, Tx};

/// The lines of an archive, with their numbers.
struct Lines<'a> {
    path: &'a Path,
    file: BufReader<File>,
    line: Vec<u8>,
    number: u64,
}

impl<'a> Lines<'a> {
    async fn open(path: &'a Path) -> Result<Self, ArchiveError> {
        let file = File::open(path)
            .await
            .map_err(|error| ArchiveError::file(path, error))?;
        Ok(Self {
            path,
            file: BufReader::new(file),
            line: Vec::new(),
            number: 0,
        })
    }

    /// Moves to the next line, if there is one; its bytes are then in `line`, with the line break.
    async fn advance(&mut self) -> Result<bool, ArchiveError> {
        self.line.clear();
        let length = self.file.read_until(b'\n', &mut self.line).await;
        let length = length.map_err(|error| ArchiveError::file(self.path, error))?;
        self.number += 1;
        Ok(length > 0)
    }

    async fn header(&mut self) -> Result<Header, ArchiveError> {
        self.advance().await?;
        let header = serde_json::from_slice::<Header>(&self.line).ok();
        let header = header.filter(|header| header.format == FORMAT);
        header.ok_or_else(|| ArchiveError::NotAnArchive {
            path: self.path.to_owned(),
        })
    }

    fn misfit(&self) -> ArchiveError {
        ArchiveError::Line {
            path: self.path.to_owned(),
            line: self.number,
        }
    }
}

/// Reads an archive to its end and checks that it is whole and unchanged.
pub async fn inspect(path: &Path) -> Result<ArchiveSummary, ArchiveError> {
    let mut lines = Lines::open(path).await?;
    let header = lines.header().await?;
    let at = parse_instant(&header.at).map_err(|_| lines.misfit())?;
    let mut rows = BTreeMap::new();
    let mut table = String::new();
    let mut hash = Sha256::new();
    hash.update(&lines.line);
    while lines.advance().await? {
        match parse_line(&lines.line).ok_or_else(|| lines.misfit())? {
            Line::Table(next) => {
                rows.insert(next.table.clone(), 0);
                table = next.table;
            }
            Line::Row(_) => *rows.get_mut(&table).ok_or_else(|| lines.misfit())? += 1,
            Line::End(end) => {
                let sha256 = hex(&hash.finalize());
                let damaged = sha256 != end.sha256 || rows.values().sum::<u64>() != end.rows;
                if damaged || lines.advance().await? {
                    return Err(ArchiveError::Damaged {
                        path: path.to_owned(),
                    });
                }
                return Ok(ArchiveSummary {
                    schema: header.schema,
                    at,
                    rows,
                    sha256,
                });
            }
        }
        hash.update(&lines.line);
    }
    Err(ArchiveError::CutOff {
        path: path.to_owned(),
    })
}

enum Line {
    Table(TableLine),
    Row(Vec<Value>),
    End(EndLine),
}

fn parse_line(line: &[u8]) -> Option<Line> {
    if line.starts_with(b"[") {
        return serde_json::from_slice(line).ok().map(Line::Row);
    }
    let table = serde_json::from_slice(line).ok().map(Line::Table);
    table.or_else(|| serde_json::from_slice(line).ok().map(Line::End))
}

impl Store {
    /// Loads an archive into this store, which must be empty, and brings it up to date. All of it or
    /// nothing: the archive is checked first and loaded in one transaction.
    pub async fn restore_from(
        &self,
        path: &Path,
        at: Timestamp,
    ) -> Result<ArchiveSummary, ArchiveError> {
        let summary = inspect(path).await?;
        if summary.schema > SCHEMA_VERSION {
            let (found, known) = (summary.schema, SCHEMA_VERSION);
            return Err(StoreError::NewerSchema { found, known }.into());
        }
        self.refuse_unless_empty().await?;
        if self.schema_version().await? != summary.schema {
            self.revert_to(0).await?;
            self.migrate_to(summary.schema, at).await?;
        }
        let tx = self.begin("archive.restore").await?;
        load(&tx, path).await?;
        tx.commit().await?;
        self.migrate(at).await?;
        Ok(summary)
    }

    async fn refuse_unless_empty(&self) -> Result<(), ArchiveError> {
        if self.schema_version().await? == 0 {
            return Ok(());
        }
        let reader = self.reader("archive.is_empty").await?;
        for table in list_tables(&reader).await? {
            let ours = TABLES.contains(&table.as_str()) || LEFT_OUT.contains(&table.as_str());
            if ours && table != "schema_versions" && has_rows(&reader, &table).await? {
                return Err(ArchiveError::NotEmpty { table });
            }
        }
        Ok(())
    }

    /// Tables of the database that no archive knows of. There are none, unless a migration forgot.
    pub async fn unarchived_tables(&self) -> Result<Vec<String>, StoreError> {
        let reader = self.reader("archive.tables").await?;
        let mut tables = list_tables(&reader).await?;
        tables.retain(|table| {
            !TABLES.contains(&table.as_str()) && !LEFT_OUT.contains(&table.as_str())
        });
        Ok(tables)
    }
}

async fn list_tables(reader: &Reader) -> Result<Vec<String>, StoreError> {
    let rows = reader
        .fetch(reader.dialect().list_tables(), Vec::new())
        .await?;
    rows.iter().map(|row| row.text("name")).collect()
}

async fn has_rows(reader: &Reader, table: &str) -> Result<bool, StoreError> {
    use futures::TryStreamExt as _;
    let names = list_columns(reader, table)
        .await?
        .into_iter()
        .map(|column| column.name);
    let sql = select_all(table, &names.collect::<Vec<_>>());
    let mut connection = reader.connection().lock().await;
    let connection = connection.as_mut().ok_or(StoreError::Ended)?;
    let mut rows = connection.stream("archive.has_rows", sql);
    Ok(rows.try_next().await?.is_some())
}

async fn load(tx: &Tx, path: &Path) -> Result<(), ArchiveError> {
    let mut lines = Lines::open(path).await?;
    lines.header().await?;
    let mut table = None;
    while lines.advance().await? {
        match parse_line(&lines.line).ok_or_else(|| lines.misfit())? {
            Line::Table(next) => {
                let columns = known_columns(tx, &next).await?;
                table = Some((next, columns.ok_or_else(|| lines.misfit())?));
            }
            Line::Row(values) => {
                let (table, columns) = table.as_ref().ok_or_else(|| lines.misfit())?;
                let values = to_params(values, columns).ok_or_else(|| lines.misfit())?;
                let sql = insert_into(&table.table, &table.columns);
                tx.script("archive.insert_into", sql, Some(values)).await?;
            }
            Line::End(_) => break,
        }
    }
    Ok(())
}

/// The columns of an archived table, in the archive's order; nothing if the store knows the table
/// or one of the columns not: names of an archive never reach the database unchecked.
async fn known_columns(tx: &Tx, table: &TableLine) -> Result<Option<Vec<Column>>, StoreError> {
    if !TABLES.contains(&table.table.as_str()) {
        return Ok(None);
    }
    let known = list_columns(tx, &table.table).await?;
    let find = |name: &String| known.iter().find(|column| column.name == *name).cloned();
    Ok(table.columns.iter().map(find).collect())
}

fn to_params(values: Vec<Value>, columns: &[Column]) -> Option<Vec<Param>> {
    if values.len() != columns.len() {
        return None;
    }
    values
        .into_iter()
        .zip(columns)
        .map(|(value, column)| to_param(value, column.kind))
        .collect()
}

fn to_param(value: Value, kind: ColumnKind) -> Option<Param> {
    match (kind, value) {
        (ColumnKind::Text, Value::Null) => Some(Param::Text(None)),
        (ColumnKind::Number, Value::Null) => Some(Param::Number(None)),
        (ColumnKind::Bytes, Value::Null) => Some(Param::Bytes(None)),
        (ColumnKind::Text, Value::String(text)) => Some(Param::Text(Some(text))),
        (ColumnKind::Number, Value::Number(number)) => {
            number.as_i64().map(|number| Param::Number(Some(number)))
        }
        (ColumnKind::Bytes, Value::Object(object)) => {
            let bytes = STANDARD.decode(object.get("base64")?.as_str()?).ok()?;
            Some(Param::Bytes(Some(bytes)))
        }
        _ => None,
    }
}
