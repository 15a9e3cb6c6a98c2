//! Applications that have not been sent, and baskets of visitors. Both are changed in place, with a
//! version that refuses a change made on an old copy.

use base::{AccountId, DraftId, OrganisationId, Timestamp};
use serde_json::Value;

use crate::connection::{Row, params};
use crate::page::{Cursor, Page, page_limit};
use crate::{AuditEntry, Reader, StoreError, Tx};

/// An application that has not been sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Its id.
    pub draft_id: DraftId,
    /// Who writes it.
    pub account: AccountId,
    /// For which organisation.
    pub organisation: OrganisationId,
    /// Goes up by one with every change: the entity tag of `If-Match`.
    pub version: u64,
    /// What is filled in.
    pub body: Value,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A visitor's basket, also before sign-in.
#[derive(Debug, Clone, PartialEq)]
pub struct Basket {
    /// Its id: a random name kept by the browser.
    pub basket_id: String,
    /// Goes up by one with every change.
    pub version: u64,
    /// What lies in it.
    pub body: Value,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

const INSERT: &str = "-- drafts.insert
INSERT INTO drafts (draft_id, account_id, organisation_id, version, body, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)";
const UPDATE: &str = "-- drafts.update
UPDATE drafts SET body = $3, version = version + 1, updated_at = $4
WHERE draft_id = $1 AND version = $2";
const FIND: &str = "-- drafts.find
SELECT draft_id, account_id, organisation_id, version, body, created_at, updated_at
FROM drafts WHERE draft_id = $1";
const LIST: &str = "-- drafts.list
SELECT draft_id, account_id, organisation_id, version, body, created_at, updated_at
FROM drafts WHERE account_id = $1 AND organisation_id = $2
  AND ($3 IS NULL OR updated_at < $3 OR (updated_at = $3 AND draft_id < $4))
ORDER BY updated_at DESC, draft_id DESC LIMIT $5";
const DELETE: &str = "-- drafts.delete
DELETE FROM drafts WHERE draft_id = $1 AND version = $2";
const FIND_BASKET: &str = "-- baskets.find
SELECT basket_id, version, body, updated_at FROM baskets WHERE basket_id = $1";
const PUT_BASKET: &str = "-- baskets.put
INSERT INTO baskets (basket_id, version, body, updated_at) VALUES ($1, 1, $2, $3)
ON CONFLICT (basket_id) DO UPDATE SET version = baskets.version + 1, body = excluded.body,
    updated_at = excluded.updated_at
RETURNING version";
const DELETE_BASKET: &str = "-- baskets.delete
DELETE FROM baskets WHERE basket_id = $1";
const FORGET_BASKETS: &str = "-- baskets.forget
DELETE FROM baskets WHERE updated_at < $1";

impl Tx {
    /// Begins a draft, with the version it carries.
    pub async fn insert_draft(&self, draft: &Draft, audit: &AuditEntry) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        let values = params![
            draft.draft_id,
            draft.account,
            &draft.organisation,
            draft.version,
            &draft.body,
            draft.created_at,
            draft.updated_at,
        ];
        self.insert("draft", INSERT, values).await
    }

    /// Saves a draft that is still at `expected_version`; its new version.
    pub async fn update_draft(
        &self,
        draft_id: DraftId,
        expected_version: u64,
        body: &Value,
        audit: &AuditEntry,
    ) -> Result<u64, StoreError> {
        let values = params![draft_id, expected_version, body, audit.at];
        if self.execute(UPDATE, values).await? == 0 {
            return Err(self.draft_error(draft_id).await);
        }
        self.record_audit(audit).await?;
        Ok(expected_version + 1)
    }

    /// Removes a draft that is still at `expected_version`: given up, or sent.
    pub async fn delete_draft(
        &self,
        draft_id: DraftId,
        expected_version: u64,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        if self
            .execute(DELETE, params![draft_id, expected_version])
            .await?
            == 0
        {
            return Err(self.draft_error(draft_id).await);
        }
        self.record_audit(audit).await
    }

    async fn draft_error(&self, draft_id: DraftId) -> StoreError {
        match self.find_draft(draft_id).await {
            Ok(Some(_)) => StoreError::Stale { what: "draft" },
            Ok(None) => StoreError::Missing { what: "draft" },
            Err(error) => error,
        }
    }

    /// Saves a basket; its new version. A visitor has no account, so nothing is audited.
    pub async fn put_basket(
        &self,
        basket_id: &str,
        body: &Value,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        self.fetch_one(PUT_BASKET, params![basket_id, body, at])
            .await?
            .number("version")
    }

    /// Empties a basket.
    pub async fn delete_basket(&self, basket_id: &str) -> Result<(), StoreError> {
        self.execute(DELETE_BASKET, params![basket_id])
            .await
            .map(drop)
    }

    /// Forgets baskets untouched since `before`; how many.
    pub async fn forget_baskets(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.execute(FORGET_BASKETS, params![before]).await
    }
}

impl Reader {
    /// A draft by its id.
    pub async fn find_draft(&self, draft_id: DraftId) -> Result<Option<Draft>, StoreError> {
        let row = self.fetch_optional(FIND, params![draft_id]).await?;
        row.as_ref().map(draft).transpose()
    }

    /// Drafts of an account for an organisation, the last changed first.
    pub async fn list_drafts(
        &self,
        account: AccountId,
        organisation: &OrganisationId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Draft>, StoreError> {
        let after = Cursor::parse(cursor)?;
        let limit = page_limit(limit);
        let values = params![
            account,
            organisation,
            after.sort_key(),
            after.id(),
            limit + 1
        ];
        let rows = self.fetch(LIST, values).await?;
        Page::of(rows, limit, draft, |row| {
            Ok(Cursor::after(
                row.text("updated_at")?,
                row.text("draft_id")?,
            ))
        })
    }

    /// A basket by its id.
    pub async fn find_basket(&self, basket_id: &str) -> Result<Option<Basket>, StoreError> {
        let row = self.fetch_optional(FIND_BASKET, params![basket_id]).await?;
        row.as_ref().map(basket).transpose()
    }
}

fn draft(row: &Row) -> Result<Draft, StoreError> {
    Ok(Draft {
        draft_id: row.parsed("draft_id")?,
        account: row.parsed("account_id")?,
        organisation: row.parsed("organisation_id")?,
        version: row.number("version")?,
        body: row.json("body")?,
        created_at: row.instant("created_at")?,
        updated_at: row.instant("updated_at")?,
    })
}

fn basket(row: &Row) -> Result<Basket, StoreError> {
    Ok(Basket {
        basket_id: row.text("basket_id")?,
        version: row.number("version")?,
        body: row.json("body")?,
        updated_at: row.instant("updated_at")?,
    })
}
