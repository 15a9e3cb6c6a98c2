//! The installation's folder: what it is, who holds it, where its parts lie.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base::{Entropy, ErrorClass, Secret, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Error;

const FORMAT_FILE: &str = "FORMAT";
const FORMAT: &str = "sund-folder/1";
const LOCK_FILE: &str = "lock";
pub(crate) const KEK_FILE: &str = "keys/kek";

/// The first date and time that a demo folder's clock shows.
pub const DEMO_START: &str = "2026-12-01T08:00:00Z";

/// Whether a folder holds synthetic or real data. Written at creation, never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FolderKind {
    /// Synthetic data, demo sign-in, loopback only.
    Demo,
    /// Real data.
    Production,
}

/// The file `FORMAT`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderFormat {
    /// Always `sund-folder/1`.
    pub format: String,
    /// Synthetic or real.
    pub kind: FolderKind,
    /// When it was made, by the machine's clock.
    pub created_at: Timestamp,
}

/// A folder, held by this process.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    format: FolderFormat,
    _lock: Option<File>,
}

impl Folder {
    /// Makes a new folder. Refuses one that holds something else.
    pub fn create(root: &Path, kind: FolderKind, created_at: Timestamp) -> Result<Self, Error> {
        std::fs::create_dir_all(root).map_err(|error| unusable(root, &error))?;
        let mut entries = std::fs::read_dir(root).map_err(|error| unusable(root, &error))?;
        if entries.next().is_some() {
            return Err(Error::new(
                ErrorClass::Conflict,
                "folder_not_empty",
                format!(
                    "`{}` is not empty and is not a folder of Sund",
                    root.display()
                ),
            )
            .advise("choose another folder with `--dir`, or empty this one yourself"));
        }
        keep_to_owner(root).map_err(|error| unusable(root, &error))?;
        for part in ["keys", "log", "extracts", "rooms", "tmp"] {
            std::fs::create_dir_all(root.join(part)).map_err(|error| unusable(root, &error))?;
        }
        let format = FolderFormat {
            format: FORMAT.to_owned(),
            kind,
            created_at,
        };
        let text = serde_json::to_string_pretty(&format)
            .map_err(|error| Error::internal("writing the folder's format", &error))?;
        write_synced(&root.join(FORMAT_FILE), text.as_bytes(), 0o644)
            .map_err(|error| unusable(root, &error))?;
        Self::open(root, true)
    }

    /// Opens a folder; `exclusive` holds its lock until it is dropped.
    pub fn open(root: &Path, exclusive: bool) -> Result<Self, Error> {
        let text = std::fs::read_to_string(root.join(FORMAT_FILE)).map_err(|_| {
            Error::new(
                ErrorClass::NotFound,
                "folder_missing",
                format!("`{}` is not a folder of Sund", root.display()),
            )
            .advise("make one with `sund demo` or `sund init`, or name it with `--dir`")
        })?;
        let format: FolderFormat = serde_json::from_str(&text)
            .ok()
            .filter(|format: &FolderFormat| format.format == FORMAT)
            .ok_or_else(|| {
                Error::new(
                    ErrorClass::Conflict,
                    "folder_format",
                    format!(
                        "the folder `{}` was made by another version",
                        root.display()
                    ),
                )
                .advise("open it with the program that made it, or a newer one")
            })?;
        let lock = if exclusive {
            Some(take_lock(root)?)
        } else {
            None
        };
        Ok(Self {
            root: root.to_path_buf(),
            format,
            _lock: lock,
        })
    }

    /// Whether a folder of Sund is there.
    pub fn is_at(root: &Path) -> bool {
        root.join(FORMAT_FILE).is_file()
    }

    /// Where it lies.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What it is.
    pub const fn format(&self) -> &FolderFormat {
        &self.format
    }

    /// Whether its data are synthetic.
    pub fn is_demo(&self) -> bool {
        self.format.kind == FolderKind::Demo
    }

