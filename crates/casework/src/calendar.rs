//! Danish public holidays and working days.

use base::Date;
use jiff::civil::Weekday;
use jiff::{Span, ToSpan as _};

/// The last year in which Store bededag was a public holiday.
const STORE_BEDEDAG_LAST_YEAR: i16 = 2023;

/// Easter Sunday of a year, by the Gregorian computus (Meeus, Jones and Butcher).
pub fn easter_sunday(year: i16) -> Date {
    let y = i32::from(year);
    let a = y % 19;
    let (b, c) = (y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let f = (b + 8) / 25;
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let month = (h + l - 7 * m + 114) / 31;
    let day = (h + l - 7 * m + 114) % 31 + 1;
    let month = i8::try_from(month).unwrap_or(4);
    let day = i8::try_from(day).unwrap_or(1);
    Date::new(year, month, day).unwrap_or(Date::MIN)
}

/// Whether a date is a public holiday in Denmark (helligdag). Sundays are not counted as such here.
pub fn is_public_holiday(date: Date) -> bool {
    if matches!((date.month(), date.day()), (1, 1) | (12, 25) | (12, 26)) {
        return true;
    }
    let after_easter = easter_sunday(date.year())
        .until(date)
        .map_or(i32::MIN, |span| span.get_days());
    match after_easter {
        -3 | -2 | 0 | 1 | 39 | 49 | 50 => true,
        26 => date.year() <= STORE_BEDEDAG_LAST_YEAR,
        _ => false,
    }
}

/// Whether a date is a working day: Monday to Friday and no public holiday.
pub fn is_working_day(date: Date) -> bool {
    !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) && !is_public_holiday(date)
}

/// The date that lies `count` working days after `date`.
pub fn add_working_days(date: Date, count: u32) -> Date {
    let mut at = date;
    let mut left = count;
    while left > 0 {
        let next = add_days(at, 1);
        if next == at {
            return at;
        }
        at = next;
        if is_working_day(at) {
            left -= 1;
        }
    }
    at
}

/// Working days after `from` up to and including `to`; zero if `to` is not later.
pub fn working_days_between(from: Date, to: Date) -> u32 {
    let mut at = from;
    let mut count = 0;
    while at < to {
        at = add_days(at, 1);
        count += u32::from(is_working_day(at));
    }
    count
}

/// Calendar days from `from` to `to`; zero if `to` is not later.
pub fn days_between(from: Date, to: Date) -> u32 {
    from.until(to)
        .ok()
        .and_then(|span| u32::try_from(span.get_days()).ok())
        .unwrap_or(0)
}

/// The date `days` calendar days later.
pub fn add_days(date: Date, days: u32) -> Date {
    date.saturating_add(i64::from(days).days())
}

/// The date `months` months later; the last day of that month where it is shorter.
pub fn add_months(date: Date, months: u32) -> Date {
    date.saturating_add(Span::new().months(months))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn easter_falls_where_the_almanac_says() {
        for (year, month, day) in [(2024, 3, 31), (2026, 4, 5), (2027, 3, 28), (2038, 4, 25)] {
            assert_eq!(easter_sunday(year), date(year, month, day));
        }
    }

    #[test]
    fn store_bededag_was_a_holiday_for_the_last_time_in_2023() {
        assert!(is_public_holiday(date(2023, 5, 5)));
        assert!(!is_public_holiday(date(2024, 4, 26)));
    }

    #[test]
    fn working_days_skip_weekends_christmas_and_new_year() {
        assert_eq!(add_working_days(date(2026, 12, 23), 3), date(2026, 12, 29));
        assert_eq!(
            working_days_between(date(2026, 12, 31), date(2027, 1, 4)),
            1
        );
    }

    #[test]
    fn a_month_later_is_never_a_date_that_does_not_exist() {
        assert_eq!(add_months(date(2026, 11, 30), 3), date(2027, 2, 28));
    }

    #[test]
    fn days_are_never_negative() {
        assert_eq!(days_between(date(2027, 1, 2), date(2027, 1, 1)), 0);
        assert_eq!(working_days_between(date(2027, 1, 9), date(2027, 1, 1)), 0);
    }
}
