//! A second reader of the file formats, written from the specifications alone and sharing no code
//! with the crate: what it computes from the files must be what the crate signed.

use crate::keeper::{Entry, Files, Keeper, ORIGIN};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    parts
        .iter()
        .fold(Sha256::new(), |hash, part| hash.chain_update(part))
        .finalize()
        .into()
}

/// MTH of RFC 6962, section 2.1.
fn tree_hash(leaves: &[Vec<u8>]) -> [u8; 32] {
    match leaves {
        [] => sha256(&[]),
        [leaf] => sha256(&[&[0], leaf]),
        _ => {
            let mut split = 1;
            while split * 2 < leaves.len() {
                split *= 2;
            }
            let (left, right) = leaves.split_at(split);
            sha256(&[&[1], &tree_hash(left), &tree_hash(right)])
        }
    }
}

/// Path elements of an index, as in the section on paths of `tlog-tiles`.
fn index_path(index: usize) -> String {
    let digits = format!("{index:03}");
    let padded = format!("{digits:0>width$}", width = digits.len().div_ceil(3) * 3);
    let groups: Vec<_> = padded
        .as_bytes()
        .chunks(3)
        .map(|group| String::from_utf8(group.to_vec()).unwrap())
        .collect();
    let (last, others) = groups.split_last().unwrap();
    others
        .iter()
        .map(|group| format!("x{group}/"))
        .collect::<String>()
        + last
}

fn tile_path(kind: &str, index: usize, width: usize) -> String {
    let partial = if width == 256 {
        String::new()
    } else {
        format!(".p/{width}")
    };
    format!("tile/{kind}/{}{partial}", index_path(index))
}

/// The leaves in the entry bundles of a log of a known size.
fn read_leaves(files: &Files, size: usize) -> Vec<Vec<u8>> {
    let mut leaves = Vec::new();
    for index in 0..size.div_ceil(256) {
        let width = (size - index * 256).min(256);
        let mut bundle = files[&tile_path("entries", index, width)].as_slice();
        for _ in 0..width {
            let length = usize::from(bundle[0]) * 256 + usize::from(bundle[1]);
            leaves.push(bundle[2..2 + length].to_vec());
            bundle = &bundle[2 + length..];
        }
        assert!(bundle.is_empty());
    }
    leaves
}

/// Every hash tile that the specification demands for these leaves.
fn hash_tiles(leaves: &[Vec<u8>]) -> Files {
    let mut files = Files::new();
    let mut width_of_hash = 1;
    for level in 0..8 {
        let n_hashes = leaves.len() / width_of_hash;
        for index in 0..n_hashes.div_ceil(256) {
            let width = (n_hashes - index * 256).min(256);
            let hashes = (index * 256..index * 256 + width)
                .flat_map(|n| tree_hash(&leaves[n * width_of_hash..(n + 1) * width_of_hash]))
                .collect();
            files.insert(tile_path(&level.to_string(), index, width), hashes);
        }
        width_of_hash *= 256;
        if width_of_hash > leaves.len() {
            break;
        }
    }
    files
}

/// Origin, size and root of the published checkpoint.
fn read_checkpoint(files: &Files) -> (String, usize, Vec<u8>) {
    let note = String::from_utf8(files["checkpoint"].clone()).unwrap();
    let lines: Vec<_> = note.lines().collect();
    assert_eq!(lines.len(), 5, "{note}");
    assert_eq!(lines[3], "");
    (
        lines[0].to_owned(),
        lines[1].parse().unwrap(),
        STANDARD.decode(lines[2]).unwrap(),
    )
}

fn check_against_specification(keeper: &Keeper) {
    let (origin, size, root) = read_checkpoint(&keeper.files);
    assert_eq!(origin, ORIGIN);
    assert_eq!(u64::try_from(size), Ok(keeper.size()));
    let leaves = read_leaves(&keeper.files, size);
    assert_eq!(tree_hash(&leaves).as_slice(), root);
    for (path, bytes) in hash_tiles(&leaves) {
        assert_eq!(keeper.files.get(&path), Some(&bytes), "{path}");
    }
}

#[test]
fn logs_around_the_edges_of_tiles_are_as_specified() {
    for batches in [
        [0, 0],
        [1, 0],
        [255, 1],
        [256, 0],
        [256, 1],
        [511, 1],
        [200, 400],
    ] {
        let mut keeper = Keeper::default();
        for n_entries in batches {
            keeper.log_many(n_entries);
        }
        check_against_specification(&keeper);
    }
}

#[test]
fn paths_of_the_reference_are_those_of_the_specification() {
    assert_eq!(index_path(0), "000");
    assert_eq!(index_path(67), "067");
    assert_eq!(index_path(1_234_067), "x001/x234/067");
    assert_eq!(tile_path("entries", 1_000, 7), "tile/entries/x001/000.p/7");
    for index in [0, 9, 10, 99, 999, 1_000, 65_535, 999_999, 1_000_000] {
        let kind = transparency::TileKind::Entries;
        let tile = transparency::Tile {
            kind,
            index: u64::try_from(index).unwrap(),
            width: 256,
        };
        assert_eq!(tile.path(), tile_path("entries", index, 256));
    }
}

#[test]
fn a_leaf_commits_to_its_fields_as_documented() {
    let mut keeper = Keeper::default();
    keeper.log(&[Entry {
        kind: "decision.made",
        case: "S-2026-0417",
        fields: &[("reason", "Formålet er i offentlighedens interesse")],
        corrects: None,
    }]);
    let leaf: serde_json::Value =
        serde_json::from_slice(&read_leaves(&keeper.files, 1)[0]).unwrap();
    let opening = serde_json::to_value(&keeper.openings[&0].opened[0]).unwrap();
    let salt: Vec<u8> = opening["salt"]
        .as_str()
        .unwrap()
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    let value = opening["value"].as_str().unwrap();
    let hash = sha256(&[&salt, b"reason", &[0], value.as_bytes()]);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(leaf["fields"]["reason"], hex);
    assert_eq!(leaf["format"], "sund-leaf/1");
    assert_eq!(leaf["ids"]["case"], "S-2026-0417");
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 24,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_log_is_as_specified(batches in prop::collection::vec(0_usize..300, 1..5)) {
        let mut keeper = Keeper::default();
        for n_entries in batches {
            keeper.log_many(n_entries);
            check_against_specification(&keeper);
        }
    }
}
