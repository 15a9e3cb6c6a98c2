//! The second pair of eyes: another officer confirms a proposed decision, or returns it.

use base::{CaseTextId, OrganisationId};
use serde::{Deserialize, Serialize};

use super::{CaseEvent, Deciding};
use crate::refusal::Refusal;

/// Confirm or return a proposed decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmDecision {
    /// Part.
    pub authority: OrganisationId,
    /// None confirms; a reason returns the proposal.
    pub return_because: Option<CaseTextId>,
}

impl ConfirmDecision {
    pub(super) fn decide(&self, at: &Deciding<'_>) -> Result<Vec<CaseEvent>, Refusal> {
        let part = at.open_part(&self.authority)?;
        let proposal = part.proposal.as_ref().ok_or(Refusal::NoProposal)?;
        if proposal.by == at.actor.account {
            return Err(Refusal::SameOfficer);
        }
        let event = match self.return_because {
            Some(reason) => CaseEvent::ProposalReturned {
                authority: self.authority.clone(),
                reason,
            },
            None => CaseEvent::PartDecided {
                authority: self.authority.clone(),
                decision: proposal.decision.clone(),
                proposed_by: Some(proposal.by),
            },
        };
        Ok(vec![event])
    }
}
