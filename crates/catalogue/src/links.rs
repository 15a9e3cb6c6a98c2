//! How registers hang together: the key of the person, and what is made from what. `content/links.toml`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Catalogue;

/// By which key a register says whom a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PersonKey {
    /// The CPR number.
    Cpr,
    /// The holder's own key in place of the CPR number.
    Pseudonymised,
    /// No person, or none by a key.
    None,
}

/// In which way one source hangs on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkKind {
    /// Made from it.
    Derived,
    /// Continues it under another name or model.
    Succeeds,
}

/// One source that another is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The earlier source.
    pub from: String,
    /// The later source, where it is one.
    #[serde(default)]
    pub to: Option<String>,
    /// The category, where all its sources are made so.
    #[serde(default)]
    pub to_category: Option<String>,
    /// In which way.
    pub kind: LinkKind,
    /// Where it is said.
    pub source: String,
}

/// How registers hang together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    pseudonymised: BTreeSet<String>,
    none: BTreeSet<String>,
    links: Vec<Link>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    person_key: Keys,
    #[serde(default, rename = "link")]
    links: Vec<Link>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    #[serde(rename = "source")]
    _source: String,
    pseudonymised: BTreeSet<String>,
    none: BTreeSet<String>,
}

impl Links {
    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let Keys {
            pseudonymised,
            none,
            ..
        } = file.person_key;
        if let Some(id) = pseudonymised.intersection(&none).next() {
            return Err(format!("`{id}` has two kinds of person key"));
        }
        let two = |link: &&Link| link.to.is_some() == link.to_category.is_some();
        if let Some(link) = file.links.iter().find(two) {
            return Err(format!(
                "the link from `{}` needs either `to` or `to_category`",
                link.from
            ));
        }
        Ok(Self {
            pseudonymised,
            none,
            links: file.links,
        })
    }

    /// Refuses names that stand for nothing.
    pub(crate) fn check(&self, catalogue: &Catalogue) -> Result<(), String> {
        let named = self.pseudonymised.iter().chain(&self.none);
        let linked = self.links.iter().flat_map(|link| {
            let to = link.to.iter();
            to.chain([&link.from])
        });
        if let Some(id) = named
            .chain(linked)
            .find(|id| catalogue.register(id).is_none())
        {
            return Err(format!("there is no register `{id}`"));
        }
        let mut categories = self
            .links
            .iter()
            .filter_map(|link| link.to_category.as_ref());
        match categories.find(|id| catalogue.category(id).is_none()) {
            Some(id) => Err(format!("there is no category `{id}`")),
            None => Ok(()),
        }
    }

    /// By which key a register says whom a row is about.
    #[must_use]
    pub fn person_key(&self, register: &str) -> PersonKey {
        if self.none.contains(register) {
            PersonKey::None
        } else if self.pseudonymised.contains(register) {
            PersonKey::Pseudonymised
        } else {
            PersonKey::Cpr
        }
    }

    /// What is made from what.
    pub fn all(&self) -> &[Link] {
        &self.links
    }

    /// The register that this one continues.
    pub fn predecessor(&self, register: &str) -> Option<&str> {
        let mut links = self.links.iter();
        let found = links
            .find(|link| link.kind == LinkKind::Succeeds && link.to.as_deref() == Some(register))?;
        Some(&found.from)
    }

    /// The register that continues this one.
    pub fn successor(&self, register: &str) -> Option<&str> {
        let mut links = self.links.iter();
        let found = links.find(|link| link.kind == LinkKind::Succeeds && link.from == register)?;
        found.to.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &str =
        "[person_key]\nsource = \"s\"\npseudonymised = [\"dst_bef\"]\nnone = [\"sor\"]\n";

    #[test]
    fn a_source_carries_the_cpr_number_unless_the_file_says_otherwise() {
        let links = Links::parse(KEYS).unwrap();
        assert_eq!(links.person_key("lpr3"), PersonKey::Cpr);
        assert_eq!(links.person_key("dst_bef"), PersonKey::Pseudonymised);
        assert_eq!(links.person_key("sor"), PersonKey::None);
    }

    #[test]
    fn a_link_leads_to_one_place() {
        let text = format!("{KEYS}[[link]]\nfrom = \"a\"\nkind = \"derived\"\nsource = \"s\"\n");
        let problem = Links::parse(&text).unwrap_err();
        assert_eq!(
            problem,
            "the link from `a` needs either `to` or `to_category`"
        );
    }

    #[test]
    fn a_register_is_followed_by_another() {
        let text = format!(
            "{KEYS}[[link]]\nfrom = \"lpr2\"\nto = \"lpr3\"\nkind = \"succeeds\"\nsource = \"s\"\n"
        );
        let links = Links::parse(&text).unwrap();
        assert_eq!(links.predecessor("lpr3"), Some("lpr2"));
        assert_eq!(links.successor("lpr2"), Some("lpr3"));
        assert_eq!(links.successor("lpr3"), None);
    }
}
