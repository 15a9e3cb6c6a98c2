//! The descriptor of an extract: a Data Package with what it was made from.

use std::collections::BTreeMap;

use base::{PermitId, VersionId};
use catalogue::Text;
use catalogue::register::Coarsening;
use catalogue::selection::Criterion;
use serde::{Deserialize, Serialize};

use super::population::Population;
use super::tables::WrittenTable;
use super::{Encryption, Run};
use crate::layout::CREATED_BY;

/// Name of the descriptor's file in the extract's folder.
pub const DESCRIPTOR_FILE: &str = "datapackage.json";
/// The format of the part that is ours.
const FORMAT: &str = "sund-extract/1";
const PROFILE: &str = "https://datapackage.org/profiles/2.0/datapackage.json";

/// An extract, described. It holds nothing that differs between two runs of the same permit over
/// the same versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtractDescriptor {
    /// Profile of the Data Package standard.
    #[serde(rename = "$schema")]
    pub profile: String,
    /// Name.
    pub name: String,
    /// The permit's title.
    pub title: String,
    /// Tables.
    pub resources: Vec<ExtractResource>,
    /// What it was made from.
    pub sund: Provenance,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtractResource {
    /// `<register>_<table>`.
    pub name: String,
    /// File in the extract's folder.
    pub path: String,
    /// Always `parquet`.
    pub format: String,
    /// Media type.
    pub mediatype: String,
    /// Hash of the plain Parquet bytes, before any encryption: `sha256:…`.
    pub hash: String,
    /// Rows.
    pub rows: u64,
    /// Columns.
    pub schema: ExtractSchema,
}

/// Columns of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtractSchema {
    /// In the order of the file.
    pub fields: Vec<ExtractField>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtractField {
    /// Name.
    pub name: String,
    /// Type by the Table Schema standard: `integer`, `number`, `string`, `date`.
    #[serde(rename = "type")]
    pub field_type: String,
    /// What it says.
    pub title: Text,
    /// What it does to people: `person`, `key` or `value`.
    pub role: String,
    /// How fine it is.
    pub coarsening: Coarsening,
}

/// What an extract was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Always `sund-extract/1`.
    pub format: String,
    /// What made it; another engine may give other bytes for the same rows.
    pub engine: String,
    /// Permit.
    pub permit_id: PermitId,
    /// Its public number.
    pub permit_number: String,
    /// Its version.
    pub permit_version: u32,
    /// Whether the files are encrypted.
    pub encrypted: bool,
    /// Register versions.
    pub versions: BTreeMap<String, VersionId>,
    /// The vault's version: which person numbers were one person.
    pub vault_version: u64,
    /// Persons of the population.
    pub persons: u64,
    /// Persons left after each criterion. Shown to anybody, it is an output like every other.
    pub attrition: Vec<AttritionStep>,
}

/// Persons left after a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttritionStep {
    /// What the step does.
    #[serde(default)]
    pub kind: AttritionKind,
    /// The criterion, where the step is one.
    pub criterion: Option<Criterion>,
    /// Persons there are after it.
    pub persons: u64,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttritionKind {
    /// Everybody there is to choose among.
    Base,
    /// A criterion leaves some.
    #[default]
    Criterion,
    /// Some are drawn.
    Sample,
    /// Controls are added.
    Controls,
    /// Relatives are added.
    Relatives,
}

/// Describes what was written.
pub(super) fn describe(
    run: &Run<'_>,
    population: &Population,
    tables: Vec<WrittenTable>,
) -> ExtractDescriptor {
    let permit = run.request.permit;
    let resources = tables.into_iter().map(|table| ExtractResource {
        path: format!("{}.parquet", table.name),
        format: "parquet".to_owned(),
        mediatype: "application/vnd.apache.parquet".to_owned(),
        hash: format!("sha256:{}", table.plain_sha256),
        rows: table.rows,
        schema: ExtractSchema {
            fields: table.fields,
        },
        name: table.name,
    });
    ExtractDescriptor {
        profile: PROFILE.to_owned(),
        name: format!("{}-v{}", permit.number.to_lowercase(), permit.version),
        title: permit.title.da.clone(),
        resources: resources.collect(),
        sund: Provenance {
            format: FORMAT.to_owned(),
            engine: CREATED_BY.to_owned(),
            permit_id: permit.permit_id,
            permit_number: permit.number.clone(),
            permit_version: permit.version,
            encrypted: matches!(run.request.target.encryption, Encryption::Encrypted(_)),
            versions: run.search.plan.versions(),
            vault_version: run.search.plan.vault_version,
            persons: population.len(),
            attrition: population.attrition.clone(),
        },
    }
}
