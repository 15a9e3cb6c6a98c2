//! One archive of one moment: the database in its portable form, the lake, the vault as it lies
//! (encrypted), extracts, quarantine and the public log. Never a key: the wrapped keys go into a
//! second file beside it, and the key that wraps them stays where it is.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use base::{ErrorClass, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::archive::ArchiveError;

use crate::claim::NAME_FILE;
use crate::{App, Error, FolderKind, folder};

mod restore;

pub use restore::{RestoreReport, restore};

const FORMAT: &str = "sund-backup/1";
const MANIFEST: &str = "manifest.json";
const STORE_MEMBER: &str = "store.jsonl";
/// Parts of the folder that the archive holds.
const PARTS: [&str; 5] = ["lake", "vault", "extracts", "quarantine", "log"];
/// Files of the folder that the archive holds, where they are there.
const FILES: [&str; 3] = ["FORMAT", "sund.toml", NAME_FILE];
/// The database's plain form on its way into the archive, in `tmp/`.
pub(crate) const BACKUP_DUMP: &str = "backup.jsonl";
/// Wrapped keys are called so. Whatever else lies beside them stays there: the key that wraps them never
/// leaves its place, nor a copy of it that a crash left under another name.
const KEY_ENDING: &str = ".key";
const LEVEL: i32 = 3;

/// What an archive says of itself, in its first member.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackupManifest {
    /// Always `sund-backup/1`.
    pub format: String,
    /// When it was made.
    pub at: Timestamp,
    /// Synthetic or real.
    pub kind: FolderKind,
    /// Rows of the database.
    pub rows: u64,
    /// Everything else in it, in the order of the archive.
    pub members: Vec<Member>,
}

/// A member of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Member {
    /// Path in the folder.
    pub name: String,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

/// What was saved.
#[derive(Debug, Clone, Serialize)]
pub struct BackupReport {
    /// The archive.
    pub archive: PathBuf,
    /// The wrapped keys, to be kept somewhere else.
    pub keys: PathBuf,
    /// When.
    pub at: Timestamp,
    /// Files in it.
    pub members: usize,
    /// Rows of the database.
    pub rows: u64,
    /// Bytes before compression.
    pub bytes: u64,
}

impl App {
    /// Saves the installation as it is at this moment. No delivery is received and no leaf is
    /// numbered meanwhile, so that events, lake and log fit together.
    pub async fn backup(&self, path: &Path) -> Result<BackupReport, Error> {
        let keys = beside(path, "keys");
        for taken in [path, keys.as_path()] {
            if taken.exists() {
                let message = format!("`{}` exists already", taken.display());
                return Err(Error::new(ErrorClass::Conflict, "backup_exists", message)
                    .advise("choose another name; an archive is never overwritten"));
            }
        }
        // Everything that follows from events is laid out first.
        self.sequence_log().await?;
        let _no_delivery = self.reception().lock().await;
        let _no_numbering = self.sequencer().lock().await;
        let at = self.now();
        let dump = self.folder().root().join("tmp").join(BACKUP_DUMP);
        remove_file(&dump)?;
        let snapshot = self.store().snapshot_to(&dump, at).await;
        let rows = snapshot.map_err(archive_failed)?;
        let root = self.folder().root().to_path_buf();
        let kind = self.folder().format().kind;
        let (target, target_keys, dumped) = (path.to_path_buf(), keys.clone(), dump.clone());
        let written = tokio::task::spawn_blocking(move || {
            write_keys(&root, &target_keys)?;
            let members = list_members(&root, &dumped)?;
            let manifest = BackupManifest {
                format: FORMAT.to_owned(),
                at,
                kind,
                rows,
                members: hash_members(&members)?,
            };
            write_archive(&target, &manifest, &members)?;
            Ok::<_, Error>(manifest)
        })
        .await
        .map_err(|error| Error::internal("the backup", &error));
        remove_file(&dump)?;
        let manifest = written??;
        self.note_backup(at).await?;
        Ok(BackupReport {
            archive: path.to_path_buf(),
            keys,
            at,
            members: manifest.members.len(),
            rows,
            bytes: manifest.members.iter().map(|member| member.bytes).sum(),
        })
    }
}

/// The file of another ending beside an archive: `x.tar.zst.keys`.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

/// Members with where their bytes lie: the database first, then files by name.
fn list_members(root: &Path, dump: &Path) -> Result<Vec<(String, PathBuf)>, Error> {
    let mut members = vec![(STORE_MEMBER.to_owned(), dump.to_path_buf())];
    for file in FILES {
        let path = root.join(file);
        if path.is_file() {
            members.push((file.to_owned(), path));
        }
    }
    for part in PARTS {
        list_files(&root.join(part), part, &mut members)?;
    }
    Ok(members)
}

fn list_files(
    folder: &Path,
    prefix: &str,
    members: &mut Vec<(String, PathBuf)>,
) -> Result<(), Error> {
    if !folder.is_dir() {
        return Ok(());
    }
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut entries = entries
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unreadable(folder, &error))?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        let kind = entry
            .file_type()
            .map_err(|error| unreadable(&path, &error))?;
        if kind.is_dir() {
            list_files(&path, &name, members)?;
        } else if kind.is_file() {
            members.push((name, path));
        }
    }
    Ok(())
}

