//! What is known about a project.

use std::collections::BTreeMap;

use base::OrganisationId;
use catalogue::Text;
use catalogue::register::Register;
use serde::{Deserialize, Serialize};

/// The answer that carries both branches on.
pub const DONT_KNOW: &str = "dont-know";

/// Answers to the questions, by question id. A question without an answer counts as not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Facts {
    /// Question id -> choice id.
    pub answers: BTreeMap<String, String>,
}

/// A register the project wants to use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasketRegister {
    /// Short name: `lpr3`.
    pub id: String,
    /// Name for people.
    pub name: Text,
    /// Who decides about access.
    pub authority: OrganisationId,
}

impl Facts {
    /// The answer to a question, if it is a settled one.
    pub fn answer(&self, question: &str) -> Option<&str> {
        self.answers
            .get(question)
            .map(String::as_str)
            .filter(|answer| *answer != DONT_KNOW)
    }
}

impl BasketRegister {
    /// The register as the catalogue describes it.
    pub fn of(register: &Register) -> Self {
        let authority = register
            .access
            .as_ref()
            .map_or(&register.controller, |access| &access.authority);
        Self {
            id: register.id.clone(),
            name: register.name.clone(),
            authority: authority.clone(),
        }
    }
}
