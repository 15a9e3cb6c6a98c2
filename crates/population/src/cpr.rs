//! Synthetic CPR numbers: well formed, unique, and never a person's.
//!
//! A real CPR number is `ddmmyyxxxx`, where `dd` is 01..31. A synthetic one adds 60 to
//! the day, so its first two digits are 61..91, which no living or dead person has.
//! (Replacement numbers of hospitals carry letters or a day raised by 60 as well, but
//! the register described here holds none of them.) The seventh digit tells the century by
//! the rules of the Danish civil registration system, and the last digit is odd for men
//! and even for women. The modulus 11 check is not applied; it has not been a rule since 2007.
//!
//! Uniqueness needs no register of numbers given: in one block no two persons of the
//! same sex share a birthday, and for a given birthday and sex the serial number is a
//! permutation of the block's number.

use crate::calendar::civil;
use crate::person::Sex;
use crate::random::mix;

/// Serial numbers per birthday and sex in the scarcest century, and so the greatest
/// number of blocks.
pub(crate) const SERIALS: u32 = 2000;

/// The number of a person born on `born` in block `block`.
pub(crate) fn synthetic(seed: u64, born: i32, sex: Sex, block: u32) -> String {
    let (year, month, day) = civil(born);
    let salt = mix(seed ^ (born as u64).wrapping_mul(2) ^ sex.code() as u64);
    let shift = salt % u64::from(SERIALS);
    // 1 + 40k and 2000 share no factor only if the multiplier is odd and no multiple of 5.
    let multiplier = 1 + 10 * (salt >> 32) % u64::from(SERIALS);
    let serial = (u64::from(block) * multiplier + shift) % u64::from(SERIALS);
    let parity = if sex == Sex::Man { 1 } else { 0 };
    let four = century_base(year) + 2 * serial + parity;
    format!(
        "{:02}{:02}{:02}{:04}",
        day + 60,
        month,
        year.rem_euclid(100),
        four
    )
}

/// The first four-digit number of the range that the year of birth allows.
fn century_base(year: i32) -> u64 {
    match year {
        ..=1899 => 5000,
        1900..=1999 => 0,
        2000..=2036 => 4000,
        _ => 5000,
    }
}

/// True if `text` follows the synthetic rule: ten digits, day 61..91, month 01..12.
pub fn follows_synthetic_rule(text: &str) -> bool {
    let digits = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit());
    let part = |from: usize| text.get(from..from + 2).and_then(|p| p.parse::<u8>().ok());
    digits
        && part(0).is_some_and(|day| (61..=91).contains(&day))
        && part(2).is_some_and(|month| (1..=12).contains(&month))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::day;
    use std::collections::BTreeSet;

    #[test]
    fn day_is_raised_and_the_century_digit_fits() {
        let old = synthetic(1, day(1931, 4, 7), Sex::Woman, 3);
        assert!(old.starts_with("670431"), "{old}");
        assert!(matches!(old.as_bytes()[6], b'0'..=b'3'));
        let young = synthetic(1, day(2011, 12, 31), Sex::Man, 3);
        assert!(young.starts_with("911211"), "{young}");
        assert!(matches!(young.as_bytes()[6], b'4'..=b'7'));
        assert_eq!(young.as_bytes()[9] % 2, 1);
        assert!(follows_synthetic_rule(&old) && follows_synthetic_rule(&young));
        assert!(!follows_synthetic_rule("0704314000"));
    }

    #[test]
    fn blocks_never_collide_on_a_birthday() {
        for born in [day(1950, 1, 1), day(1999, 7, 19), day(2020, 2, 29)] {
            let numbers: BTreeSet<String> = (0..SERIALS)
                .flat_map(|b| {
                    [
                        synthetic(9, born, Sex::Man, b),
                        synthetic(9, born, Sex::Woman, b),
                    ]
                })
                .collect();
            assert_eq!(numbers.len(), 2 * SERIALS as usize);
        }
    }
}
