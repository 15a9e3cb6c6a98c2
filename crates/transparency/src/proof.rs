//! Inclusion and consistency proofs of RFC 6962, made from stored hashes and verified without them.

use crate::merkle::{TreeHash, TreeHead, fold_right_edge, node_hash, tree_root};
use serde::{Deserialize, Serialize};

/// Access to the hashes of complete subtrees of a log.
pub trait HashReader {
    /// Root of the subtree over leaves `index * 2^level` up to `(index + 1) * 2^level`.
    fn subtree_root(&self, level: u32, index: u64) -> Result<TreeHash, ReadError>;
}

/// Leaf hashes in memory.
#[derive(Debug, Clone, Copy)]
pub struct LeafHashes<'a>(pub &'a [TreeHash]);

/// Why a stored hash could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The log holds no such complete subtree.
    #[error("the log has no complete subtree {index} at level {level}")]
    MissingSubtree {
        /// Height of the subtree.
        level: u32,
        /// Position among subtrees of that height.
        index: u64,
    },
    /// A tile is not there.
    #[error("`{path}` is missing")]
    MissingTile {
        /// Path of the tile.
        path: String,
    },
    /// A tile does not hold the number of hashes that its name says.
    #[error("`{path}` has the wrong length")]
    WrongLength {
        /// Path of the tile.
        path: String,
    },
}

/// Why a proof cannot be made or does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf or the earlier size lies outside the log.
    #[error("position {position} lies outside a log of {size} leaves")]
    OutOfRange {
        /// Leaf index or earlier size.
        position: u64,
        /// Size of the log.
        size: u64,
    },
    /// A stored hash could not be read.
    #[error("a hash of the log could not be read")]
    Read(#[from] ReadError),
    /// The proof has too few or too many hashes.
    #[error("the proof has the wrong number of hashes")]
    WrongLength,
    /// The proof leads to another root.
    #[error("the proof leads to another root")]
    WrongRoot,
}

/// Proves that a leaf is in the log of a certain size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InclusionProof {
    /// Position of the leaf.
    pub index: u64,
    /// Size of the log.
    pub size: u64,
    /// Sibling hashes from the leaf to the root.
    pub hashes: Vec<TreeHash>,
}

/// Proves that a log only grew between two sizes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyProof {
    /// Size of the earlier log.
    pub old_size: u64,
    /// Size of the later log.
    pub new_size: u64,
    /// Subtree hashes that rebuild both roots.
    pub hashes: Vec<TreeHash>,
}

/// Root of the first `size` leaves.
pub fn root_at(reader: &impl HashReader, size: u64) -> Result<TreeHash, ReadError> {
    range_root(reader, 0, size)
}

/// Makes the proof that leaf `index` is in the first `size` leaves.
pub fn inclusion_proof(
    reader: &impl HashReader,
    index: u64,
    size: u64,
) -> Result<InclusionProof, ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange {
            position: index,
            size,
        });
    }
    let (mut start, mut end) = (0, size);
    let mut hashes = Vec::new();
    while end - start > 1 {
        let middle = start + split_point(end - start);
        if index < middle {
            hashes.push(range_root(reader, middle, end)?);
            end = middle;
        } else {
            hashes.push(range_root(reader, start, middle)?);
            start = middle;
        }
    }
    hashes.reverse();
    Ok(InclusionProof {
        index,
        size,
        hashes,
    })
}

/// Makes the proof that the first `new_size` leaves begin with the first `old_size`.
pub fn consistency_proof(
    reader: &impl HashReader,
    old_size: u64,
    new_size: u64,
) -> Result<ConsistencyProof, ProofError> {
    if old_size > new_size {
        return Err(ProofError::OutOfRange {
            position: old_size,
            size: new_size,
        });
    }
    let mut hashes = Vec::new();
    if 0 < old_size && old_size < new_size {
        let (mut start, mut end) = (0, new_size);
        while end != old_size {
            let middle = start + split_point(end - start);
            if old_size <= middle {
                hashes.push(range_root(reader, middle, end)?);
                end = middle;
            } else {
                hashes.push(range_root(reader, start, middle)?);
                start = middle;
            }
        }
        // The verifier knows the earlier root; the last subtree is only needed when it differs.
        if start != 0 {
            hashes.push(range_root(reader, start, end)?);
        }
        hashes.reverse();
    }
    Ok(ConsistencyProof {
        old_size,
        new_size,
        hashes,
    })
}

