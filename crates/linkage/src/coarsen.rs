//! Coarsening: the permit's less exact form of a value, over Arrow arrays. Missing values stay
//! missing.

use crate::calendar::{CivilDate, civil_from_days, days_from_civil};
use arrow::array::{
    ArrowPrimitiveType, Date32Array, Int32Array, PrimitiveArray, StringArray, StringArrayType,
    StringBuilder,
};
use arrow::datatypes::ArrowNativeTypeOp;

/// Why values cannot be coarsened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CoarsenError {
    /// Bands of no width, or prefixes of no length.
    #[error("a band needs a width and a prefix a length of at least 1")]
    NoWidth,
    /// The lower end of a band lies below the smallest number of its type.
    #[error("the lower end of a band is too small for its type")]
    OutOfRange,
}

/// Codes after a lookup.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedCodes {
    /// What stands for each code; missing where the code was missing or unknown.
    pub values: StringArray,
    /// How many codes were unknown. They are left out, because an unknown code must never pass as
    /// it is.
    pub n_unknown: usize,
}

/// Dates become the first of their month.
pub fn first_of_month(dates: &Date32Array) -> Date32Array {
    dates.unary(|days| earlier(days, |date| CivilDate { day: 1, ..date }))
}

/// Dates become the first of January.
pub fn first_of_year(dates: &Date32Array) -> Date32Array {
    dates.unary(|days| {
        earlier(days, |date| CivilDate {
            month: 1,
            day: 1,
            ..date
        })
    })
}

/// Dates become their year as a number.
pub fn year_number(dates: &Date32Array) -> Int32Array {
    dates.unary(|days| {
        i32::try_from(civil_from_days(days).year)
            .expect("invariant: the year of a 32-bit day number fits 32 bits")
    })
}

/// Numbers become the lower end of their band: with width 10, 47 becomes 40 and -3 becomes -10.
pub fn lower_end_of_band<T>(
    numbers: &PrimitiveArray<T>,
    width: T::Native,
) -> Result<PrimitiveArray<T>, CoarsenError>
where
    T: ArrowPrimitiveType,
    T::Native: ArrowNativeTypeOp,
{
    if !width.is_gt(T::Native::ZERO) {
        return Err(CoarsenError::NoWidth);
    }
    let lower_end = |number: T::Native| {
        let above = number.mod_checked(width)?;
        let above = if above.is_lt(T::Native::ZERO) {
            above.add_checked(width)?
        } else {
            above
        };
        number.sub_checked(above)
    };
    numbers
        .try_unary(lower_end)
        .map_err(|_| CoarsenError::OutOfRange)
}

/// Codes keep their first `n_characters` characters; shorter codes stay as they are.
pub fn code_prefix<'a>(
    codes: impl StringArrayType<'a>,
    n_characters: usize,
) -> Result<StringArray, CoarsenError> {
    if n_characters == 0 {
        return Err(CoarsenError::NoWidth);
    }
    let prefix = |code: &'a str| match code.char_indices().nth(n_characters) {
        Some((end, _)) => code.get(..end).unwrap_or(code),
        None => code,
    };
    Ok(codes.iter().map(|code| code.map(prefix)).collect())
}

/// Codes become what a lookup gives, such as a municipality its region. The lookup gets the row
/// too, because what a code means may depend on the row's date.
pub fn map_codes<'a, 'b>(
    codes: impl StringArrayType<'a>,
    mut lookup: impl FnMut(usize, &'a str) -> Option<&'b str>,
) -> MappedCodes {
    let mut values = StringBuilder::with_capacity(codes.len(), codes.len() * 4);
    let mut n_unknown = 0;
    for (row, code) in codes.iter().enumerate() {
        let mapped = code.and_then(|code| lookup(row, code));
        n_unknown += usize::from(code.is_some() && mapped.is_none());
        values.append_option(mapped);
    }
    MappedCodes {
        values: values.finish(),
        n_unknown,
    }
}

/// Moves a day back within its year. The earliest days that Arrow can count stay where they are.
fn earlier(days: i32, change: impl Fn(CivilDate) -> CivilDate) -> i32 {
    days_from_civil(change(civil_from_days(days))).unwrap_or(i32::MIN)
}

#[cfg(test)]
mod tests;
