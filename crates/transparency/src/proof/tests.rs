use super::*;
use crate::merkle::leaf_hash;
use proptest::prelude::*;

fn hashes(size: u64) -> Vec<TreeHash> {
    (0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect()
}

fn head_of(hashes: &[TreeHash], size: u64) -> TreeHead {
    TreeHead {
        size,
        root: tree_root(&hashes[..usize::try_from(size).unwrap()]),
    }
}

fn at(hashes: &[TreeHash], index: u64) -> &TreeHash {
    &hashes[usize::try_from(index).unwrap()]
}

/// The tree of the tests of certificate transparency logs.
fn known_tree() -> Vec<TreeHash> {
    let leaves: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"@ABC",
        b"PQRSTUVW",
        b"`abcdefghijklmno",
    ];
    leaves.iter().map(|leaf| leaf_hash(leaf)).collect()
}

fn texts(hashes: &[TreeHash]) -> Vec<String> {
    hashes.iter().map(ToString::to_string).collect()
}

#[test]
fn known_inclusion_proofs_are_the_known_ones() {
    let tree = known_tree();
    let path = |index, size| {
        texts(
            &inclusion_proof(&LeafHashes(&tree), index, size)
                .unwrap()
                .hashes,
        )
    };
    assert_eq!(path(0, 1), Vec::<String>::new());
    assert_eq!(
        path(0, 8),
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    assert_eq!(
        path(5, 8),
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    assert_eq!(
        path(2, 3),
        ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]
    );
}

#[test]
fn known_consistency_proofs_are_the_known_ones() {
    let tree = known_tree();
    let proof = |old, new| {
        texts(
            &consistency_proof(&LeafHashes(&tree), old, new)
                .unwrap()
                .hashes,
        )
    };
    assert_eq!(proof(1, 1), Vec::<String>::new());
    assert_eq!(
        proof(1, 8),
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    assert_eq!(
        proof(6, 8),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    assert_eq!(
        proof(2, 5),
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ]
    );
}

#[test]
fn every_leaf_of_every_small_log_is_provably_in_it() {
    let tree = hashes(40);
    for size in 1..=40 {
        let head = head_of(&tree, size);
        for index in 0..size {
            let proof = inclusion_proof(&LeafHashes(&tree), index, size).unwrap();
            assert_eq!(
                proof.verify(at(&tree, index), &head),
                Ok(()),
                "{index} of {size}"
            );
        }
    }
}

#[test]
fn every_small_log_provably_extends_every_shorter_one() {
    let tree = hashes(40);
    for new_size in 0..=40 {
        for old_size in 0..=new_size {
            let proof = consistency_proof(&LeafHashes(&tree), old_size, new_size).unwrap();
            let (old, new) = (head_of(&tree, old_size), head_of(&tree, new_size));
            assert_eq!(proof.verify(&old, &new), Ok(()), "{old_size} to {new_size}");
        }
    }
}

#[test]
fn proofs_outside_the_log_cannot_be_made() {
    let tree = hashes(4);
    for (index, size) in [(0, 0), (4, 4), (9, 4)] {
        let refused = inclusion_proof(&LeafHashes(&tree), index, size);
        assert_eq!(
            refused,
            Err(ProofError::OutOfRange {
                position: index,
                size
            })
        );
    }
    let refused = consistency_proof(&LeafHashes(&tree), 5, 4);
    assert_eq!(
        refused,
        Err(ProofError::OutOfRange {
            position: 5,
            size: 4
        })
    );
}

#[test]
fn proofs_beyond_the_stored_hashes_cannot_be_made() {
    let tree = hashes(4);
    let refused = inclusion_proof(&LeafHashes(&tree), 1, 6);
    let missing = ReadError::MissingSubtree { level: 1, index: 2 };
    assert_eq!(refused, Err(ProofError::Read(missing.clone())));
    assert_eq!(
        consistency_proof(&LeafHashes(&tree), 4, 6),
        Err(ProofError::Read(missing))
    );
    assert!(root_at(&LeafHashes(&tree), 5).is_err());
    assert!(LeafHashes(&tree).subtree_root(64, 0).is_err());
    assert!(LeafHashes(&tree).subtree_root(2, u64::MAX).is_err());
}

#[test]
fn a_proof_belongs_to_one_size() {
    let tree = hashes(9);
    let proof = inclusion_proof(&LeafHashes(&tree), 3, 8).unwrap();
    let refused = proof.verify(at(&tree, 3), &head_of(&tree, 9));
    assert_eq!(
        refused,
        Err(ProofError::OutOfRange {
            position: 3,
            size: 9
        })
    );
    let proof = consistency_proof(&LeafHashes(&tree), 3, 8).unwrap();
    assert!(
        proof
            .verify(&head_of(&tree, 3), &head_of(&tree, 9))
            .is_err()
    );
    assert!(
        proof
            .verify(&head_of(&tree, 4), &head_of(&tree, 8))
            .is_err()
    );
}

#[test]
fn a_proof_of_the_empty_log_needs_no_hash() {
    let tree = hashes(5);
    let proof = ConsistencyProof {
        old_size: 0,
        new_size: 5,
        hashes: Vec::new(),
    };
    assert_eq!(proof.verify(&TreeHead::empty(), &head_of(&tree, 5)), Ok(()));
    let not_empty = TreeHead {
        size: 0,
        root: tree[0],
    };
    assert_eq!(
        proof.verify(&not_empty, &head_of(&tree, 5)),
        Err(ProofError::WrongRoot)
    );
    let padded = ConsistencyProof {
        hashes: vec![tree[0]],
        ..proof
    };
    let refused = padded.verify(&TreeHead::empty(), &head_of(&tree, 5));
    assert_eq!(refused, Err(ProofError::WrongLength));
}

#[test]
fn a_log_of_one_size_has_one_root() {
    let tree = hashes(5);
    let proof = ConsistencyProof {
        old_size: 5,
        new_size: 5,
        hashes: Vec::new(),
    };
    let head = head_of(&tree, 5);
    assert_eq!(proof.verify(&head, &head), Ok(()));
    let forked = TreeHead {
        size: 5,
        root: tree[0],
    };
    assert_eq!(proof.verify(&forked, &head), Err(ProofError::WrongRoot));
}

#[test]
fn an_index_outside_its_log_is_never_included() {
    let tree = hashes(4);
    let head = head_of(&tree, 4);
    let proof = InclusionProof {
        index: 4,
        size: 4,
        hashes: Vec::new(),
    };
    assert!(proof.verify(&tree[0], &head).is_err());
    let proof = InclusionProof {
        index: 0,
        size: 0,
        hashes: Vec::new(),
    };
    assert!(proof.verify(&tree[0], &TreeHead::empty()).is_err());
}

#[test]
fn proofs_read_what_they_write() {
    let tree = hashes(7);
    let inclusion = inclusion_proof(&LeafHashes(&tree), 2, 7).unwrap();
    let json = serde_json::to_string(&inclusion).unwrap();
    assert_eq!(
        serde_json::from_str::<InclusionProof>(&json).unwrap(),
        inclusion
    );
    let consistency = consistency_proof(&LeafHashes(&tree), 2, 7).unwrap();
    let json = serde_json::to_string(&consistency).unwrap();
    assert_eq!(
        serde_json::from_str::<ConsistencyProof>(&json).unwrap(),
        consistency
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn inclusion_holds_for_the_leaf_and_for_no_other(
        (size, index, other) in (1_u64..600).prop_flat_map(|n| (Just(n), 0..n, 0..n)),
    ) {
        let tree = hashes(size);
        let head = head_of(&tree, size);
        let proof = inclusion_proof(&LeafHashes(&tree), index, size).unwrap();
        prop_assert_eq!(proof.verify(at(&tree, index), &head), Ok(()));
        prop_assert_eq!(proof.verify(at(&tree, other), &head).is_ok(), other == index);
        let moved = InclusionProof { index: other, ..proof };
        prop_assert_eq!(moved.verify(at(&tree, index), &head).is_ok(), other == index);
    }

    #[test]
    fn a_changed_inclusion_proof_never_holds(
        (size, index) in (2_u64..600).prop_flat_map(|n| (Just(n), 0..n)),
        position in any::<prop::sample::Index>(),
        flip in 1_u8..,
    ) {
        let tree = hashes(size);
        let head = head_of(&tree, size);
        let good = inclusion_proof(&LeafHashes(&tree), index, size).unwrap();
        let position = position.index(good.hashes.len());
        let mut changed = good.clone();
        let mut bytes = *changed.hashes[position].as_bytes();
        bytes[usize::from(flip) % 32] ^= flip;
        changed.hashes[position] = TreeHash::from_bytes(bytes);
        prop_assert_eq!(changed.verify(at(&tree, index), &head), Err(ProofError::WrongRoot));
        let mut shortened = good.clone();
        shortened.hashes.remove(position);
        prop_assert!(shortened.verify(at(&tree, index), &head).is_err());
        let mut lengthened = good;
        lengthened.hashes.insert(position, tree[0]);
        prop_assert!(lengthened.verify(at(&tree, index), &head).is_err());
    }

    #[test]
    fn consistency_holds_for_the_true_history_and_for_no_other(
        (new_size, old_size) in (0_u64..600).prop_flat_map(|n| (Just(n), 0..=n)),
        changed in any::<prop::sample::Index>(),
    ) {
        let tree = hashes(new_size);
        let (old, new) = (head_of(&tree, old_size), head_of(&tree, new_size));
        let proof = consistency_proof(&LeafHashes(&tree), old_size, new_size).unwrap();
        prop_assert_eq!(proof.verify(&old, &new), Ok(()));
        if old_size > 0 {
            // A log that rewrote one old leaf cannot prove that it extends the old head.
            let mut rewritten = tree.clone();
            rewritten[changed.index(usize::try_from(old_size).unwrap())] = leaf_hash(b"rewritten");
            let forged_head = head_of(&rewritten, new_size);
            let forged = consistency_proof(&LeafHashes(&rewritten), old_size, new_size).unwrap();
            prop_assert!(forged.verify(&old, &forged_head).is_err());
            prop_assert!(proof.verify(&old, &forged_head).is_err());
        }
    }

    #[test]
    fn a_changed_consistency_proof_never_holds(
        (new_size, old_size) in (2_u64..600).prop_flat_map(|n| (Just(n), 1..n)),
        position in any::<prop::sample::Index>(),
    ) {
        let tree = hashes(new_size);
        let (old, new) = (head_of(&tree, old_size), head_of(&tree, new_size));
        let good = consistency_proof(&LeafHashes(&tree), old_size, new_size).unwrap();
        let position = position.index(good.hashes.len());
        let mut changed = good.clone();
        changed.hashes[position] = leaf_hash(b"changed");
        prop_assert!(changed.verify(&old, &new).is_err());
        let mut shortened = good.clone();
        shortened.hashes.remove(position);
        prop_assert!(shortened.verify(&old, &new).is_err());
        let mut lengthened = good;
        lengthened.hashes.insert(position, tree[0]);
        prop_assert!(lengthened.verify(&old, &new).is_err());
    }

    #[test]
    fn arbitrary_proofs_are_refused_without_harm(
        index in any::<u64>(),
        size in any::<u64>(),
        n_hashes in 0_usize..70,
    ) {
        let root = leaf_hash(b"root");
        let hashes = vec![root; n_hashes];
        let inclusion = InclusionProof { index, size, hashes: hashes.clone() };
        let head = TreeHead { size, root };
        prop_assert!(inclusion.verify(&leaf_hash(b"leaf"), &head).is_err());
        let (old_size, new_size) = (index.min(size), index.max(size));
        let consistency = ConsistencyProof { old_size, new_size, hashes };
        let old = TreeHead { size: old_size, root: leaf_hash(b"old") };
        let new = TreeHead { size: new_size, root };
        prop_assert!(consistency.verify(&old, &new).is_err());
    }

    #[test]
    fn the_root_of_a_prefix_is_the_root_of_the_shorter_log(
        (size, shorter) in (0_u64..600).prop_flat_map(|n| (Just(n), 0..=n)),
    ) {
        let tree = hashes(size);
        let root = root_at(&LeafHashes(&tree), shorter).unwrap();
        prop_assert_eq!(root, head_of(&tree, shorter).root);
    }
}
