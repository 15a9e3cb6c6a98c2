//! Withdrawing: handling stops at all authorities, for good.

use base::CaseTextId;
use serde::{Deserialize, Serialize};

use super::{CaseEvent, Deciding};
use crate::refusal::Refusal;

/// Withdraw the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithdrawApplication {
    /// Why, if the applicant says.
    pub reason: Option<CaseTextId>,
}

impl WithdrawApplication {
    pub(super) fn decide(&self, _at: &Deciding<'_>) -> Result<Vec<CaseEvent>, Refusal> {
        Ok(vec![CaseEvent::ApplicationWithdrawn {
            reason: self.reason,
        }])
    }
}
