//! Reception: a holder's delivery becomes an immutable version of a register, or nothing at all.
//!
//! Every row is checked against the register's description. Identity numbers are exchanged for
//! person numbers, and other keys for numbers of their domain, before anything is spilled to disk.
//! A bad row goes to quarantine and is counted; a bad file, or too many bad rows, refuses the whole
//! delivery. Errors name file, row and rule, never a value.

mod check;
mod columns;
mod commit;
mod csv;
mod error;
mod identity;
mod intake;
pub(crate) mod parse;
mod pattern;
mod quarantine;
mod report;
mod sort;
mod source;

use std::sync::atomic::{AtomicBool, Ordering};

use base::{Date, DeliveryId, Entropy, VersionId};
use catalogue::Catalogue;
use catalogue::register::Register;

pub use columns::HeadingFault;
pub use csv::CsvFault;
pub use error::{FileFault, ReceptionError};
pub use quarantine::{RejectedRow, read_quarantine};
pub use report::{Example, Rule, RuleFinding, TableReport, ValidationReport};
pub use source::{BatchSource, DeliveredBatch, DeliveredFile, delivered_sha256};

use crate::folder::Lake;
use crate::manifest::VersionManifest;
use columns::{TablePlan, did_you_mean, nearest};
use intake::Intake;
use source::FileSource;

/// Bytes of rows that a reception holds before it spills.
pub const MEMORY_BYTES: usize = 1 << 30;
/// A delivery is refused when more than this share of a table's rows is rejected …
pub const REJECTED_PERCENT_MAX: u64 = 20;
/// … unless so few rows are rejected that they say nothing about the file.
pub const REJECTED_ROWS_FEW: u64 = 20;

/// One register's delivery: what it will be called.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// The register's description.
    pub register: &'a Register,
    /// The delivery.
    pub delivery: DeliveryId,
    /// The version that it becomes.
    pub version: VersionId,
}

/// What was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The version; it counts once it stands in an event.
    pub manifest: VersionManifest,
    /// What was found.
    pub report: ValidationReport,
}

/// How far a reception is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Rows read and checked so far.
    Checked(u64),
    /// Rows written to their buckets so far.
    Written(u64),
}

/// A reception: the lake and all that it works with.
pub struct Reception<'a> {
    /// The lake.
    pub lake: &'a Lake,
    /// Registers and code lists.
    pub catalogue: &'a Catalogue,
    /// No date of a delivery lies after it.
    pub today: Date,
    /// Threads to work with.
    pub threads: usize,
    /// Bytes of rows to hold before spilling: [`MEMORY_BYTES`] unless there is a reason.
    pub memory_bytes: usize,
    /// Random bytes for keys, nonces and person numbers.
    pub entropy: &'a dyn Entropy,
    /// Is told how far it is, from any thread.
    pub progress: &'a (dyn Fn(Progress) + Sync),
    /// Set to stop it; nothing remains then.
    pub cancel: &'a AtomicBool,
}

impl std::fmt::Debug for Reception<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reception")
            .field("lake", &self.lake.root())
            .field("today", &self.today)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

impl Reception<'_> {
    /// Receives the files of one delivery. Several files may hold rows of the same table; a table
    /// without a file is not part of the version.
    pub fn receive(
        &self,
        delivery: &Delivery<'_>,
        files: &[DeliveredFile],
    ) -> Result<Received, ReceptionError> {
        let mut tables: Vec<&str> = files.iter().map(|file| file.table.as_str()).collect();
        tables.sort_unstable();
        tables.dedup();
        for table in &tables {
            check_table(delivery.register, table)?;
        }
        if tables.is_empty() {
            return Err(ReceptionError::NothingDelivered);
        }
        let plans = self.plan(delivery.register, |name| tables.contains(&name))?;
        let source = FileSource::new(&plans, files);
        let intake = Intake::new(self, std::slice::from_ref(delivery), &[(0, &plans)])?;
        intake.run(&source)?;
        let stamp = source.delivered_sha256();
        let mut received = intake.commit(&stamp)?;
        received.pop().ok_or(ReceptionError::Stopped)
    }

    /// Receives deliveries of several registers from one source of batches, as the synthetic
    /// Denmark gives them. `stamp` says what was generated: equal stamps mean equal deliveries.
    pub fn receive_batches(
        &self,
        deliveries: &[Delivery<'_>],
        stamp: &str,
        batches: &dyn BatchSource,
    ) -> Result<Vec<Received>, ReceptionError> {
        let mut plans = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            plans.push(self.plan(delivery.register, |_| true)?);
        }
        let by_delivery: Vec<(usize, &Vec<TablePlan>)> = plans.iter().enumerate().collect();
        let intake = Intake::new(self, deliveries, &by_delivery)?;
        intake.run(&intake.batches(batches))?;
        intake.commit(&intake::stamp_sha256(stamp))
    }

    fn plan(
        &self,
        register: &Register,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<TablePlan>, ReceptionError> {
        let tables = register.tables.iter();
        tables
            .filter(|table| table.deliverable && wanted(&table.name))
            .map(|table| TablePlan::new(register, table, self.catalogue))
            .collect()
    }

    fn check_cancel(&self) -> Result<(), ReceptionError> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(ReceptionError::Cancelled);
        }
        Ok(())
    }
}

fn check_table(register: &Register, name: &str) -> Result<(), ReceptionError> {
    if register.table(name).is_some_and(|table| table.deliverable) {
        return Ok(());
    }
    let deliverable = register.tables.iter().filter(|table| table.deliverable);
    let known = deliverable.map(|table| table.name.as_str());
    Err(ReceptionError::UnknownTable {
        register: register.id.clone(),
        table: columns::printable(name),
        meant: did_you_mean(nearest(name, known)),
    })
}
