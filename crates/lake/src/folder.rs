//! Where the lake lies: the installation's folder with `lake/`, `vault/`, `quarantine/`,
//! `extracts/` and `tmp/`, and what was fixed when it was made.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base::{ErrorClass, VersionId};
use serde::{Deserialize, Serialize};

use crate::durable;
use crate::keys::{KeyError, KeyStore};

/// The format's name.
pub const FORMAT: &str = "sund-lake/1";
/// Slots that person numbers are drawn from, unless a folder states otherwise.
pub const CAPACITY_BITS: u32 = 24;
/// Person buckets, unless a folder states otherwise.
pub const BUCKETS: u32 = 64;

/// What is fixed for the life of a lake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LakeFormat {
    /// Always [`FORMAT`].
    pub format: String,
    /// Person numbers lie below two to this power.
    pub capacity_bits: u32,
    /// Number of person buckets, a power of two.
    pub buckets: u32,
    /// Whether it takes synthetic persons only; otherwise it takes none of them.
    pub synthetic: bool,
}

impl LakeFormat {
    /// The usual sizes.
    pub fn new(synthetic: bool) -> Self {
        Self {
            format: FORMAT.to_owned(),
            capacity_bits: CAPACITY_BITS,
            buckets: BUCKETS,
            synthetic,
        }
    }

    fn usable(&self) -> bool {
        self.format == FORMAT
            && (8..=24).contains(&self.capacity_bits)
            && self.buckets.is_power_of_two()
            && self.buckets <= 4096
            && self.buckets.trailing_zeros() < self.capacity_bits
    }
}

/// The lake cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// There is no lake.
    #[error("there is no lake in `{0}`: run `sund init` or `sund demo` first")]
    Missing(PathBuf),
    /// It exists already.
    #[error("there is already a lake in `{0}`")]
    Exists(PathBuf),
    /// Its format is newer, or damaged.
    #[error("`{0}` is not of a format this version knows")]
    Format(PathBuf),
    /// A key could not be destroyed.
    #[error("a key of the lake could not be destroyed")]
    Key(#[from] KeyError),
    /// Something was to be deleted that is no data of a permit or a delivery.
    #[error("`{0}` is not deleted by itself")]
    NotDeletable(String),
    /// The disk did not do its work.
    #[error("the lake's folder cannot be used")]
    Disk(#[from] io::Error),
}

impl LakeError {
    /// The class of the error.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Missing(_) => ErrorClass::NotFound,
            Self::Exists(_) => ErrorClass::Conflict,
            Self::Format(_) => ErrorClass::Internal,
            Self::NotDeletable(_) => ErrorClass::Invalid,
            Self::Key(error) => error.class(),
            Self::Disk(_) => ErrorClass::Unavailable,
        }
    }
}

/// An open lake.
#[derive(Debug, Clone)]
pub struct Lake {
    root: PathBuf,
    format: LakeFormat,
    keys: KeyStore,
}

impl Lake {
    /// Makes a lake in the installation's folder.
    pub fn create(root: &Path, format: LakeFormat, keys: KeyStore) -> Result<Self, LakeError> {
        let path = format_path(root);
        if path.exists() {
            return Err(LakeError::Exists(root.to_owned()));
        }
        if !format.usable() {
            return Err(LakeError::Format(path));
        }
        for folder in ["lake", "vault", "quarantine", "extracts", "tmp"] {
            fs::create_dir_all(root.join(folder))?;
        }
        let mut text = serde_json::to_vec_pretty(&format).map_err(io::Error::from)?;
        text.push(b'\n');
        durable::replace_file(&path, &text)?;
        durable::sync_folder(root)?;
        Ok(Self {
            root: root.to_owned(),
            format,
            keys,
        })
    }

