//! The use cases of Sund, one function each: authorise, load, decide (pure), persist with audit,
//! publish, enqueue. Jobs live here too.
//!
//! `app` is the only crate that sees all others; it knows the order of steps and no HTTP types.

pub mod accounts;
pub mod cases;
pub mod catalogue_use;
mod content;
pub mod deliveries;
pub mod drafts;
mod error;
pub mod extracts;
mod folder;
mod guide;
mod installation;
mod jobs;
pub mod log;
pub mod permits;
pub mod public;
mod publish;
mod record;
mod signer;
mod texts;

pub use {base, casework, catalogue, disclosure, guidance};

pub use content::Content;
pub use error::Error;
pub use folder::{DEMO_START, Folder, FolderFormat, FolderKind};
pub use installation::{App, Opening};
pub use signer::Signer;
