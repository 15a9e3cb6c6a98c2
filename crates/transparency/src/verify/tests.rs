use super::*;
use crate::append::append_leaves;
use crate::opening::{Erasure, Opening, Salt};
use ed25519_dalek::SigningKey;
use proptest::prelude::*;

const ORIGIN: &str = "sund.example/log";

type Files = BTreeMap<String, Vec<u8>>;

/// A log folder with everything that is served beside it.
#[derive(Clone)]
struct Log {
    files: Files,
    openings: Vec<LeafOpenings>,
    checkpoints: Vec<String>,
}

fn signing_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn verifier_key() -> VerifierKey {
    VerifierKey::from_signing_key(ORIGIN, &signing_key()).unwrap()
}

fn sign(head: TreeHead) -> String {
    Checkpoint {
        origin: ORIGIN.to_owned(),
        head,
    }
    .sign(&signing_key())
    .unwrap()
}

fn opening(sequence: u64, field: &str) -> Opening {
    let salt = Salt::from_bytes([u8::try_from(sequence % 251).unwrap(); 32]);
    Opening {
        field: field.to_owned(),
        value: format!("{field} of {sequence}"),
        salt,
    }
}

fn leaf(sequence: u64) -> LogLeaf {
    let fields = ["purpose", "title"];
    LogLeaf {
        sequence,
        kind: "permit.issued".to_owned(),
        time: "2026-12-01T08:00:00Z".to_owned(),
        ids: BTreeMap::from([("case".to_owned(), format!("S-2026-{sequence:04}"))]),
        fields: fields
            .map(|f| (f.to_owned(), opening(sequence, f).commitment()))
            .into(),
        corrects: None,
    }
}

impl Log {
    /// A log built in batches; the title of every leaf is opened, the purpose of every third
    /// leaf erased, other purposes withheld.
    fn new(batches: &[u64]) -> Self {
        let mut log = Self {
            files: Files::new(),
            openings: Vec::new(),
            checkpoints: Vec::new(),
        };
        let mut head = TreeHead::empty();
        for n_leaves in batches {
            let range = head.size..head.size + n_leaves;
            log.openings.extend(range.clone().map(served));
            let leaves: Vec<_> = range.map(|n| leaf(n).to_bytes().unwrap()).collect();
            head = log.append(head, &leaves);
        }
        log
    }

    fn append(&mut self, head: TreeHead, leaves: &[Vec<u8>]) -> TreeHead {
        let batch = append_leaves(&|path: &str| self.files.get(path).cloned(), &head, leaves);
        let batch = batch.unwrap();
        self.files
            .extend(batch.files.into_iter().map(|file| (file.path, file.bytes)));
        self.publish(batch.head);
        batch.head
    }

    fn publish(&mut self, head: TreeHead) {
        let note = sign(head);
        self.files
            .insert(CHECKPOINT_PATH.to_owned(), note.clone().into_bytes());
        self.checkpoints.push(note);
    }

    fn verify(&self) -> Report {
        let expected = Expectations {
            openings: &self.openings,
            earlier_checkpoints: &self.checkpoints,
        };
        verify_log(
            &|path: &str| self.files.get(path).cloned(),
            &verifier_key(),
            expected,
        )
    }

    fn findings(&self) -> Vec<Finding> {
        self.verify().findings
    }
}

fn served(sequence: u64) -> LeafOpenings {
    let erasure = Erasure {
        on: "2027-01-31".to_owned(),
        rule: "retention-5y".to_owned(),
    };
    let erased = sequence
        .is_multiple_of(3)
        .then(|| ("purpose".to_owned(), erasure));
    LeafOpenings {
        sequence,
        opened: vec![opening(sequence, "title")],
        erased: erased.into_iter().collect(),
    }
}

/// A log of one batch of arbitrary leaf bytes, correctly hashed and signed.
fn log_of_bytes(leaves: &[Vec<u8>]) -> Log {
    let mut log = Log::new(&[]);
    log.append(TreeHead::empty(), leaves);
    log
}

#[test]
fn a_good_log_holds() {
    for batches in [[1, 0, 0], [256, 0, 0], [200, 56, 1], [3, 300, 250]] {
        let log = Log::new(&batches);
        let report = log.verify();
        assert!(report.holds(), "{batches:?}: {:?}", report.findings);
        let size = batches.iter().sum();
        assert_eq!(report.n_leaves, size);
        assert_eq!(report.head.map(|head| head.size), Some(size));
        assert_eq!(report.origin, ORIGIN);
    }
}

