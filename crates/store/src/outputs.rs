//! Results of analyses: held, released or withdrawn, with their evidence.

use base::{AccountId, OutputId, PermitId, Timestamp};
use serde_json::Value;

use crate::connection::{Row, params};
use crate::page::{Cursor, Page, page_limit};
use crate::{AuditEntry, Reader, StoreError, Tx};

/// A result of an analysis.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredOutput {
    /// Its id.
    pub output_id: OutputId,
    /// The permit it was made under.
    pub permit_id: PermitId,
    /// Who made it.
    pub account: AccountId,
    /// Where it stands: `held`, `released`, `refused`.
    pub state: String,
    /// Goes up by one with every change.
    pub version: u64,
    /// Query, table, evidence, verdict, reviews.
    pub record: Value,
    /// The bytes that leave; only of what is released.
    pub content: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

const INSERT: &str = "-- outputs.insert
INSERT INTO outputs (output_id, permit_id, account_id, state, version, record, content, created_at,
    updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const UPDATE: &str = "-- outputs.update
UPDATE outputs SET state = $3, record = $4, content = $5, updated_at = $6, version = version + 1
WHERE output_id = $1 AND version = $2";
const FIND: &str = "-- outputs.find
SELECT output_id, permit_id, account_id, state, version, record, content, created_at, updated_at
FROM outputs WHERE output_id = $1";
const LIST: &str = "-- outputs.list
SELECT output_id, permit_id, account_id, state, version, record, content, created_at, updated_at
FROM outputs
WHERE ($1 IS NULL OR permit_id = $1) AND ($2 IS NULL OR state = $2)
  AND ($3 IS NULL OR created_at < $3 OR (created_at = $3 AND output_id < $4))
ORDER BY created_at DESC, output_id DESC LIMIT $5";

impl Tx {
    /// Enters a result.
    pub async fn insert_output(
        &self,
        output: &StoredOutput,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        let values = params![
            output.output_id,
            output.permit_id,
            output.account,
            &output.state,
            output.version,
            &output.record,
            output.content.as_deref(),
            output.created_at,
            output.updated_at,
        ];
        self.insert("output", INSERT, values).await
    }

    /// Changes state, record and content of a result that is still at `output.version`; its new
    /// version. Two checkers at once: one of them is told.
    pub async fn update_output(
        &self,
        output: &StoredOutput,
        audit: &AuditEntry,
    ) -> Result<u64, StoreError> {
        let values = params![
            output.output_id,
            output.version,
            &output.state,
            &output.record,
            output.content.as_deref(),
            audit.at,
        ];
        if self.execute(UPDATE, values).await? == 1 {
            self.record_audit(audit).await?;
            return Ok(output.version + 1);
        }
        match self.find_output(output.output_id).await? {
            Some(_) => Err(StoreError::Stale { what: "output" }),
            None => Err(StoreError::Missing { what: "output" }),
        }
    }
}

impl Reader {
    /// A result by its id.
    pub async fn find_output(
        &self,
        output_id: OutputId,
    ) -> Result<Option<StoredOutput>, StoreError> {
        let row = self.fetch_optional(FIND, params![output_id]).await?;
        row.as_ref().map(output).transpose()
    }

    /// Results, the newest first, of all permits and states or of one.
    pub async fn list_outputs(
        &self,
        permit_id: Option<PermitId>,
        state: Option<&str>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<StoredOutput>, StoreError> {
        let after = Cursor::parse(cursor)?;
        let limit = page_limit(limit);
        let values = params![permit_id, state, after.sort_key(), after.id(), limit + 1];
        let rows = self.fetch(LIST, values).await?;
        Page::of(rows, limit, output, |row| {
            Ok(Cursor::after(
                row.text("created_at")?,
                row.text("output_id")?,
            ))
        })
    }
}

fn output(row: &Row) -> Result<StoredOutput, StoreError> {
    Ok(StoredOutput {
        output_id: row.parsed("output_id")?,
        permit_id: row.parsed("permit_id")?,
        account: row.parsed("account_id")?,
        state: row.text("state")?,
        version: row.number("version")?,
        record: row.json("record")?,
        content: row.optional_bytes("content")?,
        created_at: row.instant("created_at")?,
        updated_at: row.instant("updated_at")?,
    })
}