    /// The key that wraps all others: from a file of its own outside the folder, or the folder's.
    pub fn key_encryption_key(
        &self,
        file: Option<&Path>,
        entropy: &dyn Entropy,
    ) -> Result<Secret<[u8; 32]>, Error> {
        let path = file.map_or_else(|| self.root.join(KEK_FILE), Path::to_path_buf);
        let unreadable = |error: std::io::Error| {
            Error::new(
                ErrorClass::Unavailable,
                "kek",
                format!(
                    "the key file `{}` cannot be used: {}",
                    path.display(),
                    error.kind()
                ),
            )
        };
        if !path.is_file() {
            let has_held_data = ["keys/signing", "lake/FORMAT.json"]
                .iter()
                .any(|part| self.root.join(part).exists());
            if file.is_some() || has_held_data {
                return Err(Error::new(
                    ErrorClass::NotFound,
                    "kek_missing",
                    format!("there is no key file at `{}`", path.display()),
                )
                .advise("put the key back; without it the folder's data cannot be read"));
            }
            let mut key = [0; 32];
            entropy.fill(&mut key);
            write_synced(&path, hex(&key).as_bytes(), 0o600).map_err(unreadable)?;
        }
        let text = std::fs::read_to_string(&path).map_err(unreadable)?;
        parse_hex(text.trim()).map(Secret::new).ok_or_else(|| {
            Error::invalid(
                "kek",
                format!(
                    "`{}` does not hold a key: 64 hexadecimal digits",
                    path.display()
                ),
            )
        })
    }
}

/// Drafts, sessions and accounts lie in the folder: nobody else on the machine looks in.
fn keep_to_owner(root: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o700))
}

fn take_lock(root: &Path) -> Result<File, Error> {
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(root.join(LOCK_FILE))
        .map_err(|error| unusable(root, &error))?;
    lock.try_lock().map_err(|_| {
        Error::new(
            ErrorClass::Conflict,
            "folder_in_use",
            format!("another Sund is using `{}`", root.display()),
        )
        .advise("stop the other one first, or ask it through its address with `--url`")
    })?;
    Ok(lock)
}

fn unusable(root: &Path, error: &std::io::Error) -> Error {
    let class = match error.kind() {
        std::io::ErrorKind::PermissionDenied => ErrorClass::Forbidden,
        _ => ErrorClass::Unavailable,
    };
    Error::new(
        class,
        "folder_unusable",
        format!(
            "the folder `{}` cannot be used: {}",
            root.display(),
            error.kind()
        ),
    )
}

/// Writes a file whole or not at all, and returns when it is on the disk.
pub(crate) fn write_synced(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let parent = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = parent.join(format!(".{name}.new"));
    let write = || {
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(mode)
            .open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    write().inspect_err(|_| {
        // A full disk is no reason to leave more behind; the first failure is the one to tell.
        std::fs::remove_file(&temporary).ok();
    })?;
    File::open(parent)?.sync_all()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse_hex(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::SeededEntropy;

    fn now() -> Timestamp {
        DEMO_START.parse().unwrap()
    }

    #[test]
    fn a_folder_keeps_its_kind_and_has_one_holder() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("sund");
        let held = Folder::create(&root, FolderKind::Demo, now()).unwrap();
        assert!(held.is_demo());
        assert_eq!(
            Folder::open(&root, true).unwrap_err().code(),
            "folder_in_use"
        );
        drop(held);
        assert!(Folder::open(&root, true).is_ok());
    }

    #[test]
    fn a_folder_with_other_things_in_it_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("thesis.doc"), "x").unwrap();
        let error = Folder::create(dir.path(), FolderKind::Demo, now()).unwrap_err();
        assert_eq!(error.code(), "folder_not_empty");
    }

    #[test]
    fn a_lost_key_is_never_replaced_by_a_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(&dir.path().join("f"), FolderKind::Demo, now()).unwrap();
        let entropy = SeededEntropy::new(1);
        let first = folder.key_encryption_key(None, &entropy).unwrap();
        assert_eq!(folder.key_encryption_key(None, &entropy).unwrap(), first);
        std::fs::create_dir_all(folder.root().join("keys/signing")).unwrap();
        std::fs::remove_file(folder.root().join("keys/kek")).unwrap();
        assert_eq!(
            folder
                .key_encryption_key(None, &entropy)
                .unwrap_err()
                .code(),
            "kek_missing"
        );
    }
}
