//! Appending: from the right edge of a log and new leaves to the files that must be written.

use crate::leaf::LeafError;
use crate::merkle::{TreeHash, TreeHead, leaf_hash, tree_root};
use crate::proof::{ReadError, root_at};
use crate::tile::{
    EntriesError, TILE_HEIGHT, TILE_WIDTH, Tile, TileHashReader, TileKind, parse_entries,
    read_hashes, write_entries, write_hashes,
};
use std::collections::BTreeMap;

/// One file of the log and its whole content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// Path below the log folder.
    pub path: String,
    /// Content.
    pub bytes: Vec<u8>,
}

/// What an append leads to.
///
/// Write all files, make them durable, and only then publish a checkpoint for the head. After a
/// crash in between, append the same leaves first: they give the same files again, while other
/// leaves would leave files behind that no checkpoint explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Files to write; none of them exists yet with other content.
    pub files: Vec<LogFile>,
    /// Head of the log after the append.
    pub head: TreeHead,
}

/// Why leaves cannot be appended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// A file at the right edge of the log cannot be used.
    #[error("the log cannot be read")]
    Read(#[from] ReadError),
    /// An entry bundle cannot be read or written.
    #[error("an entry bundle cannot be used")]
    Entries(#[from] EntriesError),
    /// A leaf cannot be written.
    #[error("a leaf cannot be written")]
    Leaf(#[from] LeafError),
    /// The files do not give the root of the last checkpoint.
    #[error("the log's files do not agree with its last checkpoint at {size} leaves")]
    Diverged {
        /// Size in the checkpoint.
        size: u64,
    },
}

/// Appends the bytes of leaves to the log that stands at `head`.
///
/// The files are first checked against `head`, so that a damaged log is never signed over.
pub fn append_leaves(
    files: &impl Fn(&str) -> Option<Vec<u8>>,
    head: &TreeHead,
    leaves: &[Vec<u8>],
) -> Result<Batch, AppendError> {
    let old_root = root_at(&TileHashReader::new(files, head.size), head.size)?;
    if old_root != head.root {
        return Err(AppendError::Diverged { size: head.size });
    }
    let mut written = entry_bundles(files, head.size, leaves)?;
    let mut hashes: Vec<_> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    for level in 0.. {
        if hashes.is_empty() {
            break;
        }
        hashes = hash_tiles(files, (level, head.size), hashes, &mut written)?;
    }
    let size = leaves.iter().fold(head.size, |size, _| size + 1);
    let overlay = |path: &str| written.get(path).cloned().or_else(|| files(path));
    let root = root_at(&TileHashReader::new(overlay, size), size)?;
    let files = written
        .into_iter()
        .map(|(path, bytes)| LogFile { path, bytes })
        .collect();
    Ok(Batch {
        files,
        head: TreeHead { size, root },
    })
}

/// The entry bundles that gain leaves.
fn entry_bundles(
    files: &impl Fn(&str) -> Option<Vec<u8>>,
    old_size: u64,
    leaves: &[Vec<u8>],
) -> Result<BTreeMap<String, Vec<u8>>, AppendError> {
    let edge_index = old_size / TILE_WIDTH;
    let edge = Tile::within(TileKind::Entries, edge_index, old_size);
    let edge_bytes = match edge.map(|tile| tile.path()) {
        Some(path) => files(&path).ok_or(ReadError::MissingTile { path })?,
        None => Vec::new(),
    };
    let old_leaves = parse_entries(&edge_bytes)?;
    if let Some(tile) = edge.filter(|tile| old_leaves.len() != usize::from(tile.width)) {
        return Err(ReadError::WrongLength { path: tile.path() }.into());
    }
    check_edge(files, old_size, &old_leaves)?;
    let mut written = BTreeMap::new();
    if leaves.is_empty() {
        return Ok(written);
    }
    let all: Vec<&[u8]> = old_leaves
        .into_iter()
        .chain(leaves.iter().map(Vec::as_slice))
        .collect();
    for (index, bundle) in (edge_index..).zip(all.chunks(256)) {
        let tile = tile_of(TileKind::Entries, index, bundle.len());
        written.insert(tile.path(), write_entries(bundle.iter().copied())?);
    }
    Ok(written)
}

/// Whether the leaves at the right edge are those that were hashed.
fn check_edge(
    files: &impl Fn(&str) -> Option<Vec<u8>>,
    old_size: u64,
    edge_leaves: &[&[u8]],
) -> Result<(), AppendError> {
    let kind = TileKind::Hashes { level: 0 };
    let Some(tile) = Tile::within(kind, old_size / TILE_WIDTH, old_size) else {
        return Ok(());
    };
    let hashed = edge_leaves.iter().map(|leaf| leaf_hash(leaf));
    if read_hashes(files, tile)?.into_iter().eq(hashed) {
        return Ok(());
    }
    Err(AppendError::Diverged { size: old_size })
}

/// Adds the tiles of one level that gain hashes; returns the roots of tiles that became full.
fn hash_tiles(
    files: &impl Fn(&str) -> Option<Vec<u8>>,
    (level, old_size): (u8, u64),
    new: Vec<TreeHash>,
    written: &mut BTreeMap<String, Vec<u8>>,
) -> Result<Vec<TreeHash>, AppendError> {
    let kind = TileKind::Hashes { level };
    let edge_index = (old_size >> (TILE_HEIGHT * u32::from(level))) / TILE_WIDTH;
    let mut hashes = match Tile::within(kind, edge_index, old_size) {
        Some(tile) => read_hashes(files, tile)?,
        None => Vec::new(),
    };
    hashes.extend(new);
    let mut full = Vec::new();
    for (index, tile_hashes) in (edge_index..).zip(hashes.chunks(256)) {
        let tile = tile_of(kind, index, tile_hashes.len());
        written.insert(tile.path(), write_hashes(tile_hashes));
        if u64::from(tile.width) == TILE_WIDTH {
            full.push(tree_root(tile_hashes));
        }
    }
    Ok(full)
}

fn tile_of(kind: TileKind, index: u64, n_items: usize) -> Tile {
    let width = u16::try_from(n_items).expect("invariant: a chunk has at most 256 items");
    Tile { kind, index, width }
}

#[cfg(test)]
mod tests;
