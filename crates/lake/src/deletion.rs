//! Deleting for good: the keys first, since without them every copy is noise, then the files. What
//! is gone already counts as deleted, so that an interrupted deletion can be repeated.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path};

use base::{DeliveryId, PermitId, VersionId};
use serde::{Deserialize, Serialize};

use crate::durable;
use crate::folder::{Lake, LakeError};

/// Kinds of keys whose data can be deleted. The others are the installation's own.
const KINDS: [&str; 4] = ["extract", "permit", "version", "quarantine"];
/// Folders below which data are deleted.
const PARTS: [&str; 4] = ["extracts", "rooms", "lake", "quarantine"];

/// A key by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyName {
    /// Kind.
    pub kind: String,
    /// Identifier.
    pub id: String,
}

impl KeyName {
    /// A key of a kind.
    pub fn new(kind: &str, id: impl ToString) -> Self {
        Self {
            kind: kind.to_owned(),
            id: id.to_string(),
        }
    }
}

impl std::fmt::Display for KeyName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind, self.id)
    }
}

/// What is to be deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deletion {
    /// Keys to destroy.
    pub keys: BTreeSet<KeyName>,
    /// Folders to remove, below the installation's folder.
    pub folders: BTreeSet<String>,
}

impl Lake {
    /// Everything that was made for a permit, in all its versions. The key of its results is not
    /// among it: what was released stays.
    pub fn permit_data(&self, permit: PermitId, number: &str) -> Result<Deletion, LakeError> {
        let mut deletion = Deletion::default();
        let of_permit = format!("{permit}-");
        for (kind, id) in self.keys().list()? {
            let own = match kind.as_str() {
                "extract" => id.starts_with(&of_permit),
                "permit" => id == permit.to_string(),
                _ => false,
            };
            if own {
                deletion.keys.insert(KeyName { kind, id });
            }
        }
        let of_number = format!("{number}-");
        for part in ["extracts", "rooms"] {
            let Ok(entries) = fs::read_dir(self.root().join(part)) else {
                continue;
            };
            for entry in entries {
                let name = entry?.file_name().to_string_lossy().into_owned();
                if name == number || name.starts_with(&of_number) {
                    deletion.folders.insert(format!("{part}/{name}"));
                }
            }
        }
        Ok(deletion)
    }

    /// Everything that came with a delivery: the version and the rows that were rejected.
    pub fn version_data(
        &self,
        register: &str,
        version: VersionId,
        delivery: DeliveryId,
    ) -> Deletion {
        Deletion {
            keys: [
                KeyName::new("version", version),
                KeyName::new("quarantine", delivery),
            ]
            .into(),
            folders: [
                format!("lake/{register}/{version}"),
                format!("quarantine/{delivery}"),
            ]
            .into(),
        }
    }

    /// Destroys the keys and removes the folders.
    pub fn delete(&self, deletion: &Deletion) -> Result<(), LakeError> {
        if let Some(wrong) = deletion
            .keys
            .iter()
            .map(ToString::to_string)
            .filter(|name| {
                !KINDS
                    .iter()
                    .any(|kind| name.starts_with(&format!("{kind}/")))
            })
            .chain(
                deletion
                    .folders
                    .iter()
                    .filter(|name| !is_deletable(name))
                    .cloned(),
            )
            .next()
        {
            return Err(LakeError::NotDeletable(wrong));
        }
        for key in &deletion.keys {
            self.keys().destroy(&key.kind, &key.id)?;
        }
        for folder in &deletion.folders {
            let path = self.root().join(folder);
            match fs::remove_dir_all(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                other => other?,
            }
            if let Some(parent) = path.parent() {
                durable::sync_folder(parent)?;
            }
        }
        Ok(())
    }
}

/// A folder within one of the parts that hold data of persons, and nothing above it.
fn is_deletable(folder: &str) -> bool {
    let mut parts = Path::new(folder).components();
    let first = parts.next();
    let known =
        matches!(first, Some(Component::Normal(name)) if PARTS.iter().any(|part| name == *part));
    let mut below = 0;
    for part in parts {
        if !matches!(part, Component::Normal(_)) {
            return false;
        }
        below += 1;
    }
    known && below > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::LakeFormat;
    use crate::keys::KeyStore;
    use base::{Secret, SeededEntropy};

    fn lake(root: &Path) -> Lake {
        let keys = KeyStore::open(&root.join("keys"), Secret::new([1; 32])).unwrap();
        Lake::create(root, LakeFormat::new(true), keys).unwrap()
    }

    #[test]
    fn a_permits_data_go_and_its_neighbours_stay() {
        let dir = tempfile::tempdir().unwrap();
        let lake = lake(dir.path());
        let entropy = SeededEntropy::new(1);
        let (own, other) = (PermitId::from_bytes([1; 16]), PermitId::from_bytes([2; 16]));
        for permit in [own, other] {
            let keys = lake.keys();
            keys.create("extract", &format!("{permit}-v1"), &entropy)
                .unwrap();
            keys.create("permit", &permit.to_string(), &entropy)
                .unwrap();
            keys.create("output", &permit.to_string(), &entropy)
                .unwrap();
        }
        for name in ["DK-2027-00083-v1", "DK-2027-00083-v2", "DK-2027-00084-v1"] {
            fs::create_dir_all(dir.path().join("extracts").join(name).join("x")).unwrap();
        }
        let data = lake.permit_data(own, "DK-2027-00083").unwrap();
        assert_eq!((data.keys.len(), data.folders.len()), (2, 2));
        // Interrupted after the first key: run again, it ends the same.
        lake.keys()
            .destroy("extract", &format!("{own}-v1"))
            .unwrap();
        lake.delete(&data).unwrap();
        lake.delete(&data).unwrap();
        assert!(!dir.path().join("extracts/DK-2027-00083-v1").exists());
        assert!(dir.path().join("extracts/DK-2027-00084-v1").exists());
        let left = lake.keys().list().unwrap();
        assert_eq!(left.len(), 4, "{left:?}");
        assert!(lake.keys().load("output", &own.to_string()).is_ok());
    }

    #[test]
    fn nothing_but_data_of_persons_can_be_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let lake = lake(dir.path());
        for folder in [
            "lake",
            "vault/x",
            "extracts/../vault",
            "/etc",
            "keys/vault",
            "",
        ] {
            let deletion = Deletion {
                folders: [folder.to_owned()].into(),
                ..Deletion::default()
            };
            assert!(lake.delete(&deletion).is_err(), "{folder}");
        }
        let vault = Deletion {
            keys: [KeyName::new("vault", "identity")].into(),
            ..Deletion::default()
        };
        assert!(matches!(
            lake.delete(&vault),
            Err(LakeError::NotDeletable(_))
        ));
    }
}
