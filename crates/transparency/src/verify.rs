//! Verification of a whole log folder, offline and without trusting whoever served it.
//!
//! Everything is recomputed from the leaves: root, tiles and checkpoint must follow from them, so
//! that a changed byte in any file of the log is found. What is served beside the log is then held
//! against the commitments in the leaves.

use crate::checkpoint::{CHECKPOINT_PATH, Checkpoint};
use crate::leaf::LogLeaf;
use crate::merkle::{TreeHash, TreeHead, leaf_hash, tree_root};
use crate::note::VerifierKey;
use crate::opening::{FieldState, LeafOpenings, check_field};
use crate::tile::{TILE_WIDTH, Tile, TileKind, parse_entries, write_hashes};
use serde::Serialize;
use std::collections::BTreeMap;
use std::error::Error;

/// Findings that are listed one by one; more are only counted.
const FINDINGS_MAX: usize = 1_000;

/// What the log is held against, besides its own checkpoint.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expectations<'a> {
    /// What is served beside the log, at most once per leaf.
    pub openings: &'a [LeafOpenings],
    /// Checkpoints seen earlier; the log must still begin with what each of them signed.
    pub earlier_checkpoints: &'a [String],
}

/// The result of a verification. The log holds if there is no finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Name of the log.
    pub origin: String,
    /// Head that the log's key signed; absent when there is no valid checkpoint.
    pub head: Option<TreeHead>,
    /// Leaves that were read and hashed.
    pub n_leaves: u64,
    /// Every committed field, in order.
    pub fields: Vec<FieldReport>,
    /// Number of findings.
    pub n_findings: usize,
    /// The first 1,000 findings.
    pub findings: Vec<Finding>,
}

/// The state of one committed field of one leaf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldReport {
    /// Sequence of the leaf.
    pub sequence: u64,
    /// Field id.
    pub field: String,
    /// Verified, withheld, erased or mismatching.
    #[serde(flatten)]
    pub state: FieldState,
}

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Finding {
    /// The folder has no checkpoint.
    #[error("the log has no checkpoint")]
    CheckpointMissing,
    /// The checkpoint is malformed or not signed by the log's key.
    #[error("the checkpoint cannot be trusted: {reason}")]
    CheckpointInvalid {
        /// What is wrong with it.
        reason: String,
    },
    /// A file that the log must have is not there.
    #[error("`{path}` is missing")]
    FileMissing {
        /// Path below the log folder.
        path: String,
    },
    /// A file does not hold what follows from the leaves.
    #[error("`{path}` was changed")]
    FileChanged {
        /// Path below the log folder.
        path: String,
    },
    /// The leaves do not give the signed root.
    #[error("the leaves give the root `{computed}`, but `{signed}` was signed")]
    RootDiffers {
        /// Root in the checkpoint.
        signed: TreeHash,
        /// Root over the leaves.
        computed: TreeHash,
    },
    /// A leaf is not in the canonical form.
    #[error("leaf {position} is invalid: {reason}")]
    LeafInvalid {
        /// Position in the log.
        position: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A leaf names another position as its own.
    #[error("leaf {position} says that it is leaf {sequence}")]
    SequenceDiffers {
        /// Position in the log.
        position: u64,
        /// Sequence in the leaf.
        sequence: u64,
    },
    /// The value served for a field is not the value committed to.
    #[error("field `{field}` of leaf {sequence} is not what was committed to")]
    FieldDiffers {
        /// Sequence of the leaf.
        sequence: u64,
        /// Field id.
        field: String,
    },
    /// Something is served for a field or a leaf that the log does not have.
    #[error("field `{field}` of leaf {sequence} is not in the log")]
    FieldUnknown {
        /// Sequence of the leaf.
        sequence: u64,
        /// Field id.
        field: String,
    },
    /// Two sets of openings are served for one leaf.
    #[error("leaf {sequence} has two sets of openings")]
    OpeningsRepeated {
        /// Sequence of the leaf.
        sequence: u64,
    },
    /// The log does not begin with what an earlier checkpoint signed.
    #[error("the log does not extend its earlier checkpoint {number}: {reason}")]
    HistoryDiffers {
        /// Position among the earlier checkpoints, from 1.
        number: usize,
        /// What differs.
        reason: String,
    },
}

/// Verifies a log folder, read through `files` (path to bytes), against the log's published key.
pub fn verify_log(
    files: &impl Fn(&str) -> Option<Vec<u8>>,
    key: &VerifierKey,
    expected: Expectations<'_>,
) -> Report {
    let mut report = Report::new(key.name());
    let head = match read_checkpoint(files, key) {
        Ok(checkpoint) => checkpoint.head,
        Err(finding) => {
            // Without a signed size there is nothing to hold the files against.
            report.push(finding);
            return report;
        }
    };
    report.head = Some(head);
    let openings = index_openings(expected.openings, head.size, &mut report);
    let hashes = verify_leaves(files, head.size, &openings, &mut report);
    if report.n_leaves == head.size {
        let computed = tree_root(&hashes);
        if computed != head.root {
            report.push(Finding::RootDiffers {
                signed: head.root,
                computed,
            });
        }
        verify_hash_tiles(files, &hashes, &mut report);
        for (number, note) in (1..).zip(expected.earlier_checkpoints) {
            if let Err(reason) = check_extends(note, key, &hashes) {
                report.push(Finding::HistoryDiffers { number, reason });
            }
        }
    }
    report
}

impl Report {
    /// Whether nothing was found. Withheld and erased fields are no findings.
    pub fn holds(&self) -> bool {
        self.n_findings == 0
    }

    fn new(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            head: None,
            n_leaves: 0,
            fields: Vec::new(),
            n_findings: 0,
            findings: Vec::new(),
        }
    }

    fn push(&mut self, finding: Finding) {
        self.n_findings += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }

    /// Judges a file that the log must have.
    fn check_file(&mut self, stored: Option<&[u8]>, expected: &[u8], path: String) {
        match stored {
            None => self.push(Finding::FileMissing { path }),
            Some(bytes) if bytes != expected => self.push(Finding::FileChanged { path }),
            Some(_) => {}
        }
    }

    /// Judges what is left of a tile from when the log was shorter, if anything is left.
    fn check_remnant(&mut self, stored: Option<&[u8]>, expected: &[u8], path: String) {
        if stored.is_some() {
            self.check_file(stored, expected, path);
        }
    }
}

