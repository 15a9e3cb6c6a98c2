//! What every other crate of Sund speaks: typed ids, who acts, the source of time, the source of
//! chance, secrets that cannot be printed, and limits.
//!
//! `base` knows nothing of registers, cases or storage. An item enters only when two crates
//! already need it.

mod actor;
mod chance;
mod ids;
pub mod limits;
mod privacy;
mod time;

pub use actor::{Actor, OrganisationId, ParseNameError, Role};
pub use chance::{Entropy, SeededEntropy, SystemEntropy};
pub use ids::{
    AccountId, AttachmentId, CaseId, CaseTextId, DeliveryId, DraftId, EventId, ExtractId, JobId,
    OutputId, ParseIdError, PartId, PermitId, QuestionId, RoomId, SavedSearchId, SessionId,
    VersionId,
};
pub use privacy::{Personal, Secret};
pub use time::{
    Clock, Date, FixedClock, ShiftedClock, SteadyClock, Stopwatch, SystemClock, Timestamp,
    danish_date, danish_midnight, format_instant, parse_instant,
};

/// The class of an error: what the edge (HTTP status, exit code) is chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorClass {
    /// The input is malformed or breaks a rule the caller can read.
    Invalid,
    /// The caller is not signed in.
    Unauthenticated,
    /// It does not exist, or the caller may not know that it does.
    NotFound,
    /// The caller may know that it exists, but may not do this.
    Forbidden,
    /// It changed since the caller read it, or the state does not allow it.
    Conflict,
    /// A limit was reached.
    Limited,
    /// An outside part (disk, database, network) did not do its work; trying again can help.
    Unavailable,
    /// A fault of ours.
    Internal,
}
