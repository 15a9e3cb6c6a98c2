//! Pseudonyms: each permit has its own keyed permutation of person numbers and of every other key.
//!
//! A pseudonym is 10^14 plus a permuted 49-bit number, so it always has 15 digits, which R, Stata
//! and Excel keep exactly. The permutation is FF1 of NIST SP 800-38G; see `ff1`.

mod arrays;
mod ff1;

pub use arrays::Pseudonymised;
pub use ff1::Permutation;

use crate::draw::Draw;
use crate::person::PersonNumber;
use aes::Aes256Enc;
use aes::cipher::KeyInit;
use std::fmt;
use std::ops::Range;

/// The numbers that are permuted lie below 2^49.
pub const PSEUDONYM_BITS: u32 = 49;
/// The smallest pseudonym; it makes all of them 15 digits long.
pub const PSEUDONYM_BASE: u64 = 100_000_000_000_000;

/// How many numbers are permuted.
const DOMAIN: u64 = 1 << PSEUDONYM_BITS;

/// A permit's key. It holds only the expanded AES-256 key, which is wiped when dropped.
#[derive(Clone)]
pub struct PseudonymKey(Aes256Enc);

/// What kind of number is permuted. Each kind has a permutation of its own, so that a person's
/// pseudonym tells nothing about a record with the same internal number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyDomain {
    /// Person numbers.
    Person,
    /// Keys of records of one kind, such as `contact`.
    Record(String),
    /// Families.
    Family,
    /// Hospitals, clinics, doctors.
    Provider,
    /// No key of an extract: the numbers from which lots are drawn, by a seed.
    Draw(Draw, u32),
}

/// What stands for a person, or for another key, in one extract. Only a permit's permutation makes
/// one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym(u64);

/// Divides the pseudonyms into ranges of equal length, in which the rows of an extract are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PseudonymRanges {
    n_ranges: u32,
}

/// A number that no permutation takes or gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the number lies outside the domain of pseudonyms")]
pub struct OutOfDomain;

impl PseudonymKey {
    /// Takes 32 random bytes as a permit's key.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Aes256Enc::new(bytes.into()))
    }

    /// The permit's permutation of one kind of numbers.
    pub fn permutation(&self, domain: &KeyDomain) -> Permutation {
        Permutation::new(self.0.clone(), &domain.tweak())
    }
}

impl KeyDomain {
    /// The bytes that tell the permutations of one key apart: `person`, `record:contact`.
    fn tweak(&self) -> Vec<u8> {
        match self {
            Self::Person => b"person".to_vec(),
            Self::Record(kind) => format!("record:{kind}").into_bytes(),
            Self::Family => b"family".to_vec(),
            Self::Provider => b"provider".to_vec(),
            Self::Draw(draw, seed) => {
                let draw = match draw {
                    Draw::Sample => "sample",
                    Draw::Cases => "cases",
                    Draw::Controls => "controls",
                };
                format!("draw:{draw}:{seed}").into_bytes()
            }
        }
    }
}

impl Permutation {
    /// The pseudonym of a person.
    pub fn pseudonym_of(&self, person: PersonNumber) -> Pseudonym {
        Pseudonym(PSEUDONYM_BASE + self.encrypt_in_domain(person.value().into()))
    }

    /// The pseudonym of any number below 2^49.
    pub fn encrypt(&self, number: u64) -> Result<Pseudonym, OutOfDomain> {
        if number >= DOMAIN {
            return Err(OutOfDomain);
        }
        Ok(Pseudonym(PSEUDONYM_BASE + self.encrypt_in_domain(number)))
    }

    /// The number behind a pseudonym. Only the keeper of the permit's key can ask.
    pub fn decrypt(&self, pseudonym: Pseudonym) -> u64 {
        self.decrypt_in_domain(pseudonym.0 - PSEUDONYM_BASE)
    }
}

impl Pseudonym {
    /// Reads a number that is said to be a pseudonym.
    pub fn from_value(value: u64) -> Result<Self, OutOfDomain> {
        let within = value
            .checked_sub(PSEUDONYM_BASE)
            .is_some_and(|number| number < DOMAIN);
        if within {
            Ok(Self(value))
        } else {
            Err(OutOfDomain)
        }
    }

    /// The 15 digits.
    pub fn value(self) -> u64 {
        self.0
    }
}

impl PseudonymRanges {
    /// Divides into at least one and at most 65,536 ranges.
    pub fn new(n_ranges: u32) -> Result<Self, OutOfDomain> {
        if (1..=65_536).contains(&n_ranges) {
            Ok(Self { n_ranges })
        } else {
            Err(OutOfDomain)
        }
    }

    /// Number of ranges.
    pub fn count(&self) -> u32 {
        self.n_ranges
    }

    /// The range that a pseudonym falls into.
    pub fn range_of(&self, pseudonym: Pseudonym) -> u32 {
        let number = (pseudonym.0 - PSEUDONYM_BASE) / self.range_length();
        u32::try_from(number).expect("invariant: ranges are counted in 32 bits")
    }

    /// The pseudonyms of a range; empty for a range that does not exist.
    pub fn range(&self, number: u32) -> Range<u64> {
        let bound =
            |edge: u64| PSEUDONYM_BASE + edge.saturating_mul(self.range_length()).min(DOMAIN);
        bound(number.into())..bound(u64::from(number) + 1)
    }

    fn range_length(&self) -> u64 {
        DOMAIN.div_ceil(self.n_ranges.into())
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PseudonymKey(…)")
    }
}

#[cfg(test)]
mod tests;
