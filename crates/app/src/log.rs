//! The public log: a job numbers pending leaves in batches and signs a checkpoint; the files are
//! kept in the database with the leaves, and laid out in the folder for anybody to mirror.

use std::path::{Path, PathBuf};

use base::{ErrorClass, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Reader, SequencedLeaf, StoreError, StoredCheckpoint, StoredLeaf};
use transparency::{
    CHECKPOINT_PATH, Checkpoint, Expectations, LeafOpenings, LogLeaf, Report, TreeHash, TreeHead,
    VerifierKey, append_leaves, verify_log,
};

use crate::publish::BesideLeaf;
use crate::{App, Error, folder};

/// Leaves numbered in one go.
const BATCH: usize = 500;
/// Leaves whose openings lie in one file.
const OPENINGS_PER_FILE: u16 = 256;
const KEY_PATH: &str = "key";

/// What a folder of the log says of itself when checked.
#[derive(Debug, Serialize)]
pub struct LogCheck {
    /// Whether everything holds.
    pub ok: bool,
    /// The details.
    pub report: Report,
}

/// What is served beside 256 leaves.
#[derive(Debug, Serialize, Deserialize)]
pub struct OpeningsFile {
    /// One entry per leaf.
    pub leaves: Vec<LeafOpenings>,
}

impl App {
    /// Where the log's files lie.
    pub fn log_dir(&self) -> PathBuf {
        self.folder().root().join("log")
    }

    /// Numbers all pending leaves, signs the new checkpoint and lays out the files.
    pub async fn sequence_log(&self) -> Result<u64, Error> {
        let _one_at_a_time = self.sequencer().lock().await;
        self.lay_out_log().await?;
        let mut total = 0;
        loop {
            let n = self.sequence_batch().await?;
            total += n;
            if n == 0 {
                return Ok(total);
            }
        }
    }

    async fn sequence_batch(&self) -> Result<u64, Error> {
        let (pending, head) = self
            .store()
            .read("log.pending", |reader| async move {
                let pending = reader.list_pending_leaves(BATCH).await?;
                Ok::<_, Error>((pending, head_of(&reader).await?))
            })
            .await?;
        if pending.is_empty() {
            return Ok(0);
        }
        let mut leaves = Vec::new();
        for (queued, sequence) in pending.iter().zip(head.size..) {
            let leaf = LogLeaf {
                sequence,
                kind: queued.leaf.kind.clone(),
                time: base::format_instant(queued.leaf.at),
                ids: from_json(&queued.leaf.public_ids)?,
                fields: from_json(&queued.leaf.commitments)?,
                corrects: None,
            };
            let canonical = leaf
                .to_bytes()
                .map_err(|error| Error::internal("the log", &error))?;
            leaves.push(SequencedLeaf {
                pending: queued.pending,
                canonical,
            });
        }
        let bytes: Vec<Vec<u8>> = leaves.iter().map(|leaf| leaf.canonical.clone()).collect();
        let dir = self.log_dir();
        let batch = append_leaves(&|path: &str| read_file(&dir, path), &head, &bytes)
            .map_err(|error| Error::internal("the log", &error))?;
        let note = self.checkpoint_note(batch.head)?;
        let now = self.now();
        self.store()
            .run_tx("log.sequence", |tx| {
                let (leaves, batch, note) = (leaves.clone(), batch.clone(), note.clone());
                async move {
                    tx.sequence_leaves(head.size, &leaves).await?;
                    for file in &batch.files {
                        tx.save_tile(&file.path, &file.bytes).await?;
                    }
                    let root = *batch.head.root.as_bytes();
                    let checkpoint = StoredCheckpoint {
                        size: batch.head.size,
                        root,
                        note,
                        at: now,
                    };
                    tx.save_checkpoint(&checkpoint).await?;
                    Ok::<_, StoreError>(())
                }
            })
            .await?;
        for file in &batch.files {
            write_file(&dir, &file.path, &file.bytes)?;
        }
        self.lay_out_openings(head.size, batch.head.size).await?;
        write_file(&dir, CHECKPOINT_PATH, note.as_bytes())?;
        Ok(leaves.len() as u64)
    }

