//! Who did what when: a row for every change, written in the change's own transaction.

use base::{AccountId, Actor, EventId, FixedClock, OrganisationId, Role, Timestamp};

use crate::connection::{Row, params};
use crate::page::{Cursor, Page, page_limit};
use crate::{Reader, StoreError, Tx};

/// Who changes what, and when. Methods that change what people own or decide ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Who acts.
    pub actor: Actor,
    /// What is done, dotted: `case.submit`.
    pub action: String,
    /// What it is done to: a stream, an id, a number. Never a person's value.
    pub subject: String,
    /// When, by the installation's clock.
    pub at: Timestamp,
}

impl AuditEntry {
    /// An entry for what `actor` does now.
    pub fn new(
        actor: &Actor,
        action: impl Into<String>,
        subject: impl Into<String>,
        at: Timestamp,
    ) -> Self {
        Self {
            actor: actor.clone(),
            action: action.into(),
            subject: subject.into(),
            at,
        }
    }
}

const RECORD: &str = "-- audit.record
INSERT INTO audit (audit_id, at, actor_id, organisation_id, role, action, subject)
VALUES ($1, $2, $3, $4, $5, $6, $7)";
const LIST: &str = "-- audit.list
SELECT audit_id, at, actor_id, organisation_id, role, action, subject FROM audit
WHERE ($1 IS NULL OR subject = $1)
  AND ($2 IS NULL OR at < $2 OR (at = $2 AND audit_id < $3))
ORDER BY at DESC, audit_id DESC LIMIT $4";

impl Tx {
    /// Writes an entry for a change that has no method of its own here. Other methods do it
    /// themselves; the same entry given to several of them in one transaction is written once.
    pub async fn record_audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        if !self.is_first_audit(entry) {
            return Ok(());
        }
        let id = EventId::new(&FixedClock(entry.at), self.entropy());
        let actor = &entry.actor;
        self.execute(
            RECORD,
            params![
                id,
                entry.at,
                actor.account,
                &actor.organisation,
                actor.role,
                &entry.action,
                &entry.subject
            ],
        )
        .await
        .map(drop)
    }
}

impl Reader {
    /// Entries, the newest first, of all subjects or of one.
    pub async fn list_audit(
        &self,
        subject: Option<&str>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<AuditEntry>, StoreError> {
        let after = Cursor::parse(cursor)?;
        let limit = page_limit(limit);
        let rows = self
            .fetch(
                LIST,
                params![subject, after.sort_key(), after.id(), limit + 1],
            )
            .await?;
        Page::of(rows, limit, entry, |row| {
            Ok(Cursor::after(row.text("at")?, row.text("audit_id")?))
        })
    }
}

fn entry(row: &Row) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        actor: Actor {
            account: row.parsed::<AccountId>("actor_id")?,
            organisation: row.parsed::<OrganisationId>("organisation_id")?,
            role: row.parsed::<Role>("role")?,
        },
        action: row.text("action")?,
        subject: row.text("subject")?,
        at: row.instant("at")?,
    })
}
