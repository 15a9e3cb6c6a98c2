//! Meeting a requirement: the applicant's institution records or confirms.

use base::CaseTextId;
use serde::{Deserialize, Serialize};

use super::{CaseEvent, Deciding};
use crate::refusal::Refusal;

/// Record that a requirement is met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordRequirement {
    /// Requirement: `record-entry`.
    pub requirement: String,
    /// Reference or explanation.
    pub text: Option<CaseTextId>,
}

impl RecordRequirement {
    pub(super) fn decide(&self, at: &Deciding<'_>) -> Result<Vec<CaseEvent>, Refusal> {
        let requirement = at
            .case
            .requirements
            .iter()
            .find(|requirement| requirement.id == self.requirement)
            .ok_or_else(|| Refusal::NoSuchRequirement(self.requirement.clone()))?;
        if requirement.met.is_some() {
            return Err(Refusal::AlreadyRecorded(self.requirement.clone()));
        }
        Ok(vec![CaseEvent::RequirementRecorded {
            requirement: self.requirement.clone(),
            text: self.text,
        }])
    }
}
