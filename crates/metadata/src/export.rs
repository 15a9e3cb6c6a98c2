//! The catalogue in HealthDCAT-AP R8 on DCAT-AP 3.0.1, as DCAT-AP-DK wants its agents and quality statements typed.
//!
//! Every node has an address under the installation's own, made of names that do not change: no blank nodes, so two
//! exports of the same catalogue are the same file. What is not known is left out; what is unconfirmed says so.

mod agents;
mod build;
mod register;
mod variables;

use catalogue::Catalogue;
use catalogue::register::Register;
use oxrdf::Graph;
use serde::{Deserialize, Serialize};

pub use agents::{Agents, Desk};

use crate::Mapping;
use build::Builder;

/// Who may have the data: the three levels of the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccessLevel {
    /// Anyone.
    Public,
    /// Those who meet conditions.
    Restricted,
    /// Those with a permit.
    NonPublic,
}

impl AccessLevel {
    /// The level's address in the European list.
    pub const fn address(self) -> &'static str {
        match self {
            Self::Public => "http://publications.europa.eu/resource/authority/access-right/PUBLIC",
            Self::Restricted => {
                "http://publications.europa.eu/resource/authority/access-right/RESTRICTED"
            }
            Self::NonPublic => {
                "http://publications.europa.eu/resource/authority/access-right/NON_PUBLIC"
            }
        }
    }
}

/// What an export is made from.
#[derive(Debug, Clone, Copy)]
pub struct Exporter<'a> {
    /// Sources.
    pub catalogue: &'a Catalogue,
    /// Words.
    pub mapping: &'a Mapping,
    /// Organisations.
    pub agents: &'a Agents,
    /// The installation's address, without a slash at its end: `https://sund.example`.
    pub base: &'a str,
}

impl Exporter<'_> {
    /// The stable address of a register.
    pub fn register_address(&self, id: &str) -> String {
        format!("{}/id/register/{}", self.base, build::segment(id))
    }

    /// One source with everything its record needs to stand alone.
    pub fn register(&self, register: &Register, level: AccessLevel) -> Graph {
        let mut builder = Builder::new(self.base);
        self.add_register(&mut builder, register, level);
        self.add_common(&mut builder);
        builder.finish()
    }

    /// Sources as a catalogue: the whole, or a page of it.
    pub fn catalogue<'r>(&self, registers: impl IntoIterator<Item = &'r Register>) -> Graph {
        let mut builder = Builder::new(self.base);
        let catalogue = builder.address("catalogue");
        let words = &self.mapping.catalogue;
        builder
            .node(&catalogue)
            .is("dcat:Catalog")
            .text("dct:title", &words.title)
            .text("dct:description", &words.description)
            .link("dcatap:applicableLegislation", &self.mapping.legislation)
            .link("dct:spatial", &self.mapping.country)
            .link("dcat:themeTaxonomy", DATA_THEMES)
            .link(
                "dct:publisher",
                &self.agents.address(self.base, &words.publisher),
            );
        self.agents
            .add(&mut builder, self.mapping, &words.publisher, None);
        for register in registers {
            let record = format!("{}/record", self.register_address(&register.id));
            let dataset = self.register_address(&register.id);
            builder
                .node(&catalogue)
                .link("dcat:dataset", &dataset)
                .link("dcat:record", &record);
            builder
                .node(&record)
                .is("dcat:CatalogRecord")
                .link("foaf:primaryTopic", &dataset)
                .typed(
                    "dct:modified",
                    &self.mapping.described_on.to_string(),
                    "xsd:date",
                );
            self.add_register(&mut builder, register, AccessLevel::NonPublic);
        }
        self.add_common(&mut builder);
        builder.finish()
    }

    /// Types of what every record refers to, so that it stands without the European lists at hand.
    fn add_common(&self, builder: &mut Builder) {
        builder
            .node(&self.mapping.legislation)
            .is("eli:LegalResource");
        builder.node(&self.mapping.country).is("dct:Location");
    }
}

const DATA_THEMES: &str = "http://publications.europa.eu/resource/authority/data-theme";
