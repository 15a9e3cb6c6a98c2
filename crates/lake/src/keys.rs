//! The key store: one file per data key, each wrapped by the key-encryption key.
//!
//! Data keys are random and never derived, so destroying one makes its data unreadable in every
//! copy. Kinds in use: `vault`, `version`, `permit`, `extract`, `texts`, `quarantine`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base::{Entropy, ErrorClass, Secret, SystemEntropy};

use crate::durable;
use crate::sealed::{self, DataKey};

/// A key cannot be made, read or destroyed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Kind or identifier cannot be a file name.
    #[error("`{0}` is no name for a key: use lower-case letters, digits, `-` and `_`")]
    Name(String),
    /// It exists already.
    #[error("the key {kind}/{id} exists already")]
    Exists {
        /// Kind.
        kind: String,
        /// Identifier.
        id: String,
    },
    /// It does not exist, or was destroyed.
    #[error("there is no key {kind}/{id}: it was never made, or it was destroyed")]
    Missing {
        /// Kind.
        kind: String,
        /// Identifier.
        id: String,
    },
    /// The key-encryption key is another one, or the file is damaged.
    #[error("the key {kind}/{id} does not open with this key-encryption key")]
    DoesNotOpen {
        /// Kind.
        kind: String,
        /// Identifier.
        id: String,
    },
    /// The disk did not do its work.
    #[error("the key store cannot be used")]
    Disk(#[from] io::Error),
}

impl KeyError {
    /// The class of the error.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Name(_) => ErrorClass::Invalid,
            Self::Exists { .. } => ErrorClass::Conflict,
            Self::Missing { .. } => ErrorClass::NotFound,
            Self::DoesNotOpen { .. } => ErrorClass::Internal,
            Self::Disk(_) => ErrorClass::Unavailable,
        }
    }
}

/// The folder of wrapped keys, opened with the key-encryption key.
#[derive(Debug, Clone)]
pub struct KeyStore {
    dir: PathBuf,
    kek: DataKey,
}

impl KeyStore {
    /// Opens the folder of keys, made if it is not there.
    pub fn open(dir: &Path, kek: DataKey) -> Result<Self, KeyError> {
        fs::create_dir_all(dir)?;
        Ok(Self {
            dir: dir.to_owned(),
            kek,
        })
    }