fn read_checkpoint(
    files: &impl Fn(&str) -> Option<Vec<u8>>,
    key: &VerifierKey,
) -> Result<Checkpoint, Finding> {
    let bytes = files(CHECKPOINT_PATH).ok_or(Finding::CheckpointMissing)?;
    let note = String::from_utf8(bytes).map_err(|_| Finding::CheckpointInvalid {
        reason: "not a text".to_owned(),
    })?;
    Checkpoint::open(&note, key).map_err(|error| Finding::CheckpointInvalid {
        reason: describe(&error),
    })
}

/// Openings by leaf; what is served for leaves outside the log is a finding.
fn index_openings<'a>(
    openings: &'a [LeafOpenings],
    size: u64,
    report: &mut Report,
) -> BTreeMap<u64, &'a LeafOpenings> {
    let mut by_sequence = BTreeMap::new();
    for served in openings {
        let sequence = served.sequence;
        if by_sequence.insert(sequence, served).is_some() {
            report.push(Finding::OpeningsRepeated { sequence });
        }
        if sequence >= size {
            for field in served_fields(served) {
                report.push(Finding::FieldUnknown {
                    sequence,
                    field: field.to_owned(),
                });
            }
        }
    }
    by_sequence
}

/// Reads and judges every leaf and returns the leaf hashes; stops at an unreadable bundle.
fn verify_leaves(
    files: &impl Fn(&str) -> Option<Vec<u8>>,
    size: u64,
    openings: &BTreeMap<u64, &LeafOpenings>,
    report: &mut Report,
) -> Vec<TreeHash> {
    let mut hashes = Vec::new();
    let bundles = (0..).map_while(|index| Tile::within(TileKind::Entries, index, size));
    for tile in bundles {
        let path = tile.path();
        let Some(bundle) = files(&path) else {
            report.push(Finding::FileMissing { path });
            return hashes;
        };
        let leaves = match parse_entries(&bundle) {
            Ok(leaves) if leaves.len() == usize::from(tile.width) => leaves,
            _ => {
                report.push(Finding::FileChanged { path });
                return hashes;
            }
        };
        check_bundle_remnants(files, tile, &bundle, &leaves, report);
        for leaf in leaves {
            hashes.push(leaf_hash(leaf));
            verify_leaf(leaf, openings, report);
            report.n_leaves += 1;
        }
    }
    hashes
}

