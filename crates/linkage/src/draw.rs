//! Drawing persons by chance: a keyed order that is the same every time.

use crate::person::PersonNumber;
use crate::pseudonym::{KeyDomain, PseudonymKey};

/// What is drawn. Each draw has an order of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Draw {
    /// Persons of a population.
    Sample,
    /// Cases, in the order in which they get controls.
    Cases,
    /// Persons who can be controls.
    Controls,
}

/// A lot for every person. Who is drawn depends on the permit's key, on what is drawn and on a seed,
/// and on nothing else: not on other persons, buckets or threads.
#[derive(Debug, Clone, Copy)]
pub struct Lots([u64; 2]);

impl Lots {
    /// The lots of one draw.
    pub fn new(key: &PseudonymKey, draw: Draw, seed: u32) -> Self {
        let permutation = key.permutation(&KeyDomain::Draw(draw, seed));
        let half = |n| {
            let pseudonym = permutation.pseudonym_of(PersonNumber::new(n));
            pseudonym.value()
        };
        Self([half(0), half(1)])
    }

    /// The lot of a person. It has no other meaning than its order; two persons with the same lot,
    /// which one draw in billions sees, are ordered by their numbers.
    pub fn of(&self, person: PersonNumber) -> u64 {
        let Self([first, second]) = *self;
        mixed(mixed(u64::from(person.value()) ^ first) ^ second)
    }
}

/// The finaliser of SplitMix64: every bit of the answer depends on every bit of the number.
const fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(key: u8, draw: Draw, seed: u32) -> Vec<u32> {
        let lots = Lots::new(&PseudonymKey::from_bytes(&[key; 32]), draw, seed);
        let mut persons: Vec<u32> = (0..1000).collect();
        persons.sort_by_key(|person| lots.of(PersonNumber::new(*person)));
        persons
    }

    #[test]
    fn the_order_is_the_same_every_time_and_another_for_every_key_draw_and_seed() {
        let first = order(1, Draw::Sample, 0);
        assert_eq!(order(1, Draw::Sample, 0), first);
        for other in [
            order(2, Draw::Sample, 0),
            order(1, Draw::Controls, 0),
            order(1, Draw::Sample, 1),
        ] {
            assert_ne!(other, first);
        }
    }

    #[test]
    fn everybody_is_drawn_about_equally_often() {
        let mut drawn = vec![0_u32; 1000];
        for seed in 0..400 {
            for person in order(1, Draw::Sample, seed).into_iter().take(100) {
                drawn[person as usize] += 1;
            }
        }
        // 400 draws of a tenth: 40 times each, with a standard deviation of 6.
        assert!(drawn.iter().all(|times| (10..=72).contains(times)));
        let squares: f64 = drawn.iter().map(|n| (f64::from(*n) - 40.0).powi(2)).sum();
        assert!((squares / 1000.0 - 36.0).abs() < 8.0, "{squares}");
    }
}
