//! A case from application to closed access: commands that give events or a refusal, the fold over
//! the events, clocks, who may do what, outputs and their release, versions of registers, and what
//! the public sees of it all.
//!
//! `casework` is pure: it knows no HTTP, SQL or Arrow, and time is an argument. Events carry
//! identifiers and references to texts, never the texts.

pub mod access;
pub mod application;
pub mod authority;
pub mod calendar;
pub mod case;
pub mod clock;
pub mod criteria;
pub mod deletion;
pub mod form;
pub mod holding;
pub mod invariants;
pub mod output;
pub mod permit_build;
pub mod publication;
pub mod refusal;
pub mod rulebook;
pub mod stored_event;
pub mod view;

pub use access::{Action, Denied, Granted, Subject, check_may};
pub use case::{Case, CaseCommand, CaseEvent, CaseState, Recorded};
pub use refusal::Refusal;
pub use rulebook::Rulebook;
pub use stored_event::{EventError, StoredEvent};
