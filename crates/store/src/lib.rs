//! The control plane's memory: one database, SQLite or PostgreSQL, with the event log, the read
//! models made of it, pending and published leaves of the public log, queued work, accounts and
//! sessions, and what stands beside the log (drafts, case texts, permits, versions, outputs).
//!
//! It keeps five promises, each held by the suite that runs on both databases: what a transaction wrote is
//! there whole or not at all; a stream has each version once; positions of events have no gaps and follow
//! commits; a checkpoint never shrinks or forks; a change that people answer for has its audit entry. All SQL of Sund stands here. The crate knows strings, JSON and bytes, not what a case is: it must
//! not know HTTP, the rules of casework, keys, or rows about persons.

mod accounts;
pub mod archive;
mod audit;
mod connection;
mod counters;
mod dialect;
mod documents;
mod drafts;
mod error;
mod events;
mod idempotency;
mod jobs;
mod leaves;
mod migrations;
mod outbox;
mod outputs;
mod page;
mod permits;
mod registers;
mod searches;
mod sessions;
mod settings;
mod store;
mod texts;
mod tiles;
mod transaction;
mod uri;

pub use accounts::{Account, HeldRole};
pub use audit::AuditEntry;
pub use documents::{Document, DocumentFilter, Order};
pub use drafts::{Basket, Draft};
pub use error::StoreError;
pub use events::{EVENTS_MAX, NewEvent, StoredEvent, StreamHead};
pub use idempotency::{Idempotency, IdempotencyKey};
pub use jobs::{Job, JobClaim, JobState, NewJob};
pub use leaves::{LEAVES_MAX, PendingLeaf, QueuedLeaf, SequencedLeaf, StoredLeaf};
pub use migrations::SCHEMA_VERSION;
pub use outbox::Message;
pub use outputs::StoredOutput;
pub use page::Page;
pub use permits::{StoredExtract, StoredPermit, StoredStatus};
pub use registers::RegisterVersion;
pub use searches::SavedSearch;
pub use sessions::Session;
pub use store::Store;
pub use texts::{Attachment, CaseText, Erased};
pub use tiles::StoredCheckpoint;
pub use transaction::{Reader, Tx};
pub use uri::StoreUri;
