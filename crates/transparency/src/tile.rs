//! The files of a log in the C2SP `tlog-tiles` layout: paths, hash tiles and entry bundles.

use crate::merkle::{TreeHash, tree_root};
use crate::proof::{HashReader, ReadError};

/// Hashes in a full tile, leaves in a full entry bundle.
pub(crate) const TILE_WIDTH: u64 = 256;
/// Height of a tile: a tile of one level holds the roots of full tiles of the level below.
pub(crate) const TILE_HEIGHT: u32 = 8;
/// Tile levels that a log of 2^64 leaves could have.
const LEVEL_MAX: u8 = 7;
const HASH_BYTES: usize = 32;

/// Which of the two sorts of files a tile is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TileKind {
    /// The leaves themselves.
    Entries,
    /// Hashes of subtrees of `2^(8 * level)` leaves.
    Hashes {
        /// Tile level, 0 for leaf hashes.
        level: u8,
    },
}

/// Names one file of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    /// Leaves or hashes.
    pub kind: TileKind,
    /// Position among tiles of this kind.
    pub index: u64,
    /// How many leaves or hashes it holds, 1 to 256; fewer than 256 make it partial.
    pub width: u16,
}

/// Why an entry bundle cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntriesError {
    /// A leaf is longer than its length field can say.
    #[error("a leaf of {size_bytes} bytes exceeds 65535")]
    LeafTooLong {
        /// Size of the leaf.
        size_bytes: usize,
    },
    /// The bundle ends within a leaf.
    #[error("the entry bundle is cut short")]
    CutShort,
}

/// Reads subtree hashes from the tile files of a log of a known size.
#[derive(Debug, Clone, Copy)]
pub struct TileHashReader<F> {
    files: F,
    size: u64,
}

impl Tile {
    /// The path of the file: `tile/0/x001/x234/067`, `tile/1/000.p/7`, `tile/entries/000`.
    pub fn path(&self) -> String {
        let kind = match self.kind {
            TileKind::Entries => "entries".to_owned(),
            TileKind::Hashes { level } => level.to_string(),
        };
        let mut index = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            index = format!("x{:03}/{index}", rest % 1000);
            rest /= 1000;
        }
        if u64::from(self.width) == TILE_WIDTH {
            return format!("tile/{kind}/{index}");
        }
        format!("tile/{kind}/{index}.p/{}", self.width)
    }

    /// Reads a path; only the one spelling that [`Tile::path`] writes is a tile.
    pub fn parse(path: &str) -> Option<Self> {
        let (kind, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let kind = match kind {
            "entries" => TileKind::Entries,
            level => TileKind::Hashes {
                level: level.parse().ok().filter(|l| *l <= LEVEL_MAX)?,
            },
        };
        let (index_path, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, width.parse().ok().filter(|w| (1..256).contains(w))?),
            None => (rest, 256),
        };
        let mut index = 0_u64;
        for element in index_path.split('/') {
            let digits = element.strip_prefix('x').unwrap_or(element);
            index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
        }
        let tile = Self { kind, index, width };
        (tile.path() == path).then_some(tile)
    }

    /// The tile of `kind` at `index` in a log of `size` leaves, if it holds anything.
    pub(crate) fn within(kind: TileKind, index: u64, size: u64) -> Option<Self> {
        let n_items = match kind {
            TileKind::Entries => size,
            TileKind::Hashes { level } => size >> (TILE_HEIGHT * u32::from(level)),
        };
        let left = n_items.checked_sub(index.checked_mul(TILE_WIDTH)?)?;
        let width = u16::try_from(left.min(TILE_WIDTH))
            .ok()
            .filter(|width| *width > 0)?;
        Some(Self { kind, index, width })
    }

    /// The same tile when the log was shorter.
    pub(crate) fn with_width(self, width: u16) -> Self {
        Self { width, ..self }
    }
}

/// Writes an entry bundle: each leaf after its length as two bytes, most significant first.
pub fn write_entries<'a>(
    leaves: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<u8>, EntriesError> {
    let mut bytes = Vec::new();
    for leaf in leaves {
        let length = u16::try_from(leaf.len()).map_err(|_| EntriesError::LeafTooLong {
            size_bytes: leaf.len(),
        })?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(leaf);
    }
    Ok(bytes)
}

/// Reads the leaves of an entry bundle.
pub fn parse_entries(bundle: &[u8]) -> Result<Vec<&[u8]>, EntriesError> {
    let mut leaves = Vec::new();
    let mut rest = bundle;
    while !rest.is_empty() {
        let (length, after) = rest
            .split_first_chunk::<2>()
            .ok_or(EntriesError::CutShort)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (leaf, after) = after
            .split_at_checked(length)
            .ok_or(EntriesError::CutShort)?;
        leaves.push(leaf);
        rest = after;
    }
    Ok(leaves)
}

/// Writes a hash tile.
pub(crate) fn write_hashes(hashes: &[TreeHash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// Reads a hash tile of a known width.
pub(crate) fn read_hashes(
    files: &impl Fn(&str) -> Option<Vec<u8>>,
    tile: Tile,
) -> Result<Vec<TreeHash>, ReadError> {
    let bytes = read_tile(files, tile)?;
    let width = usize::from(tile.width);
    let (hashes, _) = bytes.as_chunks::<HASH_BYTES>();
    match hashes.get(..width) {
        Some(hashes) => Ok(hashes
            .iter()
            .map(|hash| TreeHash::from_bytes(*hash))
            .collect()),
        None => Err(ReadError::WrongLength { path: tile.path() }),
    }
}

/// Reads a tile, or the full tile that has replaced a partial one.
fn read_tile(files: &impl Fn(&str) -> Option<Vec<u8>>, tile: Tile) -> Result<Vec<u8>, ReadError> {
    let path = tile.path();
    if let Some(bytes) = files(&path) {
        let exact = bytes.len() == usize::from(tile.width) * HASH_BYTES;
        return if exact {
            Ok(bytes)
        } else {
            Err(ReadError::WrongLength { path })
        };
    }
    files(&tile.with_width(256).path()).ok_or(ReadError::MissingTile { path })
}

impl<F: Fn(&str) -> Option<Vec<u8>>> TileHashReader<F> {
    /// Reads from `files` (path to bytes) as the log stood at `size` leaves.
    pub fn new(files: F, size: u64) -> Self {
        Self { files, size }
    }
}

impl<F: Fn(&str) -> Option<Vec<u8>>> HashReader for TileHashReader<F> {
    fn subtree_root(&self, level: u32, index: u64) -> Result<TreeHash, ReadError> {
        let missing = ReadError::MissingSubtree { level, index };
        let height = level % TILE_HEIGHT;
        let located = u8::try_from(level / TILE_HEIGHT)
            .ok()
            .filter(|tile_level| *tile_level <= LEVEL_MAX)
            .zip(index.checked_mul(1 << height))
            .and_then(|(level, first)| {
                let start = usize::try_from(first % TILE_WIDTH).ok()?;
                let kind = TileKind::Hashes { level };
                Some((Tile::within(kind, first / TILE_WIDTH, self.size)?, start))
            });
        let Some((tile, start)) = located else {
            return Err(missing);
        };
        let hashes = read_hashes(&self.files, tile)?;
        hashes
            .get(start..start + (1 << height))
            .map(tree_root)
            .ok_or(missing)
    }
}

#[cfg(test)]
mod tests;