    fn checkpoint_note(&self, head: TreeHead) -> Result<String, Error> {
        let origin = self.signer().origin().to_owned();
        self.signer().sign_checkpoint(&Checkpoint { origin, head })
    }

    /// Lays out files that the database has and the folder lacks, as after a crash in between.
    async fn lay_out_log(&self) -> Result<(), Error> {
        let dir = self.log_dir();
        let key = self.signer().verifier_key()?;
        write_file(&dir, KEY_PATH, format!("{key}\n").as_bytes())?;
        let stored = self
            .store()
            .read("log.checkpoint", |reader| async move {
                reader.latest_checkpoint().await
            })
            .await?;
        let Some(stored) = stored else { return Ok(()) };
        let shown = read_file(&dir, CHECKPOINT_PATH);
        if shown.as_deref() == Some(stored.note.as_bytes()) {
            return Ok(());
        }
        let mut after = String::new();
        loop {
            let from = after.clone();
            let paths = self
                .store()
                .read("log.tiles", |reader| async move {
                    reader.list_tiles(&from).await
                })
                .await?;
            let Some(last) = paths.last().cloned() else {
                break;
            };
            for path in paths.iter().filter(|path| read_file(&dir, path).is_none()) {
                let wanted = path.clone();
                let bytes = self
                    .store()
                    .read("log.tile", |reader| async move {
                        reader.load_tile(&wanted).await
                    })
                    .await?;
                write_file(&dir, path, &bytes.unwrap_or_default())?;
            }
            after = last;
        }
        self.lay_out_openings(0, stored.size).await?;
        write_file(&dir, CHECKPOINT_PATH, stored.note.as_bytes())
    }

    /// Writes the files of openings that hold leaves from `first` up to `size`.
    async fn lay_out_openings(&self, first: u64, size: u64) -> Result<(), Error> {
        let dir = self.log_dir();
        let per_file = u64::from(OPENINGS_PER_FILE);
        for file in first / per_file..=size.saturating_sub(1) / per_file {
            let leaves = self
                .leaves(file * per_file, usize::from(OPENINGS_PER_FILE), None)
                .await?;
            let leaves = leaves
                .iter()
                .map(served_openings)
                .collect::<Result<Vec<_>, _>>()?;
            let bytes = serde_json::to_vec(&OpeningsFile { leaves })
                .map_err(|error| Error::internal("the log", &error))?;
            write_file(&dir, &format!("openings/{file}.json"), &bytes)?;
        }
        Ok(())
    }

    pub(crate) async fn leaves(
        &self,
        from: u64,
        limit: usize,
        case_number: Option<&str>,
    ) -> Result<Vec<StoredLeaf>, Error> {
        let number = case_number.map(str::to_owned);
        Ok(self
            .store()
            .read("log.leaves", |reader| async move {
                reader.list_leaves(from, limit, number.as_deref()).await
            })
            .await?)
    }

    /// A file of the log, for mirrors.
    pub fn log_file(&self, path: &str) -> Option<Vec<u8>> {
        let known = path == CHECKPOINT_PATH
            || path == KEY_PATH
            || path.starts_with("tile/")
            || path.starts_with("openings/");
        let plain = path
            .split('/')
            .all(|part| !part.is_empty() && part != ".." && !part.starts_with('.') || part == "p");
        // A partial tile's name ends in `.p/<width>`.
        (known && plain)
            .then(|| read_file(&self.log_dir(), path))
            .flatten()
    }

    /// Checks the whole log as its files lie in the folder.
    pub fn check_log(&self) -> Result<LogCheck, Error> {
        verify_folder(
            &self.log_dir(),
            Some(&self.signer().verifier_key()?.to_string()),
            &[],
        )
    }

