//! Revoking: an authority takes the permit back, with a reason, and access closes.

use base::CaseTextId;
use serde::{Deserialize, Serialize};

use super::{CaseEvent, Deciding};
use crate::refusal::Refusal;

/// Revoke the permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokePermit {
    /// Why.
    pub reason: CaseTextId,
}

impl RevokePermit {
    pub(super) fn decide(&self, at: &Deciding<'_>) -> Result<Vec<CaseEvent>, Refusal> {
        let permit = at.case.permit.as_ref().ok_or(Refusal::NothingGranted)?;
        Ok(vec![CaseEvent::PermitRevoked {
            permit: permit.id,
            reason: self.reason,
        }])
    }
}
