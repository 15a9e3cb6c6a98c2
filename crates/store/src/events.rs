//! The event log: streams of numbered events, and one order over all of them.

use base::{AccountId, EventId, FixedClock, OrganisationId, Timestamp};
use serde_json::Value;

use crate::connection::{Row, params};
use crate::dialect::Trouble;
use crate::{AuditEntry, Reader, StoreError, Tx};

/// Events read in one go when following the log.
pub const EVENTS_MAX: usize = 1_000;

/// An event to be appended.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// What happened, past tense: `PermitIssued`.
    pub kind: String,
    /// The version of the payload's form.
    pub schema: u16,
    /// What happened, in full. Ids and references to case texts, never a personal text.
    pub payload: Value,
    /// The event that led to this one.
    pub cause: Option<EventId>,
}

impl NewEvent {
    /// An event that nothing but its command led to.
    pub fn new(kind: impl Into<String>, schema: u16, payload: Value) -> Self {
        Self {
            kind: kind.into(),
            schema,
            payload,
            cause: None,
        }
    }

    /// The same event, led to by another one.
    pub fn caused_by(mut self, cause: EventId) -> Self {
        self.cause = Some(cause);
        self
    }
}

/// An event of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Its place among all events: without gaps, in the order of commits.
    pub position: u64,
    /// Its id.
    pub event_id: EventId,
    /// The stream it belongs to.
    pub stream: String,
    /// Its place in the stream, from 1.
    pub version: u64,
    /// What happened.
    pub kind: String,
    /// The version of the payload's form.
    pub schema: u16,
    /// When.
    pub at: Timestamp,
    /// By which account.
    pub actor_id: AccountId,
    /// For which organisation.
    pub organisation_id: OrganisationId,
    /// The event that led to it.
    pub cause: Option<EventId>,
    /// What happened, in full.
    pub payload: Value,
}

/// A stream and its newest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamHead {
    /// The stream's name.
    pub stream: String,
    /// The version of its last event.
    pub version: u64,
}

const FIND_VERSION: &str = "-- events.find_version
SELECT COALESCE(MAX(version), 0) AS version FROM events WHERE stream = $1";
const APPEND: &str = "-- events.append
INSERT INTO events (position, event_id, stream, version, kind, schema_number, at, actor_id,
    organisation_id, cause, payload)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const LOAD_STREAM: &str = "-- events.load_stream
SELECT position, event_id, stream, version, kind, schema_number, at, actor_id, organisation_id,
    cause, payload
FROM events WHERE stream = $1 ORDER BY version";
const LIST_AFTER: &str = "-- events.list_after
SELECT position, event_id, stream, version, kind, schema_number, at, actor_id, organisation_id,
    cause, payload
FROM events WHERE position > $1 ORDER BY position LIMIT $2";
const FIND_LAST: &str = "-- events.find_last
SELECT COALESCE(MAX(position), 0) AS position FROM events";
const LIST_STREAMS: &str = "-- events.list_streams
SELECT stream, MAX(version) AS version FROM events
WHERE stream >= $1 AND stream < $2 AND ($3 IS NULL OR stream > $3)
GROUP BY stream ORDER BY stream LIMIT $4";

/// Sorts after every text that begins with the prefix before it.
const AFTER_PREFIX: char = '\u{10FFFF}';

impl Tx {
    /// Appends events to a stream whose newest version is `expected_version` (0: a new stream),
    /// and writes the audit entry. Stamped with the entry's actor and instant.
    pub async fn append(
        &self,
        stream: &str,
        expected_version: u64,
        events: &[NewEvent],
        audit: &AuditEntry,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.record_audit(audit).await?;
        self.lock_stream(stream).await?;
        let conflict = || StoreError::VersionConflict {
            stream: stream.to_owned(),
            expected: expected_version,
        };
        if self.stream_version(stream).await? != expected_version {
            return Err(conflict());
        }
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let first = self.take_numbers("log.events", events.len()).await?;
        let places = (first..).zip(expected_version + 1..);
        let mut stored = Vec::with_capacity(events.len());
        for (event, (position, version)) in events.iter().zip(places) {
            let event = self.stamp(stream, event, audit, (position, version));
            match self.insert_event(&event).await {
                Ok(()) => stored.push(event),
                Err((Trouble::Duplicate, _)) => return Err(conflict()),
                Err((_, error)) => return Err(error),
            }
        }
        Ok(stored)
    }