    /// Opens the lake of an installation's folder. It changes nothing on disk: [`Lake::sweep`]
    /// removes what interrupted work left.
    pub fn open(root: &Path, keys: KeyStore) -> Result<Self, LakeError> {
        let path = format_path(root);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(LakeError::Missing(root.to_owned()));
            }
            Err(error) => return Err(error.into()),
        };
        let format: LakeFormat =
            serde_json::from_slice(&bytes).map_err(|_| LakeError::Format(path.clone()))?;
        if !format.usable() {
            return Err(LakeError::Format(path));
        }
        Ok(Self {
            root: root.to_owned(),
            format,
            keys,
        })
    }

    /// Removes what interrupted receptions and extractions left in `tmp/`. Only for the process
    /// that holds the folder, before it starts any work. Answers how many folders were removed.
    pub fn sweep(&self) -> Result<usize, LakeError> {
        let mut removed = 0;
        let tmp = self.root.join("tmp");
        if !tmp.exists() {
            return Ok(0);
        }
        for entry in fs::read_dir(&tmp)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with("delivery-") || name.starts_with("extract-") {
                fs::remove_dir_all(entry.path())?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Removes versions that were received but never entered an event, because the process died in
    /// between: `known` are the versions of all events. Only for the process that holds the folder.
    /// Answers how many were removed.
    pub fn sweep_versions(&self, known: &BTreeSet<VersionId>) -> Result<usize, LakeError> {
        let mut removed = 0;
        for register in folders_in(&self.lake_folder())? {
            for version in folders_in(&register)? {
                let name = version.file_name().unwrap_or_default().to_string_lossy();
                let id: Option<VersionId> = name.parse().ok();
                if let Some(id) = id.filter(|id| !known.contains(id)) {
                    self.keys.destroy("version", &id.to_string())?;
                    fs::remove_dir_all(&version)?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }

    /// The installation's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What is fixed.
    pub fn format(&self) -> &LakeFormat {
        &self.format
    }

    /// The key store.
    pub fn keys(&self) -> &KeyStore {
        &self.keys
    }

    pub(crate) fn vault_folder(&self) -> PathBuf {
        self.root.join("vault")
    }

    pub(crate) fn lake_folder(&self) -> PathBuf {
        self.root.join("lake")
    }

    pub(crate) fn quarantine_folder(&self) -> PathBuf {
        self.root.join("quarantine")
    }

    pub(crate) fn work_folder(&self, name: &str) -> PathBuf {
        self.root.join("tmp").join(name)
    }
}

fn folders_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}

fn format_path(root: &Path) -> PathBuf {
    root.join("lake").join("FORMAT.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Secret;

    fn keys(root: &Path) -> KeyStore {
        KeyStore::open(&root.join("keys"), Secret::new([1; 32])).unwrap()
    }

    #[test]
    fn a_lake_is_made_once_and_opens_as_it_was_made() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        assert!(matches!(
            Lake::open(root, keys(root)),
            Err(LakeError::Missing(_))
        ));
        Lake::create(root, LakeFormat::new(true), keys(root)).unwrap();
        let again = Lake::create(root, LakeFormat::new(true), keys(root));
        assert!(matches!(again, Err(LakeError::Exists(_))));
        assert!(Lake::open(root, keys(root)).unwrap().format().synthetic);
    }

    #[test]
    fn a_newer_format_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        Lake::create(root, LakeFormat::new(true), keys(root)).unwrap();
        fs::write(root.join("lake/FORMAT.json"), r#"{"format":"sund-lake/2"}"#).unwrap();
        assert!(matches!(
            Lake::open(root, keys(root)),
            Err(LakeError::Format(_))
        ));
    }

    #[test]
    fn sweeping_removes_interrupted_work_only() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let lake = Lake::create(root, LakeFormat::new(true), keys(root)).unwrap();
        fs::create_dir_all(root.join("tmp/delivery-1/x")).unwrap();
        fs::create_dir_all(root.join("tmp/other")).unwrap();
        assert_eq!(lake.sweep().unwrap(), 1);
        assert!(root.join("tmp/other").exists());
    }
}
