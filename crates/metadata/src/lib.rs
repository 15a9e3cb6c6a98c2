//! The catalogue in the words of others: RDF files, the profiles they are held to, and what each source of the
//! catalogue says in HealthDCAT-AP.
//!
//! `metadata` reads bytes and texts that somebody else loaded and never fetches anything: contexts, shapes and
//! vocabularies are files under `content/standards`. It knows no storage, no HTTP and no clock.

pub mod cite;
pub mod export;
pub mod import;
mod interchange;
pub mod label;
mod mapping;
pub mod package;
pub mod profile;
pub mod rdf;
pub mod shacl;
pub mod sparql;

pub use export::{AccessLevel, Agents, Exporter};
pub use interchange::Interchange;
pub use mapping::{MAPPING_FILE, Mapping};
pub use profile::{Standards, ValidationReport};
