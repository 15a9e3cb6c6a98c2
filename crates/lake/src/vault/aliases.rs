//! Which person numbers are one person, as of which version of the vault.

use std::collections::BTreeMap;
use std::path::Path;

use base::Entropy;

use super::{VaultError, format_error, read_sealed, write_sealed};
use crate::sealed::DataKey;

const FILE: &str = "aliases.vault";

/// Merged numbers: each points to the number that stands for the person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aliases {
    entries: BTreeMap<u32, (u32, u64)>,
}

impl Aliases {
    /// Reads the aliases alone: extraction needs them and nothing else of the vault.
    pub(crate) fn load(dir: &Path, key: &DataKey) -> Result<Self, VaultError> {
        let Some(bytes) = read_sealed(dir, FILE, key)? else {
            return Ok(Self::default());
        };
        let chunks = bytes.chunks_exact(16);
        if !chunks.remainder().is_empty() {
            return Err(format_error(FILE));
        }
        let mut entries = BTreeMap::new();
        for chunk in chunks {
            let entry = parse_entry(chunk).ok_or_else(|| format_error(FILE))?;
            entries.insert(entry.0, (entry.1, entry.2));
        }
        Ok(Self { entries })
    }

    pub(super) fn save(
        &self,
        dir: &Path,
        key: &DataKey,
        entropy: &dyn Entropy,
    ) -> Result<(), VaultError> {
        let mut bytes = Vec::with_capacity(self.entries.len() * 16);
        for (from, (into, version)) in &self.entries {
            bytes.extend_from_slice(&from.to_le_bytes());
            bytes.extend_from_slice(&into.to_le_bytes());
            bytes.extend_from_slice(&version.to_le_bytes());
        }
        write_sealed(dir, FILE, key, &bytes, entropy)
    }

    /// The number that stands for a person at a version of the vault.
    pub fn canonical(&self, number: u32, version: u64) -> u32 {
        let mut number = number;
        while let Some((into, since)) = self.entries.get(&number)
            && *since <= version
        {
            number = *into;
        }
        number
    }

    /// Numbers that stand for nobody any more at a version, with the number that stands for them.
    pub fn merged_at(&self, version: u64) -> BTreeMap<u32, u32> {
        self.entries
            .iter()
            .filter(|(_, (_, since))| *since <= version)
            .map(|(from, _)| (*from, self.canonical(*from, version)))
            .collect()
    }

    pub(super) fn merge(&mut self, from: u32, into: u32, version: u64) -> bool {
        let into = self.canonical(into, u64::MAX);
        if into == from || self.entries.contains_key(&from) {
            return false;
        }
        self.entries.insert(from, (into, version));
        true
    }
}

fn parse_entry(chunk: &[u8]) -> Option<(u32, u32, u64)> {
    let (from, rest) = chunk.split_first_chunk::<4>()?;
    let (into, rest) = rest.split_first_chunk::<4>()?;
    let version = rest.first_chunk::<8>()?;
    Some((
        u32::from_le_bytes(*from),
        u32::from_le_bytes(*into),
        u64::from_le_bytes(*version),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_counts_from_its_version_on() {
        let mut aliases = Aliases::default();
        assert!(aliases.merge(1, 2, 5));
        assert_eq!(aliases.canonical(1, 4), 1);
        assert_eq!(aliases.canonical(1, 5), 2);
        assert_eq!(aliases.merged_at(4), BTreeMap::new());
        assert_eq!(aliases.merged_at(5), BTreeMap::from([(1, 2)]));
        assert!(!aliases.merge(1, 3, 6), "merged already");
    }
}
