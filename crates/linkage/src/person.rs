//! Person numbers and the buckets that co-partition every register.

use std::fmt;
use std::ops::Range;

/// Default number of slots for person numbers.
pub const PERSON_CAPACITY: u32 = 1 << 24;
/// Default number of person buckets.
pub const PERSON_BUCKETS: u32 = 64;

/// The random number that stands for a person inside Sund. It says nothing about the person, but
/// still never leaves: an extract shows a permit's pseudonym instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonNumber(u32);

/// Divides the slots into ranges of equal length; the last may be shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonBuckets {
    capacity: u32,
    n_buckets: u32,
    bucket_length: u32,
}

/// Why slots cannot be divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BucketsError {
    /// Equal ranges would leave some of the buckets without a slot.
    #[error("{capacity} slots cannot fill {n_buckets} buckets")]
    TooFewSlots {
        /// Number of slots.
        capacity: u32,
        /// Number of buckets asked for.
        n_buckets: u32,
    },
}

impl PersonNumber {
    /// Takes a number that the vault has drawn.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn value(self) -> u32 {
        self.0
    }
}

impl PersonBuckets {
    /// Divides `capacity` slots into `n_buckets`.
    pub fn new(capacity: u32, n_buckets: u32) -> Result<Self, BucketsError> {
        let refused = BucketsError::TooFewSlots {
            capacity,
            n_buckets,
        };
        if capacity == 0 || n_buckets == 0 {
            return Err(refused);
        }
        let bucket_length = capacity.div_ceil(n_buckets);
        if capacity.div_ceil(bucket_length) != n_buckets {
            return Err(refused);
        }
        Ok(Self {
            capacity,
            n_buckets,
            bucket_length,
        })
    }

    /// Number of buckets.
    pub fn count(&self) -> u32 {
        self.n_buckets
    }

    /// Number of slots.
    pub fn capacity(&self) -> u32 {
        self.capacity
    }

    /// The bucket of a person, or nothing for a number beyond the capacity.
    pub fn bucket_of(&self, person: PersonNumber) -> Option<u32> {
        (person.0 < self.capacity).then(|| person.0 / self.bucket_length)
    }

    /// The person numbers of a bucket; empty for a bucket that does not exist.
    pub fn range(&self, bucket: u32) -> Range<u32> {
        let bound = |edge: u32| edge.saturating_mul(self.bucket_length).min(self.capacity);
        bound(bucket)..bound(bucket.saturating_add(1))
    }

    /// All buckets with their ranges, in order.
    pub fn ranges(&self) -> impl Iterator<Item = (u32, Range<u32>)> + use<> {
        let buckets = *self;
        (0..buckets.n_buckets).map(move |bucket| (bucket, buckets.range(bucket)))
    }
}

impl Default for PersonBuckets {
    fn default() -> Self {
        let bucket_length = PERSON_CAPACITY / PERSON_BUCKETS;
        Self {
            capacity: PERSON_CAPACITY,
            n_buckets: PERSON_BUCKETS,
            bucket_length,
        }
    }
}

impl fmt::Display for PersonNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

#[cfg(test)]
mod tests;
