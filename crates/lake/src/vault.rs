//! The vault: the only place where an identity number meets a person number.
//!
//! A new person gets a uniformly random free slot, so that a number tells nothing of birth or
//! arrival. Keys of records, families and providers become dense numbers of their domain. Merges
//! of two numbers are aliases that carry the vault's version, so that an extract can pin them.
//! Everything lies sealed under one key; a change is kept in memory until [`Vault::save`].

mod aliases;
mod dictionary;
mod table;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use base::{Entropy, ErrorClass};

pub use aliases::Aliases;
pub(crate) use dictionary::{Dictionary, PackedKey};
use linkage::{SlotAllocator, SlotError};
use table::PersonTable;

use crate::durable;
use crate::keys::{KeyError, KeyStore};
use crate::sealed::{self, DataKey, SealedError};

/// Stands for "nobody" or "no key" in columns of numbers.
pub(crate) const NOBODY: u32 = u32::MAX;

/// The vault cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// A file of the vault does not open.
    #[error(
        "the vault's file `{file}` does not open: wrong key, or damaged; restore it from a backup"
    )]
    DoesNotOpen {
        /// File name.
        file: String,
        /// Why.
        #[source]
        source: SealedError,
    },
    /// A file of the vault opens but its content does not fit.
    #[error("the vault's file `{file}` is not of a format this version knows")]
    Format {
        /// File name.
        file: String,
    },
    /// No number is left for keys of a domain.
    #[error("the vault has no more numbers for keys of one kind")]
    Full,
    /// No slot for a new person.
    #[error("the vault has no slot for a new person")]
    Slot(#[from] SlotError),
    /// A merge of numbers that is not possible.
    #[error("a person number cannot be merged with itself or with one merged into it")]
    Circular,
    /// A key of the vault could not be read.
    #[error("a key of the vault could not be read")]
    Key(#[from] KeyError),
    /// The disk did not do its work.
    #[error("the vault's folder cannot be used")]
    Disk(#[from] io::Error),
}

impl VaultError {
    /// The class of the error.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::DoesNotOpen { .. } | Self::Format { .. } => ErrorClass::Internal,
            Self::Full | Self::Slot(_) => ErrorClass::Limited,
            Self::Circular => ErrorClass::Invalid,
            Self::Key(error) => error.class(),
            Self::Disk(_) => ErrorClass::Unavailable,
        }
    }
}

/// The vault's keys. Aliases have their own, so that extraction can resolve merged persons without
/// ever being able to read an identity.
#[derive(Debug, Clone)]
pub struct VaultKeys {
    identity: DataKey,
    aliases: DataKey,
}

const KEY_KIND: &str = "vault";
const ALIASES_KEY: &str = "aliases";

impl VaultKeys {
    /// The vault's keys, made at its first use.
    pub fn load_or_create(keys: &KeyStore, entropy: &dyn Entropy) -> Result<Self, KeyError> {
        Ok(Self {
            identity: keys.load_or_create(KEY_KIND, "identity", entropy)?,
            aliases: keys.load_or_create(KEY_KIND, ALIASES_KEY, entropy)?,
        })
    }
}

/// The aliases of a lake's vault, read without its identities.
pub(crate) fn load_aliases(dir: &Path, keys: &KeyStore) -> Result<Aliases, VaultError> {
    Aliases::load(dir, &keys.load(KEY_KIND, ALIASES_KEY)?)
}

/// The open vault. While it is open no other process opens it for writing.
#[derive(Debug)]
pub struct Vault {
    dir: PathBuf,
    keys: VaultKeys,
    version: u64,
    changed: bool,
    persons: PersonTable,
    slots: SlotAllocator,
    dictionaries: BTreeMap<String, Dictionary>,
    aliases: Aliases,
    _lock: File,
}

impl Vault {
    /// Opens the vault in its folder, empty if nothing was ever exchanged. Waits while another
    /// reception holds it.
    pub fn open(dir: &Path, keys: VaultKeys, capacity_bits: u32) -> Result<Self, VaultError> {
        fs::create_dir_all(dir)?;
        let lock = File::create(dir.join("LOCK"))?;
        lock.lock()?;
        let (version, persons) = match read_sealed(dir, PERSONS, &keys.identity)? {
            Some(bytes) => PersonTable::from_bytes(&bytes).ok_or_else(|| format_error(PERSONS))?,
            None => (0, PersonTable::default()),
        };
        let aliases = Aliases::load(dir, &keys.aliases)?;
        let slots = SlotAllocator::new(persons.numbers().collect(), 1 << capacity_bits)
            .map_err(|_| format_error(PERSONS))?;
        Ok(Self {
            dir: dir.to_owned(),
            keys,
            version,
            changed: false,
            persons,
            slots,
            dictionaries: BTreeMap::new(),
            aliases,
            _lock: lock,
        })
    }

