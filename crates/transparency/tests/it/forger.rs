//! Attempts to change the past, by somebody who can write every file, with and without the key.

use crate::keeper::{Entry, Keeper, ORIGIN, salt, sign, verifier_key};
use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use transparency::{
    CHECKPOINT_PATH, Checkpoint, Expectations, LogLeaf, Opening, append_leaves, parse_entries,
    verify_log, write_entries,
};

const ENTRIES: &str = "tile/entries/000.p/12";

fn honest() -> Keeper {
    let mut keeper = Keeper::default();
    let entry = || Entry {
        kind: "decision.made",
        case: "S-2026-0417",
        fields: &[("outcome", "Afslag"), ("reason", "Formålet er ikke oplyst")],
        corrects: None,
    };
    keeper.log(&(0..8).map(|_| entry()).collect::<Vec<_>>());
    keeper.log(&(0..4).map(|_| entry()).collect::<Vec<_>>());
    keeper
}

fn leaves_of(keeper: &Keeper) -> Vec<Vec<u8>> {
    parse_entries(&keeper.files[ENTRIES])
        .unwrap()
        .into_iter()
        .map(<[u8]>::to_vec)
        .collect()
}

/// The forger's log: other leaves, all files rebuilt from them, signed with the real key.
fn rebuilt(leaves: &[Vec<u8>], from: &Keeper) -> Keeper {
    let mut forged = Keeper {
        openings: from.openings.clone(),
        ..Keeper::default()
    };
    forged.append(leaves);
    forged
}

fn with_other_outcome(leaf: &[u8]) -> Vec<u8> {
    let mut leaf = LogLeaf::from_bytes(leaf).unwrap();
    let forged = Opening {
        field: "outcome".to_owned(),
        value: "Tilladelse".to_owned(),
        salt: salt(leaf.sequence, "outcome"),
    };
    leaf.fields
        .insert(forged.field.clone(), forged.commitment());
    leaf.to_bytes().unwrap()
}

#[test]
fn the_honest_log_holds() {
    let report = honest().verify();
    assert!(report.holds(), "{:?}", report.findings);
    assert_eq!(report.fields.len(), 24);
}

#[test]
fn changing_what_is_served_is_found() {
    let mut keeper = honest();
    let served = &mut keeper.openings.get_mut(&5).unwrap().opened;
    served
        .iter_mut()
        .find(|o| o.field == "outcome")
        .unwrap()
        .value = "Tilladelse".to_owned();
    assert_eq!(
        keeper.findings(),
        ["field `outcome` of leaf 5 is not what was committed to"]
    );
}

#[test]
fn changing_a_leaf_without_the_rest_is_found() {
    let mut keeper = honest();
    let mut leaves = leaves_of(&keeper);
    leaves[5] = with_other_outcome(&leaves[5]);
    let bundle = write_entries(leaves.iter().map(Vec::as_slice)).unwrap();
    keeper.files.insert(ENTRIES.to_owned(), bundle);
    let findings = keeper.findings();
    assert!(
        findings.contains(&"`tile/0/000.p/12` was changed".to_owned()),
        "{findings:?}"
    );
    assert!(
        findings.contains(&"`tile/entries/000.p/8` was changed".to_owned()),
        "{findings:?}"
    );
    assert!(
        findings
            .iter()
            .any(|finding| finding.contains("was signed")),
        "{findings:?}"
    );
}

#[test]
fn rebuilding_all_files_without_the_key_is_found() {
    let keeper = honest();
    let mut leaves = leaves_of(&keeper);
    leaves[5] = with_other_outcome(&leaves[5]);
    let mut forged = rebuilt(&leaves, &keeper);
    let checkpoint = Checkpoint {
        origin: ORIGIN.to_owned(),
        head: forged.head(),
    };
    let note = checkpoint.sign(&SigningKey::from_bytes(&[43; 32])).unwrap();
    forged
        .files
        .insert(CHECKPOINT_PATH.to_owned(), note.into_bytes());
    let findings = forged.findings();
    assert_eq!(findings.len(), 1);
    assert!(
        findings[0].contains("no signature by `log.sund.example`"),
        "{findings:?}"
    );
}

#[test]
fn the_old_checkpoint_does_not_fit_rebuilt_files() {
    let keeper = honest();
    let mut leaves = leaves_of(&keeper);
    leaves[5] = with_other_outcome(&leaves[5]);
    let mut forged = rebuilt(&leaves, &keeper);
    forged.files.insert(
        CHECKPOINT_PATH.to_owned(),
        keeper.files[CHECKPOINT_PATH].clone(),
    );
    let report = forged.verify_with(&[]);
    let findings: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert!(
        findings
            .iter()
            .any(|finding| finding.contains("was signed")),
        "{findings:?}"
    );
}

#[test]
fn even_with_the_key_an_old_checkpoint_tells() {
    let keeper = honest();
    let mut leaves = leaves_of(&keeper);
    leaves[5] = with_other_outcome(&leaves[5]);
    let mut forged = rebuilt(&leaves, &keeper);
    for served in forged.openings.get_mut(&5).unwrap().opened.iter_mut() {
        if served.field == "outcome" {
            served.value = "Tilladelse".to_owned();
        }
    }
    assert!(forged.verify().holds(), "nobody who comes first can know");
    let report = forged.verify_with(&keeper.checkpoints);
    assert_eq!(report.n_findings, 2, "both earlier checkpoints tell");
}

