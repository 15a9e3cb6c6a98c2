use super::*;
use crate::merkle::leaf_hash;
use crate::proof::{LeafHashes, inclusion_proof, root_at};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn hash_tile(level: u8, index: u64, width: u16) -> Tile {
    Tile {
        kind: TileKind::Hashes { level },
        index,
        width,
    }
}

fn entries(index: u64, width: u16) -> Tile {
    Tile {
        kind: TileKind::Entries,
        index,
        width,
    }
}

fn hashes(size: u32) -> Vec<TreeHash> {
    (0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect()
}

/// The tiles of levels 0 and 1 of a log of up to 65,535 leaves, made without `append_leaves`.
fn tiles_of(leaf_hashes: &[TreeHash]) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut upper = Vec::new();
    for (index, chunk) in (0..).zip(leaf_hashes.chunks(256)) {
        let width = u16::try_from(chunk.len()).unwrap();
        files.insert(hash_tile(0, index, width).path(), write_hashes(chunk));
        if width == 256 {
            upper.push(tree_root(chunk));
        }
    }
    if !upper.is_empty() {
        let width = u16::try_from(upper.len()).unwrap();
        files.insert(hash_tile(1, 0, width).path(), write_hashes(&upper));
    }
    files
}

#[test]
fn paths_are_those_of_the_specification() {
    for (tile, path) in [
        (hash_tile(0, 0, 256), "tile/0/000"),
        (hash_tile(0, 7, 256), "tile/0/007"),
        (hash_tile(0, 999, 256), "tile/0/999"),
        (hash_tile(0, 1000, 256), "tile/0/x001/000"),
        (hash_tile(0, 1_234_067, 256), "tile/0/x001/x234/067"),
        (hash_tile(3, 1_000_000, 256), "tile/3/x001/x000/000"),
        (hash_tile(1, 0, 7), "tile/1/000.p/7"),
        (hash_tile(7, 0, 255), "tile/7/000.p/255"),
        (hash_tile(0, 1_234_067, 8), "tile/0/x001/x234/067.p/8"),
        (entries(0, 256), "tile/entries/000"),
        (entries(1_234_067, 256), "tile/entries/x001/x234/067"),
        (entries(273, 112), "tile/entries/273.p/112"),
        (
            hash_tile(0, u64::MAX, 256),
            "tile/0/x018/x446/x744/x073/x709/x551/615",
        ),
    ] {
        assert_eq!(tile.path(), path);
        assert_eq!(Tile::parse(path), Some(tile), "{path}");
    }
}

#[test]
fn other_paths_are_no_tiles() {
    for path in [
        "",
        "checkpoint",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/+0/000",
        "tile/8/000",
        "tile/-1/000",
        "tile/data/000",
        "tile/entries/",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/x001/0",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/007",
        "tile/0/000.p/",
        "tile/0/000.p/7/",
        "tile/0/000/",
        "/tile/0/000",
        "tile//0/000",
        "tile/0/../000",
        "tile/0/xx01/000",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert_eq!(Tile::parse(path), None, "{path}");
    }
}

#[test]
fn a_log_has_the_tiles_that_its_size_says() {
    let width = |kind, index, size| Tile::within(kind, index, size).map(|tile| tile.width);
    let leaves = TileKind::Hashes { level: 0 };
    assert_eq!(width(leaves, 0, 0), None);
    assert_eq!(width(leaves, 0, 1), Some(1));
    assert_eq!(width(leaves, 0, 256), Some(256));
    assert_eq!(width(leaves, 1, 256), None);
    assert_eq!(width(leaves, 1, 257), Some(1));
    assert_eq!(width(leaves, u64::MAX, 257), None);
    let upper = TileKind::Hashes { level: 1 };
    assert_eq!(width(upper, 0, 255), None);
    assert_eq!(width(upper, 0, 256), Some(1));
    assert_eq!(width(upper, 0, 70_000), Some(256));
    assert_eq!(width(upper, 1, 70_000), Some(17));
    assert_eq!(width(TileKind::Hashes { level: 2 }, 0, 70_000), Some(1));
    assert_eq!(width(TileKind::Entries, 273, 70_000), Some(112));
    assert_eq!(width(TileKind::Hashes { level: 7 }, 0, u64::MAX), Some(255));
}

#[test]
fn bundles_carry_each_leaf_after_its_length() {
    let bundle = write_entries([b"ab".as_slice(), b"", &[7; 300]]).unwrap();
    assert_eq!(bundle[..8], [0, 2, b'a', b'b', 0, 0, 1, 44]);
    assert_eq!(bundle.len(), 2 + 2 + 2 + 2 + 300);
    assert_eq!(
        parse_entries(&bundle).unwrap(),
        [b"ab".as_slice(), b"", &[7; 300]]
    );
}

#[test]
fn an_empty_bundle_has_no_leaves() {
    assert_eq!(write_entries([]), Ok(Vec::new()));
    assert_eq!(parse_entries(&[]), Ok(Vec::new()));
}