    /// Rises with every saved change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Persons known.
    pub fn len(&self) -> usize {
        self.persons.len()
    }

    /// Whether nobody is known.
    pub fn is_empty(&self) -> bool {
        self.persons.len() == 0
    }

    /// Exchanges identity numbers (packed as [`linkage::CprNumber`] packs them; 0 for nobody) for
    /// person numbers; `u32::MAX` stands for nobody. Unknown persons get a random free slot.
    pub fn exchange(
        &mut self,
        identities: &[u64],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u32>, VaultError> {
        let mut numbers = Vec::with_capacity(identities.len());
        for &identity in identities {
            if identity == 0 {
                numbers.push(NOBODY);
                continue;
            }
            let number = match self.persons.find(identity) {
                Some(number) => number,
                None => {
                    let number = self
                        .slots
                        .allocate(&mut |bytes| entropy.fill(bytes))?
                        .value();
                    self.persons.insert(identity, number);
                    self.changed = true;
                    number
                }
            };
            numbers.push(number);
        }
        Ok(numbers)
    }

    /// The person number of an identity, if it is known.
    pub fn find(&self, identity: u64) -> Option<u32> {
        self.persons.find(identity)
    }

    /// Exchanges keys of a domain for dense numbers; `u32::MAX` stands for no key.
    pub(crate) fn exchange_keys(
        &mut self,
        domain: &str,
        keys: &[PackedKey],
    ) -> Result<Vec<u32>, VaultError> {
        if !self.dictionaries.contains_key(domain) {
            let dictionary = self.load_dictionary(domain)?;
            self.dictionaries.insert(domain.to_owned(), dictionary);
        }
        let Some(dictionary) = self.dictionaries.get_mut(domain) else {
            return Err(format_error(domain));
        };
        let numbers = dictionary.exchange(keys).ok_or(VaultError::Full)?;
        Ok(numbers)
    }

    /// The number that stands for a person at the vault's present version.
    pub fn canonical(&self, number: u32) -> u32 {
        self.aliases.canonical(number, u64::MAX)
    }

    /// From the next saved version on, `from` is the same person as `into`.
    pub fn merge(&mut self, from: u32, into: u32) -> Result<(), VaultError> {
        if !self.aliases.merge(from, into, self.version + 1) {
            return Err(VaultError::Circular);
        }
        self.changed = true;
        Ok(())
    }

    /// Writes what changed and answers the version that holds it. Files are replaced one by one,
    /// the persons last but one: after a crash in between the vault knows some keys that no data
    /// refer to, which harms nothing.
    pub fn save(&mut self, entropy: &dyn Entropy) -> Result<u64, VaultError> {
        let changed = self.changed || self.dictionaries.values().any(Dictionary::changed);
        if !changed {
            return Ok(self.version);
        }
        let version = self.version + 1;
        for (domain, dictionary) in &mut self.dictionaries {
            if dictionary.changed() {
                let file = dictionary_file(domain);
                write_sealed(
                    &self.dir,
                    &file,
                    &self.keys.identity,
                    &dictionary.to_bytes(),
                    entropy,
                )?;
                dictionary.mark_saved();
            }
        }
        let persons = self.persons.to_bytes(version);
        write_sealed(&self.dir, PERSONS, &self.keys.identity, &persons, entropy)?;
        self.aliases.save(&self.dir, &self.keys.aliases, entropy)?;
        self.version = version;
        self.changed = false;
        Ok(version)
    }

    fn load_dictionary(&self, domain: &str) -> Result<Dictionary, VaultError> {
        let file = dictionary_file(domain);
        match read_sealed(&self.dir, &file, &self.keys.identity)? {
            Some(bytes) => Dictionary::from_bytes(&bytes).ok_or_else(|| format_error(&file)),
            None => Ok(Dictionary::default()),
        }
    }
}

const PERSONS: &str = "persons.vault";

fn dictionary_file(domain: &str) -> String {
    // Domains come from register descriptions; anything but plain names is spelt out in hex so that
    // two domains never share a file.
    let plain: String = domain
        .chars()
        .map(|c| match c {
            'a'..='z' | '0'..='9' | '_' => c.to_string(),
            ':' => "-".to_owned(),
            other => format!("x{:x}x", u32::from(other)),
        })
        .collect();
    format!("keys-{plain}.vault")
}

fn format_error(file: &str) -> VaultError {
    VaultError::Format {
        file: file.to_owned(),
    }
}

fn context(file: &str) -> String {
    format!("sund-vault/1 {file}")
}

fn read_sealed(dir: &Path, file: &str, key: &DataKey) -> Result<Option<Vec<u8>>, VaultError> {
    let bytes = match fs::read(dir.join(file)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    sealed::open(key, &context(file), &bytes)
        .map(Some)
        .map_err(|source| VaultError::DoesNotOpen {
            file: file.to_owned(),
            source,
        })
}

fn write_sealed(
    dir: &Path,
    file: &str,
    key: &DataKey,
    plain: &[u8],
    entropy: &dyn Entropy,
) -> Result<(), VaultError> {
    let sealed = sealed::seal(key, &context(file), plain, entropy);
    durable::replace_file(&dir.join(file), &sealed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{Secret, SeededEntropy};

    fn open(dir: &Path, byte: u8) -> Result<Vault, VaultError> {
        let key = Secret::new([byte; 32]);
        let keys = VaultKeys {
            identity: key.clone(),
            aliases: key,
        };
        Vault::open(dir, keys, 24)
    }

    #[test]
    fn the_same_person_has_the_same_number_across_openings() {
        let dir = tempfile::tempdir().unwrap();
        let entropy = SeededEntropy::new(5);
        let people: Vec<u64> = (1..=10_000).map(|n| n * 271_828).collect();
        let mut vault = open(dir.path(), 1).unwrap();
        let first = vault.exchange(&people, &entropy).unwrap();
        assert_eq!(vault.save(&entropy).unwrap(), 1);
        assert_eq!(vault.save(&entropy).unwrap(), 1, "nothing changed");
        drop(vault);
        let mut vault = open(dir.path(), 1).unwrap();
        assert_eq!(vault.exchange(&people, &entropy).unwrap(), first);
        assert_eq!(vault.len(), people.len());
        let mut distinct = first.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), people.len());
        assert!(distinct.iter().all(|n| *n < 1 << 24));
    }

    #[test]
    fn what_is_not_saved_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let mut vault = open(dir.path(), 1).unwrap();
        vault.exchange(&[7], &SeededEntropy::new(1)).unwrap();
        drop(vault);
        assert!(open(dir.path(), 1).unwrap().is_empty());
    }

