//! The use cases of Sund, one function each: authorise, load, decide (pure), persist with audit,
//! publish, enqueue. Jobs live here too.
//!
//! `app` is the only crate that sees all others; it knows the order of steps and no HTTP types.

pub mod accounts;
mod backup;
pub mod cases;
pub mod catalogue_use;
mod claim;
mod content;
mod deletion;
pub mod deliveries;
pub mod doctor;
pub mod drafts;
mod error;
pub mod extracts;
mod folder;
mod guide;
mod idempotency;
mod installation;
mod interchange_use;
mod jobs;
mod journal;
pub mod log;
mod ops;
pub mod outputs;
pub mod people;
pub mod permits;
pub mod profiles;
pub mod public;
mod publish;
mod record;
pub mod rooms;
pub mod saved_searches;
pub mod selections;
mod signer;
mod status;
mod synth;
mod texts;
mod zip;

pub use {base, casework, catalogue, disclosure, guidance, metadata, search};

pub use backup::{BackupReport, RestoreReport, restore};
pub use content::Content;
pub use error::Error;
pub use folder::{DEMO_START, Folder, FolderFormat, FolderKind};
pub use idempotency::{Idempotent, WriteKey};
pub use installation::{App, Opening};
pub use interchange_use::{PackageFile, draft_text, package_files};
pub use signer::Signer;
pub use status::{DiskSpace, OperationStatus};
pub use synth::{SynthFormat, SynthReport, SynthTable, synthesise};
