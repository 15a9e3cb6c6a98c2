//! Leaves of the public log: pending ones, written with the change they tell of, and numbered ones,
//! written by the sequencer.

use base::Timestamp;
use serde_json::Value;

use crate::connection::{Row, params};
use crate::{AuditEntry, Reader, StoreError, Tx};

/// Leaves read in one go.
pub const LEAVES_MAX: usize = 1_000;

/// A leaf that waits for its number.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingLeaf {
    /// What it tells: `decision`, `release`.
    pub kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// The public number of the case, if there is one.
    pub case_number: Option<String>,
    /// Ids that everybody may know.
    pub public_ids: Value,
    /// Per field a salted commitment.
    pub commitments: Value,
    /// Per field value and salt, served beside the log while they are public.
    pub openings: Value,
}

/// A pending leaf with its place in the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct QueuedLeaf {
    /// Its place: without gaps, in the order of commits.
    pub pending: u64,
    /// The leaf.
    pub leaf: PendingLeaf,
}

/// A pending leaf in its final form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequencedLeaf {
    /// Its place in the queue.
    pub pending: u64,
    /// The bytes that are hashed into the tree.
    pub canonical: Vec<u8>,
}

/// A leaf of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredLeaf {
    /// Its number, from 0.
    pub sequence: u64,
    /// What it tells.
    pub kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// The public number of the case, if there is one.
    pub case_number: Option<String>,
    /// The bytes that are hashed into the tree.
    pub canonical: Vec<u8>,
    /// Per field value and salt, or what was said when they were erased.
    pub openings: Value,
}

const ADD: &str = "-- leaves.add_pending
INSERT INTO pending_leaves (pending, kind, at, case_number, public_ids, commitments, openings)
VALUES ($1, $2, $3, $4, $5, $6, $7)";
const LIST_PENDING: &str = "-- leaves.list_pending
SELECT pending, kind, at, case_number, public_ids, commitments, openings FROM pending_leaves
ORDER BY pending LIMIT $1";
const COUNT_PENDING: &str = "-- leaves.count_pending
SELECT COUNT(*) AS n_leaves FROM pending_leaves";
const MOVE: &str = "-- leaves.sequence
INSERT INTO leaves (sequence, kind, at, case_number, canonical, openings)
SELECT $1, kind, at, case_number, $2, openings FROM pending_leaves WHERE pending = $3";
const DELETE_PENDING: &str = "-- leaves.delete_pending
DELETE FROM pending_leaves WHERE pending = $1";
const COUNT: &str = "-- leaves.count
SELECT COALESCE(MAX(sequence), -1) + 1 AS n_leaves FROM leaves";
const FIND: &str = "-- leaves.find
SELECT sequence, kind, at, case_number, canonical, openings FROM leaves WHERE sequence = $1";
const LIST: &str = "-- leaves.list
SELECT sequence, kind, at, case_number, canonical, openings FROM leaves
WHERE sequence >= $1 AND ($2 IS NULL OR case_number = $2) ORDER BY sequence LIMIT $3";
const REPLACE_OPENINGS: &str = "-- leaves.replace_openings
UPDATE leaves SET openings = $2 WHERE sequence = $1";

impl Tx {
    /// Queues a leaf, in the transaction of the change it tells of.
    pub async fn add_pending_leaf(&self, leaf: &PendingLeaf) -> Result<(), StoreError> {
        let pending = self.take_numbers("log.pending_leaves", 1).await?;
        let values = params![
            pending,
            &leaf.kind,
            leaf.at,
            leaf.case_number.as_deref(),
            &leaf.public_ids,
            &leaf.commitments,
            &leaf.openings,
        ];
        self.execute(ADD, values).await.map(drop)
    }

    /// Numbers pending leaves from `first` on, which must be the size of the log; the size after.
    pub async fn sequence_leaves(
        &self,
        first: u64,
        leaves: &[SequencedLeaf],
    ) -> Result<u64, StoreError> {
        self.lock_stream("log.leaves").await?;
        let expected = self.count_leaves().await?;
        if first != expected {
            return Err(StoreError::LeafGap {
                expected,
                given: first,
            });
        }
        let mut size = first;
        for leaf in leaves {
            let values = params![size, leaf.canonical.as_slice(), leaf.pending];
            if self.execute(MOVE, values).await? == 0 {
                return Err(StoreError::Missing {
                    what: "pending leaf",
                });
            }
            self.execute(DELETE_PENDING, params![leaf.pending]).await?;
            size += 1;
        }
        Ok(size)
    }

    /// Puts what may be said of a leaf from now on in place of its openings: erasure, or a field
    /// that is no longer withheld. The leaf itself never changes.
    pub async fn replace_openings(
        &self,
        sequence: u64,
        openings: &Value,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        if self
            .execute(REPLACE_OPENINGS, params![sequence, openings])
            .await?
            == 0
        {
            return Err(StoreError::Missing { what: "leaf" });
        }
        Ok(())
    }
}

impl Reader {
    /// Pending leaves in the order of commits, at most `limit` (and never above [`LEAVES_MAX`]).
    pub async fn list_pending_leaves(&self, limit: usize) -> Result<Vec<QueuedLeaf>, StoreError> {
        let rows = self
            .fetch(LIST_PENDING, params![limit.clamp(1, LEAVES_MAX)])
            .await?;
        rows.iter().map(queued).collect()
    }

    /// How many leaves wait for their number.
    pub async fn count_pending_leaves(&self) -> Result<u64, StoreError> {
        self.fetch_one(COUNT_PENDING, Vec::new())
            .await?
            .number("n_leaves")
    }

    /// The number of leaves in the log, which is the number of the next one.
    pub async fn count_leaves(&self) -> Result<u64, StoreError> {
        self.fetch_one(COUNT, Vec::new()).await?.number("n_leaves")
    }

    /// A leaf by its number.
    pub async fn find_leaf(&self, sequence: u64) -> Result<Option<StoredLeaf>, StoreError> {
        let row = self.fetch_optional(FIND, params![sequence]).await?;
        row.as_ref().map(stored).transpose()
    }

    /// Leaves from a number on, of all cases or of one, at most `limit` (never above
    /// [`LEAVES_MAX`]).
    pub async fn list_leaves(
        &self,
        from: u64,
        limit: usize,
        case_number: Option<&str>,
    ) -> Result<Vec<StoredLeaf>, StoreError> {
        let values = params![from, case_number, limit.clamp(1, LEAVES_MAX)];
        self.fetch(LIST, values).await?.iter().map(stored).collect()
    }
}

fn queued(row: &Row) -> Result<QueuedLeaf, StoreError> {
    Ok(QueuedLeaf {
        pending: row.number("pending")?,
        leaf: PendingLeaf {
            kind: row.text("kind")?,
            at: row.instant("at")?,
            case_number: row.optional_text("case_number")?,
            public_ids: row.json("public_ids")?,
            commitments: row.json("commitments")?,
            openings: row.json("openings")?,
        },
    })
}

fn stored(row: &Row) -> Result<StoredLeaf, StoreError> {
    Ok(StoredLeaf {
        sequence: row.number("sequence")?,
        kind: row.text("kind")?,
        at: row.instant("at")?,
        case_number: row.optional_text("case_number")?,
        canonical: row.bytes("canonical")?,
        openings: row.json("openings")?,
    })
}
