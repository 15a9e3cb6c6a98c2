//! RFC 6962 tree hashing: leaves and inner nodes are hashed under different prefixes.

use crate::hex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// A SHA-256 hash of a leaf, an inner node or a whole tree. Written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TreeHash([u8; 32]);

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 lower-case hexadecimal digits")]
pub struct HashParseError;

/// How many leaves a tree has, and the hash that commits to all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TreeHead {
    /// Number of leaves.
    pub size: u64,
    /// Root hash over those leaves.
    pub root: TreeHash,
}

/// Hash of one leaf: SHA-256 of 0x00 and the leaf's bytes.
pub fn leaf_hash(leaf: &[u8]) -> TreeHash {
    TreeHash(
        Sha256::new()
            .chain_update([0x00])
            .chain_update(leaf)
            .finalize()
            .into(),
    )
}

/// Hash of an inner node: SHA-256 of 0x01 and both children.
pub fn node_hash(left: &TreeHash, right: &TreeHash) -> TreeHash {
    TreeHash(
        Sha256::new()
            .chain_update([0x01])
            .chain_update(left.0)
            .chain_update(right.0)
            .finalize()
            .into(),
    )
}

/// Root over leaf hashes in order; the empty tree has the hash of no bytes.
pub fn tree_root(leaf_hashes: &[TreeHash]) -> TreeHash {
    let mut builder = RootBuilder::default();
    for hash in leaf_hashes {
        builder.push(*hash);
    }
    builder.root()
}

impl TreeHead {
    /// The head of a log without leaves.
    pub fn empty() -> Self {
        Self {
            size: 0,
            root: tree_root(&[]),
        }
    }
}

impl TreeHash {
    /// Takes 32 bytes as a hash.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Folds leaf hashes into a root, keeping only the roots of complete subtrees.
#[derive(Default)]
pub(crate) struct RootBuilder {
    /// INVARIANT: one root per one-bit of `n_leaves`, largest subtree first.
    complete: Vec<TreeHash>,
    n_leaves: u64,
}

impl RootBuilder {
    pub(crate) fn push(&mut self, hash: TreeHash) {
        self.n_leaves += 1;
        let mut merged = hash;
        for _ in 0..self.n_leaves.trailing_zeros() {
            if let Some(left) = self.complete.pop() {
                merged = node_hash(&left, &merged);
            }
        }
        self.complete.push(merged);
    }

    pub(crate) fn root(&self) -> TreeHash {
        fold_right_edge(&self.complete).unwrap_or_else(|| TreeHash(Sha256::digest([]).into()))
    }
}

/// Joins the roots of complete subtrees, largest first, as RFC 6962 joins an uneven right edge.
pub(crate) fn fold_right_edge(subtrees: &[TreeHash]) -> Option<TreeHash> {
    subtrees
        .iter()
        .copied()
        .rev()
        .reduce(|right, left| node_hash(&left, &right))
}

impl fmt::Display for TreeHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, out)
    }
}

impl fmt::Debug for TreeHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, out)
    }
}

impl FromStr for TreeHash {
    type Err = HashParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        hex::parse_32(text).map(Self).ok_or(HashParseError)
    }
}

impl Serialize for TreeHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TreeHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