fn check_bundle_remnants(
    files: &impl Fn(&str) -> Option<Vec<u8>>,
    tile: Tile,
    bundle: &[u8],
    leaves: &[&[u8]],
    report: &mut Report,
) {
    let mut end = 0;
    for (width, leaf) in (1..tile.width).zip(leaves) {
        end += 2 + leaf.len();
        let remnant = tile.with_width(width).path();
        let expected = bundle.get(..end).unwrap_or(bundle);
        report.check_remnant(files(&remnant).as_deref(), expected, remnant);
    }
}

/// Judges one leaf, which stands at position `report.n_leaves`.
fn verify_leaf(bytes: &[u8], openings: &BTreeMap<u64, &LeafOpenings>, report: &mut Report) {
    let position = report.n_leaves;
    let leaf = match LogLeaf::from_bytes(bytes) {
        Ok(leaf) => leaf,
        Err(error) => {
            report.push(Finding::LeafInvalid {
                position,
                reason: describe(&error),
            });
            return;
        }
    };
    if leaf.sequence != position {
        report.push(Finding::SequenceDiffers {
            position,
            sequence: leaf.sequence,
        });
    }
    let served = openings.get(&position).copied();
    for field in leaf.fields.keys() {
        let state = check_field(&leaf, field, served);
        if state == FieldState::Mismatch {
            report.push(Finding::FieldDiffers {
                sequence: position,
                field: field.clone(),
            });
        }
        report.fields.push(FieldReport {
            sequence: position,
            field: field.clone(),
            state,
        });
    }
    for field in served.into_iter().flat_map(served_fields) {
        if !leaf.fields.contains_key(field) {
            report.push(Finding::FieldUnknown {
                sequence: position,
                field: field.to_owned(),
            });
        }
    }
}

/// Judges every hash tile of every level against the hashes of the leaves.
fn verify_hash_tiles(
    files: &impl Fn(&str) -> Option<Vec<u8>>,
    leaf_hashes: &[TreeHash],
    report: &mut Report,
) {
    let mut hashes = leaf_hashes.to_vec();
    for level in 0.. {
        let mut full = Vec::new();
        for (index, tile_hashes) in (0..).zip(hashes.chunks(256)) {
            let width = u16::try_from(tile_hashes.len())
                .expect("invariant: a chunk has at most 256 hashes");
            let tile = Tile {
                kind: TileKind::Hashes { level },
                index,
                width,
            };
            check_hash_tile(files, tile, tile_hashes, report);
            if u64::from(width) == TILE_WIDTH {
                full.push(tree_root(tile_hashes));
            }
        }
        if full.is_empty() {
            break;
        }
        hashes = full;
    }
}

fn check_hash_tile(
    files: &impl Fn(&str) -> Option<Vec<u8>>,
    tile: Tile,
    hashes: &[TreeHash],
    report: &mut Report,
) {
    report.check_file(
        files(&tile.path()).as_deref(),
        &write_hashes(hashes),
        tile.path(),
    );
    for width in 1..tile.width {
        let remnant = tile.with_width(width).path();
        if let Some(stored) = files(&remnant) {
            let expected: Vec<_> = hashes.iter().copied().take(usize::from(width)).collect();
            report.check_remnant(Some(&stored), &write_hashes(&expected), remnant);
        }
    }
}

/// Whether the log of these leaves begins with what an earlier checkpoint signed.
fn check_extends(note: &str, key: &VerifierKey, hashes: &[TreeHash]) -> Result<(), String> {
    let earlier = Checkpoint::open(note, key)
        .map_err(|error| describe(&error))?
        .head;
    let beginning = usize::try_from(earlier.size)
        .ok()
        .and_then(|size| hashes.get(..size));
    match beginning.map(tree_root) {
        None => Err(format!(
            "it signed {} leaves, the log has fewer",
            earlier.size
        )),
        Some(root) if root != earlier.root => {
            Err(format!("its first {} leaves were changed", earlier.size))
        }
        Some(_) => Ok(()),
    }
}

fn served_fields(served: &LeafOpenings) -> impl Iterator<Item = &str> {
    let opened = served.opened.iter().map(|opening| opening.field.as_str());
    opened.chain(served.erased.keys().map(String::as_str))
}

/// An error with its causes, in one line.
fn describe(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text = format!("{text}: {source}");
        cause = source.source();
    }
    text
}

#[cfg(test)]
mod tests;
