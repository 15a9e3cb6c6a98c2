//! Case texts and what is known of attachments: beside the log, erasable with a tombstone. The
//! store sees sealed bytes only.

use base::{AttachmentId, CaseId, CaseTextId, Timestamp};
use serde_json::Value;

use crate::connection::{Row, params};
use crate::{AuditEntry, Reader, StoreError, Tx};

/// That something was erased: when, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// When.
    pub at: Timestamp,
    /// The rule of `content/` that demanded it.
    pub rule: String,
}

/// A text of a case, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseText {
    /// Its id: what events carry.
    pub text_id: CaseTextId,
    /// The case.
    pub case_id: CaseId,
    /// The field of the form it answers.
    pub field_id: String,
    /// The nonce it was sealed with; empty once erased.
    pub nonce: Vec<u8>,
    /// The sealed text; empty once erased.
    pub ciphertext: Vec<u8>,
    /// When it was written.
    pub created_at: Timestamp,
    /// The tombstone.
    pub erased: Option<Erased>,
}

/// What is known of a file laid beside a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Attachment {
    /// Its id: what events carry.
    pub attachment_id: AttachmentId,
    /// The case.
    pub case_id: CaseId,
    /// Size, type, hash, sealed name; empty once erased.
    pub meta: Value,
    /// When it was laid there.
    pub created_at: Timestamp,
    /// The tombstone.
    pub erased: Option<Erased>,
}

const INSERT: &str = "-- case_texts.insert
INSERT INTO case_texts (text_id, case_id, field_id, nonce, ciphertext, created_at)
VALUES ($1, $2, $3, $4, $5, $6)";
const FIND: &str = "-- case_texts.find
SELECT text_id, case_id, field_id, nonce, ciphertext, created_at, erased_at, erased_rule
FROM case_texts WHERE text_id = $1";
const LIST: &str = "-- case_texts.list
SELECT text_id, case_id, field_id, nonce, ciphertext, created_at, erased_at, erased_rule
FROM case_texts WHERE case_id = $1 ORDER BY text_id LIMIT 10000";
const ERASE: &str = "-- case_texts.erase
UPDATE case_texts SET nonce = $2, ciphertext = $2, erased_at = $3, erased_rule = $4
WHERE text_id = $1 AND erased_at IS NULL";
const ERASE_CASE: &str = "-- case_texts.erase_case
UPDATE case_texts SET nonce = $2, ciphertext = $2, erased_at = $3, erased_rule = $4
WHERE case_id = $1 AND erased_at IS NULL";
const INSERT_ATTACHMENT: &str = "-- attachments.insert
INSERT INTO attachments (attachment_id, case_id, meta, created_at) VALUES ($1, $2, $3, $4)";
const FIND_ATTACHMENT: &str = "-- attachments.find
SELECT attachment_id, case_id, meta, created_at, erased_at, erased_rule
FROM attachments WHERE attachment_id = $1";
const LIST_ATTACHMENTS: &str = "-- attachments.list
SELECT attachment_id, case_id, meta, created_at, erased_at, erased_rule
FROM attachments WHERE case_id = $1 ORDER BY attachment_id LIMIT 10000";
const ERASE_ATTACHMENTS: &str = "-- attachments.erase_case
UPDATE attachments SET meta = '{}', erased_at = $2, erased_rule = $3
WHERE case_id = $1 AND erased_at IS NULL";

impl Tx {
    /// Stores a sealed text.
    pub async fn insert_case_text(
        &self,
        text: &CaseText,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        let values = params![
            text.text_id,
            text.case_id,
            &text.field_id,
            text.nonce.as_slice(),
            text.ciphertext.as_slice(),
            text.created_at,
        ];
        self.insert("case text", INSERT, values).await
    }

    /// Erases one text; whether it was still there.
    pub async fn erase_case_text(
        &self,
        text_id: CaseTextId,
        rule: &str,
        audit: &AuditEntry,
    ) -> Result<bool, StoreError> {
        self.record_audit(audit).await?;
        let nothing: &[u8] = &[];
        let values = params![text_id, nothing, audit.at, rule];
        Ok(self.execute(ERASE, values).await? == 1)
    }

    /// Erases all texts of a case and what is known of its attachments; how many texts.
    pub async fn erase_case_texts(
        &self,
        case_id: CaseId,
        rule: &str,
        audit: &AuditEntry,
    ) -> Result<u64, StoreError> {
        self.record_audit(audit).await?;
        self.execute(ERASE_ATTACHMENTS, params![case_id, audit.at, rule])
            .await?;
        let nothing: &[u8] = &[];
        self.execute(ERASE_CASE, params![case_id, nothing, audit.at, rule])
            .await
    }

    /// Stores what is known of a file.
    pub async fn insert_attachment(
        &self,
        attachment: &Attachment,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        let values = params![
            attachment.attachment_id,
            attachment.case_id,
            &attachment.meta,
            attachment.created_at
        ];
        self.insert("attachment", INSERT_ATTACHMENT, values).await
    }
}

impl Reader {
    /// A text by its id, erased or not.
    pub async fn find_case_text(
        &self,
        text_id: CaseTextId,
    ) -> Result<Option<CaseText>, StoreError> {
        let row = self.fetch_optional(FIND, params![text_id]).await?;
        row.as_ref().map(case_text).transpose()
    }

    /// All texts of a case, erased or not.
    pub async fn list_case_texts(&self, case_id: CaseId) -> Result<Vec<CaseText>, StoreError> {
        self.fetch(LIST, params![case_id])
            .await?
            .iter()
            .map(case_text)
            .collect()
    }

    /// What is known of a file.
    pub async fn find_attachment(
        &self,
        attachment_id: AttachmentId,
    ) -> Result<Option<Attachment>, StoreError> {
        let row = self
            .fetch_optional(FIND_ATTACHMENT, params![attachment_id])
            .await?;
        row.as_ref().map(attachment).transpose()
    }

    /// What is known of a case's files.
    pub async fn list_attachments(&self, case_id: CaseId) -> Result<Vec<Attachment>, StoreError> {
        self.fetch(LIST_ATTACHMENTS, params![case_id])
            .await?
            .iter()
            .map(attachment)
            .collect()
    }
}

fn case_text(row: &Row) -> Result<CaseText, StoreError> {
    Ok(CaseText {
        text_id: row.parsed("text_id")?,
        case_id: row.parsed("case_id")?,
        field_id: row.text("field_id")?,
        nonce: row.bytes("nonce")?,
        ciphertext: row.bytes("ciphertext")?,
        created_at: row.instant("created_at")?,
        erased: erased(row)?,
    })
}

fn attachment(row: &Row) -> Result<Attachment, StoreError> {
    Ok(Attachment {
        attachment_id: row.parsed("attachment_id")?,
        case_id: row.parsed("case_id")?,
        meta: row.json("meta")?,
        created_at: row.instant("created_at")?,
        erased: erased(row)?,
    })
}

fn erased(row: &Row) -> Result<Option<Erased>, StoreError> {
    let Some(at) = row.optional_instant("erased_at")? else {
        return Ok(None);
    };
    Ok(Some(Erased {
        at,
        rule: row.optional_text("erased_rule")?.unwrap_or_default(),
    }))
}
