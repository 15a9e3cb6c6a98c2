//! A log keeper for tests: writes what an honest one writes, and some things that one would not.

use ed25519_dalek::SigningKey;
use std::collections::BTreeMap;
use transparency::{
    CHECKPOINT_PATH, Checkpoint, Erasure, Expectations, LeafOpenings, LogLeaf, Opening, Report,
    Salt, TreeHead, VerifierKey, append_leaves, verify_log,
};

pub(crate) const ORIGIN: &str = "log.sund.example";

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A log folder, what is served beside it, and every checkpoint it ever published.
#[derive(Clone, Default)]
pub(crate) struct Keeper {
    pub(crate) files: Files,
    pub(crate) openings: BTreeMap<u64, LeafOpenings>,
    pub(crate) checkpoints: Vec<String>,
    pub(crate) heads: Vec<TreeHead>,
}

/// One field of an entry before it is logged.
pub(crate) struct Entry<'a> {
    pub(crate) kind: &'a str,
    pub(crate) case: &'a str,
    pub(crate) fields: &'a [(&'a str, &'a str)],
    pub(crate) corrects: Option<u64>,
}

pub(crate) fn signing_key() -> SigningKey {
    SigningKey::from_bytes(&[42; 32])
}

pub(crate) fn verifier_key() -> VerifierKey {
    VerifierKey::from_signing_key(ORIGIN, &signing_key()).unwrap()
}

pub(crate) fn sign(head: TreeHead) -> String {
    Checkpoint {
        origin: ORIGIN.to_owned(),
        head,
    }
    .sign(&signing_key())
    .unwrap()
}

/// A salt that differs for every field of every leaf; real ones are random.
pub(crate) fn salt(sequence: u64, field: &str) -> Salt {
    let mut bytes = [0; 32];
    let source = sequence.to_be_bytes().into_iter().chain(field.bytes());
    for (byte, value) in bytes.iter_mut().zip(source) {
        *byte = value;
    }
    Salt::from_bytes(bytes)
}

impl Keeper {
    pub(crate) fn head(&self) -> TreeHead {
        self.heads.last().copied().unwrap_or_else(TreeHead::empty)
    }

    pub(crate) fn size(&self) -> u64 {
        self.head().size
    }

    /// Logs entries in one batch, opens all their fields and publishes a checkpoint.
    pub(crate) fn log(&mut self, entries: &[Entry<'_>]) {
        let mut leaves = Vec::new();
        for (sequence, entry) in (self.size()..).zip(entries) {
            let opened: Vec<_> = entry
                .fields
                .iter()
                .map(|(field, value)| Opening {
                    field: (*field).to_owned(),
                    value: (*value).to_owned(),
                    salt: salt(sequence, field),
                })
                .collect();
            let leaf = LogLeaf {
                sequence,
                kind: entry.kind.to_owned(),
                time: "2026-12-01T08:00:00Z".to_owned(),
                ids: BTreeMap::from([("case".to_owned(), entry.case.to_owned())]),
                fields: opened
                    .iter()
                    .map(|o| (o.field.clone(), o.commitment()))
                    .collect(),
                corrects: entry.corrects,
            };
            leaves.push(leaf.to_bytes().unwrap());
            let served = LeafOpenings {
                sequence,
                opened,
                erased: BTreeMap::new(),
            };
            self.openings.insert(sequence, served);
        }
        self.append(&leaves);
    }

    /// Logs `n_entries` entries that are all alike.
    pub(crate) fn log_many(&mut self, n_entries: usize) {
        let entry = |_| Entry {
            kind: "permit.issued",
            case: "S-2026-0417",
            fields: &[("title", "Nyresvigt ved type 2-diabetes")],
            corrects: None,
        };
        self.log(&(0..n_entries).map(entry).collect::<Vec<_>>());
    }

    /// Appends bytes as leaves, whatever they are, and publishes a checkpoint.
    pub(crate) fn append(&mut self, leaves: &[Vec<u8>]) {
        let files = |path: &str| self.files.get(path).cloned();
        let batch = append_leaves(&files, &self.head(), leaves).unwrap();
        self.files
            .extend(batch.files.into_iter().map(|file| (file.path, file.bytes)));
        self.publish(batch.head);
    }

    pub(crate) fn publish(&mut self, head: TreeHead) {
        let note = sign(head);
        self.files
            .insert(CHECKPOINT_PATH.to_owned(), note.clone().into_bytes());
        self.checkpoints.push(note);
        self.heads.push(head);
    }

    pub(crate) fn withhold(&mut self, sequence: u64, field: &str) {
        let served = self.openings.get_mut(&sequence).unwrap();
        served.opened.retain(|opening| opening.field != field);
    }

    pub(crate) fn erase(&mut self, sequence: u64, field: &str, rule: &str) {
        self.withhold(sequence, field);
        let erasure = Erasure {
            on: "2027-03-01".to_owned(),
            rule: rule.to_owned(),
        };
        self.openings
            .get_mut(&sequence)
            .unwrap()
            .erased
            .insert(field.to_owned(), erasure);
    }

    /// Verifies as a stranger does who kept every checkpoint.
    pub(crate) fn verify(&self) -> Report {
        self.verify_with(&self.checkpoints)
    }

    pub(crate) fn verify_with(&self, earlier_checkpoints: &[String]) -> Report {
        let openings: Vec<_> = self.openings.values().cloned().collect();
        let expected = Expectations {
            openings: &openings,
            earlier_checkpoints,
        };
        verify_log(
            &|path: &str| self.files.get(path).cloned(),
            &verifier_key(),
            expected,
        )
    }

    pub(crate) fn findings(&self) -> Vec<String> {
        self.verify()
            .findings
            .iter()
            .map(ToString::to_string)
            .collect()
    }
}
