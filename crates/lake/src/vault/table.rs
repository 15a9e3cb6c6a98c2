//! Identity number -> person number in eight bytes a person: an open-addressing table.

/// An entry holds the identity above these bits and the person number in them.
const NUMBER_BITS: u32 = 24;
const NUMBER_MASK: u64 = (1 << NUMBER_BITS) - 1;
const SIZE_MIN: usize = 1024;

/// The table. An entry of 0 is free; an identity is never 0.
#[derive(Debug)]
pub(super) struct PersonTable {
    entries: Vec<u64>,
    n_used: usize,
}

impl Default for PersonTable {
    fn default() -> Self {
        Self {
            entries: vec![0; SIZE_MIN],
            n_used: 0,
        }
    }
}

impl PersonTable {
    /// Persons in the table.
    pub(super) fn len(&self) -> usize {
        self.n_used
    }

    /// The number of an identity.
    pub(super) fn find(&self, identity: u64) -> Option<u32> {
        let mask = self.entries.len() - 1;
        let mut at = self.home(identity);
        loop {
            let entry = self.entries.get(at).copied().unwrap_or(0);
            if entry == 0 {
                return None;
            }
            if entry >> NUMBER_BITS == identity {
                return u32::try_from(entry & NUMBER_MASK).ok();
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds an identity that is not in the table.
    pub(super) fn insert(&mut self, identity: u64, number: u32) {
        if (self.n_used + 1) * 3 > self.entries.len() * 2 {
            self.grow(self.entries.len() * 2);
        }
        self.place((identity << NUMBER_BITS) | u64::from(number));
        self.n_used += 1;
    }

    /// All numbers that are in use.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.used()
            .filter_map(|entry| u32::try_from(entry & NUMBER_MASK).ok())
    }

    /// The stored form.
    pub(super) fn to_bytes(&self, version: u64) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(16 + self.n_used * 8);
        bytes.extend_from_slice(&version.to_le_bytes());
        bytes.extend_from_slice(&(self.n_used as u64).to_le_bytes());
        for entry in self.used() {
            bytes.extend_from_slice(&entry.to_le_bytes());
        }
        bytes
    }

    /// Reads version and table from the stored form.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<(u64, Self)> {
        let (version, rest) = bytes.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        if rest.len() != length.checked_mul(8)? {
            return None;
        }
        let mut table = Self::default();
        table.grow((length * 2).next_power_of_two().max(SIZE_MIN));
        for entry in rest.chunks_exact(8) {
            table.place(u64::from_le_bytes(entry.try_into().ok()?));
        }
        table.n_used = length;
        Some((u64::from_le_bytes(*version), table))
    }

    fn used(&self) -> impl Iterator<Item = u64> {
        self.entries.iter().copied().filter(|entry| *entry != 0)
    }

    fn home(&self, identity: u64) -> usize {
        let mixed = identity.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let shift = 64 - self.entries.len().trailing_zeros();
        usize::try_from(mixed >> shift).unwrap_or(0)
    }

    fn place(&mut self, entry: u64) {
        let mask = self.entries.len() - 1;
        let mut at = self.home(entry >> NUMBER_BITS);
        while let Some(slot) = self.entries.get_mut(at) {
            if *slot == 0 {
                *slot = entry;
                return;
            }
            at = (at + 1) & mask;
        }
    }

    fn grow(&mut self, size: usize) {
        let old = std::mem::replace(&mut self.entries, vec![0; size]);
        for entry in old.into_iter().filter(|entry| *entry != 0) {
            self.place(entry);
        }
    }
}
