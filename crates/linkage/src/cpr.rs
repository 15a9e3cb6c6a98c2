//! CPR numbers: their shape, the birth date in them, and finding them in free text.

mod scan;

pub use scan::{mask_shape, scan_identifiers};

use crate::calendar::{CivilDate, days_from_civil, days_in_month};
use std::fmt;
use std::str::FromStr;

/// Added to the month of birth in synthetic numbers, so that the third and fourth digit are 41 to 52.
///
/// No living person is known by such a number: the civil registration system assigns months 01 to
/// 12, and the replacement numbers it advises for people without a CPR number raise the day, not
/// the month. A rule that raised the day would mark those people as synthetic.
pub const SYNTHETIC_MONTH_OFFSET: u8 = 40;

/// Added to the day of birth in replacement numbers (*erstatningspersonnumre*), which hospitals and
/// authorities give to people without a CPR number. They name real persons.
const REPLACEMENT_DAY_OFFSET: u8 = 60;

/// A number with the shape of a CPR number: a date that exists and four more digits.
///
/// The date is that of an assigned number, of a replacement number (day 61 to 91) or of a synthetic
/// number (month 41 to 52); never of both. Modulus 11 is not required, because numbers without it have been assigned since 2007. Neither
/// `Debug` nor `Display` shows a digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CprNumber {
    /// The ten digits as one number. INVARIANT: of valid shape, hence never 0.
    packed: u64,
}

/// The date of birth in a CPR number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BirthDate {
    /// Year with century, 1858 to 2057.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day, 1 to 31.
    pub day: u8,
}

/// Why a text is no CPR number. Carries nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CprError {
    /// Not ten digits with at most a hyphen after the sixth.
    #[error("a CPR number has ten digits, with or without a hyphen after the sixth")]
    WrongShape,
    /// The first six digits and the century in the seventh name no day.
    #[error("the first six digits of the CPR number are no date")]
    NoDate,
}

impl CprNumber {
    /// Reads `ddmmyynnnn` or `ddmmyy-nnnn`.
    pub fn parse(text: &str) -> Result<Self, CprError> {
        let compact = match text.split_once('-') {
            Some((date, serial)) if date.len() == 6 && serial.len() == 4 => [date, serial].concat(),
            Some(_) => return Err(CprError::WrongShape),
            None => text.to_owned(),
        };
        if compact.len() != 10 || !compact.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CprError::WrongShape);
        }
        let packed = compact.parse().map_err(|_| CprError::WrongShape)?;
        Self::from_packed(packed)
    }

    /// Reads ten digits held as one number, as [`CprNumber::packed`] gives them.
    pub fn from_packed(packed: u64) -> Result<Self, CprError> {
        if packed >= 10_u64.pow(10) {
            return Err(CprError::WrongShape);
        }
        match birth_date(packed) {
            Some(_) => Ok(Self { packed }),
            None => Err(CprError::NoDate),
        }
    }

    /// The ten digits as one number, never 0. Only the vault may keep it.
    pub fn packed(self) -> u64 {
        self.packed
    }

    /// The ten digits without hyphen. Only the vault may write them.
    pub fn digits(self) -> String {
        format!("{:010}", self.packed)
    }

    /// Whether the number follows the synthetic rule and so is nobody's. Replacement numbers are
    /// not synthetic. See [`SYNTHETIC_MONTH_OFFSET`].
    pub fn is_synthetic(self) -> bool {
        two_digits(self.packed, 6) > SYNTHETIC_MONTH_OFFSET
    }

    /// The date of birth in the number.
    pub fn born_on(self) -> BirthDate {
        birth_date(self.packed).expect("invariant: a CPR number holds a date")
    }

    /// Whether the last digit is odd, as in numbers assigned to men.
    pub fn ends_odd(self) -> bool {
        self.packed % 2 == 1
    }
}

impl BirthDate {
    /// Days since 1 January 1970, as Arrow's `Date32` counts them.
    pub fn days(self) -> i32 {
        let date = CivilDate {
            year: self.year.into(),
            month: self.month.into(),
            day: self.day.into(),
        };
        days_from_civil(date).expect("invariant: 1858 to 2057 fits a day number")
    }
}

impl FromStr for CprNumber {
    type Err = CprError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for CprNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("999999-9999")
    }
}

impl fmt::Debug for CprNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("CprNumber(…)")
    }
}

fn birth_date(packed: u64) -> Option<BirthDate> {
    let (day, month) = match (two_digits(packed, 8), two_digits(packed, 6)) {
        (day @ 1..=31, month @ 1..=12) => (day, month),
        (day @ 61..=91, month @ 1..=12) => (day - REPLACEMENT_DAY_OFFSET, month),
        (day @ 1..=31, month @ 41..=52) => (day, month - SYNTHETIC_MONTH_OFFSET),
        _ => return None,
    };
    let seventh = two_digits(packed, 3) % 10;
    let year = full_year(two_digits(packed, 4), seventh);
    let exists = i64::from(day) <= days_in_month(year.into(), month.into());
    exists.then_some(BirthDate { year, month, day })
}

/// The year with its century, which the seventh digit tells.
fn full_year(year: u8, seventh: u8) -> u16 {
    let century = match (seventh, year) {
        (0..=3, _) | (4 | 9, 37..) => 1900,
        (5..=8, 58..) => 1800,
        _ => 2000,
    };
    century + u16::from(year)
}

/// The two decimal digits above the lowest `n_below`.
fn two_digits(packed: u64, n_below: u32) -> u8 {
    let digits = packed / 10_u64.pow(n_below) % 100;
    u8::try_from(digits).expect("invariant: two digits are below 100")
}

#[cfg(test)]
mod tests;