#[test]
fn an_empty_log_holds() {
    let log = log_of_bytes(&[]);
    let report = log.verify();
    assert!(report.holds());
    assert_eq!((report.n_leaves, report.head), (0, Some(TreeHead::empty())));
}

#[test]
fn tells_of_every_field_whether_it_is_verified_withheld_or_erased() {
    let fields = Log::new(&[2]).verify().fields;
    let told: Vec<_> = fields
        .iter()
        .map(|field| (field.sequence, field.field.as_str(), &field.state))
        .collect();
    let erasure = Erasure {
        on: "2027-01-31".to_owned(),
        rule: "retention-5y".to_owned(),
    };
    assert_eq!(
        told,
        [
            (0, "purpose", &FieldState::Erased(erasure)),
            (0, "title", &FieldState::Verified),
            (1, "purpose", &FieldState::Withheld),
            (1, "title", &FieldState::Verified),
        ]
    );
}

#[test]
fn a_log_without_any_opening_holds_with_everything_withheld() {
    let mut log = Log::new(&[20]);
    log.openings.clear();
    let report = log.verify();
    assert!(report.holds());
    assert_eq!(report.fields.len(), 40);
    assert!(
        report
            .fields
            .iter()
            .all(|field| field.state == FieldState::Withheld)
    );
}

#[test]
fn finds_every_changed_byte_of_a_small_log() {
    let log = Log::new(&[3, 2]);
    for (path, bytes) in &log.files {
        for position in 0..bytes.len() {
            let mut changed = log.clone();
            changed.files.get_mut(path).unwrap()[position] ^= 0x01;
            assert!(!changed.verify().holds(), "byte {position} of {path}");
        }
    }
}

#[test]
fn finds_bytes_added_or_removed_at_the_end_of_any_file() {
    let log = Log::new(&[250, 10]);
    for path in log.files.keys() {
        let mut longer = log.clone();
        longer.files.get_mut(path).unwrap().push(0);
        assert!(!longer.verify().holds(), "{path} with one byte more");
        let mut shorter = log.clone();
        shorter.files.get_mut(path).unwrap().pop();
        assert!(!shorter.verify().holds(), "{path} with one byte less");
    }
}

#[test]
fn names_the_missing_file() {
    let log = Log::new(&[300]);
    for path in log.files.keys().filter(|path| *path != CHECKPOINT_PATH) {
        let mut without = log.clone();
        without.files.remove(path);
        assert_eq!(
            without.findings(),
            [Finding::FileMissing { path: path.clone() }]
        );
    }
}

#[test]
fn files_of_earlier_sizes_may_be_pruned() {
    let mut log = Log::new(&[100, 100, 100]);
    assert!(log.files.remove("tile/0/000.p/100").is_some());
    assert!(log.files.remove("tile/entries/000.p/200").is_some());
    assert!(log.verify().holds());
}

#[test]
fn files_of_a_later_unpublished_batch_do_not_matter() {
    let mut log = Log::new(&[10]);
    let checkpoint = log.files[CHECKPOINT_PATH].clone();
    let longer = Log::new(&[10, 5]);
    log.files = longer.files;
    log.files.insert(CHECKPOINT_PATH.to_owned(), checkpoint);
    assert!(log.verify().holds());
}

#[test]
fn a_log_without_checkpoint_cannot_be_verified() {
    let mut log = Log::new(&[3]);
    log.files.remove(CHECKPOINT_PATH);
    let report = log.verify();
    assert_eq!(report.findings, [Finding::CheckpointMissing]);
    assert_eq!((report.head, report.n_leaves), (None, 0));
}

#[test]
fn a_checkpoint_by_another_key_is_not_believed() {
    let mut log = Log::new(&[3]);
    let head = log.verify().head.unwrap();
    let checkpoint = Checkpoint {
        origin: ORIGIN.to_owned(),
        head,
    };
    let note = checkpoint.sign(&SigningKey::from_bytes(&[8; 32])).unwrap();
    log.files
        .insert(CHECKPOINT_PATH.to_owned(), note.into_bytes());
    let findings = log.findings();
    let [Finding::CheckpointInvalid { reason }] = findings.as_slice() else {
        panic!("{findings:?}")
    };
    assert_eq!(
        reason,
        "the checkpoint is not signed by the log: the note has no signature by `sund.example/log`"
    );
}