#[test]
fn the_longest_leaf_fits_and_no_longer_one() {
    let longest = vec![1; 65_535];
    let bundle = write_entries([longest.as_slice()]).unwrap();
    assert_eq!(parse_entries(&bundle).unwrap(), [longest.as_slice()]);
    let longer = vec![1; 65_536];
    let refused = write_entries([longer.as_slice()]);
    assert_eq!(
        refused,
        Err(EntriesError::LeafTooLong { size_bytes: 65_536 })
    );
}

#[test]
fn bundles_cut_short_are_refused() {
    let bundle = write_entries([b"ab".as_slice(), b"cde"]).unwrap();
    for length in [1, 2, 3, 5, 6, 8] {
        assert_eq!(
            parse_entries(&bundle[..length]),
            Err(EntriesError::CutShort),
            "{length}"
        );
    }
    assert_eq!(parse_entries(&bundle[..4]).unwrap(), [b"ab"]);
}

#[test]
fn the_reader_finds_what_the_leaves_give() {
    let leaf_hashes = hashes(1000);
    let files = tiles_of(&leaf_hashes);
    let reader = TileHashReader::new(|path: &str| files.get(path).cloned(), 1000);
    let in_memory = LeafHashes(&leaf_hashes);
    for level in 0..12 {
        for index in 0..=(1000 >> level) {
            let (stored, expected) = (
                reader.subtree_root(level, index),
                in_memory.subtree_root(level, index),
            );
            assert_eq!(stored, expected, "level {level}, index {index}");
        }
    }
}

#[test]
fn the_reader_knows_only_complete_subtrees() {
    let leaf_hashes = hashes(300);
    let files = tiles_of(&leaf_hashes);
    let reader = TileHashReader::new(|path: &str| files.get(path).cloned(), 300);
    for (level, index) in [
        (0, 300),
        (2, 75),
        (8, 1),
        (9, 0),
        (63, 0),
        (64, 0),
        (0, u64::MAX),
    ] {
        let missing = ReadError::MissingSubtree { level, index };
        assert_eq!(reader.subtree_root(level, index), Err(missing));
    }
    assert_eq!(
        reader.subtree_root(40, u64::MAX),
        Err(ReadError::MissingSubtree {
            level: 40,
            index: u64::MAX
        })
    );
}

#[test]
fn the_reader_takes_a_full_tile_for_a_pruned_partial_one() {
    let leaf_hashes = hashes(256);
    let files = tiles_of(&leaf_hashes);
    let reader = TileHashReader::new(|path: &str| files.get(path).cloned(), 100);
    assert_eq!(root_at(&reader, 100), Ok(tree_root(&leaf_hashes[..100])));
    // Hashes beyond the log's size stay out of reach.
    assert!(reader.subtree_root(0, 100).is_err());
}

#[test]
fn the_reader_tells_which_tile_is_missing_or_damaged() {
    let leaf_hashes = hashes(300);
    let mut files = tiles_of(&leaf_hashes);
    files.remove("tile/0/000");
    files.insert("tile/0/001.p/44".to_owned(), vec![0; 44 * 32 - 1]);
    let reader = TileHashReader::new(|path: &str| files.get(path).cloned(), 300);
    let missing = ReadError::MissingTile {
        path: "tile/0/000".to_owned(),
    };
    assert_eq!(reader.subtree_root(0, 9), Err(missing));
    let damaged = ReadError::WrongLength {
        path: "tile/0/001.p/44".to_owned(),
    };
    assert_eq!(reader.subtree_root(0, 260), Err(damaged));
    files.insert("tile/0/001".to_owned(), vec![0; 32]);
    files.remove("tile/0/001.p/44");
    let reader = TileHashReader::new(|path: &str| files.get(path).cloned(), 300);
    let short = ReadError::WrongLength {
        path: "tile/0/001.p/44".to_owned(),
    };
    assert_eq!(reader.subtree_root(0, 260), Err(short));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_tile_has_a_path_of_its_own(
        level in prop::option::of(0_u8..=7),
        index in any::<u64>(),
        width in 1_u16..=256,
    ) {
        let kind = level.map_or(TileKind::Entries, |level| TileKind::Hashes { level });
        let tile = Tile { kind, index, width };
        prop_assert_eq!(Tile::parse(&tile.path()), Some(tile));
    }

    #[test]
    fn bundles_read_what_they_write(
        leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..20),
    ) {
        let bundle = write_entries(leaves.iter().map(Vec::as_slice)).unwrap();
        prop_assert_eq!(parse_entries(&bundle).unwrap(), leaves);
    }

    #[test]
    fn arbitrary_bundles_are_read_without_loss_or_refused(
        bundle in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        if let Ok(leaves) = parse_entries(&bundle) {
            prop_assert_eq!(write_entries(leaves).unwrap(), bundle);
        }
    }

    #[test]
    fn proofs_from_tiles_are_proofs_from_leaves(
        (size, index) in (1_u32..600).prop_flat_map(|n| (Just(n), 0..n)),
    ) {
        let leaf_hashes = hashes(size);
        let files = tiles_of(&leaf_hashes);
        let (size, index) = (u64::from(size), u64::from(index));
        let reader = TileHashReader::new(|path: &str| files.get(path).cloned(), size);
        prop_assert_eq!(
            inclusion_proof(&reader, index, size).unwrap(),
            inclusion_proof(&LeafHashes(&leaf_hashes), index, size).unwrap()
        );
    }
}
