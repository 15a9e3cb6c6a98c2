//! The keys that sign permits, statuses and the log's checkpoints. Nothing else holds them.

use base::Entropy;
use casework::deletion::DeletionProof;
use catalogue::permit::{PermitDocument, PermitStatus};
use catalogue::signing::{self, Signed, TrustedKeys};
use ed25519_dalek::SigningKey;
use lake::KeyStore;
use transparency::{Checkpoint, NoteError, VerifierKey};

use crate::Error;

const KIND: &str = "signing";

/// Signs permits and statuses.
pub struct Signer {
    permit: SigningKey,
    checkpoint: SigningKey,
    origin: String,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

impl Signer {
    /// Opens the installation's signing keys, making them at the first start. `origin` is the log's
    /// name, as in its checkpoints.
    pub fn open(keys: &KeyStore, origin: &str, entropy: &dyn Entropy) -> Result<Self, Error> {
        let permit = keys.load_or_create(KIND, "permit", entropy)?;
        let checkpoint = keys.load_or_create(KIND, "checkpoint", entropy)?;
        Ok(Self {
            permit: SigningKey::from_bytes(permit.expose()),
            checkpoint: SigningKey::from_bytes(checkpoint.expose()),
            origin: origin.to_owned(),
        })
    }

    /// Signs a permit.
    pub fn sign_permit(&self, permit: &PermitDocument) -> Result<Signed, Error> {
        signing::sign(permit, &self.permit).map_err(|error| Error::internal("signing", &error))
    }

    /// Signs a status.
    pub fn sign_status(&self, status: &PermitStatus) -> Result<Signed, Error> {
        signing::sign(status, &self.permit).map_err(|error| Error::internal("signing", &error))
    }

    /// Signs a deletion proof.
    pub fn sign_deletion(&self, proof: &DeletionProof) -> Result<Signed, Error> {
        signing::sign(proof, &self.permit).map_err(|error| Error::internal("signing", &error))
    }

    /// The keys that permits, statuses and deletion proofs are checked against here.
    pub fn trusted(&self) -> TrustedKeys {
        TrustedKeys::new([self.permit.verifying_key()])
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Signs a checkpoint.
    pub fn sign_checkpoint(&self, checkpoint: &Checkpoint) -> Result<String, Error> {
        checkpoint
            .sign(&self.checkpoint)
            .map_err(|error| Error::internal("signing the log", &error))
    }

    /// The public key of the log.
    pub fn verifier_key(&self) -> Result<VerifierKey, Error> {
        VerifierKey::from_signing_key(&self.origin, &self.checkpoint).map_err(|e| internal(&e))
    }
}

fn internal(error: &NoteError) -> Error {
    Error::internal("signing the log", error)
}
