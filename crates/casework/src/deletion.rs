//! The end of data: what was deleted when a permit ended, as a signed proof that anyone can check.

use base::{PermitId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::access::{Action, Granted, state_allows};
use crate::case::{Case, CaseState, Recorded};
use crate::refusal::Refusal;
use crate::stored_event::StoredEvent;

/// The format of a proof.
pub const FORMAT: &str = "sund-deletion/1";

/// What was deleted, once per permit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DeletionEvent {
    /// The extracts of a permit that ended were deleted.
    ExtractDeleted {
        /// Permit.
        permit: PermitId,
        /// Why: the state in which the case ended.
        because: CaseState,
        /// Versions of the permit whose extracts were deleted.
        extracts: Vec<u32>,
        /// Keys that were destroyed.
        keys_destroyed: u32,
        /// SHA-256 of the canonical proof, in hex.
        proof_sha256: String,
    },
}

/// A deletion proof: what was deleted, why, and when. Signed as permits are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletionProof {
    /// Always [`FORMAT`].
    pub format: String,
    /// Permit.
    pub permit: PermitId,
    /// Its public number.
    pub permit_number: String,
    /// Public number of the case.
    pub case_number: String,
    /// Why: the state in which the case ended.
    pub because: CaseState,
    /// When the permit ended.
    pub ended_at: Timestamp,
    /// When the data were deleted.
    pub deleted_at: Timestamp,
    /// What was deleted.
    pub extracts: Vec<DeletedExtract>,
    /// Keys that were destroyed, as `kind/id`. What they encrypted is unreadable in every copy.
    pub keys_destroyed: Vec<String>,
    /// What stays, and why: `output` names the key of results that were released.
    pub kept: Vec<String>,
}

/// An extract that was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletedExtract {
    /// Version of the permit it was made of.
    pub version: u32,
    /// SHA-256 of its canonical descriptor, in hex; it names the hash of every file.
    pub descriptor_sha256: String,
}

/// Record that the extracts of an ended permit were deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordDeletion {
    /// What was deleted.
    pub proof: DeletionProof,
    /// SHA-256 of the canonical proof, in hex.
    pub proof_sha256: String,
}

impl StoredEvent for DeletionEvent {
    const STREAM: &'static str = "deletion";
    const SCHEMA: u32 = 1;
}

impl DeletionEvent {
    /// The kind, as stored.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ExtractDeleted { .. } => "extract_deleted",
        }
    }
}

impl RecordDeletion {
    /// The events of the permit's deletion. `before` are those recorded until now: what was deleted
    /// once is not deleted again.
    pub fn decide(
        &self,
        case: &Case,
        before: &[Recorded<DeletionEvent>],
        granted: &Granted,
    ) -> Result<Vec<DeletionEvent>, Refusal> {
        let action = Action::DeleteExtract;
        if !granted.covers_case(action, case.id, None) {
            return Err(Refusal::OtherPermission);
        }
        let permit = case.permit.as_ref().ok_or(Refusal::NothingGranted)?;
        if !state_allows(action, case.state) || permit.in_force || permit.id != self.proof.permit {
            return Err(Refusal::WrongState {
                action: action.name(),
                state: case.state,
            });
        }
        if !before.is_empty() {
            return Ok(Vec::new());
        }
        let proof = &self.proof;
        Ok(vec![DeletionEvent::ExtractDeleted {
            permit: proof.permit,
            because: proof.because,
            extracts: proof.extracts.iter().map(|made| made.version).collect(),
            keys_destroyed: u32::try_from(proof.keys_destroyed.len()).unwrap_or(u32::MAX),
            proof_sha256: self.proof_sha256.clone(),
        }])
    }
}
