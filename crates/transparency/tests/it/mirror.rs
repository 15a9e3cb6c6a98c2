//! A reader who trusts nobody: keeps only the last head, and asks for proofs.

use crate::keeper::{Files, Keeper, verifier_key};
use proptest::prelude::*;
use transparency::{
    Checkpoint, ConsistencyProof, InclusionProof, LogLeaf, TileHashReader, TreeHead,
    consistency_proof, inclusion_proof, leaf_hash, parse_entries,
};

/// What a cautious reader keeps between visits.
struct Reader {
    head: TreeHead,
}

impl Reader {
    fn new() -> Self {
        Self {
            head: TreeHead::empty(),
        }
    }

    /// Takes a newer checkpoint only with the proof that nothing was changed.
    fn follow(&mut self, checkpoint: &str, proof: &ConsistencyProof) -> Result<(), String> {
        let newer = Checkpoint::open(checkpoint, &verifier_key())
            .map_err(|e| e.to_string())?
            .head;
        proof
            .verify(&self.head, &newer)
            .map_err(|e| e.to_string())?;
        self.head = newer;
        Ok(())
    }

    fn is_logged(&self, leaf: &[u8], proof: &InclusionProof) -> bool {
        proof.verify(&leaf_hash(leaf), &self.head).is_ok()
    }
}

fn consistency(files: &Files, old: u64, new: u64) -> ConsistencyProof {
    let reader = TileHashReader::new(|path: &str| files.get(path).cloned(), new);
    consistency_proof(&reader, old, new).unwrap()
}

fn inclusion(files: &Files, index: u64, size: u64) -> InclusionProof {
    let reader = TileHashReader::new(|path: &str| files.get(path).cloned(), size);
    inclusion_proof(&reader, index, size).unwrap()
}

fn leaf_at(keeper: &Keeper, index: u64) -> Vec<u8> {
    let size = keeper.size();
    let bundle_index = index / 256;
    let width = u16::try_from((size - bundle_index * 256).min(256)).unwrap();
    let kind = transparency::TileKind::Entries;
    let tile = transparency::Tile {
        kind,
        index: bundle_index,
        width,
    };
    let bundle = &keeper.files[&tile.path()];
    parse_entries(bundle).unwrap()[usize::try_from(index % 256).unwrap()].to_vec()
}

#[test]
fn a_reader_follows_the_log_from_day_to_day() {
    let (mut keeper, mut reader) = (Keeper::default(), Reader::new());
    for n_entries in [1, 3, 0, 250, 2, 256, 1, 700] {
        keeper.log_many(n_entries);
        let proof = consistency(&keeper.files, reader.head.size, keeper.size());
        assert_eq!(
            reader.follow(keeper.checkpoints.last().unwrap(), &proof),
            Ok(())
        );
        assert_eq!(reader.head, keeper.head());
    }
}

#[test]
fn a_reader_finds_an_entry_and_checks_that_it_is_logged() {
    let (mut keeper, mut reader) = (Keeper::default(), Reader::new());
    keeper.log_many(700);
    let proof = consistency(&keeper.files, 0, 700);
    reader.follow(&keeper.checkpoints[0], &proof).unwrap();
    for index in [0, 1, 255, 256, 511, 512, 699] {
        let leaf = leaf_at(&keeper, index);
        assert_eq!(LogLeaf::from_bytes(&leaf).unwrap().sequence, index);
        assert!(reader.is_logged(&leaf, &inclusion(&keeper.files, index, 700)));
        let wrong_place = InclusionProof {
            index: (index + 1) % 700,
            ..inclusion(&keeper.files, index, 700)
        };
        assert!(!reader.is_logged(&leaf, &wrong_place));
    }
}

#[test]
fn an_entry_that_was_never_logged_has_no_proof() {
    let mut keeper = Keeper::default();
    keeper.log_many(20);
    let reader = Reader {
        head: keeper.head(),
    };
    let mut invented = LogLeaf::from_bytes(&leaf_at(&keeper, 7)).unwrap();
    invented.kind = "permit.revoked".to_owned();
    let invented = invented.to_bytes().unwrap();
    for index in 0..20 {
        assert!(!reader.is_logged(&invented, &inclusion(&keeper.files, index, 20)));
    }
}

