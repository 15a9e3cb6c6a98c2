//! How a person is named inside Sund and in an extract, and how sets of persons are combined.
//!
//! Knows: the shape of CPR numbers, the draw of internal person numbers, person buckets, the
//! permutation that gives each permit its own pseudonyms, cohorts as bitmaps, draws
//! and matched controls, and the coarsening
//! of values over Arrow arrays.
//!
//! Must not know: files, sockets, time, where keys are kept or which permit asks. Random bytes and
//! keys are arguments; everything here is a pure function of them.

mod calendar;
pub mod coarsen;
mod cohort;
mod cpr;
mod draw;
pub mod matching;
mod person;
mod pseudonym;
mod slots;

pub use cohort::{Cohort, CohortError};
pub use cpr::{
    BirthDate, CprError, CprNumber, SYNTHETIC_MONTH_OFFSET, mask_shape, scan_identifiers,
};
pub use draw::{Draw, Lots};
pub use person::{BucketsError, PERSON_BUCKETS, PERSON_CAPACITY, PersonBuckets, PersonNumber};
pub use pseudonym::{
    KeyDomain, OutOfDomain, PSEUDONYM_BASE, PSEUDONYM_BITS, Permutation, Pseudonym, PseudonymKey,
    PseudonymRanges, Pseudonymised,
};
pub use slots::{SlotAllocator, SlotError};
