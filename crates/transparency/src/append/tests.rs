use super::*;
use crate::merkle::tree_root;
use crate::proof::{LeafHashes, consistency_proof};
use proptest::prelude::*;

type Files = BTreeMap<String, Vec<u8>>;

fn leaves(range: std::ops::Range<u32>) -> Vec<Vec<u8>> {
    range.map(|n| format!("leaf {n}").into_bytes()).collect()
}

fn append(files: &mut Files, head: &TreeHead, leaves: &[Vec<u8>]) -> TreeHead {
    let batch = append_leaves(&|path: &str| files.get(path).cloned(), head, leaves).unwrap();
    files.extend(batch.files.into_iter().map(|file| (file.path, file.bytes)));
    batch.head
}

fn try_append(files: &Files, head: &TreeHead) -> Result<Batch, AppendError> {
    append_leaves(&|path: &str| files.get(path).cloned(), head, &leaves(0..3))
}

/// A log of `size` leaves written in one batch.
fn log_of(size: u32) -> (Files, TreeHead) {
    let mut files = Files::new();
    let head = append(&mut files, &TreeHead::empty(), &leaves(0..size));
    (files, head)
}

fn root_of(leaves: &[Vec<u8>]) -> TreeHash {
    tree_root(
        &leaves
            .iter()
            .map(|leaf| leaf_hash(leaf))
            .collect::<Vec<_>>(),
    )
}

/// Whether a file is needed by a log that has reached `size` leaves in one batch.
fn is_current(path: &str, size: u64) -> bool {
    let tile = Tile::parse(path).unwrap();
    Tile::within(tile.kind, tile.index, size) == Some(tile)
}

#[test]
fn the_first_leaf_makes_two_files() {
    let (files, head) = log_of(1);
    assert_eq!(
        head,
        TreeHead {
            size: 1,
            root: leaf_hash(b"leaf 0")
        }
    );
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        ["tile/0/000.p/1", "tile/entries/000.p/1"]
    );
    assert_eq!(files["tile/0/000.p/1"], leaf_hash(b"leaf 0").as_bytes());
    assert_eq!(files["tile/entries/000.p/1"], b"\x00\x06leaf 0");
}

#[test]
fn a_full_tile_has_a_root_one_level_up() {
    let (files, head) = log_of(256);
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"]
    );
    assert_eq!(files["tile/1/000.p/1"], head.root.as_bytes());
    assert_eq!(files["tile/0/000"].len(), 256 * 32);
}

#[test]
fn one_leaf_more_begins_the_next_tile() {
    let (mut files, head) = log_of(256);
    let before = files.clone();
    let head = append(&mut files, &head, &leaves(256..257));
    assert_eq!(head.root, root_of(&leaves(0..257)));
    let added: Vec<_> = files
        .keys()
        .filter(|path| !before.contains_key(*path))
        .collect();
    assert_eq!(added, ["tile/0/001.p/1", "tile/entries/001.p/1"]);
}

#[test]
fn a_large_batch_reaches_the_third_level() {
    let size = 65_536 + 300;
    let (files, head) = log_of(size);
    assert_eq!(
        head,
        TreeHead {
            size: u64::from(size),
            root: root_of(&leaves(0..size))
        }
    );
    for path in [
        "tile/0/000",
        "tile/0/256",
        "tile/0/257.p/44",
        "tile/1/000",
        "tile/1/001.p/1",
        "tile/2/000.p/1",
        "tile/entries/257.p/44",
    ] {
        assert!(files.contains_key(path), "{path}");
    }
    assert_eq!(files.len(), 258 + 2 + 1 + 258);
    assert!(files.keys().all(|path| is_current(path, u64::from(size))));
}

#[test]
fn appending_nothing_writes_nothing() {
    let (files, head) = log_of(300);
    let batch = append_leaves(&|path: &str| files.get(path).cloned(), &head, &[]).unwrap();
    assert_eq!(
        batch,
        Batch {
            files: Vec::new(),
            head
        }
    );
    let empty = TreeHead::empty();
    assert_eq!(
        append_leaves(&|_: &str| None, &empty, &[]).unwrap().head,
        empty
    );
}

#[test]
fn appending_again_after_a_crash_gives_the_same_files() {
    let (files, head) = log_of(250);
    let batch = |files: &Files| {
        append_leaves(
            &|path: &str| files.get(path).cloned(),
            &head,
            &leaves(250..600),
        )
        .unwrap()
    };
    let first = batch(&files);
    for n_written in 0..first.files.len() {
        // Only some files reached the disk, and no checkpoint.
        let mut crashed = files.clone();
        let written = first.files.iter().take(n_written).cloned();
        crashed.extend(written.map(|file| (file.path, file.bytes)));
        assert_eq!(batch(&crashed), first, "{n_written} files written");
    }
}