impl InclusionProof {
    /// Whether the leaf of this hash stands at the proof's index under the given head.
    pub fn verify(&self, leaf: &TreeHash, head: &TreeHead) -> Result<(), ProofError> {
        if self.index >= self.size || self.size != head.size {
            return Err(ProofError::OutOfRange {
                position: self.index,
                size: head.size,
            });
        }
        let (mut node, mut last) = (self.index, self.size - 1);
        let mut root = *leaf;
        for sibling in &self.hashes {
            if last == 0 {
                return Err(ProofError::WrongLength);
            }
            if node & 1 == 1 || node == last {
                root = node_hash(sibling, &root);
                while node & 1 == 0 && node != 0 {
                    (node, last) = (node >> 1, last >> 1);
                }
            } else {
                root = node_hash(&root, sibling);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        if last != 0 {
            return Err(ProofError::WrongLength);
        }
        if root == head.root {
            Ok(())
        } else {
            Err(ProofError::WrongRoot)
        }
    }
}

impl ConsistencyProof {
    /// Whether the log under `new` begins with the log under `old`.
    pub fn verify(&self, old: &TreeHead, new: &TreeHead) -> Result<(), ProofError> {
        if (self.old_size, self.new_size) != (old.size, new.size) || old.size > new.size {
            return Err(ProofError::OutOfRange {
                position: old.size,
                size: new.size,
            });
        }
        if old.size == 0 || old.size == new.size {
            let expected = if old.size == 0 {
                TreeHead::empty()
            } else {
                *new
            };
            if !self.hashes.is_empty() {
                return Err(ProofError::WrongLength);
            }
            return if *old == expected {
                Ok(())
            } else {
                Err(ProofError::WrongRoot)
            };
        }
        let (old_root, new_root) = self.roots(old)?;
        if old_root == old.root && new_root == new.root {
            Ok(())
        } else {
            Err(ProofError::WrongRoot)
        }
    }

    /// Rebuilds both roots from the proof (RFC 9162, section 2.1.4.2).
    fn roots(&self, old: &TreeHead) -> Result<(TreeHash, TreeHash), ProofError> {
        let mut hashes = self.hashes.iter();
        let (mut node, mut last) = (self.old_size - 1, self.new_size - 1);
        let shift = node.trailing_ones();
        (node, last) = (node >> shift, last >> shift);
        let first = if self.old_size.is_power_of_two() {
            old.root
        } else {
            *hashes.next().ok_or(ProofError::WrongLength)?
        };
        let (mut old_root, mut new_root) = (first, first);
        for hash in hashes {
            if last == 0 {
                return Err(ProofError::WrongLength);
            }
            if node & 1 == 1 || node == last {
                old_root = node_hash(hash, &old_root);
                new_root = node_hash(hash, &new_root);
                while node & 1 == 0 && node != 0 {
                    (node, last) = (node >> 1, last >> 1);
                }
            } else {
                new_root = node_hash(&new_root, hash);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        if last == 0 {
            Ok((old_root, new_root))
        } else {
            Err(ProofError::WrongLength)
        }
    }
}

impl HashReader for LeafHashes<'_> {
    fn subtree_root(&self, level: u32, index: u64) -> Result<TreeHash, ReadError> {
        let missing = ReadError::MissingSubtree { level, index };
        let range = 1_usize.checked_shl(level).and_then(|width| {
            let start = usize::try_from(index).ok()?.checked_mul(width)?;
            Some(start..start.checked_add(width)?)
        });
        range
            .and_then(|range| self.0.get(range))
            .map(tree_root)
            .ok_or(missing)
    }
}

/// Root over a range whose start is a multiple of the largest power of two within its length.
fn range_root(reader: &impl HashReader, start: u64, end: u64) -> Result<TreeHash, ReadError> {
    let mut subtrees = Vec::new();
    let mut next = start;
    while next < end {
        let level = (end - next).ilog2();
        subtrees.push(reader.subtree_root(level, next >> level)?);
        next += 1 << level;
    }
    Ok(fold_right_edge(&subtrees).unwrap_or_else(|| TreeHead::empty().root))
}

/// The largest power of two below `n_leaves`, where RFC 6962 splits a tree of two or more leaves.
fn split_point(n_leaves: u64) -> u64 {
    1 << (n_leaves - 1).ilog2()
}

#[cfg(test)]
mod tests;
