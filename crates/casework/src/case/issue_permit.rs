//! Issuing the permit, once every part is decided and every requirement met.

use base::{Date, OrganisationId, PermitId};
use serde::{Deserialize, Serialize};

use super::submit_application::check_access_period;
use super::{Case, CaseEvent, Deciding};
use crate::refusal::Refusal;

/// Issue version 1 of the permit. The document was built by [`crate::permit_build`] and signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuePermit {
    /// The new permit.
    pub permit: PermitId,
    /// Its public number.
    pub number: String,
    /// SHA-256 of the canonical document, in hex.
    pub document_sha256: String,
    /// First date of access.
    pub valid_from: Date,
    /// Last date of access.
    pub valid_to: Date,
}

impl IssuePermit {
    pub(super) fn decide(&self, at: &Deciding<'_>) -> Result<Vec<CaseEvent>, Refusal> {
        check_ready(at.case)?;
        check_access_period(at.today, self.valid_from, self.valid_to)?;
        Ok(vec![CaseEvent::PermitIssued {
            permit: self.permit,
            number: self.number.clone(),
            version: 1,
            document_sha256: self.document_sha256.clone(),
            valid_from: self.valid_from,
            valid_to: self.valid_to,
        }])
    }
}

/// What still stands between a case and its permit.
pub fn check_ready(case: &Case) -> Result<(), Refusal> {
    let undecided: Vec<OrganisationId> = case
        .parts
        .values()
        .filter(|part| part.decision.is_none())
        .map(|part| part.authority.clone())
        .collect();
    if !undecided.is_empty() {
        return Err(Refusal::PartsUndecided(undecided));
    }
    if !case.permit_is_possible() {
        return Err(Refusal::NothingGranted);
    }
    let waiting: Vec<String> = case
        .requirements
        .iter()
        .filter(|requirement| requirement.met.is_none())
        .map(|requirement| requirement.id.clone())
        .collect();
    if !waiting.is_empty() {
        return Err(Refusal::RequirementsWaiting(waiting));
    }
    Ok(())
}
