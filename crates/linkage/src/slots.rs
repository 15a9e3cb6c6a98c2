//! The draw of person numbers: a uniformly random free slot of a fixed capacity.
//!
//! Numbers drawn in order would tell who was born or arrived before whom. A random slot tells
//! nothing, and nothing about it follows from the identifier it stands for.

use crate::person::PersonNumber;
use roaring::RoaringBitmap;

/// Above this share of used slots, guessing free ones takes longer than counting them.
const GUESS_LOAD_PERCENT: u64 = 90;
/// Guesses before counting instead. Below the load limit, so many misses mean chance of 10^-6.
const GUESSES_MAX: usize = 128;
/// Draws of a number below a limit; a working source misses each with a chance of at most one half.
const DRAWS_MAX: usize = 128;

/// Hands out free slots and remembers the used ones.
#[derive(Debug, Clone, PartialEq)]
pub struct SlotAllocator {
    used: RoaringBitmap,
    capacity: u32,
}

/// Why no slot can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SlotError {
    /// Every slot is used.
    #[error("all {capacity} person numbers are in use")]
    Full {
        /// Number of slots.
        capacity: u32,
    },
    /// A used slot lies beyond the capacity.
    #[error("a used person number lies beyond the capacity of {capacity}")]
    BeyondCapacity {
        /// Number of slots.
        capacity: u32,
    },
    /// The source repeats itself in a way that random bytes never do.
    #[error("the source of random bytes does not give random bytes")]
    SourceStuck,
}

impl SlotAllocator {
    /// Continues with the slots that are in use.
    pub fn new(used: RoaringBitmap, capacity: u32) -> Result<Self, SlotError> {
        if used.max().is_some_and(|largest| largest >= capacity) {
            return Err(SlotError::BeyondCapacity { capacity });
        }
        Ok(Self { used, capacity })
    }

    /// Draws a free slot, each with the same chance, and marks it as used.
    pub fn allocate(
        &mut self,
        random: &mut impl FnMut(&mut [u8]),
    ) -> Result<PersonNumber, SlotError> {
        let slot = choose_free(&self.used, self.capacity, random)?;
        self.used.insert(slot);
        Ok(PersonNumber::new(slot))
    }

    /// The used slots.
    pub fn used(&self) -> &RoaringBitmap {
        &self.used
    }

    /// How many slots are free.
    pub fn n_free(&self) -> u64 {
        u64::from(self.capacity) - self.used.len()
    }
}

fn choose_free(
    used: &RoaringBitmap,
    capacity: u32,
    random: &mut impl FnMut(&mut [u8]),
) -> Result<u32, SlotError> {
    let n_free = u64::from(capacity) - used.len();
    if n_free == 0 {
        return Err(SlotError::Full { capacity });
    }
    if used.len() * 100 <= u64::from(capacity) * GUESS_LOAD_PERCENT {
        for _ in 0..GUESSES_MAX {
            let slot = uniform_below(capacity, random)?;
            if !used.contains(slot) {
                return Ok(slot);
            }
        }
    }
    let n_free = u32::try_from(n_free).expect("invariant: free slots are below the capacity");
    let nth = uniform_below(n_free, random)?;
    Ok(nth_free(used, capacity, nth))
}

/// The free slot before which `nth` slots are free, by bisection over the count of used slots.
fn nth_free(used: &RoaringBitmap, capacity: u32, nth: u32) -> u32 {
    let (mut low, mut high) = (0, capacity - 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let n_free_through_middle = u64::from(middle) + 1 - used.rank(middle);
        if n_free_through_middle > u64::from(nth) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// A number below `limit`, each with the same chance: too large draws are thrown away.
fn uniform_below(limit: u32, random: &mut impl FnMut(&mut [u8])) -> Result<u32, SlotError> {
    let mask = u32::MAX.checked_shr(limit.leading_zeros()).unwrap_or(0);
    for _ in 0..DRAWS_MAX {
        let mut bytes = [0; 4];
        random(&mut bytes);
        let drawn = u32::from_le_bytes(bytes) & mask;
        if drawn < limit {
            return Ok(drawn);
        }
    }
    Err(SlotError::SourceStuck)
}

#[cfg(test)]
mod tests;
