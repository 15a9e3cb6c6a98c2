//! SQLite: one writer at a time, in WAL mode, so that readers never wait.

use super::Trouble;

pub(super) const TEXT: &str = "TEXT";
pub(super) const BYTES: &str = "BLOB";

/// Takes the write lock at once: a transaction that reads first and writes later could otherwise
/// fail half-way.
pub(super) const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";
pub(super) const BEGIN_READ: &str = "BEGIN DEFERRED";

pub(super) const CLAIM_JOB: &str = "-- jobs.claim
UPDATE jobs SET state = 'running', lease_owner = $1, lease_until = $2, attempts = attempts + 1
WHERE job_id = (
    SELECT job_id FROM jobs
    WHERE ((state = 'waiting' AND run_at <= $3) OR (state = 'running' AND lease_until <= $4))
      AND ($5 IS NULL OR kind = $5)
    ORDER BY run_at, job_id LIMIT 1
)
RETURNING job_id, kind, payload, state, run_at, enqueued_at, dedupe_key, attempts, lease_owner,
    lease_until, error_code, finished_at";

pub(super) const CLAIM_MESSAGES: &str = "-- outbox.claim
UPDATE outbox SET lease_owner = $1, lease_until = $2, attempts = attempts + 1
WHERE message IN (
    SELECT message FROM outbox
    WHERE state = 'waiting' AND (lease_until IS NULL OR lease_until <= $3)
    ORDER BY message LIMIT $4
)
RETURNING message, kind, payload, enqueued_at, attempts";

pub(super) const LIST_TABLES: &str = "-- schema.list_tables
SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";

pub(super) const LIST_COLUMNS: &str = "-- schema.list_columns
SELECT name, type AS kind FROM pragma_table_info($1) ORDER BY cid";

/// The low byte of SQLite's extended code is the primary one.
pub(super) fn trouble(code: &str) -> Trouble {
    let code: u32 = code.parse().unwrap_or(0);
    match (code, code & 0xff) {
        (2067 | 1555, _) => Trouble::Duplicate,
        (_, 5 | 6) => Trouble::Transient,
        (_, 13) => Trouble::Full,
        (_, 11 | 26) => Trouble::NotADatabase,
        (_, 8 | 10 | 14) => Trouble::Unavailable,
        _ => Trouble::Fault,
    }
}
