//! How large a synthetic Denmark is, and how it is cut into independent blocks.

use crate::cpr::SERIALS;
use crate::figures::figures;
use crate::number::round;
use crate::tables::{TABLES, TableSpec};

/// Residents per full block; the dead and the emigrated of the period come on top.
const RESIDENTS_PER_BLOCK: u32 = 3200;

/// Emigrated persons per resident: fewer than in truth, where most stay a year or two.
const EMIGRATED_PER_RESIDENT: f64 = 0.12;

/// Room for the persons of a block in the key space.
const KEYS_PER_BLOCK: u64 = 1 << 13;

/// What to generate. Equal plans give equal bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Persons alive and resident at the end of `last_year`; at most [`Plan::PERSONS_MAX`].
    pub persons: u32,
    /// The seed of all randomness.
    pub seed: u64,
    /// The first year with register rows, from 1977.
    pub first_year: i16,
    /// The last year with register rows, up to 2025.
    pub last_year: i16,
}

/// Numbers of persons of each fate in one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockSize {
    pub(crate) residents: i32,
    pub(crate) dead: i32,
    pub(crate) emigrated: i32,
}

impl Plan {
    /// The greatest population: more would use up the synthetic CPR numbers.
    pub const PERSONS_MAX: u32 = RESIDENTS_PER_BLOCK * SERIALS;

    /// A plan for the whole period the registers cover, 1977 to 2025.
    pub const fn new(persons: u32, seed: u64) -> Self {
        Self {
            persons,
            seed,
            first_year: 1977,
            last_year: 2025,
        }
    }

    /// The number of blocks. Blocks are independent: make them in any order, on any thread.
    pub fn blocks(&self) -> u32 {
        self.persons
            .min(Self::PERSONS_MAX)
            .div_ceil(RESIDENTS_PER_BLOCK)
    }

    /// The tables of a plan; [`crate::generate_block`] names them by their place here.
    pub fn tables() -> &'static [TableSpec] {
        TABLES
    }

    pub(crate) fn first(&self) -> i32 {
        i32::from(self.first_year).clamp(1977, 2025)
    }

    pub(crate) fn last(&self) -> i32 {
        i32::from(self.last_year).clamp(self.first(), 2025)
    }

    pub(crate) fn size_of(&self, block: u32) -> BlockSize {
        let before = block.saturating_mul(RESIDENTS_PER_BLOCK);
        let residents = self
            .persons
            .min(Self::PERSONS_MAX)
            .saturating_sub(before)
            .min(RESIDENTS_PER_BLOCK);
        let residents_part = f64::from(residents);
        BlockSize {
            residents: round(residents_part),
            dead: round(residents_part * self.deaths_per_resident()),
            emigrated: round(residents_part * EMIGRATED_PER_RESIDENT),
        }
    }

    fn deaths_per_resident(&self) -> f64 {
        let figures = figures();
        let deaths: f64 = figures
            .deaths
            .iter()
            .filter(|(year, _)| (self.first()..=self.last()).contains(year))
            .filter_map(|(_, by_age)| by_age.last())
            .sum();
        deaths / figures.residents()
    }

    pub(crate) fn key_of(block: u32, place: usize) -> u64 {
        u64::from(block) * KEYS_PER_BLOCK + place as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_exactly_the_residents_asked_for() {
        for persons in [0, 1, 3199, 3200, 3201, 20_000] {
            let plan = Plan::new(persons, 1);
            let total: i32 = (0..plan.blocks()).map(|b| plan.size_of(b).residents).sum();
            assert_eq!(total, i32::try_from(persons).unwrap());
        }
    }

    #[test]
    fn keys_leave_room_for_everybody() {
        let size = Plan::new(Plan::PERSONS_MAX, 1).size_of(0);
        let all = size.residents + size.dead + size.emigrated;
        assert!(u64::try_from(all).unwrap() < KEYS_PER_BLOCK);
    }
}
