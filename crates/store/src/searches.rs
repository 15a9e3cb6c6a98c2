//! Searches that people keep, with what they had found when they last looked.

use base::{AccountId, SavedSearchId, Timestamp};
use serde_json::Value;

use crate::connection::{Row, params};
use crate::{AuditEntry, Reader, StoreError, Tx};

/// A search that somebody keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedSearch {
    /// Its id.
    pub search_id: SavedSearchId,
    /// Whose it is.
    pub account: AccountId,
    /// What is searched.
    pub query: Value,
    /// What it had found when the account last looked.
    pub seen: Value,
    /// When the account last looked.
    pub seen_at: Timestamp,
    /// When it was saved.
    pub created_at: Timestamp,
}

const INSERT: &str = "-- saved_searches.insert
INSERT INTO saved_searches (search_id, account_id, query, seen, seen_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6)";
const SEE: &str = "-- saved_searches.see
UPDATE saved_searches SET seen = $3, seen_at = $4 WHERE search_id = $1 AND account_id = $2";
const LIST: &str = "-- saved_searches.list
SELECT search_id, account_id, query, seen, seen_at, created_at
FROM saved_searches WHERE account_id = $1 ORDER BY created_at DESC, search_id DESC LIMIT $2";
const DELETE: &str = "-- saved_searches.delete
DELETE FROM saved_searches WHERE search_id = $1 AND account_id = $2";

impl Tx {
    /// Keeps a search.
    pub async fn insert_saved_search(
        &self,
        search: &SavedSearch,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        let values = params![
            search.search_id,
            search.account,
            &search.query,
            &search.seen,
            search.seen_at,
            search.created_at,
        ];
        self.insert("saved search", INSERT, values).await
    }

    /// Records what a search of an account finds now. Looking is not audited.
    pub async fn see_saved_search(
        &self,
        search_id: SavedSearchId,
        account: AccountId,
        seen: &Value,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let changed = self
            .execute(SEE, params![search_id, account, seen, at])
            .await?;
        if changed == 0 {
            return Err(StoreError::Missing {
                what: "saved search",
            });
        }
        Ok(())
    }

    /// Forgets a search of an account.
    pub async fn delete_saved_search(
        &self,
        search_id: SavedSearchId,
        account: AccountId,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        if self.execute(DELETE, params![search_id, account]).await? == 0 {
            return Err(StoreError::Missing {
                what: "saved search",
            });
        }
        self.record_audit(audit).await
    }
}

impl Reader {
    /// The searches of an account, the newest first.
    pub async fn list_saved_searches(
        &self,
        account: AccountId,
        limit: usize,
    ) -> Result<Vec<SavedSearch>, StoreError> {
        let rows = self.fetch(LIST, params![account, limit]).await?;
        rows.iter().map(saved_search).collect()
    }
}

fn saved_search(row: &Row) -> Result<SavedSearch, StoreError> {
    Ok(SavedSearch {
        search_id: row.parsed("search_id")?,
        account: row.parsed("account_id")?,
        query: row.json("query")?,
        seen: row.json("seen")?,
        seen_at: row.instant("seen_at")?,
        created_at: row.instant("created_at")?,
    })
}