fn hash_members(members: &[(String, PathBuf)]) -> Result<Vec<Member>, Error> {
    members
        .iter()
        .map(|(name, path)| {
            let file = File::open(path).map_err(|error| unreadable(path, &error))?;
            let (sha256, bytes) = copy_hashed(file, &mut std::io::sink())
                .map_err(|error| unreadable(path, &error))?;
            Ok(Member {
                name: name.clone(),
                bytes,
                sha256,
            })
        })
        .collect()
}

/// Copies to the end; the SHA-256 in hex and the number of bytes.
fn copy_hashed(mut from: impl Read, to: &mut impl Write) -> std::io::Result<(String, u64)> {
    let (mut hash, mut total) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = from.read(&mut buffer)?;
        let Some(piece) = buffer.get(..n).filter(|piece| !piece.is_empty()) else {
            return Ok((folder::hex(&hash.finalize()), total));
        };
        hash.update(piece);
        to.write_all(piece)?;
        total += n as u64;
    }
}

/// A reader that hashes what passes through it.
struct Hashing<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..n).unwrap_or_default());
        Ok(n)
    }
}

/// Writes the archive under another name first: a file of its own name is always whole.
fn write_archive(
    path: &Path,
    manifest: &BackupManifest,
    members: &[(String, PathBuf)],
) -> Result<(), Error> {
    let partial = beside(path, "partial");
    let written = write_members(&partial, manifest, members);
    let outcome =
        written.and_then(|()| rename_synced(&partial, path).map_err(|e| unwritable(path, &e)));
    if outcome.is_err() {
        // The first failure is the one to tell.
        std::fs::remove_file(&partial).ok();
    }
    outcome
}

fn write_members(
    path: &Path,
    manifest: &BackupManifest,
    members: &[(String, PathBuf)],
) -> Result<(), Error> {
    let failed = |error: std::io::Error| unwritable(path, &error);
    let file = create_private(path).map_err(failed)?;
    let packed = zstd::stream::Encoder::new(BufWriter::new(file), LEVEL).map_err(failed)?;
    let mut archive = tar::Builder::new(packed);
    let text = serde_json::to_vec_pretty(manifest)
        .map_err(|error| Error::internal("the backup", &error))?;
    let mut header = header_of(text.len() as u64, manifest.at);
    archive
        .append_data(&mut header, MANIFEST, text.as_slice())
        .map_err(failed)?;
    for (member, (name, source)) in manifest.members.iter().zip(members) {
        let opened = File::open(source).map_err(|error| unreadable(source, &error))?;
        let mut passing = Hashing {
            inner: opened.take(member.bytes),
            hash: Sha256::new(),
        };
        let mut header = header_of(member.bytes, manifest.at);
        archive
            .append_data(&mut header, name, &mut passing)
            .map_err(failed)?;
        if folder::hex(&passing.hash.finalize()) != member.sha256 {
            let message = format!("`{name}` changed while it was saved");
            return Err(
                Error::new(ErrorClass::Conflict, "backup_changed", message).advise("try again")
            );
        }
    }
    let packed = archive.into_inner().map_err(failed)?;
    let mut file = packed.finish().map_err(failed)?;
    file.flush().map_err(failed)?;
    file.get_ref().sync_all().map_err(failed)
}

fn header_of(bytes: u64, at: Timestamp) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_mtime(u64::try_from(at.as_second()).unwrap_or(0));
    header
}

/// Saves the wrapped keys. Without the key that wraps them they open nothing.
fn write_keys(root: &Path, path: &Path) -> Result<(), Error> {
    let failed = |error: std::io::Error| unwritable(path, &error);
    let mut members = Vec::new();
    list_files(&root.join("keys"), "keys", &mut members)?;
    let partial = beside(path, "partial");
    let mut archive = tar::Builder::new(create_private(&partial).map_err(failed)?);
    for (name, source) in members
        .iter()
        .filter(|(name, _)| name.ends_with(KEY_ENDING))
    {
        let bytes = std::fs::read(source).map_err(|error| unreadable(source, &error))?;
        let mut header = header_of(bytes.len() as u64, Timestamp::UNIX_EPOCH);
        archive
            .append_data(&mut header, name, bytes.as_slice())
            .map_err(failed)?;
    }
    let file = archive.into_inner().map_err(failed)?;
    file.sync_all().map_err(failed)?;
    rename_synced(&partial, path).map_err(failed)
}

fn create_private(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

fn rename_synced(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::rename(from, to)?;
    let parent = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

fn remove_file(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unwritable(path, &error)),
        _ => Ok(()),
    }
}

fn archive_failed(error: ArchiveError) -> Error {
    if error.class() == ErrorClass::Internal {
        return Error::internal("the database's archive", &error);
    }
    Error::new(error.class(), "backup_store", error.to_string())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    let message = format!("`{}` cannot be read: {}", path.display(), error.kind());
    Error::new(ErrorClass::Unavailable, "backup_read", message)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    let message = format!("`{}` cannot be written: {}", path.display(), error.kind());
    Error::new(ErrorClass::Unavailable, "backup_write", message)
        .advise("check the folder's owner and its free space")
}
