//! The end of access: the data user closes it, or its last date has passed.

use base::CaseTextId;
use serde::{Deserialize, Serialize};

use super::{CaseEvent, Deciding};
use crate::refusal::Refusal;

/// Close the access, as the data user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloseAccess {
    /// Why, if said.
    pub reason: Option<CaseTextId>,
}

/// Note that the permit's last date has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpirePermit {}

impl CloseAccess {
    pub(super) fn decide(&self, at: &Deciding<'_>) -> Result<Vec<CaseEvent>, Refusal> {
        let permit = at.case.permit.as_ref().ok_or(Refusal::NothingGranted)?;
        Ok(vec![CaseEvent::AccessClosed {
            permit: permit.id,
            reason: self.reason,
        }])
    }
}

impl ExpirePermit {
    pub(super) fn decide(&self, at: &Deciding<'_>) -> Result<Vec<CaseEvent>, Refusal> {
        let permit = at.case.permit.as_ref().ok_or(Refusal::NothingGranted)?;
        if at.today <= permit.valid_to {
            return Err(Refusal::NotExpired(permit.valid_to));
        }
        Ok(vec![CaseEvent::PermitExpired { permit: permit.id }])
    }
}