    #[test]
    fn another_key_does_not_open_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut vault = open(dir.path(), 1).unwrap();
        vault.exchange(&[7, 0], &SeededEntropy::new(1)).unwrap();
        vault.save(&SeededEntropy::new(2)).unwrap();
        drop(vault);
        assert!(matches!(
            open(dir.path(), 2),
            Err(VaultError::DoesNotOpen { .. })
        ));
    }

    #[test]
    fn keys_keep_their_numbers_within_a_domain() {
        let dir = tempfile::tempdir().unwrap();
        let key = |text: &str| PackedKey::of(text.as_bytes());
        let mut vault = open(dir.path(), 1).unwrap();
        let long = "a key that is longer than fifteen bytes";
        let first = vault
            .exchange_keys("record:kontakt", &[key("b"), key("a"), key("b"), key(long)])
            .unwrap();
        assert_eq!(first, [0, 1, 0, 2]);
        vault.save(&SeededEntropy::new(1)).unwrap();
        drop(vault);
        let mut vault = open(dir.path(), 1).unwrap();
        assert_eq!(
            vault
                .exchange_keys("record:kontakt", &[key(long), PackedKey::NONE])
                .unwrap(),
            [2, NOBODY]
        );
        assert_eq!(vault.exchange_keys("family", &[key(long)]).unwrap(), [0]);
    }

    #[test]
    fn merges_resolve_and_refuse_circles() {
        let dir = tempfile::tempdir().unwrap();
        let mut vault = open(dir.path(), 1).unwrap();
        let numbers = vault.exchange(&[1, 2, 3], &SeededEntropy::new(1)).unwrap();
        let [a, b, c] = numbers[..] else { panic!() };
        vault.merge(a, b).unwrap();
        vault.merge(b, c).unwrap();
        assert!(matches!(vault.merge(c, a), Err(VaultError::Circular)));
        vault.save(&SeededEntropy::new(1)).unwrap();
        drop(vault);
        assert_eq!(open(dir.path(), 1).unwrap().canonical(a), c);
    }
}