    /// The newest checkpoint: size, root in base64, when it was signed.
    pub async fn checkpoint(&self) -> Result<Option<(u64, String, Timestamp)>, Error> {
        use base64::Engine as _;
        let stored = self
            .store()
            .read("log.checkpoint", |reader| async move {
                reader.latest_checkpoint().await
            })
            .await?;
        Ok(stored.map(|stored| {
            let root = base64::engine::general_purpose::STANDARD.encode(stored.root);
            (stored.size, root, stored.at)
        }))
    }
}

/// Checks a folder of a log, mirrored or own, without asking anybody. `key` is the log's published
/// key; without one, the key that lies in the folder is used, which proves less.
pub fn verify_folder(
    dir: &Path,
    key: Option<&str>,
    earlier_checkpoints: &[String],
) -> Result<LogCheck, Error> {
    let lying = read_file(dir, KEY_PATH).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let text = key.map(str::to_owned).or(lying).ok_or_else(|| {
        Error::new(
            ErrorClass::NotFound,
            "log_missing",
            format!("there is no log at `{}`", dir.display()),
        )
        .advise("name the folder that holds `checkpoint`, `key` and `tile`")
    })?;
    let key: VerifierKey = text.trim().parse().map_err(|error| {
        Error::invalid("log_key", format!("the log's key cannot be read: {error}"))
    })?;
    let size = read_file(dir, CHECKPOINT_PATH)
        .and_then(|note| String::from_utf8(note).ok())
        .and_then(|note| note.lines().nth(1)?.parse().ok())
        .unwrap_or(0_u64);
    let mut openings = Vec::new();
    for file in 0.. {
        let Some(bytes) = read_file(dir, &format!("openings/{file}.json")) else {
            break;
        };
        let file: OpeningsFile = serde_json::from_slice(&bytes).map_err(|_| {
            Error::invalid(
                "log_openings",
                format!("openings/{file}.json cannot be read"),
            )
        })?;
        // Openings are laid out before the checkpoint that covers them.
        openings.extend(file.leaves.into_iter().filter(|leaf| leaf.sequence < size));
    }
    let expected = Expectations {
        openings: &openings,
        earlier_checkpoints,
    };
    let report = verify_log(&|path: &str| read_file(dir, path), &key, expected);
    Ok(LogCheck {
        ok: report.holds(),
        report,
    })
}

async fn head_of(reader: &Reader) -> Result<TreeHead, Error> {
    Ok(match reader.latest_checkpoint().await? {
        Some(stored) => TreeHead {
            size: stored.size,
            root: TreeHash::from_bytes(stored.root),
        },
        None => TreeHead::empty(),
    })
}

fn served_openings(leaf: &StoredLeaf) -> Result<LeafOpenings, Error> {
    let beside: BesideLeaf = from_json(&leaf.openings)?;
    Ok(LeafOpenings {
        sequence: leaf.sequence,
        opened: beside.opened,
        erased: std::collections::BTreeMap::new(),
    })
}

pub(crate) fn from_json<T: serde::de::DeserializeOwned>(
    value: &serde_json::Value,
) -> Result<T, Error> {
    serde_json::from_value(value.clone()).map_err(|error| Error::internal("reading JSON", &error))
}

fn read_file(dir: &Path, path: &str) -> Option<Vec<u8>> {
    std::fs::read(dir.join(path)).ok()
}

fn write_file(dir: &Path, path: &str, bytes: &[u8]) -> Result<(), Error> {
    let target = dir.join(path);
    if std::fs::read(&target).is_ok_and(|lying| lying == bytes) {
        return Ok(());
    }
    folder::write_synced(&target, bytes, 0o644).map_err(|error| {
        let message = format!(
            "the log's file `{path}` cannot be written: {}",
            error.kind()
        );
        Error::new(ErrorClass::Unavailable, "log_write", message)
    })
}