#[test]
fn a_proof_of_yesterday_does_not_fit_the_head_of_today() {
    let mut keeper = Keeper::default();
    keeper.log_many(5);
    let yesterday = inclusion(&keeper.files, 2, 5);
    keeper.log_many(5);
    let reader = Reader {
        head: keeper.head(),
    };
    let leaf = leaf_at(&keeper, 2);
    assert!(!reader.is_logged(&leaf, &yesterday));
    assert!(reader.is_logged(&leaf, &inclusion(&keeper.files, 2, 10)));
}

#[test]
fn a_reader_notices_two_histories() {
    let mut shared = Keeper::default();
    shared.log_many(10);
    let (mut for_some, mut for_others) = (shared.clone(), shared.clone());
    for_some.log_many(4);
    for_others.append(&[
        b"{}".to_vec(),
        b"{}".to_vec(),
        b"{}".to_vec(),
        b"{}".to_vec(),
    ]);
    let mut reader = Reader {
        head: shared.head(),
    };
    let proof = consistency(&for_some.files, 10, 14);
    reader
        .follow(for_some.checkpoints.last().unwrap(), &proof)
        .unwrap();
    // Both heads have 14 leaves and a valid signature; no proof joins them.
    let empty = ConsistencyProof {
        old_size: 14,
        new_size: 14,
        hashes: Vec::new(),
    };
    assert!(
        reader
            .follow(for_others.checkpoints.last().unwrap(), &empty)
            .is_err()
    );
    for_others.log_many(3);
    let later = consistency(&for_others.files, 14, 17);
    assert!(
        reader
            .follow(for_others.checkpoints.last().unwrap(), &later)
            .is_err()
    );
    assert_eq!(reader.head, for_some.head());
}

#[test]
fn a_reader_never_goes_back() {
    let mut keeper = Keeper::default();
    keeper.log_many(3);
    let old = keeper.checkpoints[0].clone();
    keeper.log_many(3);
    let mut reader = Reader {
        head: keeper.head(),
    };
    for proof in [
        ConsistencyProof {
            old_size: 6,
            new_size: 3,
            hashes: Vec::new(),
        },
        ConsistencyProof {
            old_size: 3,
            new_size: 6,
            hashes: Vec::new(),
        },
        consistency(&keeper.files, 3, 6),
    ] {
        assert!(reader.follow(&old, &proof).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 32,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_two_visits_are_joined_by_a_proof(
        batches in prop::collection::vec(0_usize..150, 2..7),
        first in any::<prop::sample::Index>(),
        second in any::<prop::sample::Index>(),
    ) {
        let mut keeper = Keeper::default();
        for n_entries in batches {
            keeper.log_many(n_entries);
        }
        let (first, second) = (first.index(keeper.heads.len()), second.index(keeper.heads.len()));
        let (old, new) = (first.min(second), first.max(second));
        let mut reader = Reader { head: keeper.heads[old] };
        let proof = consistency(&keeper.files, keeper.heads[old].size, keeper.heads[new].size);
        prop_assert_eq!(reader.follow(&keeper.checkpoints[new], &proof), Ok(()));
    }

    #[test]
    fn every_entry_has_a_proof_at_every_later_size(
        batches in prop::collection::vec(1_usize..150, 1..5),
        entry in any::<prop::sample::Index>(),
    ) {
        let mut keeper = Keeper::default();
        for n_entries in batches {
            keeper.log_many(n_entries);
        }
        let size = keeper.size();
        let index = u64::try_from(entry.index(usize::try_from(size).unwrap())).unwrap();
        let leaf = leaf_at(&keeper, index);
        for head in keeper.heads.iter().filter(|head| head.size > index) {
            let reader = Reader { head: *head };
            let proof = inclusion(&keeper.files, index, head.size);
            prop_assert!(reader.is_logged(&leaf, &proof));
        }
    }
}
