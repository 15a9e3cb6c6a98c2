//! Who is signed in, and the one-time links that let the first account in. Tokens themselves are
//! never stored, only their SHA-256. Times here are the machine's, not the installation's.

use base::{AccountId, Actor, OrganisationId, Role, SessionId, Timestamp};

use crate::connection::{Row, params};
use crate::{AuditEntry, Reader, StoreError, Tx};

/// A sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id, for the audit.
    pub session_id: SessionId,
    /// SHA-256 of the token that the browser holds.
    pub token_hash: [u8; 32],
    /// Who acts through it.
    pub actor: Actor,
    /// What forms of this session carry.
    pub csrf: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

const INSERT: &str = "-- sessions.insert
INSERT INTO sessions (token_hash, session_id, account_id, organisation_id, role, csrf, created_at,
    expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const FIND: &str = "-- sessions.find
SELECT token_hash, session_id, account_id, organisation_id, role, csrf, created_at, expires_at
FROM sessions WHERE token_hash = $1 AND expires_at > $2";
const EXTEND: &str = "-- sessions.extend
UPDATE sessions SET expires_at = $2 WHERE token_hash = $1";
const DELETE: &str = "-- sessions.delete
DELETE FROM sessions WHERE token_hash = $1";
const DELETE_OF_ACCOUNT: &str = "-- sessions.delete_of_account
DELETE FROM sessions WHERE account_id = $1";
const DELETE_EXPIRED: &str = "-- sessions.delete_expired
DELETE FROM sessions WHERE expires_at <= $1";
const COUNT: &str = "-- sessions.count
SELECT COUNT(*) AS n_sessions FROM sessions WHERE expires_at > $1";
const INSERT_SETUP: &str = "-- setup_tokens.insert
INSERT INTO setup_tokens (token_hash, purpose, created_at, expires_at) VALUES ($1, $2, $3, $4)";
const FIND_SETUP: &str = "-- setup_tokens.find
SELECT purpose FROM setup_tokens WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2";
const USE_SETUP: &str = "-- setup_tokens.use
UPDATE setup_tokens SET used_at = $2
WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING purpose";
const WITHDRAW_SETUP: &str = "-- setup_tokens.withdraw
DELETE FROM setup_tokens WHERE purpose = $1 AND used_at IS NULL";

impl Tx {
    /// Somebody signs in.
    pub async fn insert_session(
        &self,
        session: &Session,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        let values = params![
            &session.token_hash,
            session.session_id,
            session.actor.account,
            &session.actor.organisation,
            session.actor.role,
            &session.csrf,
            session.created_at,
            session.expires_at,
        ];
        self.insert("session", INSERT, values).await
    }

    /// Somebody is still there. Not audited: it changes nothing but the end of the session.
    pub async fn extend_session(
        &self,
        token_hash: &[u8; 32],
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(EXTEND, params![token_hash, expires_at])
            .await
            .map(drop)
    }

    /// Somebody signs out.
    pub async fn delete_session(
        &self,
        token_hash: &[u8; 32],
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        self.execute(DELETE, params![token_hash]).await.map(drop)
    }

    /// An account is signed out everywhere; how many sessions it had.
    pub async fn delete_sessions_of(
        &self,
        account: AccountId,
        audit: &AuditEntry,
    ) -> Result<u64, StoreError> {
        self.record_audit(audit).await?;
        self.execute(DELETE_OF_ACCOUNT, params![account]).await
    }

    /// Forgets sessions that have ended; how many.
    pub async fn delete_expired_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.execute(DELETE_EXPIRED, params![now]).await
    }

    /// Makes a one-time link for a purpose (`first-admin`, `invite:` with an account). Earlier unused
    /// links for the same purpose stop working.
    pub async fn insert_setup_token(
        &self,
        token_hash: &[u8; 32],
        purpose: &str,
        expires_at: Timestamp,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        self.execute(WITHDRAW_SETUP, params![purpose]).await?;
        let values = params![token_hash, purpose, audit.at, expires_at];
        self.insert("set-up link", INSERT_SETUP, values).await
    }

    /// Uses a one-time link up; its purpose, or nothing if it is unknown, used or too old.
    pub async fn use_setup_token(
        &self,
        token_hash: &[u8; 32],
        now: Timestamp,
        audit: &AuditEntry,
    ) -> Result<Option<String>, StoreError> {
        let row = self
            .fetch_optional(USE_SETUP, params![token_hash, now])
            .await?;
        let Some(row) = row else { return Ok(None) };
        self.record_audit(audit).await?;
        row.text("purpose").map(Some)
    }
}

impl Reader {
    /// The session of a token, if it has not ended.
    pub async fn find_session(
        &self,
        token_hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let row = self.fetch_optional(FIND, params![token_hash, now]).await?;
        row.as_ref().map(session).transpose()
    }

    /// How many sessions have not ended.
    pub async fn count_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.fetch_one(COUNT, params![now])
            .await?
            .number("n_sessions")
    }

    /// The purpose of a one-time link that can still be used.
    pub async fn find_setup_token(
        &self,
        token_hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let row = self
            .fetch_optional(FIND_SETUP, params![token_hash, now])
            .await?;
        row.map(|row| row.text("purpose")).transpose()
    }
}

fn session(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        session_id: row.parsed("session_id")?,
        token_hash: row.digest("token_hash")?,
        actor: Actor {
            account: row.parsed("account_id")?,
            organisation: row.parsed::<OrganisationId>("organisation_id")?,
            role: row.parsed::<Role>("role")?,
        },
        csrf: row.text("csrf")?,
        created_at: row.instant("created_at")?,
        expires_at: row.instant("expires_at")?,
    })
}