#[test]
fn a_checkpoint_that_is_no_text_is_not_believed() {
    let mut log = Log::new(&[3]);
    log.files.insert(CHECKPOINT_PATH.to_owned(), vec![0xff; 80]);
    assert!(matches!(
        log.findings()[..],
        [Finding::CheckpointInvalid { .. }]
    ));
}

#[test]
fn a_changed_leaf_shows_in_root_and_tile_and_value() {
    let mut log = Log::new(&[5]);
    let mut leaves: Vec<_> = (0..5).map(|n| leaf(n).to_bytes().unwrap()).collect();
    let mut forged = leaf(2);
    forged.fields.insert(
        "title".to_owned(),
        Opening {
            value: "harmless".to_owned(),
            ..opening(2, "title")
        }
        .commitment(),
    );
    leaves[2] = forged.to_bytes().unwrap();
    let bundle = crate::tile::write_entries(leaves.iter().map(Vec::as_slice)).unwrap();
    log.files.insert("tile/entries/000.p/5".to_owned(), bundle);
    let findings = log.findings();
    assert_eq!(
        findings[0],
        Finding::FieldDiffers {
            sequence: 2,
            field: "title".to_owned()
        }
    );
    assert!(matches!(findings[1], Finding::RootDiffers { .. }));
    assert_eq!(
        findings[2],
        Finding::FileChanged {
            path: "tile/0/000.p/5".to_owned()
        }
    );
    assert!(matches!(
        findings[3],
        Finding::HistoryDiffers { number: 1, .. }
    ));
}

#[test]
fn a_rewritten_and_newly_signed_log_betrays_itself_to_who_kept_a_checkpoint() {
    let honest = Log::new(&[4, 4]);
    let mut leaves: Vec<_> = (0..8).map(|n| leaf(n).to_bytes().unwrap()).collect();
    leaves[1] = LogLeaf {
        kind: "permit.revoked".to_owned(),
        ..leaf(1)
    }
    .to_bytes()
    .unwrap();
    let mut forged = log_of_bytes(&leaves);
    assert!(forged.verify().holds());
    forged.checkpoints = honest.checkpoints;
    let expected = [(1, 4), (2, 8)].map(|(number, size)| Finding::HistoryDiffers {
        number,
        reason: format!("its first {size} leaves were changed"),
    });
    assert_eq!(forged.findings(), expected);
}

#[test]
fn a_rolled_back_log_betrays_itself_to_who_kept_a_checkpoint() {
    let long = Log::new(&[4, 4]);
    let mut rolled_back = Log::new(&[4]);
    rolled_back.checkpoints = long.checkpoints;
    let reason = "it signed 8 leaves, the log has fewer".to_owned();
    assert_eq!(
        rolled_back.findings(),
        [Finding::HistoryDiffers { number: 2, reason }]
    );
}

#[test]
fn an_earlier_checkpoint_must_be_signed_too() {
    let mut log = Log::new(&[4]);
    log.checkpoints = vec!["not a note".to_owned()];
    assert!(matches!(
        log.findings()[..],
        [Finding::HistoryDiffers { number: 1, .. }]
    ));
}

#[test]
fn finds_leaves_that_are_not_canonical() {
    let spaced = String::from_utf8(leaf(1).to_bytes().unwrap())
        .unwrap()
        .replace("\":", "\": ");
    let leaves = [
        leaf(0).to_bytes().unwrap(),
        spaced.into_bytes(),
        b"{}".to_vec(),
    ];
    let reasons: Vec<_> = log_of_bytes(&leaves)
        .findings()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        reasons,
        [
            "leaf 1 is invalid: the leaf is not canonical JSON",
            "leaf 2 is invalid: not a leaf of format `sund-leaf/1`",
        ]
    );
}

#[test]
fn finds_leaves_in_the_wrong_place() {
    let leaves = [0, 2, 1].map(|n| leaf(n).to_bytes().unwrap());
    assert_eq!(
        log_of_bytes(&leaves).findings(),
        [
            Finding::SequenceDiffers {
                position: 1,
                sequence: 2
            },
            Finding::SequenceDiffers {
                position: 2,
                sequence: 1
            },
        ]
    );
}