#[test]
fn no_file_is_ever_changed() {
    let (mut files, mut head) = log_of(0);
    for start in (0..700).step_by(35) {
        let before = files.clone();
        head = append(&mut files, &head, &leaves(start..start + 35));
        for (path, bytes) in &before {
            assert_eq!(files.get(path), Some(bytes), "{path} at {start}");
        }
    }
    assert_eq!(head.root, root_of(&leaves(0..700)));
}

#[test]
fn refuses_a_head_that_the_files_do_not_have() {
    let (files, head) = log_of(300);
    let other = TreeHead {
        size: 300,
        root: leaf_hash(b"other"),
    };
    assert_eq!(
        try_append(&files, &other),
        Err(AppendError::Diverged { size: 300 })
    );
    let shorter = TreeHead { size: 299, ..head };
    assert!(try_append(&files, &shorter).is_err());
    let longer = TreeHead { size: 301, ..head };
    assert!(matches!(
        try_append(&files, &longer),
        Err(AppendError::Read(_))
    ));
    let not_empty = TreeHead {
        size: 0,
        root: head.root,
    };
    assert_eq!(
        try_append(&files, &not_empty),
        Err(AppendError::Diverged { size: 0 })
    );
}

#[test]
fn refuses_a_log_without_its_right_edge() {
    for path in ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"] {
        let (mut files, head) = log_of(300);
        files.remove(path);
        let missing = ReadError::MissingTile {
            path: path.to_owned(),
        };
        assert_eq!(try_append(&files, &head), Err(AppendError::Read(missing)));
    }
}

#[test]
fn refuses_a_damaged_right_edge() {
    for path in ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"] {
        let (good, head) = log_of(300);
        for position in [0, 1, 5, 31] {
            let mut files = good.clone();
            files.get_mut(path).unwrap()[position] ^= 0x40;
            assert!(try_append(&files, &head).is_err(), "{path} at {position}");
        }
        let mut files = good;
        files.get_mut(path).unwrap().pop();
        assert!(try_append(&files, &head).is_err(), "{path} cut short");
    }
}

#[test]
fn refuses_an_edge_bundle_of_another_length() {
    let (mut files, head) = log_of(3);
    let path = "tile/entries/000.p/3";
    let bundle = write_entries(leaves(0..2).iter().map(Vec::as_slice)).unwrap();
    files.insert(path.to_owned(), bundle);
    let wrong = ReadError::WrongLength {
        path: path.to_owned(),
    };
    assert_eq!(try_append(&files, &head), Err(AppendError::Read(wrong)));
}

#[test]
fn refuses_a_leaf_that_no_bundle_can_hold() {
    let too_long = vec![vec![0; 65_536]];
    let refused = append_leaves(&|_: &str| None, &TreeHead::empty(), &too_long);
    let expected = EntriesError::LeafTooLong { size_bytes: 65_536 };
    assert_eq!(refused, Err(AppendError::Entries(expected)));
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 64,
        ..ProptestConfig::default()
    })]

    #[test]
    fn batches_lead_to_the_same_log_as_one_batch(
        batches in prop::collection::vec(0_u32..200, 0..6),
    ) {
        let (mut files, mut head) = (Files::new(), TreeHead::empty());
        let mut size = 0;
        for n_leaves in batches {
            head = append(&mut files, &head, &leaves(size..size + n_leaves));
            size += n_leaves;
            prop_assert_eq!(head.size, u64::from(size));
            prop_assert_eq!(head.root, root_of(&leaves(0..size)));
        }
        let (at_once, head_at_once) = log_of(size);
        prop_assert_eq!(head, head_at_once);
        for (path, bytes) in &at_once {
            prop_assert_eq!(files.get(path), Some(bytes));
        }
        let mut current = files;
        current.retain(|path, _| is_current(path, u64::from(size)));
        prop_assert_eq!(current, at_once);
    }

    #[test]
    fn every_append_is_provably_consistent(first in 0_u32..400, second in 0_u32..400) {
        let (mut files, old) = log_of(first);
        let new = append(&mut files, &old, &leaves(first..first + second));
        let reader = TileHashReader::new(|path: &str| files.get(path).cloned(), new.size);
        let proof = consistency_proof(&reader, old.size, new.size).unwrap();
        prop_assert_eq!(proof.verify(&old, &new), Ok(()));
        let all = leaves(0..first + second);
        let hashes: Vec<_> = all.iter().map(|leaf| leaf_hash(leaf)).collect();
        let expected = consistency_proof(&LeafHashes(&hashes), old.size, new.size).unwrap();
        prop_assert_eq!(proof, expected);
    }
}
