//! Making an archive of one consistent state.

use std::path::{Path, PathBuf};

use base::{Timestamp, format_instant};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::TryStreamExt as _;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::fs::{self, File};
use tokio::io::{AsyncWriteExt as _, BufWriter};

use super::{ArchiveError, Column, EndLine, FORMAT, Header, TABLES, TableLine, hex};
use crate::connection::{Param, params};
use crate::dialect::select_all;
use crate::{Reader, SCHEMA_VERSION, Store, StoreError};

/// Lines on their way to a file, and the hash of them all.
struct Writer<'a> {
    path: &'a Path,
    file: BufWriter<File>,
    hash: Sha256,
}

impl Writer<'_> {
    async fn line(&mut self, value: &impl Serialize) -> Result<(), ArchiveError> {
        let mut line = serde_json::to_vec(value)
            .map_err(|error| ArchiveError::file(self.path, error.into()))?;
        line.push(b'\n');
        self.hash.update(&line);
        let written = self.file.write_all(&line).await;
        written.map_err(|error| ArchiveError::file(self.path, error))
    }
}

impl Store {
    /// Writes the whole store, as it is at this moment, to a new file; the number of rows. Others go
    /// on working meanwhile. The file appears under its name only when it is complete and on disk.
    pub async fn snapshot_to(&self, path: &Path, at: Timestamp) -> Result<u64, ArchiveError> {
        self.check_schema().await?;
        let partial = partial_name(path);
        let written = self.write_archive(&partial, at).await;
        let rows = match written {
            Ok(rows) => rename(&partial, path).await.map(|()| rows),
            Err(error) => Err(error),
        };
        if rows.is_err() {
            // The first failure is the one to tell.
            let _ = fs::remove_file(&partial).await;
        }
        rows
    }

    async fn write_archive(&self, path: &Path, at: Timestamp) -> Result<u64, ArchiveError> {
        let failed = |error| ArchiveError::file(path, error);
        let file = File::create(path).await.map_err(failed)?;
        let mut writer = Writer {
            path,
            file: BufWriter::new(file),
            hash: Sha256::new(),
        };
        let at = format_instant(at);
        let header = Header {
            format: FORMAT.to_owned(),
            schema: SCHEMA_VERSION,
            at,
        };
        writer.line(&header).await?;
        let reader = self.reader("archive.snapshot").await?;
        let mut rows = 0;
        for table in TABLES {
            rows += write_table(&reader, table, &mut writer).await?;
        }
        let sha256 = hex(&writer.hash.clone().finalize());
        writer.line(&EndLine { rows, sha256 }).await?;
        writer.file.flush().await.map_err(failed)?;
        writer.file.get_ref().sync_all().await.map_err(failed)?;
        Ok(rows)
    }
}

async fn write_table(
    reader: &Reader,
    table: &str,
    writer: &mut Writer<'_>,
) -> Result<u64, ArchiveError> {
    let columns = list_columns(reader, table).await?;
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let sql = select_all(table, &names);
    writer
        .line(&TableLine {
            table: table.to_owned(),
            columns: names,
        })
        .await?;
    let mut connection = reader.connection().lock().await;
    let connection = connection.as_mut().ok_or(StoreError::Ended)?;
    let mut stream = connection.stream("archive.select_all", sql);
    let mut rows = 0;
    while let Some(row) = stream.try_next().await? {
        let values = columns.iter().enumerate();
        let values = values.map(|(place, column)| Ok(to_json(row.value(place, column.kind)?)));
        let values: Vec<Value> = values.collect::<Result<_, StoreError>>()?;
        writer.line(&values).await?;
        rows += 1;
    }
    Ok(rows)
}

/// The columns of a table as the database describes them.
pub(super) async fn list_columns(reader: &Reader, table: &str) -> Result<Vec<Column>, StoreError> {
    let dialect = reader.dialect();
    let rows = reader.fetch(dialect.list_columns(), params![table]).await?;
    let column = |row: &crate::connection::Row| {
        Ok(Column {
            name: row.text("name")?,
            kind: dialect.column_kind(&row.text("kind")?)?,
        })
    };
    rows.iter().map(column).collect()
}

fn to_json(value: Param) -> Value {
    match value {
        Param::Text(None) | Param::Number(None) | Param::Bytes(None) => Value::Null,
        Param::Text(Some(text)) => Value::String(text),
        Param::Number(Some(number)) => json!(number),
        Param::Bytes(Some(bytes)) => json!({ "base64": STANDARD.encode(bytes) }),
    }
}

fn partial_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    path.with_file_name(name)
}

/// Gives the complete file its name, durably.
async fn rename(partial: &Path, path: &Path) -> Result<(), ArchiveError> {
    let failed = |error| ArchiveError::file(path, error);
    fs::rename(partial, path).await.map_err(failed)?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = File::open(folder.unwrap_or(Path::new(".")))
        .await
        .map_err(failed)?;
    folder.sync_all().await.map_err(failed)
}
