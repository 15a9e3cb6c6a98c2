//! PostgreSQL: many writers. A stream's writers wait for each other on an advisory lock, so that a
//! statement after the lock sees what the one before committed; the unique index on (stream,
//! version) is the last word.

use super::Trouble;

/// Text that sorts by bytes, as in SQLite, whatever the database's language is.
pub(super) const TEXT: &str = "TEXT COLLATE \"C\"";
pub(super) const BYTES: &str = "BYTEA";

pub(super) const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
pub(super) const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

pub(super) const LOCK_STREAM: &str = "-- events.lock_stream
SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";

pub(super) const LOCK_SCHEMA: &str = "-- schema.lock
SELECT pg_advisory_xact_lock(hashtextextended('sund schema', 0))";

pub(super) const CLAIM_JOB: &str = "-- jobs.claim
UPDATE jobs SET state = 'running', lease_owner = $1, lease_until = $2, attempts = attempts + 1
WHERE job_id = (
    SELECT job_id FROM jobs
    WHERE ((state = 'waiting' AND run_at <= $3) OR (state = 'running' AND lease_until <= $4))
      AND ($5 IS NULL OR kind = $5)
    ORDER BY run_at, job_id LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING job_id, kind, payload, state, run_at, enqueued_at, dedupe_key, attempts, lease_owner,
    lease_until, error_code, finished_at";

pub(super) const CLAIM_MESSAGES: &str = "-- outbox.claim
UPDATE outbox SET lease_owner = $1, lease_until = $2, attempts = attempts + 1
WHERE message = ANY(ARRAY(
    SELECT message FROM outbox
    WHERE state = 'waiting' AND (lease_until IS NULL OR lease_until <= $3)
    ORDER BY message LIMIT $4
    FOR UPDATE SKIP LOCKED
))
RETURNING message, kind, payload, enqueued_at, attempts";

pub(super) const LIST_TABLES: &str = "-- schema.list_tables
SELECT table_name::text AS name FROM information_schema.tables
WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name";

pub(super) const LIST_COLUMNS: &str = "-- schema.list_columns
SELECT column_name::text AS name, data_type::text AS kind FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position";

pub(super) fn trouble(code: &str) -> Trouble {
    match code {
        "40001" | "40P01" | "55P03" => Trouble::Transient,
        "23505" => Trouble::Duplicate,
        "53100" => Trouble::Full,
        _ if code.starts_with("08") || code.starts_with("53") || code.starts_with("57P") => {
            Trouble::Unavailable
        }
        _ => Trouble::Fault,
    }
}
