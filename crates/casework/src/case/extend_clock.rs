//! Extending the time for a decision: once, with a reason that the applicant is told.

use base::{CaseTextId, OrganisationId};
use serde::{Deserialize, Serialize};

use super::{CaseEvent, Deciding};
use crate::refusal::Refusal;

/// Extend the time for a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtendClock {
    /// Part.
    pub authority: OrganisationId,
    /// Clock: `decision`.
    pub clock: String,
    /// Why.
    pub reason: CaseTextId,
}

impl ExtendClock {
    pub(super) fn decide(&self, at: &Deciding<'_>) -> Result<Vec<CaseEvent>, Refusal> {
        let part = at.open_part(&self.authority)?;
        let extendable = at
            .rules
            .clocks()
            .rule(&self.clock)
            .is_some_and(|rule| rule.extension.is_some());
        if !extendable {
            return Err(Refusal::NoSuchClock(self.clock.clone()));
        }
        if part.extended.is_some() {
            return Err(Refusal::AlreadyExtended);
        }
        Ok(vec![CaseEvent::ClockExtended {
            authority: self.authority.clone(),
            clock: self.clock.clone(),
            reason: self.reason,
        }])
    }
}
