//! Cohorts: sets of persons as compressed bitmaps of person numbers.

use crate::person::PersonNumber;
use arrow::array::{Array, BooleanArray, UInt32Array};
use arrow::buffer::BooleanBuffer;
use roaring::RoaringBitmap;
use std::ops::Range;

/// A set of persons.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cohort(RoaringBitmap);

/// Bytes that are no cohort.
#[derive(Debug, thiserror::Error)]
pub enum CohortError {
    /// The bytes are damaged or of another format.
    #[error("the bytes are no cohort")]
    Malformed(#[source] std::io::Error),
    /// More bytes follow after the cohort.
    #[error("the bytes hold more than a cohort")]
    TrailingBytes,
}

impl Cohort {
    /// A set of nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everybody with a number in a range, such as a bucket.
    pub fn from_range(range: Range<u32>) -> Self {
        let mut numbers = RoaringBitmap::new();
        numbers.insert_range(range);
        Self(numbers)
    }

    /// Adds a person; says whether the person is new.
    pub fn insert(&mut self, person: PersonNumber) -> bool {
        self.0.insert(person.value())
    }

    /// Adds everybody in a column of person numbers, sorted or not; empty places are nobody.
    pub fn insert_all(&mut self, persons: &UInt32Array) {
        let mut last = None;
        for number in persons.iter().flatten() {
            if last.replace(number) != Some(number) {
                self.0.insert(number);
            }
        }
    }

    /// Whether a person belongs to the set.
    pub fn contains(&self, person: PersonNumber) -> bool {
        self.0.contains(person.value())
    }

    /// Number of persons.
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// Whether it is a set of nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those who belong to both.
    pub fn and(&self, other: &Self) -> Self {
        Self(&self.0 & &other.0)
    }

    /// Those who belong to at least one.
    pub fn or(&self, other: &Self) -> Self {
        Self(&self.0 | &other.0)
    }

    /// Those who do not belong to the other.
    pub fn minus(&self, other: &Self) -> Self {
        Self(&self.0 - &other.0)
    }

    /// Everybody else within a base. There is no *not* without a base: a number that nobody has
    /// must never become a person.
    pub fn not_within(&self, base: &Self) -> Self {
        base.minus(self)
    }

    /// Those with a number in a range, such as a bucket.
    pub fn slice(&self, range: Range<u32>) -> Self {
        Self(self.0.range(range).collect())
    }

    /// How many have a number in a range.
    pub fn count_within(&self, range: Range<u32>) -> u64 {
        self.0.range_cardinality(range)
    }

    /// The persons, by number.
    pub fn iter(&self) -> impl Iterator<Item = PersonNumber> + '_ {
        self.0.iter().map(PersonNumber::new)
    }

    /// Which rows of a column are about members. Rows about nobody are not. Runs of one person,
    /// as in a sorted column, are looked up once.
    pub fn mask(&self, persons: &UInt32Array) -> BooleanArray {
        let mut last = None;
        let members = BooleanBuffer::collect_bool(persons.len(), |row| {
            let number = persons.is_valid(row).then(|| persons.value(row));
            match (number, last) {
                (None, _) => false,
                (Some(number), Some((known, member))) if number == known => member,
                (Some(number), _) => {
                    let member = self.0.contains(number);
                    last = Some((number, member));
                    member
                }
            }
        });
        BooleanArray::new(members, None)
    }

    /// The set in the portable format of Roaring bitmaps. Equal sets give equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut canonical = self.0.clone();
        canonical.remove_run_compression();
        canonical.optimize();
        let mut bytes = Vec::with_capacity(canonical.serialized_size());
        canonical
            .serialize_into(&mut bytes)
            .expect("invariant: writing to memory does not fail");
        bytes
    }

    /// Reads what [`Cohort::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CohortError> {
        let mut rest = bytes;
        let numbers = RoaringBitmap::deserialize_from(&mut rest).map_err(CohortError::Malformed)?;
        if rest.is_empty() {
            Ok(Self(numbers))
        } else {
            Err(CohortError::TrailingBytes)
        }
    }
}

impl From<RoaringBitmap> for Cohort {
    fn from(numbers: RoaringBitmap) -> Self {
        Self(numbers)
    }
}

impl FromIterator<PersonNumber> for Cohort {
    fn from_iter<I: IntoIterator<Item = PersonNumber>>(persons: I) -> Self {
        Self(persons.into_iter().map(PersonNumber::value).collect())
    }
}

#[cfg(test)]
mod tests;