#[test]
fn leaving_out_an_entry_is_found() {
    let keeper = honest();
    for removed in 0..12 {
        let mut leaves = leaves_of(&keeper);
        leaves.remove(removed);
        let forged = rebuilt(&leaves, &keeper);
        // Without the last leaf everything that remains is genuine, but something is served for it.
        assert!(!forged.verify_with(&[]).holds(), "leaf {removed}");
        assert!(
            !forged.verify_with(&keeper.checkpoints).holds(),
            "leaf {removed}"
        );
    }
}

#[test]
fn repeating_or_moving_an_entry_is_found() {
    let keeper = honest();
    let mut repeated = leaves_of(&keeper);
    repeated.insert(3, repeated[3].clone());
    assert!(!rebuilt(&repeated, &keeper).verify_with(&[]).holds());
    let mut moved = leaves_of(&keeper);
    moved.swap(2, 9);
    assert!(!rebuilt(&moved, &keeper).verify_with(&[]).holds());
}

#[test]
fn a_checkpoint_of_a_shorter_log_hides_nothing_from_who_saw_the_longer_one() {
    let keeper = honest();
    let mut shortened = keeper.clone();
    shortened.files.insert(
        CHECKPOINT_PATH.to_owned(),
        keeper.checkpoints[0].clone().into_bytes(),
    );
    shortened.openings.retain(|sequence, _| *sequence < 8);
    // The files of the shorter log are all there, and it was true once.
    assert!(shortened.verify_with(&keeper.checkpoints[..1]).holds());
    assert!(!shortened.verify_with(&keeper.checkpoints).holds());
}

#[test]
fn a_signed_head_that_the_leaves_do_not_have_is_found() {
    let mut keeper = honest();
    let mut head = keeper.head();
    head.root = transparency::leaf_hash(b"something else");
    keeper
        .files
        .insert(CHECKPOINT_PATH.to_owned(), sign(head).into_bytes());
    let findings = keeper.verify().findings;
    assert_eq!(findings.len(), 1);
    assert!(
        findings[0].to_string().contains("was signed"),
        "{findings:?}"
    );
}

#[test]
fn erasing_is_not_a_way_to_change_a_value() {
    let mut keeper = honest();
    keeper.erase(5, "outcome", "retention-5y");
    assert!(keeper.verify().holds());
    // A new value beside the erasure, with a new salt, opens nothing.
    let served = keeper.openings.get_mut(&5).unwrap();
    served.opened.push(Opening {
        field: "outcome".to_owned(),
        value: "Tilladelse".to_owned(),
        salt: salt(99, "outcome"),
    });
    assert!(!keeper.verify().holds());
}

#[test]
fn a_damaged_log_is_not_continued() {
    let keeper = honest();
    for path in keeper.files.keys().filter(|path| path.ends_with(".p/12")) {
        for position in [0, 10, 31] {
            let mut damaged = keeper.files.clone();
            damaged.get_mut(path).unwrap()[position] ^= 0x10;
            let files = |path: &str| damaged.get(path).cloned();
            let refused = append_leaves(&files, &keeper.head(), &[b"leaf".to_vec()]);
            assert!(refused.is_err(), "{path} at {position}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn overwriting_any_stretch_of_any_file_is_found(
        file in any::<prop::sample::Index>(),
        start in any::<prop::sample::Index>(),
        new in prop::collection::vec(any::<u8>(), 1..20),
    ) {
        let mut keeper = honest();
        let paths: Vec<_> = keeper.files.keys().cloned().collect();
        let path = &paths[file.index(paths.len())];
        let bytes = keeper.files.get_mut(path).unwrap();
        let before = bytes.clone();
        let start = start.index(bytes.len());
        for (byte, value) in bytes.iter_mut().skip(start).zip(&new) {
            *byte = *value;
        }
        let unchanged = *bytes == before;
        prop_assert_eq!(keeper.verify().holds(), unchanged, "{} from {}", path, start);
    }

    #[test]
    fn cutting_or_lengthening_any_file_is_found(
        file in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        added in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut keeper = honest();
        let paths: Vec<_> = keeper.files.keys().cloned().collect();
        let path = &paths[file.index(paths.len())];
        let bytes = keeper.files.get_mut(path).unwrap();
        let before = bytes.clone();
        bytes.truncate(cut.index(before.len() + 1));
        bytes.extend(added);
        let unchanged = *bytes == before;
        prop_assert_eq!(keeper.verify().holds(), unchanged, "{}", path);
    }

    #[test]
    fn exchanging_two_files_is_found(
        first in any::<prop::sample::Index>(),
        second in any::<prop::sample::Index>(),
    ) {
        let mut keeper = honest();
        let paths: Vec<_> = keeper.files.keys().cloned().collect();
        let (first, second) = (&paths[first.index(paths.len())], &paths[second.index(paths.len())]);
        let (left, right) = (keeper.files[first].clone(), keeper.files[second].clone());
        keeper.files.insert(first.clone(), right);
        keeper.files.insert(second.clone(), left);
        prop_assert_eq!(keeper.verify().holds(), first == second);
    }

    #[test]
    fn folders_of_noise_are_refused_without_harm(
        noise in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 4),
        size in prop_oneof![0_u64..600, any::<u64>()],
    ) {
        let head = transparency::TreeHead { size, root: transparency::leaf_hash(b"root") };
        let signed = sign(head).into_bytes();
        let files = |path: &str| match path {
            CHECKPOINT_PATH => Some(signed.clone()),
            path => noise.get(path.len() % 5).cloned(),
        };
        let report = verify_log(&files, &verifier_key(), Expectations::default());
        prop_assert!(!report.holds());
    }
}
