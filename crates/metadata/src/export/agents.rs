//! Organisations: who holds, publishes and decides, and where to write to them.

use std::collections::BTreeMap;

use base::OrganisationId;
use catalogue::{ContentError, ContentFile, Text};
use serde::Deserialize;

use super::build::{Builder, segment};
use crate::Mapping;

/// Organisations of `content/authorities`, as far as an export says something of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agents(BTreeMap<OrganisationId, Agent>);

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Agent {
    id: OrganisationId,
    name: Text,
    #[serde(default)]
    desk: Option<Desk>,
}

/// The desk of an organisation that answers questions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Desk {
    /// Its page.
    #[serde(default)]
    pub url: Option<String>,
}

impl Agents {
    /// Reads every `authorities/*.toml` among the files.
    pub fn from_files<'a>(
        files: impl IntoIterator<Item = ContentFile<'a>>,
    ) -> Result<Self, ContentError> {
        let mut agents = BTreeMap::new();
        for file in files {
            if file.path.starts_with("authorities/") && file.path.ends_with(".toml") {
                let agent: Agent = toml::from_str(file.text).map_err(|error| {
                    ContentError::new(file.path, error.to_string().trim_end().to_owned())
                })?;
                agents.insert(agent.id.clone(), agent);
            }
        }
        Ok(Self(agents))
    }

    /// The name of an organisation.
    pub fn name(&self, id: &OrganisationId) -> Option<&Text> {
        self.0.get(id).map(|agent| &agent.name)
    }

    /// The stable address of an organisation.
    pub fn address(&self, base: &str, id: &OrganisationId) -> String {
        format!("{base}/id/organisation/{}", segment(id.as_str()))
    }

    /// The address of a controller: the organisation's, or one made of its name where it has no file.
    pub(super) fn controller_address(
        &self,
        base: &str,
        id: &OrganisationId,
        name: Option<&str>,
    ) -> String {
        match name {
            Some(name) => format!("{base}/id/controller/{}", segment(name)),
            None => self.address(base, id),
        }
    }

    /// States an organisation and where to write to it. Where no page of its own is known, the page is the
    /// installation's, from which questions are passed on.
    pub(super) fn add(
        &self,
        builder: &mut Builder,
        mapping: &Mapping,
        id: &OrganisationId,
        name: Option<&str>,
    ) {
        let base = builder.page("");
        let address = self.controller_address(base.trim_end_matches('/'), id, name);
        let contact = format!("{address}/contact");
        let page = self.contact_page(builder, id, name);
        let mut agent = builder
            .node(&address)
            .is("foaf:Agent")
            .is("org:Organization")
            .link("cv:contactPoint", &contact);
        agent = match (name, self.name(id)) {
            (Some(name), _) => agent.plain("foaf:name", name),
            (None, Some(name)) => agent.text("foaf:name", name),
            (None, None) => agent.plain("foaf:name", id.as_str()),
        };
        if let (None, Some(kind)) = (name, mapping.publisher_types.get(id)) {
            agent.link("dct:type", &mapping.code("publisher-type", kind));
        }
        builder
            .node(&contact)
            .is("cv:ContactPoint")
            .link("cv:contactPage", &page);
    }

    /// The page where an organisation is asked.
    pub(super) fn contact_page(
        &self,
        builder: &Builder,
        id: &OrganisationId,
        name: Option<&str>,
    ) -> String {
        let own = self
            .0
            .get(id)
            .filter(|_| name.is_none())
            .and_then(|agent| agent.desk.as_ref()?.url.clone());
        own.unwrap_or_else(|| builder.page("en/vejledning"))
    }
}
