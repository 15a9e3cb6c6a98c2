//! Answering a criterion, yes or no.

use base::{CaseTextId, OrganisationId};
use serde::{Deserialize, Serialize};

use super::{CaseEvent, Deciding};
use crate::refusal::Refusal;

/// Answer a criterion of a part. A later answer replaces an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssessCriterion {
    /// Part.
    pub authority: OrganisationId,
    /// Criterion.
    pub criterion: String,
    /// Yes or no.
    pub met: bool,
    /// Why; needed for a no.
    pub reason: Option<CaseTextId>,
}

impl AssessCriterion {
    pub(super) fn decide(&self, at: &Deciding<'_>) -> Result<Vec<CaseEvent>, Refusal> {
        at.open_part(&self.authority)?;
        if !at.rules.criteria().iter().any(|c| c.id == self.criterion) {
            return Err(Refusal::NoSuchCriterion(self.criterion.clone()));
        }
        if !self.met && self.reason.is_none() {
            return Err(Refusal::ReasonMissing);
        }
        Ok(vec![CaseEvent::CriterionAssessed {
            authority: self.authority.clone(),
            criterion: self.criterion.clone(),
            met: self.met,
            reason: self.reason,
        }])
    }
}
