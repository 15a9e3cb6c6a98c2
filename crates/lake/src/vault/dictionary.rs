//! Keys of a domain -> dense numbers, in the order of their first arrival.

use sha2::{Digest as _, Sha256};

use super::NOBODY;

/// A key in sixteen bytes: up to fifteen bytes of text as they are, longer text by its hash.
/// Two different keys have the same packed form with a chance below two to the power of -60 for a
/// billion long keys, and never if they are short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PackedKey(u128);

impl PackedKey {
    /// No key.
    pub(crate) const NONE: Self = Self(0);

    /// Packs a key; empty text is no key.
    pub(crate) fn of(text: &[u8]) -> Self {
        let mut bytes = [0; 16];
        let [tag, body @ ..] = &mut bytes;
        if let Some(room) = body.get_mut(..text.len()) {
            room.copy_from_slice(text);
            *tag = u8::try_from(text.len()).unwrap_or(0);
        } else {
            for (byte, hashed) in body.iter_mut().zip(Sha256::digest(text)) {
                *byte = hashed;
            }
            *tag = 0xff;
        }
        Self(u128::from_le_bytes(bytes))
    }
}

/// The dictionary of one domain. A key's number is its place in `keys`.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    keys: Vec<u128>,
    index: Vec<u32>,
    changed: bool,
}

const SIZE_MIN: usize = 1024;

impl Dictionary {
    /// Whether it holds keys that were not saved.
    pub(crate) fn changed(&self) -> bool {
        self.changed
    }

    /// Everything is saved.
    pub(crate) fn mark_saved(&mut self) {
        self.changed = false;
    }

    /// Exchanges keys for numbers; none if the numbers are used up.
    pub(crate) fn exchange(&mut self, keys: &[PackedKey]) -> Option<Vec<u32>> {
        let mut numbers = Vec::with_capacity(keys.len());
        for key in keys {
            numbers.push(match *key {
                PackedKey::NONE => NOBODY,
                PackedKey(key) => self.number_of(key)?,
            });
        }
        Some(numbers)
    }

    /// The stored form.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.keys.iter().flat_map(|key| key.to_le_bytes()).collect()
    }

    /// Reads the stored form.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let chunks = bytes.chunks_exact(16);
        if !chunks.remainder().is_empty() {
            return None;
        }
        let keys: Vec<u128> = chunks
            .filter_map(|key| key.try_into().ok().map(u128::from_le_bytes))
            .collect();
        let mut dictionary = Self {
            keys,
            index: Vec::new(),
            changed: false,
        };
        dictionary.rebuild();
        Some(dictionary)
    }

    fn number_of(&mut self, key: u128) -> Option<u32> {
        if self.index.is_empty() || (self.keys.len() + 1) * 2 > self.index.len() {
            self.rebuild();
        }
        let mask = self.index.len() - 1;
        let mut at = home(key, self.index.len());
        loop {
            let slot = self.index.get_mut(at)?;
            if *slot == NOBODY {
                let number = u32::try_from(self.keys.len())
                    .ok()
                    .filter(|n| *n < NOBODY)?;
                *slot = number;
                self.keys.push(key);
                self.changed = true;
                return Some(number);
            }
            if self.keys.get(*slot as usize) == Some(&key) {
                return Some(*slot);
            }
            at = (at + 1) & mask;
        }
    }

    fn rebuild(&mut self) {
        let size = ((self.keys.len() + 1) * 4)
            .next_power_of_two()
            .max(SIZE_MIN);
        self.index = vec![NOBODY; size];
        for (number, key) in self.keys.iter().enumerate() {
            let mut at = home(*key, size);
            while let Some(slot) = self.index.get_mut(at) {
                if *slot == NOBODY {
                    *slot = u32::try_from(number).unwrap_or(NOBODY);
                    break;
                }
                at = (at + 1) & (size - 1);
            }
        }
    }
}

fn home(key: u128, size: usize) -> usize {
    let low = u64::try_from(key & u128::from(u64::MAX)).unwrap_or(0);
    let high = u64::try_from(key >> 64).unwrap_or(0);
    let mixed =
        (low.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ high).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    usize::try_from((mixed ^ (mixed >> 32)) & (size as u64 - 1)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_keys_get_dense_numbers_and_keep_them() {
        let keys: Vec<PackedKey> = (0..50_000)
            .map(|n| PackedKey::of(format!("K{n:09}").as_bytes()))
            .collect();
        let mut dictionary = Dictionary::default();
        let numbers = dictionary.exchange(&keys).unwrap();
        assert_eq!(numbers, (0..50_000).collect::<Vec<u32>>());
        let mut read = Dictionary::from_bytes(&dictionary.to_bytes()).unwrap();
        assert_eq!(read.exchange(&keys).unwrap(), numbers);
        assert!(!read.changed());
    }

    #[test]
    fn keys_that_differ_only_by_a_trailing_zero_byte_stay_apart() {
        assert_ne!(PackedKey::of(b"a"), PackedKey::of(b"a\0"));
        assert_eq!(PackedKey::of(b""), PackedKey::NONE);
        assert_ne!(PackedKey::of(&[b'a'; 15]), PackedKey::of(&[b'a'; 16]));
    }
}
