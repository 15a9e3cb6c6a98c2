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
pub mod deliveries;
pub mod doctor;
pub mod drafts;
mod error;
pub mod extracts;
mod folder;
mod guide;
mod installation;
mod jobs;
mod journal;
pub mod log;
mod ops;
pub mod outputs;
pub mod permits;
pub mod public;
mod publish;
mod record;
pub mod rooms;
pub mod selections;
mod signer;
mod synth;
mod texts;

pub use {base, casework, catalogue, disclosure, guidance};

pub use backup::{BackupReport, RestoreReport, restore};
pub use content::Content;
pub use error::Error;
pub use folder::{DEMO_START, Folder, FolderFormat, FolderKind};
pub use installation::{App, Opening};
pub use ops::Idempotent;
pub use signer::Signer;
pub use synth::{SynthFormat, SynthReport, SynthTable, synthesise};