    fn stamp(
        &self,
        stream: &str,
        event: &NewEvent,
        audit: &AuditEntry,
        (position, version): (u64, u64),
    ) -> StoredEvent {
        StoredEvent {
            position,
            event_id: EventId::new(&FixedClock(audit.at), self.entropy()),
            stream: stream.to_owned(),
            version,
            kind: event.kind.clone(),
            schema: event.schema,
            at: audit.at,
            actor_id: audit.actor.account,
            organisation_id: audit.actor.organisation.clone(),
            cause: event.cause,
            payload: event.payload.clone(),
        }
    }

    async fn insert_event(&self, event: &StoredEvent) -> Result<(), (Trouble, StoreError)> {
        let values = params![
            event.position,
            event.event_id,
            &event.stream,
            event.version,
            &event.kind,
            event.schema,
            event.at,
            event.actor_id,
            &event.organisation_id,
            event.cause,
            &event.payload,
        ];
        self.try_execute(APPEND, values).await.map(drop)
    }
}

impl Reader {
    /// All events of a stream, the oldest first. In a writing transaction the stream is locked: what
    /// was read stays the newest until the transaction ends.
    pub async fn load_stream(&self, stream: &str) -> Result<Vec<StoredEvent>, StoreError> {
        self.lock_stream(stream).await?;
        let rows = self.fetch(LOAD_STREAM, params![stream]).await?;
        rows.iter().map(event).collect()
    }

    /// The newest version of a stream, 0 if it has no events.
    pub async fn stream_version(&self, stream: &str) -> Result<u64, StoreError> {
        self.fetch_one(FIND_VERSION, params![stream])
            .await?
            .number("version")
    }

    /// Events after a position, the oldest first, at most `limit` (and never above [`EVENTS_MAX`]).
    pub async fn events_after(
        &self,
        position: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let limit = limit.clamp(1, EVENTS_MAX);
        let rows = self.fetch(LIST_AFTER, params![position, limit]).await?;
        rows.iter().map(event).collect()
    }

    /// The position of the newest event, 0 if there is none.
    pub async fn last_position(&self) -> Result<u64, StoreError> {
        self.fetch_one(FIND_LAST, Vec::new())
            .await?
            .number("position")
    }

    /// Streams whose name begins with `prefix`, by name, after the one named `after`; at most
    /// [`EVENTS_MAX`].
    pub async fn list_streams(
        &self,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<Vec<StreamHead>, StoreError> {
        let end = format!("{prefix}{AFTER_PREFIX}");
        let rows = self
            .fetch(LIST_STREAMS, params![prefix, end, after, EVENTS_MAX])
            .await?;
        let head = |row: &Row| {
            Ok(StreamHead {
                stream: row.text("stream")?,
                version: row.number("version")?,
            })
        };
        rows.iter().map(head).collect()
    }

    /// Makes writing transactions that name the same stream follow each other; the later one reads
    /// what the earlier one committed. Readers are not held up.
    pub(crate) async fn lock_stream(&self, stream: &str) -> Result<(), StoreError> {
        if !self.writes() {
            return Ok(());
        }
        if let Some(statement) = self.dialect().lock_stream() {
            self.fetch(statement, params![stream]).await?;
        }
        Ok(())
    }
}

fn event(row: &Row) -> Result<StoredEvent, StoreError> {
    Ok(StoredEvent {
        position: row.number("position")?,
        event_id: row.parsed("event_id")?,
        stream: row.text("stream")?,
        version: row.number("version")?,
        kind: row.text("kind")?,
        schema: row.number("schema_number")?,
        at: row.instant("at")?,
        actor_id: row.parsed("actor_id")?,
        organisation_id: row.parsed("organisation_id")?,
        cause: row.optional_parsed("cause")?,
        payload: row.json("payload")?,
    })
}
