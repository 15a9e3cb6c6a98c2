//! Everything that this crate reads from content, together.

use catalogue::register::Register;
use catalogue::{Catalogue, ContentError, ContentFile};
use oxrdf::Graph;

use crate::import::{Aliases, ImportReport, import};
use crate::label::Labels;
use crate::package::Packages;
use crate::{AccessLevel, Agents, Exporter, Mapping, Standards};

/// Standards, words, organisations, packages and labels of an installation.
#[derive(Debug)]
pub struct Interchange {
    /// Profiles and their files.
    pub standards: Standards,
    /// Packages.
    pub packages: Packages,
    /// Quality labels.
    pub labels: Labels,
    words: Words,
}

#[derive(Debug)]
struct Words {
    mapping: Mapping,
    agents: Agents,
    aliases: Aliases,
}

impl Interchange {
    /// Reads what it needs of the content.
    pub fn from_files<'a, F>(
        files: impl Fn() -> F,
        catalogue: &Catalogue,
    ) -> Result<Self, ContentError>
    where
        F: IntoIterator<Item = ContentFile<'a>>,
    {
        let standards = Standards::from_files(files())?;
        let words = Words {
            mapping: Mapping::parse(standards.file("mapping.toml")?)?,
            agents: Agents::from_files(files())?,
            aliases: Aliases::parse(standards.file("aliases.toml")?)?,
        };
        Ok(Self {
            packages: Packages::from_files(files(), catalogue)?,
            labels: Labels::from_files(files(), catalogue)?,
            standards,
            words,
        })
    }

    fn exporter<'a>(&'a self, catalogue: &'a Catalogue, base: &'a str) -> Exporter<'a> {
        let words = &self.words;
        Exporter {
            catalogue,
            mapping: &words.mapping,
            agents: &words.agents,
            base: base.trim_end_matches('/'),
        }
    }

    /// The stable address of a register.
    pub fn register_address(&self, catalogue: &Catalogue, base: &str, id: &str) -> String {
        self.exporter(catalogue, base).register_address(id)
    }

    /// A source as a graph that stands alone.
    pub fn register(&self, catalogue: &Catalogue, base: &str, register: &Register) -> Graph {
        self.exporter(catalogue, base)
            .register(register, AccessLevel::NonPublic)
    }

    /// Sources as a catalogue.
    pub fn catalogue<'r>(
        &self,
        catalogue: &Catalogue,
        base: &str,
        registers: impl IntoIterator<Item = &'r Register>,
    ) -> Graph {
        self.exporter(catalogue, base).catalogue(registers)
    }

    /// Reads the datasets of others into drafts.
    pub fn import(&self, catalogue: &Catalogue, graph: &Graph) -> ImportReport {
        let words = &self.words;
        import(graph, catalogue, &words.mapping, &words.aliases)
    }
}
