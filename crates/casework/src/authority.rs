//! Organisations as their files under `content/authorities` describe them.

use std::collections::BTreeMap;

use base::OrganisationId;
use catalogue::{ContentError, ContentFile, Text};
use serde::{Deserialize, Serialize};

const FOLDER: &str = "authorities/";

/// An organisation: an authority that decides, an institution that applies, a holder of data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// Short name, equal to the file's name.
    pub id: OrganisationId,
    /// Full name.
    pub name: Text,
    /// Name for tight places.
    pub short: Text,
    /// What it does in a case.
    pub kind: AuthorityKind,
    /// Whether it also holds registers.
    #[serde(default)]
    pub holder: bool,
    /// Colour of its data on maps and charts.
    pub colour: String,
    /// The desk that answers.
    #[serde(default)]
    pub desk: Option<Desk>,
    /// Its own target.
    #[serde(default)]
    pub target: Option<Target>,
    /// Whether a second officer must confirm a decision.
    #[serde(default)]
    pub four_eyes: bool,
    /// What its decision is called: "dataaftale".
    #[serde(default)]
    pub decides: Option<Text>,
    /// How to complain about its decision.
    #[serde(default)]
    pub complaint: Option<Text>,
    /// Whether the authority has confirmed that text.
    #[serde(default)]
    pub complaint_confirmed: bool,
    /// Ids of conditions it usually sets.
    #[serde(default)]
    pub usual_conditions: Vec<String>,
    /// Former and other names, for search.
    #[serde(default)]
    pub other_names: Vec<String>,
    /// Where the facts come from.
    pub source: String,
}

/// What an organisation does in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthorityKind {
    /// Decides parts.
    Authority,
    /// Applies, and records what its projects do.
    Institution,
    /// Holds data only.
    Holder,
    /// The installation itself.
    Installation,
}

/// The desk that answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// Name of the unit.
    pub name: Text,
    /// Web page with contact details.
    #[serde(default)]
    pub url: Option<String>,
}

/// An authority's own target for its part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Working days, if it counts so.
    #[serde(default)]
    pub working_days: Option<u32>,
    /// Calendar days, if it counts so.
    #[serde(default)]
    pub calendar_days: Option<u32>,
    /// Where the target is published.
    pub source: String,
}

/// All organisations.
#[derive(Debug, Clone, Default)]
pub struct Authorities(BTreeMap<OrganisationId, Authority>);

impl Authorities {
    /// Reads every `authorities/*.toml` among the files. Other files are left alone.
    pub fn from_files<'a>(
        files: impl IntoIterator<Item = ContentFile<'a>>,
    ) -> Result<Self, ContentError> {
        let mut all = BTreeMap::new();
        for file in files {
            let Some(name) = file
                .path
                .strip_prefix(FOLDER)
                .and_then(|rest| rest.strip_suffix(".toml"))
            else {
                continue;
            };
            let authority: Authority = toml::from_str(file.text)
                .map_err(|error| ContentError::new(file.path, error.to_string().trim_end()))?;
            if authority.id.as_str() != name {
                return Err(ContentError::new(
                    file.path,
                    format!("`id` is `{}`, but the file is named `{name}`", authority.id),
                ));
            }
            all.insert(authority.id.clone(), authority);
        }
        Ok(Self(all))
    }

    /// The organisation of an id.
    pub fn get(&self, id: &OrganisationId) -> Option<&Authority> {
        self.0.get(id)
    }

    /// Every organisation, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Authority> {
        self.0.values()
    }
}
