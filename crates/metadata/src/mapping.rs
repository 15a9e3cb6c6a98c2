//! Which words of the catalogue are which words of the profiles: `content/standards/mapping.toml`.

use std::collections::BTreeMap;

use base::{Date, OrganisationId};
use catalogue::{ContentError, Text};
use serde::Deserialize;

/// The path of the file.
pub const MAPPING_FILE: &str = "standards/mapping.toml";

/// Words of the catalogue and of the profiles.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// When the descriptions were last gone through.
    pub described_on: Date,
    /// The law that every record is under.
    pub legislation: String,
    /// The country of every record.
    pub country: String,
    /// Type of a source.
    pub dataset_type: String,
    /// Type of synthetic data.
    pub synthetic_type: String,
    /// Theme of every source.
    pub theme: String,
    /// Address that the vocabularies of the European health data space begin with.
    pub vocabulary: String,
    /// The health data access body.
    pub hdab: AccessBody,
    /// The catalogue itself.
    pub catalogue: CatalogueWords,
    /// Letters of Art. 51(1) and their codes.
    pub ehds_categories: BTreeMap<String, String>,
    /// Code lists and the coding systems that they are.
    pub coding_systems: BTreeMap<String, Vec<String>>,
    /// Registers and the health themes that their names state.
    pub health_themes: BTreeMap<String, Vec<String>>,
    /// Organisations and what kind of publisher they are.
    pub publisher_types: BTreeMap<OrganisationId, String>,
    /// Sentences that records state.
    pub sentences: Sentences,
}

/// The body that decides on access.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessBody {
    /// The organisation under `content/authorities`.
    pub authority: OrganisationId,
    /// What is uncertain about it.
    pub note: Text,
}

/// What the catalogue says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueWords {
    /// Title.
    pub title: Text,
    /// Description.
    pub description: Text,
    /// The organisation that publishes it.
    pub publisher: OrganisationId,
}

/// Sentences, with `{name}` of what they are about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentences {
    /// Where a description comes from: `{source}`.
    pub provenance: Text,
    /// That it is not confirmed.
    pub unconfirmed: Text,
    /// That no variables are public.
    pub no_variables: Text,
    /// How data behind a permit are reached.
    pub access: Text,
    /// How open data are reached.
    pub open_access: Text,
    /// Heading of variables: `{name}`.
    pub variables: Text,
    /// Unit of a number: `{unit}`.
    pub unit: Text,
}

impl Mapping {
    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, ContentError> {
        toml::from_str(text).map_err(|error| {
            ContentError::new(MAPPING_FILE, error.to_string().trim_end().to_owned())
        })
    }

    /// The address of a code in one of the vocabularies.
    pub fn code(&self, list: &str, code: &str) -> String {
        format!("{}{list}/{code}", self.vocabulary)
    }
}

/// A text with one placeholder filled in, in both languages.
pub(crate) fn filled(text: &Text, placeholder: &str, with: &Text) -> Text {
    let placeholder = format!("{{{placeholder}}}");
    Text::new(
        text.da.replace(&placeholder, &with.da),
        text.en.replace(&placeholder, &with.en),
    )
}