    /// Makes a new random key.
    pub fn create(&self, kind: &str, id: &str, entropy: &dyn Entropy) -> Result<DataKey, KeyError> {
        let path = self.path(kind, id)?;
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        let key = Secret::new(bytes);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        durable::sync_folder(&self.dir)?;
        let wrapped = sealed::seal(&self.kek, &context(kind, id), key.expose(), entropy);
        // Of two who make the same key at once, one gets it made and the other is told.
        let mut mark = [0; 8];
        entropy.fill(&mut mark);
        let beside = path.with_extension(format!("{:016x}.new", u64::from_le_bytes(mark)));
        durable::replace_file(&beside, &wrapped)?;
        let linked = fs::hard_link(&beside, &path);
        fs::remove_file(&beside)?;
        match linked {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(KeyError::Exists {
                    kind: kind.to_owned(),
                    id: id.to_owned(),
                });
            }
            Err(error) => return Err(error.into()),
        }
        if let Some(folder) = path.parent() {
            durable::sync_folder(folder)?;
        }
        Ok(key)
    }

    /// Reads a key.
    pub fn load(&self, kind: &str, id: &str) -> Result<DataKey, KeyError> {
        let path = self.path(kind, id)?;
        let wrapped = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(KeyError::Missing {
                    kind: kind.to_owned(),
                    id: id.to_owned(),
                });
            }
            Err(error) => return Err(error.into()),
        };
        unwrap_key(&self.kek, kind, id, &wrapped)
    }

    /// Reads a key, made if it is not there.
    pub fn load_or_create(
        &self,
        kind: &str,
        id: &str,
        entropy: &dyn Entropy,
    ) -> Result<DataKey, KeyError> {
        match self.load(kind, id) {
            Err(KeyError::Missing { .. }) => match self.create(kind, id, entropy) {
                Err(KeyError::Exists { .. }) => self.load(kind, id),
                made => made,
            },
            other => other,
        }
    }

    /// Destroys a key: what it encrypted is gone, in backups too. A key that is not there counts as
    /// destroyed, so that an interrupted destruction can be repeated.
    pub fn destroy(&self, kind: &str, id: &str) -> Result<(), KeyError> {
        let path = self.path(kind, id)?;
        match fs::metadata(&path) {
            Ok(metadata) => {
                let blank = vec![0; usize::try_from(metadata.len()).unwrap_or(0)];
                fs::write(&path, blank)?;
                fs::File::open(&path)?.sync_all()?;
                fs::remove_file(&path)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        if let Some(folder) = path.parent() {
            durable::sync_folder(folder)?;
        }
        Ok(())
    }

    /// Wraps every key by a new key-encryption key; no data file is touched. An interrupted run is
    /// finished by running it again with the same two keys.
    pub fn rewrap(&mut self, kek: DataKey) -> Result<(), KeyError> {
        for (kind, id) in self.list()? {
            let path = self.path(&kind, &id)?;
            let wrapped = fs::read(&path)?;
            let key = match unwrap_key(&self.kek, &kind, &id, &wrapped) {
                Ok(key) => key,
                Err(_) => {
                    unwrap_key(&kek, &kind, &id, &wrapped)?;
                    continue;
                }
            };
            let rewrapped = sealed::seal(&kek, &context(&kind, &id), key.expose(), &SystemEntropy);
            durable::replace_file(&path, &rewrapped)?;
        }
        self.kek = kek;
        Ok(())
    }

    /// Kinds and identifiers of all keys, in order.
    pub fn list(&self) -> Result<Vec<(String, String)>, KeyError> {
        let mut names = Vec::new();
        for folder in fs::read_dir(&self.dir)? {
            let folder = folder?;
            if !folder.file_type()?.is_dir() {
                continue;
            }
            let kind = folder.file_name().to_string_lossy().into_owned();
            for file in fs::read_dir(folder.path())? {
                let name = file?.file_name().to_string_lossy().into_owned();
                if let Some(id) = name.strip_suffix(".key") {
                    names.push((kind.clone(), id.to_owned()));
                }
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn path(&self, kind: &str, id: &str) -> Result<PathBuf, KeyError> {
        for name in [kind, id] {
            let fits = !name.is_empty()
                && name.len() <= 100
                && name.bytes().all(|b| {
                    b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_')
                });
            if !fits {
                return Err(KeyError::Name(name.chars().take(100).collect()));
            }
        }
        Ok(self.dir.join(kind).join(format!("{id}.key")))
    }
}

fn context(kind: &str, id: &str) -> String {
    format!("sund-key/1 {kind}/{id}")
}

fn unwrap_key(kek: &DataKey, kind: &str, id: &str, wrapped: &[u8]) -> Result<DataKey, KeyError> {
    sealed::open(kek, &context(kind, id), wrapped)
        .ok()
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
        .map(Secret::new)
        .ok_or_else(|| KeyError::DoesNotOpen {
            kind: kind.to_owned(),
            id: id.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(dir: &Path, byte: u8) -> KeyStore {
        KeyStore::open(dir, Secret::new([byte; 32])).unwrap()
    }

    #[test]
    fn keys_are_random_and_come_back() {
        let dir = tempfile::tempdir().unwrap();
        let keys = store(dir.path(), 1);
        let a = keys.create("version", "a", &SystemEntropy).unwrap();
        let b = keys.create("version", "b", &SystemEntropy).unwrap();
        assert!(a != b);
        assert!(keys.load("version", "a").unwrap() == a);
        assert!(matches!(
            keys.create("version", "a", &SystemEntropy),
            Err(KeyError::Exists { .. })
        ));
    }

    #[test]
    fn a_destroyed_key_is_gone_and_can_be_destroyed_again() {
        let dir = tempfile::tempdir().unwrap();
        let keys = store(dir.path(), 1);
        keys.create("permit", "p", &SystemEntropy).unwrap();
        keys.destroy("permit", "p").unwrap();
        keys.destroy("permit", "p").unwrap();
        assert!(matches!(
            keys.load("permit", "p"),
            Err(KeyError::Missing { .. })
        ));
        assert_eq!(keys.list().unwrap(), []);
    }

    #[test]
    fn a_key_moved_to_another_name_does_not_open() {
        let dir = tempfile::tempdir().unwrap();
        let keys = store(dir.path(), 1);
        keys.create("permit", "a", &SystemEntropy).unwrap();
        fs::copy(
            dir.path().join("permit/a.key"),
            dir.path().join("permit/b.key"),
        )
        .unwrap();
        assert!(matches!(
            keys.load("permit", "b"),
            Err(KeyError::DoesNotOpen { .. })
        ));
    }

    #[test]
    fn rewrapping_changes_the_wrapping_only_and_can_be_resumed() {
        let dir = tempfile::tempdir().unwrap();
        let mut keys = store(dir.path(), 1);
        let a = keys.create("version", "a", &SystemEntropy).unwrap();
        keys.rewrap(Secret::new([2; 32])).unwrap();
        let b = keys.create("version", "b", &SystemEntropy).unwrap();
        assert!(matches!(
            store(dir.path(), 1).load("version", "a"),
            Err(KeyError::DoesNotOpen { .. })
        ));
        let mut interrupted = store(dir.path(), 1);
        interrupted.rewrap(Secret::new([2; 32])).unwrap();
        assert!(interrupted.load("version", "a").unwrap() == a);
        assert!(interrupted.load("version", "b").unwrap() == b);
    }

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let keys = store(dir.path(), 1);
        for bad in ["", "..", "a/b", "A", &"x".repeat(101)] {
            assert!(
                matches!(keys.load("permit", bad), Err(KeyError::Name(_))),
                "{bad}"
            );
        }
    }
}
