//! Who acts: an account, on behalf of an organisation, in a role, chosen at sign-in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::AccountId;

/// What somebody may do, as chosen at sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Applies and analyses (data user).
    Researcher,
    /// Decides the parts of one authority.
    Officer,
    /// One point of contact: sees all parts, decides none.
    Coordinator,
    /// Judges outputs before release.
    Checker,
    /// Delivers and owns registers (data holder).
    Holder,
    /// A person who looks at the use of own data.
    Citizen,
    /// Looks after accounts and the installation; sees no case texts.
    Admin,
    /// The command line on the folder itself.
    Operator,
    /// The system's own jobs.
    System,
}

impl Role {
    /// All roles, in the order of documents and permission tables.
    pub const ALL: [Self; 9] = [
        Self::Researcher,
        Self::Officer,
        Self::Coordinator,
        Self::Checker,
        Self::Holder,
        Self::Citizen,
        Self::Admin,
        Self::Operator,
        Self::System,
    ];

    /// The name in files, API and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Researcher => "researcher",
            Self::Officer => "officer",
            Self::Coordinator => "coordinator",
            Self::Checker => "checker",
            Self::Holder => "holder",
            Self::Citizen => "citizen",
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::System => "system",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, ParseNameError> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or(ParseNameError { kind: "role" })
    }
}

/// The short name of an organisation (`sds`, `dst`, `ki`, `au`): a file under `content/authorities`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrganisationId(String);

/// A text is not a name of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind} name")]
pub struct ParseNameError {
    kind: &'static str,
}

impl OrganisationId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OrganisationId {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, ParseNameError> {
        let well_formed = !text.is_empty()
            && text.len() <= 40
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseNameError {
                kind: "organisation",
            })
        }
    }
}

impl TryFrom<String> for OrganisationId {
    type Error = ParseNameError;

    fn try_from(text: String) -> Result<Self, ParseNameError> {
        text.parse()
    }
}

impl From<OrganisationId> for String {
    fn from(id: OrganisationId) -> Self {
        id.0
    }
}

impl fmt::Display for OrganisationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OrganisationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "organisation({})", self.0)
    }
}

/// Who acts. Every command and every query is scoped by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The account that signed in.
    pub account: AccountId,
    /// The organisation acted for.
    pub organisation: OrganisationId,
    /// The role chosen at sign-in.
    pub role: Role,
}

impl Actor {
    /// Whether this is somebody in `role` at `organisation`.
    pub fn holds(&self, role: Role, organisation: &OrganisationId) -> bool {
        self.role == role && self.organisation == *organisation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_names_parse_back() {
        for role in Role::ALL {
            assert_eq!(role.name().parse::<Role>().unwrap(), role);
        }
    }

    #[test]
    fn refuses_organisation_names_that_are_not_file_names() {
        for bad in ["", "SDS", "a/b", "æ", &"x".repeat(41)] {
            assert!(bad.parse::<OrganisationId>().is_err(), "{bad}");
        }
    }
}
