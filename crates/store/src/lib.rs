//! The control plane's memory: one database, SQLite or PostgreSQL, with the event log, the read
//! models made of it, pending and published leaves of the public log, queued work, accounts and
//! sessions, and what stands beside the log (drafts, case texts, permits, versions, outputs).
//!
//! It keeps five promises, each held by the suite that runs on both databases: what a transaction
//! wrote is there whole or not at all; a stream has each version once; positions of events have no
//! gaps and follow commits; a checkpoint never shrinks or forks; a change that people answer for
//! has an audit entry in its own transaction.
//!
//! All SQL of Sund stands here. The crate knows strings, JSON and bytes, not what a case is: it must
//! not know HTTP, the rules of casework, keys, or rows about persons.

mod accounts;
mod audit;
mod connection;
mod counters;
mod dialect;
mod documents;
mod error;
mod events;
mod jobs;
mod migrations;
mod page;
mod sessions;
mod store;
mod uri;

pub use accounts::{Account, HeldRole};
pub use audit::AuditEntry;
pub use documents::{Document, DocumentFilter, Order};
pub use error::StoreError;
pub use events::{EVENTS_MAX, NewEvent, StoredEvent, StreamHead};
pub use jobs::{Job, JobClaim, JobState, NewJob};
pub use migrations::SCHEMA_VERSION;
pub use page::Page;
pub use sessions::Session;
pub use store::{Reader, Store, Tx};
pub use uri::StoreUri;
