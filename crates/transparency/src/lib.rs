//! The append-only log in which Sund commits to what it publishes.
//!
//! Knows: the canonical form of a log leaf and its salted commitments, RFC 6962 tree hashing, C2SP
//! `tlog-tiles` files, signed checkpoints, inclusion and consistency proofs, and how a whole log
//! folder is verified without trusting whoever serves it.
//!
//! Must not know: where files lie, what time it is, where random bytes come from, what a case is.
//! Everything here is a pure function from bytes to bytes; callers read, write and sign.
//!
//! A log folder holds `checkpoint`, `tile/<level>/<index>` and `tile/entries/<index>`; the openings
//! of public fields are served beside it and may be withheld or erased without breaking the log.

mod append;
mod checkpoint;
mod hex;
mod leaf;
mod merkle;
mod note;
mod opening;
mod proof;
mod tile;
mod verify;

pub use append::{AppendError, Batch, LogFile, append_leaves};
pub use checkpoint::{CHECKPOINT_PATH, Checkpoint, CheckpointError};
pub use leaf::{LEAF_FORMAT, LeafError, LogLeaf};
pub use merkle::{HashParseError, TreeHash, TreeHead, leaf_hash, node_hash, tree_root};
pub use note::{NoteError, VerifierKey, open_note, sign_note};
pub use opening::{
    Commitment, Erasure, FieldState, LeafOpenings, Opening, Salt, check_field, check_opening,
};
pub use proof::{
    ConsistencyProof, HashReader, InclusionProof, LeafHashes, ProofError, ReadError,
    consistency_proof, inclusion_proof, root_at,
};
pub use tile::{EntriesError, Tile, TileHashReader, TileKind, parse_entries, write_entries};
pub use verify::{Expectations, FieldReport, Finding, Report, verify_log};
