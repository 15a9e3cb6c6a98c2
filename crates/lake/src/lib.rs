//! The data plane: reception of a holder's delivery, the vault, the layout of register versions by
//! person bucket, and extraction by a permit.
//!
//! `lake` knows files, keys and Parquet. It knows no HTTP and of a case only the signed permit.
//! Identity numbers exist in `reception` and `vault` only; nothing else here ever sees one.

pub mod deletion;
mod durable;
pub mod extract;
pub mod folder;
pub mod keys;
mod layout;
pub mod manifest;
pub mod profile;
pub mod query;
pub mod reception;
pub mod sealed;
mod shuffle;
mod storage;
pub mod upload;
pub mod vault;

pub use folder::{Lake, LakeError, LakeFormat};
pub use keys::{KeyError, KeyStore};
pub use manifest::{BucketFile, TableManifest, VersionManifest};
pub use storage::StorageError;
