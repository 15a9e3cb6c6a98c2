//! C2SP `tlog-checkpoint`: the signed statement of how long the log is and what it holds.

use crate::merkle::{TreeHash, TreeHead};
use crate::note::{NoteError, VerifierKey, open_note, sign_note};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;

/// Where a log folder keeps its newest checkpoint.
pub const CHECKPOINT_PATH: &str = "checkpoint";

/// What the log's key vouches for: the log of this name has this many leaves under this root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the log; also the name of the key that signs it.
    pub origin: String,
    /// Size and root.
    pub head: TreeHead,
}

/// Why a checkpoint cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around the checkpoint is not signed as it must be.
    #[error("the checkpoint is not signed by the log")]
    Note(#[from] NoteError),
    /// The signed text is not three lines: origin, size, root.
    #[error("the checkpoint is not an origin, a size and a root")]
    Malformed,
    /// The key signed a checkpoint of a log with another name.
    #[error("the checkpoint belongs to the log `{origin}`")]
    OtherOrigin {
        /// The name in the checkpoint.
        origin: String,
    },
}

impl Checkpoint {
    /// The signed note, to be published at [`CHECKPOINT_PATH`]. The key signs under the origin.
    pub fn sign(&self, key: &SigningKey) -> Result<String, CheckpointError> {
        Ok(sign_note(&self.text(), &self.origin, key)?)
    }

    /// Reads a published checkpoint and verifies that the log's key signed it.
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, CheckpointError> {
        let text = open_note(note, key)?;
        let checkpoint = Self::parse(text).ok_or(CheckpointError::Malformed)?;
        if checkpoint.origin != key.name() {
            return Err(CheckpointError::OtherOrigin {
                origin: checkpoint.origin,
            });
        }
        Ok(checkpoint)
    }

    /// The three lines that are signed.
    fn text(&self) -> String {
        let root = STANDARD.encode(self.head.root.as_bytes());
        format!("{}\n{}\n{root}\n", self.origin, self.head.size)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let root: [u8; 32] = STANDARD.decode(root).ok()?.try_into().ok()?;
        let head = TreeHead {
            size: size.parse().ok()?,
            root: TreeHash::from_bytes(root),
        };
        let checkpoint = Self {
            origin: origin.to_owned(),
            head,
        };
        // One spelling only: `007`, `+7` and extension lines are not ours.
        (checkpoint.text() == text).then_some(checkpoint)
    }
}

#[cfg(test)]
mod tests;
