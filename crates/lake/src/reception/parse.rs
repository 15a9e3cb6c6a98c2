//! Values from text: dates, whole numbers, decimal numbers. Danish and ISO ways of writing.

/// Days from 1970-01-01 to a date of the Gregorian calendar.
pub(crate) fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = i32::try_from((month + 9) % 12).unwrap_or(0);
    let day_of_year = (153 * shifted + 2) / 5 + i32::try_from(day).unwrap_or(1) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a number of days from 1970-01-01.
pub(crate) fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_shifted + 2) / 5 + 1;
    let month = if month_shifted < 10 {
        month_shifted + 3
    } else {
        month_shifted - 9
    };
    let year = year_of_era + era * 400 + i32::from(month <= 2);
    (
        year,
        u32::try_from(month).unwrap_or(1),
        u32::try_from(day).unwrap_or(1),
    )
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Whether a calendar has this date.
pub(crate) fn date_exists(year: u32, month: u32, day: u32) -> bool {
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => return false,
    };
    (1..=last).contains(&day)
}

/// A date written `2024-12-31`, `31-12-2024`, `31.12.2024` or `31/12/2024`, in days from 1970-01-01.
pub(crate) fn parse_date(text: &str) -> Option<i32> {
    let bytes: &[u8; 10] = text.as_bytes().try_into().ok()?;
    let [a, b, c, d, e, f, g, h, i, j] = *bytes;
    let (year, month, day) = if e == b'-' && h == b'-' {
        (four(a, b, c, d)?, two(f, g)?, two(i, j)?)
    } else if matches!(c, b'-' | b'.' | b'/') && f == c {
        (four(g, h, i, j)?, two(d, e)?, two(a, b)?)
    } else {
        return None;
    };
    if !date_exists(year, month, day) {
        return None;
    }
    Some(days_from_civil(i32::try_from(year).ok()?, month, day))
}

fn digit(byte: u8) -> Option<u32> {
    byte.is_ascii_digit().then(|| u32::from(byte - b'0'))
}

fn two(a: u8, b: u8) -> Option<u32> {
    Some(digit(a)? * 10 + digit(b)?)
}

fn four(a: u8, b: u8, c: u8, d: u8) -> Option<u32> {
    Some(two(a, b)? * 100 + two(c, d)?)
}

/// A whole number.
pub(crate) fn parse_integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Powers of ten that double precision holds exactly.
const EXACT_POWERS: [f64; 16] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

/// A decimal number with comma or point, without thousands separators.
pub(crate) fn parse_decimal(text: &str) -> Option<f64> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let mut mantissa: u64 = 0;
    let mut n_digits = 0_usize;
    let mut n_decimals = None;
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                mantissa = mantissa
                    .wrapping_mul(10)
                    .wrapping_add(u64::from(byte - b'0'));
                n_digits += 1;
                n_decimals = n_decimals.map(|n: usize| n + 1);
            }
            b',' | b'.' if n_decimals.is_none() => n_decimals = Some(0),
            _ => return None,
        }
    }
    if n_digits == 0 {
        return None;
    }
    if n_digits > 15 {
        let value: f64 = text.replace(',', ".").parse().ok()?;
        return value.is_finite().then_some(value);
    }
    // Both operands are exact, so the quotient is the nearest double: the same as a full parser's.
    #[expect(
        clippy::cast_precision_loss,
        reason = "at most fifteen digits, which a double holds exactly"
    )]
    let value = mantissa as f64 / EXACT_POWERS.get(n_decimals.unwrap_or(0))?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Date;

    #[test]
    fn days_and_dates_agree_with_the_calendar() {
        let epoch = Date::constant(1970, 1, 1);
        let mut date = Date::constant(1895, 1, 1);
        while date < Date::constant(2105, 1, 1) {
            let days = (date - epoch).get_days();
            let (y, m, d) = (
                i32::from(date.year()),
                date.month() as u32,
                date.day() as u32,
            );
            assert_eq!(days_from_civil(y, m, d), days, "{date}");
            assert_eq!(civil_from_days(days), (y, m, d));
            date = date.tomorrow().unwrap();
        }
    }

    #[test]
    fn reads_iso_and_danish_dates_and_nothing_else() {
        let day = Some(days_from_civil(2024, 2, 29));
        for good in ["2024-02-29", "29-02-2024", "29.02.2024", "29/02/2024"] {
            assert_eq!(parse_date(good), day, "{good}");
        }
        for bad in [
            "2023-02-29",
            "29-02.2024",
            "2024-2-29",
            "20240229",
            "",
            "2024-13-01",
            "aaaa-bb-cc",
        ] {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
    }

    #[test]
    fn reads_numbers_with_comma_and_point() {
        assert_eq!(parse_decimal("48,5"), Some(48.5));
        assert_eq!(parse_decimal("-0.07"), Some(-0.07));
        assert_eq!(
            parse_decimal("12345678901234567,25"),
            Some(12_345_678_901_234_567.25)
        );
        for bad in ["", "-", ",", "1.2.3", "1e5", "NaN", "inf", "<5"] {
            assert_eq!(parse_decimal(bad), None, "{bad}");
        }
        assert_eq!(parse_integer("-12"), Some(-12));
        for bad in ["", "-", "1,0", "99999999999999999999"] {
            assert_eq!(parse_integer(bad), None, "{bad}");
        }
    }
}
