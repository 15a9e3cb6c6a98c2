//! The use cases of Sund, one function each: authorise, load, decide (pure), persist with audit,
//! publish, enqueue. Jobs live here too.
//!
//! `app` is the only crate that sees all others; it knows the order of steps and no HTTP types.

mod content;
mod error;
mod folder;
mod installation;
mod signer;

pub use content::Content;
pub use error::Error;
pub use folder::{DEMO_START, Folder, FolderFormat, FolderKind};
pub use installation::{App, Opening};
pub use signer::Signer;