#[test]
fn finds_a_value_that_was_never_committed_to() {
    let mut log = Log::new(&[5]);
    log.openings[4].opened[0].value = "something else".to_owned();
    let report = log.verify();
    let field = "title".to_owned();
    assert_eq!(
        report.findings,
        [Finding::FieldDiffers { sequence: 4, field }]
    );
    assert_eq!(
        report.fields.last().map(|f| &f.state),
        Some(&FieldState::Mismatch)
    );
}

#[test]
fn finds_openings_exchanged_between_leaves() {
    let mut log = Log::new(&[3]);
    let other = log.openings[1].opened.clone();
    log.openings[2].opened = other;
    let field = "title".to_owned();
    assert_eq!(
        log.findings(),
        [Finding::FieldDiffers { sequence: 2, field }]
    );
}

#[test]
fn finds_what_is_served_for_fields_and_leaves_that_do_not_exist() {
    let mut log = Log::new(&[3]);
    log.openings[1].opened.push(opening(1, "invented"));
    log.openings.push(served(3));
    let unknown = |sequence, field: &str| Finding::FieldUnknown {
        sequence,
        field: field.to_owned(),
    };
    assert_eq!(
        log.findings(),
        [
            unknown(3, "title"),
            unknown(3, "purpose"),
            unknown(1, "invented")
        ]
    );
}

#[test]
fn finds_two_sets_of_openings_for_one_leaf() {
    let mut log = Log::new(&[3]);
    log.openings.push(served(1));
    assert_eq!(log.findings(), [Finding::OpeningsRepeated { sequence: 1 }]);
}

#[test]
fn lists_a_thousand_findings_and_counts_the_rest() {
    let leaves = vec![b"{}".to_vec(); 1_200];
    let report = log_of_bytes(&leaves).verify();
    assert_eq!(
        (report.n_findings, report.findings.len()),
        (1_200, FINDINGS_MAX)
    );
    assert!(!report.holds());
}

#[test]
fn stops_at_the_first_missing_bundle() {
    let mut log = Log::new(&[600]);
    log.files.retain(|path, _| !path.contains("entries"));
    let path = "tile/entries/000".to_owned();
    let report = log.verify();
    assert_eq!(report.findings, [Finding::FileMissing { path }]);
    assert_eq!(report.n_leaves, 0);
}

#[test]
fn a_signed_size_beyond_the_files_is_found_at_once() {
    let mut log = Log::new(&[3]);
    let root = log.verify().head.unwrap().root;
    log.publish(TreeHead {
        size: u64::MAX,
        root,
    });
    let path = "tile/entries/000".to_owned();
    assert_eq!(log.findings(), [Finding::FileMissing { path }]);
}

#[test]
fn the_report_is_readable_json() {
    let mut log = Log::new(&[1]);
    log.files.insert("tile/0/000.p/1".to_owned(), vec![0; 32]);
    let mut json = serde_json::to_value(log.verify()).unwrap();
    json["head"]["root"] = "…".into();
    assert_eq!(
        json,
        serde_json::json!({
            "origin": ORIGIN,
            "head": { "root": "…", "size": 1 },
            "n_leaves": 1,
            "n_findings": 1,
            "findings": [{ "code": "file_changed", "path": "tile/0/000.p/1" }],
            "fields": [
                {
                    "sequence": 0,
                    "field": "purpose",
                    "state": "erased",
                    "on": "2027-01-31",
                    "rule": "retention-5y",
                },
                { "sequence": 0, "field": "title", "state": "verified" },
            ],
        })
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 128,
        ..ProptestConfig::default()
    })]

    #[test]
    fn finds_any_flipped_bit_in_a_log_of_several_tiles(
        file in any::<prop::sample::Index>(),
        byte in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let mut log = Log::new(&[100, 200, 3]);
        let paths: Vec<_> = log.files.keys().cloned().collect();
        let path = &paths[file.index(paths.len())];
        let bytes = log.files.get_mut(path).unwrap();
        let position = byte.index(bytes.len());
        bytes[position] ^= 1 << bit;
        prop_assert!(!log.verify().holds(), "bit {} of byte {} of {}", bit, position, path);
    }

    #[test]
    fn finds_any_two_exchanged_leaves(
        first in any::<prop::sample::Index>(),
        second in any::<prop::sample::Index>(),
    ) {
        let mut leaves: Vec<_> = (0..20).map(|n| leaf(n).to_bytes().unwrap()).collect();
        let (first, second) = (first.index(20), second.index(20));
        leaves.swap(first, second);
        prop_assert_eq!(log_of_bytes(&leaves).verify().holds(), first == second);
    }
}
