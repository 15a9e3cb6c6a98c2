//! Synthetic CPR numbers: well formed, unique, and never a person's.
//!
//! A real CPR number is `ddmmyyxxxx`, where `mm` is 01..12. A synthetic one adds 40 to
//! the month, so its third and fourth digit are 41..52, which no living or dead person has.
//! The day is left as born: replacement numbers, which authorities and hospitals give to
//! people without a CPR number, raise the day by 60 and belong to real persons. The seventh
//! digit tells the century by the rules of the Danish civil registration system, and the last
//! digit is odd for men and even for women. The modulus 11 check is not applied; it has not
//! been a rule since 2007.
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

/// Added to the month of birth; the same as `linkage` reads it.
const MONTH_OFFSET: i32 = 40;

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
        day,
        month + MONTH_OFFSET,
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

/// True if `text` follows the synthetic rule: ten digits, day 01..31, month 41..52.
pub fn follows_synthetic_rule(text: &str) -> bool {
    let digits = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit());
    let part = |from: usize| text.get(from..from + 2).and_then(|p| p.parse::<u8>().ok());
    digits
        && part(0).is_some_and(|day| (1..=31).contains(&day))
        && part(2).is_some_and(|month| (41..=52).contains(&month))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::day;
    use std::collections::BTreeSet;

    #[test]
    fn month_is_raised_and_the_century_digit_fits() {
        let old = synthetic(1, day(1931, 4, 7), Sex::Woman, 3);
        assert!(old.starts_with("074431"), "{old}");
        assert!(matches!(old.as_bytes()[6], b'0'..=b'3'));
        let young = synthetic(1, day(2011, 12, 31), Sex::Man, 3);
        assert!(young.starts_with("315211"), "{young}");
        assert!(matches!(young.as_bytes()[6], b'4'..=b'7'));
        assert_eq!(young.as_bytes()[9] % 2, 1);
        assert!(follows_synthetic_rule(&old) && follows_synthetic_rule(&young));
        // Assigned numbers, replacement numbers, and what is neither.
        for other in ["0704314000", "6704314000", "6744314000", "0753314000"] {
            assert!(!follows_synthetic_rule(other), "{other}");
        }
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
